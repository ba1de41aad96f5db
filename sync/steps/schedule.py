"""Which pulls are asked for: what is due by a school's clock, and what a person asks for."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from sync.edge.world import World
from sync.ledger import ids, states
from sync.ledger.marks import TIMER, Asked, Failed
from sync.report import Outcome, Step
from sync.steps.delivery import Pull, list_pulls
from sync.steps.retries import asked_by_timer, night_ends
from sync.steps.strikes import last_strike


def ask(world: World, school: str, by: str) -> Step:
    """Ask for a pull of *school* now and nudge; *by* says who asks: a person.

    Now is storage's: a machine whose clock runs ahead would name a pull that is newest for days.
    Names hold whole seconds, so who asks just after another pull is given the next second.
    """
    now = world.store.now()
    listed = [pull.id for pull in list_pulls(world.store, school)]
    while True:
        pull_id = ids.stamp(ids.after(now, listed))
        step = _asked(world, school, pull_id, by, now)
        if step.outcome is Outcome.ASKED:
            return step
        listed = [pull_id]  # somebody was quicker


def ask_due(world: World, school: str, pulls: Sequence[Pull], due: datetime) -> bool:
    """Ask for the pull that fell *due*, unless another tick has; say whether it was us.

    *pulls* are those that did not answer for it, so two ticks at once choose the same name.
    """
    pull_id = ids.stamp(ids.after(due, (pull.id for pull in pulls)))
    return _asked(world, school, pull_id, TIMER, due).outcome is Outcome.ASKED


def _asked(world: World, school: str, pull_id: str, by: str, at: datetime) -> Step:
    """Ask for the pull of that id, if nobody has, and nudge."""
    pull = Pull(pull_id, {}, world.store, ids.pulls_folder(school))
    made = pull.claim(Asked(at=at, by=f"{by} {uuid.uuid4().hex}", caller=world.caller))
    if made:
        world.nudges.nudge("pull", {"school": school})
    outcome = Outcome.ASKED if made else Outcome.NOTHING
    step = Step("ask", outcome, school, facts=_ahead(pull_id, at), pull=pull_id)
    world.tell(step)
    return step


def _ahead(pull_id: str, at: datetime) -> dict[str, int]:
    """Return by how many hours a pull had to be named ahead of its moment, if it was much."""
    ahead = ids.pulled_at(pull_id) - at
    return {"ahead_h": ceil(ahead / timedelta(hours=1))} if ahead > states.STANDSTILL else {}


def due_pull(world: World, school: str, pulls: Sequence[Pull], now: datetime) -> datetime | None:
    """Return the moment at which a pull was due for which none was asked, None if there is none.

    A tick that comes a moment early, or not at all, is made up for by the next:
    docs/reference/functions.md#early-tick, docs/reference/functions.md#pull-at-alone.
    """
    settings = world.settings.schools[school]
    due = last_strike(settings.pull_at, settings.time_zone, now)
    latest = now + states.STANDSTILL  # what is dated later is of a clock that ran ahead
    asked = [(pull, pull.when(Asked) or ids.moment_of_stamp(pull.id)) for pull in pulls]
    is_night = now < night_ends(settings, due)
    since = [pull for pull, at in asked if due <= at <= latest]
    return None if any(not (is_night and _came_to_nothing(pull)) for pull in since) else due


def _came_to_nothing(pull: Pull) -> bool:
    """Say whether *pull* is a person's that failed: it was given up within minutes.

    The night that it came before is still to be tried, until the morning.
    """
    return pull.has(Failed) and not asked_by_timer(pull)
