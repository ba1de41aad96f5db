"""Asking what became of a hand-over, at the three places that may know, until any answers.

    graph      Graph's `operations/{id}`, as the pages describe
    list       Graph's list of operations: by the id or, without it, by connector and moment
    location   the address in the `Location` of `validate`, as the programs of Microsoft do

What a place says counts alike everywhere:

    200 with that id                          answered
    400 404 405 410 501, a redirect, a page,
    another id                                unknown: it does not know
    401 403                                   refused; only a 401 of Graph drops the token
    408 409 423 429 5xx, no connection        later, with what `Retry-After` wishes

`locations` says which address may be asked at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

import httpx

from sync.edge.clock import Budget, Clock
from sync.edge.graph import operations
from sync.edge.graph.answers import Json
from sync.edge.graph.identity import Tokens
from sync.edge.graph.locations import Address, allowed, authority_of, is_graphs_first_place
from sync.edge.graph.operation_hosts import OperationHosts, unknown_to
from sync.edge.graph.requests import Errand, GraphRequests, is_busy
from sync.edge.graph.values import Heard, Operation, OperationLook, PlaceAsked, Whereabouts
from sync.edge.graph.wire import Answer
from sync.errors import TargetError, TargetMalformed, TargetRefused, TargetUnavailable
from sync.settings import SdsSettings

PLACE_S = 20.0  # for a place: three of them fit into a step

# docs/reference/sds.md#role-operation
OPERATION = Errand("say what became of the files", "IndustryData.ReadBasic.All")

type _Name = Literal["graph", "list", "location"]


@dataclass(frozen=True, slots=True)
class _Reply:
    """What a place said. Not *whole*: the operation has ended, and with which errors is not said.

    Then the next place is asked too.
    """

    place: PlaceAsked
    operation: Operation | None = None
    whole: bool = False


class Places:
    """The three places of a tenant. *transport* stands for all hosts that `Location` may name."""

    def __init__(
        self,
        settings: SdsSettings,
        graph: GraphRequests,
        tokens: Tokens,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._host = authority_of(settings.graph_url)
        self._graph = graph
        self._tokens = tokens
        self._hosts = OperationHosts(tokens, clock, transport)

    def look(self, wanted: Whereabouts, budget: Budget) -> OperationLook:
        """Ask each place once, until any knows how far the operation is.

        Raises nothing: what a place says, and that there is no token, stands in `places`.
        """
        try:
            self._tokens.token()
        except TargetError as error:
            return _summed_up([_failed("graph", self._host, error)])
        replies: list[_Reply] = []
        for ask in (self._at_graph, self._in_list, self._at_location):
            replies.append(ask(wanted, _share(budget)))
            if replies[-1].whole:
                break
        return _summed_up(replies)

    def reach(self, location: str, budget: Budget) -> None:
        """Try the host that *location* names: see `SdsTarget.reach`."""
        operation_id = operations.handed_over(location).operation_id
        self._hosts.reach(self._allowed(location, operation_id), _share(budget))

    def close(self) -> None:
        self._hosts.close()

    def _allowed(self, location: str, operation_id: str) -> Address:
        urls = self._settings.graph_url, self._settings.operations_url
        return allowed(location, operation_id, *urls)

    def _at_graph(self, wanted: Whereabouts, share: Budget) -> _Reply:
        def ask() -> Json:
            path = f"operations/{quote(wanted.operation_id, safe='')}"
            answer = self._graph.ask("GET", path, share)
            if answer.status == 404:
                raise unknown_to("Graph", answer.facts())
            if error := self._graph.fault(answer, OPERATION):
                raise error
            return _operation_in(answer, wanted, at_graph=True)

        if not wanted.operation_id:
            return _skipped("graph", self._host)
        return _reply("graph", self._host, ask)

    def _in_list(self, wanted: Whereabouts, share: Budget) -> _Reply:
        def ask() -> Json:
            try:
                items = self._graph.pages("operations", OPERATION, share, attempts=1)
            except TargetRefused as error:
                if error.facts.get("status") == 404:
                    raise unknown_to("Graph's list", error.facts) from None
                raise
            alike = operations.candidates(items, wanted)
            if len(alike) != 1:
                raise unknown_to("Graph's list", {"status": 200, "alike": len(alike)})
            return alike[0]

        if not (wanted.operation_id or wanted.connector_id):
            return _skipped("list", self._host)
        return _reply("list", self._host, ask)

    def _at_location(self, wanted: Whereabouts, share: Budget) -> _Reply:
        if not (wanted.location and wanted.operation_id):
            return _skipped("location", "")
        try:
            address = self._allowed(wanted.location, wanted.operation_id)
        except TargetRefused as error:
            host = "{host}:{port}".format(**error.facts) if error.facts else ""
            return _skipped("location", host, error)
        if is_graphs_first_place(address, wanted.operation_id, self._settings.graph_url):
            return _skipped("location", address.authority)

        def ask() -> Json:
            return _operation_in(self._hosts.fetch(address, share), wanted, at_graph=False)

        return _reply("location", address.authority, ask)


def _share(budget: Budget) -> Budget:
    return Budget(budget.clock, min(budget.until_s, budget.clock.monotonic_s() + PLACE_S))


def _reply(name: _Name, host: str, ask: Callable[[], Json]) -> _Reply:
    try:
        item = ask()
        operation = operations.operation(item)
    except TargetError as error:
        return _failed(name, host, error)
    whole = not operations.lacks_errors(item)
    return _Reply(PlaceAsked(name, host, "answered"), operation, whole)


def _failed(name: _Name, host: str, error: TargetError) -> _Reply:
    # Causes and frames hold requests, and requests hold the token: an error that is kept has none.
    error.__cause__ = error.__context__ = None
    return _Reply(PlaceAsked(name, host, _meaning(error), error.with_traceback(None)))


def _skipped(name: _Name, host: str, error: TargetError | None = None) -> _Reply:
    return _Reply(PlaceAsked(name, host, "skipped", error))


def _meaning(error: TargetError) -> Heard:
    """Say what was heard, by who must act and by the status; none came where nobody answered."""
    if isinstance(error, TargetRefused):
        return "refused"
    status = error.facts.get("status")
    later = status is None or (isinstance(status, int) and is_busy(status))
    return "later" if later and error.retry else "unknown"


def _summed_up(replies: list[_Reply]) -> OperationLook:
    """Take the last answer: any before it was only half. Wait for whoever wishes it longest."""
    answered = [reply.operation for reply in replies if reply.operation]
    places = tuple(reply.place for reply in replies)
    wishes_s = [
        place.error.retry_after_s or 0.0
        for place in places
        if place.heard == "later" and isinstance(place.error, TargetUnavailable)
    ]
    return OperationLook(
        answered[-1] if answered else None, places, max(wishes_s, default=0.0) or None
    )


def _operation_in(answer: Answer, wanted: Whereabouts, *, at_graph: bool) -> Json:
    """Return the operation in *answer*, if it is what is *wanted*."""
    item = answer.json() if at_graph else operations.as_graph_writes(answer.json())
    if answer.status != 200 or not operations.matches(item, wanted.operation_id, at_graph=at_graph):
        facts = answer.facts()
        raise TargetMalformed("SDS answered with something else than the operation", **facts)
    return item
