"""School Data Sync through Microsoft Graph: a method for each thing we ask of it.

In the order of a delivery: `connector`, `flows`, `open_session`, `put_file` for each file,
`validate`, `operation` until it is not waiting; later `runs_since`, `statistics`. Errors are
`TargetError` and nothing else. What can be repeated without harm is, within the given budget;
`validate` and `start_run` are asked once. Ids are compared without case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

import httpx

from sync.edge.clock import Budget, Clock
from sync.edge.graph import answers
from sync.edge.graph.identity import Tokens
from sync.edge.graph.operations import handed_over
from sync.edge.graph.places import Places
from sync.edge.graph.requests import Ending, Errand, GraphRequests, of_unknown_outcome
from sync.edge.graph.upload import Lake
from sync.edge.graph.values import (
    Connector,
    Flow,
    HandedOver,
    OperationLook,
    Run,
    Statistics,
    UploadSession,
    Whereabouts,
)
from sync.errors import TargetMalformed, TargetRefused
from sync.settings import SdsSettings
from sync.settings.text import is_loopback

# docs/reference/sds.md#pace
POLL_S = 5.0  # SDS wants five seconds between two looks at an operation

# The least application role for each call: docs/reference/sds.md#app-roles
# docs/reference/sds.md#role-connectors
CONNECTORS = Errand("list the connectors of SDS", "IndustryData-DataConnector.Read.All")
# Without it nobody can say what of a run was ours: docs/reference/sds.md#role-flows
FLOWS = Errand("list the inbound flows of SDS", "IndustryData-InboundFlow.Read.All")
# docs/reference/sds.md#role-upload
UPLOAD = Errand("open an upload session", "IndustryData-DataConnector.Upload")
VALIDATE = Errand("take the uploaded files", "IndustryData-DataConnector.Upload")
# docs/reference/sds.md#role-runs
RUNS = Errand("show the runs of SDS", "IndustryData-Run.Read.All")
START = Errand("start a run of SDS", "IndustryData-Run.Start")  # docs/reference/sds.md#role-start

_LISTED = 15  # a tenant has no more: docs/reference/sds.md#connected-sources
_SHOWN_CHARACTERS = 80

_NAMESPACE = "microsoft.graph.industryData"
_OPEN = Ending(
    # Without it the current session comes back, perhaps with the files of another day:
    # docs/reference/sds.md#reset-session, docs/reference/sds.md#upload-session
    "/getUploadSession?resetSession=true",
    f"/{_NAMESPACE}.getUploadSession(resetSession=true)",
)
_VALIDATE = Ending("/validate", f"/{_NAMESPACE}.validate")
_START = Ending("/start", f"/{_NAMESPACE}.start")
# docs/reference/sds.md#statistics
_COUNT = Ending("/getStatistics", f"/{_NAMESPACE}.getStatistics()")


class SdsTarget:
    """A tenant's SDS. *graph* and *storage* are transports that stand for them in tests.

    *graph* stands for the hosts too that SDS answers on. It lives as long as the process.
    """

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
        self._places = Places(settings, self._graph, tokens, clock, graph)
        self._lake = Lake(clock, storage)
        self._counted: dict[str, Statistics | None] = {}

    def connector(self, name_or_id: str, budget: Budget) -> Connector:
        """Return the connector of exactly that name or id, if it takes CSV v2.1."""
        return demand_csv(self.find(name_or_id, budget))

    def find(self, name_or_id: str, budget: Budget) -> Connector:
        """Return the connector of exactly that name or id, whatever it takes."""
        items = self._graph.pages("dataConnectors", CONNECTORS, budget)
        # A strange record is no concern of ours, unless it bears our name.
        ours = [
            item for item in items if answers.has_id(item) or item.get("displayName") == name_or_id
        ]
        connectors = [answers.connector(item) for item in ours]
        called = [connector for connector in connectors if _is_called(connector, name_or_id)]
        meant = list({connector.id.lower(): connector for connector in called}.values())
        if not meant:
            raise TargetRefused(
                "SDS has no connector of the name or id in CONNECTOR,"
                f' "{name_or_id}": {_all_of(connectors)}',
                connectors=len(connectors),
            )
        if len(meant) > 1:
            raise TargetRefused(
                # After a change of year several can have it: docs/reference/sds.md#same-name
                "several connectors of SDS have the name in CONNECTOR: set the id of the one meant;"
                f" {_listed(meant)}",
                connectors=len(meant),
            )
        return meant[0]

    def flows(self, budget: Budget) -> tuple[Flow, ...] | None:
        """Return the inbound flows of the tenant.

        None if we cannot know: the role that shows them is optional, and Graph may not let us see
        the flows together with their connectors.
        """
        try:
            # docs/reference/sds.md#flow-state
            items = self._graph.pages("inboundFlows?$expand=dataConnector", FLOWS, budget)
        except (TargetRefused, TargetMalformed) as error:
            if error.facts.get("status") in {400, 403}:
                return None
            raise
        return answers.flows(items)

    def open_session(self, connector_id: str, budget: Budget) -> UploadSession:
        """Return a new, empty upload session; any before it is void from now on."""
        path = f"dataConnectors/{_part(connector_id)}/{_NAMESPACE}.azureDataLakeConnector"
        item = self._graph.read(path, UPLOAD, budget, ending=_OPEN)
        return answers.upload_session(item, on_loopback=self._on_loopback)

    def put_file(self, session: UploadSession, name: str, body: bytes, budget: Budget) -> None:
        """Put a whole file into *session*.

        A `TargetUnavailable` with the fact `session="over"` means: a new session, and every file
        again. Validate nothing after any error from here.

        See docs/reference/sds.md#never-validate-a-part.
        """
        self._lake.put(session.url, name, body, budget)

    def validate(self, connector_id: str, budget: Budget) -> HandedOver:
        """Hand over what was uploaded; return where to ask for the outcome, as far as SDS says.

        Asked once. If `outcome_unknown` of the error is true, SDS may have taken the files.

        See docs/reference/sds.md#validate-once.
        """
        path = f"dataConnectors/{_part(connector_id)}"
        # As Microsoft's connector asks: the answer has no body, whatever its type.
        try:
            answer = self._graph.ask("POST", path, budget, ending=_VALIDATE, accept="*/*")
        except TargetMalformed as error:  # no refusal: SDS may have taken the files
            raise of_unknown_outcome(error) from None
        self._graph.demand_done(answer, VALIDATE)
        return handed_over(answer.headers.get("Location"))

    def operation(self, whereabouts: Whereabouts, budget: Budget) -> OperationLook:
        """Look once at an operation, wherever it may be known; leave `POLL_S` between looks.

        Nothing is raised: `places` say what each place answered, and why there is no answer.
        """
        return self._places.look(whereabouts, budget)

    def reach(self, address: str, budget: Budget) -> None:
        """Try the host that a `Location` names, without any token: whatever it answers is good.

        Raises:
            TargetUnreachable: there is no connection; the facts are host and port.
            TargetRefused: it may not be spoken to.
        """
        self._places.reach(address, budget)

    def runs_since(self, moment: datetime, budget: Budget) -> list[Run]:
        """Return the runs that began at *moment* or later, oldest first.

        Graph's times are whole seconds: a run that began in the same second counts.

        See docs/reference/sds.md#run-list.
        """
        since = moment.replace(microsecond=0)
        items = self._graph.pages("runs", RUNS, budget)
        runs = [answers.run(item) for item in items if answers.has_id(item)]
        begun = [(run.started_at, run) for run in runs if run.started_at]
        return [run for at, run in sorted(begun, key=lambda pair: pair[0]) if at >= since]

    def start_run(self, budget: Budget) -> bool:
        """Ask SDS to run now; False if it runs already, or too many were asked for: that will do.

        Asked once: SDS starts at most five in twelve hours.

        See docs/reference/sds.md#run-limit.
        """
        answer = self._graph.ask("POST", "runs", budget, ending=_START)
        if answer.status in {409, 429}:
            return False
        self._graph.demand_done(answer, START)
        return True

    def statistics(self, run_id: str, budget: Budget) -> Statistics:
        """Return the counts of a run that is over; asked for once, then kept.

        Which rows had faults only the portal of SDS shows.

        See docs/reference/sds.md#row-errors.
        """
        if kept := self._counted.get(run_id):
            return kept
        try:
            item = self._graph.read(f"runs/{_part(run_id)}", RUNS, budget, ending=_COUNT)
        except (TargetRefused, TargetMalformed) as error:
            if error.facts.get("status") not in {401, 403}:
                self._counted[run_id] = None
            raise
        counts = self._counted[run_id] = answers.statistics(item)
        return counts

    def counted(self) -> Mapping[str, Statistics | None]:
        """Return what was asked of `statistics` so far, by run; None if SDS has none to give."""
        return dict(self._counted)

    def close(self) -> None:
        self._graph.close()
        self._places.close()
        self._lake.close()


def demand_csv(connector: Connector) -> Connector:
    """Return *connector* if it takes CSV v2.1, or may: old ones name no format. Else raise."""
    if connector.kind.lower() != answers.DATA_LAKE.lower():
        raise TargetRefused(
            "the connector does not take files: choose a connector for CSV files in SDS"
        )
    if connector.format is not None and connector.format.lower() != answers.FORMAT.lower():
        raise TargetRefused(
            "the connector does not take SDS v2.1 CSV: make an inbound flow for that format",
            format=connector.format or "",
        )
    return connector


def _is_called(connector: Connector, name_or_id: str) -> bool:
    return connector.name == name_or_id or connector.id.lower() == name_or_id.lower()


def _all_of(connectors: Sequence[Connector]) -> str:
    """Say what could be meant instead."""
    if not connectors:
        return "it has none; make an inbound flow for SDS v2.1 CSV: `isams-sync sds plan`"
    return f"it has {_listed(connectors)}; correct the setting, or `isams-sync sds plan`"


def _listed(connectors: Sequence[Connector]) -> str:
    """Return names and ids, as many as a person reads; a tenant has up to 15."""
    shown = [f'"{_shown(each.name)}" ({_shown(each.id)})' for each in connectors[:_LISTED]]
    more = len(connectors) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _shown(text: str) -> str:
    """Return a name of SDS's as a line may hold it."""
    return "".join(filter(str.isprintable, text))[:_SHOWN_CHARACTERS]


def _part(text: str) -> str:
    """Return *text* as a single segment of a path, whatever it holds."""
    return quote(text, safe="")
