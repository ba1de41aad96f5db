"""`explain` at a terminal: in sentences, in a table of places, and as a document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.school import invent
from sync.report import Exit
from sync.steps.explain import WHO_LIMIT
from tests.edge.cli_stage import Trial, trial

SCHOOL = invent(60, quirks=False)
PUPIL = next(each for each in SCHOOL.pupils if each.year == 8)


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys, SCHOOL) as started:
        started.sync("run", "--approve")
        started.end_run()
        yield started


def test_a_pupil_is_told_rule_by_rule_and_isams_is_not_asked(here: Trial) -> None:
    """The verdict first, one thing to do last, the places between."""
    asked = len(here.stage.isams.requests)
    said = here.sync("explain", PUPIL.school_id)
    lines = said.out.splitlines()

    assert (said.code, len(here.stage.isams.requests)) == (Exit.DONE, asked)
    assert lines[0].endswith(f"(Pupil {PUPIL.school_id}), Northbank School: in")
    assert "  + Is the year one of YEAR_GROUPS? covered-year: NC year 8" in lines
    assert any(line.startswith("SDS, delivery ") and line.endswith(": has it") for line in lines)
    assert "newest set" in said.out
    assert lines[-1].startswith("Next: Nothing: SDS has it")


def test_the_document_has_all_that_the_values_have(here: Trial) -> None:
    """Under the same names as over HTTP."""
    document = here.sync("explain", PUPIL.school_id, "--json").json

    assert document["record"]["verdict"] == "in"
    assert document["record"]["places"]
    assert document["matches"] == document["near"] == document["notes"] == []


def test_who_is_not_known_ends_with_what_is_near(here: Trial) -> None:
    """The command was wrong, and says what could be meant."""
    said = here.sync("explain", str(PUPIL.email)[:-1])

    assert said.code == Exit.USAGE
    assert f"Near: `{PUPIL.email}`" in said.out
    assert "Nothing is near it." in here.sync("explain", "?").out


def test_a_set_that_says_nothing_is_told_with_what_to_do(here: Trial) -> None:
    """As one of the version before: the file is not there."""
    for file in here.folder.rglob("why.json"):
        file.unlink()
    by_id = here.sync("explain", PUPIL.school_id)
    by_address = here.sync("explain", str(PUPIL.email))

    assert by_id.code == Exit.USAGE
    assert "seniors: its newest set was made by a version that did not note why" in by_id.out
    assert by_address.code == Exit.DONE  # SDS has them: so much is known
    assert f"9990001-P{PUPIL.school_id}, Northbank School: not known" in by_address.out
    assert by_address.out.splitlines()[-1].startswith("Next: prep: its newest set was made by")


def test_several_are_listed_with_what_to_type(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two sets of one code: the first column is what to ask."""
    first, second, *_ = SCHOOL.sets
    alike = [replace(each, code=first.code) if each == second else each for each in SCHOOL.sets]
    with trial(tmp_path, capsys, replace(SCHOOL, sets=tuple(alike))) as here:
        here.sync("run", "--approve")
        said = here.sync("explain", first.code)

        assert said.code == Exit.DONE
        assert f"Set {first.id}" in said.out
        assert f"Set {second.id}" in said.out


@pytest.mark.parametrize("who", ["", " ", "x" * (WHO_LIMIT + 1)])
def test_nobody_is_no_question(here: Trial, who: str) -> None:
    """It is told as what was typed wrongly."""
    said = here.sync("explain", who)

    assert said.code == Exit.USAGE
    assert "WHO" in said.err
