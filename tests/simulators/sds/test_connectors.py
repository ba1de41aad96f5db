"""Finding the connector in the simulator (reference section 4.2)."""

from __future__ import annotations

from datetime import timedelta

from simulators.sds import Connector, Flow, Knobs, SdsSimulator
from tests.simulators.sds.sender import CAST, CONNECTOR, GRAPH, Clock, Sender


def test_pages_follow_one_another_to_the_last(clock: Clock) -> None:
    """With a page size every connector is listed once over the `@odata.nextLink`s."""
    many = [Connector(id=f"id-{n}", name="MIS feed") for n in range(5)]
    sim = SdsSimulator(clock=clock, connectors=many, knobs=Knobs(page_size=2))
    sender = Sender(sim)
    seen: list[str] = []
    url: str | None = f"{GRAPH}/dataConnectors"
    while url:
        page = sender.http.get(url, headers=sender.bearer).json()
        seen += [one["id"] for one in page["value"]]
        url = page.get("@odata.nextLink")

    assert seen == [one.id for one in many]


def test_the_next_page_is_expanded_as_well(clock: Clock) -> None:
    """A `nextLink` carries the options of the call that it continues."""
    flows = [Flow(id=f"f{n}", connector_id=CONNECTOR.id) for n in range(2)]
    sender = Sender(SdsSimulator(clock=clock, flows=flows, knobs=Knobs(page_size=1)))
    first = sender.get("/inboundFlows?$expand=dataConnector").json()
    second = sender.http.get(first["@odata.nextLink"], headers=sender.bearer).json()

    assert second["value"][0]["dataConnector"]["id"] == CONNECTOR.id


def test_an_old_connector_names_no_format(clock: Clock) -> None:
    """Without a format code the field is missing, not null."""
    sender = Sender(SdsSimulator(clock=clock, connectors=[Connector(format_code=None)]))

    assert "fileFormat" not in sender.get("/dataConnectors").json()["value"][0]


def test_a_connector_of_another_type_opens_no_session(clock: Clock) -> None:
    """Only an Azure Data Lake connector takes files."""
    other = Connector(odata_type="#microsoft.graph.industryData.oneRosterApiDataConnector")
    sender = Sender(SdsSimulator(clock=clock, connectors=[other]))

    assert sender.get(f"/dataConnectors/{other.id}/{CAST}/getUploadSession").status_code == 400


def test_a_flow_expires_by_the_clock(clock: Clock) -> None:
    """`readinessStatus` turns from ready to expired, and its connector comes along."""
    flow = Flow(id="f1", connector_id=CONNECTOR.id, expires=clock() + timedelta(hours=0.5))
    sender = Sender(SdsSimulator(clock=clock, flows=[flow]))
    before = sender.get("/inboundFlows/f1?$expand=dataConnector").json()
    clock.pass_s(1800)
    after = sender.get("/inboundFlows('f1')").json()

    assert (before["readinessStatus"], after["readinessStatus"]) == ("ready", "expired")
    assert before["dataConnector"]["id"] == CONNECTOR.id
    assert "dataConnector" not in after
