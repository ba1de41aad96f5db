"""An invented tenant whose SDS is read and made by a person's token, in process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from simulators.sds import SETUP_ROLES, Connector, Knobs, SdsSimulator
from sync.edge.clock import Budget
from sync.edge.graph.person import PERSON, VARIABLE, PersonTokens, brought
from sync.edge.graph.requests import Asker
from sync.edge.graph.setup import SdsSetup
from tests.clocks import FakeClock
from tests.edge.graph_tenant import GRAPH, LOGIN, Overheard, settings

BASE = f"{GRAPH}/beta/external/industryData/"
GROUPS = ("staff", "students")
BODIES: Mapping[str, Mapping[str, Any]] = {  # Any: JSON
    "source": {
        "displayName": "iSAMS",
        "vendor": "iSAMS",
        "userMatchingSettings": [
            {
                "sourceIdentifier": {"code": "username"},
                "matchTarget": {"code": "userPrincipalName"},
                "priorityOrder": order,
                "roleGroup@odata.bind": f"{BASE}roleGroups('{group}')",
            }
            for order, group in enumerate(GROUPS)
        ],
    },
    "year": {
        "displayName": "2027/28",
        "year": {"code": "2028"},
        "startDate": "2027-09-01",
        "endDate": "2028-08-31",
    },
}


@dataclass(frozen=True, slots=True)
class Setting:
    """The simulated tenant, the way to its set-up, and every request that was sent."""

    sim: SdsSimulator
    sds: SdsSetup
    clock: FakeClock
    sent: list[httpx.Request]

    @property
    def budget(self) -> Budget:
        return Budget.of(self.clock, 60)

    def posts(self) -> int:
        """Count the POSTs that reached Graph."""
        return [line.method for line in self.sim.requests].count("POST")


def tenant(clock: FakeClock, knobs: Knobs | None = None, *, empty: bool = False) -> SdsSimulator:
    """Return a tenant that is set up soundly, or *empty*: switched on, and nothing made."""
    sim = SdsSimulator(
        clock=clock.now, base_url=GRAPH, login_url=LOGIN, knobs=knobs or Knobs(run_duration_s=60)
    )
    if empty:
        sim.connectors, sim.years, sim.flow_sets = (), (), ()
    return sim


def setting(
    knobs: Knobs | None = None,
    *,
    empty: bool = False,
    scopes: Iterable[str] = SETUP_ROLES,
    asker: Asker = PERSON,
    connectors: tuple[Connector, ...] | None = None,
) -> Setting:
    """Return the way to a tenant's set-up, as a person with *scopes* has it."""
    clock, sent = FakeClock(), list[httpx.Request]()
    sim = tenant(clock, knobs, empty=empty)
    if connectors is not None:
        sim.connectors = connectors
    wire = Overheard(httpx.WSGITransport(app=sim).handle_request, sent)
    tokens = person(clock, sim.person_token(scopes))
    sds = SdsSetup(settings(), tokens, clock, asker=asker, transport=wire)
    return Setting(sim, sds, clock, sent)


def person(clock: FakeClock, token: str) -> PersonTokens:
    """Return *token* as a person brings it."""
    return brought({VARIABLE: token}, clock)
