"""The Data Lake end of an upload: create, append, flush behind a SAS (reference §4.4)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote

from werkzeug.wrappers import Request

from simulators.sds.calls import Call, RefusalError, Reply, stamp
from simulators.sds.tenant import Session, Tenant, Upload

SIGNING_KEY = b"invented"


def sas(tenant: Tenant, session: Session) -> str:
    """Return the query that opens *session*'s directory; its signature needs percent-encoding."""
    expires = stamp(session.expires)
    directory = f"{tenant.tenant_id}/{session.connector_id}/{session.container_id}"
    digest = hmac.new(SIGNING_KEY, f"{directory}\n{expires}".encode(), hashlib.sha256).digest()
    signature = quote("+/" + base64.b64encode(digest).decode(), safe="")
    se = quote(str(expires), safe="")
    return f"sv=2023-11-03&se={se}&sr=d&sdd=3&sp=racwl&sig={signature}"


def sas_intact(tenant: Tenant, request: Request, container_id: str) -> bool:
    """Whether the query starts with the SAS as it was given out, byte for byte."""
    session = tenant.sessions.get(container_id)
    query = request.query_string.decode("latin-1")
    return session is not None and f"{query}&".startswith(sas(tenant, session) + "&")


def route_name(request: Request) -> str:
    """Name the storage operation that a request asks for."""
    if request.method == "PUT":
        return "create" if request.args.get("resource") == "file" else "put"
    return request.args.get("action", "") or "storage"


def write(call: Call) -> Reply:
    session = _session(call)
    name = call.values["file"]
    match route_name(call.request):
        case "create":
            return _create(call, session, name)
        case "append":
            return _append(call, _upload(session, name))
        case "flush":
            return _flush(call, _upload(session, name))
        case "put" if not call.tenant.knobs.single_put_refused:
            content = call.request.get_data()
            session.uploads[name] = Upload(bytearray(content), content, len(content))
            return Reply(201)
        case _:
            raise RefusalError(400, "InvalidHeaderValue", "not an operation of this endpoint")


def _session(call: Call) -> Session:
    """Return the session that the path and the SAS lead to, which may be gone or expired."""
    tenant, request = call.tenant, call.request
    if "Authorization" in request.headers:
        raise RefusalError(400, "InvalidAuthenticationInfo", "a SAS and a token at once")
    session = tenant.sessions.get(call.values["container_id"])
    if session is None:
        raise RefusalError(403, "AuthenticationFailed", "no such signature")
    given = {key: request.args.get(key) for key in ("sv", "se", "sr", "sdd", "sp", "sig")}
    # Parsed by the same rules, so that only a changed value differs.
    due = Request({"QUERY_STRING": sas(tenant, session)}).args
    place = (call.values["tenant_id"], call.values["connector_id"])
    if given != dict(due.items()) or place != (tenant.tenant_id, session.connector_id):
        raise RefusalError(403, "AuthenticationFailed", "signature did not match")
    if session.writes_left is not None:
        session.cut_off = session.writes_left == 0
        session.writes_left = max(0, session.writes_left - 1)
    if not session.alive(tenant.clock()):
        raise RefusalError(403, "AuthenticationFailed", "signature expired")
    if tenant.current.get(session.connector_id) is not session:
        raise RefusalError(404, "PathNotFound", "the container is gone")
    return session


def _create(call: Call, session: Session, name: str) -> Reply:
    if call.request.headers.get("If-None-Match") == "*" and name in session.uploads:
        raise RefusalError(409, "PathAlreadyExists", "the file exists")
    session.uploads[name] = Upload()
    return Reply(201)


def _append(call: Call, upload: Upload) -> Reply:
    if _position(call) != len(upload.received):
        raise RefusalError(400, "InvalidInput", "position is not the length so far")
    upload.received += call.request.get_data()
    if call.request.args.get("flush", "").lower() == "true":
        _keep(call, upload)
    return Reply(202)


def _flush(call: Call, upload: Upload) -> Reply:
    if call.request.get_data():
        raise RefusalError(400, "ContentLengthMustBeZero", "a flush has no body")
    if _position(call) != len(upload.received):
        raise RefusalError(400, "InvalidFlushPosition", "position is not the length so far")
    _keep(call, upload)
    return Reply(200)


def _keep(call: Call, upload: Upload) -> None:
    """Let what was received so far be seen, or as much of it as the knob keeps."""
    length = len(upload.received)
    kept = length * call.tenant.knobs.flush_keeps_percent // 100
    upload.flushed = bytes(upload.received[:kept])
    upload.flushed_bytes = length


def _upload(session: Session, name: str) -> Upload:
    try:
        return session.uploads[name]
    except KeyError:
        raise RefusalError(404, "PathNotFound", "create the file first") from None


def _position(call: Call) -> int:
    try:
        return int(call.request.args["position"])
    except (KeyError, ValueError):
        raise RefusalError(400, "InvalidQueryParameterValue", "position") from None
