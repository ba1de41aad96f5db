"""What a delivery is compared with: each delivery that SDS may hold, in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from sync.errors import StoreConflict, StoreMissing
from sync.ledger import ids
from sync.ledger.holdings import HandOver
from sync.ledger.manifests import AWAY, PEOPLE, DeliveryManifest
from sync.roster.finding_codes import EXTRA_TEACHERS_GONE
from sync.sds.diff import Baseline, Meant
from sync.sds.guard.away import Away
from sync.settings import Settings
from sync.steps.delivery import Delivery, SealedSet
from sync.steps.findings import told_of
from sync.steps.offers import set_manifest


def read_baselines(
    settings: Settings, compared: Sequence[HandOver[Delivery]], delivery: Delivery
) -> Iterator[Baseline]:
    """Yield a baseline for each of *compared*, the newest first; equal files once.

    They are to be compared with *delivery*. Files that are gone or damaged give a baseline that
    nothing can be compared with.
    """
    meaning = _Meaning(settings, delivery)
    digests = set[str]()
    for hand_over in reversed(compared):
        former = hand_over.delivery
        was = manifest_of(former) if former else None
        if former is None or was is None:
            yield Baseline(hand_over.delivery_id, None)
        elif was.digest not in digests:
            digests.add(was.digest)
            files, meant = _files(former, was), meaning.of(former, was)
            yield Baseline(hand_over.delivery_id, files, meant, *known_beside(former))


def manifest_of(delivery: Delivery) -> DeliveryManifest | None:
    """Return the manifest of *delivery*; None if nobody can read it any more."""
    try:
        return delivery.manifest()
    except (StoreMissing, StoreConflict):
        return None


class KnownBeside(NamedTuple):
    """What a delivery's files do not say: see `Baseline`."""

    extra: Set[str]
    away: Away
    names: Mapping[str, str]
    unreadable: tuple[str, ...]


def known_beside(delivery: Delivery) -> KnownBeside:
    """Return what is known beside the files of *delivery*; of the version before, nothing is."""
    unreadable = list[str]()
    extra, names, away = frozenset[str](), dict[str, str](), dict[str, Set[str]]()
    try:
        extra, names = _people(delivery)
    except (StoreMissing, StoreConflict):
        unreadable.append(PEOPLE)
    try:
        away |= delivery.away()
    except (StoreMissing, StoreConflict):
        unreadable.append(AWAY)
    return KnownBeside(extra, away, names, tuple(unreadable))


def names_beside(delivery: Delivery) -> Mapping[str, str]:
    """Return the names of the people of *delivery* by id; none if nobody can read them."""
    try:
        return _people(delivery)[1]
    except (StoreMissing, StoreConflict):
        return {}


def _people(delivery: Delivery) -> tuple[frozenset[str], dict[str, str]]:
    """Return who teaches every class of *delivery*, and the names of all; nobody if not known."""
    extra, names = set[str](), dict[str, str]()
    if (beside := delivery.beside()) and beside.people:
        for each in delivery.people():
            names[each.id] = f"{each.forename} {each.surname}".strip()
            if each.role == "extra":
                extra.add(each.id)
    return frozenset(extra), names


def _files(delivery: Delivery, manifest: DeliveryManifest) -> dict[str, bytes] | None:
    try:
        return delivery.files(manifest)
    except (StoreMissing, StoreConflict):
        return None


@dataclass(frozen=True)
class _Meaning:
    """What settings have to do with how a delivery differs from those before, school by school."""

    settings: Settings
    delivery: Delivery

    @cached_property
    def _manifest(self) -> DeliveryManifest:
        return self.delivery.manifest()

    def of(self, former: Delivery, was: DeliveryManifest) -> dict[str, Meant]:
        """Return it of each school in *former*, whose manifest is *was*, or in the delivery."""
        before = self._by_org(former, was)
        now = self._sources
        withheld = Counter(self._manifest.withheld) - Counter(was.withheld)
        released = Counter(was.withheld) - Counter(self._manifest.withheld)
        return {
            org: Meant(
                len(before.get(org, {}).keys() - now.get(org, {}).keys()),
                withheld,
                self._emptied(before.get(org, {}), now.get(org, {})),
                self._left_out(now.get(org, {})),
                released,
            )
            for org in before.keys() | now.keys()
        }

    @cached_property
    def _sources(self) -> Mapping[str, Mapping[str, str]]:
        return self._by_org(self.delivery, self._manifest)

    def _by_org(
        self, delivery: Delivery, manifest: DeliveryManifest
    ) -> Mapping[str, Mapping[str, str]]:
        """Return the sets of *delivery* by profile, by their school's id."""
        if schools := delivery.schools():
            return {part.org: part.sources for part in schools.parts.values()}
        by_org: dict[str, dict[str, str]] = {}
        for profile, set_id in manifest.sources.items():
            by_org.setdefault(self._org(profile, set_id), {})[profile] = set_id
        return by_org

    def _org(self, profile: str, set_id: str) -> str:
        """Return the id of the school that *profile* is, or was, of."""
        if profile in self.settings.profiles:
            return self.settings.schools[self.settings.school_of(profile)].id
        of = set_manifest(self.delivery.store, profile, set_id)
        school = self.settings.schools.get(of.school) if of else None
        if school is None and len(self.settings.schools) == 1:
            school = next(iter(self.settings.schools.values()))
        return school.id if school else ""

    def _left_out(self, sources: Mapping[str, str]) -> frozenset[str]:
        """Return the user ids of extra teachers who are none, as findings of the sets say."""
        sets = (
            SealedSet(set_id, {}, self.delivery.store, ids.profile_folder(profile))
            for profile, set_id in sources.items()
        )
        return frozenset(
            finding.detail for sealed in sets for finding in told_of(sealed, *EXTRA_TEACHERS_GONE)
        )

    def _emptied(
        self, before: Mapping[str, str], now: Mapping[str, str]
    ) -> dict[tuple[str, str], int]:
        """Return what profiles had of what they have none of; 0 if nobody knows how many."""
        store, emptied = self.delivery.store, dict[tuple[str, str], int]()
        for profile in before.keys() & now.keys():
            of = set_manifest(store, profile, now[profile])
            for what in of.lacking if of else ():
                former = set_manifest(store, profile, before[profile])
                if former is None or what not in former.lacking:
                    emptied[profile, what] = former.counts[what] if former else 0
        return emptied
