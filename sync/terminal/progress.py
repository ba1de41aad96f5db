"""The steps of a command that sends: shown as they happen, and summed up at the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from rich.console import RenderableType

from sync.edge.world import World
from sync.report import Outcome, Step
from sync.steps.submit import UNTIL
from sync.terminal import exits
from sync.terminal.context import Result, doing
from sync.terminal.follower import Follower, Patience, Sent, hold_of
from sync.terminal.holds import what_to_do, why_held
from sync.terminal.tables import numbers, when


class Progress:
    """Keeps every step, and passes its word on to whoever shows what is being done."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.note: Callable[[str], None] = lambda _: None

    def __call__(self, step: Step) -> None:
        until = step.facts.get(UNTIL)
        is_news = until and until not in {known.facts.get(UNTIL) for known in self.steps}
        self.steps.append(step)
        self.note(f"{step.name} {step.about}: {step.outcome.value}")
        if is_news:
            self.note(
                f"{step.about}: waits until {when(datetime.fromisoformat(str(until)))}. A hand-over"
                " to SDS was begun and has not ended: another run is at it, or one was killed, and"
                " SDS may still be reading"
            )

    def follow(self, world: World, connector: str, sent: Sent, patience: Patience) -> Step:
        """Send for *connector* until what is *sent* needs no more of us; return the last step."""
        with doing(f"Sending to SDS: {connector}") as shown:
            self.note = shown
            return Follower(world, connector, sent, patience, shown.awaits).follow()

    def sent(self, world: World, connector: str, delivery_id: str) -> Result:
        """Send the delivery called *delivery_id* now, and tell what came of it."""
        step = self.follow(world, connector, Sent(delivery_id=delivery_id), Patience())
        return self.result(world, [step])

    def result(self, world: World, ended: Sequence[Step]) -> Result:
        """Return what came of it all; *ended* are the last steps, of each school and connector."""
        code = exits.worst(exits.exit_of_step(step) for step in ended)
        shown: list[RenderableType] = [*self._clocks()]
        for step in (*self._seals(), *ended):
            shown += _lines(world, step)
        document: dict[str, object] = {
            "steps": [json.loads(step.line()) for step in self.steps],
            "ended": [json.loads(step.line()) for step in ended],
        }
        return Result(code, document, shown, [step.error for step in ended if step.error])

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


def _lines(world: World, step: Step) -> Iterator[str]:
    sentence = step.outcome.sentence
    if exits.left_out(step):
        sentence = "SDS has accepted the files, but its run did not take them: the next one may"
    yield f"{step.about}: {sentence}"
    counts = {name: value for name, value in step.facts.items() if isinstance(value, int)}
    if counts:
        yield f"  {numbers(counts)}"
    if step.delivery and step.name != "seal":
        yield f"  delivery {step.delivery}"
    if step.outcome is Outcome.HELD:
        hold = hold_of(world, step.about, step.delivery)
        for line in (*why_held(hold), what_to_do(world, step.about, hold, step.delivery)):
            yield f"  {line}"
