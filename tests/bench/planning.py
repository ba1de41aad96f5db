"""How long it takes to tell all that would change at one school, and what memory that needs.

A pupil is in sixteen sets of twenty, so that there are a million enrollments; on an ordinary night
2 % of the places have changed, on the worst every class has the pupils of the next. Run by
`tests.bench`; alone by `python -m tests.bench.planning`. Each measurement is a process of its own.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sync.roster.model import NamedPerson
from sync.sds.full_plan.differences import differences
from sync.sds.full_plan.entries import entries
from sync.sds.full_plan.lines import lines
from sync.sds.full_plan.names import Names
from sync.sds.people_file import people_json, people_of
from sync.sds.rowkeys import rows_of
from tests.bench.apart import of_nights, run
from tests.bench.judging import NIGHTS, PUPILS, school
from tests.bench.measure import high_water_bytes
from tests.bench.merging import read, write

SETS_OF_A_PUPIL = 16
PEOPLE = "people.json"
MOST_CPU_S = 4.0
MOST_BYTES = 100_000_000
"""Both of an ordinary night, of the plan itself; the worst has two million lines to tell."""


class Took(NamedTuple):
    """One plan, of two deliveries in memory: the plan itself, and all of it in words."""

    cpu_s: float
    beside_bytes: int
    changes: int
    words_cpu_s: float
    words_bytes: int


def people(files: dict[str, bytes]) -> Iterator[NamedPerson]:
    """Yield a name for everybody in *files*."""
    for user_id, address, *_ in rows_of("users.csv", files):
        yield NamedPerson(user_id, "Wren", user_id, "7A", 7, address, "student")


def make(pupils: int, folder: str) -> None:
    """Write the school before, and after either night, each with its names."""
    for night in ("", *NIGHTS):
        place, files = Path(folder) / (night or "before"), school(pupils, night, SETS_OF_A_PUPIL)
        write(place, {**files, PEOPLE: people_json(people(files))})


def take(folder: str, night: str) -> None:
    """Tell all of *night* and say what it took."""
    before, after = read(Path(folder) / "before"), read(Path(folder) / night)
    named = tuple(files.pop(PEOPLE) for files in (before, after))
    high, began = high_water_bytes(), time.process_time()
    changes = 0
    for line in lines(differences(before, after), "9990001"):
        changes += len(line.rows)
    cpu_s, beside_bytes = time.process_time() - began, high_water_bytes() - high
    began = time.process_time()
    differing = differences(before, after)
    of_school = differing.schools["9990001"]
    names = Names(differing, of_school, (people_of(named[0]), people_of(named[1])))
    for line in lines(differing, "9990001"):
        for _ in entries(line, of_school, names):
            pass
    words_s, words_bytes = time.process_time() - began, high_water_bytes() - high
    took = Took(cpu_s, beside_bytes, changes, words_s, words_bytes)
    sys.stdout.write(json.dumps(took) + "\n")


def line() -> str:
    """Measure, and return a line to print for each night; raise if the first is beyond bounds."""
    return of_nights("planning", PUPILS, NIGHTS, _line)


def _line(printed: str, night: str) -> str:
    took = Took(*json.loads(printed))
    is_beyond = took.cpu_s > MOST_CPU_S or took.beside_bytes > MOST_BYTES
    if night == "ordinary" and is_beyond:
        raise RuntimeError(f"a plan took more than it may: {took}")
    return (
        f"plan of {PUPILS:,} pupils, {night} night: CPU {took.cpu_s:.2f} s, memory beside the"
        f" files {took.beside_bytes / 1_000_000:.1f} MB, changes {took.changes:,}; in words"
        f" {took.words_cpu_s:.2f} s, {took.words_bytes / 1_000_000:.1f} MB"
    )


if __name__ == "__main__":
    run(make, take, line)
