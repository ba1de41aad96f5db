"""Signing in for the REST API: where a school's iSAMS hands out tokens, and the current one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from threading import Lock

import httpx

from sync.edge.clock import Budget, Clock
from sync.edge.http import request_timeout, retry_after_s
from sync.edge.isams.tokens import ANSWER_S, MARGIN_S, read_token
from sync.edge.wire import opening
from sync.errors import SourceError, SourceRefused, SourceUnavailable
from sync.isams.error_document import by_status
from sync.isams.rest.endpoints import CLIENT_SCREEN
from sync.settings import SchoolSettings

_DISCOVERY = "/auth/.well-known/openid-configuration"
# Where it has stood over the years, newest first, and the scope it then had (isams.md section 8).
_KNOWN = (
    ("/auth/connect/token", "restapi"),
    ("/main/auth/connect/token", "restapi"),
    ("/main/sso/idp/connect/token", "api"),
)
_LIMIT_BYTES = 256 * 1024
_UNTOLD_S = 300.0  # the life of a token that says none of itself


class RestTokens:
    """The current token of a school's REST client; safe to share between threads."""

    def __init__(self, settings: SchoolSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = Lock()
        self._token = ""
        self._until_s = 0.0

    def forget(self, token: str) -> None:
        """Ask for a new one next time, if *token* is still the current one."""
        with self._lock:
            if token == self._token:
                self._token = ""

    def get(self, client: httpx.Client, budget: Budget) -> str:
        """Return a token that still lives.

        Raises:
            SourceRefused: iSAMS does not know the client, or not its secret.
            SourceUnavailable, SourceMalformed: as for data. httpx's own errors pass.
        """
        with self._lock:
            if not self._token or self._clock.monotonic_s() >= self._until_s:
                self._token, life_s = self._sign_in(client, budget)
                self._until_s = self._clock.monotonic_s() + (life_s or _UNTOLD_S) - MARGIN_S
            return self._token

    def _sign_in(self, client: httpx.Client, budget: Budget) -> tuple[str, float]:
        status = 404
        for path, scope in self._addresses(client, budget):
            with closing(client.send(self._form(client, path, scope, budget), stream=True)) as said:
                if said.status_code == 200:
                    return read_token(said, budget)
                if said.status_code != 404:
                    raise self._refusal(said)
                status = said.status_code
        raise by_status(status)

    def _addresses(self, client: httpx.Client, budget: Budget) -> Iterator[tuple[str, str]]:
        """Yield path and scope: the discovered address, if it is on the same host, then the known.

        The secret is never sent to a host that the school has not named.
        """
        found = self._discovered(client, budget)
        if found:
            yield found, _KNOWN[0][1]
        yield from (known for known in _KNOWN if known[0] != found)

    def _discovered(self, client: httpx.Client, budget: Budget) -> str:
        timeout = request_timeout(ANSWER_S, budget)
        request = client.build_request("GET", _DISCOVERY, timeout=timeout)
        with closing(client.send(request, stream=True)) as answer:
            if answer.status_code != 200:
                return ""
            body = opening(answer, budget, limit_bytes=_LIMIT_BYTES)
        try:
            said: object = json.loads(body)
            address = said.get("token_endpoint") if isinstance(said, dict) else None
            url = httpx.URL(address) if isinstance(address, str) else httpx.URL()
        except (ValueError, RecursionError, httpx.InvalidURL):
            return ""
        same = (url.scheme, url.host, url.port) == _origin(client.base_url)
        return url.path if same and not url.userinfo else ""

    def _form(self, client: httpx.Client, path: str, scope: str, budget: Budget) -> httpx.Request:
        secret = self._settings.isams_client_secret
        return client.build_request(
            "POST",
            path,
            data={
                "grant_type": "client_credentials",
                "client_id": self._settings.isams_client_id or "",
                "client_secret": secret.get_secret_value() if secret else "",
                "scope": scope,
            },
            timeout=request_timeout(ANSWER_S, budget),
        )

    def _refusal(self, answer: httpx.Response) -> SourceError:
        status = answer.status_code
        if status in {400, 401, 403}:  # OAuth's invalid_client, invalid_grant, invalid_scope
            return SourceRefused(
                "iSAMS refuses the REST client: check ISAMS_CLIENT_ID and ISAMS_CLIENT_SECRET, and"
                f" that the client is active in {CLIENT_SCREEN}",
                status=status,
            )
        error = by_status(status)
        if isinstance(error, SourceUnavailable):
            error.retry_after_s = retry_after_s(answer.headers, self._clock.now())
        return error


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
