"""Whose an address is, where several records of iSAMS have one.

Pure. SDS finds an account by the address, so two people with one address would be one user, and see
each other's classes. But a person may have two records, and who has left may have handed theirs on.

See docs/reference/isams.md#person-twice, docs/reference/isams.md#leaving-date.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from typing import NamedTuple

from sync import texts
from sync.isams.school import (
    Employee,
    Form,
    House,
    Lesson,
    Pupil,
    School,
    TeachingSet,
    Year,
)
from sync.roster.finding_codes import FindingCode
from sync.roster.findings import Finding

type Record = Pupil | Employee


@dataclass(frozen=True, slots=True)
class Persons:
    """A school of a *day* in which each person has a single record, and whose the addresses are.

    `addresses` are those of all its people. `shared` are, by address, the findings about those that
    are on several records; `without` are the records, as iSAMS calls them, that have no right to
    the address that they give, each with what was found of it. `same` are the records that count as
    another of the same person, by that.
    """

    school: School
    day: date
    addresses: Set[str]
    shared: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    without: Mapping[str, Finding] = field(default_factory=dict)
    same: Mapping[str, Sequence[Record]] = field(default_factory=dict)


def persons_of(school: School, day: date) -> Persons:
    """Return the persons of *school* as of *day*, in school time.

    Records of one kind and one address are one person if iSAMS knows them as one. These become the
    record with the smallest id, so that another record changes nobody's id; all else is taken from
    the record that is in use. The address of several persons is that of the only one who has not
    left, else nobody's.
    """
    records = _by_address(school)
    shared = [
        _shared(address, listed, day) for address, listed in records.items() if len(listed) > 1
    ]
    joined, owners = _Joined(), [owner for each in shared if (owner := each.joined())]
    for owner in owners:
        joined.add(owner, day)
    return Persons(
        school=joined.in_school(school),
        day=day,
        addresses=records.keys(),
        shared={each.address: each.findings for each in shared},
        without={found.record: found for each in shared for found in each.of_others()},
        same={record_name(owner.records[0]): owner.records[1:] for owner in owners},
    )


def _by_address(school: School) -> Mapping[str, list[Record]]:
    records: defaultdict[str, list[Record]] = defaultdict(list)
    everybody: Iterable[Record] = chain(school.pupils.values(), school.employees.values())
    for record in everybody:
        if address := texts.address(record.email):
            records[address].append(record)
    return records


def record_name(record: Record) -> str:
    """Return what iSAMS calls *record*."""
    return f"{'Pupil' if isinstance(record, Pupil) else 'StaffMember'} {record.id}"


def full_name(record: Record) -> str:
    """Return the name of whom *record* is about."""
    return f"{record.forename} {record.surname}".strip()


# -- whose it is ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Person:
    """The records of a person that have one address, the smallest id first."""

    records: tuple[Record, ...]

    def has_left(self, day: date) -> bool:
        return not self._in_use(day)

    def facts(self, day: date) -> Record:
        """Return the record that says how things are: one that is in use, and the newest of these.

        iSAMS counts upwards, so the newest has the largest id.
        """
        return (self._in_use(day) or self.records)[-1]

    def _in_use(self, day: date) -> Sequence[Record]:
        return [each for each in self.records if each.leaves_on is None or each.leaves_on >= day]


class _Shared(NamedTuple):
    """An address that is on several records: whose it is, None for nobody's, and what is told."""

    address: str
    owner: _Person | None
    findings: tuple[Finding, ...]

    def joined(self) -> _Person | None:
        """Return whose it is, if they have several records: these become one."""
        return self.owner if self.owner and len(self.owner.records) > 1 else None

    def of_others(self) -> list[Finding]:
        """Return the findings about records without a right to the address."""
        own = {record_name(record) for record in self.owner.records} if self.owner else set[str]()
        return [found for found in self.findings if found.record not in own]


def _shared(address: str, records: Iterable[Record], day: date) -> _Shared:
    persons = _told_apart(records)
    owner = _owner(persons, day)
    return _Shared(address, owner, tuple(_findings(address, persons, owner)))


def _told_apart(records: Iterable[Record]) -> list[_Person]:
    """Return the persons whom *records* are about, pupils last."""
    persons: list[list[Record]] = []
    for record in sorted(records, key=_by_id):
        for known in persons:
            if all(_are_one(record, each) for each in known):
                known.append(record)
                break
        else:
            persons.append([record])
    return [_Person(tuple(listed)) for listed in persons]


def _are_one(first: Record, second: Record) -> bool:
    return type(first) is type(second) and first.person.is_of(second.person)


def _by_id(record: Record) -> tuple[str, int, str]:
    """Sort by kind and id; numbers as such, so that 99 comes before 100."""
    number = int(record.id) if record.id.isdecimal() else -1
    return type(record).__name__, number, record.id


def _owner(persons: Sequence[_Person], day: date) -> _Person | None:
    """Return whose the address of *persons* is; None if it is nobody's."""
    owners = [one for one in persons if not one.has_left(day)] if len(persons) > 1 else persons
    return owners[0] if len(owners) == 1 else None


def _findings(address: str, persons: Sequence[_Person], owner: _Person | None) -> Iterator[Finding]:
    """Yield what is told of each record without a right to *address*, and of those joined."""
    everybody = [record for one in persons for record in one.records]
    for one in persons:
        if one != owner:
            code = FindingCode.EMAIL_OF_ANOTHER if owner else FindingCode.EMAIL_USED_TWICE
            told: Sequence[Record] = one.records
        else:
            code = FindingCode.PERSON_RECORDED_TWICE
            told = one.records[:1] if len(one.records) > 1 else ()
        for record in told:
            others = [
                f"{record_name(each)} {full_name(each)}" for each in everybody if each != record
            ]
            detail = f"{address}, also of {', '.join(others)}"
            yield Finding(code, record_name(record), full_name(record), detail)


# -- one record each -----------------------------------------------------------------------------


@dataclass(slots=True)
class _Joined:
    """Records that become one: which id stays, by each id, and what is known of whom it is."""

    _pupils: dict[str, Pupil] = field(default_factory=dict)
    _staff: dict[str, Employee] = field(default_factory=dict)
    _pupil_ids: dict[str, str] = field(default_factory=dict)
    _staff_ids: dict[str, str] = field(default_factory=dict)

    def add(self, person: _Person, day: date) -> None:
        """Make one of the records of *person*."""
        facts, stays = person.facts(day), person.records[0].id
        ids = {record.id: stays for record in person.records}
        if isinstance(facts, Pupil):
            self._pupils[stays] = replace(facts, id=stays)
            self._pupil_ids |= ids
        else:
            self._staff[stays] = replace(facts, id=stays)
            self._staff_ids |= ids

    def in_school(self, school: School) -> School:
        """Return *school*, where whatever names a record names the one that stays."""
        if not (self._pupil_ids or self._staff_ids):
            return school
        return replace(
            school,
            pupils={
                key: self._with_tutor(self._pupils.get(key, pupil))
                for key, pupil in school.pupils.items()
                if self._pupil_ids.get(key, key) == key
            },
            employees={
                key: self._staff.get(key, employee)
                for key, employee in school.employees.items()
                if self._staff_ids.get(key, key) == key
            },
            sets={key: self._in_set(each) for key, each in school.sets.items()},
            years=_each(school.years, self._tutored),
            forms=_each(school.forms, self._tutored),
            academic_houses=_each(school.academic_houses, self._mastered),
            boarding_houses=_each(school.boarding_houses, self._mastered),
            lessons=school.lessons and tuple(map(self._taken, school.lessons)),
        )

    def _staff_of(self, ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._staff_ids.get(each, each) for each in ids))

    def _with_tutor(self, pupil: Pupil) -> Pupil:
        stays = self._staff_ids.get(pupil.tutor_id, pupil.tutor_id)
        return pupil if stays == pupil.tutor_id else replace(pupil, tutor_id=stays)

    def _in_set(self, each: TeachingSet) -> TeachingSet:
        pupil_ids = self._pupil_ids
        return replace(
            each,
            teacher_ids=tuple(sorted(self._staff_of(each.teacher_ids))),
            pupil_ids=tuple(sorted({pupil_ids.get(key, key) for key in each.pupil_ids})),
            known_otherwise=tuple(
                (pupil_ids.get(key, key), row_id) for key, row_id in each.known_otherwise
            ),
        )

    def _tutored[R: (Year, Form)](self, group: R) -> R:
        return replace(group, tutor_ids=self._staff_of(group.tutor_ids))

    def _mastered(self, house: House) -> House:
        return replace(house, master_ids=self._staff_of(house.master_ids))

    def _taken(self, lesson: Lesson) -> Lesson:
        return replace(lesson, teacher_id=self._staff_ids.get(lesson.teacher_id, lesson.teacher_id))


def _each[K, R](records: Mapping[K, R] | None, change: Callable[[R], R]) -> dict[K, R] | None:
    """Return *records*, each changed; None if they were not read."""
    return None if records is None else {key: change(each) for key, each in records.items()}
