"""What the newest rosters say, and whether who teaches every class will go on doing so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from sync.edge.storage.opening import open_store
from sync.ledger.manifests import SetManifest
from sync.roster.finding_codes import FindingCode
from sync.roster.identifiers import is_service_account
from sync.sds.rowkeys import rows_of
from sync.settings import Settings
from sync.steps.connector import Listing
from sync.steps.delivery import list_sets
from sync.steps.doctor.attempts import Check, Note, Visit

_NO_ROSTER = Note("none was read yet")
_NOTHING_HELD = Note("SDS holds nothing of ours yet")


def check_rosters(settings: Settings, visit: Visit) -> Iterator[Check]:
    """Look at each profile's newest roster: which years go nowhere, which settings fit nobody."""
    for profile in settings.profiles:
        newest = partial(_newest, settings, profile)
        yield visit.attempt(f"newest roster of {profile}", newest, partial(_told, visit)).check


def _newest(settings: Settings, profile: str) -> SetManifest | None:
    listed = list_sets(open_store(settings.storage), profile)
    return listed[-1].manifest() if listed else None


def _told(visit: Visit, manifest: SetManifest | None) -> Note:
    if manifest is None:
        return _NO_ROSTER
    age_h = (visit.clock.now() - manifest.pulled_at) / timedelta(hours=1)
    text = f"read {age_h:.0f} h ago"
    if years := manifest.findings.get(FindingCode.YEAR_OF_NO_PROFILE):
        text += f"; NC years whose pupils are in no profile: {years}"
    unknown = manifest.findings.get(FindingCode.EXTRA_TEACHER_UNKNOWN)
    if not unknown:
        return Note(text)
    do = f"its findings say which: correct PROFILES__{manifest.profile.upper()}__EXTRA_TEACHERS"
    return Note(f"{text}; entries of EXTRA_TEACHERS that match nobody: {unknown}", do)


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
    profiles = settings.connectors()[listing.connector]
    named = {each for key in profiles for each in settings.profiles[key].service_accounts}
    services = {address for key, address in users.items() if is_service_account(key)} - named
    misplaced = (
        f"entry {number} of PROFILES__{key.upper()}__EXTRA_TEACHERS"
        for key in profiles
        for number, entry in enumerate(settings.profiles[key].extra_teachers, start=1)
        if entry.lower() in services
    )
    newest = (list_sets(listing.store, profile)[-1:] for profile in profiles)
    left_out = {
        user_id for sets in newest for each in sets for user_id in each.manifest().extra_left_out
    }
    return OfEveryClass(len(services), tuple(misplaced), len(left_out & users.keys()))


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
