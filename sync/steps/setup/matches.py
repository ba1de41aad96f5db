"""What of the wanted set-up is there already: by meaning, never by ids or names alone.

Compared is what SDS tells. What it does not tell is no difference; where it decides whether a
thing is ours, it is not to be seen, and then nothing is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sync.edge.graph.answers import DATA_LAKE, FORMAT
from sync.edge.graph.setup_values import (
    Inbound,
    Kind,
    Made,
    MatchingRule,
    SchoolYear,
    SourceSystem,
)
from sync.edge.graph.values import Connector, Flow
from sync.steps.setup.wanted import GROUPS, IDENTIFIER, KINDS, SetupWanted
from sync.texts import as_day

OVER = frozenset({"expired", "disabled", "failed"})
_SLACK = timedelta(days=1)  # the portal writes a school's midnight as a moment of UTC


@dataclass(frozen=True, slots=True)
class Decided:
    """What is to be done for a thing that is wanted.

    `use`: one is there that serves, `made_id`, `name`. `make`: there is none. `refuse`: what is
    there is something else, two, or not to be seen; `why` says the difference.
    """

    kind: Kind
    do: Literal["use", "make", "refuse"]
    made_id: str = ""
    name: str = ""
    why: str = ""


def decide_all(
    wanted: SetupWanted, inbound: Inbound, known: Mapping[Kind, str]
) -> Mapping[Kind, Decided]:
    """Decide for each kind; *known* are the ids of what we made ourselves, by our notes."""
    ids: dict[Kind, str] = {}
    decided: dict[Kind, Decided] = {}
    for kind in KINDS:
        decided[kind] = decide(kind, wanted, inbound, ids, known)
        if decided[kind].do == "use":
            ids[kind] = decided[kind].made_id
    return decided


def decide(
    kind: Kind,
    wanted: SetupWanted,
    inbound: Inbound,
    ids: Mapping[Kind, str],
    known: Mapping[Kind, str],
) -> Decided:
    """Decide for *kind*; *ids* are of what it leads to, as far as that is there."""
    case = _Case(wanted, inbound, ids, known)
    match kind:
        case "source":
            return case.source()
        case "connector":
            return case.one_of("connector", _named(inbound.connectors, wanted.connector))
        case "year":
            return case.year()
        case "flow":
            return case.flow()


def unlike(wanted: SetupWanted, made: Made, ids: Mapping[Kind, str]) -> tuple[str, ...]:
    """Return in what *made* is not as it is wanted, as far as SDS tells."""
    match made:
        case SourceSystem():
            return tuple(_unlike_source(wanted, made))
        case Connector():
            return tuple(_unlike_connector(wanted, made, ids.get("source", "")))
        case SchoolYear():
            return tuple(_unlike_year(wanted, made))
        case Flow():
            return tuple(_unlike_flow(wanted, made, ids))


# -- which are meant -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Case:
    wanted: SetupWanted
    inbound: Inbound
    ids: Mapping[Kind, str]
    known: Mapping[Kind, str]

    def source(self) -> Decided:
        ours = _named(self.inbound.connectors, self.wanted.connector)
        if len(ours) != 1:
            return self.one_of("source", _named(self.inbound.sources, self.wanted.source))
        source_id = ours[0].source_id or self.known.get("source", "").lower()
        if not source_id:
            return _refusal(
                "source",
                f"SDS does not show of which source the connector {_called(ours[0])} is",
            )
        of_connector = [each for each in self.inbound.sources if each.id.lower() == source_id]
        if not of_connector:
            return _refusal("source", f"SDS does not list the source of {_called(ours[0])}")
        return self.one_of("source", of_connector)

    def year(self) -> Decided:
        years, wanted = self.inbound.years, self.wanted.year
        for year in years:
            if year.starts is None or year.ends is None:
                return _refusal("year", f"SDS does not show from when to when {_called(year)} is")
        meeting = years_meeting(wanted.starts, wanted.ends, years)
        same_code = [year for year in years if year.code == wanted.code]
        return self.one_of(
            "year", list({each.id: each for each in (*meeting, *same_code)}.values())
        )

    def flow(self) -> Decided:
        ours: list[Flow] = []
        for flow in self.inbound.flows:
            is_known = flow.id == self.known.get("flow", "").lower()
            if not is_known and flow.connector_id is None:
                return _refusal("flow", f"SDS does not show where {_called(flow)} leads")
            if is_known or self._is_of_connector(flow) or self._is_of_year_and_source(flow):
                ours.append(flow)
        return self.one_of("flow", ours)

    def _is_of_connector(self, flow: Flow) -> bool:
        return flow.connector_id == self.ids.get("connector", "none").lower()

    def _is_of_year_and_source(self, flow: Flow) -> bool:
        """Say whether *flow* is, or may be, active for both: SDS has one such at a time."""
        if flow.state in OVER or "source" not in self.ids or "year" not in self.ids:
            return False
        sources = {each.id.lower(): each.source_id for each in self.inbound.connectors}
        of_source = sources.get(flow.connector_id or "") in {None, self.ids["source"].lower()}
        return of_source and flow.year_id in {None, self.ids["year"].lower()}

    def one_of(self, kind: Kind, found: Sequence[Made]) -> Decided:
        if not found:
            return Decided(kind, "make")
        if len(found) > 1:
            return _refusal(kind, f"there are {len(found)}: {', '.join(map(_called, found))}")
        if differs := unlike(self.wanted, found[0], self.ids):
            return _refusal(kind, f"{_called(found[0])} {'; '.join(differs)}")
        return Decided(kind, "use", found[0].id, found[0].name)


def years_meeting(starts: date, ends: date, years: Iterable[SchoolYear]) -> list[SchoolYear]:
    """Return the *years* of which a day is from *starts* to *ends*."""
    return [
        year
        for year in years
        if year.starts and year.ends and year.starts <= ends and starts <= year.ends
    ]


def _named[T: (SourceSystem, Connector)](listed: Iterable[T], name: str) -> list[T]:
    """Return what SDS could take for *name*: case and outer blanks aside."""
    return [each for each in listed if each.name.strip().casefold() == name.strip().casefold()]


def _refusal(kind: Kind, why: str) -> Decided:
    return Decided(kind, "refuse", why=why)


def _called(made: Made) -> str:
    return f'"{made.name}" ({made.id})'


# -- in what they differ -------------------------------------------------------------------------


def _unlike_source(wanted: SetupWanted, made: SourceSystem) -> Iterator[str]:
    """Yield how it matches people otherwise than is wanted."""
    if made.matching is None:
        return
    told = [rule for rule in made.matching if rule.group in {None, *GROUPS}]
    for group in GROUPS:
        if not any(rule.group in {None, group} for rule in told):
            yield f"has no rule that matches {group}"
    for rule in told:
        yield from _unlike_rule(wanted, rule)


def _unlike_rule(wanted: SetupWanted, rule: MatchingRule) -> Iterator[str]:
    whom = rule.group or "people"
    if rule.identifier and rule.identifier.casefold() != IDENTIFIER:
        yield f"matches {whom} by {rule.identifier}, not by {IDENTIFIER}"
    if rule.target and rule.target.casefold() != wanted.match.casefold():
        yield f"matches {whom} to {rule.target}, not to {wanted.match}"
    if rule.domain:
        yield f"puts a domain behind the addresses of {whom}, which are whole"


def _unlike_connector(wanted: SetupWanted, made: Connector, source_id: str) -> Iterator[str]:
    if made.name != wanted.connector:
        yield f'is called "{made.name}", not "{wanted.connector}"'
    if made.kind.casefold() != DATA_LAKE.casefold():
        yield "takes no files"
    if made.format is not None and made.format.casefold() != FORMAT.casefold():
        yield f"takes {made.format}, not {FORMAT}"
    if made.source_id and source_id and made.source_id != source_id.lower():
        yield "is of another source"


def _unlike_year(wanted: SetupWanted, made: SchoolYear) -> Iterator[str]:
    if made.code and made.code.casefold() != wanted.year.code.casefold():
        yield f"has the code {made.code}, not {wanted.year.code}"
    for said, is_day, wanted_day in (
        ("begins", made.starts, wanted.year.starts),
        ("ends", made.ends, wanted.year.ends),
    ):
        if is_day and is_day != wanted_day:
            yield f"{said} on {as_day(is_day)}, not on {as_day(wanted_day)}"


def _unlike_flow(wanted: SetupWanted, made: Flow, ids: Mapping[Kind, str]) -> Iterator[str]:
    connector_id, year_id = ids.get("connector", "").lower(), ids.get("year", "").lower()
    if made.connector_id is not None and made.connector_id != connector_id:
        yield f'leads to another connector than "{wanted.connector}"'
    if made.year_id and made.year_id != year_id:
        yield f"is of another year than {wanted.year.name}"
    if made.state in OVER:
        yield f"is {made.state}"
    if made.ends_at and made.ends_at < wanted.flow_ends - _SLACK:
        yield f"ends on {as_day(made.ends_at)}, before the year does, on {as_day(wanted.year.ends)}"
