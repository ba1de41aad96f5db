"""What happens to the invented school between one night and the next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import combinations

from simulators.invented.records import InventedSchool, Pupil
from simulators.school import with_pupil_moved, without_pupils

FEWEST = 5  # of pupils in a set whose list is exchanged for another
YEAR = 9  # of the pupils to whom something happens: the quirks' own records are avoided


@dataclass(frozen=True, slots=True)
class ALittle:
    """A school in which one pupil has changed sets and another has left."""

    school: InventedSchool
    left: str


def a_little(school: InventedSchool) -> ALittle:
    """Move one pupil from a set to another of the same year, and let another leave."""
    mover, leaver = _plain_pupils(school)[:2]
    own = {row.set_id for row in school.memberships if row.school_id == mover.school_id}
    quirky = set(school.quirks.values())
    sets = [one.id for one in school.sets if one.year == YEAR and str(one.id) not in quirky]
    source = next(one for one in sets if one in own)
    target = next(one for one in sets if one not in own)
    moved = with_pupil_moved(school, mover.school_id, from_set=source, to_set=target)
    return ALittle(without_pupils(moved, [leaver.school_id]), leaver.school_id)


def half(school: InventedSchool) -> InventedSchool:
    """Lose every second pupil, as a wrong filter in iSAMS would."""
    return without_pupils(school, [pupil.school_id for pupil in school.pupils[::2]])


def exchanged(school: InventedSchool) -> InventedSchool:
    """Exchange the lists of two sets, as a slip of the hand in iSAMS would."""
    quirky = set(school.quirks.values())
    sizes = Counter(row.set_id for row in school.memberships)
    sets = [
        one.id
        for one in school.sets
        if one.year == YEAR and str(one.id) not in quirky and sizes[one.id] >= FEWEST
    ]
    pupils = {
        one: frozenset(row.school_id for row in school.memberships if row.set_id == one)
        for one in sets
    }
    first, second = next(
        pair for pair in combinations(sets, 2) if pupils[pair[0]].isdisjoint(pupils[pair[1]])
    )
    become = {first: second, second: first}
    rows = (row._replace(set_id=become.get(row.set_id, row.set_id)) for row in school.memberships)
    return replace(school, memberships=tuple(rows))


def accounts(school: InventedSchool) -> frozenset[str]:
    """Return who has an account in the tenant: everybody but two pupils, not made yet."""
    late = {pupil.email for pupil in _plain_pupils(school)[-2:]}
    addresses = [pupil.email for pupil in school.pupils] + [one.email for one in school.staff]
    return frozenset(one.strip().lower() for one in addresses if one and one not in late)


def _plain_pupils(school: InventedSchool) -> list[Pupil]:
    quirky = set(school.quirks.values())
    return [one for one in school.pupils if one.year == YEAR and one.school_id not in quirky]
