"""The tree as it is shipped: the app and the packages of its lock, with bytecode, and no more."""

from __future__ import annotations

import compileall
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import files
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = Path(".python_packages") / "lib" / "site-packages"
IMPORTS = 9
_CODE = (
    "import time; began = time.perf_counter(); import function_app;"
    " print(time.perf_counter() - began)"
)


def line() -> str:
    """Return the line of the bench: what a start costs as shipped, and without bytecode."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        lay(tree)
        raw_s = import_s(tree, times=1)
        compileall.compile_dir(tree, quiet=2)
        compiled_s = import_s(tree, times=IMPORTS)
    return (
        f"import function_app: {1000 * compiled_s:.0f} ms (median of {IMPORTS}, as shipped);"
        f" {1000 * raw_s:.0f} ms without bytecode (once)"
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


def import_s(tree: Path, *, times: int) -> float:
    """Return the median seconds that importing the app takes in a fresh interpreter.

    The files have been read once before. -S leaves out every package but those of *tree*, and
    nothing is written: bytecode that is missing is missed each time.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    env |= {"PYTHONPATH": str(tree / PACKAGES), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-S", "-c", _CODE]
    runs = [
        float(subprocess.check_output(command, text=True, cwd=tree, env=env))
        for _ in range(times + 1)
    ]
    return statistics.median(runs[1:])
