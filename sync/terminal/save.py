"""Keeping what iSAMS sent: the document goes to a file as it is read."""

from __future__ import annotations

import os
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, override

import httpx

from sync.errors import ConfigError

_BATCH = "/xml.ashx"  # the sign-in's answers come over the same transport, and are not kept


class Copying(httpx.BaseTransport):
    """Writes each batch document into *file*; asked for again, it is begun anew."""

    def __init__(self, inner: httpx.BaseTransport, file: BinaryIO) -> None:
        self._inner = inner
        self._file = file

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        if request.url.path.endswith(_BATCH) and isinstance(answer.stream, httpx.SyncByteStream):
            self._file.seek(0)
            self._file.truncate()
            answer.stream = _Copied(answer.stream, self._file)
        return answer

    @override
    def close(self) -> None:
        self._inner.close()


class _Copied(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, file: BinaryIO) -> None:
        self._stream = stream
        self._file = file

    @override
    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            self._file.write(piece)
            yield piece

    @override
    def close(self) -> None:
        self._stream.close()


@contextmanager
def saved_to(path: Path) -> Generator[httpx.BaseTransport]:
    """Yield a transport whose document is at *path* once the block has ended well.

    The file can be read by this user alone, and takes the place of an older file whole or not
    at all.

    Raises:
        ConfigError: it cannot be written there.
    """
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
    try:
        with os.fdopen(
            os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b"
        ) as file:
            yield Copying(httpx.HTTPTransport(trust_env=False), file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise ConfigError(
            f"--save: the file cannot be written there ({error.strerror}): choose another place"
        ) from None
    finally:
        with suppress(OSError):  # where nothing can be written, nothing is left either
            unfinished.unlink()
