"""The small documents of the reader's tests, and ways to alter them."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "samples" / "isams"

# Only the right host's own words may stand in an error: none of these may.
CANARIES = ("Ada", "Vale", "CODE0041", "odell", "northbank", "0473368", "Process ID")


def sample(name: str = "whole.xml") -> bytes:
    """Return a document as it lies in the folder."""
    return (_FOLDER / name).read_bytes()


def altered(*changes: tuple[str, str]) -> bytes:
    """Return the whole document with each text replaced, which must be there exactly once."""
    text = sample().decode()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text.encode()


def without(tag: str) -> bytes:
    """Return the whole document without the element *tag*."""
    text = sample().decode()
    start, end = text.index(f"<{tag}>"), text.index(f"</{tag}>") + len(f"</{tag}>")
    return (text[:start] + text[end:]).encode()


def emptied(tag: str) -> bytes:
    """Return the whole document with the element *tag* empty."""
    text = sample().decode()
    start, end = text.index(f"<{tag}>") + len(f"<{tag}>"), text.index(f"</{tag}>")
    return (text[:start] + text[end:]).encode()
