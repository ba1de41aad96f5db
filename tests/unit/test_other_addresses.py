"""Whose people would get another address by what another school says of them."""

from __future__ import annotations

from collections.abc import Mapping

from sync.sds import by_school
from sync.sds.csvtext import encode
from sync.sds.tables import COLUMNS, Row


def files(addresses: Mapping[str, str]) -> dict[str, bytes]:
    """Return a delivery of two schools: T1 and T2 are at the first, T2 and T3 at the second."""
    rows: Mapping[str, list[Row]] = {
        "users.csv": [(key, address, "", "") for key, address in sorted(addresses.items())],
        "roles.csv": [
            (key, org, "teacher", "", "TRUE")
            for key, org in (("T1", "1"), ("T2", "1"), ("T2", "2"), ("T3", "2"))
            if key in addresses
        ],
    }
    return {name: encode(COLUMNS[name], listed) for name, listed in rows.items()}


BEFORE = {"T1": "a@trust.example", "T2": "b@trust.example", "T3": "c@trust.example"}


def test_a_new_address_touches_every_school_of_its_owner() -> None:
    """By the id under which SDS holds them."""
    for changed, touched in (("T1", {"1"}), ("T2", {"1", "2"}), ("T3", {"2"})):
        after = {**BEFORE, changed: "new@trust.example"}

        assert by_school.with_other_addresses(files(BEFORE), files(after)) == touched


def test_who_comes_or_leaves_touches_no_school() -> None:
    """Nobody's address is another."""
    fewer = {key: BEFORE[key] for key in ("T1", "T2")}

    assert by_school.with_other_addresses(files(BEFORE), files(fewer)) == set()
    assert by_school.with_other_addresses(files(fewer), files(BEFORE)) == set()
