"""Graph's education view: classes, their members and teachers, and people (reference §12, §13).

Written more strictly than Graph is known to be: whoever asks without `$select`, or for anything
but what the reference has, is refused, because the answer would hold what nobody needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from simulators.sds.calls import Call, RefusalError, Reply, not_found
from simulators.sds.classrooms import Account, Classroom, Classrooms, accounts_in
from simulators.sds.faults import GRAPH_CODES, Answer
from simulators.sds.knobs import EDU_ROSTER, MEMBER_HIDDEN, USER_READ
from simulators.sds.login import demand_role, roles_of
from simulators.sds.tenant import Json, Tenant

V1 = "/v1.0"
BATCH_LIMIT = 20
CLASS_FIELDS = ("id", "externalId", "mailNickname", "displayName")
PERSON_FIELDS = ("id", "userPrincipalName", "mail")
ACCOUNT_FIELDS = (*PERSON_FIELDS, "accountEnabled")
CANARIES: Mapping[str, object] = {
    "birthDate": "2013-04-05-canary",
    "mobilePhone": "+44 1632 960canary",
    "residenceAddress": {"street": "7 Canary Wharf Row", "city": "Canaryton"},
}
"""What Graph gives of everybody unless it is told not to: docs, educationUser."""

_PEOPLE = re.compile(r"/education/classes/([^/?]+)/(members|teachers)")


@dataclass(slots=True)
class ItemFault:
    """Answers the next *times* items whose address holds *match* with *answer*."""

    match: str
    answer: Answer
    times: int


@dataclass(kw_only=True, repr=False, eq=False)
class Education(Classrooms):
    """The classes, and how Graph tells of them. *asked* are the addresses of all items, in order.

    *before_item* is called with the address of each item before it is answered.
    """

    asked: list[str] = field(default_factory=list)
    faults: list[ItemFault] = field(default_factory=list)
    before_item: Callable[[str], None] = lambda _: None

    def refuse_items(
        self, status: int, *, match: str = "", retry_after: str | None = None, times: int = 1
    ) -> None:
        """Let *times* items whose address holds *match* be answered *status*, each alone."""
        self.faults.append(ItemFault(match, Answer(status, retry_after=retry_after), times))

    def fault_for(self, url: str) -> Answer | None:
        for fault in self.faults:
            if fault.match in url:
                fault.times -= 1
                if not fault.times:
                    self.faults.remove(fault)
                return fault.answer
        return None


def education_of(tenant: Tenant) -> Education:
    """Return the tenant's classes, which are made when somebody first asks."""
    if tenant.education is None:
        tenant.education = Education(tenant=tenant)
    education = tenant.education
    if not isinstance(education, Education):
        raise TypeError(type(education))
    return education


def classes(call: Call) -> Reply:
    """Return a page of all classes, of every source."""
    education = education_of(call.tenant)
    chosen = _chosen(call.request.args, CLASS_FIELDS)
    rooms = [_class_json(room, chosen, education) for room in education.all()]
    return Reply(body=_page(call, call.request.full_path, rooms, education.knobs.page_size))


def batch(call: Call) -> Reply:
    """Answer each item by itself, in another order than they were asked."""
    try:
        requests = json.loads(call.request.get_data())["requests"]
        ids = [item["id"] for item in requests]
    except (ValueError, KeyError, TypeError):
        raise RefusalError(400, "BadRequest", "no batch") from None
    if len(requests) > BATCH_LIMIT or len({*ids}) != len(ids) or not ids:
        raise RefusalError(400, "BadRequest", "too many requests, or an id twice")
    demand_role(call, frozenset({EDU_ROSTER, USER_READ}))
    return Reply(body={"responses": [_item(call, item) for item in reversed(requests)]})


def _item(call: Call, item: Mapping[str, str]) -> Json:
    education, url = education_of(call.tenant), item["url"]
    if item["method"] != "GET":
        raise RefusalError(400, "BadRequest", "this tenant is read in batches, never changed")
    education.asked.append(url)
    education.before_item(url)
    if fault := education.fault_for(url):
        return _refused(item["id"], fault.status, fault.retry_after)
    try:
        body = _answered(call, education, url)
    except RefusalError as refusal:
        return _refused(item["id"], refusal.status, None)
    return {"id": item["id"], "status": 200, "headers": {}, "body": body}


def _refused(item_id: str, status: int, retry_after: str | None) -> Json:
    code = GRAPH_CODES.get(status, "GeneralException")
    headers: Json = {} if retry_after is None else {"Retry-After": retry_after}
    error: Json = {"error": {"code": code, "message": "refused"}}
    return {"id": item_id, "status": status, "headers": headers, "body": error}


def _answered(call: Call, education: Education, url: str) -> Json:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if parts.path == "/users":
        return _users(call, education, query)
    asked = _PEOPLE.fullmatch(unquote(parts.path))
    if asked is None:
        raise not_found("address")
    demand_role(call, frozenset({EDU_ROSTER}))
    chosen = _chosen(query, PERSON_FIELDS)
    room = next((each for each in education.all() if each.id == asked[1]), None)
    if room is None:
        raise not_found("class")
    hidden = room.hidden or MEMBER_HIDDEN not in roles_of(call)
    listed = [
        _person_json(account, chosen, education)
        for account, teaches in sorted(room.people.items(), key=lambda pair: pair[0].id)
        if not hidden and (teaches or asked[2] == "members")
    ]
    return _page(call, f"{V1}{url}", listed, education.knobs.people_page_size)


def _users(call: Call, education: Education, query: Mapping[str, str]) -> Json:
    demand_role(call, frozenset({USER_READ}))
    chosen = _chosen(query, ACCOUNT_FIELDS)
    wanted = re.fullmatch(
        r"userPrincipalName eq '((?:[^']|'')*)' or mail eq '((?:[^']|'')*)'",
        query.get("$filter", ""),
    )
    if wanted is None:
        raise RefusalError(400, "BadRequest", "no such filter")
    address = wanted[1].replace("''", "'")
    known = {*education.accounts.values(), *accounts_in(education.all())}
    found = education.account_of(address)
    known |= {found} if found else set()
    listed = [
        _person_json(account, chosen, education)
        for account in sorted(known, key=lambda each: each.id)
        if address.lower() in {account.user_name.lower(), (account.mail or "").lower()}
    ]
    return {"value": listed}


def _chosen(query: Mapping[str, str], fields: Sequence[str]) -> Sequence[str]:
    """Return what `$select` names; whoever names anything else, or nothing, is refused."""
    if query.get("$select") != ",".join(fields):
        raise RefusalError(400, "BadRequest", "$select is missing, or of more than is needed")
    return fields


def _class_json(room: Classroom, chosen: Sequence[str], education: Education) -> Json:
    every: Json = {
        "id": room.id,
        "externalId": room.external_id,
        "mailNickname": room.nickname,
        "displayName": room.name,
        "description": "Canary of a class",
        "createdBy": {"user": {"displayName": "Canary Maker"}},
    }
    return _selected(every, chosen, honoured=education.knobs.select_honoured)


def _person_json(account: Account, chosen: Sequence[str], education: Education) -> Json:
    every: Json = {
        "id": account.id,
        "userPrincipalName": account.user_name,
        "mail": account.mail,
        "accountEnabled": account.enabled,
        "givenName": "Canary",
        "surname": "Canaryson",
        **CANARIES,
    }
    return _selected(every, chosen, honoured=education.knobs.select_honoured)


def _selected(every: Json, chosen: Sequence[str], *, honoured: bool) -> Json:
    return {name: value for name, value in every.items() if name in chosen} if honoured else every


def _page(call: Call, path: str, items: list[Json], size: int | None) -> Json:
    """Return a page of *items*, which goes on at a whole address of Graph, or the knob's host."""
    parts = urlsplit(path)
    query = dict(parse_qsl(parts.query))
    token = query.get("$skiptoken", "0")
    if not token.isdecimal():
        raise RefusalError(400, "BadRequest", "$skiptoken is not one of ours")
    start, size = int(token), size or int(query.get("$top", "0")) or max(len(items), 1)
    page: Json = {"value": items[start : start + size]}
    if start + size < len(items):
        knobs = education_of(call.tenant).knobs
        origin = knobs.next_link_origin or call.tenant.base_url or call.here
        following = urlencode({**query, "$skiptoken": str(start + size)}, quote_via=quote)
        page["@odata.nextLink"] = f"{origin}{parts.path}?{following}"
    return page
