"""What Graph's answers say of how SDS is set up: JSON in, frozen values out; nothing here waits.

Names are shown to people, so what could not stand in a line is taken out. An id must be usable:
a record without one cannot be told from another.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sync import texts
from sync.edge.graph.answers import Json, demand_id, objects, safe_code, text_of
from sync.edge.graph.setup_values import (
    CodeKnown,
    FlowSet,
    MatchingRule,
    Provisioning,
    SchoolYear,
    SourceSystem,
)

_ENDING = "ProvisioningFlow"


def source(item: Json) -> SourceSystem:
    """Read a source of records, with how its people are matched if that is told."""
    rules = item.get("userMatchingSettings")
    return SourceSystem(
        demand_id(item.get("id")),
        text_of(item, "displayName"),
        None
        if not isinstance(rules, list)
        else tuple(map(_rule, sorted(objects(rules), key=_priority))),
    )


def year(item: Json) -> SchoolYear:
    """Read a school year."""
    return SchoolYear(
        demand_id(item.get("id")),
        text_of(item, "displayName"),
        code_of(item.get("year")),
        _day(item.get("startDate")),
        _day(item.get("endDate")),
    )


def flow_set(item: Json) -> FlowSet:
    """Read a set of outbound flows; of a filter only ids of schools."""
    chosen, flows = item.get("filter"), item.get("provisioningFlows")
    named = chosen.get("in") if isinstance(chosen, Mapping) else None
    return FlowSet(
        demand_id(item.get("id")),
        text_of(item, "displayName"),
        tuple(name for name in named if isinstance(name, str)) if isinstance(named, list) else None,
        tuple(map(_provisioning, objects(flows))) if isinstance(flows, list) else None,
    )


def code_known(item: Json) -> CodeKnown:
    """Read a value of one of SDS's lists."""
    return CodeKnown(
        text_of(item, "referenceType"),
        text_of(item, "code"),
        text_of(item, "displayName"),
        item.get("isDisabled") is True,
    )


def code_of(value: object) -> str:
    """Return the code in a reference to one of SDS's lists, "" where there is none."""
    return text_of(value, "code") if isinstance(value, Mapping) else ""


def _rule(item: Json) -> MatchingRule:
    group = item.get("roleGroup")
    return MatchingRule(
        identifier=code_of(item.get("sourceIdentifier")),
        target=code_of(item.get("matchTarget")),
        group=text_of(group, "id").lower() or None if isinstance(group, Mapping) else None,
        # Microsoft's own requests send it, its metadata does not list it.
        # docs/reference/sds.md#matching-settings
        domain=text_of(item, "domainName"),
    )


def _priority(item: Json) -> int:
    order = item.get("priorityOrder")
    return order if isinstance(order, int) else 0


def _provisioning(item: Json) -> Provisioning:
    kind = text_of(item, "@odata.type").rpartition(".")[2].removesuffix(_ENDING)
    made = item.get("configuration")
    made = made if isinstance(made, Mapping) else {}
    options, mapped = made.get("additionalOptions"), made.get("enrollmentMappings")
    return Provisioning(
        kind=safe_code(kind) or "unknown",
        state=(safe_code(text_of(item, "readinessStatus")) or "").lower(),
        teams=_said(options, "createTeam"),
        title_once=_said(options, "writeDisplayNameOnCreateOnly"),
        owners=_codes(mapped, "ownerEnrollmentMappings"),
        members=_codes(mapped, "memberEnrollmentMappings"),
    )


def _said(options: object, name: str) -> bool | None:
    value = options.get(name) if isinstance(options, Mapping) else None
    return value if isinstance(value, bool) else None


def _codes(mapped: object, name: str) -> tuple[str, ...] | None:
    listed = mapped.get(name) if isinstance(mapped, Mapping) else None
    return None if not isinstance(listed, list) else tuple(map(code_of, objects(listed)))


def _day(value: object) -> date | None:
    """Return a day; Graph may give it as a moment too."""
    return texts.day(value[:10]) if isinstance(value, str) else None
