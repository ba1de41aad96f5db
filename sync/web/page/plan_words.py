"""A plan in the school's words: titles and years of classes, lists of people, tables. Pure.

Nobody is named unless names are asked for: then columns and lists about names are there. Titles of
tutor groups name their tutor, so they are names as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sync.roster import identifiers
from sync.sds.full_plan.differences import RowChange
from sync.sds.full_plan.entries import PlanEntry, entries
from sync.sds.full_plan.lines import BothRosters, Line, LineKind
from sync.sds.walk import ENROLLMENTS
from sync.steps.full_plan import SchoolPlan

SHOWN = 300
"""Rows of a table, or names of a list: the file of the whole plan has all."""

NAMELESS = "a tutor group"

type TableRow = Sequence[str | int]


class PersonNamed(NamedTuple):
    """A person in a list: who, and their form or year."""

    name: str
    note: str


class NameList(NamedTuple):
    """People of whom one thing is told; `more` are not shown."""

    told: str
    people: Sequence[PersonNamed]
    more: int = 0


class RowTable(NamedTuple):
    """Rows about classes or people; a column that begins with # holds numbers."""

    columns: Sequence[str]
    rows: Sequence[TableRow]
    more: int = 0


def row_table(columns: Sequence[str], rows: Sequence[TableRow]) -> RowTable:
    """Return the first of *rows* as a table, and how many more there are."""
    return RowTable(columns, rows[:SHOWN], max(len(rows) - SHOWN, 0))


@dataclass(frozen=True)
class PlanWords:
    """A school's *plan*, its lines by kind; names only if `shows_names`.

    `seen` gathers the ids of all people who are told of while a sheet is made: whose names are
    shown, or would be.
    """

    plan: SchoolPlan
    shows_names: bool
    by_kind: Mapping[LineKind, Sequence[Line]]
    seen: set[str] = field(default_factory=set)

    def lines(self, kind: LineKind) -> Sequence[Line]:
        """Return the lines of a kind."""
        return self.by_kind.get(kind, ())

    def title(self, class_id: str, *, then: bool = False) -> str:
        """Return what a class is called now, or would be *then*."""
        if identifiers.is_tutor_group(class_id) and not self.shows_names:
            return NAMELESS
        return self.plan.names.title(class_id, then=then)

    def year(self, class_id: str) -> str:
        """Return the year of a class, "" if it does not change or has none."""
        changed = self.plan.of_school.classes.get(class_id)
        return self.plan.names.year_of_class(changed) if changed else ""

    def name_column(self, user: str) -> tuple[str, ...]:
        """Return the cell with the name of a user: none where names are not shown."""
        return (self.plan.names.who(user, then=False).name,) if self.shows_names else ()

    def people(self, told: str, users: Iterable[str], *, then: bool) -> list[NameList]:
        """Return a list of *users*, who count as seen; nothing where names are not shown."""
        listed = sorted(set(users))
        self.seen.update(listed)
        if not self.shows_names or not listed:
            return []
        known = [self.plan.names.who(user, then=then) for user in listed[:SHOWN]]
        people = sorted(PersonNamed(who.name, who.form or who.year) for who in known)
        return [NameList(f"{told}: {len(listed):,}", people, max(len(listed) - SHOWN, 0))]

    def by_year(self, users: Iterable[str]) -> str:
        """Return how many of *users* are in which year: `Year 7: 2, Year 8: 1`."""
        years = Counter(self.plan.names.who(user, then=True).year for user in users)
        return ", ".join(f"{year or 'no year'}: {count:,}" for year, count in sorted(years.items()))

    def entries(self, lines: Iterable[Line]) -> Iterator[PlanEntry]:
        """Yield what the file of the whole plan has of *lines*."""
        for line in lines:
            yield from entries(line, self.plan.of_school, self.plan.names)


def pupils_of(roster: BothRosters) -> tuple[frozenset[str], frozenset[str]]:
    """Return the ids of the pupils who were in a class, and of those who would be."""
    before, after = (
        frozenset(user for _, user, role in side if role == "student")
        for side in (roster.before, roster.after)
    )
    return before, after


def places(lines: Iterable[Line]) -> list[RowChange]:
    """Return the places in classes that *lines* tell of, of pupils and teachers."""
    return [change for line in lines for change in line.rows if change.file == ENROLLMENTS]


def is_pupil(place: RowChange) -> bool:
    """Say whether a place in a class is a pupil's."""
    return place.row[2] == "student"
