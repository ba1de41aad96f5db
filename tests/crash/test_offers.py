"""P1, P2 and P9 where two schools share a connector, and one waits for a person.

`northbank` may go and does; `southbank` is held, approved, and goes with the next delivery. A
process dies at every write of that, and several at once do the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from random import Random

import pytest

from simulators.school import without_pupils
from simulators.sds.tenant import Files
from sync.edge.world import World
from sync.errors import AnswerOutdated, AnswerRefused, SyncError
from sync.ledger import states
from sync.ledger.marks import Approved, Rejected
from sync.ledger.offers import HeldOffer
from sync.ledger.pace import QUIET
from sync.steps import approval, pull, schedule
from sync.steps import send as sending
from sync.steps.approval import Answered
from tests.crash.copies import copied_group
from tests.crash.processes import Doom, Killed, Platform, Way, doomed
from tests.crash.scheduler import Race, Script, uploaded_at_once
from tests.crash.test_crashes import changes
from tests.edge.test_many_schools import by_school
from tests.worlds import CONNECTOR, TestWorld, make_group

NORTH, SOUTH = "9990001", "9990002"
SHARES, RACES = 6, 300
TWO_HOURS, DAY_S = 2.0, 24 * 3600.0


@cache
def yesterday() -> TestWorld:
    """Return two schools that SDS has taken. By tonight one lost a pupil, and the other half."""
    scene = make_group()
    for school in ("northbank", "southbank"):
        scene.pull(school)
    scene.send_until_still()
    scene.clock.advance(DAY_S)
    for school, lost in (("northbank", 1), ("southbank", 14)):
        app = scene.isams_of[school]
        gone = [pupil.school_id for pupil in app.school.pupils[-lost:]]
        app.school = without_pupils(app.school, gone)
    return scene


def held(scene: TestWorld) -> list[str]:
    """Return the offers that wait for an answer."""
    offers = scene.look().offers.get("southbank", ())
    return [
        offer.id
        for offer in offers
        if offer.has(HeldOffer) and not offer.has(Approved) and not offer.has(Rejected)
    ]


def live(doom: Doom) -> TestWorld:
    """Live through tonight; a person says yes as soon as the offer waits for it."""
    scene = copied_group(yesterday())
    platform = Platform(scene, doomed(scene, doom))
    # Whoever is read late waits four hours after the hand-over of who was not.
    assert platform.go_on(hours=6, until=lambda: bool(held(scene))), "never held"
    approval.approve(scene.world, held(scene)[-1])
    assert platform.go_on(hours=6, until=lambda: len(set(souths(scene))) == 2), "never sent"
    platform.go_on(hours=5, until=lambda: False)
    return scene


def souths(scene: TestWorld) -> Iterator[str]:
    """Yield what each submission had of the school that waited."""
    for submission in scene.sds.submissions:
        yield repr(by_school(submission.files)[SOUTH])


def staged(scene: TestWorld) -> Files:
    return scene.sds.staged[scene.sds.connectors[0].id]


def check_whole(scene: TestWorld, name: str) -> None:
    """Assert that SDS never saw anything but whole sealed deliveries."""
    sealed = list(scene.sealed_files())
    new = scene.sds.submissions[1:]
    assert all(submission.files in sealed for submission in new), f"{name}: a mixed set"
    assert not any(submission.unfinished for submission in new), f"{name}: a partial set"
    assert len(new) <= states.SUBMISSIONS_A_DAY, f"{name}: {len(new)} submissions"


@pytest.mark.parametrize("share", range(SHARES))
def test_an_approved_offer_survives_a_death_at_every_write(share: int) -> None:
    """Each school goes once, whole, whatever dies or is unheard; nothing goes without its yes."""
    good = Doom()
    wanted = staged(live(good))
    points = [
        (number, way)
        for number, call in enumerate(good.calls, start=1)
        if changes(call)
        for way in (Way.AFTER, Way.LOST)
    ]

    for number, way in points[share::SHARES]:
        name = f"call {number} ({good.calls[number - 1]}) {way}"
        try:
            scene = live(Doom(number, way))
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error
        check_whole(scene, name)
        assert staged(scene) == wanted, f"{name}: not what the schools are"


# -- several at once -----------------------------------------------------------------------------


@cache
def waiting() -> TestWorld:
    """Return tonight, when both have been read and one is held; SDS has the other already."""
    scene = copied_group(yesterday())
    platform = Platform(scene, scene.process())
    assert platform.go_on(hours=TWO_HOURS, until=lambda: bool(held(scene))), "never held"
    platform.go_on(hours=TWO_HOURS, until=lambda: False)
    scene.nudges.kept.clear()
    return scene


def send(scene: TestWorld, process: World) -> None:
    for _ in range(4):
        sending.send(process, CONNECTOR)
        scene.clock.advance(QUIET.total_seconds() / 2)


def approve(offer_id: str, process: World) -> None:
    with suppress(AnswerRefused):
        approval.approve(process, offer_id)


def reject(offer_id: str, process: World) -> None:
    with suppress(AnswerRefused):
        approval.reject(process, offer_id)


def read_again(process: World) -> None:
    schedule.ask(process, "northbank", "test")
    pull.pull(process, "northbank")


@pytest.mark.parametrize("share", range(SHARES))
def test_answers_merges_and_readings_at_once_do_no_harm(share: int) -> None:
    """Whole deliveries alone, a no wins over a yes, and what was approved arrives in the end."""
    for seed in range(share, RACES, SHARES):
        scene, rng = copied_group(waiting()), Random(seed)
        (offer_id,) = held(scene)
        before = by_school(staged(scene))[SOUTH]
        answers = rng.choice(((approve,), (approve,), (reject,), (approve, reject)))
        scripts: list[Script] = [partial(answer, offer_id) for answer in answers]
        scripts += [partial(send, scene)] * 2 + [read_again] * rng.choice((0, 1))
        race = Race(scene, seed)
        race.run(scripts)
        Platform(scene, scene.process()).go_on(hours=3, until=lambda: False)

        assert not uploaded_at_once(race.uploads), f"seed {seed}: two sessions at once"
        check_whole(scene, f"seed {seed}")
        (offer,) = [each for each in scene.look().offers["southbank"] if each.id == offer_id]
        has_gone = by_school(staged(scene))[SOUTH] != before
        if offer.has(Approved) and not offer.has(Rejected):
            assert has_gone, f"seed {seed}: approved, and never sent"
        if not offer.has(Approved):
            assert not has_gone, f"seed {seed}: sent without a yes"


# -- several who answer at once --------------------------------------------------------------------

CALLERS = tuple(f"0b1f8a52-0000-4000-8000-00000000000{number}" for number in range(1, 4))
type Say = Callable[[World, str, str], Answered]


class Answering:
    """Somebody who answers with the digest that they saw; what came of it is kept."""

    def __init__(self, caller: str, answered_id: str, say: Say, digest: str) -> None:
        self.caller = caller
        self.refusal: AnswerRefused | None = None
        self._answered_id, self._say, self._digest = answered_id, say, digest

    def __call__(self, process: World) -> None:
        try:
            self._say(replace(process, caller=self.caller), self._answered_id, self._digest)
        except AnswerRefused as error:
            self.refusal = error


@pytest.mark.parametrize("say", [approval.approve, approval.reject], ids=["yes", "no"])
def test_of_equal_answers_at_once_one_counts_and_the_others_are_told_whose(say: Say) -> None:
    """Whatever is between them, also the hand-over itself: the mark is the winner's alone."""
    for seed in range(100):
        scene = copied_group(waiting())
        (offer_id,) = held(scene)
        digest = approval.digest_of(scene.world, offer_id)
        people = [Answering(caller, offer_id, say, digest) for caller in CALLERS]
        Race(scene, seed).run([*people, partial(send, scene)])

        (winner,) = [each for each in people if each.refusal is None]
        late = [each.refusal for each in people if each.refusal]
        (offer,) = [each for each in scene.look().offers["southbank"] if each.id == offer_id]
        kept = offer.read(Approved if say is approval.approve else Rejected)
        assert kept.caller == winner.caller, f"seed {seed}"
        told = {(error.facts.get("caller"), error.facts.get("answer")) for error in late}
        word = "approved" if say is approval.approve else "rejected"
        assert told == {(winner.caller, word)}, f"seed {seed}: {[*map(str, late)]}"


def test_an_answer_whose_process_dies_keeps_who_gave_it_or_leaves_nothing() -> None:
    """At every write of it: what stands says whose it is, and nobody's second answer changes it."""
    good = Doom()
    answer_until(copied_group(waiting()), good)
    for number in range(1, len(good.calls) + 1):
        for way in (Way.AFTER, Way.LOST):
            name = f"call {number} ({good.calls[number - 1]}) {way}"
            scene = copied_group(waiting())
            (offer_id,) = held(scene)
            answer_until(scene, Doom(number, way))
            second = Answering(CALLERS[1], offer_id, approval.approve, "00000000")
            with suppress(AnswerOutdated):
                second(scene.world)
            (offer,) = [each for each in scene.look().offers["southbank"] if each.id == offer_id]
            if offer.has(Approved):
                assert offer.read(Approved).caller == CALLERS[0], name
                assert second.refusal, name
                assert second.refusal.facts["caller"] == CALLERS[0], name
            else:
                assert second.refusal is None, name


def answer_until(scene: TestWorld, doom: Doom) -> None:
    """Have the first of the callers say yes, in a process that *doom* kills."""
    (offer_id,) = held(scene)
    digest = approval.digest_of(scene.world, offer_id)
    process = replace(doomed(scene, doom), caller=CALLERS[0])
    with suppress(Killed, SyncError):
        approval.approve(process, offer_id, digest)
