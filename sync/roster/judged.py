"""Every record that was read, with what iSAMS says of it and what the rules said.

It is kept beside a set, so that somebody can be told why a pupil or a class is there, or is not.
Of a record stands there what is read for SDS and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sync.isams.school import Pupil, School
from sync.roster import identifiers
from sync.roster.groups import records_of
from sync.roster.groups.group import Group
from sync.roster.people import People, key_of
from sync.roster.persons import Record, full_name, record_name
from sync.roster.rule_codes import RuleCode
from sync.roster.trace import SERVICE_ACCOUNT, SET, Key, Rule, in_order


class Judged(NamedTuple):
    """A record: `kind` and `id` in iSAMS, and `our_id` in SDS, which it has or would have.

    `our_id` is "" of a group that the profile does not look at. `label` is what iSAMS calls it,
    `code` and `address` what it says there. `facts` are what else was read, in people's words.
    `members` are the pupils that iSAMS lists in a group, `teachers` the staff: ids, sorted.
    `rules` are those that were asked, in the order in which they are told.
    """

    kind: str
    id: str
    our_id: str
    label: str
    name: str
    code: str
    address: str
    facts: Mapping[str, str]
    members: tuple[str, ...]
    teachers: tuple[str, ...]
    rules: tuple[Rule, ...]


def judged(people: People, groups: Iterable[tuple[Group, str]]) -> Iterator[Judged]:
    """Yield every record of the school that was read, kind by kind, each by id.

    *groups* are those that were looked at for classes, each with the id that its class has.
    """
    yield from _people(people)
    yield from _service_accounts(people)
    yield from _groups(people, {group.key: (group, our_id) for group, our_id in groups})


# -- people --------------------------------------------------------------------------------------


def _people(people: People) -> Iterator[Judged]:
    same = people.persons.same
    everybody: tuple[Mapping[str, Record], ...] = (people.school.pupils, people.school.employees)
    for records in everybody:
        for _, person in sorted(records.items()):
            others = same.get(record_name(person), ()) if same else ()
            rules = people.trace.rules.get(key_of(person), [])
            yield _person(people, person, person, _with_others(rules, others))
            for other in others:
                said = f"counts as {record_name(person)}"
                yield _person(people, other, person, [*rules, Rule(RuleCode.SAME_PERSON, said)])


def _with_others(rules: Sequence[Rule], others: Sequence[Record]) -> Sequence[Rule]:
    """Return *rules* of a record that counts for the *others* of the same person as well."""
    if not others:
        return rules
    said = f"counts for {', '.join(sorted(map(record_name, others)))} as well"
    return [*rules, Rule(RuleCode.SAME_PERSON, said)]


def _person(people: People, record: Record, sent: Record, rules: Iterable[Rule]) -> Judged:
    """Return *record*, of a person who is in SDS as the record *sent*."""
    kind, record_id = key_of(record)
    if isinstance(record, Pupil):
        code, facts = record.code, {"NC year": _year(record.year), "form": record.form}
    else:
        code, facts = record.initials, {"teaching staff": "yes" if record.teaches else "no"}
    if record.leaves_on:
        facts["leaving date"] = record.leaves_on.isoformat()
    return Judged(
        kind,
        record_id,
        people.id_of(sent),
        record_name(record),
        full_name(record),
        code,
        record.email,
        facts,
        (),
        (),
        in_order(rules),
    )


def _service_accounts(people: People) -> Iterator[Judged]:
    user_ids = people.service_accounts()
    for address in people.profile.service_accounts:
        key = (SERVICE_ACCOUNT, address)
        yield Judged(
            *key,
            user_ids.get(address, ""),
            f"SERVICE_ACCOUNTS {address}",
            "",
            "",
            address,
            {},
            (),
            (),
            in_order(people.trace.rules.get(key, [])),
        )


# -- groups --------------------------------------------------------------------------------------


class _Said(NamedTuple):
    """What iSAMS says of a group: what it calls it, its name and its code, and what else."""

    label: str
    name: str
    code: str
    facts: Mapping[str, str]


def _groups(people: People, made: Mapping[Key, tuple[Group, str]]) -> Iterator[Judged]:
    school, rules = people.school, people.trace.rules
    read = [(kind, each) for kind, ids in records_of(school).items() for each in sorted(ids)]
    tutors = sorted(key for key in rules if key[0] == identifiers.TUTOR)
    for key in (*read, *tutors):
        said = _said_of(school, key)
        group, our_id = made.get(key, (None, ""))
        members, teachers = (group.pupil_ids, group.teacher_ids) if group else _listed(school, key)
        yield Judged(
            *key,
            our_id,
            said.label,
            said.name,
            said.code,
            "",
            said.facts,
            members,
            teachers,
            in_order(rules.get(key, ())),
        )


def _listed(school: School, key: Key) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the pupils and the staff that iSAMS lists in a group that was not looked at."""
    kind, record_id = key
    if kind == SET:
        listed = school.sets[record_id]
        return listed.pupil_ids, listed.teacher_ids
    return (), ()


def _said_of(school: School, key: Key) -> _Said:
    kind, record_id = key
    return _SAID[kind](school, record_id)


def _of_set(school: School, record_id: str) -> _Said:
    listed = school.sets[record_id]
    facts = {"NC year": _year(listed.year), "subject": _subject(school, listed.subject_id)}
    return _Said(f"Set {record_id}", listed.name, listed.code, facts)


def _of_form(school: School, record_id: str) -> _Said:
    form = (school.forms or {})[record_id]
    return _Said(f"Form {record_id}", form.id, "", {"NC year": _year(form.year)})


def _of_lessons(school: School, record_id: str) -> _Said:
    lessons = (school.teaching_forms or {})[record_id]
    facts = {"form": lessons.form, "subject": _subject(school, lessons.subject_id)}
    return _Said(f"TeachingForm {record_id}", "", lessons.code, facts)


def _of_tutor(school: School, record_id: str) -> _Said:
    tutor = school.employees.get(record_id)
    name = full_name(tutor) if tutor else ""
    return _Said(f"Tutor {record_id}", name, tutor.initials if tutor else "", {})


def _of_year(school: School, record_id: str) -> _Said:
    year = (school.years or {})[int(record_id)]
    return _Said(f"Year {record_id}", year.name, year.code, {"NC year": record_id})


def _of_house(school: School, record_id: str) -> _Said:
    house = (school.academic_houses or {})[record_id]
    return _Said(f"AcademicHouse {record_id}", house.name, house.code, {})


def _of_boarding_house(school: School, record_id: str) -> _Said:
    house = (school.boarding_houses or {})[record_id]
    return _Said(f"BoardingHouse {record_id}", house.name, house.code, {})


def _of_division(school: School, record_id: str) -> _Said:
    division = (school.divisions or {})[record_id]
    years = ", ".join(map(str, division.years))
    return _Said(f"SchoolDivision {record_id}", division.name, division.code, {"NC years": years})


_SAID = {
    SET: _of_set,
    "form": _of_form,
    "lesson": _of_lessons,
    identifiers.TUTOR: _of_tutor,
    "year": _of_year,
    "house": _of_house,
    "boarding": _of_boarding_house,
    "division": _of_division,
}


def _year(year: int | None) -> str:
    return "" if year is None else str(year)


def _subject(school: School, subject_id: str) -> str:
    subject = school.subjects.get(subject_id)
    return subject.name or subject.code if subject else ""
