"""What stands in Graph's lists beside our connector, our flow and our run never fails ours."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from simulators.school import invent
from sync.edge.clock import Budget
from sync.edge.graph.values import Flow, Whereabouts
from sync.errors import TargetMalformed, TargetRefused
from sync.report import Outcome
from tests.edge.graph_tenant import GRAPH, NAME, scripted
from tests.worlds import make_world

ID = "0b1f8a52-0000-4000-8000-0000000000c1"
BASE = f"{GRAPH}/beta/external/industryData"
SINCE = datetime(2026, 9, 14, 21, tzinfo=UTC)
CONNECTOR = {
    "id": ID,
    "displayName": NAME,
    "@odata.type": "#microsoft.graph.industryData.azureDataLakeConnector",
}
STRANGE: tuple[object, ...] = (
    None, 7, "x", [], [[]], {}, {"id": None}, {"id": ["x"]}, {"id": "../x", "displayName": 7},
    {"id": "f9", "dataConnector": "c1", "displayName": {}, "startDateTime": 7, "status": []},
    {"id": "f8", "dataConnector": {"id": 7}, "readinessStatus": {}, "createdDateTime": "soon"},
)  # fmt: skip


class Beside(httpx.BaseTransport):
    """Adds a record to the list of flows that *wire* gives."""

    def __init__(self, wire: httpx.BaseTransport, record: dict[str, object]) -> None:
        self.wire = wire
        self.record = record

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.wire.handle_request(request)
        if not request.url.path.endswith("/inboundFlows"):
            return answer
        page = json.loads(answer.read())
        return httpx.Response(200, json=page | {"value": [*page["value"], self.record]})


@pytest.mark.parametrize("strange", STRANGE, ids=repr)
def test_a_strange_record_beside_ours_changes_nothing(strange: object) -> None:
    """Connector, flow, run and operation are found, whatever stands before or after them."""
    flow = {"id": "f1", "readinessStatus": "expired", "dataConnector": {"id": ID}}
    run = {"id": "r1", "status": "running", "startDateTime": "2026-09-14T22:00:00Z"}
    operation = {"id": "o1", "status": "failed", "createdDateTime": "2026-09-14T21:00:00Z"}
    ours = {
        "dataConnectors": CONNECTOR,
        "inboundFlows": flow,
        "runs": run,
        "operations": operation | {"resourceLocation": f"{BASE}/dataConnectors/{ID}"},
    }

    def answer(request: httpx.Request) -> httpx.Response:
        record = ours[request.url.path.rpartition("/")[2]]
        return httpx.Response(200, json={"value": [strange, record, strange]})

    target, clock, _ = scripted(answer)
    budget = Budget.of(clock, 60)
    look = target.operation(Whereabouts("", "", ID, SINCE), budget)

    assert target.connector(NAME, budget).id == ID
    assert Flow("f1", ID, "expired") in (target.flows(budget) or ())
    assert [run.id for run in target.runs_since(SINCE, budget)] == ["r1"]
    assert look.operation is not None
    assert look.operation.state == "rejected"


def test_a_record_that_bears_our_name_must_be_usable() -> None:
    """What may be our connector is not passed over."""
    page = {"value": [{"displayName": NAME}, {"id": "c2"}]}
    target, clock, _ = scripted(lambda _: httpx.Response(200, json=page))

    with pytest.raises(TargetMalformed, match="without a usable id"):
        target.connector(NAME, Budget.of(clock, 60))


def test_a_connector_that_is_listed_twice_is_one() -> None:
    """A record may slip to the next page while the list is read."""
    twice = [CONNECTOR, CONNECTOR | {"id": ID.upper()}]
    target, clock, _ = scripted(lambda _: httpx.Response(200, json={"value": twice}))

    assert target.connector(NAME, Budget.of(clock, 60)).id == ID.upper()


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.microsoft.com:443/beta/external/industryData/dataConnectors?$skiptoken=1",
        "https://graph.microsoft.com/Beta/External/IndustryData/dataconnectors?$skiptoken=1",
        "HTTPS://Graph.Microsoft.com/beta/external/industrydata/dataConnectors?$skipToken=1",
    ],
)
def test_a_link_may_be_written_in_another_case_and_with_the_usual_port(link: str) -> None:
    """That is the same place: the page there is read, under the address that Graph gave."""
    pages = iter([{"value": [], "@odata.nextLink": link}, {"value": [CONNECTOR]}])
    target, clock, sent = scripted(lambda _: httpx.Response(200, json=next(pages)))

    assert target.connector(NAME, Budget.of(clock, 60)).id == ID
    assert sent[1].url.raw_path.decode() == link.partition(".com")[2].removeprefix(":443")


@pytest.mark.parametrize("neighbour", [{"id": "f9"}, {"id": None, "dataConnector": {"id": ID}}])
def test_a_strange_neighbour_does_not_hide_that_our_flow_has_expired(
    neighbour: dict[str, object],
) -> None:
    """The hand-over is refused as it is without the neighbour: what is sent would go nowhere."""
    scene = make_world(invent(20, quirks=False), sds_transport=lambda wire: Beside(wire, neighbour))
    scene.sds.change_flows(lambda flow: replace(flow, readiness="expired"))
    scene.pull()
    step = scene.accept()

    assert step.outcome is Outcome.FAILED
    assert isinstance(step.error, TargetRefused)
    assert step.error.facts["states"] == "expired"
    assert not scene.sds.submissions
