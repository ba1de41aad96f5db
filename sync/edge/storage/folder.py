"""The embedded store: a folder on this machine, private to its user.

Several processes may use the same folder at once. A blob is a file: written and flushed under
`.partial` and then linked to its name, which the file system does for a single writer of any
number, and never for half a file. A writer that dies leaves a file in `.partial`, which nobody
lists; opening the store sweeps what is older than an hour. A folder goes with its last blob; a
writer that it goes under makes it again.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sync.edge.clock import Clock, SystemClock
from sync.edge.storage.private import (
    FOLDER_MODE,
    NO_FOLDER,
    check_private,
    flush_folder,
    open_privately,
)
from sync.edge.storage.store import Blob, WriteOnce, check_folder, check_name, check_prefix
from sync.errors import (
    ConfigError,
    StoreError,
    StoreMissing,
    StoreRefused,
    StoreUnavailable,
    SyncError,
)

_PARTIAL = ".partial"  # no blob's name: their segments do not begin with a dot
_LEFTOVER_AFTER = timedelta(hours=1)  # no write takes so long: a run ends within minutes
_WRITES = 50  # each is lost only to a `delete` that took the folder in that moment


class FolderStore(WriteOnce):
    """A `Store` in *folder*, made if it is missing, with its files for this user alone.

    Raises `ConfigError` if it is a file or a symbolic link, or lies below a file; `StoreRefused` if
    it belongs to somebody else, or others may write to it: whoever can write there can change a
    roster. *clock* stamps the files as well, so that `now()` and `created_at` are the same clock.
    """

    def __init__(self, folder: str | Path, *, clock: Clock | None = None) -> None:
        self._root = Path(folder).absolute()
        self._partial = self._root / _PARTIAL
        self._clock = clock or SystemClock()
        _prepared(self._prepare)

    def read(self, name: str) -> bytes:
        path = self._path(name)
        body = _translated(lambda: _read(path))
        if body is None:
            self._check_there()
            raise StoreMissing("there is no such blob", blob=name)
        return body

    def blobs(self, prefix: str) -> Sequence[Blob]:
        start = self._root / check_prefix(prefix).rpartition("/")[0]
        self._check_there()
        listed = _translated(lambda: list(self._blobs_below(start)))
        blobs = [blob for blob in listed if blob.name.startswith(prefix)]
        return sorted(blobs, key=lambda blob: blob.name)

    def folders(self, prefix: str) -> Sequence[str]:
        start = self._root / check_folder(prefix)
        self._check_there()
        return _translated(lambda: sorted(self._folders(start)))

    def delete(self, name: str) -> None:
        path = self._path(name)
        _translated(lambda: self._delete(path))
        self._check_there()

    def now(self) -> datetime:
        return self._clock.now()

    def _put(self, name: str, body: bytes) -> bool:
        path = self._path(name)
        self._check_there()
        return _translated(lambda: self._write(path, body))

    def _delete(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == self._root:
                return
            try:
                folder.rmdir()
            except OSError:
                return  # something is in it, or it was never there

    def _write(self, path: Path, body: bytes) -> bool:
        partial = self._partial / uuid.uuid4().hex
        moment_s = self._clock.now().timestamp()
        try:
            with open(partial, "xb", opener=open_privately) as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            os.utime(partial, (moment_s, moment_s))
            made = self._link(path, partial)
        finally:
            partial.unlink(missing_ok=True)
        if made:
            flush_folder(path.parent)
        return made

    def _link(self, path: Path, partial: Path) -> bool:
        """Give *partial* its name; False if another has it."""
        left = _WRITES
        while True:
            left -= 1
            try:
                self._make_folders(path.parent)
                return _named(path, partial)
            except FileNotFoundError:
                if not left:
                    raise

    def _blobs_below(self, folder: Path) -> Iterator[Blob]:
        """Yield the blobs below *folder*; none if there is no such folder (yet)."""
        for entry in _entries(folder):
            if entry.is_dir(follow_symlinks=False):
                yield from self._blobs_below(Path(entry))
            elif blob := self._blob(Path(entry)):
                yield blob

    def _folders(self, folder: Path) -> Iterator[str]:
        """Yield the names of the folders in *folder* that hold a blob: the first is looked for."""
        for entry in _entries(folder):
            if entry.is_dir(follow_symlinks=False) and any(
                True for _ in self._blobs_below(Path(entry))
            ):
                yield entry.name

    def _blob(self, path: Path) -> Blob | None:
        try:
            status = path.lstat()
        except FileNotFoundError:
            return None  # deleted since its folder was read
        name = path.relative_to(self._root).as_posix()
        return Blob(name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))

    def _path(self, name: str) -> Path:
        return self._root / check_name(name)

    def _check_there(self) -> None:
        """Raise if the folder itself is gone: that is not the same as a folder without blobs."""
        if not self._partial.is_dir():
            raise StoreRefused("the folder of STORAGE__FOLDER has gone: put it back, then restart")

    def _prepare(self) -> None:
        if not self._root.is_symlink() and not self._root.exists():
            self._root.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        check_private(self._root)
        self._partial.mkdir(FOLDER_MODE, exist_ok=True)
        self._sweep()

    def _sweep(self) -> None:
        before_s = (self._clock.now() - _LEFTOVER_AFTER).timestamp()
        for path in self._partial.iterdir():
            try:
                if path.lstat().st_mtime < before_s:
                    path.unlink()
            except FileNotFoundError:
                continue  # its writer, or another sweeper, was quicker

    def _make_folders(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make_folders(folder.parent)
        try:
            folder.mkdir(FOLDER_MODE)
        except FileExistsError:
            if folder.is_file():
                raise  # else another made it, and it may have gone again
        flush_folder(folder.parent)


def _named(path: Path, partial: Path) -> bool:
    try:
        path.hardlink_to(partial)
    except FileExistsError:
        return False
    return True


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield what is in *folder* and not ours alone; nothing if there is no such folder."""
    try:
        with os.scandir(folder) as listing:
            entries = list(listing)
    except (FileNotFoundError, NotADirectoryError):
        return
    yield from (entry for entry in entries if not entry.name.startswith("."))


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _prepared(prepare: Callable[[], None]) -> None:
    """Do *prepare*; whatever the file system refuses here is for whoever chose the folder."""
    try:
        prepare()
    except (NotADirectoryError, FileExistsError):
        ours: SyncError = ConfigError(NO_FOLDER)
    except OSError as error:
        ours = StoreRefused(
            "the folder of STORAGE__FOLDER cannot be made or used: check its path, the disk's room"
            " and your rights",
            errno=error.errno or 0,
        )
    else:
        return
    raise ours


def _translated[T](call: Callable[[], T]) -> T:
    """Return what *call* returns; what the file system refuses becomes an error of ours.

    A path is not for messages, and an error keeps its path: ours carry no link to it.
    """
    try:
        return call()
    except FileNotFoundError:
        ours: StoreError = StoreUnavailable("the folder changed while we wrote to it")
    except OSError as error:
        ours = StoreRefused(
            "the file system refuses: check the disk's room and rights, and that it has hard links",
            errno=error.errno or 0,
        )
    raise ours
