"""What a PUT has made of a record, as far as reading tells; and what a run ended with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from sync.errors import SourceError, concerning
from sync.isams.addresses.kinds import ADDRESS, PeopleKind
from sync.isams.addresses.record_text import Members, differing
from sync.steps.addresses.desk import Desk

LOOKS_S = (0.0, 20.0, 40.0)  # of a wait before each look: the last is a minute after the PUT
# After a kill: longer than a PUT may take (`PUT_S`) and iSAMS may keep an answer, half a minute.
# docs/reference/isams.md#put-seen-late
SETTLED_AFTER_S = 90.0


class PutVerdict(StrEnum):
    """What a record is after a PUT."""

    AS_MEANT = "as-meant"
    AS_BEFORE = "as-before"
    IN_DOUBT = "in-doubt"


@dataclass(frozen=True, slots=True)
class AfterPut:
    """A verdict. `names` are the members that are not as they were, of a record in doubt.

    `error` is why it could not be read, if it could not.
    """

    verdict: PutVerdict
    names: tuple[str, ...] = ()
    error: SourceError | None = None


@dataclass(frozen=True, slots=True)
class AddressChange:
    """The record at a place in its plan, and the JSON text of the address that it shall have."""

    number: int
    record_id: str
    address: str


class EndCode(StrEnum):
    """Why a run ended: a code, and what is said of it."""

    _value_: str
    sentence: str

    def __new__(cls, code: str, sentence: str = "") -> Self:
        """Make a member that is its code, and carries its sentence."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.sentence = sentence
        return member

    DONE = "done", "Every record was dealt with."
    LEFT = (
        "left",
        "Nothing is in doubt. Not every record was tried: make another plan for the rest.",
    )
    STOPPED = (
        "stopped",
        "Stopped between two records, and nothing is left half done: type the same again to go on.",
    )
    LATE = "late", "More than an hour has passed since the last step: make another plan."
    OUTDATED = (
        "outdated",
        "The Swagger was learnt anew since. Make another plan; take back on iSAMS's own screens.",
    )
    REFUSED = "refused", "iSAMS refused three records in a row, so the rest was not tried."
    NO_EFFECT = "no-effect", "iSAMS said yes and did nothing. The record is as it was."
    LOST = "lost", "iSAMS gave no answer. The record is as it was."
    STATUS = "status", "iSAMS answered with a status that ends a run. The record is as it was."
    DOUBT = "doubt", "A record is neither as it was nor as it was meant to be: look at it now."
    FAILED = "failed", "iSAMS did not give a record as it must, so nothing more was written."
    TAKEN_OVER = "taken-over", "Another run of this plan has begun, and goes on with it."


def look(desk: Desk, kind: PeopleKind, change: AddressChange, before: Members) -> AfterPut:
    """Read the record up to three times in a minute, until it is as meant.

    That it is as before is believed of the last look only: iSAMS may answer from what it kept.
    """
    looked = AfterPut(PutVerdict.IN_DOUBT)
    for wait_s in LOOKS_S:
        desk.clock.sleep(wait_s)
        looked = look_once(desk, kind, change, before)
        if looked.verdict is PutVerdict.AS_MEANT:
            break
    return looked


def look_once(desk: Desk, kind: PeopleKind, change: AddressChange, before: Members) -> AfterPut:
    """Read the record, and say what it is by now."""
    try:
        with concerning(school=desk.school):
            after = desk.writing.read(kind, change.record_id)
    except SourceError as error:
        return AfterPut(PutVerdict.IN_DOUBT, error=error)
    if after is None:
        return AfterPut(PutVerdict.IN_DOUBT)
    others = differing(before, after, change.address)
    if not others:
        return AfterPut(PutVerdict.AS_MEANT)
    if not differing(before, after, before[ADDRESS]):
        return AfterPut(PutVerdict.AS_BEFORE)
    return AfterPut(PutVerdict.IN_DOUBT, others)
