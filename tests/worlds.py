"""A whole world in one process: our app, an invented school, iSAMS and SDS, and a clock to move.

No socket is opened: both simulators are reached through httpx's WSGI transport.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import httpx

from simulators.isams.app import IsamsSimulator
from simulators.school import InventedSchool, invent
from simulators.sds import Connector as SdsConnector
from simulators.sds import Knobs, SdsSimulator
from sync import run, sending
from sync.edge.blobs import Store
from sync.edge.graph import SdsTarget
from sync.edge.identity import graph_tokens
from sync.edge.isams import Isams
from sync.edge.queues import Unqueued
from sync.edge.world import Source, Target, World
from sync.environment import load
from sync.report import Outcome, Step
from tests.clocks import FakeClock
from tests.memory_store import MemoryStore

CONNECTOR = SdsConnector().name
SEND_PACE_S = 30.0

ONE_SCHOOL: Mapping[str, str] = {
    "SCHOOLS__NORTHBANK__NAME": "Northbank School",
    "SCHOOLS__NORTHBANK__ID": "9990001",
    "SCHOOLS__NORTHBANK__ISAMS_HOST": "northbank.isams.example",
    "SCHOOLS__NORTHBANK__ISAMS_KEY": "",
    "PROFILES__SENIORS__YEAR_GROUPS": "7-13",
    "PROFILES__PREP__YEAR_GROUPS": "3-6",
    "SDS__CONNECTOR": CONNECTOR,
    "SDS__TENANT_ID": SdsSimulator(clock=FakeClock().now).tenant_id,
    "SDS__CLIENT_ID": Knobs().client_id,
    "SDS__CLIENT_SECRET": Knobs().client_secret,
    "STORAGE__FOLDER": "not-used",
}


@dataclass
class TestWorld:
    """The simulators, the clock and everything the app has told, around one `World`."""

    __test__ = False

    clock: FakeClock
    isams: IsamsSimulator
    sds: SdsSimulator
    nudges: Unqueued
    store: Store
    world: World
    steps: list[Step] = field(default_factory=list)

    def pull(self, school: str = "northbank") -> Step:
        """Ask for a pull and do it."""
        self.clock.advance(1)
        run.ask(self.world, school, "test")
        return run.pull(self.world, school)

    def send_until_still(self, connector: str = CONNECTOR) -> Step:
        """Send, with the pauses that the app asks for, until it asks for none."""
        for _ in range(200):
            step = sending.send(self.world, connector)
            if step.again_in_s is None:
                return step
            self.clock.advance(max(step.again_in_s, 6))
        raise AssertionError("the delivery never came to rest")

    def accept(self, connector: str = CONNECTOR) -> Step:
        """Do everything until SDS has accepted what was pulled."""
        for _ in range(50):
            step = sending.send(self.world, connector)
            if step.outcome in {Outcome.ACCEPTED, Outcome.UNCHANGED, Outcome.HELD, Outcome.FAILED}:
                return step
            self.clock.advance(max(step.again_in_s or 0, 6))
        raise AssertionError(f"not accepted: {step.outcome}")


def make_world(
    school: InventedSchool | None = None,
    *,
    knobs: Knobs | None = None,
    store: Callable[[FakeClock], Store] = MemoryStore,
    isams_transport: Callable[[httpx.BaseTransport], httpx.BaseTransport] = lambda t: t,
    sds_transport: Callable[[httpx.BaseTransport], httpx.BaseTransport] = lambda t: t,
    **settings: str,
) -> TestWorld:
    """Return a world of one school, `northbank`, with two profiles on one connector.

    *settings* are app settings to add or, if blank, to take away. The transports wrap the way to
    each simulator, to break it.
    """
    clock = FakeClock()
    isams = IsamsSimulator(school or invent(60, quirks=False), clock=clock.now, sleep=clock.sleep)
    key = next(iter(isams.keys))
    env = {**ONE_SCHOOL, "SCHOOLS__NORTHBANK__ISAMS_KEY": key, "SDS__HOLD_FIRST": "false"}
    env |= settings
    sds = SdsSimulator(
        clock=clock.now,
        knobs=knobs or Knobs(),
        storage_url="https://invented.dfs.core.windows.net",
    )
    nudges = Unqueued()
    to_isams = isams_transport(httpx.WSGITransport(app=isams))
    to_sds = sds_transport(httpx.WSGITransport(app=sds))
    loaded = load(env)

    @cache
    def source(key: str) -> Source:
        return Isams(loaded.schools[key], clock, transport=to_isams)

    @cache
    def target() -> Target:
        tokens = graph_tokens(loaded.sds, clock, transport=to_sds)
        return SdsTarget(loaded.sds, tokens, clock, graph=to_sds, storage=to_sds)

    steps: list[Step] = []
    world = World(loaded, clock, store(clock), nudges, source, target, steps.append)
    return TestWorld(clock, isams, sds, nudges, world.store, world, steps)


def flush(one: TestWorld, **changes: object) -> None:
    """Change the school in iSAMS, and empty the key's cache so that the next pull sees it."""
    one.isams.school = replace(one.isams.school, **changes)  # type: ignore[arg-type]
    one.isams.flush()
