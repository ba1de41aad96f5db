"""What the names in the container say has been done, and what is next."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest

from sync.ledger import folders, ids, manifests, states
from sync.ledger.folders import Folder
from sync.ledger.manifests import MANIFEST
from sync.ledger.states import State
from tests.mark_names import (
    ACCEPTED,
    APPROVED,
    ASKED,
    FAILED,
    HELD,
    PLAN,
    RECEIPT,
    REJECTED,
    RUN_ASKED,
    SEALED,
    SUBMITTED,
    SWEPT,
    UNCHANGED,
    UNPROVEN,
)
from tests.unit.listings import DAY, NOW, SECOND, listed

ONE, TWO = "20261120T220000Z-0000000a", "20261121T220000Z-0000000b"


def folder(*names: str, folder_id: str = TWO, age: timedelta = timedelta(0)) -> Folder:
    """Return a folder of *names*, all made *age* ago."""
    return Folder(folder_id, dict.fromkeys(names, NOW - age))


def test_the_limits_are_those_that_are_promised() -> None:
    """Approvals for a day, data for two; fewer submissions than SDS takes in a day."""
    assert timedelta(hours=24) == states.APPROVAL_LASTS
    assert timedelta(hours=48) == states.DATA_LASTS
    assert (states.SUBMISSIONS_A_DAY, states.SUBMISSIONS_EACH) == (4, 3)


def test_a_claim_outlives_the_function_that_holds_it() -> None:
    """The host kills a function at its time limit: only then may another take over."""
    host = json.loads((Path(__file__).parents[2] / "host.json").read_text("utf-8"))
    hours, minutes, seconds = map(int, host["functionTimeout"].split(":"))

    assert hours * 3600 + minutes * 60 + seconds == states.FUNCTION_TIMEOUT_S
    assert timedelta(seconds=2 * states.FUNCTION_TIMEOUT_S) == states.CLAIM_LASTS


# -- folders -------------------------------------------------------------------------------------


def test_folders_are_those_directly_under_the_prefix() -> None:
    """Blobs beside them are no folders, and what is deeper belongs to the folder above."""
    blobs = listed("schools/a/pulls/2/x.json", "schools/a/pulls/1/y/z.json", "schools/a/pulls/odd")

    found = folders.folders("schools/a/pulls/", reversed(blobs))

    assert found == [Folder("1", {"y/z.json": NOW}), Folder("2", {"x.json": NOW})]


def test_a_set_exists_once_its_manifest_does() -> None:
    """A pull that died while it wrote has left nothing that anybody sees."""
    blobs = listed(
        f"profiles/prep/{TWO}/users.csv",
        f"profiles/prep/{ONE}/users.csv",
        f"profiles/prep/{ONE}/{MANIFEST}",
        f"profiles/prep/notes/{MANIFEST}",
    )

    assert [delivery.id for delivery in states.sealed_sets(ids.profile_folder("prep"), blobs)] == [
        ONE
    ]


@pytest.mark.parametrize("mark", [MANIFEST, UNCHANGED, FAILED])
def test_a_delivery_exists_once_it_is_sealed_unchanged_or_failed(mark: str) -> None:
    """Files alone are nothing, and claims are not a delivery."""
    blobs = listed(
        f"connectors/c/{TWO}/{mark}",
        f"connectors/c/{ONE}/users.csv",
        f"connectors/c/{ONE}/{PLAN}",
        "connectors/c/claims/000001.json",
        f"connectors/c/claims/{MANIFEST}",
    )

    assert [delivery.id for delivery in states.deliveries("connectors/c/", blobs)] == [TWO]


def test_two_deliveries_of_one_moment_go_by_when_they_were_sealed() -> None:
    """The settings were changed in between: the later one counts, whatever its digest."""
    first, second = "20261121T220000Z-ffffffff", "20261121T220000Z-00000000"
    names = [f"connectors/c/{folder_id}/{MANIFEST}" for folder_id in (first, second)]
    ages = {names[0]: timedelta(hours=2), names[1]: timedelta(hours=1)}
    blobs = listed(*names, f"connectors/c/{first}/{ACCEPTED}", ages=ages)

    assert [delivery.id for delivery in states.deliveries("connectors/c/", blobs)] == [
        first,
        second,
    ]


# -- the state of a delivery -----------------------------------------------------------------------

MERGED = (MANIFEST,)
PLANNED = (*MERGED, PLAN)
HELD_TOO = (*PLANNED, HELD)
SENT = (*PLANNED, SUBMITTED)


@pytest.mark.parametrize(
    ("marks", "newest", "older"),
    [
        ((), State.UNSEALED, State.UNSEALED),
        (("users.csv",), State.UNSEALED, State.UNSEALED),
        ((UNCHANGED,), State.UNCHANGED, State.UNCHANGED),
        ((FAILED,), State.FAILED, State.FAILED),
        (MERGED, State.SEALED, State.SUPERSEDED),
        # the hold is written before the plan: until then nothing is decided
        ((*MERGED, HELD), State.SEALED, State.SUPERSEDED),
        ((*MERGED, APPROVED), State.SEALED, State.SUPERSEDED),
        (PLANNED, State.READY, State.SUPERSEDED),
        (HELD_TOO, State.HELD, State.SUPERSEDED),
        ((*HELD_TOO, APPROVED), State.READY, State.SUPERSEDED),
        ((*HELD_TOO, REJECTED), State.REJECTED, State.REJECTED),
        # two people at once: no beats yes
        ((*HELD_TOO, APPROVED, REJECTED), State.REJECTED, State.REJECTED),
        ((*PLANNED, FAILED), State.FAILED, State.FAILED),
        ((*HELD_TOO, APPROVED, FAILED), State.FAILED, State.FAILED),
        # what SDS has is followed to its end, whatever came later
        (SENT, State.SUBMITTED, State.SUBMITTED),
        ((*HELD_TOO, APPROVED, SUBMITTED), State.SUBMITTED, State.SUBMITTED),
        ((*SENT, REJECTED), State.SUBMITTED, State.SUBMITTED),
        ((*SENT, FAILED), State.SUBMITTED, State.SUBMITTED),
        ((*SENT, UNPROVEN), State.UNPROVEN, State.UNPROVEN),
        ((*SENT, UNPROVEN, ACCEPTED), State.ACCEPTED, State.ACCEPTED),
        ((*SENT, UNPROVEN, RECEIPT), State.DONE, State.DONE),
        ((*SENT, ACCEPTED), State.ACCEPTED, State.ACCEPTED),
        ((*SENT, ACCEPTED, RUN_ASKED), State.ACCEPTED, State.ACCEPTED),
        ((*SENT, RECEIPT), State.DONE, State.DONE),
        ((*SENT, ACCEPTED, RUN_ASKED, RECEIPT), State.DONE, State.DONE),
        ((*PLANNED, RECEIPT), State.DONE, State.DONE),
    ],
)
def test_marks_say_how_far_a_delivery_has_come(
    marks: tuple[str, ...], newest: State, older: State
) -> None:
    """As the newest of its connector, and when a newer one exists."""
    delivery = folder(*marks)

    assert states.state(delivery, newest=True, now=NOW) is newest
    assert states.state(delivery, newest=False, now=NOW) is older


@pytest.mark.parametrize(
    ("age", "reached"),
    [
        (timedelta(0), State.READY),
        (DAY - SECOND, State.READY),
        (DAY, State.READY),
        (DAY + SECOND, State.EXPIRED),
        (DAY * 30, State.EXPIRED),
    ],
)
def test_an_approval_lasts_a_day_to_the_second(age: timedelta, reached: State) -> None:
    """By storage's own clock, from the moment it was given."""
    made = dict.fromkeys(HELD_TOO, NOW - DAY * 40) | {APPROVED: NOW - age}

    assert states.state(Folder(TWO, made), newest=True, now=NOW) is reached


@pytest.mark.parametrize("marks", [PLANNED, HELD_TOO])
def test_only_an_approval_ages(marks: tuple[str, ...]) -> None:
    """How old data may be is judged where they are sent, not here."""
    delivery = folder(*marks, age=DAY * 30)

    assert states.state(delivery, newest=True, now=NOW) in {State.READY, State.HELD}


MARKS = (MANIFEST, UNCHANGED, PLAN, HELD, APPROVED, REJECTED, SUBMITTED, ACCEPTED, RECEIPT, FAILED)


def _all_marks() -> Iterable[frozenset[str]]:
    return (frozenset(some) for size in range(len(MARKS) + 1) for some in combinations(MARKS, size))


def test_nothing_is_ready_that_must_not_be_sent() -> None:
    """Of all combinations of marks, in any order of crashes, only sound ones may be sent."""
    for marks in _all_marks():
        for newest in (True, False):
            for age in (DAY, DAY + SECOND):
                delivery = folder(*marks, age=age)
                if states.state(delivery, newest=newest, now=NOW) is State.READY:
                    assert newest
                    assert marks >= {MANIFEST, PLAN}
                    assert HELD not in marks or APPROVED in marks
                    assert APPROVED not in marks or age <= DAY
                    assert not marks & {RECEIPT, ACCEPTED, SUBMITTED, REJECTED, UNCHANGED, FAILED}


def test_what_sds_has_is_never_lost_sight_of() -> None:
    """No other mark hides that files were submitted and are not answered yet."""
    for marks in _all_marks():
        if SUBMITTED in marks and not marks & {ACCEPTED, RECEIPT}:
            assert states.state(folder(*marks), newest=False, now=NOW) is State.SUBMITTED


def test_only_the_last_delivery_is_the_newest() -> None:
    """The older of two sealed ones is superseded."""
    older, newer = folder(*PLANNED, folder_id=ONE), folder(*PLANNED, folder_id=TWO)

    assert states.states([older, newer], NOW) == [(older, State.SUPERSEDED), (newer, State.READY)]
    assert states.states([], NOW) == []


def test_a_file_may_have_reached_sds_if_its_delivery_was_cleared() -> None:
    """Whether SDS answered or not; one that nobody approved, or nothing was decided of, has not."""
    answered = ((*SENT, ACCEPTED), (*SENT, RECEIPT))
    lost = ((PLAN, SUBMITTED), (PLAN, ACCEPTED))  # the manifest is gone, and SDS has the files
    for cleared in (PLANNED, (*HELD_TOO, APPROVED), SENT, *answered, *lost):
        listed = [folder(*cleared), folder(*MERGED)]
        assert states.cleared(listed) == listed[:1]
    for not_cleared in (MERGED, HELD_TOO, (*HELD_TOO, REJECTED), (*MERGED, REJECTED), (UNCHANGED,)):
        assert states.cleared([folder(*not_cleared)]) == []


# -- pulls -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "attempts", "over", "running"),
    [
        (["asked.json"], 0, False, False),
        (["asked.json", "tried-1.json"], 1, False, True),
        (["asked.json", "tried-1.json", "ended-1.json"], 1, False, False),
        (["asked.json", "tried-1.json", "ended-1.json", "tried-2.json"], 2, False, True),
        (["asked.json", "tried-1.json", "tried-2.json", "ended-2.json"], 2, False, True),
        (["asked.json", "tried-1.json", "sealed.json"], 1, True, False),
        (["asked.json", "tried-1.json", "failed.json"], 1, True, False),
        (["asked.json", "tried-1.json", "ended-1.json", "failed.json"], 1, True, False),
        (["asked.json", "tried-1.json", "tried-10.json", "ended-1.json"], 2, False, True),
    ],
)
def test_the_names_of_a_pull_say_how_it_stands(
    names: list[str], attempts: int, *, over: bool, running: bool
) -> None:
    """How often it was begun, whether it has ended, whether somebody is at it."""
    delivery = folder(*names)

    assert states.attempts(delivery) == attempts
    assert states.pull_is_over(delivery) is over
    assert states.pull_is_running(delivery, NOW) is running


@pytest.mark.parametrize(
    ("age", "running"),
    [(states.BEAT_LASTS - SECOND, True), (states.BEAT_LASTS, False)],
)
@pytest.mark.parametrize("last", ["tried-2.json", "reading-2003.json"])
def test_an_attempt_that_was_killed_is_given_up_after_a_while(
    last: str, age: timedelta, *, running: bool
) -> None:
    """It could not say so itself, and has said since *last* that it lives."""
    begun = {"asked.json": NOW - DAY, "tried-1.json": NOW - DAY, "tried-2.json": NOW - DAY}
    pull = Folder(TWO, begun | {last: NOW - age})

    assert states.pull_is_running(pull, NOW) is running


def test_a_sign_of_life_is_of_its_own_attempt() -> None:
    """What an attempt that has ended said last does not keep one that was killed alive."""
    begun = {"asked.json": NOW - DAY, "tried-1.json": NOW - DAY, "tried-2.json": NOW - DAY}
    pull = Folder(TWO, begun | {"reading-2001.json": NOW, "ended-2.json": NOW})

    assert not states.pull_is_running(pull, NOW)


@pytest.mark.parametrize(
    ("age", "still"), [(states.STANDSTILL, False), (states.STANDSTILL + SECOND, True)]
)
def test_what_nothing_was_added_to_for_a_while_stands_still(age: timedelta, *, still: bool) -> None:
    """By the youngest blob in it."""
    delivery = Folder(TWO, {MANIFEST: NOW - DAY, PLAN: NOW - age})

    assert states.is_forgotten(delivery, NOW) is still


def test_no_mark_is_called_like_a_file_that_is_sent() -> None:
    """A mark is told from content by its name alone."""
    marks = {*MARKS, RUN_ASKED, ASKED, SEALED, manifests.FINDINGS}

    assert len(marks) == len(MARKS) + 4
    assert all(name.endswith(".json") for name in marks)


# -- restores and sweeps ------------------------------------------------------------------------


def test_while_only_one_may_be_sent_no_other_is_ready() -> None:
    """It counts as the newest, also if another came after it, or if it is not there yet."""
    both = [folder(MANIFEST, PLAN, folder_id=ONE), folder(MANIFEST, PLAN, folder_id=TWO)]

    assert [(delivery.id, reached) for delivery, reached in states.states(both, NOW, ONE)] == [
        (TWO, State.SUPERSEDED),
        (ONE, State.READY),
    ]
    assert {reached for _, reached in states.states(both, NOW, "x")} == {State.SUPERSEDED}


def test_what_is_swept_can_be_neither_sent_nor_merged() -> None:
    """Whatever else it has; what SDS has said about it is still told."""
    for marks in ((), (PLAN,), (HELD, PLAN), (HELD, PLAN, APPROVED)):
        swept = folder(MANIFEST, SWEPT, *marks)
        assert states.state(swept, newest=True, now=NOW) is State.SWEPT
    done = folder(MANIFEST, SWEPT, PLAN, SUBMITTED, ACCEPTED, RECEIPT)
    assert states.state(done, newest=False, now=NOW) is State.DONE

    prefix = f"profiles/prep/{ONE}/"
    assert states.sealed_sets(prefix, listed(f"{prefix}{MANIFEST}", f"{prefix}{SWEPT}")) == []
