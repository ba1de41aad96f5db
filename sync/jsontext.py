"""Bytes that should be JSON: what they say, and whether they ended too early to say it.

Pure, and below all rooms, because answers of iSAMS, of Graph and of sign-ins are judged alike.
"""

from __future__ import annotations

import json
import re

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BOM = b"\xef\xbb\xbf"


def parse(body: bytes) -> object:
    """Return what *body* says in JSON, None if it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def is_cut(body: bytes) -> bool:
    """Say whether *body* began as an object or a list, or not at all, and ended before its end.

    Then a text or a bracket is still open: what is merely wrong closes as many as it opens.
    """
    text = body.removeprefix(_BOM).strip()
    if text[:1] not in {b"", b"{", b"["}:
        return False
    bare = _STRING.sub(b"", text)
    open_ends = sum(map(bare.count, (b"{", b"["))) - sum(map(bare.count, (b"}", b"]")))
    return not text or b'"' in bare or open_ends > 0
