"""The way in on one's own machine: the same screens, served on loopback to one browser.

The address that is printed holds a token, which is good once: the browser is given a cookie for it.
Another user of the machine knows neither, and a site elsewhere that has its own name lead to this
address is known by that name.
"""

from __future__ import annotations

import hmac
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from time import monotonic
from typing import Any, ClassVar, Self, override
from urllib.parse import parse_qsl, urlsplit

from sync.edge.world import World
from sync.errors import RequestRefused
from sync.web.access import Role
from sync.web.exchange import Response
from sync.web.page import trouble
from sync.web.page.drawing import see
from sync.web.page.forms import LIMIT_BYTES
from sync.web.page.screens import respond
from sync.web.page.visit import AsGiven, PageRequest, Served, Visitor
from sync.web.page.working import Working

_HOSTS = ("127.0.0.1", "localhost")
_CALLED = "this machine"
_CHUNK_BYTES = 64 * 1024


@dataclass
class _Door:
    """Who may come in: whoever has the token first, and then whoever has the cookie.

    The `name` of the cookie is this process's own: to a browser all ports of a machine are one.
    """

    name: str = field(default_factory=lambda: f"isams-sync-{secrets.token_hex(4)}")
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    is_used: bool = False
    _lock: Lock = field(default_factory=Lock)

    def takes(self, token: str) -> bool:
        """Say whether *token* opens the door; it does so once."""
        with self._lock:
            opens = not self.is_used and hmac.compare_digest(token.encode(), self.token.encode())
            self.is_used = self.is_used or opens
            return opens

    def knows(self, header: str) -> bool:
        """Say whether the cookies of *header* have ours."""
        try:
            given = SimpleCookie(header).get(self.name)
        except CookieError:
            return False
        return given is not None and hmac.compare_digest(given.value.encode(), self.cookie.encode())

    def lets_in(self, asked: PageRequest) -> Response | None:
        """Return what a visitor gets who is not in yet; None for whoever is."""
        token = asked.query.get("token", "")
        if token and self.takes(token):
            held = f"{self.name}={self.cookie}; HttpOnly; SameSite=Strict; Path=/"
            found = see("/")
            return Response(303, b"", found.content_type, more={**found.more, "Set-Cookie": held})
        if self.knows(asked.headers.get("cookie", "")):
            return see("/") if token else None
        raise RequestRefused(
            "this page is for whoever started it. Open the address that `isams-sync page` printed:"
            " it is good once. To open it again, stop the command and start it anew",
            status=403,
        )


class _Server(ThreadingHTTPServer):
    allow_reuse_address = False  # on Windows another process could take the port over

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a browser that went away."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Serving:
    """The page on a free port of loopback, while it is entered: at `address`, to be opened once.

    *world* is that of every visit, and of the work that a click leaves behind; *given* are its
    settings as texts.
    """

    def __init__(self, world: Callable[[], World], given: AsGiven) -> None:
        door = _Door()
        self.nudges = Working(monotonic)
        self._world = world
        served = Served(world, given, lambda step: world().tell(step))
        self._server = _Server(("127.0.0.1", 0), partial(_Handler, _answering(door, served)))
        self.address = f"http://127.0.0.1:{self._server.server_port}/?token={door.token}"
        self._threads = [
            Thread(target=self._server.serve_forever, args=(0.1,), daemon=True),
            Thread(target=lambda: self.nudges.serve(self._world()), daemon=True),
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.nudges.stop()
        if self._threads[0].is_alive():
            self._server.shutdown()
        self._server.server_close()

    def answer(self) -> None:
        """Answer from now on, beside whatever the caller does."""
        self._threads[0].start()

    def begin(self) -> None:
        """Answer, and work on what is clicked."""
        for thread in self._threads:
            thread.start()

    def until_stopped(self) -> None:
        """Answer until the process is told to stop."""
        self.begin()
        while self._threads[0].is_alive():
            self._threads[0].join(0.2)  # so that Ctrl-C is heard on every system


def _answering(door: _Door, served: Served) -> Callable[[PageRequest], Response]:
    visitor = Visitor(_CALLED, frozenset(Role))

    def answered(asked: PageRequest) -> Response:
        try:
            _demand_host(asked)
            refused = door.lets_in(asked)
        except RequestRefused as error:
            return trouble.page(asked, 403, error)
        return refused or respond(asked, visitor, served)

    return answered


class _Handler(BaseHTTPRequestHandler):
    """A request as a browser sends it; what comes of it says *answered*."""

    # Seconds: browsers open connections that they never use.
    timeout: ClassVar[float | None] = 10.0

    # Any: what http.server gives its handlers.
    def __init__(self, answered: Callable[[PageRequest], Response], *args: Any) -> None:
        self._answered = answered
        super().__init__(*args)

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        try:
            asked = self._asked()
        except ValueError:
            self.send_error(HTTPStatus.BAD_REQUEST)
        else:
            self._send(self._answered(asked))

    def _asked(self) -> PageRequest:
        """Return what was asked; raise `ValueError` where it is no address, or has no length.

        A body is read to its end: the browser of whom it is cut off shows no answer.
        """
        length = self.headers.get("Content-Length", "0")
        left_bytes = int(length) if length.isdecimal() else 0
        split = urlsplit(self.path)
        body = self.rfile.read(min(left_bytes, LIMIT_BYTES + 1))
        left_bytes -= len(body)
        while left_bytes and (more := self.rfile.read(min(left_bytes, _CHUNK_BYTES))):
            left_bytes -= len(more)
        return PageRequest(
            method="GET" if self.command == "HEAD" else self.command,
            path=split.path.strip("/"),
            query=dict(parse_qsl(split.query)),
            headers={name.lower(): text for name, text in self.headers.items()},
            body=body,
        )

    def _send(self, response: Response) -> None:
        self.close_connection = True
        self.send_response(response.status)
        for name, text in response.headers.items():
            self.send_header(name, text)
        self.send_header("Content-Type", f"{response.content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    @override
    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what no browser asks as the page does, with its headers."""
        refused = RequestRefused(
            "this is nothing that the page is asked by a browser: use its own links and buttons",
            status=int(code),
        )
        self._send(trouble.page(PageRequest("", ""), int(code), refused))

    @override
    def version_string(self) -> str:
        return "isams-sync"

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: an address may hold the token."""


def _demand_host(asked: PageRequest) -> None:
    if asked.headers.get("host", "").lower().partition(":")[0] not in _HOSTS:
        raise RequestRefused(
            "this page answers to 127.0.0.1 alone, and was called by another name. Open the address"
            " that `isams-sync page` printed",
            status=403,
        )
