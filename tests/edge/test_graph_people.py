"""The users of the tenant, read with a person's token: all of them, or why not."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from simulators.users import PERSON_TOKEN, DirectoryUser, UserDirectory
from sync.edge.graph.people import Directory
from sync.edge.graph.person import VARIABLE, brought
from sync.errors import TargetMalformed, TargetRefused, TargetUnavailable
from sync.isams.addresses.matching import Account
from sync.settings import SdsSettings
from tests.clocks import FakeClock

USER = DirectoryUser(upn="Ada.A@northbank.example", surname="Ashdown", employee_id="A1")
SETTINGS = SdsSettings.model_validate({"graph_url": "https://graph.microsoft.com"})


def directory(
    of: UserDirectory, clock: FakeClock | None = None, token: str = PERSON_TOKEN
) -> Directory:
    the_clock = clock or FakeClock()
    tokens = brought({VARIABLE: token}, the_clock)
    return Directory(SETTINGS, tokens, the_clock, httpx.WSGITransport(of))


def test_every_user_is_read_with_what_a_match_needs() -> None:
    """From all pages, and nothing beyond it is asked for."""
    users = [replace(USER, upn=f"p{n}@northbank.example", employee_id=f"A{n}") for n in range(250)]
    of = UserDirectory(users=users, page_size=100)
    accounts = directory(of).accounts("employeeId")

    assert [account.key for account in accounts] == [f"A{n}" for n in range(250)]
    assert len(of.requests) == 3
    assert of.requests[0] == {
        "$select": "id,userPrincipalName,surname,accountEnabled,userType,employeeId",
        "$top": "999",
    }


def test_an_extension_attribute_is_read_out_of_its_object() -> None:
    """Who lacks it has no key."""
    users = [
        replace(USER, extensions={"extensionAttribute3": "A7"}),
        replace(USER, upn="b@northbank.example", kind=None, enabled=False, surname=None),
    ]
    accounts = directory(UserDirectory(users=users)).accounts("extensionAttribute3")

    assert list(accounts) == [
        Account("Ada.A@northbank.example", "Ashdown", enabled=True, kind="member", key="A7"),
        Account("b@northbank.example", "", enabled=False, kind="", key=""),
    ]


def test_a_busy_graph_is_asked_again() -> None:
    """After as long as it wishes."""
    clock = FakeClock()

    assert (
        len(directory(UserDirectory(users=[USER], throttled=2), clock).accounts("employeeId")) == 1
    )
    assert clock.slept == [7, 7]


def test_a_graph_that_stays_busy_is_no_tenant_without_users() -> None:
    """It raises; nobody is matched with a part of the users."""
    with pytest.raises(TargetUnavailable):
        directory(UserDirectory(users=[USER], throttled=99)).accounts("employeeId")


def test_a_token_that_may_not_says_which_consent_it_needs() -> None:
    """In the words of the place where it was copied."""
    with pytest.raises(TargetRefused, match=r"consent to User\.Read\.All"):
        directory(UserDirectory(users=[USER], may_read=False)).accounts("employeeId")


def test_a_token_that_is_not_taken_is_never_shown() -> None:
    """It has ended, or was cut when it was copied."""
    with pytest.raises(TargetRefused) as caught:
        directory(UserDirectory(users=[USER]), token="other-token").accounts("employeeId")

    assert VARIABLE in str(caught.value)
    assert "other-token" not in str(caught.value)


@pytest.mark.parametrize("field", ["id", "userPrincipalName", "accountEnabled", "employeeId"])
def test_an_answer_that_leaves_out_what_decides_is_refused(field: str) -> None:
    """Else a blocked account would look like one in use."""
    with pytest.raises(TargetMalformed):
        directory(UserDirectory(users=[USER], without=[field])).accounts("employeeId")


def test_a_tenant_of_nobody_is_no_tenant() -> None:
    """Whoever asks is a user of it."""
    with pytest.raises(TargetMalformed):
        directory(UserDirectory(users=[])).accounts("employeeId")


def test_the_token_goes_to_no_other_host() -> None:
    """A next page elsewhere is not followed."""
    of = UserDirectory(users=[USER] * 5, page_size=2, next_host="https://elsewhere.example")
    with pytest.raises(TargetMalformed, match="not followed"):
        directory(of).accounts("employeeId")
