"""Which rows of a delivery are whose."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping

import pytest

from sync.sds import by_school
from sync.sds.csvtext import encode
from sync.sds.tables import COLUMNS, Row


def files_of(rows: Mapping[str, list[Row]]) -> dict[str, bytes]:
    return {name: encode(header, rows[name]) for name, header in COLUMNS.items()}


def group(schools: int, pupils: int, id_of: str) -> dict[str, bytes]:
    """Return schools of so many pupils, each in ten classes; *id_of* makes ids of both numbers."""
    orgs = [f"99{number:05}" for number in range(schools)]
    people = sorted(
        (id_of.format(school=orgs[n % schools], number=n), orgs[n % schools])
        for n in range(schools * pupils)
    )
    classes = sorted((f"{key}c{turn}", org) for key, org in people for turn in range(10))
    return files_of(
        {
            "orgs.csv": [(org, f"School {org}", "school") for org in orgs],
            "users.csv": [(key, f"{key}@trust.example", "", "") for key, _ in people],
            "roles.csv": [(key, org, "student", "07", "TRUE") for key, org in people],
            "classes.csv": [(key, org, "8A") for key, org in classes],
            "enrollments.csv": [(key, key[:-2], "student") for key, _ in classes],
        }
    )


@pytest.mark.parametrize("id_of", ["{school}-P{number:05}", "{number:05}"])
def test_slices_share_out_the_rows_in_their_order(id_of: str) -> None:
    """Each row is in one slice: where a school's rows lie together, and where they alternate."""
    files = group(3, 4, id_of)
    slices = by_school.split(files, by_school.orgs_of(files))

    assert len(slices) == 3
    for name, body in files.items():
        header, *rows = body.splitlines(keepends=True)
        parts = [part[name].splitlines(keepends=True) for part in slices.values()]
        assert all(part[0] == header and part[1:] == sorted(part[1:]) for part in parts)
        assert sorted(row for part in parts for row in part[1:]) == rows


def test_who_is_at_two_schools_is_in_both_slices() -> None:
    """Each is judged with all who are there."""
    rows: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    rows["orgs.csv"] = [("1", "North", "school"), ("2", "South", "school")]
    rows["users.csv"] = [("t1", "wren@trust.example", "", ""), ("t2", "fern@trust.example", "", "")]
    rows["roles.csv"] = [("t1", org, "teacher", "", "TRUE") for org in "12"]
    slices = by_school.split(files_of(rows), ["1", "2"])

    assert [part["users.csv"].count(b"t1") for part in slices.values()] == [1, 1]
    assert [part["users.csv"].count(b"t2") for part in slices.values()] == [0, 0]


def test_slices_of_many_schools_need_little_more_than_their_bytes() -> None:
    """Rows as values take many times as much: a hundred schools would fill an instance."""
    files = group(20, 40, "{school}-P{number:05}")
    size = sum(map(len, files.values()))
    orgs = by_school.orgs_of(files)
    tracemalloc.start()
    try:
        by_school.split(files, orgs)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 4 * size
