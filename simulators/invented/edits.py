"""What happens to a school overnight: pure edits, each giving another school."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random

from simulators.invented.records import InventedSchool


def without_pupils(
    school: InventedSchool, school_ids: Iterable[str], *, keep_memberships: bool = False
) -> InventedSchool:
    """Return *school* without these pupils.

    Their set list rows go too, unless *keep_memberships*: iSAMS often keeps them, and they then
    name pupils who are not listed.
    """
    gone = frozenset(school_ids)
    return replace(
        school,
        pupils=tuple(pupil for pupil in school.pupils if pupil.school_id not in gone),
        memberships=school.memberships
        if keep_memberships
        else tuple(row for row in school.memberships if row.school_id not in gone),
    )


def with_pupil_moved(
    school: InventedSchool, school_id: str, *, from_set: int, to_set: int
) -> InventedSchool:
    """Return *school* with one pupil's place in *from_set* turned into one in *to_set*.

    Raises:
        LookupError: the pupil is not in *from_set*.
    """
    moved = tuple(
        row._replace(set_id=to_set) if (row.set_id, row.school_id) == (from_set, school_id) else row
        for row in school.memberships
    )
    if moved == school.memberships:
        raise LookupError(f"{school_id} is not in set {from_set}")
    return replace(school, memberships=moved)


def shuffled(school: InventedSchool, seed: int) -> InventedSchool:
    """Return the same school, with every list that iSAMS may order as it likes in another order."""
    rng = Random(seed)

    def mixed[T](items: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(rng.sample(items, len(items)))

    return replace(
        school,
        pupils=mixed(school.pupils),
        staff=mixed(school.staff),
        departments=tuple(
            replace(item, subjects=mixed(item.subjects)) for item in mixed(school.departments)
        ),
        sets=tuple(replace(item, teachers=mixed(item.teachers)) for item in mixed(school.sets)),
        memberships=mixed(school.memberships),
        teaching_forms=mixed(school.teaching_forms),
        years=mixed(school.years),
        forms=mixed(school.forms),
        academic_houses=mixed(school.academic_houses),
        boarding_houses=mixed(school.boarding_houses),
        divisions=mixed(school.divisions),
        terms=mixed(school.terms),
        buildings=mixed(school.buildings),
        lessons=mixed(school.lessons),
    )
