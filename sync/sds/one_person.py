"""Whoever has one address is one person: under which id people of several schools are sent.

An id that SDS holds for an address stays. Were it always the smallest, as it once was, a teacher
whom another school takes on or loses would be taken out of all classes, and put into all again.
See docs/decisions/0023-a-delivery-school-by-school.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sync.errors import MergeConflict
from sync.roster.identifiers import is_service_account
from sync.sds.offers import OfferedSchool
from sync.sds.slices import HeldFiles, Slices, org_of
from sync.sds.tables import Row


@dataclass(frozen=True, slots=True)
class Joined:
    """The rows of users.csv, unsorted; and under which id somebody is sent, if under another."""

    rows: Sequence[Row]
    stays: Mapping[str, str]


def joined(schools: Sequence[OfferedSchool], held: HeldFiles, slices: Slices) -> Joined:
    """Return the people of *schools* and *slices*, each once.

    A school alone has everybody under the id of their own record.

    Raises:
        MergeConflict: an id, or an address, would be two people's.
    """
    offered = _Offered()
    for school in schools:
        offered.add(school)
    _demand_same(offered, schools, held, slices)
    are_several = len({*held.orgs(), *(school.org for school in schools)}) > 1
    stays = _stays(offered, held) if are_several else {}
    rows = [*_offered_rows(offered, stays), *_carried_rows(offered, stays, slices)]
    return Joined(rows, stays)


@dataclass(frozen=True, slots=True)
class _Offered:
    """Who is offered: the first school that has a user id, and the ids of each address."""

    owner: dict[str, OfferedSchool] = field(default_factory=dict)
    ids: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, school: OfferedSchool) -> None:
        for user_id, row in school.users.items():
            owner = self.owner.setdefault(user_id, school)
            if owner is school:
                self._name(row[1], user_id)
            elif owner.users[user_id][1] != row[1]:
                raise one_id("users.csv", owner.key, school.key)

    def _name(self, address: str, user_id: str) -> None:
        known = self.ids.get(address, ())
        self.ids[address] = (*known, user_id)
        if known and is_service_account(known[0]) != is_service_account(user_id):
            raise _two_kinds(self.owner[known[0]].key, self.owner[user_id].key)


def _stays(offered: _Offered, held: HeldFiles) -> dict[str, str]:
    """Return the id that stays for everybody who does not stay under their own."""
    at, known = _held_ids(offered, held)
    stays = dict[str, str]()
    for address, ids in offered.ids.items():
        if len(ids) > 1 or address in at:
            stay = _stay(ids, at.get(address), offered, known)
            stays |= {user_id: stay for user_id in ids if user_id != stay}
    return stays


def _held_ids(offered: _Offered, held: HeldFiles) -> tuple[dict[str, str], set[str]]:
    """Return the id that SDS holds for an address, where it is not simply the one that is offered.

    And which it holds of the ids of addresses that have several.
    """
    shared = {user_id for ids in offered.ids.values() if len(ids) > 1 for user_id in ids}
    at, known = dict[str, str](), set[str]()
    for user_id, address, *_ in held.rows("users.csv"):
        if user_id in shared:
            known.add(user_id)
        if (ids := offered.ids.get(address)) and ids != (user_id,):
            at[address] = user_id
    return at, known


def _stay(
    ids: Collection[str], held_id: str | None, offered: _Offered, known: Collection[str]
) -> str:
    """Return the id under which those with *ids*, who have one address, are sent.

    That is *held_id*, which SDS holds for the address, unless its owner has another address today;
    else one of their own, first one of those *known* to SDS, then the smallest. A person is never
    sent under the id of a service account, nor the reverse: it would own every Team.
    """
    if held_id and (held_id in ids or held_id not in offered.owner):
        kinds = {is_service_account(each) for each in (held_id, *ids)}
        if len(kinds) == 1:
            return held_id
    return min(ids, key=lambda each: (each not in known, each))


def _offered_rows(offered: _Offered, stays: Mapping[str, str]) -> Iterator[Row]:
    """Yield a row for each address: that of the record whose id stays, else the first school's."""
    for ids in offered.ids.values():
        stay = stays.get(ids[0], ids[0])
        own = stay if stay in ids else ids[0]
        row = offered.owner[own].users[own]
        yield row if own == stay else (stay, *row[1:])


def _carried_rows(offered: _Offered, stays: Mapping[str, str], slices: Slices) -> Iterator[Row]:
    """Yield the rows of carried people who are not among the offered, or not under that id."""
    taken = set(stays.values())
    for user_id, row in slices.users.items():
        if user_id in taken or (user_id in offered.owner and user_id not in stays):
            continue
        if ids := offered.ids.get(row[1]):
            school, org = offered.owner[ids[0]].key, slices.at[user_id]
            if is_service_account(ids[0]) != is_service_account(user_id):
                raise _two_kinds(school, org)
            raise MergeConflict(
                f"{school} gives somebody an address that is still another's at {org}, which goes"
                f" on as SDS holds it: have {org} read again first",
                file="users.csv",
                school=school,
                other_school=org,
            )
        yield row


def _demand_same(
    offered: _Offered, schools: Sequence[OfferedSchool], held: HeldFiles, slices: Slices
) -> None:
    """Refuse an id that is one person's in an offer, and another's at a carried school.

    With another address they are the same only if it is that school's to say: the id is one of its
    own, or SDS holds that person with a role there.
    """
    asked = {
        (user_id, school.org): school
        for user_id in _with_another_address(offered, slices)
        for school in schools
        if user_id in school.users
    }
    same = _same(asked, schools, held) if asked else set[str]()
    for (user_id, _), school in asked.items():
        if user_id not in same:
            raise one_id("users.csv", school.key, slices.at[user_id])


def _same(
    asked: Collection[tuple[str, str]], schools: Sequence[OfferedSchool], held: HeldFiles
) -> set[str]:
    """Return the ids that are a school's to say: *asked* are ids, each with a school's."""
    orgs = {*held.orgs(), *(school.org for school in schools)}
    own = {user_id for user_id, org in asked if org_of(user_id, orgs) == org}
    return own | {row[0] for row in held.rows("roles.csv") if row[:2] in asked}


def _with_another_address(offered: _Offered, slices: Slices) -> Iterator[str]:
    """Yield the ids that are offered with another address than a carried school has for them."""
    for user_id, row in slices.users.items():
        owner = offered.owner.get(user_id)
        if owner and owner.users[user_id][1] != row[1]:
            yield user_id


def one_id(file: str, school: str, other: str) -> MergeConflict:
    """Return the refusal of an id that two schools use for different things."""
    return MergeConflict(
        f"{school} and {other} use one id in {file}: set ID_STYLE=year for their profiles",
        file=file,
        school=school,
        other_school=other,
    )


def _two_kinds(school: str, other: str) -> MergeConflict:
    """Return the refusal of a service account that is a person of another school."""
    return MergeConflict(
        f"a service account of {school} or {other} has the address of somebody in the other"
        " school's iSAMS: correct SERVICE_ACCOUNTS",
        school=school,
        other_school=other,
    )
