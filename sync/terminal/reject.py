"""`reject`: a person's no. SDS keeps what it has."""

from __future__ import annotations

import click

from sync.report import Exit
from sync.steps import approval
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal


@command("reject")
@click.argument("delivery_id", metavar="DELIVERY")
def reject_held(terminal: Terminal, delivery_id: str) -> Result:
    """Reject a held DELIVERY: it is never sent, and SDS keeps what it has."""
    world = terminal.opened(terminal.settings(), lambda _: None)
    connector, outcome = approval.reject(world, delivery_id)
    document = {outcome.value: delivery_id}
    shown = f"{connector}: {delivery_id} is rejected and will not be sent"
    return Result(Exit.DONE, document, [shown])
