"""Whether a caller may do what they ask, and who they are: roles where the platform signs them in.

The platform (Easy Auth) puts who was signed in into headers, and takes these headers off whatever
comes from outside. Where authentication is off nobody takes them off, so they are believed only
where the platform itself says that it is on. Off, the key of the function alone decides, and a
request that brings such a header all the same is refused: either a stranger has written it, or the
platform signs callers in without telling us, and then a key must not be enough.

See docs/reference/functions.md#client-principal, docs/reference/functions.md#headers.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Container, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sync.errors import CallerRefused
from sync.ledger.callers import KEY

# docs/reference/functions.md#auth-enabled
IS_ON = "WEBSITE_AUTH_ENABLED"  # which App Service sets to True
PRINCIPAL = "X-MS-CLIENT-PRINCIPAL"
"""The header that says who was signed in; the others of the platform begin so."""

PRINCIPAL_ID = f"{PRINCIPAL}-ID"
PRINCIPAL_NAME = f"{PRINCIPAL}-NAME"

# Compared in small letters: a dotless i is another letter there, but in capitals an I like ours.
_HEADER, _ID_HEADER, _NAME_HEADER = (
    header.lower() for header in (PRINCIPAL, PRINCIPAL_ID, PRINCIPAL_NAME)
)
# docs/reference/functions.md#role-claims
_ROLES = frozenset({"roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"})
# docs/reference/functions.md#object-id
_OBJECT_ID = frozenset({"oid", "http://schemas.microsoft.com/identity/claims/objectidentifier"})


class Role(StrEnum):
    """A role of the app, as infra/app-roles.json declares it; see `_HOLDS`."""

    READ = "Sync.Read"
    RUN = "Sync.Run"
    APPROVE = "Sync.Approve"
    NAMES = "Sync.Names"


HOLDS: Mapping[Role, frozenset[Role]] = {
    Role.READ: frozenset({Role.READ}),
    Role.RUN: frozenset({Role.READ, Role.RUN}),
    Role.APPROVE: frozenset({Role.READ, Role.RUN, Role.APPROVE}),
    Role.NAMES: frozenset({Role.NAMES}),
}
"""What each role is good for. Who is named is none of the others' business, and is asked beside."""


class _Claim(NamedTuple):
    kind: str
    value: str


class _Principal(NamedTuple):
    """Whom the platform signed in; `role_kind` is what it calls a claim of a role, if it says."""

    claims: Sequence[_Claim] = ()
    role_kind: str = ""

    def values(self, kinds: Iterable[str]) -> list[str]:
        """Return the values of the claims of *kinds*, in their order."""
        return [claim.value for claim in self.claims if claim.kind in kinds]

    def roles(self) -> set[Role]:
        """Return what the caller's roles are good for."""
        named = self.values({*_ROLES, self.role_kind} - {""})
        return {good for role in Role if role.value in named for good in HOLDS[role]}


def admit(headers: Mapping[str, str], env: Mapping[str, str], roles: Sequence[Role]) -> None:
    """Return if the caller may do what takes all of *roles*.

    Raises:
        CallerRefused: the platform signs callers in, and the caller lacks a role; or it does not,
            and the request says who was signed in.
    """
    if not is_on(env):
        _refuse_forged(headers)
        return
    demand(roles, roles_of(headers))


def demand(wanted: Sequence[Role], held: Container[Role]) -> None:
    """Return if all of *wanted* are *held*; raise `CallerRefused` naming those that are not."""
    if lacking := [role for role in wanted if role not in held]:
        names = " and ".join(lacking)
        raise CallerRefused(
            f"the caller lacks the app role {names}: assign it in Entra, under Enterprise"
            " applications, this app, Users and groups",
            role=names,
        )


def roles_of(headers: Mapping[str, str]) -> set[Role]:
    """Return what the roles are good for of whom the platform signed in."""
    return _principal(headers).roles()


def called(headers: Mapping[str, str]) -> str:
    """Return what the platform calls whom it signed in, often an address: for their own eyes."""
    return _header(headers, _NAME_HEADER)


def caller(headers: Mapping[str, str], env: Mapping[str, str]) -> str:
    """Return who asks, as it is kept: an object id, or `key` where nobody is signed in.

    Raises:
        CallerRefused: somebody is signed in, and the platform does not say who.
    """
    if not is_on(env):
        _refuse_forged(headers)
        return KEY
    told = [*_principal(headers).values(_OBJECT_ID), _header(headers, _ID_HEADER)]
    ids = (_object_id(text) for text in told)
    if known := next(filter(None, ids), ""):
        return known
    raise CallerRefused(
        "the platform does not say who the caller is, and an answer is kept with that: sign in with"
        " Microsoft Entra, which gives an object id, or answer at a terminal"
    )


def is_on(env: Mapping[str, str]) -> bool:
    """Say whether the platform signs callers in."""
    return env.get(IS_ON, "").lower() == "true"


def _refuse_forged(headers: Mapping[str, str]) -> None:
    if any(name.lower().startswith(_HEADER) for name in headers):
        raise CallerRefused(
            f"the request says who was signed in ({PRINCIPAL}), and the platform does not say that"
            f" it signs anybody in ({IS_ON}): leave the header out, or turn authentication on"
        )


def _header(headers: Mapping[str, str], wanted: str) -> str:
    return next((text for name, text in headers.items() if name.lower() == wanted), "")


def _object_id(text: str) -> str:
    """Return an id of Entra's as it is written, "" for anything else: it could be an address."""
    try:
        return str(UUID(text)) if "-" in text else ""
    except ValueError:
        return ""


def _principal(headers: Mapping[str, str]) -> _Principal:
    """Return whom the platform's header tells of: nobody where it cannot be read."""
    try:
        told = json.loads(base64.b64decode(_header(headers, _HEADER), validate=True))
        claims = [_Claim(str(claim["typ"]), str(claim["val"])) for claim in told["claims"]]
        return _Principal(claims, str(told.get("role_typ", "")))
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
        return _Principal()
