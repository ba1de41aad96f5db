"""What 24 hours ask of Azure: a night in which every school has changed, and the idle day after it.

The pages have these counts (`tests.pages.cost_page`); a test lives through the days anew.
`python -m tests.simulation days` does so and prints what to write here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tests.simulation.group import HOUR_S, Group, Night


class Day(NamedTuple):
    """Runs of functions, calls of the rosters' account, and messages in 24 hours.

    `reads` are those of blobs, `looks` those at the clock. `peeks` are the app's own calls of
    queues. A message is put by the app, and got and deleted by the host: three calls.
    """

    ticks: int
    pulls: int
    sends: int
    lists: int
    reads: int
    looks: int
    writes: int
    deletes: int
    pull_messages: int
    send_messages: int
    peeks: int


DAYS: Mapping[int, Day] = {
    1: Day(
        ticks=288,
        pulls=1,
        sends=22,
        lists=460,
        reads=1_051,
        looks=82,
        writes=83,
        deletes=41,
        pull_messages=1,
        send_messages=22,
        peeks=576,
    ),
    10: Day(
        ticks=288,
        pulls=10,
        sends=31,
        lists=819,
        reads=2_150,
        looks=138,
        writes=234,
        deletes=66,
        pull_messages=10,
        send_messages=31,
        peeks=576,
    ),
    100: Day(
        ticks=288,
        pulls=160,
        sends=120,
        lists=4_308,
        reads=11_867,
        looks=734,
        writes=1_763,
        deletes=336,
        pull_messages=160,
        send_messages=120,
        peeks=576,
    ),
}
"""By how many schools share a connector; each has one profile.

A hundred are read one after another, 15 s apart: that takes 25 minutes, and ticks ask again for
those that have waited for ten. So 60 of the pulls find their school read.
"""


def lived(schools: int) -> Day:
    """Live through the 24 hours from 22:00 in London, after an hour in which nothing happens."""
    group = Group(schools)
    clock = group.scene.clock
    clock.advance_to(12)
    clock.advance_to(20)
    group.begin_to_tick()
    group.go_on_until(clock.passed_s + HOUR_S)
    for counts in (group.store.calls, group.runs, group.messages):
        counts.clear()
    group.peeks = 0
    group.prepare(Night("a day"))
    group.go_on_until(clock.passed_s + 24 * HOUR_S)
    calls, runs, messages = group.store.calls, group.runs, group.messages
    return Day(
        ticks=runs["tick"],
        pulls=runs["pull"],
        sends=runs["send"],
        lists=calls["list"],
        reads=calls["read"],
        looks=calls["now"],
        writes=calls["write"],
        deletes=calls["delete"],
        pull_messages=messages["pull"],
        send_messages=messages["send"],
        peeks=group.peeks,
    )
