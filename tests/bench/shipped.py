"""The tree as it is shipped: the app and the packages of its lock, with bytecode, and no more.

Run by `tests.bench`; alone by `python -m tests.bench.shipped`. Each figure is CPU of a fresh
process, user and system, and what is told is the difference of two that ran one after the other.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import files
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = Path(".python_packages") / "lib" / "site-packages"
TURNS = 9
MOST_START_MS = 130.0  # above the import of the library that every Python app on Functions has
LIBRARY = "import azure.functions"
START = "import function_app"
_CALLED = (
    f"{START}; from contextlib import suppress\nwith suppress(Exception): function_app.handlers."
)
FIRST_CALLS = {
    # Without settings each ends as soon as all is loaded that it needs.
    "pull": f"{_CALLED}on_pull(b'', '')",
    "send": f"{_CALLED}on_send(b'', '')",
    "tick": f"{_CALLED}on_timer('')",
    "an address": f"{_CALLED}on_request('status', None)",
}
CLIENTS = f"{START}, azure.identity, azure.storage.blob, azure.storage.queue"
_CPU = (
    "\nimport resource; used = resource.getrusage(resource.RUSAGE_SELF)"
    "; print(used.ru_utime + used.ru_stime)"
)


def line() -> str:
    """Return the lines of the bench: what a start costs as shipped, and what first calls add.

    Raises `RuntimeError` if a start takes more than it may.
    """
    codes = (LIBRARY, START, *FIRST_CALLS.values(), CLIENTS)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        lay(tree)
        raw = cpu_ms(tree, (START, FIRST_CALLS["pull"]), times=1)
        compileall.compile_dir(tree, quiet=2)
        compiled = cpu_ms(tree, codes, times=TURNS)
    start_ms = above(compiled, START, LIBRARY)
    if start_ms > MOST_START_MS:
        raise RuntimeError(f"a start takes more than it may: {start_ms:.0f} ms")
    first = (f"{name} {above(compiled, code, START):.0f}" for name, code in FIRST_CALLS.items())
    return (
        f"{START}: CPU {start_ms:.0f} ms above {LIBRARY} (at most {MOST_START_MS:.0f};"
        f" median of {TURNS}, as shipped), which takes {statistics.median(compiled[LIBRARY]):.0f}\n"
        f"what a first call loads beyond it, CPU in ms: {', '.join(first)};"
        f" the clients of storage and sign-in besides {above(compiled, CLIENTS, START):.0f};"
        f" a pull without bytecode {above(raw, FIRST_CALLS['pull'], START):.0f} (once)"
    )


def above(told: Mapping[str, Sequence[float]], code: str, less: str) -> float:
    """Return by how much *code* takes more than *less* did just before it: the median."""
    return statistics.median(
        took - least for took, least in zip(told[code], told[less], strict=True)
    )


def lay(tree: Path) -> None:
    """Copy into *tree* what a deployment holds, as source alone."""
    shutil.copy(ROOT / "function_app.py", tree)
    shutil.copytree(ROOT / "sync", tree / "sync", ignore=shutil.ignore_patterns("__pycache__"))
    lock = (ROOT / "requirements.txt").read_text("utf-8")
    for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE):
        for file in files(name) or ():
            # Scripts lie outside of the packages, and the app calls none.
            if ".." not in file.parts and file.suffix != ".pyc":
                target = tree / PACKAGES / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), target)


def cpu_ms(tree: Path, codes: Sequence[str], *, times: int) -> dict[str, list[float]]:
    """Return what each of *codes* takes in CPU, each time in a fresh interpreter, in turn.

    That of the interpreter itself is in all of them. The files have been read once before. -S
    leaves out every package but those of *tree*, and nothing is written: bytecode that is missing
    is missed each time.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    env |= {"PYTHONPATH": str(tree / PACKAGES), "PYTHONDONTWRITEBYTECODE": "1"}
    told: dict[str, list[float]] = {code: [] for code in codes}
    for _ in range(times + 1):
        for code in codes:
            command = [sys.executable, "-S", "-c", code + _CPU]
            said = subprocess.check_output(
                command, text=True, cwd=tree, env=env, stderr=subprocess.DEVNULL
            )
            told[code].append(1000 * float(said))
    return {code: each[1:] for code, each in told.items()}


if __name__ == "__main__":
    sys.stdout.write(line() + "\n")
