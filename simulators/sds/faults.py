"""A script of answers that the simulator gives instead of, or after, doing what it was asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from werkzeug.wrappers import Response

STORAGE_CODES = {403: "AuthenticationFailed", 404: "PathNotFound", 503: "ServerBusy"}
GRAPH_CODES = {
    401: "InvalidAuthenticationToken",
    403: "Forbidden",
    404: "ResourceNotFound",
    409: "Conflict",
    429: "TooManyRequests",
    503: "ServiceUnavailable",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """*retry_after* goes out as written: seconds, an HTTP date, or None for no header.

    *body* replaces the error document of the service that was asked. *location* is where a
    redirect leads.
    """

    status: int
    retry_after: str | None = None
    code: str = ""
    body: bytes | None = None
    content_type: str = "application/json"
    location: str | None = None

    def response(self, request_id: str, *, storage: bool) -> Response:
        codes = STORAGE_CODES if storage else GRAPH_CODES
        code = self.code or codes.get(self.status, "GeneralException")
        told: dict[str, object] = {"code": code, "message": f"scripted answer {self.status}"}
        if not storage:
            told["innerError"] = {"request-id": request_id}
        document = {"error": told}
        body = json.dumps(document).encode() if self.body is None else self.body
        response = Response(body, self.status, content_type=self.content_type)
        if storage and self.status >= 400:
            response.headers["x-ms-error-code"] = code
        if self.retry_after is not None:
            response.headers["Retry-After"] = self.retry_after
        if self.location is not None:
            response.headers["Location"] = self.location
        return response


SIGN_IN_PAGE = Answer(
    200,
    body=b"<!doctype html><title>Sign in</title><p>invented",
    content_type="text/html; charset=utf-8",
)
MOVED = Answer(302, location="https://elsewhere.example/operations/moved")


@dataclass(slots=True)
class Fault:
    """Lets *skip* calls of route *match* pass, then answers *times* of them, None: all of them.

    With *done* the call takes effect and only its answer is lost. An exception is raised into
    the transport, which only an in-process one can carry.
    """

    match: str
    answer: Answer | Exception
    times: int | None = 1
    skip: int = 0
    done: bool = False


@dataclass(slots=True)
class Script:
    faults: list[Fault] = field(default_factory=list)

    def next_for(self, route: str) -> Fault | None:
        """Return the fault that this call of *route* meets, counting it down."""
        for fault in self.faults:
            if fault.match not in {route, "*"}:
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if not fault.times:
                    self.faults.remove(fault)
            return fault
        return None
