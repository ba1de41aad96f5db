"""The walls of the house: who may import whom, and what pure code may not call.

import-linter holds the imports (the contracts are in pyproject.toml). What it cannot see, such as
`datetime.now()` or `open()`, is looked for in the code itself.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SYNC = ROOT / "sync"

# A module is pure by the room it lies in; the contract `pure` names the same rooms.
PURE = {
    "errors",
    "exports",
    "isams",
    "jsontext",
    "ledger",
    "report",
    "roster",
    "sds",
    "settings",
    "texts",
}

CLOCKS = {"now", "utcnow", "today", "localtime", "gmtime", "monotonic", "perf_counter"}
FILES = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "urlopen"}
BUILTINS = {"breakpoint", "eval", "exec", "input", "open", "print", "__import__"}
MODULES = {"ctypes", "importlib", "multiprocessing", "signal", "sys", "urllib.request"}


def _pure_files() -> list[Path]:
    return sorted(
        path
        for path in SYNC.rglob("*.py")
        if path.relative_to(SYNC).parts[0].removesuffix(".py") in PURE
    )


def _imports(tree: ast.AST) -> Iterator[str]:
    """Yield what is imported: modules, and `module.name` for each name taken from one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _impurities(source: str) -> set[str]:
    """Return what *source* uses of clock, files, terminal and interpreter, by name."""
    tree = ast.parse(source)
    imported = set(_imports(tree))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & BUILTINS
    asked = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    paths = {name for name in imported if name.startswith("pathlib.")} - {"pathlib.PurePath"}
    return used | asked & (CLOCKS | FILES) | imported & MODULES | paths


def test_the_walls_hold() -> None:
    """Every contract of import-linter is kept.

    In a process of its own: it configures logging, which silences every logger that is there.
    """
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", lint, "--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pure_rooms_are_behind_the_wall() -> None:
    """What is looked for in the code and what import-linter forbids is about the same rooms."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    pure = next(one for one in contracts["contracts"] if one["id"] == "pure")

    assert set(pure["source_modules"]) == {f"sync.{room}" for room in PURE}
    assert set(pure["forbidden_modules"]) >= {
        *("httpx", "azure", "msal", "logging", "os", "time", "random", "socket", "sync.edge")
    }


@pytest.mark.parametrize("path", _pure_files(), ids=lambda path: path.relative_to(SYNC).as_posix())
def test_pure_code_asks_no_clock_and_opens_no_file(path: Path) -> None:
    """The moment comes in as an argument, and so does everything that is read."""
    assert _impurities(path.read_text("utf-8")) == set()


@pytest.mark.parametrize(
    "line",
    [
        "datetime.now(UTC)",
        "date.today()",
        "open('x')",
        "PurePath('x').read_text()",
        "print('x')",
        "import sys",
        "from urllib.request import urlopen",
        "from pathlib import Path",
        "__import__('os')",
    ],
)
def test_impure_code_would_be_seen(line: str) -> None:
    """The search finds what it is there to find."""
    assert _impurities(line)


def _package(module: str) -> Path | None:
    """Return the `__init__.py` of *module* if it is a package of ours, else None."""
    init = ROOT / module.replace(".", "/") / "__init__.py"
    return init if init.exists() else None


def _passed_on(init: Path) -> set[str]:
    """Return the names that a package takes from elsewhere and so could hand on."""
    tree = ast.parse(init.read_text("utf-8"))
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_a_name_is_imported_from_the_module_that_defines_it() -> None:
    """Packages hand nothing on, but for `sync.settings`: each name has one address."""
    wrong = []
    for path in SYNC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.ImportFrom) or node.module in {None, "sync.settings"}:
                continue
            init = _package(node.module or "")
            handed_on = _passed_on(init) if init else set[str]()
            modules = {entry.stem for entry in init.parent.iterdir()} if init else set[str]()
            names = {alias.name for alias in node.names}
            wrong += [f"{path.name}: {name}" for name in names & handed_on - modules]

    assert wrong == []


def test_no_two_classes_share_a_name() -> None:
    """Who reads a name in a message or a test knows which class it is."""
    names = [
        node.name
        for path in SYNC.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    ]

    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_the_triggers_know_only_the_web() -> None:
    """`function_app.py` turns bindings into calls of `sync.web`, and does nothing else."""
    tree = ast.parse((ROOT / "function_app.py").read_text("utf-8"))

    ours = {name for name in _imports(tree) if name.startswith("sync")}
    assert all(name.startswith("sync.web") for name in ours)
    assert {name.partition(".")[0] for name in _imports(tree)} == {"__future__", "azure", "sync"}


def test_no_test_patches_our_code() -> None:
    """What a test needs otherwise is handed in: a simulator, a fake, a clock."""
    patching = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if "unittest.mock" in set(_imports(ast.parse(path.read_text("utf-8"))))
    ]

    assert patching == []
