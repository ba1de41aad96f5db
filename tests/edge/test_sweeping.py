"""What a tick deletes: rosters after a week, what was written about them in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from simulators.school import invent, without_pupils
from simulators.sds import Knobs
from sync.edge.storage.folder import FolderStore
from sync.edge.storage.store import Blob, Store
from sync.edge.world import World
from sync.errors import (
    StoreConflict,
    StoreMissing,
    StoreRefused,
    StoreUnavailable,
    SyncError,
)
from sync.ledger import ids, manifests
from sync.ledger.rounds import NOTES, ROUNDS, WORK
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import approval, findings, pull, status, tick
from sync.steps import sweep as sweeping
from sync.steps.delivery import list_sets
from sync.steps.sweep import SWEEP_EVERY
from tests.clocks import FakeClock
from tests.crash.processes import Doom, doomed
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, TestWorld, flush, make_world

SCHOOL = invent(20, quirks=False)
OTHER = without_pupils(SCHOOL, [SCHOOL.pupils[5].school_id])
QUICK = Knobs(operation_polls=0, run_duration_s=60)
DAY_S = 24 * 3600.0
TABLES = {"orgs.csv", "users.csv", "roles.csv", "classes.csv", "enrollments.csv"}


def night(scene: TestWorld, outcome: Outcome = Outcome.DONE) -> None:
    """Pull, send, and let the rest of the day go by."""
    scene.pull()
    assert scene.send_until_still().outcome is outcome
    scene.clock.advance(DAY_S)


def two_nights(store: Callable[[FakeClock], Store] = MemoryStore) -> TestWorld:
    """Return a world whose second delivery, a day ago, was another than the first."""
    scene = make_world(SCHOOL, knobs=QUICK, store=store, SCHOOLS__NORTHBANK__SCHOOL_YEAR="2026")
    night(scene)
    scene.isams.school = OTHER
    scene.isams.flush()
    night(scene)
    return scene


def sweep(scene: TestWorld) -> int:
    """Tick a day later until nothing is left to delete; return how many blobs went."""
    scene.clock.advance(SWEEP_EVERY.total_seconds())
    gone = 0
    while deleted := tick.tick(scene.world).facts["deleted"]:
        assert isinstance(deleted, int)
        gone += deleted
    return gone


def sweep_at(world: World) -> int:
    """Sweep by storage's clock as it is."""
    return sweeping.sweep(world, world.store.now()).deleted


def rosters(scene: TestWorld, top: str) -> dict[str, set[str]]:
    """Return which files that name people are left under *top*, by their folder."""
    found: dict[str, set[str]] = {}
    for blob in scene.store.blobs(top):
        folder, _, name = blob.name.rpartition("/")
        if name.endswith(".csv") or name == manifests.FINDINGS:
            found.setdefault(folder.rpartition("/")[2], set()).add(name)
    return found


def delivery_ids(scene: TestWorld) -> list[str]:
    return [folder.id for folder, _ in scene.look().states]


@pytest.fixture(params=["memory", "folder"])
def aged(request: pytest.FixtureRequest, tmp_path: Path) -> TestWorld:
    """Two nights, and eight days without any."""
    if request.param == "memory":
        scene = two_nights()
    else:
        scene = two_nights(lambda clock: FolderStore(tmp_path / "rosters", clock=clock))
    scene.clock.advance(8 * DAY_S)
    return scene


def test_after_a_week_only_the_newest_rosters_are_left(aged: TestWorld) -> None:
    """Each profile's newest set and the delivery that SDS holds stay; nothing else names people."""
    sweep(aged)

    assert list(rosters(aged, "connectors/").values()) == [TABLES]
    assert list(rosters(aged, "connectors/")) == delivery_ids(aged)[-1:]
    for profile in ("prep", "seniors"):
        found = rosters(aged, ids.profile_folder(profile))
        assert list(found.values()) == [TABLES | {manifests.FINDINGS}]


def test_what_is_swept_is_told_and_not_broken(aged: TestWorld) -> None:
    """The status still knows both nights, and the next school is compared with the last."""
    before = delivery_ids(aged)
    sweep(aged)

    told = status.survey(aged.world).document()
    assert delivery_ids(aged) == before
    assert '"error"' not in str(told)
    assert findings.newest_findings(aged.world, "prep") is not None
    night(aged, Outcome.UNCHANGED)
    flush(aged, pupils=SCHOOL.pupils, memberships=SCHOOL.memberships)
    night(aged)
    assert len(aged.sds.submissions) == 3


def test_receipts_and_manifests_go_after_a_year() -> None:
    """A year later nothing is left of a night but what SDS still holds."""
    scene = two_nights()
    first = delivery_ids(scene)[0]
    scene.clock.advance(360 * DAY_S)
    sweep(scene)
    assert first in delivery_ids(scene)
    assert scene.store.read(f"{scene.look().prefix}{first}/receipt.json")

    scene.clock.advance(10 * DAY_S)
    sweep(scene)

    assert delivery_ids(scene) == delivery_ids(scene)[-1:] != [first]
    assert not scene.store.blobs(f"{scene.look().prefix}{first}/")
    assert [reached for _, reached in scene.look().states] == [State.DONE]


def test_a_tick_deletes_so_many_and_the_next_goes_on() -> None:
    """A backlog costs no tick its time."""
    scene = two_nights()
    old = f"{ids.profile_folder('prep')}20260801T210000Z-0000000a/"
    for number in range(sweeping.SWEEP_BLOBS + 50):
        scene.store.create(f"{old}odd-{number}.csv", b"x")
    scene.clock.advance(8 * DAY_S)
    scene.clock.advance(SWEEP_EVERY.total_seconds())

    found = [tick.tick(scene.world).facts["deleted"] for _ in range(3)]

    assert found[0] == sweeping.SWEEP_BLOBS
    assert found[2] == 0
    assert not scene.store.blobs(old)


def test_a_machine_whose_clock_runs_ahead_deletes_nothing() -> None:
    """What is past its time is known by storage's clock."""
    scene = two_nights()
    scene.clock.advance(SWEEP_EVERY.total_seconds())
    before = [blob.name for blob in scene.store.blobs("") if not blob.name.startswith(WORK)]
    ahead = replace(scene.world, clock=FakeClock(scene.clock.now() + timedelta(days=800)))

    sweep_at(ahead)

    assert set(before) <= {blob.name for blob in scene.store.blobs("")}


class Away(MemoryStore):
    """Deletes nothing while it is away."""

    away = False

    def delete(self, name: str) -> None:
        if self.away:
            raise StoreUnavailable("storage gave no answer")
        super().delete(name)


class Guarded(MemoryStore):
    """Refuses to delete what a person has put a hold on."""

    guarded: str = ""

    def delete(self, name: str) -> None:
        if self.guarded and self.guarded in name:
            raise StoreRefused("storage refuses")
        super().delete(name)


def test_what_cannot_be_deleted_is_told_and_the_rest_goes() -> None:
    """A legal hold on one folder does not keep the others; the tick does its other work."""
    scene = two_nights(Guarded)
    scene.clock.advance(8 * DAY_S)
    scene.clock.advance(SWEEP_EVERY.total_seconds())
    assert isinstance(scene.store, Guarded)
    scene.store.guarded = f"/{delivery_ids(scene)[0]}/"

    step = tick.tick(scene.world)

    assert isinstance(step.error, StoreRefused)
    assert step.facts["asked"] == 1
    assert set(rosters(scene, "connectors/")) == set(delivery_ids(scene))
    assert len(rosters(scene, "profiles/")) == 2


def test_a_connector_whose_records_cannot_be_read_keeps_nothing_else_from_going() -> None:
    """A pause that somebody has changed may need anything of its connector, and of no other.

    So the sets of its profiles stay as well.
    """
    scene = two_nights()
    scene.clock.advance(8 * DAY_S)
    scene.clock.advance(SWEEP_EVERY.total_seconds())
    scene.store.create(f"{scene.look().prefix}pauses/000001.json", b"changed")

    step = tick.tick(scene.world)

    assert isinstance(step.error, StoreConflict)
    assert len(rosters(scene, "connectors/")) == 2
    assert len(rosters(scene, "profiles/")) == 4


def test_a_profile_that_is_taken_away_leaves_no_roster() -> None:
    """And if it comes back, SDS keeps what it has of it until it has been pulled again."""
    scene = two_nights()
    settings = scene.world.settings
    profiles = {key: each for key, each in settings.profiles.items() if key != "prep"}
    scene.clock.advance(8 * DAY_S)
    scene.clock.advance(SWEEP_EVERY.total_seconds())
    fewer = scene.process(settings=settings.model_copy(update={"profiles": profiles}))

    assert sweep_at(fewer)
    assert rosters(scene, "profiles/prep/") == {}
    scene.world = fewer
    scene.pull()
    assert scene.send_until_still().outcome is Outcome.HELD
    scene.clock.advance(DAY_S)

    scene.world = scene.process(settings=settings)
    assert scene.send_until_still().outcome is Outcome.HELD
    scene.pull()
    assert scene.send_until_still().outcome is Outcome.UNCHANGED


def test_what_a_pull_kept_goes_after_a_week() -> None:
    """Whatever it is called: only marks that are known to name nobody stay."""
    scene = two_nights()
    pulls = ids.pulls_folder("northbank")
    folders = scene.store.folders(pulls)
    for each in folders:
        scene.store.create(f"{pulls}{each}/datasets-1/Pupil.csv", b"Wren Applethwaite")
    scene.clock.advance(8 * DAY_S)

    sweep(scene)

    assert rosters(scene, "schools/") == {}
    assert set(folders) <= set(scene.store.folders(pulls))


def calls_of_a_tick(scene: TestWorld) -> list[str]:
    doom = Doom()
    tick.tick(doomed(scene, doom))
    return [call for call in doom.calls if not call.startswith("nudge")]


def calls_of_a_sweep(scene: TestWorld) -> list[str]:
    doom = Doom()
    sweep_at(doomed(scene, doom))
    return [call for call in doom.calls if not call.startswith(f"delete {NOTES}")]


def test_between_two_sweeps_a_tick_that_finds_nothing_new_looks_for_none() -> None:
    """It lists the notes of work begun, and reads what the tick before has found."""
    scene = two_nights()
    sweep(scene)
    pull.pull(scene.world, "northbank")  # the sweep's tick has asked for it
    scene.send_until_still()
    scene.clock.advance(3600)
    tick.tick(scene.world)
    for _ in range(6):
        scene.clock.advance(300)
        listing, reading = calls_of_a_tick(scene)
        assert listing == f"list {WORK}"
        assert reading.startswith(f"read {ROUNDS}")


@pytest.mark.parametrize("every_h", [1, 6, 24, 36])
def test_whatever_the_schedule_of_ticks_a_week_is_a_week(every_h: int) -> None:
    """A tick a day at 22:00 sweeps as well as twelve an hour; and none does so twice a day."""
    scene = two_nights()
    scene.clock.advance_to(22)
    swept_at = set[str]()
    for _ in range(10 * 24 // every_h):
        scene.clock.advance(every_h * 3600)
        tick.tick(scene.world)
        swept_at.update(scene.store.folders(ids.SWEEPS))
        assert len(scene.store.folders(ids.SWEEPS)) == 1

    assert list(rosters(scene, "connectors/")) == delivery_ids(scene)[-1:]
    assert len(rosters(scene, "profiles/")) == 2
    moments = sorted(map(ids.moment_of_stamp, swept_at))
    assert all(later - one >= SWEEP_EVERY for one, later in pairwise(moments))


def test_a_sweep_that_storage_cut_short_is_none() -> None:
    """The next tick goes on, and does not wait for the next day."""
    scene = two_nights(Away)
    scene.clock.advance(8 * DAY_S)
    assert isinstance(scene.store, Away)
    scene.store.away = True
    assert isinstance(tick.tick(scene.world).error, StoreUnavailable)
    scene.store.away = False

    tick.tick(scene.world)

    assert len(rosters(scene, "profiles/")) == 2


def test_a_sweep_costs_no_more_calls_after_a_year_than_after_a_day() -> None:
    """Each place is listed once, by itself, and the connector before them all."""
    young = two_nights()
    old = two_nights()
    for _ in range(4):
        old.clock.advance(100 * DAY_S)
        tick.tick(old.world)
        night(old, Outcome.UNCHANGED)
    for scene in (young, old):
        sweep(scene)
        tick.tick(scene.world)
        scene.clock.advance(SWEEP_EVERY.total_seconds())

    calls = calls_of_a_sweep(old)
    assert len(calls) == len(calls_of_a_sweep(young))
    listed = [call for call in calls if call.startswith(("list", "folders"))]
    assert sorted(listed[-11:]) == [
        "folders addresses/",
        "folders connectors/",
        "folders identity/",
        "folders profiles/",
        "folders schools/",
        f"list {old.look().prefix}",
        f"list {old.look().prefix}",
        "list profiles/prep/",
        "list profiles/seniors/",
        "list schools/northbank/",
        f"list {NOTES}",
    ]


def places_swept(scene: TestWorld) -> list[str]:
    """Sweep once; return the places that were listed, in order.

    Before them it is looked at the connector: what SDS may hold was merged from some of the sets.
    """
    doom = Doom()
    with suppress(SyncError):
        sweep_at(doomed(scene, doom))
    lists = [call.removeprefix("list ") for call in doom.calls if call.startswith("list ")]
    first, *places = [place for place in lists if place != ids.SWEEPS]
    assert first == scene.look().prefix
    return places


def test_every_place_comes_first_on_some_day() -> None:
    """So none starves while the others leave it no time, whatever turns between the years."""
    scene = two_nights()
    scene.clock.advance(SWEEP_EVERY.total_seconds())
    everything = set(places_swept(scene))
    assert len(everything) == 5
    scene.clock.advance(DAY_S)

    for _ in range(120):
        found: list[str] = []
        for _ in range(5):
            found += places_swept(scene)[:1]
            scene.clock.advance(DAY_S)
        assert set(found) == everything


class Slow(MemoryStore):
    """Takes ten seconds for each listing of a place."""

    def blobs(self, prefix: str) -> Sequence[Blob]:
        if isinstance(self._clock, FakeClock) and prefix.count("/") == 2:
            self._clock.advance(10)
        return super().blobs(prefix)


def test_nothing_more_is_listed_when_the_time_is_over() -> None:
    """Memory and time are those of one place: the next sweep begins with another."""
    scene = two_nights(Slow)
    old = [f"profiles/old-{number}/" for number in range(8)]
    for place in old:
        scene.store.create(f"{place}20260801T210000Z-0000000a/users.csv", b"x")

    for _ in range(24):
        scene.clock.advance(DAY_S)
        scene.clock.advance(SWEEP_EVERY.total_seconds())
        assert len(places_swept(scene)) == 2
    assert not [place for place in old if scene.store.blobs(place)]


def test_a_place_that_cannot_be_listed_keeps_no_other_from_being_swept() -> None:
    """A folder that somebody has made by hand may be called anything."""
    scene = two_nights()
    scene.clock.advance(8 * DAY_S)
    scene.clock.advance(SWEEP_EVERY.total_seconds())
    assert isinstance(scene.store, MemoryStore)
    scene.store.held["connectors/a b/note.txt"] = (b"", scene.clock.now())

    step = tick.tick(scene.world)

    assert isinstance(step.error, StoreRefused)
    assert len(rosters(scene, "connectors/")) == 1
    assert len(rosters(scene, "profiles/")) == 2


def test_a_set_whose_files_are_gone_is_never_merged() -> None:
    """If the newest one is swept, its profile counts as not yet pulled."""
    scene = make_world(SCHOOL, knobs=QUICK)
    scene.pull()
    folder = ids.profile_folder("prep")
    (set_id,) = scene.store.folders(folder)
    scene.store.create(f"{folder}{set_id}/swept.json", b"{}")
    scene.store.delete(f"{folder}{set_id}/users.csv")

    assert scene.send_until_still().outcome is Outcome.WAITING
    with pytest.raises(StoreMissing):
        scene.store.read(f"{folder}{set_id}/users.csv")
    assert CONNECTOR in status.survey(scene.world).document()["connectors"]  # type: ignore[operator]  # is JSON


def test_what_came_since_the_last_that_a_run_took_keeps_its_marks() -> None:
    """By its claim it is known what SDS may hold: five weeks later it stays, the first one goes."""
    scene = two_nights()
    flush(scene, pupils=SCHOOL.pupils, memberships=SCHOOL.memberships)
    scene.pull()
    assert scene.accept().outcome is Outcome.ACCEPTED
    held = [each.delivery_id for each in scene.look().may_hold()]
    scene.clock.advance(60 * DAY_S)

    sweep_at(scene.world)

    claims = [each.name.rpartition("/")[2] for each in scene.look().claims]
    assert claims == ["000002", "000003"]
    assert [each.delivery_id for each in scene.look().may_hold()] == held == delivery_ids(scene)[1:]


def test_what_was_said_of_offers_goes_after_a_year() -> None:
    """Like every other mark of deliveries, once SDS has been given another: a no stands so long."""
    scene = two_nights()
    offer = f"{scene.look().prefix}offers/northbank/{ids.stamp(scene.clock.now())}-0a1b2c3d"
    scene.store.create(f"{offer}/held.json", b"{}")
    scene.store.create(f"{offer}/rejected.json", b"{}")
    scene.clock.advance(DAY_S)
    scene.isams.school = SCHOOL
    scene.isams.flush()
    night(scene)
    scene.clock.advance(362 * DAY_S)
    sweep(scene)
    assert len(scene.store.blobs(offer)) == 2
    scene.clock.advance(3 * DAY_S)
    sweep(scene)

    assert scene.store.blobs(offer) == []


def test_the_sets_that_sds_holds_stay_as_long_as_their_delivery() -> None:
    """Newer ones wait for a person for weeks; once SDS has taken them, the old go."""
    scene = two_nights()
    held = {profile: list_sets(scene.store, profile)[-1].id for profile in ("prep", "seniors")}
    covered = [pupil.school_id for pupil in scene.isams.school.pupils if pupil.year >= 3]
    scene.next_night(without=covered[: len(covered) * 2 // 3])
    scene.send_until_still()
    scene.clock.advance(20 * DAY_S)
    sweep(scene)
    kept = {each.id for profile in held for each in list_sets(scene.store, profile)}
    scene.next_night(after_h=1)
    waiting = scene.send_until_still()
    approval.approve(scene.world, waiting.delivery)
    scene.send_until_still()
    scene.clock.advance(8 * DAY_S)
    sweep(scene)

    assert waiting.outcome is Outcome.HELD
    assert set(held.values()) < kept
    assert not {each.id for profile in held for each in list_sets(scene.store, profile)} & {
        *held.values()
    }
