"""OAuth for the Batch API, where a school's key has a client secret (isams.md section 1.1)."""

from __future__ import annotations

import json
from contextlib import closing

import httpx

from sync.edge.clock import Budget, Clock
from sync.edge.http import request_timeout, retry_after_s
from sync.edge.wire import opening
from sync.errors import SourceError, SourceMalformed, SourceRefused, SourceUnavailable
from sync.isams.error_document import by_status
from sync.settings import SchoolSettings

_PATH = "/auth/connect/token"  # of the school's own host: a discovered one could be anybody's
_SCOPE = "apiv1"
ANSWER_S = 30.0
MARGIN_S = 60.0  # a token is renewed this long before its end, so that it outlives a request
_LONGEST_S = 86_400  # whatever it says of itself
_LIMIT_BYTES = 64 * 1024


class Tokens:
    """The current token, if this school has a client secret."""

    def __init__(self, settings: SchoolSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._token = ""
        self._until_s = 0.0

    def forget(self) -> None:
        """Ask for a new one next time."""
        self._token = ""

    def get(self, client: httpx.Client, budget: Budget) -> str:
        """Return a token that still lives, or "" for a school that needs none.

        Raises:
            SourceRefused: iSAMS does not know the client, or not its secret.
            SourceUnavailable, SourceMalformed: as for data. httpx's own errors pass.
        """
        secret = self._settings.isams_client_secret
        if secret is None:
            return ""
        if self._token and self._clock.monotonic_s() < self._until_s:
            return self._token
        key = self._settings.batch_key.strip("{}")
        request = client.build_request(
            "POST",
            _PATH,
            data={
                "grant_type": "client_credentials",
                "client_id": self._settings.isams_client_id or key,
                "client_secret": secret.get_secret_value(),
                "scope": _SCOPE,
            },
            timeout=request_timeout(ANSWER_S, budget),
        )
        with closing(client.send(request, stream=True)) as answer:
            if answer.status_code != 200:
                raise self._refusal(answer)
            self._token, life_s = read_token(answer, budget)
        self._until_s = self._clock.monotonic_s() + life_s - MARGIN_S
        return self._token

    def _refusal(self, answer: httpx.Response) -> SourceError:
        status = answer.status_code
        if status in {400, 401}:  # OAuth's invalid_client, invalid_grant, invalid_scope
            return SourceRefused(
                "iSAMS refuses the client: check ISAMS_CLIENT_ID and ISAMS_CLIENT_SECRET, and that"
                " the client may use the Batch API",
                status=status,
            )
        error = by_status(status)
        if isinstance(error, SourceUnavailable):
            error.retry_after_s = retry_after_s(answer.headers, self._clock.now())
        return error


def read_token(answer: httpx.Response, budget: Budget) -> tuple[str, float]:
    """Return the token and its life in seconds, 0 if it does not say.

    Raises:
        SourceMalformed: no token that could stand in a header.
    """
    try:
        said: object = json.loads(opening(answer, budget, limit_bytes=_LIMIT_BYTES))
    except (ValueError, RecursionError):
        said = None
    token = said.get("access_token") if isinstance(said, dict) else None
    life_s = said.get("expires_in", 0) if isinstance(said, dict) else 0
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise SourceMalformed("iSAMS's sign-in answered without a token")
    # Without a life it serves this once.
    return token, float(min(life_s, _LONGEST_S)) if isinstance(life_s, int) else 0.0
