"""Whether those who teach every class, as SDS holds them, will go on doing so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from sync.roster.finding_codes import EXTRA_TEACHERS_GONE, FindingCode
from sync.roster.findings import Finding
from sync.roster.identifiers import is_service_account
from sync.sds.diff import lost_of_every_class, users_of
from sync.settings import ProfileSettings, Settings
from sync.steps.delivery import Delivery, SealedSet, newest_set
from sync.steps.doctor.checks import Note
from sync.steps.findings import told_of

USERS = "users.csv"


class OfEveryClass(NamedTuple):
    """Who SDS holds as teachers of every class, and would hold no more: how many of each.

    `unnamed` are service accounts that will not be sent. `misplaced` are the settings that name one
    in the wrong place, with the number of the entry. `left_out` are staff.
    """

    unnamed: int
    misplaced: tuple[str, ...]
    left_out: int


def of_every_class(settings: Settings, connector: str, held: Sequence[Delivery]) -> OfEveryClass:
    """Compare *held*, what SDS may hold of *connector*, with settings and the newest rosters."""
    old = {key: address for each in held for key, address in users_of(each.files()).items()}
    profiles = {key: settings.profiles[key] for key in settings.connectors()[connector]}
    newest = [sealed for key in profiles if (sealed := newest_set(held[-1].store, key))]
    left_out = {each.detail for each in _told(newest, *EXTRA_TEACHERS_GONE)}
    lost = lost_of_every_class(old, _users_to_come(profiles, newest), left_out)
    services = lost["service accounts"]
    misplaced = tuple(dict.fromkeys(_misplaced(settings, profiles, services)))
    return OfEveryClass(len(services), misplaced, len(lost["extra teachers"]))


def _users_to_come(
    profiles: Mapping[str, ProfileSettings], newest: Sequence[SealedSet]
) -> dict[str, str]:
    """Return the users of the next delivery, as far as is known: addresses by id.

    People are those of the newest rosters, service accounts those that settings name now.
    """
    users = {
        key: address
        for sealed in newest
        for key, address in users_of(_users_file(sealed)).items()
        if not is_service_account(key)
    }
    people = {each.name for each in _told(newest, FindingCode.SERVICE_ACCOUNT_IS_PERSON)}
    named = {each for profile in profiles.values() for each in profile.service_accounts}
    return users | {address: address for address in named - people}  # an id as legacy ones are


def _users_file(sealed: SealedSet) -> Mapping[str, bytes]:
    return sealed.read_files({USERS: sealed.manifest().files[USERS]})


def _told(newest: Sequence[SealedSet], *codes: FindingCode) -> Iterator[Finding]:
    for sealed in newest:
        yield from told_of(sealed, *codes)


def _misplaced(
    settings: Settings, profiles: Mapping[str, ProfileSettings], services: Set[str]
) -> Iterator[str]:
    """Yield which entries of EXTRA_TEACHERS are service accounts that SDS holds."""
    for key, profile in profiles.items():
        for number, entry in enumerate(profile.extra_teachers, start=1):
            if entry.lower() in services:
                yield f"entry {number} of {settings.name_of('profiles', key, 'extra_teachers')}"


def note_of(found: OfEveryClass) -> Note:
    """Return what is told of *found*, and what to do before the delivery is held for it."""
    texts, do = list[str](), list[str]()
    if found.unnamed:
        at = f" ({', '.join(found.misplaced)})" if found.misplaced else ""
        texts.append(f"service accounts that will not be sent: {found.unnamed}{at}")
        do.append(
            "name them in SERVICE_ACCOUNTS, or if they are staff in EXTRA_TEACHERS; else approve"
            " the delivery that is held for them"
        )
    if found.left_out:
        texts.append(f"extra teachers who are left out of the newest roster: {found.left_out}")
        do.append("mend in iSAMS what its findings say, or the next delivery is held")
    return Note("; ".join(texts) or "as SDS holds them", "; ".join(do))
