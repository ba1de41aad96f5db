"""`status`: how everything stands, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from datetime import tzinfo

from rich.console import RenderableType

from sync.edge.world import World
from sync.ledger import fates
from sync.ledger.fates import Fate
from sync.ledger.ids import pulled_at
from sync.ledger.manifests import SetManifest
from sync.ledger.marks import Fault
from sync.ledger.offers import BECAUSE, Why
from sync.ledger.states import State
from sync.report import Exit
from sync.roster.finding_codes import OF_SETTINGS, TO_KNOW, FindingCode
from sync.settings import Settings
from sync.settings.text import spoken
from sync.steps.status import survey
from sync.steps.status_values import (
    Became,
    ConnectorStatus,
    DeliveryStatus,
    PullStatus,
    SchoolStatus,
    Status,
    seconds,
)
from sync.steps.told.clocks import zone_of
from sync.steps.told.counts import numbers
from sync.steps.told.holds import why_held
from sync.steps.told.states import BECAME, WHO
from sync.terminal import options
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal, doing
from sync.terminal.holds import what_to_do
from sync.terminal.schools import (
    FEW,
    is_told_by_school,
    stands,
    why_it_waits,
)
from sync.terminal.tables import table, when

NEXT: Mapping[State, str] = {  # what follows, and whether anybody has to do anything
    State.UNSEALED: "it is still being written; `isams-sync run` if it stays so",
    State.UNCHANGED: "SDS holds exactly this already; nothing to send, nothing to do",
    State.SEALED: "it is compared with the last delivery next; `isams-sync run` if it stays so",
    State.READY: "it is sent next; `isams-sync run` if it stays so",
    State.EXPIRED: "it was approved, but not sent within 24 h; `isams-sync run` makes another",
    State.REJECTED: "SDS keeps what it has; mend iSAMS or the settings, then `isams-sync run`",
    State.SUPERSEDED: "a newer delivery takes its place; nothing to do",
    State.SWEPT: "it was never sent, and its files are past their time; `isams-sync run`"
    " makes another",
    State.SUBMITTED: "SDS checks the files; nothing to do, `isams-sync run` to see its answer",
    State.UNPROVEN: "SDS has it, and in two hours did not say what it made of it:"
    " `isams-sync check` tells whether the way to its answer is open. If Sync health in School Data"
    " Sync shows these files, type `isams-sync approve` with its id",
    State.ACCEPTED: "SDS's run is awaited, for an hour or more; nothing to do, `isams-sync run`"
    " after that to see what came of it",
    State.FAILED: "it was not sent; mend what is told here, then `isams-sync run`",
}
"""Every state but `held`, which says why, and `done`, which says what became of it."""

_NOT_HELD = {Fate.NOT_TAKEN, Fate.UNSEEN, Fate.REPLACED, Fate.NO_ANSWER}


@command("status")
@options.school
def show_status(terminal: Terminal, school: str | None) -> Result:
    """Show how schools, profiles and deliveries stand, and what to do next.

    What waits for a person comes first. Where there are several schools, each is a line; --school
    shows all of one.
    """
    world = terminal.opened(terminal.settings(), lambda _: None)
    with doing("Looking at what is stored"):
        status = survey(world)
    if school is not None:
        of_connectors = (each.schools for each in status.connectors.values())
        known = set(status.schools).union(*of_connectors)
        status = _only(world, status, options.known_key("--school", school, known))
    return Result(Exit.DONE, status.document(), list(tables_of(world, status)))


def _only(world: World, status: Status, school: str) -> Status:
    """Return what *status* says of *school*, its profiles, and the connectors that have it."""
    pulls = {key: pull for key, pull in status.schools.items() if key == school}
    profiles = {key for each in pulls for key in world.settings.profiles_of(each)}
    return replace(
        status,
        schools=pulls,
        profiles={key: each for key, each in status.profiles.items() if key in profiles},
        turns=_one(status.turns, school),
        unmoved=_one(status.unmoved, school),
        connectors=_connectors_of(status, school, profiles),
    )


def _one[Value](by_school: Mapping[str, Value], school: str) -> dict[str, Value]:
    return {key: value for key, value in by_school.items() if key == school}


def _connectors_of(
    status: Status, school: str, profiles: Set[str]
) -> Mapping[str, ConnectorStatus]:
    return {
        name: replace(each, told=frozenset({school}))
        for name, each in status.connectors.items()
        if school in each.schools or not profiles.isdisjoint(each.profiles)
    }


def tables_of(world: World, status: Status) -> Iterator[RenderableType]:
    """Yield *status* for people: counts and states, nobody's name; then what to do next.

    What waits for a person comes before all else. Of several schools the profiles are left out.
    """
    waits = [line for name in status.connectors for line in _waits(world, status, name)]
    if waits:
        yield "Waits for a person"
        yield from (f"- {line}" for line in waits)
        yield ""
    yield from _school_tables(world, status)
    if len(status.schools) < 2:
        columns = ("profile", "set", "age", "holds", "findings")
        yield table("Profiles", columns, _profiles(world, status))
    columns = ("connector", "delivery", "read", "state", "rows")
    yield table("Deliveries", columns, _deliveries(world, status))
    yield from _restorable(status)
    yield "What to do next"
    lines = [*(["answer what waits, above"] if waits else []), *_next(world.settings, status)]
    yield from (f"- {line}" for line in lines or ["nothing: nobody is waited for"])


def _waits(world: World, status: Status, name: str) -> Iterator[str]:
    """Yield what is held of a connector, why, and how to answer: of several schools each."""
    connector = status.connectors[name]
    by_school = is_told_by_school(connector.schools)
    for newest in connector.deliveries[:1]:
        hold = newest.hold if newest.state is State.HELD else None
        if hold and (hold.is_whole or not by_school):
            what = what_to_do(hold, newest.id)
            yield f"{newest.id} is held. {' '.join(why_held(hold))} {what}"
    if by_school:
        most = None if len(status.schools) < 2 else FEW
        for school, shown in connector.schools_told().items():
            if shown.state == "held":
                told = f"{world.settings.called(school)}: {stands(world.settings, school, shown)}"
                yield " ".join([f"{told}.", *why_it_waits(school, shown, most)])


def _school_tables(world: World, status: Status) -> Iterator[RenderableType]:
    """Yield a table for each connector with several schools, and one of all other schools."""
    together = {
        name: each.schools_told()
        for name, each in status.connectors.items()
        if len(each.schools) > 1
    }
    columns: tuple[str, ...] = ("school", "state", "why", "SDS has it", "last pull")
    for name, schools in together.items():
        rows = [_standing(world, status, school, shown) for school, shown in schools.items()]
        yield table(f"Schools of {name}", columns, rows)
    alone = status.schools.keys() - {key for schools in together.values() for key in schools}
    if alone:
        columns = ("school", "last pull", "state", "attempts")
        yield table("Schools", columns, _schools(world, status, sorted(alone)))


def _standing(world: World, status: Status, school: str, shown: SchoolStatus) -> tuple[object, ...]:
    zone, pull = zone_of(world.settings, [school]), status.schools.get(school)
    because = BECAUSE[Why(shown.why)] if shown.why and shown.state != "delivered" else ""
    since = f"as read {when(shown.since, zone)}" if shown.since else "not yet"
    read = f"{_read_at(pull.id, zone)} {pull.state}" if pull else "never"
    return world.settings.called(school), shown.state, because, since, read


def _schools(world: World, status: Status, schools: Iterable[str]) -> Iterator[tuple[object, ...]]:
    for school in schools:
        name, pull = world.settings.called(school), status.schools[school]
        if pull is None:
            yield name, "never", "", ""
        else:
            read_at = _read_at(pull.id, zone_of(world.settings, [school]))
            yield name, read_at, pull.state, pull.attempts


def _profiles(world: World, status: Status) -> Iterator[tuple[object, ...]]:
    for profile, newest in status.profiles.items():
        if newest is None:
            yield profile, "none yet", "", "", ""
        else:
            counts, findings = newest.manifest.counts, sum(newest.manifest.findings.values())
            read_at = _read_at(newest.id, zone_of(world.settings, [newest.manifest.school]))
            yield profile, read_at, f"{newest.age_h(status.now):g} h", numbers(counts), findings


def _deliveries(world: World, status: Status) -> Iterator[tuple[object, ...]]:
    for name, connector in status.connectors.items():
        if not connector.deliveries:
            yield name, "none yet", "", "", ""
        zone = zone_of(world.settings, connector.schools)
        for delivery in connector.deliveries:
            read_at = _read_at(delivery.id, zone)
            yield name, delivery.id, read_at, _word(delivery), _rows(delivery)


def _word(delivery: DeliveryStatus) -> str:
    """Return what became of a delivery that was handed over; of any other, its state."""
    if delivery.became and not delivery.became.repeats:
        return fates.TABLE[delivery.became.fate].word
    return delivery.state.value


def _rows(delivery: DeliveryStatus) -> str:
    if delivery.state is State.UNCHANGED:
        return "nothing to send"
    return numbers(delivery.manifest.counts if delivery.manifest else {})


def _restorable(status: Status) -> Iterator[str]:
    for name, connector in status.connectors.items():
        former = [past.id for past in connector.restorable[1:]]  # SDS holds the first of them now
        if former:
            yield f"{name}: `isams-sync restore` could send again {', '.join(former)}\n"


def _read_at(stored_id: str, zone: tzinfo) -> str:
    """Return when iSAMS was read for a pull, set or delivery: their ids begin with it."""
    return when(pulled_at(stored_id), zone)


# -- what to do next -----------------------------------------------------------------------------


def _next(settings: Settings, status: Status) -> Iterator[str]:
    """Yield what a person should do, beside answering what waits."""
    yield from _for_schools(settings, status)
    if len(status.schools) > 1:
        yield from _for_all_findings(status)
    else:
        yield from _for_profiles(settings, status)
    yield from _for_connectors(settings, status)


def _for_schools(settings: Settings, status: Status) -> Iterator[str]:
    for school, pull in status.schools.items():
        name = settings.called(school)
        if pull is None:
            yield f"{name} has never been read: `isams-sync run` reads it; so does the app"
        else:
            yield from _for_pull(name, pull)
        if turn := status.turns.get(school):
            yield (
                f"{name}: on {spoken(turn)} the next academic year begins, and all"
                " classes get other Teams: docs/operations.md, Year-end"
            )
        if days := status.unmoved.get(school):
            yield (
                f"{name}: iSAMS has given exactly the same for {days} school days: is it the live"
                " system? docs/troubleshooting.md, State unmoved"
            )


def _for_pull(school: str, pull: PullStatus) -> Iterator[str]:
    if pull.error:
        yield f"{school}: {_sentence(pull.error)}"
    elif pull.sealed:
        yield from (f"{profile}: {_sentence(e)}" for profile, e in pull.sealed.faults.items())


def _for_profiles(settings: Settings, status: Status) -> Iterator[str]:
    schools = dict[str, SetManifest]()
    for profile, newest in status.profiles.items():
        if newest:
            yield from _for_lack(profile, newest.manifest)
            yield from _for_findings(profile, newest.manifest.findings)
            schools.setdefault(newest.manifest.school, newest.manifest)
    for school, manifest in schools.items():
        yield from _for_school(settings.called(school), manifest.findings)


def _for_lack(profile: str, manifest: SetManifest) -> Iterator[str]:
    """Warn of a profile that has no class, or no pupil."""
    if manifest.lacking:
        lacking = " and no ".join(manifest.lacking)
        yield (
            f"{profile} has no {lacking}: look at its YEAR_GROUPS, subjects and CLASSES;"
            " `isams-sync subjects` lists what iSAMS has"
        )


def _for_all_findings(status: Status) -> Iterator[str]:
    """Tell in a line how much there is to mend at all schools; --school tells it of one."""
    sets = [newest.manifest for newest in status.profiles.values() if newest]
    for manifest in sets:
        yield from _for_lack(manifest.profile, manifest)
    schools = {manifest.school for manifest in sets if sum(manifest.findings.values())}
    if schools:
        total = sum(sum(manifest.findings.values()) for manifest in sets)
        where = "school" if len(schools) == 1 else "schools"
        yield (
            f"{total} findings at {len(schools)} {where}: `isams-sync status --school` with its key"
            " tells of one"
        )


def _for_findings(profile: str, findings: Mapping[str, int]) -> Iterator[str]:
    said = "`isams-sync findings` or /api/findings says which"
    of_settings = sum(count for code, count in findings.items() if code in OF_SETTINGS)
    to_know = sum(count for code, count in findings.items() if code in TO_KNOW)
    if records := sum(findings.values()) - of_settings - to_know:
        yield f"{profile}: {records} {_record(records)} to mend in iSAMS; {said}"
    if of_settings:
        yield f"{profile}: {of_settings} to mend in its settings; {said}"


def _for_school(school: str, findings: Mapping[str, int]) -> Iterator[str]:
    """Tell of the pupils whom nobody sends: that may be meant."""
    if years := findings.get(FindingCode.YEAR_OF_NO_PROFILE):
        which = "NC year" if years == 1 else "NC years"
        told = "are in no profile; `isams-sync findings` says which"
        yield f"{school}: the pupils of {years} {which} {told}"


def _record(count: int) -> str:
    return "record" if count == 1 else "records"


def _for_connectors(settings: Settings, status: Status) -> Iterator[str]:
    for name, connector in status.connectors.items():
        yield from _for_rejected(settings, connector)
        if connector.waiting_for:
            profiles = ", ".join(connector.waiting_for)
            yield f"{name} has no set of {profiles} yet: it goes without, and nobody is kept back"
        yield from _for_pause(name, connector)
        for newest in connector.deliveries[:1]:
            yield from _for_delivery(newest)
        for older in connector.deliveries[1:]:
            if older.state is State.UNPROVEN:
                yield f"{older.id} is {older.state.value}: {NEXT[older.state]}"


def _for_rejected(settings: Settings, connector: ConnectorStatus) -> Iterator[str]:
    """Tell of a school alone that its last reading was rejected; several are told in a table."""
    for school, shown in connector.schools.items() if len(connector.schools) == 1 else ():
        if shown.state == "rejected":
            said = stands(settings, school, shown)
            yield f"{settings.called(school)}: {said}. Mend it in iSAMS: then ask for a pull"


def _for_pause(name: str, connector: ConnectorStatus) -> Iterator[str]:
    pause = connector.paused
    if pause:
        since = seconds(pause.at)
        former = f"{pause.school} of {pause.restores}" if pause.school else pause.restores
        yield (
            f"{name} is paused since {since}: {former} was to be sent again. Nothing newer goes"
            " until `isams-sync resume`, or POST /api/resume"
        )


def _for_delivery(delivery: DeliveryStatus) -> Iterator[str]:
    yield from _how_it_stands(delivery)
    if delivery.error:
        yield f"{delivery.id}: {_sentence(delivery.error)}"
    if delivery.receipt and delivery.receipt.faults:
        faults = ", ".join(" ".join(fault.values()) for fault in delivery.receipt.faults)
        incomplete = delivery.receipt.outcome == "incomplete"
        what = "did not find all files" if incomplete else "refused the files"
        yield f"{delivery.id}: SDS {what}: {faults}"


def _how_it_stands(delivery: DeliveryStatus) -> Iterator[str]:
    became = delivery.became
    if became and became.repeats and became.fate in _NOT_HELD:
        yield f"{delivery.id} repeats {became.repeats}, which is {_meaning(became)}"
    elif delivery.state in NEXT:
        yield f"{delivery.id} is {delivery.state.value}: {NEXT[delivery.state]}"
    elif became and became.fate in BECAME:
        yield f"{delivery.id} is {_meaning(became)}"


def _meaning(became: Became) -> str:
    row = fates.TABLE[became.fate]
    return f"{row.word}: {BECAME[became.fate]} (who must act: {row.who})"


def _sentence(fault: Fault) -> str:
    return f"{fault.message} (who must act: {WHO[fault.who]})"
