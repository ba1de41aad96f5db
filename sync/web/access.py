"""Whether a caller may do what they ask, where the platform signs callers in (Easy Auth).

The platform puts who was signed in into a header, and takes that header off whatever comes from
outside. Where authentication is off nobody takes it off, so it is believed only where the platform
itself says that it is on. Off, the key of the function alone decides.

See docs/reference/functions.md#client-principal, docs/reference/functions.md#headers.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from enum import StrEnum

from sync.errors import CallerRefused

# docs/reference/functions.md#auth-enabled
IS_ON = "WEBSITE_AUTH_ENABLED"  # which App Service sets to True
PRINCIPAL = "X-MS-CLIENT-PRINCIPAL"

# Compared in small letters: a dotless i is another letter there, but in capitals an I like ours.
_HEADER = PRINCIPAL.lower()
# docs/reference/functions.md#role-claims
_ROLES = {"roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"}


class Role(StrEnum):
    """A role of the app, as infra/app-roles.json declares it; neither holds the other."""

    RUN = "Sync.Run"
    APPROVE = "Sync.Approve"


def admit(headers: Mapping[str, str], env: Mapping[str, str], role: Role) -> None:
    """Return if the caller may do what *role* allows.

    Raises:
        CallerRefused: the platform signs callers in, and the caller has not the role.
    """
    if env.get(IS_ON, "").lower() != "true":
        return
    held = _roles(next((text for name, text in headers.items() if name.lower() == _HEADER), ""))
    if role not in held:
        raise CallerRefused(
            f"the caller lacks the app role {role}: assign it in Entra, under Enterprise"
            " applications, this app, Users and groups",
            role=role.value,
        )


def _roles(principal: str) -> set[str]:
    """Return the roles in the platform's header, none where it cannot be read."""
    try:
        caller = json.loads(base64.b64decode(principal, validate=True))
        kinds = {*_ROLES, caller.get("role_typ")}
        return {str(claim["val"]) for claim in caller["claims"] if claim["typ"] in kinds}
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
        return set()
