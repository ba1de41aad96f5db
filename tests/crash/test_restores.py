"""P1 and P2 for a restore: wherever it dies, SDS sees whole deliveries, and the job is finished."""

from __future__ import annotations

from contextlib import suppress
from functools import cache, partial
from random import Random

import pytest

from sync.edge.world import World
from sync.errors import SyncError
from sync.ledger.states import State
from sync.steps import restore
from sync.steps import send as sending
from tests.crash.copies import copied
from tests.crash.nights import THIRD, staged, two_nights
from tests.crash.processes import CHANGES_NOTHING, Doom, Killed, Platform, Way, doomed
from tests.crash.scheduler import Race
from tests.worlds import CONNECTOR, TestWorld

SHARES = 4
RACES = 60


@cache
def before() -> TestWorld:
    return two_nights(apart_h=12)


def first_id(scene: TestWorld) -> str:
    return scene.look().states[0][0].id


def restored(doom: Doom) -> TestWorld:
    """Ask for the first night's delivery, again if the first try broke, and let ticks do the rest.

    One chosen call of the request, or of the work after it, ends as *doom* says.
    """
    scene = copied(before(), THIRD)
    process = doomed(scene, doom)
    delivery_id = first_id(scene)
    try:
        asked = restore.restore(process, delivery_id)
    except (Killed, SyncError):
        process = scene.process()
        asked = restore.restore(process, delivery_id)
    platform = Platform(scene, process)

    def is_over() -> bool:
        newest, reached = scene.look().states[-1]
        return newest.id == asked.delivery and reached is State.DONE

    assert platform.go_on(hours=6, until=is_over), "never finished"
    platform.go_on(hours=1.5, until=lambda: False)
    return scene


@pytest.mark.parametrize("share", range(SHARES))
def test_a_restore_survives_a_fault_at_every_call(share: int) -> None:
    """Killed or unheard anywhere: the former files arrive whole, and nothing newer goes."""
    good = Doom()
    wanted = staged(restored(good))
    assert wanted == before().sds.submissions[0].files
    points = [
        (number, way)
        for number, call in enumerate(good.calls, start=1)
        for way in (Way.AFTER, Way.LOST)
        if not call.startswith(CHANGES_NOTHING)
    ]

    for number, way in points[share::SHARES]:
        call = f"{good.calls[number - 1]} {way}"
        scene = restored(Doom(number, way))
        assert staged(scene) == wanted, call
        new = scene.sds.submissions[2:]
        assert 1 <= len(new) <= 3, call
        assert all(each.files == wanted and not each.unfinished for each in new), call
        assert scene.look().pause, call
        assert restore.resume(scene.world) == [CONNECTOR], call


def test_a_resume_survives_a_fault_at_every_call() -> None:
    """Repeated, it has ended the pause, and the newest school is sent by the next ticks."""
    good = Doom()
    resumed(good)

    for number in range(1, len(good.calls) + 1):
        for way in Way:
            scene = resumed(Doom(number, way))
            assert scene.look().pause is None, f"{good.calls[number - 1]} {way}"


def resumed(doom: Doom) -> TestWorld:
    scene = copied(before(), THIRD)
    restore.restore(scene.world, first_id(scene))
    scene.send_until_still()
    with suppress(Killed, SyncError):
        restore.resume(doomed(scene, doom))
    restore.resume(scene.world)
    return scene


def send(scene: TestWorld, process: World) -> None:
    for _ in range(5):
        sending.send(process, CONNECTOR)
        scene.clock.advance(2)


def ask(delivery_id: str, process: World) -> None:
    restore.restore(process, delivery_id)


@pytest.mark.parametrize("share", range(SHARES))
def test_a_restore_in_the_midst_of_a_night_does_no_harm(share: int) -> None:
    """Two senders and a person at once: no mixed set, and in the end the restored one is there."""
    for seed in range(share, RACES, SHARES):
        scene = copied(before(), THIRD)
        scene.pull()
        if Random(seed).random() < 0.5:
            sending.send(scene.world, CONNECTOR)
        scene.nudges.kept.clear()
        race = Race(scene, seed)
        delivery_id = first_id(scene)
        race.run([partial(send, scene), partial(send, scene), partial(ask, delivery_id)])
        sealed = list(scene.sealed_files())
        assert all(each.files in sealed for each in scene.sds.submissions), f"seed {seed}: mixed"

        Platform(scene, scene.process()).go_on(hours=3, until=lambda: False)
        assert staged(scene) == scene.sds.submissions[0].files, f"seed {seed}"
        pause = scene.look().pause
        assert pause, f"seed {seed}"
        assert scene.look().states[-1][0].id == pause.delivery, f"seed {seed}"
