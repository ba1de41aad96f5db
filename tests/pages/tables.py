"""Tables as Markdown writes them."""

from __future__ import annotations

from collections.abc import Iterable


def row(*cells: str) -> str:
    """Return a row; a bar inside a cell would end it, and is escaped."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def table(head: tuple[str, ...], rows: Iterable[str]) -> str:
    """Return a table with the columns of *head* and these *rows*."""
    return row(*head) + "|" + "---|" * len(head) + "\n" + "".join(rows)
