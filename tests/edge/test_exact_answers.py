"""P7: an answer says exactly what it is for, and it is kept and told whose it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from sync.edge.world import World
from sync.errors import AnswerOutdated, AnswerRefused
from sync.ledger import callers
from sync.ledger.claims import Paused, Resumed
from sync.ledger.marks import Approved, Asked, Rejected, Vouched
from sync.ledger.offers import short_digest
from sync.ledger.record import Record
from sync.steps import approval, pull, restore, schedule, status, status_values, tick
from sync.steps.approval import Answered
from sync.web import responses
from sync.web.exchange import Response
from tests.edge.group_stage import DAY_S, delivered, lose, night, offer_of, read
from tests.edge.test_hand_over_again import unproven
from tests.mark_names import APPROVED, REJECTED
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, THREE_SCHOOLS, TestWorld, make_group, make_world

type Json = Any  # parsed JSON
type Say = Callable[[World, str], Answered]

ANOTHER = "0b1f8a52-0000-4000-8000-00000000e15e"
USER = callers.at_terminal("jo.example")


def held() -> tuple[TestWorld, str]:
    """Return a group of which southbank is held, and its offer's id."""
    scene = delivered()
    night(scene)
    return scene, offer_of(scene, "southbank").name.id


def held_delivery() -> tuple[TestWorld, str]:
    """Return a school whose first delivery is held, and its id."""
    scene = make_world(SDS__HOLD_FIRST="true")
    scene.pull()
    return scene, scene.send_until_still().delivery


def asked(scene: TestWorld, word: str, answered_id: str, if_match: str = "") -> Response:
    ask = {"approve": responses.to_approve, "reject": responses.to_reject}[word]
    work = partial(ask, scene.world, answered_id, if_match)
    return responses.responded(work, scene.steps.append)


def told(response: Response) -> Json:
    return json.loads(response.body)


def written(scene: TestWorld) -> list[str]:
    """Return the names of the answers that were written."""
    return [blob.name for blob in scene.store.blobs("") if blob.name.endswith((APPROVED, REJECTED))]


def refused(scene: TestWorld, answered_id: str, answer: Say = approval.approve) -> AnswerRefused:
    with pytest.raises(AnswerRefused) as caught:
        answer(scene.world, answered_id)
    return caught.value


def standing(scene: TestWorld) -> Json:
    return status.survey(scene.world).document()["connectors"]


# --- What exactly ---------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["approve", "reject"])
@pytest.mark.parametrize(
    "if_match", ["", "  ", "*", '""x', 'W/"1234abcd"', '"1234abcd", "5678abcd"']
)
def test_an_answer_that_does_not_say_what_it_is_for_is_refused_with_the_line_to_type(
    word: str, if_match: str
) -> None:
    """428, and nothing written: neither `*` nor several digests say exactly what."""
    scene, offer = held()
    answer = asked(scene, word, offer, if_match)
    digest = approval.digest_of(scene.world, offer)

    assert (answer.status, answer.headers["ETag"]) == (428, f'"{digest}"')
    assert f"-H If-Match:{digest} $APP/api/deliveries/{offer}/{word}" in told(answer)["message"]
    assert '"' not in told(answer)["message"]
    assert written(scene) == []


@pytest.mark.parametrize("word", ["approve", "reject"])
@pytest.mark.parametrize("form", ['"{}"', "{}", ' "{}" '])
def test_an_answer_for_exactly_what_waits_is_taken(word: str, form: str) -> None:
    """By the digest that the status tells; shells take its quotation marks off."""
    scene, offer = held()
    digest = standing(scene)[CONNECTOR]["schools"]["southbank"]["digest"]

    assert asked(scene, word, offer, form.format(digest.upper())).status == 200
    assert len(written(scene)) == 1


@pytest.mark.parametrize("word", ["approve", "reject"])
@pytest.mark.parametrize("if_match", ['"00000000"', '""', "now", '"{id}"'])
def test_an_answer_for_something_else_is_refused_with_what_waits(word: str, if_match: str) -> None:
    """412, and nothing written: an id is no digest either, and says nothing of having looked."""
    scene, offer = held()
    answer = asked(scene, word, offer, if_match.format(id=offer))
    digest = approval.digest_of(scene.world, offer)

    assert (answer.status, answer.headers["ETag"]) == (412, f'"{digest}"')
    assert told(answer)["facts"]["digest"] == digest
    assert written(scene) == []


@pytest.mark.parametrize("word", ["approve", "reject"])
@pytest.mark.parametrize("if_match", ["", '"00000000"'])
def test_what_does_not_wait_is_told_before_what_is_said_of_it(word: str, if_match: str) -> None:
    """409, not 428: nobody is asked for the digest of what has no answer any more."""
    scene, offer = held()
    approval.reject(scene.world, offer)

    assert asked(scene, word, offer, if_match).status == 409


def test_the_digest_of_a_delivery_is_of_every_offer_that_its_answer_would_be_about() -> None:
    """Two schools wait, and one is refused by somebody: what stood for both stands for neither."""
    scene, delivery = two_held()
    both = approval.digest_of(scene.world, delivery)
    approval.reject(scene.world, offer_of(scene, "eastbank").name.id)

    with pytest.raises(AnswerOutdated):
        approval.approve(scene.world, delivery, both)

    assert [name.split("/")[-3] for name in written(scene)] == ["eastbank"]


def test_a_yes_to_a_delivery_of_which_a_part_has_its_yes_is_about_the_rest() -> None:
    """Whoever looked at both schools looked at the other: as after a call that died half way."""
    scene, delivery = two_held()
    both = approval.digest_of(scene.world, delivery)
    approval.approve(scene.world, offer_of(scene, "eastbank").name.id)

    assert approval.approve(scene.world, delivery, both).offers.keys() == {"southbank"}


def two_held() -> tuple[TestWorld, str]:
    """Return a group of which two schools are held in one delivery, and its id."""
    scene = delivered(make_group(base=THREE_SCHOOLS))
    for school in ("southbank", "eastbank"):
        lose(scene, school, 11)
        read(scene, school)
    return scene, scene.send_until_still().delivery


def test_the_same_step_of_another_night_has_the_same_digest_and_another_step_has_not() -> None:
    """It is of what would change, and not of when that was read."""
    scene, offer = held()
    first = approval.digest_of(scene.world, offer)
    again = digest_after_reading(scene)
    lose(scene, "southbank")
    other = digest_after_reading(scene)

    assert first == again != other


def digest_after_reading(scene: TestWorld) -> str:
    """Read southbank again, have what it offers compared, and return the digest of that."""
    scene.clock.advance(3600)
    read(scene, "southbank")
    scene.send_until_still()
    return approval.digest_of(scene.world, offer_of(scene, "southbank").name.id)


def test_the_digest_of_a_delivery_is_told_while_it_waits() -> None:
    """By the status; once it is on its way there is nothing to answer."""
    scene, delivery = held_delivery()
    before = standing(scene)[CONNECTOR]["deliveries"][0]
    answer = asked(scene, "approve", delivery, before["digest"])
    scene.send_until_still()
    after = standing(scene)[CONNECTOR]["deliveries"][0]

    assert (answer.status, before["digest"]) != (409, after.get("digest"))
    assert answer.status == 200
    assert "digest" not in after


def test_what_may_go_is_stopped_with_the_digest_that_was_seen_before_it() -> None:
    """The yes of another changes nothing of what is about to go."""
    scene, delivery = held_delivery()
    before = standing(scene)[CONNECTOR]["deliveries"][0]["digest"]
    approval.approve(scene.world, delivery)

    assert standing(scene)[CONNECTOR]["deliveries"][0]["digest"] == before
    assert asked(scene, "reject", delivery, before).status == 200


def test_a_delivery_that_is_answered_itself_has_its_files_in_its_digest() -> None:
    """To say yes to a school's step is less than to say yes to all that a delivery holds."""
    scene, delivery = held_delivery()
    offer = offer_of(scene, "northbank").name.id

    assert approval.digest_of(scene.world, delivery) != approval.digest_of(scene.world, offer)


def test_the_order_of_what_is_answered_does_not_matter() -> None:
    """Two listings of the same schools are the same answer; another number of them is not."""
    assert short_digest(["a", "b"]) == short_digest(["b", "a"]) != short_digest(["ab"])
    assert len(short_digest([])) == 8


# --- By whom --------------------------------------------------------------------------------


def by(scene: TestWorld, caller: str) -> World:
    return replace(scene.world, caller=caller)


@pytest.mark.parametrize("caller", [ANOTHER, "key", USER])
@pytest.mark.parametrize("word", ["approve", "reject"])
def test_an_answer_keeps_who_gave_it_and_tells_an_id(word: str, caller: str) -> None:
    """In its mark; in the log line and the status as an id, never as the name of a user."""
    scene, offer = held()
    ask = {"approve": responses.to_approve, "reject": responses.to_reject}[word]
    ask(by(scene, caller), offer, approval.digest_of(scene.world, offer))
    (name,) = written(scene)
    shown = standing(scene)[CONNECTOR]["schools"]["southbank"]["answer"]
    lines = [step.line() for step in scene.steps if step.outcome in {"approved", "rejected"}]

    assert json.loads(scene.store.read(name))["caller"] == caller
    assert shown["caller"] == callers.told(caller)
    assert {json.loads(line)["fact_caller"] for line in lines} == {callers.told(caller)}
    assert "jo.example" not in json.dumps(standing(scene)) + "".join(lines)


@pytest.mark.parametrize("caller", [ANOTHER, "key", USER])
@pytest.mark.parametrize("first", [approval.approve, approval.reject], ids=["yes", "no"])
@pytest.mark.parametrize("by_delivery", [True, False], ids=["delivery", "offer"])
def test_who_comes_second_is_told_who_came_first_and_when(
    first: Say, caller: str, *, by_delivery: bool
) -> None:
    """Yes or no, by an offer's id or a delivery's; a user's name stays in the mark."""
    scene, delivery = held_delivery()
    offer = offer_of(scene, "northbank").name.id
    answered_id = delivery if by_delivery else offer
    first(by(scene, caller), answered_id)
    at = status_values.seconds(scene.store.now())
    for late_id in (delivery, offer):
        late = refused(scene, late_id)

        assert late.facts["caller"] == callers.told(caller)
        assert late.facts["answer"] == ("approved" if first is approval.approve else "rejected")
        assert late.facts["answered_at"] == at
        assert callers.in_words(caller) in str(late)
        assert "jo.example" not in str(late) + str(late.facts)


def test_of_a_yes_and_a_no_the_no_is_told() -> None:
    """It is what stands, whoever was a moment earlier."""
    scene, offer = held()
    approval.approve(by(scene, "key"), offer)
    approval.reject(by(scene, ANOTHER), offer)
    late = refused(scene, offer)

    assert (late.facts["answer"], late.facts["caller"]) == ("rejected", ANOTHER)


def test_who_answers_a_delivery_is_told_who_answered_its_schools() -> None:
    """Each was answered by its own id, so the delivery itself has no answer."""
    scene, delivery = two_held()
    for school in ("southbank", "eastbank"):
        approval.approve(by(scene, ANOTHER), offer_of(scene, school).name.id)
    scene.send_until_still()

    assert refused(scene, delivery).facts["caller"] == ANOTHER


def test_who_answers_what_has_gone_is_told_who_let_it_go() -> None:
    """SDS has it by now: the refusal says so, and who had approved it."""
    scene, offer = held()
    approval.approve(by(scene, ANOTHER), offer)
    scene.send_until_still()
    late = refused(scene, offer)

    assert (late.facts["state"], late.facts["caller"]) == ("same", ANOTHER)


@pytest.mark.parametrize(("caller", "replaced_by"), [(ANOTHER, ANOTHER), ("", "timer")])
def test_who_answers_what_was_replaced_is_told_when_and_by_whom(
    caller: str, replaced_by: str
) -> None:
    """The newer id, the moment of the newer reading, and who had it read."""
    scene, offer = held()
    lose(scene, "southbank")
    scene.clock.advance(DAY_S)
    if caller:
        schedule.ask(by(scene, caller), "southbank", "resync")
    else:
        tick.tick(by(scene, caller))
    scene.clock.advance(60)
    pull.pull(scene.world, "southbank")
    late = refused(scene, offer)

    assert late.facts["newest"] == offer_of(scene, "southbank").name.id
    assert late.facts["replaced_by"] == replaced_by
    assert str(late.facts["replaced_at"]) in str(late)


def test_a_restore_and_its_end_keep_who_asked() -> None:
    """In the pause, its end, both log lines and the status."""
    scene, _ = held()
    former = scene.look().deliveries[0].id
    pause = restore.restore(by(scene, ANOTHER), former)
    name = str(scene.look().pauses.in_force)
    shown = standing(scene)[CONNECTOR]["paused"]
    restore.resume(by(scene, "key"))
    ended = Resumed.from_json(name, scene.store.read(f"{name}.done"))
    told_by = {
        step.name: step.facts["caller"]
        for step in scene.steps
        if step.name in {"restore", "resume"}
    }

    assert (pause.caller, shown["caller"], ended.caller) == (ANOTHER, ANOTHER, "key")
    assert told_by == {"restore": ANOTHER, "resume": "key"}


class Meeting(MemoryStore):
    """Has somebody else ask for a restore in the moment before ours is written."""

    then: Callable[[], object] | None = None

    def _put(self, name: str, body: bytes) -> bool:
        if self.then and "/pauses/" in name:
            then, self.then = self.then, None
            then()
        return super()._put(name, body)


def test_who_restores_second_is_told_who_came_first() -> None:
    """One pause, and the other is told whose it is."""
    scene = delivered(make_group(store=Meeting))
    night(scene)
    former = scene.look().deliveries[0].id
    assert isinstance(scene.store, Meeting)
    scene.store.then = lambda: restore.restore(by(scene, ANOTHER), former)

    with pytest.raises(AnswerRefused) as caught:
        restore.restore(by(scene, "key"), former)

    assert (caught.value.facts["caller"], caught.value.facts["restores"]) == (ANOTHER, former)
    assert f"by {ANOTHER}" in str(caught.value)


def test_a_word_for_an_unproven_delivery_keeps_whose_it_was() -> None:
    """Who has looked into School Data Sync, and said that it holds this."""
    scene, delivery_id = unproven()
    told_digest = standing(scene)[CONNECTOR]["deliveries"][0]["digest"]
    responses.to_approve(by(scene, ANOTHER), delivery_id, told_digest)

    assert scene.look().deliveries[0].read(Vouched).caller == ANOTHER


@pytest.mark.parametrize("kind", [Approved, Rejected, Vouched, Asked, Paused, Resumed])
def test_what_an_older_version_wrote_without_saying_who_is_read_on(kind: type[Record]) -> None:
    """Nobody is made up for it: and what says nobody is written as ever."""
    known = {
        "at": "2026-09-14T21:00:00Z",
        "by": "a call",
        "digest": "0" * 64,
        "restores": "a former delivery",
        "delivery": "a new one",
    }
    old = {name: text for name, text in known.items() if name in kind.model_fields}
    record = kind.from_json("old.json", json.dumps(old).encode())

    assert record.model_dump().get("caller", "") == ""
    assert json.loads(record.to_json()).keys() == old.keys()
