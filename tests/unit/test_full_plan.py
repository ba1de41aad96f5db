"""The plan in full: every row that differs is told, once, the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random

import pytest

from sync.sds.csvtext import encode
from sync.sds.full_plan.differences import RowChange, differences
from sync.sds.full_plan.lines import Line, lines
from sync.sds.rowkeys import rows_of
from sync.sds.tables import COURSES, SESSIONS, Row, columns

ORG, YEAR = "9990001", "9990001-2026"
type Files = Mapping[str, bytes]
type Rows = set[tuple[str, Row]]


def rows(files: Files) -> Rows:
    """Return every row of *files*, with the file that it is in."""
    return {(name, row) for name in files for row in rows_of(name, files)}


def plan(before: Files, after: Files, *orgs: str) -> list[Line]:
    """Return the lines of all schools, or of *orgs*."""
    differing = differences(before, after, orgs or None)
    return [line for org in differing.schools for line in lines(differing, org)]


def changes(told: Iterable[Line]) -> list[RowChange]:
    return [change for line in told for change in line.rows]


def applied(before: Files, told: Iterable[Line]) -> Rows:
    """Return the rows that *before* has once all that is *told* was done."""
    there = rows(before)
    for change in changes(told):
        if change.before:
            there.remove((change.file, change.before))
        if change.after:
            there.add((change.file, change.after))
    return there


@dataclass
class Random2:
    """A delivery of a few schools, drawn at random; some of it changes each time."""

    random: Random
    orgs: int
    optional: bool
    people: dict[str, Row] = field(default_factory=dict)


def drawn(random: Random, orgs: Iterable[str], *, more: bool) -> dict[str, bytes]:
    """Return a delivery of *orgs* in which next to nothing is certain."""
    tables: dict[str, set[Row]] = {name: set() for name in columns([SESSIONS, COURSES])}
    addresses = [f"a{number}@northbank.example" for number in range(40)]
    random.shuffle(addresses)
    for org in orgs:
        tables["orgs.csv"].add((org, f"School {random.randint(1, 2)}", "school"))
        tables[SESSIONS].add((f"{org}-2026", random.choice("xy"), "schoolYear", "2026", "1", "2"))
        tables[COURSES].add((f"{org}-course-1", org, random.choice("xy"), "1"))
        people = random.sample(range(14), random.randint(1, 12))
        for number in people:
            user_id = f"{org}-P{number:02}"
            tables["users.csv"].add((user_id, addresses.pop(), random.choice(["", "Wren"]), ""))
            role = random.choice(["student", "student", "teacher"])
            grade = random.choice(["07", "08"]) if role == "student" else ""
            tables["roles.csv"].add((user_id, org, role, grade, "TRUE"))
        for number in random.sample(range(9), random.randint(0, 6)):
            class_id = f"{org}-2026-{random.choice(['', 'form-'])}{number}"
            title = random.choice(["8A", "8A, new"])
            tables["classes.csv"].add((class_id, org, title, "", ""))
            for user in random.sample(people, random.randint(0, len(people))):
                role = random.choice(["student", "student", "student", "teacher"])
                tables["enrollments.csv"].add((class_id, f"{org}-P{user:02}", role))
    asked = [SESSIONS, COURSES] if more else []
    made = columns(asked)
    return {
        name: encode(made[name], (row[: len(made[name])] for row in sorted(tables[name])))
        for name in made
    }


@pytest.mark.parametrize("hundred", range(10))
def test_the_plan_applied_to_the_old_rows_gives_the_new_ones(hundred: int) -> None:
    """Of 1,000 random pairs of deliveries; and each row that differs is told once."""
    for seed in range(hundred * 100, hundred * 100 + 100):
        random = Random(seed)
        orgs = ["9990001", "9990002", "9990003"][: random.randint(1, 3)]
        more = random.random() < 0.5
        before = {} if seed % 20 == 0 else drawn(random, random.sample(orgs, len(orgs)), more=more)
        after = drawn(random, orgs[: random.randint(0, 3)] or orgs, more=more)
        told = plan(before, after)

        assert applied(before, told) == rows(after), seed
        assert len(set(changes(told))) == len(changes(told)), seed
