"""Runs: when they start, what they do with the staged files, what they tell (reference §4.7-4.9).

Nothing here waits: `catch_up` brings the tenant to its clock's moment, in the order in which
the starts and ends in between were due.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from simulators.sds.checks import check
from simulators.sds.formats import V1_CODE
from simulators.sds.graph import as_read
from simulators.sds.store import Store
from simulators.sds.tenant import Activity, Files, Processed, Run, Tenant
from simulators.sds.verdict import Level


def catch_up(tenant: Tenant) -> None:
    now = tenant.clock()
    while True:
        run = running(tenant)
        if run is None and tenant.run_wanted:
            begin(tenant, now)
        elif run and run.ends is not None and run.ends <= min(now, tenant.next_run_at):
            finish(tenant, run)
            if tenant.run_wanted:
                begin(tenant, run.ends)
        elif tenant.next_run_at <= now:
            due = tenant.next_run_at
            tenant.next_run_at += timedelta(seconds=tenant.knobs.run_period_s)
            if run is None:
                begin(tenant, due)
        else:
            return


def running(tenant: Tenant) -> Run | None:
    last = tenant.runs[-1] if tenant.runs else None
    return last if last and last.status == "running" else None


def begin(tenant: Tenant, moment: datetime) -> Run:
    """Start a run over what is staged at this moment; what comes later waits for the next."""
    tenant.run_wanted = False
    duration_s = tenant.knobs.run_duration_s
    run = Run(
        id=tenant.new_id(),
        started=moment,
        ends=None if duration_s is None else moment + timedelta(seconds=duration_s),
        files=dict(tenant.staged),
        activities=tuple(Activity(tenant.new_id(), flow) for flow in tenant.all_flows()),
    )
    tenant.runs.append(run)
    return run


def finish(tenant: Tenant, run: Run) -> None:
    if tenant.knobs.blocking_error is not None:
        run.status, run.blocking_error = "failed", tenant.knobs.blocking_error
        for activity in run.activities:
            activity.status = "failed"
        return
    for activity in run.activities:
        _process(tenant, run, activity)
    statuses = {activity.status for activity in run.activities}
    for status in ("failed", "completedWithErrors", "completedWithWarnings"):
        if status in statuses:
            run.status = status
            return
    run.status = "completed"


def _process(tenant: Tenant, run: Run, activity: Activity) -> None:
    """Take one flow's files as the whole truth. Without any, or past its date, it is skipped."""
    connector_id = activity.flow.connector_id
    files = run.files.get(connector_id)
    formats = {one.id: one.format_code for one in tenant.connectors}
    usable = files is not None and formats.get(connector_id) != V1_CODE
    at = run.ends or run.started
    if files is None or not usable or activity.flow.readiness_at(at) != "ready":
        activity.status = "skipped"
        return
    done = tenant.processed.get(connector_id)
    if done is None or done.files is not files or done.people is not tenant.people:
        done = tenant.processed[connector_id] = _take(tenant, connector_id, files)
    activity.status, activity.errors, activity.warnings = done.status, done.errors, done.warnings
    activity.store = tenant.stores[connector_id].snapshot()


def _take(tenant: Tenant, connector_id: str, files: Files) -> Processed:
    """Check *files* and diff them with the store, which a set that cannot be read leaves alone."""
    store = tenant.stores.setdefault(connector_id, Store())
    checked = check(as_read(tenant, files))
    tenant.row_faults += checked.faults
    errors, warnings = checked.count(Level.ERROR), checked.count(Level.WARNING)
    if checked.count(Level.CATASTROPHIC):
        return Processed(files, tenant.people, "failed", errors, warnings)
    store.replace(checked.rows, tenant.people, tenant.knobs.append_domain)
    status = "completedWithWarnings" if warnings else "completed"
    status = "completedWithErrors" if errors else status
    return Processed(files, tenant.people, status, errors, warnings)
