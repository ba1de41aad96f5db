"""`identity`: which Team is whose, at a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.school import invent
from sync.report import Exit
from tests.edge.cli_stage import Trial, trial

SCHOOL = invent(60, quirks=False)


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys, SCHOOL) as started:
        started.sync("run", "--approve")
        yield started


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    """Return the ids of the first two sets that are classes."""
    ids = (f"9990001-2026-{each.id}" for each in SCHOOL.sets if each.year in range(7, 14))
    first, second, *_ = ids
    return first, second


def test_a_word_says_what_it_does_what_comes_next_and_what_undoes_it(
    here: Trial, pair: tuple[str, str]
) -> None:
    """In words that can be typed as they stand."""
    first, second = pair
    said = here.sync("identity", "swap", first, second)

    assert said.code == Exit.DONE
    assert said.out.splitlines() == [
        f"northbank: {first} and {second} exchange their Teams (word 1).",
        "`isams-sync run --school northbank` reads and sends it; the app does so by itself.",
        f"This is undone by `isams-sync identity swap {first} {second}`.",
    ]


def test_a_team_that_ends_is_told(here: Trial, pair: tuple[str, str]) -> None:
    """Before anything is sent: another word can still give it a class."""
    first, _ = pair
    said = here.sync("identity", "new", first)

    assert f"northbank: {first} gets a new Team, {first}.g2 (word 1)." in said.out
    assert f"The Team {first} ends" in said.out
    assert f"`isams-sync identity move {first} {first}.g2`" in said.out


def test_the_next_run_sends_what_was_said(here: Trial, pair: tuple[str, str]) -> None:
    """And `rehearse` goes by it, as the night will."""
    first, _ = pair
    here.sync("identity", "new", first)
    rehearsed = here.sync("rehearse", "--on", "2027-01-05", "--json").json["connectors"]
    here.sync("run")
    (rosters,) = here.folder.glob("rosters/connectors/*/")
    newest = max(rosters.glob("*/classes.csv")).read_text(encoding="utf-8")
    (made,) = rehearsed.values()

    assert [new["id"] for new in made["new"]] == [f"{first}.g2"]
    assert [ended["id"] for ended in made["ended"]] == [first]
    assert f"\n{first}.g2," in newest
    assert f"\n{first}," not in newest


def test_what_was_said_is_listed_with_who_and_what_undoes_it(
    here: Trial, pair: tuple[str, str]
) -> None:
    """By number; and nothing where nothing was said."""
    first, second = pair
    before = here.sync("identity", "list")
    here.sync("identity", "swap", first, second)
    here.sync("run")
    here.sync("identity", "new", second)
    shown = here.sync("identity", "list")
    (one, other) = here.sync("identity", "list", "--json").json["words"]

    assert before.out == "northbank: nothing was said\n"
    assert shown.out.splitlines()[1].startswith(f"2. new {second}: ")
    assert shown.out.endswith(f"; undone by `isams-sync identity move {second} {second}.g2`\n")
    assert (one["word"], one["classes"], one["undo"]) == (
        "swap", [first, second], f"swap {first} {second}",
    )  # fmt: skip
    assert (other["number"], other["word"], other["academic_year"]) == (2, "new", 2026)


def test_a_class_that_there_is_not_is_a_usage_error_with_near_ones(
    here: Trial, pair: tuple[str, str]
) -> None:
    """Nothing is written, and what was typed, which may be a name, is not shown again."""
    said = here.sync("identity", "move", "Wren Applethwaite", f"{pair[0]}0", "--json")
    unknown_school = here.sync("identity", "new", pair[0], "--school", "nowhere")

    assert (said.code, unknown_school.code) == (Exit.USAGE, Exit.USAGE)
    assert said.json["error"]["error"] == "WordRefused"
    assert pair[0] in said.json["error"]["facts"]["near"]
    assert "Applethwaite" not in json.dumps(said.json)
    assert here.sync("identity", "list", "--json").json["words"] == []
