"""Classes that are away: SDS once held them, and what it holds now has none of their pupils.

A class that comes back is compared with what it last held. Else a year that was emptied, which a
person approved, could come back with exchanged rosters, and no limit would be met.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set

from sync.roster.identifiers import parts_of
from sync.sds.guard.sides import pupils_by_class

type Away = Mapping[str, Set[str]]
"""The pupils that each class last had, by its id."""


def next_away(away: Away, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Away:
    """Return what is away once *after* is delivered, where SDS held *before* and *away*.

    All of it is of one delivery, whatever schools it has. A class of a former academic year goes:
    its id never comes again. Where none of a school's classes tells the year, all stay.

    Raises:
        StoreConflict: the bytes are not what was sealed.
    """
    there = {class_id for class_id, pupils in pupils_by_class(after) if pupils}
    went = {
        class_id: pupils
        for class_id, pupils in pupils_by_class(before)
        if pupils and class_id not in there
    }
    years = _years(there)
    return {
        class_id: pupils
        for class_id, pupils in sorted({**away, **went}.items())
        if class_id not in there and not _is_over(class_id, years)
    }


def _years(class_ids: Collection[str]) -> Mapping[str, set[int]]:
    """Return the academic years in the ids of classes, by the school's id."""
    years = dict[str, set[int]]()
    for class_id in class_ids:
        if made := parts_of(class_id):
            years.setdefault(made.org, set()).add(made.year)
    return years


def _is_over(class_id: str, years: Mapping[str, Set[int]]) -> bool:
    """Say whether a class is of a year before the newest of which its school has no class more.

    A year group that keeps its Teams has classes of the year in which it began.
    """
    made = parts_of(class_id)
    if made is None or not (of_school := years.get(made.org)):
        return False
    return made.year < max(of_school) and made.year not in of_school
