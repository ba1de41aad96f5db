"""The records of a school's frame: its parts, rooms and time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Year:
    """*id* is the National Curriculum year itself."""

    id: int
    name: str
    code: str
    email: str
    tutor_id: int


@dataclass(frozen=True, slots=True)
class Form:
    """*name* is its key, with a slash or a space in it."""

    name: str
    year: int
    tutor_id: int
    room_id: int


@dataclass(frozen=True, slots=True)
class House:
    """*kind* is Academic or Boarding; *sex* M, F, U or unknown."""

    id: int
    name: str
    code: str
    kind: str
    sex: str | None
    master_id: int
    assistant_id: int | None


@dataclass(frozen=True, slots=True)
class Division:
    """A part of the school: its National Curriculum years."""

    id: int
    name: str
    code: str
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """*school_year* is the calendar year in which the school year starts."""

    id: int
    school_year: int
    name: str
    starts_on: date
    finishes_on: date


@dataclass(frozen=True, slots=True)
class Classroom:
    """A room, as lessons and forms name it by *id*."""

    id: int
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Building:
    """A building may have no classrooms."""

    id: int
    name: str
    initials: str
    classrooms: tuple[Classroom, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """Times are HH:mm, school-local; ids run on across days and weeks."""

    id: int
    name: str
    short_name: str
    starts: str
    ends: str


@dataclass(frozen=True, slots=True)
class Day:
    """*number*: 1 is Sunday, 2 Monday and so on."""

    id: int
    name: str
    number: int
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """One week of the timetable's cycle."""

    id: int
    name: str
    short_name: str
    ordinal: int
    days: tuple[Day, ...]
