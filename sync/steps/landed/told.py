"""What read-backs say, to people and programs: counts and ages, and on request whom it is about."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing, concerning
from sync.ledger import landed
from sync.ledger.marks import ReadBackEnded, ReadBackTrouble, Saw
from sync.sds.landed.differences import Difference, Key, Seen, is_late
from sync.sds.landed.kinds import Differs
from sync.steps.landed.read_backs import ReadBacks, ended, read_backs, rows_of
from sync.steps.status_values import Json, seconds

UNCLEAR = "unclear"
"""The word in the place of a kind for somebody who could not be told apart."""

_UNCLEAR_ADVICE = (
    "user name and mail are of two people who were sent, or two accounts of one: mend them in Entra"
)

_SENTENCES: Mapping[str, str] = {
    "put-off": "SDS was at it, or what it did is on its way, so it is looked at later.",
    "refused": "It was not looked at: a role is missing.",
    "unreadable": "Too many classes show no member at all, so nothing is told. Either the identity"
    " that reads back lacks Member.Read.Hidden, or nobody is in them: look into one in Teams.",
    "nothing": "No class that was sent is in Teams. Either class groups are not switched on in"
    " School Data Sync (its Microsoft 365 flow), or SDS's run failed: look under Sync health.",
}
_LOST = (
    "What was seen last is gone or cannot be read, so nothing is known of what is in Teams until"
    " the next look."
)
_DROPPED: Mapping[str, tuple[str, str]] = {
    "another-delivery": ("something was sent while it was read", "see who sends so often"),
    "a-run": (
        "a run of SDS began or ended while it was read",
        "look when SDS runs, and whether somebody uploads by hand",
    ),
    "too-long": (
        "for hours Graph could not be asked, or its answers not be read to their end",
        "the log's lines of the step read-back say which",
    ),
    "broken": ("what was kept of it cannot be read", "see who changes what is in storage"),
}
"""Why a look told nothing, and what to do if that happens each time."""


@dataclass(frozen=True, slots=True)
class ConnectorLanded:
    """How a connector's classes stand in Teams: by the last read-back, and the last whole one.

    `due_at` is when the next is due, None while nothing is to be looked at; `is_open` says that one
    has begun. `is_lost`: one was whole, and what it saw is there no longer, or cannot be read.
    """

    connector: str
    now: datetime
    last: ReadBackEnded | None
    whole: ReadBackEnded | None
    due_at: datetime | None
    is_open: bool
    is_lost: bool = False

    @property
    def late(self) -> int:
        """How many differences are older than 48 hours by now, as far as they are known."""
        firsts = self.whole.saw.firsts if self.whole else ()
        return sum(each.how_many for each in firsts if is_late(each.at, self.now))

    @property
    def is_due(self) -> bool:
        """Whether the next look is due now."""
        return self.due_at is not None and self.due_at <= self.now

    @property
    def _trouble(self) -> ReadBackTrouble | None:
        trouble = self.last.trouble if self.last else None
        return trouble if trouble and trouble.is_told else None

    @property
    def is_troubled(self) -> bool:
        """Whether nothing can be told: somebody must act first, or what was seen is lost."""
        drops = self.last.drops if self.last else 0
        return self._trouble is not None or drops >= landed.TOLD_DROPS or self.is_lost

    @property
    def headline(self) -> str:
        """What is to be said of it first, in a sentence or two."""
        if trouble := self._trouble:
            fault = trouble.fault
            told = f"{fault.message[0].upper()}{fault.message[1:]}." if fault else ""
            return told or _SENTENCES[trouble.word]
        if self.last and self.last.drops >= landed.TOLD_DROPS:
            return _dropped(self.last)
        if self.is_lost:
            return _LOST
        return self._of_whole(self.whole.saw) if self.whole else self._of_none()

    def _of_none(self) -> str:
        """Say how it stands where nothing was seen yet."""
        if self.last is None:
            begun = "A first look has begun, and has not come to its end."
            return begun if self.is_open else "Nobody has looked yet what is in Teams."
        return _SENTENCES.get(self.last.outcome) or _dropped(self.last)

    def _of_whole(self, saw: Saw) -> str:
        total, people = sum(saw.counts.values()), "person" if saw.unclear == 1 else "people"
        unclear = f"{saw.unclear:,} {people} who cannot be told apart"
        if not total:
            told = "What was sent is in Teams"
            return f"{told}, except {unclear}." if saw.unclear else f"{told}."
        late = f", {self.late:,} of them for more than 48 hours" if self.late else ""
        things = "thing is" if total == 1 else "things are"
        beside = f"; and there {'is' if saw.unclear == 1 else 'are'} {unclear}"
        told = f"{total:,} {things} in Teams otherwise than sent{late}"
        return f"{told}{beside if saw.unclear else ''}."

    def document(self) -> Json:
        """Return it as JSON values."""
        return {
            "told": self.headline,
            "last": _last(self.last) if self.last else None,
            "whole": _whole(self.whole, self.late) if self.whole else None,
            "due_at": _moment(self.due_at),
            "under_way": self.is_open,
        }


def _dropped(how: ReadBackEnded) -> str:
    """Say why a look told nothing, and what to do if that happens each time."""
    why, next_step = _DROPPED[how.why]
    if how.drops < landed.TOLD_DROPS:
        return f"Nothing was told, because {why}; it is looked at again."
    often = f"Nothing could be told {how.drops:,} times in a row, the last time because {why}"
    return f"{often}: {next_step}."


def _last(how: ReadBackEnded) -> Json:
    value: dict[str, object] = {
        "outcome": how.outcome,
        "at": seconds(how.at),
        "delivery": how.delivery,
        "drops": how.drops,
    }
    value |= {"why": how.why} if how.why else {}
    trouble = how.trouble
    if trouble is None or not trouble.is_told:
        return value
    value |= {"trouble": trouble.word, "trouble_since": seconds(trouble.since)}
    return value | ({"error": trouble.fault.model_dump()} if trouble.fault else {})


def _whole(how: ReadBackEnded, late: int) -> Json:
    saw = how.saw
    return {
        "at": seconds(how.at),
        "delivery": how.delivery,
        "seen_by": how.seen_by,
        "counts": dict(saw.counts),
        "late": late,
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
    """Return how the classes of *connector* stand in Teams. Nothing is due where it is off."""
    with concerning(connector=connector):
        known, is_on = read_backs(world, connector), world.settings.sds.read_back
        with_rows = landed.last_rows(known.listed)
        last, how = known.last_ended(), ended(with_rows) if with_rows else None
        whole = how if how and how.outcome == "whole" else None
        was_whole = last.outcome == "whole" if last else any(map(landed.has_ended, known.listed))
        return ConnectorLanded(
            connector=connector,
            now=known.now,
            last=last,
            whole=whole,
            due_at=known.due_at() if is_on else None,
            is_open=is_on and known.open is not None,
            is_lost=whole is None and was_whole,
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
LOST = "which ones cannot be read any more: the next look says it anew"
TOO_OLD = "it was looked more than seven days ago, and names are shown no longer"


def landed_rows(world: World, connector: str) -> RowsTold:
    """Return whom the newest whole read-back of *connector* was about. Names people."""
    with concerning(connector=connector):
        known = read_backs(world, connector)
        newest = landed.last_rows(known.listed)
        seen = rows_of(newest, known.now) if newest else None
        if seen is None:
            return RowsTold(connector, None, (), LOST if newest else NEVER)
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
        return f"{first.key.kind.means}{more}. {_sentence(first.cause.advice)}"

    @property
    def todo(self) -> str:
        """What to do about it, in a sentence; "" where all is as it was sent."""
        if self.differences:
            advice = self.differences[0].cause.advice
            return f"SDS has it as iSAMS does, Teams has not: {advice}."
        return _sentence(_UNCLEAR_ADVICE) if self.is_unclear else ""

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


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def last_seen(world: World, connector: str) -> Seen | None:
    """Return what the newest whole read-back saw; None if nobody has looked for seven days."""
    known = read_backs(world, connector)
    newest = landed.last_rows(known.listed)
    seen = rows_of(newest, known.now) if newest else None
    return seen if seen and known.now - seen.at <= landed.NAMES_LAST else None


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
