"""The enrollments of two deliveries side by side, a class at a time: neither is held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from sync.sds.blocks import are_alike, blocks, members
from sync.sds.tables import Row


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
    for class_id, was, now in blocks(before, after):
        of_before = _side(members(before, was))
        is_alike = are_alike(before, was, after, now)
        yield class_id, of_before, of_before if is_alike else _side(members(after, now))


def pupils_by_class(files: Mapping[str, bytes]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each class that has anybody, with its pupils; raises as `sides` does."""
    for class_id, span, _ in blocks(files, {}):
        yield class_id, _side(members(files, span)).pupils


def _side(rows: Iterable[Row]) -> Side:
    pupils, teachers = list[str](), list[str]()
    for _, user_id, role in rows:
        (pupils if role == "student" else teachers).append(user_id)
    return Side(frozenset(pupils), frozenset(teachers))
