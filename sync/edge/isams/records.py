"""A student or an employee by itself, as iSAMS sends it: read, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event
from typing import Protocol

import httpx

from sync.edge.clock import Budget, Clock
from sync.edge.http import make_client
from sync.edge.isams.rest_requests import ANSWER_S, RestBase, RestRequests
from sync.edge.isams.rest_tokens import rest_tokens
from sync.errors import SourceError, SourceMalformed
from sync.isams.addresses.kinds import PeopleKind
from sync.isams.addresses.record_text import Members, members_of, text_in
from sync.isams.rest import endpoints
from sync.isams.rest.endpoints import Endpoint
from sync.settings import SchoolSettings

ALONE: Mapping[PeopleKind, Endpoint] = {
    PeopleKind.PUPILS: endpoints.STUDENT,
    PeopleKind.STAFF: endpoints.EMPLOYEE,
}
_LISTED: Mapping[PeopleKind, Endpoint] = {
    PeopleKind.PUPILS: endpoints.STUDENTS,
    PeopleKind.STAFF: endpoints.EMPLOYEES,
}
_ONE = {"page": "1", "pageSize": "1"}
_LIMIT_BYTES = 1024 * 1024  # a record is some 3 KB


class ReadableRecords(Protocol):
    """Who reads records one by one. Raises `SourceError` and nothing else."""

    def read(self, kind: PeopleKind, record_id: str) -> Members | None:
        """Return a record as it is now; None if there is none (any more).

        iSAMS may answer from a cache: what was written, or typed, may not be seen for a while.
        """


class RestRecords:
    """The records of a school by REST, read by the client that reads, or by that which *writes*.

    Each call has a minute, in which a busy iSAMS is asked again.
    """

    def __init__(
        self,
        settings: SchoolSettings,
        clock: Clock,
        *,
        writes: bool = False,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._clock = clock
        self._tokens = rest_tokens(settings, clock, writes=writes)
        self._base = RestBase()
        self._authority = settings.isams_ca
        self._answered = Event()
        self._client = make_client(
            base_url=settings.isams_url,
            timeout_s=ANSWER_S,
            transport=transport,
            answered=self._answered,
            authority=settings.isams_ca,
        )

    def read(self, kind: PeopleKind, record_id: str) -> Members | None:
        requests = self.requests()
        if not self._base.known:
            # Only a list tells where REST stands: a record that is not there is a 404 anywhere.
            requests.answer(_LISTED[kind], query=_ONE)
        try:
            body = requests.body(ALONE[kind], record_id)
        except SourceError as error:
            if error.facts.get("status") == 404:
                return None
            raise
        return _members(kind, record_id, body)

    def requests(self) -> RestRequests:
        """Return the way to iSAMS for one call."""
        return RestRequests(
            self._client,
            self._tokens,
            self._clock,
            Budget.of(self._clock, ANSWER_S),
            _LIMIT_BYTES,
            self._answered,
            self._base,
            self._authority,
        )

    def close(self) -> None:
        self._client.close()


def _members(kind: PeopleKind, record_id: str, body: bytes) -> Members:
    """Return the members of a record, once it is known to be that one."""
    try:
        members = members_of(body)
    except ValueError:
        raise SourceMalformed(
            "iSAMS's record is not plain: it is no JSON object, or says one thing twice",
            place=ALONE[kind].name,
        ) from None
    held = members.get(kind.key, "null")
    if record_id not in {held, text_in(held)}:  # a student's id is a text, an employee's a number
        raise SourceMalformed("iSAMS gave another record", place=ALONE[kind].name)
    return members
