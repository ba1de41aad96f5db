"""The envelope of a collection: which rows a request is for, and what is said around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from werkzeug.wrappers import Request

from simulators.isams.rest_choices import RestChoices
from simulators.isams.rest_faults import RestFaults, parameter
from simulators.isams.rest_telling import Row

PAGE_SIZE = 100
MAX_PAGE_SIZE = 1_000
HAL = "application/hal+json"

type Read = Callable[[slice], tuple[list[Row], int] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A page, from 1, and how many rows a page holds; None is all of them.

    *next_page* is the address of the page after it, "" for whom links are not told. *bare*: the
    rows alone are told, without page and totals.
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
    page = parameter(request, "page") or "1"
    size = parameter(request, "pageSize") or str(PAGE_SIZE)
    if not (page.isdecimal() and size.isdecimal() and int(page) and int(size)):
        return None
    if int(size) > MAX_PAGE_SIZE and choices.over_long_page == "refused":
        return None
    length = min(int(size), MAX_PAGE_SIZE)
    query = urlencode({"page": int(page) + 1, "pageSize": length})
    host = request.host_url.rstrip("/") if choices.links == "absolute" else ""
    linked = HAL in request.headers.get("Accept", "") or choices.links_without_hal
    return Asked(
        page=int(page),
        size=length,
        next_page=f"{faults.next_host or host}{request.path}?{query}" if linked else "",
    )


def envelope(key: str, read: Read, at: Asked, faults: RestFaults) -> Row | None:
    """Return one page with its totals; None if there is no such collection."""
    found = read(Asked(size=at.size).part if faults.repeats else at.part)
    if found is None:
        return None
    rows, total = found
    total += faults.total_drift
    size = at.size or max(total, 1)
    last = -(-total // size)
    if faults.hides_last_page:
        rows = rows if at.page < last else []
        last -= 1
    if faults.repeats:
        last = at.page + 1
    rows = [edited(row, faults) for row in rows[: max(0, len(rows) - faults.short_by)]]
    told: Row = _stand_in(rows, key, faults)
    if not at.bare:
        told |= {"count": len(rows), "page": at.page, "pageSize": size}
        told |= {"totalCount": total, "totalPages": last}
    if at.next_page and at.page < last:
        told["_links"] = {"next": {"href": at.next_page}}
    return {name: value for name, value in told.items() if name not in faults.without}


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
    """Return *row* with the faults' own values, and without what they leave out."""
    changed = {name: value for name, value in faults.fields.items() if name in row}
    return {n: v for n, v in (row | changed).items() if n not in faults.without_fields}


def edited_throughout(body: Row, faults: RestFaults) -> Row:
    """Return an object edited like a row, and the rows that it holds, to whatever depth, too."""
    return {
        name: [edited_throughout(one, faults) if isinstance(one, dict) else one for one in value]
        if isinstance(value, list)
        else value
        for name, value in edited(body, faults).items()
    }
