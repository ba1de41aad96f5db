"""`subjects`: what a profile could choose, and what comes of it, live or from a kept document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.isams import DEMO_KEY, METHODS, BatchKey
from simulators.isams.faults import empty, refused
from simulators.school import invent
from sync.report import Exit
from tests.edge.cli_stage import Said, Trial, trial

SCHOOL = invent(60, quirks=False)
NAMES = {"id", "code", "name"}
USES = {"sets", "years", "pupils", "only_whole_forms"}


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys, SCHOOL) as started:
        yield started


def by_code(said: Said) -> dict[str, Any]:  # Any: parsed JSON
    return {row["code"]: row for row in said.json["subjects"]}


def lack(here: Trial, *missing: str) -> None:
    """Take *missing* methods from the key."""
    methods = [name for name in METHODS if name not in missing]
    here.stage.isams.keys = {DEMO_KEY: BatchKey(production=False, methods=methods)}


def test_each_subject_says_its_sets_years_and_pupils(here: Trial) -> None:
    """What INCLUDED_SUBJECTS would take, before anything is built."""
    said = here.sync("subjects", "--json")

    for code, row in by_code(said).items():
        sets = [s for s in SCHOOL.sets if str(s.subject_id) == row["id"]]
        pupils = {m.pupil_id for m in SCHOOL.memberships for s in sets if m.set_id == s.id}
        if sets:
            told = (row["sets"], row["years"], row["pupils"], row["only_whole_forms"])
            assert told == (len(sets), sorted({s.year for s in sets}), len(pupils), False), code


def test_what_is_only_taught_to_whole_forms_is_said(here: Trial) -> None:
    """A profile of that subject alone has no class unless CLASSES has form-lessons."""
    rows = by_code(here.sync("subjects", "--json"))
    shown = here.sync("subjects").out
    whole = [row for row in rows.values() if row["only_whole_forms"]]

    assert whole
    assert all(row["sets"] == 0 and row["years"] and row["pupils"] for row in whole)
    assert shown.count("only lessons to whole forms") == len(whole)


def test_a_key_without_teaching_forms_lists_what_it_may_read(here: Trial) -> None:
    """Most keys have not the method: sets are told, and what to tick for the rest."""
    lack(here, "Teaching_GetTeachingForms")
    rows = by_code(here.sync("subjects", "--json"))
    said = here.sync("subjects")

    assert said.code == Exit.DONE
    assert rows["En"].keys() == NAMES | USES
    assert "if Teaching Forms and Forms are ticked" in " ".join(said.out.split())


@pytest.mark.parametrize("how", ["not ticked", "empty"])
def test_where_sets_are_not_told_the_subjects_are(here: Trial, how: str) -> None:
    """At the start nothing else may be settled, or before term the lists are empty."""
    if how == "empty":
        here.stage.isams.faults = empty("Teaching_GetTeachingSetLists")
    else:
        lack(here, "Teaching_GetTeachingSetLists")
    document = here.sync("subjects", "--json")
    said = here.sync("subjects")

    assert (said.code, document.code) == (Exit.DONE, Exit.DONE)
    assert by_code(document)["En"].keys() == NAMES
    assert "Teaching Set Lists" in document.json["not_told"]["message"]
    assert "Sets, years and pupils are not told: " in said.out


@pytest.mark.parametrize("source", ["live", "kept"])
def test_a_kept_document_says_the_same_as_a_live_isams(here: Trial, source: str) -> None:
    """With the lists that were asked for when it was kept."""
    kept = here.folder / "kept.xml"
    here.settings["PROFILES__PREP__CLASSES"] = "sets,form-lessons"
    here.sync("build", "--out", str(here.folder / "out"), "--save", str(kept))
    words = ("--from", str(kept)) if source == "kept" else ()

    assert by_code(here.sync("subjects", "--json", *words))["En"]["sets"] == len(
        [s for s in SCHOOL.sets if s.code.partition("/")[2].startswith("En")]
    )


def test_an_isams_that_is_away_is_no_list(here: Trial) -> None:
    """A failure is told as one: never an empty table."""
    here.stage.isams.faults = refused(503)

    said = here.sync("subjects", "--json")

    assert said.code == Exit.LATER
    assert "subjects" not in said.json
