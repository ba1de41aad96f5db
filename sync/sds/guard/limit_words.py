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

    def said(self, count: int) -> str:
        """Return it of so many."""
        return f"{count:,} {self.one if count == 1 else self.several} {self.would}"


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

DRIFTS: Mapping[str, Would] = {
    **LOST,
    "rosters": Would(
        *_CLASS, "would have become other pupils': fewer than a fifth of them were there before"
    ),
    "pairs of rosters": Would(
        "pair of classes", "pairs of classes", "would have come to each other's pupils"
    ),
    "small rosters": Would(
        "class of fewer than five pupils",
        "classes of fewer than five pupils",
        "would have come to have nobody of before",
    ),
    "addresses": Would("address", "addresses", "would have passed to somebody else who is there"),
}
"""What may come about in a week, by the table of a `drifted` excess."""

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
    ("addresses", "crossed"): Would(
        "address", "addresses", "of a pupil would be a teacher's, or of a teacher a pupil's"
    ),
    ("pupils", "joined"): Would(*_PUPIL, "of another school would be pupils here as well"),
    ("pupils", "other-people"): Would(
        *_PUPIL, "would have another name and another address under the same id"
    ),
}
"""By table and what: each limit of `sync.sds.guard.limits`."""


def sentence(excess: Excess) -> str | None:
    """Return what *excess* says of people, classes or places; None if it is about others."""
    said = what_would(excess)
    if said is None:
        return None
    of_school = f" (school {excess.org})" if excess.org else ""
    may = f"{excess.allowed:,} may" if excess.allowed else "none may"
    return f"{said}{of_school}; {may}."


def what_would(excess: Excess) -> str | None:
    """Return it without the school, and without how many may."""
    drifted = excess.what == DRIFTED
    would = DRIFTS.get(excess.table) if drifted else COUNTED.get((excess.table, excess.what))
    if would is None:
        return None
    within = "Within a week, and not in a single night, " if drifted else ""
    return f"{within}{would.said(excess.rows)}"
