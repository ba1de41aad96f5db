"""What somebody sees at a terminal, in a real one: nothing broken, nothing left over."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

if sys.platform == "win32":
    pytest.skip("there is no pseudo-terminal", allow_module_level=True)

from simulators.school import invent
from simulators.sds import SENDER_ROLES, SETUP_READ_ROLES, Knobs, Source
from simulators.sds import Connector as SdsConnector
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


def typed(
    words: list[str], width: int, folder: Path, env: Mapping[str, str], keys: str = ""
) -> Seen:
    return seen(["-P", "-m", "sync", *words], width, folder, env, keys)


def said(told: Seen) -> set[str]:
    """Return the words on the screen, without what tables are drawn with and what time makes."""
    words = [word.strip(":") for word in " ".join(told.lines).split()]
    return {word for word in words if not re.search(r"[\u2500-\u257f]|^[\d.]+$|^\d\d:\d\d", word)}


def test_fifteen_connectors_of_sds_fit_on_a_screen(tmp_path: Path) -> None:
    """As many as Microsoft allows a tenant, of long names: a table, and at most 50 lines of it."""
    names = [f"iSAMS of Northbank Senior School, campus {number}" for number in range(15)]
    roles = SENDER_ROLES | SETUP_READ_ROLES
    with staged(invent(20), lambda: datetime.now(UTC), Knobs(roles=roles)) as stage:
        sds = stage.sds
        sds.sources = [Source(id=f"s{number}", name=name) for number, name in enumerate(names)]
        sds.connectors = [
            SdsConnector(id=f"c{number}", name=name, source_id=f"s{number}")
            for number, name in enumerate(names)
        ]
        around = {**stage.settings, "STORAGE__FOLDER": str(tmp_path / "rosters")}
        around["PYTHONPATH"] = str(ROOT)
        told = typed(["sds", "show"], 80, tmp_path, around)
    end = next(number for number, line in enumerate(told.lines) if line.startswith("School years"))

    assert told.code == 0, told.lines
    assert any(line.split()[:2] == ["connector", "source,"] for line in told.lines)
    assert sum("v2.1" in line for line in told.lines[:end]) == 15
    assert end <= 50
    assert max(map(len, told.lines)) <= 80


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


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[tuple[Mapping[str, str], str, str]]:
    """Settings under which a delivery is held, its id and its digest."""
    with staged(invent(60, quirks=False), lambda: datetime.now(UTC)) as stage:
        storage = {"STORAGE__FOLDER": str(tmp_path / "rosters"), "PYTHONPATH": str(ROOT)}
        around = {**stage.settings, **storage, "LOGNAME": USER}
        typed(["run"], WIDE, tmp_path, around)
        shown = status(tmp_path, around)
        yield around, shown["id"], shown["digest"]


USER = "jo.example"


def status(folder: Path, env: Mapping[str, str]) -> Any:  # Any: parsed JSON
    """Return how the newest delivery stands, as the JSON of the status tells it."""
    told = typed(["status", "--json"], WIDE, folder, env)
    (connector,) = json.loads("\n".join(told.lines))["connectors"].values()
    return connector["deliveries"][0]


@pytest.mark.parametrize("word", ["approve", "reject"])
def test_at_a_terminal_the_digest_of_what_is_answered_is_asked_for(
    word: str, waiting: tuple[Mapping[str, str], str, str], tmp_path: Path
) -> None:
    """It stands in the question; other digits answer nothing."""
    env, held_id, digest = waiting

    told = typed([word, held_id], WIDE, tmp_path, env, keys="00000000\n")

    assert told.code == Exit.USAGE
    assert f"What waits is {digest}." in "\n".join(told.lines)
    assert "nothing was changed" in "\n".join(told.lines)
    assert status(tmp_path, env)["state"] == "held"


def test_at_a_terminal_an_answer_is_kept_with_the_user_and_told_without(
    waiting: tuple[Mapping[str, str], str, str], tmp_path: Path
) -> None:
    """The user of a machine may be called as a person is: the status says `terminal`."""
    env, held_id, digest = waiting

    told = typed(["reject", held_id], WIDE, tmp_path, env, keys=f" {digest.upper()}\n")
    late = typed(["approve", held_id], WIDE, tmp_path, env)
    marks = [*(tmp_path / "rosters").rglob("rejected.json")]

    assert told.code == Exit.DONE, told.lines
    assert {json.loads(mark.read_text("utf-8"))["caller"] for mark in marks} == {f"terminal {USER}"}
    assert status(tmp_path, env)["answer"]["caller"] == "terminal"
    assert late.code == Exit.USAGE
    assert "at a terminal" in " ".join(late.lines)
    assert USER not in "\n".join(told.lines + late.lines)


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
