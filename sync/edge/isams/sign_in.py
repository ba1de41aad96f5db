"""What both APIs of iSAMS share of OAuth: the form, the token in the answer, and the refusal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import httpx
from pydantic import SecretStr

from sync import jsontext
from sync.edge.clock import Budget, Clock
from sync.edge.http import request_timeout, retry_after_s
from sync.edge.isams.wire import opening
from sync.edge.tokens import Issued, TokenKeeper
from sync.errors import SourceError, SourceMalformed, SourceUnavailable
from sync.isams.error_document import by_status

ANSWER_S = 30.0
# docs/reference/isams.md#token-life
EARLY_S = 60.0  # a token is renewed this long before its end, so that it outlives a request
_LONGEST_S = 86_400  # whatever it says of itself
_LIMIT_BYTES = 64 * 1024

# A sign-in goes to the school's host, within what the asking call may still use.
type IsamsTokens = TokenKeeper[[httpx.Client, Budget]]


def token_request(
    client: httpx.Client,
    path: str,
    form: tuple[str, SecretStr | None, str],
    budget: Budget,
) -> httpx.Request:
    """Return the request for a token; *form* is client id, secret and scope."""
    client_id, secret, scope = form
    return client.build_request(
        "POST",
        path,
        data={
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": secret.get_secret_value() if secret else "",
            "scope": scope,
        },
        timeout=request_timeout(ANSWER_S, budget),
    )


def issued(answer: httpx.Response, budget: Budget, clock: Clock, *, unsaid_s: float) -> Issued:
    """Return the token in *answer*, which lives *unsaid_s* if it says nothing of its life.

    Raises:
        SourceMalformed: no token that could stand in a header.
        SourceUnavailable: the answer broke off.
    """
    given = _given(opening(answer, budget, limit_bytes=_LIMIT_BYTES))
    token, life_s = given.get("access_token"), given.get("expires_in", 0)
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise SourceMalformed("iSAMS's sign-in answered without a token")
    lasts_s = min(max(life_s, 0), _LONGEST_S) if isinstance(life_s, int) else 0
    return Issued(SecretStr(token), clock.now() + timedelta(seconds=lasts_s or unsaid_s))


def _given(body: bytes) -> Mapping[str, object]:
    parsed = jsontext.parse(body)
    if parsed is None and jsontext.is_cut(body) and len(body) < _LIMIT_BYTES:
        raise SourceUnavailable("iSAMS's sign-in broke off before the end of its answer")
    return parsed if isinstance(parsed, dict) else {}


def unexplained(answer: httpx.Response, clock: Clock) -> SourceError:
    """Return what a bad status of the sign-in means where it does not speak of the client."""
    error = by_status(answer.status_code)
    if isinstance(error, SourceUnavailable):
        error.retry_after_s = retry_after_s(answer.headers, clock.now())
    return error
