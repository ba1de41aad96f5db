"""An SDS in which nothing is made yet, and a person who makes the inbound half of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from simulators.sds import SETUP_ROLES, Knobs, SdsSimulator
from tests.simulators.sds.sender import GRAPH, Clock, Sender

PATH = "/beta/external/industryData"
TYPE = "#microsoft.graph.industryData."


def empty(clock: Clock, knobs: Knobs | None = None) -> SdsSimulator:
    return SdsSimulator(
        clock=clock,
        base_url="https://graph.sim.example",
        connectors=(),
        years=(),
        flow_sets=(),
        knobs=knobs or Knobs(),
    )


def matching(group: str, priority: int, target: str = "userPrincipalName") -> dict[str, Any]:
    return {
        "sourceIdentifier": {"code": "username"},
        "matchTarget": {"code": target},
        "priorityOrder": priority,
        "roleGroup@odata.bind": f"{GRAPH}/roleGroups('{group}')",
    }


@dataclass
class Maker:
    """Posts what Microsoft's own examples post; a body may be changed, None takes a part away."""

    sim: SdsSimulator
    sender: Sender = field(init=False)

    def __post_init__(self) -> None:
        self.sender = Sender(self.sim).come_as(SETUP_ROLES)

    def source(self, **changes: object) -> httpx.Response:
        body = {
            "displayName": "iSAMS",
            "vendor": "IRIS",
            "userMatchingSettings": [matching("staff", 0), matching("students", 1)],
        }
        return self._post("sourceSystems", body, changes)

    def connector(self, source_id: str, **changes: object) -> httpx.Response:
        body = {
            "@odata.type": f"{TYPE}azureDataLakeConnector",
            "displayName": "MIS feed",
            "fileFormat": {"code": "schoolDataSyncV2Rev1"},
            "sourceSystem@odata.bind": f"{GRAPH}/sourceSystems('{source_id}')",
        }
        return self._post("dataConnectors", body, changes)

    def year(self, **changes: object) -> httpx.Response:
        body = {
            "displayName": "2026/27",
            "year": {"code": "2027"},
            "startDate": "2026-09-01",
            "endDate": "2027-08-31",
        }
        return self._post("years", body, changes)

    def flow(self, connector_id: str, year_id: str, **changes: object) -> httpx.Response:
        body = {
            "@odata.type": f"{TYPE}inboundFileFlow",
            "displayName": "Roster",
            "dataDomain": "educationRostering",
            "effectiveDateTime": "2026-09-02T01:00:00Z",
            "expirationDateTime": "2027-08-31T00:00:00+01:00",
            "dataConnector@odata.bind": f"{GRAPH}/dataConnectors/{connector_id}",
            "year@odata.bind": f"https://graph.microsoft.com{PATH}/years('{year_id}')",
        }
        return self._post("inboundFlows", body, changes)

    def whole(self) -> Whole:
        """Make one of each, and return their ids."""
        source = made(self.source())
        connector, year = made(self.connector(source)), made(self.year())
        return Whole(source, connector, year, made(self.flow(connector, year)))

    def one(self, entity_set: str, changes: Mapping[str, object]) -> httpx.Response:
        """Post to *entity_set* what leads to the first objects that there are."""
        first = {
            name: next((one.id for one in held), "none")
            for name, held in (
                ("source", self.sim.all_sources()),
                ("connector", self.sim.connectors),
                ("year", self.sim.years),
            )
        }
        posts: dict[str, Callable[[], httpx.Response]] = {
            "sourceSystems": lambda: self.source(**changes),
            "dataConnectors": lambda: self.connector(first["source"], **changes),
            "years": lambda: self.year(**changes),
            "inboundFlows": lambda: self.flow(first["connector"], first["year"], **changes),
        }
        return posts[entity_set]()

    def listed(self, entity_set: str) -> list[Any]:
        return list(self.sender.get(f"/{entity_set}").raise_for_status().json()["value"])

    def _post(
        self, entity_set: str, body: dict[str, Any], changes: Mapping[str, object]
    ) -> httpx.Response:
        whole = {name: part for name, part in {**body, **changes}.items() if part is not None}
        return self.sender.post(f"/{entity_set}", whole)


@dataclass(frozen=True)
class Whole:
    source: str
    connector: str
    year: str
    flow: str


def made(answer: httpx.Response) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
