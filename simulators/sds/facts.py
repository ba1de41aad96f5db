"""The project's own table of Graph's facts, and what in an answer does not fit it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

_TYPE = re.compile(r"(?P<link>-> )?(?P<name>\w+)(?P<list>\[\])?(?P<null>[?~])?")
_DAY = r"\d{4}-\d\d-\d\d"
_MOMENT = re.compile(rf"{_DAY}T\d\d:\d\d(:\d\d(\.\d{{1,7}})?)?(Z|[+-]\d\d:\d\d)")

FACTS: Any = json.loads(Path(__file__).with_name("graph_facts.json").read_text("utf-8"))
ENUMS: Mapping[str, list[str]] = FACTS["enums"]
TYPES: Mapping[str, Mapping[str, str]] = FACTS["types"]
LISTS: Mapping[str, str] = FACTS["lists"]
POSTS: Any = FACTS["posts"]
ONE_OF: Mapping[str, list[str]] = FACTS["one_of"]


def misfits(document: object, kind: str, where: str = "") -> Iterator[str]:
    """Yield every place of *document* that is not as the table says of a *kind*, and why.

    `@odata.type`, if it is there, must name this kind, or one of those that it may be; other
    annotations may stand anywhere.
    """
    if not isinstance(document, dict):
        yield f"{where or kind}: not an object"
        return
    named = str(document.get("@odata.type", kind)).rpartition(".")[2]
    if kind in ONE_OF and named in ONE_OF[kind]:
        kind = named
    if named != kind or kind in ONE_OF:
        yield f"{where or kind}: is said to be {named}"
        return
    for name, value in document.items():
        if "@" in name:
            continue
        place = f"{where or kind}.{name}"
        if name not in TYPES[kind]:
            yield f"{place}: no such property"
        else:
            yield from _property_misfits(value, TYPES[kind][name], place, f"{kind}.{name}")


def _property_misfits(value: object, written: str, where: str, key: str) -> Iterator[str]:
    described = _TYPE.fullmatch(written)
    if described is None:
        raise ValueError(key)
    if value is None:
        seen = key in FACTS["null_in_microsofts_example"]
        if described["null"] != "?" and not seen:
            yield f"{where}: null"
    elif not described["list"]:
        yield from _value_misfits(value, described["name"], where)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _value_misfits(item, described["name"], f"{where}[{number}]")
    else:
        yield f"{where}: not a list"


def _value_misfits(value: object, kind: str, where: str) -> Iterator[str]:
    if kind in TYPES or kind in ONE_OF:
        yield from misfits(value, kind, where)
    elif kind in ENUMS:
        if value not in ENUMS[kind]:
            yield f"{where}: {value!r} is no {kind}"
    elif not _is_plain(value, kind):
        yield f"{where}: {value!r} is no {kind}"


def _is_plain(value: object, kind: str) -> bool:
    match kind:
        case "String":
            return isinstance(value, str)
        case "Int32":
            return isinstance(value, int) and not isinstance(value, bool)
        case "Boolean":
            return isinstance(value, bool)
        case "Date":
            return isinstance(value, str) and _is_day(value)
        case "DateTimeOffset":
            return isinstance(value, str) and _is_moment(value)
        case _:
            raise ValueError(kind)


def _is_moment(text: str) -> bool:
    """Whether *text* is written as OData writes a moment: Python reads more than that."""
    try:
        return bool(_MOMENT.fullmatch(text)) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_day(text: str) -> bool:
    try:
        return bool(re.fullmatch(_DAY, text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False
