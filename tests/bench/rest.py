"""How long a school takes by REST: 1,500 pupils, some 1,200 sets, 50 ms for each answer.

Once people and sets alone, as most schools need them, and once all that REST can tell, for which
each employee's timetable is a question too.

Each side is a process of its own: `serve` is the simulator on loopback, `read` the client, whose
memory is how far its high-water mark rose. Run by `tests.bench`; alone by
`python -m tests.bench.rest`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import NamedTuple

from pydantic import SecretStr

from sync.edge.clock import Budget, SystemClock
from sync.edge.isams.rest import RestIsams
from sync.isams.datasets import EXTRAS, NOTHING_MORE, TEACHING_FORMS, Wanted
from sync.settings import SchoolSettings
from tests.bench.measure import high_water_bytes

PUPILS = 1_500
DELAY_S = 0.05
MOST_S = 30.0
MOST_GROWN_BYTES = 60_000_000
BUDGET_S = 180.0
MB = 1_000_000
WANTED = {
    "people and sets": NOTHING_MORE,
    "all that it tells": Wanted(needed=frozenset(EXTRAS) - {TEACHING_FORMS}, tutors=True),
}


class Took(NamedTuple):
    """One reading of the whole school."""

    wall_s: float
    cpu_s: float
    grown_bytes: int
    sets: int
    lessons: int


def serve() -> None:
    """Serve the school until stdin ends; say first where, and who may read it."""
    from simulators.isams import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, IsamsSimulator
    from simulators.school import invent
    from simulators.serving import serve as serving

    simulator = IsamsSimulator(invent(PUPILS))
    simulator.rest.delay_s = DELAY_S
    with serving(simulator) as url:
        sys.stdout.write(f"{url} {DEMO_CLIENT_ID} {DEMO_CLIENT_SECRET}\n")
        sys.stdout.flush()
        sys.stdin.read()


def read(wanted: str, url: str, client_id: str, secret: str) -> None:
    """Read the school once, with one of `WANTED`, and say what it took."""
    place = SchoolSettings(
        name="Northbank School",
        id="9990001",
        isams_host=url,
        isams_api="rest",
        isams_client_id=client_id,
        isams_client_secret=SecretStr(secret),
    )
    clock = SystemClock()
    before, cpu_s, began = high_water_bytes(), time.process_time(), time.perf_counter()
    school = RestIsams(place, clock).school(Budget.of(clock, BUDGET_S), WANTED[wanted])
    took = Took(
        wall_s=time.perf_counter() - began,
        cpu_s=time.process_time() - cpu_s,
        grown_bytes=high_water_bytes() - before,
        sets=len(school.sets),
        lessons=len(school.lessons or ()),
    )
    sys.stdout.write(json.dumps(took) + "\n")


def measure(wanted: str) -> Took:
    """Start a server, read from it in a fresh process, and stop it."""
    command = [sys.executable, "-m", "tests.bench.rest"]
    with subprocess.Popen(
        [*command, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        if server.stdin is None or server.stdout is None:
            raise RuntimeError("the server has no pipes")
        try:
            reader = [*command, "read", wanted, *server.stdout.readline().split()]
            return Took(*json.loads(subprocess.check_output(reader, text=True)))
        finally:
            server.stdin.close()


def line() -> str:
    """Measure, and return a line to print for each reading; raise if one is beyond the bounds."""
    return "\n".join(_line(wanted) for wanted in WANTED)


def _line(wanted: str) -> str:
    took = measure(wanted)
    if took.wall_s > MOST_S or took.grown_bytes > MOST_GROWN_BYTES:
        raise RuntimeError(f"REST took more than it may: {took}")
    lessons = f", {took.lessons:,} lessons" if took.lessons else ""
    return (
        f"REST, {wanted}: {PUPILS:,} pupils, {took.sets:,} sets{lessons},"
        f" {DELAY_S * 1000:.0f} ms an answer:"
        f" {took.wall_s:.1f} s (at most {MOST_S:.0f}), CPU {took.cpu_s:.1f} s,"
        f" memory {took.grown_bytes / MB:.1f} MB (at most {MOST_GROWN_BYTES / MB:.0f})"
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve"]:
            serve()
        case ["read", wanted, url, client_id, secret]:
            read(wanted, url, client_id, secret)
        case _:
            sys.stdout.write(line() + "\n")
