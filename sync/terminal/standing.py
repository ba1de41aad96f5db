"""`status`: how everything stands, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict
from rich.console import RenderableType

from sync import asking
from sync.calendar import moment
from sync.edge.world import World
from sync.plan import Excess, Hold
from sync.report import Fault
from sync.state import State
from sync.terminal.around import Surroundings, Told, doing
from sync.terminal.exits import Exit
from sync.terminal.running import what_to_do, why_held
from sync.terminal.tables import WHO, numbers, table, when

_NEXT: Mapping[State, str] = {  # what follows, and whether anybody has to do anything
    State.UNSEALED: "it is still being written; run again if it stays so",
    State.UNCHANGED: "SDS holds exactly this already; nothing to send, nothing to do",
    State.SEALED: "it is compared with the last one next; run again if it stays so",
    State.READY: "it is sent next; run again if it stays so",
    State.EXPIRED: "it was approved, but not sent within 24 h; run again",
    State.REJECTED: "SDS keeps what it has; mend iSAMS or the settings, then run again",
    State.SUPERSEDED: "a newer one takes its place; nothing to do",
    State.SWEPT: "it was never sent, and its files are past their time; run again",
    State.SUBMITTED: "SDS checks the files; nothing to do, run again to see its answer",
    State.UNPROVEN: "SDS has it, and in two hours did not say what it made of it: `check` tells"
    " whether the way to its answer is open. If Sync health in School Data Sync shows these files,"
    " type `approve` with its id",
    State.ACCEPTED: "SDS's own run is awaited, for an hour or more; nothing to do",
    State.FAILED: "it was not sent; mend what is told here, then run again",
}


_ENDED: Mapping[str, str] = {  # by what became of it, once there is a receipt
    "done": "SDS holds it, and its run has taken it; nothing to do",
    "taken": "SDS holds it; nothing to do",
    "faulty": "SDS holds it, but left records out: Sync health in School Data Sync names them",
    "ended": "a run of SDS has ended, and whose files it took is not told: grant this app"
    " IndustryData-InboundFlow.Read.All, unless it has it",
    "not-taken": "no run of SDS took it in 26 hours: look at Sync health in School Data Sync. The"
    " same files go on three nights in all",
    "replaced": "a newer one took its place before SDS's run; nothing to do",
    "refused": "SDS took nothing of it and keeps what it had",
    "incomplete": "SDS did not see all files: look at Sync health in School Data Sync before its"
    " next run",
    "no-answer": "SDS's answer never reached us: is port 8698 open for this app? The same files go"
    " on three nights in all",
    "gave-up": "it was sent three times, and the answer was lost each time: look at Sync health in"
    " School Data Sync",
}


_NOT_HELD = {"not-taken", "replaced", "no-answer"}  # of what an unchanged delivery repeats


class _Value(BaseModel):
    """What `asking.status` gives, as far as the tables show it."""

    model_config = ConfigDict(frozen=True)


class _Pull(_Value):
    id: str
    state: str
    attempts: int
    error: Fault | None = None
    faults: Mapping[str, Fault] = {}


class _School(_Value):
    pull: _Pull | None


class _Set(_Value):
    id: str
    age_h: float
    counts: Mapping[str, int]
    findings: Mapping[str, int]


class _Profile(_Value):
    set: _Set | None


class _Held(_Value):
    first: bool
    excesses: tuple[Excess, ...]


class _Received(_Value):
    outcome: str
    faults: tuple[Mapping[str, str], ...]
    counts: Mapping[str, int]


class _Became(_Value):
    word: str
    who: str
    repeats: str = ""


class _Delivery(_Value):
    id: str
    state: State
    became: _Became | None = None
    counts: Mapping[str, int] = {}
    hold: _Held | None = None
    error: Fault | None = None
    receipt: _Received | None = None


class _Paused(_Value):
    since: str
    restores: str
    delivery: str


class _Former(_Value):
    id: str


class _Connector(_Value):
    profiles: tuple[str, ...]
    waiting_for: tuple[str, ...]
    paused: _Paused | None = None
    deliveries: tuple[_Delivery, ...]
    restorable: tuple[_Former, ...] = ()


class _Standing(_Value):
    version: str
    now: str
    schools: Mapping[str, _School]
    profiles: Mapping[str, _Profile]
    connectors: Mapping[str, _Connector]


def status(around: Surroundings) -> Told:
    """Tell how schools, profiles and deliveries stand: counts and states, nobody's name."""
    settings = around.settings()
    world = around.opened(settings, lambda _: None)
    with doing("Looking at what is stored"):
        value = asking.status(world)
    standing = _Standing.model_validate(value)
    columns = ("connector", "delivery", "read", "state", "rows")
    shown: list[RenderableType] = [
        table("Schools", ("school", "last pull", "state", "attempts"), _schools(standing)),
        table("Profiles", ("profile", "set", "age", "holds", "findings"), _profiles(standing)),
        table("Deliveries", columns, _deliveries(standing)),
        *_restorable(standing),
        "What to do next",
        *(f"- {line}" for line in _next(world, standing)),
    ]
    return Told(Exit.DONE, value, shown)


def _schools(standing: _Standing) -> Iterator[tuple[object, ...]]:
    for key, one in standing.schools.items():
        pull = one.pull
        yield (key, _read(pull.id), pull.state, pull.attempts) if pull else (key, "never", "", "")


def _profiles(standing: _Standing) -> Iterator[tuple[object, ...]]:
    for key, one in standing.profiles.items():
        if one.set is None:
            yield key, "none yet", "", "", ""
        else:
            found = sum(one.set.findings.values())
            yield key, _read(one.set.id), f"{one.set.age_h:g} h", numbers(one.set.counts), found


def _deliveries(standing: _Standing) -> Iterator[tuple[object, ...]]:
    for name, connector in standing.connectors.items():
        if not connector.deliveries:
            yield name, "none yet", "", "", ""
        for one in connector.deliveries:
            same = one.state is State.UNCHANGED
            rows = "nothing to send" if same else numbers(one.counts)
            word = one.became.word if one.became and not same else one.state.value
            yield name, one.id, _read(one.id), word, rows


def _restorable(standing: _Standing) -> Iterator[str]:
    for name, connector in standing.connectors.items():
        former = [one.id for one in connector.restorable[1:]]  # SDS holds the first of them now
        if former:
            yield f"{name}: `restore` could send again {', '.join(former)}\n"


def _read(own: str) -> str:
    """Return when iSAMS was read for a pull, set or delivery: their ids begin with it."""
    return when(moment(own.partition("-")[0]))


def _next(world: World, standing: _Standing) -> Iterator[str]:
    """Yield what a person should do, or that there is nothing."""
    lines = [*_for_schools(standing), *_for_deliveries(world, standing)]
    yield from lines or ["nothing: no one is waited for"]


def _for_schools(standing: _Standing) -> Iterator[str]:
    for key, school in standing.schools.items():
        if school.pull is None:
            yield f"{key} has never been read: `run` reads it, as does the app at its hour"
        elif school.pull.error:
            yield f"{key}: {_fault(school.pull.error)}"
        else:
            yield from (f"{own}: {_fault(one)}" for own, one in school.pull.faults.items())
    for key, profile in standing.profiles.items():
        if profile.set and profile.set.findings:
            found = sum(profile.set.findings.values())
            records = "record" if found == 1 else "records"
            yield f"{key}: {found} {records} to mend in iSAMS; `build` or /api/findings says which"


def _for_deliveries(world: World, standing: _Standing) -> Iterator[str]:
    for name, connector in standing.connectors.items():
        if connector.waiting_for:
            yield f"{name} waits for a set of {', '.join(connector.waiting_for)}"
        if connector.paused:
            since, former = connector.paused.since, connector.paused.restores
            told = f"{name} is paused since {since}: {former} was to be sent again"
            yield f"{told}. Nothing newer goes until `resume`, here or over HTTP"
        if connector.deliveries:
            yield from _for_newest(world, name, connector.deliveries[0])
        for one in connector.deliveries[1:]:
            if one.state is State.UNPROVEN:
                yield f"{one.id} is {one.state.value}: {_NEXT[one.state]}"


def _for_newest(world: World, connector: str, one: _Delivery) -> Iterator[str]:
    if one.state is State.HELD and one.hold:
        hold = Hold(digest="", first=one.hold.first, excesses=one.hold.excesses)
        what = what_to_do(world, connector, hold, one.id)
        yield f"{one.id} is held. {' '.join(why_held(hold))} {what}"
    elif one.became and one.became.repeats and one.became.word in _NOT_HELD:
        yield f"{one.id} repeats {one.became.repeats}, which is {_became(one.became)}"
    elif told := _NEXT.get(one.state):
        yield f"{one.id} is {one.state.value}: {told}"
    elif one.became and one.became.word in _ENDED:
        yield f"{one.id} is {_became(one.became)}"
    if one.error:
        yield f"{one.id}: {_fault(one.error)}"
    if one.receipt and one.receipt.faults:
        found = ", ".join(" ".join(fault.values()) for fault in one.receipt.faults)
        what = "did not find all files" if one.receipt.outcome == "incomplete" else "refused them"
        yield f"{one.id}: SDS {what}: {found}"


def _became(one: _Became) -> str:
    return f"{one.word}: {_ENDED[one.word]} (who must act: {one.who})"


def _fault(one: Fault) -> str:
    return f"{one.message} (who must act: {WHO[one.who]})"
