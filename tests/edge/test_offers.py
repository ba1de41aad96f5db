"""P16: each school on its own merits: what it offers, and what a person says to that.

See docs/decisions/0023-a-delivery-school-by-school.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from simulators.sds import Answer
from sync.edge.world import World
from sync.errors import AnswerRefused
from sync.ledger.offers import Why
from sync.report import Outcome
from sync.steps import approval, restore, send
from sync.steps.approval import Answered
from tests.crash.processes import Killed
from tests.edge.group_stage import (
    DAY_S,
    HOUR_S,
    comes_to_rest,
    delivered,
    lose,
    night,
    offer_of,
    pupils,
    read,
    sent,
    why,
)
from tests.mark_names import APPROVED, REJECTED
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, THREE_SCHOOLS, TestWorld, make_group

type Say = Callable[[World, str], Answered]

ANOTHER = "0b1f8a52-0000-4000-8000-00000000e15e"


def refused(scene: TestWorld, answered_id: str, answer: Say = approval.approve) -> AnswerRefused:
    with pytest.raises(AnswerRefused) as caught:
        answer(scene.world, answered_id)
    return caught.value


# -- held, and answered --------------------------------------------------------------------------


def test_a_school_that_is_held_stops_no_other_the_same_night() -> None:
    """One loses more than it may: the others' news goes, and of this one SDS keeps what it has."""
    scene = delivered(make_group(base=THREE_SCHOOLS))
    before = sent(scene)
    lose(scene, "eastbank")
    read(scene, "eastbank")
    night(scene)

    after = sent(scene)
    assert after["southbank"] == before["southbank"]
    assert [pupils(before[key]) - pupils(after[key]) for key in ("northbank", "eastbank")] == [1, 1]
    assert why(scene, "southbank") is Why.LIMITS
    assert len(scene.sds.submissions) == 2
    comes_to_rest(scene)


def test_a_school_that_is_held_while_others_go_is_told_by_its_own_name() -> None:
    """The connector's last word is that all went well: so the school is told, and its answer."""
    scene = delivered()
    night(scene)
    offer = held_offer(scene)
    approval.approve(scene.world, offer)
    scene.send_until_still()

    told = [
        (step.about, step.delivery, step.outcome) for step in scene.steps if step.name == "offer"
    ]
    assert told == [
        ("southbank", offer, Outcome.HELD),
        ("southbank", offer, Outcome.APPROVED),
    ]


def held_offer(scene: TestWorld) -> str:
    """Return the id of the offer of `southbank`."""
    return offer_of(scene, "southbank").name.id


def held_ids(scene: TestWorld) -> dict[str, str]:
    """Return the ids by which a person may mean what is held: of the offer, of the deliveries."""
    with_it, without = (each.id for each in scene.look().deliveries[-2:])
    return {
        "offer": held_offer(scene),
        "held": with_it,
        "without": without,
    }


@pytest.mark.parametrize("by", ["offer", "held", "without"])
def test_what_is_approved_goes_and_no_other_is_touched(by: str) -> None:
    """By the id of its offer, of the delivery that held it, or of that which went without it."""
    scene = delivered()
    night(scene)
    before = sent(scene)

    assert approval.approve(scene.world, held_ids(scene)[by]).outcome is Outcome.APPROVED
    assert scene.send_until_still().outcome is Outcome.DONE
    after = sent(scene)
    assert pupils(before["southbank"]) - pupils(after["southbank"]) == 11
    assert after["northbank"] == before["northbank"]
    assert why(scene, "southbank") is Why.SAME
    comes_to_rest(scene)


@pytest.mark.parametrize("by", ["offer", "held", "without"])
def test_what_is_rejected_stays_as_sds_has_it(by: str) -> None:
    """A no is for this school alone, whichever id says it, and nothing more is made of it."""
    scene = delivered()
    night(scene)

    assert approval.reject(scene.world, held_ids(scene)[by]).outcome is Outcome.REJECTED
    scene.send_until_still()
    assert why(scene, "southbank") is Why.REJECTED
    assert len(scene.sds.submissions) == 2
    comes_to_rest(scene)


def test_an_answer_survives_that_other_schools_go_on() -> None:
    """What another school sends between a yes and the hand-over makes no second look needed."""
    scene = delivered()
    night(scene)
    approval.approve(scene.world, held_offer(scene))
    lose(scene, "northbank")
    read(scene, "northbank")

    assert scene.send_until_still().outcome is Outcome.DONE
    first, second, third = (sent(scene, number) for number in range(3))
    assert pupils(first["southbank"]) - pupils(third["southbank"]) == 11
    assert pupils(second["northbank"]) - pupils(third["northbank"]) == 1
    assert len(scene.sds.submissions) == 3
    comes_to_rest(scene)


def test_a_newer_set_takes_the_place_of_a_held_offer() -> None:
    """Who answers the older one is told the id of the newer, and nothing is answered."""
    scene = delivered()
    night(scene)
    older = held_offer(scene)
    scene.clock.advance(DAY_S)
    lose(scene, "southbank")
    read(scene, "southbank")
    scene.send_until_still()
    newer = held_offer(scene)

    assert older != newer
    for answer in (approval.approve, approval.reject):
        assert refused(scene, older, answer).facts["newest"] == newer
    assert why(scene, "southbank") is Why.LIMITS
    comes_to_rest(scene)


def test_a_no_stands_for_equal_sets_of_the_next_night() -> None:
    """Nobody is asked again about the very same step; about another they are."""
    scene = delivered()
    night(scene)
    approval.reject(scene.world, held_offer(scene))
    scene.clock.advance(DAY_S)
    lose(scene, "northbank")
    read(scene, "northbank", "southbank")
    scene.send_until_still()

    assert why(scene, "southbank") is Why.REJECTED
    assert len(scene.sds.submissions) == 3
    comes_to_rest(scene)
    lose(scene, "southbank")
    read(scene, "southbank")
    scene.send_until_still()
    assert why(scene, "southbank") is Why.LIMITS
    comes_to_rest(scene)


def test_a_yes_holds_for_equal_sets_that_are_read_within_a_day() -> None:
    """It was given for this step, and not for the night on which it was read."""
    scene = delivered()
    night(scene)
    scene.sds.fail_next("*", Answer(503), times=None)
    approval.approve(scene.world, held_offer(scene))
    for _ in range(5):
        send.send(scene.world, CONNECTOR)
    scene.clock.advance(20 * HOUR_S)
    read(scene, "southbank")
    scene.sds.heal()

    assert scene.send_until_still().outcome is Outcome.DONE
    assert why(scene, "southbank") is Why.SAME
    comes_to_rest(scene)


def test_a_yes_lasts_a_day() -> None:
    """What could not go within 24 h of it waits again, and goes with a new yes."""
    scene = delivered()
    night(scene)
    approval.approve(scene.world, held_offer(scene))
    scene.clock.advance(24.1 * HOUR_S)

    scene.send_until_still()
    assert why(scene, "southbank") is Why.LIMITS
    assert len(scene.sds.submissions) == 2
    comes_to_rest(scene)


def approved() -> TestWorld:
    """Return a world in which a held offer is approved and not yet sent."""
    scene = delivered()
    night(scene)
    approval.approve(scene.world, held_offer(scene))
    return scene


def test_a_yes_is_spent_when_it_went_even_if_sds_comes_back_to_what_it_had() -> None:
    """The same loss a second time is a second question."""
    scene = delivered(make_group(SDS__LIMITS__CLASSES_GAINED="100"))
    whole = scene.isams_of["southbank"].school
    night(scene)
    fewer = scene.isams_of["southbank"].school
    step = offer_of(scene, "southbank").name.digest
    approval.approve(scene.world, held_offer(scene))
    scene.send_until_still()
    for school in (whole, fewer):
        scene.isams_of["southbank"].school = school
        scene.isams_of["southbank"].flush()
        read(scene, "southbank")
        scene.send_until_still()

    assert offer_of(scene, "southbank").name.digest == step
    assert why(scene, "southbank") is Why.LIMITS
    assert len(scene.sds.submissions) == 4
    comes_to_rest(scene)


def test_a_yes_is_not_spent_where_sds_refused() -> None:
    """SDS took nothing of it: within the day it goes with whatever is sent next."""
    scene = approved()
    scene.sds.reject_with([{"code": "InvalidFileFormat", "target": "users.csv"}])
    assert scene.send_until_still().outcome is Outcome.REFUSED
    assert why(scene, "southbank") is None
    comes_to_rest(scene)
    lose(scene, "northbank")
    read(scene, "northbank")

    assert scene.send_until_still().outcome is Outcome.DONE
    assert pupils(sent(scene, 0)["southbank"]) - pupils(sent(scene)["southbank"]) == 11
    comes_to_rest(scene)


def test_a_restore_voids_a_yes() -> None:
    """Who wants something back has looked anew: what was approved before waits again."""
    scene = approved()
    restore.restore(scene.world, scene.look().deliveries[0].id)
    scene.send_until_still()
    assert restore.resume(scene.world) == [CONNECTOR]

    scene.send_until_still()
    assert why(scene, "southbank") is Why.LIMITS
    assert pupils(sent(scene)["southbank"]) == pupils(sent(scene, 0)["southbank"])
    comes_to_rest(scene)


class Watched(MemoryStore):
    """Calls `then` once, before the first answer is written."""

    then: Callable[[], object] | None = None

    def _put(self, name: str, body: bytes) -> bool:
        if self.then and name.endswith((APPROVED, REJECTED)):
            then, self.then = self.then, None
            then()
        return super()._put(name, body)


@pytest.mark.parametrize(
    ("first", "second"),
    [(approval.approve, approval.reject), (approval.reject, approval.approve)],
    ids=["yes", "no"],
)
def test_of_a_yes_and_a_no_to_an_offer_at_once_the_no_counts(first: Say, second: Say) -> None:
    """Whoever is a moment earlier: of this school nothing goes."""
    scene = delivered(make_group(store=Watched))
    night(scene)
    offer_id = held_offer(scene)
    assert isinstance(scene.store, Watched)
    scene.store.then = lambda: second(scene.world, offer_id)

    first(scene.world, offer_id)

    assert why(scene, "southbank") is Why.REJECTED
    scene.send_until_still()
    assert len(scene.sds.submissions) == 2
    comes_to_rest(scene)


def test_of_two_equal_answers_to_an_offer_one_is_told_that_it_came_second() -> None:
    """One person's word stands, even if two press the button in the same moment."""
    scene = delivered(make_group(store=Watched))
    night(scene)
    offer_id = held_offer(scene)
    assert isinstance(scene.store, Watched)
    another = replace(scene.world, caller=ANOTHER)
    scene.store.then = lambda: approval.approve(another, offer_id)

    late = refused(scene, offer_id)
    assert (late.facts["answer"], late.facts["caller"]) == ("approved", ANOTHER)
    assert ANOTHER in str(late)
    assert scene.send_until_still().outcome is Outcome.DONE
    assert why(scene, "southbank") is Why.SAME


class Dying(MemoryStore):
    """Its process is killed once: an answer to an offer stands, and the delivery's does not."""

    dying = True

    def _put(self, name: str, body: bytes) -> bool:
        if self.dying and name.endswith((APPROVED, REJECTED)) and "/offers/" not in name:
            self.dying = False
            raise Killed
        return super()._put(name, body)


@pytest.mark.parametrize("by", ["offer", "delivery"])
@pytest.mark.parametrize("answer", [approval.approve, approval.reject], ids=["yes", "no"])
def test_an_answer_that_is_killed_half_way_counts(answer: Say, by: str) -> None:
    """The offer's mark comes before the delivery's, and says it all."""
    scene = delivered(make_group(store=Dying))
    lose(scene, "southbank", 11)
    read(scene, "southbank")
    step = scene.send_until_still()
    with pytest.raises(Killed):
        answer(scene.world, step.delivery if by == "delivery" else held_offer(scene))

    scene.send_until_still()
    gone = pupils(sent(scene, 0)["southbank"]) - pupils(sent(scene)["southbank"])
    assert gone == (11 if answer is approval.approve else 0)
    comes_to_rest(scene)


@pytest.mark.parametrize("said", ["", "20260914T210001Z-00000000", "../southbank", "southbank"])
def test_an_offer_that_does_not_exist_cannot_be_answered(said: str) -> None:
    """Whatever the id, nothing is written, and the refusal says where to look."""
    scene = delivered()
    night(scene)
    before = [blob.name for blob in scene.store.blobs("")]

    assert "isams-sync status" in str(refused(scene, said))
    assert [blob.name for blob in scene.store.blobs("")] == before
