"""Tables for people, and the words that several commands share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.table import Table

from sync.errors import ConfigError, SyncError
from sync.findings import ADVICE, Finding

WHO: Mapping[str, str] = {
    "operator": "whoever runs this app",
    "school": "the school",
    "developer": "the developers of this app: please report it",
    "nobody": "nobody: try again later",
    "caller": "you",
}


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a table with a heading; readable without colour, and as plain text."""
    shown = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        shown.add_column(name, overflow="fold")
    for row in rows:
        shown.add_row(*("" if cell is None else str(cell) for cell in row))
    return shown


def numbers(counts: Mapping[str, int]) -> str:
    """Return counts as a list of words, `174 students, 20 teachers`; what is 0 is left out."""
    told = [f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items() if count]
    return ", ".join(told) or "nothing"


def findings_table(title: str, counts: Mapping[str, int]) -> Table:
    """Return how many records were left out or tidied, why, and what to mend."""
    rows = [(count, code, ADVICE[Finding(code)]) for code, count in counts.items()]
    return table(title, ("how many", "finding", "what happened, and what to mend"), rows)


def of_error(error: SyncError) -> str:
    """Return *error* for people: what happened, facts, and who must act."""
    told = {} if isinstance(error, ConfigError) else error.facts  # its lines say it all
    facts = ", ".join(f"{name} {value}" for name, value in told.items())
    end = f" ({facts})" if facts else ""
    return f"{error}{end}\nWho must act: {WHO[error.who]}"
