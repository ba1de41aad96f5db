"""What `SCHOOLS__<key>__DATASETS` and `TIMETABLE_HEADER` may say, and how their text is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator

from sync.settings import text

DATASETS = (
    "school",
    "subjects",
    "buildings",
    "rooms",
    "year-groups",
    "forms",
    "academic-houses",
    "boarding-houses",
    "divisions",
    "terms",
    "employees",
    "pupils",
    "sets",
    "set-members",
    "set-teachers",
    "weeks",
    "days",
    "periods",
    "teaching-forms",
    "timetable",
)
"""What can be exported, in the order in which references resolve but for those to people."""

LESSON_COLUMNS = (
    "code",
    "set_id",
    "teaching_form_id",
    "subject",
    "teacher",
    "teacher_id",
    "teacher_name",
    "period",
    "week",
    "day",
    "starts",
    "ends",
    "room",
    "room_id",
)
LESSON_HEADER: Mapping[str, str] = {
    column: column for column in LESSON_COLUMNS if column != "teacher_name"
}
"""All but the names: initials and ids say who it is."""

# A heading is put into the first row as it is: no comma, quote, = or formula.
_HEADING = re.compile(r"\w[\w .:/()#-]{0,59}")


def _datasets(value: object) -> object:
    parts = text.words(value)
    if not isinstance(parts, tuple):
        return value
    named = {part.lower() for part in parts}
    if "all" in named:
        named = named - {"all"} | set(DATASETS)
    if not named or not named <= set(DATASETS):
        raise ValueError(f"expected all, or one or more of {', '.join(DATASETS)}")
    return tuple(name for name in DATASETS if name in named)


def _header(value: object) -> object:
    parts = text.words(value)
    if not isinstance(parts, tuple):
        return value
    headings: dict[str, str] = {}
    for part in parts:
        column, is_renamed, heading = (side.strip() for side in part.partition("="))
        if column not in LESSON_COLUMNS:
            raise ValueError(f"expected columns out of {', '.join(LESSON_COLUMNS)}")
        if column in headings:
            raise ValueError("expected each column once")
        headings[column] = heading if is_renamed else column
        if not _HEADING.fullmatch(headings[column]):
            raise ValueError("expected headings such as code=SetCode: letters, digits and blanks")
    if len(headings) < 2:  # a row of a single blank cell would be a blank line
        raise ValueError("expected two columns at least")
    if len(set(headings.values())) < len(headings):
        raise ValueError("expected each heading once")
    return headings


Datasets = Annotated[tuple[str, ...], BeforeValidator(_datasets)]
LessonHeader = Annotated[Mapping[str, str], BeforeValidator(_header)]
