"""What the small JSON blobs hold that mark how far a pull or a delivery has come.

A new mark is a class here and its name in `tests/mark_names.py`, which holds what is stored.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Literal, NamedTuple, Self

from pydantic import Field

from sync.errors import SyncError
from sync.ledger.record import Mark, NamedRecord, Record

Caller = Annotated[str, Field(exclude_if=operator.not_)]
"""Who asked for what is kept: see `sync.ledger.callers`. Nothing in what an older version wrote."""


class Fault(Record):
    """An error as it is stored and shown: its class, its message, who must act, and the facts."""

    error: str
    message: str
    who: str
    facts: Mapping[str, int | str]

    @classmethod
    def of(cls, error: SyncError) -> Self:
        """Return *error* as such a record."""
        return cls(error=error.code, message=str(error), who=error.who, facts=error.facts)


def fault(error: SyncError) -> Fault:
    """Return *error* as a record."""
    return Fault.of(error)


class Failed(Fault, Mark, name="failed.json"):
    """Why a delivery cannot be sent, or a pull is given up."""


class Swept(Mark, name="swept.json"):
    """From then on the files of this set, delivery or pull go, or are gone."""

    at: datetime
    by: str


class SweepDone(Mark, name="done.json"):
    """Everything was looked through, and what was past its time deleted."""

    at: datetime
    by: str


# -- a pull ------------------------------------------------------------------------------------

TIMER = "timer"
"""With this begins who asked for a pull, if nobody did."""


TERMINAL = "terminal"
"""With this begins who asked for a pull at a terminal, and waits there for all that they asked."""


class Asked(Mark, name="asked.json"):
    """When a pull was asked for, and how: `timer …`, or by a person, who is the `caller`."""

    at: datetime
    by: str
    caller: Caller = ""

    @property
    def by_timer(self) -> bool:
        """Whether no person asked for it."""
        return self.by.startswith(TIMER)

    @property
    def by_terminal(self) -> bool:
        """Whether whoever asked sends as well, once all is read that they asked for."""
        return self.by.startswith(TERMINAL)


class AttemptBegun(Mark, name="tried-*.json"):
    """An attempt was begun, by this invocation."""

    at: datetime
    by: str


class Beat(NamedRecord, name="reading-*.json"):
    """That an attempt at a pull was still alive: no mark, it is of no use when that is over."""

    BEATS: ClassVar = 1000
    """Its number is that of the attempt times this, and how often it has beaten."""

    at: datetime

    @classmethod
    def number(cls, attempt: int, beat: int) -> int:
        """Return the number of the *beat*th sign of life of *attempt*, both counted from 1."""
        return attempt * cls.BEATS + beat


class Nudged(NamedRecord, name="nudged-*.json"):
    """That a tick nudges because this attempt must be dead: no other need. No mark, like a beat."""

    at: datetime
    by: str


class AttemptFailed(Fault, Mark, name="ended-*.json"):
    """Why an attempt came to nothing; there may be another."""


class Pulled(Mark, name="sealed.json"):
    """The set that each profile got, or why it got none."""

    at: datetime
    sets: Mapping[str, str]
    faults: Mapping[str, Fault]


# -- a delivery, until it may be sent ------------------------------------------------------------


class Unchanged(Mark, name="unchanged.json"):
    """These sets merge to what SDS holds already."""

    sources: Mapping[str, str]
    digest: str
    accepted: str


class Change(Record):
    """How a table differs from that of the last accepted delivery, in rows."""

    before: int
    after: int
    added: int
    removed: int
    changed: int


class Plan(Mark, name="plan.json"):
    """What a delivery would change; `against` is the delivery it was compared with, if any."""

    against: str | None
    changes: Mapping[str, Change]


class Against(Mark, name="against.json"):
    """The ids of all deliveries that SDS may have held when it was compared."""

    deliveries: tuple[str, ...]


class Excess(Record):
    """One limit that is met: `rows` of `table` would be `what`, of which `allowed` may be.

    `org` says for which school, `grade` for which year group; "" for all of them together. What is
    counted is a table, or people, classes or places: see `sync.sds.guard.limits`. Of `table`
    "deliveries", `rows` that SDS may hold could not be read (`unknown`), or are too `many`; or one
    of a week ago could not be read (`drift-unknown`). Of a file that lies beside them, `unknown`,
    so many could not. What is `drifted` was lost within that week, and not in a single night. Of
    "service accounts" and "extra teachers" they are those who would be in no class any more.
    Of "classes of profile prep", `emptied`, 0 rows are an unknown number. `new-ids` are classes
    that would go on under another id, because the rule for ids has changed. Beside
    those of `same-letters` a class comes whose name has the same letters and digits. Classes that
    are `replaced` are all of a school: none of them goes on.
    """

    table: str
    what: str
    rows: int
    allowed: int
    org: str = ""
    grade: str = ""


class Hold(Mark, name="held.json"):
    """Why a delivery waits for a person. `first` means that there is nothing to compare with."""

    digest: str
    first: bool
    excesses: tuple[Excess, ...]

    @property
    def is_whole(self) -> bool:
        """Whether the delivery waits as a whole, and not only some of its schools."""
        return any(
            excess.table == "deliveries" or excess.what in {"moved", "of-no-school", "unknown"}
            for excess in self.excesses
        )


class _Answer(Mark):
    """A person's answer to a hold, for exactly this digest.

    `by` tells answers apart: of two equal answers at the same moment only the first counts.
    `caller` is who gave it.
    """

    digest: str
    at: datetime
    by: str
    caller: Caller = ""


class Approved(_Answer, name="approved.json"):
    """A person said yes."""


class Rejected(_Answer, name="rejected.json"):
    """A person said no; beside an approval it wins."""


# -- a delivery that is handed over --------------------------------------------------------------


class Submitted(Mark, name="submitted.json"):
    """SDS took the upload, and checks it under this operation; "" if SDS did not name it."""

    operation: str
    digest: str
    claim: str
    at: datetime


class Tracking(NamedRecord, name="place-*.json"):
    """Where to ask after a hand-over, and which flows were ours then.

    It lies with the files and goes with them. `address` is SDS's, as it came. `connector` is
    SDS's id. `flows` are the ids of those that could take the files; None: they could not be read.
    """

    address: str
    connector: str
    flows: tuple[str, ...] | None
    since: datetime


class Checked(NamedRecord, name="checked.json"):
    """When SDS's check of the files ended, by SDS's clock; it goes with them."""

    ended_at: datetime | None


class Looked(NamedRecord, name="looked-*.json"):
    """That SDS's runs were looked at for this delivery; it lies with the files and goes with them.

    When that was, storage says. Its number counts the looks.
    """

    by: str


class FlowCounts(Record):
    """What a run made of the rows of a flow, or of all: see `sync.edge.graph.values.Counts`."""

    status: str
    errors: int | None = None
    warnings: int | None = None
    organizations: int | None = None
    people: int | None = None
    groups: int | None = None
    memberships: int | None = None
    matched: int | None = None
    unmatched: int | None = None
    matched_students: int | None = None
    unmatched_students: int | None = None
    matched_staff: int | None = None
    unmatched_staff: int | None = None
    inactive: Mapping[str, int] = {}


class Counted(NamedRecord, name="counted-*.json"):
    """A run's statistics, as SDS gave them; no `totals`: it gives none.

    It lies with the files and goes with them, so that no other process asks for them again.
    """

    totals: FlowCounts | None
    activities: Mapping[str, FlowCounts] | None


class Unproven(Mark, name="unproven.json"):
    """No answer in time. `heard`: what came of each way of asking, in a word."""

    at: datetime
    heard: Mapping[str, str]


class Vouched(Mark, name="vouched.json"):
    """A person, the `caller`, has seen in SDS that it holds these files."""

    at: datetime
    by: str
    caller: Caller = ""


class Accepted(Mark, name="accepted.json"):
    """SDS found no fault in names and headers. It holds these files now."""

    operation: str
    at: datetime
    warnings: int


class RunAsked(Mark, name="run-asked.json"):
    """We asked SDS to run; it may have refused, and then runs by itself."""

    at: datetime
    started: bool


class Receipt(Mark, name="receipt.json"):
    """How it ended. Counts and codes only.

    `refused`: SDS took nothing. `incomplete`: it took the files, but says it did not find them all.
    What `run` and `counts` hold beyond that is read by `sync.ledger.fates`.
    """

    outcome: Literal[
        "completed", "run-failed", "run-unseen", "refused", "incomplete", "no-answer", "gave-up"
    ]
    at: datetime
    faults: tuple[Mapping[str, str], ...] = ()
    run: Mapping[str, str] = {}
    counts: Mapping[str, int] = {}


# -- a read-back of what is in Teams -------------------------------------------------------------


class ReadBackBegun(Mark, name="read-back.json"):
    """A read-back of that delivery was begun; `since` SDS had its time: its run, or acceptance."""

    delivery: str
    since: datetime
    at: datetime
    by: str


type HowEnded = Literal["whole", "put-off", "dropped", "refused", "unreadable", "nothing"]
"""A word each for how a read-back may end: see `ReadBackEnded`."""


type TroubleWord = Literal["refused", "unreadable", "nothing"]
"""Those of them that keep anything from being told."""


class SeenFirst(NamedTuple):
    """How many differences were first seen at that moment; `lacking` those of what was sent."""

    at: datetime
    how_many: int
    lacking: int


class Saw(Record):
    """What a read-back saw, in numbers.

    `counts` are differences by kind, `firsts` the same by the moment they were first seen, by which
    they are late one day; `since` is when the oldest of each kind was first seen. `sent` are the
    classes that were sent, `there` those of them in Teams, `others` those of other sources, which
    were not looked into. `unclear` are people who could not be told apart. `gave_more` says that
    Graph gave fields that were not asked for.
    """

    counts: Mapping[str, int] = {}
    firsts: tuple[SeenFirst, ...] = ()
    since: Mapping[str, datetime] = {}
    sent: int = 0
    there: int = 0
    others: int = 0
    unclear: int = 0
    gave_more: bool = False

    @property
    def oldest(self) -> datetime | None:
        """Since when the oldest difference is there; None where there is none."""
        return min(self.since.values(), default=None)


class ReadBackTrouble(Record):
    """What keeps read-backs from telling anything, and since when it does.

    `is_told` is False while it may pass by itself, within a day of SDS's run. `fault` is there
    where the identity was refused.
    """

    word: TroubleWord
    since: datetime
    is_told: bool
    fault: Fault | None = None


class ReadBackEnded(Mark, name="read-back-ended.json"):
    """How a read-back ended, and from when on there may be another of that delivery.

    `whole`: it was compared. `put-off`: a run of SDS was under way, or what it did is on its way.
    `dropped`, with `why`: it could not be read to its end, or was no longer of one moment; `drops`
    counts those in a row. `refused`: its identity may not look. `unreadable`: the members are
    hidden. `nothing`: no class of ours is there. `trouble` is the last of these three, kept until
    one was whole. `seen_by` is the client id of who looked.
    """

    outcome: HowEnded
    delivery: str
    at: datetime
    again_at: datetime
    seen_by: str
    by: str
    why: str = ""
    drops: int = 0
    trouble: ReadBackTrouble | None = None
    saw: Saw = Saw()
