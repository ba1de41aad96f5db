"""`python dev.py bench`: every figure of docs/performance.md, from one run.

Invented schools of 1,500, 15,000 and 60,000 pupils by batch, beside other people's readers and a
port of the script of 2020; of 1,500 by REST, groups of schools merged, a school of 60,000
judged and planned, and every screen of the page. Linux and macOS only: Windows does not tell a
process's high-water mark in the same way.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.bench import judging, landed, merging, pages, planning, rest, sending, shipped
from tests.bench.apart import tell
from tests.bench.measure import OURS, Cpu

SIZES = {1_500: 7, 15_000: 3, 60_000: 1}  # pupils: how often each is measured
PEERS_UP_TO = 15_000  # pupils: above it, those that hold the document would need gigabytes
MOST_S = 60.0  # of CPU, for one turn of a peer
MB = 1_000_000


class Measured(NamedTuple):
    """What was measured of one document: CPU by the name of the work."""

    bytes: int
    cpu: dict[str, Cpu]


def main() -> None:
    """Make the documents, measure, print."""
    say("pupils   document   work                       CPU      x floor   memory    x document")
    last = None
    for pupils, repeats in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            document = Path(folder) / "school.xml"
            # In a process of its own: a child's high-water mark begins at its parent's.
            tell("measure", "make", pupils, document)
            last = one_size(pupils, document, repeats, last)
    own = (merging, judging, planning, pages, rest, shipped, sending, landed)
    for module in own:
        say(module.line())


def one_size(pupils: int, document: Path, repeats: int, last: Measured | None) -> Measured:
    """Measure all work on one document, and print a line for each."""
    size = document.stat().st_size
    growth = size / last.bytes if last else 1.0
    names = [*OURS, *peers(pupils, growth, last)]
    told = json.loads(tell("measure", "cpu", document, repeats, *names))
    measured = Measured(size, {name: Cpu(*figures) for name, figures in told.items()})
    floor_s = measured.cpu["parse"].floor_s
    for name, cpu in {"floor": Cpu(floor_s, floor_s, 1.0), **measured.cpu}.items():
        grown = json.loads(tell("measure", "memory", document, name))
        say(
            f"{pupils:6,}  {size / MB:6.1f} MB   {name:24}{cpu.cpu_s:7.3f} s  {cpu.by_floor:6.2f}"
            f"  {grown / MB:8.1f} MB  {grown / size:6.2f}"
        )
    if last:
        took = measured.cpu["parse"].cpu_s / last.cpu["parse"].cpu_s
        say(f"        growth: document x {growth:.1f}, parse x {took:.1f}")
    return measured


def peers(pupils: int, growth: float, last: Measured | None) -> Iterator[str]:
    """Yield the peers that are measured at this size, and say which are left out."""
    if pupils > PEERS_UP_TO:
        say(f"{pupils:6,}  peers are measured up to {PEERS_UP_TO:,} pupils")
        return
    for name in json.loads(tell("peers")):
        if last and (name not in last.cpu or last.cpu[name].cpu_s * growth > MOST_S):
            say(f"{pupils:6,}  {name} is left out: it would take more than {MOST_S:.0f} s")
        else:
            yield name


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
