"""The tables of docs/datasets.md, made from the declaration."""

from __future__ import annotations

from collections.abc import Iterator

from sync.exports.columns import Table
from sync.exports.tables import tables
from sync.isams.datasets import Dataset
from sync.settings import SchoolSettings
from sync.settings.export_kinds import LESSON_COLUMNS
from tests.unit.schools import NORTHBANK


def everything() -> SchoolSettings:
    """Return a school whose timetable has every column that there is."""
    return NORTHBANK.model_copy(
        update={"timetable_header": {name: name for name in LESSON_COLUMNS}}
    )


def sections() -> str:
    """Return a section for each file: whom it tells of, what it reads, and its columns."""
    return "".join(_sections())


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
