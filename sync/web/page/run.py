"""Run: the steps of a night on a line of time, with what went wrong and who must act. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sync.ledger import callers, fates, ids
from sync.ledger.fates import Fate
from sync.ledger.marks import (
    Accepted,
    Approved,
    Change,
    Fault,
    Hold,
    Plan,
    Receipt,
    Rejected,
    RunAsked,
    Submitted,
)
from sync.ledger.record import Mark
from sync.ledger.states import State
from sync.steps.course import NightCourse, ReadingCourse, SentCourse
from sync.steps.told.counts import numbers
from sync.steps.told.holds import why_held
from sync.steps.told.states import BECAME
from sync.web.page import tags
from sync.web.page.tags import Kind, Tag
from sync.web.page.words import counted, duration, sentence, where_to_read


class Moment(NamedTuple):
    """Something that happened: when, its name, how it went, what is told of it, and how long."""

    at: datetime | None
    name: str
    state: Kind
    told: str
    took: str = ""


class RunTrouble(NamedTuple):
    """What went wrong, who must act, and where the handbook tells of it."""

    tag: Tag
    told: str
    where: str
    code: str


class NightRun(NamedTuple):
    """A night: how it ended, moment by moment, and the facts that a report wants.

    `changes` are of each table that a delivery has; `answer` is where to answer it, "" for nowhere.
    """

    tag: Tag
    headline: str
    moments: Sequence[Moment]
    troubles: Sequence[RunTrouble]
    held: Sequence[str]
    changes: Sequence[tuple[str, Change]]
    facts: Sequence[tuple[str, str]]
    answer: str


def run_of(course: NightCourse) -> NightRun:
    """Return the run of a reading or a delivery."""
    moments = [moment for reading in course.readings for moment in _of_reading(reading)]
    sent = course.sent
    if sent:
        moments += _of_delivery(sent)
    tag, headline = _ended(course)
    return NightRun(
        tag=tag,
        headline=headline,
        moments=moments,
        troubles=[*_troubles(course)],
        held=list(why_held(sent.hold)) if sent and sent.hold else [],
        changes=_changes(sent.plan) if sent and sent.plan else [],
        facts=[*_facts(course)],
        answer=f"/page/held/{course.id}" if sent and sent.state in _ANSWERED_HERE else "",
    )


_ANSWERED_HERE = {State.HELD, State.UNPROVEN}


def _ended(course: NightCourse) -> tuple[Tag, str]:
    sent = course.sent
    if sent and sent.fate:
        became = BECAME.get(sent.fate, fates.TABLE[sent.fate].word)
        return tags.of_fate(sent.fate), sentence(became)
    if sent:
        return tags.OF_DELIVERY[sent.state], sentence(_STATES.get(sent.state, sent.state.value))
    (reading,) = course.readings
    if reading.pulled:
        return Tag("well", "Sealed"), "The school was read, whole."
    if reading.error:
        return tags.of_fault(reading.error), "iSAMS did not give us the school. SDS keeps it."
    return Tag("waiting", "Running"), "The school is being read, or will be tried again."


_STATES = {
    State.UNSEALED: "it is still being written",
    State.UNCHANGED: "SDS holds exactly this already: nothing was sent",
    State.SEALED: "it is compared with the last delivery next",
    State.HELD: "it waits for a person, and nothing of it is sent",
    State.READY: "it is sent next",
    State.EXPIRED: "it was approved, but not sent within 24 h: the next reading makes another",
    State.REJECTED: "a person said no: SDS keeps what it has",
    State.SUPERSEDED: "a newer delivery took its place",
    State.SWEPT: "it was never sent, and its files are past their time",
    State.FAILED: "it was not sent",
}


def _of_reading(reading: ReadingCourse) -> Iterator[Moment]:
    began_at = ids.moment_of_stamp(reading.pull.id)
    by = ""
    if reading.asked:
        who = reading.asked
        by = "by its hour" if who.by_timer else callers.in_words(who.caller)
    yield Moment(began_at, f"Asked to read {reading.school}", "yes", sentence(by) if by else "")
    if reading.pulled:
        made = ", ".join(reading.pulled.sets)
        tries = f" at the {_nth(reading.attempts)} attempt" if reading.attempts > 1 else ""
        took = duration(reading.pulled.at - began_at)
        yield Moment(reading.pulled.at, "Read and sealed", "yes", f"{made}{tries}", took)
        for profile in reading.pulled.faults:
            yield Moment(reading.pulled.at, f"{profile} could not be built", "failed", "")
    elif reading.error:
        yield Moment(None, "Not read", "failed", numbers({"attempt": reading.attempts}))
    else:
        told = numbers({"attempt": reading.attempts})
        yield Moment(None, "Being read", "waiting", told)


_MARKS: Sequence[tuple[type[Mark], Tag]] = (
    (Approved, Tag("yes", "Approved by a person")),
    (Rejected, Tag("held", "Rejected by a person")),
    (Submitted, Tag("yes", "Handed over to SDS")),
    (Accepted, Tag("yes", "Accepted by SDS")),
    (RunAsked, Tag("yes", "SDS was asked to run")),
)


def _nth(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")


def _of_delivery(sent: SentCourse) -> Iterator[Moment]:
    delivery = sent.delivery
    yield from _merged(sent)
    if at := delivery.when(Plan):
        yield _compared(sent.hold, at)
    for mark, said in _MARKS:
        if at := delivery.when(mark):
            yield Moment(at, said.word, said.state, "")
    if sent.receipt and sent.fate:
        yield _received(sent.receipt, sent.fate)


def _merged(sent: SentCourse) -> Iterator[Moment]:
    made_at = min(sent.delivery.made_at.values(), default=None)
    if sent.manifest:
        yield Moment(made_at, "Merged", "yes", numbers(sent.manifest.counts))
    elif sent.state is State.UNCHANGED:
        yield Moment(made_at, "Merged", "same", "Exactly what SDS holds")


def _compared(hold: Hold | None, at: datetime) -> Moment:
    if hold is None:
        return Moment(at, "Compared", "yes", "No limit is met")
    told = counted(len(hold.excesses), "limit is met", "limits are met")
    return Moment(at, "Compared", "held", "Nothing to compare with" if hold.first else told)


def _received(receipt: Receipt, fate: Fate) -> Moment:
    kind = tags.of_fate(fate).state
    told = numbers(receipt.counts) if receipt.counts else ""
    name = f"Ended: {fates.TABLE[fate].word}"
    return Moment(receipt.at, name, "yes" if kind == "well" else kind, told)


def _troubles(course: NightCourse) -> Iterator[RunTrouble]:
    faults = [each.error for each in course.readings if each.error]
    faults += [
        fault for each in course.readings if each.pulled for fault in each.pulled.faults.values()
    ]
    if course.sent and course.sent.error:
        faults.append(course.sent.error)
    yield from map(_trouble, faults)


def _trouble(fault: Fault) -> RunTrouble:
    told, where = sentence(fault.message), where_to_read(fault.error)
    return RunTrouble(tags.of_fault(fault), told, where, fault.error)


def _changes(plan: Plan) -> list[tuple[str, Change]]:
    return [(name.removesuffix(".csv"), change) for name, change in plan.changes.items()]


def _facts(course: NightCourse) -> Iterator[tuple[str, str]]:
    sent = course.sent
    if sent:
        yield "Delivery", sent.delivery.id
        yield "Connector", sent.connector
        if sent.plan and sent.plan.against:
            yield "Compared with", sent.plan.against
        if sent.manifest:
            yield "Digest", sent.manifest.digest
            if sent.manifest.restores:
                yield "Restores", sent.manifest.restores
    yield from (("Reading", f"{each.school} {each.pull.id}") for each in course.readings)
    yield from (("Files of", each) for each in course.sets)
    if course.version:
        yield "Version", course.version
