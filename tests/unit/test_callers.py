"""Whom the platform signed in, what they may ask for, and who it says that they are."""

from __future__ import annotations

import base64
import json

import pytest

from sync.errors import CallerRefused
from sync.ledger.callers import at_terminal, in_words, told
from sync.web.access import IS_ON, PRINCIPAL, PRINCIPAL_ID, Role, admit, caller

ON = {IS_ON: "True"}
OFF: tuple[dict[str, str], ...] = ({}, {IS_ON: "False"}, {IS_ON: ""})
LONG = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
OBJECT = "http://schemas.microsoft.com/identity/claims/objectidentifier"
SOMEBODY = "0b1f8a52-0000-4000-8000-00000000ca11"
SOMEBODY_ELSE = "0b1f8a52-0000-4000-8000-00000000e15e"
ADDRESS = "jo.example@northbank.example"


def header(*claims: tuple[str, str], **more: str) -> dict[str, str]:
    """Return the header that App Service writes for a caller of these claims."""
    told_claims = [{"typ": typ, "val": val} for typ, val in (("name", "Sync.Approve"), *claims)]
    principal = {"auth_typ": "aad", "claims": told_claims, **more}
    return {PRINCIPAL: base64.b64encode(json.dumps(principal).encode()).decode()}


def principal(*roles: str, typ: str = "roles", **more: str) -> dict[str, str]:
    """Return the header that App Service writes for a caller of these roles."""
    return header(*((typ, role) for role in roles), **more)


UNREADABLE = (
    {PRINCIPAL: "not base64"},
    {PRINCIPAL: base64.b64encode(b"[]").decode()},
    {PRINCIPAL: base64.b64encode(b'{"claims": [1]}').decode()},
    {PRINCIPAL: base64.b64encode(b"\xff").decode()},
)


# --- What they may --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        principal("Sync.Run"),
        principal("Sync.Names", "Sync.Run"),
        principal("Sync.Approve"),
        principal("Sync.Run", typ=LONG),
        principal("Sync.Run", typ="other-roles", role_typ="other-roles"),
        {name.lower(): text for name, text in principal("Sync.Run").items()},
    ],
)
def test_who_has_the_role_is_admitted(headers: dict[str, str]) -> None:
    """In each of the forms in which a claim and a header can come, and by a role that holds it."""
    admit(headers, ON, (Role.RUN,))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        principal(),
        principal("Sync.Read"),
        principal("Sync.Names"),
        principal("sync.run"),
        principal("Sync.Run", typ="groups"),
        principal("Sync.Run", typ=""),
        *UNREADABLE,
        {name.replace("I", "\u0131"): text for name, text in principal("Sync.Run").items()},
        {f"{name} ": text for name, text in principal("Sync.Run").items()},
    ],
)
def test_who_has_not_the_role_is_refused(headers: dict[str, str]) -> None:
    """One role is not the other, and what cannot be read gives none."""
    with pytest.raises(CallerRefused, match=r"Sync\.Run"):
        admit(headers, ON, (Role.RUN,))


@pytest.mark.parametrize(
    ("held", "lacking"),
    [
        (("Sync.Approve",), "Sync.Names"),
        (("Sync.Names",), "Sync.Read"),
        ((), "Sync.Read and Sync.Names"),
    ],
)
def test_who_may_not_see_names_is_told_which_role_is_missing(
    held: tuple[str, ...], lacking: str
) -> None:
    """Who may approve need not see names; the refusal names what is missing, and nothing else."""
    with pytest.raises(CallerRefused) as caught:
        admit(principal(*held), ON, (Role.READ, Role.NAMES))

    assert caught.value.facts == {"role": lacking}
    assert f"lacks the app role {lacking}:" in str(caught.value)


# --- Who they are ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        header((OBJECT, SOMEBODY)),
        header(("oid", SOMEBODY.upper())),
        {**header((OBJECT, SOMEBODY)), PRINCIPAL_ID: SOMEBODY_ELSE},
        {**header(("oid", "")), PRINCIPAL_ID: SOMEBODY},
        {PRINCIPAL_ID.lower(): SOMEBODY},
    ],
)
def test_a_caller_is_the_object_id_that_the_platform_says(headers: dict[str, str]) -> None:
    """By the claim, and where there is none by the header; written in one way."""
    assert caller(headers, ON) == SOMEBODY


@pytest.mark.parametrize(
    "headers",
    [
        {},
        header(("oid", ADDRESS), ("preferred_username", ADDRESS)),
        {PRINCIPAL_ID: ADDRESS, f"{PRINCIPAL}-NAME": ADDRESS},
        *UNREADABLE,
    ],
)
def test_who_cannot_be_told_answers_nothing(headers: dict[str, str]) -> None:
    """No name or address is taken in the place of an id: it would be kept for a year."""
    with pytest.raises(CallerRefused) as caught:
        caller(headers, ON)

    assert ADDRESS not in str(caught.value) + str(caught.value.facts)


@pytest.mark.parametrize("env", OFF)
def test_where_the_platform_signs_nobody_in_the_key_decides(env: dict[str, str]) -> None:
    """Whoever brings it, for every role; and no more is known of them."""
    admit({"X-Functions-Key": "invented"}, env, tuple(Role))

    assert caller({}, env) == "key"


@pytest.mark.parametrize("env", OFF)
@pytest.mark.parametrize(
    "headers",
    [
        principal(),
        header((OBJECT, SOMEBODY), ("roles", "Sync.Approve")),
        {PRINCIPAL_ID.lower(): SOMEBODY},
        {f"{PRINCIPAL}-NAME": ADDRESS},
        {PRINCIPAL: ""},
    ],
)
def test_where_the_platform_signs_nobody_in_a_header_that_says_so_is_refused(
    env: dict[str, str], headers: dict[str, str]
) -> None:
    """A stranger has written it, or the platform signs callers in and does not tell us."""
    with pytest.raises(CallerRefused, match=IS_ON):
        admit(headers, env, (Role.READ,))
    with pytest.raises(CallerRefused, match=IS_ON):
        caller(headers, env)


@pytest.mark.parametrize(
    ("kept", "shown", "words"),
    [
        (SOMEBODY, SOMEBODY, f"by {SOMEBODY}"),
        ("key", "key", "by somebody with a key"),
        (at_terminal("jo.example"), "terminal", "at a terminal"),
        (at_terminal(""), "terminal", "at a terminal"),
        ("", "", "by somebody"),
    ],
)
def test_who_asked_is_told_by_an_id_and_never_by_a_name(kept: str, shown: str, words: str) -> None:
    """The user of a machine may be called as a person is, so their name stays in the mark."""
    assert (told(kept), in_words(kept)) == (shown, words)
