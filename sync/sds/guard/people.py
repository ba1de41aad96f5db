"""Who is at a school, and who would go, come, or be somebody else.

See docs/reference/sds.md#matching: an address says whose account, and so whose work, a person gets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple

from sync.sds.rowkeys import YearGroup, rows_of


class Person(NamedTuple):
    """How somebody is known; the name is blank where nobody has written it down."""

    address: str
    name: str


@dataclass(frozen=True, slots=True)
class SchoolPeople:
    """The people of a school, by id: pupils with their year group, and teachers."""

    known: Mapping[str, Person]
    pupils: Mapping[str, YearGroup]
    teachers: Set[str]

    @classmethod
    def of(cls, files: Mapping[str, bytes], names: Mapping[str, str]) -> SchoolPeople:
        """Read them from a school's *files*; raises `StoreConflict`.

        *names* are those of the file of names beside them, by id: of who is not in it, SDS's.
        """
        pupils, teachers, years = dict[str, YearGroup](), set[str](), dict[YearGroup, YearGroup]()
        for user_id, org, role, grade, *_ in rows_of("roles.csv", files):
            if role == "student":
                year = org, grade
                pupils[user_id] = years.setdefault(year, year)  # one object for all of a year
            else:
                teachers.add(user_id)
        known = {
            user_id: Person(address, (names.get(user_id) or f"{given} {family}".strip()).casefold())
            for user_id, address, given, family in rows_of("users.csv", files)
        }
        return cls(known, pupils, teachers)

    def address(self, user_id: str) -> str | None:
        """Return somebody's address, None if nobody has that id."""
        person = self.known.get(user_id)
        return person.address if person else None


def gone(
    who: Collection[str], before: SchoolPeople, there: Collection[str], after: SchoolPeople
) -> int:
    """Count those of *who* who are not *there*, or are under another address.

    With another address SDS finds another account: for it, one has gone and one has come.
    """
    return sum(
        user_id not in there or before.address(user_id) != after.address(user_id) for user_id in who
    )


def passed_addresses(before: SchoolPeople, after: SchoolPeople) -> set[str]:
    """Return the addresses of somebody that somebody else has now, where both were or are there.

    Whose account it was loses it, and the other sees the work in it. A newcomer may have a leaver's
    address, and of two records of one person, who has one name, now the other may be sent.
    """
    return {
        after.known[user_id].address
        for former, user_id in _holders(before, after)
        if former != user_id
        and (user_id in before.known or former in after.known)
        and not _same_name(before.known[former], after.known[user_id])
    }


def crossed_addresses(before: SchoolPeople, after: SchoolPeople) -> set[str]:
    """Return the addresses of a pupil that a teacher would have, or the other way round.

    Whether or not that person has left: a child's account would own the Teams of classes, or a
    teacher's would be a pupil in them.
    """
    return {
        after.known[user_id].address
        for former, user_id in _holders(before, after)
        if _is_crossed(former, user_id, before, after)
    }


def _holders(before: SchoolPeople, after: SchoolPeople) -> Iterator[tuple[str, str]]:
    """Yield of each address that stays in use who had it, and who would have it."""
    held = {person.address: user_id for user_id, person in before.known.items()}
    for user_id, person in after.known.items():
        if former := held.get(person.address):
            yield former, user_id


def _is_crossed(former: str, now: str, before: SchoolPeople, after: SchoolPeople) -> bool:
    was_pupil, was_teacher = former in before.pupils, former in before.teachers
    if was_pupil == was_teacher:  # somebody who is both stays both
        return False
    return now in (after.teachers if was_pupil else after.pupils)


def _same_name(one: Person, other: Person) -> bool:
    return bool(one.name) and one.name == other.name


def other_people(before: SchoolPeople, after: SchoolPeople) -> list[str]:
    """Return the ids of pupils whose name and address are both others: hardly the same person."""
    return [
        user_id
        for user_id in sorted(before.pupils)
        if _is_other(before.known.get(user_id), after.known.get(user_id))
    ]


def _is_other(was: Person | None, now: Person | None) -> bool:
    """Say whether nothing of *was* is in *now*; a name that is not known says nothing."""
    if not (was and now and was.name and now.name):
        return False
    return was.name != now.name and was.address != now.address
