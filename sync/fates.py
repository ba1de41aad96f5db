"""What became of a delivery that was handed to SDS: one table, and everything that follows from it.

A delivery is never merely sent. SDS may be reading it, may have refused it, may hold it without
our knowing, or a run of SDS took it. From which of these it is follow the word that people read,
whether SDS may hold its files, what the same files mean next night, and who must act.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from sync import state
from sync.records import Receipt
from sync.state import Folder

type Holds = Literal["no", "yes", "alone"]
"""`alone`: this one, and what was handed over after it; nothing older any more."""

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
class Row:
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


_PORTAL = "whoever runs this app, in School Data Sync"

TABLE: Mapping[Fate, Row] = {
    Fate.LOST: Row("under way", "", "yes", "again", "nobody"),
    Fate.GAVE_UP: Row("gave-up", "gave-up", "yes", "again", "whoever runs this app"),
    Fate.CHECKING: Row("checking", "", "yes", "-", "nobody"),
    Fate.REFUSED: Row("refused", "refused", "no", "again", "the school"),
    Fate.INCOMPLETE: Row("incomplete", "incomplete", "yes", "again", "the school"),
    Fate.UNPROVEN: Row("unproven", "", "yes", "again", "whoever runs this app, at the network"),
    Fate.NO_ANSWER: Row(
        "no-answer", "no-answer", "yes", "again", "whoever runs this app, at the network"
    ),
    Fate.TAKEN: Row("taken", "completed", "alone", "unchanged", "nobody"),
    Fate.ACCEPTED: Row("accepted", "", "yes", "unchanged", "nobody"),
    Fate.DONE: Row("done", "completed", "alone", "unchanged", "nobody"),
    Fate.FAULTY: Row("faulty", "completed", "alone", "unchanged", "the school"),
    Fate.ENDED: Row("ended", "completed", "alone", "unchanged", "whoever runs this app"),
    Fate.NOT_TAKEN: Row("not-taken", "run-failed", "yes", "again", _PORTAL),
    Fate.UNSEEN: Row("not-taken", "run-unseen", "yes", "again", _PORTAL),
    Fate.REPLACED: Row("replaced", "run-unseen", "yes", "-", "nobody"),
}

# What a receipt's open map `run` says, beyond what the version before wrote there.
WHOSE, KNOWN_BY, REPLACED_BY, OURS = "whose", "known_by", "replaced_by", "ours"
NOT_KNOWN = "not-known"  # of `whose`: SDS does not tell whose files a run took


def of(folder: Folder, receipt: Receipt | None) -> Fate:
    """Return what became of the delivery in *folder*; *receipt* is its receipt, if it has one."""
    if receipt is not None:
        return _of_receipt(receipt)
    for mark, fate in (
        (state.ACCEPTED, Fate.ACCEPTED),
        (state.UNPROVEN, Fate.UNPROVEN),
        (state.SUBMITTED, Fate.CHECKING),
    ):
        if folder.has(mark):
            return fate
    return Fate.LOST


def _of_receipt(receipt: Receipt) -> Fate:
    """Read a receipt of this version, or of one before, which knew no run but its own."""
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
