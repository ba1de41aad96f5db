"""A clock that stands still, a simulator by it, a sender to it."""

from __future__ import annotations

import pytest

from simulators.sds import SdsSimulator
from tests.simulators.sds.sender import Clock, Sender


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sim(clock: Clock) -> SdsSimulator:
    return SdsSimulator(clock=clock, base_url="https://graph.sim.example")


@pytest.fixture
def sender(sim: SdsSimulator) -> Sender:
    return Sender(sim)
