"""What a school is besides people and sets, whichever API gave it: as far as it was asked for.

Records come in any order, so lessons are kept as their rows give them until all has been read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import astuple, replace
from datetime import date
from typing import Any, NamedTuple

from sync import texts
from sync.errors import SourceMalformed, SyncError
from sync.isams.datasets import (
    ACADEMIC_HOUSES,
    BOARDING_HOUSES,
    BUILDINGS,
    DIVISIONS,
    FORMS,
    LESSONS,
    ROOMS,
    TEACHING_FORMS,
    TERMS,
    WEEKS,
    YEARS,
    Dataset,
)
from sync.isams.joins import ByCode, JoinedByCase
from sync.isams.records import Identified, Records, repeated_in
from sync.isams.school import (
    Building,
    Division,
    Form,
    House,
    HouseKind,
    Lesson,
    Period,
    Room,
    School,
    TeachingForm,
    Term,
    Year,
)

LOST_LESSONS = "LessonOfNothing"  # in `School.counts`: lessons whose code nothing, or much, has

_SCHOOL_YEAR = re.compile(r"[0-9]{4}")
_LESSON = "Lessons"  # what a join by case is told of

HOUSES: Mapping[HouseKind, Dataset] = {"academic": ACADEMIC_HOUSES, "boarding": BOARDING_HOUSES}


class LessonRecord(NamedTuple):
    """A lesson as its row gives it. `set_id` is "" where there is a code alone to go by.

    `for_set` says whether the code is a set's or a teaching form's. `staff_id` is an Employee's id;
    batch knows them by `user_code`.
    """

    code: str
    for_set: bool
    period_id: str
    room_id: str = ""
    set_id: str = ""
    staff_id: str = ""
    user_code: str = ""


class Structure:
    """What has been read so far. `asked` are the datasets that were asked for, empty or not.

    `untold` are those that no class needs and that could not be read, and why: they stay unknown.
    `joined_by_case` is what was joined so far although its case differs.
    """

    def __init__(self) -> None:
        self.asked: set[Dataset] = set()
        self.untold: dict[Dataset, SyncError] = {}
        self.years = Records[Year](YEARS)
        self.forms = Records[Form](FORMS)
        self.houses = {kind: Records[House](dataset) for kind, dataset in HOUSES.items()}
        self.divisions = Records[Division](DIVISIONS)
        self.terms = Records[Term](TERMS)
        self.buildings = Records[Building](BUILDINGS)
        self.rooms = Records[Room](ROOMS)
        self.periods = Records[Period](WEEKS)
        self.teaching_forms = Records[TeachingForm](TEACHING_FORMS)
        self.lessons: list[LessonRecord] = []
        self.joined_by_case: set[JoinedByCase] = set()

    def ask(self, dataset: Dataset) -> None:
        """Note that *dataset* was asked for: from now on it is empty, and no longer unknown."""
        self.asked.add(dataset)
        if dataset is BUILDINGS:
            self.asked.add(ROOMS)

    def repeated(self) -> dict[str, tuple[str, ...]]:
        """Return the ids that came more than once, by dataset name: `School.repeated`."""
        places: list[Records[Any]] = [self.divisions, self.buildings, self.rooms]
        times: list[Records[Any]] = [self.years, self.terms, self.periods]
        groups: list[Records[Any]] = [self.forms, *self.houses.values(), self.teaching_forms]
        return repeated_in(*places, *times, *groups)

    def house_id(self, kind: HouseKind, name: str) -> str:
        """Return the id of the house of that *kind* and *name*; "" if none, or several, is it.

        A blank name is nobody's, and how an accent was typed says nothing.
        """
        houses = self.houses[kind].values()
        by_name = ByCode(self.joined_by_case, ((house.name, house.id) for house in houses))
        return by_name.id_of(name, "House of pupils")

    def added_to(self, school: School, staff_id: Callable[[str, str], str]) -> School:
        """Return *school* with all that was asked for.

        *staff_id* finds a user code's employee, and is told in which record the code stands.
        """
        lessons = self._joined(school, staff_id) if LESSONS in self.asked else None
        lost = sum(not (lesson.set_id or lesson.teaching_form_id) for lesson in lessons or ())
        years = self._if_asked(self.years)
        return replace(
            school,
            counts=dict(school.counts) | ({LOST_LESSONS: lost} if lost else {}),
            years=None if years is None else {year.id: year for year in years.values()},
            forms=self._if_asked(self.forms),
            academic_houses=self._if_asked(self.houses["academic"]),
            boarding_houses=self._if_asked(self.houses["boarding"]),
            divisions=self._if_asked(self.divisions),
            terms=self._if_asked(self.terms),
            buildings=self._if_asked(self.buildings),
            rooms=self._if_asked(self.rooms),
            periods=self._if_asked(self.periods),
            teaching_forms=self._if_asked(self.teaching_forms),
            lessons=lessons,
            joined_by_case=tuple(sorted(self.joined_by_case)),
            untold={dataset.ui_name: error for dataset, error in self.untold.items()},
        )

    def _if_asked[R: Identified](self, records: Records[R]) -> Records[R] | None:
        return records if records.dataset in self.asked else None

    def _joined(self, school: School, staff_id: Callable[[str, str], str]) -> tuple[Lesson, ...]:
        """Return the lessons, each with the single set or teaching form that has its code.

        See docs/reference/isams.md#schedule-flag.
        """
        joined_by_case, forms = self.joined_by_case, self.teaching_forms.values()
        sets = ByCode(joined_by_case, ((each.code, each.id) for each in school.sets.values()))
        taught = ByCode(joined_by_case, ((form.code, form.id) for form in forms))
        joined = {
            Lesson(
                code=row.code,
                set_id=_set_id(row, school.sets, sets),
                teaching_form_id="" if row.for_set else taught.id_of(row.code, _LESSON),
                teacher_id=row.staff_id
                or (staff_id(row.user_code, _LESSON) if row.user_code else ""),
                period_id=row.period_id,
                room_id=row.room_id,
            )
            for row in set(self.lessons)
        }
        return tuple(sorted(joined, key=astuple))


def day_in(text: str) -> date | None:
    """Return the day that iSAMS's *text* is, or with which its moment begins; None if with none.

    See docs/reference/isams.md#times.
    """
    day, _, _ = text.replace(" ", "T").partition("T")
    return texts.day(day)


def term(term_id: str, name: str, school_year: str, starts: str, finishes: str) -> Term:
    """Return a term from either API's texts; of moments their days count.

    See docs/reference/isams.md#times.

    Raises:
        SourceMalformed: a day or the year is none, or it ends before it starts.
    """
    year = int(school_year) if _SCHOOL_YEAR.fullmatch(school_year) else 0
    first, last = day_in(starts), day_in(finishes)
    if first is None or last is None or first > last or not 1900 < year < 2200:
        raise SourceMalformed(
            f"{TERMS.ui_name}: a term has no school year, no days, or ends before it starts:"
            " mend it in iSAMS's School Manager, Terms"
        )
    return Term(term_id, name, year, first, last)


def _set_id(row: LessonRecord, sets: Mapping[str, object], by_code: ByCode) -> str:
    if row.set_id:
        return row.set_id if row.set_id in sets else ""
    return by_code.id_of(row.code, _LESSON) if row.for_set else ""
