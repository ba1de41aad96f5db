"""Another SDS, that shares no code with the simulator: files, checks, runs, and what it holds.

It knows what really happened, so that what the app says of it can be judged. Files lie ready when
their check has ended; a run takes what lies ready when it begins; between two flows only the
statistics tell whose run it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from pydantic import SecretStr

from sync.edge.clock import Budget, Clock
from sync.edge.graph_values import (
    Connector,
    Counts,
    Fault,
    Flow,
    HandedOver,
    Operation,
    OperationLook,
    Run,
    Session,
    Statistics,
    Whereabouts,
)
from sync.errors import TargetUnavailable

OURS, THEIRS = "flow-ours", "flow-theirs"

type Files = Mapping[str, bytes]
type Check = Literal["accepted", "refused", "incomplete"]
type Answering = Literal["heard", "lost", "never arrived"]


@dataclass(frozen=True)
class Plans:
    """What the next hand-over meets: how long its check takes, and what comes of it.

    `heard_after_s` is when the operation can be asked after at all; None: never.
    """

    way: Answering = "heard"
    check: Check = "accepted"
    check_s: float = 30.0
    heard_after_s: float | None = 0.0


@dataclass(frozen=True)
class Checked:
    """One `validate` that arrived."""

    own: str
    at: datetime
    ends: datetime
    plans: Plans
    files: Files = field(repr=False)

    @property
    def taken(self) -> Files | None:
        """What lies ready for the next run: None of what was refused."""
        if self.plans.check == "refused":
            return None
        if self.plans.check == "incomplete":
            return {name: body for name, body in self.files.items() if name != "enrollments.csv"}
        return self.files


@dataclass(frozen=True)
class PlannedRun:
    """A run of the tenant, and what our flow does in it."""

    own: str
    begins: datetime
    ours: str = "completed"

    @property
    def ends(self) -> datetime:
        return self.begins + timedelta(hours=1)


class StandIn:
    """Implements `sync.edge.world.Target`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._uploads: dict[str, bytes] = {}
        self.next = Plans()
        self.checks: list[Checked] = []
        self.runs: list[PlannedRun] = []
        self.started = 0
        self.ahead_s = 0.0  # its clock, before ours; all moments that it tells are by it
        self._counted: dict[str, Statistics | None] = {}

    # -- what really is ----------------------------------------------------------------------

    def taken_by(self, run: PlannedRun) -> Files | None:
        """Return the files that *run* took: the last that lay ready when it began."""
        if not run.ours.startswith("completed"):
            return None
        ready = [each for each in self.checks if each.ends <= run.begins and each.taken is not None]
        return ready[-1].taken if ready else None

    def history(self, now: datetime) -> list[tuple[PlannedRun, Files]]:
        """Return what SDS held, one after the other, with the run that took it."""
        over = [run for run in sorted(self.runs, key=lambda run: run.begins) if run.ends <= now]
        return [(run, files) for run in over if (files := self.taken_by(run)) is not None]

    def forget(self) -> None:
        """Be a process that has asked nothing yet."""
        self._counted = {}

    # -- what the app is told ----------------------------------------------------------------

    def connector(self, name_or_id: str, budget: Budget) -> Connector:
        return Connector("c1", name_or_id, "azureDataLakeConnector", "schoolDataSyncV2Rev1")

    def flows(self, budget: Budget) -> tuple[Flow, ...]:
        return Flow(OURS, "c1", "ready"), Flow(THEIRS, "c2", "ready")

    def open_session(self, connector_id: str, budget: Budget) -> Session:
        self._uploads = {}
        return Session(SecretStr("invented"), None)

    def put_file(self, session: Session, name: str, body: bytes, budget: Budget) -> None:
        self._uploads[name] = body

    def validate(self, connector_id: str, budget: Budget) -> HandedOver:
        plans, now = self.next, self._clock.now()
        self.next = Plans()
        own = f"op{len(self.checks) + 1}"
        if plans.way != "never arrived":
            ends = now + timedelta(seconds=plans.check_s)
            self.checks.append(Checked(own, now, ends, plans, dict(self._uploads)))
        if plans.way != "heard":
            raise TargetUnavailable("lost", outcome="unknown")
        return HandedOver(own, "")

    def operation(self, whereabouts: Whereabouts, budget: Budget) -> OperationLook:
        now = self._clock.now()
        check = next(each for each in self.checks if each.own == whereabouts.operation_id)
        after_s = check.plans.heard_after_s
        if after_s is None or now < check.at + timedelta(seconds=after_s):
            return OperationLook(None, ())
        if now < check.ends:
            return OperationLook(Operation("waiting"), ())
        ended = _ended(check)
        moment = check.ends + timedelta(seconds=self.ahead_s)
        return OperationLook(replace(ended, ended_at=moment), ())

    def runs_since(self, moment: datetime, budget: Budget) -> Sequence[Run]:
        now = self._clock.now()
        ahead = timedelta(seconds=self.ahead_s)
        begun = [run for run in self.runs if moment <= run.begins + ahead and run.begins <= now]
        return [
            Run(
                run.own,
                "completed" if run.ends <= now else "running",
                run.begins + ahead,
                run.ends + ahead,
                None,
            )
            for run in sorted(begun, key=lambda run: run.begins)
        ]

    def start_run(self, budget: Budget) -> bool:
        self.started += 1
        own = f"started{self.started}"
        self.runs.append(PlannedRun(own, self._clock.now() + timedelta(seconds=1)))
        return True

    def statistics(self, run_id: str, budget: Budget) -> Statistics:
        run = next(each for each in self.runs if each.own == run_id)
        theirs = Counts("completed", errors=0, people=40, groups=8, matched=40, unmatched=0)
        files = self.taken_by(run)
        ours = Counts(run.ours) if files is None else counted(files)
        self._counted[run_id] = Statistics(theirs, {OURS: ours, THEIRS: theirs})
        return Statistics(theirs, {OURS: ours, THEIRS: theirs})

    def counted(self) -> Mapping[str, Statistics | None]:
        return dict(self._counted)

    def reach(self, address: str, budget: Budget) -> None:
        return None


def counted(files: Files) -> Counts:
    """Return what SDS counts of *files*: rows, all of them well."""
    rows = {name: body.count(b"\r\n") - 1 for name, body in files.items()}
    return Counts(
        "completed",
        errors=0,
        people=rows["users.csv"],
        groups=rows["classes.csv"],
        memberships=rows.get("enrollments.csv", 0),
        matched=rows["users.csv"],
        unmatched=0,
    )


def _ended(check: Checked) -> Operation:
    names = tuple(sorted(check.taken or ()))
    if check.plans.check == "refused":
        return Operation(
            "rejected", (Fault("RequiredFileNotFound", "orgs.csv"),), (), (), check.ends
        )
    return Operation("accepted", (), (), names, check.ends)
