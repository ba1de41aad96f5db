"""P5 and P6 on two thousand pairs of rosters, by an oracle that counts for itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from random import Random

import pytest

from sync.sds.csvtext import encode
from sync.sds.tables import COLUMNS, Row
from sync.settings import Limits
from tests.judging import compare

PAIRS = 2_000
SHARES = 4

type Tables = dict[str, list[Row]]


def roster(rng: Random, size: int) -> Tables:
    """Return tables of about *size* users in up to three schools."""
    orgs = [f"999000{number}" for number in range(rng.randint(1, 3))]
    users: list[Row] = [
        (f"U{number}", f"u{number}@northbank.example", "", "") for number in range(size)
    ]
    classes: list[Row] = [
        (f"C{number}", orgs[number % len(orgs)], f"Set {number}") for number in range(size // 3 + 3)
    ]
    roles: list[Row] = [(user, rng.choice(orgs), "student", "07", "TRUE") for user, *_ in users]
    classes_of = {org: [row[0] for row in classes if row[1] == org] for org in orgs}
    return {
        "orgs.csv": [(org, f"School {org}", "school") for org in orgs],
        "users.csv": users,
        "roles.csv": roles,
        "classes.csv": classes,
        "enrollments.csv": sorted(
            {
                (rng.choice(classes_of[org]), user, "student")
                for user, org, *_ in roles
                for _ in range(2)
            }
        ),
    }


def night(rng: Random, before: Tables) -> Tables:
    """Return what one night may do: little or much lost, gained, or replaced, in some tables.

    What is left holds together, as a delivery does that was checked before it was sealed.
    """
    after = {name: list(rows) for name, rows in before.items()}
    orgs = [row[0] for row in before["orgs.csv"]]
    for name in rng.sample(sorted(after), rng.randint(1, 5)):
        rows = after[name]
        share = rng.choice((0.0, 0.05, 0.1, 0.11, 0.2, 0.21, 0.5, 1.0))
        if name == "orgs.csv":
            share = rng.choice((0.0, 0.0, 0.4))
        lost = min(len(rows), rng.choice((int(len(rows) * share), rng.randint(8, 13))))
        if name == "orgs.csv":
            lost = int(len(rows) * share)
        gained = rng.choice((0, 0, lost, int(len(rows) * 0.25), 24, 25, 26, 27, 60))
        after[name] = sorted(rng.sample(rows, len(rows) - lost))
        if name == "users.csv":
            fresh = [f"N{number}" for number in range(gained)]
            after[name] = sorted(
                after[name] + [(key, f"{key}@northbank.example", "", "") for key in fresh]
            )
            after["roles.csv"] = sorted(
                after["roles.csv"] + [(key, rng.choice(orgs), *_STUDENT) for key in fresh]
            )
        elif name == "classes.csv":
            made: list[Row] = [(f"N{number}", rng.choice(orgs), "Set") for number in range(gained)]
            after[name] = sorted(after[name] + made)
    return _sound(after)


_STUDENT = ("student", "07", "TRUE")


def _sound(tables: Tables) -> Tables:
    """Return *tables* without rows that refer to nothing, and without users of no school."""
    orgs, users = ({row[0] for row in tables[name]} for name in ("orgs.csv", "users.csv"))
    roles = [row for row in tables["roles.csv"] if row[0] in users and row[1] in orgs]
    classes = [row for row in tables["classes.csv"] if row[1] in orgs]
    at = {(row[0], row[1]) for row in roles}
    org_of = {row[0]: row[1] for row in classes}
    return {
        "orgs.csv": tables["orgs.csv"],
        "users.csv": [row for row in tables["users.csv"] if row[0] in {user for user, _ in at}],
        "roles.csv": roles,
        "classes.csv": classes,
        "enrollments.csv": [
            row for row in tables["enrollments.csv"] if (row[1], org_of.get(row[0], "")) in at
        ],
    }


def files(tables: Tables) -> dict[str, bytes]:
    return {name: encode(COLUMNS[name], rows) for name, rows in tables.items()}


# -- the oracle: the words of the promises, on the bytes that SDS would get ----------------------

# By what SDS knows a row again; a user is found by the address.
IDENTITY = {
    "orgs.csv": ("sourcedId",),
    "users.csv": ("sourcedId", "username"),
    "roles.csv": ("userSourcedId", "orgSourcedId", "role"),
    "classes.csv": ("sourcedId",),
    "enrollments.csv": ("classSourcedId", "userSourcedId", "role"),
}


def known(name: str, body: bytes) -> set[tuple[str, ...]]:
    rows = csv.DictReader(io.StringIO(body.decode()))
    return {tuple(row[column] for column in IDENTITY[name]) for row in rows}


def loses_too_much(name: str, was: set[tuple[str, ...]], now: set[tuple[str, ...]]) -> bool:
    percent = 20 if name == "enrollments.csv" else 10
    lost = len(was - now)
    return (lost > 10 and 100 * lost > percent * len(was)) or (bool(was) and not now)


def slice_of(org: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the rows that are about one school, as files."""
    tables = {
        name: list(csv.DictReader(io.StringIO(body.decode()))) for name, body in files.items()
    }
    users = {row["userSourcedId"] for row in tables["roles.csv"] if row["orgSourcedId"] == org}
    classes = {row["sourcedId"] for row in tables["classes.csv"] if row["orgSourcedId"] == org}
    mine: Mapping[str, Callable[[dict[str, str]], bool]] = {
        "orgs.csv": lambda row: row["sourcedId"] == org,
        "users.csv": lambda row: row["sourcedId"] in users,
        "roles.csv": lambda row: row["orgSourcedId"] == org,
        "classes.csv": lambda row: row["orgSourcedId"] == org,
        "enrollments.csv": lambda row: row["classSourcedId"] in classes,
    }
    return {
        name: encode(COLUMNS[name], [tuple(row.values()) for row in rows if mine[name](row)])
        for name, rows in tables.items()
    }


def orgs_in(files: Mapping[str, bytes]) -> set[str]:
    return {org for (org,) in known("orgs.csv", files["orgs.csv"])}


def of_years(files: Mapping[str, bytes]) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """Return the memberships of students by school and grade."""
    roles = csv.DictReader(io.StringIO(files["roles.csv"].decode()))
    year = {row["userSourcedId"]: (row["orgSourcedId"], row["grade"]) for row in roles}
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(files["enrollments.csv"].decode())):
        if row["userSourcedId"] in year:
            key = row["classSourcedId"], row["userSourcedId"]
            found.setdefault(year[row["userSourcedId"]], set()).add(key)
    return found


def must_wait(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> bool:
    """Say whether a person must look, at any of the schools."""
    there = orgs_in(before) | orgs_in(after)
    if len(there) == 1:
        return school_must_wait(before, after)
    come = orgs_in(after) - orgs_in(before)
    return any(not all(map(_rows, slice_of(org, after).values())) for org in come) or any(
        school_must_wait(slice_of(org, before), slice_of(org, after)) for org in orgs_in(before)
    )


def _rows(body: bytes) -> int:
    return body.count(b"\r\n") - 1


def school_must_wait(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> bool:
    """Say whether a person must look at a school.

    Removals over max(10 %, 10 rows) of any table, of enrollments 20 %; any emptied table; a lost
    school; half the memberships of a year group, over 10 rows, or all; no class that goes on;
    users +25 % and over 25 rows.
    """
    for name in IDENTITY:
        was, now = known(name, before[name]), known(name, after[name])
        if loses_too_much(name, was, now):
            return True
        gained = len(now - was)
        if name == "users.csv" and gained > 25 and 100 * gained > 25 * len(was):
            return True
    years, left = of_years(before), of_years(after)
    stays = set().union(*left.values())
    for year, rows in years.items():
        if len(rows) > 10 and (year not in left or len(rows - stays) > max(10, len(rows) // 2)):
            return True
    classes = [known("classes.csv", files["classes.csv"]) for files in (before, after)]
    return bool(classes[1]) and classes[0].isdisjoint(classes[1]) and bool(classes[0])


@pytest.mark.parametrize("share", range(SHARES))
def test_nothing_beyond_the_limits_slips_through(share: int) -> None:
    """A night that loses or gains too much waits, whatever else it does; any other one goes."""
    seen = {True: 0, False: 0}
    for seed in range(share, PAIRS, SHARES):
        rng = Random(seed)
        tables = roster(rng, rng.choice((5, 30, 60, 99, 104)))
        before, after = files(tables), files(night(rng, tables))
        decision = compare(
            "digest", before, after, against="yesterday", limits=Limits(), hold_first=False
        )
        wanted = must_wait(before, after)

        assert (decision.hold is not None) is wanted, f"seed {seed}"
        seen[wanted] += 1
    assert min(seen.values()) > PAIRS // SHARES // 10, "the pairs are all of one kind"


def test_a_first_delivery_waits_unless_that_is_waived() -> None:
    """Without anything to compare with, a person looks, or a setting says that nobody need."""
    first = files(roster(Random(1), 60))
    for hold_first in (True, False):
        decision = compare(
            "digest", None, first, against=None, limits=Limits(), hold_first=hold_first
        )

        assert (decision.hold is not None) is hold_first


def test_one_person_given_to_another_account_counts_as_gone_and_come() -> None:
    """New addresses for everyone would match other accounts: that waits, though no id is lost."""
    tables = roster(Random(2), 100)
    before = files(tables)
    tables["users.csv"] = [
        (user, name.replace("northbank", "southbank"), *rest)
        for user, name, *rest in tables["users.csv"]
    ]

    decision = compare(
        "digest", before, files(tables), against="yesterday", limits=Limits(), hold_first=False
    )

    assert decision.hold
    assert {(excess.table, excess.what) for excess in decision.hold.excesses} == {
        ("users.csv", "removed"),
        ("users.csv", "added"),
    }
