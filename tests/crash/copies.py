"""A world that is like another, and goes its own way from there."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import fields

from simulators.school import InventedSchool
from simulators.sds import SdsSimulator
from tests.clocks import START, FakeClock
from tests.memory_store import MemoryStore
from tests.worlds import TestWorld, make_group, make_world


def copied(before: TestWorld, school: InventedSchool) -> TestWorld:
    """Return the same world, with its own store, SDS and clock, and another school in iSAMS."""
    clock = FakeClock(START)
    clock.passed_s = before.clock.passed_s
    place = before.world.settings.schools["northbank"]
    scene = make_world(school, knobs=before.sds.knobs, clock=clock, api=place.isams_api)
    limits = {name: text for name, text in before.env.items() if name.startswith("SDS__LIMITS__")}
    scene.configure(**limits)
    _go_on_like(scene, before)
    return scene


def copied_group(before: TestWorld) -> TestWorld:
    """Return the same two schools, with their own store, SDS and clock."""
    scene = make_group()
    scene.clock.passed_s = before.clock.passed_s
    for key, app in before.isams_of.items():
        scene.isams_of[key].school = app.school
        scene.isams_of[key].flush()
    _go_on_like(scene, before)
    return scene


def _go_on_like(scene: TestWorld, before: TestWorld) -> None:
    """Give *scene* what storage and SDS hold *before*."""
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
