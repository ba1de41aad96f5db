"""The timetable's cycle as REST tells it: one object with weeks, whose days hold periods."""

from __future__ import annotations

import re
from typing import NamedTuple

from sync.isams.rest import answers, endpoints, spellings
from sync.isams.rest import fields as rest_fields
from sync.isams.rest.answers import Answer
from sync.isams.rest.fields import Values, text
from sync.isams.school import Period

# A time of day, perhaps with seconds, perhaps after a day that means nothing.
_TIME = re.compile(r"(?:\d{4}-\d\d-\d\dT)?(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?")


class Structure(NamedTuple):
    """How many weeks there are, the periods of all, and what the three levels call their fields."""

    weeks: int
    periods: list[Period]
    names: frozenset[str]


def read(answer: Answer) -> Structure:
    """Read the cycle; null is no week, no day, no period.

    Raises:
        SourceMalformed: it is no structure, or no period has a name or a time.
    """
    found: list[Period] = []
    fields, names, above = set[str](), set[str](), set[str]()
    weeks = answers.rows(answer, endpoints.STRUCTURE) or []
    for week in weeks:
        of_week = rest_fields.values(spellings.WEEK, week)
        above |= rest_fields.keys(week)
        for day in rest_fields.inner(spellings.WEEK, week, of_week, "days"):
            of_day = rest_fields.values(spellings.DAY, day)
            above |= rest_fields.keys(day)
            for row in rest_fields.inner(spellings.DAY, day, of_day, "periods"):
                said = rest_fields.values(spellings.PERIOD, row)
                found.append(_period(said, of_week, of_day))
                fields |= said.keys()
                names |= rest_fields.keys(row)
    if found:
        rest_fields.refuse_unfit(spellings.PERIOD, fields, names)
    return Structure(len(weeks), found, frozenset(names | above))


def _period(said: Values, week: Values, day: Values) -> Period:
    kind = spellings.PERIOD
    return Period(
        id=rest_fields.identity(kind, said),
        name=text(kind, said, "name"),
        week=text(spellings.WEEK, week, "name"),
        day=text(spellings.DAY, day, "name"),
        starts=_time(text(kind, said, "starts")),
        ends=_time(text(kind, said, "ends")),
    )


def _time(told: str) -> str:
    """Return HH:mm; what is no time of day is told as it came."""
    found = _TIME.fullmatch(told)
    return found[1] if found else told
