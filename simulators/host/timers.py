"""What a timer's function is given."""

from __future__ import annotations

import json

from simulators.host import protos
from simulators.host.worker import Function


def tick(function: Function, now: str, *, past_due: bool) -> protos.TypedData:
    """Return the value of a tick at *now*; without a monitor there is no past, so none was missed.

    See docs/reference/functions.md#missed-tick.
    """
    monitored = is_monitored(function)
    status = {"Last": now, "Next": now, "LastUpdated": now} if monitored else None
    schedule = {"AdjustForDST": True}
    told = {"Schedule": schedule, "ScheduleStatus": status, "IsPastDue": past_due and monitored}
    return protos.TypedData(json=json.dumps(told))


def is_monitored(function: Function) -> bool:
    """Tell whether the host remembers when the timer fired last.

    Below a minute it does not, whatever the binding says: docs/reference/functions.md#use-monitor.
    Only six fields (NCRONTAB) are read.
    """
    fires_once_a_minute = str(function.trigger["schedule"]).split()[0].isdigit()
    return fires_once_a_minute and bool(function.trigger.get("useMonitor", True))
