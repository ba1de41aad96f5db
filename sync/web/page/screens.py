"""Every screen and every button: where it is, who may use it, and what it shows or does.

A screen that reads is a GET; whatever names people, changes anything or takes a while is a POST
from a form of the page's own. A change ends in a redirect: going back or reloading repeats none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from sync.errors import (
    AnswerInexact,
    AnswerOutdated,
    AnswerRefused,
    CallerRefused,
    RequestRefused,
    SyncError,
    WordRefused,
)
from sync.report import Outcome, Step, unexpected
from sync.web.access import Role, demand
from sync.web.exchange import Response
from sync.web.page import answers, drawing, show, trouble
from sync.web.page.visit import PageRequest, PageVisit, Served, Visitor

type Screen = Callable[[PageVisit], Response]

_READ = (Role.READ,)
_NAMES = (Role.READ, Role.NAMES)


class Door(NamedTuple):
    """A screen or a button: `path` has `*` for an id; all of `roles` are needed."""

    method: str
    path: str
    roles: tuple[Role, ...]
    screen: Screen
    does: str


DOORS = (
    Door("GET", "", _READ, show.front, "shows how the school stands, or each of several"),
    Door("GET", "page/home/*", _READ, show.home, "shows how a school stands"),
    Door("GET", "page/run/*", _READ, show.run, "shows the steps of a reading and a delivery"),
    Door("GET", "page/held", _READ, show.waiting, "lists what waits for an answer"),
    Door("GET", "page/held/*", _READ, show.held, "shows what an offer would change"),
    Door("POST", "page/held/*/names", _NAMES, show.held_names, "shows whom it is about"),
    Door("POST", "page/held/*/plan", _NAMES, show.held_csv, "gives the whole plan as CSV"),
    Door("POST", "page/held/*/approve", (Role.APPROVE,), answers.approve, "lets it go"),
    Door("POST", "page/held/*/reject", (Role.APPROVE,), answers.reject, "ends it"),
    Door("POST", "page/held/*/swap", (Role.APPROVE,), answers.swap, "keeps pupils in their Teams"),
    Door("POST", "page/sync", (Role.RUN,), answers.sync, "reads iSAMS now"),
    Door("GET", "page/why", _READ, show.why, "asks of whom or what"),
    Door("POST", "page/why", _NAMES, show.why_answered, "says why a record is in SDS or is not"),
    Door("GET", "page/findings", _READ, show.findings, "counts what there is to mend"),
    Door("GET", "page/findings/*", _READ, show.findings_of, "counts what there is at a school"),
    Door("POST", "page/findings/*", _NAMES, show.findings_named, "shows the findings of a kind"),
    Door("POST", "page/findings/*/csv", _NAMES, show.findings_csv, "gives all findings as CSV"),
    Door("GET", "page/sds", _READ, show.sds, "shows what was sent, and what SDS reported"),
    Door("POST", "page/sds/names", _NAMES, show.sds_named, "shows what Teams has otherwise"),
    Door("GET", "page/what-if", _READ, show.what_if, "shows the settings of a profile"),
    Door("GET", "page/what-if/*", _READ, show.what_if_of, "shows those of another"),
    Door("POST", "page/what-if/*", _READ, show.what_if_tried, "tells what others would do"),
    Door("GET", "page/health", _READ, show.health, "shows what was checked last"),
    Door("POST", "page/health", _READ, answers.check, "checks everything now"),
)
"""The table of the page's addresses; `static` is beside it."""


def respond(asked: PageRequest, visitor: Visitor, served: Served) -> Response:
    """Return what a visitor gets: a screen, a redirect, or a page that says what to do.

    The world is opened only for whoever has the roles.
    """
    if asked.path.startswith("page/static/"):
        found = drawing.static(asked.path.rpartition("/")[2])
        return found or trouble.page(asked, 404, _nothing())
    error: SyncError
    try:
        door, parts = _door(asked)
        demand(door.roles, visitor.roles)
        return door.screen(PageVisit(asked, visitor, served.world(), served.given, parts))
    except SyncError as foreseen:
        error, status = foreseen, _status(foreseen)
    except Exception as unforeseen:  # noqa: BLE001  # its text may quote a record
        error, status = unexpected(unforeseen), 500
    served.tell(Step("page", _outcome(error), error=error))
    return trouble.page(asked, status, error)


def _door(asked: PageRequest) -> tuple[Door, tuple[str, ...]]:
    for door in DOORS:
        parts = _parts(door.path, asked.path)
        if parts is not None and door.method == asked.method:
            return door, parts
    raise _nothing()


def _parts(pattern: str, path: str) -> tuple[str, ...] | None:
    """Return the words of *path* where *pattern* has a star; None if it is another path."""
    wanted, given = pattern.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    if any(one not in {"*", other.lower()} for one, other in zip(wanted, given, strict=True)):
        return None
    return tuple(other for one, other in zip(wanted, given, strict=True) if one == "*")


def _nothing() -> RequestRefused:
    return RequestRefused(
        "there is no page of this address. Go to Home, and on from there", status=404
    )


_STATUS: Mapping[type[SyncError], int] = {
    AnswerRefused: 409,
    WordRefused: 409,
    AnswerOutdated: 412,
    AnswerInexact: 428,
    CallerRefused: 403,
}


def _status(error: SyncError) -> int:
    if isinstance(error, RequestRefused):
        return int(error.facts.get("status", 400))
    for kind, status in _STATUS.items():
        if isinstance(error, kind):
            return status
    return 503 if error.retry and error.who == "nobody" else 500


def _outcome(error: SyncError) -> Outcome:
    """Return how loud the log is: that somebody came too late is nothing to mend."""
    return Outcome.NOTHING if error.who == "caller" else Outcome.FAILED


def door_rows() -> Iterator[tuple[str, str, str]]:
    """Yield the rows of docs/page.md: address, what it does, roles."""
    for door in DOORS:
        roles = " and ".join(f"`{role}`" for role in door.roles)
        path = door.path.replace("*", "{id}")
        yield f"`{door.method} /{path}`", door.does, roles
