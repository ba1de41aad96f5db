"""Home: how a school stands this morning, in one panel, and below it why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

from sync.ledger import fates, ids
from sync.ledger.fates import Fate
from sync.ledger.marks import Excess, Fault, Hold
from sync.ledger.offers import ANSWERABLE, BECAUSE, Why
from sync.ledger.states import State
from sync.roster.finding_codes import FindingCode
from sync.roster.findings import harm
from sync.sds.guard import limit_words
from sync.sds.guard.doubts import EXCHANGED, NOBODY_LEFT, TAKEN_OVER
from sync.settings import Settings
from sync.steps.status_values import (
    ConnectorStatus,
    DeliveryStatus,
    NightStood,
    PullStatus,
    SchoolStatus,
    SetStatus,
    Status,
)
from sync.steps.strikes import next_strike
from sync.steps.told.counts import numbers
from sync.steps.told.holds import sentences
from sync.steps.told.states import BECAME, WHO
from sync.web.page import tags
from sync.web.page.tags import Kind, Tag
from sync.web.page.words import sentence

SQUARES = 14  # nights


class Way(NamedTuple):
    """The one way on: a link, and its words."""

    address: str
    words: str


class Panel(NamedTuple):
    """How it stands: a word, a sentence with numbers about people, what follows, one way on."""

    tag: Tag
    headline: str
    told: str
    way: Way | None = None


class WayStep(NamedTuple):
    """A step of the night, of five."""

    state: Kind
    name: str
    told: str
    at: datetime | None = None
    took: str = ""


class Square(NamedTuple):
    """What became of a night; `address` is that of its run."""

    on: date
    state: Kind
    told: str
    address: str


class Holds(NamedTuple):
    """How many of a kind the newest sets hold, by profile, and what SDS has of them.

    `nights` are sums over the profiles, the oldest first; `week` is the change within seven days.
    """

    kind: str
    profiles: Sequence[int]
    sds: int | None
    week: int | None
    nights: Sequence[int]


class Soon(NamedTuple):
    """What comes up by itself."""

    at: datetime | date
    told: str


class FindingRow(NamedTuple):
    """How many findings of a kind there are."""

    told: str
    how_many: int


class Home(NamedTuple):
    """A school's home. `days` are those of `holds`; `notices` are what else somebody should see."""

    school: str
    name: str
    panel: Panel
    notices: Sequence[Panel]
    way: Sequence[WayStep]
    squares: Sequence[Square]
    profiles: Sequence[str]
    holds: Sequence[Holds]
    days: Sequence[date]
    read_at: datetime | None
    sds_of: datetime | None
    findings: Sequence[FindingRow]
    findings_total: int
    next_at: datetime
    pull_at: Sequence[str]
    soon: Sequence[Soon]


def home(settings: Settings, status: Status, school: str) -> Home:
    """Return the home of *school*, a key of the settings."""
    connector, name = _connector_of(status, school)
    shown = connector.schools.get(school) if connector else None
    pull, sets = status.schools.get(school), _sets(settings, status, school)
    nights = status.stood.get(name, {}).get(school, ())
    zone = settings.schools[school].time_zone
    days, holds = _holds(settings, status, school, connector, zone)
    counted = Counter[str]()
    for each in sets.values():
        counted.update(each.manifest.findings if each else {})
    next_at = next_strike(settings.schools[school].pull_at, zone, status.now)
    return Home(
        school=school,
        name=settings.called(school),
        panel=_panel(settings, school, pull, shown),
        notices=list(_notices(status, school, connector, sets)),
        way=list(_way(pull, sets, shown, connector)),
        squares=squares(school, nights),
        profiles=list(sets),
        holds=holds,
        days=days,
        read_at=min((each.manifest.pulled_at for each in sets.values() if each), default=None),
        sds_of=shown.since if shown else None,
        findings=list(_findings(counted)),
        findings_total=sum(counted.values()),
        next_at=next_at,
        pull_at=[f"{at:%H:%M}" for at in settings.schools[school].pull_at],
        soon=list(_soon(status, school, shown, next_at)),
    )


def _connector_of(status: Status, school: str) -> tuple[ConnectorStatus | None, str]:
    """Return the connector of *school*; that where somebody must act, if it has several."""
    found = [(each, name) for name, each in status.connectors.items() if school in each.schools]
    urgent = [pair for pair in found if pair[0].schools[school].state in {"held", "failed"}]
    return next(iter([*urgent, *found]), (None, ""))


def _sets(settings: Settings, status: Status, school: str) -> Mapping[str, SetStatus | None]:
    return {profile: status.profiles.get(profile) for profile in settings.profiles_of(school)}


# -- the panel -------------------------------------------------------------------------------------


def _panel(
    settings: Settings, school: str, pull: PullStatus | None, shown: SchoolStatus | None
) -> Panel:
    name = settings.called(school)
    if shown and shown.state == "held":
        return _held(shown)
    if pull and pull.state == "failed" and pull.error:
        return _failed_reading(pull.error)
    if pull and pull.sealed and pull.sealed.faults:
        profile, fault = next(iter(pull.sealed.faults.items()))
        told = f"{_said(fault)} SDS keeps what it has of {profile}."
        return Panel(_failed(fault), f"{profile} could not be built", told)
    if shown is None or pull is None:
        told = "It is read at its hour; or read it now, below. Nothing is sent before you approve."
        return Panel(Tag("none", "Waiting"), f"{name} has never been read", told)
    return _PANELS[shown.state](shown)


def _failed(fault: Fault) -> Tag:
    return Tag("failed", "Failed", WHO.get(fault.who, fault.who))


def _failed_reading(fault: Fault) -> Panel:
    told = f"{_said(fault)} SDS keeps what it has."
    return Panel(_failed(fault), "iSAMS did not give us the school", told)


def _said(fault: Fault) -> str:
    return f"{sentence(fault.message)} {where_to_read(fault.error)}"


def where_to_read(code: str) -> str:
    """Return where the handbook tells what an error or a state means."""
    return f"docs/troubleshooting.md has more, under {code}."


def _held(shown: SchoolStatus) -> Panel:
    can = shown.why in ANSWERABLE or shown.why == Why.WHOLE
    said = "SDS keeps what it has until you answer."
    if not can:
        told = f"It is held because {BECAUSE[Why(shown.why)]}. {said}"
        return Panel(tags.of_school(shown), "Held, and an answer alone does not help", told)
    way = Way(f"/page/held/{shown.offer}", "See whom it is about, and answer")
    return Panel(tags.of_school(shown), held_headline(shown.why, shown.hold), said, way)


def held_headline(why: str, hold: Hold | None) -> str:
    """Return in one sentence what is held: what could harm people most comes first."""
    if why == Why.LEFT:
        return "All classes of this school would end: the settings do not name it any more"
    if hold is None or hold.first or why == Why.FIRST:
        return "The first delivery of this school waits: there is nothing to compare it with"
    said = [text for each in _worst_first(hold) if (text := limit_words.what_would(each))]
    if not said:
        return next(sentences(hold), "It waits for a person").rstrip(".")
    return ", and ".join(said[:2])


_HARMS = (EXCHANGED, TAKEN_OVER, "crossed", "passed", NOBODY_LEFT, "other-teachers")


def _worst_first(hold: Hold) -> list[Excess]:
    """Return what is held, the worst first; classes that exchange pupils are not told twice."""
    order = {what: at for at, what in enumerate(_HARMS)}
    crossed = 2 * sum(each.rows for each in hold.excesses if each.what == EXCHANGED)
    told = [each for each in hold.excesses if (each.what, each.rows) != (TAKEN_OVER, crossed)]
    return sorted(told, key=lambda each: order.get(each.what, len(order)))


def _delivered(shown: SchoolStatus) -> Panel:
    return Panel(tags.of_school(shown), "SDS has what iSAMS has", "Nobody has to do anything.")


def _next(shown: SchoolStatus) -> Panel:
    told = "It is compared with what SDS has, and goes by itself if no limit is met."
    return Panel(tags.of_school(shown), "What was read is on its way", told)


def _rejected(shown: SchoolStatus) -> Panel:
    by = f"{shown.answer.word} " if shown.answer else ""
    told = f"It was {by or 'rejected '}and nothing of it went. Mend it in iSAMS or in the settings."
    return Panel(
        tags.of_school(shown),
        "A person said no to what was read, so SDS keeps what it has",
        f"{told} Then read iSAMS again.",
    )


def _because(shown: SchoolStatus) -> Panel:
    because = BECAUSE[Why(shown.why)] if shown.why else "it waits"
    return Panel(tags.of_school(shown), "SDS keeps what it has of this school", f"{because}.")


_PANELS = {
    "delivered": _delivered,
    "next": _next,
    "rejected": _rejected,
    "failed": _because,
    "carried": _because,
    "waiting": _because,
}


# -- what else somebody should see -----------------------------------------------------------------


def _notices(
    status: Status,
    school: str,
    connector: ConnectorStatus | None,
    sets: Mapping[str, SetStatus | None],
) -> Iterator[Panel]:
    if connector and connector.paused:
        told = (
            "A former delivery was sent again. Until the pause is ended at a terminal, with"
            " `isams-sync resume`, nothing newer goes."
        )
        yield Panel(Tag("held", "Paused", WHO["operator"]), "Nothing newer is sent", told)
    for delivery in connector.deliveries if connector else ():
        if delivery.state is State.UNPROVEN:
            way = Way(f"/page/run/{delivery.id}", "What SDS was asked")
            yield Panel(
                tags.OF_DELIVERY[State.UNPROVEN],
                "SDS has the files, and in two hours did not say what it made of them",
                "Look at Sync health in School Data Sync. If it shows them, approve the delivery.",
                way,
            )
    for profile, each in sets.items():
        if each and each.manifest.lacking:
            told = f"{profile} has no {' and no '.join(each.manifest.lacking)}"
            yield Panel(
                Tag("warn", "Warning", WHO["operator"]),
                told,
                "Look at its YEAR_GROUPS, subjects and CLASSES.",
                Way("/page/what-if", "Try other settings"),
            )
    if days := status.unmoved.get(school):
        yield Panel(
            Tag("warn", "Warning", WHO["school"]),
            f"iSAMS has given exactly the same for {days} school days",
            f"Is it the live system? {where_to_read('unmoved')}",
        )
    if failed := sum(map(len, status.failed_messages.values())):
        yield Panel(
            Tag("warn", "Warning", WHO["operator"]),
            f"{numbers({'messages': failed})} could not be worked on",
            f"The next tick asks again for what they were about. {where_to_read('poisoned')}",
        )


# -- the way of the night --------------------------------------------------------------------------


def _way(
    pull: PullStatus | None,
    sets: Mapping[str, SetStatus | None],
    shown: SchoolStatus | None,
    connector: ConnectorStatus | None,
) -> Iterator[WayStep]:
    yield _reading(pull, sets)
    yield _building(pull, sets)
    yield _comparing(shown)
    newest = next(iter(connector.deliveries), None) if connector else None
    goes = shown is not None and shown.state in {"delivered", "next"}
    yield from _sending(newest if goes else None, shown)


_SOURCES = ("Pupil", "StaffMember", "Set")


def _reading(pull: PullStatus | None, sets: Mapping[str, SetStatus | None]) -> WayStep:
    name = "Read iSAMS"
    if pull is None:
        return WayStep("none", name, "Never yet")
    at = ids.moment_of_stamp(pull.id)
    if pull.state == "failed":
        return WayStep("failed", name, "It did not give us the school", at)
    if pull.state != "sealed":
        told = "It is being read" if pull.state == "running" else "It will be tried again"
        return WayStep("waiting", name, told, at)
    source = next((each.manifest.source for each in sets.values() if each), {})
    counts = {key: source[key] for key in _SOURCES if key in source}
    took = duration(pull.sealed.at - at) if pull.sealed else ""
    return WayStep("well", name, f"{numbers(counts)}: whole", at, took)


def _building(pull: PullStatus | None, sets: Mapping[str, SetStatus | None]) -> WayStep:
    name = "Build the files"
    if pull is None or pull.state != "sealed":
        return WayStep("none", name, "After a whole reading")
    if pull.sealed and pull.sealed.faults:
        failed = ", ".join(pull.sealed.faults)
        return WayStep("failed", name, f"{failed} could not be built", pull.sealed.at)
    built = [profile for profile, each in sets.items() if each]
    left = sum(sum(each.manifest.findings.values()) for each in sets.values() if each)
    told = f"{' and '.join(built)}; {numbers({'findings': left}) if left else 'no findings'}"
    return WayStep("well", name, told, pull.sealed.at if pull.sealed else None)


def _comparing(shown: SchoolStatus | None) -> WayStep:
    name = "Compare"
    if shown is None or shown.state == "waiting":
        return WayStep("none", name, "After the files")
    if shown.state == "held":
        met = len(shown.hold.excesses) if shown.hold else 0
        told = f"{met} {'limit is' if met == 1 else 'limits are'} met" if met else "Waits for you"
        return WayStep("held", name, told)
    if shown.state == "rejected":
        return WayStep("held", name, "A person said no")
    if shown.state == "delivered":
        return WayStep("well", name, "SDS may have it")
    if shown.state == "next":
        return WayStep("waiting", name, "It is compared next")
    return WayStep(
        "waiting", name, BECAUSE[Why(shown.why)].capitalize() if shown.why else "It waits"
    )


def _sending(delivery: DeliveryStatus | None, shown: SchoolStatus | None) -> Iterator[WayStep]:
    send, run = "Send to SDS", "SDS\N{RIGHT SINGLE QUOTATION MARK}s own run"
    if delivery is None or delivery.state not in _SENT:
        after = "After your answer" if shown and shown.state == "held" else "After it is compared"
        if delivery and delivery.state is State.UNCHANGED:
            yield WayStep("same", send, "Unchanged: nothing to send")
            yield WayStep("same", run, "Not needed")
            return
        if delivery and delivery.state is State.FAILED:
            yield WayStep("failed", send, delivery.error.message if delivery.error else "Failed")
        else:
            yield WayStep("none", send, after)
        yield WayStep("none", run, "About an hour later")
        return
    if delivery.state is State.SUBMITTED:
        yield WayStep("waiting", send, "SDS checks the files")
        yield WayStep("none", run, "About an hour later")
        return
    became = delivery.became
    fate = became.fate if became else Fate.LOST
    row = fates.TABLE[fate]
    tag = tags.of_fate(fate, row.word, row.who)
    if fate in _NOT_SENT:
        yield WayStep(tag.state, send, f"{tag.word}: {BECAME.get(fate, '')}")
        yield WayStep("none", run, "After SDS has the files")
        return
    yield WayStep("well", send, "SDS took the files")
    told = "It is awaited" if fate is Fate.ACCEPTED else f"{tag.word}: {BECAME.get(fate, '')}"
    at = delivery.receipt.at if delivery.receipt else None
    yield WayStep(tag.state, run, told, at)


_SENT = {State.SUBMITTED, State.UNPROVEN, State.ACCEPTED, State.DONE}
_NOT_SENT = {Fate.REFUSED, Fate.INCOMPLETE, Fate.NO_ANSWER, Fate.GAVE_UP, Fate.LOST, Fate.UNPROVEN}


def duration(took: timedelta) -> str:
    """Return how long something took: `2 min 41 s`."""
    return duration_s(took.total_seconds())


def duration_s(took_s: float) -> str:
    """Return it of so many seconds."""
    seconds = max(round(took_s), 0)
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


# -- nights and numbers ----------------------------------------------------------------------------


def squares(school: str, nights: Sequence[NightStood]) -> list[Square]:
    """Return the last nights of *school* as squares, the oldest first."""
    return [_square(school, night) for night in nights[-SQUARES:]]


def _square(school: str, night: NightStood) -> Square:
    tag = tags.OF_NIGHT[night.word]
    because = f": {BECAUSE[Why(night.why)]}" if night.why and night.word == "carried" else ""
    run = night.delivery or f"{night.pull}?school={school}"
    return Square(night.on, tag.state, f"{tag.word}{because}", f"/page/run/{run}")


_KINDS: Mapping[str, str] = {
    "students": "Pupils",
    "teachers": "Teachers",
    "classes": "Classes",
    "enrollments": "Enrolments",
}


def _holds(
    settings: Settings,
    status: Status,
    school: str,
    connector: ConnectorStatus | None,
    zone: tzinfo,
) -> tuple[Sequence[date], Sequence[Holds]]:
    profiles = settings.profiles_of(school)
    sets = {profile: status.profiles.get(profile) for profile in profiles}
    if not any(sets.values()):
        return [], []
    by_day = _by_day(status, profiles, zone)
    days = sorted(by_day)
    alone = connector is not None and len(connector.schools) == 1
    taken = _sds_has(status, connector) if connector and alone else None
    rows = []
    for key, kind in _KINDS.items():
        now = [each.manifest.counts.get(key, 0) if each else 0 for each in sets.values()]
        nights = [by_day[day][key] for day in days] or [sum(now)]
        week = _week(days, nights)
        rows.append(Holds(kind, now, taken.get(key) if taken else None, week, nights))
    return days, rows


def _by_day(
    status: Status, profiles: Sequence[str], zone: tzinfo
) -> Mapping[date, Mapping[str, int]]:
    """Return the sums over *profiles* of each day on which any was read; others stay."""
    read = dict[date, dict[str, Mapping[str, int]]]()
    for profile in profiles:
        for night in status.nights.get(profile, ()):
            read.setdefault(night.pulled_at.astimezone(zone).date(), {})[profile] = night.counts
        if newest := status.profiles.get(profile):
            manifest = newest.manifest
            day = manifest.pulled_at.astimezone(zone).date()
            read.setdefault(day, {})[profile] = manifest.counts
    last, sums = dict[str, Mapping[str, int]](), dict[date, Mapping[str, int]]()
    for day in sorted(read):
        last |= read[day]
        sums[day] = {key: sum(each.get(key, 0) for each in last.values()) for key in _KINDS}
    return sums


def _week(days: Sequence[date], nights: Sequence[int]) -> int | None:
    """Return the change within seven days; None where nothing was read before."""
    if not days:
        return None
    since = days[-1] - timedelta(days=7)
    before = [value for day, value in zip(days, nights, strict=True) if day <= since]
    first = before[-1] if before else nights[0]
    return nights[-1] - first if len(days) > 1 else None


def _sds_has(status: Status, connector: ConnectorStatus) -> Mapping[str, int] | None:
    """Return what the newest delivery that SDS may hold has; None if none of the newest is.

    Its own counts are of rows; how many pupils and teachers there are, its sets say.
    """
    for delivery in connector.deliveries:
        if delivery.became and delivery.became.may_hold and delivery.manifest:
            sources = delivery.manifest.sources
            known = {
                night.id: night.counts for key in sources for night in status.nights.get(key, ())
            }
            sets = [known[each] for each in sources.values() if each in known]
            people = {
                key: sum(each.get(key, 0) for each in sets)
                for key in ("students", "teachers")
                if len(sets) == len(sources)
            }
            return {**people, **delivery.manifest.counts}
    return None


def _findings(counted: Counter[str]) -> Iterator[FindingRow]:
    """Yield the kinds that hurt classes most, and what is left in one row."""
    codes = sorted((FindingCode(code) for code, count in counted.items() if count), key=harm)
    for code in codes[:3]:
        yield FindingRow(code.told, counted[code])
    if rest := codes[3:]:
        kinds = "1 other kind" if len(rest) == 1 else f"{len(rest)} other kinds"
        yield FindingRow(kinds, sum(counted[code] for code in rest))


def _soon(
    status: Status, school: str, shown: SchoolStatus | None, next_at: datetime
) -> Iterator[Soon]:
    replaced = "If you have not answered by then, a new plan takes the place of this one."
    held = shown is not None and shown.state == "held"
    yield Soon(next_at, f"iSAMS is read. {replaced}" if held else "iSAMS is read.")
    if turn := status.turns.get(school):
        yield Soon(turn, "The academic year turns, and every class gets a new Team.")
