"""Who would be at a second school of a group, or be pupil at one and teacher at another.

Whoever has one address is one person: docs/decisions/0023-a-delivery-school-by-school.md. So an
address that one school takes from another's person puts that person into its classes, and within
the school nothing looks odd: somebody has gone, and somebody has come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sync.sds.rowkeys import rows_of

type Roles = dict[str, set[tuple[str, str]]]  # by user id: at which school, as what


@dataclass(slots=True)
class Across:
    """How many people of other schools a school would newly have: `joined` are pupils of both.

    `crossed` are pupils of one and teachers of the other.
    """

    joined: int = 0
    crossed: int = 0


def across(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Mapping[str, Across]:
    """Return it of each school that has any, by its id. Both are whole deliveries.

    Raises:
        StoreConflict: the bytes are not what was sealed.
    """
    was, found = _roles(before), dict[str, Across]()
    for user_id, roles in _roles(after).items():
        if len(roles) > 1:
            for org, is_crossed in _new_ones(was.get(user_id, set()), roles):
                school = found.setdefault(org, Across())
                school.crossed += is_crossed
                school.joined += not is_crossed
    return found


def _new_ones(was: set[tuple[str, str]], roles: set[tuple[str, str]]) -> Iterator[tuple[str, bool]]:
    """Yield the schools at which somebody would newly be beside another, and whether crossed."""
    for org, role in roles - was:
        others = {other for at, other in roles if at != org}
        if others and others != {role}:
            yield org, True
        elif role == "student" and others:
            yield org, False


def _roles(files: Mapping[str, bytes]) -> Roles:
    roles: Roles = {}
    for user_id, org, role, *_ in rows_of("roles.csv", files):
        roles.setdefault(user_id, set()).add((org, role))
    return roles
