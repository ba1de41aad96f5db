"""What a school offers to a delivery, and what a person said to it.

    connectors/<folder>/offers/<school>/<stamp>-<digest8>/held.json      it waits for a person
    connectors/<folder>/offers/<school>/<stamp>-<digest8>/approved.json  or rejected.json
    connectors/<folder>/<delivery>/schools.json     what a delivery has of each school, and why

An offer is a school's step from what SDS has of it to its newest sets. Its digest is of both, so an
answer holds for exactly this step, whatever other schools do meanwhile. The stamp in its id
is that of the school's newest set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sync.ledger import ids, states
from sync.ledger.folders import Folder, Listed, folders
from sync.ledger.marks import Approved, Hold, Rejected
from sync.ledger.record import Mark, Record

OFFERS = "offers"
"""The folder of a connector that holds its schools' offers, and no delivery."""


class Why(StrEnum):
    """Why a delivery does not have a school's newest sets, or has nothing of the school."""

    LIMITS = "limits"  # held: it would lose, gain or change too much
    FIRST = "first"  # held: SDS has nothing of this school
    LEFT = "left"  # held: the settings do not name the school any more
    ELSEWHERE = "elsewhere"  # held: what another connector holds is to go to this one
    CONFLICT = "conflict"  # held: it uses an id that another school uses
    REJECTED = "rejected"  # a person said no to these very sets
    FAILED = "failed"  # its sets break a rule, or nobody can read them
    STALE = "stale"  # it was not read for 48 hours
    UNREAD = "unread"  # a profile of it was never read
    SAME = "same"  # SDS has just this of it
    RESTORED = "restored"  # a person wanted back what it had
    WHOLE = "whole"  # held: the delivery waits as a whole, whichever schools are in it


BECAUSE: Mapping[Why, str] = {
    Why.LIMITS: "it would lose, gain or change too much",
    Why.FIRST: "it is new",
    Why.LEFT: "the settings do not name it for this connector any more",
    Why.ELSEWHERE: "another connector holds a profile of it",
    Why.CONFLICT: "it uses an id or an address that another school uses",
    Why.REJECTED: "a person said no to what was read",
    Why.FAILED: "what was read breaks a rule, or is damaged",
    Why.STALE: "it was not read for 48 hours",
    Why.UNREAD: "a profile of it was never read",
    Why.SAME: "nothing has changed",
    Why.RESTORED: "a person wanted back what it had",
    Why.WHOLE: "the delivery waits as a whole",
}
"""Every reason for which a school does not go in with what was read last."""

ANSWERABLE = frozenset({Why.LIMITS, Why.FIRST, Why.LEFT})
"""For these a person's yes is enough; for others something must change first."""

HELD = ANSWERABLE | {Why.ELSEWHERE, Why.CONFLICT}


class SchoolPart(Record):
    """What a delivery has of a school.

    `offer` is the id of its offer, and `digest` the offer's, if it went in with its newest sets;
    else the rows are those that the delivery before had, and `why` says why. `now` is the digest
    of its sets, `rows` of its rows in the delivery; both are blank if the offer is that it leaves.
    `sources` are the sets that these rows come from, and `pulled_at` is when the oldest of
    them was read.
    """

    org: str
    offer: str = ""
    digest: str = ""
    why: str = ""
    now: str = ""
    rows: str = ""
    sources: Mapping[str, str] = {}
    pulled_at: datetime


class Schools(Mark, name="schools.json"):
    """What a delivery has of each school, by its key in the settings.

    `seen` is the newest set of each profile when it was merged, whether it is in there or not.
    `left_out` says why, of the schools that it has nothing of.
    """

    seen: Mapping[str, str]
    parts: Mapping[str, SchoolPart]
    left_out: Mapping[str, str] = {}


class HeldOffer(Hold, name=Hold.file_name):
    """Why an offer waits for a person: `digest` is the offer's; `sources` its sets by profile."""

    why: Why
    sources: Mapping[str, str]


def part_of(org: str, parts: Mapping[str, SchoolPart]) -> SchoolPart | None:
    """Return the part of the school with that id in SDS; None if there is none."""
    return next((part for part in parts.values() if part.org == org), None)


def now_digest(sets: Mapping[str, str]) -> str:
    """Return the digest of a school's sets; *sets* are their digests by profile, "" for none."""
    lines = "".join(f"{profile} {digest}\n" for profile, digest in sorted(sets.items()))
    return hashlib.sha256(lines.encode()).hexdigest() if sets else ""


class OfferName(NamedTuple):
    """An offer's digest, and its id: when its newest set was read, and eight digits of it."""

    digest: str
    id: str

    @classmethod
    def of(cls, was: str, now: str, moment: datetime) -> OfferName:
        """Return the name of the step from *was*, the digest of a slice, to *now*, one of sets."""
        digest = hashlib.sha256(f"{was}\n{now}".encode()).hexdigest()
        return cls(digest, f"{ids.stamp(moment)}-{digest[:8]}")

    def after(self, moment: datetime) -> OfferName:
        """Return the name of the same step, of the second after *moment*."""
        later = moment + timedelta(seconds=1)
        return self._replace(id=f"{ids.stamp(later)}-{self.digest[:8]}")


def full_digest(digests: Iterable[str]) -> str:
    """Return what stands for these steps, and no others, in 64 digits.

    *digests* are of all that an answer would be about; their order does not matter.
    """
    lines = "".join(f"{digest}\n" for digest in sorted(digests))
    return hashlib.sha256(lines.encode()).hexdigest()


def short_digest(digests: Iterable[str]) -> str:
    """Return the eight digits of it by which a person says that they mean these steps."""
    return full_digest(digests)[:8]


def folder_of(prefix: str, school: str) -> str:
    """Return where the offers of *school* are, of the connector at *prefix*."""
    return f"{prefix}{OFFERS}/{school}/"


def read_offers(prefix: str, blobs: Iterable[Listed]) -> dict[str, list[Folder]]:
    """Return each school's offers at *prefix* that anything was written of, oldest first."""
    below = f"{prefix}{OFFERS}/"
    by_school: dict[str, list[Listed]] = {}
    for blob in blobs:
        if blob.name.startswith(below):
            school = blob.name.removeprefix(below).partition("/")[0]
            by_school.setdefault(school, []).append(blob)
    return {
        school: [
            folder
            for folder in folders(folder_of(prefix, school), listed)
            if ids.is_folder_id(folder.id)
        ]
        for school, listed in by_school.items()
    }


def is_step_of(offer_id: str, digest: str) -> bool:
    """Say whether *offer_id* is that of the step of that *digest*, of whichever night."""
    return offer_id.endswith(f"-{digest[:8]}")


def same_step[F: Folder](listed: Iterable[F], digest: str) -> list[F]:
    """Return those of *listed* that are the same step as *digest*, of whichever night."""
    return [folder for folder in listed if is_step_of(folder.id, digest)]


def is_rejected(steps: Iterable[Folder]) -> bool:
    """Say whether a person said no to any of *steps*, which are one step: a no stands."""
    return any(folder.has(Rejected) for folder in steps)


def approved_at(steps: Iterable[Folder]) -> datetime | None:
    """Return when a person last said yes to any of *steps*, which are one step."""
    return max((at for folder in steps if (at := folder.when(Approved))), default=None)


def has_lapsed(steps: Sequence[Folder], offer_id: str, now: datetime) -> bool:
    """Say whether the offer of that id waits for a person whose yes to its step is over."""
    at = approved_at(steps)
    waits = any(folder.id == offer_id and folder.has(HeldOffer) for folder in steps)
    return waits and (at is None or now - at > states.APPROVAL_LASTS)
