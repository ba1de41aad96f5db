"""A connector takes a single set of files: a delivery is merged school by school.

A school goes in with what it *offers*, the newest of its profiles' sets; or it is *carried*, and
goes on exactly with its rows in the delivery that SDS may hold. No school is ever left out because
another is in trouble, and none is sent as a third thing.

What is many is walked and not kept: sealed files are sorted, so classes come one after another from
all schools at once.

See docs/reference/sds.md#whole-truth, docs/decisions/0023-a-delivery-school-by-school.md.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

from sync.errors import MergeConflict
from sync.sds import offers, one_person, slices
from sync.sds.offers import Offered, OfferedSchool
from sync.sds.one_person import one_id
from sync.sds.slices import HeldFiles, Slices, org_of
from sync.sds.tables import COURSES, SESSIONS, WIDEST, Row, columns

__all__ = ["Merged", "Offered", "merge", "merged"]


class Merged(NamedTuple):
    """The rows of every file, to be read once; and under which id somebody is sent, if another."""

    rows: Mapping[str, Iterable[Row]]
    stays: Mapping[str, str]


def merge(
    offered: Sequence[Offered],
    also: Collection[str] = (),
    *,
    held: Mapping[str, bytes] | None = None,
    carried: Collection[str] = (),
) -> Mapping[str, Iterable[Row]]:
    """Return the rows alone of what is `merged`."""
    return merged(offered, also, held=held, carried=carried).rows


def merged(
    offered: Sequence[Offered],
    also: Collection[str] = (),
    *,
    held: Mapping[str, bytes] | None = None,
    carried: Collection[str] = (),
) -> Merged:
    """Return the rows of every file, sorted, to be read once: `sync.sds.rules.files` does.

    *offered* are the schools that go in with their sets. *held* are the files of the newest
    delivery that SDS may hold, None if there is none or nobody can read it; *carried* are the ids
    of schools that go on with their rows there. What is neither is left out.

    People of different schools with the same address are the same person, with a role at each
    school. They keep the id that *held* has for the address (`sync.sds.one_person`). Within a
    school an address belongs to whoever the newest set says.

    A file on request is there if any of the sets has it, or *held* where a school is carried, or if
    it is among *also*: what SDS may hold already goes on to be sent, if only as a header.

    Raises:
        MergeConflict: two schools use the same id for different things, as legacy ids can; a
            service account of one is a person of another; or one has given somebody an address that
            a carried one still has. Its facts `school` and `other_school` name them by key, a
            carried one by its id; `school` is one of *offered*.
        StoreConflict: a file is not what was sealed. The fact `school` names whose of *offered* it
            is; without it, it is of *held*. The rows raise it too, while they are read.
    """
    holds = HeldFiles(held)
    goes_on = slices.read(holds, carried)
    of_org = holds.classes_by_org()
    schools = [offers.read(each, of_org.get(each.org, ())) for each in offered]
    orgs, sessions, courses, classes = (
        _united(name, schools, goes_on) for name in ("orgs.csv", SESSIONS, COURSES, "classes.csv")
    )
    people = one_person.joined(schools, holds, goes_on)
    files = {*also, *(goes_on.held.files or () if carried else ())}
    header = columns(files.union(*(sealed for each in offered for sealed in each.sets)))
    rows: dict[str, Iterable[Row]] = {
        "orgs.csv": orgs,
        SESSIONS: sessions,
        COURSES: courses,
        "users.csv": sorted(people.rows),
        "roles.csv": _roles(schools, goes_on, people.stays),
        "classes.csv": _narrowed(classes, header["classes.csv"]),
        "enrollments.csv": _enrollments(schools, goes_on, people.stays),
    }
    return Merged({name: rows[name] for name in header}, people.stays)


_ROWS_OF = {  # offered or carried
    "orgs.csv": attrgetter("orgs"),
    SESSIONS: attrgetter("sessions"),
    COURSES: attrgetter("courses"),
    "classes.csv": attrgetter("classes"),
}

_NEVER_ALIKE = frozenset({"orgs.csv", "classes.csv"})


def _united(name: str, schools: Sequence[OfferedSchool], goes_on: Slices) -> list[Row]:
    """Return the rows of one of the smaller files; refuse an id that two schools use."""
    rows_of = _ROWS_OF[name]
    owner, united = dict[str, str](), dict[str, Row]()
    of_schools = ((row, school.key) for school in schools for row in rows_of(school).values())
    of_slices = ((row, _place(name, row, goes_on)) for row in rows_of(goes_on).values())
    for row, key in chain(of_schools, of_slices):  # of no school twice
        known = united.setdefault(row[0], row)
        other = owner.setdefault(row[0], key)
        if known is not row and (known != row or name in _NEVER_ALIKE):
            raise _clash(name, other, key)
    return sorted(united.values())


def _place(name: str, row: Row, goes_on: Slices) -> str:
    """Return the id of the carried school that a row of one of these files is of."""
    if name == SESSIONS:
        return org_of(row[0], goes_on.orgs)
    return row[0] if name == "orgs.csv" else row[1]


def _clash(name: str, school: str, other: str) -> MergeConflict:
    if name == "classes.csv":
        return one_id(name, school, other)
    return MergeConflict(
        f"{school} and {other} use one id in {name}: give each school an ID of its own",
        file=name,
        school=school,
        other_school=other,
    )


def _roles(
    schools: Sequence[OfferedSchool], goes_on: Slices, stays: Mapping[str, str]
) -> Iterator[Row]:
    """Yield roles; of each person one is primary, as far as carried schools leave it open."""
    walks = [school.roles(stays, moved=False) for school in schools]
    if stays:
        moved = (school.roles(stays, moved=True) for school in schools)
        walks.append(iter(sorted(chain.from_iterable(moved))))
    for _, roles in groupby(heapq.merge(*walks, goes_on.roles()), itemgetter(0)):
        yield from _one_primary(list(roles), goes_on.orgs)


def _one_primary(roles: list[Row], carried: Collection[str]) -> Iterator[Row]:
    """Yield the *roles* of a person; the first is primary, and a teacher's comes first.

    Those at *carried* schools stay as they are, and if one of them is primary, no other is.
    """
    open_to_us = [row for row in roles if row[1] not in carried]
    taken = any(row[4] == "TRUE" for row in roles if row[1] in carried)
    first = min(open_to_us, key=lambda row: (row[2] != "teacher", row), default=None)
    for row in roles:
        if row[1] in carried:
            yield row
        else:
            yield (*row[:4], "TRUE" if row is first and not taken else "FALSE")


def _narrowed(classes: Iterable[Row], header: Row) -> Iterator[Row]:
    """Yield classes with the columns of *header*."""
    indexes = [WIDEST["classes.csv"].index(column) for column in header]
    return (tuple(row[index] for index in indexes) for row in classes)


def _enrollments(
    schools: Sequence[OfferedSchool], goes_on: Slices, stays: Mapping[str, str]
) -> Iterator[Row]:
    """Return enrollments: no class is in two of the walks, so each comes whole from one of them."""
    walks = [walk for school in schools for walk in school.walks(stays)]
    by_class = heapq.merge(*walks, goes_on.members(), key=itemgetter(0))
    return chain.from_iterable(listed for _, listed in by_class)
