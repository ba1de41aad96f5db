"""Staying until it is done: only what is one's own counts, and nothing is waited for in vain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from simulators.school import invent
from simulators.sds import Knobs
from sync.edge.world import World
from sync.ledger import ids
from sync.report import Exit, Outcome, Step
from sync.steps import approval, send
from sync.steps.delivery import list_sets
from sync.terminal.exits import exit_of_step
from sync.terminal.follower import ANSWER_WITHIN_S, Follower, Patience, Sent, sealed_since
from tests.edge.test_send import SCHOOL, change
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, TestWorld, make_world

NO_RUN = Patience(run_s=0)


class _AnsweredBetween(MemoryStore):
    """Has another process answer a held delivery just before the first answer is written."""

    between: Callable[[str], object] | None = None

    def _put(self, name: str, body: bytes) -> bool:
        other, held = self.between, name.split("/")[-2] if name.endswith("approved.json") else ""
        if other and held:
            self.between = None
            other(held)
        return super()._put(name, body)


def pulled(scene: TestWorld) -> Sent:
    """Pull, and return what a `run` would follow."""
    began = scene.clock.now()
    scene.pull()
    return Sent(sets=sealed_since(scene.world, CONNECTOR, began))


def handed_over(scene: TestWorld) -> str:
    """Send until SDS is checking a delivery, and return its id."""
    while (step := send.send(scene.world, CONNECTOR)).outcome is not Outcome.SUBMITTED:
        pass
    return step.delivery


def followed(scene: TestWorld, sent: Sent, patience: Patience = NO_RUN) -> Step:
    return Follower(scene.world, CONNECTOR, sent, patience).follow()


@pytest.mark.parametrize("late_s", [5.0, 14.0, 100.0])
def test_an_older_delivery_that_is_accepted_at_the_last_moment_is_not_ours(late_s: float) -> None:
    """SDS's answer to yesterday's files comes as the wait ends: 0 would say that today's went."""
    scene = make_world(SCHOOL, knobs=Knobs(operation_polls=0, operation_s=ANSWER_WITHIN_S + late_s))
    scene.pull()
    older = handed_over(scene)
    change(scene, 0)

    step = followed(scene, pulled(scene))

    assert exit_of_step(step) is Exit.LATER
    assert step.delivery in {"", older}
    assert len(scene.sds.submissions) == 1


def test_a_delivery_that_was_made_while_isams_was_read_is_not_ours() -> None:
    """Its name is newer than the moment at which we asked, and its sets are older."""
    scene = make_world(SCHOOL, knobs=Knobs(operation_polls=0))
    scene.pull()
    ours = list_sets(scene.store, "seniors")[-1].pulled_at + timedelta(seconds=20)
    scene.clock.advance(30)
    made = send.send(scene.world, CONNECTOR)
    later = Sent(sets={"seniors": ids.set_id(ours, b"read since, and sealed after the merge")})
    delivery = scene.look().delivery(made.delivery)

    assert delivery is not None
    assert ids.pulled_at(delivery.id) > ours
    assert not later.is_made_into(delivery)
    assert Sent(sets=delivery.sources() or {}).is_made_into(delivery)


def test_ours_goes_once_the_older_is_answered_for() -> None:
    """In time, both are sent, and the step that is told is about ours."""
    scene = make_world(SCHOOL, knobs=Knobs(operation_polls=0, operation_s=60))
    scene.pull()
    older = handed_over(scene)
    change(scene, 0)

    step = followed(scene, pulled(scene))

    assert (step.outcome, len(scene.sds.submissions)) == (Outcome.ACCEPTED, 2)
    assert step.delivery > older


def test_what_took_the_place_of_an_approved_delivery_is_not_it() -> None:
    """Who approves a delivery is not told that all is well because a newer one came between."""
    scene = make_world(SCHOOL, SDS__HOLD_FIRST="true")
    scene.pull()
    held = scene.send_until_still().delivery
    approval.approve(scene.world, held)
    change(scene, 0)
    scene.pull()

    step = followed(scene, Sent(delivery_id=held))

    assert exit_of_step(step) is Exit.LATER
    assert not scene.sds.submissions


def test_a_delivery_that_sds_has_accepted_is_done_although_a_newer_one_comes() -> None:
    """What was approved has gone; that the night's set is held is another story."""
    scene = make_world(
        SCHOOL, knobs=Knobs(operation_polls=0, operation_s=8), SDS__HOLD_FIRST="true"
    )
    scene.pull()
    held = scene.send_until_still().delivery
    approval.approve(scene.world, held)
    told: list[str] = []

    def tell(why: str, _until: str) -> None:
        if not told:
            scene.isams.school = invent(20, seed=2, quirks=False)
            scene.isams.flush()
            scene.pull()
        told.append(why)

    step = Follower(scene.world, CONNECTOR, Sent(delivery_id=held), Patience(), tell).follow()

    assert (step.delivery, exit_of_step(step)) == (held, Exit.DONE)


@pytest.mark.parametrize("patience", [NO_RUN, Patience(), Patience(run_s=600.0)], ids=str)
def test_that_another_run_has_sealed_the_same_school_is_not_what_became_of_ours(
    patience: Patience,
) -> None:
    """Two runs at once: that SDS holds it already, because we have sent it, is no news to us."""
    scene = make_world(SCHOOL, knobs=Knobs(operation_polls=0, operation_s=8))
    sent = pulled(scene)
    told: list[str] = []

    def tell(why: str, _until: str) -> None:
        if not told:
            scene.pull()
        told.append(why)

    step = Follower(scene.world, CONNECTOR, sent, patience, tell).follow()

    assert len(scene.sds.submissions) == 1
    assert exit_of_step(step) is Exit.DONE
    assert step.outcome is not Outcome.UNCHANGED


@pytest.mark.parametrize("answer", [approval.approve, approval.reject])
def test_a_run_that_may_approve_takes_anothers_answer_for_its_own(
    answer: Callable[[World, str], approval.Answered],
) -> None:
    """Two runs with --approve at once: one answers first, and both tell what became of it."""
    knobs = Knobs(operation_polls=0)
    scene = make_world(SCHOOL, knobs=knobs, store=_AnsweredBetween, SDS__HOLD_FIRST="true")
    sent = pulled(scene)
    assert isinstance(scene.store, _AnsweredBetween)
    scene.store.between = lambda held: answer(scene.world, held)

    step = followed(scene, sent, Patience(approve=True, run_s=0))

    yes = answer is approval.approve
    assert step.outcome is (Outcome.ACCEPTED if yes else Outcome.REJECTED)


@pytest.mark.parametrize(
    ("operation_s", "gaps_s"),
    [(3, [5]), (7, [5, 5]), (12, [5, 5, 5]), (40, [5, 5, 5, 15, 15])],
)
def test_a_quick_check_is_looked_at_after_5_10_and_15_s(
    operation_s: float, gaps_s: list[float]
) -> None:
    """A small school is not kept waiting; and SDS is never asked nearer than 5 s."""
    scene = make_world(SCHOOL, knobs=Knobs(operation_polls=0, operation_s=operation_s))
    sent = pulled(scene)
    before = len(scene.clock.slept)

    step = followed(scene, sent)

    assert step.outcome is Outcome.ACCEPTED
    assert [slept for slept in scene.clock.slept[before:] if slept] == gaps_s


def test_sds_s_run_is_looked_at_once_unless_a_wait_was_asked_for() -> None:
    """It takes an hour and more; whoever wants to see its end says so."""
    scene = make_world(SCHOOL, knobs=Knobs(operation_polls=0, operation_s=3, run_duration_s=3600))
    sent = pulled(scene)
    before = len(scene.clock.slept)

    step = followed(scene, sent, Patience())

    assert step.outcome is Outcome.RUNNING
    assert sum(scene.clock.slept[before:]) == 10
    assert [line.route for line in scene.sds.requests].count("runs") == 1


def test_a_wait_says_what_for_and_until_when() -> None:
    """Nobody has to guess whether it hangs."""
    scene = make_world(SCHOOL, knobs=Knobs(operation_polls=0, operation_s=3, run_duration_s=600))
    told: list[tuple[str, str]] = []

    Follower(
        scene.world,
        CONNECTOR,
        pulled(scene),
        Patience(run_s=1200),
        lambda why, until: told.append((why, until)),
    ).follow()

    assert told[0] == ("SDS is checking the files", "next look in 5 s, until 21:20 UTC")
    assert told[-1] == (
        "SDS has accepted the files; its own run is awaited",
        "next look in 60 s, until 21:20 UTC",
    )
