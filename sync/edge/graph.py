"""School Data Sync through Microsoft Graph: one method for each thing we ask of it.

In the order of a delivery: `connector`, `flow_state`, `open_session`, `put_file` for each file,
`validate`, `operation` until it is not waiting; later `runs_since`, `statistics`. Errors are
`TargetError` and nothing else. What can be repeated without harm is, within the given budget;
`validate` and `start_run` are asked once.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

import httpx

from sync.edge import graph_answers as answers
from sync.edge.clock import Budget, Clock
from sync.edge.graph_requests import Answer, Errand, GraphRequests
from sync.edge.graph_values import Connector, FlowState, Operation, Run, Session, Statistics
from sync.edge.identity import Tokens
from sync.edge.lake import Lake
from sync.errors import TargetMalformed, TargetRefused, TargetUnavailable
from sync.setting_text import is_loopback
from sync.settings import SdsSettings

POLL_S = 5.0  # SDS asks for no more than one look at an operation in five seconds

# Least application roles: reference, table of permissions.
CONNECTORS = Errand("list the connectors of SDS", "IndustryData-DataConnector.Read.All")
FLOWS = Errand("list the inbound flows of SDS", "IndustryData-InboundFlow.Read.All")
UPLOAD = Errand("open an upload session", "IndustryData-DataConnector.Upload")
VALIDATE = Errand("take the uploaded files", "IndustryData-DataConnector.Upload")
OPERATION = Errand("say what became of the files", "IndustryData.ReadBasic.All")
RUNS = Errand("show the runs of SDS", "IndustryData-Run.Read.All")
START = Errand("start a run of SDS", "IndustryData-Run.Start")


class SdsTarget:
    """One tenant's SDS. *graph* and *storage* are transports that stand for them in tests."""

    def __init__(
        self,
        settings: SdsSettings,
        tokens: Tokens,
        clock: Clock,
        *,
        graph: httpx.BaseTransport | None = None,
        storage: httpx.BaseTransport | None = None,
    ) -> None:
        self._on_loopback = is_loopback(settings.graph_url)
        self._graph = GraphRequests(settings.graph_url, tokens, clock, graph)
        self._lake = Lake(clock, storage)

    def connector(self, name_or_id: str, budget: Budget) -> Connector:
        """Return the one connector of exactly that name or id, if it takes CSV v2.1."""
        return demand_csv(self.find(name_or_id, budget))

    def find(self, name_or_id: str, budget: Budget) -> Connector:
        """Return the one connector of exactly that name or id, whatever it takes."""
        everyone = [
            answers.connector(item)
            for item in self._graph.pages("dataConnectors", CONNECTORS, budget)
        ]
        found = [one for one in everyone if name_or_id in (one.name, one.id)]
        if not found:
            raise TargetRefused(
                "SDS has no connector of the name or id in CONNECTOR: check the setting, or make"
                " the inbound flow in SDS",
                connectors=len(everyone),
            )
        if len(found) > 1:
            raise TargetRefused(
                "several connectors of SDS have the name in CONNECTOR: set the id of the one meant",
                connectors=len(found),
            )
        return found[0]

    def flow_state(self, connector_id: str, budget: Budget) -> FlowState | None:
        """Return what the inbound flows of a connector are ready for.

        None if we cannot know: the role that shows them is optional, and Graph may not let us see
        the flows together with their connectors.
        """
        try:
            items = self._graph.pages("inboundFlows?$expand=dataConnector", FLOWS, budget)
        except (TargetRefused, TargetMalformed) as error:
            if error.facts.get("status") in {400, 403}:
                return None
            raise
        return answers.flow_state(items, connector_id)

    def open_session(self, connector_id: str, budget: Budget) -> Session:
        """Return a new, empty upload session; the one before it is void from now on."""
        path = (
            f"dataConnectors/{_part(connector_id)}/"
            "microsoft.graph.industryData.azureDataLakeConnector/getUploadSession?resetSession=true"
        )
        item = self._graph.read(path, UPLOAD, budget)
        return answers.session(item, on_loopback=self._on_loopback)

    def put_file(self, session: Session, name: str, body: bytes, budget: Budget) -> None:
        """Put one whole file into *session*.

        A `TargetUnavailable` with the fact `session="over"` means: a new session, and every file
        again. Validate nothing after any error from here.
        """
        self._lake.put(session.url, name, body, budget)

    def validate(self, connector_id: str, budget: Budget) -> str:
        """Hand over what was uploaded; return the id of the operation to poll.

        Asked once. If `outcome_unknown` of the error is true, SDS may have taken the files.
        """
        path = f"dataConnectors/{_part(connector_id)}/validate"
        answer = self._graph.ask("POST", path, budget)
        self._demand_success(answer, VALIDATE)
        return answers.operation_id(answer.headers.get("Location"))

    def operation(self, operation_id: str, budget: Budget) -> Operation:
        """Look once at an operation; leave `POLL_S` between looks.

        An outage, or an operation that is not known yet, is `TargetUnavailable`.
        """
        answer = self._graph.ask("GET", f"operations/{_part(operation_id)}", budget)
        if answer.status == 404:
            raise TargetUnavailable(
                "SDS does not know the operation (yet)", retry_after_s=POLL_S, **answer.facts()
            )
        if error := self._graph.fault(answer, OPERATION):
            raise error
        return answers.operation(answer.json())

    def runs_since(self, moment: datetime, budget: Budget) -> list[Run]:
        """Return the runs that began at *moment* or later, oldest first.

        Graph's times are whole seconds: a run that began in the same second counts.
        """
        since = moment.replace(microsecond=0)
        runs = map(answers.run, self._graph.pages("runs", RUNS, budget))
        begun = [(one.started_at, one) for one in runs if one.started_at]
        return [one for at, one in sorted(begun, key=lambda pair: pair[0]) if at >= since]

    def start_run(self, budget: Budget) -> bool:
        """Ask SDS to run now; False if it will not: its own run, twice a day, will do.

        Asked once: SDS starts at most five in twelve hours.
        """
        answer = self._graph.ask("POST", "runs/start", budget)
        if 400 <= answer.status < 500:
            return False
        self._demand_success(answer, START)
        return True

    def statistics(self, run_id: str, budget: Budget) -> Statistics:
        """Return the counts of a run. Which rows had faults only the portal of SDS shows."""
        path = f"runs/{_part(run_id)}/getStatistics"
        return answers.statistics(self._graph.read(path, RUNS, budget))

    def close(self) -> None:
        self._graph.close()
        self._lake.close()

    def _demand_success(self, answer: Answer, errand: Errand) -> None:
        """Raise what is wrong; after a server's error it is not known whether it did as asked."""
        error = self._graph.fault(answer, errand)
        if error and (answer.status >= 500 or answer.status == 408):
            error.facts["outcome"] = "unknown"
        if error:
            raise error


def demand_csv(one: Connector) -> Connector:
    """Return *one* if it takes CSV v2.1, or may: old connectors tell no format. Else raise."""
    if one.kind != answers.DATA_LAKE:
        raise TargetRefused("the connector does not take files: choose a CSV one in SDS")
    if one.format not in (None, answers.FORMAT):
        raise TargetRefused(
            "the connector does not take SDS v2.1 CSV: make an inbound flow for that format",
            format=one.format or "",
        )
    return one


def _part(text: str) -> str:
    """Return *text* as one segment of a path, whatever it holds."""
    return quote(text, safe="")
