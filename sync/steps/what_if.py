"""What other settings of a profile would do: tried on what is stored, and nothing of it is stored.

The steps of a night are taken with the school as it was last read, beside the store: what they
write stays in memory. So a trial says what a night would, limits and all. iSAMS and SDS are not
asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Never

from sync.edge.storage.apart import ApartStore
from sync.edge.storage.queues import Unqueued
from sync.edge.world import World
from sync.errors import (
    ConfigError,
    MergeConflict,
    RosterInvalid,
    SourceError,
    UnexpectedError,
    concerning,
)
from sync.isams.kept import lacking
from sync.ledger import ids
from sync.ledger.marks import AttemptBegun, Excess, Hold, Pulled
from sync.report import Step
from sync.roster.finding_codes import OF_SETTINGS, FindingCode
from sync.roster.findings import Finding
from sync.roster.grades import grade
from sync.sds import by_school, rules
from sync.sds.full_plan.limits import what_would
from sync.sds.full_plan.names import year_words
from sync.sds.merge import Offered, merge
from sync.sds.moves import Moves, moves
from sync.settings import Settings, text
from sync.settings.changed import SettingLine, with_changes
from sync.settings.load import load
from sync.steps import merge as merging
from sync.steps import plan
from sync.steps.connector import Listing, look, newest_sets
from sync.steps.delivery import Delivery, Pull, SealedSet, in_order, list_pulls
from sync.steps.findings import told_of
from sync.steps.kept import KeptSchool, last_school
from sync.steps.needs import datasets_of_school
from sync.steps.offers import Base, readable, view
from sync.steps.pull import seal_profiles
from sync.steps.seal import NewDelivery
from sync.steps.words import words_of


@dataclass(frozen=True, slots=True)
class Tried:
    """What the settings would do at the profile's school, on its connector.

    The school is as it was read at `read_at`, by the pull `pull`. `against` is the delivery that
    SDS may hold and that `moves` begin with; "": the newest sets, or nothing. `profile_now` and
    `profile_then` are rows by role of the profile's own set. `year_of_grade` is what a school calls
    the year of an SDS grade. `unmatched` are rules that match
    nothing, `twins` groups of the profile under one title. `hold` is why it would wait for a
    person; None: it would go.
    """

    read_at: datetime
    pull: str
    against: str
    moves: Moves
    year_of_grade: Mapping[str, str]
    profile_now: Mapping[str, int]
    profile_then: Mapping[str, int]
    unmatched: Sequence[Finding]
    twins: Sequence[Finding]
    hold: Hold | None

    def sentences(self) -> list[str]:
        """Return what limits would hold it, a line each."""
        return [self._said(excess) for excess in self.hold.excesses] if self.hold else []

    def year(self, grade: str) -> str:
        """Return what a school calls the year of an SDS *grade*."""
        return self.year_of_grade.get(grade, "another year")

    def _said(self, excess: Excess) -> str:
        of_year = f"{self.year(excess.grade)}: " if excess.grade else ""
        may = f"{excess.allowed:,} may" if excess.allowed else "none may"
        return f"{of_year}{what_would(excess)}; {may}."

    def document(self) -> dict[str, object]:
        """Return it as JSON has it. Titles and records may name a tutor."""
        return {
            "read_at": self.read_at.isoformat(),
            "pull": self.pull,
            "against": self.against,
            "counts": {name: move._asdict() for name, move in self.moves.counts.items()},
            "years": [
                {"year": self.year(each.grade), **each._asdict()} for each in self.moves.years
            ],
            "profile": {"now": dict(self.profile_now), "then": dict(self.profile_then)},
            **{
                name: [asdict(each) for each in getattr(self.moves, name)]
                for name in ("go", "come", "clashes")
            },
            "renamed": [{"was": was, **asdict(named)} for was, named in self.moves.renamed],
            "unmatched": [asdict(each) for each in self.unmatched],
            "twins": [asdict(each) for each in self.twins],
            "first": bool(self.hold and self.hold.first),
            "waits": self.hold is not None,
            "limits": self.sentences(),
        }


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A trial of other settings: the `lines` that would make it so, and what they would do.

    `faults` say why nothing could be tried, a sentence each: then `tried` is None.
    """

    profile: str
    lines: Sequence[SettingLine] = ()
    faults: Sequence[str] = ()
    tried: Tried | None = None

    def document(self) -> dict[str, object]:
        """Return it as JSON has it; it may name a tutor."""
        return {
            "profile": self.profile,
            "lines": [line._asdict() for line in self.lines],
            "faults": list(self.faults),
            "tried": self.tried and self.tried.document(),
        }


_OTHERS_UNREAD = (
    "another profile of this school has no set that can be used: `isams-sync status` says why"
)


def what_if(
    world: World,
    env: Mapping[str, str],
    profile: str,
    changes: Mapping[str, str],
    *,
    local: str | None = None,
) -> WhatIf:
    """Return what *changes* of *profile* would do; nothing is stored, and iSAMS is not asked.

    *env* and *local* are the app settings as `load` takes them, *changes* texts as `with_changes`
    takes them. Without any it says what the settings as they are would do tonight.

    Raises:
        StoreError: what is stored cannot be read, or the last school that is kept.
    """
    lines: Sequence[SettingLine] = ()
    try:
        values, lines = with_changes(env, local, profile, changes)
        return WhatIf(profile, lines, tried=_tried(world, load(values), profile))
    except (ConfigError, SourceError, RosterInvalid, MergeConflict) as error:
        return WhatIf(profile, lines, faults=tuple(str(error).split("\n")))


def _tried(world: World, settings: Settings, profile: str) -> Tried:
    if profile not in settings.profiles:
        raise ConfigError(
            f"without YEAR_GROUPS there is no profile {profile} any more: say which years it has"
        )
    school = settings.school_of(profile)
    with concerning(school=school, profile=profile):
        kept = last_school(world, school)
        if kept is None:
            raise ConfigError(
                f"no reading of {school} is kept: ask for one (`isams-sync run`, or POST"
                " /api/sync), then try again"
            )
        if missing := lacking(kept.school, datasets_of_school(settings, school)):
            raise ConfigError(
                f"the last reading of {school} has no {', '.join(missing)}, which these settings"
                " need: `isams-sync build` tries them with a reading of its own"
            )
        return _Trial(world, settings, profile, kept).result()


class _Trial:
    """A night of a school, beside what is stored."""

    def __init__(self, world: World, settings: Settings, profile: str, kept: KeptSchool) -> None:
        self._stored, self._profile, self._kept = world, profile, kept
        self._school = settings.school_of(profile)
        self._connector = settings.connector_of(profile)
        self._told = list[Step]()
        self._world = replace(
            world,
            settings=settings,
            store=ApartStore(world.store),
            nudges=Unqueued(),
            source=_nobody,
            target=_nobody,
            tell=self._told.append,
        )

    def result(self) -> Tried:
        """Seal, merge and compare in memory; raise what stands in the way."""
        own = self._sealed()
        listing = look(self._world, self._connector)
        sets = newest_sets(self._world, self._connector)
        now = readable(self._world, listing, sets, view(self._world, listing, sets))
        offer = now.of(self._school)
        if offer is None or not offer.sets:
            raise (offer and offer.error) or ConfigError(_OTHERS_UNREAD)
        made = merging.alone(self._world, listing, now, offer)
        if error := next((step.error for step in self._told if step.error), None):
            raise error
        against, before = self._before(now.base, offer.org)
        return Tried(
            read_at=self._kept.read_at,
            pull=self._kept.pull,
            against=against,
            moves=moves(before, by_school.split(made.files, [offer.org])[offer.org]),
            year_of_grade=_years(self._world.settings.profiles[self._profile].grades),
            profile_now=self._counts_now(),
            profile_then=own.manifest().counts,
            unmatched=told_of(own, *OF_SETTINGS),
            twins=told_of(own, FindingCode.TITLE_USED_TWICE),
            hold=self._hold(listing, made),
        )

    def _sealed(self) -> SealedSet:
        """Seal all profiles of the school as a pull of this moment would; return the one's set."""
        store, school = self._world.store, self._school
        at, prefix = store.now(), ids.pulls_folder(school)
        pull_id = ids.stamp(ids.after(at, (pull.id for pull in list_pulls(store, school))))
        pull = Pull(pull_id, {}, store, prefix)
        pull.claim(AttemptBegun(at=at, by=""), 1)
        words = words_of(store, school)
        sealed = seal_profiles(self._world, school, self._kept.school, at, words)
        pull.claim(Pulled(at=at, sets=sealed.sets, faults=sealed.faults))
        if fault := sealed.faults.get(self._profile):
            raise ConfigError(fault.message)
        folder = ids.profile_folder(self._profile)
        return SealedSet(sealed.sets[self._profile], {}, store, folder)

    def _before(self, base: Base | None, org: str) -> tuple[str, Mapping[str, bytes]]:
        """Return what SDS may hold of the school, and by which delivery; else its newest sets."""
        if base and base.part_of(org):
            return base.delivery.id, by_school.split(base.files, [org])[org]
        return "", _merged(self._school, org, self._sets_now())

    def _sets_now(self) -> list[SealedSet]:
        """Return the newest sets of the school on the connector, as they are stored."""
        settings = self._stored.settings
        sets = newest_sets(self._stored, self._connector)
        ours = (sets[key] for key in settings.profiles_of(self._school) if key in sets)
        return in_order(filter(None, ours))

    def _counts_now(self) -> Mapping[str, int]:
        own = (each for each in self._sets_now() if each.profile == self._profile)
        return next((each.manifest().counts for each in own), {})

    def _hold(self, listing: Listing, made: NewDelivery) -> Hold | None:
        """Write the delivery that was *made*, in memory, and return why it would wait."""
        files = {**made.files, **made.beside, made.manifest.file_name: made.manifest.to_json()}
        if made.schools:
            files[made.schools.file_name] = made.schools.to_json()
        listed = dict.fromkeys(files, listing.now)
        delivery = Delivery(made.id, listed, self._world.store, listing.prefix)
        delivery.write_files(files)
        return plan.would_wait(self._world, listing, delivery)


def _merged(school: str, org: str, sets: Sequence[SealedSet]) -> Mapping[str, bytes]:
    """Return the files of *sets* as one; {} if there are none."""
    if not sets:
        return {}
    manifests = [sealed.manifest() for sealed in sets]
    files = [
        sealed.read_files(manifest.files) for sealed, manifest in zip(sets, manifests, strict=True)
    ]
    grades = {grade for manifest in manifests for grade in manifest.own_grades}
    return rules.files(merge([Offered(school, org, files)]), grades, sealed_before=True)


def _years(chosen: Mapping[int, str]) -> Mapping[str, str]:
    """Return what a school calls the year of each SDS grade; of a grade of several, none."""
    years: dict[str, list[int]] = {}
    for year in text.YEARS:
        years.setdefault(grade(year, chosen), []).append(year)
    return {code: year_words(of[0]) for code, of in years.items() if len(of) == 1}


def _nobody(*_: object) -> Never:
    raise UnexpectedError("a trial asks neither iSAMS nor SDS")
