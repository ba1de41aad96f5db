"""P2 and P14: waiting costs next to nothing, and nothing that was begun is forgotten for it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from simulators.school import invent
from simulators.sds import Knobs
from sync.edge.storage.queues import Queue, Unqueued
from sync.edge.storage.store import Store
from sync.edge.world import World, queues_of
from sync.errors import StoreRefused, StoreUnavailable
from sync.ledger import ids, rounds, states
from sync.ledger.marks import Asked
from sync.report import Outcome
from sync.settings import Settings
from sync.steps import approval, pull, restore, schedule, status, tick, trust
from sync.steps.delivery import Pull
from sync.steps.sweep import SWEEP_EVERY, sweep
from tests.clocks import FakeClock
from tests.crash.processes import Doom, DoomedStore, Killed, Way, doomed
from tests.memory_store import MemoryStore
from tests.simulation.group import CountingStore, Group
from tests.worlds import CONNECTOR, OTHER_FEED, TestWorld, make_group, make_world

SCHOOL = invent(40, quirks=False)
QUICK = Knobs(operation_polls=0, run_duration_s=60)
HOUR_S, DAY_S = 3600.0, 86_400.0


class Peeked(Unqueued):
    """Counts the peeks: one for each queue."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.peeks, self._settings = 0, settings

    def poisoned(self) -> Mapping[Queue, Sequence[str]]:
        self.peeks += len(queues_of(self._settings))
        return super().poisoned()


def counted(scene: TestWorld) -> tuple[World, Counter[str], Peeked]:
    """Return a process of *scene*, what it asks of storage, and its queues."""
    assert isinstance(scene.store, CountingStore)
    scene.store.calls.clear()
    queues = Peeked(scene.world.settings)
    return scene.process(nudges=queues), scene.store.calls, queues


def calls_of_a_tick(scene: TestWorld) -> int:
    world, calls, queues = counted(scene)
    assert tick.tick(world).outcome is Outcome.SWEPT
    assert not queues.kept
    return calls.total() + queues.peeks


def calls_of_a_look(scene: TestWorld) -> int:
    """Return what `trust` asks, which asks whatever `status` asks."""
    world, calls, queues = counted(scene)
    trust.document(world)
    return calls.total() + queues.peeks


def a_night(scene: TestWorld) -> None:
    """Let the timer ask, and do what is asked for until nothing moves; then let hours go by."""
    scene.clock.advance_to(12)
    scene.clock.advance_to(22)
    _tick_and_do(scene)
    for connector in scene.world.settings.connectors():
        scene.send_until_still(connector)
    for _ in range(4):
        scene.clock.advance(2 * HOUR_S)
        _tick_and_do(scene)


def _tick_and_do(scene: TestWorld) -> None:
    scene.nudges.kept.clear()
    tick.tick(scene.world)
    for queue, message, _ in list(scene.nudges.kept):
        if queue == "pull":
            pull.pull(scene.world, message["school"])
        else:
            scene.send_until_still(message["connector"])


def at_rest(scene: TestWorld) -> TestWorld:
    """Return *scene* after two nights."""
    for _ in range(2):
        a_night(scene)
    return scene


def held() -> TestWorld:
    """Return a school at rest, of which the last night is held: nearly everybody has left."""
    scene = at_rest(make_world(SCHOOL, knobs=QUICK))
    scene.isams.school = invent(3, quirks=False)
    scene.isams.flush()
    a_night(scene)
    return scene


def one_school() -> TestWorld:
    return at_rest(make_world(SCHOOL, knobs=QUICK, store=CountingStore))


@pytest.mark.parametrize("nights", [0, 300])
def test_an_idle_tick_of_one_school_asks_storage_four_times(nights: int) -> None:
    """Whatever has gathered in a year: it lists the notes, reads the last round, peeks twice."""
    scene = one_school()
    if nights:
        _age(scene, nights)
        a_night(scene)

    for _ in range(12):
        scene.clock.advance(300)
        assert calls_of_a_tick(scene) == 4


def _age(scene: TestWorld, nights: int) -> None:
    """Let as much have gathered as a school leaves in so many nights."""
    for number in range(nights):
        at = scene.clock.now() - timedelta(days=number + 3)
        for folder in ("profiles/seniors/", "profiles/prep/", scene.look().prefix):
            for name in ("swept.json", "stray.json"):
                scene.store.create(f"{folder}{ids.stamp(at)}-0000000a/{name}", b"{}")
        for mark in ("asked.json", "begun-1.json", "pulled.json"):
            scene.store.create(f"{ids.pulls_folder('northbank')}{ids.stamp(at)}/{mark}", b"{}")


@pytest.mark.parametrize("connectors", [1, 15])
def test_an_idle_tick_and_a_look_at_a_hundred_schools_ask_storage_no_more(connectors: int) -> None:
    """At most twelve times, by what a tick has found: `status`, `trust` and the page alike."""
    group = Group(100, connectors=connectors)
    scene = at_rest(group.scene)
    assert len(scene.world.settings.connectors()) == connectors

    scene.clock.advance(300)
    assert calls_of_a_tick(scene) == 4
    assert calls_of_a_look(scene) == 4
    assert len(status.survey(scene.world).schools) == 100


# -- the same is seen with and without ------------------------------------------------------------


def without_rounds(scene: TestWorld) -> TestWorld:
    """Return *scene* with nothing kept of what ticks found."""
    for blob in scene.store.blobs(rounds.ROUNDS):
        scene.store.delete(blob.name)
    return scene


def told(scene: TestWorld) -> object:
    """Return what status and trust say, but for what only ticks keep."""
    document = json.loads(json.dumps(status.survey(scene.world).document()))
    for profile in document["profiles"].values():
        profile.pop("nights", None)
    return document, trust.document(scene.world)


def test_what_a_tick_kept_is_what_a_look_at_everything_sees() -> None:
    """Of a school that is held, one that is carried, and one that failed."""
    scene = at_rest(make_group(PROFILES__SOUTH__CONNECTOR=OTHER_FEED.name))
    scene.isams_of["southbank"].keys = {}
    a_night(scene)
    scene.isams.school = invent(3, quirks=False)
    scene.isams.flush()
    a_night(scene)

    kept = told(scene)
    assert "held" in json.dumps(kept[0] if isinstance(kept, tuple) else kept)
    assert kept == told(without_rounds(scene))


def test_what_somebody_does_shows_at_once_and_not_at_the_next_tick() -> None:
    """An answer, a reading and a delivery are seen in the second in which they are written."""
    scene = held()
    shown = status.survey(scene.world).connectors[CONNECTOR].deliveries[0]
    assert shown.state is states.State.HELD

    approval.approve(scene.world, shown.id, digest=shown.digest)
    assert status.survey(scene.world).connectors[CONNECTOR].deliveries[0].state == "ready"
    scene.send_until_still()
    assert status.survey(scene.world).connectors[CONNECTOR].deliveries[0].state == "done"
    asked = schedule.ask(scene.world, "northbank", "test")
    seen = status.survey(scene.world).schools["northbank"]
    assert seen is not None
    assert (seen.id, seen.state) == (asked.pull, "waiting")


def test_a_month_of_counts_is_kept_a_day_each() -> None:
    """The last reading of each day; what went before the last thirty is forgotten."""
    scene = make_world(SCHOOL, knobs=QUICK)
    for _ in range(33):
        a_night(scene)
    scene.pull()  # a second of the same day
    scene.clock.advance(HOUR_S)
    tick.tick(scene.world)

    nights = status.survey(scene.world).document()["profiles"]["seniors"]["nights"]  # type: ignore[index]
    days = [night["pulled_at"][:10] for night in nights]
    assert len(days) == 30
    assert days == sorted(set(days))
    assert nights[-1]["counts"]["students"] > 0


# -- notes ----------------------------------------------------------------------------------------


def idle(scene: TestWorld) -> bool:
    """Tick; say whether it looked at nothing."""
    doom = Doom()
    tick.tick(doomed(scene, doom))
    return len(doom.calls) == 2


def test_a_note_comes_before_what_it_announces() -> None:
    """Killed between the two, there is a look too many, and nothing was begun."""
    scene = at_rest(make_world(SCHOOL, knobs=QUICK))
    doom = Doom()
    schedule.ask(doomed(scene, doom), "northbank", "test")
    number = next(n for n, call in enumerate(doom.calls) if call.startswith("create work/begun/"))
    assert doom.calls[number + 1].startswith("claim schools/northbank/pulls/")

    scene = at_rest(make_world(SCHOOL, knobs=QUICK))
    before = len(scene.store.blobs("schools/"))
    with pytest.raises(Killed):
        schedule.ask(doomed(scene, Doom(number + 1, Way.AFTER)), "northbank", "test")
    assert len(scene.store.blobs("schools/")) == before
    assert not idle(scene)
    scene.clock.advance(rounds.ANSWERED_AFTER.total_seconds() + 1)
    assert not idle(scene)
    assert idle(scene)


def test_without_its_note_nothing_is_begun() -> None:
    """Storage that takes no note takes no mark either: the caller hears of it."""
    scene = at_rest(make_world(SCHOOL, knobs=QUICK))
    before = {blob.name for blob in scene.store.blobs("")}
    doom = Doom()
    schedule.ask(doomed(scene, doom), "northbank", "test")
    number = next(n for n, call in enumerate(doom.calls, 1) if call.startswith("create work/"))

    scene = at_rest(make_world(SCHOOL, knobs=QUICK))
    with pytest.raises(StoreUnavailable):
        schedule.ask(doomed(scene, Doom(number, Way.FAILED)), "northbank", "test")
    assert {blob.name for blob in scene.store.blobs("schools/")} <= before


def test_what_is_written_between_a_look_and_the_round_stays_open() -> None:
    """The note is younger than the look, so the next tick looks again."""
    scene = at_rest(make_world(SCHOOL, knobs=QUICK))

    class Late(MemoryStore):
        """Somebody asks for a pull while the tick keeps what it found."""

        def create(self, name: str, body: bytes) -> bool:
            if name.startswith(rounds.ROUNDS):
                schedule.ask(scene.world, "northbank", "test")
            return super().create(name, body)

    late = Late(scene.clock)
    assert isinstance(scene.store, MemoryStore)
    late.held = scene.store.held
    scene.clock.advance(SWEEP_EVERY.total_seconds())
    tick.tick(scene.process(store=late))
    scene.clock.advance(states.STANDSTILL.total_seconds() + 1)
    scene.nudges.kept.clear()

    tick.tick(scene.world)

    assert [queue for queue, _, _ in scene.nudges.kept] == ["pull"]


def test_a_mark_long_after_its_note_is_seen_all_the_same() -> None:
    """A note is answered only by a look that began when whoever left it must be gone."""
    scene = at_rest(make_world(SCHOOL, knobs=QUICK))
    scene.store.create("work/begun/schools/northbank/0a", b"")
    scene.clock.advance(rounds.ANSWERED_AFTER.total_seconds() - 60)
    tick.tick(scene.world)
    _mark(scene)
    scene.clock.advance(states.STANDSTILL.total_seconds() + 1)
    scene.nudges.kept.clear()

    tick.tick(scene.world)

    assert [queue for queue, _, _ in scene.nudges.kept] == ["pull"]


def _mark(scene: TestWorld) -> None:
    """Ask for a pull without a note, as the version before did."""
    now = scene.clock.now()
    folder = Pull(ids.stamp(now), {}, scene.store, ids.pulls_folder("northbank"))
    folder.claim(Asked(at=now, by="test 0a", caller=""))


def test_a_mark_of_the_version_before_is_seen_within_a_day() -> None:
    """It left no note; once a day all is looked at."""
    scene = at_rest(make_world(SCHOOL, knobs=QUICK))
    scene.clock.advance(60)
    _mark(scene)
    scene.nudges.kept.clear()
    seen_after_h = 0
    while not scene.nudges.kept:
        scene.clock.advance(HOUR_S)
        seen_after_h += 1
        tick.tick(scene.world)

    assert scene.nudges.kept[0][0] == "pull"
    assert seen_after_h <= 21


# -- what is not believed -------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["gone", "unreadable", "of other settings", "of last week"])
def test_a_round_that_cannot_be_believed_costs_a_look_at_everything(damage: str) -> None:
    """And loses nothing: the next is made of that look."""
    scene = at_rest(make_world(SCHOOL, knobs=QUICK))
    scene.clock.advance(60)
    assert idle(scene)
    [*_, newest] = [blob.name for blob in scene.store.blobs(rounds.ROUNDS)]
    match damage:
        case "gone":
            without_rounds(scene)
        case "unreadable":
            scene.store.delete(newest)
            scene.store.create(newest, b"{")
        case "of other settings":
            scene.configure(SDS__LIMITS__REMOVED_ROWS="7")
        case _:
            scene.clock.advance(7 * DAY_S)
    assert not idle(scene)
    scene.clock.advance(60)
    if damage != "of last week":  # then a night is due, and not idle
        assert idle(scene)


def test_another_hour_in_pull_at_counts_at_once() -> None:
    """Who moves the night to an hour that is past today has it read at the next tick."""
    scene = at_rest(make_world(SCHOOL, knobs=QUICK))
    assert scene.clock.now().hour == 6
    scene.configure(SCHOOLS__NORTHBANK__PULL_AT="22:00,04:00")

    assert tick.tick(scene.world).facts["asked"] == 1


def test_two_ticks_at_once_forget_nothing() -> None:
    """Each keeps what it has seen itself; whichever is read next, what is open stays open."""
    scene = at_rest(make_world(SCHOOL, knobs=QUICK))
    scene.clock.advance(60)
    schedule.ask(scene.world, "northbank", "test")
    tick.tick(scene.process())
    tick.tick(scene.process())
    scene.clock.advance(states.STANDSTILL.total_seconds() + 1)
    for name in [blob.name for blob in scene.store.blobs(rounds.ROUNDS)][-1:]:
        scene.store.delete(name)  # as if the other had written last
    scene.nudges.kept.clear()

    tick.tick(scene.world)

    assert [queue for queue, _, _ in scene.nudges.kept] == ["pull"]


def test_ticks_leave_two_rounds_and_no_note_that_is_answered() -> None:
    """Nothing gathers."""
    scene = make_world(SCHOOL, knobs=QUICK)
    for _ in range(10):
        a_night(scene)

    assert len(scene.store.blobs(rounds.ROUNDS)) == 2
    assert scene.store.blobs(rounds.NOTES) == []


def test_where_no_tick_comes_by_notes_go_after_two_days() -> None:
    """In a folder it is `run` that sweeps, and nobody answers a note."""
    scene = make_world(SCHOOL, knobs=QUICK)
    for _ in range(6):
        scene.next_night()
        sweep(scene.world, scene.clock.now())

    oldest = min(blob.created_at for blob in scene.store.blobs(rounds.NOTES))
    assert timedelta(days=1) < scene.clock.now() - oldest <= timedelta(days=2)


# -- what is kept stays true ----------------------------------------------------------------------


def differs(scene: TestWorld) -> bool:
    """Say whether what is told differs from what a look at everything sees."""
    kept = {blob.name: scene.store.read(blob.name) for blob in scene.store.blobs(rounds.ROUNDS)}
    before, after = told(scene), told(without_rounds(scene))
    for name, body in kept.items():
        scene.store.create(name, body)
    return before != after


def days_of_ticks(scene: TestWorld, days: int, every_s: float = HOUR_S) -> Iterator[None]:
    """Let days go by; after each tick whoever asks may look."""
    for _ in range(int(days * DAY_S / every_s)):
        scene.clock.advance(every_s)
        _tick_and_do(scene)
        yield


def test_a_clock_that_ran_ahead_is_believed_no_longer_than_it_ran() -> None:
    """What ticks kept then is of tomorrow: it would hide a night, and an answer of today."""
    scene = held()
    before_s = scene.clock.passed_s
    scene.clock.advance(9 * HOUR_S)
    for _ in range(7):
        tick.tick(scene.world)
        scene.clock.advance(300)
    scene.clock.passed_s = before_s + HOUR_S
    shown = status.survey(scene.world).connectors[CONNECTOR].deliveries[0]
    approval.approve(scene.world, shown.id, digest=shown.digest)
    scene.nudges.kept.clear()

    for _ in days_of_ticks(scene, 2):
        assert not differs(scene)
    assert len(scene.store.blobs(rounds.ROUNDS)) <= 2


def test_what_storage_refused_to_a_tick_is_not_kept() -> None:
    """A role that was missing for a minute must not be told for a day."""
    scene = at_rest(make_world(SCHOOL, knobs=QUICK))
    scene.pull()
    scene.send_until_still()
    scene.clock.advance(states.STANDSTILL.total_seconds() + 1)
    doom = Doom()
    without_rounds(scene)
    tick.tick(doomed(copied(scene), doom))
    reads = [n for n, call in enumerate(doom.calls, 1) if call.startswith("read ")]
    assert len(reads) > 20

    for number in reads:
        again = copied(scene)
        tick.tick(again.process(store=Refusing(again.store, number)))
        tick.tick(again.world)
        assert not differs(again), doom.calls[number - 1]


def copied(scene: TestWorld) -> TestWorld:
    """Return *scene* with a storage of its own."""
    store = MemoryStore(scene.clock)
    assert isinstance(scene.store, MemoryStore)
    store.held = dict(scene.store.held)
    one = replace(scene, store=store)
    one.world = one.process()
    return one


class Refusing(DoomedStore):
    """Refuses its call number *at*, once."""

    def __init__(self, store: Store, at: int) -> None:
        super().__init__(store, Doom())
        self._at, self._calls = at, 0

    def _do[T](self, name: str, call: Callable[[], T]) -> T:
        self._calls += 1
        if self._calls == self._at:
            raise StoreRefused("this identity may not")
        return super()._do(name, call)


def test_what_a_sweep_took_is_not_told_as_there() -> None:
    """Whatever the hour of the sweep, which a changed setting moves away from the readings."""
    scene = make_world(SCHOOL, knobs=QUICK, SCHOOLS__NORTHBANK__PULL_AT="03:00")
    for number in range(9):
        scene.isams.school = invent(40 - number % 2, quirks=False)
        scene.isams.flush()
        for _ in days_of_ticks(scene, 1):
            pass
    scene.clock.advance_to(9)
    scene.configure(SDS__LIMITS__REMOVED_ROWS="7")
    for _ in days_of_ticks(scene, 2):
        assert not differs(scene)


def test_under_a_pause_sets_grow_old_for_status_too() -> None:
    """Nothing is merged then, and what is told of the schools goes by the hours all the same."""
    scene = at_rest(make_world(SCHOOL, knobs=QUICK))
    [former, *_] = status.survey(scene.world).connectors[CONNECTOR].restorable
    scene.isams.school = invent(30, seed=5, quirks=False)
    scene.isams.flush()
    scene.clock.advance_to(12)  # what becomes too old does so when no night wakes the connector
    scene.pull()
    scene.send_until_still()
    restore.restore(scene.world, former.id)
    scene.send_until_still()
    scene.isams.keys = {}

    for _ in days_of_ticks(scene, 4, every_s=2 * HOUR_S):
        assert not differs(scene)


@pytest.mark.parametrize("day", ["2026-08-01", "2026-08-31"])
def test_what_goes_by_days_is_told_anew_at_midnight(day: str) -> None:
    """The day on which a year turns is told from thirty days before, and never on that day."""
    clock = FakeClock(datetime.fromisoformat(f"{day}T02:00:00+00:00") - timedelta(days=2))
    scene = at_rest(make_world(SCHOOL, knobs=QUICK, clock=clock))
    for _ in days_of_ticks(scene, 2):
        assert not differs(scene)


class Sleepy(FakeClock):
    """Its stopwatch stands still while the machine sleeps."""

    asleep_s = 0.0

    def monotonic_s(self) -> float:
        return super().monotonic_s() - self.asleep_s


def test_a_laptop_that_slept_between_a_note_and_its_mark_leaves_another() -> None:
    """Else what somebody asked for is seen the next day: ticks had answered the note before."""
    clock = Sleepy()
    scene = at_rest(make_world(SCHOOL, knobs=QUICK, clock=clock))

    class Lid(MemoryStore):
        """Closes for an hour before it writes what was asked."""

        def _put(self, name: str, body: bytes) -> bool:
            if name.endswith("asked.json"):
                for _ in range(12):
                    clock.advance(300)
                    clock.asleep_s += 300
                    tick.tick(scene.world)
            return super()._put(name, body)

    assert isinstance(scene.store, MemoryStore)
    lid = Lid(clock)
    lid.held = scene.store.held
    schedule.ask(scene.process(store=lid), "northbank", "test")

    assert not differs(scene)


class Slow(MemoryStore):
    """Takes two seconds for each manifest."""

    def read(self, name: str) -> bytes:
        if name.endswith("manifest.json") and isinstance(self._clock, FakeClock):
            self._clock.advance(2)
        return super().read(name)


def test_a_tick_that_has_no_time_to_see_all_keeps_what_it_has_seen() -> None:
    """An invocation ends after five minutes: without a round the next would begin anew for ever."""
    scene = at_rest(Group(12).scene)
    slow = Slow(scene.clock)
    assert isinstance(scene.store, MemoryStore)
    slow.held = scene.store.held
    scene.store = slow
    scene.world = scene.process()
    without_rounds(scene)

    tick.tick(scene.world)

    [name] = [blob.name for blob in scene.store.blobs(rounds.ROUNDS)]
    assert 1 < len(json.loads(scene.store.read(name))["schools"]) < 12


def test_no_users_name_is_in_a_round() -> None:
    """It stays in the mark: who reads what ticks keep learns that it was at a terminal."""
    scene = held()
    shown = status.survey(scene.world).connectors[CONNECTOR].deliveries[0]
    me = replace(scene.world, caller="terminal anna.lindqvist")
    approval.reject(me, shown.id, digest=shown.digest)
    restore.restore(me, status.survey(me).connectors[CONNECTOR].restorable[0].id)
    scene.send_until_still()
    for _ in days_of_ticks(scene, 1):
        pass

    bodies = [scene.store.read(blob.name) for blob in scene.store.blobs(rounds.ROUNDS)]
    assert b'"caller": "terminal"' in b"".join(bodies)
    assert b"lindqvist" not in b"".join(bodies)
