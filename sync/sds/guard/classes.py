"""What would change in a school's classes: one walk along both deliveries, by class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from sync.roster.identifiers import is_service_account, parts_of, renewed_class_id
from sync.roster.respelt import BY_NAME
from sync.sds.guard.away import Away
from sync.sds.guard.people import SchoolPeople
from sync.sds.guard.rosters import (
    Rosters,
    exchanged,
    followed,
    is_another,
    is_replaced,
    is_taken_over,
)
from sync.sds.guard.sides import Side, sides
from sync.sds.rowkeys import YearGroup, rows_of


@dataclass(frozen=True, slots=True)
class BesideFiles:
    """What a school's files do not say.

    `extra` are the user ids of those whom settings made teachers of every class of *before*: they
    are no class's own, and neither are service accounts. `released` is how many enrollments of
    students PUPILS_FROM kept back then and no more, by `<org>/<grade>`. `away` is of the delivery
    *before*. `names` are those of its people by id, and `names_after` those of the other.
    """

    extra: Set[str] = frozenset()
    released: Mapping[str, int] = field(default_factory=dict)
    away: Away = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    names_after: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class PlaceCounts:
    """Places in classes: how many there were, and how many would be lost."""

    before: int = 0
    lost: int = 0


@dataclass(slots=True)
class Years:
    """Places of pupils by year group.

    Of the lost, `taken_out` are from classes that go on; `put_in` are those gained in classes that
    had pupils, by pupils who stay. `present` are the year groups that would have any place.
    """

    before: Counter[YearGroup] = field(default_factory=Counter)
    lost: Counter[YearGroup] = field(default_factory=Counter)
    taken_out: Counter[YearGroup] = field(default_factory=Counter)
    gained: Counter[YearGroup] = field(default_factory=Counter)
    put_in: Counter[YearGroup] = field(default_factory=Counter)
    present: set[YearGroup] = field(default_factory=set)


@dataclass(slots=True)
class Classes:
    """How the classes of a school would differ; `before` and `after` are all of their ids.

    `of_pupils` are places of pupils who stay at the school, `of_teachers` those of classes' own
    teachers. `taught` is how many classes go on that had an own teacher, `other_teachers` those of
    them that would keep none. `taken_over` are those that nearly all would be new to, `replaced`
    those of fewer than five of which nobody would be left, `others` those that may have another's
    roster. `year_of` says of each that goes on of which year group most of its pupils were.
    `left_all` are the ids of extra teachers and service accounts who would be in none.
    """

    before: Set[str]
    after: Set[str]
    of_pupils: PlaceCounts = field(default_factory=PlaceCounts)
    of_teachers: PlaceCounts = field(default_factory=PlaceCounts)
    years: Years = field(default_factory=Years)
    taught: int = 0
    other_teachers: list[str] = field(default_factory=list)
    left_all: Set[str] = frozenset()
    taken_over: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    others: dict[str, Rosters] = field(default_factory=dict)
    year_of: dict[str, YearGroup] = field(default_factory=dict)
    ended: dict[str, Set[str]] = field(default_factory=dict)
    begun: dict[str, Set[str]] = field(default_factory=dict)

    def gained(self, released: Mapping[str, int]) -> int:
        """Count the places that pupils who stay would gain; who only waited gains none."""
        return sum(
            max(0, count - released.get(f"{org}/{grade}", 0))
            for (org, grade), count in self.years.gained.items()
        )

    def note(self, class_id: str, was: Set[str], now: Set[str], away: Away) -> None:
        """Note what the pupils of a class, then and now, say of it."""
        last = was or away.get(class_id, was)
        if last != now:
            self._compare(class_id, Rosters(last, now))
        if class_id not in self.after:
            self.ended[class_id] = was
        elif class_id not in self.before:
            self.begun[class_id] = now

    def _compare(self, class_id: str, rosters: Rosters) -> None:
        """Keep only rosters that may be another's: of an ordinary night that is hardly any."""
        if is_taken_over(rosters):
            self.taken_over.append(class_id)
        if is_replaced(rosters):
            self.replaced.append(class_id)
        if is_another(rosters):
            self.others[class_id] = rosters

    def exchanged(self) -> list[tuple[str, str]]:
        """Return the pairs of classes that would have each other's pupils."""
        return list(exchanged(self.others))

    def renamed(self) -> list[tuple[str, str]]:
        """Return the pairs of one that ends and one that begins with its pupils.

        Both go by a name and are of one kind and one academic year: a set keeps its id of iSAMS,
        and next year's forms are others. Where our rule for ids has changed nobody renamed any.
        """
        kinds = _by_kind(self.begun)
        return [
            pair
            for kind, ended in _by_kind(self.ended).items()
            for pair in followed(ended, kinds.get(kind, {}))
            if pair[1] != renewed_class_id(pair[0]) and pair[0] != renewed_class_id(pair[1])
        ]


def compare(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    people: tuple[SchoolPeople, SchoolPeople],
    known: BesideFiles,
) -> Classes:
    """Return how a school's classes differ in *after*; *people* are those of either.

    Raises:
        StoreConflict: the bytes are not what was sealed, or not in order.
    """
    walk = _Walk(Classes(_ids(before), _ids(after)), *people, known)
    for class_id, was, now in sides(before, after):
        walk.take(class_id, was, now)
    return walk.end()


def _ids(files: Mapping[str, bytes]) -> Set[str]:
    return {row[0] for row in rows_of("classes.csv", files)}


class _Walk:
    """The walk: each class is taken once."""

    def __init__(
        self, classes: Classes, before: SchoolPeople, after: SchoolPeople, known: BesideFiles
    ) -> None:
        self.classes, self.before, self.after, self.away = classes, before, after, known.away
        self.stay = before.pupils.keys() & after.pupils.keys()
        self.extra = known.extra | set(filter(is_service_account, before.known))
        self.extra_before = set[str]()
        self.teach = set[str]()

    def take(self, class_id: str, was: Side, now: Side) -> None:
        """Count a class that had the people *was* and would have *now*."""
        self._count_pupils(was.pupils, now.pupils)
        self._count_years(class_id, was.pupils, now.pupils)
        self._count_teachers(class_id, was.teachers, now.teachers)
        self.classes.note(class_id, was.pupils, now.pupils, self.away)

    def end(self) -> Classes:
        """Return what was counted. Who has another id, at an address, is still there."""
        addresses = {self.after.address(user_id) for user_id in self.teach}
        self.classes.left_all = {
            user_id
            for user_id in self.extra_before - self.teach
            if self.before.address(user_id) not in addresses
        }
        return self.classes

    def _count_pupils(self, was: Set[str], now: Set[str]) -> None:
        places, years = self.classes.of_pupils, self.classes.years
        places.before += len(was & self.stay)
        if was != now:
            places.lost += len((was - now) & self.stay)
            gained = [self.after.pupils[each] for each in (now - was) & self.stay]
            years.gained.update(gained)
            if was:
                years.put_in.update(gained)

    def _count_years(self, class_id: str, was: Set[str], now: Set[str]) -> None:
        years = self.classes.years
        of_class = _by_year(was, self.before)
        years.before.update(of_class)
        years.present.update(_by_year(now, self.after))
        if class_id in self.classes.after and of_class:
            self.classes.year_of[class_id] = max(sorted(of_class), key=of_class.__getitem__)
        if was != now:
            lost = _by_year(was - now, self.before)
            years.lost.update(lost)
            if class_id in self.classes.after:
                years.taken_out.update(lost)

    def _count_teachers(self, class_id: str, was: Set[str], now: Set[str]) -> None:
        self.extra_before |= was & self.extra
        self.teach |= now
        own = was - self.extra
        self.classes.of_teachers.before += len(own)
        # Whom settings make a teacher of every class now is still a teacher of their own.
        self.classes.of_teachers.lost += len(own - now)
        if own and class_id in self.classes.after:
            self.classes.taught += 1
            if own.isdisjoint(now):
                self.classes.other_teachers.append(class_id)


def _by_year(pupils: Iterable[str], people: SchoolPeople) -> Counter[YearGroup]:
    return Counter(year for pupil in pupils if (year := people.pupils.get(pupil)))


def _by_kind(
    classes: Mapping[str, Set[str]],
) -> dict[tuple[str, int, str], dict[str, Set[str]]]:
    """Return those of *classes* that go by a name, by school, academic year and what they are."""
    kinds = dict[tuple[str, int, str], dict[str, Set[str]]]()
    for class_id, pupils in classes.items():
        made = parts_of(class_id)
        if made and made.space in BY_NAME:
            kinds.setdefault((made.org, made.year, made.space), {})[class_id] = pupils
    return kinds
