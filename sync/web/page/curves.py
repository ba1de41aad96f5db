"""Numbers as lines and bars: where the pen goes, in the units of the picture's box. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT, EDGE = 176.0, 28.0, 4.0


class Spark(NamedTuple):
    """A line through values: its points, and where the last is."""

    points: str
    x: float
    y: float


def spark(values: Sequence[int]) -> Spark:
    """Return a line through *values*, the lowest at the bottom; at least one."""
    low, high = min(values), max(values)
    step = (WIDTH - 2 * EDGE) / max(len(values) - 1, 1)
    rise = (HEIGHT - 2 * EDGE) / ((high - low) or 1)
    points = [
        (round(EDGE + at * step, 1), round(HEIGHT - EDGE - (value - low) * rise, 1))
        for at, value in enumerate(values)
    ]
    return Spark(" ".join(f"{x},{y}" for x, y in points), *points[-1])
