"""Where a tick looks: places where something was begun, that wait for a moment, or once a day all.

Who writes below a school, profile or connector leaves a note there first
(`sync.edge.storage.noting`), and a tick keeps what it found in a round. So a tick that finds
nothing to do lists the notes, reads the last round, and looks at no school. Notes and rounds are
nudges: without them a tick looks everywhere.

    work/begun/<top>/<key>/<id>          a note
    work/rounds/<stamp>-<id>.json        what a tick found

Nothing looks at what a place is like between a note and a mark: a note is answered only by a look
that was begun `ANSWERED_AFTER` later, when what it announces is written or was never.
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


def round_name(moment: datetime, unique: str) -> str:
    """Return the name of what a tick found at *moment*, storage's; *unique* is like no other's."""
    return f"{ROUNDS}{ids.stamp(moment)}-{unique}.json"


def noted_at(blobs: Iterable[Listed]) -> Mapping[str, datetime]:
    """Return when the last note was left at each place, such as `schools/northbank`."""
    last: dict[str, datetime] = {}
    for blob in blobs:
        if blob.name.startswith(NOTES):
            place = blob.name.removeprefix(NOTES).rpartition("/")[0]
            last[place] = max(blob.created_at, last.get(place, blob.created_at))
    return last


def round_names(blobs: Iterable[Listed]) -> Sequence[str]:
    """Return the names of the rounds that are listed, oldest first."""
    return sorted(blob.name for blob in blobs if blob.name.startswith(ROUNDS))


def last_round(names: Iterable[str], now: datetime) -> str | None:
    """Return the newest of the rounds called *names*, None if there is none.

    What is dated later than *now* is of a clock that ran ahead, and hides nothing.
    """
    latest = f"{ROUNDS}{ids.stamp(now + _SLACK)}-~"
    return max((name for name in names if name <= latest), default=None)


@dataclass(frozen=True, slots=True)
class Known:
    """What the last round says of where to look, all by storage's clock.

    Notes up to `until` are answered. When it was `all_at`, all was looked at, and the last sweep
    was over. `due` is from when on a place wants a look though nobody leaves a note.
    """

    until: datetime
    all_at: datetime
    due: Mapping[str, datetime]


def wanted(
    places: Mapping[str, Set[str]],
    noted: Mapping[str, datetime],
    known: Known | None,
    now: datetime,
) -> frozenset[str]:
    """Return which of *places* to look at; each has the places whose notes are about it.

    All of them, if nothing is *known*, or nothing that is recent: see `is_recent`.
    """
    if known is None or not is_recent(known, now):
        return frozenset(places)
    return frozenset(
        place
        for place, about in places.items()
        if (place in known.due and known.due[place] <= now)
        or any(noted[each] > known.until for each in about if each in noted)
    )


def is_recent(known: Known, now: datetime) -> bool:
    """Say whether *known* is of today and not of a clock that ran ahead: see `ledger.ids`."""
    is_past = known.until + ANSWERED_AFTER <= now + _SLACK and known.all_at <= now + _SLACK
    return is_past and now - known.all_at < ALL_AFTER
