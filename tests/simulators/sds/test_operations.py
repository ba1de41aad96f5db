"""Where an operation is known, and when it ends, in the simulator (reference section 11)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from simulators.sds import MOVED, SIGN_IN_PAGE, Answer, Body, Knobs, Location, SdsSimulator
from simulators.sds.listening import listening
from tests.simulators.sds.sender import (
    BACKEND,
    CONNECTOR,
    GRAPH,
    Clock,
    Sender,
    run_to_its_end,
    school,
)

QUICK = Knobs(operation_polls=0, operation_s=0, min_poll_s=0, graph_knows_operation=True)


@pytest.fixture
def sim(clock: Clock) -> SdsSimulator:
    """A tenant whose operations end at once, so that only the place is tried."""
    return SdsSimulator(clock=clock, base_url="https://graph.sim.example", knobs=QUICK)


@pytest.mark.parametrize("by_id", [True, False])
@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("backend", [True, False])
def test_each_place_knows_of_itself_alone(
    sim: SdsSimulator, sender: Sender, *, by_id: bool, listed: bool, backend: bool
) -> None:
    """Graph by id, Graph's list and the address of `Location`: each as its own knob says."""
    sim.knobs = replace(
        QUICK,
        graph_knows_operation=by_id,
        graph_lists_operations=listed,
        backend_knows_operation=backend,
    )
    operation = sender.send(school())
    listing = sender.get("/operations").json()["value"]

    assert sender.get(f"/operations/{operation}").status_code == (200 if by_id else 404)
    assert [item["id"] for item in listing] == ([operation] if listed else [])
    assert sender.at(f"{BACKEND}/operations/{operation}").status_code == (200 if backend else 404)


def test_the_list_names_the_connector_of_each(sim: SdsSimulator, sender: Sender) -> None:
    """Who has no id finds its operation by the end of `resourceLocation`."""
    sim.knobs = replace(QUICK, graph_lists_operations=True)
    sender.send(school())
    (item,) = sender.get("/operations").json()["value"]

    assert item["resourceLocation"].endswith(f"/{CONNECTOR.id}")
    assert item["status"] == "succeeded"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (Body.AS_GRAPH, {"id": "same", "status": "succeeded"}),
        (Body.WITHOUT_ID, {"id": None, "status": "succeeded"}),
        (Body.OTHER_ID, {"id": "other", "status": "succeeded"}),
        (Body.UPPER_CASE_ID, {"id": "upper", "status": "succeeded"}),
        (Body.PASCAL_CASE, {"id": None, "status": None, "Id": "same", "Status": "succeeded"}),
    ],
)
def test_the_backend_writes_in_its_own_way(
    sim: SdsSimulator, sender: Sender, body: Body, expected: dict[str, str | None]
) -> None:
    """With the id, without, another one, in capitals; with property names as .NET has them."""
    sim.knobs = replace(QUICK, backend_body=body)
    operation = sender.send(school())
    ids = {operation: "same", operation.upper(): "upper", None: None}
    found = sender.at(f"{BACKEND}/operations/{operation}").json()
    told: dict[str, Any] = {name: found.get(name) for name in expected}
    for name in told.keys() & {"id", "Id"}:
        told[name] = ids.get(told[name], "other")

    assert told == expected


def test_pascal_case_goes_all_the_way_down(sim: SdsSimulator, sender: Sender) -> None:
    """Errors have it too."""
    sim.knobs = replace(QUICK, backend_body=Body.PASCAL_CASE)
    operation = sender.send({"users.csv": school()["users.csv"]})
    found = sender.at(f"{BACKEND}/operations/{operation}").json()

    assert found["Errors"][0]["Code"] == "RequiredFileNotFound"


@pytest.mark.parametrize(
    ("answer", "status", "header"),
    [
        (Answer(401), 401, None),
        (Answer(403), 403, None),
        (Answer(404), 404, None),
        (Answer(429, "7"), 429, ("Retry-After", "7")),
        (Answer(503), 503, None),
        (SIGN_IN_PAGE, 200, ("Content-Type", "text/html; charset=utf-8")),
        (MOVED, 302, ("Location", "https://elsewhere.example/operations/moved")),
    ],
)
def test_the_backend_answers_as_the_knob_says(
    sim: SdsSimulator,
    sender: Sender,
    answer: Answer,
    status: int,
    header: tuple[str, str] | None,
) -> None:
    """Every call, and no call to Graph."""
    sim.knobs = replace(QUICK, backend_answer=answer)
    operation = sender.send(school())
    found = [sender.at(f"{BACKEND}/operations/{operation}") for _ in range(2)]

    assert [one.status_code for one in found] == [status] * 2
    assert header is None or found[0].headers[header[0]] == header[1]
    assert sender.get("/dataConnectors").status_code == 200


def test_the_backend_may_not_be_there(sim: SdsSimulator, sender: Sender) -> None:
    """No connection: in process, the exception that the transport would raise."""
    sim.knobs = replace(QUICK, backend_answer=httpx.ConnectError("nobody"))
    operation = sender.send(school())

    with pytest.raises(httpx.ConnectError):
        sender.at(f"{BACKEND}/operations/{operation}")


def test_the_backend_demands_the_token(sim: SdsSimulator, sender: Sender) -> None:
    """It is the Graph token that it takes: without one, 401."""
    operation = sender.send(school())

    assert sender.http.get(f"{BACKEND}/operations/{operation}").status_code == 401


def test_graph_is_not_served_at_the_backend(sender: Sender) -> None:
    """Nor the backend's path on Graph's host."""
    operation = sender.send(school())
    origin = BACKEND.partition("/api")[0]

    assert sender.at(f"{origin}/beta/external/industryData/runs").status_code == 404
    assert (
        sender.at(f"{BACKEND}/operations/{operation}".replace(origin, GRAPH[:25])).status_code
        == 404
    )


def test_a_quoted_location_leads_to_the_same_operation(sim: SdsSimulator, sender: Sender) -> None:
    """`operations('{id}')`, as OData writes it as well."""
    sim.knobs = replace(QUICK, location=Location.BACKEND_QUOTED)
    sender.put(sender.open(), school())
    told = sender.validate().headers["Location"]

    assert told.endswith(f"/operations('{sim.submissions[-1].operation_id}')")
    assert sender.at(told).json()["id"] == sim.submissions[-1].operation_id


def test_over_sockets_the_backend_has_its_own_port(clock: Clock) -> None:
    """`Location` leads to a second loopback port, where Graph is not."""
    sim = SdsSimulator(clock=clock, knobs=QUICK)
    with listening(sim) as graph_url, httpx.Client(trust_env=False) as http:
        sim.tokens["t"] = sim.after(60), sim.knobs.roles
        bearer = {"Authorization": "Bearer t"}
        root = f"{graph_url}/beta/external/industryData"
        told = http.post(f"{root}/dataConnectors/{CONNECTOR.id}/validate", headers=bearer)
        found = http.get(told.headers["Location"], headers=bearer)
        strayed = http.get(root.replace(graph_url, sim.backend_url) + "/runs", headers=bearer)

    assert sim.backend_url.startswith("http://127.0.0.1:")
    assert sim.backend_url != graph_url
    assert (found.status_code, strayed.status_code) == (200, 404)


def test_files_are_a_runs_when_the_operation_ends(
    sim: SdsSimulator, sender: Sender, clock: Clock
) -> None:
    """By the clock, whether anybody asks or not; the run begins at that very moment."""
    sim.knobs = replace(QUICK, operation_s=90, operation_polls=10**6)
    sender.send(school())
    clock.pass_s(89)
    sim.catch_up()
    before = dict(sim.staged), list(sim.runs)
    clock.pass_s(4000)
    sim.catch_up()

    assert before == ({}, [])
    assert sim.staged == {CONNECTOR.id: school()}
    assert [(clock.now - run.started).total_seconds() for run in sim.runs] == [3999]


def test_a_run_that_began_before_the_end_took_last_times_files(
    sim: SdsSimulator, sender: Sender, clock: Clock
) -> None:
    """A scheduled run between validate and the operation's end does not see the new files."""
    sender.send(school(3))
    run_to_its_end(sim, clock)
    clock.pass_s(11 * 3600 - 60)
    sim.knobs = replace(QUICK, operation_s=120)
    Sender(sim).send(school(9))
    clock.pass_s(120)
    run_to_its_end(sim, clock)
    early = len(sim.store.people.active)
    run_to_its_end(sim, clock)

    assert (early, len(sim.store.people.active)) == (4, 10)
    assert [run.status for run in sim.runs] == ["completed"] * 3


def test_the_moment_of_the_end_stays(sim: SdsSimulator, sender: Sender, clock: Clock) -> None:
    """`lastActionDateTime` is when it ended, however late and often one asks."""
    sim.knobs = replace(QUICK, operation_s=8)
    operation = sender.send(school())
    seen = []
    for _ in range(4):
        body = sender.get(f"/operations/{operation}").json()
        seen.append((body["status"], body["lastActionDateTime"]))
        clock.pass_s(6)

    assert seen == [
        ("notStarted", "2026-09-02T01:00:00Z"),
        ("running", "2026-09-02T01:00:00Z"),
        *[("succeeded", "2026-09-02T01:00:08Z")] * 2,
    ]


@pytest.mark.parametrize(("off_s", "expected"), [(None, None), (-3600, "2026-09-02T00:00:00Z")])
def test_the_moment_of_the_end_may_be_wrong(
    sim: SdsSimulator, sender: Sender, off_s: float | None, expected: str | None
) -> None:
    """Missing, or by another clock."""
    sim.knobs = replace(QUICK, last_action_off_s=off_s)
    operation = sender.send(school())

    assert sender.get(f"/operations/{operation}").json().get("lastActionDateTime") == expected
