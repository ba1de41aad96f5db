"""Merging what the schools of a connector offer into a delivery, if no delivery covers it yet.

A delivery is, school by school, either the school's newest sets or exactly the rows that it has in
the newest delivery that SDS may hold. So a school in trouble never stops another, and loses
nothing: docs/decisions/0023-a-delivery-school-by-school.md
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from sync.edge.world import World
from sync.errors import (
    MergeConflict,
    RosterInvalid,
    StoreConflict,
    StoreMissing,
    SyncError,
    concerning,
)
from sync.ledger import ids, manifests, offers, states
from sync.ledger.manifests import DeliveryManifest
from sync.ledger.marks import Approved, Failed, Hold
from sync.ledger.offers import ANSWERABLE, HeldOffer, SchoolPart, Schools, Why
from sync.ledger.states import State
from sync.report import Outcome, Step
from sync.roster.model import NamedPerson
from sync.sds import by_school, people_file, rules
from sync.sds.guard.away import Away
from sync.sds.merge import Offered, merge, merged
from sync.sds.tables import ON_REQUEST
from sync.steps.attempts import Place, attempted
from sync.steps.connector import Listing, newest_of, sets_on
from sync.steps.delivery import SealedSet, StoredFolder
from sync.steps.offers import ChosenSet, Offer, View, readable, view
from sync.steps.pace import Pace
from sync.steps.seal import NewDelivery, beside, seal_delivery


def merge_if_newer(world: World, listing: Listing) -> Step | None:
    """Merge what schools offer if no delivery covers it; None if any does, or there is nothing.

    Where several schools share a connector they wait for each other.
    """
    sets = sets_on(world, listing.connector)
    newest, pace = newest_of(sets), Pace(world, listing, sets)
    if not any(newest.values()):
        return None
    if step := pace.for_pulls():
        return step
    now = view(world, listing, newest)
    if is_covered(listing, now):
        return _stale(listing, now)
    if not _nothing_to_merge(listing, now) and (step := _waits(listing, now, pace)):
        _note_held(world, listing, now, merged=now.chosen)  # so that nobody waits to answer it
        return step
    if is_covered(listing, now := readable(world, listing, newest, now)):
        return None
    nothing = _nothing_to_merge(listing, now)
    _note_held(world, listing, now, merged=() if nothing else now.chosen)
    return nothing or _merged(world, listing, now)


def alone(world: World, listing: Listing, now: View, offer: Offer) -> NewDelivery:
    """Return the delivery that would have *offer*, whatever it waits for, and else what SDS has.

    Nothing is written. What keeps *offer* out is told, as always; or raised, if SDS has no other.
    """
    same = [each for each in now.offers if each.why is Why.SAME and each.org != offer.org]
    chosen = replace(now, offers=[replace(offer, why=None), *same])
    return _Merging(world, listing, chosen).made()


class Due(NamedTuple):
    """Whether there is anything to merge, and nothing to wait for, at the moment of a look.

    `look_at` is from when on that may be otherwise though nobody writes anything; None: never.
    """

    is_now: bool
    look_at: datetime | None


def due(world: World, listing: Listing, sets: Mapping[str, Sequence[SealedSet]]) -> Due:
    """Say whether what the schools of a connector offer is to be merged now, or from when on."""
    pace = Pace(world, listing, sets)
    if pace.for_pulls():
        return Due(is_now=False, look_at=listing.now)  # they end without a word to the connector
    now = view(world, listing, newest_of(sets))
    changes_at = _changes_at(listing, now, sets)
    if not (now.base or now.chosen) or is_covered(listing, now):
        return Due(is_now=False, look_at=changes_at)
    until = pace.hours_until(is_first=_is_first(listing, now))
    look_at = min((at for at in (until, changes_at) if at), default=None)
    return Due(is_now=until is None, look_at=look_at)


def _changes_at(
    listing: Listing, now: View, sets: Mapping[str, Sequence[SealedSet]]
) -> datetime | None:
    """Return when what schools offer *now* next changes by time alone, if it does.

    A set becomes too old, or one of a clock that ran ahead comes of age; a yes lapses. What another
    connector does is not written at this one, so it is looked for at once.
    """
    if any(offer.why is Why.ELSEWHERE for offer in now.offers):
        return listing.now
    read_at = [each.pulled_at for each in newest_of(sets).values() if each]
    moments = [
        *(at + states.DATA_LASTS for at in read_at),
        *(at - states.DATA_LASTS for at in read_at),
        *(at + states.APPROVAL_LASTS for at in _approved_at(listing)),
    ]
    return min((at for at in moments if at >= listing.now), default=None)


def _approved_at(listing: Listing) -> Iterator[datetime]:
    """Yield when people said yes to offers."""
    for steps in listing.offers.values():
        yield from filter(None, (step.when(Approved) for step in steps))


def _waits(listing: Listing, now: View, pace: Pace) -> Step | None:
    """Return the step that says how long what schools offer *now* waits; None: it does not."""
    return pace.for_hours(is_first=_is_first(listing, now))


def _is_first(listing: Listing, now: View) -> bool:
    return now.base is None and not listing.may_hold()


def _stale(listing: Listing, now: View) -> Step | None:
    """Return the step that says that all there is has become too old; None if it went, or some."""
    newest = listing.deliveries[-1:]
    if now.fresh or (newest and newest[0].sources() == now.seen):
        return None
    oldest = min(map(ids.pulled_at, now.seen.values()))
    facts = {"age_h": int((listing.now - oldest).total_seconds() // 3600)}
    return Step("merge", Outcome.STALE, listing.connector, facts=facts)


def is_covered(listing: Listing, now: View) -> bool:
    """Say whether the newest delivery has all that may go *now*, whatever has become of it.

    Its moment alone does not tell. Of two merges at once the slower may have looked at older sets;
    and settings may have changed since.
    """
    if not listing.states or (now.chosen and _is_too_old(listing)):
        return False
    newest = listing.deliveries[-1]
    if newest.id == ids.set_id(ids.pulled_at(newest.id), _names(now)):
        return True  # they could not be merged
    seen = newest.sources()
    if seen is None or not now.fresh.items() <= seen.items():
        return False
    schools = newest.schools()
    if schools is None:  # of the version before, which had every profile in every delivery
        return seen.keys() == now.seen.keys()
    return not now.chosen or (_has(schools, now) and not _was_answered_since(listing, now))


def _is_too_old(listing: Listing) -> bool:
    """Say whether the newest delivery was let go so late that it cannot be sent any more.

    So it is where a school may leave of whose connector no other was read since.
    """
    newest, reached = listing.states[-1]
    if reached is not State.READY:
        return False
    manifest = newest.manifest()
    return manifest.restores is None and states.is_stale(manifest.pulled_at, listing.now)


def _has(schools: Schools, now: View) -> bool:
    """Say whether a delivery was made of just the offers that the next is to have."""
    went = {school: part.offer for school, part in schools.parts.items() if part.offer}
    return went == {offer.school: offer.name.id for offer in now.chosen}


def _folder(listing: Listing, offer: Offer) -> StoredFolder:
    """Return the folder of *offer*, as it was listed."""
    listed = (each for each in listing.offers.get(offer.school, ()) if each.id == offer.name.id)
    new = StoredFolder(
        offer.name.id, {}, listing.store, offers.folder_of(listing.prefix, offer.school)
    )
    return next(listed, new)


def _was_answered_since(listing: Listing, now: View) -> bool:
    """Say whether the newest delivery waits for offers alone, and all of them may go by now.

    Moments do not tell: an answer may come in the second in which the delivery was held.
    """
    newest, reached = listing.states[-1]
    hold = newest.read_if_listed(Hold) if reached is State.HELD else None
    return hold is not None and not hold.is_whole and all(not each.why for each in now.chosen)


def _note_held(world: World, listing: Listing, now: View, merged: Sequence[Offer]) -> None:
    """Write down what waits for a person's word and is not *merged*, so that they can answer.

    What waits for something else is not written down: its offer is the same when that has come, and
    may then be held for its limits, which nothing written before must hide.
    """
    for offer in now.offers:
        if offer not in merged and _hold(listing, offer):
            world.tell(Step("offer", Outcome.HELD, offer.school, offer.name.id))


def _hold(listing: Listing, offer: Offer) -> bool:
    """Write down that *offer* waits for a person, if it does; say whether that is news.

    What was not compared has no excesses.
    """
    if offer.why not in ANSWERABLE or offer.told:
        return False
    held = HeldOffer(
        digest=offer.name.digest,
        first=offer.why is Why.FIRST,
        excesses=(),
        why=offer.why,
        sources=offer.sources,
    )
    return _folder(listing, offer).claim(held)


def _nothing_to_merge(listing: Listing, now: View) -> Step | None:
    """Return the step that says why there is nothing to merge; None if there is something."""
    if _can_be_merged(listing, now):
        return None
    if any(offer.why in offers.HELD for offer in now.offers):
        return Step("merge", Outcome.HELD, listing.connector)
    if missing := now.profiles_unread:
        facts = {"profiles_missing": missing}
        return Step("merge", Outcome.WAITING, listing.connector, facts=facts)
    return _stale(listing, now) or Step("merge", Outcome.NOTHING, listing.connector)


def _can_be_merged(listing: Listing, now: View) -> bool:
    """Say whether there is anything fresh to merge.

    Where nobody can read what SDS holds, no school can go on with its rows there: then each must
    have its newest sets.
    """
    if now.base is None and listing.may_hold():
        away = {Why.UNREAD, Why.STALE, Why.FAILED}
        return all(offer.why not in away for offer in now.offers)
    return bool(now.chosen or (now.fresh and now.base))


def _names(now: View) -> bytes:
    """Return the names of the sets and of what was to go, for a delivery that could not be made.

    After another answer of a person something else is to go, and is tried.
    """
    sets = sorted(f"{profile}/{set_id}" for profile, set_id in now.seen.items())
    return "\n".join([*sets, *sorted(offer.name.id for offer in now.chosen)]).encode()


def _moment(listing: Listing) -> datetime:
    """Return the moment that names a delivery made now: the newest, whatever the clock once was."""
    return ids.after(listing.now, (delivery.id for delivery in listing.deliveries))


def _merged(world: World, listing: Listing, now: View) -> Step:
    """Merge and seal the delivery; what only a person can mend is written down."""
    newest = listing.deliveries[-1:]
    since = max((delivery.last_made_at for delivery in newest), default=None)
    newest_at = max(map(ids.pulled_at, now.seen.values()))
    merging = _Merging(world, listing, now)
    try:
        with concerning(connector=listing.connector):
            return attempted(
                Place(world.store, listing.prefix, ids.set_id(newest_at, _names(now))),
                lambda: seal_delivery(world, listing, merging.made()),
                again="ask for a pull",
                since=since,
            )
    except SyncError as error:
        if error.retry:
            raise
        failed = listing.new_delivery(ids.set_id(_moment(listing), _names(now)))
        failed.claim(Failed.of(error))
        return Step("merge", Outcome.FAILED, listing.connector, failed.id, error=error)


# -- what is merged ------------------------------------------------------------------------------


class _Files(NamedTuple):
    """The files of a delivery, from what was merged, and who is sent under which other id."""

    files: Mapping[str, bytes]
    offers: Sequence[Offer]
    stays: Mapping[str, str]


class _Content(NamedTuple):
    """The files of a delivery, the file of names, and the offers that are in it."""

    files: Mapping[str, bytes]
    people: bytes
    going: Sequence[Offer]


@dataclass
class _Merging:
    """The making of a delivery; `troubles` says of schools why they could not be in it."""

    world: World
    listing: Listing
    now: View
    troubles: dict[str, Why] = field(default_factory=dict)

    def made(self) -> NewDelivery:
        """Return the delivery that the chosen offers give.

        It is named by the moment at which we looked, which was before the sets were looked up: so
        what is named later was made of sets that are as new or newer. Its manifest gives the digits
        in its id, and names the connector: an answer of a person names nothing but that id.
        """
        content = self._content()
        schools = self._schools(content)
        self._tell_unreadable()
        facts = manifests.facts(content.files)
        manifest = DeliveryManifest(
            connector=self.listing.connector,
            sources={
                profile: set_id
                for part in schools.parts.values()
                for profile, set_id in part.sources.items()
            },
            pulled_at=self._changes_since(content.going),
            digest=manifests.digest(facts),
            files=facts,
            counts=manifests.rows_by_table(facts),
            withheld=self._withheld(content.going),
            own_grades=tuple(sorted(self._own_grades(content.going))),
        )
        delivery_id = ids.set_id(_moment(self.listing), manifest.to_json() + schools.to_json())
        return NewDelivery(
            delivery_id,
            content.files,
            manifest,
            manifest.counts,
            schools,
            beside(content.people, self._away(content.files)),
        )

    # -- files

    def _content(self) -> _Content:
        """Merge the chosen offers; a school's own fault keeps out that school alone."""
        going = [*self.now.chosen, *self.now.tried_again]
        while True:
            try:
                made = self._whole(going)
                return _Content(made.files, self._people(made), going)
            except (MergeConflict, RosterInvalid, StoreConflict, StoreMissing) as error:
                faulty = self._faulty(error, going)
                if not faulty or self._is_left_alone(faulty, going):
                    raise
                for offer in faulty:
                    self._keep_out(offer, error)
                going = [offer for offer in going if offer not in faulty]

    def _is_left_alone(self, faulty: Sequence[Offer], going: Sequence[Offer]) -> bool:
        """Say whether there is no school but those that are *faulty*."""
        orgs = {offer.org for offer in faulty}
        return len(faulty) == len(going) and orgs.issuperset(
            part.org for part in self._parts().values()
        )

    def _whole(self, going: Sequence[Offer]) -> _Files:
        """Merge *going* with what SDS has of the others.

        Who is at two schools is one user there, so one school's new address for them would put
        somebody else into the classes of the other. Where that one says otherwise, and SDS has just
        its newest sets, these are merged anew beside *going*.
        """
        made = self._files(going)
        if self.now.base is None:
            return made
        touched = by_school.with_other_addresses(self.now.base.files, made.files)
        same = [
            offer for offer in self.now.offers if offer.why is Why.SAME and offer.org in touched
        ]
        sound = [offer for offer in same if self._is_sound(offer)]
        return self._files([*going, *sound]) if sound else made

    def _files(self, going: Sequence[Offer]) -> _Files:
        base = self.now.base
        rows, stays = merged(
            [_offered(offer) for offer in _newest_first(going) if offer.sets],
            self.listing.may_have_sent(ON_REQUEST),
            held=base.files if base else None,
            carried=self._carried_orgs(going),
        )
        return _Files(rules.files(rows, self._own_grades(going), sealed_before=True), going, stays)

    def _away(self, files: Mapping[str, bytes]) -> Away:
        return self.now.base.away_beside(files) if self.now.base else {}

    def _people(self, made: _Files) -> bytes:
        """Return who stands behind the ids of a delivery, from its sets and from what SDS has."""
        return people_file.merged(made.files, self._people_by_set(made))

    def _people_by_set(self, made: _Files) -> Iterator[people_file.NamedPart]:
        """Yield who is in each set, the newest first, and who goes on at schools without one."""
        for offer in _newest_first(made.offers):
            for each in offer.sets:
                yield people_file.NamedPart(_people_of(offer, each), made.stays)
        if self.now.base:
            goes_on = self.now.base.people_of(self._carried_orgs(made.offers))
            yield people_file.NamedPart(goes_on, {})

    def _carried_orgs(self, going: Sequence[Offer]) -> list[str]:
        orgs = {offer.org for offer in going}
        return [part.org for part in self._parts().values() if part.org not in orgs]

    def _parts(self) -> Mapping[str, SchoolPart]:
        return self.now.base.parts if self.now.base else {}

    def _faulty(self, error: SyncError, going: Sequence[Offer]) -> list[Offer]:
        """Return those of *going* that the *error* is about."""
        named = {error.facts.get("school"), error.facts.get("other_school")}
        if faulty := [offer for offer in going if {offer.school, offer.org} & named]:
            return faulty
        return [offer for offer in going if not self._is_sound(offer)]

    def _is_sound(self, offer: Offer) -> bool:
        """Say whether *offer* can be merged by itself."""
        try:
            rules.files(
                merge([_offered(offer)] if offer.sets else []),
                self._own_grades([offer]),
                sealed_before=True,
            )
            for each in offer.sets:
                _people_of(offer, each)
        except (MergeConflict, RosterInvalid, StoreConflict, StoreMissing):
            return False
        return True

    def _keep_out(self, offer: Offer, error: SyncError) -> None:
        """Note why *offer* is not in the delivery, and tell it."""
        is_conflict = isinstance(error, MergeConflict)
        self.troubles[offer.school] = Why.CONFLICT if is_conflict else Why.FAILED
        outcome = Outcome.HELD if is_conflict else Outcome.FAILED
        self.world.tell(Step("offer", outcome, offer.school, offer.name.id, error=error))

    def _tell_unreadable(self) -> None:
        """Tell the schools whose sets nobody could look at, unless the newest delivery has."""
        newest = self.listing.deliveries[-1:]
        if newest and newest[0].sources() == self.now.seen:
            return
        for offer in self.now.offers:
            if offer.error:
                self.world.tell(Step("offer", Outcome.FAILED, offer.school, error=offer.error))

    # -- what is told of them

    def _schools(self, content: _Content) -> Schools:
        rows = by_school.digests(content.files)
        parts = {offer.school: _part_of(offer, rows) for offer in content.going}
        for school, part in self._parts().items():
            if not any(part.org == made.org for made in parts.values()):
                parts[school] = self._carried(school, part, rows[part.org])
        left_out = {
            offer.school: self.troubles.get(offer.school, offer.why or "")
            for offer in self.now.offers
            if offer.school not in parts
        }
        return Schools(seen=self.now.seen, parts=parts, left_out=left_out)

    def _carried(self, school: str, part: SchoolPart, rows: str) -> SchoolPart:
        """Return the part of a school that goes on with its rows; equal sets may be newer ones."""
        offer = self.now.of(school)
        why = self.troubles.get(school) or (offer.why if offer else None) or Why.LEFT
        carried = {"offer": "", "digest": "", "why": why.value, "rows": rows}
        newer = _newer(offer) if offer and why is Why.SAME else {}
        return part.model_copy(update={**carried, **newer})

    def _changes_since(self, going: Sequence[Offer]) -> datetime:
        """Return when the oldest of what changes was read: what SDS has may be repeated."""
        new = [each.manifest.pulled_at for offer in going for each in offer.sets if each.is_new]
        seen = [ids.pulled_at(set_id) for set_id in self.now.fresh.values()]
        leaves = any(not offer.sets for offer in going)  # by settings: nothing was read for that
        return min(new or ([] if leaves else seen), default=self.listing.now)

    def _withheld(self, going: Sequence[Offer]) -> dict[str, int]:
        of_sets = (Counter(each.manifest.withheld) for offer in going for each in offer.sets)
        withheld = dict(sum(of_sets, Counter()))
        was = self.now.base.manifest.withheld if self.now.base else {}
        orgs = {offer.org for offer in going}
        carried = {key: rows for key, rows in was.items() if key.rpartition("/")[0] not in orgs}
        return withheld | carried

    def _own_grades(self, going: Sequence[Offer]) -> set[str]:
        was = self.now.base.manifest.own_grades if self.now.base else ()
        of_sets = (each.manifest.own_grades for offer in going for each in offer.sets)
        return {*was, *(grade for grades in of_sets for grade in grades)}


def _newest_first(going: Sequence[Offer]) -> list[Offer]:
    """Return the offers as they are merged: that which was read last first, then by school."""

    def order(offer: Offer) -> tuple[float, str]:
        read_at = max((each.manifest.pulled_at.timestamp() for each in offer.sets), default=0.0)
        return -read_at, offer.school

    return sorted(going, key=order)


def _offered(offer: Offer) -> Offered:
    with concerning(school=offer.school):
        files = [each.sealed.read_files(each.manifest.files) for each in offer.sets]
    return Offered(offer.school, offer.org, files)


def _people_of(offer: Offer, each: ChosenSet) -> Iterator[NamedPerson]:
    """Return who stands behind the ids of a set; nobody in one of the version before."""
    with concerning(school=offer.school):
        try:
            return each.sealed.people()
        except StoreMissing:
            if each.sealed.beside():
                raise
            return iter(())


def _newer(offer: Offer) -> Mapping[str, object]:
    """Return the sets of *offer*, and when they were read: they hold what was there before."""
    pulled_at = min(each.manifest.pulled_at for each in offer.sets)
    return {"sources": offer.sources, "pulled_at": pulled_at}


def _part_of(offer: Offer, rows: Mapping[str, str]) -> SchoolPart:
    """Return the part of a school that goes in with its newest sets, or leaves."""
    part, name = offer.part, offer.name
    if not offer.sets and part:
        return SchoolPart(
            org=offer.org, offer=name.id, digest=name.digest, pulled_at=part.pulled_at
        )
    return SchoolPart(
        org=offer.org,
        offer=name.id,
        digest=name.digest,
        now=offer.now,
        rows=rows[offer.org],
        sources=offer.sources,
        pulled_at=min(each.manifest.pulled_at for each in offer.sets),
    )
