"""One run: every school is asked for, so many instances read them, and storage tells the rest."""

from __future__ import annotations

import resource
import time
from collections import Counter
from contextlib import ExitStack
from datetime import datetime
from typing import NamedTuple

from simulators.azurite import start
from sync.edge.world import World, opened
from sync.ledger.marks import AttemptBegun, Pulled, Submitted
from sync.settings.load import load
from sync.steps import tick
from sync.steps.connector import look, sets_on
from sync.steps.delivery import Pull, list_pulls_of
from tests.edge.hosted import second_instance
from tests.scale.group import Group, group_of

LOOK_S = 0.5  # between two looks whether all is done


class Figures(NamedTuple):
    """What came of a run: the pace, what ran, and what storage and SDS have of it.

    `pulling_s` is from the first attempt at a school to the seal of the last, by storage's clock;
    `delivered_s` from the same until SDS had the delivery. `most_attempts`, `most_asked`
    and `most_sets` are of the school or profile that has most; `most_at_once` schools were read at
    the same time.
    """

    instances: int
    pulling_s: float
    delivered_s: float
    cpu_s: float
    ran: Counter[str]
    sealed: int
    most_attempts: int
    most_sets: int
    most_asked: int
    most_at_once: int
    deliveries: int
    hand_overs: int

    @property
    def schools_a_minute(self) -> float:
        return 60 * self.sealed / self.pulling_s


def run(
    schools: int, instances: int, *, wait_s: float, pupils: int = 60, copies: int = 1
) -> Figures:
    """Ask for every school, have *instances* of the app read them, and look what there is.

    *wait_s* is how long iSAMS takes for each school. Each message is there *copies* times: the
    platform gives it at least once (docs/reference/functions.md#at-least-once).

    Raises:
        TimeoutError: no delivery has reached SDS in four times the time that one instance needs.
    """
    with ExitStack() as stack:
        storage = stack.enter_context(start())
        group = stack.enter_context(group_of(storage, schools, pupils=pupils, wait_s=wait_s))
        world = opened(load(group.settings), lambda _: None)
        before_s = _children_s()
        with ExitStack() as running:
            ends = [
                running.enter_context(second_instance(group.settings)) for _ in range(instances)
            ]
            tick.tick(world)  # none was ever read, so all are due
            for school in [*world.settings.schools] * (copies - 1):
                world.nudges.nudge("pull", {"school": school})
            _wait_for_the_delivery(world, group, within_s=60 + 4 * schools * (wait_s + 1))
            ran = Counter(each for end in ends for each in end())
        return _figures(world, group, instances, ran, _children_s() - before_s)


def _children_s() -> float:
    """Return the CPU of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wait_for_the_delivery(world: World, group: Group, *, within_s: float) -> None:
    give_up = time.monotonic() + within_s
    while not group.sds.submissions:
        if time.monotonic() > give_up:
            sealed = sum(each[-1].has(Pulled) for each in _pulls(world).values())
            raise TimeoutError(f"no delivery after {within_s:.0f} s: {sealed} schools are sealed")
        time.sleep(LOOK_S)


def _pulls(world: World) -> dict[str, list[Pull]]:
    return list_pulls_of(world.store, world.settings.schools, at_once=True)


def _figures(
    world: World, group: Group, instances: int, ran: Counter[str], cpu_s: float
) -> Figures:
    pulls = [pull for each in _pulls(world).values() for pull in each]
    (connector,) = world.settings.connectors()
    deliveries = look(world, connector).deliveries
    sets = sets_on(world, connector)
    began = min(_made(pull, AttemptBegun.name_for(1)) for pull in pulls)
    ended = max(_made(pull, Pulled.name_for()) for pull in pulls)
    given = max(delivery.made_at[Submitted.name_for()] for delivery in deliveries)
    return Figures(
        instances=instances,
        pulling_s=(ended - began).total_seconds(),
        delivered_s=(given - began).total_seconds(),
        cpu_s=cpu_s,
        ran=ran,
        sealed=sum(map(bool, sets.values())),
        most_attempts=max(len(pull.numbers(AttemptBegun)) for pull in pulls),
        most_sets=max(map(len, sets.values())),
        most_asked=max(group.isams.asked.values()),
        most_at_once=group.isams.most_at_once,
        deliveries=len(deliveries),
        hand_overs=len(group.sds.submissions),
    )


def _made(pull: Pull, name: str) -> datetime:
    return pull.made_at[name]
