"""Where a tick looks: places where something was begun, that wait for a moment, or once a day all.

Who writes below a school, profile or connector leaves a note there first
(`sync.edge.storage.noting`), and a tick keeps what it found in a round. So a tick that finds
nothing to do lists the notes, reads the last round, and looks at no school. Notes and rounds are
nudges: without them a tick looks everywhere.

    work/begun/<top>/<key>/<id>          a note
    work/rounds/<stamp>-<id>.json        what a tick found

A note stays until a tick has answered it: has looked at its place ten minutes after it or later,
when what it announces is written or never will be, and has kept what it found. So it does not
matter by what clock anything was written: a note that is there is not answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.ledger import ids, states
from sync.ledger.folders import Listed

WORK = "work/"
NOTES = f"{WORK}begun/"
ROUNDS = f"{WORK}rounds/"

ANSWERED_AFTER = states.CLAIM_LASTS
"""Twice as long as an invocation lives; a note is repeated within a minute of what is written."""

ALL_AFTER = timedelta(hours=20)
"""From when on a tick looks at everything and sweeps: once a day, for what no note tells."""

_SLACK = timedelta(minutes=1)  # storage's machines have a clock each


@dataclass(frozen=True, slots=True)
class Noted:
    """Something was begun at `place`, such as `schools/northbank`."""

    name: str
    place: str
    left_at: datetime

    def is_answered_by(self, look_at: datetime) -> bool:
        """Say whether what it announces could be seen by a look that began *look_at*."""
        return look_at - self.left_at >= ANSWERED_AFTER


def notes_in(blobs: Iterable[Listed]) -> Sequence[Noted]:
    """Return the notes that are listed."""
    return [
        Noted(blob.name, blob.name.removeprefix(NOTES).rpartition("/")[0], blob.created_at)
        for blob in blobs
        if blob.name.startswith(NOTES)
    ]


def round_name(moment: datetime, unique: str) -> str:
    """Return the name of what a tick found at *moment*, storage's; *unique* is like no other's."""
    return f"{ROUNDS}{ids.stamp(moment)}-{unique}.json"


def round_names(blobs: Iterable[Listed]) -> Sequence[str]:
    """Return the names of the rounds that are listed, oldest first."""
    return sorted(blob.name for blob in blobs if blob.name.startswith(ROUNDS))


def last_round(names: Sequence[str], now: datetime) -> str | None:
    """Return the newest of the rounds called *names*, which are in order.

    None if there is none, or if it is dated later than *now*: what a clock that ran ahead has
    answered is known by that one alone, and it hides what is of today.
    """
    latest = f"{ROUNDS}{ids.stamp(now + _SLACK)}-~"
    return names[-1] if names and names[-1] <= latest else None


def is_recent(all_at: datetime, now: datetime) -> bool:
    """Say whether what was looked at when it was *all_at*, which was everything, is of this day."""
    return now - all_at < ALL_AFTER


def wanted(
    places: Mapping[str, Set[str]],
    notes: Iterable[Noted],
    due: Mapping[str, datetime],
    now: datetime,
) -> frozenset[str]:
    """Return which of *places* to look at; each has the places whose notes are about it.

    *due* is from when on a place wants a look though nobody leaves a note.
    """
    noted = {note.place for note in notes}
    return frozenset(
        place
        for place, about in places.items()
        if not noted.isdisjoint(about) or (place in due and due[place] <= now)
    )
