"""What somebody sees at a terminal, in a real one: nothing broken, nothing left over."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there is no pseudo-terminal", allow_module_level=True)

from simulators.school import invent
from simulators.staging import staged
from sync.report import Exit
from tests.edge.pseudo import Seen, left, seen

ROOT = Path(__file__).parent.parent.parent
SPINNER = re.compile("[\u2800-\u28ff]")
HELD = re.compile(r"isams-sync (?:approve|reject) \d{8}T\d{6}Z-[0-9a-f]{8}`")
WIDE = 240


@pytest.mark.parametrize("width", [80, 100, 120])
def test_no_spinner_is_left_and_no_line_is_too_long(width: int) -> None:
    """The demo prints while a spinner turns: each line begins at its beginning."""
    told = seen(["-m", "simulators.demo", "--pupils", "200"], width, ROOT)

    text = "\n".join(told.lines)
    assert told.code == 0, text
    assert not SPINNER.search(text)
    assert "Sending to SDS" not in text
    assert max(map(len, told.lines)) <= width


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("typed")


@pytest.fixture(scope="module")
def settings(folder: Path) -> Iterator[dict[str, str]]:
    """A small school, whose first delivery is held."""
    with staged(invent(120), lambda: datetime.now(UTC)) as stage:
        storage = {"STORAGE__FOLDER": str(folder / "rosters"), "PYTHONPATH": str(ROOT)}
        around = {**stage.settings, **storage}
        ended = typed(["run"], WIDE, folder, around)
        assert ended.code == Exit.HELD, ended.lines
        yield around


def typed(words: list[str], width: int, folder: Path, env: dict[str, str]) -> Seen:
    return seen(["-P", "-m", "sync", *words], width, folder, env)


def said(told: Seen) -> set[str]:
    """Return the words on the screen, without what tables are drawn with and what time makes."""
    words = [word.strip(":") for word in " ".join(told.lines).split()]
    return {word for word in words if not re.search(r"[\u2500-\u257f]|^[\d.]+$|^\d\d:\d\d", word)}


@pytest.mark.parametrize(
    "words",
    [["status"], ["findings"], ["subjects"], ["check"], ["rehearse", "--on", "2099-09-01"], ["-h"]],
)
def test_at_80_columns_no_word_and_no_id_is_broken(
    words: list[str], folder: Path, settings: dict[str, str]
) -> None:
    """Whoever copies an id or an address from the screen has the whole of it."""
    wide, narrow = (typed(words, width, folder, settings) for width in (WIDE, 80))

    assert wide.code == narrow.code
    assert said(wide) - said(narrow) == set()
    assert [line for line in narrow.lines if len(line) > 80 and " " in line.strip()] == []
    assert len(said(wide)) > 10


@pytest.mark.parametrize("width", [50, 60, 80])
def test_a_command_to_copy_stands_on_one_line(
    width: int, folder: Path, settings: dict[str, str]
) -> None:
    """Pasted from two lines, it would be two commands."""
    told = typed(["status"], width, folder, settings)

    assert len(HELD.findall("\n".join(told.lines))) == 2


def test_forced_colours_are_no_terminal(
    settings: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    """A log in which somebody wants colours still gets lines, and no spinner."""
    environ = {**os.environ, **settings, "FORCE_COLOR": "1"}
    code = os.spawnve(
        os.P_WAIT, sys.executable, [sys.executable, "-P", "-m", "sync", "status"], environ
    )

    assert code == 0
    assert not SPINNER.search("".join(capfd.readouterr()))


def test_the_screen_is_read_as_a_terminal_shows_it() -> None:
    """What was erased or written over is not seen; what stands behind it is."""
    assert left("spin\r\x1b[2Kline\r\n") == ["line", ""]
    assert left("one\r\ntwo\x1b[1A\r\x1b[2Kthree") == ["three", "two"]
    assert left("\u280b work line\n")[0].startswith("\u280b")
