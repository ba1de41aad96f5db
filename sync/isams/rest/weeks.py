"""The timetable's cycle as REST gives it: an object with weeks, whose days hold periods."""

from __future__ import annotations

import re
from typing import NamedTuple

from sync.isams.rest import answers, endpoints, fields, spellings
from sync.isams.rest.answers import Answer
from sync.isams.rest.fields import Values
from sync.isams.school import Period

# A time of day, perhaps with seconds, perhaps after a day that means nothing.
# With a day or without, with seconds or without: docs/reference/isams.md#rest-dates
_TIME = re.compile(r"(?:\d{4}-\d\d-\d\dT)?(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?")


class Cycle(NamedTuple):
    """How many weeks there are, the periods of all, and what the three levels call their fields."""

    weeks: int
    periods: list[Period]
    names: frozenset[str]


def read_cycle(answer: Answer) -> Cycle:
    """Read the cycle; null is no week, no day, no period.

    Raises:
        SourceMalformed: it is no structure, or no period has a name or a time.
    """
    periods: list[Period] = []
    seen, names, above = set[str](), set[str](), set[str]()
    weeks = answers.rows_of(answer, endpoints.STRUCTURE) or []
    for week in weeks:
        of_week = fields.values_of(spellings.WEEK, week)
        above |= fields.keys(week)
        for day in fields.inner(spellings.WEEK, week, of_week, "days"):
            of_day = fields.values_of(spellings.DAY, day)
            above |= fields.keys(day)
            for row in fields.inner(spellings.DAY, day, of_day, "periods"):
                record = fields.values_of(spellings.PERIOD, row)
                periods.append(_period(record, of_week, of_day))
                seen |= record.keys()
                names |= fields.keys(row)
    if periods:
        fields.refuse_unfit(spellings.PERIOD, seen, names)
    return Cycle(len(weeks), periods, frozenset(names | above))


def _period(record: Values, week: Values, day: Values) -> Period:
    kind = spellings.PERIOD
    return Period(
        id=fields.identity(kind, record),
        name=fields.text(kind, record, "name"),
        week=fields.text(spellings.WEEK, week, "name"),
        day=fields.text(spellings.DAY, day, "name"),
        starts=_time(fields.text(kind, record, "starts")),
        ends=_time(fields.text(kind, record, "ends")),
    )


def _time(text: str) -> str:
    """Return HH:mm; what is no time of day stays as it came."""
    match = _TIME.fullmatch(text)
    return match[1] if match else text
