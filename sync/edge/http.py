"""How we talk HTTP, whoever answers: a careful client, and patience that ends.

Nothing here knows iSAMS or Microsoft. httpx writes each request's URL to its log at INFO, and an
iSAMS URL holds the key: the loggers `httpx` and `httpcore` must stay at WARNING wherever we run.
"""

from __future__ import annotations

import math
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Event

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential_jitter

from sync.edge.clock import Budget, Clock
from sync.errors import SyncError

USER_AGENT = "isams-school-data-sync"
LONGEST_WAIT_S = 3600.0  # a wish beyond this is a fault of theirs: the next tick is sooner

_CONNECT_S = 15.0
_PAUSE_S = 15.0  # between two pieces of an answer that has begun
_SECONDS = re.compile(r"[0-9]{1,9}")
_backoff = wait_exponential_jitter(initial=1, exp_base=2, max=30, jitter=1)


def make_client(
    *,
    base_url: str,
    timeout_s: float,
    transport: httpx.BaseTransport | None = None,
    answered: Event | None = None,
    authority: str | None = None,
) -> httpx.Client:
    """Return a client for a service; *answered* is set once it has answered, whatever it says.

    *authority*, as PEM text, is trusted by this client beside the public ones. All else that is
    asked of a certificate stays: name, time, and Python's stricter rules.

    `timeout_s` bounds each read and write, not the whole answer: whoever reads a body watches its
    budget. No redirect is followed, no proxy or credential is taken from the environment, and TLS
    is always verified. Bodies are asked for uncompressed, so that a size cap means bytes read.
    A redirect comes without its `Location`: see `_forget_where`.
    """
    heard = [] if answered is None else [lambda _: answered.set()]
    return httpx.Client(
        base_url=base_url,
        timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S)),
        transport=transport,
        verify=_trusting(authority) if authority else True,
        trust_env=False,
        follow_redirects=False,
        event_hooks={"response": [_forget_where, *heard]},
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
    )


def _trusting(authority: str) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    context.load_verify_locations(cadata=authority)
    return context


def _forget_where(answer: httpx.Response) -> None:
    """Drop the address of a redirect.

    httpx works out the next request even where none is followed, and a host that cannot be encoded
    makes it fail with errors that are none of its own.
    """
    if answer.has_redirect_location:
        del answer.headers["Location"]


def request_timeout(answer_s: float, budget: Budget) -> httpx.Timeout:
    """Return how long to wait for a connection and for an answer: together what is left."""
    left_s = max(budget.left_s, 0.001)
    connect_s = min(_CONNECT_S, left_s / 4)
    return httpx.Timeout(min(answer_s, left_s - connect_s), connect=connect_s)


def pieces(answer: httpx.Response, budget: Budget, *, raw: bool = False) -> Iterator[bytes]:
    """Yield the body as it comes, *raw* as it was sent; never wait beyond the budget.

    Raises:
        httpx.ReadTimeout: the budget is used up, as by a body that trickles for ever.
    """
    pause_s = min(_PAUSE_S, budget.left_s / 2)
    # httpx keeps a single time for the answer's beginning and each of its pieces; the transport
    # looks it up again before the first piece.
    answer.request.extensions["timeout"]["read"] = pause_s
    # With a size given, it would wait for that many bytes.
    stream = answer.iter_raw() if raw else answer.iter_bytes()
    while budget.left_s >= pause_s:
        if not (piece := next(stream, b"")):
            return
        yield piece
    raise httpx.ReadTimeout("the answer took too long", request=answer.request)


def patiently[T](call: Callable[[], T], *, clock: Clock, budget: Budget, attempts: int = 4) -> T:
    """Return what *call* returns, calling again after an error that says `retry`.

    Waits as long as the error's `retry_after_s`, else 1, 2, 4 … s and up to 1 s more. A wait that
    the budget does not allow is not begun: the error is raised at once. Errors leave without
    cause or context, because those hold requests, and requests hold keys.
    """

    def attempt() -> T:
        try:
            return call()
        except SyncError as error:
            error.__cause__ = error.__context__ = None
            raise

    def is_over(state: RetryCallState) -> bool:
        return state.attempt_number >= attempts or state.upcoming_sleep >= budget.left_s

    retrying = Retrying(
        sleep=clock.sleep,
        wait=_wait_s,
        stop=is_over,
        retry=retry_if_exception(lambda error: isinstance(error, SyncError) and error.retry),
        reraise=True,
    )
    return retrying(attempt)


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that `Retry-After` asks for, from 0 to `LONGEST_WAIT_S`.

    It may be a number or an HTTP date; None if it is absent or neither. *now* is aware.

    See docs/reference/sds.md#retry-after.
    """
    text = headers.get("Retry-After", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        moment = _moment(text)
        if moment is None:
            return None
        seconds = (moment - now).total_seconds()
    if not math.isfinite(seconds):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT_S)


def age_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how many seconds ago the answer was made, as far as it says so itself.

    By `Age`, else by `Last-Modified` as seen from `Date`, or from *now*; None if neither tells.

    See docs/reference/isams.md#answer-age.
    """
    age = headers.get("Age", "").strip()
    if _SECONDS.fullmatch(age):
        return float(age)
    made = _moment(headers.get("Last-Modified", ""))
    sent = _moment(headers.get("Date", "")) or now
    return max((sent - made).total_seconds(), 0.0) if made else None


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)  # "-0000" gives a naive moment: UTC as well


def _wait_s(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    wish_s: float | None = getattr(error, "retry_after_s", None)
    return _backoff(state) if wish_s is None else wish_s
