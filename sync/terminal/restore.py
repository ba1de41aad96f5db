"""`restore`: a former delivery is sent again, and its connector is paused."""

from __future__ import annotations

from dataclasses import replace

import click

from sync.steps import restore
from sync.steps.connector import find
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal
from sync.terminal.follower import Sent
from sync.terminal.progress import Progress


@command("restore")
@click.argument("delivery_id", metavar="DELIVERY")
@click.option(
    "--school",
    metavar="KEY",
    help="Only this school's rows of then; all others stay as SDS has them.",
)
def restore_former(terminal: Terminal, delivery_id: str, school: str | None) -> Result:
    """Send the files of a former DELIVERY again, and keep newer ones back until `resume`.

    `status` shows which there are. It is compared with what SDS holds now, and may be held. With
    --school too the whole connector waits until `resume`.
    """
    progress = Progress()
    world = terminal.opened(terminal.settings(), progress)
    pause = restore.restore(world, delivery_id, school)
    connector = find(world, delivery_id)[0].connector
    result = progress.sent(world, connector, Sent(delivery_id=pause.delivery))
    paused = f"{connector} is paused: nothing newer is sent until you type `isams-sync resume`"
    return replace(result, shown=[*result.shown, paused])
