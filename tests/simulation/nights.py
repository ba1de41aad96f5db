"""The nights of a group whose figures are held."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.simulation.group import Night

MINUTE_H = 1 / 60


def nights(schools: int) -> Iterator[Night]:
    """Yield them; the hours at which iSAMS comes back are random, and always the same."""
    rng = Random(1)
    yield Night(f"{schools} schools, 15 s apart")
    yield Night(f"{schools} schools over four hours", apart_s=4 * 3600 / schools, reading_s=48)
    yield Night("one is away all night", away={schools // 2: None})
    back = {number: rng.uniform(0.5, 7) for number in range(3, schools, schools // 10)}
    yield Night("ten come back at random hours", away=back)
    again = [0.5 + number * 5 * MINUTE_H for number in range(90)]
    yield Night("one is asked for every five minutes", again=again)
