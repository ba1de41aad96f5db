"""What is wanted of SDS for a connector, beside what is there: nothing is made."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sync.edge.clock import Budget
from sync.edge.graph.answers import Json
from sync.edge.graph.setup import READ_TO_PLAN
from sync.edge.graph.setup_values import CodeKnown, Kind, SchoolYear
from sync.edge.world import SetupTarget, World
from sync.errors import ConfigError, StoreConflict, TargetRefused
from sync.isams.school import Term
from sync.roster.academic_year import school_day
from sync.sds.csvtext import widest_rows
from sync.sds.tables import WIDEST
from sync.settings import SchoolSettings
from sync.steps import kept
from sync.steps.connector import newest_sets, schools_on
from sync.steps.setup import matches, notes
from sync.steps.setup.look import demand_may
from sync.steps.setup.making import CALL_S
from sync.steps.setup.matches import Decided
from sync.steps.setup.wanted import KINDS, Match, SetupWanted, YearWanted, body_of
from sync.texts import as_day

NOW = "<now>"
"""Stands in the requests for the moment at which they are sent."""

_ID = re.compile(r"\{?[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}\}?")
_LONGEST_NAME = 100  # docs/reference/sds.md#name-length
_LONGEST_YEAR = timedelta(days=550)
_SHORTEST_REST = timedelta(days=14)  # a flow of less is over before anybody has looked at it
_CODES_TOLD = 8
_USERS, _ROLES = "users.csv", "roles.csv"


@dataclass(frozen=True, slots=True)
class SetupAsked:
    """What a person says of what they want; "" and None for what they leave to us."""

    connector: str
    match: Match
    source: str = ""
    starts: date | None = None
    ends: date | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class CodeChosen:
    """The code of the year; `others` SDS knows as well and could be meant."""

    code: str
    others: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class NewestPeople:
    """How many people the newest sets have, and how many by what stands after the @."""

    pupils: int
    staff: int
    domains: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """A request that would be sent; ids that are not known yet stand as `<source>`."""

    kind: Kind
    url: str
    body: Json


@dataclass(frozen=True, slots=True)
class SetupPlan:
    """What is wanted, what of it is there, and what would be sent.

    `people` is None while no set was sealed. `sources` are those of the tenant by name. `doubted`
    is what SDS may have made and does not show, each with until when; `unused` are options that
    were given and change nothing, each with why.
    """

    wanted: SetupWanted
    decided: Mapping[Kind, Decided]
    requests: Sequence[PlannedRequest]
    codes: CodeChosen
    people: NewestPeople | None
    sources: Sequence[str]
    doubted: Mapping[Kind, datetime]
    unused: Sequence[str]


def plan(
    world: World, sds: SetupTarget, asked: SetupAsked, *, held: frozenset[str] | None = None
) -> SetupPlan:
    """Say what is wanted and what of it is there, and keep it under its digest.

    *held* are the scopes of a person's token, None if they are not known.

    Raises:
        ConfigError: what is asked for cannot be, or does not say enough.
        TargetRefused: SDS cannot be read, or has two years of which either may be meant.
    """
    demand_may(held, READ_TO_PLAN)
    _demand_names(asked)
    inbound = sds.inbound(_budget(world))
    codes = sds.codes(_budget(world))
    year, chosen = _year(world, asked, inbound.years, codes)
    wanted = SetupWanted(
        connector=asked.connector,
        source=asked.source or asked.connector,
        match=asked.match,
        year=year,
    )
    begun = notes.notes_of(world.store, wanted)
    decided = matches.decide_all(wanted, inbound, notes.known_ids(begun.notes))
    people = _people(world, asked.connector)
    notes.keep_plan(world.store, wanted)
    return SetupPlan(
        wanted,
        decided,
        list(_requests(sds, wanted, decided)),
        chosen,
        people,
        [source.name for source in inbound.sources],
        {kind: note.doubted_until for kind, note in _doubted(decided, begun)},
        list(_unused(asked, wanted, decided)),
    )


def _doubted(
    decided: Mapping[Kind, Decided], begun: notes.NotesSeen
) -> Iterator[tuple[Kind, notes.SetupNote]]:
    """Yield what was begun and is not in sight, with its note."""
    for kind in KINDS:
        note = begun.doubted(kind)
        if note and decided[kind].do == "make":
            yield kind, note


def _unused(
    asked: SetupAsked, wanted: SetupWanted, decided: Mapping[Kind, Decided]
) -> Iterator[str]:
    """Yield each option that was given and that what is there does without."""
    source, year = decided["source"], wanted.year
    if asked.source and source.do == "use" and asked.source.casefold() != source.name.casefold():
        yield f'--source is not used: the connector is of the source "{source.name}"'
    for option, given, used in (
        ("--starts", asked.starts, year.starts),
        ("--ends", asked.ends, year.ends),
        ("--code", asked.code, year.code),
    ):
        if given and given != used:
            yield f'{option} is not used: the school year "{year.name}" is there'


def _budget(world: World) -> Budget:
    return Budget.of(world.clock, CALL_S)


def _demand_names(asked: SetupAsked) -> None:
    if _ID.fullmatch(asked.connector):
        raise ConfigError(
            "CONNECTOR is an id, and what is made gets an id of SDS's own: set a name, such as"
            " iSAMS nightly"
        )
    for name in (asked.connector, asked.source):
        if len(name) > _LONGEST_NAME:
            raise ConfigError(f"SDS takes names of {_LONGEST_NAME} characters at most: shorten it")
        if name and not (name.isprintable() and name.strip()):
            raise ConfigError("a name is blank or has a line break or other control character")


def _requests(
    sds: SetupTarget, wanted: SetupWanted, decided: Mapping[Kind, Decided]
) -> Iterator[PlannedRequest]:
    def link(kind: Kind) -> str:
        return sds.link(kind, decided[kind].made_id or f"<{kind}>")

    for kind in KINDS:
        if decided[kind].do == "make":
            body = body_of(kind, wanted, link, sds.group_link, NOW)
            yield PlannedRequest(kind, sds.list_url(kind), body)


# -- the year ------------------------------------------------------------------------------------


def _year(
    world: World, asked: SetupAsked, years: Sequence[SchoolYear], codes: Sequence[CodeKnown]
) -> tuple[YearWanted, CodeChosen]:
    """Return one of the tenant's years that meets ours, as it is; else what the person says."""
    today = school_day(world.clock.now(), _school(world, asked).time_zone)
    starts, ends = asked.starts or today, asked.ends or asked.starts or today
    if ends < starts:
        raise ConfigError(f"the year would end on {as_day(ends)}, before it begins")
    if meeting := matches.years_meeting(starts, ends, years):
        return _as_it_is(meeting, today)
    if asked.starts is None or asked.ends is None:
        raise ConfigError(
            f"SDS has no school year that {as_day(starts)} is in. Say when yours begins and ends:"
            f" {_proposal(world, asked, today)}"
        )
    _demand_year(starts, ends, today)
    chosen = choose_code(asked.code, starts, ends, years, codes)
    name = str(starts.year) if starts.year == ends.year else f"{starts.year}/{ends.year % 100:02}"
    return YearWanted(name=name, code=chosen.code, starts=starts, ends=ends), chosen


def _demand_year(starts: date, ends: date, today: date) -> None:
    if ends - starts > _LONGEST_YEAR or ends - today < _SHORTEST_REST:
        raise ConfigError(
            f"{as_day(starts)} to {as_day(ends)} is no school year that files could be sent in: at"
            f" most {_LONGEST_YEAR.days} days, of which {_SHORTEST_REST.days} are still to come"
        )


def _as_it_is(meeting: Sequence[SchoolYear], today: date) -> tuple[YearWanted, CodeChosen]:
    """Return the only year of *meeting*, if files can still be sent in it."""
    if len(meeting) > 1:
        named = ", ".join(f'"{year.name}"' for year in meeting)
        raise TargetRefused(
            f"SDS has {len(meeting)} school years that could be meant: {named}. Give --starts and"
            " --ends of one of them, or mend it in School Data Sync"
        )
    (year,) = meeting
    if year.starts is None or year.ends is None:
        raise TargetRefused(f'SDS does not show from when to when the year "{year.name}" is')
    if year.ends <= today:
        raise ConfigError(
            f'the school year "{year.name}" of SDS ends on {as_day(year.ends)}, so nothing more'
            " could be sent in it: give --starts and --ends of the next, which begins after it"
        )
    made = YearWanted(name=year.name, code=year.code, starts=year.starts, ends=year.ends)
    return made, CodeChosen(year.code)


def choose_code(
    asked: str,
    starts: date,
    ends: date,
    years: Collection[SchoolYear],
    codes: Collection[CodeKnown],
) -> CodeChosen:
    """Return the code of a year from *starts* to *ends*, out of those that SDS knows.

    Microsoft's page says that it is the calendar year in which a school year ends, its examples
    that in which it begins. So the tenant's own years decide, where there are any.

    See docs/reference/sds.md#year-code.

    Raises:
        ConfigError: the code that is asked for is none of SDS's.
        TargetRefused: SDS knows neither of the two.
    """
    known = _codes_of_years(codes)
    listed = f"SDS knows {', '.join(_nearest(known, ends.year)) or 'none'}"
    if asked and asked not in known:
        raise ConfigError(f"SDS has no year of the code {asked}: {listed}")
    if asked:
        return CodeChosen(asked)
    ending, beginning = str(ends.year), str(starts.year)
    order = (beginning, ending) if _are_called_by_beginning(years) else (ending, beginning)
    usable = [code for code in dict.fromkeys(order) if code in known]
    if not usable:
        raise TargetRefused(
            f"SDS has no code for the year {starts.year}/{ends.year}: {listed}. Say --code, or add"
            " it in School Data Sync"
        )
    return CodeChosen(usable[0], usable[1:])


def _codes_of_years(codes: Iterable[CodeKnown]) -> set[str]:
    return {each.code for each in codes if "year" in each.kind.casefold() and not each.disabled}


def _are_called_by_beginning(years: Iterable[SchoolYear]) -> bool:
    """Say whether the codes of *years* are when they begin; a year in one calendar year tells not.

    See docs/reference/sds.md#year-of-one.
    """
    told = [
        (year.code == str(year.starts.year), year.code == str(year.ends.year))
        for year in years
        if year.starts and year.ends and year.starts.year != year.ends.year
    ]
    return any(begins for begins, _ in told) and not any(ends for _, ends in told)


def _nearest(known: Iterable[str], year: int) -> list[str]:
    """Return the codes of *known* that are nearest to *year*, in order."""
    by_distance = sorted((abs(int(code) - year) if code.isdecimal() else 0, code) for code in known)
    return sorted(code for _, code in by_distance[:_CODES_TOLD])


def _school(world: World, asked: SetupAsked) -> SchoolSettings:
    """Return the settings of the first school of the connector: its clocks and its year."""
    return world.settings.schools[schools_on(world, asked.connector)[0]]


def _proposal(world: World, asked: SetupAsked, today: date) -> str:
    """Return what could be typed: from the terms as they were last read, or by the calendar."""
    school = _school(world, asked)
    key = schools_on(world, asked.connector)[0]
    try:
        read = kept.last_school(world, key)
    except StoreConflict:
        read = None
    terms = list((read.school.terms or {}).values()) if read else []
    if running := _year_of_terms(terms, today):
        starts, ends = running
        return f"--starts {starts} --ends {ends}, as the terms in iSAMS say, or longer"
    turn = school.year_turns
    starts = max(day for year in (-1, 0) if (day := turn.in_year(today.year + year)) <= today)
    ends = turn.in_year(starts.year + 1) - timedelta(days=1)
    return f"--starts {starts} --ends {ends}, by YEAR_STARTS"


def _year_of_terms(terms: Sequence[Term], today: date) -> tuple[date, date] | None:
    """Return first and last day of the year whose terms are not over yet; None if none is."""
    coming = [term for term in terms if term.finishes_on >= today]
    if not coming:
        return None
    year = min(coming, key=lambda term: term.finishes_on).school_year
    of_year = [term for term in terms if term.school_year == year]
    return min(t.starts_on for t in of_year), max(t.finishes_on for t in of_year)


# -- people --------------------------------------------------------------------------------------


def _people(world: World, connector: str) -> NewestPeople | None:
    """Count the people of the newest sets: whoever is in two of them once."""
    usernames: dict[str, str] = {}
    students: set[str] = set()
    for sealed in newest_sets(world, connector).values():
        if sealed is None:
            continue
        listed = sealed.manifest().files
        files = sealed.read_files(listed)
        at = WIDEST[_USERS].index("username")
        usernames |= {row[0]: row[at] for row in widest_rows(_USERS, files)}
        role = WIDEST[_ROLES].index("role")
        students |= {row[0] for row in widest_rows(_ROLES, files) if row[role] == "student"}
    if not usernames:
        return None
    domains = Counter(name.rpartition("@")[2] for name in usernames.values())
    return NewestPeople(len(students), len(usernames) - len(students), dict(domains.most_common()))
