"""What a profile makes classes of: teaching sets, forms, houses and the rest, as iSAMS tells them.

Pure. One `Group` for each; `sync.profile` judges its people and makes it a class, or leaves it out
with a finding. A dataset that was not read is an error here, never a school without forms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sync.groups import belonging
from sync.groups.basis import Basis
from sync.groups.group import Group
from sync.groups.taught import form_lessons, sets
from sync.selection import SubjectChoice

__all__ = ["Basis", "Group", "groups_of"]

_BELONGING: Mapping[str, Callable[[Basis], Iterator[Group]]] = {
    "forms": belonging.forms,
    "tutors": belonging.tutors,
    "year-groups": belonging.year_groups,
    "houses": belonging.houses,
    "boarding-houses": belonging.boarding_houses,
    "divisions": belonging.divisions,
}


def groups_of(basis: Basis) -> Iterator[Group]:
    """Yield the groups of every kind that the profile names.

    Raises:
        ConfigError: INCLUDED_SUBJECTS matches no subject at all; or iSAMS tells of no pupil
            what a kind of class is made of.
        RosterInvalid: a dataset that a kind is made of was not read: a fault of ours.
    """
    choice = SubjectChoice.of(basis.profile, basis.school)
    basis.found.extend(choice.found)
    if "sets" in basis.profile.classes:
        yield from sets(basis, choice)
    if "form-lessons" in basis.profile.classes:
        yield from form_lessons(basis, choice)
    for kind, groups in _BELONGING.items():
        if kind in basis.profile.classes:
            yield from groups(basis)
