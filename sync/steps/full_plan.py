"""What an offer or a delivery would change, in full, for whoever is to approve it. Names people.

Each school with an offer is compared with what SDS may hold: the delivery that the step `plan`
compared it with first, the newest. So this is what it is held for, also once others have gone on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sync.edge.world import World
from sync.errors import AnswerRefused, StoreConflict, StoreMissing, concerning
from sync.ledger.manifests import DeliveryManifest
from sync.ledger.marks import Approved, Excess, Hold, Plan, Rejected, Swept
from sync.ledger.offers import ANSWERABLE, Schools, Why
from sync.roster.model import NamedPerson
from sync.sds.full_plan import lines
from sync.sds.full_plan.differences import Differences, SchoolDifferences, differences
from sync.sds.full_plan.entries import PlanEntry, entries
from sync.sds.full_plan.limits import Limit, limit
from sync.sds.full_plan.lines import Line
from sync.sds.full_plan.names import Names
from sync.sds.guard.away import Away
from sync.sds.guard.limits import DRIFTED
from sync.settings import Settings
from sync.steps.connector import Listing, find, find_offer, newest_sets
from sync.steps.delivery import Delivery, StoredFolder
from sync.steps.findings import spreadsheet
from sync.steps.offers import held_of, view

COLUMNS = ("school", *PlanEntry._fields)
"""The columns of the CSV file."""


@dataclass(frozen=True)
class SchoolPlan:
    """What would change at a school, which has the key `school` in the settings.

    `name` is what people call it; `org` its id in SDS, `offer` that of its offer, "" if it was not
    offered but is sent again. `why` says why it waits for a person. `notes` say, in sentences, what
    cannot be compared or named.
    """

    school: str
    name: str
    org: str
    offer: str
    delivery: str
    why: Why | None
    limits: Sequence[Limit]
    notes: Sequence[str]
    differing: Differences
    names: Names
    away: Away

    @property
    def of_school(self) -> SchoolDifferences:
        """What differs."""
        return self.differing.schools[self.org]

    def lines(self) -> Iterator[Line]:
        """Yield the lines, the worst first."""
        if self.org in self.differing.schools:
            yield from lines.lines(self.differing, self.org, self.away)

    def entries(self) -> Iterator[PlanEntry]:
        """Yield all that there is to see: why it waits, then every change."""
        for met in self.limits:
            now, then = ("" if each is None else str(each) for each in (met.now, met.then))
            yield PlanEntry("held", what=met.said, now=now, then=then, allowed=str(met.allowed))
        yield from (PlanEntry("note", what=note) for note in self.notes)
        for line in self.lines():
            yield from entries(line, self.of_school, self.names)


@dataclass(frozen=True)
class FullPlan:
    """The plan of all schools that an id stands for, what waits for a person first."""

    id: str
    connector: str
    schools: Sequence[SchoolPlan]

    def document(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {"plan": self.id, "connector": self.connector, "schools": [*self._documents()]}

    def _documents(self) -> Iterator[dict[str, object]]:
        for school in self.schools:
            yield {
                "school": school.school,
                "name": school.name,
                "offer": school.offer,
                "delivery": school.delivery,
                "why": school.why.value if school.why else "",
                "notes": list(school.notes),
                "limits": [met._asdict() for met in school.limits],
                "changes": [
                    entry._asdict()
                    for line in school.lines()
                    for entry in entries(line, school.of_school, school.names)
                ],
            }

    def csv(self) -> str:
        """Return all of it as CSV for a spreadsheet."""
        rows = ((school.name, *entry) for school in self.schools for entry in school.entries())
        return spreadsheet(COLUMNS, rows)


@dataclass(frozen=True)
class _Asked:
    """A school to tell of: with its offer, and the delivery that was made with that."""

    school: str
    org: str
    offer: str
    delivery: Delivery


def full_plan(world: World, plan_id: str) -> FullPlan:
    """Return what the offer or the delivery of that id would change.

    Of a delivery, all that an approval of it would let go, and what else it offers.

    Raises:
        AnswerRefused: there is nothing of that id, or its files are past their time.
    """
    if found := find_offer(world, plan_id):
        listing, school = found
        asked = [_of_offer(listing, school, plan_id)]
    else:
        listing, delivery = find(world, plan_id)
        asked = list(_of_delivery(world, listing, delivery))
    with concerning(connector=listing.connector):
        told = [each for of_one in _by_delivery(asked) for each in _told(world, listing, of_one)]
    told.sort(key=lambda school: (school.why is None, school.name))
    return FullPlan(plan_id, listing.connector, told)


# -- what an id stands for -----------------------------------------------------------------------


def _of_offer(listing: Listing, school: str, offer_id: str) -> _Asked:
    for delivery in reversed(listing.deliveries):
        schools = delivery.schools() if delivery.has(DeliveryManifest) else None
        part = schools.parts.get(school) if schools else None
        if part and part.offer == offer_id:
            _demand_files(delivery)
            return _Asked(school, part.org, offer_id, delivery)
    raise AnswerRefused(
        "no delivery was made with this offer, so there is nothing to compare: `isams-sync status`"
        " tells how the school stands"
    )


def _of_delivery(world: World, listing: Listing, delivery: Delivery) -> Iterator[_Asked]:
    _demand_files(delivery)
    schools = delivery.schools()
    if schools is None or delivery.manifest().restores:
        yield from (_Asked(key, org, "", delivery) for org, key in _all(world.settings, delivery))
        return
    for school, part in schools.parts.items():
        if part.offer:
            yield _Asked(school, part.org, part.offer, delivery)
    yield from _waiting_beside(world, listing, schools)


def _waiting_beside(world: World, listing: Listing, schools: Schools) -> Iterator[_Asked]:
    """Yield the offers without which a delivery was made, because they wait."""
    without = {key: part.why for key, part in schools.parts.items() if not part.offer}
    waiting = {key for key, why in (without | dict(schools.left_out)).items() if why in ANSWERABLE}
    offers = view(world, listing, newest_sets(world, listing.connector)).offers if waiting else ()
    for offer in offers:
        if offer.school in waiting and offer.why in ANSWERABLE and offer.told:
            yield _of_offer(listing, offer.school, offer.name.id)


def _all(settings: Settings, delivery: Delivery) -> Iterator[tuple[str, str]]:
    """Yield id and key of every school of a delivery that offers none by itself."""
    schools = delivery.schools()
    if schools:
        yield from ((part.org, key) for key, part in schools.parts.items())
    else:
        yield from ((school.id, key) for key, school in settings.schools.items())


def _demand_files(delivery: Delivery) -> None:
    if delivery.has(Swept):
        raise AnswerRefused(
            "its files are past their time, so nobody can see any more what it would change:"
            " `isams-sync run` makes another",
            state="swept",
        )
    if not delivery.has(DeliveryManifest):
        raise AnswerRefused("it has no files: `isams-sync status` tells how it stands")


# -- what is told of each ------------------------------------------------------------------------


def _by_delivery(asked: Iterable[_Asked]) -> Iterator[list[_Asked]]:
    """Yield those of one delivery together: its files are read once."""
    by_id = dict[str, list[_Asked]]()
    for each in asked:
        by_id.setdefault(each.delivery.id, []).append(each)
    yield from by_id.values()


def _told(world: World, listing: Listing, asked: Sequence[_Asked]) -> Iterator[SchoolPlan]:
    delivery = asked[0].delivery
    with concerning(delivery=delivery.id):
        compared = _Compared(listing, delivery, [each.org for each in asked])
        for each in asked:
            yield compared.plan(world.settings, each)


NO_BASELINE = (
    "What SDS holds cannot be read any more, so nothing can be compared with it. Look at the files"
    " themselves, as at a first delivery: are these all pupils, staff and classes? They lie in"
)
NO_FILES = (
    "The files of this delivery cannot be read any more, so nobody can see what it would change."
    " Reject it, and have the school read again."
)
IS_FIRST = "SDS has nothing of this school that is known: all of it is new."
DRIFT = (
    "What was lost within a week is not all here: this plan is of what would change now. For the"
    " rest see what went on the days before, or restore the delivery of a week ago."
)
NOT_NAMED = {
    0: "Who SDS holds now was not written down by name, so people have their addresses.",
    1: "Who would be sent was not written down by name, so people have their addresses.",
}


@dataclass(frozen=True)
class _Compared:
    """A delivery beside what SDS may hold."""

    listing: Listing
    delivery: Delivery
    orgs: Sequence[str]

    @cached_property
    def against(self) -> str | None:
        """The id of the delivery that SDS may hold and it is compared with; None: there is none."""
        planned = self.delivery.read_if_listed(Plan)
        if planned:
            return planned.against
        newest = next(reversed(self.listing.may_hold()), None)
        return newest.delivery_id if newest else None

    @cached_property
    def baseline(self) -> Delivery | None:
        return self.listing.delivery(self.against) if self.against else None

    @cached_property
    def _before(self) -> Mapping[str, bytes] | None:
        if self.against is None:
            return {}
        return _or_none(self.baseline.files) if self.baseline else None

    @cached_property
    def _after(self) -> Mapping[str, bytes] | None:
        return _or_none(self.delivery.files)

    @cached_property
    def differing(self) -> Differences:
        """What differs; nothing where either cannot be read."""
        if self._before is None or self._after is None:
            return differences({}, {})
        return differences(self._before, self._after, self.orgs)

    @cached_property
    def _away(self) -> Away:
        """What classes last held that are not in what SDS holds; none where nobody can read it."""
        return (_or_none(self.baseline.away) if self.baseline else None) or {}

    def plan(self, settings: Settings, asked: _Asked) -> SchoolPlan:
        """Return the plan of a school of it."""
        school = self.differing.schools.get(asked.org, SchoolDifferences(asked.org))
        sides = self._people(self.baseline, school), self._people(self.delivery, school)
        names = Names(self.differing, school, sides)
        why, excesses = self._held(asked)
        return SchoolPlan(
            school=asked.school,
            name=settings.called(asked.school),
            org=asked.org,
            offer=asked.offer,
            delivery=self.delivery.id,
            why=why,
            limits=[limit(each, self.differing, school, names) for each in excesses],
            notes=list(self._notes(asked, sides, excesses)),
            differing=self.differing,
            names=names,
            away=self._away,
        )

    def _held(self, asked: _Asked) -> tuple[Why | None, Sequence[Excess]]:
        """Return why a school waits, and which limits it meets: its own, and those of the whole.

        Of what was answered, only the limits.
        """
        hold = _or_none(lambda: self.delivery.read_if_listed(Hold))
        if hold is None or (asked.offer and not hold.is_whole):
            return self._held_alone(asked)
        met = tuple(each for each in hold.excesses if each.org in {"", asked.org})
        why = Why.FIRST if hold.first else Why.LIMITS
        return None if _is_answered(self.delivery) else why, met

    def _held_alone(self, asked: _Asked) -> tuple[Why | None, Sequence[Excess]]:
        """Return why the offer of a school waits, whatever its delivery does."""
        offers = self.listing.offers.get(asked.school, ())
        step = next((step for step in offers if step.id == asked.offer), None)
        held = held_of(step) if step else None
        if step is None or held is None:
            return None, ()
        return None if _is_answered(step) else held.why, held.excesses

    def _people(
        self, delivery: Delivery | None, school: SchoolDifferences
    ) -> list[NamedPerson] | None:
        """Return who of a school stands behind the ids; None where that cannot be read."""
        if delivery is None:
            return [] if self.against is None else None
        ids = {user for of_side in (*school.grades, *school.teachers) for user in of_side}
        return _or_none(lambda: list(delivery.people(ids))) if ids else []

    def _notes(
        self,
        asked: _Asked,
        sides: tuple[list[NamedPerson] | None, list[NamedPerson] | None],
        met: Sequence[Excess],
    ) -> Iterator[str]:
        unreadable = [*self._unreadable()]
        yield from unreadable
        if not unreadable:
            yield from self._of_both(asked, met)
            yield from (NOT_NAMED[side] for side in (0, 1) if sides[side] is None)

    def _unreadable(self) -> Iterator[str]:
        if self._before is None:
            yield f"{NO_BASELINE} {self.delivery.path('')}, among the rosters."
        if self._after is None:
            yield NO_FILES

    def _of_both(self, asked: _Asked, met: Sequence[Excess]) -> Iterator[str]:
        school = self.differing.schools.get(asked.org)
        if school and not (school.grades[0] or school.teachers[0] or school.counts[0].classes):
            yield f"{IS_FIRST} {_all_of(school)}"
        if any(each.what == DRIFTED for each in met):
            yield DRIFT


def _all_of(school: SchoolDifferences) -> str:
    """Return how many people, classes and places a school would have."""
    classes = school.counts[1]
    return (
        f"There would be {len(school.grades[1]):,} pupils, {len(school.teachers[1]):,} teachers,"
        f" {classes.classes:,} classes and {classes.pupils + classes.teachers:,} places in them."
    )


def _is_answered(folder: StoredFolder) -> bool:
    return folder.has(Approved) or folder.has(Rejected)


def _or_none[T](read: Callable[[], T]) -> T | None:
    """Return what *read* does; None where it is gone or damaged."""
    try:
        return read()
    except (StoreMissing, StoreConflict):
        return None
