"""An invented school of any size, the same for the same seed: the ground truth of the tests.

The iSAMS simulator tells this school in XML; a test knows what is true by asking the school
itself. Nobody in it exists, and every address ends in `.example`.
"""

from __future__ import annotations

from random import Random
from types import MappingProxyType

from simulators.invented import people, structure, teaching
from simulators.invented.edits import shuffled, with_pupil_moved, without_pupils
from simulators.invented.places import Term
from simulators.invented.quirks import with_quirks
from simulators.invented.records import (
    Department,
    Employee,
    InventedSchool,
    Lesson,
    Membership,
    Pupil,
    SetTeacher,
    Subject,
    TeachingForm,
    TeachingSet,
)

__all__ = [
    "Department",
    "Employee",
    "InventedSchool",
    "Lesson",
    "Membership",
    "Pupil",
    "SetTeacher",
    "Subject",
    "TeachingForm",
    "TeachingSet",
    "Term",
    "invent",
    "shuffled",
    "with_pupil_moved",
    "without_pupils",
]


def invent(
    pupils: int = 300,
    *,
    seed: int = 1,
    quirks: bool = True,
    key: str = "northbank",
    school_year: int = 2026,
) -> InventedSchool:
    """Return a school of *pupils*, 1 to 60,000; equal arguments give equal schools.

    *key* is the school's short name: its title and its `.example` domain follow from it.
    *quirks* seeds what is wrong in real registers (`simulators.invented.quirks`); a clean school
    has an e-mail address for everyone, and pupils and teachers in every set.
    *school_year* is the calendar year in which the school year starts.
    """
    if not 1 <= pupils <= 60_000:
        raise ValueError("a school has 1 to 60,000 pupils")
    rng = Random(seed)
    domain = f"{key}.example"
    staff = people.employees(pupils, rng, domain, school_year)
    frame = structure.frame(structure.cohort_sizes(pupils), staff, domain, school_year)
    everyone = people.pupils_of(frame, rng)
    sets, memberships = teaching.sets(everyone, frame.teachers, rng)
    teaching_forms = teaching.teaching_forms(frame.forms)
    school = InventedSchool(
        key=key,
        name=f"{key.replace('-', ' ').title()} School",
        domain=domain,
        school_year=school_year,
        pupils=everyone,
        staff=staff,
        departments=teaching.departments(),
        sets=sets,
        memberships=memberships,
        teaching_forms=teaching_forms,
        years=frame.years,
        forms=frame.forms,
        academic_houses=frame.academic_houses,
        boarding_houses=frame.boarding_houses,
        divisions=frame.divisions,
        terms=frame.terms,
        buildings=frame.buildings,
        weeks=frame.weeks,
        lessons=teaching.lessons(frame, sets, teaching_forms),
        quirks=MappingProxyType({}),
    )
    return with_quirks(school) if quirks else school
