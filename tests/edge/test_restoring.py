"""Sending a former delivery's files again, and what a pause keeps back."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from simulators.school import invent
from simulators.sds import Knobs
from sync.errors import AnswerRefused, StoreUnavailable
from sync.ledger import ids, states
from sync.ledger.claims import Paused
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import approval, pull, restore, send, status, tick
from sync.web import responses
from tests.edge.test_sweeping import DAY_S, sweep
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, OTHER_FEED, TESTER, TestWorld, make_group, make_world

SCHOOL = invent(40, quirks=False)
QUICK = Knobs(operation_polls=0, run_duration_s=60)


def live(scene: TestWorld, number: int, gone: int = 1) -> str:
    """Live through a night on which some pupils are missing; return the delivery's id."""
    missing = [pupil.school_id for pupil in SCHOOL.pupils[number : number + gone]]
    scene.next_night(changed=SCHOOL, without=missing, after_h=0)
    step = scene.send_until_still()
    assert step.outcome is Outcome.DONE
    scene.clock.advance(DAY_S)
    return step.delivery


def new_world() -> TestWorld:
    return make_world(SCHOOL, knobs=QUICK, SCHOOLS__NORTHBANK__SCHOOL_YEAR="2026")


def three_nights() -> tuple[TestWorld, list[str]]:
    """Return a world of three deliveries that SDS has taken, each of another school."""
    scene = new_world()
    return scene, [live(scene, number) for number in (3, 5, 7)]


def staged(scene: TestWorld) -> object:
    return scene.sds.staged[scene.sds.connectors[0].id]


def newest(scene: TestWorld) -> tuple[str, State]:
    folder, reached = scene.look().states[-1]
    return folder.id, reached


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(AnswerRefused) as caught:
        call()
    return str(caught.value)


def test_a_former_delivery_is_sent_again_to_the_byte() -> None:
    """What SDS holds afterwards is what it held that day, by a new delivery."""
    scene, (first, *_) = three_nights()

    pause = restore.restore(scene.world, first)
    assert scene.send_until_still().outcome is Outcome.DONE

    assert staged(scene) == scene.sds.submissions[0].files
    assert newest(scene) == (pause.delivery, State.DONE)
    listing = scene.look()
    assert listing.states[-1][0].manifest().restores == first


def test_it_is_compared_with_what_sds_holds_now() -> None:
    """A restored delivery that would lose too much waits for a person, as any other."""
    scene = new_world()
    covered = [pupil for pupil in SCHOOL.pupils if pupil.year >= 3]
    few = live(scene, SCHOOL.pupils.index(covered[0]), gone=12)
    live(scene, 0, gone=1)

    pause = restore.restore(scene.world, few)
    step = scene.send_until_still()

    assert (step.outcome, step.delivery) == (Outcome.HELD, pause.delivery)
    sent = len(scene.sds.submissions)
    approval.approve(scene.world, pause.delivery)
    assert scene.send_until_still().outcome is Outcome.DONE
    assert len(scene.sds.submissions) == sent + 1
    assert staged(scene) == scene.sds.submissions[0].files


def test_nothing_newer_is_sent_while_it_is_paused() -> None:
    """Nights go on: iSAMS is read, sets are sealed, and none of it is merged until `resume`."""
    scene, (first, *_) = three_nights()
    pause = restore.restore(scene.world, first)
    scene.send_until_still()
    sent = len(scene.sds.submissions)

    for _ in range(3):
        scene.clock.advance(DAY_S)
        tick.tick(scene.world)
        assert pull.pull(scene.world, "northbank").outcome is Outcome.SEALED
        assert scene.send_until_still().outcome is Outcome.PAUSED
        scene.nudges.kept.clear()
        scene.clock.advance(3600)
        tick.tick(scene.world)
        assert scene.nudges.kept == []
    assert len(scene.sds.submissions) == sent
    assert newest(scene)[0] == pause.delivery

    assert restore.resume(scene.world) == [CONNECTOR]
    scene.pull()
    assert scene.send_until_still().outcome is Outcome.DONE
    assert len(scene.sds.submissions) == sent + 1
    assert staged(scene) == scene.sds.submissions[2].files


def test_asked_twice_it_is_one_delivery() -> None:
    """Whoever heard no answer asks again, and gets the same; so does who resumes twice."""
    scene, (first, *_) = three_nights()

    found = [restore.restore(scene.world, first).delivery for _ in range(2)]
    scene.send_until_still()
    found.append(restore.restore(scene.world, first).delivery)
    scene.send_until_still()

    assert len(set(found)) == 1
    assert len(scene.sds.submissions) == 4
    assert [restore.resume(scene.world) for _ in range(2)] == [[CONNECTOR], []]


def test_another_one_can_be_restored_while_it_is_paused() -> None:
    """It was the wrong day: the next choice counts, and one `resume` ends it all."""
    scene, (first, second, _) = three_nights()
    restore.restore(scene.world, first)
    scene.send_until_still()
    scene.clock.advance(3600)

    restore.restore(scene.world, second)
    scene.send_until_still()

    assert staged(scene) == scene.sds.submissions[1].files
    restore.resume(scene.world)
    assert scene.look().pause is None


def test_what_came_to_nothing_can_be_asked_for_again() -> None:
    """A restored delivery that somebody rejected does not stand in the way of another try."""
    scene, (first, *_) = three_nights()
    pause = restore.restore(scene.world, first)
    send.send(scene.world, CONNECTOR)
    send.send(scene.world, CONNECTOR)
    approval.reject(scene.world, pause.delivery)
    assert scene.send_until_still().outcome is Outcome.PAUSED
    scene.clock.advance(60)

    again = restore.restore(scene.world, first)
    assert again.delivery != pause.delivery
    assert scene.send_until_still().outcome is Outcome.DONE
    assert staged(scene) == scene.sds.submissions[0].files


def test_what_sds_holds_already_is_not_sent_again() -> None:
    """To restore the last one is a way to pause."""
    scene, (*_, last) = three_nights()

    restore.restore(scene.world, last)

    assert scene.send_until_still().outcome is Outcome.UNCHANGED
    assert len(scene.sds.submissions) == 3
    assert scene.send_until_still().outcome is Outcome.PAUSED


def test_a_delivery_on_its_way_is_kept_back_by_a_pause() -> None:
    """What was ready to go when a person asked does not go before or after the restored one."""
    scene, (first, *_) = three_nights()
    scene.next_night(changed=SCHOOL, after_h=0)
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.SEALED
    assert send.send(scene.world, CONNECTOR).outcome is Outcome.PLANNED

    restore.restore(scene.world, first)  # in the same second
    assert scene.send_until_still().outcome is Outcome.DONE

    assert len(scene.sds.submissions) == 4
    assert staged(scene) == scene.sds.submissions[0].files


def test_only_what_sds_has_accepted_can_be_restored() -> None:
    """Not what was held, nor what never was; and nothing is paused by asking."""
    scene = make_world(SCHOOL, knobs=QUICK, SDS__HOLD_FIRST="true")
    scene.pull()
    held = scene.send_until_still()

    assert "never accepted" in refused(lambda: restore.restore(scene.world, held.delivery))
    assert "no delivery" in refused(
        lambda: restore.restore(scene.world, "20260914T210001Z-00000000")
    )
    assert scene.look().pause is None


def test_what_is_swept_cannot_be_restored() -> None:
    """Its files are gone, and that is said; what SDS held within the week can still come back."""
    scene, (first, second, third) = three_nights()
    scene.clock.advance(5 * DAY_S)
    sweep(scene)

    assert "past their time" in refused(lambda: restore.restore(scene.world, first))
    told = status.survey(scene.world).document()["connectors"]
    assert isinstance(told, dict)
    assert [each["id"] for each in told[CONNECTOR]["restorable"]] == [third, second]
    restore.restore(scene.world, second)
    assert scene.send_until_still().outcome is Outcome.DONE


def test_a_sweep_keeps_what_is_to_be_restored() -> None:
    """From the moment that a person asks, the files stay until they have been sent."""
    scene, (first, *_) = three_nights()
    restore.restore(scene.world, first)
    scene.clock.advance(20 * DAY_S)
    sweep(scene)
    assert scene.store.read(f"{scene.look().prefix}{first}/users.csv")

    restore.resume(scene.world)
    sweep(scene)

    assert not [b for b in scene.store.blobs(f"{scene.look().prefix}{first}/") if "csv" in b.name]


def test_a_restore_that_nobody_sent_in_two_days_is_not_sent() -> None:
    """Then a person should look again, as with anything that is older than 48 h."""
    scene, (first, *_) = three_nights()
    restore.restore(scene.world, first)
    send.send(scene.world, CONNECTOR)
    send.send(scene.world, CONNECTOR)
    scene.clock.advance(states.DATA_LASTS.total_seconds() + 60)

    assert scene.send_until_still().outcome is Outcome.STALE
    assert len(scene.sds.submissions) == 3


def test_a_restore_needs_nothing_but_the_delivery_itself() -> None:
    """Its sets are forgotten sooner where it lasted for long, and people delete old profiles."""
    scene, (first, *_) = three_nights()
    listing = scene.look()
    for profile, set_id in listing.states[0][0].manifest().sources.items():
        for blob in scene.store.blobs(f"{ids.profile_folder(profile)}{set_id}/"):
            scene.store.delete(blob.name)

    restore.restore(scene.world, first)

    assert scene.send_until_still().outcome is Outcome.DONE
    assert staged(scene) == scene.sds.submissions[0].files


@pytest.mark.parametrize("body", [b"changed", None])
def test_files_that_are_gone_or_changed_are_not_restored(body: bytes | None) -> None:
    """Whoever asks is told at once, and nothing waits for what cannot come."""
    scene, (first, *_) = three_nights()
    name = f"{scene.look().prefix}{first}/users.csv"
    scene.store.delete(name)
    if body:
        scene.store.create(name, body)

    with pytest.raises(AnswerRefused, match="gone or damaged"):
        restore.restore(scene.world, first)

    assert scene.look().pause is None
    assert len(scene.sds.submissions) == 3


def test_a_pause_is_one_connectors_own() -> None:
    """The other schools of a group go on as ever."""
    scene = make_group(PROFILES__SOUTH__CONNECTOR=OTHER_FEED.name)
    for key in ("northbank", "southbank"):
        scene.pull(key)
    scene.send_until_still()
    step = scene.send_until_still(OTHER_FEED.name)
    approval.approve(scene.world, step.delivery)
    assert scene.send_until_still(OTHER_FEED.name).outcome is Outcome.DONE

    restore.restore(scene.world, step.delivery)

    assert scene.look(OTHER_FEED.name).pause
    assert scene.look().pause is None
    assert restore.resume(scene.world, CONNECTOR) == []
    assert restore.resume(scene.world) == [OTHER_FEED.name]


class Losing(MemoryStore):
    """Does what it is told, and loses the answer to the next claim of a pause."""

    losing = False

    def claim(self, name: str, body: bytes) -> bool:
        done = super().claim(name, body)
        if self.losing and "/pauses/" in name:
            self.losing = False
            raise StoreUnavailable("the answer was lost")
        return done


def test_a_restore_whose_answer_was_lost_is_the_same_when_repeated() -> None:
    """The pause stands from the first moment, and the tick does the rest even if nobody asks."""
    scene = make_world(SCHOOL, knobs=QUICK, store=Losing)
    first = live(scene, 3)
    live(scene, 5)
    assert isinstance(scene.store, Losing)
    scene.store.losing = True
    with pytest.raises(StoreUnavailable):
        restore.restore(scene.world, first)
    asked = scene.look().pause
    assert asked

    scene.nudges.kept.clear()
    scene.clock.advance(states.STANDSTILL.total_seconds() + 1)
    tick.tick(scene.world)
    assert ("send", {"connector": CONNECTOR}, 0) in scene.nudges.kept

    assert restore.restore(scene.world, first) == asked
    assert scene.send_until_still().outcome is Outcome.DONE
    assert staged(scene) == scene.sds.submissions[0].files


def test_the_status_says_that_it_is_paused_and_what_can_come_back() -> None:
    """Since when, what was restored, and as which delivery."""
    scene, (first, *_) = three_nights()
    pause: Paused = restore.restore(scene.world, first)

    told = status.survey(scene.world).document()["connectors"]

    assert isinstance(told, dict)
    assert told[CONNECTOR]["paused"] == {
        "since": pause.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "restores": first,
        "delivery": pause.delivery,
        "caller": TESTER,
    }


def test_over_http_the_answers_say_what_was_done() -> None:
    """202 for a restore, 409 for what cannot be, 404 for a connector that is none."""
    scene, (first, *_) = three_nights()

    done = responses.to_restore(scene.world, first)
    assert done.status == 202
    assert json.loads(done.body)["restores"] == first
    unknown = responses.responded(lambda: responses.to_restore(scene.world, "x"), scene.world.tell)
    assert unknown.status == 409
    assert responses.to_resume(scene.world, "Nobody's feed").status == 404
    assert json.loads(responses.to_resume(scene.world, None).body) == {"resumed": [CONNECTOR]}
