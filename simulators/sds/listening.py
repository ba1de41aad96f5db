"""The simulator on loopback: Graph, login and storage on one port, SDS's backend on another."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from simulators.sds.app import SdsSimulator
from simulators.serving import serve


@contextmanager
def listening(sds: SdsSimulator, port: int = 0) -> Generator[str]:
    """Yield Graph's URL; the backend is on the port after *port*, or with 0 on any free one.

    `Location` leads there from then on.
    """
    with serve(sds, port) as graph_url, serve(sds, port + 1 if port else 0) as backend_url:
        sds.backend_url = backend_url
        yield graph_url
