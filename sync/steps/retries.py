"""When a pull that came to nothing is tried again, and when that is enough.

A pull that the timer asked for is a night: whatever stood in its way may be over in an hour, a
refusal too, so it is tried until the morning. A person who asked is there to see what failed, so
only what passes by itself is tried again, and soon. Which of both a pull is, and when its next
attempt is due, is read from its marks: no process has to live for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.errors import StoreConflict, StoreMissing, SyncError
from sync.ledger import states
from sync.ledger.marks import Asked, AttemptFailed
from sync.settings import SchoolSettings
from sync.steps.delivery import Pull
from sync.steps.strikes import next_strike

# Deadlocks and restarts last minutes, backups an hour or two. Eight more attempts, the last some
# seven hours after the first: from 22:00 to 05:15.
NIGHT_PAUSES = tuple(timedelta(minutes=each) for each in (5, 10, 20, 40, 60, 80, 100, 120))
PERSON_PAUSES = (timedelta(minutes=5),) * 4


@dataclass(frozen=True, slots=True)
class Retries:
    """How a pull is tried again: after each failure a pause, while there are any.

    `until` is the moment from which no attempt is promised any more; None: the pauses alone say.
    `refusals_too`: also after what does not pass by itself.
    """

    pauses: tuple[timedelta, ...]
    until: datetime | None = None
    refusals_too: bool = False

    @property
    def attempts(self) -> int:
        """How often a pull is tried, at most."""
        return len(self.pauses) + 1

    def pause_after(self, attempt: int, error: SyncError, now: datetime) -> timedelta | None:
        """Return the pause after *attempt* (from 1) failed with *error*; None: there is no other.

        *now* is storage's clock.
        """
        if attempt >= self.attempts or not (error.retry or self.refusals_too):
            return None
        pause = self.pauses[attempt - 1]
        return None if self.until and now + pause >= self.until else pause


def retries_of(school: SchoolSettings, pulls: Sequence[Pull]) -> Retries:
    """Return how the newest of *pulls*, which are a school's, oldest first, is tried again."""
    newest = pulls[-1]
    asked_at = newest.when(Asked)
    if asked_at is None or not _is_for_a_night(pulls):
        return Retries(PERSON_PAUSES)
    return Retries(NIGHT_PAUSES, night_ends(school, asked_at), refusals_too=True)


def night_ends(school: SchoolSettings, since: datetime) -> datetime:
    """Return until when a night that began at *since* is tried."""
    return next_strike((*school.pull_at, school.retry_until), school.time_zone, since)


def next_attempt_at(pull: Pull, retries: Retries) -> datetime | None:
    """Return from when on *pull*, which is open and not at work, is tried again; None: at once."""
    attempt = states.attempts(pull)
    failed_at = pull.made_at.get(AttemptFailed.name_for(attempt))
    if failed_at is None:  # never tried, or the last attempt was killed
        return None
    return failed_at + retries.pauses[min(attempt, len(retries.pauses)) - 1]


def is_stuck(school: SchoolSettings, pulls: Sequence[Pull], now: datetime) -> bool:
    """Say whether the newest of *pulls* is open, and its nudge must be lost."""
    if not pulls or states.pull_is_over(pulls[-1]) or not states.is_forgotten(pulls[-1], now):
        return False
    due = next_attempt_at(pulls[-1], retries_of(school, pulls))
    return due is None or now - due > states.STANDSTILL


def was_told(pull: Pull, error: SyncError) -> bool:
    """Say whether an earlier attempt of *pull*, as listed, failed for a person to mend just so."""
    if error.who == "nobody":
        return False
    earlier = (pull.read(AttemptFailed, attempt) for attempt in pull.numbers(AttemptFailed))
    return any(failed.error == error.code for failed in earlier)


def _is_for_a_night(pulls: Sequence[Pull]) -> bool:
    """Say whether the timer asked for the newest of *pulls*, or for one that it stands for.

    A person who asks while a night is being tried again must not end the night by that.
    """
    for pull in reversed(pulls):
        if pull is not pulls[-1] and states.pull_is_over(pull):
            return False
        if asked_by_timer(pull):
            return True
    return False


def asked_by_timer(pull: Pull) -> bool:
    """Say whether no person asked for *pull*, as far as its mark can be read."""
    try:
        asked = pull.read_if_listed(Asked)
    except (StoreMissing, StoreConflict):
        return False
    return asked is not None and asked.by_timer
