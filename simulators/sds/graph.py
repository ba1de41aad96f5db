"""Connectors, flows, upload sessions and their validation (reference §4.2, §4.3, §4.5, §4.6)."""

from __future__ import annotations

import codecs
from datetime import timedelta
from math import ceil

from simulators.sds import lake
from simulators.sds.calls import GRAPH_PATH, Call, RefusalError, Reply, collection, not_found, stamp
from simulators.sds.checks import absent_files, basic_faults
from simulators.sds.formats import FORMATS, V2_1_CODE
from simulators.sds.knobs import Location
from simulators.sds.store import digest_of
from simulators.sds.tenant import (
    DATA_LAKE,
    NAMESPACE,
    Connector,
    Files,
    Flow,
    Json,
    Operation,
    Session,
    Submission,
    Tenant,
)

BACKEND_PATH = "/api/industryData/v0.4-beta/industryData"


def connectors(call: Call) -> Reply:
    items = [_connector_json(one) for one in call.tenant.connectors]
    return Reply(body=collection(call, "dataConnectors", items))


def connector(call: Call) -> Reply:
    return Reply(body=_connector_json(_connector(call)))


def flows(call: Call) -> Reply:
    items = [_flow_json(call, one) for one in call.tenant.all_flows()]
    return Reply(body=collection(call, "inboundFlows", items))


def flow(call: Call) -> Reply:
    return Reply(body=_flow_json(call, _flow(call)))


def upload_session(call: Call) -> Reply:
    """Return the current session, or with `resetSession=true` a fresh one over an empty container.

    The container before it is destroyed: late writes to it find nothing.
    """
    tenant, target = call.tenant, _connector(call)
    if target.odata_type != DATA_LAKE:
        raise RefusalError(400, "BadRequest", "not an Azure Data Lake connector")
    session = tenant.current.get(target.id)
    reset = call.request.args.get("resetSession", "false").lower() == "true"
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


def validate(call: Call) -> Reply:
    """Finalise the session: check what was flushed, stage it if it is sound, destroy the container.

    The outcome is settled here; polls of the operation only uncover it. So a sender that never
    polls has sent all the same.
    """
    tenant, target = call.tenant, _connector(call)
    now, knobs = tenant.clock(), tenant.knobs
    session = tenant.current.pop(target.id, None)
    files, unfinished = _flushed(session if session and session.alive(now) else None)
    if session:
        session.uploads = {}
    errors = tenant.rejections.pop(0) if tenant.rejections else _errors(tenant, target, files)
    operation_id = tenant.new_id()
    tenant.operations[operation_id] = Operation(
        connector_id=target.id,
        created=now,
        status=knobs.operation_status,
        polls_left=knobs.operation_polls,
        ready_at=now + timedelta(seconds=knobs.operation_s),
        document=_outcome(target, files, errors),
    )
    tenant.submissions.append(
        Submission(target.id, operation_id, now, digest_of(files), files, unfinished, errors)
    )
    if not errors and knobs.operation_status != "failed":
        tenant.staged[target.id] = files
        tenant.run_wanted = tenant.run_wanted or knobs.auto_run_after_validate
    return Reply(202, headers=_location(call, operation_id))


def operation(call: Call) -> Reply:
    """One poll. Too soon after the last one it is refused, and does not count."""
    tenant, now = call.tenant, call.tenant.clock()
    held = tenant.operations.get(call.values["operation_id"])
    if held is None:
        raise not_found("operation")
    if held.last_poll is not None:
        wait_s = tenant.knobs.min_poll_s - (now - held.last_poll).total_seconds()
        if wait_s > 0:
            raise RefusalError(429, "TooManyRequests", "poll slower", retry_after_s=ceil(wait_s))
    status = "notStarted" if held.last_poll is None else "running"
    if held.polls_left <= 0 and held.ready_at <= now and held.status is not None:
        status = held.status
    held.last_poll, held.polls_left = now, held.polls_left - 1
    over = status not in {"notStarted", "running"}
    body: Json = {
        "@odata.type": f"{NAMESPACE}fileValidateOperation",
        "id": call.values["operation_id"],
        "status": status,
        "statusDetail": None,
        "createdDateTime": stamp(held.created),
        "lastActionDateTime": stamp(now),
        "resourceLocation": f"{call.here}/beta/industryData/dataConnectors/{held.connector_id}",
        **(held.document if over else {"validatedFiles": [], "errors": [], "warnings": []}),
    }
    return Reply(body=body)


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


def _flushed(session: Session | None) -> tuple[Files, tuple[str, ...]]:
    uploads = session.uploads if session else {}
    files = {name: one.flushed for name, one in uploads.items() if one.flushed is not None}
    return files, tuple(sorted(name for name, one in uploads.items() if not one.complete))


def _errors(tenant: Tenant, target: Connector, files: Files) -> tuple[Json, ...]:
    faults = basic_faults(as_read(tenant, files), _format(target))
    return tuple(public_error(fault.code, fault.file, fault.column) for fault in faults)


def as_read(tenant: Tenant, files: Files) -> Files:
    """The files as SDS reads them, which may or may not see a byte order mark (unknown)."""
    if tenant.knobs.bom_breaks_header:
        return files
    return {name: content.removeprefix(codecs.BOM_UTF8) for name, content in files.items()}


def _format(target: Connector) -> str:
    """An old connector names no format; it takes V2.1."""
    code = target.format_code
    return code if code is not None and code in FORMATS else V2_1_CODE


def _outcome(target: Connector, files: Files, errors: tuple[Json, ...]) -> Json:
    absent = absent_files(files, _format(target))
    return {
        "validatedFiles": [] if errors else sorted(files),
        "errors": list(errors),
        "warnings": [public_error("OptionalFileNotFound", name) for name in absent],
    }


def public_error(code: str, target: str, column: str = "") -> Json:
    about = f" at {column}" if column else ""
    message = f"Validation of {target} met {code}{about}."
    return {"code": code, "message": message, "target": target, "details": [], "innerError": None}


def _location(call: Call, operation_id: str) -> dict[str, str]:
    tail = f"/operations/{operation_id}"
    match call.tenant.knobs.location:
        case Location.GRAPH:
            return {"Location": call.graph_url + tail}
        case Location.BACKEND:
            return {"Location": call.tenant.backend_url + BACKEND_PATH + tail}
        case Location.RELATIVE:
            return {"Location": GRAPH_PATH + tail}
        case Location.MISSING:
            return {}


def _connector(call: Call) -> Connector:
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
        "readinessStatus": one.readiness_at(call.tenant.clock()),
        "effectiveDateTime": None,
        "expirationDateTime": stamp(one.expires),
    }
    if call.expands("dataConnector"):
        held = [c for c in call.tenant.connectors if c.id == one.connector_id]
        body["dataConnector"] = _connector_json(held[0]) if held else None
    return body
