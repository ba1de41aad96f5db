"""What `PROFILES__<key>__CLASSES` and the titles may say, and how their text is read."""

from __future__ import annotations

from string import Formatter
from typing import Annotated

from pydantic import BeforeValidator, StringConstraints

from sync.settings import text

CLASSES = (
    "sets",
    "forms",
    "form-lessons",
    "tutors",
    "year-groups",
    "houses",
    "boarding-houses",
    "divisions",
)
TITLE_OF = {  # by kind: the setting that says how its classes are called
    "sets": "class_title",
    "forms": "form_title",
    "form-lessons": "form_lesson_title",
    "tutors": "tutor_title",
    "year-groups": "year_group_title",
    "houses": "house_title",
    "boarding-houses": "boarding_house_title",
    "divisions": "division_title",
}
ACROSS_YEARS = ("tutors", "houses", "boarding-houses", "divisions")
BY_SUBJECT = frozenset({"sets", "form-lessons"})  # of a subject each; the others are of none
# docs/reference/isams.md#rest-no-teaching-forms
NOT_BY_REST = "iSAMS tells form-lessons by the Batch API alone: take it out, or set ISAMS_API=batch"
SHARED_YEARS = "both make classes of the same years: write the same in both, or share no years"

TITLE_FIELDS = (
    "set_code",
    "set_name",
    "subject",
    "subject_code",
    "year",
    "academic_year",
    "suffix",
    "school",
)
# The fields that tell the classes of a school apart.
_TELLING = ("set_code", "set_name", "subject", "subject_code")

GROUP_FIELDS = ("name", "code", "subject", "year", "academic_year", "suffix", "school")
_GROUP_TELLING = ("name", "code")


def made_twice(kind: str) -> str:
    """Return what to tell of two profiles that would both make classes of *kind*."""
    return (
        f"both make {kind}, of different pupils and under the same ids: name {kind} in one of them"
        " only, with the YEAR_GROUPS of both"
    )


@text.of_text
def kinds(value: str) -> tuple[str, ...]:
    """Read kinds of classes, each once, in the order of `CLASSES`."""
    named = {part.lower() for part in text.parts(value)}
    if not named or not named <= set(CLASSES):
        raise ValueError(f"expected one or more of {', '.join(CLASSES)}")
    return tuple(kind for kind in CLASSES if kind in named)


@text.as_typed
def title_template(value: str) -> str:
    """Check a set's class title: known fields only, no tricks, not the same title for all."""
    return _template(value, TITLE_FIELDS, _TELLING)


@text.as_typed
def group_template(value: str) -> str:
    """Check the class title of something other than a set, in the same way."""
    return _template(value, GROUP_FIELDS, _GROUP_TELLING)


def _template(value: str, names: tuple[str, ...], telling: tuple[str, ...]) -> str:
    try:
        parts = list(Formatter().parse(value))
    except ValueError:
        raise ValueError("a { or } stands alone") from None
    fields = {name for _, name, _, _ in parts if name is not None}
    if any(spec or conversion for _, _, spec, conversion in parts):
        raise ValueError("expected fields without : or !")
    if not fields <= set(names):
        raise ValueError("expected no fields but " + _braced(names))
    if not fields & set(telling):
        raise ValueError("expected one of " + _braced(telling) + ", or every class is called alike")
    return value


def shows_year(template: str) -> bool:
    """Say whether a title *template* has the academic year in it."""
    return any(name == "academic_year" for _, name, _, _ in Formatter().parse(template))


def _braced(names: tuple[str, ...]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


_AsTyped = StringConstraints(strip_whitespace=False)
Title = Annotated[str, _AsTyped, BeforeValidator(title_template)]
GroupTitle = Annotated[str, _AsTyped, BeforeValidator(group_template)]
Classes = Annotated[tuple[str, ...], BeforeValidator(kinds)]
