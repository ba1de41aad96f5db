"""`validate` and what becomes of it, wherever one asks (reference §4.5, §4.6, §11)."""

from __future__ import annotations

from math import ceil

from simulators.sds.calls import (
    BACKEND_PATH,
    GRAPH_PATH,
    Call,
    RefusalError,
    Reply,
    collection,
    not_found,
)
from simulators.sds.checks import absent_files, basic_faults
from simulators.sds.formats import FORMATS, V2_1_CODE
from simulators.sds.graph import connector_of
from simulators.sds.knobs import Body, Location
from simulators.sds.objects import Connector
from simulators.sds.outcome import in_pascal_case, operation_json, public_error
from simulators.sds.store import digest_of
from simulators.sds.tenant import Files, Json, Operation, Session, Submission, Tenant
from simulators.sds.words import told

# What ends so has given the next run nothing. For `skipped` no source says: the stricter reading.
TAKES_NOTHING = frozenset({"failed", "skipped"})


def validate(call: Call) -> Reply:
    """Finalise the session: check what was flushed, destroy the container.

    The outcome is settled here and comes about when the operation ends by the clock; polls only
    uncover it. So a sender that never polls has sent all the same.
    """
    tenant, target = call.tenant, connector_of(call)
    now = tenant.clock()
    session = tenant.current.pop(target.id, None)
    files, unfinished = _flushed(session if session and session.alive(now) else None)
    if session:
        session.uploads = {}
    seen = {name: body for name, body in files.items() if name not in tenant.knobs.overlooked}
    errors = tenant.rejections.pop(0) if tenant.rejections else _errors(target, seen)
    operation_id = tenant.new_id()
    tenant.operations[operation_id] = _operation(tenant, target, seen, errors)
    tenant.submissions.append(
        Submission(target.id, operation_id, now, digest_of(files), files, unfinished, errors)
    )
    return Reply(202, headers=_location(call, operation_id))


def listing(call: Call) -> Reply:
    """Graph's list of operations. To be listed counts as a poll, and is never too soon."""
    known = call.tenant.operations if call.tenant.knobs.graph_lists_operations else {}
    items = [_at_graph(call, name, _uncover(call, held)) for name, held in known.items()]
    return Reply(body=collection(call, "operations", items))


def one(call: Call) -> Reply:
    if not call.tenant.knobs.graph_knows_operation:
        raise not_found("operation")
    return Reply(body=_at_graph(call, call.values["operation_id"], _poll(call)))


def at_backend(call: Call) -> Reply:
    """The same operation in the backend's own words: it is not Graph, and masks none of them."""
    knobs = call.tenant.knobs
    if not knobs.backend_knows_operation:
        raise not_found("operation")
    body = operation_json(call, call.values["operation_id"], _poll(call))
    match knobs.backend_body:
        case Body.WITHOUT_ID:
            del body["id"]
        case Body.OTHER_ID:
            body["id"] = call.tenant.new_id()
        case Body.UPPER_CASE_ID:
            body["id"] = str(body["id"]).upper()
        case Body.PASCAL_CASE:
            body = in_pascal_case(body)
    return Reply(body=body)


def _operation(
    tenant: Tenant, target: Connector, files: Files, errors: tuple[Json, ...]
) -> Operation:
    knobs = tenant.knobs
    taken = not errors and (knobs.operation_status or "").lower() not in TAKES_NOTHING
    return Operation(
        connector_id=target.id,
        created=tenant.clock(),
        status=knobs.operation_status,
        polls_left=knobs.operation_polls,
        ends=tenant.after(knobs.operation_s),
        document=_document(tenant, target, files, errors),
        takes=files if taken else None,
    )


def _document(tenant: Tenant, target: Connector, files: Files, errors: tuple[Json, ...]) -> Json:
    absent = absent_files(files, _format(target))
    warnings = [("OptionalFileNotFound", name) for name in absent]
    return {
        "validatedFiles": [] if errors else sorted(files),
        "errors": list(errors),
        "warnings": [public_error(*pair) for pair in (*warnings, *tenant.knobs.extra_warnings)],
    }


def _poll(call: Call) -> tuple[Operation, str]:
    """One poll by id. Too soon after the last one it is refused, and does not count."""
    tenant, now = call.tenant, call.tenant.clock()
    held = tenant.operations.get(call.values["operation_id"])
    if held is None:
        raise not_found("operation")
    if held.last_poll is not None:
        wait_s = tenant.knobs.min_poll_s - (now - held.last_poll).total_seconds()
        if wait_s > 0:
            raise RefusalError(429, "TooManyRequests", "poll slower", retry_after_s=ceil(wait_s))
    uncovered = _uncover(call, held)
    held.last_poll = now
    return uncovered


def _uncover(call: Call, held: Operation) -> tuple[Operation, str]:
    """Return *held* and the status that is told this time."""
    status = "notStarted" if held.last_poll is None else "running"
    if held.polls_left <= 0 and held.ends <= call.tenant.clock() and held.status is not None:
        status = held.status
    held.polls_left -= 1
    return held, status


def _at_graph(call: Call, operation_id: str, uncovered: tuple[Operation, str]) -> Json:
    body = operation_json(call, operation_id, uncovered)
    body["status"] = told(call, "longRunningOperationStatus", uncovered[1])
    return body


def _flushed(session: Session | None) -> tuple[Files, tuple[str, ...]]:
    uploads = session.uploads if session else {}
    files = {name: upload.flushed for name, upload in uploads.items() if upload.flushed is not None}
    return files, tuple(sorted(name for name, upload in uploads.items() if not upload.complete))


def _errors(target: Connector, files: Files) -> tuple[Json, ...]:
    faults = basic_faults(files, _format(target))
    return tuple(public_error(fault.code, fault.file, fault.column) for fault in faults)


def _format(target: Connector) -> str:
    """An old connector names no format; it takes V2.1."""
    code = target.format_code
    return code if code is not None and code in FORMATS else V2_1_CODE


def _location(call: Call, operation_id: str) -> dict[str, str]:
    tail = f"/operations/{operation_id}"
    backend = call.tenant.backend_url + BACKEND_PATH
    match call.tenant.knobs.location:
        case Location.GRAPH:
            return {"Location": call.graph_url + tail}
        case Location.BACKEND:
            return {"Location": backend + tail}
        case Location.BACKEND_QUOTED:
            return {"Location": f"{backend}/operations('{operation_id}')"}
        case Location.RELATIVE:
            return {"Location": GRAPH_PATH + tail}
        case Location.MISSING:
            return {}
