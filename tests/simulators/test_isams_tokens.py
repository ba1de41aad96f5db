"""The token desk: who gets a token, and what it opens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import httpx
import pytest

from simulators.isams import DEMO_KEY, DISCOVERY, TOKEN, BatchKey, IsamsSimulator, faults
from tests.simulators.asking import Clock, ask, simulated


@pytest.fixture
def clock() -> Clock:
    return Clock()


CLIENT = BatchKey(secret="invented", needs_token=True)
FORM = {"grant_type": "client_credentials", "scope": "apiv1"}


def _token(
    simulator: IsamsSimulator, form: Mapping[str, str] | None = None, *, basic: bool = False
) -> httpx.Response:
    with httpx.Client(transport=httpx.WSGITransport(simulator)) as client:
        url = client.get(f"https://northbank.example{DISCOVERY}").json()["token_endpoint"]
        who = {"client_id": DEMO_KEY, "client_secret": "invented"}
        if basic:
            return client.post(url, data=FORM, auth=(DEMO_KEY, "invented"))
        return client.post(url, data=FORM | who | dict(form or {}))


def test_discovery_names_the_token_endpoint_of_the_host_that_was_asked(clock: Clock) -> None:
    """A client that follows discovery stays on the school's own host."""
    assert _token(simulated(clock, CLIENT)).url == f"https://northbank.example{TOKEN}"


@pytest.mark.parametrize("basic", [False, True])
def test_a_key_that_wants_a_token_answers_to_one(clock: Clock, *, basic: bool) -> None:
    """Credentials in the form or in the header both give a token that opens the key."""
    simulator = simulated(clock, CLIENT)
    token = _token(simulator, basic=basic).json()["access_token"]

    assert ask(simulator).status_code == 401
    assert ask(simulator, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_token_dies_with_its_hour(clock: Clock) -> None:
    """An expired or forgotten token is refused."""
    simulator = simulated(clock, CLIENT)
    headers = {"Authorization": f"Bearer {_token(simulator).json()['access_token']}"}
    clock.now += timedelta(seconds=3_600)

    assert ask(simulator, headers=headers).status_code == 401


def test_a_rest_token_does_not_open_the_batch_api(clock: Clock) -> None:
    """The scope counts: `restapi` is not `apiv1`."""
    simulator = simulated(clock, CLIENT)
    token = _token(simulator, {"scope": "restapi"}).json()["access_token"]

    assert ask(simulator, headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_token_opens_no_key_but_its_clients(clock: Clock) -> None:
    """Another key's token is as good as none."""
    other = BatchKey(guid="5eed0000-0000-4000-8000-000000000002", secret="x", needs_token=True)
    simulator = simulated(clock, CLIENT, other)
    headers = {"Authorization": f"Bearer {_token(simulator).json()['access_token']}"}

    assert ask(simulator, headers=headers).status_code == 200
    assert ask(simulator, headers=headers, key=other.guid).status_code == 401


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_wrong_credentials_are_the_standard_errors(
    clock: Clock, form: dict[str, str], error: str
) -> None:
    """A refused token request says why as OAuth does."""
    assert _token(simulated(clock, CLIENT), form).json() == {"error": error}


def test_a_script_may_be_for_the_token_desk(clock: Clock) -> None:
    """Any request can fail, not only the one for the document."""
    simulator = simulated(clock, CLIENT)
    simulator.script([faults.refused(503)], route="token")

    assert [_token(simulator).status_code for _ in range(2)] == [503, 200]
