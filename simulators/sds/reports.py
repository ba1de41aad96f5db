"""What Graph says of runs: list, start, activities, statistics (reference §4.7-4.9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from simulators.sds import runs
from simulators.sds.calls import Call, RefusalError, Reply, collection, not_found, stamp
from simulators.sds.graph import readiness
from simulators.sds.knobs import Activities
from simulators.sds.objects import NAMESPACE
from simulators.sds.outcome import give
from simulators.sds.store import Store
from simulators.sds.tenant import Activity, Json, Run
from simulators.sds.words import told


def start(call: Call) -> Reply:
    """202 without a body. Five starts in twelve hours; the next scheduled run may be skipped."""
    tenant, now = call.tenant, call.tenant.clock()
    knobs = tenant.knobs
    if runs.running(tenant):
        raise RefusalError(knobs.start_while_running_status, "Conflict", "a run is active")
    window = timedelta(seconds=knobs.start_window_s)
    recent = [moment for moment in tenant.started_at if now - moment < window]
    if len(recent) >= knobs.start_budget:
        raise RefusalError(
            429, "TooManyRequests", "too many runs", retry_after_s=knobs.start_retry_after_s
        )
    tenant.started_at = [*recent, now]
    if tenant.next_run_at - now <= timedelta(seconds=knobs.start_skips_within_s):
        tenant.next_run_at += timedelta(seconds=knobs.run_period_s)
    runs.begin(tenant, now)
    return Reply(202)


def listing(call: Call) -> Reply:
    items = [_run_json(call, run) for run in reversed(call.tenant.runs)]
    return Reply(body=collection(call, "runs", items))


def one(call: Call) -> Reply:
    return Reply(body=_run_json(call, _run(call)))


def activities(call: Call) -> Reply:
    items = [_activity_json(call, activity) for activity in _run(call).activities]
    return Reply(body=collection(call, "runs/activities", items))


def statistics(call: Call) -> Reply:
    """Of all flows together, and of each: null and left out as the knobs say."""
    run, knobs = _run(call), call.tenant.knobs
    totals = _totals(run.activities)
    for name in [*totals]:
        give(totals, name, knobs.counts)
    body: Json = {
        "@odata.type": f"{NAMESPACE}industryDataRunStatistics",
        "runId": run.id,
        "status": told(call, "industryDataRunStatus", run.status),
        "inboundTotals": totals,
        "activityStatistics": _of_flows(call, run),
    }
    give(body, "inboundTotals", knobs.totals)
    if knobs.activity_statistics is Activities.ABSENT:
        del body["activityStatistics"]
    return Reply(body=body)


def _totals(activities: Sequence[Activity]) -> Json:
    total: Counter[str] = Counter()
    matched: Counter[str] = Counter()
    unmatched: Counter[str] = Counter()
    for activity in activities:
        for name, metric in activity.store.metrics().items():
            total[name] += metric["active"]
        matched += activity.store.matched
        unmatched += activity.store.unmatched
    return {
        "errors": sum(activity.errors for activity in activities),
        "warnings": sum(activity.warnings for activity in activities),
        **{name: total[name] for name in Store().metrics()},
        **_by_role(matched, unmatched),
    }


def _of_flows(call: Call, run: Run) -> list[Json] | None:
    """Write each flow's statistics, as far as and under the ids that the knob says."""
    activities = [(activity.flow.id, activity) for activity in run.activities]
    ours = call.tenant.first_connector_id
    match call.tenant.knobs.activity_statistics:
        case Activities.NULL:
            return None
        case Activities.NONE:
            activities = []
        case Activities.OTHERS:
            activities = [pair for pair in activities if pair[1].flow.connector_id != ours]
        case Activities.UNKNOWN_IDS:  # those of the activities themselves, say
            activities = [(activity.id, activity) for _, activity in activities]
    return [_statistics_json(call, *pair) for pair in activities]


def _run(call: Call) -> Run:
    for run in call.tenant.runs:
        if run.id == call.values["run_id"]:
            return run
    raise not_found("run")


def _run_json(call: Call, run: Run) -> Json:
    body: Json = {
        "@odata.type": f"{NAMESPACE}industryDataRun",
        "id": run.id,
        "displayName": f"Run {run.started:%Y-%m-%d %H:%M} UTC",
        "status": told(call, "industryDataRunStatus", run.status),
        "startDateTime": stamp(run.started),
        "endDateTime": None if run.status == "running" else stamp(run.ends),
        "blockingError": _blocking_json(run.blocking_error),
    }
    if call.expands("activities"):
        body["activities"] = [_activity_json(call, activity) for activity in run.activities]
    return body


def _blocking_json(code: str | None) -> Json | None:
    if code is None:
        return None
    message = f"The run was stopped by {code}."
    return {"code": code, "message": message, "target": "run", "details": [], "innerError": None}


def _activity_json(call: Call, activity: Activity) -> Json:
    body: Json = {
        "@odata.type": f"{NAMESPACE}inboundFlowActivity",
        "id": activity.id,
        "displayName": activity.flow.name,
        "status": told(call, "industryDataActivityStatus", activity.status),
        "blockingError": None,
    }
    if call.expands("activity"):
        body["activity"] = {
            "@odata.type": f"{NAMESPACE}inboundFileFlow",
            "id": activity.flow.id,
            "displayName": activity.flow.name,
            "readinessStatus": readiness(call, activity.flow),
        }
    return body


def _statistics_json(call: Call, activity_id: str, activity: Activity) -> Json:
    counts: Json = {
        "errors": activity.errors,
        "warnings": activity.warnings,
        **activity.store.metrics(),
        **_by_role(activity.store.matched, activity.store.unmatched),
    }
    for name in [*counts]:
        give(counts, name, call.tenant.knobs.counts)
    return {
        "@odata.type": f"{NAMESPACE}inboundActivityResults",
        "activityId": activity_id,
        "displayName": activity.flow.name,
        "status": told(call, "industryDataActivityStatus", activity.status),
        **counts,
    }


def _by_role(matched: Counter[str], unmatched: Counter[str]) -> Json:
    return {
        "matchedPeopleByRole": _role_counts(matched),
        "unmatchedPeopleByRole": _role_counts(unmatched),
    }


def _role_counts(counts: Counter[str]) -> list[Json]:
    return [{"role": role, "count": count} for role, count in sorted(counts.items())]
