"""The last examination, kept for who looks later: what was tried, when, and what came of it.

No record of a night: the next takes its place, and nobody decides by it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing
from sync.ledger import ids, rounds
from sync.ledger.record import Record
from sync.steps.delivery import read_record

CHECKS = f"{rounds.WORK}checks/"


class CheckRow(Record):
    """A check: its name and state, what was found, and what to do next, "" for nothing."""

    name: str
    state: str
    told: str
    next: str


class Examination(Record):
    """An examination that began `at` and took `took_s` seconds."""

    at: datetime
    took_s: float
    rows: Sequence[CheckRow]


def check(world: World, *, within_s: float) -> Examination:
    """Try everything with the world's settings, and keep what came of it in place of the last."""
    # It knows the way to iSAMS and to SDS, which who only looks has no need of.
    from sync.steps import doctor

    at, began_s = world.store.now(), world.clock.monotonic_s()
    checks = doctor.examine(lambda: world.settings, world.clock, within_s=within_s)
    rows = [
        CheckRow(
            name=each.name,
            state=each.state,
            told=str(each.error) if each.error else each.note.text,
            next=each.next,
        )
        for each in checks
    ]
    made = Examination(at=at, took_s=world.clock.monotonic_s() - began_s, rows=rows)
    past = _names(world)
    world.store.create(f"{CHECKS}{ids.stamp(at)}-{uuid.uuid4().hex}.json", made.to_json())
    for name in past:
        world.store.delete(name)
    return made


def last(world: World) -> Examination | None:
    """Return the last examination; None if none was kept, or nobody can read it."""
    for name in reversed(_names(world)):
        with suppress(StoreMissing, StoreConflict):  # another check has just taken its place
            return read_record(world.store, Examination, name)
    return None


def _names(world: World) -> list[str]:
    return sorted(blob.name for blob in world.store.blobs(CHECKS))
