"""Every setting as it was read, for people: its value, or of a secret whether it is set. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from typing import NamedTuple

from sync.settings import Block, Limits, SchoolLimits, Settings, names, text
from sync.settings.address_match import AddressMatch
from sync.settings.names import Path
from sync.settings.text import MonthDay, as_years


class AsRead(NamedTuple):
    """A setting: the name under which it counts, and its value as it may be written.

    Of a secret the value is `set` or `not set`. `is_set` says whether anybody has said it; if not,
    it is what counts when it is left out, "" where that is nothing.
    """

    name: str
    value: str
    is_set: bool
    is_secret: bool


def as_read(settings: Settings) -> tuple[AsRead, ...]:
    """Return every setting of *settings*, those of each school and profile by key, in order."""
    return tuple(_rows(settings))


def _rows(settings: Settings) -> Iterator[AsRead]:
    for block in names.JSON:
        held: Mapping[str, Block] = getattr(settings, block)
        for key in sorted(held):
            yield from _of(settings, held[key], (block, key))
    yield from _of(settings, settings.sds, ("sds",))
    yield from _of(settings, settings.storage, ("storage",))
    yield from _of(settings, settings.host, ("host",))


def _of(settings: Settings, block: Block, path: Path) -> Iterator[AsRead]:
    for name, declared in type(block).model_fields.items():
        value: object = getattr(block, name)
        is_set = name in block.model_fields_set
        if isinstance(value, Block):
            yield from _of(settings, value, (*path, name))
        elif is_set or not isinstance(block, SchoolLimits) or isinstance(block, Limits):
            # A limit that a school has not set is that of SDS, which is told there.
            is_secret = names.is_secret(declared)
            told = ("set" if value else "not set") if is_secret else as_text(value)
            yield AsRead(_name(settings, (*path, name)), told, is_set, is_secret)


def _name(settings: Settings, path: Path) -> str:
    if path[0] in names.JSON and len(path) == 3:
        return settings.name_of(*path)
    return names.written(path)


def as_text(value: object) -> str:
    """Return the value of a setting as it may be written; "" if it is none."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case frozenset():
            return as_years(value)
        case Mapping():
            return ",".join(f"{key}={each}" for key, each in value.items())
        case MonthDay():
            return f"{value.month:02d}-{value.day:02d}"
        case text.Allowance() | AddressMatch():
            return str(value)
        case tuple():
            return ",".join(map(as_text, value))
        case time():
            return f"{value:%H:%M}"
        case _:  # a text, a number, or a time zone, which is written as its key
            return str(value)
