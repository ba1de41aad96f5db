"""The enrollments of two deliveries side by side, a class at a time: neither is held in memory."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from sync.sds.tables import Row
from sync.sds.walk import ENROLLMENTS, Members, members_in_order


class Side(NamedTuple):
    """Who is in a class, by user id."""

    pupils: frozenset[str]
    teachers: frozenset[str]


NOBODY = Side(frozenset(), frozenset())

type Sides = tuple[str, Side, Side]  # a class's id; who was in it, and who would be


def sides(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[Sides]:
    """Yield each class that has anybody on either side, in order of ids.

    Raises:
        StoreConflict: the bytes are not what was sealed, or not in order.
    """
    tagged = heapq.merge(
        _tagged(before, is_after=False), _tagged(after, is_after=True), key=itemgetter(0)
    )
    for class_id, found in groupby(tagged, itemgetter(0)):
        was, now = NOBODY, NOBODY
        for _, is_after, rows in found:
            was, now = (was, _side(rows)) if is_after else (_side(rows), now)
        yield class_id, was, now


def pupils_by_class(files: Mapping[str, bytes]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each class that has anybody, with its pupils; raises as `sides` does."""
    for members in _members(files):
        yield members[0], _side(members[1]).pupils


def _tagged(files: Mapping[str, bytes], *, is_after: bool) -> Iterator[tuple[str, bool, list[Row]]]:
    for class_id, rows in _members(files):
        yield class_id, is_after, rows


def _members(files: Mapping[str, bytes]) -> Iterator[Members]:
    return members_in_order(files) if ENROLLMENTS in files else iter(())


def _side(rows: Iterable[Row]) -> Side:
    pupils, teachers = list[str](), list[str]()
    for _, user_id, role in rows:
        (pupils if role == "student" else teachers).append(user_id)
    return Side(frozenset(pupils), frozenset(teachers))
