"""Facts by number, such as `000123.json` and the `.done` that ends it: claims and pauses.

No number is used twice: the next counts on from the highest there is.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Literal, NamedTuple

from pydantic import Field

from sync.ledger.folders import Listed
from sync.ledger.marks import Caller, Fault
from sync.ledger.record import Record
from sync.ledger.states import CLAIM_LASTS, DATA_LASTS

CLAIMS, PAUSES = "claims", "pauses"
"""The folders of a connector that hold facts by number, and no delivery."""

_NAME = re.compile(r"(\d{6,})\.(?:json|done)")


class Claim(Record):
    """`claims/000123.json`: who talks to SDS, about which delivery. `by` is an invocation's."""

    delivery: str
    at: datetime
    by: str


class ClaimDone(Record):
    """`claims/000123.done`: whether SDS was given the files.

    There is none where that is unknown: the request may still be on its way, and would validate
    whatever the next holder had uploaded by then. So such a claim ends by its age.
    """

    delivery: str
    submitted: Literal["yes", "no"]
    fault: Fault | None = None


class Paused(Record):
    """`pauses/000001.json`: nothing is merged or sent for this connector but a single delivery.

    `delivery` is its id, to be made of the files of `restores`, which SDS accepted before. With a
    `school`, by its key, only its rows are taken from there, and those of all others from the
    delivery `beside`. Both are written only if they are used. `caller` is who asked for it.
    """

    restores: str
    delivery: str
    at: datetime
    by: str
    caller: Caller = ""
    school: str = Field(default="", exclude_if=operator.not_)
    beside: str = Field(default="", exclude_if=operator.not_)


class Resumed(Record):
    """`pauses/000001.done`: from then on the newest sets are merged and sent again."""

    at: datetime
    by: str
    caller: Caller = ""


def number(name: str) -> int | None:
    """Return the number of a fact by its last name; None if it is a stray blob's."""
    matched = _NAME.fullmatch(name)
    return int(matched[1]) if matched else None


def _facts(prefix: str, blobs: Iterable[Listed]) -> dict[str, datetime]:
    """Return the facts right under *prefix* by whole name, and when each was made."""
    under = (blob for blob in blobs if blob.name.startswith(prefix))
    return {
        blob.name: blob.created_at
        for blob in under
        if number(blob.name.removeprefix(prefix)) is not None
    }


def _highest(prefix: str, names: Iterable[str]) -> int:
    return max((number(name.removeprefix(prefix)) or 0 for name in names), default=0)


# -- claims ------------------------------------------------------------------------------------


class Claimed(NamedTuple):
    """A claim as listed: its name, when it was taken, and whether its holder has ended it.

    `dated_at` is when storage made it, by a clock that may have run ahead; `at` is never later than
    that of the next claim.
    """

    name: str
    at: datetime
    done: bool
    dated_at: datetime


def claimed(prefix: str, blobs: Iterable[Listed]) -> tuple[Claimed, ...]:
    """Return every claim of the connector at *prefix*, in the order in which they were taken."""
    folder = f"{prefix}{CLAIMS}/"
    made = _facts(folder, blobs)
    taken = sorted(name.removesuffix(".json") for name in made if name.endswith(".json"))
    dated = [made[f"{name}.json"] for name in taken]
    moments = reversed(list(accumulate(reversed(dated), min)))
    return tuple(
        Claimed(name, at, f"{name}.done" in made, dated_at)
        for name, at, dated_at in zip(taken, moments, dated, strict=True)
    )


def turn_ends(taken: Iterable[Claimed], now: datetime) -> datetime | None:
    """Return until when somebody may be talking to SDS; None: nobody is. *now* is storage's clock.

    Whoever was killed cannot say that their turn is over, so it ends by its age. One of a clock
    that ran ahead is over: nobody can wait for its age.
    """
    ends = (
        claim.dated_at + CLAIM_LASTS
        for claim in taken
        if not claim.done and abs(now - claim.dated_at) < CLAIM_LASTS
    )
    return max(ends, default=None)


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a connector, and until when any may be open: see `turn_ends`.

    `recent` are those of the last day. `young` are all that can be about a delivery that may still
    be sent; both by number.
    """

    next_name: str
    recent: tuple[str, ...]
    young: tuple[str, ...]
    open_until: datetime | None


def read_claims(prefix: str, blobs: Iterable[Listed], now: datetime) -> Claims:
    """Read the claims of the connector at *prefix*; *now* is storage's clock."""
    listed = list(blobs)
    folder, taken = f"{prefix}{CLAIMS}/", claimed(prefix, listed)

    def since(age: timedelta) -> tuple[str, ...]:
        return tuple(claim.name for claim in taken if abs(now - claim.dated_at) < age)

    return Claims(
        next_name=f"{folder}{_highest(folder, _facts(folder, listed)) + 1:06}",
        recent=since(timedelta(days=1)),
        young=since(DATA_LASTS),
        open_until=turn_ends(taken, now),
    )


# -- pauses ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pauses:
    """The pauses of a connector: the name of the next, and of the pause in force, if any.

    `last_at` is when the last was asked for, and `ended_at` when it was ended, by storage's clock.
    """

    next_name: str
    in_force: str | None
    last_at: datetime | None = None
    ended_at: datetime | None = None


def read_pauses(prefix: str, blobs: Iterable[Listed]) -> Pauses:
    """Read the pauses of the connector at *prefix*: the newest is in force until it is `.done`."""
    folder = f"{prefix}{PAUSES}/"
    made = _facts(folder, blobs)
    newest = _highest(folder, made)
    last = f"{folder}{newest:06}"
    in_force = f"{last}.json" in made and f"{last}.done" not in made
    return Pauses(
        next_name=f"{folder}{newest + 1:06}",
        in_force=last if in_force else None,
        last_at=made.get(f"{last}.json"),
        ended_at=made.get(f"{last}.done"),
    )
