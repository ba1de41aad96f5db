"""`python dev.py bench`: every figure of docs/performance.md, from one run.

Invented schools of 1,500, 15,000 and 60,000 pupils by batch, of 1,500 by REST, groups of schools
merged, and a school of 60,000 judged and planned. Linux and macOS only: Windows does not tell a
process's high-water mark in the same way.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.bench import judging, merging, planning, rest, sending, shipped
from tests.bench.apart import tell

SIZES = {1_500: 7, 15_000: 3, 60_000: 1}  # pupils: how often each is measured
WORK = ("floor", "parse", "parse_and_build", "pull")
MB = 1_000_000


def main() -> None:
    """Make the documents, measure, print."""
    say("pupils   document   work              CPU      x floor   memory    x document")
    last: dict[str, float] = {}
    for pupils, repeats in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            document = Path(folder) / "school.xml"
            # In a process of its own: a child's high-water mark begins at its parent's.
            tell("measure", "make", pupils, document)
            size = document.stat().st_size
            found = {name: measure(name, document, repeats) for name in WORK}
        for name, told in found.items():
            say(
                f"{pupils:6,}  {size / MB:6.1f} MB   {name:16}"
                f"{told['cpu_s']:7.3f} s  {told['cpu_s'] / found['floor']['cpu_s']:6.2f}"
                f"  {told['grown_bytes'] / MB:8.1f} MB  {told['grown_bytes'] / size:6.2f}"
            )
        if last:
            grew = size / last["size"]
            took = found["parse_and_build"]["cpu_s"] / last["cpu_s"]
            say(f"        growth: document x {grew:.1f}, parse and build x {took:.1f}")
        last = {"size": size, "cpu_s": found["parse_and_build"]["cpu_s"]}
    say(merging.line())
    say(judging.line())
    say(planning.line())
    say(rest.line())
    say(shipped.line())
    say(sending.line())


def measure(name: str, document: Path, repeats: int) -> dict[str, float]:
    """Run one measurement in a process of its own."""
    told: dict[str, float] = json.loads(tell("measure", name, document, repeats))
    return told


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
