"""What happened, as a value per step: the canonical log line and what people are told.

`Outcome` is the only table of how a step can end. Whoever adds a row fills in all of it: the word
that is logged and stored, the exit code at a terminal, the level of the log line, and a sentence.

Counts, ids of ours, setting names and error codes only. Never a name, an address or a key.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum, StrEnum
from pathlib import PurePath
from typing import Literal, Self

from sync.errors import SyncError, UnexpectedError

type Level = Literal["info", "warning", "error"]
"""`error` is for somebody to mend, `warning` to look at, `info` the day's work."""


NEAR_END = timedelta(days=30)
"""Before something ends, that people are told."""


class Exit(IntEnum):
    """How a command at a terminal ended, as a number that a script can act on."""

    _value_: int
    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """Make a member that is its number, and knows what that means to people."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    DONE = 0, "Done. For run: SDS has accepted what was pulled, or holds the same already."
    UNEXPECTED = 1, "A fault of this program. Please report what it printed."
    USAGE = 2, "The command or a setting is wrong."
    HELD = 3, "A person must look: something is held, or was rejected. The lines say what was sent."
    SOURCE = 4, "iSAMS refused, or did not give the whole school."
    TARGET = 5, "SDS or the sign-in refused, or SDS found faults in the files."
    WAITING = 6, "There is nothing to send: a profile has no set yet, or the data are too old."
    LATER = (
        7,
        "iSAMS, storage or SDS is busy or away, or SDS has not answered yet. Run it again.",
    )
    PARTLY = 8, "Some profiles, or files for other programs, could not be made; the others went on."
    STORE = 9, "Storage refused, or a stored file is not what it should be."


class Outcome(StrEnum):
    """How a step ended: word, exit code, log level, and what is said of it at a terminal.

    `exit` is None where the step's error decides: who must act is then the error's to say.
    """

    _value_: str
    exit: Exit | None
    level: Level
    sentence: str

    def __new__(cls, word: str, code: Exit | None, level: Level, sentence: str) -> Self:
        """Make a member that is its word, and carries the rest of its row."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.exit = code
        member.level = level
        member.sentence = sentence
        return member

    ASKED = "asked", Exit.DONE, "info", "the school will be read"
    NOTHING = (
        "nothing",
        Exit.LATER,
        "info",
        "there was nothing to do: another run may be ahead of it",
    )
    FOREIGN = (
        "foreign",
        Exit.LATER,
        "warning",
        "a message was dropped that names what the settings do not know",
    )
    BUSY = "busy", Exit.LATER, "info", "another run is at it: run it again later"
    SEALED = "sealed", Exit.DONE, "info", "read and sealed"
    PARTLY_SEALED = (
        "partly-sealed",
        Exit.PARTLY,
        "warning",
        "read; some profiles could not be built",
    )
    UNTOLD = (
        "untold",
        Exit.DONE,
        "warning",
        "what no class needs could not be read, so has no file; the rosters went on",
    )
    LATER = "later", Exit.LATER, "warning", "not now: nothing is lost, run it again later"
    FAILED = "failed", None, "error", "failed"
    # Its error was told as a failure when it first came, and tried again since.
    MISSED = "missed", Exit.LATER, "warning", "given up until the next time: it was not read"
    WAITING = (
        "waiting",
        Exit.WAITING,
        "warning",
        "there is nothing to send: a profile of this connector has no set yet",
    )
    # It is merged when others have been read as well, or when SDS may be given more.
    SETTLING = (
        "settling",
        Exit.LATER,
        "info",
        "waits for other schools of the connector, to go to SDS with them: it goes by itself",
    )
    STALE = (
        "stale",
        Exit.WAITING,
        "warning",
        "nothing newer is sent: what was read is older than 48 h; read the school again",
    )
    UNCHANGED = (
        "unchanged",
        Exit.DONE,
        "info",
        "SDS holds exactly this already: there is nothing to send",
    )
    # Compared and within the limits, but not on its way yet: to stop here is to be called again.
    PLANNED = "planned", Exit.LATER, "info", "compared, and sent next: run it again"
    HELD = "held", Exit.HELD, "warning", "held: it waits for a person, and is not sent"
    APPROVED = "approved", Exit.LATER, "info", "approved, and sent next: run it again"
    REJECTED = "rejected", Exit.HELD, "info", "a person has rejected it: it is not sent"
    EXPIRED = "expired", Exit.HELD, "info", "approved, but not sent in time: run again"
    PAUSED = (
        "paused",
        Exit.HELD,
        "warning",
        "paused: nothing newer is sent until somebody types `isams-sync resume`",
    )
    RESUMED = "resumed", Exit.DONE, "info", "goes on: the next run sends what iSAMS says"
    LIMITED = (
        "limited",
        Exit.LATER,
        "warning",
        "enough was sent to SDS for today: run it again tomorrow",
    )
    SUBMITTED = (
        "submitted",
        Exit.LATER,
        "info",
        "uploaded and handed over; SDS has not answered yet: run it again later",
    )
    CHECKING = (
        "checking",
        Exit.LATER,
        "info",
        "sent, but SDS has not answered yet: run it again later",
    )
    ACCEPTED = "accepted", Exit.DONE, "info", "SDS has accepted the files; its run will follow"
    REFUSED = "refused", Exit.TARGET, "error", "SDS found faults in the files"
    UNPROVEN = (
        "unproven",
        Exit.LATER,
        "warning",
        "sent, but nobody could tell us what SDS made of it: see `isams-sync status`",
    )
    RUNNING = (
        "running",
        Exit.DONE,
        "info",
        "SDS has accepted the files; its run has not ended yet",
    )
    DONE = "done", Exit.DONE, "info", "SDS has accepted the files, and its run has taken them"
    # Known by the counts of SDS's run, or by a person's word.
    TAKEN = "taken", Exit.DONE, "info", "SDS has taken the files"
    # Accepted all the same, so 0: what its run left out, its receipt says.
    FAULTY = (
        "faulty",
        Exit.DONE,
        "warning",
        "SDS has accepted the files, but its run did not end well: see `isams-sync status`",
    )
    ENDED = (
        "ended",
        Exit.DONE,
        "warning",
        "SDS has accepted the files, and a run has ended: whose, we are not told",
    )
    NOT_TAKEN = (
        "not-taken",
        Exit.TARGET,
        "warning",
        "SDS has accepted the files, but no run took them in 26 h: see `isams-sync status`",
    )
    REPLACED = "replaced", Exit.DONE, "info", "a newer delivery took its place before SDS's run"
    CARRIED = (
        "carried",
        Exit.DONE,
        "warning",
        "SDS has had nothing newer of this school for long: see why in `isams-sync status`",
    )
    SHRUNK = (
        "shrunk",
        Exit.DONE,
        "warning",
        "within 35 days SDS has lost more of this school than a night may: has it really?",
    )
    UNMOVED = (
        "unmoved",
        Exit.DONE,
        "warning",
        "iSAMS has given the same of this school for five school days or more: is it alive?",
    )
    # Who looked, and at how many people's names: never at whose.
    LOOKED = "looked", Exit.DONE, "info", "names were looked at"
    TOLD = "told", Exit.DONE, "info", "somebody asked why, and was told what is known"
    COMPARED = "compared", Exit.DONE, "info", "what is in Teams was held against what was sent"
    READING_BACK = "reading-back", Exit.LATER, "info", "some of what is in Teams was read"
    PUT_OFF = (
        "put-off",
        Exit.LATER,
        "info",
        "what is in Teams is changing: it is looked at later",
    )
    DROPPED = (
        "dropped",
        Exit.LATER,
        "warning",
        "what is in Teams changed each time while it was read: nothing is told of it",
    )
    UNREADABLE = (
        "unreadable",
        Exit.TARGET,
        "warning",
        "the members of classes are hidden: nothing is told of what is in Teams",
    )
    NOT_ARRIVED = (
        "not-arrived",
        Exit.TARGET,
        "warning",
        "no class that was sent is in Teams: class groups are off, or SDS's run failed",
    )
    SWEPT = "swept", Exit.DONE, "info", "looked at what is due, stands still, or may go"


# What a line may hold beside `fact_…` (counts of the step) and `error_…` (facts of its error).
FIELDS: Mapping[str, str] = {
    "step": "what was done",
    "outcome": "how it ended",
    "about": "the school, profile or connector, by its key or name",
    "pull": "the pull that it belongs to",
    "delivery": "the delivery that it belongs to; of `seal` the set, of `offer` the offer",
    "invocation": "the host's id of the run of the function; the same in all its lines",
    "duration_s": "seconds since that run began; in its last line, how long it took",
    "error": "the class of the error, if there was any",
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
        """Return the canonical log line: a JSON object, names sorted, nothing blank."""
        fields: dict[str, object] = {
            "step": self.name,
            "outcome": self.outcome,
            "about": self.about,
            "pull": self.pull,
            "delivery": self.delivery,
            "invocation": invocation,
            **{f"fact_{name}": value for name, value in self.facts.items()},
        }
        if duration_s is not None:
            fields["duration_s"] = round(duration_s, 1)
        if self.error is not None:
            fields |= {f"error_{name}": value for name, value in self.error.facts.items()}
            fields |= {"error": self.error.code, "message": str(self.error), "who": self.error.who}
        return json.dumps({k: v for k, v in fields.items() if v != ""}, sort_keys=True)


def unexpected(error: BaseException) -> UnexpectedError:
    """Return what may leave the app of an error that nobody foresaw: its type and place.

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
