"""The client, and patience that ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from sync.edge.clock import Budget
from sync.edge.http import LONGEST_WAIT_S, USER_AGENT, age_s, make_client, patiently, retry_after_s
from sync.errors import SourceRefused, SourceUnavailable, SyncError
from tests.clocks import FakeClock

NOW = datetime(2026, 9, 14, 21, 0, tzinfo=UTC)


def _failing(*errors: Exception) -> tuple[Callable[[], str], list[int]]:
    """Return a call that raises each error in turn, then gives "done"; and its count of calls."""
    calls: list[int] = []

    def call() -> str:
        calls.append(1)
        if len(calls) <= len(errors):
            raise errors[len(calls) - 1]
        return "done"

    return call, calls


def test_what_is_busy_is_asked_again() -> None:
    """After about 1, 2 and 4 seconds, never more than one second above."""
    clock = FakeClock()
    call, calls = _failing(*(SourceUnavailable("busy") for _ in range(3)))
    answer = patiently(call, clock=clock, budget=Budget.of(clock, 100))

    assert answer == "done"
    assert len(calls) == 4
    assert all(
        least <= slept <= least + 1 for least, slept in zip((1, 2, 4), clock.slept, strict=True)
    )


def test_attempts_end() -> None:
    """The last error is raised as it is."""
    clock = FakeClock()
    last = SourceUnavailable("still busy")
    call, calls = _failing(SourceUnavailable("busy"), last)
    with pytest.raises(SourceUnavailable) as caught:
        patiently(call, clock=clock, budget=Budget.of(clock, 100), attempts=2)

    assert caught.value is last
    assert len(calls) == 2


@pytest.mark.parametrize("error", [SourceRefused("no"), ValueError("a fault of ours")])
def test_only_what_time_may_heal_is_asked_again(error: Exception) -> None:
    """Refusals and faults are raised at once."""
    clock = FakeClock()
    call, calls = _failing(error)
    with pytest.raises(type(error)):
        patiently(call, clock=clock, budget=Budget.of(clock, 100))

    assert len(calls) == 1
    assert clock.slept == []


def test_their_wish_is_our_wait() -> None:
    """`retry_after_s` replaces the growing waits, to the second."""
    clock = FakeClock()
    call, _ = _failing(SourceUnavailable("busy", retry_after_s=33))
    patiently(call, clock=clock, budget=Budget.of(clock, 100))

    assert clock.slept == [33]


@pytest.mark.parametrize("wish_s", [100.0, 101.0, LONGEST_WAIT_S])
def test_a_wait_that_the_budget_does_not_allow_is_not_begun(wish_s: float) -> None:
    """The error comes at once, with its wish, so that somebody else can wait."""
    clock = FakeClock()
    call, calls = _failing(SourceUnavailable("busy", retry_after_s=wish_s))
    with pytest.raises(SourceUnavailable) as caught:
        patiently(call, clock=clock, budget=Budget.of(clock, 100))

    assert clock.slept == []
    assert len(calls) == 1
    assert caught.value.retry_after_s == wish_s


def test_errors_leave_without_the_request_that_caused_them() -> None:
    """Neither cause nor context: they hold URLs, and a URL can hold a key."""

    def call() -> str:
        try:
            raise httpx.ConnectError("https://host.example/?apiKey=secret")
        except httpx.ConnectError as error:
            raise SourceUnavailable("no answer") from error

    clock = FakeClock()
    with pytest.raises(SyncError) as caught:
        patiently(call, clock=clock, budget=Budget.of(clock, 10), attempts=2)

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        (" 30 ", 30.0),
        ("2.5", 2.5),
        ("-5", 0.0),
        ("86400", LONGEST_WAIT_S),
        ("Mon, 14 Sep 2026 21:01:30 GMT", 90.0),
        ("Mon, 14 Sep 2026 21:01:30 -0000", 90.0),
        ("Mon, 14 Sep 2026 22:01:30 +0100", 90.0),
        ("Mon, 14 Sep 2026 20:00:00 GMT", 0.0),
        ("Mon, 14 Sep 2037 20:00:00 GMT", LONGEST_WAIT_S),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("Mon, 99 Sep 2026 21:01:30 GMT", None),
        ("Mon, 14 Sep 99999 21:01:30 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms(text: str, seconds: float | None) -> None:
    """Seconds or an HTTP date, within bounds; anything else is no wish."""
    assert retry_after_s(httpx.Headers({"retry-after": text}), NOW) == seconds


def test_without_the_header_there_is_no_wish() -> None:
    """Absent is not zero."""
    assert retry_after_s({}, NOW) is None


SENT = "Mon, 14 Sep 2026 20:00:00 GMT"  # an hour before now


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({}, None),
        ({"Date": SENT}, None),
        ({"Age": "120", "Last-Modified": SENT}, 120.0),
        ({"Age": "-1"}, None),
        ({"Age": "old"}, None),
        ({"Age": "9" * 400}, None),
        ({"Last-Modified": SENT}, 3600.0),
        ({"Last-Modified": SENT, "Date": "Mon, 14 Sep 2026 20:10:00 GMT"}, 600.0),
        ({"Last-Modified": "Mon, 14 Sep 2026 23:00:00 GMT"}, 0.0),
        ({"Last-Modified": "yesterday"}, None),
    ],
)
def test_the_age_of_an_answer_is_what_it_says_itself(
    told: dict[str, str], seconds: float | None
) -> None:
    """By the sender's own clock where it tells it; an answer that says nothing has no age."""
    assert age_s(httpx.Headers(told), NOW) == seconds


@pytest.mark.parametrize("location", ["https://elsewhere.example/", "https://xn--/", "https://[::"])
def test_the_client_follows_nobody_and_trusts_no_environment(
    location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redirect is an answer; proxies and .netrc stay unread; the body is asked for plain."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:1")
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(302, headers={"Location": location})

    with make_client(
        base_url="https://host.example", timeout_s=40, transport=httpx.MockTransport(answer)
    ) as client:
        status = client.get("/path").status_code

    assert status == 302
    assert [str(request.url) for request in seen] == ["https://host.example/path"]
    assert seen[0].headers["Accept-Encoding"] == "identity"
    assert seen[0].headers["User-Agent"] == USER_AGENT
    assert seen[0].extensions["timeout"] == {"connect": 15, "read": 40, "write": 40, "pool": 40}
    assert not client.trust_env
