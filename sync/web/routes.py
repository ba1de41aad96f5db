"""Who may ask what over HTTP: the only table of the app's addresses.

`handlers` admits callers by it. The triggers of `function_app.py` and `infra/app-roles.json` are
written out, because the host and Entra read them, and a test holds them to it. The pages that list
addresses and roles are written from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from sync.web.access import HOLDS, Role

type Method = Literal["GET", "POST"]


class Route(NamedTuple):
    """An address of the app.

    `function` is the trigger's name, and that of the key which opens it alone. `roles` are all
    needed where callers sign in. `statuses` are what it answers where all is well, or where it
    was asked about what there is not; what else can happen is the same for all. `words` are those
    that its query may hold.
    """

    function: str
    method: Method
    path: str
    roles: tuple[Role, ...]
    statuses: tuple[int, ...]
    does: str
    words: tuple[str, ...] = ()


_READ, _RUN, _APPROVE = (Role.READ,), (Role.RUN,), (Role.APPROVE,)
_NAMES = (Role.READ, Role.NAMES)
"""Whoever is shown names must also hold another role, and each holds `Sync.Read`."""

_LISTED = (
    Route("status", "GET", "status", _READ, (200,), "tells how everything stands"),
    Route("trust", "GET", "trust", _READ, (200,), "tells how each of several schools stands"),
    Route(
        "subjects", "GET", "subjects", _READ, (200, 404), "lists a school's subjects", ("school",)
    ),
    Route("check", "GET", "check", _READ, (200,), "tries everything, and says what is wrong"),
    Route(
        "resync", "POST", "sync", _RUN, (202, 404), "reads the schools now", ("profile", "school")
    ),
    Route(
        "findings", "GET", "findings", _NAMES, (200, 404), "names what was left out, and why",
        ("profile",),
    ),
    Route("landed", "GET", "landed", _READ, (200,), "counts what is in Teams otherwise than sent"),
    Route(
        "landed_rows", "GET", "landed/rows", _NAMES, (200,),
        "names which class, teacher or pupil that is",
    ),
    Route(
        "plan", "GET", "deliveries/{id}/plan", _NAMES, (200, 409),
        "names whom an offer or a delivery is about, and what it would change",
    ),
    Route(
        "explain", "POST", "explain", _NAMES, (200, 400, 404, 413, 415),
        "says why a pupil, a member of staff or a class is in SDS, or is not",
    ),
    Route(
        "approve", "POST", "deliveries/{id}/approve", _APPROVE, (200, 409, 412, 428),
        "lets a held delivery go",
    ),
    Route(
        "reject", "POST", "deliveries/{id}/reject", _APPROVE, (200, 409, 412, 428),
        "ends a delivery that has not gone",
    ),
    Route(
        "restore", "POST", "deliveries/{id}/restore", _APPROVE, (202, 409),
        "sends a former delivery again, or a school of it, and pauses", ("school",),
    ),
    Route(
        "identity_swap", "POST", "identity/swap", _APPROVE, (202, 404, 409),
        "has two classes exchange their Teams", ("first", "second", "school"),
    ),
    Route(
        "identity_new", "POST", "identity/new", _APPROVE, (202, 404, 409),
        "gives a class a new Team", ("class", "school"),
    ),
    Route(
        "identity_move", "POST", "identity/move", _APPROVE, (202, 404, 409),
        "has a Team go on as that of another class", ("old", "new", "school"),
    ),
    Route("resume", "POST", "resume", _APPROVE, (200, 404), "ends the pause", ("connector",)),
)  # fmt: skip

ROUTES: Mapping[str, Route] = {route.function: route for route in _LISTED}
"""The table, by the name of the function."""


def route_rows() -> Iterator[tuple[str, str, str, str, str]]:
    """Yield the rows of docs/api.md: address, what it does, whose key, roles, statuses."""
    for route in _LISTED:
        roles = " and ".join(f"`{role}`" for role in route.roles)
        statuses = ", ".join(map(str, route.statuses))
        yield _address(route), route.does, f"`{route.function}`", roles, statuses


def role_rows() -> Iterator[tuple[str, str]]:
    """Yield the rows of docs/deploying.md: a role, and the addresses that it opens.

    Of a role that holds others only what it opens beyond these.
    """
    for role in Role:
        opened = ", ".join(_address(route) for route in _LISTED if role is route.roles[-1])
        held = [other for other in Role if other in HOLDS[role] and other is not role]
        beside = "beside another role: " if role is Role.NAMES else ""
        below = f"what `{held[-1]}` opens, and " if held else ""
        yield f"`{role}`", f"{beside}{below}{opened}"


def _address(route: Route) -> str:
    return f"`{route.method} /api/{route.path}`"
