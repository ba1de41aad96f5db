"""Two classes that would have each other's pupils: who would see whose work. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sync.sds.full_plan.lines import BothRosters, LineKind
from sync.web.page.plan_words import NameList, PlanWords, pupils_of


class Team(NamedTuple):
    """A class that would exchange pupils with another, in pupils now and then.

    `leave` go to the other class; `fresh` were in neither.
    """

    id: str
    title: str
    now: int
    then: int
    stay: int
    leave: int
    fresh: int


class Exchange(NamedTuple):
    """Two classes that would have each other's pupils, and who would move."""

    first: Team
    second: Team
    names: Sequence[NameList] = ()


def exchanges(words: PlanWords) -> Iterator[Exchange]:
    """Yield the pairs of classes that would exchange their pupils."""
    for line in words.lines(LineKind.EXCHANGED):
        one, other = line.rosters[:2]
        first, second = _exchanging(one, other), _exchanging(other, one)
        names = [*_moves(words, first, second), *_moves(words, second, first)]
        yield Exchange(_team(words, first), _team(words, second), names)


class _Exchanging(NamedTuple):
    """One of the two: the ids of its pupils before and after, and what is told of them."""

    class_id: str
    before: frozenset[str]
    after: frozenset[str]
    leave: frozenset[str]
    fresh: frozenset[str]


def _exchanging(own: BothRosters, other: BothRosters) -> _Exchanging:
    before, after = pupils_of(own)
    other_before, other_after = pupils_of(other)
    leave, fresh = (before & other_after) - after, after - before - other_before
    return _Exchanging(own.class_id, before, after, leave, fresh)


def _team(words: PlanWords, side: _Exchanging) -> Team:
    return Team(
        id=side.class_id,
        title=words.title(side.class_id),
        now=len(side.before),
        then=len(side.after),
        stay=len(side.before & side.after),
        leave=len(side.leave),
        fresh=len(side.fresh),
    )


def _moves(words: PlanWords, own: _Exchanging, other: _Exchanging) -> list[NameList]:
    title, into = words.title(own.class_id), words.title(other.class_id)
    return [
        *words.people(f"From {title} to {into}", own.leave, then=False),
        *words.people(f"New in {title}", own.fresh, then=True),
    ]
