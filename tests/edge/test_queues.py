"""What nudges promise: they arrive as the host reads them, not too early, and poison is seen."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.identity import ManagedIdentityCredential
from azure.storage.queue import QueueServiceClient

from simulators import azurite as emulator
from simulators import identity
from simulators.azurite import Azurite
from sync.edge.storage.azure_queues import StorageQueues
from sync.edge.storage.opening import open_queues
from sync.edge.storage.queues import LONGEST_DELAY_S, Nudges, Unqueued
from sync.errors import ConfigError, StoreError, StoreRefused, StoreUnavailable
from sync.settings import HostStorage
from tests.edge.storage_wire import (
    PAGE,
    QUEUE_URL,
    Answer,
    Credential,
    Wire,
    answering,
    failing,
    waits_s,
)

__all__ = ["waits_s"]  # a fixture

pytestmark = pytest.mark.usefixtures("waits_s")  # nobody waits between tries

NAMES = ("sync-pull", "sync-send", "sync-pull-poison", "sync-send-poison")
DAY_S = 86_400

CALLS: dict[str, Callable[[Nudges], object]] = {
    "nudge": lambda queues: queues.nudge("pull", {"school": "northbank"}),
    "poisoned": lambda queues: queues.poisoned(),
    "next": lambda queues: queues.next(),
    "waiting": lambda queues: queues.waiting(),
}

FAILURES: dict[str, tuple[Answer, type[StoreError]]] = {
    "no connection": (failing(requests.ConnectionError), StoreUnavailable),
    "no answer in time": (failing(requests.ReadTimeout), StoreUnavailable),
    "429": (answering(429), StoreUnavailable),
    "503": (answering(503, code="ServerBusy"), StoreUnavailable),
    "403": (answering(403, code="AuthorizationPermissionMismatch"), StoreRefused),
    "a page": (
        answering(200, PAGE, {"Content-Type": "text/html"}, genuine=False),
        StoreUnavailable,
    ),
    "a 404 page": (answering(404, PAGE, genuine=False), StoreRefused),
}


@pytest.fixture
def host(azurite: Azurite) -> Iterator[QueueServiceClient]:
    """The host's side of the emulator's queues, none of which is there yet."""
    with QueueServiceClient.from_connection_string(azurite.connection) as service:
        _delete_all(service)
        yield service
        _delete_all(service)


@pytest.fixture
def queues(azurite: Azurite, host: QueueServiceClient) -> Nudges:
    return open_queues(HostStorage.model_validate({"connection": azurite.connection}))


def test_a_nudge_arrives_as_the_host_reads_it(queues: Nudges, host: QueueServiceClient) -> None:
    """JSON in base64, in a queue that is made when it is missing."""
    queues.nudge("pull", {"school": "northbank"})
    queues.nudge("pull", {"school": "süd"})

    messages = list(host.get_queue_client("sync-pull").receive_messages())
    assert [json.loads(base64.b64decode(message.content)) for message in messages] == [
        {"school": "northbank"},
        {"school": "süd"},
    ]


@pytest.mark.parametrize(
    "delay_s",
    [60, LONGEST_DELAY_S, 10 * DAY_S],
)
def test_a_delayed_nudge_is_not_read_early(
    queues: Nudges, host: QueueServiceClient, delay_s: float
) -> None:
    """It counts as waiting and is not handed out yet."""
    queues.nudge("send", {"connector": "nightly"}, delay_s)

    assert queues.waiting() == {"send": 1}
    assert list(host.get_queue_client("sync-send").receive_messages()) == []


def test_how_a_delay_is_asked_for() -> None:
    """Whole seconds, rounded up, never negative, at most seven days; kept a day beyond."""
    wire = Wire(answering(403))
    queues = scripted(wire)
    for delay_s in (-5, 0, 0.2, 60, 10 * DAY_S):
        with pytest.raises(StoreRefused):
            queues.nudge("send", {}, delay_s)
    asked = [urlsplit(request.url or "").query for request in wire.sent]

    assert asked == [
        f"visibilitytimeout={hidden_s}&messagettl={hidden_s + DAY_S}"
        for hidden_s in (0, 0, 1, 60, LONGEST_DELAY_S)
    ]


def test_queues_that_are_not_there_are_empty(queues: Nudges) -> None:
    """Before the first nudge there is no queue to wait in, and nothing is poisoned."""
    assert queues.waiting() == {}
    assert queues.next() == {"pull": (), "send": (), "read-back": ()}
    assert queues.poisoned() == {"pull": (), "send": (), "read-back": ()}


def test_what_can_be_read_next_is_seen_and_left_where_it_is(queues: Nudges) -> None:
    """A message that is delayed cannot be read yet, and is not shown."""
    queues.nudge("pull", {"school": "northbank"})
    queues.nudge("send", {"connector": "nightly"}, 60)

    for _ in range(2):
        assert queues.next() == {
            "pull": ('{"school": "northbank"}',),
            "send": (),
            "read-back": (),
        }


def test_poison_is_seen_and_left_where_it_is(queues: Nudges, host: QueueServiceClient) -> None:
    """The texts are told, also of one that a person put in by hand, and none is taken out."""
    poison = host.create_queue("sync-pull-poison")
    for text in (base64.b64encode(b'{"school": "northbank"}').decode(), "by hand", "AAA", "//4="):
        poison.send_message(text)

    for _ in range(2):
        assert queues.poisoned() == {
            "pull": ('{"school": "northbank"}', "by hand", "AAA", "//4="),
            "send": (),
            "read-back": (),
        }
    assert {message.dequeue_count for message in poison.peek_messages(max_messages=9)} == {0}


def test_more_poison_than_one_look_shows(queues: Nudges, host: QueueServiceClient) -> None:
    """The first thirty-two are told, as many as storage shows at once."""
    poison = host.create_queue("sync-send-poison")
    for number in range(33):
        poison.send_message(str(number))

    assert len(queues.poisoned()["send"]) == 32


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_is_an_error_that_says_who_must_act(call: str, failure: str) -> None:
    """Nothing is "no messages" because it could not be asked, and no error shows a canary."""
    answer, error = FAILURES[failure]

    with pytest.raises(error) as caught:
        CALLS[call](scripted(Wire(answer)))
    assert "canary" not in f"{caught.value!r} {caught.value.facts}"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_refusal_names_the_role_and_the_setting() -> None:
    """The operator reads which role the app's identity lacks, and where."""
    queues = scripted(Wire(answering(403, code="AuthorizationPermissionMismatch")))

    with pytest.raises(StoreRefused, match=r"Storage Queue Data Contributor.*AzureWebJobsStorage"):
        queues.nudge("pull", {})


def test_a_managed_identity_opens_the_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host's queue address and the app's own identity are enough."""
    with emulator.start(https=True) as secure, identity.serve() as mine:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure.certificate))
        for name, value in mine.settings.items():
            monkeypatch.setenv(name, value)
        with ManagedIdentityCredential() as credential:
            queues = open_queues(
                HostStorage(queue_url=secure.queue_url), credential=lambda: credential
            )
            queues.nudge("send", {"connector": "nightly"})

            assert queues.waiting() == {"send": 1}


@pytest.mark.parametrize(
    "settings",
    [{}, {"connection": "canary"}, {"connection": "AccountName=canary;AccountKey=canary"}],
)
def test_a_host_without_storage_is_a_setting_to_mend(settings: dict[str, str]) -> None:
    """The message names the setting and repeats nothing of it."""
    with pytest.raises((ConfigError, StoreRefused), match="AzureWebJobsStorage") as caught:
        open_queues(HostStorage.model_validate(settings)).waiting()
    assert "canary" not in repr(caught.value)


def test_without_a_host_nudges_are_kept_in_order() -> None:
    """A terminal or a test goes through them itself."""
    queues = Unqueued()
    queues.nudge("pull", {"school": "northbank"})
    queues.nudge("send", {"connector": "nightly"}, 30)

    assert queues.kept == [
        ("pull", {"school": "northbank"}, 0),
        ("send", {"connector": "nightly"}, 30),
    ]
    assert queues.waiting() == {"pull": 1, "send": 1, "read-back": 0}
    assert queues.next()["pull"] == ('{"school": "northbank"}',)
    assert queues.poisoned() == {"pull": (), "send": (), "read-back": ()}


def scripted(wire: Wire) -> StorageQueues:
    """Return queues whose every request is answered by *wire*."""
    return StorageQueues.opened(
        HostStorage(queue_url=QUEUE_URL), Credential, transport=wire.transport()
    )


def _delete_all(service: QueueServiceClient) -> None:
    for name in NAMES:
        try:
            service.delete_queue(name)
        except ResourceNotFoundError:
            continue
