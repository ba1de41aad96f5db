"""What a person said of a school alone, beside what was said of the delivery that it is in.

A delivery that may go is not sent with a school to which somebody has said no, whenever that was.
"""

from __future__ import annotations

import pytest

from simulators.sds import Answer
from sync.errors import AnswerRefused
from sync.ledger.offers import Why
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import approval, restore, send
from sync.steps.standing import schools_now
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
from tests.edge.test_schools_in_trouble import NO_SOUTHBANK, goes_first, swap_addresses
from tests.worlds import CONNECTOR, OTHER_FEED, THREE_SCHOOLS, TestWorld, make_group


def all_new() -> TestWorld:
    """Return a world of three schools that wait together, because SDS has nothing."""
    scene = make_group(base=THREE_SCHOOLS)
    scene.configure(SDS__HOLD_FIRST="true")
    read(scene, "northbank", "southbank", "eastbank")
    assert scene.send_until_still().outcome is Outcome.HELD
    return scene


def with_two_held() -> TestWorld:
    """Return a world in which two schools of three lose more than they may."""
    scene = delivered(make_group(base=THREE_SCHOOLS))
    lose(scene, "eastbank", 11)
    read(scene, "eastbank")
    night(scene)
    return scene


def approve_while_sds_is_away(scene: TestWorld) -> None:
    """Let both schools go, in a delivery that may go and cannot."""
    scene.sds.fail_next("*", Answer(503), times=None)
    for school in ("southbank", "eastbank"):
        approval.approve(scene.world, offer_of(scene, school).name.id)
    for _ in range(20):
        send.send(scene.world, CONNECTOR)
        scene.clock.advance(60)
    assert scene.look().states[-1][1] is State.READY


# -- a no stands ---------------------------------------------------------------------------------


@pytest.mark.parametrize("rejected", [("northbank",), ("northbank", "eastbank")])
def test_a_delivery_that_is_approved_goes_without_the_schools_that_were_rejected(
    rejected: tuple[str, ...],
) -> None:
    """The yes to a delivery is for what still waits of it: nobody takes a no back for another."""
    scene = all_new()
    delivery = scene.look().deliveries[-1].id
    for school in rejected:
        approval.reject(scene.world, offer_of(scene, school).name.id)

    answered = approval.approve(scene.world, delivery)
    scene.send_until_still()

    has = {school for school, rows in sent(scene).items() if pupils(rows)}
    assert has == {"northbank", "southbank", "eastbank"} - set(rejected)
    assert answered.offers.keys() == has
    assert answered.delivery == ""
    comes_to_rest(scene)


def test_a_school_that_is_rejected_after_the_delivery_was_made_does_not_go_with_it() -> None:
    """SDS was away, so it had not gone: and what another school waits for must not send it."""
    scene = with_two_held()
    before = sent(scene)
    approve_while_sds_is_away(scene)
    approval.reject(scene.world, offer_of(scene, "southbank").name.id)
    assert scene.look().states[-1][1] is State.REJECTED
    scene.sds.heal()

    for _ in range(3):
        scene.send_until_still()
        scene.clock.advance(HOUR_S)

    assert sent(scene)["southbank"] == before["southbank"]
    assert pupils(before["eastbank"]) - pupils(sent(scene)["eastbank"]) == 11
    assert why(scene, "southbank") is Why.REJECTED
    comes_to_rest(scene)


def test_a_yes_that_is_over_does_not_send_the_delivery_that_was_made_by_it() -> None:
    """For 24 hours it may go: SDS was away for longer, and the school was not read meanwhile."""
    scene = with_two_held()
    before = sent(scene)
    approve_while_sds_is_away(scene)
    scene.clock.advance(DAY_S)
    scene.sds.heal()

    scene.send_until_still()

    assert sent(scene) == before
    assert why(scene, "southbank") is Why.LIMITS


def test_a_delivery_is_not_approved_with_what_a_school_offers_no_more() -> None:
    """A school was read again since: the yes is for the others, and the newer reading is judged."""
    scene = all_new()
    delivery = scene.look().deliveries[-1].id
    lose(scene, "northbank", 3)
    read(scene, "northbank")

    answered = approval.approve(scene.world, delivery)
    scene.send_until_still()

    assert answered.offers.keys() == {"southbank", "eastbank"}
    assert not pupils(sent(scene)["northbank"])
    assert why(scene, "northbank") is Why.FIRST
    comes_to_rest(scene)


# -- a yes can be said again ---------------------------------------------------------------------


def test_a_school_may_be_let_go_again_after_a_yes_that_came_to_nothing() -> None:
    """Its offer never gets another id, because nothing of it is read any more."""
    scene = delivered()
    scene.configure(**NO_SOUTHBANK)
    scene.send_until_still()
    offer = offer_of(scene, "southbank").name.id
    scene.sds.fail_next("*", Answer(503), times=None)
    approval.approve(scene.world, offer)
    scene.clock.advance(DAY_S + 60)
    scene.sds.heal()
    lose(scene, "northbank")
    read(scene, "northbank")
    scene.send_until_still()
    assert why(scene, "southbank") is Why.LEFT

    approval.approve(scene.world, offer)
    with pytest.raises(AnswerRefused):
        approval.approve(scene.world, offer)
    scene.send_until_still()

    assert not pupils(sent(scene)["southbank"])
    comes_to_rest(scene)


def test_a_school_that_a_restore_brought_back_may_be_let_go_again() -> None:
    """The restore has undone the yes of before, and it waits for another."""
    scene = delivered()
    first = scene.look().deliveries[-1].id
    scene.configure(**NO_SOUTHBANK)
    lose(scene, "northbank")
    read(scene, "northbank")
    scene.send_until_still()
    offer = offer_of(scene, "southbank").name.id
    approval.approve(scene.world, offer)
    scene.send_until_still()
    scene.clock.advance(HOUR_S)
    restore.restore(scene.world, first, "southbank")
    scene.send_until_still()
    assert pupils(sent(scene)["southbank"])
    scene.clock.advance(HOUR_S)
    restore.resume(scene.world)
    scene.send_until_still()
    assert why(scene, "southbank") is Why.LEFT

    approval.approve(scene.world, offer_of(scene, "southbank").name.id)
    scene.send_until_still()

    assert not pupils(sent(scene)["southbank"])


def test_the_id_of_yesterday_answers_the_same_reading_of_today() -> None:
    """The mail of last night shows it; a reading that is no other takes nothing's place."""
    scene = delivered()
    night(scene)
    yesterday = offer_of(scene, "southbank").name.id
    scene.clock.advance(DAY_S)
    read(scene, "southbank")
    today = offer_of(scene, "southbank").name.id

    answered = approval.approve(scene.world, yesterday)
    scene.send_until_still()

    assert yesterday != today
    assert answered.offers == {"southbank": today}
    assert why(scene, "southbank") is Why.SAME


# -- two connectors, and the whole ---------------------------------------------------------------


@pytest.mark.parametrize("school", ["southbank", None])
def test_a_school_that_has_moved_is_not_restored_where_it_was(school: str | None) -> None:
    """Both connectors would have its classes, and each would make its own Team of every one."""
    scene = delivered()
    first = scene.look().deliveries[-1].id
    scene.configure(PROFILES__SOUTH__CONNECTOR=OTHER_FEED.name)
    lose(scene, "northbank")
    read(scene, "northbank", "southbank")
    scene.send_until_still()
    approval.approve(scene.world, offer_of(scene, "southbank").name.id)
    scene.send_until_still()
    goes_first(scene)

    with pytest.raises(AnswerRefused, match=f"the connector {OTHER_FEED.name} holds southbank now"):
        restore.restore(scene.world, first, school)
    assert scene.look().pause is None


def test_where_the_whole_delivery_waits_each_school_in_it_is_shown_as_held() -> None:
    """`next` would say that there is nothing to do; and the id is the delivery's."""
    scene = delivered(make_group(SDS__LIMITS__ADDRESSES_PASSED="6"))
    for school in ("northbank", "southbank"):
        swap_addresses(scene, school, 6)
        read(scene, school)
    scene.send_until_still()

    shown = schools_now(scene.world, CONNECTOR)

    delivery = scene.look().deliveries[-1].id
    assert {(one.state, one.why, one.offer) for one in shown.values()} == {
        ("held", "whole", delivery)
    }


def test_a_school_may_leave_while_no_other_of_its_connector_is_read() -> None:
    """What may go is not kept back by those that are carried."""
    scene = delivered()
    scene.configure(**NO_SOUTHBANK)
    scene.clock.advance(3 * DAY_S)
    scene.send_until_still()
    approval.approve(scene.world, offer_of(scene, "southbank").name.id)

    assert send.send(scene.world, CONNECTOR).outcome is not Outcome.STALE
    scene.send_until_still()
    assert not pupils(sent(scene)["southbank"])
    assert pupils(sent(scene)["northbank"])
    comes_to_rest(scene)
