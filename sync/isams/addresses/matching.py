"""Whose account is whose: by an id that record and account both hold, and by nothing else.

A match by name gives one child another's work (docs/reference/isams.md#matched-by-name). So the id
must be there exactly, once on either side, and then the surname must agree as well. Two accounts of
one family whose ids are exchanged are not seen by this: nothing here tells brother from sister.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sync import texts
from sync.isams.addresses.kinds import People, PeopleKind, Record, lacks_address, records_of
from sync.isams.addresses.reasons import Reason
from sync.isams.addresses.surnames import agree
from sync.isams.datasets import PUPILS, STAFF
from sync.isams.school import Pupil

_MEMBER = "member"


class SharedId(NamedTuple):
    """An attribute of a user in Entra, and the field of iSAMS whose value it holds."""

    attribute: str
    field: str


@dataclass(frozen=True, slots=True)
class Account:
    """A user of Entra, as far as it is asked. `key` is the value of the one attribute, "" if none.

    `kind` is Entra's `userType` in small letters, "" where it does not say.
    """

    user_name: str
    surname: str
    enabled: bool
    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A record that lacks its address, and the address."""

    record: Record
    address: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A record that lacks its address and gets none, and why."""

    record: Record
    reason: Reason


@dataclass(frozen=True, slots=True)
class MatchedRecords:
    """What became of every record without an address, by id."""

    proposals: Sequence[Proposal]
    left_out: Sequence[LeftOut]

    @property
    def counts(self) -> Mapping[Reason, int]:
        """How many were left out, by reason, in the order of the list."""
        counted = Counter(each.reason for each in self.left_out)
        return {reason: counted[reason] for reason in Reason if counted[reason]}

    def without(self, taken: Set[str]) -> MatchedRecords:
        """Return it without the proposals of an address in *taken*: somebody else would get it."""
        free = [each for each in self.proposals if each.address not in taken]
        left = [LeftOut(each.record, Reason.IN_USE) for each in self.proposals if each not in free]
        return MatchedRecords(free, [*self.left_out, *left])


@dataclass(frozen=True, slots=True)
class MatchRules:
    """By which attribute and field each kind is matched, and in which domains an address may be.

    `matches` lacks a kind that is not matched. `domains` are in small letters.
    """

    matches: Mapping[PeopleKind, SharedId]
    domains: Set[str]


def match(
    kind: PeopleKind, school: People, accounts: Iterable[Account], rules: MatchRules, day: date
) -> MatchedRecords:
    """Return an address, or why not, for each record of *kind* that lacks its own on *day*."""
    lookup = _Lookup(kind, school, accounts, rules)
    wanting = [each for each in records_of(school, kind) if lacks_address(each, day)]
    found = [(record, lookup.account_of(record)) for record in wanting]
    proposed = Counter(_address(each) for _, each in found if isinstance(each, Account))
    proposals, left_out = [], []
    for record, account in found:
        if isinstance(account, Reason):
            left_out.append(LeftOut(record, account))
        elif proposed[_address(account)] > 1:
            left_out.append(LeftOut(record, Reason.IN_USE))
        else:
            proposals.append(Proposal(record, _address(account)))
    return MatchedRecords(proposals, left_out)


def key_of(record: Record, field: str) -> str:
    """Return the id by which *record* is matched: its own, or a pupil's admission number."""
    return record.code if isinstance(record, Pupil) and field == "schoolCode" else record.id


class _Lookup:
    """The accounts by their key, the keys that several records have, the addresses in use."""

    def __init__(
        self, kind: PeopleKind, school: People, accounts: Iterable[Account], rules: MatchRules
    ) -> None:
        self._domains = rules.domains
        self._field = rules.matches[kind].field
        self._accounts: defaultdict[str, list[Account]] = defaultdict(list)
        for account in accounts:
            if account.key:
                self._accounts[account.key].append(account)
        self._keys = Counter(_keys(school, rules, rules.matches[kind].attribute))
        listed = PUPILS if kind is PeopleKind.PUPILS else STAFF
        self._repeated = frozenset(school.repeated.get(listed.name, ()))
        everybody = (record for each in PeopleKind for record in records_of(school, each))
        self._in_use = {address for each in everybody if (address := texts.address(each.email))}

    def account_of(self, record: Record) -> Account | Reason:
        """Return the account of *record*, or the first reason why it is none."""
        key = key_of(record, self._field)
        accounts = self._accounts.get(key, []) if key else []
        if not accounts:
            return Reason.NO_ACCOUNT
        if len(accounts) > 1:
            return Reason.TWO_ACCOUNTS
        if self._keys[key] > 1 or record.id in self._repeated:
            return Reason.TWO_RECORDS
        return self._fault(record, accounts[0]) or accounts[0]

    def _fault(self, record: Record, account: Account) -> Reason | None:
        if not account.enabled:
            return Reason.DISABLED
        if account.kind != _MEMBER:
            return Reason.GUEST
        if account.user_name.rpartition("@")[2].lower() not in self._domains:
            return Reason.OTHER_DOMAIN
        address = texts.address(account.user_name)
        if address is None:
            return Reason.BAD_ADDRESS
        if address in self._in_use:
            return Reason.IN_USE
        return None if agree(record.surname, account.surname) else Reason.NAME_DIFFERS


def _keys(school: People, rules: MatchRules, attribute: str) -> Iterator[str]:
    """Yield the key of every record that is looked for in *attribute*, whichever its kind."""
    for kind, matched in rules.matches.items():
        if matched.attribute == attribute:
            yield from (key_of(record, matched.field) for record in records_of(school, kind))


def _address(account: Account) -> str:
    """Return the address that *account* signs in with, as rosters have it."""
    return texts.address(account.user_name) or ""
