"""Why a record gets no address: a closed list."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """A code, and what it means, as the file and the handbook say it."""

    _value_: str
    why: str

    def __new__(cls, code: str, why: str) -> Self:
        """Make a member that is its code, and carries its sentence."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.why = why
        return member

    NO_ACCOUNT = (
        "no-account",
        "No user in Entra has this id, or the record has none: make the account, or enter the id.",
    )
    TWO_ACCOUNTS = (
        "two-accounts",
        "Several users in Entra have this id: leave it on one of them.",
    )
    TWO_RECORDS = (
        "two-records",
        "Several records of iSAMS have this id, so nobody can say whose the account is.",
    )
    DISABLED = "disabled", "The account is blocked: unblock it, if the person is at the school."
    GUEST = "guest", "The account is a guest's, or Entra does not say that it is a member's."
    OTHER_DOMAIN = (
        "other-domain",
        "The user name is in none of ADDRESS_DOMAINS: change it, or add its domain there.",
    )
    BAD_ADDRESS = (
        "bad-address",
        "The user name is no address that SDS can match: give the account another.",
    )
    IN_USE = (
        "in-use",
        "Another record of iSAMS has this address, or would get it: see whose it is.",
    )
    NAME_DIFFERS = (
        "name-differs",
        "The surname in Entra is another: see whether the id stands with the right person.",
    )
