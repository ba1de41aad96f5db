"""What the store in Azure promises beyond the contract: lost answers, outages, silence on keys."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable, Iterable, Iterator

import pytest
import requests
from azure.identity import ManagedIdentityCredential
from azure.storage.blob import ContainerClient

from simulators import azurite as emulator
from simulators import identity
from simulators.azurite import Azurite
from sync.edge.storage.azure_blobs import BlobStore
from sync.edge.storage.opening import open_store
from sync.edge.storage.store import Store
from sync.errors import ConfigError, StoreError, StoreRefused, StoreUnavailable
from sync.settings import StorageSettings
from tests.conftest import FreshNames
from tests.edge.storage_wire import (
    ACCOUNT_URL,
    CONTAINER,
    PAGE,
    Answer,
    Credential,
    Wire,
    answering,
    failing,
    waits_s,
)

__all__ = ["waits_s"]  # a fixture

pytestmark = pytest.mark.usefixtures("waits_s")  # nobody waits between tries

LISTING = (
    b'<?xml version="1.0"?><EnumerationResults ServiceEndpoint="https://canary.example/"'
    b' ContainerName="canary-container"><Blobs></Blobs><NextMarker/></EnumerationResults>'
)

CALLS: dict[str, Callable[[Store], object]] = {
    "create": lambda store: store.create("a/b", b"1"),
    "claim": lambda store: store.claim("a/b", b"1"),
    "read": lambda store: store.read("a/b"),
    "blobs": lambda store: store.blobs("a/"),
    "listed": lambda store: store.listed("a/"),
    "folders": lambda store: store.folders("a/"),
    "delete": lambda store: store.delete("a/b"),
    "now": lambda store: store.now(),
}

FAILURES: dict[str, tuple[Answer, type[StoreError]]] = {
    "no connection": (failing(requests.ConnectionError), StoreUnavailable),
    "no answer in time": (failing(requests.ReadTimeout), StoreUnavailable),
    "408": (answering(408), StoreUnavailable),
    "429": (answering(429), StoreUnavailable),
    "500": (answering(500, code="InternalError"), StoreUnavailable),
    "503": (answering(503, code="ServerBusy"), StoreUnavailable),
    "401": (answering(401, code="InvalidAuthenticationInfo"), StoreRefused),
    "403": (answering(403, code="AuthorizationPermissionMismatch"), StoreRefused),
    "403 of a proxy": (answering(403, PAGE), StoreRefused),
    "no container": (answering(404, code="ContainerNotFound"), StoreRefused),
    "container going": (answering(409, code="ContainerBeingDeleted"), StoreUnavailable),
    "404 of somebody": (answering(404, PAGE), StoreRefused),
    "redirect": (answering(302, headers={"Location": "https://canary.example/"}), StoreRefused),
}

NOT_WHOLE: dict[str, Answer] = {
    "nothing": answering(200),
    "nothing of ours": answering(200, genuine=False),
    "a page": answering(200, PAGE, {"Content-Type": "text/html"}, genuine=False),
    "a page said to be storage's": answering(200, PAGE, {"Content-Type": "text/html"}),
    "a page said to be XML": answering(200, PAGE),
    "JSON": answering(200, b"{}", {"Content-Type": "application/json"}),
    "half a listing": answering(200, LISTING[:-40]),
    "less than announced": answering(200, LISTING[:-40], {"Content-Length": str(len(LISTING))}),
    "a whole listing of somebody's": answering(200, LISTING, genuine=False),
    "no content": answering(204),
}


def scripted(wire: Wire) -> BlobStore:
    """Return a store whose every request is answered by *wire*."""
    return BlobStore.by_identity(ACCOUNT_URL, CONTAINER, Credential, transport=wire.transport())


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def store(azurite: Azurite, azurite_names: FreshNames, wire: Wire) -> BlobStore:
    """A store in the emulator whose requests go through *wire*."""
    return BlobStore.by_connection(
        azurite.connection, azurite_names.container, transport=wire.transport()
    )


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_is_an_error_that_says_who_must_act(
    call: str, failure: str, waits_s: list[float]
) -> None:
    """An outage is retried by the next nudge, a refusal goes to the operator, nothing is silent."""
    answer, error = FAILURES[failure]
    wire = Wire(answer)

    with pytest.raises(error) as caught:
        CALLS[call](scripted(wire))
    assert type(caught.value) is error
    assert len(wire.sent) <= 3
    assert sum(waits_s) < 12
    assert {request.url.split("/")[2] for request in wire.sent if request.url} == {
        ACCOUNT_URL.removeprefix("https://")
    }


@pytest.mark.parametrize("call", ["read", "blobs", "folders"])
@pytest.mark.parametrize("answer", NOT_WHOLE)
def test_an_answer_that_is_not_storages_is_never_an_empty_listing(call: str, answer: str) -> None:
    """A proxy's page, nothing at all, or half a listing raises; it does not yield zero blobs."""
    with pytest.raises(StoreUnavailable):
        CALLS[call](scripted(Wire(NOT_WHOLE[answer])))


def test_an_empty_listing_of_storage_itself_is_empty() -> None:
    """The same script, whole, is read: what the tests above refuse is refused for its faults."""
    assert scripted(Wire(answering(200, LISTING))).blobs("a/") == []


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("failure", FAILURES)
def test_errors_tell_no_address_and_no_token(call: str, failure: str) -> None:
    """Neither text, facts, nor the traceback with everything that hangs on it shows a canary."""
    with pytest.raises(StoreError) as caught:
        CALLS[call](scripted(Wire(FAILURES[failure][0])))

    error = caught.value
    shown = "".join(traceback.format_exception_only(error)) + repr(error) + repr(error.facts)
    assert "canary" not in shown
    assert error.__cause__ is None
    assert error.__context__ is None


def test_how_long_storage_wants_us_to_wait_is_kept() -> None:
    """`Retry-After` reaches whoever decides when to try again."""
    store = scripted(Wire(answering(503, headers={"Retry-After": "17"}, code="ServerBusy")))

    with pytest.raises(StoreUnavailable) as caught:
        store.read("a/b")
    assert caught.value.retry_after_s == 17


def test_a_refusal_names_the_role(wire: Wire) -> None:
    """The operator reads which role the app's identity lacks."""
    wire.answer = answering(403, code="AuthorizationPermissionMismatch")

    with pytest.raises(StoreRefused, match="Storage Blob Data Contributor") as caught:
        scripted(wire).read("a/b")
    assert caught.value.facts["code"] == "AuthorizationPermissionMismatch"


def test_a_short_fault_is_ridden_out(store: BlobStore, wire: Wire) -> None:
    """Two bad answers in a row are the SDK's to retry: nobody else notices."""
    script = iter([answering(503, code="ServerBusy"), failing(requests.ReadTimeout)])
    wire.answer = lambda request: next(script, wire.real)(request)  # noqa: PLW0108 - a next one each time

    assert store.create("a/b", b"1") is True
    assert store.read("a/b") == b"1"


def test_a_lost_answer_is_found_again(store: BlobStore, wire: Wire) -> None:
    """Storage wrote the blob and its answer was lost: the second try finds our own bytes."""
    wire.answer = _lost_once(wire)
    assert store.create("a/b", b"1") is False

    wire.answer = _lost_once(wire)
    assert store.claim("a/c", b"mine") is True
    assert store.claim("a/c", b"theirs") is False


def test_a_broken_upload_is_never_seen_in_part(store: BlobStore, wire: Wire) -> None:
    """The connection breaks in the middle of a body: nothing is there until the next try's all."""
    body = b"x" * 2_000_000
    seen: list[object] = []

    def break_once(request: requests.PreparedRequest) -> requests.Response:
        wire.answer = wire.real
        half = copy.copy(request)
        half.body = _Breaking(body)
        try:
            return wire.real(half)
        finally:
            seen.extend(store.blobs(""))

    wire.answer = break_once

    assert store.create("a/b", body) is True
    assert seen == []
    assert store.read("a/b") == body


def test_a_large_body_is_still_one_request() -> None:
    """Create-once is one condition on one request, also where the SDK would cut into blocks."""
    wire = Wire(answering(201, headers={"ETag": '"1"'}))

    assert scripted(wire).create("a/b", bytes(65 * 1024 * 1024)) is True
    assert [request.method for request in wire.sent] == ["PUT"]
    assert "comp=" not in (wire.sent[0].url or "")
    assert wire.sent[0].headers["If-None-Match"] == "*"


def test_a_large_body_survives_the_way(store: BlobStore) -> None:
    """Sixty-five MiB, written once and read back in several pieces, are the same bytes."""
    body = bytes(range(256)) * (65 * 4096)

    assert store.create("a/b", body) is True
    assert store.create("a/b", body) is False


def test_storage_tells_its_own_time() -> None:
    """The clock is the one of the answer, wherever this machine's own has got to."""
    now = scripted(Wire(answering(200, headers={"Date": "Mon, 14 Sep 2026 21:00:05 GMT"}))).now()

    assert now.isoformat() == "2026-09-14T21:00:05+00:00"


def in_turn(answers: Iterable[Answer]) -> Answer:
    """Answer each request by the next of *answers*."""
    left = iter(answers)

    def answer(request: requests.PreparedRequest) -> requests.Response:
        return next(left)(request)

    return answer


def test_a_listing_tells_its_time_though_its_first_try_was_cut() -> None:
    """The SDK tries again by itself; a connection that was dropped costs nothing but that."""
    date = {"Date": "Mon, 14 Sep 2026 21:00:05 GMT"}
    tries = [failing(requests.ConnectionError), answering(200, LISTING, date)]
    store = scripted(Wire(in_turn(tries)))

    assert store.listed("a/").at.isoformat() == "2026-09-14T21:00:05+00:00"


def test_a_listing_in_pages_tells_when_its_first_page_came() -> None:
    """What is written while the other pages are asked for is younger than the listing."""
    more = LISTING.replace(b"<NextMarker/>", b"<NextMarker>more</NextMarker>")
    pages = [
        answering(200, page, {"Date": f"Mon, 14 Sep 2026 21:0{minute}:00 GMT"})
        for minute, page in enumerate((more, LISTING))
    ]
    store = scripted(Wire(in_turn(pages)))

    assert store.listed("a/").at.minute == 0


def test_a_listing_that_needs_no_time_does_without() -> None:
    """Only who asks for the moment of a listing is told that there was none."""
    store = scripted(Wire(answering(200, LISTING)))

    assert store.blobs("a/") == []
    with pytest.raises(StoreUnavailable):
        store.listed("a/")


@pytest.mark.parametrize("date", [{}, {"Date": "soon"}])
def test_storage_without_a_time_is_an_outage(date: dict[str, str]) -> None:
    """No date, no age of a claim: the step is left for later."""
    with pytest.raises(StoreUnavailable):
        scripted(Wire(answering(200, headers=date))).now()


@pytest.fixture(scope="module")
def secure() -> Iterator[Azurite]:
    with emulator.start(https=True) as running:
        yield running


def test_a_managed_identity_opens_the_store(
    monkeypatch: pytest.MonkeyPatch, secure: Azurite, azurite_names: FreshNames
) -> None:
    """`STORAGE__ACCOUNT_URL` and the app's own identity are enough; a container is not made.

    Without the container the message says which setting names it.
    """
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure.certificate))
    settings = StorageSettings(account_url=secure.blob_url, container=azurite_names.container)
    with identity.serve() as mine:
        for name, value in mine.settings.items():
            monkeypatch.setenv(name, value)
        with ManagedIdentityCredential() as credential:
            store = open_store(settings, credential=lambda: credential)
            with pytest.raises(StoreRefused, match="STORAGE__CONTAINER"):
                store.create("a/b", b"1")
            with ContainerClient.from_connection_string(
                secure.connection, azurite_names.container
            ) as container:
                container.create_container()

            assert store.create("a/b", b"1") is True
            assert [blob.name for blob in store.blobs("a/")] == ["a/b"]


def test_without_an_identity_the_message_says_so(
    monkeypatch: pytest.MonkeyPatch, secure: Azurite
) -> None:
    """An identity endpoint that refuses is the operator's to mend, not an outage."""
    with identity.serve() as mine:
        monkeypatch.setenv("IDENTITY_ENDPOINT", mine.settings["IDENTITY_ENDPOINT"])
        monkeypatch.setenv("IDENTITY_HEADER", "not-the-header")
        with ManagedIdentityCredential() as credential:
            store = BlobStore.by_identity(secure.blob_url, "rosters", lambda: credential)

            with pytest.raises(StoreRefused, match="identity"):
                store.blobs("")


def test_a_connection_string_makes_its_container(
    azurite: Azurite, azurite_names: FreshNames
) -> None:
    """For development nothing has to be prepared, and a second opening finds the first one's."""
    settings = StorageSettings.model_validate(
        {"connection": azurite.connection, "container": azurite_names.container}
    )
    open_store(settings).create("a/b", b"1")

    assert open_store(settings).read("a/b") == b"1"


@pytest.mark.parametrize(
    "connection",
    ["canary", "AccountName=canary;AccountKey=canary", "AccountName=;AccountKey=canary-key;a"],
)
def test_a_bad_connection_string_is_a_setting_to_mend(connection: str) -> None:
    """The message names the setting and repeats nothing of it."""
    with pytest.raises((ConfigError, StoreError), match="STORAGE__CONNECTION") as caught:
        BlobStore.by_connection(connection, "rosters", transport=Wire(answering(201)).transport())
    assert "canary" not in repr(caught.value)


def test_an_identity_is_not_shown_to_an_open_line() -> None:
    """A token goes over https alone: an http address is refused before anything is sent."""
    wire = Wire()

    with pytest.raises(ConfigError, match="STORAGE__ACCOUNT_URL"):
        BlobStore.by_identity(
            "http://127.0.0.1:1/invented", "rosters", Credential, transport=wire.transport()
        )
    assert wire.sent == []


class _Breaking:
    """A body that breaks off half-way."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._broken = False

    def __len__(self) -> int:
        return len(self._body)

    def read(self, _: int = -1) -> bytes:
        if self._broken:
            raise requests.ConnectionError("invented: the line is dead")
        self._broken = True
        return self._body[: len(self._body) // 2]

    def __iter__(self) -> Iterator[bytes]:
        yield self.read()
        self.read()


def _lost_once(wire: Wire) -> Answer:
    """Let storage do the next request and lose its answer."""

    def answer(request: requests.PreparedRequest) -> requests.Response:
        wire.answer = wire.real
        wire.real(request).close()
        raise requests.ReadTimeout("invented: the answer was lost")

    return answer
