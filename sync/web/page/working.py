"""Work that a click leaves behind, done in this process: on one's own machine there is no host.

What is not done when the process ends is not lost: a run at the terminal, or a tick of the app that
has the same storage, finds it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sync.edge.storage.queues import ABOUT, QUEUES, Queue
from sync.edge.world import World
from sync.errors import SyncError, concerning
from sync.report import Outcome, Step, unexpected
from sync.steps.landed.look import read_back
from sync.steps.pull import pull
from sync.steps.send import send

_STEPS: Mapping[Queue, Callable[[World, str], object]] = {
    "pull": pull,
    "send": send,
    "read-back": read_back,
}


class _Nudge(NamedTuple):
    """What is to be done of whom, and from when on, by the stopwatch."""

    due_s: float
    queue: Queue
    about: str


class Working:
    """`Nudges` that are worked on one after another by `serve`, in whichever thread runs it."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._kept: list[_Nudge] = []
        self._changed = threading.Condition()
        self._is_over = False

    # -- what steps leave ------------------------------------------------------------------------

    def nudge(self, queue: Queue, message: Mapping[str, str], delay_s: float = 0) -> None:
        """Have *message* worked on, not before *delay_s* from now; twice the same is once."""
        nudge = _Nudge(self._monotonic_s() + max(delay_s, 0), queue, message[ABOUT[queue]])
        with self._changed:
            same = [each for each in self._kept if each[1:] == nudge[1:]]
            if any(each.due_s <= nudge.due_s for each in same):
                return
            self._kept = sorted([each for each in self._kept if each not in same] + [nudge])
            self._changed.notify()

    def poisoned(self) -> Mapping[Queue, Sequence[str]]:
        """Return nothing: what fails is told, and found again by what is stored."""
        return dict.fromkeys(QUEUES, ())

    def next(self) -> Mapping[Queue, Sequence[str]]:
        """Return what could be worked on now, by queue."""
        with self._changed:
            return {
                queue: tuple(
                    json.dumps({ABOUT[queue]: each.about})
                    for each in self._kept
                    if each.queue == queue and each.due_s <= self._monotonic_s()
                )
                for queue in QUEUES
            }

    def waiting(self) -> Mapping[Queue, int]:
        """Return how much is kept, by queue."""
        with self._changed:
            return {queue: sum(each.queue == queue for each in self._kept) for queue in QUEUES}

    # -- the work --------------------------------------------------------------------------------

    def serve(self, world: World) -> None:
        """Work on what is left here until `stop`; an error is told, and the rest goes on."""
        while nudge := self._taken():
            error: SyncError
            try:
                with concerning(**{ABOUT[nudge.queue]: nudge.about}):
                    _STEPS[nudge.queue](world, nudge.about)
                    continue
            except SyncError as foreseen:
                error = foreseen
            except Exception as unforeseen:  # noqa: BLE001  # its text may quote a record
                error = unexpected(unforeseen)
            world.tell(Step("function", Outcome.FAILED, nudge.about, error=error))

    def stop(self) -> None:
        """Let `serve` end after what it is at."""
        with self._changed:
            self._is_over = True
            self._changed.notify()

    def _taken(self) -> _Nudge | None:
        with self._changed:
            while not self._is_over:
                now_s = self._monotonic_s()
                if self._kept and self._kept[0].due_s <= now_s:
                    return self._kept.pop(0)
                self._changed.wait(self._kept[0].due_s - now_s if self._kept else None)
            return None
