"""What a deployment puts on Azure: the app, and nothing that has grown beside it.

`azd` reads `.funcignore` as git would. The Functions tools have a reading of their own: each line
is matched from the beginning of the path up to the end of a word, and a line with `!` wins wherever
it stands (docs/reference/functions.md#funcignore). Both are tried here on this tree as it is, with
what has been built in it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path

import pytest
from flit_core.common import Module
from pathspec import GitIgnoreSpec

from tests.infra.bicep import INFRA
from tests.infra.test_bicep import files

ROOT = INFRA.parent
IGNORED = (ROOT / ".funcignore").read_text(encoding="utf-8")
NEEDED = {"function_app.py", "host.json", "requirements.txt"}
HUGE = {".git", ".venv", ".audit", ".judge", "node_modules"}
OURS = ("sync/", ".python_packages/")
STRAY = (
    "local.settings.json",
    ".env",
    ".rosters/profiles/prep/users.csv",
    ".azure/school/.env",
    "notes/pupils.csv",
    "sync copy/pupils.csv",
    "sync-output/seniors/users.csv",
    "sync.xml",
    ".python_packages.old/users.csv",
)

type Ships = Callable[[str], bool]


def as_git(text: str) -> Ships:
    """Return whether a path is shipped, as `azd` reads *text*."""
    spec = GitIgnoreSpec.from_lines(text.splitlines())
    return lambda path: not spec.match_file(path)


def as_functions_tools(text: str) -> Ships:
    """Return whether a path is shipped, as `func` reads *text* (Core Tools 4, read 2026-11)."""
    lines = [line.strip() for line in text.splitlines()]
    said = [line for line in lines if line and not line.startswith("#")]
    kept = [_pattern(line[1:]) for line in said if line.startswith("!")]
    left = [_pattern(line) for line in said if not line.startswith("!")]
    return lambda path: (
        any(one.match(path) for one in kept) or not any(one.match(path) for one in left)
    )


def _pattern(line: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*)", line.removeprefix("/"))
    meant = {"**": "(.+)", "*": "([^/]+)"}
    return re.compile("".join(meant.get(part, re.escape(part)) for part in parts) + r"\b")


def tree() -> Iterator[str]:
    """Yield every file of this tree, but not what git and the environments hold."""
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if name not in HUGE]
        for name in names:
            yield (Path(folder) / name).relative_to(ROOT).as_posix()


@pytest.mark.parametrize("reading", [as_git, as_functions_tools])
def test_only_the_app_is_shipped(reading: Callable[[str], Ships]) -> None:
    """Tests, simulators, handbook, Bicep and the developer's own files stay at home."""
    ships = reading(IGNORED)
    shipped = {path for path in tree() if ships(path)}

    assert {path for path in shipped if not path.startswith(OURS)} == NEEDED
    assert shipped >= {path for path in tree() if path.startswith("sync/")}


@pytest.mark.parametrize("name", ["front.html", "look.css", "icon.svg"])
@pytest.mark.parametrize("reading", [as_git, as_functions_tools])
def test_what_a_page_is_made_of_is_shipped(reading: Callable[[str], Ships], name: str) -> None:
    """What lies among the modules and is none goes with them."""
    assert reading(IGNORED)(f"sync/web/page/{name}")


def test_what_lies_among_the_modules_is_installed_with_them() -> None:
    """`isams-sync` installed as a package has templates and styles as well."""
    module = Module("sync", ROOT)
    packed = {Path(file).relative_to(ROOT).as_posix() for file in module.iter_files()}

    assert packed == {
        path for path in tree() if path.startswith("sync/") and "__pycache__" not in path
    }


@pytest.mark.parametrize("stray", STRAY)
@pytest.mark.parametrize("reading", [as_git, as_functions_tools])
def test_nothing_new_gets_there_by_itself(reading: Callable[[str], Ships], stray: str) -> None:
    """Secrets and pupils' data in files that somebody left here are not shipped."""
    assert not reading(IGNORED)(stray)


@pytest.mark.parametrize("reading", [as_git, as_functions_tools])
def test_packages_and_bytecode_can_be_brought_along(reading: Callable[[str], Ships]) -> None:
    """Who builds at home ships packages with the app, compiled."""
    ships = reading(IGNORED)

    assert ships(".python_packages/lib/site-packages/httpx/__init__.py")
    assert ships("sync/__pycache__/run.cpython-313.pyc")


@pytest.mark.parametrize("line", ["/*", "!/sync/", "!/host.json"])
def test_a_line_too_few_is_noticed(line: str) -> None:
    """Each line is needed in both readings."""
    text = "\n".join(one for one in IGNORED.splitlines() if one != line)
    wrong = []
    for reading in (as_git, as_functions_tools):
        ships = reading(text)
        wrong.append(
            ships("tests/conftest.py") or not (ships("sync/report.py") and ships("host.json"))
        )

    assert wrong == [True, True]


def test_azd_puts_the_app_where_bicep_says() -> None:
    """`azd` finds the function app by a tag, which has the service's name."""
    lines = (ROOT / "azure.yaml").read_text(encoding="utf-8").splitlines()
    said = dict(line.strip().split(": ", 1) for line in lines if ": " in line and line[0] != "#")
    after = lines[lines.index("services:") + 1 :]
    services = [
        line.strip(" :")
        for line in takewhile(lambda line: line.startswith("  "), after)
        if re.fullmatch(r"  \w+:", line)
    ]
    tags = files()["app.bicep"].of("resource")["app"].at("tags")

    assert f"'azd-service-name': '{services[0]}'" in str(tags)
    assert len(services) == 1
    assert said | {"host": "function", "path": "infra", "remoteBuild": "true"} == said


def test_the_roles_of_callers_are_ready_to_register() -> None:
    """The app registration's roles, for people and for other apps."""
    roles = json.loads((INFRA / "app-roles.json").read_text(encoding="utf-8"))

    named = ["Sync.Read", "Sync.Run", "Sync.Approve", "Sync.Names"]

    assert [role["value"] for role in roles] == named
    assert len({role["id"] for role in roles}) == len(named)
    assert all(role["isEnabled"] and role["allowedMemberTypes"] for role in roles)
