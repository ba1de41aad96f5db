"""`resume`: the pause that `restore` began is over."""

from __future__ import annotations

import click

from sync.report import Exit, Outcome
from sync.steps import restore
from sync.terminal import options
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal


@command("resume")
@click.option("--connector", metavar="NAME", help="One connector; left out, all that are paused.")
def resume_paused(terminal: Terminal, connector: str | None) -> Result:
    """End the pause that `restore` began: the next run sends what iSAMS says again."""
    world = terminal.opened(terminal.settings(), lambda _: None)
    if connector is not None:
        connector = options.known_connector(connector, world.settings.connectors())
    resumed = restore.resume(world, connector)
    lines = [f"{name} {Outcome.RESUMED.sentence}" for name in resumed]
    document = {"resumed": resumed}
    return Result(Exit.DONE, document, lines or ["nothing was paused"])
