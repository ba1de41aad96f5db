"""What a run says of each flow, and of several, in the simulator (reference section 4.9)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from simulators.sds import (
    NEIGHBOUR,
    Activities,
    Answer,
    Given,
    Knobs,
    SdsSimulator,
    neighbour_files,
)
from tests.simulators.sds.sender import Clock, Sender, run_to_its_end, school

QUICK = Knobs(operation_polls=0, operation_s=0)


@pytest.fixture
def sim(clock: Clock) -> SdsSimulator:
    """A tenant that has another source beside ours, whose people are in SDS already."""
    sim = SdsSimulator(clock=clock, base_url="https://graph.sim.example", knobs=QUICK)
    sim.settle(NEIGHBOUR, neighbour_files(40))
    return sim


def told(sim: SdsSimulator, clock: Clock) -> tuple[dict[str, Any], dict[str, Any]]:
    """Send ours, let the run end, return it and its statistics."""
    Sender(sim).send(school())
    run_to_its_end(sim, clock)
    sender = Sender(sim)
    run = sender.get("/runs").json()["value"][0]
    return run, sender.get(f"/runs/{run['id']}/getStatistics").json()


def words(statistics: dict[str, Any]) -> list[str]:
    return [one["status"] for one in statistics["activityStatistics"]]


def test_totals_are_of_all_flows_and_activities_of_each(sim: SdsSimulator, clock: Clock) -> None:
    """41 people of the neighbour's and 4 of ours; each under its flow's id."""
    run, statistics = told(sim, clock)
    people = {one["activityId"]: one["people"] for one in statistics["activityStatistics"]}
    ours, theirs = (flow.id for flow in sim.all_flows())

    assert run["status"] == "completed"
    assert statistics["inboundTotals"]["people"] == 45
    assert (people[ours]["active"], people[theirs]["active"]) == (4, 41)


@pytest.mark.parametrize("readiness", ["disabled", "failed", "notReady", "expired"])
def test_a_run_completes_over_a_flow_that_took_nothing(
    sim: SdsSimulator, clock: Clock, readiness: str
) -> None:
    """The trap: the run is done with the neighbour's people, ours were left out."""
    sim.change_flows(lambda flow: replace(flow, readiness=readiness))
    run, statistics = told(sim, clock)

    assert (run["status"], words(statistics)) == ("completed", ["skipped", "completed"])
    assert statistics["inboundTotals"]["people"] == 41
    assert sim.store.people.active == frozenset()


def test_a_flow_expires_by_the_clock(sim: SdsSimulator, clock: Clock) -> None:
    """It was ready when the files came: they are taken over, and never read."""
    sim.change_flows(lambda flow: replace(flow, expires=sim.after(60)))
    _, statistics = told(sim, clock)

    assert words(statistics) == ["skipped", "completed"]
    assert sim.store.people.active == frozenset()


@pytest.mark.parametrize("word", ["skipped", "failed", "inProgress"])
def test_a_flow_that_is_ready_may_be_left_out_as_well(
    sim: SdsSimulator, clock: Clock, word: str
) -> None:
    """By the knob: nothing of ours is taken, and the run completes."""
    sim.knobs = replace(QUICK, activity_word=word)
    run, statistics = told(sim, clock)

    assert (run["status"], words(statistics)) == ("completed", [word, "completed"])
    assert sim.store.people.active == frozenset()


def test_a_completed_word_takes_the_files(sim: SdsSimulator, clock: Clock) -> None:
    """`completedWithErrors` is told of a set that has been taken."""
    sim.knobs = replace(QUICK, activity_word="completedWithErrors")
    _, statistics = told(sim, clock)

    assert words(statistics) == ["completedWithErrors", "completed"]
    assert len(sim.store.people.active) == 4


def test_a_run_may_fail_over_a_flow_that_completed(sim: SdsSimulator, clock: Clock) -> None:
    """The run's own word says nothing of ours: its people are in SDS."""
    sim.knobs = replace(QUICK, run_word="failed")
    run, statistics = told(sim, clock)

    assert (run["status"], words(statistics)) == ("failed", ["completed", "completed"])
    assert len(sim.store.people.active) == 4


def test_an_idle_flow_may_be_told_otherwise_or_not_at_all(sim: SdsSimulator, clock: Clock) -> None:
    """Failed, or not listed: the reference only has `skipped`."""
    sim.change_flows(lambda flow: replace(flow, readiness="disabled"))
    sim.knobs = replace(QUICK, idle_flow_activity="failed")
    failed = told(sim, clock)[1]
    sim.knobs = replace(QUICK, idle_flow_activity=None)
    unlisted = told(sim, clock)[1]

    assert words(failed) == ["failed", "completed"]
    assert words(unlisted) == ["completed"]


@pytest.mark.parametrize(
    ("activities", "expected"),
    [
        (Activities.FLOWS, ["ours", "theirs"]),
        (Activities.OTHERS, ["theirs"]),
        (Activities.UNKNOWN_IDS, ["?", "?"]),
        (Activities.NONE, []),
        (Activities.NULL, None),
        (Activities.ABSENT, "absent"),
    ],
)
def test_activities_may_not_be_told(
    sim: SdsSimulator, clock: Clock, activities: Activities, expected: list[str] | str | None
) -> None:
    """Null, missing, none, all but ours, or under ids that no flow has."""
    sim.knobs = replace(QUICK, activity_statistics=activities)
    names = dict(zip((flow.id for flow in sim.all_flows()), ("ours", "theirs"), strict=True))
    _, statistics = told(sim, clock)
    found = statistics.get("activityStatistics", "absent")
    if isinstance(found, list):
        found = [names.get(one["activityId"], "?") for one in found]

    assert found == expected


@pytest.mark.parametrize(("given", "expected"), [(Given.NULL, [None]), (Given.ABSENT, [])])
def test_totals_and_counts_may_be_null(
    sim: SdsSimulator, clock: Clock, given: Given, expected: list[None]
) -> None:
    """Graph's metadata allows null for each count, and for the totals as a whole."""
    sim.knobs = replace(QUICK, totals=given)
    without_totals = told(sim, clock)[1]
    sim.knobs = replace(QUICK, counts=given)
    without_counts = told(sim, clock)[1]
    flow = without_counts["activityStatistics"][0]

    assert [without_totals[n] for n in ("inboundTotals",) if n in without_totals] == expected
    assert [flow[n] for n in ("people",) if n in flow] == expected
    assert flow["status"] == "completed"


def test_a_flow_always_says_since_when(sim: SdsSimulator) -> None:
    """Graph's metadata allows no null there, nor for the connector it leads to."""
    sim.flows = [replace(sim.all_flows()[0], connector_id="unlisted")]
    (flow,) = Sender(sim).get("/inboundFlows?$expand=dataConnector").json()["value"]

    assert flow["effectiveDateTime"] == "2026-08-20T00:00:00Z"
    assert flow["dataConnector"]["id"] == "unlisted"


@pytest.mark.parametrize("status", [400, 403, 409, 429])
def test_a_start_may_be_refused(sim: SdsSimulator, status: int) -> None:
    """Each time, and no run begins."""
    sim.knobs = replace(QUICK, start_answer=Answer(status))
    sender = Sender(sim)

    assert [sender.post("/runs/start").status_code for _ in range(2)] == [status] * 2
    assert sim.runs == []


def test_a_start_has_neither_body_nor_location(sim: SdsSimulator) -> None:
    """202 and nothing to follow: the metadata gives the action no result."""
    answer = Sender(sim).post("/runs/start")

    assert (answer.status_code, answer.content) == (202, b"")
    assert "Location" not in answer.headers
