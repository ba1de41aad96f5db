"""Every `az` line of the docs is read by azure-cli's own parser, where azure-cli is installed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from tests.az.lines import ROOT, commands, pages, told

PARSED = Path(__file__).with_name("parsed.py")


def python_of_az() -> str | None:
    """Return the Python that azure-cli is installed in; None where it is not, or not found."""
    az = shutil.which("az")
    if az is None:
        return None
    beside = Path(az).resolve().parent
    places = [beside / "python", beside / "python3", beside / "python.exe"]
    packed = [Path("/opt/az/bin/python3")]  # where Debian's package has its own
    for python in (*places, *packed):
        knows = python.exists() and subprocess.run(
            [python, "-c", "import azure.cli.core"], capture_output=True, check=False
        )
        if knows and knows.returncode == 0:
            return str(python)
    return None


@pytest.fixture(scope="module")
def python() -> str:
    found = python_of_az()
    if found is None:
        pytest.skip("no azure-cli on the PATH: CONTRIBUTING.md, *Set up*")
    return found


def complaints(python: str, lines: Iterable[Sequence[str]], folder: Path) -> list[str]:
    """Return what azure-cli's parser says of each of *lines*, run where their files lie."""
    shutil.copytree(ROOT / "infra", folder / "infra", dirs_exist_ok=True)
    (folder / "file.json").write_text("{}")
    run = subprocess.run(
        [python, str(PARSED)],
        input=json.dumps(list(lines)),
        cwd=folder,
        env={
            **os.environ,
            "AZURE_CONFIG_DIR": str(folder / "azure"),
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    said: list[str] = json.loads(run.stdout)
    return said


def test_every_az_line_of_the_docs_is_one_that_az_understands(python: str, tmp_path: Path) -> None:
    """A word that is misspelt, an option that is missing, a query that is none."""
    lines = told()
    said = complaints(python, [words for _, words in lines], tmp_path)

    assert [(line, what) for line, what in zip(lines, said, strict=True) if what] == []


@pytest.mark.parametrize(
    "line",
    [
        "az functionap list",
        "az functionapp list --resource-grop rg",
        "az functionapp list --query [?tags.azd-service-name=='sync'].name",
        "az ad app create --app-roles @infra/app-roles.json",
        "az deployment sub create --parameters infra/main.bicepparam",
    ],
)
def test_a_line_that_is_none_is_told(python: str, tmp_path: Path, line: str) -> None:
    """The parser that says yes to the docs says no to these."""
    assert complaints(python, commands(line), tmp_path)[0]


def test_az_lines_are_found_wherever_they_stand() -> None:
    """In a block, a span, a script, behind a variable, in another command's words."""
    found = {name for name, _ in told()}

    assert found >= {
        "docs/deploying.md",
        "docs/permissions.md",
        "docs/settings.md",
        "infra/next-step.sh",
        "infra/next-step.ps1",
    }
    assert list(commands("KEY='x y' az login --tenant <the school's tenant> | head")) == [
        ("login", "--tenant", "invented")
    ]
    assert list(commands('func publish "$(az a b --query c)" --python')) == [
        ("a", "b", "--query", "c")
    ]
    assert list(commands("Anybody who does az login is one")) == []


def test_a_file_for_az_stands_in_quotation_marks() -> None:
    """PowerShell takes `@name` for something of its own."""
    bare = [
        (name, line)
        for name, text in pages()
        for line in text.splitlines()
        if re.search(r"--[\w-]+ @\w", line)
    ]

    assert bare == []
