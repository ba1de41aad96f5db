"""For how many school days a school has stood still, judged from what readings gave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from sync.isams.school import Term
from sync.roster.unmoved import (
    Reading,
    SchoolDays,
    TermDays,
    Unmoved,
    school_days_unmoved,
    terms_about,
    unmoved,
)
from sync.settings.text import SEPTEMBER, MonthDay
from tests.unit.schools import school

AUTUMN = TermDays(date(2026, 9, 3), date(2026, 10, 23))
AFTER_HALF_TERM = TermDays(date(2026, 11, 2), date(2026, 12, 11))
CALENDAR, TERMS = SchoolDays((), SEPTEMBER), SchoolDays((AUTUMN, AFTER_HALF_TERM), SEPTEMBER)
SOUTH = SchoolDays((), MonthDay(1, 28))
GULF = SchoolDays((), MonthDay(8, 15))
NEWEST = date(2026, 11, 20)


def day(text: str) -> date:
    return date.fromisoformat(text)


def reading(days_ago: int, digest: str = "a", people: str | None = "p", pupils: int = 9) -> Reading:
    """Return a reading of so many days before the newest."""
    return Reading(NEWEST - timedelta(days=days_ago), digest, {"Pupil": pupils}, people)


# --- School days ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "after", "until", "count"),
    [
        (CALENDAR, "2026-11-16", "2026-11-16", 0),  # a Monday
        (CALENDAR, "2026-11-16", "2026-11-20", 4),
        (CALENDAR, "2026-11-16", "2026-11-22", 4),  # with the weekend
        (CALENDAR, "2026-11-16", "2026-11-23", 5),
        (CALENDAR, "2026-11-21", "2026-11-22", 0),
        (CALENDAR, "2027-06-29", "2027-09-01", 2),  # 30 June, and 1 September
        (CALENDAR, "2026-12-18", "2027-01-04", 11),  # nobody knows of Christmas
        (CALENDAR, "2027-01-04", "2026-12-18", 0),
        (TERMS, "2026-10-22", "2026-11-03", 3),  # half-term lies between
        (TERMS, "2026-12-10", "2027-01-04", 1),
        (TERMS, "2026-08-25", "2026-09-04", 2),
        (SOUTH, "2027-07-01", "2027-07-08", 5),  # in the south July is term
        (SOUTH, "2026-11-20", "2027-01-28", 5),  # to 26 November, and 28 January
        (GULF, "2027-06-11", "2027-06-30", 0),
        (GULF, "2027-08-13", "2027-08-17", 2),
    ],
)
def test_school_days_are_counted_without_weekends_and_holidays(
    days: SchoolDays, after: str, until: str, count: int
) -> None:
    """By the terms; where none is known, without the two months before the year starts."""
    assert days.between(day(after), day(until)) == count


@pytest.mark.parametrize(
    ("days", "today", "in_term"),
    [
        (CALENDAR, "2026-11-20", True),
        (CALENDAR, "2026-11-21", True),
        (CALENDAR, "2026-11-22", True),
        (CALENDAR, "2027-07-02", True),  # a Friday, after the last of June
        (CALENDAR, "2027-07-03", False),
        (TERMS, "2026-10-25", True),
        (TERMS, "2026-10-26", False),
    ],
)
def test_a_weekend_is_in_term_and_holidays_are_not(
    days: SchoolDays,
    today: str,
    in_term: bool,  # noqa: FBT001  # a row of the table
) -> None:
    """Else a mail would be over each Sunday, and come again on Tuesday."""
    assert days.in_term(day(today)) is in_term


def test_terms_that_ended_long_ago_say_nothing() -> None:
    """Whoever forgot to enter the next term is judged by the calendar, after five weeks."""
    term = Term("31", "Autumn", 2026, *AUTUMN)
    read = replace(school(), terms={"31": term, "32": replace(term, id="32")})

    assert terms_about(read, day("2026-11-26")) == (AUTUMN,)
    assert terms_about(read, day("2026-11-27")) == ()
    assert terms_about(school(), NEWEST) == ()


# --- Like readings ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("readings", "days_ago"),
    [
        ([reading(0)], 0),
        ([reading(0), reading(1), reading(3), reading(7)], 7),
        ([reading(0), reading(1), reading(2, "b"), reading(3)], 1),  # it came back to what it was
        ([reading(0), reading(1), reading(2, people="q"), reading(3)], 1),
        ([reading(0), reading(1), reading(2, pupils=8), reading(3)], 1),
        ([reading(0), reading(1), reading(8, people=None), reading(9, people=None)], 9),
        ([reading(0), reading(8, people=None), reading(9, people="q")], 8),
        ([reading(0, people=None), reading(1), reading(2)], 2),
        ([reading(0), reading(35), reading(36)], 35),
        ([reading(0), reading(-1)], 0),  # a clock ran ahead
    ],
)
def test_readings_are_the_same_back_to_the_first_that_differs(
    readings: list[Reading], days_ago: int
) -> None:
    """In the files, in who stands behind the ids, or in how many records iSAMS gave."""
    assert unmoved(readings) == Unmoved(NEWEST - timedelta(days=days_ago), NEWEST)


def test_without_a_reading_nothing_is_said() -> None:
    """A profile that is new says nothing of its school."""
    assert unmoved([]) is None
    assert school_days_unmoved([], CALENDAR) == 0


def test_no_more_readings_are_looked_at_than_it_needs() -> None:
    """Each is a blob to read: a school that lives costs two of them."""
    taken = list[Reading]()

    def readings() -> Iterator[Reading]:
        for each in (reading(0), reading(1, "b"), reading(2)):
            taken.append(each)
            yield each

    unmoved(readings())

    assert len(taken) == 2


# --- The school -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "count"),
    [
        (["2026-11-13", "2026-11-02"], ["2026-11-20", "2026-11-20"], 5),
        (["2026-11-02", "2026-11-19"], ["2026-11-20", "2026-11-20"], 1),
        (["2026-11-13", "2026-11-13"], ["2026-11-18", "2026-11-20"], 5),  # one failed since
    ],
)
def test_a_school_moves_if_any_profile_does(since: list[str], until: list[str], count: int) -> None:
    """It stands still since the last of its profiles changed, as it was last read."""
    spans = [Unmoved(day(s), day(u)) for s, u in zip(since, until, strict=True)]

    assert school_days_unmoved(spans, CALENDAR) == count
