"""Who may ask what over HTTP: the only table of the app's addresses.

`handlers` admits callers by it. The triggers of `function_app.py` and `infra/app-roles.json` are
written out, because the host and Entra read them, and a test holds them to it. The pages that list
addresses and roles are written from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from sync.web.access import Role

type Key = Literal["function", "admin"]
"""Whose key opens it; `admin` is for what names people, or reads all of iSAMS."""

type Method = Literal["GET", "POST"]


class Route(NamedTuple):
    """An address of the app.

    `function` is the trigger's name. `statuses` are what it answers where all is well, or where it
    was asked about what there is not; what else can happen is the same for all. `words` are those
    that its query may hold.
    """

    function: str
    method: Method
    path: str
    key: Key
    role: Role
    statuses: tuple[int, ...]
    does: str
    words: tuple[str, ...] = ()


_LISTED = (
    Route(
        "resync", "POST", "sync", "function", Role.RUN, (202, 404),
        "reads the schools now", ("profile", "school"),
    ),
    Route("status", "GET", "status", "function", Role.RUN, (200,), "tells how everything stands"),
    Route(
        "trust", "GET", "trust", "function", Role.RUN, (200,),
        "tells how each of several schools stands",
    ),
    Route(
        "subjects", "GET", "subjects", "function", Role.RUN, (200, 404),
        "lists a school's subjects", ("school",),
    ),
    Route(
        "check", "GET", "check", "admin", Role.RUN, (200,),
        "tries everything, and says what is wrong",
    ),
    Route(
        "findings", "GET", "findings", "admin", Role.APPROVE, (200, 404),
        "names what was left out, and why", ("profile",),
    ),
    Route(
        "plan", "GET", "deliveries/{id}/plan", "admin", Role.APPROVE, (200, 409),
        "names whom an offer or a delivery is about, and what it would change",
    ),
    Route(
        "approve", "POST", "deliveries/{id}/approve", "function", Role.APPROVE, (200, 409),
        "lets a held delivery go",
    ),
    Route(
        "reject", "POST", "deliveries/{id}/reject", "function", Role.APPROVE, (200, 409),
        "ends a delivery that has not gone",
    ),
    Route(
        "restore", "POST", "deliveries/{id}/restore", "function", Role.APPROVE, (202, 409),
        "sends a former delivery again, or a school of it, and pauses", ("school",),
    ),
    Route(
        "resume", "POST", "resume", "function", Role.APPROVE, (200, 404),
        "ends the pause", ("connector",),
    ),
)  # fmt: skip

ROUTES: Mapping[str, Route] = {route.function: route for route in _LISTED}
"""The table, by the name of the function."""


def route_rows() -> Iterator[tuple[str, str, str, str, str]]:
    """Yield the rows of docs/api.md: address, what it does, key, role, statuses."""
    for route in _LISTED:
        key = f"**{route.key}**" if route.key == "admin" else route.key
        statuses = ", ".join(map(str, route.statuses))
        address = f"`{route.method} /api/{route.path}`"
        yield address, route.does, key, f"`{route.role}`", statuses


def role_rows() -> Iterator[tuple[str, str]]:
    """Yield the rows of docs/deploying.md: a role, and the addresses that it opens."""
    for role in Role:
        opened = [route for route in _LISTED if route.role is role]
        addresses = (f"`{route.method} /api/{route.path}`" for route in opened)
        yield f"`{role}`", ", ".join(addresses)
