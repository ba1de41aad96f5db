"""The simulator on loopback: Graph, login and storage on one port, SDS's backend on another."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING

from simulators.sds.app import SdsSimulator
from simulators.serving import serve
from simulators.users import USERS, UserDirectory

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@contextmanager
def listening(
    sds: SdsSimulator, port: int = 0, users: UserDirectory | None = None
) -> Generator[str]:
    """Yield Graph's URL; the backend is on the port after *port*, or with 0 on any free one.

    `Location` leads there from then on. Graph lists *users*, if there are any.
    """
    graph = _graph(sds, users) if users else sds
    with serve(graph, port) as graph_url, serve(sds, port + 1 if port else 0) as backend_url:
        sds.backend_url = backend_url
        yield graph_url


def _graph(sds: SdsSimulator, users: UserDirectory) -> WSGIApplication:
    def graph(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked = users if environ["PATH_INFO"] == USERS else sds
        return asked(environ, start_response)

    return graph
