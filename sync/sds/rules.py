"""Every rule of SDS that can be known beforehand, checked on the rows as they are written.

Row-level faults of a run are not in SDS's API (sds.md section 4.9), so what we would not hear
about must not leave. A break here is our own fault, not the school's: profiles leave out bad
records, with a finding, long before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field

from sync.errors import RosterInvalid
from sync.names import CLASS_ID_LIMIT, TITLE_LIMIT, is_unsafe

from .csvtext import encode
from .tables import COLUMNS, GRADES, Row

CELL_LIMIT = 256  # no limit is published; Entra's display names end here

_CLASS_ID = re.compile(rf"[A-Za-z0-9.-]{{1,{CLASS_ID_LIMIT}}}")
_USER_ID = re.compile(r"[A-Za-z0-9_.@'+-]+")  # a legacy service account's id is its address
_USERNAME = re.compile(r"[^\s@A-Z]+@[^\s@A-Z]+\.[^\s@A-Z]+")


@dataclass(frozen=True, slots=True)
class _Rule:
    """How the cells of one file must look; columns by number.

    The first `key` columns identify a row. A column that `refers` to a file's ids or holds one of
    `values` needs no other check; the rest are text, blank only if `optional`.
    """

    key: int
    refers: tuple[tuple[int, str], ...] = ()
    values: tuple[tuple[int, frozenset[str]], ...] = ()
    text: tuple[int, ...] = ()
    optional: frozenset[int] = frozenset()
    patterns: Mapping[int, re.Pattern[str]] = field(default_factory=dict)
    limits: Mapping[int, int] = field(default_factory=dict)


_ROLES = frozenset({"student", "teacher"})


def _rules(grades: Set[str]) -> dict[str, _Rule]:
    return {
        "orgs.csv": _Rule(
            1, values=((2, frozenset({"school"})),), text=(0, 1), patterns={0: _CLASS_ID}
        ),
        "users.csv": _Rule(
            1,
            text=(0, 1, 2, 3),
            optional=frozenset({2, 3}),
            patterns={0: _USER_ID, 1: _USERNAME},
        ),
        "roles.csv": _Rule(
            3,
            refers=((0, "users.csv"), (1, "orgs.csv")),
            values=(
                (2, _ROLES),
                (3, frozenset(grades) | {""}),
                (4, frozenset({"TRUE", "FALSE"})),
            ),
        ),
        "classes.csv": _Rule(
            1,
            refers=((1, "orgs.csv"),),
            text=(0, 2),
            patterns={0: _CLASS_ID},
            limits={2: TITLE_LIMIT},
        ),
        "enrollments.csv": _Rule(
            2, refers=((0, "classes.csv"), (1, "users.csv")), values=((2, _ROLES),)
        ),
    }


def files(
    rows: Mapping[str, Iterable[Row]], own_grades: Set[str] = frozenset()
) -> dict[str, bytes]:
    """Return every SDS file, each row checked as it is written.

    *rows* holds every file of `COLUMNS`, sorted; *own_grades* are codes that the tenant added.

    Raises:
        RosterInvalid: a row breaks a rule. It names file, row number and column, never a value.
    """
    known: dict[str, set[str]] = {}
    return {
        name: encode(COLUMNS[name], _checked(name, rule, rows[name], known))
        for name, rule in _rules(GRADES | own_grades).items()
    }


def _checked(
    name: str, rule: _Rule, rows: Iterable[Row], known: dict[str, set[str]]
) -> Iterator[Row]:
    """Yield *rows* as they are; note in *known* the ids that later files refer to."""
    ids = known.setdefault(name, set())
    usernames: set[str] = set()
    last: Row = ()
    for number, row in enumerate(rows, start=1):
        fault = _fault(row, rule, known)
        key = row[: rule.key]
        if key <= last and not fault:
            fault = 0, "is used twice, or the rows are not sorted"
        if name == "users.csv" and not fault:
            if row[1] in usernames:
                fault = 1, "is used twice"
            usernames.add(row[1])
        if fault:
            column = COLUMNS[name][fault[0]]
            raise RosterInvalid(
                f"{name} row {number}: {column} {fault[1]}; nothing was sealed: please report this",
                file=name,
                row=number,
                column=column,
            )
        last = key
        if rule.key == 1:
            ids.add(row[0])
        yield row


def _fault(row: Row, rule: _Rule, known: Mapping[str, set[str]]) -> tuple[int, str] | None:
    """Return the first column of *row* that breaks *rule*, and how."""
    for column, other in rule.refers:
        if row[column] not in known[other]:
            return column, f"is not in {other}"
    for column, values in rule.values:
        if row[column] not in values:
            return column, "is not a value that SDS knows"
    for column in rule.text:
        cell = row[column]
        if not cell and column not in rule.optional:
            return column, "is blank"
        if len(cell) > rule.limits.get(column, CELL_LIMIT):
            return column, "is too long"
        if is_unsafe(cell) or cell != cell.strip():
            return column, "has a control character, a blank at an end, or would be a formula"
        if column in rule.patterns and not rule.patterns[column].fullmatch(cell):
            return column, "is not in the form that SDS takes"
    return None
