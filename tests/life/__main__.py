"""`python -m tests.life [seeds]`: what a year of two schools meets, night by night, as a table."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator

from tests.life.events import ANNOUNCED, EVENTS
from tests.life.harms import HARMS
from tests.life.nights import Night, lived, school
from tests.life.school import PREP, SENIOR

SEEDS = 10
USUAL = "nothing but usual moves"


def main(seeds: int) -> None:
    """Let both schools live so many years, each by itself, and print what was held."""
    years = [(kind, seed) for seed in range(seeds) for kind in (SENIOR, PREP)]
    nights = [night for kind, seed in years for night in lived(school(kind, seed))]
    for line in (*_of_events(nights), "", *_of_harms(nights), "", *_of_all(nights, len(years))):
        sys.stdout.write(f"{line}\n")


def _of_events(nights: Iterable[Night]) -> Iterator[str]:
    """Yield a line for each event: how many nights there were, how many were held, and by what."""
    happened, held, limits = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    for night in nights:
        for event in night.events or [USUAL]:
            happened[event] += 1
            held[event] += bool(night.met)
            limits.update((event, limit) for limit in night.met)
    yield f"{'event':32}{'nights':>8}{'held':>6}   limits met"
    for event in (USUAL, *EVENTS):
        announced = " (announced)" if event in ANNOUNCED else ""
        met = ", ".join(f"{limit} {n}" for (of, limit), n in limits.items() if of == event)
        yield f"{event + announced:32}{happened[event]:8,}{held[event]:6,}   {met or '-'}"


def _of_harms(nights: Iterable[Night]) -> Iterator[str]:
    """Yield a line for each harm: how often it was tried, and held, and by which limits."""
    tried = [night.harms for night in nights if night.harms]
    yield f"{'harm':38}{'tried':>8}{'held':>6}   limits met"
    for harm in HARMS:
        held = sum(bool(harms[harm]) for harms in tried)
        limits = Counter(limit for harms in tried for limit in harms[harm])
        met = ", ".join(f"{limit} {n}" for limit, n in limits.items())
        yield f"{harm:38}{len(tried):8,}{held:6,}   {met or '-'}"


def _of_all(nights: Iterable[Night], years: int) -> Iterator[str]:
    announced = [night for night in nights if night.is_announced]
    ordinary = [night for night in nights if not night.is_announced]
    for what, some in (("ordinary", ordinary), ("announced", announced)):
        yield f"{what} nights: {len(some):,}, held {sum(bool(night.met) for night in some):,}"
    yield f"holds in 40 weeks: {sum(bool(night.met) for night in nights) / years:.1f}"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS)
