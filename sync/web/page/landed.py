"""Landed: what is in Teams otherwise than sent, by kind, the oldest first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sync.ledger.marks import ReadBackEnded
from sync.sds.landed.kinds import KINDS
from sync.steps.landed.told import UNCLEAR, ConnectorLanded, RowsTold, RowTold
from sync.web.page.tags import Tag
from sync.web.page.words import sentence

SHOWN = 100
"""Rows of a table of names."""


class DifferenceRow(NamedTuple):
    """How many differences of a kind there are, and since when the oldest of them."""

    word: str
    told: str
    how_many: int
    since: datetime


class NamedRow(NamedTuple):
    """A difference with whom it is about: `who` is "" if it is the class as a whole."""

    told: str
    class_name: str
    who: str
    since: datetime | None
    advice: str


class LandedNames(NamedTuple):
    """The differences by name, at most `SHOWN`; `note` says why there are none to show."""

    rows: Sequence[NamedRow]
    more: int
    note: str


class LastLook(NamedTuple):
    """When it was looked and as whom, how many classes are there of those sent, who is unclear.

    `gave_more`: Graph gave more of people than was asked for; it was dropped unread.
    """

    at: datetime
    by: str
    there: int
    sent: int
    unclear: int
    gave_more: bool


class LandedShown(NamedTuple):
    """How a connector's classes stand in Teams. `kinds` begin with what is oldest.

    `seen` is None if nobody has looked; `names` are there after a click.
    """

    tag: Tag
    headline: str
    kinds: Sequence[DifferenceRow]
    seen: LastLook | None
    due_at: datetime | None
    is_due: bool
    names: LandedNames | None = None


def shown(told: ConnectorLanded, rows: RowsTold | None = None) -> LandedShown:
    """Return how *told* is shown; with *rows* by name."""
    return LandedShown(
        tag=tag(told),
        headline=told.headline,
        kinds=_kinds(told.whole) if told.whole else (),
        seen=_seen(told.whole) if told.whole else None,
        due_at=None if told.is_open else told.due_at,
        is_due=told.is_due,
        names=_named(rows) if rows else None,
    )


def _kinds(whole: ReadBackEnded) -> Sequence[DifferenceRow]:
    since = whole.saw.since
    kinds = [
        DifferenceRow(kind, KINDS[kind].means, count, since[kind])
        for kind, count in whole.saw.counts.items()
    ]
    return sorted(kinds, key=lambda row: row.since)


def _seen(whole: ReadBackEnded) -> LastLook:
    saw = whole.saw
    return LastLook(whole.at, whole.seen_by, saw.there, saw.sent, saw.unclear, saw.gave_more)


def tag(told: ConnectorLanded) -> Tag:
    """Return the state of *told* in a word."""
    if told.is_troubled:
        return Tag("failed", "Cannot be told")
    if told.whole is None:
        return Tag("none", "Not looked at yet")
    if not (told.whole.saw.counts or told.whole.saw.unclear):
        return Tag("well", "As sent")
    return Tag("warn", "Late" if told.late else "Otherwise")


def _named(rows: RowsTold) -> LandedNames:
    told = [_row(row) for row in rows.rows[:SHOWN]]
    return LandedNames(told, max(len(rows.rows) - SHOWN, 0), sentence(rows.note))


def _row(row: RowTold) -> NamedRow:
    means = "cannot be told apart" if row.difference == UNCLEAR else KINDS[row.difference].means
    return NamedRow(
        told=sentence(means),
        class_name=row.class_name or row.class_id,
        who=row.name or row.address or row.person,
        since=row.first_seen,
        advice=sentence(row.advice),
    )
