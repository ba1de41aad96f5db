"""The list: whose address iSAMS lacks, and which account is theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sync.errors import ConfigError
from sync.isams.addresses.kinds import People, PeopleKind
from sync.isams.addresses.matching import Account, MatchedRecords, MatchRules, SharedId, match
from sync.roster.academic_year import school_day
from sync.settings import SchoolSettings

type Users = Callable[[str], Sequence[Account]]
"""Every user of the tenant, with what one attribute holds."""

_EXAMPLES: Mapping[PeopleKind, str] = {
    PeopleKind.PUPILS: "employeeId:schoolCode",
    PeopleKind.STAFF: "employeeId:id",
}


def rules_of(settings: SchoolSettings, key: str, kind: PeopleKind) -> MatchRules:
    """Return by what the school called *key* is matched.

    Raises:
        ConfigError: it says of *kind* by which attribute, or in which domains, nowhere. There is no
            default that guesses.
    """
    place = f"SCHOOLS__{key.upper()}__"
    said = {
        PeopleKind.PUPILS: settings.address_match,
        PeopleKind.STAFF: settings.address_match_staff,
    }
    faults = []
    if said[kind] is None:
        faults.append(
            f"{place}{kind.setting}: is not set: say which attribute of a user in Entra holds"
            f" iSAMS's id, such as {_EXAMPLES[kind]}"
        )
    if not settings.address_domains:
        faults.append(
            f"{place}ADDRESS_DOMAINS: is not set: say in which domains an address may be, such as"
            " northbank.example"
        )
    if faults:
        raise ConfigError("\n".join(faults), faults=len(faults))
    matches = {each: SharedId(*how) for each, how in said.items() if how}
    return MatchRules(matches, frozenset(settings.address_domains))


def list_missing(
    kind: PeopleKind, school: People, settings: SchoolSettings, key: str, users: Users, at: datetime
) -> MatchedRecords:
    """Return an address, or why not, for each record of *kind* in *school* that lacks its own.

    *at* is the moment the school is of: who has left by that day, in school time, needs none.
    """
    rules = rules_of(settings, key, kind)
    day = school_day(at, settings.time_zone)
    attribute = rules.matches[kind].attribute
    matched = match(kind, school, users(attribute), rules, day)
    (other,) = set(PeopleKind) - {kind}
    if other not in rules.matches or rules.matches[other].attribute == attribute:
        return matched
    # By another attribute, one account may be a teacher's as well as a pupil's.
    others = match(other, school, users(rules.matches[other].attribute), rules, day)
    return matched.without(frozenset(each.address for each in others.proposals))
