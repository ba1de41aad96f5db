"""Nights of the model, judged one after another by the limits as they are when nothing is set."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sync.sds import diff
from sync.sds.diff import Baseline, Former
from sync.sds.guard.away import Away, next_away
from sync.settings import Limits
from tests.life.events import ANNOUNCED, NIGHTS, WEEKS, Life
from tests.life.harms import HARMS
from tests.life.school import PREP, SENIOR, Files, Kind, School, files_of, founded

LIMITS = Limits()
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


class Held(NamedTuple):
    """What SDS holds: the files, who taught every class, and what is away."""

    files: Files
    extra: set[str]
    away: Away


def lived(life: Life) -> Iterator[Night]:
    """Yield the nights of a year. What is held is approved: it is the next night's *before*."""
    held = Held(files_of(life.school), set(life.school.extra), {})
    week_before = deque([held], maxlen=NIGHTS)
    for week in range(WEEKS):
        for night in range(NIGHTS):
            events = life.live(week, night)
            after = files_of(life.school)
            told = judged(held, after, week_before[0])
            away = held.away
            if held.files["classes.csv"] != after["classes.csv"]:  # else none has gone or come
                away = next_away(away, held.files, after)
            held = Held(after, set(life.school.extra), away)
            if told:  # a person has said yes: a week begins anew
                week_before.clear()
            harms = harmed(life.school, held, week_before) if (week, night) in HARMED else {}
            week_before.append(held)
            yield Night(week, night, events, told, harms)


def harmed(school: School, held: Held, week_before: deque[Held]) -> dict[str, list[str]]:
    """Return the limits that each harm meets the night after *held*."""
    told = {}
    for harm, do in HARMS.items():
        other = school.copy()
        do(other)
        told[harm] = judged(held, files_of(other), week_before[0] if week_before else held)
    return told


def judged(held: Held, after: Files, week_before: Held) -> list[str]:
    """Return the limits that are met, in a word or two each."""
    before = Baseline("last", held.files, extra=held.extra, away=held.away)
    org = after["orgs.csv"].split(b"\r\n")[1].split(b",")[0].decode()
    former = Former("week", {org}, week_before.files, week_before.extra)
    formers = [] if week_before is held else [former]
    made = diff.judge([before], after, limits=LIMITS, formers=formers)
    return [f"{excess.table} {excess.what}" for excess in made.excesses]
