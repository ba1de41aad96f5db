"""Where a school comes from at a terminal: the live iSAMS, or a document that was saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click

from sync.edge.clock import Budget, Clock
from sync.edge.isams.batch import Isams
from sync.edge.world import Source, open_source
from sync.errors import ConfigError, SourceError, SourceIncomplete
from sync.isams.batch import reader
from sync.isams.datasets import Wanted
from sync.isams.school import School, Subject
from sync.settings import SchoolSettings, Settings
from sync.steps import pull
from sync.steps.needs import datasets_of_school
from sync.terminal.context import doing
from sync.terminal.save import saved_to

_PIECE_BYTES = 1 << 16


class Read(NamedTuple):
    """A school, and the moment it is of: for a saved document, when its file was written."""

    school: School
    at: datetime


def read_school(
    settings: Settings,
    key: str,
    clock: Clock,
    source: Path | None,
    save: Path | None = None,
    asked: Wanted | None = None,
) -> Read:
    """Read the school called *key* from *source*, a saved document, or from iSAMS if there is none.

    *save* keeps what iSAMS sends. *asked* is what to read beyond what is always read; left out,
    what the settings need.
    """
    more = asked or datasets_of_school(settings, key)
    if source:
        return _saved(source, more)
    return _live(settings.schools[key], key, clock, save, more)


def kept(save: Path) -> str:
    """Return what to tell of a document that was kept."""
    return f"The document is kept in {save}. It names people: only you can read it."


def _live(
    settings: SchoolSettings, key: str, clock: Clock, save: Path | None, more: Wanted
) -> Read:
    at = clock.now()
    if save and settings.isams_api == "rest":
        raise click.BadParameter("REST has no document to save", param_hint="--save")
    with doing(f"Reading iSAMS: {key}") as say, saved_to(save) if save else nullcontext() as copied:
        source: Source
        if copied:
            source = Isams(settings, clock, transport=copied)
        else:
            source = open_source(
                settings,
                clock,
                tell=lambda done, of: say.so_far(f"{done:,} of {of:,} lists and timetables"),
            )
        return Read(source.school(Budget.of(clock, pull.PULL_S), more), at)


def _saved(source: Path, more: Wanted) -> Read:
    """Read a saved document; nothing is asked of any network.

    Only what is needed must be in it: what else it lacks was never asked for, and is not empty.
    """
    at = datetime.fromtimestamp(source.stat().st_mtime, UTC)
    with doing("Reading the saved document"), _whole():
        held = replace(more, besides=reader.datasets_in(_pieces(source), more.besides))
        return Read(reader.read_document(_pieces(source), held), at)


def kept_subjects(source: Path) -> Mapping[str, Subject]:
    """Return the subjects of *source*, a saved document: that needs no settings."""
    with _whole():
        return reader.subjects_in(_pieces(source))


@contextmanager
def _whole() -> Iterator[None]:
    """What a live iSAMS would be blamed for is here a file that its user can save again.

    But for what iSAMS left out of a whole document: to save that again would not help.
    """
    try:
        yield
    except SourceIncomplete:
        raise
    except SourceError as error:
        raise ConfigError(
            "--from: this file is not whole, or not a document that --save kept: save it again with"
            f" `isams-sync build --save` (found: {error})"
        ) from None


def _pieces(source: Path) -> Iterator[bytes]:
    try:
        with source.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece
    except OSError as error:
        raise click.BadParameter(f"cannot be read: {error.strerror}", param_hint="--from") from None
