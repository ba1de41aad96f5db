"""A reading that is cut between two profiles: what it sealed is not sent beside another's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulators.school import InventedSchool, invent, without_pupils
from simulators.sds import Knobs
from sync.edge.world import World
from sync.errors import UnexpectedError
from sync.ledger import states
from sync.ledger.marks import Failed
from sync.report import Outcome
from sync.steps import pull, schedule, send
from sync.steps.delivery import list_pulls, newest_set
from tests.crash.processes import Doom, DoomedStore, Killed, Sleepy
from tests.worlds import CONNECTOR, TestWorld, make_group, make_world

SCHOOL = invent(60, quirks=False)
MOVED = next(pupil for pupil in SCHOOL.pupils if pupil.year == 6)


class _DiesHalfWay(DoomedStore):
    """The store of a process that dies when it has sealed one profile."""

    def create(self, name: str, body: bytes) -> bool:
        made = super().create(name, body)
        if name.startswith("profiles/") and name.endswith("/manifest.json"):
            raise Killed
        return made


def half_way(scene: TestWorld) -> World:
    return replace(scene.process(), store=_DiesHalfWay(scene.store, Doom()))


def moved_up(school: InventedSchool) -> InventedSchool:
    """Return *school* when a pupil has left the years and sets of `prep`, and is in year 7."""
    others = without_pupils(school, [MOVED.school_id])
    return replace(others, pupils=(*others.pupils, replace(MOVED, year=7)))


def cut() -> TestWorld:
    """Return a world that sent its school a day ago, and whose reading of tonight was cut."""
    scene = make_world(SCHOOL, knobs=Knobs(operation_polls=0, run_duration_s=60))
    scene.pull()
    assert scene.send_until_still().outcome is Outcome.DONE
    scene.clock.advance(24 * 3600)
    scene.isams.school = moved_up(SCHOOL)
    scene.isams.flush()
    schedule.ask(scene.world, "northbank", "test")
    with pytest.raises(Killed):
        pull.pull(half_way(scene), "northbank")
    prep, seniors = (newest_set(scene.store, profile) for profile in ("prep", "seniors"))
    assert prep
    assert seniors
    assert prep.pulled_at > seniors.pulled_at
    return scene


def users(scene: TestWorld) -> str:
    """Return the users of which SDS was told last."""
    return scene.sds.submissions[-1].files["users.csv"].decode()


def calls_of_a_pull(good: Doom) -> list[str]:
    """Return the calls to storage of a pull that goes well, counted by *good*."""
    scene = make_world(SCHOOL)
    schedule.ask(scene.world, "northbank", "test")
    pull.pull(replace(scene.process(), store=DoomedStore(scene.store, good)), "northbank")
    return good.calls


def test_what_a_cut_reading_sealed_is_not_sent() -> None:
    """A pupil who moved up in between would be in no profile, and so in no class."""
    scene = cut()

    assert scene.send_until_still().outcome is Outcome.NOTHING
    assert len(scene.sds.submissions) == 1


def test_a_cut_reading_that_is_taken_up_is_sent_whole() -> None:
    """From then on the newest of all profiles are of one moment."""
    scene = cut()
    scene.clock.advance(states.BEAT_LASTS.total_seconds())
    assert pull.pull(scene.world, "northbank").outcome is Outcome.SEALED

    assert scene.send_until_still().outcome is Outcome.DONE
    assert len(scene.sds.submissions) == 2
    assert MOVED.school_id in users(scene)


def test_what_a_cut_reading_sealed_is_never_sent_if_its_pull_is_given_up() -> None:
    """Nothing will come beside it before the next night."""
    scene = cut()
    list_pulls(scene.store, "northbank")[-1].claim(Failed.of(UnexpectedError("given up")))

    assert scene.send_until_still().outcome is Outcome.NOTHING
    assert len(scene.sds.submissions) == 1


def test_what_a_cut_reading_sealed_is_not_sent_though_one_that_slept_ends_their_pull() -> None:
    """The sleeper wakes before its last mark: what counts is what that mark names."""
    scene = make_world(SCHOOL, knobs=Knobs(operation_polls=0, run_duration_s=60))
    schedule.ask(scene.world, "northbank", "test")
    good = Doom()
    last = [store_call for store_call in calls_of_a_pull(good) if "sealed.json" in store_call]
    number = good.calls.index(last[0]) + 1

    def meanwhile() -> None:
        scene.clock.advance(states.BEAT_LASTS.total_seconds())
        scene.isams.school = moved_up(SCHOOL)
        scene.isams.flush()
        with pytest.raises(Killed):
            pull.pull(half_way(scene), "northbank")

    sleeper = Sleepy(number, meanwhile=meanwhile)
    pull.pull(replace(scene.process(), store=DoomedStore(scene.store, sleeper)), "northbank")

    assert scene.send_until_still().outcome is Outcome.DONE
    assert MOVED.school_id in users(scene)


def test_a_cut_reading_does_not_keep_another_school_waiting() -> None:
    """The other's new set goes beside what was last read whole of this one."""
    scene = make_group()
    for school in ("northbank", "southbank"):
        scene.pull(school)
    assert scene.send_until_still().outcome is Outcome.DONE
    scene.clock.advance(24 * 3600)
    before = scene.look().deliveries[-1].manifest().sources
    schedule.ask(scene.world, "northbank", "test")
    with pytest.raises(Killed):
        pull.pull(half_way(scene), "northbank")
    scene.pull("southbank")
    scene.clock.advance(3600)  # while it may be tried again it is waited for

    assert send.send(scene.world, CONNECTOR).outcome in {Outcome.SEALED, Outcome.UNCHANGED}
    sources = scene.look().deliveries[-1].sources()
    assert sources
    assert {key for key in sources if sources[key] != before[key]} == {"south"}
