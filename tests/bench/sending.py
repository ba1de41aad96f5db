"""What memory each invocation of two nights takes, from a reading to the end of SDS's run.

Each invocation is a process of its own, as it may be on Azure: the app and Azure's packages are
imported as the worker has them, storage is a folder, and the simulated SDS is a process beside it.
What counts is the most that the whole process ever had. Between invocations the clock is moved by
as long as the app asks to wait. Run by `tests.bench`; alone by `python -m tests.bench.sending`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.bench.apart import tell
from tests.bench.measure import chunks, high_water_bytes

if TYPE_CHECKING:
    from sync.edge.world import World
    from sync.report import Step

PAUSE_S = 5.0  # as a message waits for a poll
LEAVES_EACH = 50  # of so many pupils one has left on the second night
SMALLEST_PUPILS = 15_000
"""So many are to fit into the smallest instance, which has 512 MB."""

MOST_BYTES = 250_000_000
"""Of these: 400 MB leave a margin, and 150 MB are taken for the Functions host and its worker."""

MB = 1_000_000
NIGHTS = 2


class Case(NamedTuple):
    """Schools of so many pupils each on one connector."""

    schools: int
    pupils: int


CASES = (
    Case(1, 1_500),
    Case(1, 15_000),
    Case(10, 1_500),
    Case(1, 60_000),
    Case(100, 600),
)


class Took(NamedTuple):
    """One invocation: the most memory of its process, and how its step ended."""

    high_bytes: int
    cpu_s: float
    outcome: str
    again_in_s: float | None


class FileClock:
    """The machine's clock, ahead by the seconds in a file that all processes share."""

    def __init__(self, folder: Path) -> None:
        self._ahead = folder / "ahead_s"

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._ahead_s())

    def monotonic_s(self) -> float:
        return time.monotonic() + self._ahead_s()

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self._ahead.write_text(f"{self._ahead_s() + seconds}")

    def _ahead_s(self) -> float:
        return float(self._ahead.read_text()) if self._ahead.exists() else 0.0


# -- what is outside: an SDS in a process of its own, and a document for each night


def make(folder: Path, case: Case) -> None:
    """Write what iSAMS gives of each school on either night."""
    from simulators.isams.documents import batch_xml
    from simulators.school import invent, without_pupils
    from sync.isams.datasets import BY_METHOD

    for number in range(case.schools):
        school = invent(case.pupils, seed=number + 1, key=f"s{number:03}")
        for night in range(NIGHTS):
            with (folder / f"s{number:03}-{night}.xml").open("wb") as out:
                out.writelines(batch_xml(school, BY_METHOD))
            left = [pupil.school_id for pupil in school.pupils[::LEAVES_EACH]]
            school = without_pupils(school, left)


def serve(folder: Path, case: Case) -> None:
    """Serve SDS until stdin ends; say first by which settings it is reached."""
    from simulators import staging
    from simulators.sds import Knobs, SdsSimulator
    from simulators.sds.listening import listening

    sds = SdsSimulator(clock=FileClock(folder).now, knobs=Knobs(run_duration_s=60))
    with listening(sds) as url:
        env = staging.sds_settings(sds, url) | {"SDS__HOLD_FIRST": "false"}
        env["STORAGE__FOLDER"] = str(folder / "rosters")
        for number in range(case.schools):
            place = f"SCHOOLS__S{number:03}__"
            env[f"{place}NAME"] = f"School {number}"
            env[f"{place}ID"] = f"{9_990_000 + number}"
            env[f"{place}ISAMS_HOST"] = f"s{number:03}.isams.example"
            env[f"{place}ISAMS_KEY"] = "00000000-invented"
            for half, years in enumerate(("-1-6", "7-13")):
                env[f"PROFILES__P{number:03}X{half}__YEAR_GROUPS"] = years
                env[f"PROFILES__P{number:03}X{half}__SCHOOL"] = f"s{number:03}"
        sys.stdout.write(json.dumps(env) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


# -- an invocation


def invoke(folder: Path, night: str, queue: str, about: str) -> None:
    """Do one step as the app does, in this process, and say what it took."""
    import function_app  # noqa: F401  # what the worker imports counts

    world = _opened(folder, night)
    step = _step(world, queue, about)
    took = Took(high_water_bytes(), time.process_time(), str(step.outcome), step.again_in_s)
    if step.error:
        raise RuntimeError(step.line())
    sys.stdout.write(json.dumps(took) + "\n")


def _step(world: World, queue: str, about: str) -> Step:
    from sync.steps import pull, schedule, send

    if queue == "send":
        return send.send(world, about)
    schedule.ask(world, about, "bench")
    return pull.pull(world, about)


def _opened(folder: Path, night: str) -> World:
    """Return the app's own world, but for the clock, iSAMS and the queues."""
    import azure.functions
    import azure.identity  # noqa: F401  # what the app loads on Azure counts
    import azure_functions_runtime  # noqa: F401  # what its worker loads counts
    import httpx

    import sync.edge.storage.azure_blobs
    import sync.edge.storage.azure_queues  # noqa: F401  # so does this
    from sync.edge.isams.batch import Isams
    from sync.edge.storage.folder import FolderStore
    from sync.edge.storage.noting import NotingStore
    from sync.edge.storage.queues import Unqueued
    from sync.edge.world import opened
    from sync.settings.load import load

    settings, clock, nudges = load(os.environ), FileClock(folder), Unqueued()

    def source(key: str) -> Isams:
        def answer(_: httpx.Request) -> httpx.Response:
            return httpx.Response(200, content=chunks(folder / f"{key}-{night}.xml"))

        return Isams(settings.schools[key], clock, transport=httpx.MockTransport(answer))

    store = NotingStore(FolderStore(folder / "rosters", clock=clock), clock)
    world = opened(settings, _unheard, nudges=nudges, clock=clock)
    return replace(world, store=store, source=source)


def _unheard(_: Step) -> None:
    """Tell nobody."""


# -- two nights of invocations


@contextmanager
def _served(folder: Path, case: Case) -> Iterator[Mapping[str, str]]:
    words = ["serve", str(folder), *map(str, case)]
    command = [sys.executable, "-m", "tests.bench.sending", *words]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        if server.stdin is None or server.stdout is None:
            raise RuntimeError("the server has no pipes")
        try:
            yield json.loads(server.stdout.readline())
        finally:
            server.stdin.close()


def measure(case: Case) -> Mapping[str, Took]:
    """Live through two nights; return by step the invocation that took most."""
    took: defaultdict[str, list[Took]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        tell("sending", "make", folder, *case)
        with _served(folder, case) as settings:
            os.environ.update(settings)
            for night in range(NIGHTS):
                for step, one in _night(folder, night, case, settings["SDS__CONNECTOR"]):
                    took[step].append(one)
                FileClock(folder).sleep(86_400)
    return {step: max(each, key=lambda one: one.high_bytes) for step, each in took.items()}


def _night(folder: Path, night: int, case: Case, connector: str) -> Iterator[tuple[str, Took]]:
    clock = FileClock(folder)
    for number in range(case.schools):
        yield "pull", _told(folder, night, "pull", f"s{number:03}")
    while True:
        one = _told(folder, night, "send", connector)
        yield f"send: {one.outcome}", one
        if one.again_in_s is None:
            return
        clock.sleep(max(one.again_in_s, PAUSE_S))


def _told(folder: Path, night: int, queue: str, about: str) -> Took:
    return Took(*json.loads(tell("sending", "invoke", folder, night, queue, about)))


def line() -> str:
    """Measure, and return lines to print for each case; raise if one is beyond the bounds."""
    return "\n".join(map(_line, CASES))


def _line(case: Case) -> str:
    took = measure(case)
    step, most = max(took.items(), key=lambda item: item[1].high_bytes)
    if case.schools * case.pupils <= SMALLEST_PUPILS and most.high_bytes > MOST_BYTES:
        raise RuntimeError(f"{step} took more memory than it may: {case}, {most}")
    of_steps = "; ".join(f"{name} {one.high_bytes / MB:.0f}" for name, one in took.items())
    return (
        f"two nights of {case.schools} x {case.pupils:,} pupils: the process has at most"
        f" {most.high_bytes / MB:.0f} MB, in {step} ({of_steps})"
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", folder, *numbers]:
            make(Path(folder), Case(*map(int, numbers)))
        case ["serve", folder, *numbers]:
            serve(Path(folder), Case(*map(int, numbers)))
        case ["invoke", folder, night, queue, about]:
            invoke(Path(folder), night, queue, about)
        case [schools, pupils]:
            sys.stdout.write(_line(Case(int(schools), int(pupils))) + "\n")
        case _:
            sys.stdout.write(line() + "\n")
