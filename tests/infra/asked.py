"""The queries of infra/queries, asked as the platform asks them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from tests.infra.kql import Table, evaluate
from tests.infra.nights import Nights

INFRA = Path(__file__).parents[2] / "infra"
QUERIES: Mapping[str, str] = {
    path.stem: path.read_text(encoding="utf-8") for path in (INFRA / "queries").glob("*.kql")
}
LINES = {name: text for name, text in QUERIES.items() if "let lines = traces" in text}
# Of these `read` asks what storage writes about its callers, all others ask the app's own lines.
ALERTS = (
    *("carried", "expiring", "failed", "held", "poison", "read", "refused", "shrunk", "silent"),
    *("stale", "unmoved", "not-landed"),
)
OF_LINES = tuple(name for name in ALERTS if name in LINES)


def answer(query: str, rows: Table, now: datetime, text: str | None = None) -> Table:
    """Return what *query* gives of what lies in its window; *text* stands for its own."""
    own = QUERIES[query] if text is None else text
    since = now - window(QUERIES[query])
    table, moment = (
        ("traces", "timestamp") if query in LINES else ("StorageBlobLogs", "TimeGenerated")
    )
    seen = [row for row in rows if since < row[moment] <= now]
    return evaluate(own, {table: seen}, now)


def window(text: str) -> timedelta:
    """Return how far back a query looks, as its first line says."""
    found = re.match(r"// window: P(?:(\d+)D|T(\d+)H)\b", text)
    if found is None:
        raise ValueError("the first line of a query says its window")
    return timedelta(days=int(found[1] or 0), hours=int(found[2] or 0))


def alarms(run: Nights) -> set[str]:
    """Return the alerts that would fire now."""
    return {name for name in OF_LINES if answer(name, run.rows, run.now)}
