"""What a person may make in SDS's set-up: source, connector, year, inbound flow (reference §4.10).

A body is judged by the project's table of Graph's facts: what is not in it, or not of its type, is
refused. Where the reference is silent the stricter reading is taken. Nothing is ever changed or
deleted here: those calls are refused, so that a client without them can be told from one with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, NoReturn
from urllib.parse import urlsplit

from simulators.sds import graph, setup
from simulators.sds.calls import GRAPH_PATH, Call, RefusalError, Reply
from simulators.sds.facts import POSTS, TYPES, misfits
from simulators.sds.objects import Connector, Flow, Matching, Source, Year
from simulators.sds.references import ROLE_GROUPS
from simulators.sds.spelling import plain
from simulators.sds.tenant import Json, Tenant

LONGEST_NAME = 100  # characters, of a name as of a vendor
GRAPH_HOST = "graph.microsoft.com"
_BIND = "@odata.bind"
_ACTIVE = frozenset({"notready", "ready"})
_OBJECT = re.compile(rf"{GRAPH_PATH}/(?P<set>\w+)/(?P<id>[^/]+)")


def make_source(call: Call) -> Reply:
    tenant, body = call.tenant, _body(call, "sourceSystems")
    settings = body.get("userMatchingSettings")
    made = Source(
        id=tenant.new_id(),
        name=_free_name(call, body, tenant.all_sources()),
        vendor=_short(body, "vendor"),
        matching=None if settings is None else tuple(_matching(call, one) for one in settings),
    )
    tenant.sources = [*tenant.all_sources(), made]
    return _made(call, made.id, setup.source_json(call, made, links=_links(call)))


def make_connector(call: Call) -> Reply:
    tenant, body = call.tenant, _body(call, "dataConnectors")
    code = (body.get("fileFormat") or {}).get("code")
    if code is not None:
        _demand_reference(call, "RefFileFormat", code)
    sources = {one.id for one in tenant.all_sources()}
    made = Connector(
        id=tenant.new_id(),
        name=_free_name(call, body, tenant.connectors),
        format_code=code,
        source_id=_bound(call, body, "sourceSystem", "sourceSystems", sources),
    )
    # Given flows are kept as they are: the new connector has none until one is made.
    tenant.sources, tenant.flows = [*tenant.all_sources()], [*tenant.all_flows()]
    tenant.connectors = [*tenant.connectors, made]
    return _made(call, made.id, graph.connector_json(call, made, links=_links(call)))


def make_year(call: Call) -> Reply:
    tenant, body = call.tenant, _body(call, "years")
    code = body["year"].get("code")
    _demand_reference(call, "RefYear", code)
    if tenant.knobs.names_unique and any(one.code == code for one in tenant.years):
        raise RefusalError(409, "Conflict", "there is a year of this code")
    made = Year(
        id=tenant.new_id(),
        name=_free_name(call, body, tenant.years),
        code=code,
        starts=date.fromisoformat(body["startDate"]),
        ends=date.fromisoformat(body["endDate"]),
    )
    if made.ends < made.starts:
        _refuse("endDate is before startDate")
    # Flows that name no year keep the one they have, even if that was a stand-in.
    flows = tenant.all_flows()
    tenant.flows = [replace(one, year_id=setup.year_of(tenant, one).id) for one in flows]
    tenant.years = [*tenant.years, made]
    return _made(call, made.id, setup.year_json(made))


def make_flow(call: Call) -> Reply:
    """Make a flow that is not ready yet. One that a knob lets never be ready stays so."""
    tenant, body = call.tenant, _body(call, "inboundFlows")
    connectors = {one.id for one in tenant.connectors}
    settles_s = tenant.knobs.flow_settles_s
    expires = body.get("expirationDateTime")
    made = Flow(
        id=tenant.new_id(),
        name=_free_name(call, body, tenant.all_flows()),
        connector_id=_bound(call, body, "dataConnector", "dataConnectors", connectors),
        year_id=_bound(call, body, "year", "years", {one.id for one in tenant.years}),
        begins=datetime.fromisoformat(body["effectiveDateTime"]),
        expires=None if expires is None else datetime.fromisoformat(expires),
        readiness="notReady" if settles_s is None else tenant.knobs.flow_settles_as,
        settles=None if settles_s is None else tenant.after(settles_s),
    )
    _demand_time(tenant, made)
    _demand_alone(tenant, made)
    tenant.flows = [*tenant.all_flows(), made]
    return _made(call, made.id, graph.flow_json(call, made, links=_links(call)))


def refuse_change(call: Call) -> NoReturn:
    """SDS would do it (reference §4.10): here a client that asks for it is to be seen."""
    raise RefusalError(405, "MethodNotAllowed", f"{call.request.method} is not played here")


def _body(call: Call, entity_set: str) -> dict[str, Any]:
    """Return the body that was sent, if it is as Graph's metadata says of *entity_set*."""
    body, post = call.request.get_json(silent=True, force=True), POSTS[entity_set]
    if not isinstance(body, dict):
        _refuse("the body is no JSON object")
    if post["typed"] and "@odata.type" not in body:
        _refuse("@odata.type is missing")
    for fault in (*misfits(body, post["kind"]), *_misplaced_binds(body, post["kind"])):
        _refuse(fault)
    if unknown := [name for name in ("id", "readinessStatus") if name in body]:
        _refuse(f"{unknown[0]} is read-only")
    links = [f"{link}{_BIND}" for link in post["links"]]
    if missing := [name for name in (*post["required"], *links) if body.get(name) is None]:
        _refuse(f"{missing[0]} is missing")
    return body


def _misplaced_binds(body: Json, kind: str) -> Iterable[str]:
    for name in body:
        link, found, _ = name.partition(_BIND)
        if found and not TYPES[kind].get(link, "").startswith("->"):
            yield f"{kind}.{link}: no such link"
        elif "@" in name and not found and name != "@odata.type":
            yield f"{name}: not understood"
        elif not found and TYPES[kind].get(name, "").startswith("->"):
            yield f"{kind}.{name}: a link is bound, not written"


def _matching(call: Call, one: dict[str, Any]) -> Matching:
    for fault in _misplaced_binds(one, "userMatchingSetting"):
        _refuse(fault)
    source, target = one.get("sourceIdentifier"), one.get("matchTarget")
    if source is None or target is None or "priorityOrder" not in one:
        _refuse("userMatchingSettings: a property is missing")
    _demand_reference(call, "RefIdentifierType", source.get("code"))
    _demand_reference(call, "RefUserMatchTarget", target.get("code"))
    return Matching(
        role_group=_bound(call, one, "roleGroup", "roleGroups", set(ROLE_GROUPS)),
        identifier=source["code"],
        target=target["code"],
        priority=one["priorityOrder"],
    )


def _bound(
    call: Call, body: dict[str, Any], link: str, entity_set: str, known: Iterable[str]
) -> str:
    """Return the id that *link* is bound to, by an address as Graph gives them out."""
    address = body.get(f"{link}{_BIND}")
    if not isinstance(address, str):
        _refuse(f"{link}{_BIND} is missing")
    parts = urlsplit(address)
    named = _OBJECT.fullmatch(plain(parts.path))
    here = parts.netloc in {GRAPH_HOST, urlsplit(call.graph_url).netloc}
    if not here or named is None or named["set"] != entity_set or named["id"] not in known:
        _refuse(f"{link}{_BIND} leads to nothing")
    return named["id"]


def _demand_reference(call: Call, kind: str, code: object) -> None:
    known = setup.known_references(call.tenant)
    if not any((one.kind, one.code) == (kind, code) and not one.disabled for one in known):
        _refuse(f"{code!r} is no {kind}")


def _free_name[T: (Source, Connector, Year, Flow)](
    call: Call, body: dict[str, Any], others: Sequence[T]
) -> str:
    name = _short(body, "displayName") or ""
    if not name.strip():
        _refuse("displayName is empty")
    taken = any(one.name.casefold() == name.casefold() for one in others)
    if taken and call.tenant.knobs.names_unique:
        raise RefusalError(409, "Conflict", "the displayName is taken")
    return name


def _short(body: dict[str, Any], name: str) -> str | None:
    text: str | None = body.get(name)
    if text is not None and len(text) > LONGEST_NAME:
        _refuse(f"{name} is longer than {LONGEST_NAME} characters")
    return text


def _demand_time(tenant: Tenant, flow: Flow) -> None:
    """A flow ends after it begins, and no later than on its year's last day (UTC)."""
    if flow.expires is None:
        return
    if flow.expires <= flow.begins:
        _refuse("expirationDateTime is not after effectiveDateTime")
    year = setup.year_of(tenant, flow)
    if flow.expires.astimezone(UTC).date() > year.ends:
        _refuse("expirationDateTime is after the end of the year")


def _demand_alone(tenant: Tenant, flow: Flow) -> None:
    """One inbound flow at a time is active for a year and a source (reference §13)."""
    now, wanted = tenant.clock(), _year_and_source(tenant, flow)
    for other in tenant.all_flows():
        active = other.readiness_at(now).lower() in _ACTIVE
        if active and _year_and_source(tenant, other) == wanted:
            raise RefusalError(409, "Conflict", "the year and source have an active inbound flow")


def _year_and_source(tenant: Tenant, flow: Flow) -> tuple[str, str | None]:
    connectors = (one for one in tenant.connectors if one.id == flow.connector_id)
    sources = [setup.source_of(tenant, one).id for one in connectors]
    return setup.year_of(tenant, flow).id, next(iter(sources), None)


def _links(call: Call) -> bool:
    return call.tenant.knobs.post_shows_links


def _made(call: Call, made_id: str, body: Json) -> Reply:
    if call.tenant.knobs.list_lag_reads:
        call.tenant.unseen[made_id] = call.tenant.knobs.list_lag_reads
    return Reply(201, body)


def _refuse(reason: str) -> NoReturn:
    raise RefusalError(400, "BadRequest", reason)
