"""P3: every request, every way to fail: an error of ours, never a school, and nobody's secrets."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable, Iterator

import httpx
import pytest

from simulators.isams.app import BATCH, TOKEN, IsamsSimulator
from simulators.isams.faults import FATAL
from simulators.isams.keys import DEMO_KEY, BatchKey
from sync.edge.clock import Budget
from sync.edge.isams.batch import Isams
from sync.errors import SourceError, SourceMalformed, SourceRefused, SourceUnavailable
from tests.clocks import FakeClock
from tests.edge.isams_edge import CLEAN, METHODS, isams_of, settings, streamed
from tests.edge.logged import tells_none_of
from tests.unit.batch_samples import sample

SECRET = "invented-client-secret"
BUDGET_S = 180.0
# What no message, repr, traceback or log line may hold: key, secret, token, URL, people.
CANARIES = (
    DEMO_KEY,
    SECRET,
    "token-canary",
    "//northbank",
    "northbank.isams.example/",
    "elsewhere",
    "Ada",
    "odell",
    "Process ID",
)

Answer = Callable[[httpx.Request], httpx.Response]
Ask = Callable[[Isams, Budget], object]

READS: dict[str, Ask] = {
    "school": lambda isams, budget: isams.school(budget),
    "subjects": lambda isams, budget: isams.subjects(budget),
    "one method": lambda isams, budget: isams.try_method(METHODS[0], budget),
}


def _error_of(answer: Answer, *, budget_s: float = BUDGET_S, ask: str = "school") -> SourceError:
    """Return the error that reading ends with, when every data request meets *answer*."""
    clock = FakeClock()

    def route(request: httpx.Request) -> httpx.Response:
        if request.url.path == TOKEN:
            return streamed(200, b'{"access_token": "token-canary", "expires_in": 3600}')
        assert request.url.path == BATCH
        return answer(request)

    isams = Isams(settings(isams_client_secret=SECRET), clock, transport=httpx.MockTransport(route))
    with pytest.raises(SourceError) as caught:
        READS[ask](isams, Budget.of(clock, budget_s))

    assert clock.passed_s <= budget_s
    return caught.value


@pytest.mark.parametrize("secret", ["", SECRET])
@pytest.mark.parametrize("fault", FATAL)
def test_no_failure_is_a_school(fault: str, secret: str) -> None:
    """Each fault of the simulator, for ever, on each kind of request: an error, in time."""
    clock = FakeClock()
    key = BatchKey(secret=SECRET, needs_token=bool(secret))
    simulator = IsamsSimulator(CLEAN, keys=[key], clock=clock.now, sleep=clock.sleep)
    isams = isams_of(simulator, clock, **({"isams_client_secret": secret} if secret else {}))
    simulator.script([FATAL[fault]] * 20)
    with pytest.raises(SourceError) as caught:
        isams.school(Budget.of(clock, BUDGET_S))

    assert tells_none_of(CANARIES, caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("ask", READS)
@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.ReadTimeout,
        httpx.ReadError,
        httpx.WriteError,
        httpx.RemoteProtocolError,
        httpx.PoolTimeout,
        httpx.DecodingError,
        httpx.TooManyRedirects,
    ],
)
def test_a_network_that_fails_is_unavailable(error: type[httpx.RequestError], ask: str) -> None:
    """Whatever httpx raises, with URL and host in its words, becomes an error of ours."""

    def answer(request: httpx.Request) -> httpx.Response:
        raise error(f"cannot reach {request.url} for Ada", request=request)

    raised = _error_of(answer, ask=ask)

    assert type(raised) is SourceUnavailable
    assert error.__name__ in str(raised)
    assert tells_none_of(CANARIES, raised)


def _breaking(error: Exception) -> Iterator[bytes]:
    yield sample()[:1000]
    raise error


@pytest.mark.parametrize("ask", READS)
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda _: streamed(200, _breaking(httpx.ReadError("x"))), SourceUnavailable),
        (lambda _: streamed(200, _breaking(httpx.ReadTimeout("x"))), SourceUnavailable),
        (lambda _: streamed(200, sample()[:900], {"Content-Length": "9999"}), SourceUnavailable),
        (lambda _: streamed(200, sample(), {"Content-Length": "9999"}), SourceUnavailable),
        (lambda _: streamed(200, b"", {"Content-Length": "9999"}), SourceUnavailable),
        (lambda _: streamed(200, b""), SourceUnavailable),
        (lambda _: streamed(204, b""), SourceMalformed),
        (lambda _: streamed(206, sample()), SourceMalformed),
        (lambda _: streamed(200, gzip.compress(sample())), SourceMalformed),
        (
            lambda _: streamed(200, gzip.compress(sample()), {"Content-Encoding": "gzip"}),
            SourceMalformed,
        ),
        (lambda _: streamed(200, sample(), {"Content-Encoding": "br"}), SourceMalformed),
        (lambda _: streamed(200, sample()[:-5]), SourceUnavailable),
        (lambda _: streamed(500, sample()), SourceUnavailable),
        (lambda _: streamed(403, sample()), SourceRefused),
        (
            lambda _: streamed(500, gzip.compress(b"?"), {"Content-Encoding": "gzip"}),
            SourceUnavailable,
        ),
        (lambda _: streamed(503, _breaking(httpx.ReadError("x"))), SourceUnavailable),
        (lambda _: streamed(200, sample("refusal-deadlock.xml")), SourceUnavailable),
        (lambda _: streamed(200, sample("refusal-methods.xml")), SourceRefused),
        (
            lambda _: streamed(302, sample(), {"Location": "https://elsewhere.example/"}),
            SourceRefused,
        ),
    ],
)
def test_an_answer_that_is_not_whole_is_no_school(
    answer: Answer, error: type[SourceError], ask: str
) -> None:
    """Broken off, too short, compressed, or whole but with a bad status."""
    raised = _error_of(answer, ask=ask)

    assert type(raised) is error
    assert tells_none_of(CANARIES, raised)


def test_a_body_that_trickles_for_ever_ends_with_the_budget() -> None:
    """A byte now and then keeps a connection alive, but not us."""
    clock = FakeClock()

    def trickle(request: httpx.Request) -> Iterator[bytes]:
        yield b"<iSAMS><!--"
        patience_s = request.extensions["timeout"]["read"]
        while patience_s > 7:
            clock.advance(7)
            yield b"-"
        clock.advance(patience_s)
        raise httpx.ReadTimeout("what httpx does when a pause is longer")

    isams = Isams(
        settings(),
        clock,
        transport=httpx.MockTransport(lambda request: streamed(200, trickle(request))),
    )
    with pytest.raises(SourceUnavailable):
        isams.school(Budget.of(clock, BUDGET_S))

    assert BUDGET_S / 2 < clock.passed_s <= BUDGET_S


def test_no_single_wait_is_longer_than_what_is_left() -> None:
    """Connecting and waiting fit in the budget, and so does each pause within the body."""
    clock = FakeClock()
    waits: list[dict[str, float]] = []
    pauses: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        waits.append(dict(request.extensions["timeout"]))
        clock.advance(30)

        def body() -> Iterator[bytes]:
            pauses.append(request.extensions["timeout"]["read"])
            yield b""

        return streamed(503, body())

    isams = Isams(settings(), clock, transport=httpx.MockTransport(answer))
    with pytest.raises(SourceUnavailable):
        isams.school(Budget.of(clock, 100))

    assert len(waits) > 2
    assert all(
        wait["connect"] + wait["read"] <= left_s
        for wait, left_s in zip(waits, (100, 70, 40, 10), strict=False)
    )
    assert all(pause <= 20 for pause in pauses)
    assert pauses[2] < 10


def test_without_time_nothing_is_asked() -> None:
    """A budget that is used up sends no request."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return streamed(200, sample())

    clock = FakeClock()
    isams = Isams(settings(), clock, transport=httpx.MockTransport(answer))
    with pytest.raises(SourceUnavailable, match="no time"):
        isams.school(Budget.of(clock, 0))

    assert asked == []


def test_an_answer_beyond_the_cap_is_malformed() -> None:
    """The cap counts bytes as they come."""
    clock = FakeClock()
    isams = Isams(
        settings(),
        clock,
        transport=httpx.MockTransport(lambda _: streamed(200, sample())),
        limit_bytes=100,
    )
    with pytest.raises(SourceMalformed, match="too large"):
        isams.school(Budget.of(clock, BUDGET_S))


def test_the_edge_shows_no_secret_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    """Neither its repr nor a log line of ours; httpx's own logger must be at WARNING."""
    clock = FakeClock()
    with caplog.at_level(logging.DEBUG), pytest.raises(SourceRefused):
        Isams(
            settings(isams_client_secret=SECRET),
            clock,
            transport=httpx.MockTransport(lambda _: streamed(404, b"")),
        ).school(Budget.of(clock, BUDGET_S))
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("sync")]

    assert ours == []
    assert DEMO_KEY not in repr(Isams(settings(), clock))
