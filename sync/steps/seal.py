"""What a pull leaves of a school: each profile's sealed set, and files for other programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sync.edge.world import World
from sync.exports.files import export_school
from sync.isams.school import School
from sync.ledger import ids, manifests
from sync.ledger.manifests import SetManifest
from sync.report import Outcome, Step
from sync.roster import findings
from sync.roster.build import roster_at
from sync.sds import rules, tables
from sync.settings import Settings


class ProfileSet(NamedTuple):
    """What one profile's set holds: every file by name, the manifest last."""

    manifest: SetManifest
    files: Mapping[str, bytes]


def profile_set(settings: Settings, profile: str, read: School, pulled_at: datetime) -> ProfileSet:
    """Return *profile*'s part of the school that was *read*, as the files of its set. Pure.

    Raises:
        ConfigError: the profile selects by subjects that do not exist.
        RosterInvalid: the tables break a rule of SDS: a fault of ours.
    """
    school = settings.school_of(profile)
    place, chosen = settings.schools[school], settings.profiles[profile]
    built = roster_at(settings, profile, read, pulled_at)
    own_grades = sorted(set(chosen.grades.values()))
    files = rules.files(tables.roster_rows(built.roster), set(own_grades))
    facts = manifests.facts(files)
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
        withheld={f"{place.id}/{grade}": count for grade, count in built.withheld.items()},
    )
    beside = {
        manifests.FINDINGS: findings.to_json(built.findings),
        manifests.MANIFEST: manifest.to_json(),
    }
    return ProfileSet(manifest, {**files, **beside})


def seal(world: World, profile: str, read: School, pulled_at: datetime) -> str:
    """Build one profile's set and write it, the manifest last; return the set's id."""
    manifest, files = profile_set(world.settings, profile, read, pulled_at)
    own = ids.set_id(pulled_at, manifest.digest)
    for name, body in files.items():
        world.store.create(f"{ids.profile_folder(profile)}{own}/{name}", body)
    world.tell(Step("seal", Outcome.SEALED, profile, own, _seal_facts(manifest)))
    return own


def _seal_facts(manifest: SetManifest) -> dict[str, int]:
    """Return the counts of a set, and how many findings it has: in all, and of each code."""
    each = {f"finding_{code.replace('-', '_')}": count for code, count in manifest.findings.items()}
    return {**manifest.counts, "findings": sum(manifest.findings.values()), **each}


def export(world: World, school: str, read: School, began: datetime, folder: str) -> int:
    """Keep the school's records in *folder* as files, if its settings ask; return how many.

    A pull that is tried again has another folder: other bytes never meet under one name.
    """
    place = world.settings.schools[school]
    if not place.datasets:
        return 0
    files = export_school(read, place, began, place.datasets).files
    for name, body in files.items():
        world.store.create(f"{folder}{name}", body)
    return len(files)
