"""How a command ended, as a number that a script can act on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum

from sync.errors import (
    AnswerRefused,
    CallerRefused,
    ConfigError,
    MergeConflict,
    PlanOutdated,
    SourceError,
    StoreError,
    SyncError,
    TargetError,
)
from sync.report import Outcome


class Exit(IntEnum):
    """The exit codes; `MEANING` says what each means, to people."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    HELD = 3
    SOURCE = 4
    TARGET = 5
    WAITING = 6
    LATER = 7
    PARTLY = 8
    STORE = 9


MEANING: Mapping[Exit, str] = {
    Exit.DONE: "Done. For run: SDS has accepted what was pulled, or holds the same already.",
    Exit.UNEXPECTED: "A fault of this program. Please report what it printed.",
    Exit.USAGE: "The command or a setting is wrong. Nothing was sent.",
    Exit.HELD: "The delivery waits for a person, or a person has rejected it. Nothing was sent.",
    Exit.SOURCE: "iSAMS refused, or did not give the whole school. Nothing was sent.",
    Exit.TARGET: "SDS or the sign-in refused, or SDS found faults in the files.",
    Exit.WAITING: "Nothing was sent: another profile has no set yet, or the data are too old.",
    Exit.LATER: "iSAMS, storage or SDS is busy or away, or SDS has not answered yet. Run it again.",
    Exit.PARTLY: "Some profiles of the school could not be built; the others went on.",
    Exit.STORE: "Storage refused, or a stored file is not what it should be.",
}

# Where several things ended differently, the first of these that occurred is the exit code.
_ORDER = (
    Exit.UNEXPECTED,
    Exit.USAGE,
    Exit.STORE,
    Exit.SOURCE,
    Exit.TARGET,
    Exit.PARTLY,
    Exit.LATER,
    Exit.WAITING,
    Exit.HELD,
    Exit.DONE,
)

_OUTCOMES: Mapping[Outcome, Exit] = {
    Outcome.SEALED: Exit.DONE,
    Outcome.UNCHANGED: Exit.DONE,
    Outcome.ACCEPTED: Exit.DONE,
    Outcome.RUNNING: Exit.DONE,
    Outcome.DONE: Exit.DONE,
    Outcome.TAKEN: Exit.DONE,
    Outcome.ENDED: Exit.DONE,
    Outcome.REPLACED: Exit.DONE,
    Outcome.FAULTY: Exit.DONE,  # accepted; a run that failed is told by its receipt
    Outcome.PARTLY_SEALED: Exit.PARTLY,
    Outcome.HELD: Exit.HELD,
    Outcome.REJECTED: Exit.HELD,
    Outcome.EXPIRED: Exit.HELD,
    Outcome.PAUSED: Exit.HELD,
    Outcome.WAITING: Exit.WAITING,
    Outcome.STALE: Exit.WAITING,
    Outcome.LATER: Exit.LATER,
    Outcome.BUSY: Exit.LATER,
    Outcome.LIMITED: Exit.LATER,
    Outcome.CHECKING: Exit.LATER,
    Outcome.NOTHING: Exit.LATER,
    Outcome.UNPROVEN: Exit.LATER,
    Outcome.REFUSED: Exit.TARGET,
    Outcome.NOT_TAKEN: Exit.TARGET,
}

_ERRORS: tuple[tuple[type[SyncError], Exit], ...] = (
    (ConfigError, Exit.USAGE),
    (MergeConflict, Exit.USAGE),
    (AnswerRefused, Exit.USAGE),
    (CallerRefused, Exit.USAGE),
    (SourceError, Exit.SOURCE),
    (StoreError, Exit.STORE),
    (TargetError, Exit.TARGET),
)


def of_error(error: SyncError) -> Exit:
    """Return the exit code of *error*: by who must act, 7 if nobody must."""
    if error.retry or isinstance(error, PlanOutdated):
        return Exit.LATER
    return next((code for kind, code in _ERRORS if isinstance(error, kind)), Exit.UNEXPECTED)


def of_outcome(outcome: Outcome, error: SyncError | None) -> Exit:
    """Return the exit code of a step that ended so: a failure's is that of its error."""
    code = _OUTCOMES.get(outcome)
    if code is not None:
        return code
    return of_error(error) if error else Exit.UNEXPECTED


def worst(codes: Iterable[Exit]) -> Exit:
    """Return the one code that stands for all of *codes*; 0 for none."""
    return min(codes, key=_ORDER.index, default=Exit.DONE)


def table() -> str:
    """Return the codes and their meaning, a line each: for `--help` and the handbook."""
    return "\n".join(f"{code.value}  {text}" for code, text in MEANING.items())
