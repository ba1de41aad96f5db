"""The shape of SDS v2.1: which files, which columns in which order, which codes.

Header names are SDS's own and case-sensitive; the order is that of Microsoft's samples. All five
files are always sent, header only if there are no rows: SDS makes everything inactive that a
missing file held before (sds.md sections 3.3 and 5.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sync.roster import Roster

Row = tuple[str, ...]

COLUMNS: Mapping[str, Row] = {
    "orgs.csv": ("sourcedId", "name", "type"),
    "users.csv": ("sourcedId", "username", "givenName", "familyName"),
    "roles.csv": ("userSourcedId", "orgSourcedId", "role", "grade", "isPrimary"),
    "classes.csv": ("sourcedId", "orgSourcedId", "title"),
    "enrollments.csv": ("classSourcedId", "userSourcedId", "role"),
}
"""Every file we send, in the order in which references resolve."""

# The value list that every tenant has; a tenant may add its own (sds.md section 2.4).
GRADES = frozenset(
    {"IT", "PR", "PK", "TK", "KG", "PS", "UG", "Other", "PS1", "PS2", "PS3", "PS4"}
    | {f"{number:02}" for number in range(1, 15)}
    | {"undergraduate", "graduate", "postgraduate", "alumni", "adultEducation"}
)


def grade(year: int | None, own: Mapping[int, str]) -> str:
    """Return the SDS grade for an NC year, "" if there is none; *own* codes come first.

    There are no UK codes by default: Reception (0) is `KG`, Years 1-13 are two digits.
    """
    if year is None:
        return ""
    if year in own:
        return own[year]
    if year in range(1, 14):
        return f"{year:02}"
    return {0: "KG", -1: "PK", -2: "PR"}.get(year, "Other")


def rows(roster: Roster) -> dict[str, Iterator[Row]]:
    """Return each file's rows, sorted: equal rosters give equal rows in equal order."""
    return {
        "orgs.csv": iter([(roster.org.id, roster.org.name, "school")]),
        "users.csv": (
            (user.id, user.username, user.given_name, user.family_name) for user in roster.users
        ),
        "roles.csv": (
            (user.id, roster.org.id, user.role, user.grade, "TRUE") for user in roster.users
        ),
        "classes.csv": ((one.id, roster.org.id, one.title) for one in roster.classes),
        "enrollments.csv": _enrollments(roster),
    }


def _enrollments(roster: Roster) -> Iterator[Row]:
    for one in roster.classes:
        roles = dict.fromkeys(one.student_ids, "student")
        roles |= dict.fromkeys(one.teacher_ids, "teacher")
        for user in sorted(roles):
            yield one.id, user, roles[user]
