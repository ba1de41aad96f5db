"""P5 and P6 on two thousand pairs of rosters, by an oracle that counts for itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from random import Random

import pytest

from sync.sds import diff
from sync.sds.csvtext import encode
from sync.sds.tables import COLUMNS, Row
from sync.settings import Limits

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
        (f"C{number}", rng.choice(orgs), f"Set {number}") for number in range(size // 5 + 1)
    ]
    return {
        "orgs.csv": [(org, f"School {org}", "school") for org in orgs],
        "users.csv": users,
        "roles.csv": [(user, rng.choice(orgs), "student", "07", "TRUE") for user, *_ in users],
        "classes.csv": classes,
        "enrollments.csv": sorted(
            {(rng.choice(classes)[0], user, "student") for user, *_ in users for _ in range(2)}
        ),
    }


def night(rng: Random, before: Tables) -> Tables:
    """Return what one night may do: little or much lost, gained, or replaced, in some tables."""
    after = {name: list(rows) for name, rows in before.items()}
    for name in rng.sample(sorted(after), rng.randint(1, 5)):
        rows = after[name]
        share = rng.choice((0.0, 0.05, 0.1, 0.11, 0.2, 0.21, 0.5, 1.0))
        lost = min(len(rows), rng.choice((int(len(rows) * share), rng.randint(8, 13))))
        gained = rng.choice((0, 0, lost, int(len(rows) * 0.25), 24, 25, 26, 27, 60))
        kept = rng.sample(rows, len(rows) - lost)
        fresh = [
            (f"N{number}", f"n{number}@northbank.example", *rest)
            for number, rest in enumerate([_tail(name)] * gained)
        ]
        after[name] = sorted([*kept, *fresh])
    return after


def _tail(name: str) -> tuple[str, ...]:
    return {"roles.csv": ("student", "07", "TRUE"), "users.csv": ("", "")}.get(name, ("student",))


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


def of_school(name: str, org: str, files: Mapping[str, bytes]) -> set[tuple[str, ...]]:
    """Return the rows that are about one school."""
    column = {"roles.csv": "orgSourcedId", "classes.csv": "orgSourcedId"}.get(name)
    rows = list(csv.DictReader(io.StringIO(files[name].decode())))
    if column:
        mine = [row for row in rows if row[column] == org]
    else:
        classes = {class_id for (class_id,) in of_school("classes.csv", org, files)}
        mine = [row for row in rows if row["classSourcedId"] in classes]
    return {tuple(row[column] for column in IDENTITY[name]) for row in mine}


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
    """Say whether a person must look.

    Removals over max(10 %, 10 rows) of any table, of enrollments 20 %; any emptied table; any lost
    school; the same for each school of several; half the memberships of a year group, over 10 rows,
    or all; users +25 % and over 25 rows.
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
    orgs = known("orgs.csv", before["orgs.csv"])
    if orgs - known("orgs.csv", after["orgs.csv"]):
        return True
    return len(orgs) > 1 and any(
        loses_too_much(name, of_school(name, org, before), of_school(name, org, after))
        for (org,) in orgs
        for name in ("roles.csv", "classes.csv", "enrollments.csv")
    )


@pytest.mark.parametrize("share", range(SHARES))
def test_nothing_beyond_the_limits_slips_through(share: int) -> None:
    """A night that loses or gains too much waits, whatever else it does; any other one goes."""
    seen = {True: 0, False: 0}
    for seed in range(share, PAIRS, SHARES):
        rng = Random(seed)
        tables = roster(rng, rng.choice((5, 30, 60, 99, 104)))
        before, after = files(tables), files(night(rng, tables))
        decision = diff.compare(
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
        decision = diff.compare(
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

    decision = diff.compare(
        "digest", before, files(tables), against="yesterday", limits=Limits(), hold_first=False
    )

    assert decision.hold
    assert {(excess.table, excess.what) for excess in decision.hold.excesses} == {
        ("users.csv", "removed"),
        ("users.csv", "added"),
    }
