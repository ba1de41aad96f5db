"""How texts become sentences, how many there are of something, how long it took. Pure."""

from __future__ import annotations

from datetime import timedelta


def sentence(text: str) -> str:
    """Return *text* as a sentence: with a capital, and a full stop."""
    begun = text[:1].upper() + text[1:]
    return begun if not begun or begun[-1] in ".!?:" else f"{begun}."


def counted(count: int, one: str, several: str) -> str:
    """Return how many there are, and of what: *one* of it, or *several*."""
    return f"{count:,} {one if count == 1 else several}"


def duration(took: timedelta) -> str:
    """Return how long something took: `2 min 41 s`; what is below 0 s is 0 s."""
    seconds = max(round(took.total_seconds()), 0)
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def where_to_read(code: str) -> str:
    """Return where the handbook tells what an error or a state means."""
    return f"docs/troubleshooting.md has more, under {code}."
