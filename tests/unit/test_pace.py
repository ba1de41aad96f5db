"""When schools of a connector are merged and handed over: a table of moments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from sync.ledger import pace
from sync.ledger.claims import Claimed
from sync.ledger.folders import Folder
from sync.ledger.manifests import MANIFEST
from sync.ledger.pace import Act, Waiting
from tests.mark_names import ASKED, ENDED, SEALED, SUBMITTED, TRIED

TRIED_1, ENDED_1 = (name.replace("*", "1") for name in (TRIED, ENDED))
NOW = datetime(2026, 9, 15, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SETTLE = timedelta(minutes=60)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def waiting(
    unsent: float | None = 1,
    handed: Sequence[float] = (),
    acts: Sequence[Act] = (),
    *,
    settle: timedelta = SETTLE,
    is_first: bool = False,
) -> Waiting:
    """Return what waits, all in minutes before now."""
    since = None if unsent is None else ago(unsent)
    return Waiting(NOW, [ago(each) for each in handed], since, acts, settle, is_first)


@pytest.mark.parametrize(
    ("unsent", "is_pulling", "until"),
    [
        (1, True, ago(1) + SETTLE),
        (59, True, ago(59) + SETTLE),
        (60, True, None),
        (1, False, None),
        (None, True, None),
    ],
)
def test_pulls_are_waited_for_so_long_after_the_first_set(
    unsent: float | None, *, is_pulling: bool, until: datetime | None
) -> None:
    """Whoever is read last does not keep the first waiting for ever; without any, nothing waits."""
    assert pace.settles_at(waiting(unsent), is_pulling=is_pulling) == until


def test_an_answer_waits_for_pulls_as_a_set_does() -> None:
    """What is approved at the beginning of a night goes with the night."""
    answered = waiting(None, acts=[Act(ago(5))])

    assert pace.settles_at(answered, is_pulling=True) == ago(5) + SETTLE


def test_a_settle_time_of_nothing_waits_for_no_pull() -> None:
    """Who wants each school at once says so."""
    assert pace.settles_at(waiting(settle=timedelta()), is_pulling=True) is None


@pytest.mark.parametrize(
    ("handed", "until"),
    [
        ((), None),
        ((239,), ago(239) + 4 * HOUR),
        ((240,), None),
        ((1000, 700, 300), ago(1000) + 24 * HOUR),
        ((1440, 700, 300), None),
        ((1439, 1000, 239), ago(239) + 4 * HOUR),
        ((-5,), None),  # of a clock that ran ahead
    ],
)
def test_the_timer_hands_over_four_hours_apart_and_thrice_a_day(
    handed: Sequence[float], until: datetime | None
) -> None:
    """Whatever is read in between waits; the fourth of the day is left for people."""
    assert pace.may_go_at(waiting(handed=handed)) == until


@pytest.mark.parametrize(
    ("handed", "acts", "until"),
    [
        ((30,), (9,), ago(9) + pace.QUIET),
        ((30,), (25, 9), ago(9) + pace.QUIET),
        ((30,), (10,), None),
        ((900, 600, 30), (10,), None),
        ((1200, 900, 600, 30), (10,), ago(1200) + 24 * HOUR),
        ((300,), (9,), ago(9) + pace.QUIET),  # the timer's way is open: the next act is waited for
    ],
)
def test_what_people_ask_for_waits_ten_minutes_and_not_four_hours(
    handed: Sequence[float], acts: Sequence[float], until: datetime | None
) -> None:
    """Up to the fourth hand-over of the day."""
    done = [Act(ago(each)) for each in acts]

    assert pace.may_go_at(waiting(handed=handed, acts=done)) == until


def test_what_a_run_at_a_terminal_has_read_waits_for_nobodys_ten_minutes() -> None:
    """It has read all that it was asked for; for another's act it waits as anybody."""
    run = Act(ago(0), is_whole=True)

    assert pace.may_go_at(waiting(handed=(30,), acts=[run])) is None
    both = waiting(handed=(30,), acts=[run, Act(ago(3))])
    assert pace.may_go_at(both) == ago(3) + pace.QUIET


def test_who_asks_every_five_minutes_does_not_stop_the_timer() -> None:
    """Ten quiet minutes never come: then the hours decide."""
    acts = [Act(ago(each)) for each in range(2, 240, 5)]

    assert pace.may_go_at(waiting(237, (240,), acts)) is None
    assert pace.may_go_at(waiting(235, (238,), acts)) == ago(238) + 4 * HOUR


def test_a_first_delivery_is_not_bound_by_the_hours() -> None:
    """SDS has refused one: what comes next is the first still."""
    assert pace.may_go_at(waiting(handed=(30,), is_first=True)) is None
    assert pace.may_go_at(waiting(handed=(900, 600, 300, 30), is_first=True)) is not None


# -- read from what is listed --------------------------------------------------------------------


def test_a_hand_over_counts_once_though_nobody_knows_how_it_went() -> None:
    """By its claim, also where the claim has no end or where SDS's answer is all there is."""
    delivery = Folder("20260915T080000Z-00000000", {SUBMITTED: ago(50)})
    claims = [
        Claimed("000001", ago(52), done=False, dated_at=ago(52)),
        Claimed("000002", ago(20), done=False, dated_at=ago(20)),
        Claimed("000003", ago(10), done=True, dated_at=ago(10)),
    ]

    assert pace.handed([delivery], claims) == [ago(52), ago(20)]
    assert pace.handed([delivery], []) == [ago(50)]


@pytest.mark.parametrize(
    ("made", "is_tried"),
    [
        ({ASKED: 1}, True),
        ({ASKED: 59}, True),
        ({ASKED: 61}, False),
        ({ASKED: 9, TRIED_1: 1}, True),
        ({ASKED: 9, TRIED_1: 8}, False),  # its reader says nothing more
        ({ASKED: 9, TRIED_1: 8, ENDED_1: 7}, False),
        ({ASKED: 9, TRIED_1: 8, SEALED: 7}, False),
    ],
)
def test_a_pull_is_tried_until_it_ends_pauses_or_dies(
    made: dict[str, float], *, is_tried: bool
) -> None:
    """For these alone the others wait."""
    pull = Folder("20260915T080000Z", {name: ago(each) for name, each in made.items()})

    assert pace.is_tried(pull, NOW, SETTLE) is is_tried


def test_the_first_set_that_no_delivery_saw_is_that_after_the_last_it_saw() -> None:
    """A school that is read again and again waits since the first time."""
    sets = [
        Folder(f"20260915T0{hour}0000Z-00000000", {MANIFEST: NOW.replace(hour=hour)})
        for hour in (5, 6, 7, 8)
    ]
    seen, looked_at = sets[1].id, NOW.replace(hour=6, minute=5)

    assert pace.first_unsent(sets, seen, looked_at) == NOW.replace(hour=7)
    assert pace.first_unsent(sets, None, looked_at) == NOW.replace(hour=7)
    assert pace.first_unsent(sets, None, None) == NOW.replace(hour=5)
    assert pace.first_unsent(sets, None, NOW) == NOW.replace(hour=8)
    assert pace.first_unsent(sets, sets[-1].id, looked_at) is None
    assert pace.first_unsent([], None, None) is None
