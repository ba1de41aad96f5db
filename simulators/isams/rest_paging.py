"""The envelope of a collection: which rows a request is for, and what stands around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from werkzeug.wrappers import Request

from simulators.isams.rest_choices import RestChoices
from simulators.isams.rest_faults import RestFaults, parameter
from simulators.isams.rest_index import Row

PAGE_SIZE = 100
MAX_PAGE_SIZE = 1_000
HAL = "application/hal+json"

type Read = Callable[[slice], tuple[list[Row], int] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A page, from 1, and how many rows a page holds; None is all of them.

    *next_page* is the address of the page after it, "" for whom there are no links. *bare*: the
    rows stand alone, without page and totals.
    """

    page: int = 1
    size: int | None = None
    next_page: str = ""
    bare: bool = False

    @property
    def part(self) -> slice:
        if self.size is None:
            return slice(None)
        return slice((self.page - 1) * self.size, self.page * self.size)


def asked(request: Request, choices: RestChoices, faults: RestFaults) -> Asked | None:
    """Return the page asked for; None if it is no page, or longer than the choices allow."""
    page, size = _number(request, "page", 1), _number(request, "pageSize", PAGE_SIZE)
    if not page or not size:
        return None
    if size > MAX_PAGE_SIZE and choices.over_long_page == "refused":
        return None
    length = min(size, MAX_PAGE_SIZE)
    query = urlencode({"page": page + 1, "pageSize": length})
    host = request.host_url.rstrip("/") if choices.links == "absolute" else ""
    linked = HAL in request.headers.get("Accept", "") or choices.links_without_hal
    link = f"{faults.next_host or host}{request.path}?{query}" if linked else ""
    return Asked(page=page, size=length, next_page=link)


def _number(request: Request, name: str, default: int) -> int:
    """Return a parameter as a number, 0 if it is none."""
    text = parameter(request, name) or str(default)
    return int(text) if text.isdecimal() else 0


def envelope(key: str, read: Read, at: Asked, faults: RestFaults) -> Row | None:
    """Return a page with its totals; None if there is no such collection."""
    part = read(Asked(size=at.size).part if faults.repeats else at.part)
    if part is None:
        return None
    rows, total = part
    total += faults.total_drift
    size = at.size or max(total, 1)
    last = -(-total // size)
    if faults.hides_last_page:
        rows = rows if at.page < last else []
        last -= 1
    if faults.repeats:
        last = at.page + 1
    rows = [edited(row, faults) for row in rows[: max(0, len(rows) - faults.short_by)]]
    totals = {"count": len(rows), "page": at.page, "pageSize": size}
    totals |= {"totalCount": total, "totalPages": last}
    body = _stand_in(rows, key, faults) | _around(at, totals)
    return {name: value for name, value in body.items() if name not in faults.without}


def _around(at: Asked, totals: Mapping[str, int]) -> Row:
    """Return what stands around the rows: totals, and a link while there is another page."""
    around: Row = {} if at.bare else dict(totals)
    if at.next_page and at.page < totals["totalPages"]:
        around["_links"] = {"next": {"href": at.next_page}}
    return around


def _stand_in(rows: list[Row], key: str, faults: RestFaults) -> Row:
    """Return the collection, or what the faults put in its place."""
    match faults.collection:
        case "as is":
            return {key: rows}
        case "null":
            return {key: None}
        case "object":
            return {key: {"0": rows}}
        case "absent":
            return {}


def edited(row: Row, faults: RestFaults) -> Row:
    """Return *row* with the values of the faults, and without what they leave out."""
    changed = {name: value for name, value in faults.fields.items() if name in row}
    return {n: v for n, v in (row | changed).items() if n not in faults.without_fields}


def edited_throughout(body: Row, faults: RestFaults) -> Row:
    """Return an object edited like a row, and the rows that it holds, to whatever depth, too."""
    return {
        name: [edited_throughout(row, faults) if isinstance(row, dict) else row for row in value]
        if isinstance(value, list)
        else value
        for name, value in edited(body, faults).items()
    }
