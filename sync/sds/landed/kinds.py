"""The closed lists of what can differ between what was sent and what is in Teams, and of causes.

A word is stored and logged: it never changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Self


class Differs(StrEnum):
    """What differs: a word, what it means of one, and whether something that was sent lacks."""

    _value_: str
    means: str
    lacks: bool

    def __new__(cls, word: str, means: str, lacks: bool) -> Self:  # noqa: FBT001  # a table's cell
        """Make a member that is its word, and carries the rest of its row."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.means = means
        member.lacks = lacks
        return member

    CLASS_MISSING = "class-missing", "a class that was sent is not in Teams", True
    CLASS_ENDED = "class-ended", "a class that was sent has been ended in Teams", True
    CLASS_TWICE = "class-twice", "a class is in Teams twice", True
    PERSON_NOWHERE = "person-nowhere", "somebody is in none of their classes", True
    TEACHER_MISSING = "teacher-missing", "a teacher is not in a class of theirs", True
    PUPIL_MISSING = "pupil-missing", "a pupil is not in a class of theirs", True
    TEACHER_EXTRA = "teacher-extra", "an owner of a class was not sent as its teacher", False
    PUPIL_EXTRA = "pupil-extra", "a member of a class was not sent as its pupil", False
    CLASS_RENAMED = "class-renamed", "a class has another name than when it was last looked", False


KINDS: Mapping[str, Differs] = {kind.value: kind for kind in Differs}
"""Each kind by its word."""


class Likely(StrEnum):
    """What is likely behind a difference, and what to do about it."""

    _value_: str
    advice: str

    def __new__(cls, word: str, advice: str) -> Self:
        """Make a member that is its word, and carries its advice."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.advice = advice
        return member

    ON_ITS_WAY = "on-its-way", "SDS's run ended within a day: wait"
    BY_HAND = (
        "by-hand",
        "it was otherwise at a look before, and nothing was sent since: ask the class's teacher",
    )
    SDS_OR_HAND = (
        "sds-or-hand",
        "something was sent since the last look: if nobody did it by hand, SDS has done it",
    )
    STRANGER = (
        "stranger",
        "the app did not send them: ask the class's teacher whether they belong",
    )
    NO_ACCOUNT = "no-account", "nobody in Entra has this address: make the account, or mend iSAMS"
    DISABLED = "disabled", "the account is disabled in Entra: enable it, or mend iSAMS"
    SYNC_HEALTH = "sync-health", "look in School Data Sync, under Sync health"
