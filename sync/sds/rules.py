"""Every rule of SDS that can be known beforehand, checked on the rows as they are written.

Row-level faults of a run are not in SDS's API, so what we would not hear about must not
leave. A break here is a fault of ours, not of the school's: profiles leave out bad
records, with a finding, long before.

See docs/reference/sds.md#row-errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import batched
from operator import lt

from sync import texts
from sync.errors import RosterInvalid
from sync.roster.grades import GRADES
from sync.roster.identifiers import CLASS_ID, TITLE, TITLE_LIMIT
from sync.sds.csvtext import encode
from sync.sds.tables import COURSES, SESSIONS, Row, columns
from sync.texts import ADDRESS, is_unsafe

# docs/reference/sds.md#title-length, docs/reference/sds.md#cell-length
CELL_LIMIT = 256  # no limit is published; Entra's display names end here

_ROWS_AT_ONCE = 1_000

# Versions before took these; what SDS was given so must pass until the school is read again.
_CLASS_ID_ONCE = re.compile(r"[A-Za-z0-9.-]{1,48}")
_ID = re.compile(r"[A-Za-z0-9.-]+")
_YEAR = re.compile(r"[12][0-9]{3}")
_USER_ID = re.compile(r"[A-Za-z0-9_.@'+-]+")  # a legacy service account's id is its address


@dataclass(frozen=True, slots=True)
class _Rule:
    """How the cells of a file must look; columns by number.

    The first `key` columns identify a row. A column that `refers` to a file's ids or holds
    `values` needs no other check; the rest are text or days, the earliest first. Text is blank only
    if `optional`, and so is a reference. No two rows have the same cell in the column `unique`.

    See docs/reference/sds.md#row-keys.
    """

    key: int
    refers: tuple[tuple[int, str], ...] = ()
    values: tuple[tuple[int, frozenset[str]], ...] = ()
    text: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    optional: frozenset[int] = frozenset()
    patterns: Mapping[int, re.Pattern[str]] = field(default_factory=dict)
    limits: Mapping[int, int] = field(default_factory=dict)
    unique: int | None = None


type _Fault = tuple[int, str]  # a column by number, and what is wrong in it
type _Allowed = Sequence[tuple[int, Set[str]]]  # a column by number, and what it may hold


# Of the many that SDS has: these two make members and owners: docs/reference/sds.md#roles,
# docs/reference/sds.md#enrollment-roles
_ROLES = frozenset({"student", "teacher"})


_FIXED: Mapping[str, _Rule] = {
    "orgs.csv": _Rule(1, values=((2, frozenset({"school"})),), text=(0, 1), patterns={0: _ID}),
    "users.csv": _Rule(
        1,
        text=(0, 1, 2, 3),
        optional=frozenset({2, 3}),
        patterns={0: _USER_ID, 1: ADDRESS},
        unique=1,
    ),
    SESSIONS: _Rule(
        1,
        values=((2, frozenset({"schoolYear", "term"})),),  # docs/reference/sds.md#session-types
        text=(0, 1, 3),
        days=(4, 5),
        patterns={0: _ID, 3: _YEAR},
    ),
    COURSES: _Rule(1, refers=((1, "orgs.csv"),), text=(0, 2, 3), patterns={0: _ID}),
    "enrollments.csv": _Rule(
        2, refers=((0, "classes.csv"), (1, "users.csv")), values=((2, _ROLES),)
    ),
}


def _rules(
    grades: Set[str], made: Mapping[str, Row], class_id: re.Pattern[str]
) -> dict[str, _Rule]:
    """Return the rules of every file there can be; *made* are the columns of those there are."""
    listed = made["classes.csv"]
    to = {"sessionSourcedIds": SESSIONS, "courseSourcedId": COURSES}
    references = tuple((listed.index(column), to[column]) for column in to if column in listed)
    roles = _Rule(
        3,
        # A reference that leads nowhere drops its row: docs/reference/sds.md#references
        refers=((0, "users.csv"), (1, "orgs.csv")),
        # docs/reference/sds.md#data-types
        values=((2, _ROLES), (3, frozenset(grades) | {""}), (4, frozenset({"TRUE", "FALSE"}))),
    )
    classes = _Rule(
        1,
        refers=((1, "orgs.csv"), *references),
        text=(0, 2),
        optional=frozenset(column for column, _ in references),
        patterns={0: class_id, 2: TITLE},
        limits={2: TITLE_LIMIT},
    )
    return {**_FIXED, "roles.csv": roles, "classes.csv": classes}


def files(
    rows: Mapping[str, Iterable[Row]],
    more_grades: Set[str] = frozenset(),
    *,
    sealed_before: bool = False,
) -> dict[str, bytes]:
    """Return every SDS file, each row checked as it is written.

    *rows* holds every file that is always sent and those on request that are to be, sorted;
    *more_grades* are codes that the tenant added. Of what was *sealed_before*, perhaps by a version
    that knew less of SDS, class ids need only be as they were then: SDS may hold them.

    Raises:
        RosterInvalid: a row breaks a rule. It names file, row number and column, never a value.
    """
    known: dict[str, set[str]] = {}
    made = columns(rows)
    ruled = _rules(GRADES | more_grades, made, _CLASS_ID_ONCE if sealed_before else CLASS_ID)
    return {
        name: encode(header, _checked((name, header), ruled[name], rows[name], known))
        for name, header in made.items()
    }


def _checked(
    file: tuple[str, Row], rule: _Rule, rows: Iterable[Row], known: dict[str, set[str]]
) -> Iterator[Row]:
    """Yield the *rows* of *file* as they are; note in *known* the ids that later files refer to."""
    name, header = file
    ids = known.setdefault(name, set())
    listed = [*rule.values, *((column, _allowed(column, rule, known)) for column, _ in rule.refers)]
    used: set[str] = set()
    last: Row = ()
    count = 0
    for some in batched(rows, _ROWS_AT_ONCE, strict=False):
        if rule.text or not _are_right(some, last, rule, listed):
            faulty = _first_fault(some, last, rule, listed, used)
            if faulty:
                at, (column, fault) = faulty
                raise _broken(name, count + at + 1, header[column], fault)
        count, last = count + len(some), some[-1][: rule.key]
        if rule.key == 1:
            ids.update(row[0] for row in some)
        yield from some


def _are_right(rows: Sequence[Row], last: Row, rule: _Rule, listed: _Allowed) -> bool:
    """Say whether `_fault` finds none in any of *rows*, which hold no texts of their own.

    A column at a time: most rows are enrollments, and one by one they take four times as long.
    """
    keys = [row[: rule.key] for row in rows]
    return all({row[column] for row in rows} <= allowed for column, allowed in listed) and all(
        map(lt, [last, *keys], keys)
    )


def _first_fault(
    rows: Sequence[Row], last: Row, rule: _Rule, listed: _Allowed, used: set[str]
) -> tuple[int, _Fault] | None:
    """Return the place of the first row with a fault, from nought, and the fault."""
    for at, row in enumerate(rows):
        if fault := _fault(row, last, rule, listed) or _used_twice(row, rule, used):
            return at, fault
        last = row[: rule.key]
    return None


def _fault(row: Row, last: Row, rule: _Rule, listed: _Allowed) -> _Fault | None:
    """Return what is wrong with *row*, which comes after a row of the key *last*."""
    for column, allowed in listed:
        if row[column] not in allowed:
            return _unlisted(rule, column)
    if rule.text and (fault := _text_fault(row, rule)):
        return fault
    return (0, "is used twice, or the rows are not sorted") if row[: rule.key] <= last else None


def _used_twice(row: Row, rule: _Rule, used: set[str]) -> _Fault | None:
    if rule.unique is None:
        return None
    if row[rule.unique] in used:
        return rule.unique, "is used twice"
    used.add(row[rule.unique])
    return None


def _broken(name: str, number: int, column: str, fault: str) -> RosterInvalid:
    return RosterInvalid(
        f"{name} row {number}: {column} {fault}; nothing was sealed: please report this",
        file=name,
        row=number,
        column=column,
    )


def _allowed(column: int, rule: _Rule, known: Mapping[str, set[str]]) -> Set[str]:
    """Return the ids that a reference may be: "" too, if it is optional."""
    ids = known[dict(rule.refers)[column]]
    return ids | {""} if column in rule.optional else ids


def _unlisted(rule: _Rule, column: int) -> _Fault:
    other = dict(rule.refers).get(column)
    return column, f"is not in {other}" if other else "is not a value that SDS knows"


def _text_fault(row: Row, rule: _Rule) -> _Fault | None:
    """Return the first text of *row* that breaks *rule*, and how."""
    for column in rule.text:
        cell = row[column]
        if not cell:
            if column in rule.optional:
                continue
            return column, "is blank"
        if len(cell) > rule.limits.get(column, CELL_LIMIT):
            return column, "is too long"
        if is_unsafe(cell) or cell != cell.strip():
            return column, "has a control character, a blank at an end, or would be a formula"
        if column in rule.patterns and not rule.patterns[column].fullmatch(cell):
            return column, "is not in the form that SDS takes"
    return _day_fault(row, rule)


def _day_fault(row: Row, rule: _Rule) -> _Fault | None:
    """Return the first of the days of *row* that is none, or comes before the day before it."""
    last = ""
    for column in rule.days:
        day = row[column]
        if texts.day(day) is None:
            return column, "is not a day, written as 2026-09-01"  # docs/reference/sds.md#dates
        if day < last:
            return column, "is before the day it begins"
        last = day
    return None
