"""What became of a delivery that was handed to SDS: a table, and everything that follows from it.

A delivery is never merely sent. SDS may be reading it, may have refused it, may hold it without
our knowing, or a run of SDS took it. From which of these it is follow the word that people read,
whether SDS may hold its files, what the same files mean next night, and who must act.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from sync.ledger.folders import Folder
from sync.ledger.marks import Accepted, Receipt, Submitted, Unproven

type Holds = Literal["no", "yes", "alone"]
"""`alone`: this delivery, and what was handed over after it; nothing older any more."""

type Tomorrow = Literal["again", "unchanged", "-"]
"""What a merge of the same files does next night; `-`: there is none while it is so."""


class Fate(StrEnum):
    """How a hand-over stands, or how it ended."""

    LOST = "lost"  # the answer to `validate` never came
    GAVE_UP = "gave-up"
    CHECKING = "checking"
    REFUSED = "refused"
    INCOMPLETE = "incomplete"
    UNPROVEN = "unproven"
    NO_ANSWER = "no-answer"
    TAKEN = "taken"  # known by its counts in a run, or by a person's word
    ACCEPTED = "accepted"
    DONE = "done"
    FAULTY = "faulty"
    ENDED = "ended"
    NOT_TAKEN = "not-taken"
    UNSEEN = "unseen"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class FateRow:
    """What follows from a fate.

    `word` is what people read, `outcome` what the receipt says ("" while there is none), `who` who
    must act, in people's words.
    """

    word: str
    outcome: str
    holds: Holds
    tomorrow: Tomorrow
    who: str

    @property
    def may_hold(self) -> bool:
        """Say whether SDS may hold the files of such a delivery."""
        return self.holds != "no"


_RUNNER = "whoever runs this app"
_PORTAL = "whoever runs this app, in School Data Sync"

TABLE: Mapping[Fate, FateRow] = {
    Fate.LOST: FateRow("under way", "", "yes", "again", "nobody"),
    Fate.GAVE_UP: FateRow("gave-up", "gave-up", "yes", "again", "whoever runs this app"),
    Fate.CHECKING: FateRow("checking", "", "yes", "-", "nobody"),
    Fate.REFUSED: FateRow("refused", "refused", "no", "again", "the school"),
    Fate.INCOMPLETE: FateRow("incomplete", "incomplete", "yes", "again", "the school"),
    Fate.UNPROVEN: FateRow("unproven", "", "yes", "again", "whoever runs this app, at the network"),
    Fate.NO_ANSWER: FateRow(
        "no-answer", "no-answer", "yes", "again", "whoever runs this app, at the network"
    ),
    Fate.TAKEN: FateRow("taken", "completed", "alone", "unchanged", "nobody"),
    Fate.ACCEPTED: FateRow("accepted", "", "yes", "unchanged", "nobody"),
    Fate.DONE: FateRow("done", "completed", "alone", "unchanged", "nobody"),
    Fate.FAULTY: FateRow("faulty", "completed", "alone", "unchanged", "the school"),
    Fate.ENDED: FateRow("ended", "completed", "alone", "unchanged", _RUNNER),
    Fate.NOT_TAKEN: FateRow("not-taken", "run-failed", "yes", "again", _PORTAL),
    Fate.UNSEEN: FateRow("not-taken", "run-unseen", "yes", "again", _PORTAL),
    Fate.REPLACED: FateRow("replaced", "run-unseen", "yes", "-", "nobody"),
}

# What a receipt's open map `run` says, beyond what the version before wrote there.
WHOSE, KNOWN_BY, REPLACED_BY, OURS = "whose", "known_by", "replaced_by", "ours"
NOT_KNOWN = "not-known"  # of `whose`: SDS does not tell whose files a run took


def fate_of(delivery: Folder, receipt: Receipt | None) -> Fate:
    """Return what became of *delivery*; *receipt* is its receipt, if there is any."""
    if receipt is not None:
        return _of_receipt(receipt)
    for mark, fate in (
        (Accepted, Fate.ACCEPTED),
        (Unproven, Fate.UNPROVEN),
        (Submitted, Fate.CHECKING),
    ):
        if delivery.has(mark):
            return fate
    return Fate.LOST


def _of_receipt(receipt: Receipt) -> Fate:
    """Read a receipt; the version before knew no run but that of its flow."""
    if receipt.outcome == "completed":
        return _of_completed(receipt)
    if receipt.outcome == "run-unseen":
        return Fate.REPLACED if receipt.run.get(REPLACED_BY) else Fate.UNSEEN
    if receipt.outcome == "run-failed":
        return Fate.NOT_TAKEN
    return Fate(receipt.outcome)


def _of_completed(receipt: Receipt) -> Fate:
    if receipt.run.get(WHOSE) == NOT_KNOWN:
        return Fate.ENDED
    if receipt.run.get(KNOWN_BY):
        return Fate.TAKEN
    status = receipt.run.get(OURS) or receipt.run.get("status")
    faulty = receipt.counts.get("errors") or status == "completedwitherrors"
    return Fate.FAULTY if faulty else Fate.DONE
