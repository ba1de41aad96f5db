"""Runs, the store and statistics in the simulator (reference sections 4.7 to 5.3)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from simulators.sds import Knobs, SdsSimulator
from tests.simulators.sds.sender import Clock, Sender, lines, run_to_its_end, school

INSTANT = Knobs(operation_s=0)


@pytest.fixture
def sim(clock: Clock) -> SdsSimulator:
    """Operations end at once: here only runs take their time."""
    return SdsSimulator(clock=clock, base_url="https://graph.sim.example", knobs=INSTANT)


def test_a_run_follows_a_validate(sender: Sender) -> None:
    """With the knob on, an accepted upload is read by a run that starts at once."""
    sender.send(school())
    runs = sender.get("/runs").json()["value"]

    assert [one["status"] for one in runs] == ["running"]


def test_without_the_knob_the_schedule_reads_it(
    sim: SdsSimulator, sender: Sender, clock: Clock
) -> None:
    """A run every twelve hours by the clock, an hour long."""
    sim.knobs = replace(sim.knobs, auto_run_after_validate=False)
    sender.send(school())
    before = list(sim.runs)
    clock.pass_s(12 * 3600)
    sim.catch_up()
    during = [run.status for run in sim.runs]
    clock.pass_s(3600)

    assert before == []
    assert during == ["running"]
    assert len(sim.store.people.active) == 4


def test_files_of_a_running_run_are_those_it_began_with(
    sim: SdsSimulator, sender: Sender, clock: Clock
) -> None:
    """A validate during a run waits for one more run, which starts when that one ends."""
    sender.send(school(3))
    sender.send(school(5))
    run_to_its_end(sim, clock)
    first = len(sim.store.people.active)
    clock.pass_s(1800)
    run_to_its_end(sim, clock)

    assert sim.runs[1].started == sim.runs[0].ends
    assert (first, len(sim.store.people.active)) == (4, 6)
    assert len(sim.runs) == 2


def test_five_starts_in_twelve_hours(sim: SdsSimulator, sender: Sender, clock: Clock) -> None:
    """The sixth start is refused, until the first is twelve hours old."""
    sim.knobs = replace(sim.knobs, run_duration_s=0, start_retry_after_s=60)
    statuses = []
    for _ in range(6):
        answer = sender.post("/runs/start")
        statuses.append(answer.status_code)
        clock.pass_s(60)
    clock.pass_s(12 * 3600 - 360)
    sender = Sender(sim)

    assert statuses == [202] * 5 + [429]
    assert answer.headers["Retry-After"] == "60"
    assert sender.post("/runs/start").status_code == 202


@pytest.mark.parametrize(("hours_before", "runs"), [(10, 1), (10.5, 2)])
def test_a_start_skips_the_scheduled_run_within_ten_hours(
    sim: SdsSimulator, clock: Clock, hours_before: float, runs: int
) -> None:
    """Due within ten hours of a start it does not happen; later it does."""
    clock.pass_s((12 - hours_before) * 3600)
    Sender(sim).post("/runs/start")
    clock.pass_s(hours_before * 3600)
    sim.catch_up()

    assert len(sim.runs) == runs


def test_a_start_while_running_is_refused(sender: Sender) -> None:
    """Unknown in the reference, a knob here: 409 unless it says otherwise."""
    sender.post("/runs/start")

    assert sender.post("/runs/start").status_code == 409


def test_activities_name_their_flow(sender: Sender) -> None:
    """A run is expanded with activities, and those with the flow they belong to."""
    sender.send(school())
    run = sender.get("/runs").json()["value"][0]["id"]
    expanded = sender.get(f"/runs/{run}?$expand=activities").json()["activities"]
    listed = sender.get(f"/runs('{run}')/activities?$expand=activity").json()["value"]

    assert [one["id"] for one in expanded] == [one["id"] for one in listed]
    assert listed[0]["activity"]["id"] == sender.sim.all_flows()[0].id


@pytest.mark.parametrize(
    "spelling",
    ["getStatistics", "getStatistics()", "microsoft.graph.industryData.getStatistics()"],
)
def test_statistics_count_what_was_sent(
    sim: SdsSimulator, sender: Sender, clock: Clock, spelling: str
) -> None:
    """Plain integers in the totals, active and inactive in each activity."""
    sender.send(school(3, sets=2))
    run_to_its_end(sim, clock)
    sender = Sender(sim)
    run = sender.get("/runs").json()["value"][0]
    body = sender.get(f"/runs/{run['id']}/{spelling}").json()
    totals, activity = body["inboundTotals"], body["activityStatistics"][0]

    assert run["status"] == body["status"] == activity["status"] == "completed"
    assert {name: totals[name] for name in ("people", "groups", "memberships", "errors")} == {
        "people": 4,
        "groups": 2,
        "memberships": 8,
        "errors": 0,
    }
    assert activity["people"] == {"active": 4, "inactive": 0, "total": 4}
    assert totals["matchedPeopleByRole"] == [
        {"role": "student", "count": 3},
        {"role": "teacher", "count": 1},
    ]


def test_who_is_missing_turns_inactive_and_who_returns_active(
    sim: SdsSimulator, clock: Clock
) -> None:
    """Each upload is the whole truth; nobody is forgotten."""
    seen = []
    for pupils in (3, 1, 3):
        Sender(sim).send(school(pupils))
        run_to_its_end(sim, clock)
        seen.append((sim.store.people.counts(), sim.store.memberships.counts()["inactive"]))

    assert [(people["active"], people["inactive"]) for people, _ in seen] == [
        (4, 0),
        (2, 2),
        (4, 0),
    ]
    assert [inactive for _, inactive in seen] == [0, 2, 0]


def test_a_set_without_classes_empties_every_class(
    sim: SdsSimulator, sender: Sender, clock: Clock
) -> None:
    """There is no threshold: the disaster that a sender must prevent does happen here."""
    sender.send(school())
    run_to_its_end(sim, clock)
    few = {n: c for n, c in school().items() if n not in {"classes.csv", "enrollments.csv"}}
    Sender(sim).send(few)
    run_to_its_end(sim, clock)

    assert sim.store.groups.counts() == {"active": 0, "inactive": 1, "total": 1}


def test_unmatched_people_are_counted(clock: Clock) -> None:
    """Names are compared without case; who is not in Entra is unmatched, by role."""
    sim = SdsSimulator(clock=clock, people={"T1@FERN.example", "p0@fern.example"}, knobs=INSTANT)
    files = school(3)
    Sender(sim).send(files | {"users.csv": files["users.csv"].replace(b"p0@fern", b"P0@Fern")})
    run_to_its_end(sim, clock)

    assert dict(sim.store.matched) == {"teacher": 1, "student": 1}
    assert dict(sim.store.unmatched) == {"student": 2}


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (["t1,o1,student,FALSE", "t1,o1,teacher,FALSE"], {"teacher": 1}),
        (["t1,o1,student,TRUE", "t1,o1,teacher,FALSE"], {"student": 1}),
        (["t1,o1,student,TRUE", "t1,o1,teacher,TRUE"], {"teacher": 1}),
        (["t1,o1,other,TRUE"], {}),
    ],
)
def test_one_role_decides_for_each_person(
    sim: SdsSimulator, sender: Sender, clock: Clock, roles: list[str], expected: dict[str, int]
) -> None:
    """The primary role, else that of staff; who has none of a role group is not counted."""
    table = lines("userSourcedId,orgSourcedId,role,isPrimary", *roles)
    sender.send(school() | {"roles.csv": table})
    run_to_its_end(sim, clock)

    assert dict(sim.store.matched) == expected


def test_row_faults_give_the_run_its_status(
    sim: SdsSimulator, sender: Sender, clock: Clock
) -> None:
    """An error drops the row and its dependents: counts in the API, rows for tests only."""
    broken = school(3)
    broken["users.csv"] = broken["users.csv"].replace(b"p0,", b",")
    sender.send(broken)
    run_to_its_end(sim, clock)
    sender = Sender(sim)
    run = sender.get("/runs").json()["value"][0]
    body = sender.get(f"/runs/{run['id']}/getStatistics").json()

    assert run["status"] == "completedWithErrors"
    assert body["inboundTotals"]["errors"] == len(sim.row_errors) == 3
    assert "p0" not in json.dumps(body)


def test_a_blocking_error_fails_the_run_and_changes_nothing(
    sim: SdsSimulator, sender: Sender, clock: Clock
) -> None:
    """`failed` with the code, and the store as it was."""
    sim.knobs = replace(sim.knobs, blocking_error="InternalError")
    sender.send(school())
    run_to_its_end(sim, clock)
    run = Sender(sim).get("/runs").json()["value"][0]

    assert (run["status"], run["blockingError"]["code"]) == ("failed", "InternalError")
    assert sim.store.people.active == frozenset()


def test_a_run_can_last_for_ever(sim: SdsSimulator, sender: Sender, clock: Clock) -> None:
    """It stays `running`, and the schedule starts no other."""
    sim.knobs = replace(sim.knobs, run_duration_s=None)
    sender.send(school())
    clock.pass_s(72 * 3600)
    sim.catch_up()

    assert [run.status for run in sim.runs] == ["running"]


def test_a_large_school_goes_all_the_way(sim: SdsSimulator, sender: Sender, clock: Clock) -> None:
    """1,500 pupils with 25,500 enrolments are validated, run and counted."""
    sender.send(school(1500, sets=17))
    run_to_its_end(sim, clock)

    assert sim.store.memberships.counts()["active"] == 17 * 1501
    assert sim.row_errors == []
