"""What runs say of the deliveries that are followed: every row of the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

import pytest

from sync import verdicts
from sync.edge.graph_values import Counts, Flow, Run, Statistics
from sync.fates import Fate
from sync.verdicts import FlowsNow, Judgement, Known, Seen, judge
from tests.unit.listings import NOW

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OURS, THEIRS = "flow-ours", "flow-theirs"
FLOWS = FlowsNow(frozenset({OURS, THEIRS}), frozenset({OURS}), only=False)
ONLY = FlowsNow(frozenset({OURS}), frozenset({OURS}), only=True)
GOOD = Counts("completed", errors=0, people=10, groups=4, memberships=20, matched=10, unmatched=0)
AT = NOW - 6 * HOUR
ACCEPTED = Known(
    "d", AT, Fate.ACCEPTED, "files", 10, 4, 20, counts_from=AT + MINUTE, flows=frozenset({OURS})
)
UNPROVEN = replace(ACCEPTED, fate=Fate.UNPROVEN, counts_from=None)
NEWER = replace(ACCEPTED, delivery="n", digest="newer", at=AT + HOUR, counts_from=AT + HOUR)
TAKEN = Known("t", AT - 24 * HOUR, Fate.DONE, "before", 9, 4)


def run(began: datetime, status: str = "completed", own: str = "r") -> Run:
    """Return a run that began then, and is over unless *status* says that it goes on."""
    return Run(own, status, began, None, None)


def seen(
    *runs: Run,
    ours: Counts | None = GOOD,
    theirs: Counts | None = GOOD,
    told: bool = True,
    flows: FlowsNow | Literal["hidden"] | None = FLOWS,
) -> Seen:
    """Return a look in which every run has the same statistics; untold: no activity is given."""
    rows = {OURS: ours, THEIRS: theirs}
    activities = {flow: counts for flow, counts in rows.items() if counts} if told else None
    statistics = Statistics(GOOD, activities)
    return Seen(runs, {each.id: statistics for each in runs}, flows)


def outcome(judgement: Judgement, own: str = "d") -> str | None:
    """Return the verdict's word on a delivery, None while it is awaited."""
    verdict = judgement.verdicts.get(own)
    return verdict.outcome if verdict else None


# -- which run counts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("began", "word"),
    [(AT + MINUTE, "completed"), (AT + 2 * HOUR, "completed"), (AT + 59 * MINUTE, "completed")],
)
def test_a_run_that_began_after_the_check_took_the_files(began: datetime, word: str) -> None:
    """From the end of SDS's check on, the files lie there."""
    assert outcome(judge([ACCEPTED], seen(run(began)), NOW)) == word


def test_a_run_that_began_during_the_check_took_last_nights_files() -> None:
    """Another's counts do not make it ours: the next run is awaited."""
    other = replace(GOOD, people=9)

    assert outcome(judge([ACCEPTED], seen(run(AT + MINUTE / 2), ours=other), NOW)) is None


def test_a_run_that_began_before_the_hand_over_says_nothing() -> None:
    """Not even by its counts."""
    assert outcome(judge([ACCEPTED], seen(run(AT - MINUTE)), NOW)) is None


def test_a_run_that_goes_on_is_waited_for() -> None:
    """It takes hours, and nothing is said before its end."""
    assert outcome(judge([ACCEPTED], seen(run(AT + HOUR, "running")), NOW)) is None


@pytest.mark.parametrize(
    ("ended_at", "moment"),
    [
        (AT + MINUTE, AT + MINUTE),
        (AT - 9 * MINUTE, AT - 9 * MINUTE),
        (AT - 11 * MINUTE, AT + HOUR),
        # SDS's clock is ahead of storage's, and so are the moments of its runs
        (AT + HOUR + 9 * MINUTE, AT + HOUR + 9 * MINUTE),
        (AT + 2 * HOUR, AT + HOUR),
        (None, AT + HOUR),
    ],
)
def test_the_end_of_the_check_is_believed_if_it_can_be_true(
    ended_at: datetime | None, moment: datetime
) -> None:
    """Not long before the hand-over, nor long after we heard of it; else our acceptance counts."""
    assert verdicts.counts_from(ended_at, AT, AT + HOUR) == moment


# -- whose run it is ------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["skipped", "failed", "inprogress", "anything"])
def test_our_flow_left_out_is_no_answer_whatever_the_run_says(status: str) -> None:
    """The run completed with another connector's people: ours is awaited until 26 h are over."""
    look = seen(run(AT + HOUR), ours=Counts(status))

    assert outcome(judge([ACCEPTED], look, NOW)) is None
    late = judge([ACCEPTED], look, AT + timedelta(hours=26, seconds=1))
    assert outcome(late) == "run-failed"
    assert late.verdicts["d"].ours == status


def test_a_flow_that_is_not_listed_among_others_is_no_answer() -> None:
    """SDS tells of flows that Graph lists, and ours is not among them."""
    look = seen(run(AT + HOUR), ours=None)

    assert outcome(judge([ACCEPTED], look, NOW)) is None
    assert judge([ACCEPTED], look, NOW + 21 * HOUR).verdicts["d"].ours == "not-listed"


def test_our_flow_decides_and_not_the_run() -> None:
    """A run that failed may have taken our files all the same."""
    verdict = judge([ACCEPTED], seen(run(AT + HOUR, "failed")), NOW).verdicts["d"]

    assert (verdict.outcome, verdict.whose, verdict.counts) == ("completed", "ours", GOOD)


def test_the_totals_serve_where_there_is_one_flow_only() -> None:
    """Then they are ours, and the receipt says so."""
    verdict = judge([ACCEPTED], seen(run(AT + HOUR), told=False, flows=ONLY), NOW).verdicts["d"]

    assert (verdict.outcome, verdict.whose, verdict.counts) == ("completed", "only-flow", GOOD)


@pytest.mark.parametrize("flows", [FLOWS, "hidden"])
def test_without_a_word_on_flows_a_run_has_ended_and_nobody_knows_whose(
    flows: FlowsNow | Literal["hidden"],
) -> None:
    """No number is given, because it would be the tenant's."""
    verdict = judge([ACCEPTED], seen(run(AT + HOUR), told=False, flows=flows), NOW).verdicts["d"]

    assert (verdict.outcome, verdict.whose, verdict.counts) == ("completed", "not-known", None)


def test_activities_that_name_no_flow_that_graph_lists_tell_nothing() -> None:
    """They may be ids of another kind: that is not the same as being left out."""
    strange = replace(FLOWS, listed=frozenset({OURS}))
    look = seen(run(AT + HOUR), ours=None, flows=strange)

    assert judge([ACCEPTED], look, NOW).verdicts["d"].whose == "not-known"


def test_one_of_several_flows_that_completed_is_enough() -> None:
    """Two flows on our connector take the same files."""
    two = replace(ACCEPTED, flows=frozenset({OURS, THEIRS}))

    assert outcome(judge([two], seen(run(AT + HOUR), ours=Counts("failed")), NOW)) == "completed"


def test_a_run_of_an_older_version_is_judged_by_the_flows_as_they_are_now() -> None:
    """What was noted at the hand-over is missing there."""
    old = replace(ACCEPTED, flows=None)

    assert judge([old], seen(run(AT + HOUR), flows=None), NOW).needs == verdicts.FLOWS
    assert outcome(judge([old], seen(run(AT + HOUR)), NOW)) == "completed"


# -- several deliveries ---------------------------------------------------------------------------


def test_a_run_speaks_for_the_newest_delivery_before_it() -> None:
    """The older one's files were replaced before any run took them."""
    judgement = judge([ACCEPTED, NEWER], seen(run(AT + 2 * HOUR)), NOW)

    assert outcome(judgement, "n") == "completed"
    assert judgement.verdicts["d"].replaced_by == "n"


def test_a_run_between_two_deliveries_speaks_for_the_first() -> None:
    """It began before the second was handed over."""
    judgement = judge([ACCEPTED, NEWER], seen(run(AT + 30 * MINUTE)), NOW)

    assert (outcome(judgement), outcome(judgement, "n")) == ("completed", None)


def test_a_run_after_a_refused_delivery_speaks_for_the_one_before_it() -> None:
    """SDS kept what it had."""
    refused = replace(NEWER, fate=Fate.REFUSED, counts_from=None)

    assert outcome(judge([ACCEPTED, refused], seen(run(AT + 2 * HOUR)), NOW)) == "completed"


@pytest.mark.parametrize("fate", [Fate.CHECKING, Fate.UNPROVEN, Fate.LOST, Fate.GAVE_UP])
def test_after_a_delivery_that_nobody_answered_for_counts_alone_prove(fate: Fate) -> None:
    """The run took the one or the other: only numbers that one of them has tell which."""
    unknown = replace(NEWER, fate=fate, counts_from=None, people=11)

    judgement = judge([ACCEPTED, unknown], seen(run(AT + 2 * HOUR)), NOW)
    assert judgement.verdicts["d"].by_counts
    same = replace(unknown, people=10)
    assert judge([ACCEPTED, same], seen(run(AT + 2 * HOUR)), NOW).verdicts == {}


def test_what_a_later_run_took_already_replaced_what_is_still_followed() -> None:
    """A death between two receipts leaves the older one open: it is closed at the next look."""
    done = replace(NEWER, fate=Fate.DONE)

    assert judge([ACCEPTED, done], seen(), NOW).verdicts["d"].replaced_by == "n"


# -- by counts -----------------------------------------------------------------------------------


def test_a_delivery_without_an_answer_is_proven_by_its_counts() -> None:
    """People, groups, no error, nobody unmatched: SDS holds these files."""
    verdict = judge([TAKEN, UNPROVEN], seen(run(AT + HOUR)), NOW).verdicts["d"]

    assert (verdict.outcome, verdict.by_counts) == ("completed", True)


@pytest.mark.parametrize(
    "counts",
    [
        replace(GOOD, errors=1),
        replace(GOOD, errors=None),
        replace(GOOD, unmatched=1),
        replace(GOOD, unmatched=None),
        replace(GOOD, people=9),
        replace(GOOD, people=None),
        replace(GOOD, groups=5),
        replace(GOOD, memberships=0),
        replace(GOOD, status="skipped"),
    ],
)
def test_counts_that_differ_or_are_not_told_prove_nothing(counts: Counts) -> None:
    """What SDS leaves out is not nought."""
    assert judge([TAKEN, UNPROVEN], seen(run(AT + HOUR), ours=counts), NOW).verdicts == {}


@pytest.mark.parametrize(
    "rival",
    [
        replace(TAKEN, people=10),
        replace(TAKEN, people=None, groups=None),
        # SDS did not see all its files, and made something else of it
        replace(ACCEPTED, delivery="i", at=AT - HOUR, fate=Fate.INCOMPLETE, counts_from=None),
    ],
)
def test_counts_that_another_delivery_may_have_prove_nothing(rival: Known) -> None:
    """Last night's school has the same numbers, or nobody knows its numbers any more."""
    assert judge([rival, UNPROVEN], seen(run(AT + HOUR)), NOW).verdicts == {}


def test_equal_files_are_no_rival() -> None:
    """The same school sent twice is the same school."""
    again = replace(TAKEN, digest="files", people=10)

    assert outcome(judge([again, UNPROVEN], seen(run(AT + HOUR)), NOW)) == "completed"


def test_what_has_no_answer_is_not_proven_once_something_came_after_it() -> None:
    """SDS may have let go of it since."""
    lost = Known("l", AT + 3 * HOUR, Fate.LOST, "lost", 12, 4)

    assert judge([UNPROVEN, lost], seen(run(AT + HOUR)), NOW).verdicts == {}


# -- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("known", "word"), [(ACCEPTED, "run-unseen"), (UNPROVEN, "no-answer")])
def test_after_26_hours_nobody_waits_any_longer(known: Known, word: str) -> None:
    """To the second, from the hand-over."""
    end = AT + timedelta(hours=26)

    assert outcome(judge([known], seen(), end)) is None
    assert outcome(judge([known], seen(), end + timedelta(seconds=1))) == word


def test_nothing_is_overdue_while_something_can_still_be_asked() -> None:
    """A run that is over by then may have the answer."""
    look = Seen([run(AT + HOUR)], {}, FLOWS)

    judgement = judge([ACCEPTED], look, NOW + 30 * HOUR)

    assert (judgement.needs, judgement.verdicts) == ("r", {})


def test_a_run_is_asked_for_only_if_none_has_begun_since() -> None:
    """One that goes on counts as well; what nobody accepted is never run for."""
    assert not verdicts.begun_since(ACCEPTED, [run(AT)])
    assert verdicts.begun_since(ACCEPTED, [run(AT + MINUTE, "running")])
    assert not verdicts.begun_since(UNPROVEN, [run(AT + HOUR)])


# -- flows ----------------------------------------------------------------------------------------


def test_flows_are_ours_by_connector_unless_they_cannot_take_files() -> None:
    """Expired and disabled ones take none; ids compare without case."""
    flows = [
        Flow("a", "c1", "ready"),
        Flow("b", "c1", "notready"),
        Flow("c", "c1", "disabled"),
        Flow("d", "c1", "expired"),
        Flow("e", "c2", "expired"),
    ]

    now = verdicts.flows_now(flows, "C1")

    assert now == FlowsNow(frozenset("abcde"), frozenset("ab"), only=False)
    assert verdicts.flows_now([flows[0], flows[3]], "c1").only
    assert not verdicts.flows_now([flows[4]], "c1").only
