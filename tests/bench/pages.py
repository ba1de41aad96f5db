"""What CPU each screen of the page takes: of 1,500 pupils, and where there are a hundred schools.

A plan is held in either: somebody has exchanged two set lists, or nearly all of a school have left.
Storage is memory, so what is measured is the app's own work. The first look at a screen compiles
its template, as the first after a start does; the others are what a visitor waits for. Run by
`tests.bench`; alone by `python -m tests.bench.pages`. Each of the two is a process of its own.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping

from simulators.school import invent
from sync.report import Outcome
from tests.bench.apart import tell
from tests.edge.page_stage import Browser, rest, screens, swapped
from tests.simulation.group import Group
from tests.worlds import TestWorld

PUPILS, SCHOOLS = 1_500, 100
LOOKS = 7


def school() -> TestWorld:
    """Return a school of which a plan is held."""
    return swapped(invent(PUPILS))


def group() -> TestWorld:
    """Return as many schools on one connector, of which one is held."""
    scene = Group(SCHOOLS).scene
    scene.send_until_still()
    rest(scene)
    scene.next_night(changed=invent(3, quirks=False))
    if scene.send_until_still().outcome is not Outcome.HELD:
        raise RuntimeError("the school is not held")
    rest(scene)
    return scene


CASES: Mapping[str, tuple[Callable[[], TestWorld], str, float]] = {
    "school": (school, f"{PUPILS:,} pupils", 300.0),
    "group": (group, f"{SCHOOLS} schools", 1_000.0),
}
"""What is looked at, what it is called, and the most ms of CPU that a screen may take."""


def take(case: str) -> None:
    """Look at every screen of *case*, and say what the first look took, and then the median."""
    scene = CASES[case][0]()
    browser, took = Browser(scene), dict[str, tuple[float, float]]()
    for name, click in screens(scene).items():
        looks = list[float]()
        for _ in range(LOOKS):
            gc.collect()
            began = time.process_time()
            click(browser)
            looks.append((time.process_time() - began) * 1_000)
        took[name] = looks[0], statistics.median(looks[1:])
    sys.stdout.write(json.dumps(took) + "\n")


def line() -> str:
    """Measure, and return a line to print for each screen; raise if one is beyond the bounds."""
    return "\n".join(_line(case) for case in CASES)


def _line(case: str) -> str:
    _, called, most_ms = CASES[case]
    took: dict[str, list[float]] = json.loads(tell("pages", case))
    beyond = {name: first for name, (first, _) in took.items() if first > most_ms}
    if beyond:
        raise RuntimeError(f"a screen took more than {most_ms:.0f} ms: {beyond}")
    rows = [f"  {name:18}{first:5.0f}{then:6.0f}" for name, (first, then) in took.items()]
    return "\n".join([f"page, {called}: ms of CPU of a first look, and of a later one", *rows])


if __name__ == "__main__":
    if sys.argv[1:]:
        take(sys.argv[1])
    else:
        sys.stdout.write(line() + "\n")
