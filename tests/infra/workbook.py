"""The workbook, made of the queries: `python -m tests.infra.workbook` writes infra/workbook.json.

The portal wants each query inside the workbook's JSON. So that there is one truth, the JSON is made
of infra/queries, and a test compares the two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

INFRA = Path(__file__).parents[2] / "infra"
DAY_MS = 86_400_000


class Tile(NamedTuple):
    """One query as the workbook shows it; `shown` is the portal's word for the kind of picture."""

    query: str
    title: str
    shown: str = "table"


TILES: Sequence[Tile] = (
    Tile("digest", "In ten seconds"),
    Tile("held", "Held: waits for a person"),
    Tile("failed", "Failed in the last hour"),
    Tile("refused", "Keys and roles refused in the last hour"),
    Tile("stale", "Data older than 48 hours"),
    Tile("age", "Hours since the oldest reading of a school", "linechart"),
    Tile("counts", "What each profile holds"),
    Tile("findings", "Findings of the newest sets, by code"),
    Tile("durations", "Seconds by day and step"),
    Tile("runs", "What was done, newest first"),
)
TITLE = (
    "# iSAMS to School Data Sync\n\nCounts and codes only, and never a name. What each line means,"
    " and what to do: docs/watching.md."
)


def workbook() -> str:
    """Return the whole workbook as the portal takes it."""
    text = {"type": 1, "name": "title", "content": {"json": TITLE}}
    whole = {
        "version": "Notebook/1.0",
        "items": [text, *(_item(tile) for tile in TILES)],
        "$schema": "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema"
        "/workbook.json",
    }
    return json.dumps(whole, indent=1) + "\n"


def _item(tile: Tile) -> dict[str, object]:
    query = (INFRA / "queries" / f"{tile.query}.kql").read_text(encoding="utf-8")
    return {
        "type": 3,
        "name": tile.query,
        "content": {
            "version": "KqlItem/1.0",
            "query": query,
            "size": 0,
            "title": tile.title,
            "noDataMessage": "None.",
            "timeContext": {"durationMs": _window_ms(query)},
            "queryType": 0,
            "resourceType": "microsoft.insights/components",
            "visualization": tile.shown,
        },
    }


def _window_ms(query: str) -> int:
    found = re.match(r"// window: P(?:(\d+)D|T(\d+)H)\b", query)
    if found is None:
        raise ValueError("the first line of a query says its window")
    return int(found[1] or 0) * DAY_MS + int(found[2] or 0) * DAY_MS // 24


def main() -> None:
    """Write the file that Bicep reads."""
    (INFRA / "workbook.json").write_text(workbook(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
