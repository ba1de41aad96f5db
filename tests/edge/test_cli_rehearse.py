"""`rehearse`: what another day would send, at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.isams import METHODS, batch_xml
from simulators.school import invent
from sync.report import Exit
from tests.edge.cli_stage import Trial, trial

SCHOOL = invent(60, quirks=False)


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys, SCHOOL) as started:
        yield started


def test_the_next_year_is_told_against_what_sds_accepted(here: Trial) -> None:
    """Every Team ends and a new one comes, and what SDS has is named."""
    here.sync("run", "--approve")

    said = here.sync("rehearse", "--on", "2027-09-01", "--json")

    (connector,) = said.json["connectors"].values()
    assert said.code == Exit.DONE
    assert connector["against"]
    assert connector["goes_on"] == []
    assert len(connector["new"]) == len(connector["ended"]) == len(connector["clashes"]) > 0


def test_before_anything_was_accepted_today_is_what_it_is_compared_with(here: Trial) -> None:
    """A school that sets up in spring can look at September."""
    said = here.sync("rehearse", "--on", "2027-01-05")

    assert said.code == Exit.DONE
    assert "against what iSAMS gives today. Nothing is sent." in said.out
    assert "new: 0; end: 0" in said.out


def test_nothing_is_sent_or_stored(here: Trial, tmp_path: Path) -> None:
    """A rehearsal leaves no delivery and no set behind."""
    here.sync("rehearse", "--on", "2027-09-01")

    assert not list((tmp_path / "rosters").rglob("*.json"))


def test_a_kept_document_is_rehearsed_without_a_network(here: Trial, tmp_path: Path) -> None:
    """Against today's reading of the same document: the store is not looked at."""
    document = tmp_path / "kept.xml"
    document.write_bytes(b"".join(batch_xml(SCHOOL, METHODS)))
    here.settings["SCHOOLS__NORTHBANK__ISAMS_HOST"] = "nowhere.isams.example"

    said = here.sync("rehearse", "--on", "2027-09-01", "--from", str(document), "--json")

    (connector,) = said.json["connectors"].values()
    assert (connector["against"], len(connector["ended"]) > 0) == (None, True)


def test_a_day_that_has_passed_is_refused(here: Trial) -> None:
    """What a past day would have sent is of no use to anybody."""
    said = here.sync("rehearse", "--on", "2020-09-01")

    assert said.code == Exit.USAGE
    assert "has passed" in said.err


def test_a_fixed_school_year_is_told_as_the_reason(here: Trial) -> None:
    """Who has set SCHOOL_YEAR sees why nothing is new in September."""
    here.settings["SCHOOLS__NORTHBANK__SCHOOL_YEAR"] = "2026"

    said = here.sync("rehearse", "--on", "2027-09-01")

    assert "new: 0; end: 0" in said.out
    assert "SCHOOL_YEAR is 2026" in said.out
