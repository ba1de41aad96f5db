"""A person's own token for Microsoft Graph, brought in `GRAPH_TOKEN` and taken away afterwards.

For what no identity of the app may do. What the token says of itself is read to tell a person what
is missing and when it ends, never to let anyone in: Graph alone judges it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import SecretStr

from sync.edge.clock import Clock
from sync.edge.graph.claims import claims_of
from sync.edge.graph.requests import Asker
from sync.errors import ConfigError, TargetRefused

VARIABLE = "GRAPH_TOKEN"

PERSON = Asker(
    mend=f"it does not accept the token in {VARIABLE}: copy a fresh one, whole",
    grant=f"the token in {VARIABLE} may not: consent to {{role}} in Graph Explorer, under Modify"
    " permissions, and copy the token anew",
)

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")
_FRESH = f"copy a fresh one from Graph Explorer, under Access token, and put it in {VARIABLE}"


class PersonTokens:
    """Gives the token that a person has brought, while it lives and until Graph refuses it."""

    def __init__(self, token: SecretStr, clock: Clock) -> None:
        self._token = token
        self._clock = clock
        self._refused = False
        self.claims = claims_of(token)

    def token(self) -> SecretStr:
        """Return it.

        Raises:
            TargetRefused: it has ended, or Graph did not accept it.
        """
        if self._refused:
            raise TargetRefused(f"Graph does not accept the token in {VARIABLE}: {_FRESH}")
        if (ends_at := self.claims.ends_at) and self._clock.now() >= ends_at:
            raise TargetRefused(
                f"the token in {VARIABLE} ended at {ends_at:%Y-%m-%d %H:%M} UTC: {_FRESH}"
            )
        return self._token

    def forget(self, token: SecretStr) -> None:
        """Note that Graph refused it: there is no other."""
        self._refused = token == self._token


def brought(env: Mapping[str, str], clock: Clock) -> PersonTokens:
    """Return the token that *env* holds.

    Raises:
        ConfigError: there is none, or what is there cannot be one.
    """
    token = env.get(VARIABLE, "").strip()
    if not token:
        raise ConfigError(
            f"{VARIABLE} is not set: this is done with your own sign-in, not the app's. {_FRESH}"
        )
    if not _TOKEN.fullmatch(token):
        raise ConfigError(f"{VARIABLE} does not hold a token: copy it again, whole and alone")
    return PersonTokens(SecretStr(token), clock)
