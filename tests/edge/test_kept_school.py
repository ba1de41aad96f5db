"""The school as a pull has read it: kept beside its marks, never sent, gone after a week."""

from __future__ import annotations

import pytest

from simulators.isams import faults
from simulators.isams.faults import Faults
from simulators.school import invent
from sync.edge.clock import Budget
from sync.errors import StoreConflict
from sync.ledger import ids
from sync.ledger.retention import names_people
from sync.report import Outcome
from sync.steps import pull as pulling
from sync.steps.kept import last_school
from sync.steps.needs import datasets_of_school
from sync.steps.sweep import sweep
from tests.memory_store import MemoryStore
from tests.worlds import TestWorld, make_world

SCHOOL = invent(60)
DAY_S = 86_400


def kept(scene: TestWorld) -> dict[str, bytes]:
    """Return what is kept of schools, by whole name."""
    assert isinstance(scene.store, MemoryStore)
    return {
        name: body for name, (body, _) in scene.store.held.items() if name.endswith(".jsonl.gz")
    }


def test_the_last_school_is_what_isams_gave_and_isams_is_not_asked_again() -> None:
    """With the moment of the reading, and the pull."""
    scene = make_world(SCHOOL)
    began = scene.clock.now()
    step = scene.pull()
    asked = len(scene.isams.requests)
    last = last_school(scene.world, "northbank")
    assert last
    assert len(scene.isams.requests) == asked

    budget = Budget.of(scene.clock, pulling.PULL_S)
    wanted = datasets_of_school(scene.world.settings, "northbank")
    assert last.school == scene.world.source("northbank").school(budget, wanted)
    assert last.pull == step.pull
    assert 0 <= (last.read_at - began).total_seconds() <= 1


def test_of_two_nights_the_later_is_the_last_once_it_is_sealed() -> None:
    """While iSAMS gives nothing it is that of the night before."""
    scene = make_world(SCHOOL)
    gone = SCHOOL.pupils[0].school_id
    known = [last_school(scene.world, "northbank")]
    for fault in (Faults(), faults.refused(503), Faults()):
        scene.isams.faults = fault
        scene.next_night(without=[gone] if known[-1] else [])
        known.append(last_school(scene.world, "northbank"))

    assert [last and gone in last.school.pupils for last in known] == [None, True, True, False]


def test_what_is_kept_names_people_and_is_never_sent() -> None:
    """It is no mark, so it goes with the rosters; SDS gets tables and nothing else."""
    scene = make_world(SCHOOL)
    scene.pull()
    scene.accept()

    assert kept(scene)
    assert all(map(names_people, kept(scene)))
    assert scene.sds.submissions
    assert all(name.endswith(".csv") for each in scene.sds.submissions for name in each.files)


def test_it_is_gone_after_a_week_although_nothing_newer_was_read() -> None:
    """Then there is no last school, and nobody may take that for an empty one."""
    scene = make_world(SCHOOL)
    scene.pull()
    scene.clock.advance(7 * DAY_S + 60)
    sweep(scene.world, scene.store.now())

    assert kept(scene) == {}
    assert last_school(scene.world, "northbank") is None


def test_a_pull_that_was_tried_again_has_the_school_of_its_last_attempt() -> None:
    """What an attempt kept that was killed before it sealed is of no use to anybody."""
    scene = make_world(SCHOOL)
    scene.isams.faults = faults.refused(503)
    killed = scene.pull()
    scene.store.create(f"{ids.pulls_folder('northbank')}{killed.pull}/school-1.jsonl.gz", b"")
    scene.isams.faults = Faults()
    scene.clock.advance(3_600)

    assert pulling.pull(scene.world, "northbank").outcome is Outcome.SEALED
    assert [name.rpartition("/")[2] for name in kept(scene)] == [
        "school-1.jsonl.gz",
        "school-2.jsonl.gz",
    ]
    last = last_school(scene.world, "northbank")
    assert last
    assert last.school.pupils


def test_a_school_of_no_profile_is_not_kept() -> None:
    """Its records are files of DATASETS alone, and there is nothing to try."""
    scene = make_world(
        SCHOOL,
        others={"southbank": invent(20, seed=2, key="southbank")},
        SCHOOLS__SOUTHBANK__NAME="Southbank School",
        SCHOOLS__SOUTHBANK__ID="9990002",
        SCHOOLS__SOUTHBANK__ISAMS_HOST="southbank.isams.example",
        SCHOOLS__SOUTHBANK__DATASETS="pupils",
        PROFILES__SENIORS__SCHOOL="northbank",
        PROFILES__PREP__SCHOOL="northbank",
    )

    assert scene.pull("southbank").outcome is Outcome.SEALED
    assert kept(scene) == {}


def test_what_cannot_be_read_is_a_fault_with_a_next_step() -> None:
    """Never an older school, and never none."""
    scene = make_world(SCHOOL)
    scene.pull()
    assert isinstance(scene.store, MemoryStore)
    for name, body in kept(scene).items():
        scene.store.held[name] = (body[:-20], scene.clock.now())

    with pytest.raises(StoreConflict, match="ask for another pull"):
        last_school(scene.world, "northbank")
