"""The tables of docs/operations.md on what it costs: counts of a day, and a month in dollars.

Counts are those that the simulation is held to, prices those of the reference. What is assumed is
said in the page, and stands here by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from simulators.host.hostjson import HostJson
from sync.edge.storage.queues import QUEUES
from tests.pages.tables import row, table
from tests.simulation.days import DAYS, Day

ROOT = Path(__file__).resolve().parents[2]
DAYS_A_MONTH = 30
DAY_S = 86_400
GRANT_GB_S = 100_000  # docs/reference/functions.md#grant
CALLS_A_MESSAGE = 3  # put, got, deleted

# Assumed: nothing was run in Azure.
TICK_S, PULL_S, SEND_S = 2, 45, 5
LINES_A_RUN, LINE_KB = 5, 1.5
# Measured: what 1,500 pupils leave in a night, twice, for a week and a week in which it can be had
# back; and the sizes of docs/operations.md, Limits of size.
STORED_GB = 0.06
MEMORY_GB = {1: 0.5, 10: 0.5, 100: 2.0}


class Price(NamedTuple):
    """What so many `units` cost, in dollars, and how that is said."""

    usd: float
    units: int
    words: str


# By the anchor of the fact that says from where.
PRICES = {
    "price-runs": Price(0.40, 1_000_000, "$0.40 a million"),
    "price-gb-s": Price(3.70, 100_000, "$3.70 a hundred thousand"),
    "price-lists": Price(0.055, 10_000, "$0.055 for 10,000"),
    "price-writes": Price(0.055, 10_000, "$0.055 for 10,000"),
    "price-reads": Price(0.0044, 10_000, "$0.0044 for 10,000"),
    "price-queues": Price(0.004, 10_000, "$0.004 for 10,000"),
    "price-stored": Price(0.0208, 1, "$0.0208 a month"),
    "price-logs": Price(2.99, 1, "$2.99"),
    "price-kept-logs": Price(0.13, 1, "$0.13 a month"),
    "price-rules": Price(0.50, 1, "$0.50 a month"),
}
GB_S = PRICES["price-gb-s"]
GRANTED = ("runs of functions", "GB-seconds", "the app's log lines, GB")
"""What Microsoft's free grants cover, if nothing else in the subscription uses them up."""


class Line(NamedTuple):
    """What is paid for: so many units a month, by the day and the number of schools."""

    name: str
    price: str
    units: Callable[[Day, int], float]

    def usd(self, day: Day, schools: int) -> float:
        """Return what a month of it costs, in dollars."""
        price = PRICES[self.price]
        return self.units(day, schools) * price.usd / price.units


def month() -> Sequence[Line]:
    """Return what a month consists of, without what is priced beside it."""
    return (
        Line("runs of functions", "price-runs", lambda day, _: _monthly(_runs(day))),
        Line("GB-seconds", "price-gb-s", _gb_s),
        Line("rosters: listings", "price-lists", lambda day, _: _monthly(day.lists)),
        Line("rosters: writes", "price-writes", lambda day, _: _monthly(day.writes)),
        Line(
            "rosters: reads and looks at the clock",
            "price-reads",
            lambda day, _: _monthly(day.reads + day.looks),
        ),
        Line("queues: the app's calls", "price-queues", lambda day, _: _monthly(_queued(day))),
        Line("rosters stored, GB", "price-stored", lambda _, schools: STORED_GB * schools),
        Line("the app's log lines, GB", "price-logs", lambda day, _: _log_gb(_runs(day))),
    )


def beside() -> Sequence[Line]:
    """Return what is priced beside it."""
    return (
        Line(
            "the host's looks into queues, at most",
            "price-queues",
            lambda *_: _monthly(host_looks()),
        ),
        Line("alert rules", "price-rules", lambda *_: rules()),
        Line("who has read: taken in, GB", "price-logs", lambda day, _: _read_gb(day)),
        Line(
            "who has read: kept, GB after a year",
            "price-kept-logs",
            lambda day, _: _read_gb(day) * 11,  # the first 31 days are in the price above
        ),
    )


def host_looks() -> int:
    """Return how often an instance of each queue's function looks in a day, if it never ends."""
    pace = HostJson.read(ROOT / "host.json").queues
    return round(len(QUEUES) * DAY_S / pace.max_polling_interval_s)


def rules() -> int:
    """Return how many alert rules a deployment makes."""
    text = (ROOT / "infra" / "watching.bicep").read_text(encoding="utf-8")
    return len(re.findall(r"loadTextContent\('queries/", text))


def _monthly(a_day: float) -> float:
    return a_day * DAYS_A_MONTH


def _runs(day: Day) -> int:
    return day.ticks + day.pulls + day.sends


def _queued(day: Day) -> int:
    return day.peeks + CALLS_A_MESSAGE * (day.pull_messages + day.send_messages)


def _gb_s(day: Day, schools: int) -> float:
    again = day.pulls - schools  # they find their school read
    seconds = (day.ticks + again) * TICK_S + schools * PULL_S + day.sends * SEND_S
    return _monthly(seconds) * MEMORY_GB[schools]


def _log_gb(runs: int) -> float:
    return _monthly(runs) * LINES_A_RUN * LINE_KB / 1_000_000


def _read_gb(day: Day) -> float:
    lines = day.lists + day.reads + day.looks + day.deletes
    return _monthly(lines) * LINE_KB / 1_000_000


# -- tables


def a_day() -> str:
    """Return the counts of a day."""
    names = {
        "ticks": "runs of `tick`",
        "pulls": "runs of `pull`",
        "sends": "runs of `send`",
        "lists": "listings of rosters and notes",
        "reads": "reads",
        "looks": "looks at the clock of storage",
        "writes": "writes",
        "deletes": "deletions, which cost nothing",
        "pull_messages": "messages in `sync-pull`",
        "send_messages": "messages in `sync-send`",
        "peeks": "looks of ticks at messages that failed",
    }
    rows = (
        row(name, *(f"{getattr(day, field):,}" for day in DAYS.values()))
        for field, name in names.items()
    )
    return table(("in 24 hours", *_heads()), rows)


def a_month() -> str:
    """Return what a month costs, line by line, with its sums."""
    return table(("a month", "price of one", *_heads()), _month_rows())


def _month_rows() -> Iterator[str]:
    lines = month()
    yield from map(_row, lines)
    own = [line for line in lines if line.name not in GRANTED]
    yield _sum("**sum, where the free grants are this app's alone**", own, granted=True)
    yield _sum("sum, where others use the grants up", lines)
    yield from map(_row, beside())


def _row(line: Line) -> str:
    cells = (f"{_count(line.units(day, n))}: ${line.usd(day, n):.3f}" for n, day in DAYS.items())
    return row(line.name, f"[{PRICES[line.price].words}]({_fact(line.price)})", *cells)


def _sum(name: str, lines: Sequence[Line], *, granted: bool = False) -> str:
    sums = []
    for schools, day in DAYS.items():
        over = max(0.0, _gb_s(day, schools) - GRANT_GB_S) if granted else 0.0
        usd = sum(line.usd(day, schools) for line in lines) + over * GB_S.usd / GB_S.units
        sums.append(f"**${usd:.2f}**" if granted else f"${usd:.2f}")
    return row(name, "", *sums)


def _heads() -> Iterator[str]:
    return (f"{schools} school{'s' if schools > 1 else ''}" for schools in DAYS)


def _count(units: float) -> str:
    return f"{units:,.0f}" if units >= 10 else f"{units:.2f}"


def _fact(anchor: str) -> str:
    return f"reference/functions.md#{anchor}"
