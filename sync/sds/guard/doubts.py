"""Which classes may not be what they were, for a person to look at: class by class.

Where more than 30 % of a year's classes are in doubt one cause is likely, such as a timetable that
was made anew: then a line for the year says more than a hundred.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sync.sds.guard.classes import Classes
from sync.sds.rowkeys import YearGroup

MOST_PERCENT = 30
TAKEN_OVER, EXCHANGED, NOBODY_LEFT, RENAMED = "taken-over", "exchanged", "nobody-left", "renamed"


class ClassInDoubt(NamedTuple):
    """A class by its id, why, and the other of two that are exchanged or renamed."""

    what: str
    class_id: str
    other: str = ""


class YearInDoubt(NamedTuple):
    """So many of a year group's classes that go on are in doubt."""

    year: YearGroup
    in_doubt: int
    classes: int


def doubts(classes: Classes) -> Iterator[ClassInDoubt | YearInDoubt]:
    """Yield a line for each class in doubt, or for a year; years first, then by kind and class."""
    lines = list(_by_class(classes))
    years = {year.year: year for year in _years(classes, lines)}
    yield from years.values()
    for line in lines:
        if classes.year_of.get(line.class_id) not in years:
            yield line


def _years(classes: Classes, lines: Iterable[ClassInDoubt]) -> Iterator[YearInDoubt]:
    """Yield the year groups of which so many classes are in doubt; one that ends is in none."""
    named = (key for line in lines if line.what != RENAMED for key in (line.class_id, line.other))
    in_doubt = Counter(classes.year_of[key] for key in {*named} & classes.year_of.keys())
    of_year = Counter(classes.year_of.values())
    for year, count in sorted(in_doubt.items()):
        if count * 100 > MOST_PERCENT * of_year[year]:
            yield YearInDoubt(year, count, of_year[year])


def _by_class(classes: Classes) -> Iterator[ClassInDoubt]:
    """Yield each class once; that it has another's pupils says more than that it lost its own."""
    pairs = classes.exchanged()
    paired = {key for pair in pairs for key in pair}
    yield from (ClassInDoubt(EXCHANGED, *pair) for pair in pairs)
    yield from (ClassInDoubt(TAKEN_OVER, key) for key in classes.taken_over if key not in paired)
    yield from (ClassInDoubt(NOBODY_LEFT, key) for key in classes.replaced)
    yield from (ClassInDoubt(RENAMED, *pair) for pair in classes.renamed())
