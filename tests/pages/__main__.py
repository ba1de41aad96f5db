"""`python dev.py docs`: write the parts of the docs that repeat the code, and draw the rooms."""

from __future__ import annotations

import sys

from tests.pages.parts import ROOT, stale


def main() -> int:
    """Write what is stale, and say which pages these were."""
    written = list(stale())
    for page, text in written:
        page.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"written: {page.relative_to(ROOT).as_posix()}\n")
    if not written:
        sys.stdout.write("Every page says what the code says.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
