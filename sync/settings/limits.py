"""`SDS__LIMITS__…` and `SCHOOLS__<key>__LIMITS__…`: the closed table of what holds a delivery.

Each limit counts people, classes or places of one kind, school by school: not rows of tables. An
exchange of people changes no total: docs/decisions/0024-people-not-totals.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from sync.settings import text
from sync.settings.types import Block, Percent, Rows

Allowance = Annotated[text.Allowance, BeforeValidator(text.allowance)]
"""So many, or a share of what there was: the larger of the two."""


class SchoolLimits(Block):
    """How much may change at a school before a person must approve it.

    A place is one person in one class. Extra teachers and service accounts are no class's own.
    """

    pupils_lost: Allowance = Field(
        default=text.Allowance(10, 10),
        description="Pupils who would go, or whose address would be another.",
        examples=["10%,10"],
    )
    teachers_lost: Allowance = Field(
        default=text.Allowance(10, 5),
        description="Teachers who would go, or whose address would be another.",
        examples=["10%,5"],
    )
    people_gained: Allowance = Field(
        default=text.Allowance(25, 25),
        description="Pupils and teachers who would come, or whose address would be another.",
        examples=["25%,25"],
    )
    classes_lost: Allowance = Field(
        default=text.Allowance(10, 10), description="Classes that would end.", examples=["10%,10"]
    )
    classes_gained: Allowance = Field(
        default=text.Allowance(25, 15), description="Classes that would begin.", examples=["25%,15"]
    )
    pupil_places_lost: Allowance = Field(
        default=text.Allowance(10, 25),
        description="Places that pupils who stay at the school would lose.",
        examples=["10%,25"],
    )
    pupil_places_gained: Allowance = Field(
        default=text.Allowance(25, 25),
        description="Places that pupils who stay at the school would gain.",
        examples=["25%,25"],
    )
    teacher_places_lost: Allowance = Field(
        default=text.Allowance(15, 25),
        description="Places that classes' own teachers would lose.",
        examples=["15%,25"],
    )
    class_teachers_changed: Allowance = Field(
        default=text.Allowance(10, 15),
        description="Classes that go on and would keep none of their own teachers.",
        examples=["10%,15"],
    )
    addresses_passed: Rows = Field(
        default=5,
        description="Addresses that would pass from one person to another who is there as well; and"
        " pupils of another school on the connector who would be pupils here too.",
        examples=["10"],
    )
    classes_taken_over: Rows = Field(
        default=0,
        description="Classes of which fewer than a fifth of the pupils were in them before; five"
        " pupils or more, then and now.",
        examples=["10"],
    )
    rosters_exchanged: Rows = Field(
        default=0,
        description="Pairs of classes of which each would have the other's pupils; five or more.",
        examples=["10"],
    )
    small_classes_replaced: Rows = Field(
        default=5,
        description="Classes of fewer than five pupils, then or now, in which nobody of before"
        " would be left.",
        examples=["10"],
    )
    classes_renamed: Rows = Field(
        default=0,
        description="Forms, houses and tutor groups that would end while another begins with four"
        " fifths of their pupils.",
        examples=["10"],
    )
    year_places_lost: Allowance = Field(
        default=text.Allowance(50, 10),
        description="Places that the pupils of one year group would lose, by SDS grade. A year"
        " group with no more places than this number is too small to be looked at.",
        examples=["50%,10"],
    )

    def given(self) -> Mapping[str, object]:
        """Return the limits that somebody has set, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}


# What each limit was called when limits counted rows of tables: percentage, and number of rows.
_OLD: Mapping[str, tuple[str, str]] = {
    "pupils_lost": ("removed_percent", "removed_rows"),
    "teachers_lost": ("removed_percent", "removed_rows"),
    "people_gained": ("users_added_percent", "users_added_rows"),
    "classes_lost": ("removed_percent", "removed_rows"),
    "pupil_places_lost": ("enrollments_removed_percent", "removed_rows"),
    "teacher_places_lost": ("enrollments_removed_percent", "removed_rows"),
    "year_places_lost": ("", "removed_rows"),
}


class Limits(SchoolLimits):
    """`SDS__LIMITS__…`: the limits of every school that has none of its own; older names too.

    A limit that is given by its own name does not go by an older one.
    """

    removed_percent: Percent = Field(
        default=10,
        description="Older name of the percentage of PUPILS_LOST, TEACHERS_LOST and CLASSES_LOST.",
        examples=["10"],
    )
    removed_rows: Rows = Field(
        default=10,
        description="Older name of the number of these, of both PLACES_LOST and of"
        " YEAR_PLACES_LOST.",
        examples=["10"],
    )
    enrollments_removed_percent: Percent = Field(
        default=20,
        description="Older name of the percentage of PUPIL_PLACES_LOST and TEACHER_PLACES_LOST.",
        examples=["20"],
    )
    users_added_percent: Percent = Field(
        default=25,
        description="Older name of the percentage of PEOPLE_GAINED.",
        examples=["25"],
    )
    users_added_rows: Rows = Field(
        default=25,
        description="Older name of the number of PEOPLE_GAINED.",
        examples=["25"],
    )

    @model_validator(mode="before")
    @classmethod
    def _read_older_names(cls, given: object) -> object:
        """Put what older names say where the newer name is not given."""
        return {**dict(_of_old(given)), **given} if isinstance(given, dict) else given


def _of_old(given: Mapping[str, object]) -> Iterator[tuple[str, text.Allowance]]:
    """Yield each limit that only older names speak of; an unsound value says so by its own name."""
    for name, (percent, rows) in _OLD.items():
        said = _number(given.get(percent)), _number(given.get(rows))
        if any(number is not None for number in said):
            usual = SchoolLimits.model_fields[name].default
            pairs = zip(said, usual, strict=True)
            yield (
                name,
                text.Allowance(
                    *(usual_number if number is None else number for number, usual_number in pairs)
                ),
            )


def _number(value: object) -> int | None:
    try:
        number = text.whole(value)
    except ValueError:
        return None
    return number if isinstance(number, int) else None
