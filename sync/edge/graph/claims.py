"""What a token for Microsoft Graph says of itself: what it may do, and when it ends.

Its signature is not checked: this is to tell a person what is missing, never to let anyone in.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """What a token says of itself; each None if unknown.

    `may` is what it may do, as roles or as scopes; `tenant` the id of the tenant it is for.

    Microsoft calls a token for Graph opaque: it may change its shape, and then nothing is known.
    """

    may: frozenset[str] | None
    ends_at: datetime | None
    tenant: str | None = None


def claims_of(token: SecretStr) -> TokenClaims:
    """Return what *token* says of itself; nothing if it cannot be read.

    See docs/reference/sds.md#access-cannot-be-read.
    """
    parts = token.get_secret_value().split(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError, RecursionError):
        return TokenClaims(None, None)
    if not isinstance(claims, dict):
        return TokenClaims(None, None)
    tenant = claims.get("tid")
    told = tenant if isinstance(tenant, str) and tenant else None
    return TokenClaims(_granted(claims), _moment(claims.get("exp")), told)


def _granted(claims: Mapping[str, object]) -> frozenset[str] | None:
    """Return the application's roles and the person's scopes; None if it names neither."""
    roles, scopes = claims.get("roles"), claims.get("scp")
    if not isinstance(roles, list) and not isinstance(scopes, str):
        return None
    listed = [role for role in roles if isinstance(role, str)] if isinstance(roles, list) else []
    return frozenset([*listed, *(scopes.split() if isinstance(scopes, str) else [])])


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else None
    except (OverflowError, OSError, ValueError):
        return None
