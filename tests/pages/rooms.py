"""The rooms of the house, read from the walls in pyproject.toml and from the code itself."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.pages import tables

ROOT = Path(__file__).resolve().parents[2]
SYNC = ROOT / "sync"

type Arrow = tuple[str, str]
"""A room that knows another, and the other."""


@cache
def layers() -> tuple[tuple[str, ...], ...]:
    """Return the rooms from top to bottom; a layer may hold several.

    A layer in brackets is a way in without a charter, and no room.
    """
    walls = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (contract,) = (wall for wall in walls["contracts"] if wall["id"] == "one-way")
    return tuple(
        tuple(re.findall(r"\w+", layer)) for layer in contract["layers"] if layer[0] != "("
    )


def rooms() -> list[str]:
    """Return every room, from top to bottom."""
    return [room for layer in layers() for room in layer]


def charter(room: str) -> str:
    """Return what the room says of itself in its first line, without the full stop."""
    tree = ast.parse(_front(room).read_text("utf-8"))
    return (ast.get_docstring(tree) or "").partition("\n\n")[0].replace("\n", " ").rstrip(".")


def modules(room: str) -> list[str]:
    """Return what lies in the room; a package ends with a slash."""
    if not (SYNC / room).is_dir():
        return []
    inside = (path for path in (SYNC / room).iterdir() if not path.name.startswith("_"))
    return sorted(
        f"{path.name}/" if path.is_dir() else path.stem
        for path in inside
        if path.is_dir() or path.suffix == ".py"
    )


@cache
def arrows() -> frozenset[Arrow]:
    """Return which room imports which."""
    known = set(rooms())
    return frozenset(
        (room, imported)
        for room in known
        for file in _files(room)
        for imported in _imported(ast.parse(file.read_text("utf-8")))
        if imported in known and imported != room
    )


def needed(all_arrows: frozenset[Arrow]) -> frozenset[Arrow]:
    """Return the arrows without which a room could not be reached: the picture stays readable.

    An arrow is left out where a longer way leads from end to end.
    """

    def reached(room: str) -> set[str]:
        nearest = {below for above, below in all_arrows if above == room}
        return nearest.union(*(reached(below) for below in nearest))

    return frozenset(
        (above, below)
        for above, below in all_arrows
        if not any(below in reached(other) for top, other in all_arrows if top == above)
    )


def table() -> str:
    """Return a row for each room: what it is, and what lies in it."""
    rows = (
        tables.row(
            f"`{room}/`" if modules(room) else f"`{room}`",
            charter(room),
            " ".join(f"`{name}`" for name in modules(room)),
        )
        for room in rooms()
    )
    return tables.table(("room", "what it is", "what lies in it"), rows)


def _front(room: str) -> Path:
    package = SYNC / room / "__init__.py"
    return package if package.exists() else SYNC / f"{room}.py"


def _files(room: str) -> list[Path]:
    return sorted((SYNC / room).rglob("*.py")) or [_front(room)]


def _imported(tree: ast.AST) -> Iterator[str]:
    """Yield the rooms that are imported, by whichever form of import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("sync."))
