"""The course of a night, by id: its readings, its delivery, and what is left of either."""

from __future__ import annotations

import pytest

from simulators.isams.faults import refused
from simulators.school import invent
from sync.errors import RequestRefused
from sync.ledger.fates import Fate
from sync.ledger.marks import Approved, Plan, Pulled, Receipt
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import approval, schedule
from sync.steps.course import FEW, course
from sync.steps.delivery import list_pulls
from sync.web.page.run import run_of
from tests.canaries import found_in
from tests.edge.page_stage import delivered, rest, swapped
from tests.simulation.group import Group
from tests.worlds import THREE_SCHOOLS, TestWorld, make_group


def newest(scene: TestWorld) -> str:
    return scene.look().deliveries[-1].id


def test_a_delivery_is_told_with_the_readings_that_it_came_of() -> None:
    """From asking iSAMS to SDS's receipt."""
    scene = delivered(invent(20, quirks=False))
    told = course(scene.world, newest(scene))

    assert told.sent is not None
    assert (told.sent.state, told.sent.fate) == (State.DONE, Fate.DONE)
    assert told.sent.receipt is not None
    [reading] = told.readings
    assert (reading.school, reading.attempts, reading.error) == ("northbank", 1, None)
    assert reading.pulled is not None
    assert sorted(reading.pulled.sets.values()) == told.sets
    assert told.version


def test_a_reading_is_told_by_its_own_id() -> None:
    """It came into no delivery yet, or into one that has its own."""
    scene = delivered(invent(20, quirks=False))
    [pull] = list_pulls(scene.world.store, "northbank")
    told = course(scene.world, pull.id)

    assert told.sent is None
    assert [each.pull.id for each in told.readings] == [pull.id]


def test_two_schools_that_were_read_in_one_second_are_told_apart() -> None:
    """Pulls are named by the second: the address says which school it is of."""
    scene = make_group()
    scene.clock.advance(1)
    ids = set[str]()
    for school in ("northbank", "southbank"):
        ids.add(schedule.ask(scene.world, school, "test").pull)
    [pull_id] = ids

    assert course(scene.world, pull_id, "southbank").readings[0].school == "southbank"
    assert course(scene.world, pull_id, "northbank").readings[0].school == "northbank"
    assert course(scene.world, pull_id, "nowhere").readings[0].school == "northbank"


def test_a_reading_that_failed_says_why_and_who_acts() -> None:
    """The error of its last attempt, as long as it has not sealed."""
    scene = delivered(invent(20, quirks=False))
    scene.clock.advance(3600)
    scene.isams.faults = refused(403)
    scene.pull()
    [*_, pull] = list_pulls(scene.world.store, "northbank")
    told = course(scene.world, pull.id)
    run = run_of(told)

    assert told.readings[0].error is not None
    assert told.readings[0].pulled is None
    assert [trouble.code for trouble in run.troubles] == [told.readings[0].error.error]
    assert run.troubles[0].tag.who


def test_of_a_delivery_of_many_schools_no_reading_is_told() -> None:
    """A hundred would fill the page; each school has its own run."""
    few, many = make_group(base=THREE_SCHOOLS), Group(FEW + 1).scene
    for school in ("northbank", "southbank", "eastbank"):
        few.pull(school)
    few.send_until_still()

    assert len(course(few.world, newest(few)).readings) == FEW == 3
    told = course(many.world, newest(many))
    assert (len(told.sets), list(told.readings)) == (FEW + 1, [])


@pytest.mark.parametrize(
    "course_id", ["", "x", "20200101T000000Z", "20200101T000000Z-0000000a", "../x", "é" * 300]
)
def test_what_there_is_not_is_refused_and_leads_on(course_id: str) -> None:
    """404, whatever the id looks like."""
    scene = delivered(invent(4, quirks=False))

    with pytest.raises(RequestRefused, match="no reading and no delivery") as caught:
        course(scene.world, course_id)

    assert caught.value.facts["status"] == 404


def test_what_was_swept_is_told_by_the_marks_that_are_left() -> None:
    """Files go after a week: that it was approved, and taken, is still there."""
    scene = swapped()
    delivery = newest(scene)
    approval.approve(scene.world, delivery)
    scene.send_until_still()
    scene.next_night(without=[scene.isams.school.pupils[-1].school_id])
    scene.send_until_still()
    for _ in range(9):
        scene.clock.advance(24 * 3600)
        rest(scene)
    told = course(scene.world, delivery)

    assert told.sent is not None
    assert told.sent.delivery.has(Approved)
    assert told.sent.receipt is not None
    assert "users.csv" not in told.sent.delivery.made_at


@pytest.mark.parametrize("mark", [Plan, Receipt, Pulled])
def test_a_mark_that_nobody_can_read_hides_no_other(mark: type[Plan | Receipt | Pulled]) -> None:
    """The run is shown without it."""
    scene = delivered(invent(20, quirks=False))
    delivery = newest(scene)
    [name] = [
        blob.name for blob in scene.store.blobs("") if blob.name.endswith(f"/{mark.file_name}")
    ]
    scene.store.delete(name)
    scene.store.create(name, b"damaged")
    told = run_of(course(scene.world, delivery))

    assert told.moments
    assert told.facts[0] == ("Delivery", delivery)


def test_a_course_tells_of_nobody_by_name() -> None:
    """Counts, moments, ids and codes, in every value that it has."""
    scene = swapped(invent(200), PROFILES__SENIORS__NAMES="true")
    for delivery in scene.look().deliveries:
        told = course(scene.world, delivery.id)

        assert found_in(repr(run_of(told))) == set()
        assert told.sent is not None
        assert found_in(repr((told.sent.manifest, told.sent.plan, told.sent.hold))) == set()
    assert scene.steps[-1].outcome is not Outcome.FAILED
