"""A school to send, and the plainest sender there can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from simulators.sds import Connector, SdsSimulator

GRAPH = "https://graph.sim.example/beta/external/industryData"
BACKEND = "https://edu-sds.microsoft.com:8698/api/industryData/v0.4-beta/industryData"
CAST = "microsoft.graph.industryData.azureDataLakeConnector"
CONNECTOR = Connector()
SESSION_SPELLINGS = [
    f"/dataConnectors/{CONNECTOR.id}/{CAST}/getUploadSession",
    f"/dataConnectors/{CONNECTOR.id}/{CAST}/GetUploadSession",
    f"/dataConnectors('{CONNECTOR.id}')/microsoft.graph.industryData.getUploadSession()",
]


@dataclass
class Clock:
    now: datetime = datetime(2026, 9, 2, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def lines(*rows: str) -> bytes:
    return "".join(f"{row}\r\n" for row in rows).encode()


def school(pupils: int = 3, sets: int = 1) -> dict[str, bytes]:
    """One teacher teaches every set, every pupil is in every set."""
    people = [f"p{n}" for n in range(pupils)]
    return {
        "orgs.csv": lines("sourcedId,name,type", "o1,Fernhill,school"),
        "users.csv": lines(
            "sourcedId,username", "t1,t1@fern.example", *(f"{p},{p}@fern.example" for p in people)
        ),
        "roles.csv": lines(
            "userSourcedId,orgSourcedId,role,grade",
            "t1,o1,teacher,",
            *(f"{p},o1,student,09" for p in people),
        ),
        "classes.csv": lines(
            "sourcedId,orgSourcedId,title", *(f"c{n},o1,Set {n}" for n in range(sets))
        ),
        "enrollments.csv": lines(
            "classSourcedId,userSourcedId,role",
            *(f"c{n},t1,teacher" for n in range(sets)),
            *(f"c{n},{p},student" for n in range(sets) for p in people),
        ),
    }


@dataclass
class Sender:
    """The plainest sender there can be."""

    sim: SdsSimulator
    http: httpx.Client = field(init=False)
    bearer: dict[str, str] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(transport=httpx.WSGITransport(app=self.sim))
        self.bearer = {"Authorization": f"Bearer {self.token().json()['access_token']}"}

    def token(self, **changes: str) -> httpx.Response:
        knobs = self.sim.knobs
        form = {
            "grant_type": "client_credentials",
            "client_id": knobs.client_id,
            "client_secret": knobs.client_secret,
            "scope": "https://graph.microsoft.com/.default",
        }
        url = f"https://graph.sim.example/{self.sim.tenant_id}/oauth2/v2.0/token"
        return self.http.post(url, data=form | changes)

    def get(self, path: str) -> httpx.Response:
        return self.http.get(GRAPH + path, headers=self.bearer)

    def at(self, url: str) -> httpx.Response:
        """Ask an address as it was given, with the token."""
        return self.http.get(url, headers=self.bearer)

    def look(self, operation_id: str) -> httpx.Response:
        """Ask after an operation where SDS says: at its own host."""
        return self.at(f"{BACKEND}/operations/{operation_id}")

    def post(self, path: str, body: object = None) -> httpx.Response:
        return self.http.post(GRAPH + path, json=body, headers=self.bearer)

    def come_as(self, scopes: Iterable[str]) -> Sender:
        """Go on with the token of a person who has *scopes*."""
        self.bearer = {"Authorization": f"Bearer {self.sim.person_token(scopes)}"}
        return self

    def open(self, connector_id: str = CONNECTOR.id, *, reset: bool = True) -> str:
        answer = self.get(
            f"/dataConnectors/{connector_id}/{CAST}/getUploadSession"
            f"?resetSession={'true' if reset else 'false'}"
        )
        return str(answer.raise_for_status().json()["sessionUrl"])

    def put(self, url: str, files: Mapping[str, bytes]) -> list[int]:
        codes = []
        for name, content in files.items():
            codes.append(self.storage("PUT", url, name, "resource=file"))
            codes.append(self.storage("PATCH", url, name, "action=append&position=0", content))
            codes.append(self.storage("PATCH", url, name, f"action=flush&position={len(content)}"))
        return codes

    def storage(self, method: str, url: str, name: str, query: str, content: bytes = b"") -> int:
        return self.storage_answer(method, url, name, query, content).status_code

    def storage_answer(
        self, method: str, url: str, name: str, query: str, content: bytes = b""
    ) -> httpx.Response:
        base, _, sas = url.partition("?")
        return self.http.request(method, f"{base}/{name}?{sas}&{query}", content=content)

    def validate(self, connector_id: str = CONNECTOR.id) -> httpx.Response:
        return self.post(f"/dataConnectors/{connector_id}/validate")

    def send(self, files: Mapping[str, bytes], connector_id: str = CONNECTOR.id) -> str:
        """Upload and validate; return the operation's id."""
        self.put(self.open(connector_id), files)
        self.validate(connector_id).raise_for_status()
        return self.sim.submissions[-1].operation_id


def operation_to_its_end(sim: SdsSimulator, clock: Clock) -> None:
    clock.pass_s(sim.knobs.operation_s)
    sim.catch_up()


def run_to_its_end(sim: SdsSimulator, clock: Clock) -> None:
    clock.pass_s(sim.knobs.run_duration_s or 0)
    sim.catch_up()
