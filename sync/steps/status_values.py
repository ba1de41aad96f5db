"""How everything stands, as values, and the JSON document that is made of them.

The terminal shows the values; the document is what `GET /api/status` answers and `status --json`
prints. Its names and their order are a promise to programs that read it: a value that was not
reached yet is left out, save where null says that there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Self

from sync import __version__
from sync.edge.storage.queues import Queue
from sync.ledger import callers, fates
from sync.ledger.claims import Paused
from sync.ledger.fates import Fate
from sync.ledger.manifests import DeliveryManifest, SetManifest
from sync.ledger.marks import Fault, Hold, Plan, Pulled, Receipt
from sync.ledger.states import State

type Json = dict[str, object]
type PullState = Literal["waiting", "running", "sealed", "failed"]


@dataclass(frozen=True, slots=True)
class PullStatus:
    """The newest pull of a school: what it sealed, or the last error if it has not."""

    id: str
    state: PullState
    attempts: int
    error: Fault | None = None
    sealed: Pulled | None = None

    def document(self) -> Json:
        """Return it as JSON values."""
        shown: Json = {"id": self.id, "state": self.state, "attempts": self.attempts}
        if self.error:
            shown["error"] = self.error.model_dump()
        elif self.sealed:
            faults = self.sealed.faults.items()
            shown["sets"] = dict(self.sealed.sets)
            shown["faults"] = {profile: fault.model_dump() for profile, fault in faults}
        return shown


@dataclass(frozen=True, slots=True)
class Night:
    """What a reading gave of a profile: rows by role."""

    id: str
    pulled_at: datetime
    counts: Mapping[str, int]

    @classmethod
    def of(cls, set_id: str, manifest: SetManifest) -> Self:
        """Return what the *manifest* of the set of that id says."""
        return cls(set_id, manifest.pulled_at, manifest.counts)

    def document(self) -> Json:
        """Return it as JSON values."""
        return {"pulled_at": seconds(self.pulled_at), "counts": dict(self.counts)}


type NightWord = Literal["delivered", "unchanged", "held", "rejected", "failed", "carried", "next"]


@dataclass(frozen=True, slots=True)
class NightStood:
    """What became of a school's reading of a day, as far as is known.

    `unchanged`: SDS had all of it already. `failed`: the reading itself, or what was made of it;
    `why` is a word of `Why` then. `pull` and `delivery` are ids, the latter "" if there was none.
    """

    on: date
    word: NightWord
    why: str
    pull: str
    delivery: str


@dataclass(frozen=True, slots=True)
class SetStatus:
    """The newest set of a profile."""

    id: str
    manifest: SetManifest

    def age_h(self, now: datetime) -> float:
        """Return the hours since iSAMS was asked."""
        return round((now - self.manifest.pulled_at).total_seconds() / 3600, 1)

    def document(self, now: datetime) -> Json:
        """Return it as JSON values."""
        return {
            "id": self.id,
            "pulled_at": seconds(self.manifest.pulled_at),
            "age_h": self.age_h(now),
            "academic_year": self.manifest.academic_year,
            "counts": dict(self.manifest.counts),
            "source": dict(self.manifest.source),
            "findings": dict(self.manifest.findings),
        }


@dataclass(frozen=True, slots=True)
class Became:
    """What became of a hand-over; `repeats` is the delivery whose hand-over it was, if another."""

    fate: Fate
    may_hold: bool
    repeats: str = ""

    def document(self) -> Json:
        """Return it as JSON values."""
        row = fates.TABLE[self.fate]
        shown: Json = {"word": row.word, "may_hold": self.may_hold, "who": row.who}
        return shown | ({"repeats": self.repeats} if self.repeats else {})


@dataclass(frozen=True, slots=True)
class Said:
    """An answer that was given: `approved` or `rejected`, when, and by whom as it is kept."""

    word: str
    at: datetime
    caller: str

    def document(self) -> Json:
        """Return it as JSON values; nobody's name."""
        return {"word": self.word, "at": seconds(self.at), **callers.facts(self.caller)}


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """A delivery: its state, and whatever exists of it. `became`: once it was handed over.

    `error` is why it failed, or why its records cannot be read: then nothing else is known.
    `digest` is what an answer to it has to say, "" if it waits for none; `answer` what was said.
    """

    id: str
    state: State
    manifest: DeliveryManifest | None = None
    plan: Plan | None = None
    hold: Hold | None = None
    error: Fault | None = None
    receipt: Receipt | None = None
    became: Became | None = None
    digest: str = ""
    answer: Said | None = None

    def document(self) -> Json:
        """Return it as JSON values."""
        return {name: value for name, value in self._fields().items() if value is not None}

    def _fields(self) -> Json:
        made, plan = self.manifest, self.plan
        return {
            "id": self.id,
            "state": self.state.value,
            "counts": dict(made.counts) if made else None,
            "pulled_at": seconds(made.pulled_at) if made else None,
            "changes": _changes(plan) if plan else None,
            "hold": self.hold.model_dump(exclude={"digest"}) if self.hold else None,
            "digest": self.digest or None,
            "answer": self.answer.document() if self.answer else None,
            "error": self.error.model_dump() if self.error else None,
            "receipt": self.receipt.model_dump(mode="json") if self.receipt else None,
            "became": self.became.document() if self.became else None,
        }


@dataclass(frozen=True, slots=True)
class Restorable:
    """A former delivery that SDS accepted and whose files are still kept."""

    id: str
    accepted_at: datetime


type SchoolState = Literal["next", "delivered", "held", "rejected", "failed", "carried", "waiting"]


@dataclass(frozen=True, slots=True)
class SchoolStatus:
    """How a school stands with a connector.

    `next`: its newest sets go in the next delivery; `delivered`: SDS may hold just these. Of the
    others SDS keeps what it has, which was read at `since`; None: it has nothing. `why` is a
    word of `Why`. `offer` is what a person can approve or reject, "" where an answer would not
    help, `digest` what the answer has to say, and `hold` why it waits. `answer` is what a person
    has said to what goes next, or does not go.
    """

    state: SchoolState
    why: str
    since: datetime | None
    offer: str = ""
    hold: Hold | None = None
    digest: str = ""
    answer: Said | None = None

    def document(self) -> Json:
        """Return it as JSON values."""
        shown: Json = {
            "state": self.state,
            "why": self.why,
            "since": seconds(self.since) if self.since else None,
        }
        if self.offer:
            shown |= {"offer": self.offer, "digest": self.digest}
        if self.answer:
            shown["answer"] = self.answer.document()
        if self.hold:
            shown["hold"] = self.hold.model_dump(include={"first", "excesses"})
        return shown


@dataclass(frozen=True, slots=True)
class ConnectorStatus:
    """A connector: `waiting_for` are profiles without a set; deliveries go from the newest.

    `accepted` is when SDS last took something new of each school, as far as is kept. `told` are the
    schools that somebody asked for; none: all.
    """

    profiles: Sequence[str]
    waiting_for: Sequence[str]
    schools: Mapping[str, SchoolStatus]
    paused: Paused | None
    restorable: Sequence[Restorable]
    deliveries: Sequence[DeliveryStatus]
    accepted: Mapping[str, datetime] = field(default_factory=dict)
    told: Set[str] = frozenset()

    def schools_told(self) -> Mapping[str, SchoolStatus]:
        """Return the schools that were asked for."""
        return {
            key: shown for key, shown in self.schools.items() if not self.told or key in self.told
        }

    def document(self) -> Json:
        """Return it as JSON values."""
        schools = self.schools_told()
        return {
            "profiles": list(self.profiles),
            "waiting_for": list(self.waiting_for),
            "schools": {school: shown.document() for school, shown in schools.items()},
            "paused": _paused(self.paused) if self.paused else None,
            "restorable": [
                {"id": former.id, "accepted_at": seconds(former.accepted_at)}
                for former in self.restorable
            ],
            "deliveries": [delivery.document() for delivery in self.deliveries],
        }


@dataclass(frozen=True, slots=True)
class Status:
    """How everything stood at `now`, by storage's clock: counts, states and ids, nobody's name.

    `turns` is the day on which a school's academic year turns, where that is soon. `unmoved` is for
    how many school days iSAMS has given the same of a school, where they are many.
    A school is None before its first pull, a profile before its first set. `failed_messages` are
    those that the host gave up on, by queue: each names a school or connector, or nothing we know.
    `nights` is what each profile's readings of a month gave, and `stood` what became of each
    school's, by connector and school: as far as ticks have kept it.
    """

    now: datetime
    schools: Mapping[str, PullStatus | None]
    profiles: Mapping[str, SetStatus | None]
    turns: Mapping[str, date]
    unmoved: Mapping[str, int]
    connectors: Mapping[str, ConnectorStatus]
    failed_messages: Mapping[Queue, Sequence[Mapping[str, str]]]
    nights: Mapping[str, Sequence[Night]] = field(default_factory=dict)
    stood: Mapping[str, Mapping[str, Sequence[NightStood]]] = field(default_factory=dict)

    def _of_profile(self, profile: str) -> Json:
        newest, nights = self.profiles[profile], self.nights.get(profile, ())
        shown: Json = {"set": newest.document(self.now) if newest else None}
        return shown | ({"nights": [night.document() for night in nights]} if nights else {})

    def _of_school(self, school: str) -> Json:
        turn, days = self.turns.get(school), self.unmoved.get(school)
        turns: Json = {"year_turns_on": turn.isoformat()} if turn else {}
        return turns | ({"unmoved_school_days": days} if days else {})

    def document(self) -> Json:
        """Return it as JSON values: the same from the terminal and over HTTP."""
        return {
            "version": __version__,
            "now": seconds(self.now),
            "schools": {
                school: {"pull": pull.document() if pull else None} | self._of_school(school)
                for school, pull in self.schools.items()
            },
            "profiles": {profile: self._of_profile(profile) for profile in self.profiles},
            "connectors": {name: shown.document() for name, shown in self.connectors.items()},
            "failed_messages": {
                queue: [dict(message) for message in messages]
                for queue, messages in self.failed_messages.items()
            },
        }


def _changes(plan: Plan) -> Json:
    return {name: change.model_dump() for name, change in plan.changes.items()}


def _paused(pause: Paused) -> Json:
    school: Json = {"school": pause.school} if pause.school else {}
    restored = {"restores": pause.restores, "delivery": pause.delivery}
    return {"since": seconds(pause.at), **restored, **school, **callers.facts(pause.caller)}


def seconds(moment: datetime) -> str:
    """Return *moment* in UTC, to the second, as the status tells it."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
