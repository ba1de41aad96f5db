"""How long a delivery takes to merge and check, and what memory it needs beside its own bytes.

Each measurement is a process of its own, which is given sealed sets as bytes: they do not count.
A pupil is in ten sets of twenty, a school has two profiles, and each tenth teacher also teaches at
the next school. Run by `tests.bench`; alone by `python -m tests.bench.merging`.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from sync.roster.model import NamedPerson
from sync.sds import rules
from sync.sds.csvtext import decode
from sync.sds.merge import Offered, merge, merged
from sync.sds.people_file import PEOPLE, NamedPart, people_json, people_of
from sync.sds.people_file import merged as merged_people
from sync.sds.tables import COLUMNS, Row
from tests.bench.apart import tell
from tests.bench.measure import high_water_bytes

SETS_OF_A_PUPIL, PUPILS_OF_A_SET, PUPILS_OF_A_TEACHER = 10, 20, 10
SHARED = 10  # each such teacher is at the next school too
MOST_BYTES = 120_000_000
MB = 1_000_000


class Case(NamedTuple):
    """Schools of so many pupils; of these, so many are carried by what SDS may hold."""

    schools: int
    pupils: int
    carried: int = 0


CASES = (
    Case(1, 1_500),
    Case(1, 15_000),
    Case(100, 600),
    Case(4, 15_000),
    Case(100, 600, carried=50),
    Case(4, 15_000, carried=3),
)


class Took(NamedTuple):
    """One merge, checked: `beside_bytes` is memory beyond sets and delivery."""

    cpu_s: float
    beside_bytes: int
    rows: int


def org_of(school: int) -> str:
    return str(9_990_000 + school)


def sealed_set(case: Case, school: int, profile: int) -> dict[str, bytes]:
    """Return one of the two profiles of *school*: half of its pupils, all of its teachers."""
    org, half = org_of(school), range(profile, case.pupils, 2)
    own = [f"t{school}.{n}" for n in range(case.pupils // PUPILS_OF_A_TEACHER)]
    others = [f"t{(school + 1) % case.schools}.{n}" for n in range(0, len(own), SHARED)]
    staff = dict.fromkeys(own + others)
    pupils = [(f"{org}-P{n:06}", f"p{school}.{n}") for n in half]
    teachers = [(f"{org}-T{n:06}", name) for n, name in enumerate(staff)]
    members = sorted(
        (f"{org}-2026-{profile}s{turn}x{place // PUPILS_OF_A_SET:05}", pupil)
        for turn in range(SETS_OF_A_PUPIL)
        for place, (pupil, _) in enumerate(pupils)
    )
    classes = sorted({class_id for class_id, _ in members})
    taught = [(key, teachers[n % len(teachers)][0]) for n, key in enumerate(classes)]
    rows: Mapping[str, list[Row]] = {
        "orgs.csv": [(org, f"School {school}", "school")],
        "users.csv": sorted(
            (key, f"{name}@trust.example", f"Given {name}", f"Family {name}")
            for key, name in pupils + teachers
        ),
        "roles.csv": sorted(
            [(key, org, "student", "07", "TRUE") for key, _ in pupils]
            + [(key, org, "teacher", "", "TRUE") for key, _ in teachers]
        ),
        "classes.csv": [(key, org, f"Class {key}") for key in classes],
        "enrollments.csv": sorted(
            [(key, pupil, "student") for key, pupil in members]
            + [(key, teacher, "teacher") for key, teacher in taught]
        ),
    }
    return rules.files(rows)


def make(folder: str, case: Case) -> None:
    """Write the sets of *case*, and what SDS may hold: they, merged."""
    offered = []
    for school in range(case.schools):
        sets = [sealed_set(case, school, profile) for profile in (0, 1)]
        offered.append(Offered(f"s{school}", org_of(school), sets))
        for profile, files in enumerate(sets):
            write(Path(folder) / f"{school}" / f"{profile}", files | names(files))
    held = rules.files(merge(offered)) if case.carried else {}
    write(Path(folder) / "held", held | names(held) if held else {})


def names(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the file of names of everybody in *files*."""
    people = (
        NamedPerson(key, given, family, "7B", 7, address, "student")
        for key, address, given, family in decode(
            "users.csv", files["users.csv"], COLUMNS["users.csv"]
        )
    )
    return {PEOPLE: people_json(people)}


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, body in files.items():
        (folder / name).write_bytes(body)


def read(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def take(folder: str, case: Case) -> None:
    """Merge what `make` wrote and say what it took."""
    place = Path(folder)
    sets = {
        n: [read(place / f"{n}" / f"{profile}") for profile in (0, 1)]
        for n in range(case.carried, case.schools)
    }
    held = read(place / "held") if case.carried else None
    people = [each.pop(PEOPLE) for both in sets.values() for each in both]
    offered = [Offered(f"s{n}", org_of(n), both) for n, both in sets.items()]
    if held:
        people.append(held.pop(PEOPLE))
    carried = [org_of(school) for school in range(case.carried)]
    before, began = high_water_bytes(), time.process_time()
    rows, stays = merged(offered, held=held, carried=carried)
    files = rules.files(rows)
    names = merged_people(files, (NamedPart(people_of(body), stays) for body in people))
    cpu_s = time.process_time() - began
    beside = high_water_bytes() - before - sum(map(len, (names, *files.values())))
    lines = sum(body.count(b"\n") for body in files.values())
    sys.stdout.write(json.dumps(Took(cpu_s, beside, lines)) + "\n")


def measure(case: Case) -> Took:
    """Make the sets and merge them, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        tell("merging", "make", folder, *case)
        return Took(*json.loads(tell("merging", "take", folder, *case)))


def line() -> str:
    """Measure, and return a line to print for each case; raise if one is beyond the bounds."""
    return "\n".join(map(_line, CASES))


def _line(case: Case) -> str:
    took = measure(case)
    if took.beside_bytes > MOST_BYTES:
        raise RuntimeError(f"a merge took more memory than it may: {case}, {took}")
    carried = f", {case.carried} carried" if case.carried else ""
    return (
        f"merge of {case.schools} x {case.pupils:,} pupils{carried}: {took.rows:,} rows,"
        f" CPU {took.cpu_s:.2f} s, memory beside its output {took.beside_bytes / MB:.1f} MB"
        f" (at most {MOST_BYTES / MB:.0f})"
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", folder, *numbers]:
            make(folder, Case(*map(int, numbers)))
        case ["take", folder, *numbers]:
            take(folder, Case(*map(int, numbers)))
        case _:
            sys.stdout.write(line() + "\n")
