"""The way in on one's own machine: the same screens, served on loopback to one browser.

The address that is printed holds a token, which is good once: the browser is given a cookie for it.
Another user of the machine knows neither, and a site elsewhere that has its own name lead to this
address is known by that name.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from time import monotonic
from typing import ClassVar, Self, override
from urllib.parse import parse_qsl, urlsplit

from sync.edge.world import World
from sync.errors import RequestRefused
from sync.web.access import Role
from sync.web.exchange import Response
from sync.web.page import trouble
from sync.web.page.answers import see
from sync.web.page.forms import LIMIT_BYTES
from sync.web.page.screens import respond
from sync.web.page.visit import AsGiven, PageRequest, Visitor
from sync.web.page.working import Working

_COOKIE = "isams-sync"
_HOSTS = ("127.0.0.1", "localhost")
_CALLED = "this machine"


@dataclass
class _Door:
    """Who may come in: whoever has the token first, and then whoever has the cookie."""

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
            given = SimpleCookie(header).get(_COOKIE)
        except CookieError:
            return False
        return given is not None and hmac.compare_digest(given.value.encode(), self.cookie.encode())

    def lets_in(self, asked: PageRequest) -> Response | None:
        """Return what a visitor gets who is not in yet; None for whoever is."""
        token = asked.query.get("token", "")
        if token and self.takes(token):
            held = f"{_COOKIE}={self.cookie}; HttpOnly; SameSite=Strict; Path=/"
            found = see("/")
            return Response(303, b"", found.content_type, more={**found.more, "Set-Cookie": held})
        if self.knows(asked.headers.get("cookie", "")):
            return see("/") if token else None
        raise RequestRefused(
            "this page is for whoever started it. Open the address that `isams-sync page` printed:"
            " it is good once. To open it again, stop the command and start it anew",
            status=403,
        )


class Serving:
    """The page on a free port of loopback, while it is entered: at `address`, to be opened once.

    *world* is that of every visit, and of the work that a click leaves behind; *given* are its
    settings as texts.
    """

    def __init__(self, world: Callable[[], World], given: AsGiven) -> None:
        door = _Door()
        self.nudges = Working(monotonic)
        self._world = world
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(door, world, given))
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


def _handler(
    door: _Door, world: Callable[[], World], given: AsGiven
) -> type[BaseHTTPRequestHandler]:
    visitor = Visitor(_CALLED, frozenset(Role))

    def answered(asked: PageRequest) -> Response:
        try:
            _demand_host(asked)
            refused = door.lets_in(asked)
        except RequestRefused as error:
            return trouble.page(asked, Visitor("", frozenset()), 403, error)
        return refused or respond(asked, visitor, world, given)

    class Handler(BaseHTTPRequestHandler):
        # Seconds: browsers open connections that they never use.
        timeout: ClassVar[float | None] = 10.0

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            length = self.headers.get("Content-Length", "0")
            bytes_sent = int(length) if length.isdecimal() else 0
            split = urlsplit(self.path)
            response = answered(
                PageRequest(
                    method=self.command,
                    path=split.path.strip("/"),
                    query=dict(parse_qsl(split.query)),
                    headers={name.lower(): text for name, text in self.headers.items()},
                    body=self.rfile.read(min(bytes_sent, LIMIT_BYTES + 1)),
                ),
            )
            self.close_connection = True
            self.send_response(response.status)
            for name, text in response.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Type", f"{response.content_type}; charset=utf-8")
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        @override
        def version_string(self) -> str:
            return "isams-sync"

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: an address may hold the token."""

    return Handler


def _demand_host(asked: PageRequest) -> None:
    if asked.headers.get("host", "").lower().partition(":")[0] not in _HOSTS:
        raise RequestRefused(
            "this page answers to 127.0.0.1 alone, and was called by another name. Open the address"
            " that `isams-sync page` printed",
            status=403,
        )
