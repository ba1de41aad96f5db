"""The entries of docs/troubleshooting.md under *Findings*, made from the table of findings."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from sync.roster.finding_codes import FindingCode

WIDTH = 129


def entries() -> str:
    """Return an entry for every finding, in the order of the table."""
    return "\n".join(line for code in FindingCode for line in _entry(code))


def _entry(code: FindingCode) -> Iterator[str]:
    yield f"### `{code.value}`\n"
    yield from (f"> {line}" for line in wrap(code.advice, WIDTH - 2))
    yield ""
    yield _item("Why", code.why)
    yield _item("Who", code.who) + "\n"


def _item(label: str, text: str) -> str:
    lines = wrap(f"- **{label}:** {text}", WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join(lines)
