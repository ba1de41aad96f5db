"""How SDS is set up: its lists read, and the four things of the inbound half made, each once.

Nothing is ever changed or deleted here. A list is had whole or not at all; links that Graph will
not expand are not seen, which nobody may take for "not there". `make` is asked once: an error with
`outcome_unknown` means that SDS may have made it, any other that it has not.

See docs/reference/sds.md#settings-calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

import httpx

from sync import jsontext
from sync.edge.clock import Budget, Clock
from sync.edge.graph import answers, setup_answers
from sync.edge.graph.answers import Json, is_usable_id
from sync.edge.graph.identity import Tokens
from sync.edge.graph.requests import APP, Asker, Errand, GraphRequests, of_unknown_outcome
from sync.edge.graph.sds import CONNECTORS, FLOWS
from sync.edge.graph.setup_values import (
    CodeKnown,
    FlowSet,
    Inbound,
    Kind,
    Made,
    SchoolYear,
    SourceSystem,
)
from sync.edge.graph.values import Connector, Flow
from sync.errors import TargetMalformed, TargetRefused
from sync.settings import SdsSettings

# docs/reference/sds.md#app-roles
SOURCES = Errand("list the sources of SDS", "IndustryData-SourceSystem.Read.All")
YEARS = Errand("list the school years of SDS", "IndustryData-TimePeriod.Read.All")
FLOW_SETS = Errand("list the outbound flows of SDS", "IndustryData-OutboundFlow.Read.All")
CODES = Errand("list the codes that SDS knows", "IndustryData-ReferenceDefinition.Read.All")
READ_TO_MAKE = (SOURCES, CONNECTORS, YEARS, FLOWS)
READ_TO_PLAN = (*READ_TO_MAKE, CODES)
READS = (*READ_TO_PLAN, FLOW_SETS)

MAKES: Mapping[Kind, Errand] = {
    "source": Errand("make a source", "IndustryData-SourceSystem.ReadWrite.All"),
    "connector": Errand("make a connector", "IndustryData-DataConnector.ReadWrite.All"),
    "year": Errand("make a school year", "IndustryData-TimePeriod.ReadWrite.All"),
    "flow": Errand("make an inbound flow", "IndustryData-InboundFlow.ReadWrite.All"),
}
LISTS: Mapping[Kind, str] = {
    "source": "sourceSystems",
    "connector": "dataConnectors",
    "year": "years",
    "flow": "inboundFlows",
}
_EXPANDED: Mapping[Kind, str] = {
    "source": "userMatchingSettings/roleGroup",
    "connector": "sourceSystem",
    "year": "",
    "flow": "dataConnector,year",
}
_READ_BY: Mapping[Kind, Errand] = {
    "source": SOURCES,
    "connector": CONNECTORS,
    "year": YEARS,
    "flow": FLOWS,
}
_READERS: Mapping[Kind, Callable[[Json], Made]] = {
    "source": setup_answers.source,
    "connector": answers.connector,
    "year": setup_answers.year,
    "flow": answers.flow,
}


def may(held: frozenset[str] | None, errand: Errand) -> bool:
    """Say whether *held* roles or scopes allow *errand*; None: not known, so they may."""
    role = errand.role
    return held is None or bool({role, role.replace(".Read.", ".ReadWrite.")} & held)


class SdsSetup:
    """The set-up of a tenant's SDS; *transport* stands for Graph in tests."""

    def __init__(
        self,
        settings: SdsSettings,
        tokens: Tokens,
        clock: Clock,
        *,
        asker: Asker = APP,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._graph = GraphRequests(settings.graph_url, tokens, clock, transport, asker=asker)

    def sources(self, budget: Budget) -> tuple[SourceSystem, ...]:
        return tuple(map(setup_answers.source, self._list("source", budget)))

    def connectors(self, budget: Budget) -> tuple[Connector, ...]:
        return tuple(map(answers.connector, self._list("connector", budget)))

    def years(self, budget: Budget) -> tuple[SchoolYear, ...]:
        return tuple(map(setup_answers.year, self._list("year", budget)))

    def flows(self, budget: Budget) -> tuple[Flow, ...]:
        items = self._list("flow", budget)
        for item in items:
            answers.demand_id(item.get("id"))
        return tuple(map(answers.flow, items))

    def flow_sets(self, budget: Budget) -> tuple[FlowSet, ...]:
        path = "outboundProvisioningFlowSets"
        items = self._expanded(path, "provisioningFlows", FLOW_SETS, budget)
        return tuple(map(setup_answers.flow_set, items))

    def codes(self, budget: Budget) -> tuple[CodeKnown, ...]:
        items = self._graph.pages("referenceDefinitions", CODES, budget)
        return tuple(map(setup_answers.code_known, items))

    def inbound(self, budget: Budget) -> Inbound:
        """Read all that decides what is made."""
        return Inbound(
            self.sources(budget), self.connectors(budget), self.years(budget), self.flows(budget)
        )

    def one(self, kind: Kind, made_id: str, budget: Budget) -> Made | None:
        """Return the object of that id with what it leads to; None if Graph does not show it."""
        path = f"{LISTS[kind]}/{quote(made_id, safe='')}"
        try:
            item = self._once_expanded(path, _EXPANDED[kind], _READ_BY[kind], budget)
        except TargetRefused as error:
            if error.facts.get("status") != 404:
                raise
            return None
        return _READERS[kind](item)

    def make(self, kind: Kind, body: Json, budget: Budget) -> str:
        """Ask once for an object, and return the id that SDS gives it.

        Raises:
            TargetError: with `outcome_unknown` SDS may have made it; else it has not.
        """
        try:
            answer = self._graph.ask("POST", LISTS[kind], budget, body=body)
        except TargetMalformed as error:
            raise of_unknown_outcome(error) from None
        if answer.status == 409:
            raise TargetRefused(
                f"SDS would not {MAKES[kind].words}: it says that it would stand in the way of"
                " another. Look in School Data Sync for one that is not listed here, then run this"
                " again",
                **answer.facts(),
            )
        if answer.status == 400:
            raise TargetRefused(
                f"SDS would not {MAKES[kind].words}: it does not take what it was asked for. Look"
                " at the plan again, or make this one in School Data Sync by hand",
                **answer.facts(),
            )
        self._graph.demand_done(answer, MAKES[kind])
        told = jsontext.parse(answer.body)
        made_id = told.get("id") if isinstance(told, dict) else None
        if not is_usable_id(made_id):
            raise of_unknown_outcome(
                TargetMalformed(f"Graph took the request to {MAKES[kind].words}, and gave no id")
            )
        return made_id

    def link(self, kind: Kind, made_id: str) -> str:
        """Return how a request names another object: by its whole address."""
        return f"{self.list_url(kind)}('{made_id}')"

    def list_url(self, kind: Kind) -> str:
        """Return where a *kind* is listed, and asked for."""
        return f"{self._graph.base}{LISTS[kind]}"

    def group_link(self, group: str) -> str:
        """Return how a request names a group of roles, `staff` or `students`."""
        return f"{self._graph.base}roleGroups('{group}')"

    def close(self) -> None:
        self._graph.close()

    def _list(self, kind: Kind, budget: Budget) -> list[Json]:
        return self._expanded(LISTS[kind], _EXPANDED[kind], _READ_BY[kind], budget)

    def _expanded(self, path: str, expand: str, errand: Errand, budget: Budget) -> list[Json]:
        return _seen(lambda asked: self._graph.pages(asked, errand, budget), path, expand)

    def _once_expanded(self, path: str, expand: str, errand: Errand, budget: Budget) -> Json:
        return _seen(lambda asked: self._graph.read(asked, errand, budget), path, expand)


def _seen[T](ask: Callable[[str], T], path: str, expand: str) -> T:
    """Return what *path* gives with what *expand* names; without, where Graph does not know it."""
    if not expand:
        return ask(path)
    try:
        return ask(f"{path}?$expand={expand}")
    except TargetMalformed as error:
        if error.facts.get("status") != 400:
            raise
        return ask(path)
