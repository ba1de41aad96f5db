"""What a Team cannot hold: how many owners, members, and Teams of a person.

Pure. See docs/reference/sds.md#owners.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import chain

from sync.roster.model import SchoolClass

OWNERS_LIMIT = 100
NOTEBOOK_LIMIT = 300  # members of a class whose Team can have a Class Notebook
# A person can be in 1,000 Teams, those of former years counted: so many a year is the third year's
# trouble.
CLASSES_NOTED = 300


def owners(own: Set[str], extra: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the user ids of who can own a class, sorted, and of those for whom there is no room.

    Its *own* teachers come before those of every class; of either, the smaller ids.
    """
    in_turn = (*sorted(own), *sorted(set(extra) - own))
    return tuple(sorted(in_turn[:OWNERS_LIMIT])), in_turn[OWNERS_LIMIT:]


def members(made: SchoolClass) -> int:
    """Return how many members the Team of a class has: owners are members."""
    return len(made.teacher_ids) + len(made.student_ids)


def classes_of_each(classes: Iterable[SchoolClass]) -> Counter[str]:
    """Return in how many of *classes* each person is, by user id."""
    both = ((made.teacher_ids, made.student_ids) for made in classes)
    return Counter(chain.from_iterable(chain.from_iterable(both)))


def in_many(classes: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield the user id of each person in more than CLASSES_NOTED classes, and in how many.

    *classes* says in how many each person is.
    """
    yield from ((user_id, count) for user_id, count in classes.items() if count > CLASSES_NOTED)
