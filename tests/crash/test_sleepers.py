"""A reading that falls asleep after it has looked whether it is still alone does no harm.

Nothing can be done between a look and a write, so what is written late must not count: a set is
named by the moment when its school was read, and so an older one is never the newest.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from simulators.school import invent, without_pupils
from simulators.sds import Knobs
from sync.edge.world import World
from sync.ledger import states
from sync.ledger.marks import Pulled
from sync.report import Outcome
from sync.steps import pull, schedule
from sync.steps.delivery import list_pulls, newest_set
from tests.crash.copies import copied
from tests.crash.processes import Doom, DoomedStore, Sleepy
from tests.worlds import TestWorld, make_world

SCHOOL = invent(12, quirks=False)
BY_YEAR = {pupil.year: pupil.school_id for pupil in SCHOOL.pupils}
EARLIER = without_pupils(SCHOOL, [BY_YEAR[8]])
LATER = without_pupils(SCHOOL, [BY_YEAR[9], BY_YEAR[5]])
PROFILES = ("prep", "seniors")


def yesterday(ahead: timedelta = timedelta(0)) -> TestWorld:
    """Return a world whose delivery SDS accepted a day ago, by a clock that ran *ahead* then."""
    scene = make_world(SCHOOL, knobs=Knobs(operation_polls=0, run_duration_s=60))
    scene.clock.advance(ahead.total_seconds())
    scene.pull()
    scene.send_until_still()
    scene.clock.advance(24 * 3600 - ahead.total_seconds())
    return scene


def evening(before: TestWorld) -> TestWorld:
    """Return the evening after, when a reading was asked for."""
    scene = copied(before, EARLIER)
    schedule.ask(scene.world, "northbank", "test")
    return scene


def sleepy(scene: TestWorld, doom: Doom) -> World:
    return replace(scene.process(), store=DoomedStore(scene.store, doom))


def calls_after_the_look(before: TestWorld) -> range:
    """Return the numbers of the calls to storage that a reading makes once it has looked."""
    good, scene = Doom(), evening(before)
    pull.pull(sleepy(scene, good), "northbank")
    [begun, look] = [n for n, call in enumerate(good.calls, 1) if "list schools/" in call]
    assert begun < look
    return range(look + 1, len(good.calls) + 1)


class Slept:
    """A night in which a reading sleeps before its call *number*, and a later one is sent."""

    def __init__(self, before: TestWorld, number: int) -> None:
        self.scene = evening(before)
        pull.pull(sleepy(self.scene, Sleepy(number, meanwhile=self._later)), "northbank")
        self.sent = len(self.scene.sds.submissions)
        self.scene.send_until_still()

    def _later(self) -> None:
        scene = self.scene
        scene.clock.advance(states.BEAT_LASTS.total_seconds())
        scene.isams.school = LATER
        scene.isams.flush()
        if list_pulls(scene.store, "northbank")[-1].has(Pulled):
            schedule.ask(scene.world, "northbank", "test")
        self.later_at = scene.clock.now()
        assert pull.pull(scene.world, "northbank").outcome is Outcome.SEALED
        scene.send_until_still()

    def check(self) -> None:
        """Assert that the later reading is the newest, and the last thing that SDS was given."""
        newest = [newest_set(self.scene.store, profile) for profile in PROFILES]
        assert [each and each.manifest().pulled_at for each in newest] == [self.later_at] * 2
        assert len(self.scene.sds.submissions) == self.sent
        last = self.scene.look().deliveries[-1]
        assert last.manifest().pulled_at == self.later_at
        assert self.scene.sds.submissions[-1].files == last.files()


def test_a_reading_that_slept_after_its_last_look_changes_nothing() -> None:
    """Wherever between its look and its end: SDS has the later reading, and keeps it."""
    before = yesterday()
    numbers = calls_after_the_look(before)
    assert len(numbers) > 12

    for number in numbers:
        Slept(before, number).check()


def test_a_reading_that_slept_does_not_go_on_from_a_clock_that_ran_ahead() -> None:
    """The newest is dated next month, and was read later all the same."""
    before = yesterday(ahead=timedelta(days=30))

    Slept(before, calls_after_the_look(before)[0]).check()
