"""Files and folders on this machine that are for their user alone, and outlast a power cut."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sync.errors import ConfigError, StoreRefused

FOLDER_MODE = 0o700
_FILE_MODE = 0o600

NO_FOLDER = (
    "STORAGE__FOLDER: is a file or a link, or lies below a file; expected a folder, which is made"
    " if it is not there. Example: .rosters"
)


def check_private(folder: Path) -> None:
    """Raise if *folder* is not for this user alone.

    Raises:
        ConfigError: it is no folder: the setting names the wrong thing.
        StoreRefused: it belongs to somebody else, or anybody else may write to it.
    """
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise ConfigError(NO_FOLDER)
    if os.name == "nt":
        return  # there the folder's access list decides, which a mode does not show
    if status.st_uid != os.geteuid():
        raise StoreRefused("the folder of STORAGE__FOLDER belongs to another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise StoreRefused("others may write to the folder of STORAGE__FOLDER: chmod 700 mends it")


def open_privately(path: str, flags: int) -> int:
    """Open as `open` would, for this user alone: an opener for `open`."""
    return os.open(path, flags, _FILE_MODE)


def flush_folder(folder: Path) -> None:
    """Make a new name outlast a power cut; Windows does so by itself and opens no folders."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
