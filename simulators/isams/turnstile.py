"""How often each key or client has asked of late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from threading import Lock

from simulators.isams.keys import Throttle


class Turnstile:
    """Counts requests by who makes them; a refused request does not count."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._asked_at: defaultdict[str, list[datetime]] = defaultdict(list)

    def refuses(self, who: str, throttle: Throttle | None) -> bool:
        """Note a request of *who*, and return whether it is too many."""
        if throttle is None:
            return False
        now = self._clock()
        with self._lock:
            recent = [at for at in self._asked_at[who] if now - at < throttle.per]
            over = len(recent) >= throttle.requests
            self._asked_at[who] = recent if over else [*recent, now]
        return over
