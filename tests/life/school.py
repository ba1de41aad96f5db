"""An invented school that lives: its people and classes, and the files they would be in SDS."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from sync.sds.csvtext import encode
from sync.sds.tables import COLUMNS, Row

type Files = dict[str, bytes]

SET_SIZE = 20


class Kind(NamedTuple):
    """How large a school is: pupils of a year, and the NC years it has."""

    name: str
    of_a_year: int
    years: range


SENIOR, PREP = Kind("senior", 100, range(7, 14)), Kind("prep", 60, range(3, 7))
DEALT = ("ma", "fr", "sc")
"""Subjects whose sets are made by ability, and dealt anew in the year."""

TAUGHT = ("en", "hi", "ge", "ar", "mu", "pe", "cs")
OPTIONS = tuple(f"o{number:02}" for number in range(16))
"""What pupils of the last two years of a senior school choose four of: sets of very few, too."""

TEACHES = 6  # classes
NOISE = 0.33  # of an examination, beside an ability of 1: two of them agree by nine tenths
CHOOSE = 4


@dataclass(slots=True)
class Pupil:
    """Somebody at school; `ability` is about 0, and never changes."""

    year: int
    address: str
    ability: float


@dataclass(slots=True)
class Taught:
    """A class: what it is, for which year, who is in it and who teaches it."""

    subject: str
    year: int
    pupils: set[str] = field(default_factory=set)
    teachers: set[str] = field(default_factory=set)


@dataclass(slots=True)
class School:
    """All that iSAMS says of it; `extra` teaches every class because settings say so."""

    org: str
    kind: Kind
    random: Random
    academic_year: int = 2026
    pupils: dict[str, Pupil] = field(default_factory=dict)
    staff: dict[str, str] = field(default_factory=dict)
    classes: dict[str, Taught] = field(default_factory=dict)
    extra: set[str] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1000, 100_000)))

    def copy(self) -> School:
        """Return another that is alike, and lives on by itself."""
        return deepcopy(self)

    def join(self, year: int) -> str:
        """Let a pupil come, and return the id."""
        number = next(self.numbers)
        pupil_id = f"{self.org}-P{number}"
        address = f"p{number}@{self.org}.example"
        self.pupils[pupil_id] = Pupil(year, address, self.random.gauss(0, 1))
        return pupil_id

    def leave(self, pupil_id: str) -> None:
        """Let a pupil go from school and classes."""
        del self.pupils[pupil_id]
        for taught in self.classes.values():
            taught.pupils.discard(pupil_id)

    def employ(self) -> str:
        """Let a teacher come, and return the id."""
        number = next(self.numbers)
        teacher_id = f"{self.org}-T{number}"
        self.staff[teacher_id] = f"t{number}@{self.org}.example"
        return teacher_id

    def open(self, subject: str, year: int, pupils: set[str], name: str = "") -> str:
        """Begin a class, and return the id; with a *name* it is a form."""
        own = f"form-{name}" if name else str(next(self.numbers))
        class_id = f"{self.org}-{self.academic_year}-{own}"
        self.classes[class_id] = Taught(subject, year, pupils)
        return class_id

    def ability(self, pupil_id: str) -> float:
        """Return how able a pupil is: 0 is usual."""
        return self.pupils[pupil_id].ability

    def of_year(self, year: int) -> list[str]:
        """Return the pupils of a year group."""
        return [key for key, pupil in self.pupils.items() if pupil.year == year]

    def parallel(self, subject: str, year: int) -> list[Taught]:
        """Return the classes of a subject in a year."""
        return [t for t in self.classes.values() if (t.subject, t.year) == (subject, year)]

    @property
    def chooses_from(self) -> int:
        """The first year whose pupils choose their subjects; beyond all of them if none does."""
        return 12 if self.kind is SENIOR else 99


def founded(org: str, kind: Kind, seed: int) -> School:
    """Return a school in September."""
    school = School(org, kind, Random(f"{org} {seed}"))
    for year in kind.years:
        for _ in range(kind.of_a_year + school.random.randint(-6, 6)):
            school.join(year)
    school.extra = {school.employ()}
    open_classes(school)
    return school


def open_classes(school: School) -> None:
    """Begin all classes of an academic year, and give each a teacher."""
    for year in school.kind.years:
        pupils = school.of_year(year)
        in_forms = dealt(pupils, len(pupils) // SET_SIZE)
        for number, form in enumerate(in_forms):
            school.open("form", year, form, f"{year}{'ABCDEFGH'[number]}")
        if year >= school.chooses_from:
            _open_options(school, year)
            continue
        for subject in TAUGHT:
            for form in in_forms:
                school.open(subject, year, set(form))
        for subject in DEALT:
            for group in dealt(by_ability(school, pupils), len(pupils) // SET_SIZE):
                school.open(subject, year, group)
    staff = [key for key in school.staff if key not in school.extra]
    while len(staff) * TEACHES < len(school.classes):
        staff.append(school.employ())
    for number, taught in enumerate(school.classes.values()):
        taught.teachers = {staff[number % len(staff)]}


def _open_options(school: School, year: int) -> None:
    chosen: dict[str, set[str]] = {}
    weights = range(len(OPTIONS), 0, -1)  # some are chosen by many, some by two or three
    for pupil in school.of_year(year):
        choice = set(school.random.choices(OPTIONS, weights, k=CHOOSE))
        for subject in choice:
            chosen.setdefault(subject, set()).add(pupil)
    for subject, pupils in sorted(chosen.items()):
        for group in dealt(sorted(pupils), max(1, round(len(pupils) / SET_SIZE))):
            school.open(subject, year, group)


def by_ability(school: School, pupils: list[str]) -> list[str]:
    """Return *pupils* as an examination ranks them: by ability, and a bad or a good day."""
    mark = {key: school.pupils[key].ability + school.random.gauss(0, NOISE) for key in pupils}
    return sorted(pupils, key=mark.__getitem__)


def dealt(pupils: list[str], groups: int) -> list[set[str]]:
    """Return *pupils* in so many groups of one size, in their order."""
    ends = [len(pupils) * number // groups for number in range(groups + 1)]
    return [set(pupils[ends[number] : ends[number + 1]]) for number in range(groups)]


def files_of(school: School) -> Files:
    """Return the school as SDS files: as ours, classes without pupils are left out."""
    extra = school.extra & school.staff.keys()
    classes = {key: taught for key, taught in sorted(school.classes.items()) if taught.pupils}
    members = {key: _members(school, taught, extra) for key, taught in classes.items()}
    people = [(key, pupil.address, "student") for key, pupil in school.pupils.items()]
    people += [(key, address, "teacher") for key, address in school.staff.items()]
    people.sort()
    grade = {key: f"{pupil.year:02}" for key, pupil in school.pupils.items()}
    rows: dict[str, list[Row]] = {
        "orgs.csv": [(school.org, f"School {school.org}", "school")],
        "users.csv": [(key, address, "", "") for key, address, _ in people],
        "roles.csv": [
            (key, school.org, role, grade.get(key, ""), "TRUE") for key, _, role in people
        ],
        "classes.csv": [(key, school.org, taught.subject) for key, taught in classes.items()],
        "enrollments.csv": [
            (key, user_id, role) for key, listed in members.items() for user_id, role in listed
        ],
    }
    return {name: encode(columns, rows[name]) for name, columns in COLUMNS.items()}


def _members(school: School, taught: Taught, extra: set[str]) -> list[tuple[str, str]]:
    teachers = (taught.teachers & school.staff.keys()) | extra
    listed = [(key, "student") for key in taught.pupils] + [(key, "teacher") for key in teachers]
    return sorted(listed)
