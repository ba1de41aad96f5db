"""The entries of docs/troubleshooting.md under *Findings*, made from the table of findings.

`python -m tests.unit.findings_page` writes them into the page; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap

from sync.roster.finding_codes import FindingCode

PAGE = Path("docs/troubleshooting.md")
BEGIN, END = "<!-- from the code: findings -->\n", "<!-- end -->"
WIDTH = 129


def entries() -> str:
    """Return an entry for every finding, in the order of the table."""
    return "\n".join(line for code in FindingCode for line in _entry(code))


def refreshed(page: str) -> str:
    """Return *page* with what stands between its two marks replaced by the entries of now."""
    before, begun, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended):
        raise ValueError("the page has no place for the findings")
    return f"{before}{BEGIN}\n{entries()}\n{END}{after}"


def _entry(code: FindingCode) -> Iterator[str]:
    yield f"### `{code.value}`\n"
    yield from (f"> {line}" for line in wrap(code.advice, WIDTH - 2))
    yield ""
    yield _item("Why", code.why)
    yield _item("Who", code.who) + "\n"


def _item(label: str, text: str) -> str:
    lines = wrap(f"- **{label}:** {text}", WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(refreshed(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
