"""Runs: when they start, what they do with the staged files, what they tell (reference §4.7-4.9).

Nothing here waits: `catch_up` brings the tenant to its clock's moment, in the order in which
the ends of operations and the starts and ends of runs in between were due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from simulators.sds.checks import check
from simulators.sds.formats import V1_CODE
from simulators.sds.objects import Flow
from simulators.sds.store import Store
from simulators.sds.tenant import Activity, Files, Operation, Processed, Run, Tenant
from simulators.sds.verdict import Level

type _Event = tuple[datetime, Callable[[datetime], object]]


def catch_up(tenant: Tenant) -> None:
    now = tenant.clock()
    while True:
        due, happen = min(_ahead(tenant), key=lambda event: event[0])
        if due > now:
            return
        happen(due)


def _ahead(tenant: Tenant) -> Iterator[_Event]:
    """Yield what happens next of each kind; of what is due at one moment, the first goes first."""
    for operation in tenant.operations.values():
        if not operation.ended:
            yield operation.ends, partial(_take_over, tenant, operation)
    run = running(tenant)
    if run and run.ends is not None:
        yield run.ends, partial(_end, tenant, run)
    yield tenant.next_run_at, partial(_keep_schedule, tenant)


def _take_over(tenant: Tenant, operation: Operation, moment: datetime) -> None:
    """Stage what an operation leaves at its end: a run that has begun does not see it."""
    operation.ended = True
    if operation.takes is None:
        return
    tenant.staged[operation.connector_id] = operation.takes
    if tenant.knobs.auto_run_after_validate:
        tenant.run_wanted = True
        _begin_if_wanted(tenant, moment)


def _end(tenant: Tenant, run: Run, moment: datetime) -> None:
    finish(tenant, run)
    _begin_if_wanted(tenant, moment)


def _begin_if_wanted(tenant: Tenant, moment: datetime) -> None:
    if tenant.run_wanted and running(tenant) is None:
        begin(tenant, moment)


def _keep_schedule(tenant: Tenant, moment: datetime) -> None:
    tenant.next_run_at += timedelta(seconds=tenant.knobs.run_period_s)
    if running(tenant) is None:
        begin(tenant, moment)


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
        activities=tuple(
            Activity(tenant.new_id(), flow)
            for flow in tenant.all_flows()
            if _is_listed(tenant, flow, moment)
        ),
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
    # A word that a knob gave one flow is not the run's: it ends as the others do.
    statuses = {a.status for a in run.activities if not _forced(tenant, a)}
    worst = ("failed", "completedWithErrors", "completedWithWarnings")
    status = next((word for word in worst if word in statuses), "completed")
    run.status = tenant.knobs.run_word or status


def _is_listed(tenant: Tenant, flow: Flow, moment: datetime) -> bool:
    ready = flow.readiness_at(moment) == "ready"
    return ready or tenant.knobs.idle_flow_activity is not None


def _forced(tenant: Tenant, activity: Activity) -> str | None:
    """Return the word that the knob gives the first connector's flow."""
    ours = activity.flow.connector_id == tenant.first_connector_id
    return tenant.knobs.activity_word if ours else None


def _process(tenant: Tenant, run: Run, activity: Activity) -> None:
    forced = _forced(tenant, activity)
    if forced is None or forced.startswith("completed"):
        _read(tenant, run, activity)
    activity.status = forced or activity.status


def _read(tenant: Tenant, run: Run, activity: Activity) -> None:
    """Take one flow's files as the whole truth. Without any, or not ready, it takes nothing."""
    connector_id = activity.flow.connector_id
    files = run.files.get(connector_id)
    formats = {one.id: one.format_code for one in tenant.connectors}
    usable = files is not None and formats.get(connector_id) != V1_CODE
    if activity.flow.readiness_at(run.ends or run.started) != "ready":
        activity.status = tenant.knobs.idle_flow_activity or "skipped"
        return
    if files is None or not usable:
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
    checked = check(files)
    tenant.row_faults += checked.faults
    errors, warnings = checked.count(Level.ERROR), checked.count(Level.WARNING)
    if checked.count(Level.CATASTROPHIC):
        return Processed(files, tenant.people, "failed", errors, warnings)
    store.replace(checked.rows, tenant.people, tenant.knobs.append_domain)
    status = "completedWithWarnings" if warnings else "completed"
    status = "completedWithErrors" if errors else status
    return Processed(files, tenant.people, status, errors, warnings)
