"""The REST API over the invented school: who may read what, and the answer to a request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime

from werkzeug.wrappers import Request, Response

from simulators.isams import rest_routes
from simulators.isams.oauth import TokenDesk
from simulators.isams.rest_choices import RestChoices
from simulators.isams.rest_clients import RestClient
from simulators.isams.rest_faults import NOT_AUTHORISED, RestFaults, message, parameter
from simulators.isams.rest_index import RestIndex, Row
from simulators.isams.rest_paging import HAL, Asked, asked, edited_throughout, envelope
from simulators.isams.rest_routes import Collection, Single
from simulators.isams.rest_writing import RecordKind, WritingDesk
from simulators.isams.turnstile import Turnstile
from simulators.school import InventedSchool

NO_TOKEN = "Authorization has been denied for this request."
NOT_FOUND = "No HTTP resource was found that matches the request URI"


class RestDesk:
    """Answers REST requests from the school as it is now: there is no cache.

    Assign `choices` to switch a guess, and `delay_s` to make every answer take that long. With
    `writing`, students and employees may be written by who has *full* on their module.
    """

    def __init__(self, clients: Iterable[RestClient], clock: Callable[[], datetime]) -> None:
        self.choices = RestChoices()
        self.delay_s: float = 0
        self.writing: WritingDesk | None = None
        self.clients = {client.id.lower(): client for client in clients}
        self._turnstile = Turnstile(clock)
        self._index: RestIndex | None = None

    def answer(
        self, request: Request, school: InventedSchool, tokens: TokenDesk, faults: RestFaults
    ) -> Response:
        """Answer a request. A path that is not there is a 404 even for whom it would refuse."""
        match = rest_routes.find(request.path, self.choices)
        if match is None:
            return message(NOT_FOUND, 404)
        endpoint, id_ = match
        if refusal := self._refusal(request, endpoint, tokens):
            return refusal
        index = self._index_of(school)
        if isinstance(endpoint, Single):
            row = endpoint.read(index, id_)
            if self.writing and endpoint.writes and row is not None:
                client = tokens.client_of(request, "restapi") or ""
                self.writing.add(endpoint.writes, id_, row)
                if request.method == "PUT":
                    return self._put(self.writing, endpoint.writes, id_, request, tokens)
                row = self.writing.shown(endpoint.writes, id_, client)
            body = None if row is None else edited_throughout(row, faults)
        else:
            if endpoint.only and self.choices.houses_by_type:
                id_ = parameter(request, endpoint.only) or ""
            asked_for = self._page(request, endpoint, faults)
            if asked_for is None:
                return message("The page or pageSize is not valid", 400)
            body = envelope(
                endpoint.key,
                lambda part: self._as_written(endpoint, endpoint.read(index, id_, part)),
                asked_for,
                faults,
            )
        if faults.forgets_tokens:
            tokens.forget()
        return message("Not found", 404) if body is None else _sent(request, body)

    def _put(
        self,
        desk: WritingDesk,
        kind: RecordKind,
        id_: str,
        request: Request,
        tokens: TokenDesk,
    ) -> Response:
        if desk.trouble.ends_token and desk.trouble.strikes(id_):
            tokens.forget()
            return message(NO_TOKEN, 401, {"WWW-Authenticate": "Bearer"})
        status, answer = desk.put(kind, id_, request.get_json())
        if isinstance(answer, str):
            return Response(answer, status, mimetype="text/html")
        return Response(json.dumps(answer), status, mimetype="application/json")

    def _as_written(
        self, endpoint: Collection, part: tuple[list[Row], int] | None
    ) -> tuple[list[Row], int] | None:
        """Return *part* with the records as they have been written."""
        if part is None or self.writing is None or endpoint.writes is None:
            return part
        rows, total = part
        key = "schoolId" if endpoint.writes == "students" else "id"
        for row in rows:
            self.writing.add(endpoint.writes, str(row[key]), row)
        now = [self.writing.shown(endpoint.writes, str(row[key])) for row in rows]
        shown = [row for row in now if row is not None]
        return shown, total - len(rows) + len(shown)

    def _refusal(
        self, request: Request, endpoint: Collection | Single, tokens: TokenDesk
    ) -> Response | None:
        module = endpoint.module
        writes = isinstance(endpoint, Single) and endpoint.writes and self.writing
        if request.method != "GET" and not (request.method == "PUT" and writes):
            return message("The requested resource does not support this http method", 405)
        client = self.clients.get(tokens.client_of(request, "restapi") or "")
        if client is None:
            return message(NO_TOKEN, 401, {"WWW-Authenticate": "Bearer"})
        if self._turnstile.refuses(client.id, client.throttle):
            after_s = self.choices.retry_after_s
            headers = {} if after_s is None else {"Retry-After": str(after_s)}
            return message("Too many requests", 429, headers)
        allowed = client.may_read if request.method == "GET" else client.may_write
        if not allowed(module):
            return message(NOT_AUTHORISED, self.choices.not_authorised_status)
        if parameter(request, "$filter") is not None:
            # Ignored, it would tell more than was asked for.
            return message("The simulator has no $filter", 400)
        return None

    def _index_of(self, school: InventedSchool) -> RestIndex:
        """Return the look-ups of *school*, made anew only if it or the choices have changed."""
        index = self._index
        if index is None or index.school is not school or index.choices is not self.choices:
            index = self._index = RestIndex(school, self.choices)
        return index

    def _page(self, request: Request, endpoint: Collection, faults: RestFaults) -> Asked | None:
        if faults.unpaged:
            return Asked(bare=True)
        if endpoint.paged or self.choices.lists_are_paged:
            return asked(request, self.choices, faults)
        return Asked(bare=not self.choices.lists_have_totals)


def _sent(request: Request, body: Row) -> Response:
    text = json.dumps(body, ensure_ascii=False, sort_keys=True)
    hal = HAL in request.headers.get("Accept", "")
    return Response(text, mimetype=HAL if hal else "application/json")
