"""A person's answer to a delivery that is held: yes or no, for exactly these files, once.

An answer covers the delivery's digest. If two people answer at once, a rejection wins; of two equal
answers only the first counts, and the second is refused.
"""

from __future__ import annotations

import uuid
from typing import NamedTuple

from sync.edge.world import World
from sync.errors import AnswerRefused
from sync.ledger import states
from sync.ledger.marks import Approved
from sync.ledger.states import Folder, State
from sync.report import Outcome
from sync.steps import follow
from sync.steps.connector import View, find


class Answered(NamedTuple):
    """What came of a person's answer: for which connector, and the word for it."""

    connector: str
    outcome: Outcome


def approve(world: World, delivery_id: str) -> Answered:
    """Let a held delivery go; it may go for 24 h.

    To approve an *unproven* delivery says: I have looked in SDS, it holds this.

    Raises:
        AnswerRefused: there is no such delivery, or it does not wait for an answer.
    """
    view, folder = find(world, delivery_id)
    state = _state(view, folder)
    if state is State.UNPROVEN:
        world.tell(follow.vouch(world, view, folder))
        return Answered(view.connector, Outcome.TAKEN)
    if state is not State.HELD:
        raise _not_held(view, state)
    _write(world, view, folder, states.APPROVED)
    world.nudges.nudge("send", {"connector": view.connector})
    return Answered(view.connector, Outcome.APPROVED)


def reject(world: World, delivery_id: str) -> Answered:
    """End a held delivery, or any that may go and has not gone yet: approved, or within limits.

    Raises:
        AnswerRefused: there is no such delivery, or it is too late to say no.
    """
    view, folder = find(world, delivery_id)
    state = _state(view, folder)
    if state not in {State.HELD, State.READY}:
        raise _not_held(view, state)
    _write(world, view, folder, states.REJECTED)
    return Answered(view.connector, Outcome.REJECTED)


def _state(view: View, folder: Folder) -> State:
    return next(state for listed, state in view.states if listed.id == folder.id)


def _not_held(view: View, state: State) -> AnswerRefused:
    return AnswerRefused(
        f"this delivery is not held but {state.value}: nothing was changed; see status",
        state=state.value,
        newest=view.states[-1][0].id,
    )


def _write(world: World, view: View, folder: Folder, mark: str) -> None:
    """Write the answer, marked as this call's: of two equal answers only the first is kept."""
    record = Approved(
        digest=view.manifest(world, folder).digest, at=world.store.now(), by=uuid.uuid4().hex
    )
    if not world.store.claim(f"{view.prefix}{folder.id}/{mark}", record.to_json()):
        raise AnswerRefused("somebody has answered at the same moment; see status")
