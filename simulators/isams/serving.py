"""The simulator over a socket, for what needs a real address: a demo, or another process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, override

from werkzeug.serving import WSGIRequestHandler, make_server

from simulators.isams.app import IsamsSimulator
from simulators.isams.keys import DEMO_KEY
from simulators.school import invent

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    @override
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: a request line holds the key."""

    @override
    def connection_dropped(
        self, error: BaseException, environ: WSGIEnvironment | None = None
    ) -> None:
        """Hang up; by itself the server would wait for the next request on this connection."""
        self.close_connection = True


@contextmanager
def serve(simulator: WSGIApplication, port: int = 0) -> Iterator[str]:
    """Serve on 127.0.0.1 in a thread and yield the base URL; port 0 is any free one."""
    server = make_server("127.0.0.1", port, simulator, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, args=(0.02,), name="isams-simulator", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def demo(pupils: int = 300, *, seed: int = 1) -> tuple[IsamsSimulator, str]:
    """Return a simulator over an invented school, and the key to print for whoever tries it."""
    return IsamsSimulator(invent(pupils, seed=seed)), DEMO_KEY
