"""A clock that tests move: nobody waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 9, 14, 21, 0, tzinfo=UTC)


class FakeClock:
    """Implements `sync.edge.clock.Clock`: `sleep` takes no time and moves the clock.

    `slept` lists the seconds of each sleep, in order. `step_s` is how much every look at the
    stopwatch takes, for code that would otherwise wait for ever.
    """

    def __init__(self, start: datetime = START, *, step_s: float = 0.0) -> None:
        self.start = start
        self.step_s = step_s
        self.passed_s = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed_s)

    def monotonic_s(self) -> float:
        self.passed_s += self.step_s
        return self.passed_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed_s += max(0.0, seconds)

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass without a sleep: a slow answer, a long night."""
        self.passed_s += seconds

    def advance_to(self, hour: int) -> None:
        """Let time pass until it is next *hour* o'clock, UTC; none if it is in that hour."""
        now = self.now()
        if now.hour != hour:
            on_the_hour = now.replace(minute=0, second=0, microsecond=0)
            hours = timedelta(hours=(hour - now.hour) % 24)
            self.advance((on_the_hour + hours - now).total_seconds())
