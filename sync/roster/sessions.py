"""When a school's classes are held and of which course they are: what SDS hears on request.

Pure. iSAMS says of no set in which terms it is held, so each class is in the whole school year.
"""

from __future__ import annotations

from collections.abc import Iterable

from sync.errors import ConfigError
from sync.isams.school import School, Subject
from sync.roster import identifiers
from sync.roster.model import Course, SchoolClass, Session
from sync.settings import SchoolSettings


def sessions(read: School, place: SchoolSettings, academic_year: int) -> tuple[Session, ...]:
    """Return the school year that began in *academic_year*, and its terms, by id.

    It lasts from the first day of its first term to the last day of its last.

    Raises:
        ConfigError: no term of that year is known, so nothing can be said of its days.
    """
    terms = [one for one in (read.terms or {}).values() if one.school_year == academic_year]
    label = identifiers.year_label(academic_year)
    if not terms:
        raise ConfigError(
            f"SESSIONS is set, but iSAMS has no terms of the school year {label}: enter them in"
            " School Manager",
            academic_year=academic_year,
        )
    whole = Session(
        identifiers.session_id(place.id, academic_year),
        label,
        "schoolYear",
        academic_year,
        min(one.starts_on for one in terms),
        max(one.finishes_on for one in terms),
    )
    parts = [
        Session(
            identifiers.session_id(place.id, academic_year, one.id),
            identifiers.title(one.name) or "Term",
            "term",
            academic_year,
            one.starts_on,
            one.finishes_on,
        )
        for one in terms
    ]
    return tuple(sorted([whole, *parts], key=lambda one: one.id))


def courses(
    read: School, place: SchoolSettings, classes: Iterable[SchoolClass]
) -> tuple[Course, ...]:
    """Return the course of each subject of which there are *classes*, by id.

    A class has none if its subject is in no department. A subject without a code has its id for
    one: Microsoft's own pipeline demands a code (sds.md section 3.3).
    """
    taught = {one.subject_id for one in classes} & read.subjects.keys()
    made = [_course(place.id, read.subjects[own]) for own in taught]
    return tuple(sorted(made, key=lambda one: one.id))


def _course(org: str, one: Subject) -> Course:
    code = identifiers.title(one.code) or identifiers.title(one.id) or "Course"
    return Course(
        identifiers.course_id(org, one.id), identifiers.title(one.name) or code, code, one.id
    )
