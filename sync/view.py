"""What exists for one connector: its deliveries as listed, and what their manifests hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from sync import delivery, fates, holdings, numbered, state
from sync.delivery import DeliveryManifest, SetManifest
from sync.edge.blobs import Blob
from sync.edge.world import World
from sync.errors import AnswerRefused, StoreConflict, StoreMissing
from sync.fates import Fate
from sync.holdings import HandOver
from sync.numbered import Claimed, Pauses
from sync.records import Claim, Paused, Receipt, Unchanged
from sync.state import Folder, State


class Newest(NamedTuple):
    """A profile's newest sealed set."""

    profile: str
    own: str
    pulled_at: datetime


class View(NamedTuple):
    """One listing of a connector's folder, read once: every later decision is about it.

    While there is a `pause`, the delivery that it names is the last of `states`, once it exists.
    """

    connector: str
    prefix: str
    now: datetime
    states: list[tuple[Folder, State]]
    pauses: Pauses
    pause: Paused | None
    claims: tuple[Claimed, ...]

    def manifest(self, world: World, one: Folder) -> DeliveryManifest:
        """Read a delivery's manifest."""
        name = f"{self.prefix}{one.id}/{delivery.MANIFEST}"
        return DeliveryManifest.from_json(name, world.store.read(name))

    def files(self, world: World, one: Folder, wanted: DeliveryManifest) -> dict[str, bytes]:
        """Read a delivery's files, each checked against its manifest."""
        folder = f"{self.prefix}{one.id}/"
        return {
            name: delivery.check(name, world.store.read(folder + name), facts)
            for name, facts in wanted.files.items()
        }

    def sources(self, world: World, one: Folder) -> Mapping[str, str] | None:
        """Return the set of each profile that *one* was merged from.

        None if they could not be merged, or if nobody can read any more what they were.
        """
        try:
            if one.has(delivery.MANIFEST):
                return self.manifest(world, one).sources
            if not one.has(state.UNCHANGED):
                return None
            name = f"{self.prefix}{one.id}/{state.UNCHANGED}"
            return Unchanged.from_json(name, world.store.read(name)).sources
        except (StoreMissing, StoreConflict):
            return None

    def may_have_sent(self, world: World, names: Iterable[str]) -> set[str]:
        """Return which of *names* are files of a delivery that may have reached SDS.

        Each has whatever the ones before it had. So one that is swept is asked, by its manifest,
        only if it is the newest.
        """
        cleared = state.cleared([one for one, _ in self.states])
        held = {name for one in cleared for name in one.made_at}
        for one in cleared[-1:]:
            if one.has(state.SWEPT):
                held.update(self.manifest(world, one).files)
        return held.intersection(names)

    def hand_overs(self, world: World, besides: str = "") -> list[HandOver]:
        """Return what was handed over, from the last delivery that a run took on, oldest first.

        *besides* is a claim that does not count: the one that we hold ourselves.
        """
        listed = {folder.id: folder for folder, _ in self.states}
        recent: list[HandOver] = []
        for at, folder in reversed(holdings.answered(listed.values(), self.claims)):
            recent.append(self._hand_over(world, at, folder))
            if recent[-1].alone:
                break
        since = recent[-1].at if recent and recent[-1].alone else None
        for claim in self.claims:
            if not claim.done and claim.name != besides and (since is None or claim.at >= since):
                recent += self._lost(world, claim, listed)
        return sorted(recent, key=lambda hand_over: (hand_over.at, hand_over.delivery))

    def may_hold(self, world: World, besides: str = "") -> list[HandOver]:
        """Return the deliveries whose files SDS may hold now, oldest first; see `holdings`."""
        return holdings.may_hold(self.hand_overs(world, besides))

    def _hand_over(self, world: World, at: datetime, folder: Folder) -> HandOver:
        try:
            receipt = self.receipt(world, folder)
        except StoreConflict:  # nobody can read how it ended: then SDS may hold it
            return HandOver(folder.id, at, Fate.UNSEEN, folder)
        return HandOver(folder.id, at, fates.of(folder, receipt), folder, receipt)

    def _lost(
        self, world: World, claim: Claimed, listed: Mapping[str, Folder]
    ) -> Iterator[HandOver]:
        """Yield the hand-over of a claim without an end: nobody knows whether SDS got the files.

        It counts beside a later one of the same delivery, which SDS did answer for: in between SDS
        may have taken the files, and if it refused them later it may hold them still.
        """
        record = claim_of(world, claim.name)
        if record is None:
            return
        folder = listed.get(record.delivery)
        answered_at = holdings.handed_at(folder, self.claims) if folder else None
        if answered_at == claim.at:
            return  # SDS answered, and only the claim's end is missing
        if folder and answered_at is None:
            yield self._hand_over(world, claim.at, folder)
        else:
            yield HandOver(record.delivery, claim.at, Fate.LOST, folder)

    def receipt(self, world: World, folder: Folder) -> Receipt | None:
        """Read the receipt of the delivery in *folder*; None if it has none yet."""
        if not folder.has(state.RECEIPT):
            return None
        name = f"{self.prefix}{folder.id}/{state.RECEIPT}"
        return Receipt.from_json(name, world.store.read(name))

    def named(self, *wanted: State) -> list[Folder]:
        """Return the deliveries in one of these states, oldest first."""
        return [one for one, reached in self.states if reached in wanted]


def look(world: World, connector: str) -> View:
    """List what exists for *connector*."""
    prefix = delivery.connector_folder(connector)
    return seen(world, connector, prefix, world.store.blobs(prefix))


def seen(world: World, connector: str, prefix: str, blobs: Iterable[Blob]) -> View:
    """Return what a listing of *prefix* says of *connector*."""
    blobs, now = list(blobs), world.store.now()
    pauses = numbered.pauses(prefix, blobs)
    pause = read_pause(world, pauses)
    only = pause.delivery if pause else None
    listed = state.states(state.deliveries(prefix, blobs), now, only)
    claims = numbered.claimed(prefix, blobs)
    return View(connector, prefix, now, listed, pauses, pause, claims)


def claim_of(world: World, name: str) -> Claim | None:
    """Read the claim called *name*; None if a sweep has just taken it."""
    try:
        return Claim.from_json(f"{name}.json", world.store.read(f"{name}.json"))
    except StoreMissing:
        return None


def read_pause(world: World, pauses: Pauses) -> Paused | None:
    """Return the pause that is in force, None if there is none."""
    if pauses.in_force is None:
        return None
    name = f"{pauses.in_force}.json"
    return Paused.from_json(name, world.store.read(name))


def find(world: World, own: str) -> tuple[View, Folder]:
    """Return the delivery called *own*, among all there are for its connector.

    Raises:
        AnswerRefused: there is none.
    """
    if delivery.is_id(own):
        for connector in world.settings.connectors():
            view = look(world, connector)
            for one, _ in view.states:
                if one.id == own:
                    return view, one
    raise AnswerRefused("there is no delivery of this id; see status for those there are")


def newest_sets(world: World, connector: str) -> dict[str, Newest | None]:
    """Return the newest sealed set of each profile of *connector*, None where there is none."""
    found: dict[str, Newest | None] = {}
    for profile in world.settings.connectors()[connector]:
        listed = state.sets(profile, world.store.blobs(delivery.profile_folder(profile)))
        own = listed[-1].id if listed else None
        found[profile] = Newest(profile, own, delivery.pulled_at(own)) if own else None
    return found


def set_manifest(world: World, profile: str, own: str) -> SetManifest:
    """Read the manifest of a profile's set."""
    name = f"{delivery.profile_folder(profile)}{own}/{delivery.MANIFEST}"
    return SetManifest.from_json(name, world.store.read(name))
