"""The invented school's frame: years, forms, houses, divisions, terms, rooms and weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count, cycle

from simulators.invented.places import (
    Building,
    Classroom,
    Day,
    Division,
    Form,
    House,
    Period,
    Term,
    Week,
    Year,
)
from simulators.invented.records import Employee

YEARS = tuple(range(-1, 14))
FIRST_YEAR_WITH_SETS = 3

# The youngest four years are a small pre-prep: nine pupils in ten are taught in sets, and 1,500
# pupils then have the 25,000 memberships that were measured in a school of that size.
_WEIGHT = {year: 1 if year < FIRST_YEAR_WITH_SETS else 5 for year in YEARS}

FORM_SIZE = 22


@dataclass(frozen=True, slots=True)
class Frame:
    """All of a school but its pupils and what they are taught; *sizes* is pupils by year."""

    domain: str
    school_year: int
    sizes: Mapping[int, int]
    staff: tuple[Employee, ...]
    years: tuple[Year, ...]
    forms: tuple[Form, ...]
    academic_houses: tuple[House, ...]
    boarding_houses: tuple[House, ...]
    divisions: tuple[Division, ...]
    terms: tuple[Term, ...]
    buildings: tuple[Building, ...]
    weeks: tuple[Week, ...]

    @property
    def teachers(self) -> tuple[Employee, ...]:
        return tuple(employee for employee in self.staff if employee.teaches)

    @property
    def rooms(self) -> tuple[Classroom, ...]:
        return tuple(room for building in self.buildings for room in building.classrooms)

    @property
    def period_ids(self) -> tuple[int, ...]:
        return tuple(p.id for week in self.weeks for day in week.days for p in day.periods)


_ACADEMIC = (("Kestrel", "KE"), ("Heron", "HE"), ("Curlew", "CU"), ("Wren & Dunnock", "WD"))
_BOARDING = (("Saint Óran's", "SO", None), ("Millrace", "MI", "F"), ("Ridge End", "RE", "M"))
_BUILDINGS = (("Quillgate", "Q"), ("Science Block", "S"), ("Old Barn, Upper", "B"))
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_HOURS = (
    ("08:50", "09:35"),
    ("09:35", "10:20"),
    ("10:45", "11:30"),
    ("11:30", "12:15"),
    ("13:20", "14:05"),
    ("14:05", "14:50"),
    ("15:05", "15:50"),
    ("15:50", "16:35"),
)


def cohort_sizes(pupils: int) -> dict[int, int]:
    """Return how many pupils each year has, adding up to *pupils*; the senior years fill first."""
    everyone_gets = 1 if pupils >= len(YEARS) else 0
    rest, weight = pupils - everyone_gets * len(YEARS), sum(_WEIGHT.values())
    sizes = {year: everyone_gets + rest * _WEIGHT[year] // weight for year in YEARS}
    order = [*range(7, 14), *range(6, -2, -1)]
    for _, year in zip(range(pupils - sum(sizes.values())), cycle(order), strict=False):
        sizes[year] += 1
    return sizes


def frame(sizes: Mapping[int, int], staff: Sequence[Employee], domain: str, year: int) -> Frame:
    """Return the frame of a school in the school year that starts in *year*."""
    teachers = [employee for employee in staff if employee.teaches]
    built = buildings(len(teachers))
    rooms = [room for building in built for room in building.classrooms]
    return Frame(
        domain=domain,
        school_year=year,
        sizes=sizes,
        staff=tuple(staff),
        years=years(domain, staff),
        forms=forms(sizes, teachers, rooms),
        academic_houses=academic_houses(staff),
        boarding_houses=boarding_houses(staff),
        divisions=divisions(),
        terms=terms(year),
        buildings=built,
        weeks=weeks(),
    )


def divisions() -> tuple[Division, ...]:
    return (
        Division(1, "Pre-Prep", "PP", tuple(range(-1, 3))),
        Division(2, "Prep School", "PS", tuple(range(3, 7))),
        Division(3, "Senior School", "SS", tuple(range(7, 14))),
    )


def years(domain: str, staff: Sequence[Employee]) -> tuple[Year, ...]:
    names = {-1: ("Nursery", "N"), 0: ("Reception", "R")}
    labels = {year: names.get(year, (f"Year {year}", f"Y{year}")) for year in YEARS}
    return tuple(
        Year(year, name, code, f"{code.lower()}@{domain}", staff[year % len(staff)].id)
        for year, (name, code) in labels.items()
    )


def forms(
    sizes: Mapping[int, int], teachers: Sequence[Employee], rooms: Sequence[Classroom]
) -> tuple[Form, ...]:
    """Return the forms of every year that has pupils; a tutor has one form in any year."""
    made: list[Form] = []
    for year, size in sizes.items():
        for _ in range(-(-size // FORM_SIZE)):
            tutor, room = teachers[len(made) % len(teachers)], rooms[len(made) % len(rooms)]
            label = {-1: "N ", 0: "R "}.get(year, f"{year}/")
            made.append(Form(f"{label}{tutor.initials}", year, tutor.id, room.id))
    return tuple(made)


def academic_houses(staff: Sequence[Employee]) -> tuple[House, ...]:
    return tuple(
        House(index, name, code, "Academic", "U", staff[index % len(staff)].id, staff[0].id)
        for index, (name, code) in enumerate(_ACADEMIC, start=1)
    )


def boarding_houses(staff: Sequence[Employee]) -> tuple[House, ...]:
    return tuple(
        House(index, name, code, "Boarding", sex, staff[index % len(staff)].id, None)
        for index, (name, code, sex) in enumerate(_BOARDING, start=21)
    )


def terms(school_year: int) -> tuple[Term, ...]:
    """Return the three terms of the school year, of the one before and of the one after."""
    made: list[tuple[int, str, date, date]] = []
    for year in (school_year - 1, school_year, school_year + 1):
        made += [
            (year, "Autumn", date(year, 9, 3), date(year, 12, 12)),
            (year, "Spring", date(year + 1, 1, 7), date(year + 1, 3, 27)),
            (year, "Summer", date(year + 1, 4, 20), date(year + 1, 7, 10)),
        ]
    return tuple(Term(31 + index, *term) for index, term in enumerate(made))


def buildings(teachers: int) -> tuple[Building, ...]:
    """Return four buildings, the last without a room, with rooms for half of the teachers."""
    room_ids = count(31)
    each = max(2, teachers // (2 * len(_BUILDINGS)))
    made: list[Building] = []
    for index, (name, initials) in enumerate(_BUILDINGS, start=1):
        rooms = (f"{initials}{number}" for number in range(1, each + 1))
        made.append(
            Building(
                index,
                name,
                initials,
                tuple(Classroom(next(room_ids), f"Room {room}", room) for room in rooms),
            )
        )
    return (*made, Building(len(made) + 1, "Cricket Pavilion", "P", ()))


def weeks() -> tuple[Week, ...]:
    """Return the two weeks of the timetable: five days of eight periods each."""
    day_ids, period_ids = count(11), count(101)
    return tuple(
        Week(
            id=index,
            name=f"Week {letter}",
            short_name=letter,
            ordinal=index,
            days=tuple(
                Day(
                    id=next(day_ids),
                    name=day,
                    number=number,
                    periods=tuple(
                        Period(next(period_ids), f"Period {place}", f"P{place}", starts, ends)
                        for place, (starts, ends) in enumerate(_HOURS, start=1)
                    ),
                )
                for number, day in enumerate(_DAYS, start=2)
            ),
        )
        for index, letter in enumerate("AB", start=1)
    )
