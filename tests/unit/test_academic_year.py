"""Which term and which academic year a day is in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from sync.errors import (
    ConfigError,
    SourceError,
    SourceMalformed,
    SourceRefused,
    SourceUnavailable,
)
from sync.isams import structure
from sync.isams.datasets import TERMS as TERMS_OF_ISAMS
from sync.isams.school import School, Term
from sync.roster import academic_year
from sync.settings import SchoolSettings
from tests.unit.schools import NORTHBANK, school

TERMS = {
    term.id: term
    for term in (
        Term("31", "Autumn", 2026, date(2026, 9, 3), date(2026, 12, 12)),
        Term("32", "Spring", 2026, date(2027, 1, 7), date(2027, 3, 27)),
        Term("33", "Autumn", 2027, date(2027, 9, 2), date(2027, 12, 11)),
    )
}


@pytest.mark.parametrize(
    ("day", "term_id"),
    [
        ("2026-09-02", None),
        ("2026-09-03", "31"),
        ("2026-12-12", "31"),
        ("2026-12-13", None),
        ("2027-01-07", "32"),
        ("2028-01-01", None),
    ],
)
def test_a_term_is_active_from_its_first_day_to_its_last(day: str, term_id: str | None) -> None:
    """Holidays are in no term."""
    term = academic_year.active_term(TERMS, date.fromisoformat(day))

    assert (term and term.id) == term_id


def test_of_two_terms_the_one_that_began_later_is_active() -> None:
    """Half terms can be entered beside whole ones."""
    half = Term("34", "Autumn 2", 2026, date(2026, 11, 2), date(2026, 12, 12))

    active = academic_year.active_term({**TERMS, "34": half}, date(2026, 11, 21))

    assert active is half


def with_settings(**settings: str) -> SchoolSettings:
    """Return the settings of a school that says so when its academic year turns."""
    return SchoolSettings.model_validate(NORTHBANK.model_dump(exclude_unset=True) | settings)


def northbank(school_year: str) -> SchoolSettings:
    return with_settings(school_year=school_year)


@pytest.mark.parametrize(
    ("setting", "moment", "year"),
    [
        ("terms", "2026-09-03T00:30:00+01:00", 2026),
        ("terms", "2026-12-25T12:00:00+00:00", 2026),
        ("terms", "2027-09-01T23:59:00+01:00", 2026),  # the calendar would say 2027
        ("terms", "2027-09-02T00:00:00+01:00", 2027),
        ("2025", "2027-09-02T00:00:00+01:00", 2025),
        ("", "2027-09-01T00:00:00+01:00", 2027),
        ("", "2027-08-31T23:59:00+01:00", 2026),
    ],
)
def test_the_academic_year_is_the_settings_or_the_terms_or_the_calendars(
    setting: str, moment: str, year: int
) -> None:
    """In the holidays it is the year of the term before."""
    read = replace(school(), terms=TERMS)
    chosen = northbank(setting) if setting else NORTHBANK

    assert academic_year.academic_year_at(read, chosen, datetime.fromisoformat(moment)) == year


@pytest.mark.parametrize(
    ("starts", "day", "year"),
    [
        ("08-15", "2026-08-14", 2025),
        ("08-15", "2026-08-15", 2026),
        ("01-28", "2027-01-27", 2026),
        ("01-28", "2027-01-28", 2027),
        ("01-01", "2027-01-01", 2027),
        ("03-01", "2028-02-29", 2027),
        ("12-31", "2027-12-30", 2026),
    ],
)
def test_the_academic_year_turns_on_the_day_that_the_school_says(
    starts: str, day: str, year: int
) -> None:
    """Scotland's in the middle of August, Australia's at the end of January."""
    there = with_settings(year_starts=starts)

    assert academic_year.by_calendar(date.fromisoformat(day), there) == year


@pytest.mark.parametrize(
    ("settings", "called"),
    [
        ({}, "2026-27"),
        ({"school_year": "2026"}, "2026"),
        ({"year_starts": "08-15"}, "2026-27"),
        ({"year_starts": "01-28"}, "2026"),
        ({"year_starts": "04-30"}, "2026"),
        ({"year_starts": "05-01"}, "2026-27"),
        ({"school_year": "terms"}, "2026"),
    ],
)
def test_a_year_that_starts_by_april_is_called_by_its_one_year(
    settings: dict[str, str], called: str
) -> None:
    """Terms say so where SCHOOL_YEAR is set; else an export could rename every Team."""
    terms = {
        "1": Term("1", "Term 1", 2026, date(2026, 1, 28), date(2026, 4, 2)),
        "4": Term("4", "Term 4", 2026, date(2026, 10, 12), date(2026, 12, 10)),
        "9": Term("9", "Next", 2027, date(2027, 9, 1), date(2027, 12, 10)),
    }
    read = replace(school(), terms=terms)

    assert academic_year.label_of_year(2026, read, with_settings(**settings)) == called


def by_term(*starts: str) -> School:
    """Return a school with a term of each year that begins on one of *starts*."""
    days = [date.fromisoformat(day) for day in starts]
    terms = [Term(str(day.year), "Term 1", day.year, day, day) for day in days]
    return replace(school(), terms={term.id: term for term in terms})


SOUTH, NORTH = by_term("2025-01-29", "2026-01-28"), by_term("2025-09-04", "2026-09-03")


@pytest.mark.parametrize(
    ("read", "school_year", "called"),
    [
        (SOUTH, "2027", "2027"),
        (SOUTH, "terms", "2027"),
        (NORTH, "2027", "2027-28"),
        (by_term(), "2027", "2027-28"),
        (school(), "2027", "2027-28"),
        (by_term("2024-09-01", "2028-01-28"), "2027", "2027"),
    ],
)
def test_a_year_whose_terms_are_not_in_isams_yet_is_called_like_the_nearest(
    read: School, school_year: str, called: str
) -> None:
    """A school rolls over and sets SCHOOL_YEAR=2027 before anybody enters its terms."""
    assert academic_year.label_of_year(2027, read, northbank(school_year)) == called


@pytest.mark.parametrize(
    ("error", "called"),
    [(SourceUnavailable("invented"), None), (SourceRefused("invented"), "2027-28")],
)
def test_terms_that_may_come_at_the_next_try_are_waited_for(
    error: SourceError, called: str | None
) -> None:
    """Else an iSAMS that is busy for a night would have every Team called otherwise."""
    read = replace(school(), untold={TERMS_OF_ISAMS.ui_name: error})

    if called:
        assert academic_year.label_of_year(2027, read, northbank("2027")) == called
    else:
        with pytest.raises(SourceUnavailable):
            academic_year.label_of_year(2027, read, northbank("2027"))


@pytest.mark.parametrize(
    ("read", "school_year", "opens", "year"),
    [
        (SOUTH, "terms", "2026-02-10", 2026),
        (SOUTH, "terms", "2025-12-20", 2026),
        (SOUTH, "terms", "2027-01-30", 2027),
        (SOUTH, "terms", "2028-02-01", 2028),
        (SOUTH, "terms", "2023-12-01", 2024),
        (NORTH, "terms", "2026-09-07", 2026),
        (NORTH, "terms", "2027-09-06", 2027),
        (NORTH, "2027", "2027-09-06", 2027),
        (school(), "2027", "2027-01-30", 2027),
        (school(), "2027", "2026-12-20", 2027),
        (school(), "2026", "2027-05-10", 2027),
        (school(), "2026", "2027-10-31", 2027),
    ],
)
def test_pupils_from_is_of_the_year_whose_first_term_is_about_then(
    read: School, school_year: str, opens: str, year: int
) -> None:
    """By terms to within 60 days; a SCHOOL_YEAR that is a number does not say when it starts."""
    opened = academic_year.year_opened(date.fromisoformat(opens), read, northbank(school_year))

    assert opened == year


@pytest.mark.parametrize(
    ("read", "opens"),
    [(SOUTH, "2026-09-01"), (SOUTH, "2027-04-01"), (NORTH, "2027-01-30"), (NORTH, "2026-06-01")],
)
def test_a_pupils_from_of_no_years_first_term_says_what_can_be_mended(
    read: School, opens: str
) -> None:
    """It names no YEAR_STARTS: beside SCHOOL_YEAR that is refused."""
    with pytest.raises(ConfigError, match="School Terms") as refusal:
        academic_year.year_opened(date.fromisoformat(opens), read, northbank("terms"))

    assert "PUPILS_FROM" in str(refusal.value)
    assert "YEAR_STARTS" not in str(refusal.value)


def test_without_any_term_nobody_knows_which_year_pupils_from_is_of() -> None:
    """A guess could keep the pupils of a running year out of their Teams."""
    with pytest.raises(ConfigError, match="no term"):
        academic_year.year_opened(date(2027, 1, 30), school(), northbank("terms"))


@pytest.mark.parametrize("known", [None, {}, {"33": TERMS["33"]}])
def test_where_no_term_has_begun_the_year_is_not_guessed(
    known: Mapping[str, Term] | None,
) -> None:
    """A guessed year would give every class another id."""
    untold = replace(school(), terms=known)

    with pytest.raises(ConfigError, match="SCHOOL_YEAR"):
        academic_year.academic_year_at(
            untold, northbank("terms"), datetime.fromisoformat("2026-11-21T12:00Z")
        )


def test_the_day_of_a_moment_is_made_in_a_single_function() -> None:
    """Whoever makes it elsewhere may forget the school's zone."""
    made = modules_with(r"\.astimezone\([^)]*\)\s*\.date\(")

    assert made == {"sync/roster/academic_year.py"}


@pytest.mark.parametrize(
    ("year", "starts", "good"),
    [
        ("2026", "2026-09-03T00:00:00", True),
        ("2026", "2026-09-03", True),
        ("2026", "2026-09-03 00:00", True),
        ("2026", "20260903", False),
        ("2026", "2026-W36-4", False),
        ("2026", "2026-09-0312", False),
        ("2026", "", False),
        ("2_026", "2026-09-03", False),
        ("\uff12\uff10\uff12\uff16", "2026-09-03", False),
        (" 2026", "2026-09-03", False),
    ],
)
def test_a_term_begins_on_a_day_that_can_be_read_in_one_way(
    year: str, starts: str, *, good: bool
) -> None:
    """It decides in which academic year every class is."""
    if good:
        read = structure.term("31", "Autumn", year, starts, "2026-12-12T00:00:00")

        assert (read.school_year, read.starts_on) == (2026, date(2026, 9, 3))
    else:
        with pytest.raises(SourceMalformed):
            structure.term("31", "Autumn", year, starts, "2026-12-12T00:00:00")


def test_no_text_becomes_a_day_but_by_the_one_function() -> None:
    """Python alone takes `20270901` and `2027-W35-1` for days too."""
    # Of findings.json the days are our own, as `isoformat` writes them.
    ours = {"sync/texts.py", "sync/roster/finding_days.py"}
    assert modules_with(r"\bdate\.fromisoformat\(") == ours


def modules_with(code: str) -> set[str]:
    """Return the modules of `sync` in which the pattern *code* is found."""
    modules = Path("sync").rglob("*.py")
    return {
        path.as_posix() for path in modules if re.search(code, path.read_text(encoding="utf-8"))
    }
