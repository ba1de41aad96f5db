"""What the host sends to Application Insights: the app's lines, and its own around them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from azure_functions_runtime import invocation_id_cv


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line; `text` is its whole message, with the traceback if there is one.

    `category` is the host's word, and the only name that it knows the line by: `logger`, the Python
    logger of a line of the app, stays behind in the worker. `invocation_id` is empty for what
    belongs to no run of a function.

    See docs/reference/functions.md#traces, docs/reference/functions.md#log-categories.
    """

    level: int
    category: str
    text: str
    invocation_id: str = ""
    logger: str = ""

    @property
    def is_of_the_app(self) -> bool:
        """Whether the app wrote it; the host's own are docs/reference/functions.md#host-lines."""
        return self.category.endswith(".User")


class _Forwarder(logging.Handler):
    """Passes on what is logged during an invocation, and by the worker on the host's thread.

    The rest of the process is left out: in a test it is the simulators and the test itself,
    which on Azure would not be there. A thread that the app starts is left out as well.
    """

    def __init__(self, forward: Callable[[int, str, str, str], None], host_thread: int) -> None:
        super().__init__()
        self._forward = forward
        self._host_thread = host_thread

    def emit(self, record: logging.LogRecord) -> None:
        invocation_id = invocation_id_cv.get()
        if invocation_id or record.thread == self._host_thread:
            text = self.format(record)
            self._forward(record.levelno, record.name, text, invocation_id or "")


@contextmanager
def forwarding(forward: Callable[[int, str, str, str], None]) -> Generator[None]:
    """Listen on the root logger at INFO, as the worker does; both are put back after.

    *forward* gets level, Python logger, text and invocation. To be entered on the thread of the
    host's event loop.
    """
    root = logging.getLogger()
    level, handler = root.level, _Forwarder(forward, threading.get_ident())
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
