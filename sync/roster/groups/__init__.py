"""Groups: what a profile makes classes of, as iSAMS has it: sets, forms, houses and the rest.

This room yields a `Group` for each; `sync.roster.build` judges its people and makes a class of
it, or leaves it out with a finding. Its law: a dataset that was not read is an error here, never a
school without forms; and what iSAMS tells of no pupil at all is not told, rather than nobody's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from sync.isams.school import School
from sync.roster import identifiers
from sync.roster.groups import pastoral
from sync.roster.groups.basis import Basis
from sync.roster.groups.group import Group
from sync.roster.groups.teaching import form_lessons, teaching_sets
from sync.roster.rule_codes import RuleCode
from sync.roster.subjects import SubjectChoice
from sync.roster.trace import SET

__all__ = ["Basis", "Group", "groups_of"]

_PASTORAL: Mapping[str, Callable[[Basis], Iterator[Group]]] = {
    "forms": pastoral.forms,
    "tutors": pastoral.tutors,
    "year-groups": pastoral.year_groups,
    "houses": pastoral.houses,
    "boarding-houses": pastoral.boarding_houses,
    "divisions": pastoral.divisions,
}


def groups_of(basis: Basis) -> Iterator[Group]:
    """Yield the groups of every kind that the profile names.

    Raises:
        ConfigError: INCLUDED_SUBJECTS matches no subject at all; or iSAMS tells of no pupil
            what a kind of class is made of.
        RosterInvalid: a dataset that a kind is made of was not read: a fault of ours.
    """
    choice = SubjectChoice.of(basis.profile, basis.school)
    basis.findings.extend(choice.findings)
    if "sets" in basis.profile.classes:
        yield from teaching_sets(basis, choice)
    if "form-lessons" in basis.profile.classes:
        yield from form_lessons(basis, choice)
    for kind, groups in _PASTORAL.items():
        if kind in basis.profile.classes:
            yield from groups(basis)
    _trace_other_kinds(basis)


def records_of(school: School) -> Mapping[str, Iterable[str]]:
    """Return the ids of what may become a class, by kind of record; nothing of what was not read.

    Tutor groups have no record of their own: who has one is told by their pupils.
    """
    read: Mapping[str, Mapping[str, object] | Mapping[int, object] | None] = {
        SET: school.sets,
        "form": school.forms,
        "lesson": school.teaching_forms,
        "year": school.years,
        "house": school.academic_houses,
        "boarding": school.boarding_houses,
        "division": school.divisions,
    }
    return {kind: list(map(str, records)) for kind, records in read.items() if records}


def _trace_other_kinds(basis: Basis) -> None:
    """Note of each record of a kind that the profile makes no classes of that it is of none."""
    for space, record_ids in records_of(basis.school).items():
        kind = identifiers.KIND_OF_SPACE.get(space, "sets")
        if kind not in basis.profile.classes:
            for record_id in record_ids:
                basis.trace.say((space, record_id), RuleCode.KIND_NOT_COVERED, kind)
