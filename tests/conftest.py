"""What more than one test module needs."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import settings

from simulators.azurite import Azurite, start
from simulators.isams import IsamsSimulator
from tests import canaries

# A machine that is busy must fail no test.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """Watch every test for names and secrets that get out (P13)."""
    canaries.pytest_configure(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no core waits for it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("longest") is None)


# The only test modules in which anything is written to iSAMS.
WRITES = {
    "tests.edge.test_cli_addresses_writing",
    "tests.edge.test_isams_writing",
    "tests.simulators.test_isams_rest_writing",
}


@pytest.fixture(autouse=True)
def nobody_writes_to_isams(request: pytest.FixtureRequest) -> Iterator[None]:
    """Count the PUTs that any iSAMS of this process has got: none but where it is meant.

    The app reads iSAMS. A person at a terminal alone writes, by one module.
    """
    before = IsamsSimulator.puts
    yield
    written = IsamsSimulator.puts - before
    if request.node.module.__name__ not in WRITES:
        assert written == 0, f"{written} PUTs were sent to iSAMS"


@dataclass(frozen=True, slots=True)
class FreshNames:
    """Names that no other test uses, so that all can share one emulator."""

    container: str
    queue: str


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """One storage emulator for the whole session, or for each xdist worker."""
    with start() as running:
        yield running


@pytest.fixture
def azurite_names() -> FreshNames:
    """A container and a queue name of the test's own; neither exists yet."""
    mark = uuid.uuid4().hex[:16]
    return FreshNames(container=f"rosters-{mark}", queue=f"nudges-{mark}")
