"""Connectors, inbound flows and upload sessions (reference §4.2, §4.3, §4.10)."""

from __future__ import annotations

from simulators.sds import lake, setup
from simulators.sds.calls import (
    Call,
    RefusalError,
    Reply,
    by_id,
    collection,
    exactly,
    shown,
    stamp,
)
from simulators.sds.objects import DATA_LAKE, NAMESPACE, Connector, Flow
from simulators.sds.spelling import wants_reset
from simulators.sds.tenant import Json, Session, Tenant
from simulators.sds.words import told


def connectors(call: Call) -> Reply:
    items = [connector_json(call, one) for one in shown(call, call.tenant.connectors)]
    return Reply(body=collection(call, "dataConnectors", items))


def connector(call: Call) -> Reply:
    listed = shown(call, call.tenant.connectors)
    found = by_id(listed, call.values["connector_id"], "data connector")
    return Reply(body=connector_json(call, found))


def source_of_connector(call: Call) -> Reply:
    listed = shown(call, call.tenant.connectors)
    found = by_id(listed, call.values["connector_id"], "data connector")
    return Reply(body=setup.source_json(call, setup.source_of(call.tenant, found)))


def flows(call: Call) -> Reply:
    items = [flow_json(call, one) for one in shown(call, call.tenant.all_flows())]
    return Reply(body=collection(call, "inboundFlows", items))


def flow(call: Call) -> Reply:
    return Reply(body=flow_json(call, _shown_flow(call)))


def connector_of_flow(call: Call) -> Reply:
    wanted = _shown_flow(call).connector_id
    found = by_id(call.tenant.connectors, wanted, "data connector")
    return Reply(body=connector_json(call, found))


def year_of_flow(call: Call) -> Reply:
    return Reply(body=setup.year_json(setup.year_of(call.tenant, _shown_flow(call))))


def upload_session(call: Call) -> Reply:
    """Return the current session, or with `resetSession=true` a fresh one over an empty container.

    The container before it is destroyed: late writes to it find nothing.
    """
    tenant, target = call.tenant, connector_of(call)
    if target.odata_type != DATA_LAKE:
        raise RefusalError(400, "BadRequest", "not an Azure Data Lake connector")
    session = tenant.current.get(target.id)
    reset = wants_reset(call) and not tenant.knobs.reset_ignored
    if reset or session is None or not session.alive(tenant.clock()):
        session = _new_session(tenant, target)
    directory = f"lake/{tenant.tenant_id}/{target.id}/{session.container_id}"
    return Reply(
        body={
            "@odata.type": f"{NAMESPACE}fileUploadSession",
            "containerId": session.container_id,
            "containerExpirationDateTime": stamp(session.container_expires),
            "sessionExpirationDateTime": stamp(session.expires),
            "sessionUrl": f"{call.storage_url}/{directory}?{lake.sas(tenant, session)}",
        }
    )


def _new_session(tenant: Tenant, target: Connector) -> Session:
    if old := tenant.current.get(target.id):
        old.uploads = {}
    session = Session(
        connector_id=target.id,
        container_id=tenant.new_id(),
        expires=tenant.after(tenant.knobs.session_lifetime_s),
        container_expires=tenant.after(tenant.knobs.container_lifetime_s),
    )
    tenant.current[target.id] = tenant.sessions[session.container_id] = session
    return session


def connector_of(call: Call) -> Connector:
    """Return the connector that the path names, or that its flow leads to."""
    tenant, flow_id = call.tenant, call.values.get("flow_id", "")
    wanted = call.values.get("connector_id")
    if wanted is None:
        wanted = by_id(tenant.all_flows(), flow_id, "inbound flow").connector_id
    return by_id(tenant.connectors, wanted, "data connector")


def _shown_flow(call: Call) -> Flow:
    listed = shown(call, call.tenant.all_flows())
    return by_id(listed, call.values["flow_id"], "inbound flow")


def connector_json(call: Call, one: Connector, *, links: bool = False) -> Json:
    """Write a connector; *links*: with all that it leads to, whatever the call asks for."""
    body: Json = {"@odata.type": one.odata_type, "id": one.id, "displayName": one.name}
    if one.format_code is not None:
        body["fileFormat"] = {"code": one.format_code}
    if links or call.expands("sourceSystem"):
        body["sourceSystem"] = setup.source_json(call, setup.source_of(call.tenant, one))
    return body


def flow_json(call: Call, one: Flow, *, links: bool = False) -> Json:
    """Write a flow; *links*: with all that it leads to, whatever the call asks for."""
    body: Json = {
        "@odata.type": f"{NAMESPACE}inboundFileFlow",
        "id": one.id,
        "displayName": one.name,
        "dataDomain": "educationRostering",
        "readinessStatus": readiness(call, one),
        "effectiveDateTime": exactly(one.begins),
        "expirationDateTime": exactly(one.expires),
    }
    if links or call.expands("dataConnector"):
        listed = [c for c in call.tenant.connectors if c.id == one.connector_id]
        # Graph never gives null here: a connector that is not in the list is there all the same.
        unlisted = Connector(id=one.connector_id, name="Elsewhere")
        body["dataConnector"] = connector_json(call, next(iter(listed), unlisted))
    if links or call.expands("year"):
        body["year"] = setup.year_json(setup.year_of(call.tenant, one))
    return body


def readiness(call: Call, flow: Flow) -> str:
    return told(call, "readinessStatus", flow.readiness_at(call.tenant.clock()))
