"""Checks: things are tried in turn, each with its time, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sync.edge.clock import Budget, Clock
from sync.errors import SyncError, concerning
from sync.ledger.marks import fault

EACH_S = 60.0  # a try, with its retries

_NEXT: Mapping[str, str] = {  # by who must act; what exactly, the error says
    "operator": "mend it in the settings, in Azure or in Entra, then check again",
    "school": "ask whoever looks after iSAMS, then check again",
    "nobody": "wait some minutes, then check again",
    "developer": "report it to the developers of this app",
}


class Note(NamedTuple):
    """What a check brought. With something to `do` it is a warning: tonight works all the same."""

    text: str
    do: str = ""


NOTHING = Note("")


@dataclass(frozen=True, slots=True)
class Check:
    """A thing: tried, or `skipped`; `error` is what is wrong with it."""

    name: str
    note: Note = NOTHING
    error: SyncError | None = None
    skipped: bool = False

    @property
    def state(self) -> Literal["ok", "warning", "wrong", "not tried"]:
        if self.skipped:
            return "not tried"
        if self.error:
            return "wrong"
        return "warning" if self.note.do else "ok"

    @property
    def next(self) -> str:
        """What to do next, "" if nothing."""
        return _NEXT.get(self.error.who, "") if self.error else self.note.do

    def value(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "check": self.name,
            "state": self.state,
            "told": self.note.text,
            "next": self.next,
            "error": fault(self.error).model_dump() if self.error else None,
        }


class Examined[T](NamedTuple):
    """A check, and what the try gave; None unless all was well enough with it."""

    check: Check
    value: T | None


@dataclass(frozen=True, slots=True)
class Visit:
    """The whole of an examination. `whole` bounds it all; `tell` hears what is tried next."""

    clock: Clock
    whole: Budget
    tell: Callable[[str], None]

    def budget(self) -> Budget:
        """Return the time of a try."""
        return Budget.of(self.clock, EACH_S)

    def examine[T](
        self, name: str, ask: Callable[[], T], note: Callable[[T], Note], **whom: str
    ) -> Examined[T]:
        """Do *ask*, and say with *note* what its result means; an error of either is the check's.

        It is about *whom*: school or connector.
        It is not begun with less than its full time: what is only slow would look broken.
        """
        if self.whole.left_s < EACH_S:
            late = Note("the time was over", "check again, from a terminal: it has more time")
            return Examined(Check(name, late, skipped=True), None)
        self.tell(name)
        try:
            with concerning(**whom):
                value = ask()
                return Examined(Check(name, note(value)), value)
        except SyncError as error:
            return Examined(Check(name, error=error), None)

    def skipped(self, names: Iterable[str], after: str) -> Iterator[Check]:
        """Yield the checks of what is not tried because *after* has failed."""
        for name in names:
            yield Check(name, Note(f"waits for: {after}", "mend that first"), skipped=True)
