"""How texts become sentences."""

from __future__ import annotations


def sentence(text: str) -> str:
    """Return *text* as a sentence: with a capital, and a full stop."""
    begun = text[:1].upper() + text[1:]
    return begun if not begun or begun[-1] in ".!?:" else f"{begun}."
