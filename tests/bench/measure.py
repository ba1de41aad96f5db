"""One measurement in one process: run by `tests.bench`, prints one JSON object.

CPU time is of this process alone, so other work on the machine hardly shows. Memory is how far the
process's high-water mark rose above where it stood before the work: a fresh process each time.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
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


WORK: dict[str, Callable[[Path], None]] = {
    "floor": floor,
    "parse": parse,
    "parse_and_build": parse_and_build,
    "pull": pull,
}


def make(pupils: str, document: str) -> None:
    """Write the batch document of an invented school."""
    with Path(document).open("wb") as out:
        out.writelines(batch_xml(invent(int(pupils)), BY_METHOD))


def main(name: str, document: str, repeats: str) -> None:
    """Do *name* over *document*; the first time, with its memory, does not count for CPU time."""
    work, path = WORK[name], Path(document)
    before = high_water_bytes()
    times_s = []
    for turn in range(int(repeats) + 1):
        began = time.process_time()
        work(path)
        times_s.append(time.process_time() - began)
        if turn == 0:
            grown = high_water_bytes() - before
    told = {"cpu_s": statistics.median(times_s[1:]), "grown_bytes": grown}
    sys.stdout.write(json.dumps(told) + "\n")


def high_water_bytes() -> int:
    """Return the most memory that this process has had so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
