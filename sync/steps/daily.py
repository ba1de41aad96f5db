"""What is told once a day, when a sweep is done: which schools stand still, or shrink, for long."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sync.edge.world import World
from sync.errors import SyncError, concerning
from sync.steps import carried, drift, unmoved
from sync.steps.connector import look


def tell_daily(world: World) -> None:
    """Tell what there is to tell of the schools of every connector, and of what iSAMS gives.

    Raises:
        SyncError: the first trouble of a connector or a school, once all others are told.
    """
    troubles = list[SyncError]()
    for connector in world.settings.connectors():
        with _going_on(troubles, connector=connector):
            listing = look(world, connector)
            for step in (*carried.steps(world, listing), *drift.steps(world, listing)):
                world.tell(step)
    for school in sorted(world.settings.schools):
        with _going_on(troubles, school=school):
            for step in unmoved.steps(world, school):
                world.tell(step)
    if troubles:
        raise troubles[0]


@contextmanager
def _going_on(troubles: list[SyncError], **whom: str) -> Generator[None]:
    """Keep a trouble, which is of *whom*, for the end."""
    try:
        with concerning(**whom):
            yield
    except SyncError as error:
        troubles.append(error)
