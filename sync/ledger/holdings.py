"""What SDS may hold, from what is known of every hand-over: pure.

SDS takes the whole truth each time, but when it takes it only a run says. So there is no
last delivery but a list: the last that a run took, and whatever was handed over later and not
refused. Whatever is sent next is compared with all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync.ledger import fates
from sync.ledger.claims import Claimed
from sync.ledger.fates import Fate
from sync.ledger.folders import Folder
from sync.ledger.marks import Accepted, Receipt, Submitted

SENT_IN_VAIN = 3
"""On so many nights the same files are handed over without being taken: once, and twice more."""


@dataclass(frozen=True, slots=True)
class HandOver[F: Folder = Folder]:
    """A delivery that SDS was given, or may have been: since when, and what became of it.

    `at` is the moment of the claim, by storage's clock: no run that began before can have taken
    it. `delivery` is None where nothing of it is listed any more.
    """

    delivery_id: str
    at: datetime
    fate: Fate
    delivery: F | None
    receipt: Receipt | None = None

    @property
    def may_hold(self) -> bool:
        """Say whether SDS may hold these files."""
        return fates.TABLE[self.fate].may_hold

    @property
    def alone(self) -> bool:
        """Say whether SDS took these files, and so holds nothing older."""
        return fates.TABLE[self.fate].holds == "alone"


def handed_at(delivery: Folder, claims: Sequence[Claimed]) -> datetime | None:
    """Return when *delivery* was handed over; None if SDS never answered for it.

    By its claim: the last that was taken before SDS's answer was written. A claim that is
    swept leaves the moment of that answer.
    """
    answered_at = delivery.when(Submitted) or delivery.when(Accepted)
    if answered_at is None:
        return None
    before = (claim for claim in claims if claim.dated_at <= answered_at)
    last = max(before, key=lambda claim: claim.dated_at, default=None)
    return last.at if last else answered_at


def by_moment[F: Folder](
    deliveries: Iterable[F], claims: Sequence[Claimed]
) -> list[tuple[datetime, F]]:
    """Return the deliveries that SDS has taken for checking, each with its moment, oldest first."""
    moments = [(at, delivery) for delivery in deliveries if (at := handed_at(delivery, claims))]
    return sorted(moments, key=lambda moment: (moment[0], moment[1].id))


def may_hold[F: Folder](hand_overs: Iterable[HandOver[F]]) -> list[HandOver[F]]:
    """Return those of *hand_overs* whose files SDS may hold, in their order."""
    return [hand_over for hand_over in hand_overs if hand_over.may_hold]
