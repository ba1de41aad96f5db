"""The findings of docs/troubleshooting.md: the words and the advice from the code.

Why a finding happens and who acts is written by hand, and kept. A finding that is new gets its
two lines empty, which a test of the handbook does not let pass.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping

WIDTH = 128  # as wide as the prose around it
BLANK = "- **Why:**\n- **Who:**\n"


def entries(advice: Mapping[str, str], present: str) -> str:
    """Return an entry for each finding, with its *advice*; what else *present* says is kept."""
    by_hand = dict(_by_hand(part) for part in re.split(r"^### ", present, flags=re.MULTILINE)[1:])
    return "".join(
        f"\n### `{word}`\n\n{_quoted(text)}\n\n{by_hand.get(word, BLANK)}"
        for word, text in advice.items()
    )


def _by_hand(entry: str) -> tuple[str, str]:
    """Return the word of an entry, and what stands there below the advice."""
    head, _, rest = entry.partition("\n\n")
    _, _, kept = rest.partition("\n\n")
    return head.strip("`"), kept.strip("\n") + "\n"


def _quoted(text: str) -> str:
    lines = textwrap.wrap(text, WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"> {line}" for line in lines)
