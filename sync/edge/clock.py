"""The time, as something that can be handed in: tests move it, nobody waits for it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A wall clock, a stopwatch and a way to wait."""

    def now(self) -> datetime:
        """Return the moment, aware, in UTC."""

    def monotonic_s(self) -> float:
        """Return seconds from some fixed point, never going back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Budget:
    """A stretch of time that an invocation may still use, in seconds."""

    clock: Clock
    until_s: float

    @classmethod
    def of(cls, clock: Clock, seconds: float) -> Budget:
        """Start a budget of *seconds* now."""
        return cls(clock, clock.monotonic_s() + seconds)

    @property
    def left_s(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.until_s - self.clock.monotonic_s())
