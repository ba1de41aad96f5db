"""The options that several commands share, and what is wrong with what somebody typed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import click

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
