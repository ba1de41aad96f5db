"""The users of a tenant, as Graph lists them to a person who may read them all.

Written from docs/reference/sds.md#users: pages with `$skiptoken`, `$select` honoured, and what is
not selected is not told. `extensionAttribute1` to `15` lie within one object.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from simulators.invented.records import InventedSchool

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

USERS = "/v1.0/users"
PERSON_TOKEN = "invented-token-of-a-person"
_DEFAULT = ("id", "displayName", "givenName", "surname", "userPrincipalName", "mail")
_EXTENSION = "onPremisesExtensionAttributes"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryUser:
    """A user. `extensions` are the extension attributes that are set, by name."""

    upn: str
    surname: str | None
    employee_id: str | None = None
    extensions: Mapping[str, str] = field(default_factory=dict)
    enabled: bool = True
    kind: str | None = "Member"
    given_name: str = "Invented"

    @property
    def id(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, self.upn))

    def told(self) -> Mapping[str, object]:
        names = (f"extensionAttribute{number}" for number in range(1, 16))
        return {
            "id": self.id,
            "accountEnabled": self.enabled,
            "displayName": f"{self.given_name} {self.surname}",
            "employeeId": self.employee_id,
            "givenName": self.given_name,
            "mail": self.upn,
            _EXTENSION: {name: self.extensions.get(name) for name in names},
            "surname": self.surname,
            "userPrincipalName": self.upn,
            "userType": self.kind,
        }


@dataclass(kw_only=True, eq=False, repr=False)
class UserDirectory:
    """Graph's list of users.

    Knobs: a page holds `page_size` users at most; the next `throttled` calls are 429 with
    `Retry-After: 7`; without `may_read` the answer is 403; `next_host` begins each next link;
    `without` are fields that Graph leaves out although they were selected. `token` is the one that
    is taken, `requests` are the queries that were asked.
    """

    users: Sequence[DirectoryUser]
    token: str = PERSON_TOKEN
    page_size: int = 100
    throttled: int = 0
    may_read: bool = True
    next_host: str | None = None
    without: Sequence[str] = ()
    requests: list[Mapping[str, str]] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        self.requests.append(dict(request.args))
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return _refusal(401, "InvalidAuthenticationToken")
        if self.throttled:
            self.throttled -= 1
            response = _refusal(429, "TooManyRequests")
            response.headers["Retry-After"] = "7"
            return response
        if not self.may_read:
            return _refusal(403, "Authorization_RequestDenied")
        if request.path != USERS or request.method != "GET":
            return _refusal(404, "Request_ResourceNotFound")
        return self._page(request)

    def _page(self, request: Request) -> Response:
        wanted = request.args.get("$select", ",".join(_DEFAULT)).split(",")
        size = min(int(request.args.get("$top", "100")), self.page_size)
        start = int(request.args.get("$skiptoken", "0"))
        told = [user.told() for user in self.users[start : start + size]]
        page: dict[str, object] = {
            "value": [
                {n: v for n, v in user.items() if n in wanted and n not in self.without}
                for user in told
            ]
        }
        if start + size < len(self.users):
            query = {**request.args, "$skiptoken": str(start + size)}
            host = self.next_host or request.host_url.rstrip("/")
            page["@odata.nextLink"] = f"{host}{request.path}?{urlencode(query)}"
        return Response(json.dumps(page), 200, content_type="application/json")


def members_of(school: InventedSchool) -> Sequence[DirectoryUser]:
    """Return the account of every pupil and every member of staff, also of who has no address.

    A pupil's `employeeId` is the admission number, that of staff their id in iSAMS.
    """
    pupils = (
        DirectoryUser(
            upn=_upn(pupil.email, f"p{pupil.id}", school.domain),
            surname=pupil.surname,
            employee_id=pupil.school_code,
        )
        for pupil in school.pupils
    )
    staff = (
        DirectoryUser(
            upn=_upn(employee.email, f"t{employee.id}", school.domain),
            surname=employee.surname,
            employee_id=str(employee.id),
        )
        for employee in school.staff
    )
    return [*pupils, *staff]


def _upn(email: str | None, name: str, domain: str) -> str:
    return (email or "").strip() or f"{name}@{domain}"


def _refusal(status: int, code: str) -> Response:
    body = {"error": {"code": code, "message": "Refused."}}
    return Response(json.dumps(body), status, content_type="application/json")
