"""The day of an export: which term is active, and which academic year it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from sync.errors import ConfigError
from sync.exports.files import export_school
from sync.isams.datasets import TERMS
from sync.isams.school import Term
from sync.steps.needs import datasets_of_files
from tests.unit.schools import school
from tests.unit.test_exports import AT, cells, made, northbank

TERM = Term("34", "Autumn", 2026, date(2026, 9, 3), date(2026, 12, 11))


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (datetime(2026, 9, 2, 23, 30, tzinfo=UTC), ["2026-09-03", "2026", "34", "Autumn"]),
        (datetime(2026, 12, 11, 22, 0, tzinfo=UTC), ["2026-12-11", "2026", "34", "Autumn"]),
        (datetime(2026, 12, 12, 0, 0, tzinfo=UTC), ["2026-12-12", "2026", "", ""]),
    ],
)
def test_the_term_is_that_of_the_schools_own_day(at: datetime, told: list[str]) -> None:
    """Past midnight in summer time it is the next day there; in the holidays there is no term."""
    written = made(replace(school(), terms={"34": TERM}), at=at)

    assert cells(written.files["school.csv"])[1] == ["9990001", "Northbank School", *told]


@pytest.mark.parametrize(
    ("on", "told"),
    [
        (date(2026, 9, 2), ["2026-09-02", "2026", "", ""]),
        (date(2026, 9, 3), ["2026-09-03", "2026", "34", "Autumn"]),
        (date(2026, 12, 11), ["2026-12-11", "2026", "34", "Autumn"]),
        (date(2027, 8, 31), ["2027-08-31", "2026", "", ""]),
        (date(2027, 9, 1), ["2027-09-01", "2027", "", ""]),
    ],
)
@pytest.mark.parametrize("zone", ["Europe/London", "Pacific/Auckland", "Pacific/Pago_Pago"])
def test_the_term_may_be_that_of_another_day(on: date, told: list[str], zone: str) -> None:
    """Whenever the school was read, and wherever it is."""
    read = replace(school(), terms={"34": TERM})
    written = export_school(read, northbank(time_zone=zone), AT, ["school"], on=on)

    assert cells(written.files["school.csv"])[1] == ["9990001", "Northbank School", *told]
    assert written.manifest.read_at == AT


def test_the_year_goes_by_terms_where_the_settings_say_so() -> None:
    """Then terms are needed, not only asked for: without one there is no year, and no file."""
    assert datasets_of_files(northbank(school_year="terms"), ["rooms"]).needed == {TERMS}
    with pytest.raises(ConfigError, match="no term in iSAMS has begun"):
        made(replace(school(), terms={}), school_year="terms")
