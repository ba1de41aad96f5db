"""School-local time: what is due, and which academic year it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.ledger import ids
from sync.roster import academic_year
from sync.steps import strikes
from tests.unit.schools import NORTHBANK, school

LONDON = ZoneInfo("Europe/London")
DUBAI = ZoneInfo("Asia/Dubai")
ZONES = st.sampled_from((LONDON, DUBAI, ZoneInfo("UTC"), ZoneInfo("America/St_Johns")))
# 2020 to 2035, as seconds since 1970: a range of local times would need naive datetimes
MOMENTS = st.integers(1_577_836_800, 2_051_222_400).map(lambda s: datetime.fromtimestamp(s, UTC))


def utc(text: str) -> datetime:
    """Return the moment of an ISO text in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_stamp_is_utc_and_reads_back() -> None:
    """Names in the container carry moments in one zone, to the second."""
    summer = datetime(2026, 7, 1, 23, 30, 15, 999_999, tzinfo=LONDON)

    assert ids.stamp(summer) == "20260701T223015Z"
    assert ids.moment_of_stamp("20260701T223015Z") == utc("2026-07-01T22:30:15")


@given(MOMENTS, MOMENTS)
def test_stamps_sort_by_time(one: datetime, other: datetime) -> None:
    """State is a listing, and a listing is sorted by name."""
    first, second = sorted((one, other))

    assert ids.stamp(first) <= ids.stamp(second)


@pytest.mark.parametrize("text", ["", "20260701", "20261301T000000Z", "20260701T223015"])
def test_what_is_no_stamp_is_refused(text: str) -> None:
    """Another's blob is never taken for a moment."""
    with pytest.raises(ValueError, match=r"isoformat|month|not a moment"):
        ids.moment_of_stamp(text)


@pytest.mark.parametrize(
    ("times", "zone", "now", "due"),
    [
        # winter and summer: 22:00 in school is another moment in UTC
        (["22:00"], LONDON, "2026-01-15T22:00:00", "2026-01-15T22:00:00"),
        (["22:00"], LONDON, "2026-01-15T21:59:59", "2026-01-14T22:00:00"),
        (["22:00"], LONDON, "2026-07-15T21:00:00", "2026-07-15T21:00:00"),
        (["22:00"], LONDON, "2026-07-15T20:59:59", "2026-07-14T21:00:00"),
        # a school day that is another day in UTC
        (["02:00"], DUBAI, "2026-01-15T22:00:00", "2026-01-15T22:00:00"),
        (["02:00"], DUBAI, "2026-01-15T21:59:59", "2026-01-14T22:00:00"),
        # several times, in any order
        (["22:00", "06:00", "12:30"], LONDON, "2026-01-15T12:29:00", "2026-01-15T06:00:00"),
        (["22:00", "06:00", "12:30"], LONDON, "2026-01-15T12:30:00", "2026-01-15T12:30:00"),
        (["22:00", "06:00", "12:30"], LONDON, "2026-01-15T05:00:00", "2026-01-14T22:00:00"),
        (["00:00"], LONDON, "2026-01-15T00:00:00", "2026-01-15T00:00:00"),
        # 29 March 2026: 01:00-02:00 is skipped, so 01:30 strikes at 02:30 BST
        (["01:30"], LONDON, "2026-03-29T01:29:59", "2026-03-28T01:30:00"),
        (["01:30"], LONDON, "2026-03-29T01:30:00", "2026-03-29T01:30:00"),
        (["22:00"], LONDON, "2026-03-29T21:00:00", "2026-03-29T21:00:00"),
        (["22:00"], LONDON, "2026-03-29T20:59:59", "2026-03-28T22:00:00"),
        # 25 October 2026: 01:00-02:00 comes twice, 01:30 strikes the first time only
        (["01:30"], LONDON, "2026-10-25T00:29:59", "2026-10-24T00:30:00"),
        (["01:30"], LONDON, "2026-10-25T00:30:00", "2026-10-25T00:30:00"),
        (["01:30"], LONDON, "2026-10-25T01:30:00", "2026-10-25T00:30:00"),
    ],
)
def test_a_pull_is_due_in_school_time(times: list[str], zone: ZoneInfo, now: str, due: str) -> None:
    """Whatever the season, to the second; each time once a day."""
    at = [time.fromisoformat(text) for text in times]

    assert strikes.last_strike(at, zone, utc(now)) == utc(due)


@given(st.lists(st.times(), min_size=1, max_size=4), ZONES, MOMENTS)
def test_there_is_always_a_last_time(at: list[time], zone: ZoneInfo, now: datetime) -> None:
    """At most a day and a changed hour ago, and never still to come."""
    due = strikes.last_strike(at, zone, now)

    assert timedelta(0) <= now - due <= timedelta(hours=25)


@pytest.mark.parametrize("zone", [LONDON, DUBAI])
def test_each_time_strikes_once_a_day(zone: ZoneInfo) -> None:
    """A year of ticks finds as many moments as there are days, clock changes and all."""
    start = utc("2026-01-01T12:00:00")
    ticks = (start + timedelta(minutes=15) * number for number in range(365 * 24 * 4))

    found = sorted({strikes.last_strike([time(1, 30)], zone, tick) for tick in ticks})

    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(366)]
    assert [moment.astimezone(zone).date() for moment in found] == days


@pytest.mark.parametrize(
    ("now", "zone", "year"),
    [
        ("2026-08-31T22:59:59", LONDON, 2025),
        ("2026-08-31T23:00:00", LONDON, 2026),  # midnight in summer time
        ("2026-08-31T19:59:59", DUBAI, 2025),
        ("2026-08-31T20:00:00", DUBAI, 2026),
        ("2026-12-31T23:59:59", LONDON, 2026),
        ("2027-01-01T00:00:00", LONDON, 2026),
        ("2027-08-31T12:00:00", LONDON, 2026),
    ],
)
def test_the_academic_year_turns_on_the_first_of_september(
    now: str, zone: ZoneInfo, year: int
) -> None:
    """In school time, to the second: the turn changes every class id."""
    there = NORTHBANK.model_copy(update={"time_zone": zone})

    assert academic_year.academic_year_at(school(), there, utc(now)) == year


def test_a_set_academic_year_does_not_turn() -> None:
    """The school says when, if it says so at all."""
    fixed = NORTHBANK.model_copy(update={"school_year": 2025})

    assert academic_year.by_calendar(date(2026, 9, 1), fixed) == 2025
