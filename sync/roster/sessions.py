"""When a school's classes are held and of which course they are: what SDS hears on request.

Pure. iSAMS says of no set in which terms it is held, so each class is in the whole school year.

See docs/reference/isams.md#set-no-dates.
"""

from __future__ import annotations

from collections.abc import Iterable

from sync.errors import ConfigError
from sync.isams.school import School, Subject
from sync.roster import identifiers
from sync.roster.academic_year import label_of_year
from sync.roster.model import Course, SchoolClass, Session
from sync.settings import SchoolSettings


def sessions(
    school: School, school_settings: SchoolSettings, academic_year: int
) -> tuple[Session, ...]:
    """Return the school year that began in *academic_year*, and its terms, by id.

    It lasts from the first day of its first term to the last day of its last.

    Raises:
        ConfigError: no term of that year is known, so nothing can be said of its days.
    """
    every = (school.terms or {}).values()
    terms = [term for term in every if term.school_year == academic_year]
    if not terms:
        raise ConfigError(
            f"SESSIONS is set, but iSAMS has no terms of the school year"
            f" {label_of_year(academic_year, school, school_settings)}: enter them in"
            " School Manager",
            academic_year=academic_year,
        )
    org, starts_on = school_settings.id, min(term.starts_on for term in terms)
    whole = Session(
        identifiers.session_id(org, academic_year),
        identifiers.year_label(academic_year, starts_on.month),
        "schoolYear",
        academic_year,
        starts_on,
        max(term.finishes_on for term in terms),
    )
    parts = [
        Session(
            identifiers.session_id(org, academic_year, term.id),
            identifiers.title(term.name) or "Term",
            "term",
            academic_year,
            term.starts_on,
            term.finishes_on,
        )
        for term in terms
    ]
    return tuple(sorted([whole, *parts], key=lambda session: session.id))


def courses(
    school: School, school_settings: SchoolSettings, classes: Iterable[SchoolClass]
) -> tuple[Course, ...]:
    """Return the course of each subject of which there are *classes*, by id.

    A class has none if its subject is in no department. A subject without a code has its id
    instead: Microsoft's pipeline demands a code (docs/reference/sds.md#courses-csv).
    """
    taught = {made.subject_id for made in classes} & school.subjects.keys()
    by_subject = [_course(school_settings.id, school.subjects[subject_id]) for subject_id in taught]
    return tuple(sorted(by_subject, key=lambda course: course.id))


def _course(org: str, subject: Subject) -> Course:
    code = identifiers.title(subject.code) or identifiers.title(subject.id) or "Course"
    title = identifiers.title(subject.name) or code
    return Course(identifiers.course_id(org, subject.id), title, code, subject.id)
