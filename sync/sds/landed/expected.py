"""What a delivery says of classes and who is in them: the measure of a read-back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.sds.guard.sides import NOBODY, Side, sides
from sync.sds.rowkeys import rows_of


@dataclass(frozen=True, slots=True)
class Expected:
    """The classes of a delivery by id, each with its title and who is in it; people by address."""

    titles: Mapping[str, str]
    people: Mapping[str, Side]
    id_of: Mapping[str, str]

    def in_class(self, class_id: str) -> Side:
        """Return who was sent in a class."""
        return self.people.get(class_id, NOBODY)


def expected_of(files: Mapping[str, bytes]) -> Expected:
    """Return what *files* have.

    Raises:
        StoreConflict: the bytes are not what was sealed.
    """
    return Expected(
        titles={row[0]: row[2] for row in rows_of("classes.csv", files)},
        people={class_id: side for class_id, side, _ in sides(files, {})},
        id_of={row[1]: row[0] for row in rows_of("users.csv", files)},
    )
