"""Writing without a network: the simulator's records behind the steps, and calls that may kill."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random

from simulators.isams.faults import DroppedError
from simulators.isams.rest_index import Row
from simulators.isams.rest_writing import (
    STUDENT_TAKES,
    RecordKind,
    Semantics,
    WriteTrouble,
    WritingDesk,
    swagger,
)
from sync.edge.isams.writing import PutAnswer
from sync.edge.storage.store import Blob
from sync.errors import SourceUnavailable, StoreUnavailable
from sync.isams.addresses.kinds import PeopleKind
from sync.isams.addresses.matching import Proposal
from sync.isams.addresses.record_text import Members, body_of, members_of
from sync.isams.school import Pupil
from sync.ledger.address_plans import Learnt
from sync.steps.addresses import learning, looking, planning, writing
from sync.steps.addresses.desk import Desk, find_plan
from sync.steps.addresses.writing import Carried
from tests.clocks import FakeClock
from tests.memory_store import MemoryStore

SCHOOL = "northbank"
WRITER = "writer"
READ_ONLY = ("schoolId", "id", "familyId", "homeAddresses", "lastUpdated", "systemStatus")
SHOWN = (*STUDENT_TAKES, *READ_ONLY)


class Killed(BaseException):
    """The process is gone."""


class LostAnswer(BaseException):
    """The call was carried out, and its answer never came."""


@dataclass
class Calls:
    """Counts calls to iSAMS and storage. Before call number `at`, or after it, `does` is done."""

    at: int = 0
    after: bool = False
    does: Callable[[], None] | None = None
    count: int = 0

    def around[T](self, call: Callable[[], T]) -> T:
        self.count += 1
        due = self.does if self.count == self.at else None
        if due and not self.after:
            due()
        result = call()
        if due and self.after:
            due()
        return result


@dataclass
class DeskRecords:
    """`WritableRecords` over the simulator's desk, as *client*."""

    desk: WritingDesk
    calls: Calls
    client: str = WRITER
    kind: RecordKind = "students"
    unread: set[str] = field(default_factory=set)

    def read(self, kind: PeopleKind, record_id: str) -> Members | None:
        assert kind.record == self.kind
        try:
            return self.calls.around(lambda: self._read(record_id))
        except LostAnswer:
            raise SourceUnavailable("no answer") from None

    def make_ready(self) -> None:
        """Be signed in already."""

    def put(self, kind: PeopleKind, record_id: str, members: Members) -> PutAnswer:
        assert kind.record == self.kind
        try:
            return self.calls.around(lambda: self._put(record_id, members))
        except LostAnswer:
            return PutAnswer(0)

    def _read(self, record_id: str) -> Members | None:
        if record_id in self.unread:
            raise SourceUnavailable("iSAMS is busy or away")
        row = self.desk.shown(self.kind, record_id, self.client)
        return None if row is None else _members(json.dumps(row))

    def _put(self, record_id: str, members: Members) -> PutAnswer:
        try:
            status, answer = self.desk.put(self.kind, record_id, json.loads(body_of(members)))
        except DroppedError:
            return PutAnswer(0)
        named = json.dumps(answer)
        return PutAnswer(status, tuple(sorted(name for name in members if name in named)))


class CountedStore(MemoryStore):
    """A store whose every call is counted, and may kill."""

    def __init__(self, clock: FakeClock, calls: Calls) -> None:
        super().__init__(clock)
        self.calls = calls

    def read(self, name: str) -> bytes:
        return self._answered(lambda: MemoryStore.read(self, name))

    def blobs(self, prefix: str) -> Sequence[Blob]:
        return self._answered(lambda: MemoryStore.blobs(self, prefix))

    def delete(self, name: str) -> None:
        self._answered(lambda: MemoryStore.delete(self, name))

    def _put(self, name: str, body: bytes) -> bool:
        return self._answered(lambda: MemoryStore._put(self, name, body))

    def _answered[T](self, call: Callable[[], T]) -> T:
        try:
            return self.calls.around(call)
        except LostAnswer:
            raise StoreUnavailable("no answer") from None


@lru_cache
def _members(record: str) -> Members:
    return members_of(record.encode())


def random_record(number: int, rng: Random) -> Row:
    """Return a student as odd as iSAMS may give them, without a school address."""
    some: list[object] = [None, "", "é", "x,y", "=1+1", 'say "x"', "2012-11-02T00:00:00", "\u200b"]
    row: Row = {name: rng.choice([*some, f"{name} {number}"]) for name in STUDENT_TAKES}
    return row | {
        "schoolId": f"S{number}",
        "id": number,
        "familyId": rng.choice([None, number // 2]),
        "homeAddresses": [{"id": number, "town": rng.choice(["X", None])}],
        "lastUpdated": "t0",
        "systemStatus": "Current",
        "forename": f"F{number}",
        "surname": f"N{number}",
        "dob": "2012-11-02T00:00:00",
        "yearGroup": rng.choice([-1, 0, 7, 13]),
        "enrolmentYear": rng.choice([None, 2026, 2026.5]),
        "languages": rng.choice([None, [], ["English"], ["English", "Welsh"]]),
        "nationalities": rng.choice([None, [], [""], ["British"]]),
        "tutorEmployeeId": rng.choice([None, 41]),
        "schoolEmailAddress": rng.choice([None, "", " "]),
    }


@dataclass
class Bench:
    """A school of *count* random records without address, learnt and planned, behind the steps."""

    count: int = 25
    seed: int = 0
    semantics: Semantics = "replaces"
    trouble: WriteTrouble = field(default_factory=WriteTrouble)
    trouble_from_start: bool = False

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.calls = Calls()
        self.store = CountedStore(self.clock, self.calls)
        early = self.trouble if self.trouble_from_start else WriteTrouble()
        self.isams = WritingDesk(self.clock.now, self.semantics, early)
        rng = Random(self.seed)
        self.ids = [f"S{number}" for number in range(1, self.count + 1)]
        for number, record_id in enumerate(self.ids, start=1):
            self.isams.add("students", record_id, random_record(number, rng))
        # Somebody must hold a value of each field, or nobody knows that it is shown.
        full = {name: f"{name} held" for name in STUDENT_TAKES} | {
            "schoolEmailAddress": None, "languages": ["English"], "nationalities": ["British"],
            "yearGroup": 7, "enrolmentYear": 2026, "tutorEmployeeId": 41,
        }  # fmt: skip
        self.isams.edit("students", self.ids[0], full)
        self.clock.advance(3600)
        self.before = {record_id: dict(self.record(record_id)) for record_id in self.ids}

    def record(self, record_id: str) -> Row:
        """Return what iSAMS truly holds."""
        return self.isams.record("students", record_id) or {}

    def desk(self, **changes: object) -> Desk:
        """Return the outside, as a new process finds it."""
        made = Desk(
            school=SCHOOL,
            store=self.store,
            clock=self.clock,
            reading=DeskRecords(self.isams, Calls(), "reader"),
            writing=DeskRecords(self.isams, self.calls),
        )
        for name, value in changes.items():
            object.__setattr__(made, name, value)
        return made

    def learn(self, *unused: str, shown: Sequence[str] = SHOWN) -> Learnt:
        takes = {"students": self.isams.takes["students"], "employees": ()}
        document = swagger("2.0", shown, takes=takes)  # type: ignore[arg-type]
        return learning.learn(
            self.store, SCHOOL, document.encode(), unused, caller="", by="test"
        ).kept

    @property
    def proposals(self) -> list[Proposal]:
        return [Proposal(_listed(self.before[each]), address_of(each)) for each in self.ids]

    def plan(self, *only: str) -> planning.Drawn:
        return planning.plan_addresses(
            self.desk(), PeopleKind.PUPILS, self.proposals, list(self.before), only
        )

    def first_done(self) -> None:
        """Learn, write the first record, and say that it was looked at."""
        self.learn()
        drawn = self.plan(self.ids[0])
        writing.write(self.desk(), drawn.plan.id, drawn.plan.digits)
        desk = self.desk()
        plan, _ = looking.to_compare(desk, drawn.plan.id)
        looking.looked(desk, plan)
        self.isams.puts.clear()

    def planned(self) -> planning.Drawn:
        """Return a plan of all that is left, with the trouble from now on."""
        self.first_done()
        self.ids = self.ids[1:]
        drawn = self.plan()
        self.isams.trouble = self.trouble
        return drawn

    def write(self, drawn: planning.Drawn) -> Carried:
        return writing.write(self.desk(), drawn.plan.id, drawn.plan.digits)

    def in_doubt(self, drawn: planning.Drawn) -> int:
        return len(find_plan(self.desk(), drawn.plan.id).in_doubt())

    def damaged(self) -> dict[str, set[str]]:
        """Return which records differ in which fields from what they were, beside the address."""
        found = {}
        for record_id in self.ids:
            now, was = self.isams.record("students", record_id), self.before[record_id]
            if now is not None and (names := _changed(was, now)):
                found[record_id] = names
        return found

    def addressed(self) -> list[str]:
        """Return the records that hold the address that was meant."""
        return [
            each
            for each in self.ids
            if self.record(each).get("schoolEmailAddress") == address_of(each)
        ]


def _listed(row: Row) -> Pupil:
    """Return a student as the list of all has them."""
    code = row["schoolCode"] or ""
    return Pupil(str(row["schoolId"]), 7, "", "F", str(row["surname"]), code=str(code).strip())


def address_of(record_id: str) -> str:
    return f"{record_id.lower()}@northbank.example"


def _changed(was: Row, now: Row) -> set[str]:
    nobody: list[object] = [None, [], [""]]
    return {
        name
        for name in was.keys() | now.keys()
        if name not in {"schoolEmailAddress", "lastUpdated"}
        and was.get(name) != now.get(name)
        and not (name == "nationalities" and was[name] in nobody and now[name] in nobody)
    }
