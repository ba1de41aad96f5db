"""Whether those who teach every class, as SDS holds them, will go on doing so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import NamedTuple

from sync.edge.storage.store import Store
from sync.roster.identifiers import is_service_account
from sync.sds.rowkeys import rows_of
from sync.settings import ProfileSettings, Settings
from sync.steps.connector import Listing
from sync.steps.delivery import newest_set
from sync.steps.doctor.attempts import Note

_NOTHING_HELD = Note("SDS holds nothing of ours yet")


class OfEveryClass(NamedTuple):
    """Who SDS holds as teachers of every class, and would hold no more: how many of each.

    `unnamed` are service accounts of no setting. `misplaced` are the settings that name one in the
    wrong place, with the number of the entry. `left_out` are staff.
    """

    unnamed: int
    misplaced: tuple[str, ...]
    left_out: int


def of_every_class(settings: Settings, listing: Listing) -> OfEveryClass | None:
    """Compare what SDS may hold of *listing*'s connector with settings and the newest rosters.

    None if SDS holds nothing of it.
    """
    held = [each.delivery for each in listing.may_hold() if each.delivery]
    if not held:
        return None
    users = {row[0]: row[1] for row in rows_of("users.csv", held[-1].files())}
    profiles = {key: settings.profiles[key] for key in settings.connectors()[listing.connector]}
    named = {each for profile in profiles.values() for each in profile.service_accounts}
    services = {address for key, address in users.items() if is_service_account(key)} - named
    left_out = _left_out(listing.store, profiles) & users.keys()
    return OfEveryClass(len(services), tuple(_misplaced(profiles, services)), len(left_out))


def _misplaced(profiles: Mapping[str, ProfileSettings], services: Set[str]) -> Iterator[str]:
    """Yield which entries of EXTRA_TEACHERS are service accounts that SDS holds."""
    for key, profile in profiles.items():
        for number, entry in enumerate(profile.extra_teachers, start=1):
            if entry.lower() in services:
                yield f"entry {number} of PROFILES__{key.upper()}__EXTRA_TEACHERS"


def _left_out(store: Store, profiles: Iterable[str]) -> set[str]:
    """Return the user ids of extra teachers whom the newest rosters leave out."""
    newest = (newest_set(store, profile) for profile in profiles)
    return {each for sealed in newest if sealed for each in sealed.manifest().extra_left_out}


def note_of(found: OfEveryClass | None) -> Note:
    """Return what is told of *found*, and what to do before the delivery is held for it."""
    if found is None:
        return _NOTHING_HELD
    texts, do = list[str](), list[str]()
    if found.unnamed:
        at = f" ({', '.join(found.misplaced)})" if found.misplaced else ""
        texts.append(f"service accounts that no SERVICE_ACCOUNTS names: {found.unnamed}{at}")
        do.append("move them into SERVICE_ACCOUNTS, or approve the delivery that is held for them")
    if found.left_out:
        texts.append(f"extra teachers who are left out of the newest roster: {found.left_out}")
        do.append("mend in iSAMS what its findings say, or the next delivery is held")
    return Note("; ".join(texts) or "as SDS holds them", "; ".join(do))
