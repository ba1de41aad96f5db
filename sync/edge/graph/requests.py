"""Asking Microsoft Graph: with our token, of its host alone, and knowing whose fault a no is.

200-299               the answer
401                   once: a new token; then TargetRefused (the app, the tenant)
403                   TargetRefused, naming the application role that the call needs
404                   TargetRefused (the id, or SDS is not switched on), if no call knows better
408 409 423 429 5xx   TargetUnavailable, with what Retry-After wishes
anything else         TargetMalformed: redirects, which are not followed, and our mistakes
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event

import httpx
from pydantic import SecretStr

from sync.edge.clock import Budget, Clock
from sync.edge.graph.answers import Json, objects
from sync.edge.graph.identity import Tokens
from sync.edge.graph.locations import BASE, address_of
from sync.edge.graph.wire import READ_S, Answer, exchange
from sync.edge.http import make_client, patiently, retry_after_s
from sync.edge.unreachable import Peer
from sync.errors import (
    TargetError,
    TargetMalformed,
    TargetRefused,
    TargetUnavailable,
    TargetUnreachable,
)

_PAGES = 100  # a tenant has a handful of connectors and flows; the portal keeps 14 runs
# Which of them SDS uses is not documented: docs/reference/sds.md#busy
_BUSY = frozenset({408, 409, 423, 429})
GRAPH = Peer[TargetError](
    "Microsoft Graph",
    "SDS__GRAPH_URL, if it is set, and this machine's network",
    TargetUnavailable,
    TargetUnreachable,
    TargetUnreachable,
)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

# Without it Graph writes `unknownFutureValue` for members of enums that came later.
_PREFER = {"Prefer": "include-unknown-enum-members"}


@dataclass(frozen=True, slots=True)
class Errand:
    """What a call is for, in words that end "Graph would not …", and the role that allows it.

    `holder` is the identity that needs the role.
    """

    words: str
    role: str
    holder: str = "the app's identity"


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose token is sent, in the words that say what to do when Graph does not take it.

    `mend` is for a token that is not accepted; `grant` for one that lacks `{role}`, of `{holder}`.
    """

    mend: str
    grant: str


APP = Asker(
    mend="it does not accept this app's token; check the tenant and the app that the SDS__ settings"
    " name",
    # docs/reference/sds.md#identity-token-life
    grant="grant the application role {role} to {holder} (a role just"
    " granted can take up to a day to be seen)",
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How the path of a call ends, with leading slash.

    Microsoft's pages show the short name; its generated clients send the qualified name.
    """

    short: str
    qualified: str


class GraphRequests:
    """A part of a Graph: industryData, unless another *base* is given, which ends with `/`.

    *asker* is whose *tokens* they are.
    """

    def __init__(
        self,
        graph_url: str,
        tokens: Tokens,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
        *,
        base: str = BASE,
        asker: Asker = APP,
    ) -> None:
        self.base = graph_url + base
        self._asker = asker
        self._tokens = tokens
        self._clock = clock
        self._answered = Event()
        self._client = make_client(
            base_url=self.base, timeout_s=READ_S, transport=transport, answered=self._answered
        )
        self._qualified: set[Ending] = set()

    def read(
        self,
        path: str,
        errand: Errand,
        budget: Budget,
        *,
        ending: Ending | None = None,
        attempts: int = 4,
    ) -> Json:
        """Return a single object; asked again while Graph is busy, within *budget*."""

        def once() -> Json:
            answer = self.ask("GET", path, budget, ending=ending)
            if error := self.fault(answer, errand):
                raise error
            return answer.json()

        return patiently(once, clock=self._clock, budget=budget, attempts=attempts)

    def pages(
        self,
        path: str,
        errand: Errand,
        budget: Budget,
        *,
        attempts: int = 4,
        most: int = _PAGES,
        strict: bool = False,
    ) -> list[Json]:
        """Return a whole collection. A page that cannot be had loses all of them, loudly.

        If *strict*, so does anything on a page that is no record.
        """
        items: list[Json] = []
        seen: set[str] = set()
        following = path
        while len(seen) < most:
            seen.add(following)
            page = self.read(following, errand, budget, attempts=attempts)
            items += _records_of(page, strict=strict)
            link = page.get("@odata.nextLink")  # docs/reference/sds.md#paging
            if link is None:
                return items
            following = self._next(link)
            if following in seen:
                raise TargetMalformed("Graph's pages go round in a circle")
        raise TargetMalformed("Graph's pages do not end", pages=most)

    def ask(
        self,
        method: str,
        path: str,
        budget: Budget,
        *,
        ending: Ending | None = None,
        accept: str = "application/json",
        body: Json | None = None,
    ) -> Answer:
        """Ask once, and once more with a new token if the old is not accepted.

        With an *ending*: once more by its qualified name if Graph does not know the short; what
        worked is remembered. A POST that may have been carried out, although no answer came, raises
        `TargetUnavailable` with the fact `outcome="unknown"`.
        """
        if ending is None:
            return self._admitted(method, path, budget, accept, body)
        if ending in self._qualified:
            return self._admitted(method, path + ending.qualified, budget, accept)
        answer = self._admitted(method, path + ending.short, budget, accept)
        if answer.status not in {400, 404}:
            return answer
        other = self._admitted(method, path + ending.qualified, budget, accept)
        if 200 <= other.status < 300:
            self._qualified.add(ending)
        # Where neither is known it is not the name: what Graph said first is what is meant.
        return answer if other.status in {400, 404} else other

    def fault(self, answer: Answer, errand: Errand) -> TargetError | None:
        """Return what is wrong with *answer*, as an error that says who must act."""
        status, facts = answer.status, answer.facts()
        if 200 <= status < 300:
            return None
        if status == 401:
            return TargetRefused(f"Graph would not {errand.words}: {self._asker.mend}", **facts)
        if status == 403:
            grant = self._asker.grant.format(role=errand.role, holder=errand.holder)
            return TargetRefused(
                f"Graph would not {errand.words}: {grant}",
                **facts,
                role=errand.role,
            )
        if status == 404:
            return TargetRefused(
                # docs/reference/sds.md#switch-on
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

    def demand_done(self, answer: Answer, errand: Errand) -> None:
        """Raise what is wrong; only a refusal says for certain that nothing was done."""
        error = self.fault(answer, errand)
        is_refusal = 400 <= answer.status < 500 and answer.status != 408
        if error:
            raise error if is_refusal else of_unknown_outcome(error)

    def post(
        self, path: str, body: Json, errand: Errand, budget: Budget, *, attempts: int = 4
    ) -> Json:
        """Return the object that a POST gives which changes nothing: repeated as a `read` is."""

        def once() -> Json:
            answer = self._admitted("POST", path, budget, "application/json", body)
            if error := self.fault(answer, errand):
                raise error
            return answer.json()

        return patiently(once, clock=self._clock, budget=budget, attempts=attempts)

    def following(self, link: object) -> str:
        """Return the whole address of a next link, if it leads on in this part of this Graph.

        Raises:
            TargetMalformed: it leads elsewhere, or could be read in two ways.
        """
        return self._next(link)

    def close(self) -> None:
        self._client.close()

    def _admitted(
        self, method: str, path: str, budget: Budget, accept: str, body: Json | None = None
    ) -> Answer:
        token = self._tokens.token()  # first: it may fail, and then nothing has been sent
        answer = self._once(method, path, token, budget, accept, body)
        if answer.status == 401:
            self._tokens.forget(token)
            answer = self._once(method, path, self._tokens.token(), budget, accept, body)
        return answer

    def _once(
        self,
        method: str,
        path: str,
        token: SecretStr,
        budget: Budget,
        accept: str,
        body: Json | None,
    ) -> Answer:
        if budget.left_s <= 0:
            raise TargetUnavailable("no time left to ask Graph")
        headers = {"Authorization": f"Bearer {token.get_secret_value()}", "Accept": accept}
        if method == "GET":
            headers |= _PREFER
        try:
            return exchange(self._client, method, path, headers, budget, body)
        except _NOT_SENT as error:
            # `from None`: the cause holds the request, and the request holds the token.
            raise GRAPH.fault(error, self.base, answered=self._answered.is_set()) from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            ours = GRAPH.fault(error, self.base, answered=True)
            if method == "POST":  # it was sent, and may have been carried out
                ours.facts["outcome"] = "unknown"
            raise ours from None

    def _next(self, link: object) -> str:
        """Return *link* if it leads on in this part of Graph, on its host."""
        base = address_of(self.base)
        following = address_of(link) if isinstance(link, str) else None
        if (
            base is None
            or following is None
            or following.origin != base.origin
            # docs/reference/sds.md#paths-know-no-case
            or not following.path.lower().startswith(base.path.lower())
        ):
            raise TargetMalformed("Graph's next page is on another host or path: not followed")
        return following.url


def _records_of(page: Json, *, strict: bool) -> list[Json]:
    """Return the records of *page*.

    What is none is passed over where it stands beside records, unless *strict*.
    """
    listed = page.get("value")
    records = objects(listed)
    is_short = len(records) != len(listed) if strict and isinstance(listed, list) else not records
    if not isinstance(listed, list) or (listed and is_short):
        raise TargetMalformed("Graph gave a page without a list of records")
    return records


def of_unknown_outcome(error: TargetError) -> TargetError:
    """Return *error* as one after which SDS may have done what was asked: it is asked again."""
    if error.retry:
        error.facts["outcome"] = "unknown"
        return error
    ours = TargetUnavailable(f"{error}: the outcome is unknown", outcome="unknown")
    ours.facts |= error.facts
    return ours


def is_busy(status: int) -> bool:
    """Say whether whoever answers so may know later; 501 says that it never will."""
    return status in _BUSY or (status >= 500 and status != 501)
