"""Signing in for the REST API: where a school's iSAMS hands out tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import httpx

from sync import jsontext
from sync.edge.clock import Budget, Clock
from sync.edge.http import request_timeout
from sync.edge.isams import sign_in
from sync.edge.isams.sign_in import IsamsTokens
from sync.edge.isams.wire import opening
from sync.edge.tokens import Issued, TokenKeeper
from sync.errors import SourceError, SourceRefused
from sync.isams.error_document import by_status
from sync.isams.rest.endpoints import CLIENT_SCREEN
from sync.settings import SchoolSettings

_DISCOVERY = "/auth/.well-known/openid-configuration"  # docs/reference/isams.md#rest-discovery
# Where it has stood over the years, newest first, and the scope it then had:
# docs/reference/isams.md#rest-token
_KNOWN = (
    ("/auth/connect/token", "restapi"),
    ("/main/auth/connect/token", "restapi"),
    ("/main/sso/idp/connect/token", "api"),
)
_LIMIT_BYTES = 256 * 1024
_UNSAID_S = 300.0  # the life of a token that says nothing of it


def rest_tokens(settings: SchoolSettings, clock: Clock, *, writes: bool = False) -> IsamsTokens:
    """Return the tokens of a school's REST client: that which reads, or that which *writes*.

    Asking for a token raises `SourceRefused` if iSAMS does not know the client or not its secret,
    and `SourceUnavailable` and `SourceMalformed` as for data. Errors of httpx pass.
    """
    ours = "WRITE" if writes else "ISAMS"
    client_id = settings.write_client_id if writes else settings.isams_client_id
    secret = settings.write_client_secret if writes else settings.isams_client_secret

    def obtain(client: httpx.Client, budget: Budget) -> Issued:
        status = 404
        for path, scope in _addresses(client, budget):
            form = (client_id or "", secret, scope)
            request = sign_in.token_request(client, path, form, budget)
            with closing(client.send(request, stream=True)) as answer:
                status = answer.status_code
                if status == 200:
                    return sign_in.issued(answer, budget, clock, unsaid_s=_UNSAID_S)
                if status != 404:
                    raise _refusal(answer, clock, ours)
        raise by_status(status)

    return TokenKeeper(obtain, clock, early_s=sign_in.EARLY_S)


def _addresses(client: httpx.Client, budget: Budget) -> Iterator[tuple[str, str]]:
    """Yield path and scope: the discovered address, if it is on the same host, then the known.

    The secret is never sent to a host that the school has not named.
    """
    discovered = _discovered(client, budget)
    if discovered:
        yield discovered, _KNOWN[0][1]
    yield from (known for known in _KNOWN if known[0] != discovered)


def _discovered(client: httpx.Client, budget: Budget) -> str:
    timeout = request_timeout(sign_in.ANSWER_S, budget)
    request = client.build_request("GET", _DISCOVERY, timeout=timeout)
    with closing(client.send(request, stream=True)) as answer:
        if answer.status_code != 200:
            return ""
        body = opening(answer, budget, limit_bytes=_LIMIT_BYTES)
    document = jsontext.parse(body)
    address = document.get("token_endpoint") if isinstance(document, dict) else None
    try:
        url = httpx.URL(address) if isinstance(address, str) else httpx.URL()
    except (httpx.InvalidURL, ValueError):  # the latter: a host that cannot be encoded
        return ""
    return url.path if _origin(url) == _origin(client.base_url) and not url.userinfo else ""


def _refusal(answer: httpx.Response, clock: Clock, ours: str) -> SourceError:
    status = answer.status_code
    if status in {400, 401, 403}:  # OAuth's invalid_client, invalid_grant, invalid_scope
        return SourceRefused(
            f"iSAMS refuses the REST client: check {ours}_CLIENT_ID and {ours}_CLIENT_SECRET, and"
            f" that the client is active in {CLIENT_SCREEN}",
            status=status,
        )
    return sign_in.unexplained(answer, clock)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
