"""The WSGI application: login, Graph and Data Lake of one tenant."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from simulators.sds import lake, runs
from simulators.sds.calls import Call, RefusalError, Reply, demand_known_links, stamp
from simulators.sds.faults import Answer, Fault, Script
from simulators.sds.knobs import SETUP_ROLES
from simulators.sds.login import demand_role, person_token
from simulators.sds.objects import Connector, Flow
from simulators.sds.routes import MAP, Route, Service
from simulators.sds.spelling import demand_served_spelling, plain
from simulators.sds.store import Store
from simulators.sds.tenant import Files, Json, RequestLine, Tenant
from simulators.sds.verdict import RowFault

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


PERSON_LIFETIME_S = 4500.0  # Entra gives a person 60 to 90 minutes


@dataclass(kw_only=True, repr=False, eq=False)
class SdsSimulator(Tenant):
    """A tenant that answers HTTP; knobs and people may be replaced between calls.

    It has no `repr` of its contents: a failing test would print names and tokens.
    """

    _script: Script = field(init=False, default_factory=Script)
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        # Read even if refused: a socket closed over unread bytes takes the answer with it.
        request.get_data(parse_form_data=False, cache=True)
        with self._lock:
            response = self._answer(request)
        return response(environ, start_response)

    def fail_next(
        self,
        match: str,
        answer: Answer | Exception,
        *,
        times: int | None = 1,
        skip: int = 0,
        done: bool = False,
    ) -> None:
        """Answer calls of route *match* (`*`: any) with *answer*; see `Fault` for the rest."""
        self._script.faults.append(Fault(match, answer, times, skip, done))

    def heal(self) -> None:
        """Forget every scripted answer that is left."""
        self._script.faults.clear()

    def reject_with(self, errors: Sequence[Json]) -> None:
        """Let the next validation end `succeeded` with these errors, and stage nothing."""
        self.rejections.append(tuple(errors))

    def expire_session(self, connector_id: str | None = None, *, after_writes: int = 0) -> None:
        """Let storage refuse the current session, after *after_writes* more storage calls."""
        session = self.current[connector_id or self.first_connector_id]
        session.writes_left = after_writes

    def person_token(
        self, scopes: Iterable[str] = SETUP_ROLES, lifetime_s: float = PERSON_LIFETIME_S
    ) -> str:
        """Return a token that a person brings, with *scopes* and not with roles."""
        return person_token(self, scopes, lifetime_s)

    def settle(self, connector: Connector, files: Files) -> None:
        """Let the tenant have another source, with a flow of its own and *files* staged."""
        flows = None if self.flows is None else [*self.flows, self.flow_of(connector)]
        if self.sources is not None:
            self.sources = [*self.sources, self.source_of(connector)]
        self.connectors, self.flows = (*self.connectors, connector), flows
        self.staged[connector.id] = files

    def change_flows(self, change: Callable[[Flow], Flow]) -> None:
        """Let every flow that leads to the first connector be what *change* makes of it."""
        ours = self.first_connector_id
        self.flows = [change(f) if f.connector_id == ours else f for f in self.all_flows()]

    def catch_up(self) -> None:
        """Do what operations and runs were due by now; every call does so by itself."""
        with self._lock:
            runs.catch_up(self)

    @property
    def store(self) -> Store:
        """What SDS remembers of the first connector, as of the clock; `stores` has them all."""
        self.catch_up()
        return self.stores.setdefault(self.first_connector_id, Store())

    @property
    def row_errors(self) -> list[RowFault]:
        """Every fault of every set that a run has read, in order, as of the clock."""
        self.catch_up()
        return self.row_faults

    def _answer(self, request: Request) -> Response:
        route, values = _match(request)
        storage = route is not None and route.service is Service.STORAGE
        name = route.name if route else "unknown"
        name = lake.route_name(request) if storage else name
        call = Call(self, request, values, self.new_id())
        status = 0
        try:
            response = self._scripted(name, route, call)
            status = response.status_code
        finally:
            self.requests.append(_line(call, name, status, storage=storage))
        return self._signed(response, call, storage=storage)

    def _scripted(self, name: str, route: Route | None, call: Call) -> Response:
        fault = self._script.next_for(name) or self._standing(name)
        if fault is None:
            return self._served(route, call)
        if fault.done:
            self._served(route, call)
        if isinstance(fault.answer, Exception):
            raise fault.answer
        storage = route is not None and route.service is Service.STORAGE
        return fault.answer.response(call.request_id, storage=storage)

    def _standing(self, name: str) -> Fault | None:
        """Return what a knob lets every call of this route meet."""
        answers = {
            "backendOperation": self.knobs.backend_answer,
            "runsStart": self.knobs.start_answer,
        }
        answer = answers.get(name)
        return None if answer is None else Fault(name, answer)

    def _served(self, route: Route | None, call: Call) -> Response:
        try:
            if route is None or not self._right_host(route.service, call):
                raise RefusalError(404, "ResourceNotFound", "nothing is served here")
            demand_served_spelling(call, route.name)
            if route.roles:
                demand_role(call, route.roles)
            if route.service is Service.GRAPH and not self.knobs.switched_on:
                raise RefusalError(404, "ResourceNotFound", "School Data Sync is not set up here")
            demand_known_links(call)
            runs.catch_up(self)
            reply = route.handler(call)
            runs.catch_up(self)
        except RefusalError as refusal:
            return _refusal(refusal, route.service if route else Service.GRAPH, call)
        return _document(reply)

    def _right_host(self, service: Service, call: Call) -> bool:
        """A service with a URL of its own answers there and nowhere else."""
        at_backend = urlsplit(self.backend_url).netloc == call.request.host
        if at_backend or service is Service.BACKEND:
            return at_backend and service is Service.BACKEND
        if service is Service.STORAGE:
            due = call.storage_url
        else:
            due = call.login_url if service is Service.LOGIN else self.base_url or call.here
        return urlsplit(due).netloc == call.request.host

    def _signed(self, response: Response, call: Call, *, storage: bool) -> Response:
        response.headers["x-ms-request-id" if storage else "request-id"] = call.request_id
        response.headers["Date"] = http_date(self.after(self.knobs.date_ahead_s))
        if sent := call.request.headers.get("client-request-id"):
            response.headers["client-request-id"] = sent
        return response


def _match(request: Request) -> tuple[Route | None, dict[str, str]]:
    adapter = MAP.bind(request.host)
    try:
        route, values = adapter.match(plain(request.path), request.method)
    except HTTPException:
        return None, {}
    return route, dict(values)


def _line(call: Call, name: str, status: int, *, storage: bool) -> RequestLine:
    sent = call.request.headers
    container_id = call.values.get("container_id", "")
    return RequestLine(
        at=call.tenant.clock(),
        method=call.request.method,
        host=call.request.host,
        path=call.request.path,
        route=name,
        status=status,
        had_authorization="Authorization" in sent,
        sas_intact=lake.sas_intact(call.tenant, call.request, container_id) if storage else None,
        accept=sent.get("Accept", ""),
        prefer=sent.get("Prefer", ""),
        file_type=sent.get("x-ms-content-type", ""),
        body=None if storage or name == "token" else call.request.get_json(silent=True, force=True),
    )


def _document(reply: Reply) -> Response:
    content = None if reply.body is None else json.dumps(reply.body)
    response = Response(content, reply.status, dict(reply.headers))
    if content is None:
        del response.headers["Content-Type"]
    else:
        response.content_type = "application/json"
    return response


def _refusal(refusal: RefusalError, service: Service, call: Call) -> Response:
    """The error document in the shape of the service that was asked."""
    told: Json = {"code": refusal.code, "message": str(refusal)}
    document: Json = {"error": told}
    headers: dict[str, str] = {}
    if service is Service.LOGIN:
        document = {"error": refusal.code, "error_description": str(refusal)}
    elif service is Service.STORAGE:
        headers["x-ms-error-code"] = refusal.code
    else:
        told["innerError"] = {
            "date": stamp(call.tenant.clock()),
            "request-id": call.request_id,
            "client-request-id": call.request.headers.get("client-request-id"),
        }
    if refusal.retry_after_s is not None:
        headers["Retry-After"] = str(refusal.retry_after_s)
    return _document(Reply(refusal.status, document, headers))
