"""docs/classes.md against what the code makes and asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.roster import needs
from sync.settings import ProfileSettings
from sync.settings.class_kinds import CLASSES

PAGE = Path("docs/classes.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ")]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_kind_has_its_row_with_the_title_it_has(kind: str) -> None:
    """A kind, its setting and its default share a row."""
    name = "class_title" if kind == "sets" else f"{kind.removesuffix('s').replace('-', '_')}_title"
    (row,) = (line for line in ROWS if line.startswith(f"| `{kind}` |"))

    assert f"`{ProfileSettings.model_fields[name].default}`: `{name.upper()}`" in row


@pytest.mark.parametrize("kind", CLASSES[1:])
def test_what_a_kind_needs_is_what_the_page_says_to_tick(kind: str) -> None:
    """An administrator who ticks what the page says has a sync that runs."""
    (row,) = (line for line in ROWS if line.startswith(f"| `CLASSES=…,{kind}` |"))
    needed = [dataset.ui_name for dataset in needs.OF_CLASSES.get(kind, ())]

    assert row.split("|")[2].strip().startswith(", ".join(needed) or "nothing")
