"""Twins: groups of one school under one title, which nobody can tell apart in Teams.

What counts is what iSAMS lists, not what becomes a class: a set that nobody is in for a week is a
twin all the same. So with TITLE_CLASH=id a title changes, which renames a Team, only where a group
is made, renamed or deleted in iSAMS, or a setting changes; never because people come and go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sync.errors import SyncError, concerning
from sync.roster import identifiers
from sync.roster.groups import groups_of
from sync.roster.groups.basis import Basis
from sync.roster.groups.group import Group
from sync.roster.trace import Trace
from sync.settings import ProfileSettings

_SHOWN = 5  # records that are told; of more, how many

type _Record = tuple[str, str]
"""A group of iSAMS, by kind and record: the same in every profile that has it."""

type _ByTitle = Mapping[str, Mapping[_Record, Group]]


class Called(NamedTuple):
    """What a group's class is called, "" if nothing of its title can be sent.

    `is_changed` says that the title lost something; `alike` are the records of other groups with
    pupils that are called the same.
    """

    title: str
    is_changed: bool
    alike: tuple[str, ...]

    def others(self) -> str:
        """Return which others are called the same, for people."""
        more = len(self.alike) - _SHOWN
        shown = ", ".join(self.alike[:_SHOWN])
        return f"{shown} and {more:,} more" if more > 0 else shown


def called(
    basis: Basis, groups: Sequence[Group], others: Mapping[str, ProfileSettings]
) -> Iterator[tuple[Group, Called]]:
    """Yield each of *groups*, those of the profile of *basis*, with what its class is called.

    *others* are the school's other profiles by key, whose classes stand beside these in Teams.

    Raises:
        SyncError: TITLE_CLASH is set, and what another profile makes is not known: then titles
            would be others for a night.
    """
    school = [(basis.profile, group) for group in groups]
    for key, profile in others.items():
        school += [(profile, group) for group in _of_other(basis, key, profile)]
    tidied = [identifiers.title(group.title) for _, group in school]
    plain = _by_title(tidied, school)
    titles = [
        _title(profile, group, tidy, plain)
        for (profile, group), tidy in zip(school, tidied, strict=True)
    ]
    final = plain if titles == tidied else _by_title(titles, school)
    # Those of this profile come first in all three.
    for group, tidy, title in zip(groups, tidied, titles, strict=False):
        lost = identifiers.title_loses(group.title) or not title.startswith(tidy)
        yield group, Called(title, lost, _alike(group, final.get(_seen(title), {})))


def _alike(group: Group, same: Mapping[_Record, Group]) -> tuple[str, ...]:
    """Return the records of the groups of the *same* title that have pupils, without *group*."""
    others = (other for key, other in same.items() if key != _record(group) and other.pupil_ids)
    return tuple(sorted(other.record for other in others))


def _of_other(basis: Basis, key: str, profile: ProfileSettings) -> list[Group]:
    try:
        with concerning(profile=key):
            return list(groups_of(replace(basis, profile=profile, findings=[], trace=Trace())))
    except SyncError:
        if basis.profile.title_clash:
            raise
        return []  # it is told of that profile; here two titles more or fewer are not


def _by_title(titles: Sequence[str], school: Sequence[tuple[ProfileSettings, Group]]) -> _ByTitle:
    """Return what may become a class by what people see of its title."""
    by_title = defaultdict[str, dict[_Record, Group]](dict)
    for title, (_, group) in zip(titles, school, strict=True):
        if title and group.class_id:
            by_title[_seen(title)][_record(group)] = group
    return by_title


def _title(profile: ProfileSettings, group: Group, title: str, plain: _ByTitle) -> str:
    """Return the *title* of a *profile*'s *group*: if others have it too, as the profile says."""
    if profile.title_clash and len(plain.get(_seen(title), {})) > 1:
        return identifiers.title_with_id(title, group.class_id)
    return title


def _seen(title: str) -> str:
    """Return *title* without what nobody looks at: capitals."""
    return title.casefold()


def _record(group: Group) -> _Record:
    return identifiers.kind_of(group.class_id), group.record
