"""What another day would send, against what SDS holds: which Teams go on, are new, or end.

Pure. iSAMS is taken as it was read, so the difference is what the day itself makes: the academic
year, KEEP_TEAMS and PUPILS_FROM.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from sync.isams.school import School
from sync.ledger.words import Word
from sync.roster import identifiers
from sync.roster.build import Built, roster_at
from sync.roster.finding_codes import WITHOUT_TEACHER
from sync.roster.model import SchoolClass
from sync.roster.respelt import kept_ids
from sync.sds import csvtext
from sync.settings import Settings

_NO_WORDS: Mapping[str, Sequence[Word]] = {}


@dataclass(frozen=True, slots=True)
class Named:
    """A class by its id, and its title: "" where that would name a person."""

    id: str
    title: str
    pupils: int


@dataclass(frozen=True, slots=True)
class Part:
    """A profile on that day.

    `without_teacher` are classes that are left out, by iSAMS's name of the record, and after them
    those that would have no owner, by id; `without_pupils` is how many wait for PUPILS_FROM.
    `academic_year` is the calendar year in which that day's academic year begins.
    """

    academic_year: int
    counts: Mapping[str, int]
    without_teacher: tuple[str, ...]
    without_pupils: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A connector on another day. Classes are sorted by id.

    `clashes` are classes of that day that are called like another of that day, or like a class that
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
    schools: Mapping[str, School],
    moment: datetime,
    before: Iterable[Named],
    words: Mapping[str, Sequence[Word]] = _NO_WORDS,
) -> Rehearsal:
    """Return what *connector* would be given at *moment*, against the classes *before*.

    *schools* holds its schools by key, as they were read, and *words* what was said of their Teams.

    Raises:
        ConfigError: as a run would at that moment.
    """
    built = _built(settings, connector, schools, moment, words)
    classes = _classes(built.values())
    old = {named.id: named for named in before}
    kept = kept_ids({made.id: made.title for made in classes.values()}, old)
    classes = {
        (new_id := kept.get(class_id, class_id)): replace(made, id=new_id)
        for class_id, made in classes.items()
    }
    after = {class_id: _named(made) for class_id, made in classes.items()}
    ended = [old[class_id] for class_id in old.keys() - after.keys()]
    return Rehearsal(
        parts={profile: _part(of_profile) for profile, of_profile in built.items()},
        goes_on=_sorted(after[class_id] for class_id in after.keys() & old.keys()),
        new=_sorted(after[class_id] for class_id in after.keys() - old.keys()),
        ended=_sorted(ended),
        clashes=clashes(after.values(), ended),
    )


def of_day(
    settings: Settings,
    connector: str,
    schools: Mapping[str, School],
    moment: datetime,
    words: Mapping[str, Sequence[Word]] = _NO_WORDS,
) -> tuple[Named, ...]:
    """Return the classes that *connector* would be given at *moment*, by id."""
    built = _built(settings, connector, schools, moment, words)
    return _sorted(map(_named, _classes(built.values()).values()))


def of_files(files: Mapping[str, bytes]) -> tuple[Named, ...]:
    """Return the classes in a delivery's *files*, by id; raises `StoreConflict`."""
    enrollments = csvtext.widest_rows("enrollments.csv", files)
    pupils = Counter(class_id for class_id, _, role in enrollments if role == "student")
    return _sorted(
        Named(row[0], "" if identifiers.is_tutor_group(row[0]) else row[2], pupils[row[0]])
        for row in csvtext.widest_rows("classes.csv", files)
    )


def clashes(after: Iterable[Named], ended: Iterable[Named]) -> tuple[Named, ...]:
    """Return those of *after* that are called like another of them, or like one of *ended*."""
    classes = list(after)
    titles = (named.title.casefold() for named in (*classes, *ended))
    times = Counter(title for title in titles if title)
    return _sorted(named for named in classes if times[named.title.casefold()] > 1)


def noon(settings: Settings, school: str, on: date) -> datetime:
    """Return the moment that stands for the day *on* at *school*."""
    return datetime.combine(on, time(12), settings.schools[school].time_zone)


def _built(
    settings: Settings,
    connector: str,
    schools: Mapping[str, School],
    moment: datetime,
    words: Mapping[str, Sequence[Word]],
) -> dict[str, Built]:
    """Return the roster of each profile of *connector*."""
    school_of = {key: settings.school_of(key) for key in settings.connectors()[connector]}
    return {
        profile: roster_at(settings, profile, schools[school], moment, words.get(school, ()))
        for profile, school in school_of.items()
    }


def _classes(built: Iterable[Built]) -> dict[str, SchoolClass]:
    classes: dict[str, SchoolClass] = {}
    for of_profile in built:
        for made in of_profile.roster.classes:
            classes.setdefault(made.id, made)
    return classes


def _part(built: Built) -> Part:
    classes = built.roster.classes
    left_out = [finding.record for finding in built.findings if finding.code in WITHOUT_TEACHER]
    kept = [made.id for made in classes if not made.teacher_ids]
    return Part(
        academic_year=built.academic_year,
        counts=built.roster.counts(),
        without_teacher=(*sorted(left_out), *sorted(kept)),
        without_pupils=sum(not made.student_ids for made in classes),
    )


def _named(made: SchoolClass) -> Named:
    """Return a class by id; a tutor group's title names its tutor, so it is left out."""
    title = "" if made.names_person else made.title
    return Named(made.id, title, len(made.student_ids))


def _sorted(classes: Iterable[Named]) -> tuple[Named, ...]:
    return tuple(sorted(classes, key=lambda named: named.id))
