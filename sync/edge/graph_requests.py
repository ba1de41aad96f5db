"""Asking Microsoft Graph: with our token, of its host alone, and knowing whose fault a no is.

200-299               the answer
401                   once: a new token; then TargetRefused (the app, the tenant)
403                   TargetRefused, naming the application role that the call needs
404                   TargetRefused (the id, or SDS is not switched on), where not said otherwise
408 409 423 429 5xx   TargetUnavailable, with what Retry-After wishes
anything else         TargetMalformed: redirects, which are not followed, and our own mistakes
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from sync.edge.clock import Budget, Clock
from sync.edge.graph_answers import Json, safe_code
from sync.edge.http import make_client, patiently, pieces, request_timeout, retry_after_s
from sync.edge.identity import Tokens
from sync.errors import TargetError, TargetMalformed, TargetRefused, TargetUnavailable

BASE = "/beta/external/industryData/"

_READ_S = 60.0
_ANSWER_BYTES = 8 * 1024 * 1024
_PAGES = 100  # a tenant has a handful of connectors and flows; the portal keeps 14 runs
_BUSY = frozenset({408, 409, 423, 429})
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


@dataclass(frozen=True, slots=True)
class Errand:
    """What a call is for, in words that end "Graph would not …", and the role that allows it."""

    words: str
    role: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, read."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Json:
        try:
            found = json.loads(self.body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise TargetMalformed("Graph did not answer with a JSON object", **self.facts())
        return found

    def facts(self) -> dict[str, int | str]:
        """Return the status, Graph's own `request-id` (no secret) and its error code."""
        facts: dict[str, int | str] = {"status": self.status}
        request_id = self.headers.get("request-id", "")
        if _GUID.fullmatch(request_id):
            facts["request_id"] = request_id
        if self.status >= 400 and (code := self._error_code()):
            facts["graph_code"] = code
        return facts

    def _error_code(self) -> str | None:
        try:
            return safe_code(str(json.loads(self.body)["error"]["code"]))
        except (ValueError, TypeError, LookupError):
            return None


class GraphRequests:
    """The industryData part of one Graph."""

    def __init__(
        self,
        graph_url: str,
        tokens: Tokens,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._base = urlsplit(graph_url + BASE)
        self._tokens = tokens
        self._clock = clock
        self._client = make_client(
            base_url=graph_url + BASE, timeout_s=_READ_S, transport=transport
        )

    def read(self, path: str, errand: Errand, budget: Budget) -> Json:
        """Return one object; asked again while Graph is busy, within *budget*."""

        def once() -> Json:
            answer = self.ask("GET", path, budget)
            if error := self.fault(answer, errand):
                raise error
            return answer.json()

        return patiently(once, clock=self._clock, budget=budget)

    def pages(self, path: str, errand: Errand, budget: Budget) -> list[Json]:
        """Return a whole collection. A page that cannot be had loses all of them, loudly."""
        items: list[Json] = []
        seen: set[str] = set()
        following = path
        while len(seen) < _PAGES:
            seen.add(following)
            page = self.read(following, errand, budget)
            found = page.get("value")
            if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
                raise TargetMalformed("Graph gave a page without a list of records")
            items += found
            link = page.get("@odata.nextLink")
            if link is None:
                return items
            following = self._next(link)
            if following in seen:
                raise TargetMalformed("Graph's pages go round in a circle")
        raise TargetMalformed("Graph's pages do not end", pages=_PAGES)

    def ask(self, method: str, path: str, budget: Budget) -> Answer:
        """Ask once, and once more with a new token if the old one is not accepted.

        A POST that may have been carried out, although no answer came, raises `TargetUnavailable`
        with the fact `outcome="unknown"`.
        """
        answer = self._once(method, path, budget)
        if answer.status == 401:
            self._tokens.forget()
            answer = self._once(method, path, budget)
        return answer

    def fault(self, answer: Answer, errand: Errand) -> TargetError | None:
        """Return what is wrong with *answer*, as an error that says who must act."""
        status, facts = answer.status, answer.facts()
        if 200 <= status < 300:
            return None
        if status == 401:
            return TargetRefused(
                f"Graph would not {errand.words}: it does not accept this app's token; check the"
                " tenant and the app that the SDS__ settings name",
                **facts,
            )
        if status == 403:
            return TargetRefused(
                f"Graph would not {errand.words}: grant the application role {errand.role} to the"
                " app's identity (a role just granted can take an hour to be seen)",
                **facts,
                role=errand.role,
            )
        if status == 404:
            return TargetRefused(
                f"Graph would not {errand.words}: nothing is there; is School Data Sync switched on"
                " in this tenant, and does the connector still exist?",
                **facts,
            )
        if status in _BUSY or status >= 500:
            wish_s = retry_after_s(answer.headers, self._clock.now())
            return TargetUnavailable(
                f"Graph could not {errand.words}: it is busy", retry_after_s=wish_s, **facts
            )
        return TargetMalformed(f"Graph would not {errand.words}: unexpected answer", **facts)

    def close(self) -> None:
        self._client.close()

    def _once(self, method: str, path: str, budget: Budget) -> Answer:
        token = self._tokens.token()  # first: it may fail, and then nothing has been sent
        if budget.left_s <= 0:
            raise TargetUnavailable("no time left to ask Graph")
        headers = {
            "Authorization": f"Bearer {token.get_secret_value()}",
            "Accept": "application/json",
            "client-request-id": str(uuid.uuid4()),
        }
        timeout = request_timeout(_READ_S, budget)
        try:
            with self._client.stream(method, path, headers=headers, timeout=timeout) as response:
                return Answer(response.status_code, response.headers, _body(response, budget))
        except _NOT_SENT as error:
            raise out_of_reach(error) from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            # `from None`: the cause holds the request, and the request holds the token.
            raise _no_answer(method, type(error).__name__) from None

    def _next(self, link: object) -> str:
        """Return *link* if it leads on in industryData on Graph's own host."""
        try:
            parts = urlsplit(link) if isinstance(link, str) else None
            ours = parts is not None and (parts.scheme, parts.hostname, parts.port) == (
                self._base.scheme,
                self._base.hostname,
                self._base.port,
            )
        except ValueError:
            ours = False
        if (
            parts is None
            or not ours
            or parts.username
            or not parts.path.startswith(self._base.path)
        ):
            raise TargetMalformed("Graph's next page is on another host or path: not followed")
        return str(link)


def out_of_reach(error: httpx.HTTPError) -> TargetUnavailable:
    """Return the error of a request that did not get there; *error* says only of which kind."""
    return TargetUnavailable(
        f"Graph is out of reach ({type(error).__name__}); if it stays so, check"
        " SDS__GRAPH_URL and this machine's network"
    )


def _no_answer(method: str, why: str) -> TargetUnavailable:
    """Return the error of a request that was sent: a POST may have been carried out."""
    message = f"Graph gave no answer: {why}"
    if method == "POST":
        return TargetUnavailable(message, outcome="unknown")
    return TargetUnavailable(message)


def _body(response: httpx.Response, budget: Budget) -> bytes:
    body = bytearray()
    for chunk in pieces(response, budget):
        body += chunk
        if len(body) > _ANSWER_BYTES:
            raise TargetMalformed("Graph's answer is too large", limit_bytes=_ANSWER_BYTES)
    return bytes(body)
