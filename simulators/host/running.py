"""The host for those who do not live on an event loop: plain tests and the demo."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from simulators.host.host import Host
from simulators.host.invocation import Invocation
from simulators.host.logs import LogLine
from simulators.host.routes import Keys

LOOK_AGAIN_S = 0.01


class RunningHost:
    """A host on a thread of its own; see `Host` for what the members mean."""

    def __init__(self, host: Host, loop: asyncio.AbstractEventLoop) -> None:
        self._host, self._loop = host, loop

    @property
    def url(self) -> str:
        return self._host.url

    @property
    def invocations(self) -> list[Invocation]:
        return self._host.invocations

    @property
    def logs(self) -> list[LogLine]:
        return self._host.logs

    def fire_timer(self, name: str, *, past_due: bool = False) -> Invocation:
        """Fire the timer now and return its last attempt, failed or not."""
        return _call(self._loop, self._host.fire_timer(name, past_due=past_due))

    def wait_until_quiet(self, timeout_s: float = 30.0) -> None:
        """Wait until every message that can be seen is worked off; delayed ones do not count."""
        waiting = asyncio.wait_for(self._host.wait_until_quiet(), timeout_s)
        try:
            _call(self._loop, waiting)
        except TimeoutError:
            raise TimeoutError(f"still busy after {timeout_s} s: {self._so_far()}") from None

    def wait_until(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
        """Wait until *condition* holds, looking again every few milliseconds."""
        give_up = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > give_up:
                raise TimeoutError(f"not so after {timeout_s} s: {self._so_far()}")
            time.sleep(LOOK_AGAIN_S)

    def _so_far(self) -> str:
        return ", ".join(f"{each.function} ({each.error or 'ok'})" for each in self.invocations)


@contextmanager
def running_host(
    app_dir: Path,
    settings: Mapping[str, str] | None = None,
    keys: Keys | None = None,
    *,
    idle_poll_s: float = 0.1,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Generator[RunningHost]:
    """Run the app in *app_dir* until the block ends; raise `HostError` if it cannot be hosted."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="functions-host")
    thread.start()
    try:
        host = Host(app_dir, settings, keys, idle_poll_s=idle_poll_s, sleep=sleep)
        _call(loop, host.start())
        try:
            yield RunningHost(host, loop)
        finally:
            _call(loop, host.stop())
    finally:
        _call(loop, loop.shutdown_default_executor())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _call[T](loop: asyncio.AbstractEventLoop, what: Coroutine[object, object, T]) -> T:
    return asyncio.run_coroutine_threadsafe(what, loop).result()
