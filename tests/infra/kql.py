"""As much of the Kusto Query Language as infra/queries needs, after Microsoft's reference.

A row is a dict, a table a list of them. A `dynamic` is what `json.loads` gives, a timespan is a
`timedelta`, null is None. What is not known here is an error and never an empty answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.infra.kql_text import Call, Column, Expr, KqlError, Literal, Named, Words

type Value = Any  # whatever a column may hold
type Row = dict[str, Value]
type Table = list[Row]

_EPOCH = datetime(1, 1, 1, tzinfo=UTC)


def evaluate(query: str, tables: Mapping[str, Table], now: datetime) -> Table:
    """Return the rows that *query* gives of *tables* at the moment *now*.

    Raises:
        KqlError: it is not a query, or uses what is not known here.
    """
    words, known = Words(query), dict(tables)
    while words.take("let"):
        name = words.name()
        words.must("=")
        known[name] = _tabular(words, known, now)
        words.must(";")
    rows = _tabular(words, known, now)
    if not words.all_read():
        raise KqlError(f"not understood: {words.peek()}")
    return rows


# -- tables --------------------------------------------------------------------------------------


def _tabular(words: Words, known: Mapping[str, Table], now: datetime) -> Table:
    if words.take("union"):
        rows = _inner(words, known, now)
        while words.take(","):
            rows = rows + _inner(words, known, now)
    else:
        name = words.name()
        if name not in known:
            raise KqlError(f"there is no table {name}")
        rows = known[name]
    while words.take("|"):
        operator = words.name()
        if operator not in _OPERATORS:
            raise KqlError(f"there is no operator {operator}")
        rows = _OPERATORS[operator](words, rows, now)
    return rows


def _inner(words: Words, known: Mapping[str, Table], now: datetime) -> Table:
    words.must("(")
    rows = _tabular(words, known, now)
    words.must(")")
    return rows


def _where(words: Words, rows: Table, now: datetime) -> Table:
    wanted = words.expr()
    return [row for row in rows if _value(wanted, row, now) is True]


def _extend(words: Words, rows: Table, now: datetime) -> Table:
    columns = words.columns()
    return [row | _made(columns, row, now) for row in rows]


def _project(words: Words, rows: Table, now: datetime) -> Table:
    columns = words.columns()
    return [_made(columns, row, now) for row in rows]


def _expand(words: Words, rows: Table, now: datetime) -> Table:
    [(name, expr)] = words.columns()
    words.must("to", "typeof", "(", "string", ")")
    return [row | {name: each} for row in rows for each in _value(expr, row, now)]


def _order(words: Words, rows: Table, now: datetime) -> Table:
    words.must("by")
    keys: list[tuple[str, bool]] = []
    while not keys or words.take(","):
        keys.append((words.name(), words.name() == "desc"))
    for name, down in reversed(keys):
        rows = sorted(rows, key=_column_of(name), reverse=down)
    return rows


def _column_of(name: str) -> Callable[[Row], Value]:
    return lambda row: row[name]


def _take(words: Words, rows: Table, now: datetime) -> Table:
    return rows[: _value(words.expr(), {}, now)]


def _summarize(words: Words, rows: Table, now: datetime) -> Table:
    folds = words.columns()
    keys = words.columns() if words.take("by") else []
    groups: dict[str, tuple[Row, Table]] = {} if keys else {"": ({}, rows)}  # one row, even of none
    for row in rows if keys else []:
        key = _made(keys, row, now)
        groups.setdefault(repr(key), (key, []))[1].append(row)
    found = []
    for key, group in groups.values():
        made = dict(key)
        for name, fold in folds:
            if isinstance(fold, Call) and fold.name == "arg_max":
                made |= _arg_max(fold.arguments, group, now)
            else:
                made[name] = _fold(fold, group, now)
        found.append(made)
    return found


def _arg_max(columns: Sequence[Expr], group: Table, now: datetime) -> Row:
    names = [one.name for one in columns if isinstance(one, Column)]
    if len(names) != len(columns):
        raise KqlError("arg_max of anything but columns is not known here")
    best = max(group, key=_column_of(names[0]), default=dict.fromkeys(names))
    return {name: _value(Column(name), best, now) for name in names}


def _fold(expr: Expr, group: Table, now: datetime) -> Value:
    """Work out an expression over a group: aggregates of its rows, functions of those."""
    if isinstance(expr, Literal):
        return expr.value
    if not isinstance(expr, Call):
        raise KqlError(f"{expr.name} is neither a key nor an aggregate")
    if expr.name == "count":
        return len(group)
    if expr.name == "maxif":
        group = [row for row in group if _value(expr.arguments[1], row, now) is True]
    if expr.name in _FOLDS:
        seen = [_value(expr.arguments[0], row, now) for row in group]
        known = [value for value in seen if value is not None]
        return _FOLDS[expr.name](known) if known else None
    return _called(expr.name, [_fold(one, group, now) for one in expr.arguments], now)


_OPERATORS: Mapping[str, Callable[[Words, Table, datetime], Table]] = {
    "where": _where,
    "extend": _extend,
    "project": _project,
    "summarize": _summarize,
    "order": _order,
    "take": _take,
    "mv-expand": _expand,
}
_FOLDS: Mapping[str, Callable[[Sequence[Value]], Value]] = {
    "max": max,
    "maxif": max,
    "avg": lambda values: sum(values) / len(values),
}


# -- values --------------------------------------------------------------------------------------


def _made(columns: Sequence[Named], row: Row, now: datetime) -> Row:
    if not all(name for name, _ in columns):
        raise KqlError("a column has no name")
    return {name: _value(expr, row, now) for name, expr in columns}


def _value(expr: Expr, row: Row, now: datetime) -> Value:
    if isinstance(expr, Literal):
        return expr.value
    if isinstance(expr, Column):
        if expr.name not in row:
            raise KqlError(f"there is no column {expr.name}")
        return row[expr.name]
    return _called(expr.name, [_value(one, row, now) for one in expr.arguments], now)


def _called(name: str, given: Sequence[Value], now: datetime) -> Value:
    if name == "now":
        return now
    if name == "ago":
        return now - given[0]
    if name in _COMPARE:
        return None if None in given else _COMPARE[name](*given)
    if name not in _FUNCTIONS:
        raise KqlError(f"there is no function {name}")
    return _FUNCTIONS[name](*given)


def _parse_json(text: str) -> Value:
    """Text that is not JSON is a dynamic that holds it, and has no members."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return value if isinstance(value, str) else json.dumps(value)


_COMPARE: Mapping[str, Callable[[Value, Value], Value]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "contains": lambda a, b: b.lower() in a.lower(),
    "startswith": lambda a, b: a.lower().startswith(b.lower()),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
_FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "and": lambda a, b: a is True and b is True,
    "or": lambda a, b: a is True or b is True,
    "in": lambda one, *many: one in many,
    "!in": lambda one, *many: one not in many,
    ".": lambda whole, key: whole.get(key) if isinstance(whole, dict) else None,
    "bag_keys": list,
    "bin": lambda moment, size: moment - (moment - _EPOCH) % size,
    "iff": lambda which, one, other: one if which is True else other,
    "isnotempty": lambda text: _text(text) != "",
    "isnotnull": lambda value: value is not None,
    "isnull": lambda value: value is None,
    "not": lambda value: value is not True,
    "parse_json": _parse_json,
    "replace_string": lambda text, old, new: text.replace(old, new),
    "round": lambda number, digits=0: None if number is None else round(number, digits),
    "strcat": lambda *values: "".join(map(_text, values)),
    "substring": lambda text, start: text[start:],
    "todouble": lambda value: None if value is None else float(value),
    "tolower": lambda text: text.lower(),
    "toint": lambda value: None if value is None else int(value),
    "tostring": _text,
}
