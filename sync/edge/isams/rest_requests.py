"""A question to the REST API, asked again if it may; and many, four at a time.

No httpx error leaves this module: ours carry host and port, and neither URL, secret nor token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import NamedTuple
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from sync.edge.clock import Budget, Clock
from sync.edge.http import patiently, request_timeout, retry_after_s
from sync.edge.isams.sign_in import IsamsTokens
from sync.edge.isams.wire import uncompressed, unreached
from sync.errors import SourceError, SourceMalformed, SourceUnavailable
from sync.isams.rest import answers, endpoints
from sync.isams.rest.answers import Answer
from sync.isams.rest.endpoints import Endpoint
from sync.isams.rest.paging import PageProgress, Pages

AT_ONCE = 4  # as many as a browser with a few tabs: a school's server is shared with its users

# docs/reference/isams.md#timeout-35s
ANSWER_S = 60.0  # until the answer begins: iSAMS gives up at about 35 s
# docs/reference/isams.md#rest-drift
_READINGS = 3  # of a collection whose rows do not add up
_NAP_S = 1.0  # of a wait, before it is looked whether to wait on


@dataclass(slots=True)
class RestBase:
    """Which of `endpoints.BASES` all paths of an iSAMS begin with: "" until an answer was read."""

    known: str = ""


class _Read(NamedTuple):
    """An answer, and the bytes that it came in."""

    answer: Answer
    body: bytes


@dataclass(frozen=True, slots=True)
class RestRequests:
    """The way to an iSAMS for a single call of ours. `limit_bytes` caps each answer.

    `answered` is set once the host has answered; it and `base` may outlive the call. `authority`
    is what `client` trusts beside the public ones.
    """

    client: httpx.Client
    tokens: IsamsTokens
    clock: Clock
    budget: Budget
    limit_bytes: int = answers.LIMIT_BYTES
    answered: Event = field(default_factory=Event)
    base: RestBase = field(default_factory=RestBase)
    authority: str | None = None
    _over: Event = field(default_factory=Event)

    def collection(
        self,
        endpoint: Endpoint,
        record_id: str = "",
        *,
        must: frozenset[str] = frozenset(),
        may_be_empty: bool = False,
    ) -> Pages:
        """Read a collection whole, from page 1 again if it changes meanwhile; see `Pages`.

        Raises:
            SourceUnavailable: its rows did not add up to its totals, however often it was read.
        """
        host = self.client.base_url.netloc.decode("ascii").lower()
        for _ in range(_READINGS):
            pages = Pages(endpoint, host, must, may_be_empty=may_be_empty)
            progress = PageProgress.MORE
            while progress is PageProgress.MORE:
                progress = pages.add(self.answer(endpoint, record_id, query=pages.query))
            if progress is PageProgress.WHOLE:
                return pages
        raise SourceUnavailable(
            f"the {endpoint.key} did not add up to iSAMS's own totals, each time they were read",
            place=endpoint.name,
            readings=_READINGS,
        )

    def each[Result](
        self, ids: Sequence[str], ask: Callable[[str], Result]
    ) -> Iterator[tuple[str, Result]]:
        """Yield each id with what *ask* returns for it, in the order in which answers come.

        After the first error no other question is begun, and it is raised.
        """
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="isams") as pool:

            def asked_for(record_id: str) -> tuple[str, Result]:
                return record_id, ask(record_id)

            asked = [pool.submit(asked_for, record_id) for record_id in ids]
            try:
                for done in as_completed(asked):
                    yield done.result()
            finally:
                self._over.set()
                pool.shutdown(wait=True, cancel_futures=True)
                self._over.clear()

    def answer(
        self, endpoint: Endpoint, record_id: str = "", query: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask for a page of a collection, or for the object of an id."""
        return self._patiently(endpoint, record_id, query or {}).answer

    def body(self, endpoint: Endpoint, record_id: str) -> bytes:
        """Ask for the object of an id, and return it as it came."""
        return self._patiently(endpoint, record_id, {}).body

    def path_of(self, endpoint: Endpoint, record_id: str) -> str:
        """Return the path of an object, below what the paths of the last answer began with."""
        return self._path(self.base.known or endpoints.BASES[0], endpoint, record_id)

    def _patiently(self, endpoint: Endpoint, record_id: str, query: Mapping[str, str]) -> _Read:
        return patiently(
            lambda: self._once(endpoint, record_id, query),
            clock=_WatchfulClock(self),
            budget=self.budget,
        )

    def refuse_if_over(self) -> None:
        """Raise if there is no more to be asked: the time or another question has failed."""
        if self._over.is_set():
            raise SourceMalformed("another question to iSAMS has failed")
        if not self.budget.left_s:
            raise SourceUnavailable("no time was left to ask iSAMS")

    def _once(self, endpoint: Endpoint, record_id: str, query: Mapping[str, str]) -> _Read:
        self.refuse_if_over()
        try:
            if self.base.known:
                return self._under(self.base.known, endpoint, record_id, query)
            return self._under_any(endpoint, record_id, query)
        except httpx.HTTPError as error:
            ours = unreached(
                error,
                str(self.client.base_url),
                self.authority,
                self.clock.now(),
                answered=self.answered.is_set(),
            )
            ours.facts["place"] = endpoint.name
            raise ours from None

    def _under(
        self, base: str, endpoint: Endpoint, record_id: str, query: Mapping[str, str]
    ) -> _Read:
        with closing(self._admitted(self._path(base, endpoint, record_id), query)) as answer:
            return self._read(answer, endpoint)

    def _path(self, base: str, endpoint: Endpoint, record_id: str) -> str:
        usual = endpoint.path.format(id=quote(record_id, safe=""))
        return base + usual.removeprefix(endpoints.BASES[0])

    def _under_any(self, endpoint: Endpoint, record_id: str, query: Mapping[str, str]) -> _Read:
        """Ask under each of `BASES` until one is not a 404; keep in mind which it was, once read.

        Some hosted iSAMS serve REST under `/Main`: docs/reference/isams.md#main-prefix
        """
        for base in endpoints.BASES:
            try:
                answer = self._under(base, endpoint, record_id, query)
            except SourceError as error:
                if error.facts.get("status") == 404:
                    continue
                if "module" in error.facts:  # iSAMS's own word on what this client may read
                    self.base.known = base
                raise
            self.base.known = base
            return answer
        raise answers.no_api(404)

    def _admitted(self, path: str, query: Mapping[str, str]) -> httpx.Response:
        """Send the request; a token that iSAMS no longer takes is renewed once."""
        token = self.tokens.token(self.client, self.budget)
        answer = self._send(path, query, token)
        if answer.status_code == 401:
            answer.close()
            self.tokens.forget(token)
            answer = self._send(path, query, self.tokens.token(self.client, self.budget))
        return answer

    def _send(self, path: str, query: Mapping[str, str], token: SecretStr) -> httpx.Response:
        request = self.client.build_request(
            "GET",
            path,
            params=query,
            headers={
                "Accept": "application/json",
                "Authorization": f"Bearer {token.get_secret_value()}",
            },
            timeout=request_timeout(ANSWER_S, self.budget),
        )
        return self.client.send(request, stream=True)

    def _read(self, answer: httpx.Response, endpoint: Endpoint) -> _Read:
        body = bytearray()
        for piece in uncompressed(answer, self.budget):
            body += piece
            if len(body) > self.limit_bytes:
                raise SourceMalformed("iSAMS's answer is too large", limit_bytes=self.limit_bytes)
        try:
            whole = bytes(body)
            return _Read(answers.read_object(whole, endpoint, answer.status_code), whole)
        except SourceError as error:
            if isinstance(error, SourceUnavailable):
                error.retry_after_s = retry_after_s(answer.headers, self.clock.now())
            raise


@dataclass(frozen=True, slots=True)
class _WatchfulClock:
    """A clock whose waits end early, with an error, once another question has failed."""

    requests: RestRequests

    def now(self) -> datetime:
        return self.requests.clock.now()

    def monotonic_s(self) -> float:
        return self.requests.clock.monotonic_s()

    def sleep(self, seconds: float) -> None:
        while seconds > 0:
            self.requests.refuse_if_over()
            self.requests.clock.sleep(min(seconds, _NAP_S))
            seconds -= _NAP_S
