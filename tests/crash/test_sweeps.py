"""P1 and P2 while old rosters are deleted: wherever a sweep dies, nothing is taken for whole."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from functools import cache

import pytest

from sync.ledger import manifests
from sync.ledger.manifests import DeliveryManifest, SetManifest
from sync.ledger.marks import Swept
from sync.ledger.rounds import WORK
from sync.ledger.states import State
from sync.steps import tick
from sync.steps.sweep import SWEEP_EVERY
from tests.crash.copies import copied
from tests.crash.nights import THIRD, staged, two_nights
from tests.crash.processes import CHANGES_NOTHING, Doom, Killed, Nudging, Platform, Way, doomed
from tests.mark_names import SWEPT
from tests.worlds import TestWorld

DAY_S = 24 * 3600.0
WEEK = timedelta(days=7)
SHARES = 4


@cache
def aged() -> TestWorld:
    """Return a world of two nights, the last of them nine days ago: the first may go now."""
    scene = two_nights(apart_h=24)
    scene.clock.advance(8 * DAY_S)
    scene.clock.advance(SWEEP_EVERY.total_seconds())
    return scene


def whole_or_swept(scene: TestWorld) -> None:
    """Assert that what has a manifest, and does not say that it is swept, has all its files."""
    held = {blob.name for blob in scene.store.blobs("")}
    for name in sorted(held):
        folder, _, last = name.rpartition("/")
        if last == manifests.MANIFEST and f"{folder}/{SWEPT}" not in held:
            kind = SetManifest if name.startswith("profiles/") else DeliveryManifest
            wanted: Mapping[str, object] = kind.from_json(name, scene.store.read(name)).files
            assert {f"{folder}/{file}" for file in wanted} <= held, folder
    may_hold = scene.look().may_hold()
    assert may_hold
    assert not any(each.delivery is None or each.delivery.has(Swept) for each in may_hold)


def left(scene: TestWorld) -> list[str]:
    """Return what is there, but for what ticks keep: its names are never the same."""
    return [blob.name for blob in scene.store.blobs("") if not blob.name.startswith(WORK)]


def swept(doom: Doom) -> TestWorld:
    """Return the world after one tick that ends as *doom* says, and others that go on."""
    scene = copied(aged(), THIRD)
    with suppress(Killed):
        tick.tick(doomed(scene, doom))
    whole_or_swept(scene)
    while tick.tick(scene.world).facts["deleted"]:
        whole_or_swept(scene)
    return scene


@pytest.mark.parametrize("way", list(Way))
def test_a_sweep_is_gone_on_with_wherever_it_died(way: Way) -> None:
    """Killed, failed or unheard at any call: the same is left in the end, no half set before."""
    good = Doom()
    wanted = left(swept(good))
    assert sum(call.startswith("delete") for call in good.calls) > 10

    for number in range(1, len(good.calls) + 1):
        assert left(swept(Doom(number, way))) == wanted, good.calls[number - 1]


def third_night(doom: Doom) -> TestWorld:
    """Live through the night in which the first one's rosters go, and the next day's sweep."""
    scene = copied(aged(), THIRD)
    platform = Platform(scene, doomed(scene, doom), Nudging.KEPT)

    def is_over() -> bool:
        return len(scene.look().in_state(State.DONE)) == 3

    assert platform.go_on(hours=6, until=is_over), "never finished"
    scene.clock.advance(SWEEP_EVERY.total_seconds())
    tick.tick(scene.world)
    return scene


@pytest.mark.parametrize("share", range(SHARES))
def test_a_night_in_which_old_rosters_go_survives_a_death_at_every_call(share: int) -> None:
    """SDS sees whole deliveries only, the new one arrives, and the old ones are gone."""
    good = Doom()
    wanted = staged(third_night(good))
    numbers = [
        n for n, call in enumerate(good.calls, start=1) if not call.startswith(CHANGES_NOTHING)
    ]

    for number in numbers[share::SHARES]:
        call = good.calls[number - 1]
        scene = third_night(Doom(number, Way.AFTER))
        whole_or_swept(scene)
        assert staged(scene) == wanted, call
        assert 3 <= len(scene.sds.submissions) <= 4, call
        assert not any(each.unfinished for each in scene.sds.submissions), call
        old = [each for each in scene.store.blobs("") if scene.clock.now() - each.created_at > WEEK]
        # Only what SDS held until this night is left of the nights before.
        assert sum(each.name.endswith("users.csv") for each in old) == 1, call
