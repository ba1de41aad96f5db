"""What SDS may hold, school by school: a school's *slice* is its rows there, exactly.

To send it again changes nothing. Its set sealed then would not do: merged anew, a person of two
schools can come under another id (docs/decisions/0023-a-delivery-school-by-school.md).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sync.errors import StoreConflict
from sync.sds.tables import COURSES, SESSIONS, Row
from sync.sds.walk import Members, demand_files, members_in_order, rows_in_order


@dataclass(frozen=True, slots=True)
class HeldFiles:
    """The files of the newest delivery that SDS may hold; None where nobody can read any."""

    files: Mapping[str, bytes] | None

    def rows(self, name: str) -> Iterator[Row]:
        """Yield the rows of any file but enrollments, in order; none if there is no such file."""
        return iter(()) if self.files is None else rows_in_order(name, self.files)

    def members(self) -> Iterator[Members]:
        """Yield the enrollments, a class at a time, in order."""
        return iter(()) if self.files is None else members_in_order(self.files)

    def orgs(self) -> list[str]:
        """Return the ids of the schools."""
        return [row[0] for row in self.rows("orgs.csv")]

    def classes_by_org(self) -> dict[str, list[str]]:
        """Return the ids of each school's classes."""
        found = dict[str, list[str]]()
        for class_id, org, *_ in self.rows("classes.csv"):
            found.setdefault(org, []).append(class_id)
        return found


@dataclass(frozen=True, slots=True)
class Slices:
    """The rows of schools that go on as SDS holds them; roles and enrollments are walked.

    *at* says of each user a school among them where they are.
    """

    held: HeldFiles
    orgs: Mapping[str, Row]
    users: Mapping[str, Row]
    at: Mapping[str, str]
    classes: Mapping[str, Row]
    sessions: Mapping[str, Row]
    courses: Mapping[str, Row]

    def roles(self) -> Iterator[Row]:
        """Yield the roles at these schools, in order."""
        return (row for row in self.held.rows("roles.csv") if row[1] in self.orgs)

    def members(self) -> Iterator[Members]:
        """Yield the enrollments of these schools' classes, a class at a time, in order."""
        return _members(self.held, self.classes)


def read(held: HeldFiles, carried: Collection[str]) -> Slices:
    """Return the slices of *carried*, ids of schools.

    Raises:
        StoreConflict: *held* is not what was sealed, or has nothing of one of them: to send
            nothing in its place would empty it.
    """
    orgs = _orgs(held, carried)
    if not orgs:
        return Slices(held, {}, {}, {}, {}, {}, {})
    classes = _of(orgs, held.rows("classes.csv"))
    at = _people(held, orgs, classes)
    known = held.orgs()
    return Slices(
        held=held,
        orgs=orgs,
        users={row[0]: row for row in held.rows("users.csv") if row[0] in at},
        at=at,
        classes=classes,
        sessions={row[0]: row for row in held.rows(SESSIONS) if org_of(row[0], known) in orgs},
        courses=_of(orgs, held.rows(COURSES)),
    )


def _orgs(held: HeldFiles, carried: Collection[str]) -> dict[str, Row]:
    if held.files is not None:
        demand_files(held.files)
    orgs = {row[0]: row for row in held.rows("orgs.csv") if row[0] in carried}
    for org in carried:
        if org not in orgs:
            raise StoreConflict(
                "a school is to go on as SDS holds it, and no delivery that can be read says how",
                org=org,
            )
    return orgs


def org_of(record_id: str, orgs: Iterable[str]) -> str:
    """Return the school among *orgs* with which an id begins, "" if with none.

    A school's own id may have a hyphen: of several the longest is meant.
    """
    return max((org for org in orgs if record_id.startswith(f"{org}-")), key=len, default="")


def _of(orgs: Collection[str], rows: Iterable[Row]) -> dict[str, Row]:
    """Return those of *rows*, of classes or courses, that are of *orgs*, by id."""
    return {row[0]: row for row in rows if row[1] in orgs}


def _people(held: HeldFiles, orgs: Collection[str], classes: Mapping[str, Row]) -> dict[str, str]:
    """Return at which of *orgs* each user is who has a role there, or is in one of *classes*."""
    at = dict[str, str]()
    for user_id, org, *_ in held.rows("roles.csv"):
        if org in orgs:
            at.setdefault(user_id, org)
    for class_id, listed in _members(held, classes):
        for _, user_id, _ in listed:
            at.setdefault(user_id, classes[class_id][1])
    return at


def _members(held: HeldFiles, classes: Collection[str]) -> Iterator[Members]:
    return (each for each in held.members() if each[0] in classes)
