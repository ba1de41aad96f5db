"""What differs between what was sent and what is in Teams, why, and since when: pure.

A difference is known by its kind, class and person, and keeps the moment when it was first seen
until a read-back does not see it any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sync.sds.guard.sides import Side
from sync.sds.landed.expected import Expected
from sync.sds.landed.found import FoundClass, FoundInTeams
from sync.sds.landed.kinds import Differs, Likely
from sync.sds.landed.matching import WhoIs

ON_ITS_WAY = timedelta(hours=24)
"""So long after SDS's run what is missing may still come: docs/reference/sds.md#how-long."""

LATE = timedelta(hours=48)
"""From then on somebody should look."""

HIDDEN_PERCENT = 10
"""If more of the classes that were sent than that have nobody at all, members are hidden."""


class Key(NamedTuple):
    """What is different: the class and the person by our ids, "" for none of them.

    `user_name` is that of somebody whom we did not send; it is all that is kept of them.
    """

    kind: Differs
    class_id: str = ""
    person: str = ""
    user_name: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference, its likely cause, and when it was first seen."""

    key: Key
    cause: Likely
    first_seen: datetime


def is_late(first_seen: datetime, at: datetime) -> bool:
    """Say whether what was *first_seen* then is older than `LATE` *at* that moment."""
    return at - first_seen > LATE


class Unclear(NamedTuple):
    """Somebody in a class whose user name and mail are of different people, or who is several."""

    class_id: str
    user_name: str
    ours: tuple[str, ...]


class TeamCalled(NamedTuple):
    """What a class is called in Teams, and the title that was sent."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a whole read-back saw: the differences, who was unclear, and what classes are called.

    `delivery` is what it was compared with. `titles` are those that were sent of the classes that
    are not there.
    """

    at: datetime
    delivery: str
    differences: Sequence[Difference]
    unclear: Sequence[Unclear]
    names: Mapping[str, TeamCalled]
    titles: Mapping[str, str]

    def of_class(self, class_id: str) -> Iterator[Difference]:
        """Yield what differs of a class, its people included."""
        return (each for each in self.differences if each.key.class_id == class_id)

    def of_person(self, person: str) -> Iterator[Difference]:
        """Yield what differs of somebody of ours."""
        return (each for each in self.differences if each.key.person == person)


def is_unreadable(expected: Expected, found: FoundInTeams) -> bool:
    """Say whether members are hidden: of the classes that were sent with people too many are empty.

    Also where all that are there are empty, however few. See docs/reference/sds.md#hidden-members.
    """
    sent = {class_id for class_id in expected.titles if any(expected.in_class(class_id))}
    there = [room for class_id, room in found.classes.items() if class_id in sent]
    empty = sum(not (room.pupils or room.teachers) for room in there)
    return 0 < empty == len(there) or empty * 100 > len(sent) * HIDDEN_PERCENT


@dataclass(frozen=True, slots=True)
class When:
    """The moment of a read-back, of which delivery, and when SDS's run ended that took it."""

    at: datetime
    delivery: str
    run_ended_at: datetime


def seen(expected: Expected, found: FoundInTeams, when: When, former: Seen | None = None) -> Seen:
    """Compare what was sent with what there is; *former* is the last whole read-back."""
    unclear = [*_unclear(found)]
    keys = [*_differing(expected, found), *_renamed(expected, found, former)]
    history = _History.of(former, when, _placed(expected, former))
    return Seen(
        at=when.at,
        delivery=when.delivery,
        differences=[history.dated(key) for key in keys],
        unclear=unclear,
        names={
            class_id: TeamCalled(room.name, expected.titles[class_id])
            for class_id, room in sorted(found.classes.items())
        },
        titles={
            class_id: title
            for class_id, title in sorted(expected.titles.items())
            if class_id not in found.classes
        },
    )


def with_accounts(compared: Seen, accounts: Mapping[str, bool | None]) -> Seen:
    """Return *compared* with what is known of accounts, by our ids of people: enabled, or none."""
    return replace(
        compared, differences=[_by_account(each, accounts) for each in compared.differences]
    )


def nowhere(compared: Seen) -> list[str]:
    """Return the people who are in none of their classes, and not on their way."""
    return [
        each.key.person
        for each in compared.differences
        if each.key.kind is Differs.PERSON_NOWHERE and each.cause is not Likely.ON_ITS_WAY
    ]


def counts(differences: Iterable[Difference]) -> dict[str, int]:
    """Return how many there are of each kind, the gravest first; kinds without any are left out."""
    found = Counter(each.key.kind for each in differences)
    return {kind.value: found[kind] for kind in Differs if found[kind]}


def since(differences: Iterable[Difference]) -> dict[str, datetime]:
    """Return when the oldest of each kind was first seen."""
    oldest = dict[str, datetime]()
    for each in differences:
        kind = each.key.kind.value
        oldest[kind] = min(oldest.get(kind, each.first_seen), each.first_seen)
    return oldest


def _by_account(difference: Difference, accounts: Mapping[str, bool | None]) -> Difference:
    person = difference.key.person
    if difference.key.kind is not Differs.PERSON_NOWHERE or person not in accounts:
        return difference
    if accounts[person] is None:
        return replace(difference, cause=Likely.NO_ACCOUNT)
    return difference if accounts[person] else replace(difference, cause=Likely.DISABLED)


# -- what differs --------------------------------------------------------------------------------


def _unclear(found: FoundInTeams) -> Iterator[Unclear]:
    """Yield who cannot be told apart in each class, in order."""
    for class_id, room in sorted(found.classes.items()):
        people = (found.who[each] for each in room.pupils | room.teachers)
        told = {
            Unclear(class_id, each.user_name, each.ours)
            for each in people
            if not found.unclear.isdisjoint(each.ours)
        }
        yield from sorted(told)


def _differing(expected: Expected, found: FoundInTeams) -> Iterator[Key]:
    """Yield what differs of classes, then of people, in order of ids."""
    for class_id in sorted(expected.titles):
        room = found.classes.get(class_id)
        if room is None:
            has_ended = class_id in found.ended
            yield Key(Differs.CLASS_ENDED if has_ended else Differs.CLASS_MISSING, class_id)
        elif room.times > 1:
            yield Key(Differs.CLASS_TWICE, class_id)
    inside = {class_id: _Inside.of(room, found) for class_id, room in found.classes.items()}
    yield from _missing(expected, found, inside)
    for class_id, people in sorted(inside.items()):
        yield from people.unsent(class_id, expected.in_class(class_id))


class _Inside(NamedTuple):
    """Who is in a class: ours by id and role, and strangers by user name."""

    pupils: frozenset[str]
    teachers: frozenset[str]
    strange_pupils: frozenset[str]
    strange_teachers: frozenset[str]
    unclear: Set[str]

    @classmethod
    def of(cls, room: FoundClass, found: FoundInTeams) -> _Inside:
        pupils, strange_pupils = cls._apart(found.who[each] for each in room.pupils)
        teachers, strange_teachers = cls._apart(found.who[each] for each in room.teachers)
        return cls(pupils, teachers, strange_pupils, strange_teachers, found.unclear)

    @staticmethod
    def _apart(people: Iterable[WhoIs]) -> tuple[frozenset[str], frozenset[str]]:
        """Return our ids of *people*, and the user names of those who are not ours."""
        ours, strange = set[str](), set[str]()
        for each in people:
            ours.update(each.ours)
            if not each.ours:
                strange.add(each.user_name)
        return frozenset(ours), frozenset(strange)

    def unsent(self, class_id: str, sent: Side) -> Iterator[Key]:
        """Yield who is in the class and was not sent in it as what they are."""
        for kind, ours, sent_so, strange in (
            (Differs.TEACHER_EXTRA, self.teachers, sent.teachers, self.strange_teachers),
            (Differs.PUPIL_EXTRA, self.pupils, sent.pupils, self.strange_pupils),
        ):
            for person in sorted(ours - sent_so - self.unclear):
                yield Key(kind, class_id, person)
            for user_name in sorted(strange):
                yield Key(kind, class_id, user_name=user_name)


def _missing(
    expected: Expected, found: FoundInTeams, inside: Mapping[str, _Inside]
) -> Iterator[Key]:
    """Yield who is in none of their classes that are there, else each place that is empty."""
    there, lacking = Counter[str](), dict[str, list[Key]]()
    for class_id, people in sorted(inside.items()):
        sent, anyhow = expected.in_class(class_id), people.pupils | people.teachers
        for kind, persons, present in (
            (Differs.TEACHER_MISSING, sent.teachers, people.teachers),
            (Differs.PUPIL_MISSING, sent.pupils, people.pupils),
        ):
            there.update(persons & anyhow)
            for person in sorted(persons - present - (found.unclear & anyhow)):
                lacking.setdefault(person, []).append(Key(kind, class_id, person))
    for person, keys in sorted(lacking.items()):
        if there[person]:
            yield from keys
        else:
            yield Key(Differs.PERSON_NOWHERE, person=person)


def _renamed(expected: Expected, found: FoundInTeams, former: Seen | None) -> Iterator[Key]:
    """Yield the classes that were called otherwise when they were last looked at.

    Not where another title was sent since, or its name is the title that was: that was SDS.
    """
    for class_id, room in sorted(found.classes.items()):
        called = former.names.get(class_id) if former else None
        title = expected.titles[class_id]
        was_sent_so = called and called.title == title
        if called and was_sent_so and room.name not in {called.name, title}:
            yield Key(Differs.CLASS_RENAMED, class_id)


# -- since when, and why -------------------------------------------------------------------------

_OF_A_PLACE = frozenset({Differs.TEACHER_MISSING, Differs.PUPIL_MISSING})
_AWAY = frozenset({Differs.CLASS_MISSING, Differs.CLASS_ENDED})
_BY_SDS = frozenset({Differs.CLASS_ENDED, Differs.CLASS_TWICE})
"""Whoever has done it, SDS knows more of it: it ends classes by itself, and makes twins."""


def _placed(expected: Expected, former: Seen | None) -> frozenset[str]:
    """Return the people who were sent in a class that was there at the *former* read-back."""
    rooms = map(expected.in_class, former.names if former else ())
    return frozenset(person for room in rooms for side in room for person in side)


def _unclear_then(former: Seen | None) -> Sequence[Unclear]:
    return former.unclear if former else ()


class _History(NamedTuple):
    """What the former read-back knows of differences: since when, and what was as it was sent."""

    when: When
    former: Seen | None
    first_seen: Mapping[Key, datetime]
    nowhere: Mapping[str, datetime]
    missing: Mapping[str, datetime]
    unclear: Set[str]
    placed: Set[str]
    by_hand: Set[Key]

    @classmethod
    def of(cls, former: Seen | None, when: When, placed: Set[str]) -> _History:
        missing, nowhere = dict[str, datetime](), dict[str, datetime]()
        known = former.differences if former else ()
        for each in known:
            person = each.key.person
            if each.key.kind is Differs.PERSON_NOWHERE:
                nowhere[person] = each.first_seen
            elif each.key.kind in _OF_A_PLACE:
                missing[person] = min(missing.get(person, each.first_seen), each.first_seen)
        unclear = {person for each in _unclear_then(former) for person in each.ours}
        first_seen = {each.key: each.first_seen for each in known}
        by_hand = {each.key for each in known if each.cause is Likely.BY_HAND}
        return cls(when, former, first_seen, nowhere, missing, unclear, placed, by_hand)

    def dated(self, key: Key) -> Difference:
        first_seen = self._since(key)
        # A clock that was ahead at a look has left moments that are yet to come.
        first_seen = first_seen and min(first_seen, self.when.at)
        return Difference(key, self._cause(key, first_seen), first_seen or self.when.at)

    def _since(self, key: Key) -> datetime | None:
        """Return since when it is so; None if it is new.

        Who was in none of their classes was missing in each; and who is in none now has been
        missing as long as in the first. A class that was ended and is gone now was away all along.
        """
        known = [self.first_seen.get(key)]
        if key.kind in _AWAY:
            known += [self.first_seen.get(key._replace(kind=kind)) for kind in _AWAY]
        elif key.kind in _OF_A_PLACE:
            known.append(self.nowhere.get(key.person))
        elif key.kind is Differs.PERSON_NOWHERE:
            known.append(self.missing.get(key.person))
        return min(filter(None, known), default=None)

    def _cause(self, key: Key, first_seen: datetime | None) -> Likely:
        if self._is_by_hand(key, first_seen):
            return Likely.BY_HAND
        if key.kind is Differs.CLASS_RENAMED:
            return Likely.SDS_OR_HAND
        # Where each night has its run, the newest is always young: what counts is the difference.
        oldest = min(self.when.run_ended_at, first_seen or self.when.at)
        if self.when.at - oldest < ON_ITS_WAY:
            return Likely.ON_ITS_WAY
        return Likely.STRANGER if key.user_name else Likely.SYNC_HEALTH

    def _is_by_hand(self, key: Key, first_seen: datetime | None) -> bool:
        """Say whether hands did it: nothing was sent since it was otherwise, whenever that was."""
        if self.former is None or self.former.delivery != self.when.delivery:
            return False
        if key.kind is Differs.CLASS_RENAMED or key in self.by_hand:
            return True
        return key.kind not in _BY_SDS and self._was_otherwise(self.former, key, first_seen)

    def _was_otherwise(self, former: Seen, key: Key, first_seen: datetime | None) -> bool:
        """Say whether it was as sent when it was last looked."""
        if first_seen is not None:
            return False
        if key.kind is Differs.PERSON_NOWHERE:
            return key.person in self.placed - self.unclear
        return key.class_id in former.names and key.person not in self.unclear
