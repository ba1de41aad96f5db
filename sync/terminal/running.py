"""`run`: pull and send once, on the configured store, and stay until SDS has answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click
from rich.console import RenderableType

from sync import asking, delivery, restoring, run
from sync.edge.world import World
from sync.errors import SyncError
from sync.plan import Excess, Hold
from sync.report import Outcome, Step
from sync.terminal import choosing, exits
from sync.terminal.around import Surroundings, Told, doing
from sync.terminal.choosing import Chosen
from sync.terminal.exits import Exit
from sync.terminal.following import Follower, Patience, hold_of, sealed_since
from sync.terminal.tables import numbers
from sync.view import find, look

_MEANING = {
    Outcome.SEALED: "read and sealed",
    Outcome.PARTLY_SEALED: "read; some profiles could not be built",
    Outcome.UNCHANGED: "SDS holds exactly this already: nothing was sent",
    Outcome.ACCEPTED: "SDS has accepted the files; its run will follow",
    Outcome.RUNNING: "SDS has accepted the files; its run has not ended yet",
    Outcome.UNPROVEN: "sent, but nobody could tell us what SDS made of it: see `status`",
    Outcome.DONE: "SDS has accepted the files, and its run has taken them",
    Outcome.TAKEN: "SDS has taken the files",
    Outcome.ENDED: "SDS has accepted the files, and a run has ended: whose, we are not told",
    Outcome.NOT_TAKEN: "SDS has accepted the files, but no run took them in 26 h: see `status`",
    Outcome.REPLACED: "a newer delivery took its place before SDS's run",
    Outcome.HELD: "held: nothing was sent",
    Outcome.REJECTED: "a person has rejected it: nothing was sent",
    Outcome.EXPIRED: "approved, but not sent in time: run again",
    Outcome.WAITING: "nothing was sent: another profile of this connector has no set yet",
    Outcome.STALE: "nothing was sent: a profile's set is older than 48 h; run its school too",
    Outcome.PAUSED: "paused: nothing newer is sent until somebody types `resume`",
    Outcome.LATER: "not now: nothing is lost, run it again later",
    Outcome.BUSY: "another run is at it: run it again later",
    Outcome.LIMITED: "enough was sent to SDS for one day: run it again tomorrow",
    Outcome.CHECKING: "sent, but SDS has not answered yet: run it again later",
    Outcome.FAULTY: "SDS has accepted the files, but its run did not end well: see `status`",
    Outcome.REFUSED: "SDS found faults in the files",
    Outcome.FAILED: "failed: nothing was sent",
    Outcome.NOTHING: "there was nothing to do: another run may be ahead of this one",
}
_ANSWERED = {
    Outcome.REJECTED: "is rejected and will not be sent",
    Outcome.TAKEN: "counts as taken by SDS, on your word",
}
_WOULD = {"removed": "lose", "emptied": "lose all its", "added": "gain"}


class _Heard:
    """Keeps every step, and passes it on to whoever shows progress."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.note: Callable[[str], None] = lambda _: None

    def __call__(self, step: Step) -> None:
        self.steps.append(step)
        self.note(f"{step.name}: {step.outcome.value}")


def run_once(
    around: Surroundings, chosen: tuple[str | None, Sequence[str]], patience: Patience
) -> Told:
    """Pull the schools of the chosen profiles, and send what they sealed; see `Exit`."""
    heard = _Heard()
    settings = around.settings()
    wanted = choosing.choose(settings, *chosen)
    world = around.opened(settings, heard)
    asked_at = world.clock.now()
    ended: list[Step] = []
    for school in wanted.schools:
        with doing(f"Reading iSAMS: {school}") as heard.note:
            run.ask(world, school, "terminal")
            ended.append(run.pull(world, school))
    for connector in _connectors(world, wanted):
        due = sealed_since(world, connector, asked_at)
        if due is None:
            continue  # what kept its profiles from a new set is among the pulls' errors
        with doing(f"Sending to SDS: {connector}") as heard.note:
            ended.append(Follower(world, connector, due, patience).follow())
        if ended[-1].outcome is not Outcome.PAUSED and look(world, connector).pause:
            ended.append(Step("send", Outcome.PAUSED, connector))
    return _told(world, heard.steps, ended)


def answer_hold(around: Surroundings, own: str, patience: Patience, *, approve: bool) -> Told:
    """Approve or reject the held delivery called *own*; an approved one is sent at once."""
    heard = _Heard()
    world = around.opened(around.settings(), heard)
    connector, outcome = asking.answer(world, own, approve=approve)
    if outcome is not Outcome.APPROVED:
        value = {"exit": int(Exit.DONE), outcome.value: own}
        return Told(Exit.DONE, value, [f"{connector}: {own} {_ANSWERED[outcome]}"])
    with doing(f"Sending to SDS: {connector}") as heard.note:
        step = Follower(world, connector, delivery.pulled_at(own), patience).follow()
    return _told(world, heard.steps, [step])


def restored(around: Surroundings, own: str, patience: Patience) -> Told:
    """Send the files of the former delivery called *own* again, now; its connector is paused."""
    heard = _Heard()
    world = around.opened(around.settings(), heard)
    pause = restoring.restore(world, own)
    connector = find(world, own)[0].connector
    with doing(f"Sending to SDS: {connector}") as heard.note:
        step = Follower(world, connector, delivery.pulled_at(pause.delivery), patience).follow()
    told = _told(world, heard.steps, [step])
    paused = f"{connector} is paused: nothing newer is sent until you type `resume`"
    return replace(told, shown=[*told.shown, paused])


def resumed(around: Surroundings, connector: str | None) -> Told:
    """End the pause of *connector*, or of every one; a run or the next tick does the rest."""
    world = around.opened(around.settings(), lambda _: None)
    if connector is not None:
        known = world.settings.connectors()
        connector = next((name for name in known if name.lower() == connector.lower()), connector)
        if connector not in known:
            expected = " or ".join(sorted(known))
            raise click.BadParameter(f"expected {expected}", param_hint="--connector")
    found = restoring.resume(world, connector)
    lines = [f"{name} goes on: the next run sends what iSAMS says" for name in found]
    return Told(
        Exit.DONE, {"exit": int(Exit.DONE), "resumed": found}, lines or ["nothing was paused"]
    )


def why_held(hold: Hold) -> Iterator[str]:
    """Yield why a delivery is held, a line each."""
    if hold.first:
        yield "It is the first delivery: there is nothing to compare it with."
    yield from map(_excess, hold.excesses)


def _excess(one: Excess) -> str:
    of_school = f" of school {one.org}" if one.org else ""
    of_year = f" of grade {one.grade}" if one.grade else ""
    if one.what == "empty":
        return f"{one.table} would be empty."
    if one.what == "unknown":
        return (
            f"{one.rows} of the deliveries that SDS may hold cannot be read: there is nothing to"
            " compare with."
        )
    if one.what == "many":
        return (
            f"SDS may hold any of {one.rows} deliveries, more than {one.allowed}: no run is known"
            " to have taken one. Look at Sync health in School Data Sync."
        )
    if one.table == "profiles":
        gone = f"{numbers({'profiles': one.rows})} of the last delivery"
        return f"{gone} would be missing; none may be."
    rows = "row" if one.rows == 1 else "rows"
    allowed = f"{one.allowed:,} {'is' if one.allowed == 1 else 'are'} allowed"
    would = _WOULD.get(one.what, one.what)
    return f"{one.table} would {would} {one.rows:,} {rows}{of_school}{of_year}; {allowed}."


def what_to_do(world: World, connector: str, hold: Hold, own: str) -> str:
    """Return how a person answers *hold*, of the delivery called *own*."""
    answers = f"`approve {own}` or `reject {own}`, here or over HTTP"
    if hold.first:
        held = f"Look at the held files in {_place(world, connector, own)}: they name people"
        return f"{held}. Then answer with {answers}"
    return f"Look at iSAMS first: --approve does not answer this. Then answer with {answers}"


def _place(world: World, connector: str, own: str) -> str:
    """Return where a delivery's files are: `build` would read iSAMS anew and show others."""
    storage, own_folder = world.settings.storage, f"{delivery.connector_folder(connector)}{own}"
    if storage.folder:
        return str(Path(storage.folder).absolute() / own_folder)
    return f"the container {storage.container}, folder {own_folder}"


def _connectors(world: World, wanted: Chosen) -> list[str]:
    return sorted({world.settings.connector_of(profile) for profile in wanted.profiles})


def _told(world: World, steps: Sequence[Step], ended: Sequence[Step]) -> Told:
    code = exits.worst(_code(step) for step in ended)
    shown: list[RenderableType] = []
    for step in (*_seals(steps), *ended):
        shown += _lines(world, step)
    value: dict[str, object] = {
        "exit": int(code),
        "steps": [json.loads(step.line()) for step in steps],
        "ended": [json.loads(step.line()) for step in ended],
    }
    return Told(code, value, shown, _errors(ended))


def _seals(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if step.name == "seal"]


def _errors(ended: Sequence[Step]) -> tuple[SyncError, ...]:
    return tuple(step.error for step in ended if step.error)


def _code(step: Step) -> Exit:
    if _left_out(step):
        return Exit.TARGET
    if step.outcome is Outcome.RUNNING and step.error:
        return exits.of_error(step.error)
    return exits.of_outcome(step.outcome, step.error)


def _left_out(step: Step) -> bool:
    """Say whether a run of SDS is over and did not take what was sent: the next may yet."""
    return step.outcome is Outcome.RUNNING and "left_out" in step.facts


def _lines(world: World, step: Step) -> Iterator[str]:
    told = _MEANING.get(step.outcome, step.outcome.value)
    if _left_out(step):
        told = "SDS has accepted the files, but its run did not take them: the next one may"
    yield f"{step.about}: {told}"
    counts = {name: value for name, value in step.facts.items() if isinstance(value, int)}
    if counts:
        yield f"  {numbers(counts)}"
    if step.delivery and step.name != "seal":
        yield f"  delivery {step.delivery}"
    if step.outcome is Outcome.HELD:
        hold = hold_of(world, step.about, step.delivery)
        for line in (*why_held(hold), what_to_do(world, step.about, hold, step.delivery)):
            yield f"  {line}"
