"""Who is in so many classes that some year Teams takes no more: `check` says it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.cli_stage import Trial, trial
from tests.edge.test_doctor_every_class import row
from tests.edge.test_new_ids import reseal

MANY = "SDS connector of prep, seniors: classes of a person"


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys) as here:
        yield here


def in_classes(path: Path, count: int) -> None:
    """Put somebody into *count* classes more of the delivery whose manifest *path* is."""
    rows = "".join(f"9990001-2026-{number},9990001-T7777,teacher\r\n" for number in range(count))
    reseal(path, lambda name, body: body + rows.encode() * (name == "enrollments.csv"))


def test_who_is_in_many_classes_of_a_delivery_is_counted_over_all_profiles(here: Trial) -> None:
    """Neither profile alone has so many, and a Team of either counts."""
    nothing = row(here, MANY)
    here.sync("run", "--approve", "--wait", "0")
    (path,) = (here.folder / "rosters" / "connectors").glob("*/*/manifest.json")
    in_classes(path, 300)
    few = row(here, MANY)
    in_classes(path, 1)
    told = row(here, MANY)

    assert nothing == {"state": "ok", "told": "SDS holds nothing of ours yet", "next": ""}
    assert few == {"state": "ok", "told": "nobody is in more than 300", "next": ""}
    assert told["state"] == "warning"
    assert told["told"] == "people in more than 300: 1; the most are 301"
    assert "EXTRA_TEACHERS" in told["next"]
