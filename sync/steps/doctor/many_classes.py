"""Whether somebody is in so many classes of what SDS holds that some year Teams takes no more."""

from __future__ import annotations

from collections import Counter

from sync.roster.team_limits import CLASSES_NOTED
from sync.sds.rowkeys import rows_of
from sync.steps.delivery import Delivery
from sync.steps.doctor.checks import Note


def most_classes(newest: Delivery) -> list[int]:
    """Return in how many classes each person is who is in too many, of all profiles together."""
    counted = Counter(row[1] for row in rows_of("enrollments.csv", newest.files()))
    return sorted((count for count in counted.values() if count > CLASSES_NOTED), reverse=True)


def note_of(counts: list[int]) -> Note:
    """Return what is told of *counts*, the largest first."""
    if not counts:
        return Note(f"nobody is in more than {CLASSES_NOTED}")
    return Note(
        f"people in more than {CLASSES_NOTED}: {len(counts):,}; the most are {counts[0]:,}",
        "a person can be in 1,000 Teams, and archived ones count: name fewer in EXTRA_TEACHERS and"
        " SERVICE_ACCOUNTS, or delete old Teams",
    )
