"""In a school's words: who somebody is, what a class is called, which year is meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from sync.roster.grades import grade as grade_of
from sync.sds import blocks
from sync.sds.full_plan.differences import ChangedClass, Differences, SchoolDifferences, rows
from sync.sds.people_file import NamedPerson
from sync.sds.tables import COURSES, SESSIONS, Row

_YEARS: Mapping[int, str] = {0: "Reception", -1: "Pre-reception", -2: "Nursery"}
_BY_GRADE: Mapping[str, int] = {grade_of(year, {}): year for year in range(-2, 14)}


def year_words(year: int) -> str:
    """Return what a school calls an NC year: `Year 7`, `Reception`."""
    return _YEARS.get(year, f"Year {year}")


class Who(NamedTuple):
    """Somebody as people know them; `name` is the address where no name is known."""

    name: str
    form: str = ""
    year: str = ""
    is_extra: bool = False


class Names:
    """Names for the ids of a school's plan, then and now.

    *people* are those of either side's file of names, None where there is none. The later name
    counts for what would be, the former for what was: an id may pass to somebody else.
    """

    def __init__(
        self,
        differing: Differences,
        school: SchoolDifferences,
        people: tuple[Iterable[NamedPerson] | None, Iterable[NamedPerson] | None],
    ) -> None:
        self._differing, self._school = differing, school
        after = {person.id: person for person in people[1] or ()}
        before = {person.id: person for person in people[0] or () if after.get(person.id) != person}
        self._named = before, after
        self._grades = self._years_of_grades()
        self._unnamed = self._rows_of_users() if None in people else {}
        self._labels = {
            name: {row[0]: row[at] for files in self._files for row in rows(name, files)}
            for name, at in ((COURSES, 2), (SESSIONS, 1))
        }

    @property
    def _files(self) -> tuple[Mapping[str, bytes], Mapping[str, bytes]]:
        return self._differing.before, self._differing.after

    def _years_of_grades(self) -> Mapping[str, int]:
        """Return which NC year most pupils of a grade are in: a school may choose its own codes."""
        counted: dict[str, Counter[int]] = {}
        for grades, named in zip(self._school.grades, self._named, strict=True):
            for user_id, person in named.items():
                if person.year is not None and (grade := grades.get(user_id)):
                    counted.setdefault(grade, Counter())[person.year] += 1
        return {
            grade: max(sorted(years), key=years.__getitem__) for grade, years in counted.items()
        }

    def _rows_of_users(self) -> Mapping[str, Row]:
        ours = {*chain.from_iterable((*self._school.grades, *self._school.teachers))}
        return {
            row[0]: row
            for files in self._files
            for row in rows("users.csv", files)
            if row[0] in ours
        }

    def year(self, grade: str) -> str:
        """Return what a school calls the year of *grade*; "" if there is none."""
        year = self._grades.get(grade, _BY_GRADE.get(grade))
        if year is not None:
            return year_words(year)
        return "another year" if grade else ""

    def who(self, user_id: str, *, then: bool) -> Who:
        """Return who stands behind an id: *then*, once it is delivered, or now."""
        sides = (1, 0) if then else (0, 1)
        for side in sides:
            if person := self._named[side].get(user_id):
                name = f"{person.forename} {person.surname}".strip() or person.address
                grade = self._school.grades[side].get(user_id, "")
                year = self.year(grade) if person.year is None else year_words(person.year)
                return Who(name, person.form, year, person.role == "extra")
        return self._unnamed_one(user_id, sides)

    def _unnamed_one(self, user_id: str, sides: tuple[int, int]) -> Who:
        """Return somebody whom no file of names has: by the name that SDS has, or the address."""
        grades = (self._school.grades[side].get(user_id) for side in sides)
        year = self.year(next((grade for grade in grades if grade), ""))
        row = self._unnamed.get(user_id)
        return Who((f"{row[2]} {row[3]}".strip() or row[1]) if row else user_id, year=year)

    def title(self, class_id: str, *, then: bool) -> str:
        """Return what a class is called: *then*, or now."""
        change = self._differing.class_row(class_id)
        row = (change.after or change.before) if then else (change.before or change.after)
        return row[2] if row else class_id

    def label(self, name: str, record_id: str) -> str:
        """Return what a course or a session is called."""
        return self._labels[name].get(record_id, record_id)

    def year_of_class(self, changed: ChangedClass) -> str:
        """Return of which year most pupils of a class are; "" if it has none."""
        for side, span in ((1, changed.after), (0, changed.before)):
            years = Counter(self._years(side, blocks.members(self._files[side], span)))
            if years:
                return max(sorted(years), key=years.__getitem__)
        return ""

    def _years(self, side: int, members: Iterable[Row]) -> Iterator[str]:
        grades = self._school.grades[side]
        for _, user_id, _ in members:
            if grade := grades.get(user_id):
                yield self.year(grade)
