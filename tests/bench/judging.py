"""How long it takes to judge the change of one school, and what memory that needs beside the files.

A pupil is in sixteen sets of twenty, which makes a million places; on an ordinary night 2 % of the
places have changed, on the worst every class has the pupils of the next. Run by `tests.bench`;
alone by `python -m tests.bench.judging`. Each measurement is a process of its own.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from sync.sds import diff
from sync.sds.csvtext import encode
from sync.sds.diff import Baseline
from sync.sds.tables import COLUMNS, Row
from sync.settings import Limits
from tests.bench.apart import of_nights, run
from tests.bench.measure import high_water_bytes
from tests.bench.merging import PUPILS_OF_A_SET, read, write

PUPILS, SETS_OF_A_PUPIL = 60_000, 16
MOST_CPU_S = 25.0
MOST_BYTES = {"ordinary": 200_000_000, "worst": 600_000_000}
NIGHTS = tuple(MOST_BYTES)


class Took(NamedTuple):
    """One comparison, of two files in memory."""

    cpu_s: float
    beside_bytes: int
    limits_met: int


def school(
    pupils: int, night: str = "", sets_of_a_pupil: int = SETS_OF_A_PUPIL
) -> dict[str, bytes]:
    """Return the files of a school before, or after a *night*."""
    org = "9990001"
    people = [f"{org}-P{number:06}" for number in range(pupils)]
    sets = pupils // PUPILS_OF_A_SET
    members = []
    for turn in range(sets_of_a_pupil):
        for number, pupil in enumerate(people):
            place = (number // PUPILS_OF_A_SET + _moved(night, number, turn)) % sets
            members.append((f"{org}-2026-{turn}x{place:05}", pupil, "student"))
    classes = sorted({member[0] for member in members})
    teachers = [f"{org}-T{number:06}" for number in range(len(classes) // sets_of_a_pupil)]
    taught = [
        (key, teachers[number % len(teachers)], "teacher") for number, key in enumerate(classes)
    ]
    roles = [(pupil, org, "student", "07", "TRUE") for pupil in people]
    roles += [(teacher, org, "teacher", "", "TRUE") for teacher in teachers]
    rows: Mapping[str, Iterable[Row]] = {
        "orgs.csv": [(org, "Northbank School", "school")],
        "users.csv": [(key, f"{key}@northbank.example", "", "") for key, *_ in roles],
        "roles.csv": roles,
        "classes.csv": [(key, org, "8A") for key in classes],
        "enrollments.csv": sorted(members + taught),
    }
    return {name: encode(columns, rows[name]) for name, columns in COLUMNS.items()}


def _moved(night: str, number: int, turn: int) -> int:
    """Say whether a pupil is in the next set."""
    return int(night == "worst" or (night == "ordinary" and (number + turn) % 50 == 0))


def make(pupils: int, folder: str) -> None:
    """Write the school before, and after either night."""
    for night in ("", *NIGHTS):
        write(Path(folder) / (night or "before"), school(pupils, night))


def take(folder: str, night: str) -> None:
    """Judge *night* and say what it took."""
    before, after = read(Path(folder) / "before"), read(Path(folder) / night)
    high, began = high_water_bytes(), time.process_time()
    met = len(diff.judge([Baseline("last", before)], after, limits=Limits()).excesses)
    cpu_s = time.process_time() - began
    sys.stdout.write(json.dumps(Took(cpu_s, high_water_bytes() - high, met)) + "\n")


def line() -> str:
    """Measure, and return a line to print for each night; raise if one is beyond the bounds."""
    return of_nights("judging", PUPILS, NIGHTS, _line)


def _line(printed: str, night: str) -> str:
    took = Took(*json.loads(printed))
    if took.cpu_s > MOST_CPU_S or took.beside_bytes > MOST_BYTES[night]:
        raise RuntimeError(f"a comparison took more than it may: {night}, {took}")
    return (
        f"comparison of {PUPILS:,} pupils, {night} night: CPU {took.cpu_s:.2f} s, memory beside"
        f" the files {took.beside_bytes / 1_000_000:.1f} MB, limits met {took.limits_met}"
    )


if __name__ == "__main__":
    run(make, take, line)
