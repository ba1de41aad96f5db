"""Restoring what SDS had of a single school: all others stay exactly as SDS has them."""

from __future__ import annotations

import json

import pytest

from sync.errors import AnswerRefused
from sync.ledger.claims import Paused
from sync.ledger.offers import Schools, Why
from sync.report import Outcome
from sync.steps import approval, restore, status
from sync.web import responses
from tests.edge.group_stage import (
    DAY_S,
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
from tests.worlds import CONNECTOR, TestWorld, make_group, make_world


def two_nights() -> tuple[TestWorld, str]:
    """Return a world in which each school has lost a pupil since the first delivery, and its id."""
    scene = delivered()
    first = scene.look().deliveries[-1].id
    for school in ("northbank", "southbank"):
        lose(scene, school)
        read(scene, school)
    assert scene.send_until_still().outcome is Outcome.DONE
    scene.clock.advance(3600)
    return scene, first


def refused(scene: TestWorld, delivery_id: str, school: str) -> str:
    with pytest.raises(AnswerRefused) as caught:
        restore.restore(scene.world, delivery_id, school)
    assert scene.look().pause is None
    return str(caught.value)


def test_only_the_school_that_was_asked_for_comes_back() -> None:
    """It has its rows of then, and each other school just those that SDS has."""
    scene, first = two_nights()
    then, now = sent(scene, 0), sent(scene)

    pause = restore.restore(scene.world, first, "southbank")
    assert scene.send_until_still().outcome is Outcome.DONE

    assert sent(scene)["southbank"] == then["southbank"]
    assert sent(scene)["northbank"] == now["northbank"]
    delivery = scene.look().deliveries[-1]
    assert (delivery.id, delivery.manifest().restores) == (pause.delivery, first)
    comes_to_rest(scene)


def test_the_delivery_says_which_school_was_restored() -> None:
    """The others are as SDS has them, and nobody is asked for an answer about them."""
    scene, first = two_nights()
    restore.restore(scene.world, first, "southbank")
    scene.send_until_still()

    schools = scene.look().deliveries[-1].read(Schools)
    assert {key: part.why for key, part in schools.parts.items()} == {
        "northbank": Why.SAME,
        "southbank": Why.RESTORED,
    }
    assert not any(part.offer for part in schools.parts.values())


def test_the_whole_connector_is_paused_until_somebody_resumes() -> None:
    """Also the school that was not restored: its news goes afterwards, and so does the other's."""
    scene, first = two_nights()
    restore.restore(scene.world, first, "southbank")
    scene.send_until_still()
    lose(scene, "northbank")
    read(scene, "northbank")
    assert scene.send_until_still().outcome is Outcome.PAUSED
    assert restore.resume(scene.world) == [CONNECTOR]

    assert scene.send_until_still().outcome is Outcome.DONE
    gone = [pupils(sent(scene, 0)[key]) - pupils(sent(scene)[key]) for key in scene.isams_of]
    assert gone == [2, 1]
    comes_to_rest(scene)


def test_a_school_that_was_let_go_comes_back() -> None:
    """Settings do not name it any more, SDS has nothing of it: its rows of then are added."""
    scene = delivered()
    first = scene.look().deliveries[-1].id
    named = {name: "" for name in scene.env if "SOUTH" in name}
    scene.configure(**named)
    lose(scene, "northbank")
    read(scene, "northbank")
    scene.send_until_still()
    approval.approve(scene.world, offer_of(scene, "southbank").name.id)
    assert scene.send_until_still().outcome is Outcome.DONE
    scene.clock.advance(3600)

    restore.restore(scene.world, first, "southbank")
    step = scene.send_until_still()
    if step.outcome is Outcome.HELD:
        approval.approve(scene.world, step.delivery)
        scene.send_until_still()
    assert sent(scene)["southbank"] == sent(scene, 0)["southbank"]
    assert sent(scene)["northbank"] == sent(scene, 1)["northbank"]


def test_a_school_comes_back_from_a_delivery_of_the_version_before() -> None:
    """That does not say what it has of whom: its files do."""
    scene, first = two_nights()
    scene.store.delete(f"{scene.look().prefix}{first}/{Schools.file_name}")

    restore.restore(scene.world, first, "southbank")
    assert scene.send_until_still().outcome is Outcome.DONE

    assert sent(scene)["southbank"] == sent(scene, 0)["southbank"]
    assert sent(scene)["northbank"] == sent(scene, 1)["northbank"]


def test_asked_twice_it_is_one_delivery_and_of_another_school_another() -> None:
    """Whoever heard no answer asks again; who meant the other school gets that."""
    scene, first = two_nights()

    same = {restore.restore(scene.world, first, "southbank").delivery for _ in range(2)}
    scene.send_until_still()
    same.add(restore.restore(scene.world, first, "southbank").delivery)
    scene.clock.advance(60)
    other = restore.restore(scene.world, first, "northbank")
    scene.clock.advance(60)
    whole = restore.restore(scene.world, first)

    assert len({*same, other.delivery, whole.delivery}) == 3
    assert len(same) == 1


def test_a_restore_of_a_school_voids_what_was_approved() -> None:
    """As any restore does: who wants something back has looked anew."""
    scene = delivered()
    first = scene.look().deliveries[-1].id
    night(scene)
    approval.approve(scene.world, offer_of(scene, "southbank").name.id)
    restore.restore(scene.world, first, "northbank")
    scene.send_until_still()
    restore.resume(scene.world)
    scene.send_until_still()

    assert why(scene, "southbank") is Why.LIMITS
    assert pupils(sent(scene)["southbank"]) == pupils(sent(scene, 0)["southbank"])


@pytest.mark.parametrize("school", ["eastbank", "", "south"])
def test_a_school_that_nobody_knows_is_refused(school: str) -> None:
    """The answer names those that there are, and nothing is paused."""
    scene, first = two_nights()

    assert "northbank, southbank" in refused(scene, first, school)


def test_a_school_that_the_former_delivery_lacks_is_refused() -> None:
    """It came later: there is nothing of it to bring back."""
    scene = make_group()
    read(scene, "northbank")
    scene.send_until_still()
    first = scene.look().deliveries[-1].id
    scene.clock.advance(DAY_S)
    read(scene, "southbank")
    scene.send_until_still()

    said = refused(scene, first, "southbank")
    assert "nothing of southbank" in said
    assert "it has northbank" in said


def test_where_a_connector_has_one_school_the_delivery_is_restored_without_it() -> None:
    """It would be the same in other words, and two ways to say it are one too many."""
    scene = make_world()
    scene.pull()
    scene.send_until_still()

    assert "one school" in refused(scene, scene.look().deliveries[-1].id, "northbank")


def test_where_nobody_can_read_what_sds_has_of_the_others_it_is_refused() -> None:
    """They would be sent as nobody knows what: the whole delivery can still come back."""
    scene, first = two_nights()
    scene.store.delete(scene.look().deliveries[-1].path("users.csv"))

    assert "whole delivery" in refused(scene, first, "southbank")


def test_a_pause_for_a_whole_delivery_is_stored_as_ever() -> None:
    """As the version before wrote it, and who asked; of a school it says so."""
    scene, first = two_nights()
    restore.restore(scene.world, first)
    name = f"{scene.look().pauses.in_force}.json"
    assert set(json.loads(scene.store.read(name))) == {"restores", "delivery", "at", "by", "caller"}
    scene.clock.advance(60)

    pause = restore.restore(scene.world, first, "southbank")
    name = f"{scene.look().pauses.in_force}.json"
    assert Paused.from_json(name, scene.store.read(name)) == pause
    assert json.loads(scene.store.read(name))["school"] == "southbank"


def test_over_http_and_in_the_status_the_school_is_named() -> None:
    """Whoever looks later must see that only one came back."""
    scene, first = two_nights()

    done = responses.to_restore(scene.world, first, "southbank")
    assert done.status == 202
    assert json.loads(done.body)["school"] == "southbank"
    connectors = status.survey(scene.world).document()["connectors"]
    assert isinstance(connectors, dict)
    assert connectors[CONNECTOR]["paused"]["school"] == "southbank"
