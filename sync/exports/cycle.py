"""The timetable's cycle as rows: its weeks and their days, as far as they have periods.

Both are known by their names alone: REST is not known to give them ids.

See docs/reference/isams.md#rest-structure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from sync.exports.columns import Row
from sync.isams.school import Period


def weeks(periods: Mapping[str, Period] | None) -> list[Row] | None:
    """Return name, days and periods of each week; None if periods were not read."""
    if periods is None:
        return None
    counts = Counter(period.week for period in periods.values())
    days_of = Counter(week for week, _ in {(each.week, each.day) for each in periods.values()})
    return [(week, str(days_of[week]), str(count)) for week, count in counts.items()]


def days(periods: Mapping[str, Period] | None) -> list[Row] | None:
    """Return week, name, periods, beginning and end of each day; None if periods were not read."""
    if periods is None:
        return None
    of_days = defaultdict[tuple[str, str], list[Period]](list)
    for period in periods.values():
        of_days[period.week, period.day].append(period)
    return [
        (week, day, str(len(held)), min(p.starts for p in held), max(p.ends for p in held))
        for (week, day), held in of_days.items()
    ]
