"""Each alert on its own night: the real log lines, and the real queries over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulators.certificate import write_self_signed
from simulators.isams.faults import Faults, refused
from simulators.sds import Account, education_of
from sync.errors import StoreError, StoreUnavailable, StoreUnreachable
from sync.report import Outcome, Step
from sync.steps import approval
from tests.infra.asked import OF_LINES, QUERIES, alarms, answer
from tests.infra.nights import NIGHTS, Nights, lose, nights, out_of_a_class, second_night
from tests.worlds import CONNECTOR, ONE_SCHOOL, READ_BACK

# --- Each alert on its night ----------------------------------------------------------------


@pytest.mark.parametrize("night", NIGHTS)
def test_an_alert_fires_on_its_own_night_and_no_other_does(night: str) -> None:
    """What went wrong is told once and by its name; what passes by itself is not told."""
    spoil, expected = NIGHTS[night]

    assert alarms(second_night(spoil)) == expected


def test_what_is_missing_in_teams_is_told_after_two_days() -> None:
    """Not on the day itself, when it may be on its way or mended; and no more once it is back."""
    run = nights({**ONE_SCHOOL, **READ_BACK})
    run.live(1)
    run.live(29, every_s=3600)
    out_of_a_class(run)
    told = []
    for _ in range(4):
        run.live(24, every_s=3600)
        told.append("not-landed" in alarms(run))

    assert told == [False, False, True, True]


def test_a_member_too_many_wakes_nobody() -> None:
    """Teachers let assistants in: it is shown, and nothing that was sent is missing."""
    run = nights({**ONE_SCHOOL, **READ_BACK})
    run.live(30, every_s=3600)
    room = education_of(run.one.sds).all()[0]
    room.people[Account("assistant@northbank.example")] = True
    run.live(96, every_s=3600)

    assert "not-landed" not in alarms(run)


@pytest.mark.parametrize(
    ("outcome", "fires"),
    [
        (Outcome.UNREADABLE, True),
        (Outcome.NOT_ARRIVED, True),
        (Outcome.DROPPED, True),
        (Outcome.PUT_OFF, False),
        (Outcome.COMPARED, False),
    ],
)
def test_a_read_back_that_can_tell_nothing_is_told(outcome: Outcome, *, fires: bool) -> None:
    """But for one that is put off, which is looked at later."""
    run = nights()
    run.hear(Step("read-back", outcome, CONNECTOR, facts={"late_lacking": 0}))

    assert bool(answer("not-landed", run.rows, run.now)) is fires


def test_what_passes_by_itself_wakes_nobody() -> None:
    """Twice iSAMS does not answer; the third attempt reads it, and there is nothing to tell."""
    run = nights()
    run.live(23, every_s=3600)
    run.one.isams.faults = refused(503)
    run.live(1.1, every_s=300)
    during = alarms(run)
    run.one.isams.faults = Faults()
    run.live(1)
    ended = [row for row in run.rows if '"outcome": "later"' in row["message"]]

    assert (during, alarms(run), len(ended)) == (set(), set(), 2)
    assert run.one.look().states[-1][1].value == "unchanged"


@pytest.mark.parametrize(
    ("fault", "rule", "told_at"),
    [(refused(503), "failed", range(32, 35)), (refused(401), "refused", range(4, 6))],
)
def test_a_night_on_which_nothing_was_read_is_told_once(
    fault: Faults, rule: str, told_at: range
) -> None:
    """A refusal when it first comes; what passes by itself in the morning, when it has not."""
    run = nights()
    run.live(23, every_s=3600)
    run.one.isams.faults = fault
    fired = []
    for quarter in range(9 * 4):
        run.live(0.25, every_s=300)
        fired += [(name, quarter) for name in alarms(run) - {"silent"}]

    first = fired[0][1]
    assert first in told_at
    assert fired == [(rule, quarter) for quarter in range(first, first + len(fired))]
    assert len(fired) <= 4


@pytest.mark.parametrize("busy", [StoreUnavailable("busy"), StoreUnreachable("no such host")])
def test_a_store_that_was_busy_for_a_moment_wakes_nobody(busy: StoreError) -> None:
    """The next tick does the work anew, and the host the message; what lasts is told."""
    run = nights()
    seen = []
    for step in ("tick", "function", "tick", "function", "tick"):
        run.hear(Step(step, Outcome.FAILED, error=busy))
        seen.append(len(answer("failed", run.rows, run.now)))

    assert seen == [0, 0, 0, 0, 1]


def test_a_pull_that_was_given_up_for_a_busy_store_is_told() -> None:
    """Nothing does its work anew before the next night."""
    run = nights()
    run.hear(Step("pull", Outcome.FAILED, "northbank", error=StoreUnavailable("busy")))

    assert [row["about"] for row in answer("failed", run.rows, run.now)] == ["northbank"]


def test_a_good_week_wakes_nobody() -> None:
    """From the first delivery on: unchanged nights, and one after which a pupil has left."""
    run = nights()
    run.live(1)
    fired = set[str]()
    for quarter in range(7 * 4):
        if quarter == 10:
            lose(run, 1)
        run.live(6, every_s=1800)
        fired |= alarms(run)

    assert len(run.one.sds.submissions) == 2
    assert fired == set()


def test_an_app_that_never_ran_is_silent() -> None:
    """No line at all is the loudest sign: absence gives a row."""
    rows = answer("silent", [], datetime(2026, 9, 14, tzinfo=UTC))

    assert [row["about"] for row in rows] == [""]


def test_an_app_that_stopped_is_silent_after_26_hours() -> None:
    """Not before, as a night may be late; and then both the app and its connector are named."""
    run = nights()
    run.live(1)
    run.idle(24)
    before = alarms(run)
    run.idle(2)

    assert (before, alarms(run)) == (set(), {"silent"})
    assert {row["about"] for row in answer("silent", run.rows, run.now)} == {"", CONNECTOR}


def test_what_tells_of_silence_has_a_time_within_the_window() -> None:
    """The window ends before the platform asks, and a row from after its end is not counted."""
    run = nights()
    run.live(1)
    run.idle(27)
    at = [row["timestamp"] for row in answer("silent", run.rows, run.now)]

    assert len(at) == 2
    assert all(timedelta(hours=1) < run.now - each < timedelta(days=2) for each in at)


def test_one_silent_connector_is_not_hidden_by_another() -> None:
    """A second connector that goes well each night says nothing of the first."""
    run = nights()
    run.live(1)
    run.idle(25)
    other = Step("merge", Outcome.UNCHANGED, "Other feed")
    later = Step("send", Outcome.LATER, CONNECTOR, error=StoreUnavailable("busy"))
    run.hear(other)
    run.hear(later)
    run.idle(1)

    assert [row["about"] for row in answer("silent", run.rows, run.now)] == [CONNECTOR]


def test_a_school_that_cannot_be_read_is_stale_after_two_days() -> None:
    """By the ticks' own word, as nothing else is told; by then it has been silent for long."""
    run = nights()
    run.live(23, every_s=3600)
    run.one.isams.faults = refused(401)
    run.live(24.5, every_s=3600)
    early = alarms(run)
    run.live(2)

    assert early == {"silent"}
    assert alarms(run) == {"silent", "stale"}
    assert answer("stale", run.rows, run.now)[0]["why"] == "a school was last read 49 h ago"


def test_a_profile_that_is_stale_alone_is_told_of() -> None:
    """Where the school was read, but one profile of it could not be built for two days."""
    run = nights()
    run.live(1)
    run.hear(Step("merge", Outcome.STALE, CONNECTOR, facts={"age_h": 49}))
    told = answer("stale", run.rows, run.now)
    run.idle(0.1)
    run.hear(Step("merge", Outcome.SEALED, CONNECTOR, "own"))

    assert [row["about"] for row in told] == [CONNECTOR]
    assert answer("stale", run.rows, run.now) == []


def test_a_school_that_waits_while_others_go_on_is_held_and_no_connector() -> None:
    """Its mail is over when it is answered; and no rule takes a school for a connector."""
    run = nights()
    run.live(1)
    run.live(22, every_s=3600)
    run.hear(Step("offer", Outcome.HELD, "southbank", "own"))
    run.live(6, every_s=3600)
    told, silent = (answer(query, run.rows, run.now) for query in ("held", "silent"))
    run.hear(Step("offer", Outcome.APPROVED, "southbank", "own"))

    assert [(row["about"], row["why"]) for row in told] == [
        ("southbank", "offer own waits: other schools went on without it")
    ]
    assert silent == []
    assert answer("held", run.rows, run.now) == []


@pytest.mark.parametrize("approve", [True, False])
def test_a_hold_is_over_once_it_is_answered(*, approve: bool) -> None:
    """Whatever the answer; until then it is told hour after hour, whoever has looked."""
    run = nights(hold_first=True)
    run.live(1)
    held = run.one.look().states[-1][0].id
    run.live(20, every_s=3600)
    before = alarms(run)
    answered = approval.approve if approve else approval.reject
    answered(run.one.world, held)
    outcome = Outcome.APPROVED if approve else Outcome.REJECTED
    run.hear(Step("answer", outcome, CONNECTOR, held))  # as web/responses.py logs it

    assert {row["why"] for row in answer("held", run.rows, run.now)} == set()
    assert before == {"held", "silent"}


def test_a_hold_outlives_a_hiccup() -> None:
    """A store that was busy for a moment does not make the hold look answered."""
    run = nights(hold_first=True)
    run.live(1)
    run.hear(Step("send", Outcome.LATER, CONNECTOR, error=StoreUnavailable("busy")))

    assert answer("held", run.rows, run.now)


@pytest.mark.parametrize(("days_before", "fires"), [(28, True), (40, False)])
def test_a_certificate_near_its_end_is_told_of(
    tmp_path: Path, days_before: int, *, fires: bool
) -> None:
    """A month before it ends, from the certificate in the settings; never its text."""
    pem, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    write_self_signed(pem, key)
    text = pem.read_text() + key.read_text()
    run = nights({**ONE_SCHOOL, "SDS__CLIENT_SECRET": "", "SDS__CERTIFICATE": text})
    run.one.clock.start = datetime.now(UTC) + timedelta(days=1 - days_before)  # it lasts one day
    run.tick()
    rows = answer("expiring", run.rows, run.now)

    assert bool(rows) is fires
    assert all(row["why"] == "ends in 27 days" for row in rows)
    assert "BEGIN" not in str(run.rows)


@pytest.mark.parametrize(("days", "fires"), [(29, True), (30, False)])
def test_an_inbound_flow_that_ends_soon_is_told_by_each_hand_over(
    days: int, *, fires: bool
) -> None:
    run = nights()
    run.hear(Step("hand-over", Outcome.SUBMITTED, CONNECTOR, "own", {"flow_days": days}))
    rows = answer("expiring", run.rows, run.now)

    assert [row["about"] for row in rows] == [f"inbound flow of {CONNECTOR}"] * fires


# --- Each can fail --------------------------------------------------------------------------

WRONG: Mapping[str, tuple[str, str, Callable[[], Nights]]] = {
    "failed": ('"failed"', '"fialed"', lambda: second_night(NIGHTS["iSAMS answers rubbish"][0])),
    "refused": (
        '"SourceRefused"',
        '"Refused"',
        lambda: second_night(NIGHTS["iSAMS refuses the key"][0]),
    ),
    "held": ('== "held"', '== "hold"', lambda: second_night(NIGHTS["half the school has gone"][0])),
    "poison": (
        "fact_poisoned",
        "fact_poison",
        lambda: second_night(NIGHTS["a message was put aside"][0]),
    ),
    "silent": ("runs == 0", "runs == 1", nights),
    "stale": ("fact_data_age_h", "fact_age_h", lambda: _ticked(data_age_h=48)),
    "carried": ('"carried"', '"carry"', lambda: _carried("southbank", 15)),
    "shrunk": ('"shrunk"', '"shrank"', lambda: _shrunk("southbank")),
    "unmoved": ("days >= 10", "days > 10", lambda: _unmoved("southbank", 10)),
    "not-landed": ("late > 0", "late > 1", lambda: _not_landed(1)),
    "expiring": ("days < 30", "days < 3", lambda: _ticked(certificate_days=29)),
}


def _not_landed(late: int) -> Nights:
    run = nights()
    facts: dict[str, int | str] = {"late_lacking": late}
    run.hear(Step("read-back", Outcome.COMPARED, CONNECTOR, facts=facts))
    return run


def _carried(school: str, days: int) -> Nights:
    run = nights()
    facts: dict[str, int | str] = {"connector": CONNECTOR, "days": days, "why": "limits"}
    run.hear(Step("carry", Outcome.CARRIED, school, facts=facts))
    return run


def _shrunk(school: str) -> Nights:
    run = nights()
    facts: dict[str, int | str] = {"connector": CONNECTOR, "students": 90}
    run.hear(Step("drift", Outcome.SHRUNK, school, "20260914T210001Z-bd42db9d", facts))
    return run


def _unmoved(school: str, school_days: int) -> Nights:
    run = nights()
    run.hear(Step("source", Outcome.UNMOVED, school, facts={"school_days": school_days}))
    return run


@pytest.mark.parametrize(("school_days", "told"), [(5, []), (9, []), (10, ["southbank"])])
def test_a_source_that_stands_still_is_mailed_after_ten_school_days(
    school_days: int, told: list[str]
) -> None:
    """From five on the line is a warning, and wakes nobody: small schools have such weeks."""
    run = _unmoved("southbank", school_days)

    assert [row["about"] for row in answer("unmoved", run.rows, run.now)] == told


def test_a_school_that_shrinks_is_told_by_name_and_since_when() -> None:
    """It is told once a day, as what is carried."""
    run = _shrunk("southbank")
    told = answer("shrunk", run.rows, run.now)
    run.idle(49)

    assert [(row["about"], row["why"]) for row in told] == [
        (
            "southbank",
            "within 35 days SDS has lost much of it: see delivery 20260914T210001Z-bd42db9d",
        )
    ]
    assert answer("shrunk", run.rows, run.now) == []


def test_a_school_that_is_carried_for_long_is_told_by_name_and_reason() -> None:
    """It is told once a day, so the newest line of two days counts; later the mail is over."""
    run = _carried("southbank", 15)
    told = answer("carried", run.rows, run.now)
    run.idle(49)

    assert [(row["about"], row["why"]) for row in told] == [
        ("southbank", "SDS has had nothing newer for 15 days: limits")
    ]
    assert answer("carried", run.rows, run.now) == []


def _ticked(**facts: int) -> Nights:
    run = nights()
    run.hear(Step("tick", Outcome.SWEPT, facts=facts))
    return run


@pytest.mark.parametrize("name", OF_LINES)
def test_a_query_that_asks_for_another_word_finds_nothing(name: str) -> None:
    """A few letters wrong in what a query asks for, and its night passes unseen."""
    word, other, made = WRONG[name]
    run = made()

    assert word in QUERIES[name]
    assert answer(name, run.rows, run.now)
    assert answer(name, run.rows, run.now, QUERIES[name].replace(word, other)) == []
