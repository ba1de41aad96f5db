"""`run`: pull and send once, on the configured store, and stay until SDS has answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from sync.edge.clock import Budget
from sync.edge.world import World
from sync.errors import SyncError, concerning
from sync.ledger import states
from sync.ledger.marks import TERMINAL
from sync.report import Outcome, Step
from sync.steps import pull, schedule, sweep
from sync.steps.connector import look
from sync.steps.destination import find_destination
from sync.terminal import exits, options, scope
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal, doing
from sync.terminal.follower import Patience, Sent, sealed_since
from sync.terminal.progress import Progress


@command("run", epilog=exits.HELP)
@click.option(
    "--approve",
    is_flag=True,
    help="Approve the first of each school that is read, of which SDS has nothing yet. What loses"
    " or gains much is held all the same.",
)
@click.option(
    "--wait",
    "wait_min",
    type=options.Minutes(24 * 60),
    help="How long to wait for SDS's own run, of an hour or more, after SDS has accepted the files."
    " Left out: it is looked at once, and not waited for.",
)
@options.profiles
@options.school
def run_now(
    terminal: Terminal,
    profiles: Sequence[str],
    school: str | None,
    wait_min: int | None,
    *,
    approve: bool,
) -> Result:
    """Read iSAMS, build every profile and deliver to SDS, now.

    A school is read with all its profiles; --profile says whose connectors are then sent to.
    """
    patience = Patience(approve=approve, run_s=None if wait_min is None else wait_min * 60.0)
    progress = Progress()
    settings = terminal.settings()
    chosen = scope.choose(settings, school, profiles)
    world = terminal.opened(settings, progress)
    asked_at = world.store.now()  # by which pulls and sets are named, whatever this machine's says
    ended = [_pulled(world, key, progress) for key in chosen.schools]
    for connector in sorted({settings.connector_of(profile) for profile in chosen.profiles}):
        ended += _sent(world, connector, asked_at, patience, progress)
    if settings.storage.folder is not None:  # of an account the app's own ticks do it
        ended += _swept(world)
    return progress.result(world, ended, chosen.schools)


def _swept(world: World) -> list[Step]:
    """Delete what is past its time, and say what could not be."""
    try:
        sweep.sweep(world, world.store.now())
    except SyncError as error:
        return [Step("sweep", Outcome.FAILED, error=error)]
    return []


def _pulled(world: World, school: str, progress: Progress) -> Step:
    with doing(f"Reading iSAMS: {school}") as progress.note:
        schedule.ask(world, school, TERMINAL)
        return pull.pull(world, school)


def _sent(
    world: World, connector: str, asked_at: datetime, patience: Patience, progress: Progress
) -> list[Step]:
    """Send what was sealed for *connector* since *asked_at*, and say so if it is paused.

    Where nothing was, what kept its profiles from a new set is among the pulls' errors.
    """
    sets = sealed_since(world, connector, asked_at)
    if not sets:
        return []
    if failed := _first_way(world, connector, progress):
        return [failed]
    step = progress.follow(world, connector, Sent(sets=sets), patience)
    if step.outcome is not Outcome.PAUSED and look(world, connector).pause:
        return [step, Step("send", Outcome.PAUSED, connector)]
    return [step]


def _first_way(world: World, connector: str, progress: Progress) -> Step | None:
    """Look, before a first delivery is made, whether it could go; return the step if it could not.

    Sign-in, connector and flow are tried. Otherwise a person would look at the files and approve
    them, only to learn then that they cannot be sent.
    """
    if look(world, connector).may_hold():
        return None
    with doing(f"Looking at sign-in, connector and flow: {connector}") as progress.note:
        try:
            with concerning(connector=connector):
                find_destination(world, connector, Budget.of(world.clock, states.STEP_S))
        except SyncError as error:
            outcome = Outcome.LATER if error.retry else Outcome.FAILED
            step = Step("send", outcome, connector, error=error)
            world.tell(step)
            return step
    return None
