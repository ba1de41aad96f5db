"""Carrying a plan out, or taking it back: one record at a time, each settled before the next.

    read all, wait a minute, read all again     who changed meanwhile is passed over
    for each      read: as it was, or passed over
                  keep it as it was             before anything is sent
                  PUT what PUT takes            once
                  read, up to three times in a minute
                  as meant     written, and what was kept is deleted
                  as before    refused by iSAMS; or the run ends
                  else         in doubt, and the run ends

Whatever iSAMS answers, reading alone says what came of it. A run that was killed leaves at most one
record that was kept and of which nobody knows more: it is read first when the plan is taken up
again, a minute and a half later at the earliest. So no PUT is ever sent twice blindly.

docs/decisions/0038-one-record-at-a-time.md
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync.edge.isams.writing import PutAnswer
from sync.errors import AddressRefused, SourceError, StoreMissing, concerning
from sync.isams.addresses.kinds import ADDRESS
from sync.isams.addresses.record_text import Members, digest, meaning, says_something, to_put
from sync.isams.addresses.swagger import Contract
from sync.ledger.address_plans import (
    AddressUndone,
    AddressWritten,
    Back,
    Before,
    Passed,
    PlanFolder,
    PlanOver,
    PlanState,
    RunBegun,
    Way,
    WriteRefused,
)
from sync.ledger.marks import fault
from sync.ledger.record import NamedRecord
from sync.ledger.retention import ROSTERS_LAST
from sync.steps.addresses.changing import (
    SETTLED_AFTER_S,
    AddressChange,
    AfterPut,
    EndCode,
    PutVerdict,
    look,
    look_once,
)
from sync.steps.addresses.desk import Desk, OpenPlan, find_plan, open_plan
from sync.steps.addresses.planning import demand_learnt, is_seen

READ_APART_S = 60.0
BETWEEN_S = 2.0
REFUSALS = frozenset({400, 409, 422})
IN_A_ROW = 3
FRESH_S = 10.0
"""How old a record may be when it is written: it takes a second or two to keep it and sign in."""
TRIES = 3
CHANGED, GONE, UNTOUCHED, NOT_OURS = "changed", "gone", "untouched", "not-ours"
LESS = "less"
FORGOTTEN = "forgotten"

PASSED: Mapping[str, str] = {
    CHANGED: "It is not as it was when the plan was made: it comes with another plan.",
    GONE: "There is no such current record any more.",
    UNTOUCHED: "It was tried, and is as it was.",
    LESS: "A field is empty that had a value when it was written; rights may hide it now. Take the"
    " address off on iSAMS's own screens.",
    NOT_OURS: "The address there now is not the one that was written: it stays.",
    FORGOTTEN: "It was in doubt for seven days, and how it was is kept no longer: look at it.",
}
"""Why a record was passed over, by code."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that iSAMS refused: its id, the status, and which fields iSAMS named."""

    record_id: str
    status: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """How a run ended, and how its plan stands: how many records became what.

    `passed` is by code. `refused` are those of the plan; of a run that takes back, those that iSAMS
    refused to take back. `doubtful` is the id of the record in doubt, "" if none is, `doubt` the
    names of its fields that are not as they were. `status` is that of the answer that ended the
    run.
    """

    plan: OpenPlan
    end: EndCode
    written: int
    refused: Sequence[Refusal]
    passed: Mapping[str, int]
    undone: int
    in_doubt: int
    doubtful: str = ""
    doubt: tuple[str, ...] = ()
    status: int = 0
    error: SourceError | None = None


def demand_digits(plan: OpenPlan, digits: str) -> None:
    """Raise unless *digits* are the first eight of the plan's digest."""
    if digits.strip().lower() != plan.digits:
        raise AddressRefused(
            f"these are not the first eight characters of what {plan.id} planned: nothing was"
            " written",
            plan=plan.id,
        )


def demand_writable(plan: OpenPlan) -> None:
    """Raise if the plan is over, or void."""
    if plan.folder.in_doubt():
        return  # to read what became of that record is always right
    if plan.folder.state is PlanState.OVER:
        raise AddressRefused(
            f"{plan.id} was carried out before, and is over: what is left comes with another plan",
            plan=plan.id,
        )
    if plan.folder.state is PlanState.VOID:
        raise AddressRefused(
            f"{plan.id} is void, because an hour passed without a step: make another plan",
            plan=plan.id,
        )


def write(desk: Desk, plan_id: str, digits: str) -> Carried:
    """Carry out the plan, or go on where a run of it was stopped or killed.

    Raises:
        AddressRefused: there is no such plan, it is over or void, or *digits* are not its own.
        StoreError: a mark could not be written: nothing goes on without.
    """
    plan = open_plan(desk, plan_id)
    demand_writable(plan)
    demand_digits(plan, digits)
    run = _PlanRun(desk, plan, "write")
    carried = run.carried_by(run.go)
    if carried.end not in {EndCode.STOPPED, EndCode.TAKEN_OVER}:
        error = fault(carried.error) if carried.error else None
        over = PlanOver(at=desk.store.now(), code=carried.end.value, error=error)
        desk.keep(plan.folder, over)
    return carried


def undo(desk: Desk, plan_id: str, digits: str) -> Carried:
    """Take back what the plan has written, where the address is still the one that it wrote.

    Each record is put as it is now, with the address as it was before. Raises as `write` does.
    """
    plan = open_plan(desk, plan_id)
    demand_digits(plan, digits)
    if not plan.folder.numbers(AddressWritten):
        raise AddressRefused(
            f"{plan.id} has written nothing: there is nothing to undo", plan=plan.id
        )
    run = _PlanRun(desk, plan, "undo")
    return run.carried_by(run.go)


def settle(desk: Desk, plan_id: str) -> Carried:
    """Read what is in doubt, and keep what it is by now, if that can be told; write nothing."""
    plan = open_plan(desk, plan_id)
    if not plan.folder.in_doubt():
        raise AddressRefused(f"no record of {plan.id} is in doubt", plan=plan.id)
    run = _PlanRun(desk, plan, "write")
    return run.carried_by(run.settle_all)


class _EndsError(Exception):
    """The run goes no further."""

    def __init__(self, code: EndCode, looked: AfterPut | None = None, status: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.looked = looked
        self.status = status


@dataclass(slots=True)
class _PlanRun:
    """One run of a plan, to write or to take back; a later run of it ends this one."""

    desk: Desk
    plan: OpenPlan
    way: Way
    number: int = 0
    passed: Counter[str] = field(default_factory=Counter)
    refused: list[Refusal] = field(default_factory=list)

    # -- a run -----------------------------------------------------------------------------------

    def carried_by(self, work: Callable[[], None]) -> Carried:
        """Begin a run, do *work* in it, and tell how it ended."""
        end, looked, status = EndCode.DONE, AfterPut(PutVerdict.AS_MEANT), 0
        self._begin()
        try:
            with concerning(school=self.desk.school):
                work()
        except _EndsError as ended:
            end, status = ended.code, ended.status
            looked = ended.looked or looked
        except SourceError as error:
            end, looked = EndCode.FAILED, AfterPut(PutVerdict.AS_BEFORE, error=error)
        return self._told(end, looked, status)

    def go(self) -> None:
        """Settle what a former run has left, then change each record that is left."""
        state = self.plan.folder.state  # as it was before this run
        self.settle_all()
        if self.way == "write" and state not in {PlanState.WAITS, PlanState.BEGUN}:
            raise _EndsError(EndCode.LATE if state is PlanState.VOID else EndCode.DONE)
        if not self._is_by_what_was_learnt_last():
            raise _EndsError(EndCode.OUTDATED)
        refused_in_a_row = 0
        for place, (change, known) in enumerate(self._unchanged(list(self._changes()))):
            if self.desk.nap(BETWEEN_S if place else 0):
                raise _EndsError(EndCode.STOPPED)
            self.desk.tell(f"record {change.number} of {len(self.plan.content.rows)}")
            refused_in_a_row = refused_in_a_row + 1 if self._change(change, known) else 0
            if refused_in_a_row == IN_A_ROW:
                raise _EndsError(EndCode.REFUSED)

    def _is_by_what_was_learnt_last(self) -> bool:
        """Say whether PUT takes what the plan knows of, as far as anybody has learnt since.

        Who learnt the same Swagger again may have taken a word back that a field is unused. That is
        too late for what was written already.
        """
        planned, learnt = self.plan.planned, self.desk.learnt()
        if learnt is None or learnt.digest != planned.learnt:
            return False
        return self.way == "undo" or learnt.at <= planned.at

    def settle_all(self) -> None:
        """Read each record of which a former run has left only what it was, once that is old."""
        folder = self._now()
        for number, kind in folder.in_doubt():
            self._settle(number, kind)
        for number, kind in folder.told():
            self.desk.drop(folder, kind, number)

    def _begin(self) -> None:
        while True:
            self.number = max(self._now().numbers(RunBegun), default=0) + 1
            begun = RunBegun(
                at=self.desk.store.now(), by=self.desk.by, way=self.way, caller=self.desk.caller
            )
            if self.desk.keep(self.plan.folder, begun, self.number):
                return

    def _now(self) -> PlanFolder:
        return find_plan(self.desk, self.plan.id)

    def _told(self, end: EndCode, looked: AfterPut, status: int) -> Carried:
        folder = self._now()
        passed = Counter(self.passed)
        if self.way == "write":
            numbers = sorted(folder.numbers(Passed))
            passed = Counter(self.desk.read(folder, Passed, each).code for each in numbers)
            self.refused = [
                self._refusal(number) for number in sorted(folder.numbers(WriteRefused))
            ]
        in_doubt = [number for number, _ in folder.in_doubt()]
        untried = self.plan.planned.records - len(folder.ended)
        if end is EndCode.DONE and self.way == "write" and not in_doubt and untried:
            end = EndCode.LEFT
        return Carried(
            plan=self.plan,
            end=end,
            written=len(folder.numbers(AddressWritten)),
            refused=tuple(self.refused),
            passed=dict(sorted(passed.items())),
            undone=len(folder.numbers(AddressUndone)),
            in_doubt=len(in_doubt),
            doubtful=self._record_id(in_doubt[0]) if in_doubt else "",
            doubt=looked.names,
            status=status,
            error=looked.error,
        )

    def _record_id(self, number: int) -> str:
        return self.plan.content.rows[number - 1].record_id

    def _refusal(self, number: int) -> Refusal:
        mark = self.desk.read(self.plan.folder, WriteRefused, number)
        return Refusal(self._record_id(number), mark.status, mark.fields)

    # -- what a former run has left --------------------------------------------------------------

    def _settle(self, number: int, kind: type[Before]) -> None:
        before = self.desk.read(self.plan.folder, kind, number)
        age = self.desk.store.now() - before.at
        if abs(age) > ROSTERS_LAST:
            self._pass(AddressChange(number, "", ""), FORGOTTEN, kind)  # nobody may keep it longer
            self.desk.drop(self.plan.folder, kind, number)
            return
        wait = timedelta(seconds=SETTLED_AFTER_S) - age
        if self.desk.nap(min(max(wait.total_seconds(), 0), SETTLED_AFTER_S)):
            raise _EndsError(EndCode.STOPPED)
        change = AddressChange(number, self._record_id(number), before.address)
        looked = look_once(self.desk, self.plan.kind, change, before.members)
        if looked.verdict is PutVerdict.IN_DOUBT:
            raise _EndsError(EndCode.DOUBT, looked)
        if looked.verdict is PutVerdict.AS_MEANT:
            self._keep_done(number, kind, before.members)
        self.desk.drop(self.plan.folder, kind, number)

    def _keep_done(self, number: int, kind: type[Before], record: Members) -> None:
        """Keep that a record is as meant: *record* is what it was before."""
        at = self.desk.store.now()
        takes = self.plan.content.takes
        held = tuple(n for n in takes if n != ADDRESS and says_something(record.get(n, "null")))
        written = AddressWritten(at=at, held=held)
        done: NamedRecord = AddressUndone(at=at) if kind is Back else written
        self.desk.keep(self.plan.folder, done, number)

    # -- the records of this run -----------------------------------------------------------------

    @property
    def _kind_kept(self) -> type[Before]:
        return Back if self.way == "undo" else Before

    def _changes(self) -> Iterator[AddressChange]:
        """Yield what is left to be changed."""
        folder, rows = self._now(), self.plan.content.rows
        if self.way == "write":
            for number in sorted(set(range(1, len(rows) + 1)) - folder.ended):
                row = rows[number - 1]
                yield AddressChange(number, row.record_id, json.dumps(row.address))
        else:
            for number in sorted(folder.numbers(AddressWritten) - folder.numbers(AddressUndone)):
                yield AddressChange(number, rows[number - 1].record_id, rows[number - 1].was)

    def _unchanged(self, changes: Sequence[AddressChange]) -> list[tuple[AddressChange, Members]]:
        """Return those that are as planned, and the same a minute later, with their records."""
        self.desk.tell("reading all records, for the first time")
        first = {change.number: self._read(change) for change in changes}
        if changes and self.desk.nap(READ_APART_S):
            raise _EndsError(EndCode.STOPPED)
        self.desk.tell("reading all records, for the second time")
        found = []
        for change in changes:
            earlier, record = first[change.number], self._read(change)
            if earlier is None or record is None:
                self._pass(change, GONE)
            elif digest(earlier) != digest(record):
                self._pass(change, CHANGED)
            elif code := self._why_not(change, record):
                self._pass(change, code)
            else:
                found.append((change, record))
        return found

    def _read(self, change: AddressChange) -> Members | None:
        record = self.desk.writing.read(self.plan.kind, change.record_id)
        if record is not None:
            takes, shows = self.plan.content.takes, self.plan.content.shows
            demand_learnt(record, Contract(takes, shows, self.plan.planned.learnt))
        return record

    def _why_not(self, change: AddressChange, record: Members) -> str:
        """Return why *record* is left as it is, "" if nothing speaks against writing it."""
        of_two = self._fault(change, record) or self._unseen(change, record)
        return of_two or self._less(change, record)

    def _fault(self, change: AddressChange, record: Members) -> str:
        """Return why *record* is not the one that is meant, "" if it is."""
        row = self.plan.content.rows[change.number - 1]
        if self.way == "write":
            return "" if digest(record, row.address) == row.digest else CHANGED
        ours = meaning(record.get(ADDRESS, "null")) == ("text", row.address)
        return "" if ours else NOT_OURS

    def _less(self, change: AddressChange, record: Members) -> str:
        """Return why *record*, to be taken back, may hide a field from both clients by now."""
        if self.way == "write":
            return ""  # its digest is that of the plan
        held = self.desk.read(self.plan.folder, AddressWritten, change.number).held
        return "" if all(says_something(record.get(name, "null")) for name in held) else LESS

    def _unseen(self, change: AddressChange, record: Members) -> str:
        """Return why the reading client does not see *record* so, "" if it does.

        Raises:
            AddressRefused: it sees a value that rights hide from the writing one by now.
        """
        try:
            seen = is_seen(self.desk, self.plan.kind, change.record_id, record)
        except AddressRefused:
            again = self._read(change)
            if again is not None and digest(again) == digest(record):
                raise
            return CHANGED  # somebody edited it between the two
        return "" if seen else GONE

    def _pass(self, change: AddressChange, code: str, kind: type[Before] | None = None) -> None:
        self.passed[code] += 1
        if (kind or self._kind_kept) is Before:
            passed = Passed(at=self.desk.store.now(), code=code)
            self.desk.keep(self.plan.folder, passed, change.number)

    # -- one record ------------------------------------------------------------------------------

    def _change(self, change: AddressChange, known: Members) -> bool:
        """Change one record, and say whether iSAMS refused it."""
        for _ in range(TRIES):
            read_at = self.desk.clock.now()
            record = self._read(change)
            if record is None or digest(record) != digest(known):
                self._pass(change, GONE if record is None else CHANGED)
                return False
            if self._is_kept_at_once(change, record, read_at):
                return self._put(change, record)
        raise _EndsError(EndCode.STOPPED)

    def _put(self, change: AddressChange, record: Members) -> bool:
        body = to_put(record, frozenset(self.plan.content.takes), change.address)
        try:
            answer = self.desk.writing.put(self.plan.kind, change.record_id, body)
        except SourceError:  # nothing was sent
            self.desk.drop(self.plan.folder, self._kind_kept, change.number)
            raise
        return self._settled(
            change, look(self.desk, self.plan.kind, change, record), record, answer
        )

    def _settled(
        self, change: AddressChange, looked: AfterPut, record: Members, answer: PutAnswer
    ) -> bool:
        """Keep what became of a record, and say whether iSAMS refused it."""
        as_meant = looked.verdict is PutVerdict.AS_MEANT
        if as_meant:
            self._keep_done(change.number, self._kind_kept, record)
        # A look can take minutes. What a later run has kept by then is not ours to delete.
        if self._is_taken_over():
            raise _EndsError(EndCode.TAKEN_OVER)
        if looked.verdict is PutVerdict.IN_DOUBT:
            raise _EndsError(EndCode.DOUBT, looked, answer.status)
        refused = not as_meant and answer.status in REFUSALS
        if refused:
            self._keep_refused(change, answer.status, answer.fields)
        elif not as_meant:
            self._pass(change, UNTOUCHED)
        self.desk.drop(self.plan.folder, self._kind_kept, change.number)
        if not (as_meant or refused):
            raise _EndsError(_end_of(answer.status), status=answer.status)
        return refused

    def _is_kept_at_once(self, change: AddressChange, record: Members, read_at: datetime) -> bool:
        """Keep the record as it was; say whether it is still as young as it must be to be written.

        A machine may sleep in here, or storage be slow, while others edit the record or go on with
        the plan. So all that takes time comes before the last look at the clock on the wall, which
        goes on in a sleep.

        Raises:
            _EndsError: another run has begun, whose work this now is.
        """
        self._keep_before(change, record)
        try:
            self.desk.writing.make_ready()
            if self._is_taken_over():
                raise _EndsError(EndCode.TAKEN_OVER)
        except (SourceError, _EndsError):
            self._take_away(change)
            raise
        if abs((self.desk.clock.now() - read_at).total_seconds()) <= FRESH_S:
            return True
        self._take_away(change)
        return False

    def _take_away(self, change: AddressChange) -> None:
        """Drop what was kept of a record for which nothing was sent, unless it is another run's."""
        with suppress(StoreMissing):
            kept = self.desk.read(self.plan.folder, self._kind_kept, change.number)
            if kept.by == self.desk.by:
                self.desk.drop(self.plan.folder, self._kind_kept, change.number)

    def _keep_before(self, change: AddressChange, record: Members) -> None:
        """Keep the record as it was; raise if another run has kept it, whose work this now is."""
        before = self._kind_kept(
            at=self.desk.store.now(), by=self.desk.by, members=record, address=change.address
        )
        if not self.desk.keep(self.plan.folder, before, change.number):
            raise _EndsError(EndCode.TAKEN_OVER)

    def _is_taken_over(self) -> bool:
        return max(self._now().numbers(RunBegun), default=0) != self.number

    def _keep_refused(self, change: AddressChange, status: int, fields: tuple[str, ...]) -> None:
        refused = WriteRefused(at=self.desk.store.now(), status=status, fields=fields)
        self.refused.append(Refusal(change.record_id, status, fields))
        if self.way == "write":
            self.desk.keep(self.plan.folder, refused, change.number)


def _end_of(status: int) -> EndCode:
    """Return why a run ends whose record is as it was after an answer of that status."""
    if status == 0:
        return EndCode.LOST
    return EndCode.NO_EFFECT if 200 <= status < 300 else EndCode.STATUS
