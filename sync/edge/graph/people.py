"""The users of the tenant, as a person may read them: who could be meant by a record of iSAMS.

Asked with the token that a person has brought, never with the app's, which may not read users. Only
what a match needs is asked for: docs/reference/sds.md#users
"""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from sync.edge.clock import Budget, Clock
from sync.edge.graph.answers import Json, text_of
from sync.edge.graph.identity import Tokens
from sync.edge.graph.person import PERSON
from sync.edge.graph.requests import Errand, GraphRequests
from sync.errors import TargetMalformed
from sync.isams.addresses.matching import Account
from sync.settings import SdsSettings

ROLE = "User.Read.All"
PEOPLE_S = 600.0  # a hundred thousand users are a hundred pages

_PART = "/v1.0/"
_PAGES = 1_000
_ERRAND = Errand("list the users", ROLE)
_EXTENSIONS = "onPremisesExtensionAttributes"
_ALWAYS = ("id", "userPrincipalName", "surname", "accountEnabled", "userType")


class Directory:
    """The users of a tenant. Raises `TargetError` and nothing else; gives all of them or none."""

    def __init__(
        self,
        settings: SdsSettings,
        tokens: Tokens,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._requests = GraphRequests(
            settings.graph_url, tokens, clock, transport, asker=PERSON, base=_PART
        )
        self._clock = clock

    def accounts(self, attribute: str) -> Sequence[Account]:
        """Return every user, with what *attribute* holds of each.

        Raises:
            TargetMalformed: Graph lists nobody, or leaves out what decides whose an account is.
        """
        field = attribute if attribute == "employeeId" else _EXTENSIONS
        path = f"users?$select={','.join((*_ALWAYS, field))}&$top=999"
        budget = Budget.of(self._clock, PEOPLE_S)
        users = self._requests.pages(path, _ERRAND, budget, most=_PAGES)
        if not any(field in user for user in users):
            raise TargetMalformed(f"Graph lists no user with {field}, though it was asked for it")
        # A user that slips to another page while they are read comes twice.
        by_id = {text_of(user, "id"): user for user in users}
        return [_account(user, attribute) for user in by_id.values()]

    def close(self) -> None:
        self._requests.close()


def _account(user: Json, attribute: str) -> Account:
    name, enabled = text_of(user, "userPrincipalName"), user.get("accountEnabled")
    if not name or not text_of(user, "id") or not isinstance(enabled, bool):
        raise TargetMalformed("Graph lists a user without id, user name or accountEnabled")
    held = user.get(_EXTENSIONS)
    holder = user if attribute == "employeeId" else held if isinstance(held, dict) else {}
    return Account(
        user_name=name,
        surname=text_of(user, "surname"),
        enabled=enabled,
        kind=text_of(user, "userType").lower(),
        key=text_of(holder, attribute),
    )
