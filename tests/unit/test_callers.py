"""Whom the platform signed in, and what they may ask for."""

from __future__ import annotations

import base64
import json

import pytest

from sync.errors import CallerRefused
from sync.web.access import IS_ON, PRINCIPAL, Role, admit

ON = {IS_ON: "True"}
LONG = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"


def principal(*roles: str, typ: str = "roles", **more: str) -> dict[str, str]:
    """Return the header that App Service writes for a caller of these roles."""
    claims = [{"typ": "name", "val": "Sync.Approve"}]
    claims += [{"typ": typ, "val": role} for role in roles]
    header = {"auth_typ": "aad", "claims": claims, **more}
    return {PRINCIPAL: base64.b64encode(json.dumps(header).encode()).decode()}


@pytest.mark.parametrize(
    "headers",
    [
        principal("Sync.Run"),
        principal("Sync.Approve", "Sync.Run"),
        principal("Sync.Run", typ=LONG),
        principal("Sync.Run", typ="other-roles", role_typ="other-roles"),
        {name.lower(): text for name, text in principal("Sync.Run").items()},
    ],
)
def test_who_has_the_role_is_admitted(headers: dict[str, str]) -> None:
    """In each of the forms in which a claim and a header can come."""
    admit(headers, ON, Role.RUN)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        principal(),
        principal("Sync.Approve"),
        principal("sync.run"),
        principal("Sync.Run", typ="groups"),
        {PRINCIPAL: "not base64"},
        {PRINCIPAL: base64.b64encode(b"[]").decode()},
        {PRINCIPAL: base64.b64encode(b'{"claims": [1]}').decode()},
        {PRINCIPAL: base64.b64encode(b"\xff").decode()},
        {name.replace("I", "\u0131"): text for name, text in principal("Sync.Run").items()},
        {f"{name} ": text for name, text in principal("Sync.Run").items()},
    ],
)
def test_who_has_not_the_role_is_refused(headers: dict[str, str]) -> None:
    """One role is not the other, and what cannot be read gives none."""
    with pytest.raises(CallerRefused, match=r"Sync\.Run"):
        admit(headers, ON, Role.RUN)


@pytest.mark.parametrize("env", [{}, {IS_ON: "False"}, {IS_ON: ""}])
def test_where_the_platform_signs_nobody_in_the_header_means_nothing(env: dict[str, str]) -> None:
    """Anybody could have written it: neither does it let in, nor its absence keep out."""
    admit({}, env, Role.APPROVE)
    admit(principal(), env, Role.APPROVE)
