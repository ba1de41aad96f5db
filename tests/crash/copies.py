"""A world that is like another, and goes its own way from there."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import fields

from simulators.school import InventedSchool
from simulators.sds import SdsSimulator
from tests.clocks import START, FakeClock
from tests.memory_store import MemoryStore
from tests.worlds import TestWorld, make_world


def copied(before: TestWorld, school: InventedSchool) -> TestWorld:
    """Return the same world, with its own store, SDS and clock, and another school in iSAMS."""
    clock = FakeClock(START)
    clock.passed_s = before.clock.passed_s
    place = before.world.settings.schools["northbank"]
    scene = make_world(school, knobs=before.sds.knobs, clock=clock, api=place.isams_api)
    assert isinstance(scene.store, MemoryStore)
    assert isinstance(before.store, MemoryStore)
    scene.store.held = dict(before.store.held)
    known = {
        each.name: getattr(before.sds, each.name)
        for each in fields(SdsSimulator)
        if not each.init and each.name != "_lock"
    }
    for name, value in deepcopy(known).items():
        setattr(scene.sds, name, value)
    return scene
