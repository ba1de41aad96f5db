"""An invented tenant on the simulator, and the target that is tried against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from simulators.sds import Connector, Flow, Knobs, SdsSimulator
from simulators.sds.tenant import TENANT_ID
from sync.edge.clock import Budget
from sync.edge.graph.identity import graph_tokens
from sync.edge.graph.sds import SdsTarget
from sync.edge.graph.values import Whereabouts
from sync.settings import SdsSettings
from tests.clocks import FakeClock

GRAPH = "https://graph.microsoft.com"  # so that the rule for its hosts holds
LOGIN = "https://login.microsoftonline.com"
STORAGE = "https://rosters.dfs.core.windows.net"
NAME = "MIS feed"

FILES: Mapping[str, bytes] = {
    "orgs.csv": b"sourcedId,name,type\r\n9990001,Northbank School,school\r\n",
    "users.csv": b"sourcedId,username\r\nP1,p1@northbank.example\r\n",
    "roles.csv": b"userSourcedId,orgSourcedId,role\r\nP1,9990001,student\r\n",
}


@dataclass(frozen=True, slots=True)
class Tried:
    """The simulated tenant, the target that talks to it, and every request it sent."""

    sim: SdsSimulator
    target: SdsTarget
    clock: FakeClock
    sent: list[httpx.Request]

    @property
    def budget(self) -> Budget:
        return Budget.of(self.clock, 120)

    @property
    def connector_id(self) -> str:
        return self.sim.connectors[0].id

    def deliver(self, files: Mapping[str, bytes] = FILES) -> Whereabouts:
        """Open a session, put the files, validate; return where to ask for the operation."""
        since = self.clock.now()
        session = self.target.open_session(self.connector_id, self.budget)
        for name, body in files.items():
            self.target.put_file(session, name, body, self.budget)
        given = self.target.validate(self.connector_id, self.budget)
        return Whereabouts(given.operation_id, given.location, self.connector_id, since)


class Overheard(httpx.BaseTransport):
    """Notes what is sent, then lets *answer* answer it."""

    def __init__(
        self, answer: Callable[[httpx.Request], httpx.Response], sent: list[httpx.Request]
    ) -> None:
        self._answer = answer
        self._sent = sent

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self._sent.append(request)
        return self._answer(request)


def settings(**changes: str | None) -> SdsSettings:
    """Return settings that sign in to the simulated tenant with its secret."""
    knobs = Knobs()
    given: dict[str, str | None] = {
        "connector": NAME,
        "tenant_id": TENANT_ID,
        "client_id": knobs.client_id,
        "client_secret": knobs.client_secret,
        "graph_url": GRAPH,
        "login_url": LOGIN,
    }
    return SdsSettings.model_validate(given | changes)


def tried(
    *,
    knobs: Knobs | None = None,
    connectors: Sequence[Connector] = (Connector(),),
    flows: Sequence[Flow] | None = None,
    storage_url: str = STORAGE,
) -> Tried:
    """Return a target and its simulator, in process: no socket is opened."""
    clock, sent = FakeClock(), list[httpx.Request]()
    sim = SdsSimulator(
        clock=clock.now,
        connectors=connectors,
        flows=flows,
        knobs=knobs or Knobs(),
        base_url=GRAPH,
        login_url=LOGIN,
        storage_url=storage_url,
    )
    wire = Overheard(httpx.WSGITransport(app=sim).handle_request, sent)
    tokens = graph_tokens(settings(), clock, transport=wire)
    target = SdsTarget(settings(), tokens, clock, graph=wire, storage=wire)
    return Tried(sim, target, clock, sent)


def scripted(
    answer: Callable[[httpx.Request], httpx.Response], **changes: str | None
) -> tuple[SdsTarget, FakeClock, list[httpx.Request]]:
    """Return a target whose Graph and storage are *answer*, signed in already."""
    clock, sent = FakeClock(), list[httpx.Request]()
    wire = Overheard(answer, sent)
    target = SdsTarget(settings(**changes), Signed(), clock, graph=wire, storage=wire)
    return target, clock, sent


class Signed:
    """Tokens without a sign-in: `token-1`, and after `forget` the next."""

    def __init__(self) -> None:
        self.number = 1

    def token(self) -> SecretStr:
        return SecretStr(f"token-{self.number}")

    def forget(self, token: SecretStr) -> None:
        del token
        self.number += 1
