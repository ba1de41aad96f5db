"""Sending a former delivery's files again, and what a pause keeps back."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from simulators.school import invent, without_pupils
from simulators.sds import Knobs
from sync.errors import AnswerRefused, StoreUnavailable
from sync.ledger import ids, states
from sync.ledger.marks import Paused
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import approval, pull, restore, schedule, send, status
from sync.web import responses
from tests.edge.test_sweeping import DAY_S, sweep
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, OTHER_FEED, TestWorld, make_group, make_world

SCHOOL = invent(40, quirks=False)
QUICK = Knobs(operation_polls=0, run_duration_s=60)


def live(one: TestWorld, number: int, gone: int = 1) -> str:
    """Live through a night on which some pupils are missing; return the delivery's id."""
    missing = [pupil.school_id for pupil in SCHOOL.pupils[number : number + gone]]
    one.isams.school = without_pupils(SCHOOL, missing)
    one.isams.flush()
    one.pull()
    step = one.send_until_still()
    assert step.outcome is Outcome.DONE
    one.clock.advance(DAY_S)
    return step.delivery


def new_world() -> TestWorld:
    return make_world(SCHOOL, knobs=QUICK, SCHOOLS__NORTHBANK__SCHOOL_YEAR="2026")


def three_nights() -> tuple[TestWorld, list[str]]:
    """Return a world of three deliveries that SDS has taken, each of another school."""
    one = new_world()
    return one, [live(one, number) for number in (3, 5, 7)]


def staged(one: TestWorld) -> object:
    return one.sds.staged[one.sds.connectors[0].id]


def newest(one: TestWorld) -> tuple[str, State]:
    folder, reached = one.look().states[-1]
    return folder.id, reached


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(AnswerRefused) as caught:
        call()
    return str(caught.value)


def test_a_former_delivery_is_sent_again_to_the_byte() -> None:
    """What SDS holds afterwards is what it held that day, by a delivery of its own."""
    one, (first, *_) = three_nights()

    pause = restore.restore(one.world, first)
    assert one.send_until_still().outcome is Outcome.DONE

    assert staged(one) == one.sds.submissions[0].files
    assert newest(one) == (pause.delivery, State.DONE)
    view = one.look()
    assert view.manifest(one.world, view.states[-1][0]).restores == first


def test_it_is_compared_with_what_sds_holds_now() -> None:
    """A restored delivery that would lose too much waits for a person, as any other."""
    one = new_world()
    covered = [pupil for pupil in SCHOOL.pupils if pupil.year >= 3]
    few = live(one, SCHOOL.pupils.index(covered[0]), gone=20)
    live(one, 0, gone=1)

    pause = restore.restore(one.world, few)
    step = one.send_until_still()

    assert (step.outcome, step.delivery) == (Outcome.HELD, pause.delivery)
    sent = len(one.sds.submissions)
    approval.approve(one.world, pause.delivery)
    assert one.send_until_still().outcome is Outcome.DONE
    assert len(one.sds.submissions) == sent + 1
    assert staged(one) == one.sds.submissions[0].files


def test_nothing_newer_is_sent_while_it_is_paused() -> None:
    """Nights go on: iSAMS is read, sets are sealed, and none of it is merged until `resume`."""
    one, (first, *_) = three_nights()
    pause = restore.restore(one.world, first)
    one.send_until_still()
    sent = len(one.sds.submissions)

    for _ in range(3):
        one.clock.advance(DAY_S)
        schedule.tick(one.world)
        assert pull.pull(one.world, "northbank").outcome is Outcome.SEALED
        assert one.send_until_still().outcome is Outcome.PAUSED
        one.nudges.kept.clear()
        one.clock.advance(3600)
        schedule.tick(one.world)
        assert one.nudges.kept == []
    assert len(one.sds.submissions) == sent
    assert newest(one)[0] == pause.delivery

    assert restore.resume(one.world) == [CONNECTOR]
    one.pull()
    assert one.send_until_still().outcome is Outcome.DONE
    assert len(one.sds.submissions) == sent + 1
    assert staged(one) == one.sds.submissions[2].files


def test_asked_twice_it_is_one_delivery() -> None:
    """Whoever heard no answer asks again, and gets the same; so does who resumes twice."""
    one, (first, *_) = three_nights()

    found = [restore.restore(one.world, first).delivery for _ in range(2)]
    one.send_until_still()
    found.append(restore.restore(one.world, first).delivery)
    one.send_until_still()

    assert len(set(found)) == 1
    assert len(one.sds.submissions) == 4
    assert [restore.resume(one.world) for _ in range(2)] == [[CONNECTOR], []]


def test_another_one_can_be_restored_while_it_is_paused() -> None:
    """It was the wrong day: the next choice counts, and one `resume` ends it all."""
    one, (first, second, _) = three_nights()
    restore.restore(one.world, first)
    one.send_until_still()
    one.clock.advance(3600)

    restore.restore(one.world, second)
    one.send_until_still()

    assert staged(one) == one.sds.submissions[1].files
    restore.resume(one.world)
    assert one.look().pause is None


def test_what_came_to_nothing_can_be_asked_for_again() -> None:
    """A restored delivery that somebody rejected does not stand in the way of another try."""
    one, (first, *_) = three_nights()
    pause = restore.restore(one.world, first)
    send.send(one.world, CONNECTOR)
    send.send(one.world, CONNECTOR)
    approval.reject(one.world, pause.delivery)
    assert one.send_until_still().outcome is Outcome.PAUSED
    one.clock.advance(60)

    again = restore.restore(one.world, first)
    assert again.delivery != pause.delivery
    assert one.send_until_still().outcome is Outcome.DONE
    assert staged(one) == one.sds.submissions[0].files


def test_what_sds_holds_already_is_not_sent_again() -> None:
    """To restore the last one is a way to pause."""
    one, (*_, last) = three_nights()

    restore.restore(one.world, last)

    assert one.send_until_still().outcome is Outcome.UNCHANGED
    assert len(one.sds.submissions) == 3
    assert one.send_until_still().outcome is Outcome.PAUSED


def test_a_delivery_on_its_way_is_kept_back_by_a_pause() -> None:
    """What was ready to go when a person asked does not go before or after the restored one."""
    one, (first, *_) = three_nights()
    one.isams.school = SCHOOL
    one.isams.flush()
    one.pull()
    assert send.send(one.world, CONNECTOR).outcome is Outcome.SEALED
    assert send.send(one.world, CONNECTOR).outcome is Outcome.PLANNED

    restore.restore(one.world, first)  # in the same second
    assert one.send_until_still().outcome is Outcome.DONE

    assert len(one.sds.submissions) == 4
    assert staged(one) == one.sds.submissions[0].files


def test_only_what_sds_has_accepted_can_be_restored() -> None:
    """Not what was held, nor what never was; and nothing is paused by asking."""
    one = make_world(SCHOOL, knobs=QUICK, SDS__HOLD_FIRST="true")
    one.pull()
    held = one.send_until_still()

    assert "never accepted" in refused(lambda: restore.restore(one.world, held.delivery))
    assert "no delivery" in refused(lambda: restore.restore(one.world, "20260914T210001Z-00000000"))
    assert one.look().pause is None


def test_what_is_swept_cannot_be_restored() -> None:
    """Its files are gone, and that is said; what SDS held within the week can still come back."""
    one, (first, second, third) = three_nights()
    one.clock.advance(5 * DAY_S)
    sweep(one)

    assert "past their time" in refused(lambda: restore.restore(one.world, first))
    told = status.survey(one.world).document()["connectors"]
    assert isinstance(told, dict)
    assert [each["id"] for each in told[CONNECTOR]["restorable"]] == [third, second]
    restore.restore(one.world, second)
    assert one.send_until_still().outcome is Outcome.DONE


def test_a_sweep_keeps_what_is_to_be_restored() -> None:
    """From the moment that a person asks, the files stay until they have been sent."""
    one, (first, *_) = three_nights()
    restore.restore(one.world, first)
    one.clock.advance(20 * DAY_S)
    sweep(one)
    assert one.store.read(f"{one.look().prefix}{first}/users.csv")

    restore.resume(one.world)
    sweep(one)

    assert not [b for b in one.store.blobs(f"{one.look().prefix}{first}/") if "csv" in b.name]


def test_a_restore_that_nobody_sent_in_two_days_is_not_sent() -> None:
    """Then a person should look again, as with anything that is older than 48 h."""
    one, (first, *_) = three_nights()
    restore.restore(one.world, first)
    send.send(one.world, CONNECTOR)
    send.send(one.world, CONNECTOR)
    one.clock.advance(states.DATA_LASTS.total_seconds() + 60)

    assert one.send_until_still().outcome is Outcome.STALE
    assert len(one.sds.submissions) == 3


def test_a_restore_needs_nothing_but_the_delivery_itself() -> None:
    """Its sets are forgotten sooner where it lasted for long, and people delete old profiles."""
    one, (first, *_) = three_nights()
    view = one.look()
    for profile, own in view.manifest(one.world, view.states[0][0]).sources.items():
        for blob in one.store.blobs(f"{ids.profile_folder(profile)}{own}/"):
            one.store.delete(blob.name)

    restore.restore(one.world, first)

    assert one.send_until_still().outcome is Outcome.DONE
    assert staged(one) == one.sds.submissions[0].files


def test_files_that_somebody_has_changed_are_not_restored() -> None:
    """The new delivery fails for good and says why; SDS keeps what it has."""
    one, (first, *_) = three_nights()
    name = f"{one.look().prefix}{first}/users.csv"
    one.store.delete(name)
    one.store.create(name, b"changed")

    pause = restore.restore(one.world, first)

    step = one.send_until_still()
    assert (step.outcome, step.error and step.error.code) == (Outcome.FAILED, "StoreConflict")
    assert newest(one) == (pause.delivery, State.FAILED)
    assert len(one.sds.submissions) == 3


def test_a_pause_is_one_connectors_own() -> None:
    """The other schools of a group go on as ever."""
    one = make_group(PROFILES__SOUTH__CONNECTOR=OTHER_FEED.name)
    for key in ("northbank", "southbank"):
        one.pull(key)
    one.send_until_still()
    step = one.send_until_still(OTHER_FEED.name)
    approval.approve(one.world, step.delivery)
    assert one.send_until_still(OTHER_FEED.name).outcome is Outcome.DONE

    restore.restore(one.world, step.delivery)

    assert one.look(OTHER_FEED.name).pause
    assert one.look().pause is None
    assert restore.resume(one.world, CONNECTOR) == []
    assert restore.resume(one.world) == [OTHER_FEED.name]


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
    one = make_world(SCHOOL, knobs=QUICK, store=Losing)
    first = live(one, 3)
    live(one, 5)
    assert isinstance(one.store, Losing)
    one.store.losing = True
    with pytest.raises(StoreUnavailable):
        restore.restore(one.world, first)
    asked = one.look().pause
    assert asked

    one.nudges.kept.clear()
    one.clock.advance(states.STANDSTILL.total_seconds() + 1)
    schedule.tick(one.world)
    assert ("send", {"connector": CONNECTOR}, 0) in one.nudges.kept

    assert restore.restore(one.world, first) == asked
    assert one.send_until_still().outcome is Outcome.DONE
    assert staged(one) == one.sds.submissions[0].files


def test_the_status_says_that_it_is_paused_and_what_can_come_back() -> None:
    """Since when, what was restored, and as which delivery."""
    one, (first, *_) = three_nights()
    pause: Paused = restore.restore(one.world, first)

    told = status.survey(one.world).document()["connectors"]

    assert isinstance(told, dict)
    assert told[CONNECTOR]["paused"] == {
        "since": pause.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "restores": first,
        "delivery": pause.delivery,
    }


def test_over_http_the_answers_say_what_was_done() -> None:
    """202 for a restore, 409 for what cannot be, 404 for a connector that is none."""
    one, (first, *_) = three_nights()

    done = responses.to_restore(one.world, first)
    assert done.status == 202
    assert json.loads(done.body)["restores"] == first
    unknown = responses.responded(lambda: responses.to_restore(one.world, "x"), one.world.tell)
    assert unknown.status == 409
    assert responses.to_resume(one.world, "Nobody's feed").status == 404
    assert json.loads(responses.to_resume(one.world, None).body) == {"resumed": [CONNECTOR]}
