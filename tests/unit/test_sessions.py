"""The school year, its terms and its courses, as iSAMS tells them and SDS takes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.sds import check_files
from sync.errors import ConfigError
from sync.isams.school import School, Subject, Term
from sync.roster.build import build_roster
from sync.roster.model import Course, Org, Roster, SchoolClass, Session
from sync.roster.sessions import courses, sessions
from sync.sds import rules, tables
from sync.settings import ProfileSettings
from tests.unit.schools import NORTHBANK, TODAY, YEAR, school

AUTUMN = Term("31", "Autumn", 2026, date(2026, 9, 3), date(2026, 12, 11))
SPRING = Term("32", "Spring", 2026, date(2027, 1, 5), date(2027, 3, 26))
SUMMER = Term("33", "Summer", 2026, date(2027, 4, 20), date(2027, 7, 9))
TERMS = (AUTUMN, SPRING, SUMMER)


def with_terms(*terms: Term) -> School:
    """Return a school that has *terms*."""
    return replace(school(), terms={term.id: term for term in terms})


def a_class(class_id: str, subject: str) -> SchoolClass:
    """Return a class of nobody in *subject*."""
    return SchoolClass(class_id, "8A", (), (), subject)


def test_a_school_year_lasts_from_its_first_term_to_its_last() -> None:
    """The year and each of its terms, by id, with the days of iSAMS."""
    listed = sessions(with_terms(SUMMER, AUTUMN, SPRING), NORTHBANK, YEAR)

    assert listed == (
        Session("9990001-2026", "2026-27", "schoolYear", 2026, date(2026, 9, 3), date(2027, 7, 9)),
        Session(
            "9990001-2026-term-31", "Autumn", "term", 2026, AUTUMN.starts_on, date(2026, 12, 11)
        ),
        Session(
            "9990001-2026-term-32", "Spring", "term", 2026, SPRING.starts_on, date(2027, 3, 26)
        ),
        Session("9990001-2026-term-33", "Summer", "term", 2026, SUMMER.starts_on, date(2027, 7, 9)),
    )


def test_terms_of_other_years_are_left_alone() -> None:
    """Years stay in iSAMS when they are over, and the next may be there early."""
    before = replace(AUTUMN, id="21", school_year=2025, starts_on=date(2025, 9, 3))
    after = replace(SUMMER, id="43", school_year=2027, finishes_on=date(2028, 7, 9))

    assert sessions(with_terms(before, *TERMS, after), NORTHBANK, YEAR) == sessions(
        with_terms(*TERMS), NORTHBANK, YEAR
    )


def test_a_school_year_that_starts_in_january_is_called_by_one_year() -> None:
    """The classes of such a school say `2026` too: the year is the same in both files."""
    first = Term("1", "Term 1", 2026, date(2026, 1, 28), date(2026, 4, 2))
    last = Term("4", "Term 4", 2026, date(2026, 10, 12), date(2026, 12, 10))
    by_terms = NORTHBANK.model_copy(update={"school_year": "terms"})
    profile = ProfileSettings(class_title="{set_code} {academic_year}", sessions=True)
    made = build_roster(with_terms(first, last), by_terms, profile, YEAR, TODAY).roster

    assert [session.title for session in made.sessions or ()] == ["2026", "Term 1", "Term 4"]
    assert [listed.title for listed in made.classes] == ["8A-Ph301 2026"]


@pytest.mark.parametrize("terms", [None, {}, {"31": replace(AUTUMN, school_year=2025)}])
def test_a_year_without_terms_is_an_error_and_no_empty_file(terms: dict[str, Term] | None) -> None:
    """The year's days are not known, and a class without its session would be a loss."""
    with pytest.raises(ConfigError, match=r"no terms of the school year 2026-27") as caught:
        sessions(replace(school(), terms=terms), NORTHBANK, YEAR)

    assert caught.value.facts == {"academic_year": 2026}


def test_a_course_is_a_subject_of_which_there_are_classes() -> None:
    """One for all its classes; the subjects that nobody is taught here are not listed."""
    listed = courses(school(), NORTHBANK, [a_class("c1", "21"), a_class("c2", "21")])

    assert listed == (Course("9990001-course-21", "Physics", "Ph", "21"),)


def test_a_class_of_no_listed_subject_has_no_course() -> None:
    """Forms and houses teach none, and a set's subject may be in no department."""
    assert courses(school(), NORTHBANK, [a_class("c1", ""), a_class("c2", "99")]) == ()


@pytest.mark.parametrize(
    ("subject", "title", "code"),
    [
        (Subject("21", "", "Physics"), "Physics", "21"),
        (Subject("21", "Ph", ""), "Ph", "Ph"),
        (Subject("21", "", ""), "21", "21"),
        (Subject("21", "=Ph", "Art & Design/Textiles"), "Art and Design-Textiles", "Ph"),
        (Subject("-", "", ""), "Course", "Course"),
    ],
)
def test_a_course_always_has_a_title_and_a_code(subject: Subject, title: str, code: str) -> None:
    """SDS may drop the row of one that is blank, so something else that names it is put there."""
    (course,) = courses(school(subjects=[subject]), NORTHBANK, [a_class("c1", subject.id)])

    assert (course.title, course.code) == (title, code)


TEXTS = st.text(max_size=8)


@given(
    st.lists(st.tuples(TEXTS, TEXTS, TEXTS).filter(lambda fields: fields[0] != ""), max_size=4),
    st.dictionaries(TEXTS.filter(bool), TEXTS, max_size=4),
)
def test_whatever_isams_calls_them_sds_takes_them(
    subjects: list[tuple[str, str, str]], terms: dict[str, str]
) -> None:
    """Odd ids, names and codes make rows in which neither the rules nor the oracle find a fault."""
    read = school(subjects=[Subject(*fields) for fields in subjects])
    made = [replace(AUTUMN, id=term_id, name=name) for term_id, name in terms.items()]
    read = replace(read, terms={term.id: term for term in [*made, SUMMER]})
    classes = tuple(a_class(f"c{number}", fields[0]) for number, fields in enumerate(subjects))
    roster = Roster(
        Org(NORTHBANK.id, NORTHBANK.name),
        (),
        classes,
        sessions(read, NORTHBANK, YEAR),
        courses(read, NORTHBANK, classes),
    )

    files = rules.files(tables.roster_rows(roster))

    assert check_files(files) == []
    assert files["courses.csv"].count(b"\n") == 1 + len({fields[0] for fields in subjects})
    assert files["academicSessions.csv"].count(b"\n") == 2 + len({*terms, SUMMER.id})
