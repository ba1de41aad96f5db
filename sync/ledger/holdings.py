"""What SDS may hold, from what is known of every hand-over: pure.

SDS takes the whole truth each time, but when it takes it only a run says. So there is not one last
delivery but a list: the last that a run took, and each later one that was handed over and not
refused. Whatever is sent next is compared with all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync.ledger import fates, states
from sync.ledger.claims import Claimed
from sync.ledger.fates import Fate
from sync.ledger.marks import Receipt
from sync.ledger.states import Folder

SENT_IN_VAIN = 3
"""On so many nights the same files are handed over without being taken: once, and twice more."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """A delivery that SDS was given, or may have been: since when, and what became of it.

    `at` is the moment of the claim, by storage's clock: no run that began before can have taken
    it. `folder` is None where nothing of the delivery is listed any more.
    """

    delivery: str
    at: datetime
    fate: Fate
    folder: Folder | None
    receipt: Receipt | None = None

    @property
    def may_hold(self) -> bool:
        """Say whether SDS may hold these files."""
        return fates.TABLE[self.fate].may_hold

    @property
    def alone(self) -> bool:
        """Say whether SDS took these files, and so holds nothing older."""
        return fates.TABLE[self.fate].holds == "alone"


def handed_at(folder: Folder, claims: Sequence[Claimed]) -> datetime | None:
    """Return when the delivery in *folder* was handed over; None if SDS never answered for it.

    By its claim: the last one taken before SDS's answer was written. A claim that is swept leaves
    the moment of that answer.
    """
    marks = (folder.made_at.get(mark) for mark in (states.SUBMITTED, states.ACCEPTED))
    answered = next((at for at in marks if at), None)
    if answered is None:
        return None
    return max((claim.at for claim in claims if claim.at <= answered), default=answered)


def answered(
    deliveries: Iterable[Folder], claims: Sequence[Claimed]
) -> list[tuple[datetime, Folder]]:
    """Return the deliveries that SDS has taken for checking, each with its moment, oldest first."""
    moments = [(at, folder) for folder in deliveries if (at := handed_at(folder, claims))]
    return sorted(moments, key=lambda moment: (moment[0], moment[1].id))


def may_hold(hand_overs: Iterable[HandOver]) -> list[HandOver]:
    """Return those of *hand_overs* whose files SDS may hold, in their order."""
    return [hand_over for hand_over in hand_overs if hand_over.may_hold]
