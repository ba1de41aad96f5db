"""Sealed files, walked in the order in which they were written, which is looked at on the way.

Whoever walks several files side by side depends on that order. Of a file that has lost it, rows
would be left out, and nobody would be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby, islice
from operator import itemgetter, lt

from sync.errors import StoreConflict
from sync.sds.csvtext import widest_rows
from sync.sds.tables import COLUMNS, COURSES, ON_REQUEST, SESSIONS, Row

ENROLLMENTS = "enrollments.csv"

# docs/reference/sds.md#row-keys
ID_SIZE: Mapping[str, int] = {
    "orgs.csv": 1,
    SESSIONS: 1,
    COURSES: 1,
    "users.csv": 1,
    "roles.csv": 3,
    "classes.csv": 1,
}
"""How many of a row's first cells say which it is: of a user, whatever the address."""

type Members = tuple[str, list[Row]]  # a class's id, and its enrollments by user


def demand_files(files: Mapping[str, bytes]) -> None:
    """Refuse *files* that lack one that is always sent: its rows are unknown, and not none."""
    for name in COLUMNS:
        if name not in files:
            raise StoreConflict("a sealed set has lost one of its files", file=name)


def rows_in_order(name: str, files: Mapping[str, bytes]) -> Iterator[Row]:
    """Yield the rows of any file but enrollments, as wide as can be; none if it was not asked for.

    Raises:
        StoreConflict: the bytes are not what was sealed, or two rows are not in order.
    """
    if name in ON_REQUEST and name not in files:
        return
    size, last = ID_SIZE[name], Row()
    for row in widest_rows(name, files):
        key = row[:size]
        if key <= last:
            raise _out_of_order(name)
        last = key
        yield row


def members_in_order(files: Mapping[str, bytes]) -> Iterator[Members]:
    """Yield the enrollments a class at a time; raise as `rows_in_order` does."""
    last = ""
    for class_id, group in groupby(widest_rows(ENROLLMENTS, files), itemgetter(0)):
        listed = list(group)
        users = [row[1] for row in listed]
        if class_id <= last or not all(map(lt, users, islice(users, 1, None))):
            raise _out_of_order(ENROLLMENTS)
        last = class_id
        yield class_id, listed


def side_by_side[Item, Key: (bytes, tuple[str, ...])](
    before: Iterator[Item], after: Iterator[Item], key: Callable[[Item], Key]
) -> Iterator[tuple[Item | None, Item | None]]:
    """Yield what either side has of each *key*, in order; None where a side has nothing of it.

    Both are in the order of their keys, and neither is held in memory.
    """
    was, now = next(before, None), next(after, None)
    while was is not None and now is not None:
        if was == now or key(was) == key(now):  # of a million rows most are equal
            yield was, now
            was, now = next(before, None), next(after, None)
        elif key(was) < key(now):
            yield was, None
            was = next(before, None)
        else:
            yield None, now
            now = next(after, None)
    if was is not None:
        yield was, None
    if now is not None:
        yield None, now
    yield from ((each, None) for each in before)
    yield from ((None, each) for each in after)


def _out_of_order(name: str) -> StoreConflict:
    return StoreConflict("a sealed file's rows are not in order", file=name)
