"""Small schools for unit tests, made of exactly what a test names."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from pydantic import SecretStr

from sync.isams.school import Employee, PersonKey, Pupil, School, Subject, TeachingSet
from sync.roster.build import Built, build_roster
from sync.settings import ProfileSettings, SchoolSettings

YEAR = 2026
TODAY = date(2026, 11, 21)


def key(person: str) -> PersonKey:
    """Return the key that *person* says: `id 1`, `guid a`, `guid a id 1`; "" is none."""
    words = person.split()
    return PersonKey(**dict(zip(words[::2], words[1::2], strict=True)))


def pupil(
    pupil_id: str,
    year: int | None = 8,
    email: str | None = None,
    person: str = "",
    leaves_on: date | None = None,
    **names: str,
) -> Pupil:
    """Return a pupil; the address is nobody else's unless *email* says otherwise."""
    address = f"p{pupil_id}@northbank.example" if email is None else email
    forename, surname = names.get("forename", "Sam"), names.get("surname", "Osei")
    return Pupil(
        pupil_id, year, address, forename, surname, person=key(person), leaves_on=leaves_on
    )


def employee(
    employee_id: str, email: str | None = None, person: str = "", leaves_on: date | None = None
) -> Employee:
    """Return a member of staff; the address is nobody else's unless *email* says otherwise."""
    address = f"t{employee_id}@northbank.example" if email is None else email
    return Employee(employee_id, address, "Ida", "Vale", person=key(person), leaves_on=leaves_on)


def teaching_set(
    set_id: str,
    pupils: Iterable[str] = ("1",),
    teachers: Iterable[str] = ("41",),
    *,
    year: int | None = 8,
    subject: str = "21",
    code: str | None = None,
    unknown: Iterable[str] = (),
) -> TeachingSet:
    """Return a set whose code is `8A/Ph<id>` unless *code* says otherwise."""
    name = f"8A/Ph{set_id}" if code is None else code
    return TeachingSet(
        set_id, name, name, year, subject, tuple(teachers), tuple(pupils), tuple(unknown)
    )


def school(
    pupils: Collection[Pupil] = (),
    employees: Collection[Employee] = (),
    sets: Collection[TeachingSet] = (),
    subjects: Iterable[Subject] = (Subject("21", "Ph", "Physics"), Subject("22", "Ma", "Maths")),
    repeated: dict[str, tuple[str, ...]] | None = None,
) -> School:
    """Return a school of a pupil, a teacher and a set unless something else is given."""
    return School(
        {pupil_.id: pupil_ for pupil_ in pupils or [pupil("1")]},
        {person.id: person for person in employees or [employee("41")]},
        {subject.id: subject for subject in subjects},
        {listed.id: listed for listed in sets or [teaching_set("301")]},
        repeated or {},
        {},
    )


NORTHBANK = SchoolSettings(
    name="Northbank School",
    id="9990001",
    isams_host="northbank.isams.example",
    isams_key=SecretStr("00000000-invented"),
)


def built(read: School | None = None, **profile: object) -> Built:
    """Return what a profile of *profile*'s settings makes of the school."""
    chosen = ProfileSettings.model_validate(profile)
    return build_roster(read or school(), NORTHBANK, chosen, YEAR, TODAY)


def codes(made: Built) -> list[tuple[str, str]]:
    """Return each finding's code and record, in order."""
    return [(finding.code.value, finding.record) for finding in made.findings]
