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
from simulators.isams.turnstile import Turnstile
from simulators.school import InventedSchool

NO_TOKEN = "Authorization has been denied for this request."
NOT_FOUND = "No HTTP resource was found that matches the request URI"


class RestDesk:
    """Answers REST requests from the school as it is now: there is no cache.

    Assign `choices` to switch a guess, and `delay_s` to make every answer take that long.
    """

    def __init__(self, clients: Iterable[RestClient], clock: Callable[[], datetime]) -> None:
        self.choices = RestChoices()
        self.delay_s: float = 0
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
        if refusal := self._refusal(request, endpoint.module, tokens):
            return refusal
        index = self._index_of(school)
        if isinstance(endpoint, Single):
            row = endpoint.read(index, id_)
            body = None if row is None else edited_throughout(row, faults)
        else:
            if endpoint.only and self.choices.houses_by_type:
                id_ = parameter(request, endpoint.only) or ""
            asked_for = self._page(request, endpoint, faults)
            if asked_for is None:
                return message("The page or pageSize is not valid", 400)
            body = envelope(
                endpoint.key, lambda part: endpoint.read(index, id_, part), asked_for, faults
            )
        if faults.forgets_tokens:
            tokens.forget()
        return message("Not found", 404) if body is None else _sent(request, body)

    def _refusal(self, request: Request, module: str, tokens: TokenDesk) -> Response | None:
        if request.method != "GET":
            return message("The requested resource does not support this http method", 405)
        client = self.clients.get(tokens.client_of(request, "restapi") or "")
        if client is None:
            return message(NO_TOKEN, 401, {"WWW-Authenticate": "Bearer"})
        if self._turnstile.refuses(client.id, client.throttle):
            after_s = self.choices.retry_after_s
            headers = {} if after_s is None else {"Retry-After": str(after_s)}
            return message("Too many requests", 429, headers)
        if not client.may_read(module):
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
