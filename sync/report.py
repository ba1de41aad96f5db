"""What happened, as one value per step: the canonical log line and what people are told.

Counts, ids of our own, setting names and error codes only. Never a name, an address or a key.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePath

from sync.errors import SyncError, UnexpectedError


class Outcome(StrEnum):
    """How a step ended."""

    ASKED = "asked"  # a pull was asked for
    NOTHING = "nothing"  # there was nothing to do
    BUSY = "busy"  # another invocation is at it
    SEALED = "sealed"  # a pull has sealed its sets, or a delivery was merged
    PARTLY_SEALED = "partly-sealed"  # some profiles of the school could not be built
    LATER = "later"  # it failed, and will be tried again
    FAILED = "failed"  # it failed for good: somebody must act
    WAITING = "waiting"  # for a profile without a young set
    STALE = "stale"  # the data are older than 48 h: nothing is sent
    UNCHANGED = "unchanged"  # SDS holds this already
    PLANNED = "planned"  # compared, within the limits
    HELD = "held"  # compared, waits for a person
    APPROVED = "approved"  # a person said yes
    REJECTED = "rejected"  # a person said no
    EXPIRED = "expired"  # approved, but not sent in time
    PAUSED = "paused"  # a former delivery was restored: nothing newer goes until a person resumes
    RESUMED = "resumed"  # a person said that newer ones may go again
    LIMITED = "limited"  # enough submissions for one day
    SUBMITTED = "submitted"  # uploaded and handed over
    CHECKING = "checking"  # SDS is reading the files
    ACCEPTED = "accepted"  # SDS took them
    REFUSED = "refused"  # SDS found faults in them
    UNPROVEN = "unproven"  # SDS has them, and nobody could tell us what came of its check
    RUNNING = "running"  # SDS's run is awaited
    DONE = "done"  # SDS's run has taken them
    TAKEN = "taken"  # SDS has taken them: known by the counts of its run, or by a person's word
    FAULTY = "faulty"  # SDS's run has taken them, but not all of them
    ENDED = "ended"  # SDS's run is over; whose files it took, we are not told
    NOT_TAKEN = "not-taken"  # no run of SDS took them in time
    REPLACED = "replaced"  # a newer delivery took their place before SDS's run
    SWEPT = "swept"  # a tick has looked around


# What a line may hold beside `fact_…` (counts of the step) and `error_…` (facts of its error).
FIELDS: Mapping[str, str] = {
    "step": "what was done",
    "outcome": "how it ended",
    "about": "the school, profile or connector, by its key or name",
    "pull": "the pull that it belongs to",
    "delivery": "the delivery, or of `seal` the set, that it belongs to",
    "invocation": "the host's id of the run of the function; the same in all its lines",
    "duration_s": "seconds since that run began; in its last line, how long it took",
    "error": "the class of the error, if there was one",
    "message": "what the error says",
    "who": "who must act on it",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it was about, how it ended, and when the same thing is next worth a look.

    `about` is a school, profile or connector by its key or name. `again_in_s` is None when there
    is nothing to wait for. `pull` is the id of the pull that the step belongs to, if it does.
    """

    name: str
    outcome: Outcome
    about: str = ""
    delivery: str = ""
    facts: Mapping[str, int | str] = field(default_factory=dict)
    error: SyncError | None = None
    again_in_s: float | None = None
    pull: str = ""

    def line(self, invocation: str = "", duration_s: float | None = None) -> str:
        """Return the canonical log line: one JSON object, names sorted, nothing blank."""
        told: dict[str, object] = {
            "step": self.name,
            "outcome": self.outcome,
            "about": self.about,
            "pull": self.pull,
            "delivery": self.delivery,
            "invocation": invocation,
            **{f"fact_{name}": value for name, value in self.facts.items()},
        }
        if duration_s is not None:
            told["duration_s"] = round(duration_s, 1)
        if self.error is not None:
            told |= {f"error_{name}": value for name, value in self.error.facts.items()}
            told |= {"error": self.error.code, "message": str(self.error), "who": self.error.who}
        return json.dumps({k: v for k, v in told.items() if v != ""}, sort_keys=True)


def unexpected(error: BaseException) -> UnexpectedError:
    """Return what may be told of an error that nobody foresaw: its type and place.

    Its text stays untold, because it may quote a record.
    """
    file, line = "", 0
    for frame, at in traceback.walk_tb(error.__traceback__):  # the last is where it was raised
        file, line = PurePath(frame.f_code.co_filename).name, at
    return UnexpectedError(
        "an error that nobody foresaw: please report its type and place",
        type=type(error).__name__,
        file=file,
        line=line,
    )
