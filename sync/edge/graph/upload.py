"""Putting files where an upload session says: Azure Data Lake, by create, append and flush.

The signature in the session's address is the only key, and is kept byte for byte; our Graph token
never comes here. A file that is created anew is empty again, so a failed file starts from there.

See docs/reference/sds.md#upload, docs/reference/sds.md#no-put-blob,
docs/reference/sds.md#keep-signature.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
from pydantic import SecretStr

from sync.edge.clock import Budget, Clock
from sync.edge.graph.answers import safe_code
from sync.edge.http import make_client, patiently, pieces, request_timeout, retry_after_s
from sync.edge.unreachable import Peer
from sync.errors import (
    TargetError,
    TargetMalformed,
    TargetUnavailable,
    TargetUnreachable,
)

CHUNK_BYTES = 4 * 1024 * 1024  # docs/reference/sds.md#several-appends

_TIMEOUT_S = 60.0
_VERSION = "2023-11-03"  # seen to work: docs/reference/sds.md#storage-version

# What the collection of Microsoft calls the files; whether SDS looks at it is not known, and it is
# a property of the file, so it goes with the flush.
_OF_FLUSH = {"x-ms-content-type": "application/vnd.ms-excel"}

# Its host is named by SDS, anew for each session: no setting says where it is.
_LAKE = Peer[TargetError](
    "the upload storage of SDS",
    "this app's network (docs/deploying.md, What it must reach)",
    TargetUnavailable,
    TargetUnreachable,
    TargetUnreachable,
)

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}\.csv")
# The session may be over: then another, and every file again: docs/reference/sds.md#storage-errors
_OVER = frozenset({401, 403, 404})
_BUSY = frozenset({408, 409, 423, 429})


@dataclass(frozen=True, slots=True)
class _Step:
    method: str
    query: str
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Lake:
    """Whatever storage the upload sessions lead to."""

    def __init__(self, clock: Clock, transport: httpx.BaseTransport | None = None) -> None:
        self._clock = clock
        self._client = make_client(base_url="", timeout_s=_TIMEOUT_S, transport=transport)

    def put(self, directory: SecretStr, name: str, body: bytes, budget: Budget) -> None:
        """Put a whole file under *directory*, an address with its signature.

        Raises `TargetUnavailable`: with `session="over"` the directory is closed or gone, and a new
        session must get every file again.
        """
        if not _NAME.fullmatch(name):
            raise TargetMalformed("not the name of a file of SDS")
        folder, _, signature = directory.get_secret_value().partition("?")
        url = f"{folder.rstrip('/')}/{name}?{signature}"

        def once() -> TargetError | None:
            return self._write(url, body, budget)

        # A closed session is returned, not raised: asking again would not open it.
        if error := patiently(once, clock=self._clock, budget=budget):
            raise error

    def close(self) -> None:
        self._client.close()

    def _write(self, url: str, body: bytes, budget: Budget) -> TargetError | None:
        steps = [_Step("PUT", "resource=file")]
        for start in range(0, len(body), CHUNK_BYTES):
            chunk = body[start : start + CHUNK_BYTES]
            # That it matters is not known: docs/reference/sds.md#content-type
            kind = {"Content-Type": "application/octet-stream"}
            steps.append(_Step("PATCH", f"action=append&position={start}", chunk, kind))
        steps.append(_Step("PATCH", f"action=flush&position={len(body)}", b"", _OF_FLUSH))
        for step in steps:
            answer = self._send(step, f"{url}&{step.query}", budget)
            if answer.status_code in _OVER:
                return TargetUnavailable(
                    "the upload session is over: open a new one and send every file again",
                    retry_after_s=None,
                    **_facts(answer),
                    session="over",
                )
            if not answer.is_success:
                raise self._fault(answer)
        return None

    def _send(self, step: _Step, url: str, budget: Budget) -> httpx.Response:
        if budget.left_s <= 0:
            raise TargetUnavailable("no time left to upload")
        length = {"x-ms-version": _VERSION, "Content-Length": str(len(step.content))}
        headers = {**length, **step.headers}
        timeout = request_timeout(_TIMEOUT_S, budget)
        try:
            with self._client.stream(
                step.method, url, content=step.content, headers=headers, timeout=timeout
            ) as answer:
                for _ in pieces(answer, budget):  # what it says stands in its headers
                    pass
                return answer
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # `from None`: the cause holds the request, and the request holds the signature.
            raise _LAKE.fault(error, url) from None

    def _fault(self, answer: httpx.Response) -> TargetError:
        facts = _facts(answer)
        if answer.status_code in _BUSY or answer.status_code >= 500:
            wish_s = retry_after_s(answer.headers, self._clock.now())
            return TargetUnavailable("the upload storage is busy", retry_after_s=wish_s, **facts)
        return TargetMalformed("the upload storage does not understand us", **facts)


def _facts(answer: httpx.Response) -> dict[str, int | str]:
    code = safe_code(answer.headers.get("x-ms-error-code", ""))
    return {"status": answer.status_code} | ({"storage_code": code} if code else {})
