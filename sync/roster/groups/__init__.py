"""Groups: what a profile makes classes of, as iSAMS has it: sets, forms, houses and the rest.

This room yields a `Group` for each; `sync.roster.build` judges its people and makes a class of
it, or leaves it out with a finding. Its law: a dataset that was not read is an error here, never a
school without forms; and what iSAMS tells of no pupil at all is not told, rather than nobody's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sync.roster.groups import pastoral
from sync.roster.groups.basis import Basis
from sync.roster.groups.group import Group
from sync.roster.groups.teaching import form_lessons, teaching_sets
from sync.roster.subjects import SubjectChoice

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
