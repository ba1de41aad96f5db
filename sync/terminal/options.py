"""The options that several commands share, and what is wrong with what somebody typed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path
from typing import override

import click

from sync import texts

_DOCUMENT = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)

school = click.option("--school", metavar="KEY", help="One school, by its key in the settings.")
profiles = click.option(
    "--profile", "profiles", metavar="KEY", multiple=True, help="A profile, by its key; repeatable."
)
save = click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep what iSAMS sends in this file, for --from. It names people.",
)


class Minutes(click.ParamType[int]):
    """A whole number of minutes, from 0 to *most*."""

    name = "minutes"

    def __init__(self, most: int) -> None:
        self._most = most

    @override
    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if not (value.isascii() and value.isdecimal() and int(value[:9]) <= self._most):
            self.fail(f"expected whole minutes from 0 to {self._most}, not {value}", param, ctx)
        return int(value)


class Day(click.ParamType[date]):
    """A day of the calendar, as year-month-day."""

    name = "day"

    @override
    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> date:
        day = texts.day(value)
        if day is None:
            wrong = f"{value} is no day: expected year-month-day, such as 2027-09-01"
            self.fail(wrong, param, ctx)
        return day


def source[Work: Callable[..., object]](words: str) -> Callable[[Work], Work]:
    """Return the option `--from`; *words* say what it reads."""
    return click.option("--from", "source", type=_DOCUMENT, help=words)


def folder[Work: Callable[..., object]](words: str) -> Callable[[Work], Work]:
    """Return the option `--out`; *words* say what is written there."""
    path = click.Path(file_okay=False, path_type=Path)
    return click.option("--out", "folder", required=True, type=path, help=words)


def not_both(source: Path | None, save: Path | None) -> None:
    """Refuse `--from` beside `--save`: a document is read, or kept."""
    if source and save:
        raise click.UsageError("--save keeps what iSAMS sends, and --from asks it for nothing.")


def known_key(option: str, given: str, known: Collection[str]) -> str:
    """Return *given* as settings spell it; a key that they do not know is a usage error."""
    key = given.lower()
    if key not in known:
        expected = " or ".join(sorted(known))
        raise click.BadParameter(f"not in the settings: expected {expected}", param_hint=option)
    return key


def one_connector(given: str | None, known: Collection[str]) -> str:
    """Return *given* as settings spell it, or the only one there is; else a usage error."""
    if given is None and len(known) > 1:
        raise click.UsageError(f"There are several connectors: say --connector, {_any_of(known)}.")
    if given is None:
        return next(iter(known))
    return known_connector(given, known)


def known_connector(given: str, known: Collection[str]) -> str:
    """Return *given* as settings spell it; a name that they do not have is a usage error."""
    for name in known:
        if name.lower() == given.lower():
            return name
    raise click.BadParameter(f"expected {_any_of(known)}", param_hint="--connector")


def _any_of(known: Collection[str]) -> str:
    return " or ".join(sorted(known))
