"""Measurements in processes of their own: a child's high-water mark begins at its parent's."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable


def tell(module: str, *arguments: object) -> str:
    """Run `tests.bench.<module>` with *arguments* and return what it printed."""
    command = [sys.executable, "-m", f"tests.bench.{module}", *map(str, arguments)]
    return subprocess.check_output(command, text=True)


def of_nights(
    module: str, pupils: int, nights: Iterable[str], told: Callable[[str, str], str]
) -> str:
    """Have *module* make a school of so many *pupils*, and return what is *told* of each night.

    *told* makes a line of what the module printed and of the night.
    """
    with tempfile.TemporaryDirectory() as folder:
        tell(module, "make", pupils, folder)
        return "\n".join(told(tell(module, "take", folder, night), night) for night in nights)


def run(
    make: Callable[[int, str], None], take: Callable[[str, str], None], line: Callable[[], str]
) -> None:
    """Do what was typed: `make` or `take`, as `of_nights` asks, or all of it."""
    match sys.argv[1:]:
        case ["make", pupils, folder]:
            make(int(pupils), folder)
        case ["take", folder, night]:
            take(folder, night)
        case _:
            sys.stdout.write(line() + "\n")
