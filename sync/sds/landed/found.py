"""What a read-back saw of our classes, in whole: the other side of `expected`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from sync.sds.landed.matching import WhoIs


class ListedClass(NamedTuple):
    """A class of ours as Graph lists it: its id there, ours, its name, whether it has ended."""

    graph_id: str
    class_id: str
    name: str
    has_ended: bool


class PeopleIn(NamedTuple):
    """Who is in a class of Graph's, by Graph's ids of people. Members hold the teachers."""

    members: Set[str]
    teachers: Set[str]


@dataclass(frozen=True, slots=True)
class FoundClass:
    """A class of ours that is in Teams and living, `times` there; of twins, who is in either."""

    name: str
    times: int
    pupils: Set[str]
    teachers: Set[str]


@dataclass(frozen=True, slots=True)
class FoundInTeams:
    """What there is: the living classes and those that have ended, by our ids; and who is who.

    `who` is by Graph's ids of people. `unclear` are the ids of ours that more than one account may
    be, or that share one.
    """

    classes: Mapping[str, FoundClass]
    ended: Set[str]
    who: Mapping[str, WhoIs]
    unclear: Set[str]


def found_of(
    listed: Sequence[ListedClass],
    people: Mapping[str, PeopleIn | None],
    who: Mapping[str, WhoIs],
) -> FoundInTeams:
    """Put together what was *listed*, and the *people* of each living class, by Graph's ids.

    None of one that went between the list and its people: it is not there.
    """
    living: dict[str, list[tuple[str, PeopleIn]]] = defaultdict(list)
    for room in listed:
        inside = None if room.has_ended else people[room.graph_id]
        if inside is not None:
            living[room.class_id].append((room.name, inside))
    return FoundInTeams(
        classes={class_id: _together(rooms) for class_id, rooms in living.items()},
        ended={room.class_id for room in listed if room.has_ended} - living.keys(),
        who=who,
        unclear=_unclear(who.values()),
    )


def _together(rooms: Sequence[tuple[str, PeopleIn]]) -> FoundClass:
    members = frozenset[str]().union(*(inside.members for _, inside in rooms))
    teachers = frozenset[str]().union(*(inside.teachers for _, inside in rooms))
    return FoundClass(min(name for name, _ in rooms), len(rooms), members - teachers, teachers)


def _unclear(everybody: Iterable[WhoIs]) -> frozenset[str]:
    """Return the ids of ours of which several accounts could be the person."""
    accounts: dict[str, int] = defaultdict(int)
    unclear = set[str]()
    for each in everybody:
        if each.is_unclear:
            unclear.update(each.ours)
        for person in each.ours:
            accounts[person] += 1
    return frozenset(unclear | {person for person, count in accounts.items() if count > 1})
