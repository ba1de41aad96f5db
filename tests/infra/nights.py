"""Nights of an invented school, and the log lines that they leave in Application Insights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from simulators.invented.edits import without_pupils
from simulators.isams.faults import Faults, refused
from simulators.school import invent
from simulators.sds import education_of
from sync.edge.storage.queues import Queue, Unqueued
from sync.report import Step
from sync.steps import pull as run
from sync.steps import send, tick
from sync.steps.landed.look import read_back
from sync.web.logs import in_invocation, line
from tests.infra.kql import Row, Table
from tests.worlds import ONE_SCHOOL, TestWorld, make_world

TICK_S = 900.0
SCHOOL = invent(40, quirks=False)
NOISE = (  # what the host writes beside ours, and what only looks like ours
    "Executing 'Functions.tick' (Reason='Timer fired', Id=00000000-0000-4000-8000-000000000000)",
    "Executed 'Functions.tick' (Succeeded, Duration=112ms)",
    '["step"]',
    '{"State": {"sender": "0f1e"}}',
    "4711",
)


type Kept = tuple[Queue, dict[str, str], float]


class Poisoned(Unqueued):
    """Queues in which the host has put messages aside."""

    def __init__(self) -> None:
        super().__init__()
        self.aside: tuple[str, ...] = ()

    def poisoned(self) -> Mapping[Queue, Sequence[str]]:
        return {"pull": self.aside, "send": ()}


@dataclass
class Nights:
    """A running sync: each call of `live` lets time pass, with a tick now and then."""

    one: TestWorld
    queues: Poisoned
    rows: Table = field(default_factory=list)
    delayed: list[tuple[datetime, Kept]] = field(default_factory=list)
    runs: int = 0

    @property
    def now(self) -> datetime:
        return self.one.clock.now()

    def live(self, hours: float, every_s: float = TICK_S) -> None:
        """Tick and work off what is in the queues, until *hours* have passed."""
        until = self.now + timedelta(hours=hours)
        while self.now < until:
            self.tick()
            self._work_off()
            self.one.clock.advance(every_s)

    def tick(self) -> None:
        """Tick once."""
        with self._run():
            tick.tick(self.one.world)

    def idle(self, hours: float) -> None:
        """Let *hours* pass in which the app does not run."""
        self.one.clock.advance(hours * 3600)

    def hear(self, step: Step) -> None:
        """Keep the line of *step* as the host would."""
        self.rows.append(traced(self.now, line(step)))

    def _work_off(self) -> None:
        for _ in range(20):
            waiting = [(self.now + timedelta(seconds=kept[2]), kept) for kept in self.queues.kept]
            self.queues.kept.clear()
            self.delayed = sorted([*self.delayed, *waiting], key=lambda one: one[0])
            if not self.delayed or self.delayed[0][0] > self.now + timedelta(seconds=30):
                return
            queue, message, _ = self.delayed.pop(0)[1]
            self.one.clock.advance(6)
            with self._run():
                if queue == "pull":
                    run.pull(self.one.world, message["school"])
                elif queue == "read-back":
                    read_back(self.one.world, message["connector"])
                else:
                    send.send(self.one.world, message["connector"])

    def _run(self) -> AbstractContextManager[None]:
        self.runs += 1
        self.rows.append(traced(self.now, NOISE[self.runs % len(NOISE)]))
        return in_invocation(f"run-{self.runs}", self.one.clock)


def traced(at: datetime, message: str) -> Row:
    """Return a row of `traces`; a line of ours is in `message`, and nowhere else."""
    return {"timestamp": at, "message": message}


def nights(settings: Mapping[str, str] = ONE_SCHOOL, *, hold_first: bool = False) -> Nights:
    """Begin, at the hour of the first pull."""
    one, queues = make_world(SCHOOL, base=settings, SDS__HOLD_FIRST=str(hold_first)), Poisoned()
    made = Nights(one, queues)
    one.world = replace(one.world, nudges=queues, tell=made.hear)
    return made


# --- Nights, and the alerts that they should raise --------------------------------------------

BROKEN = Faults(body=b"<iSAMS><Pupil></iSAMS>", content_type="text/xml")


def second_night(spoil: Callable[[Nights], None]) -> Nights:
    """Live through a good day, then *spoil* and live half an hour into the next night."""
    run = nights()
    run.live(1)
    run.live(22, every_s=3600)
    spoil(run)
    run.live(1.5, every_s=300)
    return run


def _with(fault: Faults) -> Callable[[Nights], None]:
    def spoil(run: Nights) -> None:
        run.one.isams.faults = fault

    return spoil


def out_of_a_class(run: Nights) -> None:
    """Let somebody take a pupil out of a class in Teams."""
    room = next(room for room in education_of(run.one.sds).all() if len(room.people) > 2)
    del room.people[next(each for each, teaches in room.people.items() if not teaches)]


def lose(run: Nights, pupils: int) -> None:
    """Let *pupils* of those whom the profiles cover leave the school."""
    covered = [pupil.school_id for pupil in SCHOOL.pupils if pupil.year >= 3]
    run.one.isams.school = without_pupils(SCHOOL, covered[:pupils])
    run.one.isams.flush()


def _halved(run: Nights) -> None:
    lose(run, 20)


def _without_roles(run: Nights) -> None:
    lose(run, 1)
    run.one.sds.knobs = replace(run.one.sds.knobs, roles=frozenset())


def _poisoned(run: Nights) -> None:
    run.queues.aside = ('{"school": "northbank"}',)


def _quiet(_: Nights) -> None:
    """Nothing is wrong."""


NIGHTS: Mapping[str, tuple[Callable[[Nights], None], set[str]]] = {
    "unchanged": (_quiet, set()),
    "iSAMS answers rubbish": (_with(BROKEN), {"failed"}),
    "iSAMS refuses the key": (_with(refused(401)), {"refused"}),
    "iSAMS is away for an hour and a half": (_with(refused(503)), set()),
    "half the school has gone": (_halved, {"held"}),
    "the Graph role was taken away": (_without_roles, {"refused"}),
    "a message was put aside": (_poisoned, {"poison"}),
}
