"""What a run of the app would send to Application Insights."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from azure_functions_runtime import invocation_id_cv


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line as it leaves the worker; `text` holds the traceback too, if there is one.

    `invocation_id` is empty for what the host and the worker say about themselves.
    """

    level: int
    logger: str
    text: str
    invocation_id: str = ""


class _Forwarder(logging.Handler):
    """Passes on what is logged during an invocation, and by the worker on the host's thread.

    The rest of the process is left out: in a test it is the simulators and the test itself,
    which on Azure would not be there. A thread that the app starts is left out as well.
    """

    def __init__(self, forward: Callable[[LogLine], None], host_thread: int) -> None:
        super().__init__()
        self._forward = forward
        self._host_thread = host_thread

    def emit(self, record: logging.LogRecord) -> None:
        invocation_id = invocation_id_cv.get()
        if invocation_id or record.thread == self._host_thread:
            text = self.format(record)
            self._forward(LogLine(record.levelno, record.name, text, invocation_id or ""))


@contextmanager
def forwarding(forward: Callable[[LogLine], None]) -> Generator[None]:
    """Listen on the root logger at INFO, as the worker does; both are put back after.

    To be entered on the thread of the host's event loop. `logLevel` in host.json is not
    applied: what it would drop is here too, so that a test sees the more, not the less.
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
