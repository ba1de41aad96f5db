"""Asking at the address that `validate` gave: the only requests of ours beyond Graph and storage.

A GET with our token, without following a redirect, and only where `locations` allows it.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from sync.edge.clock import Budget, Clock
from sync.edge.graph.identity import Tokens
from sync.edge.graph.locations import Address
from sync.edge.graph.requests import is_busy
from sync.edge.graph.wire import READ_S, Answer, exchange
from sync.edge.http import make_client, request_timeout, retry_after_s
from sync.edge.unreachable import cause_of
from sync.errors import TargetError, TargetRefused, TargetUnavailable, TargetUnreachable


class OperationHosts:
    """Whatever hosts SDS answers on. *transport* stands for all of them in tests."""

    def __init__(
        self, tokens: Tokens, clock: Clock, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._tokens = tokens
        self._clock = clock
        self._client = make_client(base_url="", timeout_s=READ_S, transport=transport)

    def fetch(self, address: Address, budget: Budget) -> Answer:
        """Ask *address*, as it came, with our token; it must be an allowed address.

        A refusal there says nothing of the token: Graph alone may have it dropped.
        """
        token = self._tokens.token().get_secret_value()
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if budget.left_s <= 0:
            raise TargetUnavailable(f"no time left to ask {address.authority}, where SDS answers")
        try:
            answer = exchange(self._client, "GET", address.url, headers, budget)
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, UnicodeError) as error:
            # A name that cannot be encoded for a look-up is no error of httpx's.
            # `from None`: the cause holds the request, and the request holds the token.
            raise _out_of_reach(address, error) from None
        if fault := self._fault(answer, address):
            raise fault
        return answer

    def reach(self, address: Address, budget: Budget) -> None:
        """Try the host of *address*, without any token: whatever it answers is good.

        Raises:
            TargetUnreachable: there is no connection; the facts are host and port.
        """
        timeout = request_timeout(READ_S, budget)
        try:
            with self._client.stream("GET", f"{address.origin}/", timeout=timeout):
                return
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise _out_of_reach(address, error) from None

    def close(self) -> None:
        self._client.close()

    def _fault(self, answer: Answer, address: Address) -> TargetError | None:
        facts = {**answer.facts(), "host": address.host, "port": address.port}
        if answer.status == 200:
            return None
        if answer.status in {401, 403}:
            return TargetRefused(
                f"{address.authority}, where SDS answers, does not accept this app's token: look in"
                " School Data Sync, under Sync health, what became of the files",
                **facts,
            )
        if is_busy(answer.status):
            return TargetUnavailable(
                f"{address.authority}, where SDS answers, is busy",
                retry_after_s=retry_after_s(answer.headers, self._clock.now()),
                **facts,
            )
        return unknown_to(address.authority, facts)


def unknown_to(answerer: str, facts: Mapping[str, int | str]) -> TargetUnavailable:
    """Return the error of a place that answered, and not with the operation."""
    message = f"{answerer} does not know the operation (yet)"
    return TargetUnavailable(message, retry_after_s=None, **facts)


def _out_of_reach(address: Address, error: Exception) -> TargetUnavailable | TargetUnreachable:
    why = f"{cause_of(error).word}, {type(error).__name__}"
    # A network that is closed to the port refuses the connection, or never takes it.
    closed = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout))
    return (TargetUnreachable if closed else TargetUnavailable)(
        f"{address.authority}, where SDS answers, is out of reach ({why}): if it"
        " stays so, let this app's network reach that host and port, outbound",
        host=address.host,
        port=address.port,
    )
