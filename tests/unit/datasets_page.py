"""The tables of docs/datasets.md, made from the declaration.

`python -m tests.unit.datasets_page` writes them into the page; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sync.exports.columns import Table
from sync.exports.tables import tables
from sync.isams.datasets import Dataset
from sync.settings import SchoolSettings
from sync.settings.export_kinds import LESSON_COLUMNS
from tests.unit.schools import NORTHBANK

PAGE = Path("docs/datasets.md")
BEGIN, END = "<!-- files -->\n", "<!-- end files -->"


def everything() -> SchoolSettings:
    """Return a school whose timetable has every column that there is."""
    return NORTHBANK.model_copy(
        update={"timetable_header": {name: name for name in LESSON_COLUMNS}}
    )


def refreshed(page: str) -> str:
    """Return *page* with what stands between its two marks replaced by what is declared now."""
    before, found, rest = page.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not (found and closed):
        raise ValueError("the page has no place for the files")
    return before + BEGIN + "".join(_sections()) + END + after


def _sections() -> Iterator[str]:
    for table in tables(everything()):
        yield f"\n### `{table.name}.csv`\n\n{table.about} Tells of {table.tells_of.words}.\n"
        yield f"Reads {_read(table)}.\n\n| column | what it holds | ids of |\n|---|---|---|\n"
        for column in table.columns:
            of = f"`{column.of}.csv`" if column.of else ""
            yield f"| `{column.name}` | {column.about} | {of} |\n"
    yield "\n"


def _read(table: Table) -> str:
    names = dict.fromkeys(map(_ui_name, table.needs))
    return "what every pull reads" + (f", and {_listed(list(names))}" if names else "")


def _ui_name(dataset: Dataset) -> str:
    return f"*{dataset.ui_name}*"


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


if __name__ == "__main__":
    PAGE.write_text(refreshed(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
