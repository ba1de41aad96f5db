"""Microsoft Graph and SDS: clock, sign-in, roles, connectors with their flows, the last run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from sync.edge.clock import Budget
from sync.edge.graph import identity, sds
from sync.edge.graph.answers import flow_state, leading_to
from sync.edge.graph.clock import graph_time
from sync.edge.graph.places import OPERATION
from sync.edge.graph.values import Connector, FlowState, Run
from sync.errors import TargetRefused
from sync.report import NEAR_END
from sync.settings import SdsSettings, Settings
from sync.steps.doctor import setup
from sync.steps.doctor.checks import Check, Note, Visit
from sync.steps.doctor.clocks import compared
from sync.steps.setup import look
from sync.texts import as_day

# docs/reference/sds.md#runs
RUNS_WITHIN = timedelta(hours=26)  # SDS runs twice a day by itself

_NEEDED = (sds.CONNECTORS, sds.UPLOAD, OPERATION, sds.RUNS)
_CLOCK = "clock, against Microsoft Graph"
_SIGN_IN = "sign-in to Microsoft Graph"
_ROLES = "roles of the app in the tenant"
_LAST_RUN = "last run of SDS"
_PORTAL = "look at it in School Data Sync, under Sync health"
_NEW_FLOW = "make a new inbound flow: `isams-sync sds next-year` says how"


def check_sds(settings: Settings, visit: Visit) -> Iterator[Check]:
    """Try all that a hand-over asks of Microsoft; nothing is uploaded and no session opened."""
    graph = settings.sds
    yield visit.examine(
        _CLOCK,
        lambda: graph_time(graph, visit.clock, visit.budget()),
        lambda theirs: compared(visit.clock.now(), theirs, TargetRefused),
    ).check
    tokens = identity.graph_tokens(graph, visit.clock)
    signed_in = visit.examine(_SIGN_IN, tokens.token, lambda _: Note("signed in"))
    yield signed_in.check
    connectors = settings.connectors()
    about = {name: f"SDS connector of {', '.join(keys)}" for name, keys in connectors.items()}
    if signed_in.value is None:
        others = [check for subject in about.values() for check in _checks(subject)]
        yield from visit.skipped((_ROLES, *others, _LAST_RUN, setup.SETUP), _SIGN_IN)
        return
    held = identity.roles_in(signed_in.value)
    yield visit.examine(_ROLES, lambda: held, partial(_roles, graph)).check
    target = sds.SdsTarget(graph, tokens, visit.clock)
    for name, subject in about.items():
        yield from _connector(target, name, _checks(subject), visit)
    yield visit.examine(
        _LAST_RUN,
        lambda: target.runs_since(datetime.min.replace(tzinfo=UTC), visit.budget()),
        lambda runs: _last_run(runs, visit.clock.now()),
    ).check
    yield from setup.check_setup(settings, tokens, held, visit)


def _checks(about: str) -> tuple[str, str, str, str]:
    return f"{about}: found", f"{about}: format", f"{about}: flow", f"{about}: end of the flow"


def _connector(
    target: sds.SdsTarget, name: str, checks: tuple[str, str, str, str], visit: Visit
) -> Iterator[Check]:
    listed, takes, flow, end = checks
    ask = partial(target.find, name, visit.budget())
    check, connector = visit.examine(listed, ask, partial(_known_by, name), connector=name)
    yield check
    if connector is None:
        yield from visit.skipped((takes, flow, end), listed)
        return
    yield visit.examine(takes, partial(sds.demand_csv, connector), _format, connector=name).check
    asked = partial(_state, target, connector.id, visit.budget())
    check, state = visit.examine(flow, asked, _ready, connector=name)
    yield check
    if state is None:
        yield from visit.skipped((end,), flow)
    else:
        yield visit.examine(
            end, lambda: state, partial(_end, visit.clock.now()), connector=name
        ).check


def _state(target: sds.SdsTarget, connector_id: str, budget: Budget) -> FlowState | None:
    flows = target.flows(budget)
    ours = None if flows is None else leading_to(flows, connector_id)
    return None if ours is None else flow_state(ours)


def _roles(settings: SdsSettings, held: frozenset[str]) -> Note:
    """Judge by the token: what it lacks, Graph will refuse."""
    needed = [*_NEEDED, *([sds.START] if settings.start_run else [])]
    if lacking := [errand for errand in needed if errand.role not in held]:
        named = "; ".join(f"{errand.role}, to {errand.words}" for errand in lacking)
        raise TargetRefused(
            f"the app lacks {len(lacking)} of its application roles: {named}. Grant them to its"
            " identity in Entra (a role just granted can take up to a day to be seen)",
            missing=len(lacking),
        )
    text = f"all {len(needed)} that are needed"
    if more := look.writing(held):
        return Note(
            f"{text}; it may change how SDS is set up ({', '.join(more)}), and never needs to",
            "take these roles away from the app: a person's own token makes the set-up",
        )
    if sds.FLOWS.role in held:
        return Note(text)
    return Note(f"{text}; flows stay unseen", f"grant {sds.FLOWS.role}, to {sds.FLOWS.words}")


def _known_by(name: str, connector: Connector) -> Note:
    return Note("by its id" if connector.id == name else "by its name")


def _format(connector: Connector) -> Note:
    return Note("SDS v2.1 CSV" if connector.format else "CSV of a format that SDS does not tell")


def _ready(state: FlowState | None) -> Note:
    if state is None:
        return Note("Graph does not show it", f"grant {sds.FLOWS.role}, to {sds.FLOWS.words}")
    if state.ready:
        return Note("ready")
    if not state.states:
        raise TargetRefused("this connector has no inbound flow: `isams-sync sds plan`")
    if state.expired:
        raise TargetRefused(f"its inbound flow is of a past academic year: {_NEW_FLOW}")
    raise TargetRefused(
        "its inbound flow is not ready: a new one takes some minutes; else look at it in School"
        " Data Sync",
        states=" ".join(state.states),
    )


def _end(now: datetime, state: FlowState) -> Note:
    if state.ends_at is None:
        return Note("SDS tells none")
    if state.ends_at <= now:
        raise TargetRefused(f"its inbound flow is over since {as_day(state.ends_at)}: {_NEW_FLOW}")
    near = state.ends_at - now <= NEAR_END
    return Note(as_day(state.ends_at), f"before that day, {_NEW_FLOW}" if near else "")


def _last_run(runs: Sequence[Run], now: datetime) -> Note:
    """Judge the newest run of the tenant: what goes wrong in it does not keep us from sending."""
    if not runs:
        return Note("none yet: SDS runs twice a day once it has files")
    last = runs[-1]
    begun = last.started_at or now
    text = f"{last.status}, begun {begun:%d %B %Y %H:%M} UTC"
    if last.blocked_by:
        text += f", stopped by {last.blocked_by}"
    if last.status in {"failed", "completedwitherrors"} or last.blocked_by:
        return Note(text, _PORTAL)
    if now - begun > RUNS_WITHIN:
        return Note(text, f"SDS should run twice a day: {_PORTAL}")
    return Note(text)
