"""The token desk at `/auth`: client credentials, as newer keys need them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from werkzeug.wrappers import Request

from simulators.isams.keys import bare

SCOPES = ("apiv1", "restapi")


@dataclass(frozen=True, slots=True)
class _Token:
    client_id: str
    scopes: frozenset[str]
    until: datetime


def discovery(request: Request) -> dict[str, object]:
    """Return the OpenID document, for the host that was asked."""
    authority = f"{request.host_url.rstrip('/')}/auth"
    return {
        "issuer": authority,
        "token_endpoint": f"{authority}/connect/token",
        "grant_types_supported": ["client_credentials"],
        "scopes_supported": list(SCOPES),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }


def _credentials(request: Request) -> tuple[str, str]:
    basic = request.authorization
    if basic and basic.type == "basic":
        return basic.username or "", basic.password or ""
    return request.form.get("client_id", ""), request.form.get("client_secret", "")


class TokenDesk:
    """Hands out tokens to clients, and knows them again."""

    def __init__(
        self, secrets: Mapping[str, str], clock: Callable[[], datetime], lifetime_s: int = 3600
    ) -> None:
        self._secrets = {bare(client): secret for client, secret in secrets.items() if secret}
        self._clock = clock
        self._lifetime_s = lifetime_s
        self._lifetimes_s: dict[str, int] = {}
        self._tokens: dict[str, _Token] = {}
        self._numbers = count(1)

    def admit(self, client_id: str, secret: str, lifetime_s: int) -> None:
        """Take another client, whose tokens live *lifetime_s*."""
        self._secrets[bare(client_id)] = secret
        self._lifetimes_s[bare(client_id)] = lifetime_s

    def issue(self, request: Request) -> tuple[dict[str, object], int]:
        """Answer a token request: the body, and its status.

        Credentials may stand in the form or in a Basic header; no scope asked for is every scope.
        """
        form = request.form
        client_id, secret = _credentials(request)
        if request.method != "POST" or form.get("grant_type") != "client_credentials":
            return {"error": "unsupported_grant_type"}, 400
        if not secret or self._secrets.get(bare(client_id)) != secret:
            return {"error": "invalid_client"}, 400
        scopes = frozenset(form.get("scope", "").split()) or frozenset(SCOPES)
        if not scopes <= frozenset(SCOPES):
            return {"error": "invalid_scope"}, 400
        token = f"sim-token-{next(self._numbers)}"
        lifetime_s = self._lifetimes_s.get(bare(client_id), self._lifetime_s)
        until = self._clock() + timedelta(seconds=lifetime_s)
        self._tokens[token] = _Token(bare(client_id), scopes, until)
        return {
            "access_token": token,
            "expires_in": lifetime_s,
            "token_type": "Bearer",
            "scope": " ".join(sorted(scopes)),
        }, 200

    def allows(self, request: Request, client_id: str, scope: str) -> bool:
        """Return whether the request carries a live token of *client_id* for *scope*."""
        return self.client_of(request, scope) == bare(client_id)

    def client_of(self, request: Request, scope: str) -> str | None:
        """Return whose live token for *scope* the request carries, None if it carries none."""
        header = request.authorization
        token = self._tokens.get(header.token or "") if header and header.type == "bearer" else None
        if token is None or scope not in token.scopes or self._clock() >= token.until:
            return None
        return token.client_id

    def forget(self) -> None:
        """Make every token that was handed out worthless."""
        self._tokens.clear()
