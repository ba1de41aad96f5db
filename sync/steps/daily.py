"""What is told once a day, when a sweep is done: schools that stand still, or shrink, for long."""

from __future__ import annotations

from sync.edge.world import World
from sync.errors import SyncError, concerning
from sync.steps import carried, drift
from sync.steps.connector import look


def tell_daily(world: World) -> None:
    """Tell what there is to tell of the schools of every connector.

    Raises:
        SyncError: the first trouble of a connector, once all others are told.
    """
    trouble: SyncError | None = None
    for connector in world.settings.connectors():
        try:
            with concerning(connector=connector):
                listing = look(world, connector)
                for step in (*carried.steps(world, listing), *drift.steps(world, listing)):
                    world.tell(step)
        except SyncError as error:
            trouble = trouble or error
    if trouble:
        raise trouble
