"""What each school of a connector offers: its newest sets, beside what SDS has of it.

The deliveries that SDS may hold are the only memory: of the newest, each school has its *part*. A
school's offer is the step from there to its newest sets, or to nothing if it has left. Whether that
may go is decided for each school alone; what may not go stays as SDS has it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from typing import NamedTuple

from sync.edge.storage.store import Store
from sync.edge.world import World
from sync.errors import MergeConflict, StoreConflict, StoreMissing, SyncError, concerning
from sync.ledger import fates, ids, offers, states
from sync.ledger.manifests import DeliveryManifest, SetManifest
from sync.ledger.marks import Accepted, Approved, Submitted
from sync.ledger.offers import ANSWERABLE, HeldOffer, OfferName, SchoolPart, Why
from sync.roster.model import NamedPerson
from sync.sds import by_school
from sync.sds.guard.away import Away, next_away
from sync.sds.rowkeys import rows_of
from sync.steps.connector import Listing, look
from sync.steps.delivery import Delivery, SealedSet, StoredFolder, read_record

# -- what SDS has --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Base:
    """The newest delivery that SDS may hold: what it has of each school, by the school's key."""

    delivery: Delivery
    manifest: DeliveryManifest
    parts: Mapping[str, SchoolPart]

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        """Its files, each checked.

        Raises:
            StoreMissing, StoreConflict: nobody can read them any more.
        """
        return self.delivery.files(self.manifest)

    def is_readable(self) -> bool:
        """Say whether its files can be read."""
        try:
            return bool(self.files)
        except (StoreMissing, StoreConflict):
            return False

    def people_of(self, orgs: Collection[str]) -> Iterable[NamedPerson]:
        """Return who stands behind its ids at the schools *orgs*.

        Nobody, where the file of names cannot be read. Schools go on without it, for a person sees
        to that: what is compared with this delivery is held (`sync.steps.baselines`).
        """
        at_them = {row[0] for row in rows_of("roles.csv", self.files) if row[1] in orgs}
        try:
            return self.delivery.people(at_them)
        except (StoreMissing, StoreConflict):
            return ()

    def away_beside(self, files: Mapping[str, bytes]) -> Away:
        """Return what classes are away once *files* are delivered, for those who come back.

        Those that were away before are forgotten where their file cannot be read: a person sees to
        that as well.
        """
        try:
            away = self.delivery.away()
        except (StoreMissing, StoreConflict):
            away = {}
        return next_away(away, self.files, files)

    def part_of(self, org: str) -> SchoolPart | None:
        """Return the part of the school with that id in SDS; None if it has none."""
        return offers.part_of(org, self.parts)


def base_of(world: World, listing: Listing) -> Base | None:
    """Return the newest delivery that SDS may hold; None if there is none that can be read."""
    newest = next(reversed(listing.may_hold()), None)
    if newest is None or newest.delivery is None:
        return None
    delivery = newest.delivery
    try:
        manifest = delivery.manifest()
        parts = parts_of(world, delivery, manifest)
    except (StoreMissing, StoreConflict):
        return None
    return Base(delivery, manifest, {key: part for key, part in parts.items() if part.rows})


def parts_of(
    world: World, delivery: Delivery, manifest: DeliveryManifest
) -> Mapping[str, SchoolPart]:
    """Return what *delivery* has of each school, by its key.

    One of the version before does not say what it has of whom: its files do. What sets they are
    like nobody knows, because its rules may have been others.

    Raises:
        StoreMissing, StoreConflict: it is one of the version before, and nobody can read its files.
    """
    schools = delivery.schools()
    return schools.parts if schools else _parts_of_older(world, delivery, manifest)


def _parts_of_older(
    world: World, delivery: Delivery, manifest: DeliveryManifest
) -> Mapping[str, SchoolPart]:
    key_of = {school.id: key for key, school in world.settings.schools.items()}
    sets = {
        profile: (set_id, set_manifest(delivery.store, profile, set_id))
        for profile, set_id in manifest.sources.items()
    }
    parts = {}
    for org, rows in by_school.digests(delivery.files(manifest)).items():
        key = key_of.get(org, org)
        own = {profile: each for profile, each in sets.items() if each[1] and each[1].school == key}
        pulled_at = [each.pulled_at for _, each in own.values() if each]
        parts[key] = SchoolPart(
            org=org,
            rows=rows,
            sources={profile: set_id for profile, (set_id, _) in own.items()},
            pulled_at=min(pulled_at, default=manifest.pulled_at),
        )
    return parts


def set_manifest(store: Store, profile: str, set_id: str) -> SetManifest | None:
    """Return the manifest of a profile's set; None if nobody can read it any more."""
    name = f"{ids.profile_folder(profile)}{set_id}/{SetManifest.file_name}"
    try:
        return read_record(store, SetManifest, name)
    except (StoreMissing, StoreConflict):
        return None


# -- what schools have ---------------------------------------------------------------------------


class ChosenSet(NamedTuple):
    """A set that a school's rows are to come from: `is_new` if SDS has another or none of it."""

    sealed: SealedSet
    manifest: SetManifest
    is_new: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A school's step from its `part`, what SDS has of it, to its `sets`, the newest first.

    Without sets it leaves. `why` says why it may not go, or need not; None: it may, as far as can
    be known before the files are compared. `error` is why its newest sets cannot even be looked at,
    or cannot go together.
    `told`: it is written down that it waits.
    """

    school: str
    org: str
    part: SchoolPart | None
    sets: Sequence[ChosenSet]
    name: OfferName
    why: Why | None
    error: SyncError | None = None
    told: bool = False

    @property
    def now(self) -> str:
        """The digest of its sets; "" if it leaves."""
        return offers.now_digest({one.sealed.profile: one.manifest.digest for one in self.sets})

    @property
    def sources(self) -> dict[str, str]:
        """Its set of each profile."""
        return {one.sealed.profile: one.sealed.id for one in self.sets}


@dataclass(frozen=True)
class View:
    """All offers of a connector, beside what SDS has.

    `seen` is the newest set of each profile, `fresh` those of them that are no older than 48 hours;
    `profiles_unread` is of how many profiles there is none.
    """

    base: Base | None
    offers: Sequence[Offer]
    seen: Mapping[str, str]
    fresh: Mapping[str, str]
    profiles_unread: int

    @cached_property
    def chosen(self) -> Sequence[Offer]:
        """The offers that the next delivery is to have.

        Those that may go; if none may, those that wait for a person, so that there is something to
        look at. Once that is written down, they are left alone.
        """
        may_go = [offer for offer in self.offers if offer.why is None]
        return may_go or [
            offer for offer in self.offers if offer.why in ANSWERABLE and not offer.told
        ]

    @property
    def tried_again(self) -> Sequence[Offer]:
        """The offers that clashed or could not be merged before, where others go now.

        What they clashed with may be over.
        """
        if not any(offer.why is None for offer in self.offers):
            return []
        return [
            each for each in self.offers if each.sets and each.why in {Why.CONFLICT, Why.FAILED}
        ]

    def of(self, school: str) -> Offer | None:
        """Return the offer of *school*; None if it has none."""
        return next((offer for offer in self.offers if offer.school == school), None)


def view(world: World, listing: Listing, newest: Mapping[str, SealedSet | None]) -> View:
    """Return what each school offers now; *newest* is the newest set of each profile."""
    return _view(world, listing, newest, base_of(world, listing))


def offer_of(
    world: World, listing: Listing, newest: Mapping[str, SealedSet | None], school: str
) -> Offer | None:
    """Return the offer of *school* as `view` does, without a look at the sets of all others."""
    looking = _Looking(world, listing, base_of(world, listing), newest)
    profiles = [each for each in newest if world.settings.school_of(each) == school]
    if profiles:
        return looking.of(school, profiles)
    return next((offer for offer in looking.leaving() if offer.school == school), None)


def readable(
    world: World, listing: Listing, newest: Mapping[str, SealedSet | None], now: View
) -> View:
    """Return *now*, or what schools offer beside nothing if SDS's files cannot be read any more."""
    is_readable = now.base is None or now.base.is_readable()
    return now if is_readable else _view(world, listing, newest, None)


def _view(
    world: World, listing: Listing, newest: Mapping[str, SealedSet | None], base: Base | None
) -> View:
    looking = _Looking(world, listing, base, newest)
    fresh = {
        profile: sealed.id
        for profile, sealed in newest.items()
        if sealed and not looking.is_stale(sealed)
    }
    seen = {profile: sealed.id for profile, sealed in newest.items() if sealed}
    unread = len(newest) - len(seen)
    return View(base, [*looking.coming(), *looking.leaving()], seen, fresh, unread)


@dataclass(frozen=True)
class _Looking:
    """A look at the schools of a connector."""

    world: World
    listing: Listing
    base: Base | None
    newest: Mapping[str, SealedSet | None]

    def is_stale(self, sealed: SealedSet) -> bool:
        """Say whether *sealed* is too old to be sent."""
        return states.is_stale(sealed.pulled_at, self.listing.now)

    def coming(self) -> Iterator[Offer]:
        """Yield what the schools of the settings offer."""
        by_school: dict[str, list[str]] = {}
        for profile in self.newest:
            by_school.setdefault(self.world.settings.school_of(profile), []).append(profile)
        for school, profiles in by_school.items():
            yield self.of(school, profiles)

    def of(self, school: str, profiles: Sequence[str]) -> Offer:
        """Return what a school of the settings offers by its *profiles*."""
        org = self.world.settings.schools[school].id
        part = self.base.part_of(org) if self.base else None
        nothing = partial(Offer, school, org, part, (), OfferName.of("", "", self.listing.now))
        try:
            with concerning(school=school):
                sets, lacking = self._sets(profiles, part)
                _demand_same_words(school, sets)
        except (StoreMissing, StoreConflict, MergeConflict) as error:
            return nothing(Why.FAILED, error)
        if why := self._why_not(part, sets, lacking):
            return nothing(why)
        offer = Offer(school, org, part, sets, _name(part, sets), None)
        why = self._standing(offer, profiles)
        return replace(offer, why=why, told=self._is_told(offer))

    def _why_not(
        self, part: SchoolPart | None, sets: Sequence[ChosenSet], lacking: Sequence[str]
    ) -> Why | None:
        """Return why a school has no offer; None if it has.

        A profile that SDS has goes in as it is there, or the school not at all.
        """
        if not lacking or (part and sets and part.sources.keys().isdisjoint(lacking)):
            return None
        return Why.UNREAD if any(self.newest[each] is None for each in lacking) else Why.STALE

    def _stands_in(self, profile: str) -> bool:
        """Say whether a profile goes in as it is in SDS, because there is nothing fresh of it."""
        sealed = self.newest[profile]
        return sealed is None or self.is_stale(sealed)

    def _sets(
        self, profiles: Sequence[str], part: SchoolPart | None
    ) -> tuple[Sequence[ChosenSet], Sequence[str]]:
        """Return the sets of *profiles*, the newest first, and the profiles that have none.

        A profile whose newest set is too old goes in with the set that SDS has of it.
        """
        chosen, lacking = [], []
        for profile in profiles:
            sealed, held = self.newest[profile], part.sources.get(profile) if part else None
            if sealed and (sealed.id == held or not self.is_stale(sealed)):
                chosen.append(ChosenSet(sealed, sealed.manifest(), is_new=sealed.id != held))
            elif held and (of := set_manifest(self.listing.store, profile, held)):
                prefix = ids.profile_folder(profile)
                old = SealedSet(held, {}, self.listing.store, prefix)
                chosen.append(ChosenSet(old, of, is_new=False))
            else:
                lacking.append(profile)
        order = sorted(
            chosen, key=lambda one: (-one.manifest.pulled_at.timestamp(), one.sealed.profile)
        )
        return order, lacking

    def _standing(self, offer: Offer, profiles: Sequence[str]) -> Why | None:
        """Return why *offer* may not go, or need not; None if it may."""
        if offer.part and offer.part.now == offer.now:
            return Why.STALE if any(map(self._stands_in, profiles)) else Why.SAME
        steps = self._steps(offer.school, offer.name.digest)
        if offers.is_rejected(steps):
            return Why.REJECTED
        if why := self._as_before(offer) or self._elsewhere(offer):
            return why
        if is_approved(self.listing, offer.school, offer.name.digest):
            return None
        return self._first(offer) or _judged(offer, steps)

    def _first(self, offer: Offer) -> Why | None:
        """Return that a school of which SDS has nothing waits, if it does and SDS has others."""
        waits = self.base is not None and self.world.settings.sds.hold_first
        return Why.FIRST if waits and offer.part is None else None

    def _is_told(self, offer: Offer) -> bool:
        listed = self.listing.offers.get(offer.school, ())
        return any(each.id == offer.name.id and each.has(HeldOffer) for each in listed)

    def _steps(self, school: str, digest: str) -> list[StoredFolder]:
        return offers.same_step(self.listing.offers.get(school, ()), digest)

    def _as_before(self, offer: Offer) -> Why | None:
        """Return why the newest delivery could not have *offer*, if nothing has changed since."""
        last = self.listing.deliveries[-1].schools() if self.listing.deliveries else None
        if last is None or last.seen != self._seen():
            return None
        part = last.parts.get(offer.school)
        word = part.why if part else last.left_out.get(offer.school, "")
        return Why(word) if word in {Why.CONFLICT, Why.FAILED} else None

    def _seen(self) -> dict[str, str]:
        return {profile: sealed.id for profile, sealed in self.newest.items() if sealed}

    def _elsewhere(self, offer: Offer) -> Why | None:
        """Return that *offer* waits if another connector holds a profile that comes to this one."""
        coming = offer.sources.keys() - (offer.part.sources.keys() if offer.part else set())
        others = (
            other for other in self.world.settings.connectors() if other != self.listing.connector
        )
        is_held = coming and any(coming & profiles_held(self.world, other) for other in others)
        return Why.ELSEWHERE if is_held else None

    def leaving(self) -> Iterator[Offer]:
        """Yield the schools that SDS has of this connector, and that settings do not name for it.

        What they offer is nothing.
        """
        known = {self.world.settings.schools[school].id for school in self._schools()}
        for school, part in self.base.parts.items() if self.base else ():
            if part.org not in known:
                name = OfferName.of(part.rows, "", part.pulled_at)
                offer = Offer(school, part.org, part, (), name, None)
                yield replace(offer, why=self._leaves(offer), told=self._is_told(offer))

    def _leaves(self, offer: Offer) -> Why | None:
        """Return why a school stays that settings do not name; None if a person lets it go."""
        if offers.is_rejected(self._steps(offer.school, offer.name.digest)):
            return Why.REJECTED
        may_go = is_approved(self.listing, offer.school, offer.name.digest)
        return None if may_go else Why.LEFT

    def _schools(self) -> set[str]:
        return {self.world.settings.school_of(profile) for profile in self.newest}


def _name(part: SchoolPart | None, sets: Sequence[ChosenSet]) -> OfferName:
    """Return the name of the step from *part* to *sets*."""
    now = offers.now_digest({one.sealed.profile: one.manifest.digest for one in sets})
    return OfferName.of(
        part.rows if part else "", now, max(ids.pulled_at(one.sealed.id) for one in sets)
    )


def _demand_same_words(school: str, sets: Sequence[ChosenSet]) -> None:
    """Refuse sets of which some have folded a word on the identity of classes that others have not.

    One could have the id for its class that another has for its own, and one of the two would go
    with the pupils of neither or both.
    """
    if len({chosen.manifest.words for chosen in sets}) > 1:
        raise MergeConflict(
            "somebody has said which Team is whose, and not all profiles of the school were read"
            " since, so nothing of it is sent: mend what keeps a profile back, then"
            f" `isams-sync run --school {school}`",
            school=school,
        )


def _judged(offer: Offer, steps: Sequence[StoredFolder]) -> Why | None:
    """Return why this very offer was held when it was compared; None if it was not.

    Equal sets of another night are compared anew: limits may have been changed.
    """
    for step in steps:
        if step.id == offer.name.id and step.has(HeldOffer):
            held = held_of(step)
            why = held.why if held else Why.LIMITS
            return why if why in ANSWERABLE else None
    return None


def held_of(step: StoredFolder) -> HeldOffer | None:
    """Return why an offer waits; None if that was not listed, or if nobody can read it any more."""
    try:
        return step.read_if_listed(HeldOffer)
    except (StoreMissing, StoreConflict):
        return None


def profiles_held(world: World, connector: str) -> set[str]:
    """Return the profiles that SDS may have by *connector*, as far as anybody can read it.

    What is damaged there must not stop another connector.
    """
    try:
        held = look(world, connector).held()[-1:]
        return {profile for delivery in held for profile in delivery.manifest().sources}
    except (StoreMissing, StoreConflict):
        return set()


# -- what a person said --------------------------------------------------------------------------


def is_approved(listing: Listing, school: str, digest: str) -> bool:
    """Say whether a person lets this step of *school* go: within 24 h, once, and before no restore.

    It is spent when a delivery with it was handed over and not refused.
    """
    steps = offers.same_step(listing.offers.get(school, ()), digest)
    at = offers.approved_at(steps)
    if at is None or offers.is_rejected(steps) or listing.now - at > states.APPROVAL_LASTS:
        return False
    last_pause = listing.pauses.last_at
    if last_pause and last_pause >= at:
        return False
    said = any(_approves(step, digest) for step in steps)
    return said and not any(_has_spent(each, school, digest, at) for each in listing.deliveries)


def _approves(step: StoredFolder, digest: str) -> bool:
    """Say whether there is a yes to this *digest*; one that nobody can read is none."""
    try:
        approved = step.read_if_listed(Approved)
    except (StoreMissing, StoreConflict):
        return False
    return approved is not None and approved.digest == digest


def _has_spent(delivery: Delivery, school: str, digest: str, since: datetime) -> bool:
    """Say whether *delivery* went with that step of *school*, after the yes of *since*."""
    handed_at = delivery.when(Submitted) or delivery.when(Accepted)
    if handed_at is None or handed_at < since:
        return False
    schools = delivery.schools()
    part = schools.parts.get(school) if schools else None
    if part is None or part.digest != digest:
        return False
    return fates.TABLE[fates.fate_of(delivery, delivery.receipt())].may_hold
