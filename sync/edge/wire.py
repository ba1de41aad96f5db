"""An answer of iSAMS as it comes over the wire, within a budget whatever the sender does."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from sync.edge.clock import Budget
from sync.errors import SourceUnavailable

_CONNECT_S = 15.0
_PAUSE_S = 20.0  # between two pieces of an answer that has begun


def request_timeout(answer_s: float, budget: Budget) -> httpx.Timeout:
    """Return how long to wait for connection and answer: together no longer than is left.

    Raises:
        SourceUnavailable: nothing is left.
    """
    left_s = budget.left_s
    if left_s <= 0:
        raise SourceUnavailable("no time was left to ask iSAMS")
    connect_s = min(_CONNECT_S, left_s / 4)
    return httpx.Timeout(min(answer_s, left_s - connect_s), connect=connect_s)


def pieces(answer: httpx.Response, budget: Budget) -> Iterator[bytes]:
    """Yield the body as it was sent and as it comes, and never wait beyond the budget.

    Raises:
        SourceUnavailable: the budget is used up, as by a body that trickles for ever, or the body
            ended before its announced length. httpx's own errors pass.
    """
    pause_s = min(_PAUSE_S, budget.left_s / 2)
    # httpx keeps one time for the answer's beginning and for each of its pieces; the transport
    # looks it up again before the first piece.
    answer.request.extensions["timeout"]["read"] = pause_s
    seen_bytes = 0
    stream = answer.iter_raw()  # with a size given, it would wait for that many bytes
    while True:
        if budget.left_s <= pause_s:
            raise SourceUnavailable("iSAMS's answer took too long", seen_bytes=seen_bytes)
        piece = next(stream, None)
        if piece is None:
            break
        seen_bytes += len(piece)
        yield piece
    announced = answer.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) != seen_bytes:
        raise SourceUnavailable("iSAMS's answer broke off", seen_bytes=seen_bytes)


def opening(answer: httpx.Response, budget: Budget, *, limit_bytes: int) -> bytes:
    """Return the first *limit_bytes* of a short answer, or all of it; raises as `pieces`."""
    body = bytearray()
    for piece in pieces(answer, budget):
        body += piece
        if len(body) >= limit_bytes:
            break
    return bytes(body[:limit_bytes])
