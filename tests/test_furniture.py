"""What stands around the code for those who work on it: each file says what is so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

import dev
from tests.infra.test_shipped import tree

ROOT = Path(__file__).parent.parent
GITHUB = ROOT / ".github"
CODE = ROOT / ".vscode"
CONTAINER = ROOT / ".devcontainer" / "devcontainer.json"
FORMS = ("1-bug.yml", "2-deviation.yml", "3-idea.yml")


def read(path: Path) -> Any:
    """Return the JSON in *path*; with a comment in it, as editors allow, this fails."""
    return json.loads(path.read_text("utf-8"))


def furniture() -> Iterator[tuple[str, str]]:
    """Yield name and text of every file here that may name a command of dev.py."""
    for path in (*CODE.glob("*.json"), CONTAINER, *GITHUB.rglob("*.yml"), *GITHUB.glob("*.md")):
        yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


def manifests() -> set[tuple[str, str]]:
    """Return kind and folder of everything here that names packages of others."""
    found = set[tuple[str, str]]()
    for path in map(PurePosixPath, tree()):
        folder = str(PurePosixPath("/") / path.parent)
        if re.fullmatch(r"requirements.*\.in", path.name):
            found.add(("pip", folder))
        elif path.name == "package.json":
            found.add(("npm", folder))
        elif path.parent == PurePosixPath(".github/workflows"):
            found.add(("github-actions", "/"))
    return found


def test_dependabot_looks_at_every_manifest() -> None:
    """What is installed from elsewhere is looked after, and nothing is that has gone."""
    text = (GITHUB / "dependabot.yml").read_text("utf-8")
    asked = re.findall(r"package-ecosystem: (\S+)\n    directory: (\S+)\n", text)

    assert set(asked) == manifests()


def test_every_command_that_is_named_exists() -> None:
    """A task, a container, a workflow or a form asks dev.py for nothing that it has not."""
    named = {
        (name, command)
        for name, text in furniture()
        for command in re.findall(r"python3? dev\.py ([a-z]+)", text)
    }

    assert {command for _, command in named} >= {"setup", "test", "check"}
    assert [command for _, command in named if command not in dev.COMMANDS] == []


def test_the_editor_starts_the_host_and_attaches_where_its_worker_listens() -> None:
    """Each task that another waits for is there; the Functions tools open port 9091."""
    tasks = {task["label"]: task for task in read(CODE / "tasks.json")["tasks"]}
    attach = read(CODE / "launch.json")["configurations"][0]
    waited_for = {task["dependsOn"] for task in tasks.values() if "dependsOn" in task}

    assert attach["connect"]["port"] == 9091
    assert {attach["preLaunchTask"], *waited_for} <= tasks.keys()
    assert read(CODE / "settings.json")["azureFunctions.pythonVenv"] == dev.VENV.name


def test_the_container_has_the_python_of_the_app() -> None:
    """Whoever works in it has what runs on Azure, the same help of the editor, and the host."""
    container = read(CONTAINER)
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (version,) = re.findall(r'requires-python = ">=(\d+\.\d+)"', project)

    assert f"/python:{version}-" in container["image"]
    assert container["forwardPorts"] == [7071]
    extensions = container["customizations"]["vscode"]["extensions"]
    assert extensions == read(CODE / "extensions.json")["recommendations"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_asks_for_no_names_and_no_keys(form: str) -> None:
    """Who tells us of a fault is told before they write that everybody can read it."""
    text = " ".join((GITHUB / "ISSUE_TEMPLATE" / form).read_text("utf-8").split())

    assert re.search(r"no names of pupils or staff", text, re.IGNORECASE)
    assert "no keys" in text
