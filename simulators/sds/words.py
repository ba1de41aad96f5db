"""The words of Graph's enumerations, and which of them a caller is told.

An enumeration that may grow ends in `unknownFutureValue`: what is not in the metadata is given
as that, unless the call has `Prefer: include-unknown-enum-members` (Graph docs, best practices).
"""

from __future__ import annotations

from simulators.sds.calls import Call, prefers
from simulators.sds.facts import ENUMS


def told(call: Call, enum: str, word: str) -> str:
    """Return *word* as Graph tells it to this caller; in another case it is the same word."""
    known = {member.lower() for member in ENUMS[enum]}
    masked = call.tenant.knobs.unknown_words_masked
    if not masked or word.lower() in known or prefers(call, "include-unknown-enum-members"):
        return word
    return "unknownFutureValue"
