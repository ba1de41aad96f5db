"""The way to a school's iSAMS by its Batch API: a question, and its answer as it streams.

The key stands in every URL, because iSAMS wants it there. So no httpx error leaves this module:
ours say what happened, where by host and port alone, and carry neither URL, key nor token.

See docs/reference/isams.md#batch-key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from threading import Event
from typing import NamedTuple

import httpx
from pydantic import SecretStr

from sync.edge.clock import Budget, Clock
from sync.edge.http import age_s, make_client, patiently, request_timeout, retry_after_s
from sync.edge.isams.batch_tokens import batch_tokens
from sync.edge.isams.wire import opening, uncompressed, unreached
from sync.errors import SourceError, SourceUnavailable
from sync.isams import error_document
from sync.isams.batch import reader
from sync.isams.datasets import ALWAYS, NOTHING_MORE, PUPILS, STAFF, SUBJECTS, Wanted
from sync.isams.school import CurrentPeople, School, Subject
from sync.settings import SchoolSettings

_PATH = "/api/batch/1.0/xml.ashx"  # docs/reference/isams.md#batch-address
# docs/reference/isams.md#timeout-35s
_ANSWER_S = 120.0  # until the answer begins: iSAMS gives up at about 35 s, networks later

type Reader[T] = Callable[[Iterable[bytes]], T]


class MethodCount(NamedTuple):
    """What a method gave: how many records, and how old they are if the answer says so."""

    records: int
    age_s: float | None


class Isams:
    """A school's iSAMS. An OAuth token is kept for its life, nothing else between calls.

    Every call ends within its budget. Each reads from the start and gives all or nothing, raising
    a `SourceError`; what is worth asking again says `retry`, and has then been asked.
    """

    def __init__(
        self,
        settings: SchoolSettings,
        clock: Clock,
        *,
        transport: httpx.BaseTransport | None = None,
        limit_bytes: int = reader.LIMIT_BYTES,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._transport = transport
        self._limit_bytes = limit_bytes
        self._tokens = batch_tokens(settings, clock)
        self._answered = Event()

    def school(self, budget: Budget, wanted: Wanted = NOTHING_MORE) -> School:
        """Read the five datasets, and those *wanted* beyond them.

        What no class needs, and the key may not run or cannot be read, is left out of a second
        question, and noted in the school.
        """
        read = partial(reader.read_document, wanted=wanted, limit_bytes=self._limit_bytes)
        methods = [dataset.method for dataset in (*ALWAYS, *wanted.extras)]
        try:
            return self._ask(methods, read, budget)
        except SourceError as error:
            lost = reader.lost_with(error, wanted)
            if not lost:
                raise
            why = {dataset.ui_name: error for dataset in lost}
        school = self.school(budget, wanted.without(lost))
        return replace(school, untold={**school.untold, **why})

    def subjects(self, budget: Budget) -> Mapping[str, Subject]:
        """Read only the departments' subjects, by id."""
        read = partial(reader.subjects_in, limit_bytes=self._limit_bytes)
        return self._ask([SUBJECTS.method], read, budget)

    def people(self, budget: Budget) -> CurrentPeople:
        """Read only pupils and staff."""
        read = partial(reader.people_in, limit_bytes=self._limit_bytes)
        return self._ask([STAFF.method, PUPILS.method], read, budget)

    def try_method(self, method: str, budget: Budget) -> MethodCount:
        """Ask for a batch method alone and count its records, never 0: what the doctor does."""
        ages_s: list[float | None] = []

        def hear(headers: Mapping[str, str]) -> None:
            ages_s.append(age_s(headers, self._clock.now()))

        read = partial(reader.count_records, method=method, limit_bytes=self._limit_bytes)
        return MethodCount(self._ask([method], read, budget, hear), ages_s[-1])

    def _ask[T](
        self,
        methods: list[str],
        read: Reader[T],
        budget: Budget,
        hear: Callable[[Mapping[str, str]], None] = lambda _: None,
    ) -> T:
        with make_client(
            base_url=self._settings.isams_url,
            timeout_s=_ANSWER_S,
            transport=self._transport,
            answered=self._answered,
            authority=self._settings.isams_ca,
        ) as client:
            return patiently(
                lambda: self._once(client, methods, read, budget, hear),
                clock=self._clock,
                budget=budget,
            )

    def _once[T](
        self,
        client: httpx.Client,
        methods: list[str],
        read: Reader[T],
        budget: Budget,
        hear: Callable[[Mapping[str, str]], None],
    ) -> T:
        if budget.left_s <= 0:
            raise SourceUnavailable("no time was left to ask iSAMS")
        try:
            with closing(self._answer(client, methods, budget)) as answer:
                if answer.status_code != 200:
                    raise self._refusal(answer, budget)
                hear(answer.headers)
                return read(uncompressed(answer, budget))
        except httpx.HTTPError as error:
            raise unreached(
                error,
                self._settings.isams_url,
                self._settings.isams_ca,
                self._clock.now(),
                answered=self._answered.is_set(),
            ) from None

    def _answer(self, client: httpx.Client, methods: list[str], budget: Budget) -> httpx.Response:
        """Send the request; a token that iSAMS no longer takes is renewed once."""
        if self._tokens is None:
            return self._send(client, methods, None, budget)
        token = self._tokens.token(client, budget)
        answer = self._send(client, methods, token, budget)
        if answer.status_code == 401:
            answer.close()
            self._tokens.forget(token)
            token = self._tokens.token(client, budget)
            answer = self._send(client, methods, token, budget)
        return answer

    def _send(
        self, client: httpx.Client, methods: list[str], token: SecretStr | None, budget: Budget
    ) -> httpx.Response:
        headers = {"Content-Type": "application/xml"}  # docs/reference/isams.md#post-methods
        if token:
            headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        request = client.build_request(
            "POST",
            _PATH,
            params={"apiKey": self._settings.batch_key},
            content=_filters(methods),
            headers=headers,
            timeout=request_timeout(_ANSWER_S, budget),
        )
        return client.send(request, stream=True)

    def _refusal(self, answer: httpx.Response, budget: Budget) -> SourceError:
        body = opening(answer, budget, limit_bytes=error_document.LIMIT_BYTES)
        error = error_document.read_error(body, answer.status_code)
        if isinstance(error, SourceUnavailable):
            error.retry_after_s = retry_after_s(answer.headers, self._clock.now())
        return error


def _filters(methods: Iterable[str]) -> bytes:
    asked = "".join(f"<Method>{method}</Method>" for method in methods)
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f"<Filters><MethodsToRun>{asked}</MethodsToRun></Filters>"
    ).encode()
