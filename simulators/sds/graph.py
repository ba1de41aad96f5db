"""Connectors, flows and upload sessions (reference §4.2, §4.3)."""

from __future__ import annotations

from simulators.sds import lake
from simulators.sds.calls import Call, RefusalError, Reply, collection, not_found, stamp
from simulators.sds.spelling import wants_reset
from simulators.sds.tenant import DATA_LAKE, NAMESPACE, Connector, Flow, Json, Session, Tenant
from simulators.sds.words import told


def connectors(call: Call) -> Reply:
    items = [_connector_json(one) for one in call.tenant.connectors]
    return Reply(body=collection(call, "dataConnectors", items))


def connector(call: Call) -> Reply:
    return Reply(body=_connector_json(connector_of(call)))


def flows(call: Call) -> Reply:
    items = [_flow_json(call, one) for one in call.tenant.all_flows()]
    return Reply(body=collection(call, "inboundFlows", items))


def flow(call: Call) -> Reply:
    return Reply(body=_flow_json(call, _flow(call)))


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
    wanted = call.values.get("connector_id") or _flow(call).connector_id
    for one in call.tenant.connectors:
        if one.id == wanted:
            return one
    raise not_found("data connector")


def _flow(call: Call) -> Flow:
    for one in call.tenant.all_flows():
        if one.id == call.values.get("flow_id"):
            return one
    raise not_found("inbound flow")


def _connector_json(one: Connector) -> Json:
    named: Json = {"@odata.type": one.odata_type, "id": one.id, "displayName": one.name}
    return named if one.format_code is None else named | {"fileFormat": {"code": one.format_code}}


def _flow_json(call: Call, one: Flow) -> Json:
    body: Json = {
        "@odata.type": f"{NAMESPACE}inboundFileFlow",
        "id": one.id,
        "displayName": one.name,
        "dataDomain": "educationRostering",
        "readinessStatus": readiness(call, one),
        "effectiveDateTime": stamp(one.begins),
        "expirationDateTime": stamp(one.expires),
    }
    if call.expands("dataConnector"):
        listed = [c for c in call.tenant.connectors if c.id == one.connector_id]
        # Graph never gives null here: a connector that is not in the list is there all the same.
        unlisted = Connector(id=one.connector_id, name="Elsewhere")
        body["dataConnector"] = _connector_json(next(iter(listed), unlisted))
    return body


def readiness(call: Call, flow: Flow) -> str:
    return told(call, "readinessStatus", flow.readiness_at(call.tenant.clock()))
