"""Nights of the model, judged one after another by the limits as they are when nothing is set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sync.sds.guard.away import Away, next_away
from sync.sds.guard.classes import BesideFiles
from sync.sds.guard.limits import met
from sync.settings.limits import SchoolLimits
from tests.life.events import ANNOUNCED, NIGHTS, WEEKS, Life
from tests.life.harms import HARMS
from tests.life.school import PREP, SENIOR, Files, Kind, School, files_of, founded

LIMITS = SchoolLimits()
HARMED = (1, 4), (12, 1), (31, 0)
"""On which ordinary nights each harm is tried."""


@dataclass(slots=True)
class Night:
    """What happened, which limits were met, and which each harm would have met on that night."""

    week: int
    night: int
    events: list[str]
    met: list[str]
    harms: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_announced(self) -> bool:
        """Whether the school knew that something would happen that night."""
        return not ANNOUNCED.isdisjoint(self.events)


def school(kind: Kind, seed: int) -> Life:
    """Return a school in September, whose life is that of *seed*."""
    return Life(founded({SENIOR: "9990001", PREP: "9990002"}[kind], kind, seed))


def lived(life: Life) -> Iterator[Night]:
    """Yield the nights of a year. What is held is approved: it is the next night's *before*."""
    before: Files = files_of(life.school)
    away: Away = {}
    for week in range(WEEKS):
        for night in range(NIGHTS):
            extra = set(life.school.extra)
            events = life.live(week, night)
            after = files_of(life.school)
            told = judged(before, after, extra, away)
            if before["classes.csv"] != after["classes.csv"]:  # else none has gone or come
                away = next_away(away, before, after)
            harms = harmed(life.school, after, away) if (week, night) in HARMED else {}
            yield Night(week, night, events, told, harms)
            before = after


def harmed(school: School, before: Files, away: Away) -> dict[str, list[str]]:
    """Return the limits that each harm meets the night after *before*."""
    told = {}
    for harm, do in HARMS.items():
        other = school.copy()
        do(other)
        told[harm] = judged(before, files_of(other), other.extra, away)
    return told


def judged(before: Files, after: Files, extra: set[str], away: Away) -> list[str]:
    """Return the limits that are met, in a word or two each."""
    known = BesideFiles(extra=extra, away=away)
    return [f"{excess.table} {excess.what}" for excess in met(before, after, LIMITS, known, {})]
