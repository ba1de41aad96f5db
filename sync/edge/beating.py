"""A sign of life, given from beside the work for as long as its process lives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, suppress

from sync.errors import SyncError

type Beating = Callable[[Callable[[int], object], float], AbstractContextManager[None]]
"""What `beating` is."""


@contextmanager
def beating(beat: Callable[[int], object], every_s: float) -> Generator[None]:
    """Call *beat* with 1, 2, 3 … every *every_s* seconds until the block is left.

    It runs in a thread of its own, since the work may be waiting for one long answer. A beat that
    raises `SyncError` is left out. None begins after the block; one that has begun may end later.
    """
    over = threading.Event()

    def run() -> None:
        number = 0
        while not over.wait(every_s):
            number += 1
            with suppress(SyncError):  # storage is away: the next beat may reach it
                beat(number)

    threading.Thread(target=run, name="beating", daemon=True).start()
    try:
        yield
    finally:
        over.set()
