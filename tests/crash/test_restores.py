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


def first_id(one: TestWorld) -> str:
    return one.look().states[0][0].id


def restored(doom: Doom) -> TestWorld:
    """Ask for the first night's delivery, again if the first try broke, and let ticks do the rest.

    One chosen call of the request, or of the work after it, ends as *doom* says.
    """
    one = copied(before(), THIRD)
    process = doomed(one, doom)
    own = first_id(one)
    try:
        asked = restore.restore(process, own)
    except (Killed, SyncError):
        process = one.process()
        asked = restore.restore(process, own)
    platform = Platform(one, process)

    def is_over() -> bool:
        newest, reached = one.look().states[-1]
        return newest.id == asked.delivery and reached is State.DONE

    assert platform.go_on(hours=6, until=is_over), "never finished"
    platform.go_on(hours=1.5, until=lambda: False)
    return one


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
        one = restored(Doom(number, way))
        assert staged(one) == wanted, call
        new = one.sds.submissions[2:]
        assert 1 <= len(new) <= 3, call
        assert all(each.files == wanted and not each.unfinished for each in new), call
        assert one.look().pause, call
        assert restore.resume(one.world) == [CONNECTOR], call


def test_a_resume_survives_a_fault_at_every_call() -> None:
    """Repeated, it has ended the pause, and the newest school is sent by the next ticks."""
    good = Doom()
    resumed(good)

    for number in range(1, len(good.calls) + 1):
        for way in Way:
            one = resumed(Doom(number, way))
            assert one.look().pause is None, f"{good.calls[number - 1]} {way}"


def resumed(doom: Doom) -> TestWorld:
    one = copied(before(), THIRD)
    restore.restore(one.world, first_id(one))
    one.send_until_still()
    with suppress(Killed, SyncError):
        restore.resume(doomed(one, doom))
    restore.resume(one.world)
    return one


def send(one: TestWorld, process: World) -> None:
    for _ in range(5):
        sending.send(process, CONNECTOR)
        one.clock.advance(2)


def ask(own: str, process: World) -> None:
    restore.restore(process, own)


@pytest.mark.parametrize("share", range(SHARES))
def test_a_restore_in_the_midst_of_a_night_does_no_harm(share: int) -> None:
    """Two senders and a person at once: no mixed set, and in the end the restored one is there."""
    for seed in range(share, RACES, SHARES):
        one = copied(before(), THIRD)
        one.pull()
        if Random(seed).random() < 0.5:
            sending.send(one.world, CONNECTOR)
        one.nudges.kept.clear()
        race = Race(one, seed)
        own = first_id(one)
        race.run([partial(send, one), partial(send, one), partial(ask, own)])
        sealed = list(one.sealed_files())
        assert all(each.files in sealed for each in one.sds.submissions), f"seed {seed}: mixed"

        Platform(one, one.process()).go_on(hours=3, until=lambda: False)
        assert staged(one) == one.sds.submissions[0].files, f"seed {seed}"
        pause = one.look().pause
        assert pause, f"seed {seed}"
        assert one.look().states[-1][0].id == pause.delivery, f"seed {seed}"
