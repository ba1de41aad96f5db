"""What a person can type about what is held."""

from __future__ import annotations

from sync.ledger.marks import Hold
from sync.ledger.offers import Why
from sync.steps.status_values import SchoolStatus


def what_to_do(hold: Hold, delivery_id: str) -> str:
    """Return how a person answers *hold*, of the delivery called *delivery_id*."""
    then = f"Then answer with {_answers(delivery_id)}"
    if hold.first:
        return f"{_look(delivery_id)}. {then}"
    return f"{_look(delivery_id)}, and look at iSAMS. {then}; `isams-sync run --approve` does not"


def _look(held_id: str) -> str:
    return f"See whom it is about: `isams-sync plan {held_id}`, which names people"


def _answers(held_id: str) -> str:
    return f"`isams-sync approve {held_id}` or `isams-sync reject {held_id}`, or over HTTP"


def how_to_answer(school: str, shown: SchoolStatus) -> str:
    """Return what a person can do about the offer of *school*, which is held as is *shown*."""
    if shown.why == Why.LEFT:
        return (
            f"{_look(shown.offer)}. If it has left for good, `isams-sync approve {shown.offer}`:"
            " its classes end. If not, put it back into the settings"
        )
    if shown.why == Why.ELSEWHERE:
        return (
            "Approve that it leaves the other connector, where `isams-sync status` shows it: then"
            " it comes to this one, as a new school does"
        )
    if shown.why == Why.CONFLICT:
        return (
            "An approval does not help: give the two schools ids of their own, then"
            f" `isams-sync run --school {school}` (docs/trusts.md, Clashes)"
        )
    if shown.why == Why.WHOLE:
        return f"It waits with the delivery {shown.offer}, whose own line says why"
    then = f"Then answer with {_answers(shown.offer)}"
    if shown.why == Why.FIRST:
        return f"{_look(shown.offer)}. {then}"
    return f"{_look(shown.offer)}, and look at iSAMS. {then}; `isams-sync run --approve` does not"
