"""Read-backs as they are listed: when another is due, of which delivery, and what is left to do.

    connectors/<folder>/landed/000007/
        read-back.json              one was begun, of that delivery
        runs.json                   SDS's runs as they stood then
        classes-read.json           our classes, as Graph lists them
        people-000001.json          who is in the next of them
        rows.json                   what differed, since when and why; it names people
        read-back-ended.json        how it ended: counts alone

They lie beside the deliveries and not in them: how a delivery stands is known by the names in its
folder and their age, and nothing that delivers may see that anybody has looked. Its parts go as
soon as it has ended, its rows when there are newer ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sync.ledger.fates import TABLE, Fate
from sync.ledger.folders import Folder, Listed, folders
from sync.ledger.holdings import HandOver
from sync.ledger.marks import Accepted, ReadBackBegun, ReadBackEnded, Receipt
from sync.ledger.record import is_mark
from sync.ledger.states import CLAIM_LASTS

LANDED = "landed"
"""The folder of a connector that holds its read-backs, each by its number."""

ROWS = "rows.json"

AFTER_RUN = timedelta(hours=2)
"""What a run has taken is in Entra some time after its end: docs/reference/sds.md#how-long."""

AFTER_ACCEPTANCE = timedelta(hours=14)
"""Where no run was seen: SDS runs every twelve hours, for two at most."""

DAILY = timedelta(hours=24)
LASTS = timedelta(hours=6)
"""What was read earlier than that is of another moment than what is read now."""

TOLD_DROPS = 3
ROWS_LAST = timedelta(days=30)
NAMES_LAST = timedelta(days=7)
"""So long names are shown: as long as rosters are kept."""

PARTS_LAST = timedelta(days=1)

_ALONE = frozenset(fate for fate, row in TABLE.items() if row.holds == "alone")
_UNSEEN = frozenset({Fate.ACCEPTED, Fate.UNSEEN})
_NOTHING_TAKEN = frozenset({Fate.REFUSED, Fate.REPLACED})

type Why = Literal["another-delivery", "a-run", "too-long", "broken"]


@dataclass(frozen=True, slots=True)
class Measure[F: Folder]:
    """The delivery that what is in Teams is held against.

    `since` SDS's run had ended that took it, as far as we know; where no run was seen, it was
    accepted. From `due_at` on it may be looked at.
    """

    delivery: F
    since: datetime
    due_at: datetime


def measure[F: Folder](hand_overs: Sequence[HandOver[F]]) -> Measure[F] | None:
    """Return what to hold Teams against: the last delivery that a run took, else an accepted one.

    None while a hand-over is under way, or where nobody knows whether SDS holds what came last:
    then nothing would be told but doubts. *hand_overs* are in their order.
    """
    not_taken: Measure[F] | None = None
    for each in reversed(hand_overs):
        if each.fate in _NOTHING_TAKEN:
            continue
        if each.delivery is None:
            return None
        if each.fate in _ALONE:
            ended_at = each.delivery.when(Receipt)
            return Measure(each.delivery, ended_at, ended_at + AFTER_RUN) if ended_at else None
        accepted_at = each.delivery.when(Accepted)
        if accepted_at is None or each.fate not in {*_UNSEEN, Fate.NOT_TAKEN}:
            return None
        accepted = Measure(each.delivery, accepted_at, accepted_at + AFTER_ACCEPTANCE)
        if each.fate in _UNSEEN:
            return accepted
        not_taken = not_taken or accepted
    return not_taken


def folder_of(prefix: str) -> str:
    """Return where the read-backs are of the connector whose folder is *prefix*."""
    return f"{prefix}{LANDED}/"


def read_backs(prefix: str, blobs: Iterable[Listed]) -> list[Folder]:
    """Return the read-backs of a connector that were begun, the oldest first."""
    below = (blob for blob in blobs if blob.name.startswith(folder_of(prefix)))
    listed = folders(folder_of(prefix), below)
    return [each for each in listed if each.id.isdecimal() and each.has(ReadBackBegun)]


def strays(prefix: str, blobs: Iterable[Listed]) -> list[Folder]:
    """Return what is left of read-backs whose begin is gone: unread, and naming people."""
    below = (blob for blob in blobs if blob.name.startswith(folder_of(prefix)))
    return [each for each in folders(folder_of(prefix), below) if not each.has(ReadBackBegun)]


def number_after(prefix: str, blobs: Iterable[Listed]) -> str:
    """Return the name of the next read-back: of none of which anything is left."""
    below = (blob for blob in blobs if blob.name.startswith(folder_of(prefix)))
    numbers = (int(each.id) for each in folders(folder_of(prefix), below) if each.id.isdecimal())
    return f"{max(numbers, default=0) + 1:06}"


def has_ended(read_back: Folder) -> bool:
    """Say whether a read-back has ended, well or not."""
    return read_back.has(ReadBackEnded)


def last_rows[F: Folder](listed: Sequence[F]) -> F | None:
    """Return the newest read-back that has ended and left rows; None if there is none."""
    whole = (each for each in reversed(listed) if has_ended(each) and ROWS in each.made_at)
    return next(whole, None)


def is_part(name: str) -> bool:
    """Say whether a file of a read-back called *name* is of use only while it reads."""
    return not is_mark(name) and name != ROWS


def goes_on_at(read_back: Folder) -> datetime:
    """Return from when on whoever was at an open read-back must be dead."""
    return read_back.last_made_at + CLAIM_LASTS


def next_due[F: Folder](
    against: Measure[F] | None, ended: ReadBackEnded | None, now: datetime
) -> datetime | None:
    """Return when the next read-back is due after the last, which has *ended*; None: none is.

    A delivery that was not looked at yet is due by itself, whatever came of those before. No look
    is due in more than a day: if one seems to be, a clock was ahead, and it is due *now*.
    """
    if against is None:
        return None
    due = against.due_at
    if ended is not None and ended.delivery == against.delivery.id:
        due = max(due, ended.again_at)
    return now if due - now > DAILY else due


def why_dropped[F: Folder](
    begun: ReadBackBegun, against: Measure[F] | None, now: datetime
) -> Why | None:
    """Return why a read-back that was *begun* must be dropped, as far as listings tell; or None."""
    if against is None or against.delivery.id != begun.delivery:
        return "another-delivery"
    return "too-long" if abs(now - begun.at) > LASTS else None
