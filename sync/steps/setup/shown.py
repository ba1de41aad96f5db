"""How SDS is set up, beside the settings: what is there, and what of it does not fit. Pure.

Only what SDS tells is judged. A connector that no setting names is shown and not judged: another
program may send to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from sync.edge.graph.answers import DATA_LAKE, FORMAT
from sync.edge.graph.setup_values import (
    CodeKnown,
    FlowSet,
    MatchingRule,
    Provisioning,
    SchoolYear,
    SourceSystem,
)
from sync.edge.graph.values import Connector, Flow
from sync.errors import TargetError
from sync.report import NEAR_END
from sync.steps.setup.matches import OVER
from sync.steps.setup.wanted import IDENTIFIER, Match
from sync.texts import as_day

LEAST_MATCHED_PERCENT = 90
"""Of pupils and of staff: below it, class groups and Teams would begin with holes."""

CLASS_GROUP, TEACHER = "classGroup", "teacher"
_TARGETS: Mapping[str, str] = {"userprincipalname": "sign-in name", "mail": "mail"}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

type Area = Literal["sources", "connectors", "flows", "class groups", "year groups"]


@dataclass(frozen=True, slots=True)
class Misfit:
    """What does not fit the settings: of what (`name`), what is so, and what to do."""

    area: Area
    name: str
    said: str
    do: str

    @property
    def sentence(self) -> str:
        """Say what is so, for people."""
        noun = _NOUNS[self.area]
        return f'{noun} "{self.name}" {self.said}' if self.name else f"{noun} {self.said}"


_NOUNS: Mapping[Area, str] = {
    "sources": "The source",
    "connectors": "The connector",
    "flows": "The connector",
    "class groups": "Class groups",
    "year groups": "The year group",
}


@dataclass(frozen=True, slots=True)
class Matched:
    """How many of the people of the last run that told had an account; None: it did not tell."""

    students: int | None
    without_students: int | None
    staff: int | None
    without_staff: int | None

    def least_percent(self) -> int | None:
        """Return how many percent of pupils or of staff, whichever is less; None: not told."""
        shares = [
            100 * matched // (matched + without)
            for matched, without in (
                (self.students, self.without_students),
                (self.staff, self.without_staff),
            )
            if matched is not None and without is not None and matched + without
        ]
        return min(shares, default=None)


_NO_FLOW = Flow("", None, "")
_UNMATCHED = Matched(None, None, None, None)


@dataclass(frozen=True, slots=True)
class SetupExpected:
    """What the settings say of SDS: connectors by name or id, and codes of year groups.

    `matches` is what was planned for a connector, where anything was. `grades` are the codes in
    GRADES, with the profile that has them. `matched` is of a connector's last run that told.
    """

    connectors: Sequence[str]
    matches: Mapping[str, Match]
    grades: Mapping[str, str]
    matched: Mapping[str, Matched]


@dataclass(frozen=True, slots=True)
class SetupSeen:
    """What could be read of a tenant's SDS: of each list what is there, or why it is not seen."""

    sources: tuple[SourceSystem, ...] | TargetError
    connectors: tuple[Connector, ...] | TargetError
    years: tuple[SchoolYear, ...] | TargetError
    flows: tuple[Flow, ...] | TargetError
    sets: tuple[FlowSet, ...] | TargetError
    codes: tuple[CodeKnown, ...] | TargetError

    def unseen(self) -> list[TargetError]:
        """Return why what is not seen is not."""
        lists = (self.sources, self.connectors, self.years, self.flows, self.sets, self.codes)
        return [each for each in lists if isinstance(each, TargetError)]


@dataclass(frozen=True, slots=True)
class ConnectorLine:
    """A connector of the tenant with all that hangs on it; "" for what is not told.

    `ours`: a setting names it. `id` is what CONNECTOR may be set to where names are not enough.
    """

    id: str
    name: str
    ours: bool
    source: str
    matching: str
    format: str
    flow: str
    year: str
    ends_at: datetime | None


def listed[T](seen: tuple[T, ...] | TargetError) -> tuple[T, ...]:
    """Return what is there; nothing where it is not seen."""
    return () if isinstance(seen, TargetError) else seen


def lines(seen: SetupSeen, expected: SetupExpected) -> list[ConnectorLine]:
    """Return a line for each connector, ours first."""
    made = [_line(connector, seen, expected) for connector in listed(seen.connectors)]
    return sorted(made, key=lambda line: (not line.ours, line.name.casefold()))


def _line(connector: Connector, seen: SetupSeen, expected: SetupExpected) -> ConnectorLine:
    sources = {each.id.lower(): each for each in listed(seen.sources)}
    years = {each.id.lower(): each for each in listed(seen.years)}
    flows = _current(connector, listed(seen.flows))
    flow = flows[0] if len(flows) == 1 else _NO_FLOW
    source = sources.get(connector.source_id or "")
    year = years.get(flow.year_id or "")
    return ConnectorLine(
        id=connector.id,
        name=connector.name,
        ours=bool(_names_of(connector, expected)),
        source=source.name if source else "",
        matching=matching_words(source),
        format=_format(connector),
        flow=f"{len(flows)} flows" if len(flows) > 1 else flow.state,
        year=year.name if year else "",
        ends_at=flow.ends_at,
    )


def matching_words(source: SourceSystem | None) -> str:
    """Return what of an account must be the address of a person, in words that fit into a table."""
    rules = source.matching or () if source else ()
    return ", ".join(dict.fromkeys(map(_rule_words, rules)))


def _rule_words(rule: MatchingRule) -> str:
    target = _TARGETS.get(rule.target.casefold(), rule.target or "?")
    ours = rule.identifier.casefold() in {IDENTIFIER, ""}
    return target if ours else f"{rule.identifier} = {target}"


def misfits(seen: SetupSeen, expected: SetupExpected, now: datetime) -> list[Misfit]:
    """Return what of *seen* does not fit the settings, in the order of the set-up."""
    return [
        *_of_connectors(seen, expected),
        *_of_flows(seen, expected, now),
        *_of_class_groups(seen, expected),
        *_of_year_groups(seen, expected),
    ]


# -- connectors and their sources ----------------------------------------------------------------


def _of_connectors(seen: SetupSeen, expected: SetupExpected) -> Iterator[Misfit]:
    if isinstance(seen.connectors, TargetError):
        return
    for name in expected.connectors:
        called = _called(name, seen.connectors)
        if not called:
            yield Misfit(
                "connectors",
                name,
                "is not there",
                "make it: `isams-sync sds plan`, or correct CONNECTOR",
            )
        if len(called) > 1:
            yield Misfit(
                "connectors",
                name,
                f"is there {len(called)} times ({', '.join(each.id for each in called)})",
                "set the id of the one meant as CONNECTOR",
            )
        for connector in called:
            yield from _of_connector(name, connector, seen, expected)


def _of_connector(
    name: str, connector: Connector, seen: SetupSeen, expected: SetupExpected
) -> Iterator[Misfit]:
    if connector.kind.casefold() != DATA_LAKE.casefold():
        yield Misfit("connectors", name, "takes no files", "choose one for SDS v2.1 CSV")
    elif connector.format is not None and connector.format.casefold() != FORMAT.casefold():
        yield Misfit(
            "connectors",
            name,
            f"takes {connector.format}, not SDS v2.1 CSV",
            "make one for SDS v2.1 CSV: a connector's format stays",
        )
    of_ours = [each for each in listed(seen.sources) if each.id.lower() == connector.source_id]
    for source in of_ours:
        yield from _of_source(name, source, expected)


def _of_source(name: str, source: SourceSystem, expected: SetupExpected) -> Iterator[Misfit]:
    for rule in source.matching or ():
        whom = rule.group or "people"
        if rule.identifier and rule.identifier.casefold() != IDENTIFIER:
            yield Misfit(
                "sources",
                source.name,
                f"matches {whom} by {rule.identifier}, which we do not send",
                f"match {whom} by {IDENTIFIER} in School Data Sync",
            )
        if rule.domain:
            yield Misfit(
                "sources",
                source.name,
                f"puts a domain behind the addresses of {whom}",
                "take the domain away: addresses are sent whole",
            )
        if _matches_otherwise(rule.target, name, expected):
            yield Misfit(
                "sources",
                source.name,
                f"matches {whom} to {rule.target}",
                "right only if the addresses in iSAMS are mail addresses, and not what people sign"
                " in with"
                if rule.target.casefold() == "mail"
                else f"planned was {expected.matches.get(name, 'userPrincipalName')}",
            )


def _matches_otherwise(target: str, name: str, expected: SetupExpected) -> bool:
    """Say whether people may be looked for in the wrong place: not where nearly all are found."""
    matched = expected.matched.get(name, _UNMATCHED).least_percent()
    if not target or (matched or 0) >= LEAST_MATCHED_PERCENT:
        return False
    return target.casefold() != expected.matches.get(name, "userPrincipalName").casefold()


# -- flows and years -----------------------------------------------------------------------------


def _of_flows(seen: SetupSeen, expected: SetupExpected, now: datetime) -> Iterator[Misfit]:
    if isinstance(seen.flows, TargetError):
        return
    years = {each.id.lower(): each for each in listed(seen.years)}
    for name in expected.connectors:
        for connector in _called(name, listed(seen.connectors)):
            flows = _current(connector, seen.flows)
            yield from _of_their_number(name, flows, seen.flows)
            for flow in flows:
                yield from _of_flow(name, flow, years.get(flow.year_id or ""), now)


def _of_their_number(name: str, flows: Sequence[Flow], every: Sequence[Flow]) -> Iterator[Misfit]:
    """Judge how many *flows* a connector has; of *every* flow some may not say where it leads."""
    if not flows and all(flow.connector_id is not None for flow in every):
        yield Misfit("flows", name, "has no inbound flow", "make one: `isams-sync sds plan`")
    if len(flows) > 1:
        yield Misfit(
            "flows",
            name,
            f"has {len(flows)} inbound flows",
            "leave one, in School Data Sync: what is sent would go into both",
        )


def _of_flow(name: str, flow: Flow, year: SchoolYear | None, now: datetime) -> Iterator[Misfit]:
    if flow.state in OVER or (flow.ends_at and flow.ends_at <= now):
        yield Misfit(
            "flows",
            name,
            f"has a flow that is {flow.state}" if flow.state in OVER else "has a flow that is over",
            "`isams-sync sds next-year` says what to do",
        )
    elif flow.ends_at:
        yield from _of_its_end(name, flow.ends_at, year, now)


def _of_its_end(
    name: str, ends_at: datetime, year: SchoolYear | None, now: datetime
) -> Iterator[Misfit]:
    if ends_at - now <= NEAR_END:
        yield Misfit(
            "flows",
            name,
            f"has a flow that ends on {as_day(ends_at)}",
            "`isams-sync sds next-year` says what to do before",
        )
    if year and year.ends and ends_at < _day_before(year.ends):
        yield Misfit(
            "flows",
            name,
            f"has a flow that ends on {as_day(ends_at)}, and whose year {year.name} ends on"
            f" {as_day(year.ends)}",
            "set its end to the year's last day, in School Data Sync",
        )


def _day_before(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)


# -- what SDS makes of it ------------------------------------------------------------------------


def _of_class_groups(seen: SetupSeen, expected: SetupExpected) -> Iterator[Misfit]:
    sets = listed(seen.sets)
    made = [
        (each.name, flow) for each in sets for flow in each.flows or () if flow.kind == CLASS_GROUP
    ]
    for name, flow in made:
        yield from _of_class_group(name, flow)
        yield from _of_owners(name, flow.owners)
    if made:
        yield from _too_early(expected)
    elif listed(seen.connectors) and _all_told(seen.sets):
        yield Misfit(
            "class groups",
            "",
            "are switched off: SDS makes no Teams",
            "switch them on in School Data Sync once a receipt says done with at least"
            f" {LEAST_MATCHED_PERCENT} % matched",
        )


def _all_told(sets: tuple[FlowSet, ...] | TargetError) -> bool:
    return not isinstance(sets, TargetError) and all(each.flows is not None for each in sets)


def _of_class_group(name: str, flow: Provisioning) -> Iterator[Misfit]:
    area: Area = "class groups"
    if flow.teams is False:
        yield Misfit(
            area, name, "makes class groups without Teams", "tick Teams, in School Data Sync"
        )
    if flow.title_once is False:
        yield Misfit(
            area,
            name,
            "writes the titles of classes anew on every run",
            "let titles be written only once, so that teachers may rename their Teams",
        )
    if flow.state in OVER:
        yield Misfit(area, name, f"is {flow.state}", "look at it in School Data Sync")


def _of_owners(name: str, owners: Sequence[str] | None) -> Iterator[Misfit]:
    if owners is None:
        return
    others = [role for role in owners if role.casefold() != TEACHER]
    if others:
        yield Misfit(
            "class groups",
            name,
            f"makes owners of {', '.join(others)} too",
            "we send teachers and students: look whether only teachers shall own Teams",
        )
    if len(others) == len(owners):
        yield Misfit("class groups", name, "makes no teacher an owner", "make teachers owners")


def _too_early(expected: SetupExpected) -> Iterator[Misfit]:
    for name, matched in expected.matched.items():
        percent = matched.least_percent()
        if percent is not None and percent < LEAST_MATCHED_PERCENT:
            yield Misfit(
                "class groups",
                name,
                f"are on, and only {percent} % of its pupils or of its staff have an account",
                "mend the matching first: Teams are made without who is not matched",
            )


def _of_year_groups(seen: SetupSeen, expected: SetupExpected) -> Iterator[Misfit]:
    """Yield codes in GRADES that SDS does not know; its list must be there to be judged by."""
    known = {  # docs/reference/sds.md#data-types: codes know no case
        each.code.casefold()
        for each in listed(seen.codes)
        if "grade" in each.kind.casefold() and not each.disabled
    }
    if not known:
        return
    for code, profile in expected.grades.items():
        if code.casefold() not in known:
            yield Misfit(
                "year groups",
                code,
                f"is in GRADES of {profile}, and SDS does not know it",
                "add the code in School Data Sync, or correct GRADES",
            )


# -- which -----------------------------------------------------------------------------------------


def _called(name: str, connectors: Sequence[Connector]) -> list[Connector]:
    """Return the connectors that a setting means by *name*, exactly or by their id."""
    return [each for each in connectors if name == each.name or name.lower() == each.id.lower()]


def _names_of(connector: Connector, expected: SetupExpected) -> list[str]:
    return [name for name in expected.connectors if _called(name, [connector])]


def _current(connector: Connector, flows: Sequence[Flow]) -> list[Flow]:
    """Return the flows of *connector* that are not over; where all are, the last that ended.

    A change of year may leave the old one: docs/reference/sds.md#flow-expiry.
    """
    ours = [flow for flow in flows if flow.connector_id == connector.id.lower()]
    alive = [flow for flow in ours if flow.state not in OVER]
    return alive or sorted(ours, key=lambda flow: flow.ends_at or _LONG_AGO)[-1:]


def _format(connector: Connector) -> str:
    if connector.kind.casefold() != DATA_LAKE.casefold():
        return "no files"
    if connector.format is None:
        return "not told"
    return "v2.1" if connector.format.casefold() == FORMAT.casefold() else connector.format
