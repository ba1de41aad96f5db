"""Whose a class or a person of Graph's is: by ids and addresses that were sent, never by a name.

See docs/reference/sds.md#external-id, docs/reference/sds.md#changed-name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sync.texts import small

_PREFIX = "Section_"
_ENDED = re.compile(r"Exp[0-9]{4}_")


class Whose(NamedTuple):
    """Which of our classes a class of Graph's is, and whether it has been ended there."""

    class_id: str
    has_ended: bool


class OurClasses:
    """The ids of the classes that were sent, as Graph may write them."""

    def __init__(self, class_ids: Collection[str]) -> None:
        self._ids = frozenset(class_ids)
        # A nickname is the name of a mail address, which knows no case: two of our ids that differ
        # in case alone are told apart by the external id, and by nothing else.
        by_small: dict[str, list[str]] = {}
        for class_id in class_ids:
            by_small.setdefault(class_id.lower(), []).append(class_id)
        self._by_small = {key: ids[0] for key, ids in by_small.items() if len(ids) == 1}

    def whose(self, external_id: str, nickname: str) -> Whose | None:
        """Return whose class it is; None if it is of another source, or of a former year."""
        bare_id, id_ended = _without_end(external_id.strip())
        bare_name, name_ended = _without_end(nickname.strip())
        for class_id in self._readings(bare_id, bare_name):
            return Whose(class_id, id_ended or name_ended)
        return None

    def _readings(self, external_id: str, nickname: str) -> Iterator[str]:
        candidates = (external_id, external_id.removeprefix(_PREFIX))
        yield from (each for each in candidates if each in self._ids)
        if nickname.lower().startswith(_PREFIX.lower()):
            found = self._by_small.get(nickname[len(_PREFIX) :].lower())
            if found is not None:
                yield found


def _without_end(text: str) -> tuple[str, bool]:
    """Return *text* without what an ended class has before it, and whether it had that."""
    ended = _ENDED.match(text)
    return (text[ended.end() :], True) if ended else (text, False)


@dataclass(frozen=True, slots=True)
class WhoIs:
    """Somebody in a class of Graph's: one of ours, nobody of ours, or *unclear* whom of several.

    `user_name` is "" for one of ours: of whom we know, nothing else is kept.
    """

    ours: tuple[str, ...]
    user_name: str = ""
    by_mail: bool = False

    @property
    def is_known(self) -> bool:
        """Whether it is one of ours, and clear which."""
        return len(self.ours) == 1

    @property
    def is_unclear(self) -> bool:
        """Whether user name and mail are of two people who were sent."""
        return len(self.ours) > 1


def who(user_name: str, mail: str, id_of: Mapping[str, str]) -> WhoIs:
    """Return who has that *user_name* and *mail*; *id_of* are ids by the address that was sent."""
    by_name, by_mail = id_of.get(small(user_name)), id_of.get(small(mail))
    if by_name and by_mail and by_name != by_mail:
        return WhoIs((by_name, by_mail), user_name)
    if found := by_name or by_mail:
        return WhoIs((found,), by_mail=by_name is None)
    return WhoIs((), user_name)
