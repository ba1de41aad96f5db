"""Whole nights of a school that is read by REST: SDS gets what batch would have given it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from simulators.isams import Faults, RestChoices, RestFaults
from simulators.isams.faults import refused
from simulators.isams.rest_faults import EXPIRED_NEXT
from simulators.school import invent, without_pupils
from sync.report import Outcome
from sync.steps import pull, schedule
from tests.worlds import ONE_SCHOOL, TestWorld, flush, make_world

SCHOOL = invent(60, quirks=False)
DAY_S = 24 * 3600
EVERYTHING = {
    **ONE_SCHOOL,
    "PROFILES__SENIORS__CLASSES": "sets,forms,tutors,year-groups,houses,boarding-houses,divisions",
    "PROFILES__SENIORS__TIMETABLE_TEACHERS": "true",
    "PROFILES__SENIORS__STAFF": "all",
    "SCHOOLS__NORTHBANK__SCHOOL_YEAR": "terms",
}


def night(world: TestWorld) -> Outcome:
    """Pull, and send until SDS has answered."""
    assert world.pull().outcome is Outcome.SEALED
    return world.send_until_still().outcome


@pytest.mark.parametrize(
    "base", [ONE_SCHOOL, EVERYTHING], ids=["sets alone", "all that REST can tell"]
)
def test_a_night_by_rest_gives_sds_what_a_night_by_batch_does(base: Mapping[str, str]) -> None:
    """From the first question to the receipt, the same bytes."""
    by_rest = make_world(SCHOOL, api="rest", base=base)
    by_batch = make_world(SCHOOL, base=base)

    assert night(by_rest) is night(by_batch) is Outcome.DONE
    (rest,), (batch,) = by_rest.sds.submissions, by_batch.sds.submissions
    assert rest.files == batch.files
    assert {request.path for request in by_batch.isams.requests} == {"/api/batch/1.0/xml.ashx"}
    assert not any("batch" in request.path for request in by_rest.isams.requests)


def test_a_school_that_turns_from_batch_to_rest_changes_nothing_in_sds() -> None:
    """The second night is the same digest: SDS is not called at all."""
    world = make_world(SCHOOL, base=EVERYTHING)
    night(world)
    other = make_world(SCHOOL, api="rest", clock=world.clock, base=EVERYTHING)
    world.clock.advance(DAY_S)
    before = len(world.sds.requests)
    world.isams_of = other.isams_of
    turned = world.process(settings=other.world.settings)
    schedule.ask(turned, "northbank", "test")
    sealed = pull.pull(turned, "northbank")
    world.world = turned

    assert sealed.outcome is Outcome.SEALED
    assert world.accept().outcome is Outcome.UNCHANGED
    assert len(world.sds.requests) == before


def test_the_log_line_of_a_pull_says_that_rest_was_found_elsewhere() -> None:
    """And nothing where it stands as usual."""
    usual, world = (make_world(SCHOOL, api="rest") for _ in range(2))
    world.isams.rest.choices = RestChoices(base="/Main/api")

    assert world.pull().facts["rest_base"] == "/Main/api"
    assert "rest_base" not in usual.pull().facts


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/api/students", RestFaults(short_by=1)),
        ("/api/teaching/sets/*/setlist", refused(503)),
        ("/api/school/forms", RestFaults(short_by=1)),
        ("/api/school/houses", refused(403)),
        ("/api/timetables/employees/*", RestFaults(collection="absent", without_fields=("sets",))),
    ],
)
def test_a_short_reading_leaves_sds_with_yesterday(path: str, fault: Faults) -> None:
    """No set is sealed, nothing is sent, and the night after goes well again."""
    world = make_world(SCHOOL, api="rest", base=EVERYTHING)
    night(world)
    world.clock.advance(DAY_S)
    flush(world, pupils=without_pupils(SCHOOL, [SCHOOL.pupils[5].school_id]).pupils)
    world.isams.spoil(path, fault)
    failed = world.pull()
    world.send_until_still()
    submitted = len(world.sds.submissions)
    world.isams.spoil(path, RestFaults())
    world.clock.advance(DAY_S)

    assert failed.error is not None
    assert submitted == 1
    assert night(world) is Outcome.DONE
    assert len(world.sds.submissions) == 2


def test_a_token_that_dies_in_the_night_costs_a_sign_in() -> None:
    """Once, and nothing else."""
    world = make_world(SCHOOL, api="rest", base=EVERYTHING)
    world.isams.script([EXPIRED_NEXT], route="/api/school/forms")

    assert night(world) is Outcome.DONE
    assert sum(seen.path.endswith("/connect/token") for seen in world.isams.requests) == 2
