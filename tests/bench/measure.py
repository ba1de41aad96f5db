"""The work that is measured, and how: run by `tests.bench`, prints one JSON object.

CPU time is of this process alone. A machine does not stay as fast as it is: between processes the
same work took 1.6 times as long. So what is compared is done in one process, in turn with the
floor, and its ratio is that of two neighbours. Memory is how far the process's high-water mark
rose above where it stood before the work: a fresh process each time.
"""

from __future__ import annotations

import gc
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

import httpx
from pydantic import SecretStr

from simulators.isams.documents import batch_xml
from simulators.school import invent
from sync.edge.clock import SystemClock
from sync.edge.isams.batch import Isams
from sync.edge.storage.opening import open_store
from sync.edge.storage.queues import Unqueued
from sync.edge.world import Target, World
from sync.isams.batch.reader import read_document
from sync.isams.datasets import BY_METHOD
from sync.roster.build import build_roster
from sync.sds import rules, tables
from sync.settings import (
    ProfileSettings,
    SchoolSettings,
    SdsSettings,
    Settings,
    StorageSettings,
)
from sync.steps import pull as run
from sync.steps import schedule

CHUNK_BYTES = 64 * 1024
PLACE = SchoolSettings(
    name="Northbank School",
    id="9990001",
    isams_host="northbank.isams.example",
    isams_key=SecretStr("00000000-invented"),
)
PROFILE = ProfileSettings(year_groups=frozenset(range(-1, 14)))


def chunks(document: Path) -> Iterator[bytes]:
    """Yield the document as a network would."""
    with document.open("rb") as body:
        while chunk := body.read(CHUNK_BYTES):
            yield chunk


def floor(document: Path) -> None:
    """Read the bytes with expat and no handlers: the least that a check of XML costs."""
    parser = expat.ParserCreate()
    for chunk in chunks(document):
        parser.Parse(chunk)
    parser.Parse(b"", True)  # noqa: FBT003  # expat takes it by place only


def parse(document: Path) -> None:
    """Read the school."""
    read_document(chunks(document))


def parse_and_build(document: Path) -> None:
    """Read the school and build the checked files of one profile that covers all of it."""
    built = build_roster(read_document(chunks(document)), PLACE, PROFILE, 2026, date(2026, 11, 21))
    rules.files(tables.roster_rows(built.roster))


def pull(document: Path) -> None:
    """Everything a pull does: HTTP answer, parse, build, check, seal in the folder store."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=chunks(document))

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            schools={"northbank": PLACE},
            profiles={"all": PROFILE},
            sds=SdsSettings(connector="bench"),
            storage=StorageSettings(folder=str(Path(folder) / "rosters")),
        )
        clock = SystemClock()
        world = World(
            settings=settings,
            clock=clock,
            store=open_store(settings.storage),
            nudges=Unqueued(),
            source=lambda _: Isams(PLACE, clock, transport=httpx.MockTransport(answer)),
            target=_no_target,
            tell=lambda _: None,
        )
        schedule.ask(world, "northbank", "bench")
        step = run.pull(world, "northbank")
        if step.outcome != "sealed":
            raise RuntimeError(step.line())


def _no_target() -> Target:
    raise RuntimeError("a pull does not talk to SDS")


FLOOR = "floor"
OURS: dict[str, Callable[[Path], object]] = {
    "parse": parse,
    "parse and build": parse_and_build,
    "whole pull": pull,
}


class Cpu(NamedTuple):
    """Work done so often in turn with the floor: the median of its seconds, and of the ratios."""

    cpu_s: float
    floor_s: float
    by_floor: float


def work(name: str) -> Callable[[Path], object]:
    """Return what is measured under *name*; other people's packages are loaded only for theirs."""
    if name == FLOOR:
        return floor
    if name in OURS:
        return OURS[name]
    from tests.bench.peers import PEERS

    return PEERS[name]


def make(pupils: str, document: str) -> None:
    """Write the batch document of an invented school."""
    with Path(document).open("wb") as out:
        out.writelines(batch_xml(invent(int(pupils)), BY_METHOD))


def side_by_side(document: Path, repeats: int, names: Sequence[str]) -> dict[str, Cpu]:
    """Do each of *names* so often, every time right after the floor."""
    works = {name: work(name) for name in names}
    gc.freeze()  # what others have loaded is no part of anybody's work
    return {name: in_turn(each, document, repeats) for name, each in works.items()}


def in_turn(each: Callable[[Path], object], document: Path, repeats: int) -> Cpu:
    """Do the floor and *each* in turn; before either, what the last left behind is collected."""
    pairs = [(cpu_s(floor, document), cpu_s(each, document)) for _ in range(repeats)]
    return Cpu(
        cpu_s=statistics.median(took for _, took in pairs),
        floor_s=statistics.median(least for least, _ in pairs),
        by_floor=statistics.median(took / least for least, took in pairs),
    )


def cpu_s(each: Callable[[Path], object], document: Path) -> float:
    gc.collect()
    began = time.process_time()
    each(document)
    return time.process_time() - began


def grown_bytes(document: Path, name: str) -> int:
    """Do *name* once and return by how much the most memory of this process rose."""
    each, before = work(name), high_water_bytes()
    each(document)
    return high_water_bytes() - before


def high_water_bytes() -> int:
    """Return the most memory that this process has had so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main(arguments: Sequence[str]) -> None:
    """Make a document, or print what was measured of one."""
    match arguments:
        case ["make", pupils, document]:
            make(pupils, document)
        case ["memory", document, name]:
            sys.stdout.write(json.dumps(grown_bytes(Path(document), name)) + "\n")
        case ["cpu", document, repeats, *names]:
            sys.stdout.write(json.dumps(side_by_side(Path(document), int(repeats), names)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
