"""OAuth for the Batch API, where a school's key has a client secret."""

from __future__ import annotations

from contextlib import closing

import httpx

from sync.edge.clock import Budget, Clock
from sync.edge.isams import sign_in
from sync.edge.isams.sign_in import IsamsTokens
from sync.edge.tokens import Issued, TokenKeeper
from sync.errors import SourceError, SourceRefused
from sync.settings import SchoolSettings

# docs/reference/isams.md#batch-oauth
_PATH = "/auth/connect/token"  # on the school's host: a discovered address could be anybody's
_SCOPE = "apiv1"


def batch_tokens(settings: SchoolSettings, clock: Clock) -> IsamsTokens | None:
    """Return the tokens of a school's key; None for a school that needs none.

    Asking for a token raises `SourceRefused` if iSAMS does not know the client or not its secret,
    and `SourceUnavailable` and `SourceMalformed` as for data. Errors of httpx pass.
    """
    secret = settings.isams_client_secret
    if secret is None:
        return None

    def obtain(client: httpx.Client, budget: Budget) -> Issued:
        # Where no client was given, the key stands for it: docs/reference/isams.md#batch-oauth
        client_id = settings.isams_client_id or settings.batch_key.strip("{}")
        request = sign_in.token_request(client, _PATH, (client_id, secret, _SCOPE), budget)
        with closing(client.send(request, stream=True)) as answer:
            if answer.status_code != 200:
                raise _refusal(answer, clock)
            #
            # A token that says nothing of its life serves this once.
            return sign_in.issued(answer, budget, clock, unsaid_s=0.0)

    return TokenKeeper(obtain, clock, early_s=sign_in.EARLY_S)


def _refusal(answer: httpx.Response, clock: Clock) -> SourceError:
    status = answer.status_code
    # docs/reference/isams.md#invalid-client
    if status in {400, 401}:  # OAuth's invalid_client, invalid_grant, invalid_scope
        return SourceRefused(
            "iSAMS refuses the client: check ISAMS_CLIENT_ID and ISAMS_CLIENT_SECRET, and that"
            " the client may use the Batch API",
            status=status,
        )
    return sign_in.unexplained(answer, clock)
