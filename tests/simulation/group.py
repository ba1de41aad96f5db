"""A night of a group of schools on one connector: real steps, simulated iSAMS and SDS, moved time.

Events are ticks, messages of the queues, and whatever a night brings. Schools are read one after
another, as by an instance that takes one message at a time; while one is read, ticks and sends go
on. A second costs nothing.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from math import ceil

import httpx

from simulators.isams import faults
from simulators.school import invent, without_pupils
from simulators.sds import Connector, Knobs
from sync.edge.storage.queues import Queue, Unqueued
from sync.edge.storage.store import Blob, BlobsAt
from sync.edge.world import queues_of
from sync.ledger.manifests import SetManifest
from sync.report import Outcome
from sync.steps import approval, pull, schedule, send, tick
from sync.steps.connector import sets_on
from tests.clocks import FakeClock
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, ONE_SCHOOL, make_world

TICK_S = 300.0
QUEUE_S = 5.0  # until a message is given to somebody
HOUR_S = 3600.0
PAGE = 5000  # docs/reference/functions.md#list-page

type Event = Callable[[], None]


class CountingStore(MemoryStore):
    """Counts what is asked of it as Azure would: a call for each page of a listing.

    It finds names by their beginning without going through all. `now` is a look at the clock.
    """

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.calls = Counter[str]()
        self._names: list[str] = []

    def read(self, name: str) -> bytes:
        self.calls["read"] += 1
        return super().read(name)

    def blobs(self, prefix: str) -> Sequence[Blob]:
        found = [*self._below(prefix)]
        self.calls["list"] += max(1, ceil(len(found) / PAGE))
        return found

    def listed(self, prefix: str) -> BlobsAt:
        return BlobsAt(self.blobs(prefix), super().now())

    def now(self) -> datetime:
        self.calls["now"] += 1
        return super().now()

    def _below(self, prefix: str) -> Iterator[Blob]:
        for number in range(bisect_left(self._names, prefix), len(self._names)):
            name = self._names[number]
            if not name.startswith(prefix):
                return
            body, at = self.held[name]
            yield Blob(name, len(body), at)

    def delete(self, name: str) -> None:
        self.calls["delete"] += 1
        if name in self.held:
            self._names.remove(name)
        super().delete(name)

    def _put(self, name: str, body: bytes) -> bool:
        self.calls["write"] += 1
        made = super()._put(name, body)
        if made:
            insort(self._names, name)
        return made


@dataclass(frozen=True, slots=True, eq=False)
class Night:
    """What a night is like: how long readings take, how far apart they begin, and what goes wrong.

    `away` are hours from the beginning at which a school's iSAMS comes back, by the school's
    number; None: it does not. `again` are those at which a person has school 0 read.
    """

    name: str
    apart_s: float = 15.0
    reading_s: float = 10.0
    away: Mapping[int, float | None] = field(default_factory=dict)
    again: Sequence[float] = ()
    hours: float = 11.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of a night.

    `longest_wait_h` is from the sealing of a set until SDS was given it or a newer one; `unsent`
    are profiles whose newest set SDS has not got in the morning.
    """

    hand_overs: int
    merges: int
    sends: int
    longest_wait_h: float
    unsent: int
    calls: Mapping[str, int]
    looks_at_runs: int


class Group:
    """So many schools of a few pupils each, and the day on which SDS took them first.

    They share as many connectors, one after the other. `runs` counts the runs of each function,
    `messages` what was put into each queue, `peeks` the looks at messages that failed for good.
    """

    def __init__(self, schools: int, connectors: int = 1) -> None:
        self.keys = ["northbank", *(f"s{number:03}" for number in range(1, schools))]
        small = {key: invent(4, seed=n + 1, quirks=False, key=key) for n, key in _numbered(self)}
        small["northbank"] = invent(40, quirks=False)
        feeds = tuple(_feed(number) for number in range(connectors))
        self._first, self._away = small["northbank"], 0
        self.runs, self.messages, self.peeks = Counter[str](), Counter[str](), 0
        self.scene = make_world(
            small.pop("northbank"),
            others=small,
            base=_settings(self.keys, feeds),
            connectors=feeds,
            knobs=Knobs(operation_polls=0, operation_s=180, run_duration_s=2 * HOUR_S),
            store=CountingStore,
        )
        self._events: list[tuple[float, int, Event]] = []
        self._order = count()
        self._free_s = 0.0  # from when on the next school can be read
        self._reading: float | None = None  # until when one is being read
        self._process = self.scene.process(
            nudges=_Queues(self), isams_transport=lambda wire: _Slow(wire, self)
        )
        self._reading_s = self._apart_s = 0.0
        for key in self.keys:
            assert self.scene.pull(key).outcome is Outcome.SEALED
        for feed in feeds:
            step = self.scene.accept(feed.name)
            if step.outcome is Outcome.HELD:  # the first delivery of a further connector
                approval.approve(self.scene.world, step.delivery)
                step = self.scene.accept(feed.name)
            assert step.outcome is Outcome.ACCEPTED

    # -- events

    def at(self, moment_s: float, event: Event) -> None:
        """Let *event* happen at a moment, in the clock's seconds."""
        heapq.heappush(self._events, (moment_s, next(self._order), event))

    def go_on_until(self, end_s: float) -> None:
        """Let everything happen that is due before *end_s*."""
        clock = self.scene.clock
        while self._events and self._events[0][0] < end_s:
            due_s, _, event = heapq.heappop(self._events)
            clock.passed_s = max(clock.passed_s, due_s)
            event()
        clock.passed_s = max(clock.passed_s, end_s)

    def read_slowly(self) -> None:
        """Let other things happen while a school is read."""
        if self._reading is None:
            self._reading = self.scene.clock.passed_s + self._reading_s
            self.go_on_until(self._reading)

    def take(self, queue: Queue, message: Mapping[str, str]) -> None:
        """Give a message to a function."""
        if queue == "send":
            self.runs[queue] += 1
            send.send(self._process, message["connector"])
            return
        now_s = self.scene.clock.passed_s
        if self._reading is not None or now_s < self._free_s:
            free_s = max(self._free_s, self._reading or 0.0, now_s + 1)
            self.at(free_s, lambda: self.take(queue, message))
            return
        self._free_s = now_s + self._apart_s
        self.runs[queue] += 1
        pull.pull(self._process, message["school"])
        self._reading = None

    def _tick(self) -> None:
        self.runs["tick"] += 1
        tick.tick(self._process)
        self.at(self.scene.clock.passed_s + TICK_S, self._tick)

    # -- a night

    def live(self, night: Night) -> Figures:
        """Live through *night*, from 22:00 until the morning."""
        scene, store = self.scene, self.store
        scene.clock.advance_to(12)
        scene.clock.advance_to(21)  # 22:00 in London
        began_s, before = scene.clock.passed_s, len(scene.sds.submissions)
        self.prepare(night)
        for hour in night.again:
            self.at(began_s + hour * HOUR_S, self._ask_again)
        self.begin_to_tick()
        scene.steps.clear()
        scene.sds.requests.clear()
        store.calls.clear()
        self.go_on_until(began_s + night.hours * HOUR_S)
        calls = Counter(store.calls)
        outcomes = Counter((step.name, step.outcome) for step in scene.steps)
        waits, unsent = self._waits(began_s)
        return Figures(
            hand_overs=len(scene.sds.submissions) - before,
            merges=outcomes["merge", Outcome.SEALED] + outcomes["merge", Outcome.UNCHANGED],
            sends=sum(step.name in {"merge", "send", "plan"} for step in scene.steps),
            longest_wait_h=max(waits, default=0.0),
            unsent=unsent,
            calls=calls,
            looks_at_runs=sum(r.path.endswith("/runs") for r in scene.sds.requests),
        )

    def prepare(self, night: Night) -> None:
        """Have everything ready for *night*, which begins now: each school is one pupil less."""
        self._reading_s, self._apart_s = night.reading_s, night.apart_s
        for number, key in _numbered(self):
            self._prepare(night, number, key)

    def begin_to_tick(self) -> None:
        """Tick now, and from now on."""
        self.at(self.scene.clock.passed_s, self._tick)

    @property
    def store(self) -> CountingStore:
        """The rosters' account."""
        assert isinstance(self.scene.store, CountingStore)
        return self.scene.store

    def _prepare(self, night: Night, number: int, key: str) -> None:
        """Let a pupil of the school leave, and its iSAMS be away if the night says so."""
        app = self.scene.isams_of[key]
        app.school = without_pupils(app.school, [app.school.pupils[-1].school_id])
        app.flush()
        if number not in night.away:
            return
        app.faults = faults.refused(503)
        back_h = night.away[number]
        if back_h is not None:
            back_s = self.scene.clock.passed_s + back_h * HOUR_S
            self.at(back_s, lambda: setattr(app, "faults", faults.Faults()))

    def _ask_again(self) -> None:
        """Have school 0 read once more: another pupil is away."""
        self._away = (self._away + 1) % (len(self._first.pupils) - 1)
        app, away = self.scene.isams, self._first.pupils[self._away]
        app.school = without_pupils(self._first, [away.school_id])
        app.flush()
        schedule.ask(self._process, "northbank", "resync")

    def _waits(self, began_s: float) -> tuple[list[float], int]:
        """Return how many hours each set waited, and of how many profiles the newest waits yet."""
        given = [
            (delivery.made_at["submitted.json"], delivery.sources() or {})
            for delivery in self.scene.look().deliveries
            if "submitted.json" in delivery.made_at
        ]
        waits, unsent, began = [], 0, self.scene.clock.start
        for profile, listed in sets_on(self.scene.world, CONNECTOR).items():
            for sealed in listed:
                at = sealed.made_at[SetManifest.file_name]
                if (at - began).total_seconds() < began_s:
                    continue
                got = [when for when, seen in given if seen.get(profile, "") >= sealed.id]
                waits += [(min(got) - at).total_seconds() / HOUR_S] if got else []
                unsent += not got and sealed is listed[-1]
        return waits, unsent


def _numbered(group: Group) -> Iterator[tuple[int, str]]:
    return iter(enumerate(group.keys))


def _feed(number: int) -> Connector:
    if not number:
        return Connector()
    return Connector(id=f"0b1f8a52-0000-4000-8000-000000000f{number:02x}", name=f"Feed {number}")


def _settings(keys: Sequence[str], feeds: Sequence[Connector]) -> Mapping[str, str]:
    env = {key: text for key, text in ONE_SCHOOL.items() if not key.startswith("PROFILES__")}
    for number, key in enumerate(keys):
        env |= {
            f"SCHOOLS__{key.upper()}__NAME": f"School {number}",
            f"SCHOOLS__{key.upper()}__ID": f"99{number:05}",
            f"SCHOOLS__{key.upper()}__ISAMS_HOST": f"{key}.isams.example",
            f"PROFILES__P{number:03}__SCHOOL": key,
            f"PROFILES__P{number:03}__CONNECTOR": feeds[number % len(feeds)].name,
        }
    return env


class _Queues(Unqueued):
    """The queues of a group: a message is an event."""

    def __init__(self, group: Group) -> None:
        super().__init__()
        self._group = group

    def nudge(self, queue: Queue, message: Mapping[str, str], delay_s: float = 0) -> None:
        self._group.messages[queue] += 1
        due_s = self._group.scene.clock.passed_s + max(delay_s, QUEUE_S)
        self._group.at(due_s, lambda: self._group.take(queue, message))

    def poisoned(self) -> Mapping[Queue, Sequence[str]]:
        self._group.peeks += len(queues_of(self._group.scene.world.settings))
        return super().poisoned()


class _Slow(httpx.BaseTransport):
    """The way to an iSAMS that takes its time over the first question of a reading."""

    def __init__(self, wire: httpx.BaseTransport, group: Group) -> None:
        self._wire = wire
        self._group = group

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._group.read_slowly()
        return self._wire.handle_request(request)
