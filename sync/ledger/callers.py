"""Who asked for what is kept, in marks and words: an id, and nobody's name where it is told.

In a mark stands the object id of whom the platform signed in, `key` where it signs nobody in (a
function is not told which key it was), or `terminal` and the user of the system there. A user's
name may be a person's, so it stays in the mark.
"""

from __future__ import annotations

from sync.ledger.marks import TERMINAL

KEY = "key"
"""Who asks over HTTP where the platform signs nobody in."""


def at_terminal(user: str) -> str:
    """Return who asks at a terminal, as it is kept; *user* is the system's, "" if it has none."""
    return f"{TERMINAL} {user}".strip()


def told(caller: str) -> str:
    """Return who *caller* is where it leaves storage: `terminal`, `key` or an object id.

    "" of what a version wrote that did not keep it.
    """
    return TERMINAL if caller.startswith(TERMINAL) else caller


def facts(caller: str) -> dict[str, str]:
    """Return who *caller* is as a fact of a step; nothing where nobody asked."""
    return {"caller": told(caller)} if caller else {}


def in_words(caller: str) -> str:
    """Return by whom, in a sentence: see `told`."""
    return _WORDS.get(told(caller)) or f"by {caller}"


_WORDS = {"": "by somebody", KEY: "by somebody with a key", TERMINAL: "at a terminal"}
