"""What limits of people, classes and places say, in sentences: how many would, and how many may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sync.ledger.marks import Excess
from sync.sds.guard.doubts import EXCHANGED, NOBODY_LEFT, RENAMED, TAKEN_OVER
from sync.sds.guard.limits import DRIFTED, PUPIL_PLACES, TEACHER_PLACES


class Would(NamedTuple):
    """Who or what would do something: one of them, several, and what."""

    one: str
    several: str
    would: str


_PLACE = ("place in a class", "places in classes")
_CLASS = ("class", "classes")
_PUPIL = ("pupil", "pupils")

LOST: Mapping[str, Would] = {
    "pupils": Would(*_PUPIL, "would go, or have another address"),
    "teachers": Would("teacher", "teachers", "would go, or have another address"),
    "classes": Would(*_CLASS, "would end"),
    PUPIL_PLACES: Would(*_PLACE, "would be taken from pupils who stay at the school"),
    TEACHER_PLACES: Would(*_PLACE, "would be taken from teachers who are not teachers of all"),
}
"""By table: what a night may take away, and a week."""

COUNTED: Mapping[tuple[str, str], Would] = {
    **{(table, "removed"): would for table, would in LOST.items()},
    ("people", "added"): Would("person", "people", "would come, or have another address"),
    ("classes", "added"): Would(*_CLASS, "would begin"),
    (PUPIL_PLACES, "added"): Would(*_PLACE, "would be given to pupils who were there before"),
    ("classes", "other-teachers"): Would(*_CLASS, "would go on without any teacher of before"),
    ("classes", TAKEN_OVER): Would(
        *_CLASS, "would be other pupils': fewer than a fifth of them were there before"
    ),
    ("classes", EXCHANGED): Would(
        "pair of classes", "pairs of classes", "would have each other's pupils"
    ),
    ("classes", NOBODY_LEFT): Would(
        "class of fewer than five pupils",
        "classes of fewer than five pupils",
        "would have nobody left of before",
    ),
    ("classes", RENAMED): Would(
        "form, house or tutor group",
        "forms, houses or tutor groups",
        "would end while another begins with the same pupils",
    ),
    ("addresses", "passed"): Would(
        "address", "addresses", "would pass to somebody else who is there as well"
    ),
    ("pupils", "other-people"): Would(
        *_PUPIL, "would have another name and another address under the same id"
    ),
}
"""By table and what: each limit of `sync.sds.guard.limits`."""


def sentence(excess: Excess) -> str | None:
    """Return what *excess* says of people, classes or places; None if it is about others."""
    drifted = excess.what == DRIFTED
    would = LOST.get(excess.table) if drifted else COUNTED.get((excess.table, excess.what))
    if would is None:
        return None
    who = f"{excess.rows:,} {would.one if excess.rows == 1 else would.several}"
    of_school = f" (school {excess.org})" if excess.org else ""
    within = "Within a week, and not in a single night, " if drifted else ""
    may = f"{excess.allowed:,} may" if excess.allowed else "none may"
    return f"{within}{who} {would.would}{of_school}; {may}."
