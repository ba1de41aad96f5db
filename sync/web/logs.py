"""The canonical log line of each step, as the host is given it.

The host hands every line on to Application Insights as the message of a trace, unchanged, and
adds what it knows: the function, the level and the id of its run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from sync.edge.clock import Clock, SystemClock
from sync.report import Outcome, Step

log = logging.getLogger("sync")

_LOUD = {Outcome.FAILED: logging.ERROR, Outcome.REFUSED: logging.ERROR}
_WARNING = {
    Outcome.ENDED,
    Outcome.FAULTY,
    Outcome.HELD,
    Outcome.LATER,
    Outcome.LIMITED,
    Outcome.NOT_TAKEN,
    Outcome.PARTLY_SEALED,
    Outcome.PAUSED,
    Outcome.STALE,
    Outcome.UNPROVEN,
    Outcome.WAITING,
}


class _Begun(NamedTuple):
    """One run of a function, and where the stopwatch stood when it began."""

    invocation: str
    clock: Clock
    at_s: float


_begun: ContextVar[_Begun | None] = ContextVar("begun", default=None)


@contextmanager
def telling(invocation: str = "", clock: Clock | None = None) -> Iterator[None]:
    """Let every line told inside carry *invocation*, the host's id, and the seconds since now."""
    own = clock or SystemClock()
    token = _begun.set(_Begun(invocation, own, own.monotonic_s()))
    try:
        yield
    finally:
        _begun.reset(token)


def tell(step: Step) -> None:
    """Write the canonical log line of *step*."""
    level = logging.WARNING if step.outcome in _WARNING else logging.INFO
    log.log(_LOUD.get(step.outcome, level), "%s", line(step))


def line(step: Step) -> str:
    """Return the line of *step*, with what `telling` knows of the run of the function."""
    begun = _begun.get()
    if begun is None:
        return step.line()
    return step.line(begun.invocation, begun.clock.monotonic_s() - begun.at_s)
