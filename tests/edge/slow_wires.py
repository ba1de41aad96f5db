"""The slowest other side that our timeouts allow, by the fake clock."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from tests.clocks import FakeClock

NEARLY = 0.95  # of what a timeout allows


class Trickle(httpx.SyncByteStream):
    """A body that comes in *pieces*, each as late as the reader puts up with."""

    def __init__(self, body: bytes, pieces: int, request: httpx.Request, clock: FakeClock) -> None:
        self._body = body
        self._pieces = pieces
        self._request = request
        self._clock = clock

    def __iter__(self) -> Iterator[bytes]:
        size = max(1, -(-len(self._body) // self._pieces))
        for start in range(0, len(self._body), size):
            self._clock.advance(patience_s(self._request, "read") * NEARLY)
            yield self._body[start : start + size]


class SlowWire(httpx.BaseTransport):
    """Connects and answers nearly too late, then trickles; whoever waits too long gives up."""

    def __init__(self, wire: httpx.BaseTransport, clock: FakeClock, pieces: int = 50) -> None:
        self._wire = wire
        self._clock = clock
        self._pieces = pieces

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._clock.advance(patience_s(request, "connect") * NEARLY)
        answer = self._wire.handle_request(request)
        body = answer.read()
        self._clock.advance(patience_s(request, "read") * NEARLY)
        stream = Trickle(body, self._pieces, request, self._clock)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)


def patience_s(request: httpx.Request, what: str) -> float:
    timeout: dict[str, float] = request.extensions["timeout"]
    return timeout[what]
