"""The edge in front of a simulated or a mocked iSAMS, in process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import httpx

from simulators.isams.app import IsamsSimulator
from simulators.isams.keys import DEMO_KEY
from simulators.school import invent
from sync.edge.isams.batch import Isams
from sync.isams.datasets import ALWAYS
from sync.settings import SchoolSettings
from tests.clocks import FakeClock

CLEAN = invent(60, quirks=False)
METHODS = tuple(dataset.method for dataset in ALWAYS)


def settings(**more: str) -> SchoolSettings:
    """Return the settings of a school on a host that does not exist."""
    return SchoolSettings.model_validate(
        {
            "name": "Northbank School",
            "id": "9990001",
            "isams_host": "northbank.isams.example",
            "isams_key": DEMO_KEY,
            **more,
        }
    )


def isams_of(simulator: IsamsSimulator, clock: FakeClock, **more: str) -> Isams:
    """Return the edge in front of *simulator*, in process."""
    return Isams(settings(**more), clock, transport=httpx.WSGITransport(simulator))


def streamed(
    status: int, body: bytes | Iterable[bytes], headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """Return an answer whose body is still to be read, as over a network."""
    chunks = [body] if isinstance(body, bytes) else body
    return httpx.Response(status, content=iter(chunks), headers=dict(headers or {}))
