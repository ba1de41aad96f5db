"""P1 and P2: wherever a process dies, SDS never sees part of a school, and the job is finished.

Every call that leaves the process is counted in one run that goes well. Then the night is lived
through again for each of these calls, with one fault there. Four nights of the real host were
ended so, too: docs/reference/functions.md#killed
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulators.school import invent, without_pupils
from simulators.sds import Knobs
from simulators.sds.tenant import Files
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import approval
from tests.crash.copies import copied
from tests.crash.processes import Doom, Nudging, Platform, Way, doomed
from tests.worlds import CONNECTOR, ONE_SCHOOL, TestWorld, make_world

SCHOOL = invent(12, quirks=False)
NEXT_SCHOOL = without_pupils(SCHOOL, [SCHOOL.pupils[5].school_id])
KNOBS = Knobs(operation_polls=1, run_duration_s=60)
SHARES = 6  # so that several cores can take part
# By REST each list is a call: a few sets, and some of what is asked for beyond them.
SMALL_SCHOOL = invent(2, quirks=False)
MORE = {**ONE_SCHOOL, "PROFILES__SENIORS__CLASSES": "sets,forms,houses"}

_SAID = ("read", "list", "GET")  # calls that change nothing outside


def changes(call: str) -> bool:
    return not call.startswith(_SAID)


def faults(calls: list[str]) -> Iterator[tuple[int, Way]]:
    """Yield every fault that leaves another outside behind than the one before it.

    A process killed before a call is one killed after the last call that changed anything.
    """
    yield 1, Way.BEFORE
    for number, call in enumerate(calls, start=1):
        yield number, Way.FAILED
        if changes(call) or call.startswith("GET"):
            yield number, Way.AFTER
        if changes(call):
            yield number, Way.LOST


def has_receipts(scene: TestWorld, wanted: int) -> bool:
    held = scene.store.blobs("connectors/")
    return sum(blob.name.endswith("receipt.json") for blob in held) >= wanted


def first_night(doom: Doom, nudging: Nudging) -> TestWorld:
    scene = make_world(SCHOOL, knobs=KNOBS)
    live(scene, doom, nudging, receipts=1)
    return scene


def rest_night(doom: Doom) -> TestWorld:
    """Live through a first night of a school that is read by REST."""
    scene = make_world(SMALL_SCHOOL, knobs=KNOBS, api="rest", base=MORE)
    live(scene, doom, Nudging.KEPT, receipts=1)
    return scene


def live(scene: TestWorld, doom: Doom, nudging: Nudging, *, receipts: int) -> None:
    """Live through one night, until SDS's receipt is there and a while longer."""
    platform = Platform(scene, doomed(scene, doom), nudging)
    assert platform.go_on(hours=6, until=lambda: has_receipts(scene, receipts)), "never finished"
    platform.go_on(hours=0.5, until=lambda: False)


def second_night(before: TestWorld, doom: Doom, nudging: Nudging) -> TestWorld:
    scene = copied(before, NEXT_SCHOOL)
    scene.clock.advance(24 * 3600)
    live(scene, doom, nudging, receipts=2)
    return scene


def check(scene: TestWorld, wanted: Files, *, already: int, at_most: int) -> None:
    """Assert that every submission was one whole sealed delivery, and the last one is *wanted*."""
    sealed = list(scene.sealed_files())
    new = scene.sds.submissions[already:]
    assert all(submission.files in sealed for submission in scene.sds.submissions), "a mixed set"
    assert not any(submission.unfinished for submission in new), "a partial set"
    assert scene.sds.staged[scene.sds.connectors[0].id] == wanted, "not what the school is"
    assert not scene.look().in_state(State.FAILED), "a delivery was given up"
    assert 1 <= len(new) <= at_most, f"{len(new)} submissions"


def expected(scene: TestWorld) -> Files:
    return scene.sds.staged[scene.sds.connectors[0].id]


@pytest.mark.parametrize("share", range(SHARES))
def test_a_first_night_survives_a_fault_at_every_call(share: int) -> None:
    """Killed, failed or unheard at any call: one whole set reaches SDS, and a receipt comes."""
    good = Doom()
    wanted = expected(first_night(good, Nudging.KEPT))

    for number, way in list(faults(good.calls))[share::SHARES]:
        name = f"call {number} ({good.calls[number - 1]}) {way}"
        try:
            scene = first_night(Doom(number, way), Nudging.KEPT)
            check(scene, wanted, already=0, at_most=3 if way is Way.LOST else 2)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error


@pytest.mark.parametrize("nudging", [Nudging.LOST, Nudging.FORGOTTEN, Nudging.DOUBLED])
@pytest.mark.parametrize("share", range(SHARES // 2))
def test_a_first_night_survives_a_death_whatever_becomes_of_the_messages(
    nudging: Nudging, share: int
) -> None:
    """With all of the steps' messages lost, or doubled, a death at any call does no harm either."""
    good = Doom()
    wanted = expected(first_night(good, nudging))
    numbers = [number for number, call in enumerate(good.calls, start=1) if changes(call)]

    for number in numbers[share :: SHARES // 2]:
        name = f"call {number} ({good.calls[number - 1]}), messages {nudging}"
        try:
            check(first_night(Doom(number, Way.AFTER), nudging), wanted, already=0, at_most=2)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error


@pytest.mark.parametrize("share", range(SHARES))
def test_a_second_night_survives_a_fault_at_every_call(share: int) -> None:
    """While anything goes wrong SDS keeps yesterday's whole set, and today's comes in the end."""
    before = first_night(Doom(), Nudging.KEPT)
    good = Doom()
    wanted = expected(second_night(before, good, Nudging.KEPT))
    assert wanted != expected(before)
    points = [
        (number, way)
        for number, way in faults(good.calls)
        if changes(good.calls[number - 1]) and way is not Way.FAILED
    ]

    for number, way in points[share::SHARES]:
        name = f"call {number} ({good.calls[number - 1]}) {way}"
        try:
            scene = second_night(before, Doom(number, way), Nudging.KEPT)
            check(scene, wanted, already=1, at_most=3 if way is Way.LOST else 2)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error


@pytest.mark.parametrize("share", range(SHARES // 2))
def test_a_night_by_rest_survives_a_fault_at_every_question(share: int) -> None:
    """However many questions a school is, and four at once: what comes of a death is the same."""
    good = Doom()
    wanted = expected(rest_night(good))
    asked = ("GET /api/", "GET /auth/", "POST /auth/")
    points = [point for point in faults(good.calls) if good.calls[point[0] - 1].startswith(asked)]
    assert len({number for number, _ in points}) >= len(SMALL_SCHOOL.sets) + 8

    for number, way in points[share :: SHARES // 2]:
        name = f"call {number} ({good.calls[number - 1]}) {way}"
        try:
            check(rest_night(Doom(number, way)), wanted, already=0, at_most=1)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error


def test_what_is_held_is_not_sent_whatever_goes_wrong() -> None:
    """Without a baseline the delivery waits, whichever call fails or kills; approved, it goes."""
    good = Doom()
    held_night(good)

    for number, way in faults(good.calls):
        name = f"call {number} ({good.calls[number - 1]}) {way}"
        scene = held_night(Doom(number, way))
        newest, reached = scene.look().states[-1]
        assert reached is State.HELD, name
        assert not scene.sds.requests, name
        approval.approve(scene.world, newest.id)
        assert scene.accept().outcome is Outcome.ACCEPTED, name


def held_night(doom: Doom) -> TestWorld:
    scene = make_world(SCHOOL, knobs=KNOBS, SDS__HOLD_FIRST="true")
    platform = Platform(scene, doomed(scene, doom))

    def is_held() -> bool:
        return bool(scene.look().in_state(State.HELD))

    assert platform.go_on(hours=2, until=is_held), "never held"
    platform.go_on(hours=0.2, until=lambda: False)
    return scene


def test_a_lost_answer_to_validate_costs_a_second_submission_and_no_more() -> None:
    """The set may have been taken, so the same bytes go again, once no late request can land."""
    good = Doom()
    first_night(good, Nudging.KEPT)
    (number,) = [n for n, call in enumerate(good.calls, start=1) if call.endswith("/validate")]

    scene = first_night(Doom(number, Way.LOST), Nudging.KEPT)

    first, second = scene.sds.submissions
    assert first.files == second.files
    assert (second.at - first.at).total_seconds() >= 600
    assert scene.look(CONNECTOR).states[-1][1] is State.DONE
