"""What exists for a connector: its deliveries as listed, its claims, and the pause in force."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync.edge.storage.store import Blob, Store
from sync.edge.world import World
from sync.errors import AnswerRefused, StoreConflict, StoreMissing
from sync.ledger import claims, fates, holdings, ids, offers, states
from sync.ledger.claims import Claim, ClaimDone, Claimed, Paused, Pauses
from sync.ledger.fates import Fate
from sync.ledger.folders import Folder
from sync.ledger.holdings import HandOver
from sync.ledger.manifests import SetManifest
from sync.ledger.marks import Approved, AttemptBegun, Pulled, Swept
from sync.ledger.states import State
from sync.steps.delivery import (
    Delivery,
    Pull,
    SealedSet,
    StoredFolder,
    list_pulls,
    list_pulls_of,
    list_sets_of,
    read_record,
)


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing of a connector's folder, read once: every later decision is about it.

    `now` is storage's clock. While there is a `pause`, the delivery that it names is the last of
    `states`, once it exists.
    """

    store: Store
    connector: str
    prefix: str
    now: datetime
    states: list[tuple[Delivery, State]]
    pauses: Pauses
    pause: Paused | None
    claims: tuple[Claimed, ...]
    offers: Mapping[str, Sequence[StoredFolder]]  # by school: those that anything is known of

    @property
    def deliveries(self) -> list[Delivery]:
        """Every delivery, oldest first."""
        return [delivery for delivery, _ in self.states]

    def delivery(self, delivery_id: str) -> Delivery | None:
        """Return the delivery of that id; None if it is not listed."""
        return next((each for each in self.deliveries if each.id == delivery_id), None)

    def new_delivery(self, delivery_id: str) -> Delivery:
        """Return the delivery of that id of which nothing is written yet."""
        return Delivery(delivery_id, {}, self.store, self.prefix)

    def in_state(self, *wanted: State) -> list[Delivery]:
        """Return the deliveries in any of these states, oldest first."""
        return [delivery for delivery, reached in self.states if reached in wanted]

    def may_have_sent(self, names: Collection[str]) -> set[str]:
        """Return which of *names* are files of a delivery that may have reached SDS.

        Each has whatever the ones before it had. So a swept delivery is asked, by its manifest,
        only if it is the newest; if nobody can read that, it may have been all of them.
        """
        cleared = states.cleared(self.deliveries)
        sent = {name for delivery in cleared for name in delivery.made_at}
        for delivery in cleared[-1:]:
            if delivery.has(Swept):
                sent.update(_file_names(delivery) or names)
        return sent.intersection(names)

    def hand_overs(self, besides: str = "") -> list[HandOver[Delivery]]:
        """Return what was handed over, from the last delivery that a run took on, oldest first.

        *besides* is a claim that does not count: that which we hold ourselves.
        """
        recent: list[HandOver[Delivery]] = []
        for at, delivery in reversed(holdings.by_moment(self.deliveries, self.claims)):
            recent.append(_hand_over(delivery, at))
            if recent[-1].alone:
                break
        since = recent[-1].at if recent and recent[-1].alone else None
        for claim in self.claims:
            if (since is None or claim.at >= since) and claim.name != besides:
                recent += self._lost(claim)
        return sorted(recent, key=lambda hand_over: (hand_over.at, hand_over.delivery_id))

    def may_hold(self, besides: str = "") -> list[HandOver[Delivery]]:
        """Return the deliveries whose files SDS may hold now, oldest first; see `holdings`."""
        return holdings.may_hold(self.hand_overs(besides))

    def held(self) -> list[Delivery]:
        """Return those of `may_hold` that are still there, oldest first."""
        return [each.delivery for each in self.may_hold() if each.delivery]

    def _is_settled(self, claimed: Claimed, claim: Claim) -> bool:
        """Say whether what came of an ended *claim* is known, or that SDS got nothing."""
        if self.delivery(claim.delivery):
            return True
        done = ended(self.store, claimed.name)
        return done is not None and done.submitted == "no"

    def _lost(self, claimed: Claimed) -> Iterator[HandOver[Delivery]]:
        """Yield the hand-over of a claim without an end: nobody knows whether SDS got the files.

        It counts beside a later hand-over of the same delivery, which SDS did answer for: in
        between SDS may have taken the files, and if it refused them later it may hold them still.
        So does one that ended, if its delivery is gone: what it did is not known any more.
        """
        claim = _claim(self.store, claimed.name)
        if claim is None or (claimed.done and self._is_settled(claimed, claim)):
            return
        delivery = self.delivery(claim.delivery)
        answered_at = holdings.handed_at(delivery, self.claims) if delivery else None
        if answered_at == claimed.at:
            return  # SDS answered, and only the claim's end is missing
        if delivery and answered_at is None:
            yield _hand_over(delivery, claimed.at)
        else:
            yield HandOver(claim.delivery, claimed.at, Fate.LOST, delivery)


def ended(store: Store, claim: str) -> ClaimDone | None:
    """Return how *claim* ended.

    None if its holder was killed, or if nobody can read any more how: they may have got through.
    """
    try:
        return read_record(store, ClaimDone, f"{claim}.done")
    except (StoreMissing, StoreConflict):
        return None


def _hand_over(delivery: Delivery, at: datetime) -> HandOver[Delivery]:
    try:
        receipt = delivery.receipt()
    except StoreConflict:  # nobody can read how it ended: then SDS may hold it
        return HandOver(delivery.id, at, Fate.UNSEEN, delivery)
    return HandOver(delivery.id, at, fates.fate_of(delivery, receipt), delivery, receipt)


def _file_names(delivery: Delivery) -> Collection[str]:
    """Return what files *delivery* had; nothing if nobody can read it any more."""
    try:
        return delivery.manifest().files
    except (StoreMissing, StoreConflict):
        return ()


def look(world: World, connector: str) -> Listing:
    """List what exists for *connector*."""
    prefix = ids.connector_folder(connector)
    return listing_of(world, connector, prefix, world.store.blobs(prefix))


def listing_of(world: World, connector: str, prefix: str, blobs: Iterable[Blob]) -> Listing:
    """Return what a listing of *prefix* says of *connector*."""
    blobs, now = list(blobs), world.store.now()
    pauses = claims.read_pauses(prefix, blobs)
    pause = read_record(world.store, Paused, f"{pauses.in_force}.json") if pauses.in_force else None
    deliveries = [
        Delivery.of(folder, world.store, prefix) for folder in states.deliveries(prefix, blobs)
    ]
    answers = {
        school: [
            StoredFolder.of(folder, world.store, offers.folder_of(prefix, school))
            for folder in listed
        ]
        for school, listed in offers.read_offers(prefix, blobs).items()
    }
    reached = states.states(deliveries, now, pause.delivery if pause else None)
    return Listing(
        store=world.store,
        connector=connector,
        prefix=prefix,
        now=now,
        states=[*reached[:-1], *(_as_answered(*each, answers, now) for each in reached[-1:])],
        pauses=pauses,
        pause=pause,
        claims=claims.claimed(prefix, blobs),
        offers=answers,
    )


def _as_answered(
    delivery: Delivery, reached: State, answers: Mapping[str, Sequence[Folder]], now: datetime
) -> tuple[Delivery, State]:
    """Return *delivery* as people's words leave it that were said of a school alone.

    It may not go with a school to which somebody said no after it was merged, whatever was said of
    the delivery; nor with one that waits and whose yes has ended. The next is made without.
    """
    if reached not in {State.SEALED, State.READY} or not answers:
        return delivery, reached
    words = _words(delivery, answers)
    if any(map(offers.is_rejected, words.values())):
        return delivery, State.REJECTED
    by_schools = reached is State.READY and not delivery.has(Approved)
    if by_schools and any(offers.has_lapsed(steps, key, now) for key, steps in words.items()):
        return delivery, State.EXPIRED
    return delivery, reached


def _words(
    delivery: Delivery, answers: Mapping[str, Sequence[Folder]]
) -> Mapping[str, Sequence[Folder]]:
    """Return what was said of each offer in *delivery*, by its id."""
    schools = delivery.schools()
    return {
        part.offer: offers.same_step(answers.get(school, ()), part.digest)
        for school, part in (schools.parts.items() if schools else ())
        if part.offer
    }


def _claim(store: Store, name: str) -> Claim | None:
    """Read the claim called *name*; None if a sweep has just taken it."""
    try:
        return read_record(store, Claim, f"{name}.json")
    except StoreMissing:
        return None


def find(world: World, delivery_id: str) -> tuple[Listing, Delivery]:
    """Return the delivery of that id, and all there are for its connector.

    Raises:
        AnswerRefused: there is none.
    """
    if ids.is_folder_id(delivery_id):
        for connector in world.settings.connectors():
            listing = look(world, connector)
            if delivery := listing.delivery(delivery_id):
                return listing, delivery
    raise AnswerRefused(
        "there is no delivery or offer of this id: `isams-sync status` lists those there are"
    )


def find_offer(world: World, offer_id: str) -> tuple[Listing, str] | None:
    """Return the connector and the school of the offer of that id; None if there is none."""
    if ids.is_folder_id(offer_id):
        for connector in world.settings.connectors():
            listing = look(world, connector)
            for school, listed in listing.offers.items():
                if any(offer.id == offer_id for offer in listed):
                    return listing, school
    return None


def newest_sets(world: World, connector: str) -> dict[str, SealedSet | None]:
    """Return the newest sealed set of each profile of *connector*, None where there is none.

    What a reading sealed that was cut before it came to all profiles does not count: beside what
    another reading sealed, a pupil who moved from one profile to another would be in neither.
    """
    return newest_of(sets_on(world, connector))


def newest_of(sets: Mapping[str, Sequence[SealedSet]]) -> dict[str, SealedSet | None]:
    """Return the newest of each profile's *sets*, None where there is none."""
    return {profile: listed[-1] if listed else None for profile, listed in sets.items()}


def sets_on(world: World, connector: str) -> dict[str, list[SealedSet]]:
    """Return the sealed sets of each profile of *connector*, oldest first; see `newest_sets`."""
    profiles, settings = world.settings.connectors()[connector], world.settings
    at_once = len(profiles) == len(settings.profiles)
    sets = list_sets_of(world.store, profiles, at_once=at_once)
    for school in {world.settings.school_of(profile) for profile in sets}:
        of_school = [sets[each] for each in sets if world.settings.school_of(each) == school]
        _drop_cut(world.store, school, of_school)
    return sets


def schools_on(world: World, connector: str) -> list[str]:
    """Return the schools whose profiles are on *connector*, sorted."""
    profiles = world.settings.connectors()[connector]
    return sorted({world.settings.school_of(profile) for profile in profiles})


def pulls_on(world: World, connector: str) -> dict[str, list[Pull]]:
    """Return the pulls of each school of *connector*, oldest first."""
    schools = schools_on(world, connector)
    at_once = len(schools) == len(world.settings.schools)
    return list_pulls_of(world.store, schools, at_once=at_once)


def _drop_cut(store: Store, school: str, of_profiles: Sequence[list[SealedSet]]) -> None:
    """Take away the newest sets *of_profiles* of *school*, while a reading that was cut made them.

    Those of one moment are of one reading, and whole; only for others are the pulls listed.
    """
    pulls: list[Pull] | None = None
    while True:
        with_sets = [listed for listed in of_profiles if listed]
        moments = [ids.pulled_at(listed[-1].id) for listed in with_sets]
        if len(set(moments)) < 2:
            return
        latest = with_sets[moments.index(max(moments))]
        pulls = list_pulls(store, school) if pulls is None else pulls
        if not _was_cut(pulls, latest[-1]):
            return
        latest.pop()


def _was_cut(pulls: Iterable[Pull], sealed: SealedSet) -> bool:
    """Say whether *sealed* is not of those that ended the pull in which it was written.

    That is the pull that was begun last before. If nobody can read how it ended, it has ended.
    """
    written_at = sealed.made_at[SetManifest.file_name]
    began = [
        (begun_at, pull)
        for pull in pulls
        for number in pull.numbers(AttemptBegun)
        if (begun_at := pull.made_at[AttemptBegun.name_for(number)]) <= written_at
    ]
    last = max(began, key=lambda each: each[0], default=None)
    if last is None:
        return False
    try:
        pulled = last[1].read_if_listed(Pulled)
    except (StoreMissing, StoreConflict):
        return False
    return pulled is None or sealed.id not in pulled.sets.values()
