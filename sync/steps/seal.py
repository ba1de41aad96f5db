"""Sealing: each profile's set and a school's exports after a pull, and a connector's delivery.

The manifest is written last. A folder without it does not exist yet, so a death in between leaves
nothing that anybody could take for whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from sync.edge.world import World
from sync.errors import concerning
from sync.exports.files import export_school
from sync.isams.school import School
from sync.ledger import ids, manifests
from sync.ledger.manifests import Beside, DeliveryManifest, SetManifest
from sync.ledger.marks import Unchanged
from sync.ledger.offers import Schools
from sync.ledger.words import Word
from sync.report import Outcome, Step
from sync.roster import finding_days, findings
from sync.roster.academic_year import school_day
from sync.roster.build import roster_at
from sync.roster.finding_days import Dated
from sync.roster.unmoved import TermDays, terms_about
from sync.sds import away_file, json_lines, people_file, rules, tables, why_file
from sync.sds.guard.away import Away
from sync.settings import Settings
from sync.steps import repeats
from sync.steps.connector import Listing
from sync.steps.delivery import Pull, SealedSet, newest_set
from sync.steps.findings import remembered_of

# -- after a pull --------------------------------------------------------------------------------


class ProfileSet(NamedTuple):
    """What a profile's set holds: every file by name, the manifest last."""

    manifest: SetManifest
    files: Mapping[str, bytes]


def profile_set(
    settings: Settings,
    profile: str,
    read: School,
    pulled_at: datetime,
    words: Sequence[Word] = (),
    former: Sequence[Dated] | None = None,
) -> ProfileSet:
    """Return *profile*'s part of the school that was *read*, as the files of its set. Pure.

    *words* are all that was said of which Team is whose at its school: a set says how many it has
    folded, because sets that have not folded the same cannot go together. *former* are the findings
    of the newest set before; None if there is none to remember.

    Raises:
        ConfigError: the profile selects by subjects that do not exist.
        RosterInvalid: the tables break a rule of SDS: a fault of ours.
    """
    school = settings.school_of(profile)
    built = roster_at(settings, profile, read, pulled_at, words)
    own_grades = sorted(set(settings.profiles[profile].grades.values()))
    with concerning(school=school, profile=profile):
        files = rules.files(tables.roster_rows(built.roster), set(own_grades))
    facts = manifests.facts(files)
    school_id = settings.schools[school].id
    day = school_day(pulled_at, settings.schools[school].time_zone)
    manifest = SetManifest(
        profile=profile,
        school=school,
        pulled_at=pulled_at,
        academic_year=built.academic_year,
        digest=manifests.digest(facts),
        files=facts,
        counts=built.roster.counts(),
        source=read.counts,
        findings=findings.counts_by_code(built.findings),
        own_grades=tuple(own_grades),
        withheld={f"{school_id}/{grade}": count for grade, count in built.withheld.items()},
        words=len(words),
    )
    also = {
        manifests.WHY: why_file.why_json(built.judged()),
        **_finding_files(finding_days.remembered(built.findings, day, former)),
        **beside(people_file.people_json(built.people), terms=terms_about(read, day)),
        manifests.MANIFEST: manifest.to_json(),
    }
    return ProfileSet(manifest, {**files, **also})


def _finding_files(findings: Sequence[Dated]) -> Mapping[str, bytes]:
    """Return the files of *findings*: what has closed is in one of its own, if anything has."""
    mended = [each for each in findings if each.mended_on]
    there = [each for each in findings if not each.mended_on]
    files = {manifests.FINDINGS: finding_days.to_json(there)}
    return files | ({manifests.MENDED: finding_days.to_json(mended)} if mended else {})


def beside(
    people: bytes | None, away: Away | None = None, terms: tuple[TermDays, ...] = ()
) -> Mapping[str, bytes]:
    """Return what lies beside the files of a set, or of a delivery, which has classes *away*."""
    made = {
        manifests.PEOPLE: people,
        manifests.AWAY: None if away is None else away_file.away_json(away),
    }
    files = {name: body for name, body in made.items() if body is not None}
    facts = {name: json_lines.facts(body) for name, body in files.items()}
    record = Beside(people=facts.get(manifests.PEOPLE), away=facts.get(manifests.AWAY), terms=terms)
    return {**files, Beside.file_name: record.to_json()}


def seal(
    world: World, profile: str, read: School, pulled_at: datetime, words: Sequence[Word]
) -> str:
    """Build a profile's set and write it, the manifest last; return the set's id."""
    newest = newest_set(world.store, profile)
    former = None if newest is None else remembered_of(world.settings, newest)
    manifest, files = profile_set(world.settings, profile, read, pulled_at, words, former)
    moment = _naming_moment(world, newest, pulled_at)
    # Of digests: the files one after the other would be a second copy of them all.
    digests = b"".join(hashlib.sha256(body).digest() for body in files.values())
    set_id = ids.set_id(moment, digests)
    SealedSet(set_id, {}, world.store, ids.profile_folder(profile)).write_files(files)
    world.tell(Step("seal", Outcome.SEALED, profile, set_id, _seal_facts(manifest)))
    return set_id


def _naming_moment(world: World, newest: SealedSet | None, pulled_at: datetime) -> datetime:
    """Return the moment that names a set: when it was read, so that an older never looks newer.

    A reading may come late: its machine slept, or another was quicker. Only where the newest is
    dated after this very moment, by a clock that ran ahead, must the name go on from there; and not
    even then if the newest goes on from there itself, and was read after ours.
    """
    now = world.store.now()
    if newest is None or ids.pulled_at(newest.id) <= now:
        return pulled_at
    if pulled_at < newest.manifest().pulled_at <= now:
        return pulled_at
    return ids.after(pulled_at, [newest.id])


def _seal_facts(manifest: SetManifest) -> dict[str, int]:
    """Return the counts of a set, and how many findings it has: in all, and of each code."""
    each = {f"finding_{code.replace('-', '_')}": count for code, count in manifest.findings.items()}
    return {**manifest.counts, "findings": sum(manifest.findings.values()), **each}


def export(
    world: World, school: str, read: School, began: datetime, pull: Pull, attempt: int
) -> int:
    """Keep the school's records with *pull* as files, if its settings ask; return how many.

    A pull that is tried again has another folder: other bytes never meet under the same name.
    """
    settings = world.settings.schools[school]
    if not settings.datasets:
        return 0
    files = export_school(read, settings, began, settings.datasets).files
    pull.write_files({f"datasets-{attempt}/{name}": body for name, body in files.items()})
    return len(files)


# -- a delivery ----------------------------------------------------------------------------------


class NewDelivery(NamedTuple):
    """A delivery that was made and is not written yet. `counts` are the rows for its log line.

    `schools` is None of a former one of a version that did not write it. `beside` are files that
    lie beside those for SDS and are not sent.
    """

    id: str
    files: Mapping[str, bytes]
    manifest: DeliveryManifest
    counts: Mapping[str, int]
    schools: Schools | None
    beside: Mapping[str, bytes]


def seal_delivery(world: World, listing: Listing, new: NewDelivery) -> Step:
    """Write *new*, the manifest last, or note that SDS holds the same files already.

    What is restored is given its id by a mark, so that everybody who makes it makes the same: other
    bytes there are a fault. Two merges at once may differ: the first wins, the other is busy.

    Raises:
        TargetRejected, TargetRefused: merged files were handed over in vain often enough.
        StoreConflict: somebody has changed what was written.
    """
    manifest = new.manifest
    ended = partial(
        Step,
        "restore" if manifest.restores else "merge",
        about=listing.connector,
        delivery=new.id,
        facts=new.counts,
    )
    delivery = listing.new_delivery(new.id)
    if new.schools:
        delivery.create(new.schools)
    recent = listing.hand_overs()
    if held := repeats.held_already(recent, manifest.digest):
        delivery.claim(Unchanged(sources=manifest.sources, digest=manifest.digest, accepted=held))
        return ended(Outcome.UNCHANGED)
    if not manifest.restores:
        repeats.demand_hope(world, recent, manifest)
    delivery.write_files({**new.files, **new.beside})
    if manifest.restores:
        delivery.create(manifest)
    elif not delivery.claim(manifest):
        return ended(Outcome.BUSY, facts={}, again_in_s=0)
    world.nudges.nudge("send", {"connector": listing.connector})
    return ended(Outcome.SEALED, again_in_s=0)
