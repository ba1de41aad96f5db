"""How a command ended, as a number that a script can act on."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from sync.errors import (
    AddressRefused,
    AnswerOutdated,
    AnswerRefused,
    CallerRefused,
    ConfigError,
    MergeConflict,
    SourceError,
    StoreError,
    SyncError,
    TargetError,
    WordRefused,
)
from sync.report import Exit, Outcome, Step

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

_ERRORS: tuple[tuple[type[SyncError], Exit], ...] = (
    (ConfigError, Exit.USAGE),
    (MergeConflict, Exit.USAGE),
    (AnswerRefused, Exit.USAGE),
    (AnswerOutdated, Exit.USAGE),
    (WordRefused, Exit.USAGE),
    (CallerRefused, Exit.USAGE),
    (AddressRefused, Exit.USAGE),
    (SourceError, Exit.SOURCE),
    (StoreError, Exit.STORE),
    (TargetError, Exit.TARGET),
)


def exit_of(error: SyncError) -> Exit:
    """Return the exit code of *error*: by who must act, 7 if nobody must."""
    if error.who == "nobody":
        return Exit.LATER
    return next((code for kind, code in _ERRORS if isinstance(error, kind)), Exit.UNEXPECTED)


def exit_of_step(step: Step) -> Exit:
    """Return the exit code of *step*: that of its outcome, or of its error where that decides."""
    if left_out(step):
        return Exit.TARGET
    if step.outcome is Outcome.RUNNING and step.error:
        return exit_of(step.error)  # SDS has the files; that we may not see its runs needs somebody
    if step.outcome is Outcome.LATER and step.error:
        return exit_of(step.error)  # it is tried again, and somebody may have to act all the same
    if step.outcome.exit is not None:
        return step.outcome.exit
    return exit_of(step.error) if step.error else Exit.UNEXPECTED


def left_out(step: Step) -> bool:
    """Say whether a run of SDS is over and did not take what was sent: the next may yet."""
    return step.outcome is Outcome.RUNNING and "left_out" in step.facts


def worst(codes: Iterable[Exit]) -> Exit:
    """Return the code that stands for all of *codes*; 0 for none."""
    return min(codes, key=_ORDER.index, default=Exit.DONE)


def exit_rows() -> Iterator[tuple[str, str]]:
    """Yield each exit code with its meaning, as `--help` and the handbook list them."""
    yield from ((str(code.value), code.meaning) for code in Exit)


def outcome_rows() -> Iterator[tuple[str, str, str, str]]:
    """Yield each outcome as the handbook lists it: word, exit code, log level, sentence."""
    for outcome in Outcome:
        code = "that of its error" if outcome.exit is None else str(outcome.exit.value)
        yield outcome.value, code, outcome.level, outcome.sentence


_WIDTH = 76  # of the help where the terminal has 80 columns

HELP = "\b\nExit codes:\n" + "\n".join(
    textwrap.fill("  ".join(row), _WIDTH, subsequent_indent="   ") for row in exit_rows()
)
"""What stands under the help of a command; click would fold the lines without the \\b."""
