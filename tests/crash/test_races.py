"""P9: however ticks, pulls and sends overlap, SDS sees one whole set at a time."""

from __future__ import annotations

from functools import cache, partial
from random import Random

import pytest

from simulators.school import invent, without_pupils
from simulators.sds import Knobs
from sync.edge.world import World
from sync.ledger import states
from sync.steps import pull, schedule, tick
from sync.steps import send as sending
from tests.crash.copies import copied
from tests.crash.processes import Platform
from tests.crash.scheduler import Race, Script, uploaded_at_once
from tests.worlds import CONNECTOR, TestWorld, make_world

SCHOOL = invent(12, quirks=False)
NEXT_SCHOOL = without_pupils(SCHOOL, [SCHOOL.pupils[5].school_id])
THIRD_SCHOOL = without_pupils(SCHOOL, [SCHOOL.pupils[7].school_id])
RACES = 300
SHARES = 6


@cache
def yesterday() -> TestWorld:
    """A world whose first delivery SDS has accepted, a day ago."""
    scene = make_world(SCHOOL, knobs=Knobs(operation_polls=0, run_duration_s=60))
    scene.pull()
    scene.send_until_still()
    scene.clock.advance(24 * 3600)
    return scene


def evening(*, pulled: bool) -> TestWorld:
    """Return the world of the day after, with another school in iSAMS, *pulled* already or not."""
    scene = copied(yesterday(), NEXT_SCHOOL)
    if pulled:
        scene.pull()
        scene.isams.school = THIRD_SCHOOL
        scene.isams.flush()
    scene.nudges.kept.clear()
    return scene


def send(scene: TestWorld, times: int, process: World) -> None:
    for _ in range(times):
        sending.send(process, CONNECTOR)
        scene.clock.advance(2)


def tick_and_pull(process: World) -> None:
    tick.tick(process)
    pull.pull(process, "northbank")


def ask_and_pull(process: World) -> None:
    schedule.ask(process, "northbank", "test")
    pull.pull(process, "northbank")


def scripts(scene: TestWorld, rng: Random) -> list[Script]:
    """Return two or three invocations that overlap: always two that send."""
    senders: list[Script] = [partial(send, scene, rng.choice((3, 5))) for _ in range(2)]
    return [*senders, *rng.choices(([], [tick_and_pull], [ask_and_pull]), (4, 3, 3))[0]]


def check(scene: TestWorld, seed: int) -> None:
    """Assert that SDS saw whole sets only, then let the platform go on: the last one arrives."""
    sealed = list(scene.sealed_files())
    new = scene.sds.submissions[1:]
    assert all(submission.files in sealed for submission in new), f"seed {seed}: a mixed set"
    assert not any(submission.unfinished for submission in new), f"seed {seed}: a partial set"
    assert len(new) <= states.SUBMISSIONS_A_DAY, f"seed {seed}: {len(new)} submissions"
    Platform(scene, scene.process()).go_on(hours=3, until=lambda: False)
    wanted = list(scene.sealed_files())[-1]
    staged = scene.sds.staged[scene.sds.connectors[0].id]
    assert staged == wanted, f"seed {seed}: the newest delivery did not arrive"


@pytest.mark.parametrize("share", range(SHARES))
def test_overlapping_invocations_do_no_harm(share: int) -> None:
    """Two senders and a puller at once, call by call: nothing partial, nothing mixed."""
    for seed in range(share, RACES * 2 // 3, SHARES):
        scene = evening(pulled=seed % 4 != 0)
        race = Race(scene, seed)
        race.run(scripts(scene, Random(seed)))

        assert not uploaded_at_once(race.uploads), f"seed {seed}: two sessions at once"
        check(scene, seed)


@pytest.mark.parametrize("share", range(SHARES))
def test_a_machine_that_slept_past_its_claim_does_no_harm(share: int) -> None:
    """It wakes where it fell asleep, up to the moment its validation leaves, and mixes nothing."""
    for seed in range(RACES + share, RACES + RACES // 3, SHARES):
        rng = Random(seed)
        scene = evening(pulled=True)
        race = Race(
            scene,
            seed,
            sleeper=0,
            sleep_at=rng.randint(8, 45),
            sleep_s=rng.choice((250, 400, 650, 1500)),
        )
        wakeful: Script = partial(wait_and_send, scene)
        race.run([partial(send, scene, 4), wakeful])

        check(scene, seed)


def wait_and_send(scene: TestWorld, process: World) -> None:
    """Send again and again, for longer than anybody sleeps."""
    for _ in range(20):
        sending.send(process, CONNECTOR)
        scene.clock.advance(100)


def test_the_same_seed_gives_the_same_race() -> None:
    """A race that goes wrong can be run again."""
    seen = []
    for _ in range(2):
        scene = evening(pulled=True)
        race = Race(scene, 7)
        race.run(scripts(scene, Random(7)))
        seen.append(race.uploads)

    assert seen[0] == seen[1]
    assert seen[0]
