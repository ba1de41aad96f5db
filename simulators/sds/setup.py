"""What SDS was set up with beside connectors and flows, as it is read (reference §4.1, §4.10)."""

from __future__ import annotations

import re

from simulators.sds.calls import Call, RefusalError, Reply, by_id, collection, shown
from simulators.sds.objects import Connector, Flow, Matching, Reference, Source, Year
from simulators.sds.references import ROLE_GROUPS
from simulators.sds.tenant import Json, Tenant

_OF_KIND = re.compile(r"referenceType eq '(?P<kind>\w+)'")
# Graph's own examples have this moment in all definitions.
_NEVER = "0001-01-01T00:00:00Z"


def sources(call: Call) -> Reply:
    items = [source_json(call, one) for one in shown(call, call.tenant.all_sources())]
    return Reply(body=collection(call, "sourceSystems", items))


def source(call: Call) -> Reply:
    listed = shown(call, call.tenant.all_sources())
    found = by_id(listed, call.values["source_id"], "source system")
    return Reply(body=source_json(call, found))


def years(call: Call) -> Reply:
    items = [year_json(one) for one in shown(call, call.tenant.years)]
    return Reply(body=collection(call, "years", items))


def year(call: Call) -> Reply:
    listed = shown(call, call.tenant.years)
    return Reply(body=year_json(by_id(listed, call.values["year_id"], "year")))


def role_groups(call: Call) -> Reply:
    return Reply(body=collection(call, "roleGroups", [*map(_role_group_json, ROLE_GROUPS)]))


def role_group(call: Call) -> Reply:
    wanted = call.values["role_group_id"]
    if wanted not in ROLE_GROUPS:
        raise RefusalError(404, "ResourceNotFound", "no such role group")
    return Reply(body=_role_group_json(wanted))


def references(call: Call) -> Reply:
    """All definitions, or with `$filter=referenceType eq '…'` those of one list."""
    listed = known_references(call.tenant)
    if wanted := call.request.args.get("$filter"):
        asked = _OF_KIND.fullmatch(wanted.strip())
        if asked is None:
            raise RefusalError(400, "BadRequest", "$filter is served on referenceType eq '…' only")
        listed = [one for one in listed if one.kind == asked["kind"]]
    items = [_reference_json(one) for one in listed]
    return Reply(body=collection(call, "referenceDefinitions", items))


def reference(call: Call) -> Reply:
    listed = known_references(call.tenant)
    return Reply(body=_reference_json(by_id(listed, call.values["reference_id"], "definition")))


def known_references(tenant: Tenant) -> list[Reference]:
    """Return what the tenant's lists of words hold, without the years that a knob takes away."""
    gone = {f"RefYear-{code}" for code in tenant.knobs.unknown_years}
    return [one for one in tenant.references if one.id not in gone]


def source_of(tenant: Tenant, connector: Connector) -> Source:
    """Return the source of *connector*: Graph gives one even if its list does not have it."""
    own = tenant.source_of(connector)
    wanted = connector.source_id or own.id
    listed = (one for one in tenant.all_sources() if one.id == wanted)
    return next(listed, Source(id=wanted, name="Elsewhere") if connector.source_id else own)


def year_of(tenant: Tenant, flow: Flow) -> Year:
    """Return the year of *flow*: the first there is if it names none, a stand-in if there is none.

    Graph never gives null here: a year that is not in the list is there all the same.
    """
    listed = (one for one in tenant.years if flow.year_id in {None, one.id})
    return next(listed, Year(id=flow.year_id or Year().id, name="Elsewhere"))


def source_json(call: Call, one: Source, *, links: bool = False) -> Json:
    """Write a source; *links*: with its role groups, whatever the call asks for."""
    asked = call.expands("userMatchingSettings") and call.expands("roleGroup")
    settings = None
    if one.matching is not None:
        settings = [_matching_json(each, with_group=links or asked) for each in one.matching]
    return {
        "id": one.id,
        "displayName": one.name,
        "vendor": one.vendor,
        "userMatchingSettings": settings,
    }


def _matching_json(one: Matching, *, with_group: bool) -> Json:
    body: Json = {
        "priorityOrder": one.priority,
        "sourceIdentifier": {"code": one.identifier},
        "matchTarget": {"code": one.target},
    }
    if with_group:
        body["roleGroup"] = _role_group_json(one.role_group)
    return body


def year_json(one: Year) -> Json:
    return {
        "id": one.id,
        "displayName": one.name,
        "startDate": one.starts.isoformat(),
        "endDate": one.ends.isoformat(),
        "year": {"code": one.code},
    }


def _role_group_json(group_id: str) -> Json:
    name, codes = ROLE_GROUPS[group_id]
    return {"id": group_id, "displayName": name, "roles": [{"code": code} for code in codes]}


def _reference_json(one: Reference) -> Json:
    return {
        "id": one.id,
        "referenceType": one.kind,
        "code": one.code,
        "displayName": one.name,
        "isDisabled": one.disabled,
        "sortIndex": one.sort_index,
        "source": one.origin,
        "createdDateTime": _NEVER,
        "lastModifiedDateTime": _NEVER,
    }
