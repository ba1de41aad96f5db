"""Where `build` and `datasets` write: files that name people do not belong among code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.school import invent
from sync.report import Exit
from tests.edge.cli_stage import Trial, trial

WARNING = "lies in a git repository, and names people: delete it"


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys, invent(20, quirks=False)) as started:
        yield started


@pytest.mark.parametrize("command", ["build", "datasets"])
@pytest.mark.parametrize("kind", ["clone", "worktree"])
def test_files_in_a_repository_are_warned_of(here: Trial, command: str, kind: str) -> None:
    """They are written, and somebody is told before a commit publishes them."""
    code = here.folder / "code"
    code.mkdir()
    if kind == "worktree":
        (code / ".git").write_text("gitdir: elsewhere")
    else:
        (code / ".git").mkdir()

    said = here.sync(command, "--out", str(code / "deep" / "out"), "--save", str(code / "kept.xml"))

    assert said.code == Exit.DONE
    assert [line.partition(" ")[0] for line in said.out.splitlines() if WARNING in line] == [
        str(code / "deep" / "out"),
        str(code / "kept.xml"),
    ]


@pytest.mark.parametrize("command", ["build", "datasets"])
def test_files_elsewhere_need_no_warning(here: Trial, command: str) -> None:
    """Beside the code is not among it."""
    (here.folder / "code" / ".git").mkdir(parents=True)

    said = here.sync(command, "--out", str(here.folder / "look"))

    assert said.code == Exit.DONE
    assert "git" not in said.out


@pytest.mark.parametrize("command", ["run", "status", "check"])
def test_a_file_in_place_of_the_folder_of_rosters_is_a_wrong_setting(
    here: Trial, command: str
) -> None:
    """Exit code 2, as of any setting: storage itself has done nothing wrong."""
    (here.folder / "file").write_text("mine")
    here.settings["STORAGE__FOLDER"] = str(here.folder / "file")

    said = here.sync(command)

    assert said.code == Exit.USAGE
    assert "STORAGE__FOLDER: is a file" in " ".join((said.out + said.err).split())
    assert (here.folder / "file").read_text() == "mine"
