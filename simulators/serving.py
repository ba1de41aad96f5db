"""Any WSGI application on a loopback port, for as long as a block lasts."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, override

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class _Quiet(WSGIRequestHandler):
    """Speaks HTTP/1.1 and writes no line per request: a query may hold a key or a SAS."""

    protocol_version = "HTTP/1.1"

    @override
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing."""

    @override
    def send_response(self, code: int, message: str | None = None) -> None:
        """Leave the headers to the application: a second Date would contradict its own."""
        self.send_response_only(code, message)

    @override
    def connection_dropped(
        self, error: BaseException, environ: WSGIEnvironment | None = None
    ) -> None:
        """Hang up; by itself the server would wait for the next request on this connection."""
        self.close_connection = True


@contextmanager
def serve(app: WSGIApplication, port: int = 0) -> Generator[str]:
    """Yield the base URL of *app*, without a slash at its end; *port* 0 takes any free one.

    The port is closed, and every answer under way finished or dropped, when the block ends.
    """
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
