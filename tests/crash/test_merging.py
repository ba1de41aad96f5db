"""Sets of any age and of several schools, merged: always one set that SDS takes, nobody doubled."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest

from simulators.sds import check_files
from sync.sds import rules
from sync.sds.csvtext import decode, encode
from sync.sds.merge import SealedFiles, merge
from sync.sds.tables import COLUMNS, Row

MERGES = 1_000


def sealed(rng: Random, school: str) -> SealedFiles:
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
    return SealedFiles(school, rules.files({name: sorted(rows[name]) for name in COLUMNS}))


def table(files: Mapping[str, bytes], name: str) -> list[Row]:
    return list(decode(name, files[name], COLUMNS[name]))


@pytest.mark.parametrize("schools", [1, 2, 3])
def test_whatever_is_merged_sds_takes_it(schools: int) -> None:
    """No clash of ages, addresses or roles breaks a rule, and each class is one set's, whole."""
    for seed in range(MERGES // 3):
        rng = Random(f"{schools} {seed}")
        sets = [sealed(rng, f"999000{rng.randint(1, schools)}") for _ in range(rng.randint(1, 5))]
        files = rules.files(merge(sets))

        assert check_files(files) == [], f"seed {seed}"
        address_of = {row[0]: row[1] for row in table(files, "users.csv")}
        for class_id, *_ in table(files, "classes.csv"):
            newest = next(
                s for s in sets if class_id in {row[0] for row in table(s.files, "classes.csv")}
            )
            was = {row[0]: row[1] for row in table(newest.files, "users.csv")}
            there = {
                was[row[1]] for row in table(newest.files, "enrollments.csv") if row[0] == class_id
            }
            here = {
                address_of[row[1]] for row in table(files, "enrollments.csv") if row[0] == class_id
            }
            # A newer set may know somebody by another address, or give the address to another.
            assert len(here) <= len(there), f"seed {seed}: somebody came into a class"


def test_a_person_of_two_schools_is_one_user_with_a_role_at_each() -> None:
    """One address is one account: the smallest id stays, and one role is primary."""

    def at(school: str, role: str) -> SealedFiles:
        user = f"{school}-1"
        rows: Mapping[str, list[Row]] = {
            "orgs.csv": [(school, f"School {school}", "school")],
            "users.csv": [(user, "ash@x.example", "", "")],
            "roles.csv": [(user, school, role, "", "TRUE")],
            "classes.csv": [(f"{school}-C", school, "Set")],
            "enrollments.csv": [(f"{school}-C", user, role)],
        }
        return SealedFiles(school, {name: encode(COLUMNS[name], rows[name]) for name in COLUMNS})

    files = rules.files(merge([at("9990002", "teacher"), at("9990001", "teacher")]))

    assert [row[0] for row in table(files, "users.csv")] == ["9990001-1"]
    assert [row[1:] for row in table(files, "roles.csv")] == [
        ("9990001", "teacher", "", "TRUE"),
        ("9990002", "teacher", "", "FALSE"),
    ]
    assert {row[1] for row in table(files, "enrollments.csv")} == {"9990001-1"}
