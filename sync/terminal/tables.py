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
from sync.terminal.context import fitted

WHO: Mapping[str, str] = {
    "operator": "whoever runs this app",
    "school": "the school",
    "developer": "the developers of this app: please report it",
    "nobody": "nobody: try again later",
    "caller": "you",
}


_WORDS: Mapping[str, tuple[str, str]] = {  # by what is counted: the word for 1, and for more
    "StaffMember": ("member of staff", "staff"),
    "Pupil": ("pupil", "pupils"),
    "Subject": ("subject", "subjects"),
    "Set": ("set", "sets"),
    "SetList": ("set-list row", "set-list rows"),
    "SetListWithoutSet": ("row of no set", "rows of no set"),
    "Year": ("year group", "year groups"),
    "Form": ("form", "forms"),
    "AcademicHouse": ("academic house", "academic houses"),
    "BoardingHouse": ("boarding house", "boarding houses"),
    "SchoolDivision": ("division", "divisions"),
    "Term": ("term", "terms"),
    "Building": ("building", "buildings"),
    "Classroom": ("room", "rooms"),
    "Week": ("timetable week", "timetable weeks"),
    "TeachingForm": ("teaching form", "teaching forms"),
    "Schedule": ("lesson", "lessons"),
    "LessonOfNothing": ("lesson of no set or form", "lessons of no set or form"),
    "orgs": ("school", "schools"),
    "users": ("user", "users"),
    "roles": ("role", "roles"),
    "students": ("student", "students"),
    "teachers": ("teacher", "teachers"),
    "classes": ("class", "classes"),
    "enrollments": ("enrollment", "enrollments"),
    "academicSessions": ("session", "sessions"),
    "sessions": ("session", "sessions"),
    "courses": ("course", "courses"),
    "service accounts": ("service account", "service accounts"),
    "extra teachers": ("extra teacher", "extra teachers"),
    "exported": ("file kept", "files kept"),
    "profiles": ("profile", "profiles"),
    "profiles_failed": ("profile that could not be built", "profiles that could not be built"),
    "profiles_missing": ("profile without a set", "profiles without a set"),
    "findings": ("finding", "findings"),
    "attempt": ("attempt", "attempts"),
    "age_h": ("hour old", "hours old"),
    "errors": ("error", "errors"),
    "warnings": ("warning", "warnings"),
    "organizations": ("organisation", "organisations"),
    "groups": ("group", "groups"),
    "memberships": ("membership", "memberships"),
}


_TOLD_IF_NONE = frozenset({"students", "teachers", "classes", "enrollments", "users"})


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


def numbers(counts: Mapping[str, int]) -> str:
    """Return counts as a list of words, `174 students, 1 teacher`; most of what is 0 is left out.

    That there is no pupil or no class is worth a word. Findings of each code are left out: how many
    there are in all is enough here.
    """
    words = [
        f"{count:,} {_word(name, count)}"
        for name, count in counts.items()
        if (count or name in _TOLD_IF_NONE) and not name.startswith("finding_")
    ]
    return ", ".join(words) or "nothing"


def _word(name: str, count: int) -> str:
    """Return what *name* counts: in the table, also before `_added` and its like, or as it is."""
    if name not in _WORDS and name.partition("_")[0] in _WORDS:
        noun, _, what = name.partition("_")
        return f"{_word(noun, count)} {what.replace('_', ' ')}"
    singular, plural = _WORDS.get(name, (name.replace("_", " "),) * 2)
    return singular if count == 1 else plural


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
