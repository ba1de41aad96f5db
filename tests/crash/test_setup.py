"""The set-up of SDS is made once: whatever was there, wherever it is killed, however late it shows.

A half-made tenant has of each kind nothing, ours, or one of another name that serves: what a
person, or a killed command, has left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import product
from typing import Literal

import pytest

from simulators.school import invent
from sync.edge.graph.answers import DATA_LAKE, FORMAT
from sync.edge.graph.setup_values import Kind, SchoolYear, SourceSystem
from sync.edge.graph.values import Connector, Flow
from sync.edge.world import World
from sync.errors import SyncError, TargetRefused
from sync.steps.setup import making
from sync.steps.setup.wanted import KINDS
from tests.clocks import FakeClock
from tests.crash.processes import Doom, DoomedStore, Killed, Sleepy, Way
from tests.crash.setup_standin import ENDS, RULES, WANTED, YEAR, SetupStandIn, Tenants
from tests.memory_store import MemoryStore
from tests.worlds import make_world

type Half = Literal["none", "ours", "other"]
type State = tuple[Half, Half, Half, Half]

LAGS = (0, 3, 30)
PATIENCE = 60  # commands that a person types until all is made, or they give up


def tenant_of(state: State) -> Tenants | None:
    """Return a tenant that is made so far; None where nothing could have been made so."""
    source, connector, year, flow = state
    if (connector != "none" and source == "none") or (
        flow != "none" and "none" in {connector, year}
    ):
        return None
    tenant = Tenants()
    if source != "none":
        name = WANTED.source if source == "ours" else "MIS"
        tenant.put("source", SourceSystem("source-0", name, RULES))
    if connector != "none":
        name = WANTED.connector if connector == "ours" else "Other feed"
        tenant.put("connector", Connector("connector-0", name, DATA_LAKE, FORMAT, "source-0"))
    if year != "none":
        name = YEAR.name if year == "ours" else "This year"
        tenant.put("year", SchoolYear("year-0", name, YEAR.code, YEAR.starts, YEAR.ends))
    if flow != "none":
        name = WANTED.flow if flow == "ours" else "Roster"
        tenant.put("flow", Flow("flow-0", "connector-0", "ready", ENDS, name, "year-0"))
    return tenant


HALVES: tuple[Half, ...] = ("none", "ours", "other")
STATES: list[State] = [
    state for state in product(HALVES, HALVES, HALVES, HALVES) if tenant_of(state)
]


@dataclass
class Person:
    """Types `sds make` until it ends; looks into the portal when they are asked to."""

    tenant: Tenants
    lag_reads: int
    clock: FakeClock = field(default_factory=FakeClock)
    store: MemoryStore = field(init=False)
    refused: TargetRefused | None = None
    done: bool = False
    ends: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.clock)

    def types(self, doom: Doom, not_there: Kind | None = None) -> Kind | None:
        """Type it once; return the kind of which a person is asked whether it is there."""
        world = replace(_any_world(), store=DoomedStore(self.store, doom), clock=self.clock)
        standin = SetupStandIn(self.tenant, doom, lag_reads=self.lag_reads)
        try:
            making.make(world, standin, WANTED, held=None, not_there=not_there, tell=lambda _: None)
        except Killed:
            self.ends.append("killed")
        except TargetRefused as error:
            kind = error.facts.get("kind")
            if "--not-there" in str(error):
                return next(each for each in KINDS if each == kind)
            self.refused = error
        except SyncError as error:
            self.ends.append(f"{type(error).__name__}: {error}")
        else:
            self.done = True
        return None

    def goes_on(self, doom: Doom) -> None:
        """Type it again and again, some minutes apart."""
        asked: Kind | None = None
        self.types(doom)
        for _ in range(PATIENCE):
            if self.done or self.refused:
                return
            self.clock.advance(240)
            not_there = asked if asked and not self.is_there(asked) else None
            asked = self.types(Doom(), not_there)

    def our_flows(self) -> list[Flow]:
        """Return the flows that lead to the connector that is wanted."""
        ours = {each.id for each in self.tenant.there["connector"] if each.name == WANTED.connector}
        flows = self.tenant.there["flow"]
        return [each for each in flows if isinstance(each, Flow) and each.connector_id in ours]

    def is_there(self, kind: Kind) -> bool:
        """Look into the portal, which shows what is there at once."""
        if kind == "flow":
            return bool(self.our_flows())
        names = {"source": WANTED.source, "connector": WANTED.connector}
        return any(each.name == names.get(kind, each.name) for each in self.tenant.there[kind])


@cache
def _any_world() -> World:
    return make_world(invent(20, seed=1)).world


def dooms(state: State, lag_reads: int) -> Iterator[Doom]:
    """Yield every way in which the first command can end early."""
    tenant = tenant_of(state)
    assert tenant
    counted = Doom()
    Person(tenant, lag_reads).types(counted)
    for at, way in product(range(1, len(counted.calls) + 1), Way):
        yield Doom(at, way)


@pytest.mark.parametrize("lag_reads", LAGS)
@pytest.mark.parametrize("state", STATES, ids="-".join)
def test_no_half_made_set_up_gets_a_second_object(state: State, lag_reads: int) -> None:
    """Killed at any call and typed again, it ends done or refused, and a refusal made nothing."""
    before = tenant_of(state)
    assert before
    for doom in dooms(state, lag_reads):
        tenant = tenant_of(state)
        assert tenant
        person = Person(tenant, lag_reads)
        person.goes_on(doom)

        assert person.done or person.refused, (doom.at, doom.way, person.ends)
        if person.refused:
            assert tenant.there == before.there, (doom.at, doom.way, str(person.refused))
        else:
            assert max(tenant.posted.values()) <= 1, (doom.at, doom.way, tenant.posted)
            assert len(tenant.there["year"]) == len(person.our_flows()) == 1


@pytest.mark.parametrize("lag_reads", LAGS)
def test_two_people_at_once_make_one_of_each_or_are_in_doubt(lag_reads: int) -> None:
    """The second types the whole command between any two calls of the first."""
    counted = Doom()
    Person(Tenants(), lag_reads).types(counted)
    for at in range(1, len(counted.calls) + 1):
        tenant = Tenants()
        first, second = Person(tenant, lag_reads), Person(tenant, lag_reads)
        second.store, second.clock = first.store, first.clock
        first.goes_on(Sleepy(at, meanwhile=partial(_types, second)))
        second.goes_on(Doom())

        assert first.done, (at, first.ends, str(first.refused))
        assert second.done, (at, second.ends)
        assert tenant.posted == dict.fromkeys(KINDS, 1), at


def test_one_of_two_people_who_is_killed_as_it_is_made_leaves_one_of_each() -> None:
    """The other finds what was begun, and waits until it is seen or said not to be there."""
    counted = Doom()
    Person(Tenants(), 30).types(counted)
    makes = [at for at, name in enumerate(counted.calls, 1) if name.startswith("make ")]
    for at, killed_at in product(range(1, len(counted.calls) + 1), makes):
        tenant = Tenants()
        first, second = Person(tenant, 30), Person(tenant, 30)
        second.store, second.clock = first.store, first.clock
        doom = Doom(killed_at, Way.AFTER)

        def meanwhile(other: Person = second, doom: Doom = doom) -> None:
            other.types(doom)

        first.goes_on(Sleepy(at, meanwhile=meanwhile))

        assert first.done, (at, killed_at, first.ends, str(first.refused))
        assert tenant.posted == dict.fromkeys(KINDS, 1), (at, killed_at)


def test_two_who_ask_before_either_has_noted_anything_do_not_both_make_it() -> None:
    """Numbers are taken once: who comes second looks again, and finds the note of the first."""
    tenant = Tenants()
    first, second = Person(tenant, 30), Person(tenant, 30)
    second.store, second.clock = first.store, first.clock
    counted = Doom()
    Person(Tenants(), 30).types(counted)
    begins = [at for at, name in enumerate(counted.calls, 1) if "begun.json" in name]

    first.types(Sleepy(begins[0], meanwhile=partial(_types, second)))

    assert tenant.posted["source"] == 1


def _types(person: Person) -> None:
    person.types(Doom())
