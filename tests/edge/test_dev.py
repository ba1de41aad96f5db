"""`dev.py`: what it starts, where, and what it says to a mistyped command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dev


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's own, in which they type; it holds `simulators` that are not ours."""
    (tmp_path / "simulators").mkdir()
    (tmp_path / "simulators" / "__init__.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(dev, "PYTHON", Path(sys.executable))
    return tmp_path


def test_simulators_run_in_the_folder_where_they_were_typed(
    elsewhere: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """They are ours, whatever else lies there."""
    assert dev.run_there("simulators", ["--help"]) == 0
    assert "isams" in capfd.readouterr().out


@pytest.mark.parametrize(
    "words",
    [("ruin",), ("setup", "--bogus"), ("audit", "--fix"), ("package", "x"), ("lock", "--nix")],
)
def test_a_mistyped_command_is_named(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is set up or run for a word that is not known."""
    assert dev.main(words) == 2
    assert words[-1] in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [(), ("--help",), ("bench", "--help"), ("audit", "-h"), ("lock", "-h")]
)
def test_help_starts_nothing(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Asking what there is sets nothing up."""
    assert dev.main(words) == 0
    assert f"python dev.py {words[0] if len(words) > 1 else 'audit'}" in capsys.readouterr().out


HOLDS = (sys.executable, "-c", "print('fine')")
FAILS = (sys.executable, "-c", "raise SystemExit(3)")


def test_the_last_line_says_that_all_checks_held(capfd: pytest.CaptureFixture[str]) -> None:
    """Who reads only that line knows."""
    assert dev.run_checks({"style": HOLDS, "types": HOLDS}) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "All held: style, types."


def test_the_last_line_names_the_checks_that_did_not_hold(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A check that fails stops no other, and its code is the command's."""
    assert dev.run_checks({"style": FAILS, "types": HOLDS, "imports": FAILS}) == 3

    shown = capfd.readouterr().out.splitlines()
    assert "fine" in shown
    assert shown[-1] == "Did not hold: style, imports."


def test_no_colours_go_into_a_pipe(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log is no terminal, even where somebody has asked for colours."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    asks = "import os; print(os.environ.get('NO_COLOR'), os.environ.get('FORCE_COLOR'))"

    dev.run_checks({"style": (sys.executable, "-c", asks)})

    assert "1 None" in capfd.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="a closed pipe is told otherwise there")
def test_a_reader_that_goes_away_is_no_fault() -> None:
    """`python dev.py … | head` ends in silence, as other commands do."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        words = [sys.executable, str(dev.ROOT / "dev.py"), "--help"]
        ended = subprocess.run(words, stdout=closed, stderr=subprocess.PIPE, check=False)

    assert ended.returncode == 141
    assert ended.stderr == b""


def test_line_ends_are_the_same_on_every_system() -> None:
    """Git on Windows would else change them, and `.ci/run` would run in no shell."""
    rules = (dev.ROOT / ".gitattributes").read_text(encoding="utf-8").splitlines()

    assert "* text=auto eol=lf" in rules


def test_the_readme_lists_every_command() -> None:
    """What nobody is told of nobody uses."""
    readme = (dev.ROOT / "README.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1] for line in readme.splitlines() if line.startswith("| `")}

    assert set(dev.COMMANDS) <= rows


@pytest.mark.skipif(sys.platform == "win32", reason="stands in for an environment with a link")
def test_an_environment_that_is_whole_is_left(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its stamp is that of the lock, and its Python answers: nothing is built or fetched."""
    ours = tmp_path / dev.SCRIPTS.name / dev.PYTHON.name
    ours.parent.mkdir()
    ours.symlink_to(sys.executable)
    (tmp_path / "dev.stamp").write_text("as wanted")

    dev._holding(tmp_path, "no-such-lock", "as wanted")

    assert ours.is_symlink()
    assert capfd.readouterr().out == ""


@pytest.mark.skipif(sys.platform == "win32", reason="links are for administrators there")
def test_an_environment_elsewhere_is_never_emptied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A link where the environment should be is named, and what it leads to is as it was."""
    kept = tmp_path / "elsewhere" / "kept"
    kept.parent.mkdir()
    kept.touch()
    link = tmp_path / ".venv"
    link.symlink_to(kept.parent)

    with pytest.raises(SystemExit):
        dev._holding(link, "no-such-lock", "as wanted")

    assert kept.exists()
    assert ".venv is a link" in capsys.readouterr().err


APT = """#!/bin/sh
echo "$@" >> "$0.asked"
case "$1 $FAILS" in
  "install no") touch "$(dirname "$0")/chromium"; chmod +x "$(dirname "$0")/chromium" ;;
  install*) echo "E: Unable to locate package chromium" >&2; exit 100 ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of the administrator's with an apt-get, and no browser."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("touch", "chmod", "dirname"):
        (programs / name).symlink_to(str(shutil.which(name)))
    (programs / "apt-get").write_text(APT)
    (programs / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("FAILS", "no")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return programs


linux = pytest.mark.skipif(sys.platform != "linux", reason="apt-get is of Debian and its kin")


@linux
def test_a_browser_is_installed_once(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What apt-get says is of no interest, and the second time it is not asked."""
    dev.provide_browser()
    dev.provide_browser()

    asked = (machine / "apt-get.asked").read_text().splitlines()
    assert asked == ["update", "install --yes --no-install-recommends chromium"]
    assert dev.installed_browser() == str(machine / "chromium")
    assert capsys.readouterr().out.count("\n") == 1


@linux
@pytest.mark.parametrize("fails", [True, False], ids=["it fails", "not the administrator"])
def test_without_a_browser_it_is_said_how_to_get_one(
    machine: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    fails: bool,
) -> None:
    """All else can be tried without, so nothing ends here; what apt-get said is shown."""
    monkeypatch.setenv("FAILS", "yes")
    monkeypatch.setattr(os, "geteuid", lambda: 0 if fails else 1000)

    dev.provide_browser()

    shown = capsys.readouterr().out
    assert shown.splitlines()[-1].endswith("apt-get install chromium")
    assert ("Unable to locate" in shown) == fails
