"""What a read-back keeps while it reads, and what it leaves: all of it names people, or could."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from sync.edge.graph.education_values import ClassPeople, PersonSeen
from sync.edge.graph.values import Run
from sync.ledger.landed import ROWS
from sync.ledger.record import NamedRecord, Record
from sync.sds.landed.differences import Difference, Key, Seen, TeamCalled, Unclear
from sync.sds.landed.expected import Expected
from sync.sds.landed.found import FoundInTeams, ListedClass, PeopleIn, found_of
from sync.sds.landed.kinds import Differs, Likely
from sync.sds.landed.matching import WhoIs, who


class RunsThen(NamedRecord, name="runs.json"):
    """SDS's runs when a read-back was begun, each with how it stood. `by` is who wrote it."""

    runs: Mapping[str, str]
    by: str

    @classmethod
    def of(cls, runs: Iterable[Run], *, by: str) -> RunsThen:
        """Return how *runs* stand."""
        return cls(runs={run.id: run.status for run in runs}, by=by)

    def has_changed(self, runs: Iterable[Run]) -> bool:
        """Say whether any of *runs* began or ended since; what SDS lists no more is nothing new."""
        return any(self.runs.get(run.id) != run.status for run in runs)


class ClassesRead(NamedRecord, name="classes-read.json"):
    """Our classes as Graph lists them; `others` are how many it lists of other sources."""

    listed: tuple[ListedClass, ...]
    others: int
    gave_more: bool
    by: str


class Inside(Record):
    """Who is in a class, by Graph's ids of people."""

    members: tuple[str, ...]
    teachers: tuple[str, ...]

    def people(self) -> PeopleIn:
        """Return them as values."""
        return PeopleIn(frozenset(self.members), frozenset(self.teachers))


class PersonRead(Record):
    """Who an account is: our ids, or the user name of somebody whom we did not send.

    Where Entra has no user name, its object id stands in its place: else nobody could find them.
    """

    ours: tuple[str, ...]
    user_name: str
    by_mail: bool


class PeopleRead(NamedRecord, name="people-*.json"):
    """Who is in some of the classes, and who they are, by Graph's ids; None of a class that went.

    Of people whom we sent, our id alone is kept; of others the user name alone.
    """

    classes: Mapping[str, Inside | None]
    people: Mapping[str, PersonRead]
    gave_more: bool
    by: str

    @classmethod
    def of(
        cls, read: Mapping[str, ClassPeople | None], expected: Expected, *, gave_more: bool, by: str
    ) -> PeopleRead:
        """Return what was *read*, matched with who was sent; all else of it is dropped."""
        people = dict[str, PersonRead]()
        for each in _everybody(read.values()):
            if each.id not in people:
                known = who(each.user_name, each.mail, expected.id_of)
                people[each.id] = PersonRead(
                    ours=known.ours,
                    user_name="" if known.is_known else known.user_name or f"object id {each.id}",
                    by_mail=known.by_mail,
                )
        return cls(
            classes={graph_id: _inside(found) for graph_id, found in read.items()},
            people=people,
            gave_more=gave_more,
            by=by,
        )


def _everybody(found: Iterable[ClassPeople | None]) -> Iterator[PersonSeen]:
    for each in found:
        if each is not None:
            yield from (*each.members, *each.teachers)


def _inside(found: ClassPeople | None) -> Inside | None:
    if found is None:
        return None
    members, teachers = (tuple(sorted({each.id for each in listed})) for listed in found)
    return Inside(members=members, teachers=teachers)


def put_together(classes: ClassesRead, parts: Iterable[PeopleRead]) -> FoundInTeams:
    """Return what all parts of a read-back have found."""
    inside, everybody = dict[str, PeopleIn | None](), dict[str, WhoIs]()
    for part in parts:
        for graph_id, found in part.classes.items():
            inside[graph_id] = None if found is None else found.people()
        for graph_id, person in part.people.items():
            everybody[graph_id] = WhoIs(person.ours, person.user_name, person.by_mail)
    return found_of(classes.listed, inside, everybody)


# -- what is left --------------------------------------------------------------------------------


class Row(Record):
    """A difference, as it is kept."""

    kind: Differs
    class_id: str = ""
    person: str = ""
    user_name: str = ""
    cause: Likely
    first_seen: datetime


class RowsKept(NamedRecord, name=ROWS):
    """What a whole read-back saw: the differences, who was unclear, what classes are called.

    `titles` are those that were sent of the classes that are not there. `others` are classes of
    other sources.
    """

    at: datetime
    delivery: str
    rows: tuple[Row, ...]
    unclear: tuple[Unclear, ...]
    names: Mapping[str, TeamCalled]
    titles: Mapping[str, str]
    sent: int
    others: int
    gave_more: bool
    by: str

    @classmethod
    def of(cls, seen: Seen, *, sent: int, others: int, gave_more: bool, by: str) -> RowsKept:
        """Return *seen* as it is kept."""
        rows = [
            Row(
                kind=each.key.kind,
                class_id=each.key.class_id,
                person=each.key.person,
                user_name=each.key.user_name,
                cause=each.cause,
                first_seen=each.first_seen,
            )
            for each in seen.differences
        ]
        return cls(
            at=seen.at,
            delivery=seen.delivery,
            rows=tuple(rows),
            unclear=tuple(seen.unclear),
            names=seen.names,
            titles=seen.titles,
            sent=sent,
            others=others,
            gave_more=gave_more,
            by=by,
        )

    def seen(self) -> Seen:
        """Return it as it was seen."""
        differences = [
            Difference(
                Key(row.kind, row.class_id, row.person, row.user_name),
                row.cause,
                row.first_seen,
            )
            for row in self.rows
        ]
        return Seen(
            at=self.at,
            delivery=self.delivery,
            differences=differences,
            unclear=self.unclear,
            names=self.names,
            titles=self.titles,
        )


def under_way(runs: Iterable[Run]) -> bool:
    """Say whether any of SDS's *runs* has not ended."""
    return any(not run.over for run in runs)
