"""`approve`: a person's yes to a held delivery, which is sent at once."""

from __future__ import annotations

import click

from sync.report import Exit, Outcome
from sync.steps import approval
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal
from sync.terminal.progress import Progress


@command("approve")
@click.argument("delivery_id", metavar="DELIVERY")
def approve_held(terminal: Terminal, delivery_id: str) -> Result:
    """Approve a held DELIVERY, by the id that `status` shows, and send it now.

    iSAMS is not read again: exactly what was held is sent.
    """
    progress = Progress()
    world = terminal.opened(terminal.settings(), progress)
    connector, outcome = approval.approve(world, delivery_id)
    if outcome is Outcome.TAKEN:  # there is nothing to send: it was, and nobody could tell us
        document = {outcome.value: delivery_id}
        shown = f"{connector}: {delivery_id} counts as taken by SDS, on your word"
        return Result(Exit.DONE, document, [shown])
    return progress.sent(world, connector, delivery_id)
