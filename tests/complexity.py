"""`python -m tests.complexity`: which functions and classes of `sync/` have too many ways through.

radon counts a way for each branch, loop, handler and boolean operator; ruff's own rule, which also
runs, does not count the operators. What is hard to read for a good reason is argued in
pyproject.toml, by its file and name. An argument for what has become simple must go.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from radon.complexity import cc_visit

ROOT = Path(__file__).resolve().parent.parent
MOST = 10  # ways through a block; above it radon's letter is C or worse


def main() -> int:
    """Say what is too hard to read, and return 1 if anything is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    files = sorted((ROOT / "sync").rglob("*.py"))
    hard = {
        name: ways
        for file in files
        for name, ways in hard_blocks(file.relative_to(ROOT).as_posix(), file.read_text("utf-8"))
    }
    faults = list(complaints(hard, project["tool"]["complexity"]["argued"]))
    for fault in faults or [
        f"{len(files)} files: no block of more than {MOST} ways that is not argued"
    ]:
        sys.stdout.write(f"{fault}\n")
    return 1 if faults else 0


def hard_blocks(file: str, source: str) -> Iterator[tuple[str, int]]:
    """Yield each function, method and class of *source* above the limit, with its ways."""
    for block in cc_visit(source):
        if block.complexity > MOST:
            yield f"{file}:{block.fullname}", block.complexity


def complaints(hard: Mapping[str, int], argued: Mapping[str, str]) -> Iterator[str]:
    """Yield what is hard and not argued, and what is argued and not hard."""
    for name, ways in hard.items():
        if name not in argued:
            yield f"{name}: {ways} ways through it, {MOST} are allowed. Take it apart, or argue it"
    for name in argued:
        if name not in hard:
            yield f"{name}: argued in pyproject.toml, and simple. Take the argument out"


if __name__ == "__main__":
    sys.exit(main())
