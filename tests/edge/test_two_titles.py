"""A profile of some subjects beside one of all: whose title a class gets is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.school import invent
from sync.report import Exit
from tests.edge.cli_stage import Trial, trial

SCHOOL = invent(20, quirks=False)
BOTH = sorted(f"9990001-2026-{s.id}" for s in SCHOOL.sets if "/En" in s.code and s.year > 6)


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys, SCHOOL) as here:
        here.settings |= {
            "PROFILES__LABS__YEAR_GROUPS": "7-13",
            "PROFILES__LABS__INCLUDED_SUBJECTS": "En",
            "PROFILES__LABS__SUFFIX": " lab",
        }
        yield here


def test_build_tells_which_classes_have_two_titles(here: Trial) -> None:
    """Before anything is sent, with the classes and the profile whose titles hold."""
    said = here.sync("build", "--out", str(here.folder / "out"))

    assert said.code == Exit.DONE
    assert (
        f"labs and seniors both make {', '.join(BOTH)}, under other titles: those of labs hold."
        " Write CLASS_TITLE and SUFFIX the same in both" in said.out
    )


def test_check_warns_of_classes_with_two_titles(here: Trial) -> None:
    """As the newest sets have them; the night goes on."""
    here.sync("run", "--approve")
    checks = {row["check"]: row for row in here.sync("check", "--json").json["checks"]}
    row = checks["profiles labs, prep, seniors: titles"]

    assert row["state"] == "warning"
    assert row["told"].startswith(f"labs and seniors both make {BOTH[0]}")
    assert "SUFFIX" in row["next"]
