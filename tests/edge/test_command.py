"""`isams-sync` as it is typed: where it lies, what it imports, how a shell and a pipe meet it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name

import pytest

import dev
import sync
from simulators.isams import METHODS, batch_xml
from simulators.school import invent
from sync.__main__ import tree as whole_tree
from sync.terminal.cli import NAME, commands
from sync.terminal.stopping import READER_GONE
from tests.infra.test_shipped import tree

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# Files of code and pages that may tell somebody what to type.
TELLING = {".py", ".md", ".yml", ".bicep", ".json"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the command from this folder as `dev.py setup` does: with nothing fetched."""
    if not find_spec("flit_core"):
        pytest.fail("what installs the command is not there: run python dev.py setup")
    target = tmp_path_factory.mktemp("installed")
    words = [*dev.OWN_COMMAND, "--target", str(target), str(ROOT)]
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    ended = subprocess.run([*pip, *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return target


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder of somebody's own, with a `sync` that is not ours."""
    (tmp_path / "sync").mkdir()
    (tmp_path / "sync" / "__init__.py").write_text("raise SystemExit('not ours')")
    return tmp_path


def typed(
    installed: Path, folder: Path, *words: str, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Type `isams-sync` and *words* in *folder*."""
    (script,) = (installed / "bin").glob(f"{NAME}*")
    env = {**os.environ, "PYTHONPATH": str(installed), **environ}
    return subprocess.run(
        [str(script), *words], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def test_the_command_is_installed_from_this_folder_and_runs_in_any(
    installed: Path, elsewhere: Path
) -> None:
    """It says which it is, and never takes a `sync` that lies where it is typed."""
    ended = typed(installed, elsewhere, "--version")

    assert ended.stdout == f"{NAME} {sync.__version__}\n", ended.stderr
    assert ended.returncode == 0


def test_paths_are_meant_from_the_folder_in_which_they_are_typed(
    installed: Path, elsewhere: Path
) -> None:
    """What `--from kept.xml` names is in the user's folder, never in the repository."""
    (elsewhere / "kept.xml").write_text("not a document")

    ended = typed(installed, elsewhere, "subjects", "--from", "kept.xml")

    assert ended.returncode == 2
    assert "save it again with `isams-sync build --save`" in ended.stderr


def test_a_shell_can_ask_what_could_be_typed(installed: Path, elsewhere: Path) -> None:
    """The line of the manual gives a script, and the script is answered with our commands."""
    script = typed(installed, elsewhere, _ISAMS_SYNC_COMPLETE="bash_source")
    asked = {"_ISAMS_SYNC_COMPLETE": "bash_complete", "COMP_WORDS": f"{NAME} re", "COMP_CWORD": "1"}
    offered = typed(installed, elsewhere, **asked)

    assert NAME in script.stdout
    assert offered.stdout.split() == [
        "plain,rehearse", "plain,reject", "plain,restore", "plain,resume",
    ]  # fmt: skip


def test_the_project_says_what_the_program_says() -> None:
    """One name and one version; what is installed calls what `python -m sync` does."""
    (name,) = PROJECT["project"]["scripts"]

    assert name == NAME
    assert PROJECT["project"]["version"] == sync.__version__
    assert callable(resolve_name(PROJECT["project"]["scripts"][name]))


def test_what_builds_the_command_is_pinned_with_its_hash() -> None:
    """Nothing is fetched to install it but what the lock has brought."""
    (backend,) = PROJECT["build-system"]["requires"]
    project = re.split(r"[<>=]", backend)[0].replace("_", "-")
    lock = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")

    assert re.search(rf"^{project}==\S+ \\\n    --hash=sha256:", lock, re.MULTILINE)
    assert {"--no-index", "--no-deps", "--no-build-isolation"} <= set(dev.OWN_COMMAND)


def hints() -> set[tuple[str, str]]:
    """Return file and word of every command that somebody is told to type."""
    return {
        (name, word)
        for name in tree()
        if Path(name).suffix in TELLING and not name.startswith("tests/")
        for word in re.findall(
            rf"{NAME} ([a-z]+)\b", (ROOT / name).read_text(encoding="utf-8", errors="replace")
        )
    }


PROSE = {"by", "can", "does", "for", "is", "on", "runs"}  # what may follow the name in a sentence


def test_every_command_that_somebody_is_told_to_type_is_there() -> None:
    """A hint with a command that was renamed would fail in whoever's hand it is."""
    known = {words[0] for words, _ in commands(whole_tree())}

    assert {word for _, word in hints()} >= {"approve", "check", "findings", "run", "status"}
    assert sorted(hint for hint in hints() if hint[1] not in known | PROSE) == []


def test_there_is_one_way_to_type_a_command() -> None:
    """Nobody is told of `python -m sync` or of another starter, save where it is explained."""
    told = {
        name
        for name in tree()
        if Path(name).suffix in TELLING and not name.startswith("tests/")
        if re.search(
            r"dev\.py sync\b|python -m sync\b",
            (ROOT / name).read_text(encoding="utf-8", errors="replace"),
        )
    }

    assert told <= {"sync/__main__.py"}


# --- a reader that goes away ------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="a closed pipe is told otherwise there")
@pytest.mark.parametrize(
    "words",
    [
        ("sync", "--help"),
        ("sync", "subjects", "--from", "kept.xml"),
        ("sync", "ruin", "--json"),
        ("sync", "status", "-h"),
        ("simulators.demo",),
        ("simulators", "isams", "--pupils", "20"),
    ],
)
def test_a_reader_that_goes_away_is_no_fault(words: tuple[str, ...], tmp_path: Path) -> None:
    """`isams-sync … | head` ends as other commands do, in silence: no fault of anybody's."""
    kept = tmp_path / "kept.xml"
    kept.write_bytes(b"".join(batch_xml(invent(20), METHODS)))
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        ended = subprocess.run(
            [sys.executable, "-P", "-m", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert ended.returncode == READER_GONE
    assert "Traceback" not in ended.stderr
    assert "cannot be written" not in ended.stderr
