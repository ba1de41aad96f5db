"""What two rosters of one class, or of two, say of each other: ids of pupils, then and now.

Where the bounds come from: `tests/life`, which tells how often ordinary weeks meet them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Set
from typing import NamedTuple

FEWEST = 5
"""In a class of fewer, a single pupil who moves is a fifth of it."""


class Rosters(NamedTuple):
    """The pupils that a class had, and those it would have."""

    before: Set[str]
    after: Set[str]

    @property
    def is_large(self) -> bool:
        """Whether there are enough pupils on both sides to say anything in shares."""
        return len(self.before) >= FEWEST and len(self.after) >= FEWEST


def is_taken_over(rosters: Rosters) -> bool:
    """Say whether, of those who would be in a class, fewer than 20 % were in it.

    Measured by who would see the work of before: a class that runs down, or takes in another, is
    none. "Fewer than 30 % in common" would hold 19 of 20 subjects that are dealt anew.
    """
    return rosters.is_large and len(rosters.before & rosters.after) * 5 < len(rosters.after)


def is_replaced(rosters: Rosters) -> bool:
    """Say whether nobody is left of a class that has, or had, too few to say it in shares."""
    there = bool(rosters.before and rosters.after)
    return there and not rosters.is_large and rosters.before.isdisjoint(rosters.after)


def exchanged(classes: Mapping[str, Rosters]) -> Iterator[tuple[str, str]]:
    """Yield each two of *classes* that have each other's roster now, by id.

    Each has 80 % or more of the other's, in Jaccard's measure: of all who were or would be in
    either, so many are in both. *classes* are those of which each `is_another`.
    """
    had = _classes_by_pupil({class_id: rosters.before for class_id, rosters in classes.items()})
    takes = {
        (mine, theirs)
        for mine, rosters in classes.items()
        for theirs in _met(rosters.after, had)
        if _in_common(classes[theirs].before, rosters.after, fifths=4)
    }
    yield from sorted((one, other) for one, other in takes if one < other and (other, one) in takes)


def is_another(rosters: Rosters) -> bool:
    """Say whether a class has less than 60 % of its own roster: it may have another's."""
    return rosters.is_large and not _in_common(rosters.before, rosters.after, fifths=3)


def followed(
    ended: Mapping[str, Set[str]], begun: Mapping[str, Set[str]]
) -> Iterator[tuple[str, str]]:
    """Yield each class that ends with each that begins with four fifths of its pupils."""
    had = _classes_by_pupil({key: pupils for key, pupils in ended.items() if len(pupils) >= FEWEST})
    for new, pupils in sorted(begun.items()):
        for old, shared in sorted(_met(pupils, had).items()):
            if shared * 5 >= len(ended[old]) * 4:
                yield old, new


def _in_common(one: Set[str], other: Set[str], *, fifths: int) -> bool:
    """Say whether so many *fifths* of the pupils of either, or more, are in both (Jaccard)."""
    shared = len(one & other)
    return shared * 5 >= fifths * (len(one) + len(other) - shared)


def _classes_by_pupil(rosters: Mapping[str, Set[str]]) -> Mapping[str, list[str]]:
    classes: defaultdict[str, list[str]] = defaultdict(list)
    for class_id, pupils in rosters.items():
        for pupil in pupils:
            classes[pupil].append(class_id)
    return classes


def _met(pupils: Collection[str], classes: Mapping[str, list[str]]) -> Counter[str]:
    """Count, for each class of any of *pupils*, how many of them are its."""
    return Counter(class_id for pupil in pupils for class_id in classes.get(pupil, ()))
