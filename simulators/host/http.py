"""The host's HTTP side: a request in, a function's answer out, over loopback."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from simulators.host import protos

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came; header names in lower case, none taken off.

    See docs/reference/functions.md#headers.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path with every escape decoded but `%2F`: docs/reference/functions.md#paths."""
        parts = re.split("(%2F)", urlsplit(self.url).path, flags=re.IGNORECASE)
        return "".join(part if part.upper() == "%2F" else unquote(part) for part in parts)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    @property
    def key(self) -> str | None:
        """The function key offered, in the header or in the query."""
        return self.headers.get("x-functions-key") or self.query.get("code")

    def for_worker(self, params: Mapping[str, str]) -> protos.TypedData:
        """Return the value that an HTTP trigger gets."""
        body = protos.TypedData(bytes=self.body)
        http = protos.RpcHttp(
            method=self.method,
            url=self.url,
            headers=self.headers,
            query=self.query,
            params=params,
            body=body,
        )
        return protos.TypedData(http=http)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to the caller."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, returned: protos.TypedData | None) -> Reply:
        """Turn what a function returned into an answer; nothing returned is 204."""
        if returned is None:
            return cls(204)
        if returned.WhichOneof("data") != "http":
            return cls(200, {"Content-Type": "text/plain; charset=utf-8"}, returned.content())
        http = returned.http
        return cls(int(http.status_code), dict(http.headers), http.body.content())


@contextmanager
def serving(
    answer: Callable[[Request], Awaitable[Reply]], loop: asyncio.AbstractEventLoop
) -> Generator[int]:
    """Serve on a free loopback port, which is yielded; *answer* runs on *loop*."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(answer, loop))
    server.daemon_threads = False  # closing waits for the answers that are being written
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(
    answer: Callable[[Request], Awaitable[Reply]], loop: asyncio.AbstractEventLoop
) -> type[BaseHTTPRequestHandler]:
    async def run(request: Request) -> Reply:
        return await answer(request)

    class Handler(BaseHTTPRequestHandler):
        # Seconds: browsers open connections that they never use.
        timeout: ClassVar[float | None] = 2.0

        def reply(self) -> None:
            length_bytes = int(self.headers.get("Content-Length") or 0)
            host = self.headers.get("Host", "127.0.0.1")
            request = Request(
                self.command,
                f"http://{host}{self.path}",
                {name.lower(): text for name, text in self.headers.items()},
                self.rfile.read(length_bytes),
            )
            reply = asyncio.run_coroutine_threadsafe(run(request), loop).result()
            self.send_response(reply.status)
            for name, text in reply.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else reply.body)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing: a key may stand in the query.

            See docs/reference/functions.md#query-string.
            """

    for method in METHODS:
        setattr(Handler, f"do_{method}", Handler.reply)
    return Handler
