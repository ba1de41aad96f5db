"""What the terminal says while it works, and to what was mistyped: in words, once, in time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulators.school import invent
from simulators.sds import Answer
from simulators.staging import staged
from sync.report import Exit
from tests.edge.cli_stage import Trial, trial

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys) as started:
        yield started


# --- what stands in the way of a first delivery -------------------------------------------------


def wrong_secret(here: Trial) -> str:
    here.settings["SDS__CLIENT_SECRET"] = "wrong-secret"
    return "SDS__CLIENT_SECRET"


def no_connector(here: Trial) -> str:
    here.settings["SDS__CONNECTOR"] = "Nobody's feed"
    return "CONNECTOR"


def no_flow(here: Trial) -> str:
    here.stage.sds.flows = []
    return "no inbound flow"


@pytest.mark.parametrize("spoil", [wrong_secret, no_connector, no_flow])
@pytest.mark.parametrize("more", [(), ("--approve",)])
def test_a_first_delivery_that_could_not_go_is_not_held(
    here: Trial, spoil: Callable[[Trial], str], more: tuple[str, ...]
) -> None:
    """Nobody looks through files and approves them, to learn then that sign-in does not work."""
    word = spoil(here)

    said = here.sync("run", *more)

    assert said.code in {Exit.TARGET, Exit.USAGE}
    assert word in said.err
    assert "approve" not in said.out
    assert not list((here.folder / "rosters").glob("connectors/*/*/held.json"))


def test_an_outage_before_a_first_delivery_is_7(here: Trial) -> None:
    """The same command later will do."""
    here.stage.sds.fail_next("*", Answer(503), times=None)

    said = here.sync("run")

    assert said.code == Exit.LATER
    assert not list((here.folder / "rosters").glob("connectors/*/*/held.json"))


def test_a_later_delivery_is_compared_without_asking_sds(here: Trial) -> None:
    """It is the first alone that is looked at beforehand: an unchanged night makes no call."""
    here.sync("run", "--approve", "--wait", "60")
    calls = len(here.stage.sds.requests)
    here.sync("run")

    assert len(here.stage.sds.requests) == calls


# --- while it works ---------------------------------------------------------------------------


def test_each_step_is_a_line_and_what_is_repeated_is_told_once(here: Trial) -> None:
    """A log shows how far it came; ten looks for one answer are not ten lines."""
    here.stage.sds.knobs = replace(here.stage.sds.knobs, operation_s=120)
    lines = here.sync("run", "--approve", "--json").err.splitlines()

    assert lines[0] == "Reading iSAMS: northbank"
    assert "  hand-over MIS feed: submitted" in lines
    assert [line for line in lines if "checking" in line] == [
        "  SDS is checking the files",
        "  check MIS feed: checking",
    ]
    assert lines.index("Sending to SDS: MIS feed") < lines.index("  check MIS feed: accepted")


def test_a_line_comes_when_it_happens(tmp_path: Path) -> None:
    """Into a pipe too: whoever watches sees it before the command has ended."""
    with staged(invent(300), lambda: datetime.now(UTC)) as stage:
        environ = {**stage.settings, "STORAGE__FOLDER": str(tmp_path / "rosters")}
        words = [sys.executable, "-P", "-m", "sync", "run"]
        with subprocess.Popen(
            words,
            cwd=tmp_path,
            env={**environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as child:
            assert child.stderr
            first, still_runs = child.stderr.readline(), child.poll() is None
            child.stderr.read()

    assert (first, still_runs) == ("Reading iSAMS: northbank\n", True)
    assert child.returncode == Exit.HELD


@pytest.mark.skipif(sys.platform == "win32", reason="a closed pipe is told otherwise there")
def test_a_run_goes_on_where_nobody_reads_its_progress(tmp_path: Path) -> None:
    """`2>&1 | head` ends the reading, never the sending."""
    with staged(invent(60), lambda: datetime.now(UTC)) as stage:
        environ = {**stage.settings, "STORAGE__FOLDER": str(tmp_path / "rosters")}
        words = f"{sys.executable} -P -m sync run 2>&1 >/dev/null | true"
        subprocess.run(
            ["sh", "-c", words], cwd=tmp_path, env={**environ, "PYTHONPATH": str(ROOT)}, check=True
        )

    assert list((tmp_path / "rosters").glob("connectors/*/*/held.json"))


# --- what was mistyped --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("rehearse", "--on", "2026-02-30"), "2026-02-30 is no day: expected year-month-day"),
        (("rehearse", "--on", "tomorrow"), "expected year-month-day, such as 2027-09-01"),
        (("rehearse", "--on", "20270901"), "expected year-month-day"),
        (("rehearse", "--on", "2027-9-1"), "2027-9-1 is no day"),
        (("rehearse", "--on", "2027-W35-1"), "2027-W35-1 is no day"),
        (("run", "--wait", "x"), "expected whole minutes from 0 to 1440, not x"),
        (("run", "--wait", "-1"), "expected whole minutes from 0 to 1440, not -1"),
        (("run", "--wait", "9" * 5000), "expected whole minutes from 0 to 1440"),
        (("run", "--wait", "1.5"), "expected whole minutes"),
    ],
)
def test_what_was_expected_is_said_in_words(here: Trial, words: tuple[str, ...], told: str) -> None:
    """Nobody has to know what %Y, a range of integers or a float is."""
    said = here.sync(*words)

    assert said.code == Exit.USAGE
    assert told in said.err
    assert "%" not in said.err
    assert "range" not in said.err


def test_an_answer_that_comes_too_late_is_told_once(here: Trial) -> None:
    """What the sentence says already does not follow as a fact; nor does what was typed."""
    sent = here.sync("run", "--approve", "--json").json["ended"][-1]["delivery"]

    said = here.sync("approve", sent)

    assert said.code == Exit.USAGE
    assert said.err.count("accepted") == 1
    assert sent not in said.err
    assert "`isams-sync status`" in said.err


def test_a_mistyped_command_is_told_in_the_form_of_all(here: Trial) -> None:
    """A program finds the same names first, whatever was typed."""
    wrong, nothing = here.sync("ruin", "--json"), here.sync("--json")

    assert list(wrong.json)[:3] == ["exit", "command", "error"]
    assert (wrong.json["command"], nothing.json["command"]) == ("ruin", "")
    assert wrong.json["error"]["who"] == "caller"
