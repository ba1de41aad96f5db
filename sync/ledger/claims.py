"""Facts by number, such as `000123.json` and the `.done` that ends it: claims and pauses.

No number is used twice: each next one is numbered on from the highest there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sync.ledger.states import CLAIM_LASTS, DATA_LASTS, Seen

CLAIMS, PAUSES = "claims", "pauses"
"""The folders of a connector that hold facts by number, and no delivery."""

_NAME = re.compile(r"(\d{6,})\.(?:json|done)")


def number(name: str) -> int | None:
    """Return the number of a fact by its last name; None if it is a stray blob's."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


def _facts(prefix: str, blobs: Iterable[Seen]) -> dict[str, datetime]:
    """Return the facts right under *prefix* by whole name, and when each was made."""
    ours = (blob for blob in blobs if blob.name.startswith(prefix))
    return {
        blob.name: blob.created_at
        for blob in ours
        if number(blob.name.removeprefix(prefix)) is not None
    }


def _highest(prefix: str, names: Iterable[str]) -> int:
    return max((number(name.removeprefix(prefix)) or 0 for name in names), default=0)


# -- claims ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of one connector, and whether one is open.

    `recent` are those of the last day. `young` are all that can be about a delivery that may still
    be sent; both by number.
    """

    next_name: str
    recent: tuple[str, ...]
    young: tuple[str, ...]
    is_open: bool


def claims(prefix: str, blobs: Iterable[Seen], now: datetime) -> Claims:
    """Read the claims of the connector at *prefix*; *now* is storage's clock.

    A claim is over when its `.done` exists, or when its holder must have been killed.
    """
    folder = f"{prefix}{CLAIMS}/"
    made = _facts(folder, blobs)
    taken = {name.removesuffix(".json") for name in made if name.endswith(".json")}

    def since(age: timedelta) -> tuple[str, ...]:
        return tuple(sorted(name for name in taken if now - made[f"{name}.json"] < age))

    return Claims(
        next_name=f"{folder}{_highest(folder, made) + 1:06}",
        recent=since(timedelta(days=1)),
        young=since(DATA_LASTS),
        is_open=any(
            f"{name}.done" not in made and now - made[f"{name}.json"] < CLAIM_LASTS
            for name in taken
        ),
    )


class Claimed(NamedTuple):
    """A claim as listed: its name, when storage made it, and whether its holder has ended it."""

    name: str
    at: datetime
    done: bool


def claimed(prefix: str, blobs: Iterable[Seen]) -> tuple[Claimed, ...]:
    """Return every claim of the connector at *prefix*, in the order in which they were taken."""
    folder = f"{prefix}{CLAIMS}/"
    made = _facts(folder, blobs)
    taken = sorted(name.removesuffix(".json") for name in made if name.endswith(".json"))
    return tuple(Claimed(name, made[f"{name}.json"], f"{name}.done" in made) for name in taken)


# -- pauses ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pauses:
    """The pauses of one connector: the next one's name, and that of the one in force, if any."""

    next_name: str
    in_force: str | None


def pauses(prefix: str, blobs: Iterable[Seen]) -> Pauses:
    """Read the pauses of the connector at *prefix*: the newest is in force until it is `.done`."""
    folder = f"{prefix}{PAUSES}/"
    made = _facts(folder, blobs)
    newest = _highest(folder, made)
    last = f"{folder}{newest:06}"
    in_force = f"{last}.json" in made and f"{last}.done" not in made
    return Pauses(f"{folder}{newest + 1:06}", last if in_force else None)
