"""What a person says of which Team is whose: words, by number, of a school.

    identity/<school>/000001.json

A word exchanges two class ids, and nothing else: whatever would have been sent as one is sent as
the other, and the other way round. So however many there are, and whatever iSAMS makes of its
classes, no two classes ever get one id. A word is undone by another, and is never taken back.

An id carries the academic year, or the Team is kept for more than one (`KEEP_TEAMS`, legacy ids):
so a word holds as long as an id that it names is made, and needs no end of its own.

They lie apart from what is swept, and from what the rule of the storage account removes by its age:
docs/decisions/0027-a-word-exchanges-two-ids.md
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from sync.errors import StoreMissing
from sync.ledger import claims
from sync.ledger.folders import Listed
from sync.ledger.marks import Caller
from sync.ledger.record import Record

WORDS = "identity/"
"""Below this lie the words of every school."""

type Kind = Literal["swap", "new", "move"]


class Word(Record):
    """`identity/<school>/000001.json`: the two ids that are exchanged, and who said it.

    Of `swap` they are two classes of that moment; of `new` a class and its next Team; of `move` a
    Team that goes on and the class that it is to be of. `academic_year` is that of the newest set
    at that moment, `offer` the offer that waited for a person, "" if none did.
    """

    kind: Kind
    classes: tuple[str, str]
    academic_year: int
    at: datetime
    by: str
    caller: Caller = ""
    offer: Annotated[str, Field(exclude_if=operator.not_)] = ""

    def sent_as(self, class_id: str) -> str:
        """Return the id under which a class goes that would go as *class_id* without this word."""
        first, second = self.classes
        return {first: second, second: first}.get(class_id, class_id)

    @property
    def undo(self) -> str:
        """The word that undoes this one, as it is typed after `identity`."""
        first, second = self.classes
        if self.kind == "move":
            return f"move {second} {first}"
        return f"{'swap' if self.kind == 'swap' else 'move'} {first} {second}"


def sent_as(words: Iterable[Word], class_id: str) -> str:
    """Return the id under which a class goes whose id is *class_id* by our rule.

    *words* are those of its school, in the order in which they were said.
    """
    for word in words:
        class_id = word.sent_as(class_id)
    return class_id


def folder_of(school: str) -> str:
    """Return where the words of *school* are."""
    return f"{WORDS}{school}/"


def name_of(school: str, number: int) -> str:
    """Return the name of the word of that *number*, from 1."""
    return f"{folder_of(school)}{number:06}.json"


def names(school: str, blobs: Iterable[Listed]) -> Sequence[str]:
    """Return the names of the words of *school*, in order.

    Raises:
        StoreMissing: a number is missing. What the others come to is not known without it.
    """
    prefix = folder_of(school)
    listed = (claims.number(blob.name.removeprefix(prefix)) for blob in blobs)
    numbers = sorted(number for number in listed if number)
    if numbers != list(range(1, len(numbers) + 1)):
        raise StoreMissing(
            "a word on the identity of classes is gone from storage, so nothing of this school is"
            " read: put it back, as from the soft delete of the storage account",
            school=school,
            folder=prefix,
        )
    return [name_of(school, number) for number in numbers]
