"""What another day would send, against what SDS holds: which Teams go on, are new, or end.

Pure. iSAMS is taken as it was read, so the difference is what the day itself makes: the academic
year, KEEP_TEAMS and PUPILS_FROM.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sync.isams.school import School
from sync.roster import identifiers
from sync.roster.build import Built, roster_at
from sync.roster.findings import Finding
from sync.roster.model import SchoolClass
from sync.sds import csvtext
from sync.settings import Settings

_NOBODY_TEACHES = {Finding.SET_WITHOUT_TEACHER, Finding.GROUP_WITHOUT_TEACHER}


@dataclass(frozen=True, slots=True)
class Named:
    """A class by its id, and its title: "" where that would name a person."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Part:
    """One profile on that day.

    `without_teacher` are classes that are left out, by iSAMS's name of the record, or that would
    have no owner, by id; `without_pupils` is how many wait for PUPILS_FROM. `academic_year` is the
    calendar year in which that day's academic year begins.
    """

    academic_year: int
    counts: Mapping[str, int]
    without_teacher: tuple[str, ...]
    without_pupils: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One connector on another day. Classes are sorted by id.

    `clashes` are classes of that day that are called like another of that day, or like one that
    ends: in Teams nobody could tell the two apart.
    """

    parts: Mapping[str, Part]
    goes_on: tuple[Named, ...]
    new: tuple[Named, ...]
    ended: tuple[Named, ...]
    clashes: tuple[Named, ...]


def rehearse(
    settings: Settings,
    connector: str,
    reads: Mapping[str, School],
    moment: datetime,
    before: Iterable[Named],
) -> Rehearsal:
    """Return what *connector* would be given at *moment*, against the classes *before*.

    *reads* holds its schools by key.

    Raises:
        ConfigError: as a run would at that moment.
    """
    built = _built(settings, connector, reads, moment)
    after = _classes(built.values())
    old = {one.id: one for one in before}
    ended = [one for own, one in old.items() if own not in after]
    named = {own: _named(one) for own, one in after.items()}
    return Rehearsal(
        parts={key: _part(one) for key, one in built.items()},
        goes_on=_sorted(one for own, one in named.items() if own in old),
        new=_sorted(one for own, one in named.items() if own not in old),
        ended=_sorted(ended),
        clashes=_sorted(named[own] for own in _alike(after.values(), ended)),
    )


def of_day(
    settings: Settings, connector: str, reads: Mapping[str, School], moment: datetime
) -> tuple[Named, ...]:
    """Return the classes that *connector* would be given at *moment*, by id."""
    built = _built(settings, connector, reads, moment)
    return _sorted(map(_named, _classes(built.values()).values()))


def of_files(files: Mapping[str, bytes]) -> tuple[Named, ...]:
    """Return the classes in a delivery's *files*, by id; raises `StoreConflict`."""
    rows = csvtext.rows("classes.csv", files)
    return _sorted(
        Named(row[0], "" if identifiers.is_tutor_group(row[0]) else row[2]) for row in rows
    )


def noon(settings: Settings, school: str, on: date) -> datetime:
    """Return the moment that stands for the day *on* at *school*."""
    return datetime.combine(on, time(12), settings.schools[school].time_zone)


def _built(
    settings: Settings, connector: str, reads: Mapping[str, School], moment: datetime
) -> dict[str, Built]:
    """Return the roster of each profile of *connector*."""
    return {
        profile: roster_at(settings, profile, reads[settings.school_of(profile)], moment)
        for profile in settings.connectors()[connector]
    }


def _classes(built: Iterable[Built]) -> dict[str, SchoolClass]:
    found: dict[str, SchoolClass] = {}
    for one in built:
        for each in one.roster.classes:
            found.setdefault(each.id, each)
    return found


def _part(built: Built) -> Part:
    left_out = [one.record for one in built.found if one.code in _NOBODY_TEACHES]
    kept = [one.id for one in built.roster.classes if not one.teacher_ids]
    return Part(
        academic_year=built.academic_year,
        counts=built.roster.counts(),
        without_teacher=tuple(sorted(left_out + kept)),
        without_pupils=sum(not one.student_ids for one in built.roster.classes),
    )


def _alike(after: Iterable[SchoolClass], ended: Sequence[Named]) -> Iterator[str]:
    """Yield the ids of classes of that day whose title another has, then or until then."""
    classes = list(after)
    times = Counter(one.title.casefold() for one in [*map(_named, classes), *ended] if one.title)
    yield from (one.id for one in classes if times[one.title.casefold()] > 1)


def _named(one: SchoolClass) -> Named:
    """Return a class by id; a tutor group's title names its tutor, so it is left out."""
    return Named(one.id, "" if one.names_person else one.title)


def _sorted(classes: Iterable[Named]) -> tuple[Named, ...]:
    return tuple(sorted(classes, key=lambda one: one.id))
