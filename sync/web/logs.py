"""The canonical log line of each step, as the host is given it.

The host hands every line on to Application Insights as the message of a trace, unchanged, and
adds what it knows: the function, the level and the id of its run.

See docs/reference/functions.md#traces.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from sync.edge.clock import Clock, SystemClock
from sync.report import Level, Step

log = logging.getLogger("sync")

_LEVELS: Mapping[Level, int] = {
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


class _Begun(NamedTuple):
    """An invocation of a function, and where the stopwatch stood when it began."""

    invocation: str
    clock: Clock
    at_s: float


_begun: ContextVar[_Begun | None] = ContextVar("begun", default=None)


@contextmanager
def in_invocation(invocation: str = "", clock: Clock | None = None) -> Generator[None]:
    """Let every line logged inside carry *invocation*, the host's id, and the seconds since now."""
    stopwatch = clock or SystemClock()
    token = _begun.set(_Begun(invocation, stopwatch, stopwatch.monotonic_s()))
    try:
        yield
    finally:
        _begun.reset(token)


def tell(step: Step) -> None:
    """Write the canonical log line of *step*, as loud as its outcome."""
    log.log(_LEVELS[step.outcome.level], "%s", line(step))


def line(step: Step) -> str:
    """Return the line of *step*, with what `in_invocation` knows of the run of the function."""
    begun = _begun.get()
    if begun is None:
        return step.line()
    return step.line(begun.invocation, begun.clock.monotonic_s() - begun.at_s)
