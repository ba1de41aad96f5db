"""Signing in with a client secret, where a school's iSAMS asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs

import httpx
import pytest

from simulators.isams.app import TOKEN, IsamsSimulator
from simulators.isams.faults import Faults, refused
from simulators.isams.keys import BatchKey
from sync.edge.clock import Budget
from sync.edge.isams.batch import Isams
from sync.errors import SourceError, SourceMalformed, SourceRefused, SourceUnavailable
from tests.clocks import FakeClock
from tests.edge.isams_edge import CLEAN, isams_of, settings, streamed

SECRET = "invented-client-secret"
KEY = BatchKey(secret=SECRET, needs_token=True)


def _simulator(clock: FakeClock) -> IsamsSimulator:
    return IsamsSimulator(CLEAN, keys=[KEY], clock=clock.now, sleep=clock.sleep)


def _tokens_asked(simulator: IsamsSimulator) -> int:
    return sum(request.path == TOKEN for request in simulator.requests)


def test_a_token_serves_for_its_life() -> None:
    """One sign-in for many reads; a new one when the token is about to end."""
    clock = FakeClock()
    simulator = _simulator(clock)
    isams = isams_of(simulator, clock, isams_client_secret=SECRET)
    isams.school(Budget.of(clock, 180))
    isams.subjects(Budget.of(clock, 180))
    once = _tokens_asked(simulator)
    clock.advance(24 * 3600)
    isams.subjects(Budget.of(clock, 180))

    assert (once, _tokens_asked(simulator)) == (1, 2)


def test_a_token_that_is_refused_early_is_renewed_once() -> None:
    """401 with a token means a new token, and a second 401 means no."""
    clock = FakeClock()
    simulator = _simulator(clock)
    isams = isams_of(simulator, clock, isams_client_secret=SECRET)
    simulator.script([refused(401), None])
    school = isams.school(Budget.of(clock, 180))
    simulator.script([refused(401), refused(401)])
    with pytest.raises(SourceRefused):
        isams.school(Budget.of(clock, 180))

    assert school.pupils
    assert _tokens_asked(simulator) == 3
    assert clock.slept == []


def test_a_key_that_needs_a_token_says_which_setting_is_missing() -> None:
    """Without a secret nothing is signed in, and the refusal names ISAMS_CLIENT_SECRET."""
    clock = FakeClock()
    simulator = _simulator(clock)
    with pytest.raises(SourceRefused, match="ISAMS_CLIENT_SECRET"):
        isams_of(simulator, clock).school(Budget.of(clock, 180))

    assert _tokens_asked(simulator) == 0


def test_a_wrong_secret_names_the_settings() -> None:
    """`invalid_client` is for the administrator, and is not repeated."""
    clock = FakeClock()
    simulator = _simulator(clock)
    with pytest.raises(SourceRefused, match="ISAMS_CLIENT_ID and ISAMS_CLIENT_SECRET"):
        isams_of(simulator, clock, isams_client_secret="wrong").school(Budget.of(clock, 180))

    assert len(simulator.requests) == 1


def test_the_secret_goes_in_the_form_and_the_token_in_the_header() -> None:
    """Neither is ever in a URL; the client id is the bare key unless a setting says otherwise."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.path == TOKEN:
            return streamed(200, b'{"access_token": "invented", "expires_in": 3600}')
        return streamed(403, b"")

    clock = FakeClock()
    key = "{5eed0000-0000-4000-8000-000000000001}"
    asked = settings(isams_key=key, isams_client_secret=SECRET)
    with pytest.raises(SourceRefused):
        Isams(asked, clock, transport=httpx.MockTransport(answer)).school(Budget.of(clock, 180))

    assert parse_qs(seen[0].content.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": [key.strip("{}")],
        "client_secret": [SECRET],
        "scope": ["apiv1"],
    }
    assert seen[0].url.query == b""
    assert seen[1].headers["Authorization"] == "Bearer invented"
    assert seen[1].url.query == b"apiKey=%7B5eed0000-0000-4000-8000-000000000001%7D"


def _endless() -> Iterator[bytes]:
    while True:
        yield b'{"access_token": "' + b"x" * 1000


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b"<html/>",
        b"\xff",
        b'{"access_token": ""}',
        b'{"access_token": 5}',
        b'{"access_token": "a\\nb", "expires_in": 3600}',
        b'{"access_token": "\\u00eb"}',
        b"[" * 30_000 + b"]" * 30_000,
        _endless(),
    ],
)
def test_a_sign_in_without_a_token_is_malformed(body: bytes | Iterator[bytes]) -> None:
    """Whatever stands there, nothing is asked with it, and reading it ends."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == TOKEN
        return streamed(200, body)

    clock = FakeClock()
    isams = Isams(
        settings(isams_client_secret=SECRET), clock, transport=httpx.MockTransport(answer)
    )
    with pytest.raises(SourceMalformed, match="without a token"):
        isams.school(Budget.of(clock, 180))


@pytest.mark.parametrize("body", [b"", b'{"access_token": "inv', b'{"access_token": "invented", '])
def test_a_sign_in_that_broke_off_is_asked_for_again(body: bytes) -> None:
    """What ends before its end is the network's fault: nobody need act."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return streamed(200, body)

    clock = FakeClock()
    isams = Isams(
        settings(isams_client_secret=SECRET), clock, transport=httpx.MockTransport(answer)
    )
    with pytest.raises(SourceUnavailable, match="broke off"):
        isams.school(Budget.of(clock, 180))

    assert len(asked) == 4


@pytest.mark.parametrize("life", ["3600.5", "1" + "0" * 400, '"3600"', "-1", "true", "Infinity"])
def test_a_strange_life_of_a_token_breaks_nothing(life: str) -> None:
    """At worst the token is used once."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == TOKEN:
            return streamed(200, f'{{"access_token": "t", "expires_in": {life}}}'.encode())
        return streamed(403, b"")

    clock = FakeClock()
    isams = Isams(
        settings(isams_client_secret=SECRET), clock, transport=httpx.MockTransport(answer)
    )
    with pytest.raises(SourceRefused):
        isams.school(Budget.of(clock, 180))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (refused(503), SourceUnavailable),
        (refused(429, retry_after="30"), SourceUnavailable),
        (Faults(drop_at=0), SourceUnavailable),
        (Faults(drop_at=5), SourceUnavailable),
        (refused(302, location="https://elsewhere.example/"), SourceRefused),
        (refused(404), SourceRefused),
        (refused(200), SourceMalformed),
    ],
)
def test_a_sign_in_that_fails_is_no_school(fault: Faults, error: type[SourceError]) -> None:
    """And data is not asked for without a token."""
    clock = FakeClock()
    simulator = _simulator(clock)
    simulator.script([fault] * 8, route="token")
    with pytest.raises(error):
        isams_of(simulator, clock, isams_client_secret=SECRET).school(Budget.of(clock, 180))

    assert {request.path for request in simulator.requests} == {TOKEN}


@pytest.mark.parametrize(("passed_s", "asked"), [(20, 1), (40, 2)])
def test_a_token_near_its_end_is_renewed_first(passed_s: int, asked: int) -> None:
    """A minute before: a request may take that long."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        if request.url.path == TOKEN:
            return streamed(200, b'{"access_token": "invented", "expires_in": 90}')
        return streamed(403, b"")

    clock = FakeClock()
    isams = Isams(
        settings(isams_client_secret=SECRET), clock, transport=httpx.MockTransport(answer)
    )
    for _ in range(2):
        with pytest.raises(SourceRefused):
            isams.school(Budget.of(clock, 180))
        clock.advance(passed_s)

    assert seen.count(TOKEN) == asked
