"""Files in a folder that the user named: the whole set or nothing, never a mixture."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Set
from contextlib import suppress
from pathlib import Path

import click

from sync.errors import ConfigError
from sync.ledger.manifests import FINDINGS, MANIFEST
from sync.sds.tables import WIDEST

_OURS = frozenset(WIDEST) | {FINDINGS, MANIFEST}
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600  # the files name children
# On Windows a mode hides nothing: who may read is what the folder says.
WHO_READS = "whoever may read that folder can" if os.name == "nt" else "only you can"


def refuse_others(folder: Path, ours: Set[str] = _OURS) -> None:
    """Refuse a *folder* that exists and holds anything but *ours*, the files we write there."""
    try:
        others = _names_in(folder) - ours
    except OSError as error:
        raise _unwritable(error) from None
    if others:
        raise click.BadParameter(
            f"{folder} holds {len(others)} other file(s): choose another folder, or move them",
            param_hint="--out",
        )


def warnings(folder: Path, save: Path | None) -> Iterator[str]:
    """Yield what to tell of files that were written to *folder*, and kept in *save*."""
    if save:
        yield f"The document is kept in {save}. It names people: {WHO_READS} read it."
    for place in (folder, save):
        if place and _is_in_repository(place):
            yield (
                f"{place} lies in a git repository, and names people: delete it before anybody"
                " commits it, and choose a place outside the next time."
            )


def _is_in_repository(place: Path) -> bool:
    whole = place.resolve()
    return any((folder / ".git").exists() for folder in (whole, *whole.parents))


def _names_in(folder: Path) -> set[str]:
    if not folder.exists() and not folder.is_symlink():
        return set()
    if folder.is_symlink() or not folder.is_dir():
        raise click.BadParameter(f"{folder} is not a folder", param_hint="--out")
    return {entry.name for entry in folder.iterdir()}


def _unwritable(error: OSError) -> ConfigError:
    return ConfigError(
        f"--out: the folder cannot be written there ({error.strerror}): choose another place"
    )


def write_set(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make *folder* hold exactly *files*, readable by this user alone.

    They are written beside it and take its place at once. For a moment it may be missing; it never
    holds files of two sets.

    Raises:
        ConfigError: they cannot be written.
    """
    mark = uuid.uuid4().hex
    fresh = folder.with_name(f".{folder.name}.{mark}.partial")
    stale = folder.with_name(f".{folder.name}.{mark}.old")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir(mode=_FOLDER_MODE)
        for name, body in files.items():
            file = fresh / name
            file.touch(mode=_FILE_MODE)
            file.write_bytes(body)
        if folder.exists():
            folder.rename(stale)
        fresh.rename(folder)
    except OSError as error:
        raise _unwritable(error) from None
    finally:
        with suppress(OSError):
            if stale.exists() and not folder.exists():
                stale.rename(folder)
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(stale, ignore_errors=True)
