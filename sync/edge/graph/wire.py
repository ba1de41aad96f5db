"""An exchange with Graph, or with the host that SDS answers on: sent once, read whole."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from sync import jsontext
from sync.edge.clock import Budget
from sync.edge.graph.answers import Json, safe_code
from sync.edge.http import pieces, request_timeout
from sync.errors import TargetMalformed, TargetUnavailable

READ_S = 60.0

_ANSWER_BYTES = 8 * 1024 * 1024
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, read."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Json:
        """Return the object in it.

        Raises:
            TargetUnavailable: it ends before its end, though nothing announced how long it is.
            TargetMalformed: it holds something else.
        """
        body = jsontext.parse(self.body)
        if isinstance(body, dict):
            return body
        if self.status == 200 and jsontext.is_cut(self.body):
            raise TargetUnavailable(
                "Microsoft's answer broke off before its end", retry_after_s=None, **self.facts()
            )
        raise TargetMalformed("Microsoft did not answer with a JSON object", **self.facts())

    def facts(self) -> dict[str, int | str]:
        """Return the status, Graph's `request-id` (no secret) and its error code."""
        facts: dict[str, int | str] = {"status": self.status}
        # What Microsoft's support asks for: docs/reference/sds.md#request-id
        request_id = self.headers.get("request-id", "")
        if _GUID.fullmatch(request_id):
            facts["request_id"] = request_id
        if self.status >= 400 and (code := self._error_code()):
            facts["graph_code"] = code
        return facts

    def _error_code(self) -> str | None:
        try:
            return safe_code(str(json.loads(self.body)["error"]["code"]))
        except (ValueError, TypeError, LookupError, RecursionError):
            return None


def exchange(
    client: httpx.Client,
    method: str,
    url: str,
    headers: Mapping[str, str],
    budget: Budget,
    *,
    body: Json | None = None,
) -> Answer:
    """Send a request, with *body* as JSON if there is one; errors of httpx hold it with its token.

    Raises:
        TargetMalformed: the answer is too large.
    """
    timeout = request_timeout(READ_S, budget)
    sent = {"client-request-id": str(uuid.uuid4()), **headers}
    with client.stream(method, url, headers=sent, timeout=timeout, json=body) as response:
        return Answer(response.status_code, response.headers, _body(response, budget))


def _body(response: httpx.Response, budget: Budget) -> bytes:
    body = bytearray()
    for chunk in pieces(response, budget):
        body += chunk
        if len(body) > _ANSWER_BYTES:
            raise TargetMalformed("Microsoft's answer is too large", limit_bytes=_ANSWER_BYTES)
    return bytes(body)
