"""When two surnames agree: case, accents, blanks and hyphens aside, and nothing else."""

from __future__ import annotations

import re
import unicodedata

from sync.texts import SPACES, as_seen

# The hyphens and dashes of Unicode's category Pd that people type between two names.
_HYPHENS = re.compile("[-\u00ad\u058a\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
# Of Latin, Greek and Cyrillic letters. A vowel sign of an Indic script or of Hebrew is no accent.
_ACCENTS = re.compile("[\u0300-\u036f]")


def bare(surname: str) -> str:
    """Return *surname* without what is left aside; "" agrees with nothing."""
    apart = unicodedata.normalize("NFD", as_seen(surname).casefold())
    return _HYPHENS.sub("", SPACES.sub("", _ACCENTS.sub("", apart)))


def agree(one: str, other: str) -> bool:
    """Say whether both are one surname. A blank one is none."""
    return bool(bare(one)) and bare(one) == bare(other)
