"""What waits for an answer, as whoever answers it sees it: the plan, and what the answer must say.

Names people, as the plan does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sync.edge.world import World
from sync.errors import AnswerRefused
from sync.ledger.marks import Approved
from sync.steps.full_plan import FullPlan, full_plan
from sync.steps.meant import meant


@dataclass(frozen=True)
class Held:
    """The plan of an offer or a delivery, and what can be said to it.

    `digest` is what a yes or a no has to say, in full; "" where it waits for none. Then `said` is
    the answer that was given, `approved` or `rejected`, at `said_at` by `said_by`, as it is kept;
    or `word` where a person has said which Team is whose, and the school is read again; "" if there
    was none.
    """

    plan: FullPlan
    digest: str = ""
    said: str = ""
    said_at: datetime | None = None
    said_by: str = ""


def held(world: World, held_id: str) -> Held:
    """Return what the offer or the delivery of that id would change, and what waits of it.

    Raises:
        AnswerRefused: there is nothing of that id, or its files are past their time.
    """
    try:
        # Before the plan: what SDS gets in between makes the answer outdated, not the plan unseen.
        digest = meant(world, held_id, Approved).full
    except AnswerRefused as error:
        plan, answered_at = full_plan(world, held_id), error.facts.get("answered_at")
        return Held(
            plan,
            said=_said(error),
            said_at=datetime.fromisoformat(str(answered_at)) if answered_at else None,
            said_by=str(error.facts.get("caller", "")),
        )
    return Held(full_plan(world, held_id), digest)


def _said(error: AnswerRefused) -> str:
    is_word = error.facts.get("state") == "word"
    return "word" if is_word else str(error.facts.get("answer", ""))
