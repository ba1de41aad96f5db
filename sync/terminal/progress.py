"""The steps of a command that sends: shown as they happen, and summed up at the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from sync.edge.world import World
from sync.errors import StoreError
from sync.report import Exit, Outcome, Step
from sync.steps.standing import schools_now
from sync.steps.status_values import SchoolStatus
from sync.steps.submit import UNTIL
from sync.steps.told.counts import numbers
from sync.steps.told.holds import why_held
from sync.terminal import exits
from sync.terminal.context import Result, doing
from sync.terminal.follower import Follower, Patience, Sent, hold_of
from sync.terminal.holds import what_to_do
from sync.terminal.schools import exit_of_schools, is_told_by_school, school_lines
from sync.terminal.tables import when

_UNDER_WAY = (
    "A hand-over to SDS was begun and has not ended: another run is at it, or one was killed, and"
    " SDS may still be reading"
)
_SETTLES = "Schools of a connector go to SDS together: pulls and further answers are awaited"

type _Standing = dict[str, Mapping[str, SchoolStatus]]  # by connector, and by school


class Progress:
    """Keeps every step, and passes its word on to whoever shows what is being done."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.sent_to: list[str] = []
        self.note: Callable[[str], None] = lambda _: None

    def __call__(self, step: Step) -> None:
        until = step.facts.get(UNTIL)
        is_news = until and until not in {known.facts.get(UNTIL) for known in self.steps}
        self.steps.append(step)
        self.note(f"{step.name} {step.about}: {step.outcome.value}")
        if is_news:
            why = _SETTLES if step.outcome is Outcome.SETTLING else _UNDER_WAY
            self.note(
                f"{step.about}: waits until {when(datetime.fromisoformat(str(until)))}. {why}"
            )

    def follow(self, world: World, connector: str, sent: Sent, patience: Patience) -> Step:
        """Send for *connector* until what is *sent* needs no more of us; return the last step."""
        self.sent_to.append(connector)
        with doing(f"Sending to SDS: {connector}") as shown:
            self.note = shown
            return Follower(world, connector, sent, patience, shown.awaits).follow()

    def sent(self, world: World, connector: str, sent: Sent) -> Result:
        """Send what is *sent* now, and tell what came of it."""
        return self.result(world, [self.follow(world, connector, sent, Patience())])

    def result(
        self, world: World, ended: Sequence[Step], read: Collection[str] | None = None
    ) -> Result:
        """Return what came of it all; *ended* are the last steps, of each school and connector.

        *read* are the schools that were read for it, of a run. Then what waits for a person, of any
        school of these connectors, is told by the exit code.
        """
        standing = self._standing(world)
        codes = [exits.exit_of_step(step) for step in ended]
        if read is not None:
            codes += [exit_of_schools(schools, read) for schools in standing.values()]
        document: dict[str, object] = {
            "steps": [json.loads(step.line()) for step in self.steps],
            "ended": [json.loads(step.line()) for step in ended],
            "schools": {name: _documents(schools) for name, schools in standing.items()},
        }
        shown = [*self._clocks(), *self._told(world, ended, standing)]
        errors = [step.error for step in ended if step.error]
        return Result(exits.worst(codes), document, shown, errors)

    def _told(self, world: World, ended: Sequence[Step], standing: _Standing) -> Iterator[str]:
        """Yield the last steps, then the schools of each connector that has several."""
        for step in self._worth_telling(ended):
            yield from _lines(step)
            if step.outcome is Outcome.HELD and step.delivery:
                yield from _why_held(world, step, by_school=step.about in standing)
        for connector, schools in standing.items():
            yield f"{connector}, school by school:"
            for line in school_lines(world, schools, errors=self._errors()):
                yield f"  {line}"

    def _worth_telling(self, ended: Sequence[Step]) -> list[Step]:
        """Return seals and last steps; of several schools' readings only what went wrong."""
        pulls = [step for step in ended if step.name == "pull"]
        readings = [*self._seals(), *pulls]
        well = [step for step in readings if exits.exit_of_step(step) is Exit.DONE]
        untold = well if len(pulls) > 1 else []
        return [step for step in (*self._seals(), *ended) if step not in untold]

    def _standing(self, world: World) -> _Standing:
        """Return how the schools stand of each connector that was sent to, if it has several.

        Or one that waits and is in no delivery, which then cannot say why.
        """
        found: _Standing = {}
        for connector in self.sent_to:
            with suppress(StoreError):  # what was done is told all the same
                schools = schools_now(world, connector)
                if is_told_by_school(schools):
                    found[connector] = schools
        return found

    def _errors(self) -> dict[str, str]:
        """Return what kept a school out of a merge just now, by the school."""
        return {
            step.about: str(step.error)
            for step in self.steps
            if step.error and step.name == "offer"
        }

    def _clocks(self) -> Iterator[str]:
        for step in self.steps:
            if ahead_h := step.facts.get("ahead_h"):
                yield (
                    f"{step.about}: what is stored is dated {ahead_h} h ahead of this machine's"
                    " clock. See that the clock is right. If it once ran ahead, there is nothing to"
                    " do: names go on from there"
                )

    def _seals(self) -> list[Step]:
        return [step for step in self.steps if step.name == "seal"]


def _documents(schools: Mapping[str, SchoolStatus]) -> dict[str, object]:
    return {school: shown.document() for school, shown in schools.items()}


def _lines(step: Step) -> Iterator[str]:
    sentence = step.outcome.sentence
    if exits.left_out(step):
        sentence = "SDS has accepted the files, but its run did not take them: the next one may"
    yield f"{step.about}: {sentence}"
    counts = {name: value for name, value in step.facts.items() if isinstance(value, int)}
    if counts:
        yield f"  {numbers(counts)}"
    if step.delivery and step.name != "seal":
        yield f"  delivery {step.delivery}"


def _why_held(world: World, step: Step, *, by_school: bool) -> Iterator[str]:
    """Yield why a delivery waits, unless each of its schools says so for itself."""
    hold = hold_of(world, step.about, step.delivery)
    if hold.is_whole or not by_school:
        for line in (*why_held(hold), what_to_do(hold, step.delivery)):
            yield f"  {line}"
