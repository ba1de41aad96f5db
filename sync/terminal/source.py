"""Where a school comes from at a terminal: the live iSAMS, or a document that was saved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from contextlib import closing, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click

from sync.edge.clock import Budget, Clock
from sync.edge.isams.batch import Isams
from sync.edge.world import Source, open_source
from sync.errors import ConfigError, SourceError, concerning
from sync.isams.batch import reader
from sync.isams.datasets import Dataset, Wanted
from sync.isams.school import CurrentPeople, School, Subject
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
        with concerning(school=key):
            return Read(source.school(Budget.of(clock, pull.PULL_S), more), at)


def _saved(source: Path, more: Wanted) -> Read:
    """Read a saved document; nothing is asked of any network.

    Only what is needed must be in it: what else it lacks was never asked for, and is not empty.
    """
    at = _written_at(source)
    with doing("Reading the saved document"):
        held = replace(more, besides=_held(source, more.besides))
        return Read(_school_in(source, held), at)


def _written_at(source: Path) -> datetime:
    return datetime.fromtimestamp(source.stat().st_mtime, UTC)


def _school_in(source: Path, wanted: Wanted) -> School:
    """Read the school in *source*, at need without what no class needs: see `Isams.school`."""
    try:
        return _read(source, lambda pieces: reader.read_document(pieces, wanted))
    except SourceError as error:
        if not (lost := reader.lost_with(error, wanted)):
            raise
        why = {dataset.ui_name: error for dataset in lost}
    less = wanted.without(lost)
    school = _read(source, lambda pieces: reader.read_document(pieces, less))
    return replace(school, untold=why)


def kept_school(source: Path, wanted: Wanted) -> School:
    """Return the school of *source*, a saved document: that needs no settings."""
    return _saved(source, wanted).school


def kept_subjects(source: Path) -> Mapping[str, Subject]:
    """Return the subjects of *source*, a saved document: that needs no settings."""
    _held(source, ())
    return _read(source, reader.subjects_in)


def read_people(
    settings: SchoolSettings, key: str, clock: Clock, source: Path | None
) -> tuple[CurrentPeople, datetime]:
    """Read pupils and staff alone, and of which moment they are; from *source* if there is one."""
    if source:
        _held(source, ())
        return _read(source, reader.people_in), _written_at(source)
    at = clock.now()
    with doing(f"Reading the people of {key}"), concerning(school=key):
        return open_source(settings, clock).people(Budget.of(clock, pull.PULL_S)), at


def _held(source: Path, datasets: Collection[Dataset]) -> frozenset[Dataset]:
    """Return which of *datasets* are in *source*, once it is known to be a whole document.

    What is wrong inside a whole document is iSAMS's fault, and to save it again would not help: so
    that is left to whoever reads it, who says of which record it is.

    Raises:
        ConfigError: it is none, which is the fault of the file, and its user can save it again.
    """
    try:
        return _read(source, lambda pieces: reader.datasets_in(pieces, datasets))
    except SourceError as error:
        if reader.has_bad_record(error):
            return frozenset(datasets)
        raise ConfigError(
            "--from: this file is not whole, or not a document that --save kept: save it again with"
            f" `isams-sync build --save` (found: {error})"
        ) from None


def _read[T](source: Path, read: Callable[[Iterable[bytes]], T]) -> T:
    """Return what *read* makes of the file, which is closed whatever it makes of it."""
    with closing(_pieces(source)) as pieces:
        return read(pieces)


def _pieces(source: Path) -> Generator[bytes]:
    try:
        with source.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece
    except OSError as error:
        raise click.BadParameter(f"cannot be read: {error.strerror}", param_hint="--from") from None
