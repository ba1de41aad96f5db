"""The only module that may send a PUT to iSAMS: one record, once, never again by itself.

What iSAMS answers is no proof of what it did: an answer may be lost after the act, and a good one
may come of nothing. So what came of a PUT is told by reading the record, and by nothing here.

docs/reference/isams.md#put-replaces, docs/decisions/0038-one-record-at-a-time.md
"""

from __future__ import annotations

import re
from collections.abc import Set
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import httpx
from pydantic import SecretStr

from sync.edge.clock import Budget, Clock
from sync.edge.http import request_timeout
from sync.edge.isams.records import ALONE, ReadableRecords, RestRecords
from sync.edge.isams.sign_in import IsamsTokens
from sync.edge.isams.wire import opening, unreached
from sync.errors import SourceError
from sync.isams.addresses.kinds import PeopleKind
from sync.isams.addresses.record_text import Members, body_of
from sync.settings import SchoolSettings

# docs/reference/isams.md#timeout-35s
PUT_S = 40.0  # longer than iSAMS works at anything
_LIMIT_BYTES = 64 * 1024
_WORD = re.compile(rb"[A-Za-z]{2,64}")


@dataclass(frozen=True, slots=True)
class PutAnswer:
    """What iSAMS answered to a PUT: its status, 0 for no answer, and which fields it names."""

    status: int
    fields: tuple[str, ...] = ()


class WritableRecords(ReadableRecords, Protocol):
    """Who reads records and may write one."""

    def make_ready(self) -> None:
        """Sign in, so that the next `put` sends at once. Raises `SourceError`."""

    def put(self, kind: PeopleKind, record_id: str, members: Members) -> PutAnswer:
        """Put *members* as the record, once. What came of it, only reading tells.

        Raises `SourceError` if nothing was sent.
        """


class RestWriter(RestRecords):
    """The records of a school, by the client that may write."""

    def __init__(
        self,
        settings: SchoolSettings,
        clock: Clock,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(settings, clock, writes=True, transport=transport)

    def make_ready(self) -> None:
        self._token(Budget.of(self.requests().clock, PUT_S))

    def _token(self, budget: Budget) -> SecretStr:
        requests = self.requests()
        tokens: IsamsTokens = requests.tokens
        try:
            return tokens.token(requests.client, budget)
        except httpx.HTTPError as error:
            raise self._unsent(error, str(requests.client.base_url)) from None

    def put(self, kind: PeopleKind, record_id: str, members: Members) -> PutAnswer:
        requests = self.requests()
        client, budget = requests.client, Budget.of(requests.clock, PUT_S)
        url = str(client.base_url)
        token = self._token(budget)  # first: it may fail, and then nothing was sent
        request = client.build_request(
            "PUT",
            requests.path_of(ALONE[kind], record_id),
            content=body_of(members),
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json; charset=utf-8",
                "Authorization": f"Bearer {token.get_secret_value()}",
            },
            timeout=request_timeout(PUT_S, budget),
        )
        try:
            with closing(client.send(request, stream=True)) as answer:
                status = answer.status_code
                body = _opening(answer, budget)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise self._unsent(error, url) from None
        except httpx.HTTPError:
            return PutAnswer(0)
        return PutAnswer(status, _named(body, members.keys()))

    def _unsent(self, error: httpx.HTTPError, url: str) -> SourceError:
        requests = self.requests()
        return unreached(
            error,
            url,
            requests.authority,
            requests.clock.now(),
            answered=requests.answered.is_set(),
        )


def _opening(answer: httpx.Response, budget: Budget) -> bytes:
    """Return the beginning of an answer that is looked at for names of fields only."""
    try:
        return opening(answer, budget, limit_bytes=_LIMIT_BYTES)
    except (SourceError, httpx.HTTPError):
        return b""


def _named(body: bytes, fields: Set[str]) -> tuple[str, ...]:
    """Return which of our *fields* an answer names. Its words are the vendor's: not repeated."""
    words = {word.decode().lower() for word in _WORD.findall(body)}
    return tuple(sorted(field for field in fields if field.lower() in words))
