"""What can go wrong with a REST answer beyond what can go wrong with any answer.

Hand them to `IsamsSimulator.spoil` for a path, to `script` for the next answers, or to `faults`
for all. `REST_FATAL` are those after which no client can have that collection whole and sure;
`REST_HARMLESS` are those that a careful client reads through.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from werkzeug.wrappers import Request, Response

from simulators.isams import messages
from simulators.isams.faults import Faults, refused, slow

NOT_AUTHORISED = "The user is not authorised for this request"
EVERY_ROW = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class RestFaults(Faults):
    """How a REST answer differs from the right answer; the default not at all.

    *page* limits all of it to that page of a collection. *says* stands in for the answer, as
    `{"message": says}` with *status*, or 200. *stale* (inherited) is the school as it was, or will
    be: data that changes between pages. *forgets_tokens*: every token dies with this answer.

    The others are about an answer's content. *short_by* rows are left off a page's end;
    *hides_last_page*: the totals end a page early, and the last page is empty; *repeats*:
    every page is the first, and there is always another. *total_drift* is added to the total.
    *next_host* is where `_links.next` leads. *unpaged* is all rows at once and no totals.
    *collection* is what stands in place of the rows; *without* leaves out keys of the envelope;
    *fields* is set in each row or object that has the key, *without_fields* is left out of it.
    """

    page: int | None = None
    says: str = ""
    forgets_tokens: bool = False
    short_by: int = 0
    hides_last_page: bool = False
    repeats: bool = False
    total_drift: int = 0
    next_host: str = ""
    unpaged: bool = False
    collection: Literal["as is", "null", "absent", "object"] = "as is"
    without: Collection[str] = ()
    fields: Mapping[str, object] = field(default_factory=dict)
    without_fields: Collection[str] = ()

    def instead(self) -> Response | None:
        """Return the answer that stands in for the right answer, or None."""
        if not self.says:
            return Faults.instead(self)
        return message(self.says, self.status or 200, self.headers)


def message(text: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return what REST says in place of data."""
    body = json.dumps({"message": text})
    return Response(body, status, dict(headers or {}), mimetype="application/json")


def parameter(request: Request, name: str) -> str | None:
    """Return a query parameter, whose name is taken in any case."""
    return next((v for key, v in request.args.items() if key.lower() == name.lower()), None)


def applying(faults: Faults, request: Request) -> Faults:
    """Return *faults*, or none if they are for another page than *request* asks for."""
    if not isinstance(faults, RestFaults) or faults.page is None:
        return faults
    return faults if (parameter(request, "page") or "1") == str(faults.page) else Faults()


def of_rest(faults: Faults) -> RestFaults:
    """Return *faults* as REST ones, which those of any answer are too: they change no content."""
    return faults if isinstance(faults, RestFaults) else RestFaults()


UNPAGED = RestFaults(unpaged=True)
EXPIRED_NEXT = RestFaults(forgets_tokens=True)
NEXT_ELSEWHERE = RestFaults(next_host="https://elsewhere.example")
SET_LIST_MISSING = RestFaults(says="The set list was not found", status=404)

REST_FATAL: Mapping[str, Faults] = {
    "page short by one row": RestFaults(short_by=1),
    "page without rows": RestFaults(short_by=EVERY_ROW),
    "last page hidden": RestFaults(hides_last_page=True),
    "same page for ever": RestFaults(repeats=True),
    "total one too high": RestFaults(total_drift=1),
    "total one too low": RestFaults(total_drift=-1),
    "null collection": RestFaults(collection="null"),
    "collection absent": RestFaults(collection="absent"),
    "collection an object": RestFaults(collection="object"),
    "ids missing": RestFaults(without_fields=("id", "schoolId")),
    "ids null": RestFaults(fields={"id": None, "schoolId": None}),
    "ids of a wrong type": RestFaults(fields={"id": {}, "schoolId": [1]}),
    "not authorised, with 200": RestFaults(says=NOT_AUTHORISED),
    "not authorised, with 401": RestFaults(says=NOT_AUTHORISED, status=401),
    "not authorised, with 403": RestFaults(says=NOT_AUTHORISED, status=403),
    "not found": RestFaults(says="Not found", status=404),
    "throttled": RestFaults(says="Too many requests", status=429, headers={"Retry-After": "30"}),
    "throttled, no word when": RestFaults(says="Too many requests", status=429),
    "slow, then an error": slow(),
    "error document with status 200": Faults(body=messages.DEADLOCK.body, status=200),
    "HTML page with status 200": refused(200),
    "server error 500": refused(500),
    "bad gateway 502": refused(502),
    "unavailable 503": refused(503, retry_after="120"),
    "redirected": refused(302, location="https://elsewhere.example/api/students"),
    "empty body": Faults(body=b""),
    "JSON, but a list": Faults(body=b"[]", content_type="application/json"),
    "JSON null": Faults(body=b"null", content_type="application/json"),
    "truncated": Faults(cut_at=-4),
    "no answer": Faults(drop_at=0),
    "connection closed mid-body": Faults(drop_at=-10),
}
REST_HARMLESS: Mapping[str, Faults] = {
    "slow but whole": Faults(delay_s=20),
    "totalPages absent": RestFaults(without=("totalPages",)),
    "count absent": RestFaults(without=("count",)),
    "divisions null": RestFaults(fields={"divisions": None}),
    "nationalities null": RestFaults(fields={"nationalities": None, "languages": None}),
}
