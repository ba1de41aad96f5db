"""Entra's directory as far as Graph shows it to who grants application roles.

Service principals, the roles that one of them offers, and who has been given which. Written from
the reference (section 7) and, where that is silent, from the strictest reading.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

type Json = dict[str, object]

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
TOKEN = "invented-token-of-an-administrator"


@dataclass(frozen=True, slots=True)
class Role:
    value: str
    for_applications: bool = True
    enabled: bool = True

    @property
    def id(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.value} {self.for_applications}"))


@dataclass(frozen=True, slots=True)
class Principal:
    """A service principal: a managed identity, or an app with roles to give."""

    name: str
    id: str
    app_id: str
    kind: str = "ManagedIdentity"
    roles: tuple[Role, ...] = ()


@dataclass(kw_only=True, eq=False, repr=False)
class Directory:
    """One tenant. `granted` holds principal, resource and role, by id, in order.

    Knobs: a list is told `page_size` records at a time; the next `throttled` calls are answered 429
    with `retry_after` (None leaves the header out); without `may_read` or `may_grant` the answer is
    403; the first `stale_lists` lists of assignments are told as if nothing had been granted; a
    role that is held is refused with `duplicate_status`; `next_host` begins each next link.
    """

    principals: Sequence[Principal]
    granted: list[tuple[str, str, str]] = field(default_factory=list)
    page_size: int = 2
    throttled: int = 0
    retry_after: str | None = "7"
    may_read: bool = True
    may_grant: bool = True
    stale_lists: int = 0
    duplicate_status: int = 409
    next_host: str | None = None
    requests: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        self.requests.append((request.method, request.path))
        return self._answer(request)(environ, start_response)

    def give(self, principal: Principal, resource: Principal, value: str) -> None:
        """Grant a role as an administrator did before."""
        role = next(one for one in resource.roles if one.value == value and one.for_applications)
        self.granted.append((principal.id, resource.id, role.id))

    def held(self, principal: Principal) -> list[str]:
        """Return the roles that *principal* was given, by value, in the order of giving."""
        values = {role.id: role.value for one in self.principals for role in one.roles}
        return [values[role] for holder, _, role in self.granted if holder == principal.id]

    def _answer(self, request: Request) -> Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _refusal(401, "InvalidAuthenticationToken")
        if self.throttled:
            self.throttled -= 1
            response = _refusal(429, "TooManyRequests")
            if self.retry_after is not None:
                response.headers["Retry-After"] = self.retry_after
            return response
        if not self.may_read or (request.method == "POST" and not self.may_grant):
            return _refusal(403, "Authorization_RequestDenied")
        try:
            handler, values = MAP.bind(request.host).match(request.path, request.method)
        except HTTPException:
            return _refusal(404, "Request_ResourceNotFound")
        found: Response = handler(self, request, **values)
        return found

    def search(self, request: Request) -> Response:
        asked = re.fullmatch(r"appId eq '([^']*)'", request.args.get("$filter", ""))
        if asked is None:
            return _refusal(400, "Request_UnsupportedQuery")
        found = [one for one in self.principals if one.app_id == asked[1]]
        return self._page(request, [_principal(one, request) for one in found])

    def one(self, request: Request, principal_id: str) -> Response:
        found = next((one for one in self.principals if one.id == principal_id), None)
        if found is None:
            return _refusal(404, "Request_ResourceNotFound")
        return _document(200, _principal(found, request))

    def assignments(self, request: Request, principal_id: str) -> Response:
        if self.stale_lists:
            self.stale_lists -= 1
            return self._page(request, [])
        given = [one for one in self.granted if one[0] == principal_id]
        return self._page(request, [self._assignment(*one) for one in given])

    def grant(self, request: Request, principal_id: str) -> Response:
        wanted = request.get_json()
        if set(wanted) != {"principalId", "resourceId", "appRoleId"}:
            return _refusal(400, "Request_BadRequest")
        resource = next((one for one in self.principals if one.id == wanted["resourceId"]), None)
        offered = {one.id for one in resource.roles} if resource else set()
        holders = {one.id for one in self.principals}
        if wanted["principalId"] != principal_id or principal_id not in holders:
            return _refusal(404, "Request_ResourceNotFound")
        if wanted["appRoleId"] not in offered:
            return _refusal(400, "Request_BadRequest")
        new = (principal_id, wanted["resourceId"], wanted["appRoleId"])
        if new in self.granted:
            return _refusal(self.duplicate_status, "Request_BadRequest")
        self.granted.append(new)
        return _document(201, self._assignment(*new))

    def _assignment(self, principal_id: str, resource_id: str, role_id: str) -> Json:
        resource = next(one for one in self.principals if one.id == resource_id)
        return {
            "id": uuid.uuid5(uuid.NAMESPACE_OID, principal_id + resource_id + role_id).hex,
            "principalId": principal_id,
            "resourceId": resource_id,
            "resourceDisplayName": resource.name,
            "appRoleId": role_id,
        }

    def _page(self, request: Request, items: list[Json]) -> Response:
        start = int(request.args.get("$skiptoken", "0"))
        page: Json = {"value": items[start : start + self.page_size]}
        if start + self.page_size < len(items):
            query = {**request.args, "$skiptoken": str(start + self.page_size)}
            host = self.next_host or request.host_url.rstrip("/")
            page["@odata.nextLink"] = f"{host}{request.path}?{urlencode(query)}"
        return _document(200, page)


def _principal(one: Principal, request: Request) -> Json:
    """The fields that `$select` names; without it, all."""
    fields: Json = {
        "id": one.id,
        "appId": one.app_id,
        "displayName": one.name,
        "servicePrincipalType": one.kind,
        "appRoles": [
            {
                "id": role.id,
                "value": role.value,
                "isEnabled": role.enabled,
                "allowedMemberTypes": ["Application" if role.for_applications else "User"],
            }
            for role in one.roles
        ],
    }
    chosen = request.args.get("$select", ",".join(fields)).split(",")
    return {name: value for name, value in fields.items() if name in chosen}


def _document(status: int, content: Json) -> Response:
    return Response(json.dumps(content), status, content_type="application/json")


def _refusal(status: int, code: str) -> Response:
    return _document(status, {"error": {"code": code, "message": "Refused."}})


_PRINCIPALS = "/v1.0/servicePrincipals"
_GIVEN = f"{_PRINCIPALS}/<principal_id>/appRoleAssignments"
_ROUTES: tuple[tuple[str, str, Callable[..., Response]], ...] = (
    ("GET", _PRINCIPALS, Directory.search),
    ("GET", f"{_PRINCIPALS}/<principal_id>", Directory.one),
    ("GET", _GIVEN, Directory.assignments),
    ("POST", _GIVEN, Directory.grant),
)
MAP = Map([Rule(path, methods=[verb], endpoint=handler) for verb, path, handler in _ROUTES])
