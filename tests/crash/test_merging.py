"""Sets of any age and of several schools, merged: always one set that SDS takes, nobody doubled."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from random import Random

import pytest

from simulators.sds import check_files
from sync.sds import rules
from sync.sds.csvtext import decode, encode
from sync.sds.merge import Offered, merge
from sync.sds.tables import COLUMNS, Row
from tests.offered import by_school

MERGES = 1_000
AS_EVER = "a0c46017fcfdb6bda1a29319ebfc2b64044f034c3042d0a00562b28bde33c994"


def sealed(rng: Random, school: str) -> Offered:
    """Return a profile's set, of people and addresses so few that they meet again and again."""
    people = rng.sample(range(6), rng.randint(1, 5))
    addresses = rng.sample(["ash", "birch", "cedar", "elm", "fir", "hazel", "larch"], len(people))
    users = [(f"{school}-{p}", f"{a}@x.example") for p, a in zip(people, addresses, strict=True)]
    teachers = {user for user, _ in users if user.endswith(("0", "1"))}
    classes = rng.sample(range(4), rng.randint(1, 3))
    rows: Mapping[str, list[Row]] = {
        "orgs.csv": [(school, f"School {school}", "school")],
        "users.csv": [(user, name, "", "") for user, name in users],
        "roles.csv": [
            (user, school, *(("teacher", "") if user in teachers else ("student", grade)), "TRUE")
            for user, _ in users
            for grade in [rng.choice(("07", "08"))]
        ],
        "classes.csv": [
            (f"{school}-C{class_id}", school, f"Set {class_id}") for class_id in classes
        ],
        "enrollments.csv": [
            (f"{school}-C{class_id}", user, "teacher" if user in teachers else "student")
            for class_id in classes
            for user, _ in users
            if rng.random() < 0.7
        ],
    }
    files = rules.files({name: sorted(rows[name]) for name in COLUMNS})
    return Offered(school, school, [files])


def table(files: Mapping[str, bytes], name: str) -> list[Row]:
    return list(decode(name, files[name], COLUMNS[name]))


@pytest.mark.parametrize("schools", [1, 2, 3])
def test_whatever_is_merged_sds_takes_it(schools: int) -> None:
    """No clash of ages, addresses or roles breaks a rule, and each class is one set's, whole."""
    for seed in range(MERGES // 3):
        rng = Random(f"{schools} {seed}")
        sets = [sealed(rng, f"999000{rng.randint(1, schools)}") for _ in range(rng.randint(1, 5))]
        files = rules.files(merge(by_school(sets)))

        assert check_files(files) == [], f"seed {seed}"
        address_of = {row[0]: row[1] for row in table(files, "users.csv")}
        for class_id, *_ in table(files, "classes.csv"):
            newest = next(
                sealed_set
                for each in sets
                for sealed_set in each.sets
                if class_id in {row[0] for row in table(sealed_set, "classes.csv")}
            )
            was = {row[0]: row[1] for row in table(newest, "users.csv")}
            there = {was[row[1]] for row in table(newest, "enrollments.csv") if row[0] == class_id}
            here = {
                address_of[row[1]] for row in table(files, "enrollments.csv") if row[0] == class_id
            }
            # A newer set may know somebody by another address, or give the address to another.
            assert len(here) <= len(there), f"seed {seed}: somebody came into a class"


def test_a_school_alone_is_delivered_as_ever() -> None:
    """To the byte what version 0.1.0 made when it still held all rows at once, in November 2026."""
    made = hashlib.sha256()
    for seed in range(300):
        rng = Random(f"alone {seed}")
        sets = [sealed(rng, "9990001") for _ in range(rng.randint(1, 5))]
        files = rules.files(merge(by_school(sets)))
        for name in sorted(files):
            made.update(files[name])

    assert made.hexdigest() == AS_EVER


def test_a_person_of_two_schools_is_one_user_with_a_role_at_each() -> None:
    """One address is one account: the smallest id stays, and one role is primary."""

    def at(school: str, role: str) -> Offered:
        user = f"{school}-1"
        rows: Mapping[str, list[Row]] = {
            "orgs.csv": [(school, f"School {school}", "school")],
            "users.csv": [(user, "ash@x.example", "", "")],
            "roles.csv": [(user, school, role, "", "TRUE")],
            "classes.csv": [(f"{school}-C", school, "Set")],
            "enrollments.csv": [(f"{school}-C", user, role)],
        }
        files = {name: encode(COLUMNS[name], rows[name]) for name in COLUMNS}
        return Offered(school, school, [files])

    files = rules.files(merge([at("9990002", "teacher"), at("9990001", "teacher")]))

    assert [row[0] for row in table(files, "users.csv")] == ["9990001-1"]
    assert [row[1:] for row in table(files, "roles.csv")] == [
        ("9990001", "teacher", "", "TRUE"),
        ("9990002", "teacher", "", "FALSE"),
    ]
    assert {row[1] for row in table(files, "enrollments.csv")} == {"9990001-1"}
