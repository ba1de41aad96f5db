"""What lies in storage as objects: a delivery, a pull and a profile's set, each a folder.

Each reads and writes its marks and files itself, so that no step makes up a path.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sync.edge.storage.store import Blob, Store
from sync.errors import StoreConflict, StoreMissing
from sync.ledger import ids, manifests, states
from sync.ledger.folders import Folder, folders
from sync.ledger.manifests import AWAY, PEOPLE, Beside, DeliveryManifest, FileFacts, SetManifest
from sync.ledger.marks import AttemptBegun, Receipt, Submitted, Tracking, Unchanged
from sync.ledger.offers import Schools
from sync.ledger.record import NamedRecord, Record
from sync.roster.model import NamedPerson
from sync.sds import away_file, people_file
from sync.sds.guard.away import Away


def read_record[R: Record](store: Store, kind: type[R], name: str) -> R:
    """Read the blob called *name*.

    Raises:
        StoreMissing: there is none.
        StoreConflict: it cannot be read as *kind*.
    """
    return kind.from_json(name, store.read(name))


@dataclass(frozen=True, slots=True)
class StoredFolder(Folder):
    """A folder as it was listed, and the way to its blobs. `prefix` is where its like lie.

    What is written later shows in the next listing, not here.
    """

    store: Store
    prefix: str

    @classmethod
    def of(cls, folder: Folder, store: Store, prefix: str) -> Self:
        """Return *folder*, listed under *prefix*, with the way to its blobs."""
        return cls(folder.id, folder.made_at, store, prefix)

    def path(self, name: str) -> str:
        """Return the whole name of the blob called *name* in this folder."""
        return f"{self.prefix}{self.id}/{name}"

    def read[N: NamedRecord](self, kind: type[N], key: int | str = "") -> N:
        """Read the mark or record of this kind; raise `StoreMissing` if there is none."""
        return read_record(self.store, kind, self.path(kind.name_for(key)))

    def read_if_listed[N: NamedRecord](self, kind: type[N], key: int | str = "") -> N | None:
        """Read the mark or record of this kind; None if it was not listed."""
        return self.read(kind, key) if self.has(kind, key) else None

    def claim(self, record: NamedRecord, key: int | str = "") -> bool:
        """Write *record* unless something is there; say whether it is ours. See `Store.claim`."""
        return self.store.claim(self.path(record.name_for(key)), record.to_json())

    def create(self, record: NamedRecord, key: int | str = "") -> bool:
        """Write *record*; raise `StoreConflict` if something else is there. See `Store.create`."""
        return self.store.create(self.path(record.name_for(key)), record.to_json())

    def write_files(self, files: Mapping[str, bytes]) -> None:
        """Write *files* in their order, each once."""
        for name, body in files.items():
            self.store.create(self.path(name), body)

    def read_files(self, listed: Mapping[str, FileFacts]) -> dict[str, bytes]:
        """Read the files that a manifest has *listed*, each checked against it."""
        return {
            name: manifests.verified(name, self.store.read(self.path(name)), facts)
            for name, facts in listed.items()
        }

    def beside(self) -> Beside | None:
        """Read what lies beside the files for SDS; None of what the version before made.

        Raises:
            StoreConflict: it cannot be read; or it is gone, and what it is about was listed.
        """
        try:
            return self.read(Beside)
        except StoreMissing:
            if not self.made_at.keys().isdisjoint({PEOPLE, AWAY}):
                raise StoreConflict("a sealed record is gone", file=Beside.file_name) from None
            return None

    def people(self, ids: Collection[str] | None = None) -> Iterator[NamedPerson]:
        """Read who stands behind the ids in its files, or behind *ids* alone, in order of ids.

        Raises:
            StoreMissing: the file is gone, or was never written: `beside` tells which.
            StoreConflict: somebody has changed it.
        """
        beside = self.beside()
        if beside is None or beside.people is None:
            raise StoreMissing("who stands behind the ids was not written down", file=PEOPLE)
        return people_file.people_of(self.read_files({PEOPLE: beside.people})[PEOPLE], ids)


class Delivery(StoredFolder):
    """A connector's delivery."""

    __slots__ = ()

    def manifest(self) -> DeliveryManifest:
        """Read the manifest."""
        return self.read(DeliveryManifest)

    def files(self, manifest: DeliveryManifest | None = None) -> dict[str, bytes]:
        """Read the files, each checked against *manifest*, which is read if it is not at hand."""
        return self.read_files((manifest or self.manifest()).files)

    def away(self) -> Away:
        """Read what classes last held that SDS once had and this delivery has not.

        Nothing in one of the version before: nobody had looked yet.

        Raises:
            StoreMissing, StoreConflict: the file is gone, or somebody has changed it.
        """
        beside = self.beside()
        if beside is None or beside.away is None:
            return {}
        return away_file.away_of(self.read_files({AWAY: beside.away})[AWAY])

    def schools(self) -> Schools | None:
        """Read what it has of each school; None of a delivery of the version before.

        None as well if nobody can read it any more.
        """
        try:
            return self.read_if_listed(Schools)
        except (StoreMissing, StoreConflict):
            return None

    def sources(self) -> Mapping[str, str] | None:
        """Return the set of each profile that was looked at when it was merged.

        None if they could not be merged, or if nobody can read any more what they were.
        """
        if schools := self.schools():
            return schools.seen
        try:
            record = self.read_if_listed(DeliveryManifest) or self.read_if_listed(Unchanged)
        except (StoreMissing, StoreConflict):
            return None
        return record.sources if record else None

    def receipt(self) -> Receipt | None:
        """Read the receipt; None if there is none yet."""
        return self.read_if_listed(Receipt)

    def tracking(self) -> Tracking | None:
        """Return what was noted of its hand-over; None of that of an older version."""
        return self.read_if_listed(Tracking, hand_over_number(self.read(Submitted).claim))


def hand_over_number(claim: str) -> str:
    """Return the number of a hand-over: that of the *claim* under which it is made."""
    return claim.rpartition("/")[2]


class Pull(StoredFolder):
    """A school's pull."""

    __slots__ = ()

    def is_still_of(self, attempt: int) -> bool:
        """Look whether *attempt* is the last and the pull open: the machine may have slept."""
        return any(
            not states.pull_is_over(now) and now.numbers(AttemptBegun)[-1:] == [attempt]
            for now in folders(self.prefix, self.store.blobs(self.path("")))
        )


class SealedSet(StoredFolder):
    """A profile's sealed set."""

    __slots__ = ()

    @property
    def profile(self) -> str:
        """The profile's key."""
        return self.prefix.split("/")[1]

    @property
    def pulled_at(self) -> datetime:
        """The moment before iSAMS was asked, in whole seconds.

        An id may be later, where the clock once ran ahead: then the moment when it was sealed.
        """
        return min(ids.pulled_at(self.id), self.made_at[SetManifest.file_name])

    def manifest(self) -> SetManifest:
        """Read the manifest."""
        return self.read(SetManifest)

    def findings(self) -> bytes:
        """Read `findings.json`. It names people."""
        return self.store.read(self.path(manifests.FINDINGS))

    def mended(self) -> bytes | None:
        """Read `mended.json`, which names people too; None if none was listed."""
        if manifests.MENDED not in self.made_at:
            return None
        return self.store.read(self.path(manifests.MENDED))


def in_order(sets: Iterable[SealedSet]) -> list[SealedSet]:
    """Return *sets* as they are merged: that which was read last first, then by profile."""
    return sorted(sets, key=lambda sealed: (-sealed.pulled_at.timestamp(), sealed.profile))


def list_pulls(store: Store, school: str) -> list[Pull]:
    """Return the pulls of *school*, oldest first."""
    prefix = ids.pulls_folder(school)
    return [Pull.of(pull, store, prefix) for pull in states.pulls(school, store.blobs(prefix))]


def list_sets(store: Store, profile: str) -> list[SealedSet]:
    """Return a profile's sealed sets that still have their files, oldest first."""
    return list_sets_of(store, [profile], at_once=False)[profile]


def all_sets(store: Store, profile: str) -> list[SealedSet]:
    """Return a profile's sealed sets, oldest first, also those of which the manifest is left."""
    prefix = ids.profile_folder(profile)
    sets = states.all_sets(prefix, store.blobs(prefix))
    return [SealedSet.of(folder, store, prefix) for folder in sets]


def list_pulls_of(store: Store, schools: Iterable[str], *, at_once: bool) -> dict[str, list[Pull]]:
    """Return the pulls of each of *schools*, oldest first; see `_listed_below` for *at_once*."""
    listed = _listed_below(store, "schools/", schools, at_once=at_once)
    pulls = {}
    for school, blobs in listed.items():
        prefix = ids.pulls_folder(school)
        of_pulls = [blob for blob in blobs if blob.name.startswith(prefix)]
        pulls[school] = [Pull.of(pull, store, prefix) for pull in states.pulls(school, of_pulls)]
    return pulls


def list_sets_of(
    store: Store, profiles: Iterable[str], *, at_once: bool
) -> dict[str, list[SealedSet]]:
    """Return the sets of each of *profiles* as `list_sets` does; see `_listed_below`."""
    listed = _listed_below(store, "profiles/", profiles, at_once=at_once)
    sets = {}
    for profile, blobs in listed.items():
        prefix = ids.profile_folder(profile)
        sets[profile] = [
            SealedSet.of(sealed, store, prefix) for sealed in states.sealed_sets(prefix, blobs)
        ]
    return sets


def _listed_below(
    store: Store, top: str, keys: Iterable[str], *, at_once: bool
) -> dict[str, list[Blob]]:
    """List what is below each of *keys* in *top*.

    *at_once*: by a listing of *top*, which a hundred keys are worth if they are all that there is.
    """
    if not at_once:
        return {key: list(store.blobs(f"{top}{key}/")) for key in keys}
    by_key: dict[str, list[Blob]] = {key: [] for key in keys}
    for blob in store.blobs(top):
        key = blob.name.removeprefix(top).partition("/")[0]
        if key in by_key:
            by_key[key].append(blob)
    return by_key


def newest_set(store: Store, profile: str) -> SealedSet | None:
    """Return a profile's newest set; None if it has none."""
    return next(reversed(list_sets(store, profile)), None)
