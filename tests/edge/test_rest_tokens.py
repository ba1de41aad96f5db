"""Signing in for REST: where the secret goes, and how long a token serves."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import SecretStr

from simulators.isams import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DISCOVERY, REST_FATAL, TOKEN
from simulators.isams.faults import refused
from simulators.isams.rest_clients import RestClient
from sync.edge.clock import Budget
from sync.edge.isams.rest import RestIsams
from sync.edge.isams.rest_tokens import rest_tokens
from sync.errors import SourceError, SourceMalformed, SourceRefused, SourceUnavailable
from tests.clocks import FakeClock
from tests.edge.isams_edge import streamed
from tests.edge.rest_edge import BUDGET_S, rest_of, settings, simulated

OLDER = ("/main/auth/connect/token", "/main/sso/idp/connect/token")
SUBJECTS = {"subjects": [{"id": 1, "code": "Ma", "name": "Maths"}], "totalCount": 1}
GIVEN: dict[str, object] = {"access_token": "invented-token", "expires_in": 3600}


class Desk:
    """A mocked iSAMS whose token stands at *at*, with a subject; *tells* is its discovery."""

    def __init__(self, at: str, tells: object = None, given: object = None) -> None:
        self.at = at
        self.tells = tells
        self.given = given or GIVEN
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.path
        if path == DISCOVERY and self.tells is not None:
            return streamed(200, json.dumps(self.tells).encode())
        if path == self.at:
            return streamed(200, json.dumps(self.given).encode())
        if path.startswith("/api/"):
            return streamed(200, json.dumps(SUBJECTS).encode())
        return streamed(404, b"")

    def isams(self, clock: FakeClock) -> RestIsams:
        return RestIsams(settings(), clock, transport=httpx.MockTransport(self))

    def posts(self) -> list[str]:
        return [str(request.url) for request in self.asked if request.method == "POST"]


def test_a_token_serves_for_its_life() -> None:
    """A single sign-in for a whole school; a new one when the token is about to end."""
    clock = FakeClock()
    simulator = simulated(clock)
    isams = rest_of(simulator, clock)
    isams.school(Budget.of(clock, BUDGET_S))
    clock.advance(3500)
    isams.subjects(Budget.of(clock, BUDGET_S))
    before = sum(request.path == TOKEN for request in simulator.requests)
    clock.advance(60)
    isams.subjects(Budget.of(clock, BUDGET_S))

    assert before == 1
    assert sum(request.path == TOKEN for request in simulator.requests) == 2


def test_a_token_that_ends_in_the_middle_of_a_school_is_renewed() -> None:
    """Short lives and slow answers: the reading goes on with the next token."""
    clock = FakeClock()
    simulator = simulated(clock, client=RestClient(token_lifetime_s=65))
    simulator.rest.delay_s = 1
    read = rest_of(simulator, clock).school(Budget.of(clock, 900))

    assert len(read.sets) == len(simulator.school.sets)
    assert sum(request.path == TOKEN for request in simulator.requests) > 2


def test_the_client_signs_in_as_the_settings_say() -> None:
    """Client credentials in the form, for the scope of REST."""
    desk = Desk(TOKEN)
    desk.isams(FakeClock()).subjects(Budget.of(FakeClock(), BUDGET_S))
    form = next(request for request in desk.asked if request.method == "POST")

    assert parse_qs(form.content.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": [DEMO_CLIENT_ID],
        "client_secret": [DEMO_CLIENT_SECRET],
        "scope": ["restapi"],
    }
    assert desk.asked[-1].headers["Authorization"] == "Bearer invented-token"


def test_a_discovered_address_is_taken_before_the_known_ones() -> None:
    """ISAMS says where its tokens are."""
    desk = Desk("/their/token", {"token_endpoint": "https://northbank.isams.example/their/token"})
    desk.isams(FakeClock()).subjects(Budget.of(FakeClock(), BUDGET_S))

    assert desk.posts() == ["https://northbank.isams.example/their/token"]


@pytest.mark.parametrize(
    "tells",
    [
        {"token_endpoint": "https://elsewhere.example/auth/connect/token"},
        {"token_endpoint": "http://northbank.isams.example/their/token"},
        {"token_endpoint": "https://northbank.isams.example:444/own/token"},
        {"token_endpoint": "https://me@northbank.isams.example/their/token"},
        {"token_endpoint": "https://[broken"},
        {"token_endpoint": 7},
        {},
        [],
        "?",
    ],
)
def test_the_secret_goes_to_no_other_host(tells: object) -> None:
    """Another host, scheme or port, or nonsense: the known address on the school's host."""
    desk = Desk(TOKEN, tells)
    desk.isams(FakeClock()).subjects(Budget.of(FakeClock(), BUDGET_S))

    assert desk.posts() == [f"https://northbank.isams.example{TOKEN}"]


@pytest.mark.parametrize("at", OLDER)
def test_an_older_isams_is_found(at: str) -> None:
    """Where the newer address is not there, the older ones are tried in turn."""
    desk = Desk(at)
    desk.isams(FakeClock()).subjects(Budget.of(FakeClock(), BUDGET_S))

    assert desk.posts()[-1].endswith(at)
    assert len(desk.posts()) == 2 + OLDER.index(at)


@pytest.mark.parametrize("fault", [name for name in REST_FATAL if "ids" not in name])
def test_a_discovery_that_fails_does_not_matter(fault: str) -> None:
    """The known address serves; only a connection that is lost is asked for again."""
    clock = FakeClock()
    simulator = simulated(clock)
    simulator.script([REST_FATAL[fault]], route=DISCOVERY)

    assert rest_of(simulator, clock).subjects(Budget.of(clock, BUDGET_S))


def test_a_wrong_secret_names_the_settings_to_check() -> None:
    """And asked for once: clients can be locked by those who guess."""
    clock = FakeClock()
    simulator = simulated(clock)
    isams = rest_of(simulator, clock, isams_client_secret="wrong")
    with pytest.raises(SourceRefused, match="ISAMS_CLIENT_ID and ISAMS_CLIENT_SECRET"):
        isams.school(Budget.of(clock, BUDGET_S))

    assert [request.path for request in simulator.requests] == [DISCOVERY, TOKEN]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"access_token": ""}, SourceMalformed),
        ({"access_token": "two\nlines"}, SourceMalformed),
        (["no object"], SourceMalformed),
        ({"error": "invalid_client"}, SourceMalformed),
    ],
)
def test_an_answer_without_a_token_is_malformed(given: object, error: type[SourceError]) -> None:
    """Nothing is sent that could not stand in a header."""
    clock = FakeClock()
    with pytest.raises(error):
        Desk(TOKEN, given=given).isams(clock).school(Budget.of(clock, BUDGET_S))


def test_a_token_that_says_no_life_is_kept_for_a_while() -> None:
    """A thousand set lists are not a thousand sign-ins."""
    clock = FakeClock()
    desk = Desk(TOKEN, given={"access_token": "invented-token"})
    isams = desk.isams(clock)
    for _ in range(3):
        isams.subjects(Budget.of(clock, BUDGET_S))

    assert len(desk.posts()) == 1


@pytest.mark.parametrize(("status", "error"), [(503, SourceUnavailable), (302, SourceRefused)])
def test_a_sign_in_that_is_away_is_judged_by_its_status(
    status: int, error: type[SourceError]
) -> None:
    """Busy is later; a page elsewhere is a wrong host."""
    clock = FakeClock()
    simulator = simulated(clock)
    simulator.spoil(TOKEN, refused(status, retry_after="600"))
    with pytest.raises(error) as caught:
        rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S))

    assert getattr(caught.value, "retry_after_s", None) == (600 if status == 503 else None)


def test_only_the_token_that_was_refused_is_forgotten() -> None:
    """Four answers may refuse one token: the first to say so renews it for all."""
    clock, desk = FakeClock(), Desk(TOKEN)
    tokens = rest_tokens(settings(), clock)
    with httpx.Client(
        transport=httpx.MockTransport(desk), base_url="https://northbank.isams.example"
    ) as client:
        token = tokens.token(client, Budget.of(clock, BUDGET_S))
        tokens.forget(SecretStr("an older token"))
        kept = tokens.token(client, Budget.of(clock, BUDGET_S))
        posts = len(desk.posts())
        tokens.forget(token)
        tokens.token(client, Budget.of(clock, BUDGET_S))

    assert (kept, posts) == (token, 1)
    assert len(desk.posts()) == 2
