"""Tables for people, and the words that several commands share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from sync.errors import ConfigError, SyncError
from sync.roster.finding_codes import FindingCode
from sync.roster.findings import harm
from sync.steps.told.states import WHO
from sync.terminal.context import fitted

_GAP = 3  # columns of the terminal between two of a table, and at its edges


@dataclass(frozen=True, slots=True)
class Rows:
    """A table with a title; readable without colour, and as plain text.

    No word and no id is ever broken: where the terminal is too narrow for that, each row is told
    line by line instead, under its first cell.
    """

    title: str
    columns: Sequence[str]
    cells: Sequence[Sequence[str]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table, or its rows one below the other."""
        widths = self._widths(options.max_width - _GAP * len(self.columns))
        if widths:
            yield Text(fitted(self.title, options.max_width), style="italic")
            yield self._table(widths)
        else:
            yield from self._stacked(options.max_width)

    def _widths(self, room: int) -> list[int]:
        """Return how many of *room* columns of the terminal each column gets; [] if they need more.

        Each has room for its longest word. What is left goes first to those that need least.
        """
        columns = [*zip(self.columns, *self.cells, strict=True)]
        least = [_longest(part for text in column for part in text.split()) for column in columns]
        most = [
            _longest(part for text in column for part in text.split("\n")) for column in columns
        ]
        spare = room - sum(least)
        if spare < 0:
            return []
        widths = least.copy()
        for number in sorted(range(len(columns)), key=lambda each: most[each] - least[each]):
            more = min(most[number] - least[number], spare)
            widths[number], spare = widths[number] + more, spare - more
        return widths

    def _table(self, widths: Sequence[int]) -> Table:
        shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name, width in zip(self.columns, widths, strict=True):
            shown.add_column(name, overflow="fold", width=width)
        for row in self.cells:
            shown.add_row(*row)
        return shown

    def _stacked(self, width: int) -> Iterator[Text]:
        yield Text(fitted(self.title, width) + "\n", style="italic")
        for row in self.cells:
            told = [
                fitted(f"{name}: {line}" if name else line, width, "  " if number else "")
                for number, (name, cell) in enumerate(zip(self.columns, row, strict=True))
                for line in cell.splitlines()
            ]
            yield Text("\n".join(told), overflow="ignore", no_wrap=True)
        yield Text("")


def _longest(parts: Iterable[str]) -> int:
    return max(map(cell_len, parts), default=0)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Rows:
    """Return a table of *rows*; a cell that is None stays empty."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    return Rows(title, columns, cells)


SHOWN = 20
"""Rows of a list for people, the worst first; --json has all."""


def cut(rows: Sequence[object]) -> str:
    """Return what the title of a list says of rows that are not shown."""
    return f", the first {SHOWN} of them" if len(rows) > SHOWN else ""


def when(moment: datetime, zone: tzinfo = UTC) -> str:
    """Return *moment* for people, to the minute, by the clocks in *zone*: `2026-11-21 20:37 UTC`.

    The zone is told as well, because in autumn an hour comes twice.
    """
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def findings_table(title: str, counts: Mapping[str, int]) -> Rows:
    """Return how many records were left out or tidied, why, and what to mend; the worst first."""
    codes = sorted((FindingCode(code) for code in counts), key=harm)
    rows = [(counts[code], code.value, code.advice) for code in codes]
    return table(title, ("how many", "finding", "what happened, and what to mend"), rows)


_WHOM = frozenset({"school", "profile", "connector"})


def error_text(error: SyncError) -> str:
    """Return *error* for people: what happened, facts, and who must act."""
    # The lines of a setting's error say it all, but for whose setting it is; a delivery was typed.
    shown = {
        name: value
        for name, value in error.facts.items()
        if name in _WHOM or not (isinstance(error, ConfigError) or name == "delivery")
    }
    words = set(re.findall(r"[\w-]+", str(error)))
    facts = ", ".join(f"{name} {value}" for name, value in shown.items() if str(value) not in words)
    end = f" ({facts})" if facts else ""
    return f"{error}{end}\nWho must act: {WHO[error.who]}"
