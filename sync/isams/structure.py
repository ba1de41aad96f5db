"""What a school is besides people and sets, whichever API told it: as far as it was asked for.

Records come in any order, so lessons are kept as they are told until all has been read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass, field, replace
from datetime import date
from typing import NamedTuple

from sync.errors import SourceMalformed
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

HOUSES: Mapping[HouseKind, Dataset] = {"academic": ACADEMIC_HOUSES, "boarding": BOARDING_HOUSES}


class LessonRecord(NamedTuple):
    """A lesson as its row tells it. `set_id` is "" where there is a code alone to go by.

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


@dataclass(slots=True)
class Frame:
    """What has been read so far. `asked` are the datasets that were asked for, empty or not.

    `is_new` says whether an id is met for the first time, and notes it if not.
    """

    is_new: Callable[[Dataset, str, Mapping[str, object]], bool]
    asked: set[Dataset] = field(default_factory=set)
    years: dict[str, Year] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)
    houses: dict[HouseKind, dict[str, House]] = field(default_factory=dict)  # by kind
    divisions: dict[str, Division] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    buildings: dict[str, Building] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    periods: dict[str, Period] = field(default_factory=dict)
    teaching_forms: dict[str, TeachingForm] = field(default_factory=dict)
    lessons: list[LessonRecord] = field(default_factory=list)

    def add_year(self, one: Year) -> None:
        """Take a year group."""
        if self.is_new(YEARS, str(one.id), self.years):
            self.years[str(one.id)] = one

    def add_form(self, one: Form) -> None:
        """Take a form."""
        if self.is_new(FORMS, one.id, self.forms):
            self.forms[one.id] = one

    def add_house(self, one: House) -> None:
        """Take a house, academic or boarding."""
        known = self.houses.setdefault(one.kind, {})
        if self.is_new(HOUSES[one.kind], one.id, known):
            known[one.id] = one

    def add_division(self, one: Division) -> None:
        """Take a division."""
        if self.is_new(DIVISIONS, one.id, self.divisions):
            self.divisions[one.id] = one

    def add_term(self, one: Term) -> None:
        """Take a term."""
        if self.is_new(TERMS, one.id, self.terms):
            self.terms[one.id] = one

    def add_building(self, one: Building) -> None:
        """Take a building."""
        if self.is_new(BUILDINGS, one.id, self.buildings):
            self.buildings[one.id] = one

    def add_room(self, one: Room) -> None:
        """Take a room."""
        if self.is_new(ROOMS, one.id, self.rooms):
            self.rooms[one.id] = one

    def add_period(self, one: Period) -> None:
        """Take a period."""
        if self.is_new(WEEKS, one.id, self.periods):
            self.periods[one.id] = one

    def add_teaching_form(self, one: TeachingForm) -> None:
        """Take the lessons of a whole form in one subject."""
        if self.is_new(TEACHING_FORMS, one.id, self.teaching_forms):
            self.teaching_forms[one.id] = one

    def house_id(self, kind: HouseKind, name: str) -> str:
        """Return the id of the house of that *kind* and *name*; "" if none, or several, is it.

        A name is what somebody typed, so its case tells nothing; a blank one is nobody's.
        """
        houses, wanted = self.houses.get(kind, {}).values(), name.casefold()
        found = [one.id for one in houses if name and one.name.casefold() == wanted]
        return found[0] if len(found) == 1 else ""

    def added_to(self, school: School, staff_id: Callable[[str], str]) -> School:
        """Return *school* with all that was asked for; `staff_id` finds a user code's employee."""
        asked = self.asked
        lessons = self._joined(school, staff_id) if LESSONS in asked else None
        lost = sum(not (one.set_id or one.teaching_form_id) for one in lessons or ())
        return replace(
            school,
            counts=dict(school.counts) | ({LOST_LESSONS: lost} if lost else {}),
            years={one.id: one for one in self.years.values()} if YEARS in asked else None,
            forms=self.forms if FORMS in asked else None,
            academic_houses=self._houses("academic"),
            boarding_houses=self._houses("boarding"),
            divisions=self.divisions if DIVISIONS in asked else None,
            terms=self.terms if TERMS in asked else None,
            buildings=self.buildings if BUILDINGS in asked else None,
            rooms=self.rooms if BUILDINGS in asked else None,
            periods=self.periods if WEEKS in asked else None,
            teaching_forms=self.teaching_forms if TEACHING_FORMS in asked else None,
            lessons=lessons,
        )

    def _houses(self, kind: HouseKind) -> Mapping[str, House] | None:
        return self.houses.get(kind, {}) if HOUSES[kind] in self.asked else None

    def _joined(self, school: School, staff_id: Callable[[str], str]) -> tuple[Lesson, ...]:
        """Return the lessons, each with the one set or teaching form that has its code."""
        sets = _by_code((one.code, one.id) for one in school.sets.values())
        taught = _by_code((one.code, one.id) for one in self.teaching_forms.values())
        joined = {
            Lesson(
                code=one.code,
                set_id=_set_id(one, school.sets, sets),
                teaching_form_id="" if one.for_set else taught.get(one.code, ""),
                teacher_id=one.staff_id or (staff_id(one.user_code) if one.user_code else ""),
                period_id=one.period_id,
                room_id=one.room_id,
            )
            for one in set(self.lessons)
        }
        return tuple(sorted(joined, key=astuple))


def term(own: str, name: str, school_year: str, starts: str, finishes: str) -> Term:
    """Return a term, whichever API told its texts; days are the first ten characters of moments.

    Raises:
        SourceMalformed: a day or the year is none, or it ends before it starts.
    """
    try:
        year = int(school_year)
        days = date.fromisoformat(starts[:10]), date.fromisoformat(finishes[:10])
    except ValueError:
        days, year = (date.max, date.min), 0
    if days[0] > days[1] or not 1900 < year < 2200:
        raise SourceMalformed(
            f"{TERMS.ui_name}: a term has no school year, no days, or ends before it starts:"
            " mend it in iSAMS's School Manager, Terms"
        )
    return Term(own, name, year, *days)


def _set_id(one: LessonRecord, sets: Mapping[str, object], by_code: Mapping[str, str]) -> str:
    if one.set_id:
        return one.set_id if one.set_id in sets else ""
    return by_code.get(one.code, "") if one.for_set else ""


def _by_code(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return ids by code, without the codes that several have: nobody can say which is meant."""
    listed = list(pairs)
    times = Counter(code for code, _ in listed)
    return {code: own for code, own in listed if times[code] == 1}
