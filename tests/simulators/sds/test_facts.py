"""What the simulator answers under healthy knobs fits the project's table of Graph's facts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from simulators.sds import (
    NEIGHBOUR,
    SENDER_ROLES,
    SETUP_ROLES,
    Activities,
    AdministrativeUnits,
    ClassGroups,
    Connector,
    Flow,
    FlowSet,
    Given,
    Knobs,
    Names,
    SdsSimulator,
    SecurityGroups,
    Source,
    Users,
    neighbour_files,
)
from simulators.sds.calls import GRAPH_PATH
from simulators.sds.facts import ENUMS, FACTS, LISTS, ONE_OF, POSTS, TYPES, misfits
from simulators.sds.routes import ROUTES, Service
from tests.simulators.sds.sender import CAST, CONNECTOR, Clock, Sender, run_to_its_end, school

HEALTHY = Knobs(
    roles=SENDER_ROLES | SETUP_ROLES,
    operation_polls=1,
    graph_knows_operation=True,
    graph_lists_operations=True,
)
FLOW = Flow(id="f1", connector_id=CONNECTOR.id)
OUTBOUND = (
    ClassGroups(attributes=("courseCode",), owners=None),
    Users(attributes=("userNumber",), age_group="minor", readiness=None),
    SecurityGroups(),
    AdministrativeUnits(),
)


def answers(sim: SdsSimulator, clock: Clock) -> Iterator[tuple[str, Any]]:
    """Yield every document that a whole delivery meets, and its type; a list's items one by one."""
    sender = Sender(sim)
    session = f"/dataConnectors/{CONNECTOR.id}/{CAST}/getUploadSession"
    yield "fileUploadSession", sender.get(session).json()
    operation = sender.send(school())
    for _ in range(3):
        yield "fileValidateOperation", sender.get(f"/operations/{operation}").json()
        clock.pass_s(sim.knobs.operation_s / 2 + 5)
    yield from listed(sender)
    sender.post("/runs/start")  # where nothing was staged, no run has begun by itself
    run_to_its_end(sim, clock)
    sender = Sender(sim)
    yield from listed(sender)
    yield from one_by_one(sender)
    for run in sim.runs:
        yield from of_run(sender, f"/runs/{run.id}")


def listed(sender: Sender) -> Iterator[tuple[str, Any]]:
    expanded = (
        "dataConnectors?$expand=sourceSystem($expand=userMatchingSettings/roleGroup)",
        "inboundFlows?$expand=dataConnector,year",
        "outboundProvisioningFlowSets?$expand=provisioningFlows",
        "runs?$expand=activities",
        "sourceSystems?$expand=userMatchingSettings($expand=roleGroup)",
    )
    for path in (*LISTS, *expanded):
        for item in sender.get(f"/{path}").json()["value"]:
            yield LISTS[path.partition("?")[0]], item


def one_by_one(sender: Sender) -> Iterator[tuple[str, Any]]:
    """Yield the first of each list by its id, and whatever it leads to by an address of its own."""
    for name in sorted(LISTS.keys() - {"operations", "runs"}):
        for item in sender.get(f"/{name}").json()["value"][:1]:
            yield LISTS[name], sender.get(f"/{name}/{item['id']}").json()
    connector, flow, chosen = f"/dataConnectors('{CONNECTOR.id}')", "/inboundFlows/f1", FlowSet().id
    flows = f"/outboundProvisioningFlowSets/{chosen}/provisioningFlows"
    yield "sourceSystemDefinition", sender.get(f"{connector}/sourceSystem").json()
    yield "azureDataLakeConnector", sender.get(f"{flow}/dataConnector").json()
    yield "yearTimePeriodDefinition", sender.get(f"{flow}/year").json()
    for item in sender.get(flows).json()["value"]:
        yield "provisioningFlow", item
        yield "provisioningFlow", sender.get(f"{flows}('{item['id']}')").json()


def of_run(sender: Sender, path: str) -> Iterator[tuple[str, Any]]:
    yield "industryDataRun", sender.get(f"{path}?$expand=activities($expand=activity)").json()
    for item in sender.get(f"{path}/activities?$expand=activity").json()["value"]:
        yield "inboundFlowActivity", item
    yield "industryDataRunStatistics", sender.get(f"{path}/getStatistics").json()


@pytest.mark.parametrize(
    "knobs",
    [
        HEALTHY,
        replace(HEALTHY, operation_s=30),
        replace(HEALTHY, operation_status="failed"),
        replace(HEALTHY, operation_status="skipped"),
        replace(HEALTHY, overlooked=frozenset({"users.csv"})),
        replace(HEALTHY, validated_files=Names.PATHS, extra_warnings=(("Odd", "users.csv"),)),
        replace(HEALTHY, activity_word="skipped"),
        replace(HEALTHY, activity_statistics=Activities.NULL, totals=Given.NULL),
        replace(HEALTHY, counts=Given.NULL),
        replace(HEALTHY, blocking_error="InternalApplicationError"),
    ],
)
@pytest.mark.parametrize(
    "flow",
    [
        FLOW,
        replace(FLOW, readiness="disabled"),
        replace(FLOW, readiness="notYetKnown"),
        replace(FLOW, expires=Clock().now),
    ],
)
def test_every_answer_fits_the_table(clock: Clock, knobs: Knobs, flow: Flow) -> None:
    """Each property is known and of its type, null stands where it may, each word is a member."""
    sim = SdsSimulator(
        clock=clock,
        base_url="https://graph.sim.example",
        knobs=knobs,
        connectors=[Connector(), Connector(id="old", format_code=None)],
        flows=[flow],
        sources=[Source(id="s1", matching=None), Source(id="s2", vendor="Acme")],
        flow_sets=[FlowSet(id="none", flows=(), org_ids=("o1",)), FlowSet(flows=OUTBOUND)],
    )
    sim.settle(NEIGHBOUR, neighbour_files())
    seen = list(answers(sim, clock))

    assert [fault for kind, document in seen for fault in misfits(document, kind)] == []
    assert {kind for kind, _ in seen} == {*LISTS.values(), *GIVEN, *ASIDE}
    assert {line.route for line in sim.requests if line.status == 200} >= READ_ROUTES


ASIDE = {"inboundFlowActivity", "provisioningFlow"}
READ_ROUTES = {
    route.name
    for route in ROUTES
    if (route.method, route.service) == ("GET", Service.GRAPH)
    and route.paths[0].startswith(GRAPH_PATH)
}
GIVEN = {call["gives"] for call in FACTS["calls"].values() if call["gives"]}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"shoe": 7}, "industryDataRun.shoe: no such property"),
        ({"status": None}, "industryDataRun.status: null"),
        ({"status": "done"}, "industryDataRun.status: 'done' is no industryDataRunStatus"),
        ({"id": 7}, "industryDataRun.id: 7 is no String"),
        ({"startDateTime": "today"}, "industryDataRun.startDateTime: 'today' is no DateTimeOffset"),
        ({"activities": {}}, "industryDataRun.activities: not a list"),
        ({"blockingError": 1}, "industryDataRun.blockingError: not an object"),
        ({"@odata.type": "#microsoft.graph.x"}, "industryDataRun: is said to be x"),
        ({"endDateTime": None}, None),
        ({"blockingError": {"innerError": None}}, None),
        ({"blockingError": {"code": None}}, "industryDataRun.blockingError.code: null"),
    ],
)
def test_what_does_not_fit_is_found(change: dict[str, object], fault: str | None) -> None:
    """The table is held against the answers by a check that can fail."""
    document = {"id": "r1", "status": "running"} | change

    assert list(misfits(document, "industryDataRun")) == ([] if fault is None else [fault])


def test_every_word_has_a_meaning_and_every_meaning_a_word() -> None:
    """No member of an enumeration is without a decision, nor is a word that was met elsewhere."""
    words = {enum: {*members, *FACTS["beyond"].get(enum, ())} for enum, members in ENUMS.items()}

    assert {enum: set(meant) for enum, meant in FACTS["meanings"].items()} == words


def test_every_enumeration_has_the_member_for_what_is_to_come() -> None:
    """By that member Graph masks words that it learns later."""
    assert all("unknownFutureValue" in members for members in ENUMS.values())


def test_every_type_that_is_named_is_in_the_table() -> None:
    """A type of a property is plain, an enumeration, or another type of the table."""
    plain = {"Boolean", "Date", "DateTimeOffset", "Int32", "String"}
    named = {
        written.removeprefix("-> ").rstrip("?~").removesuffix("[]")
        for properties in TYPES.values()
        for written in properties.values()
    }

    assert named <= plain | set(ENUMS) | set(TYPES) | set(ONE_OF)
    assert (set(LISTS.values()) | GIVEN) <= set(TYPES)
    assert {kind for kinds in ONE_OF.values() for kind in kinds} <= set(TYPES)
    assert set(ENUMS) <= named


def test_what_must_be_posted_is_in_the_table() -> None:
    """Each list that grows is a list, and what its body must have are its own properties."""
    assert {name: post["kind"] for name, post in POSTS.items()}.items() <= LISTS.items()
    for post in POSTS.values():
        properties = TYPES[post["kind"]]

        assert all(not properties[name].startswith("->") for name in post["required"])
        assert all(properties[name].startswith("->") for name in post["links"])


@pytest.mark.parametrize(
    ("kind", "document", "fault"),
    [
        ("provisioningFlow", {"id": "e"}, "provisioningFlow: is said to be provisioningFlow"),
        ("provisioningFlow", {"@odata.type": "#microsoft.graph.x"}, "is said to be x"),
        ("additionalClassGroupOptions", {"createTeam": 1}, "1 is no Boolean"),
        ("yearTimePeriodDefinition", {"endDate": "2027-02-30"}, "'2027-02-30' is no Date"),
        ("yearTimePeriodDefinition", {"endDate": "20270228"}, "'20270228' is no Date"),
        ("inboundFileFlow", {"effectiveDateTime": "2026-08-20T00:00:00"}, "is no DateTimeOffset"),
        ("inboundFileFlow", {"effectiveDateTime": "20260820T000000Z"}, "is no DateTimeOffset"),
        ("inboundFileFlow", {"effectiveDateTime": "2026-08-32T00:00:00Z"}, "is no DateTimeOffset"),
    ],
)
def test_a_value_is_of_its_type_as_odata_writes_it(
    kind: str, document: dict[str, object], fault: str
) -> None:
    """Days, moments and truths are not taken in spellings that only Python reads."""
    (found,) = misfits(document, kind)

    assert fault in found


def test_the_table_says_when_it_was_read() -> None:
    """Graph's beta changes: a table without a date is none."""
    assert date.fromisoformat(FACTS["read"]) >= date(2026, 11, 29)
