"""A state as people see it: the shape, the word, and who must act. Each word stands here once.

The words of schools and deliveries are those of `status` and of the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from sync.ledger import fates
from sync.ledger.fates import Fate
from sync.ledger.marks import Fault
from sync.ledger.offers import ANSWERABLE, Why
from sync.ledger.states import State
from sync.steps.status_values import NightWord, SchoolState, SchoolStatus
from sync.steps.told.states import WHO

type Kind = Literal["well", "held", "waiting", "failed", "warn", "same", "yes", "none"]
"""The shape and colour of a state: `_parts.html` draws it."""


class Tag(NamedTuple):
    """A state: how it is drawn, its word, and who must act, "" for nobody."""

    state: Kind
    word: str
    who: str = ""


_OF_SCHOOL: Mapping[SchoolState, Tag] = {
    "delivered": Tag("well", "Delivered"),
    "next": Tag("waiting", "Next"),
    "held": Tag("held", "Held"),
    "rejected": Tag("held", "Rejected"),
    "failed": Tag("failed", "Failed"),
    "carried": Tag("waiting", "Carried"),
    "waiting": Tag("none", "Waiting"),
}
_WHO_OF_WHY: Mapping[str, str] = {
    Why.ELSEWHERE: "you decide, at the other connector",
    Why.CONFLICT: WHO["operator"],
    Why.FAILED: WHO["operator"],
    Why.REJECTED: WHO["school"],
}


def of_school(shown: SchoolStatus) -> Tag:
    """Return how a school stands, and who must act."""
    who = _WHO_OF_WHY.get(shown.why, "")
    if shown.state == "held" and shown.why in {*ANSWERABLE, Why.WHOLE}:
        who = "you decide"
    return _OF_SCHOOL[shown.state]._replace(who=who)


OF_NIGHT: Mapping[NightWord, Tag] = {
    "delivered": Tag("well", "Delivered: SDS took it"),
    "unchanged": Tag("same", "Unchanged: nothing to send"),
    "held": Tag("held", "Held for a person"),
    "rejected": Tag("held", "Rejected by a person"),
    "carried": Tag("waiting", "Carried: SDS kept what it had"),
    "next": Tag("waiting", "On its way"),
    "failed": Tag("failed", "Failed: SDS kept what it had"),
}
"""What became of a night's reading."""

OF_DELIVERY: Mapping[State, Tag] = {
    State.UNSEALED: Tag("waiting", "Unsealed"),
    State.UNCHANGED: Tag("same", "Unchanged"),
    State.SEALED: Tag("waiting", "Sealed"),
    State.HELD: Tag("held", "Held", "you decide"),
    State.READY: Tag("waiting", "Ready"),
    State.EXPIRED: Tag("held", "Expired", WHO["operator"]),
    State.REJECTED: Tag("held", "Rejected", WHO["school"]),
    State.SUPERSEDED: Tag("same", "Superseded"),
    State.SWEPT: Tag("same", "Swept"),
    State.SUBMITTED: Tag("waiting", "Submitted"),
    State.UNPROVEN: Tag("held", "Unproven", "you decide"),
    State.ACCEPTED: Tag("waiting", "Accepted"),
    State.DONE: Tag("well", "Done"),
    State.FAILED: Tag("failed", "Failed"),
}

_OF_FATE: Mapping[Fate, Kind] = {
    Fate.LOST: "waiting",
    Fate.CHECKING: "waiting",
    Fate.ACCEPTED: "waiting",
    Fate.TAKEN: "well",
    Fate.DONE: "well",
    Fate.FAULTY: "warn",
    Fate.ENDED: "warn",
    Fate.REPLACED: "same",
}


def of_fate(fate: Fate) -> Tag:
    """Return what became of a delivery that was handed over."""
    row, kind = fates.TABLE[fate], _OF_FATE.get(fate, "failed")
    return Tag(kind, row.word.capitalize(), "" if row.who == "nobody" else row.who)


def of_fault(fault: Fault) -> Tag:
    """Return that something failed, and who must act."""
    return Tag("failed", "Failed", WHO.get(fault.who, fault.who))


OF_CHECK: Mapping[str, Tag] = {
    "ok": Tag("yes", "OK"),
    "warning": Tag("warn", "Warning"),
    "wrong": Tag("failed", "Wrong"),
    "not tried": Tag("none", "Not tried"),
}
"""How a check ended."""
