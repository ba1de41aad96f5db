"""What time it is at Microsoft Graph. Every answer of it says so, a refusal as well."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from sync.edge.clock import Budget, Clock
from sync.edge.graph.locations import BASE
from sync.edge.graph.requests import GRAPH
from sync.edge.http import make_client, patiently, request_timeout
from sync.errors import TargetMalformed
from sync.settings import SdsSettings

_READ_S = 20.0


def graph_time(
    settings: SdsSettings,
    clock: Clock,
    budget: Budget,
    *,
    transport: httpx.BaseTransport | None = None,
) -> datetime:
    """Return the moment by Graph's clock, in UTC, to the second.

    No token is sent, so it is known even where nobody can sign in. Raises the errors of
    `GRAPH`, or `TargetMalformed` for an answer without a time.
    """
    base_url = settings.graph_url + BASE

    def once() -> str:
        timeout = request_timeout(_READ_S, budget)
        try:
            with client.stream("GET", "dataConnectors", timeout=timeout) as answer:
                return str(answer.headers.get("Date", ""))
        except httpx.HTTPError as error:
            raise GRAPH.fault(error, base_url) from None

    with make_client(base_url=base_url, timeout_s=_READ_S, transport=transport) as client:
        stamp = patiently(once, clock=clock, budget=budget)
    try:
        return parsedate_to_datetime(stamp).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: no moment of UTC
        raise TargetMalformed("Graph did not tell its time") from None
