"""What read-backs say, to people and programs: counts and ages, and on request whom it is about."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing, concerning
from sync.ledger import landed
from sync.ledger.marks import ReadBackEnded
from sync.sds.landed.differences import Difference, Key, Seen
from sync.sds.landed.kinds import Differs
from sync.steps.landed.read_backs import ReadBacks, ended, read_backs, rows_of
from sync.steps.status_values import Json, seconds

UNCLEAR = "unclear"
"""The word in the place of a kind for somebody who could not be told apart."""

_UNCLEAR_ADVICE = (
    "user name and mail are of two people who were sent, or two accounts of one: mend them in Entra"
)

_SENTENCES: Mapping[str, str] = {
    "whole": "What was sent is in Teams.",
    "put-off": "SDS was at it, so it is looked at later.",
    "dropped": "What is in Teams changed while it was read, so nothing was told; it is looked at"
    " again.",
    "refused": "It was not looked at: a role is missing.",
    "unreadable": "Too many classes show no member at all, so nothing is told: check that the"
    " identity that reads back holds Member.Read.Hidden.",
    "nothing": "No class that was sent is in Teams. Either class groups are not switched on in"
    " School Data Sync (its Microsoft 365 flow), or SDS's run failed: look under Sync health.",
}
_DROPPED_OFTEN = (
    "What is in Teams changed each time while it was read, so nothing has been told since: look"
    " when SDS runs, and whether somebody uploads by hand."
)


@dataclass(frozen=True, slots=True)
class ConnectorLanded:
    """How a connector's classes stand in Teams: by the last read-back, and the last whole one.

    `due_at` is when the next is due, None while nothing is to be looked at; `is_open` says that one
    has begun.
    """

    connector: str
    last: ReadBackEnded | None
    whole: ReadBackEnded | None
    due_at: datetime | None
    is_open: bool

    @property
    def late(self) -> int:
        """How many differences are older than 48 hours."""
        return self.whole.saw.late if self.whole else 0

    @property
    def is_troubled(self) -> bool:
        """Whether somebody must act before anything can be told."""
        last = self.last
        return last is not None and (
            last.outcome in {"refused", "unreadable", "nothing"} or last.drops >= landed.TOLD_DROPS
        )

    @property
    def headline(self) -> str:
        """What is to be said of it first, in a sentence or two."""
        if self.is_troubled and self.last:
            if self.last.drops >= landed.TOLD_DROPS:
                return _DROPPED_OFTEN
            fault = self.last.fault
            return f"{fault.message[0].upper()}{fault.message[1:]}." if fault else self._sentence()
        if self.whole is None:
            return self._sentence() if self.last else "Nobody has looked yet what is in Teams."
        total = sum(self.whole.saw.counts.values())
        if not total:
            return _SENTENCES["whole"]
        late = f", {self.late:,} of them for more than 48 hours" if self.late else ""
        things = "thing is" if total == 1 else "things are"
        return f"{total:,} {things} in Teams otherwise than sent{late}."

    def _sentence(self) -> str:
        return _SENTENCES[self.last.outcome] if self.last else ""

    def document(self) -> Json:
        """Return it as JSON values."""
        return {
            "told": self.headline,
            "last": _last(self.last) if self.last else None,
            "whole": _whole(self.whole) if self.whole else None,
            "due_at": _moment(self.due_at),
            "under_way": self.is_open,
        }


def _last(how: ReadBackEnded) -> Json:
    value: dict[str, object] = {
        "outcome": how.outcome,
        "at": seconds(how.at),
        "delivery": how.delivery,
        "drops": how.drops,
    }
    value |= {"why": how.why} if how.why else {}
    return value | ({"error": how.fault.model_dump()} if how.fault else {})


def _whole(how: ReadBackEnded) -> Json:
    saw = how.saw
    return {
        "at": seconds(how.at),
        "delivery": how.delivery,
        "seen_by": how.seen_by,
        "counts": dict(saw.counts),
        "late": saw.late,
        "since": {kind: seconds(at) for kind, at in saw.since.items()},
        "sent": saw.sent,
        "there": saw.there,
        "others": saw.others,
        "unclear": saw.unclear,
        "gave_more": saw.gave_more,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else seconds(at)


def landed_of(world: World, connector: str) -> ConnectorLanded:
    """Return how the classes of *connector* stand in Teams."""
    with concerning(connector=connector):
        known = read_backs(world, connector)
        with_rows = landed.last_rows(known.listed)
        return ConnectorLanded(
            connector=connector,
            last=known.last_ended(),
            whole=ended(with_rows) if with_rows else None,
            due_at=known.due_at(),
            is_open=known.open is not None,
        )


def all_landed(world: World) -> list[ConnectorLanded]:
    """Return how the classes of each connector stand in Teams."""
    return [landed_of(world, connector) for connector in world.settings.connectors()]


def document(world: World, told: Sequence[ConnectorLanded]) -> Json:
    """Return all of *told* as JSON values: counts and ages, nobody's name."""
    return {
        "on": world.settings.sds.read_back,
        "connectors": {each.connector: each.document() for each in told},
    }


# -- whom it is about ----------------------------------------------------------------------------

COLUMNS = (
    *("connector", "difference", "class", "class_name", "person", "name", "address"),
    *("cause", "advice", "first_seen"),
)
"""The columns of the rows."""


@dataclass(frozen=True, slots=True)
class RowTold:
    """A difference, or somebody unclear, in words: whom it is about, and what to do.

    `address` is that which was sent, or the user name of somebody whom we did not send.
    """

    connector: str
    difference: str
    class_id: str
    class_name: str
    person: str
    name: str
    address: str
    cause: str
    advice: str
    first_seen: datetime | None

    def cells(self) -> tuple[str, ...]:
        """Return it as a row of CSV."""
        return tuple(str(text or "") for text in self.document().values())

    def document(self) -> dict[str, object]:
        """Return it as JSON values, in the order of `COLUMNS`."""
        values = (
            *(self.connector, self.difference, self.class_id, self.class_name, self.person),
            *(self.name, self.address, self.cause, self.advice, _moment(self.first_seen)),
        )
        return dict(zip(COLUMNS, values, strict=True))


@dataclass(frozen=True, slots=True)
class RowsTold:
    """The rows of the newest whole read-back of a connector, the gravest kind first.

    `at` is None, and `note` says why, where there are none to show.
    """

    connector: str
    at: datetime | None
    rows: Sequence[RowTold]
    note: str = ""

    def document(self) -> Json:
        """Return them as JSON values. They name people."""
        rows = [row.document() for row in self.rows]
        return {"at": _moment(self.at), "note": self.note, "rows": rows}


NEVER = "nothing was read back whole yet"
TOO_OLD = "it was looked more than seven days ago, and names are shown no longer"


def landed_rows(world: World, connector: str) -> RowsTold:
    """Return whom the newest whole read-back of *connector* was about. Names people."""
    with concerning(connector=connector):
        known = read_backs(world, connector)
        newest = landed.last_rows(known.listed)
        seen = rows_of(newest, known.now) if newest else None
        if seen is None:
            return RowsTold(connector, None, (), NEVER)
        if known.now - seen.at > landed.NAMES_LAST:
            return RowsTold(connector, None, (), TOO_OLD)
        rows = sorted(_rows(known, seen), key=_order)
        return RowsTold(connector, seen.at, rows)


_KINDS = [*(kind.value for kind in Differs), UNCLEAR]


def _order(row: RowTold) -> tuple[int, str, str, str]:
    oldest = row.first_seen.isoformat() if row.first_seen else ""
    return _KINDS.index(row.difference), oldest, row.class_name, row.name


def _rows(known: ReadBacks, seen: Seen) -> Iterator[RowTold]:
    people = _people(known, seen)
    titles = {class_id: called.title for class_id, called in seen.names.items()}
    titles |= seen.titles
    connector = known.listing.connector
    for each in seen.differences:
        key = each.key
        name, address = people.get(key.person, ("", key.user_name))
        yield RowTold(
            connector=connector,
            difference=key.kind.value,
            class_id=key.class_id,
            class_name=titles.get(key.class_id, ""),
            person=key.person,
            name=name,
            address=address,
            cause=each.cause.value,
            advice=each.cause.advice,
            first_seen=each.first_seen,
        )
    for unclear in seen.unclear:
        names = [people[person][0] for person in unclear.ours if person in people]
        yield RowTold(
            connector=connector,
            difference=UNCLEAR,
            class_id=unclear.class_id,
            class_name=titles.get(unclear.class_id, ""),
            person=" ".join(unclear.ours),
            name=", ".join(names),
            address=unclear.user_name,
            cause="",
            advice=_UNCLEAR_ADVICE,
            first_seen=None,
        )


def _people(known: ReadBacks, seen: Seen) -> dict[str, tuple[str, str]]:
    """Return name and address of each of ours in *seen*, as far as their delivery is there yet."""
    ids = {each.key.person for each in seen.differences}
    ids = (ids | {person for each in seen.unclear for person in each.ours}) - {""}
    delivery = known.listing.delivery(seen.delivery)
    if not ids or delivery is None:
        return {}
    try:
        return {
            each.id: (f"{each.forename} {each.surname}".strip(), each.address)
            for each in delivery.people(ids)
        }
    except (StoreMissing, StoreConflict):
        return {}


# -- one record ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InTeams:
    """What the newest whole read-back saw of a record: `at` that moment, these `differences`.

    `is_unclear`: the person could not be told apart in some class.
    """

    at: datetime
    differences: Sequence[Difference]
    is_unclear: bool = False

    @property
    def line(self) -> str:
        """What is said of it, without the moment."""
        if not self.differences:
            return _UNCLEAR_ADVICE if self.is_unclear else "as it was sent"
        first, count = self.differences[0], len(self.differences)
        more = f", and {count - 1:,} more" if count > 1 else ""
        return f"{first.key.kind.means}{more}. {first.cause.advice}"

    def document(self) -> Json:
        """Return it as JSON values."""
        return {
            "at": seconds(self.at),
            "told": self.line,
            "differences": [
                {
                    "difference": each.key.kind.value,
                    "class": each.key.class_id,
                    "person": each.key.person,
                    "cause": each.cause.value,
                    "first_seen": seconds(each.first_seen),
                }
                for each in self.differences
            ],
        }


def last_seen(world: World, connector: str) -> Seen | None:
    """Return what the newest whole read-back saw; None if nobody has looked for a month."""
    known = read_backs(world, connector)
    newest = landed.last_rows(known.listed)
    return rows_of(newest, known.now) if newest else None


def in_teams(seen: Seen, our_ids: Collection[str], classes: Collection[str]) -> InTeams:
    """Return what was *seen* of the class or person with any of *our_ids*.

    *classes* are those that a person was sent in: of these, what is true of the whole class.
    """
    ids, rooms = frozenset(our_ids), frozenset(classes)
    about = [
        each
        for each in seen.differences
        if ids & {each.key.class_id, each.key.person}
        or (each.key.class_id in rooms and each.key == Key(each.key.kind, each.key.class_id))
    ]
    is_unclear = any(ids.intersection(each.ours) for each in seen.unclear)
    return InTeams(seen.at, about, is_unclear)
