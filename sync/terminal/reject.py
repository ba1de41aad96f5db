"""`reject`: a person's no to a held offer or delivery. SDS keeps what it has."""

from __future__ import annotations

import click

from sync.ledger.marks import Rejected
from sync.report import Exit
from sync.steps import approval
from sync.terminal import asking
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal


@command("reject")
@click.argument("held_id", metavar="ID")
def reject_held(terminal: Terminal, held_id: str) -> Result:
    """Reject what is held, by its ID: it is never sent, and SDS keeps what it has.

    On a terminal its digest is asked for: a no stands.
    """
    world = terminal.opened(terminal.settings(), lambda _: None)
    digest = asking.exactly(world, held_id, Rejected, "reject")
    answered = approval.reject(world, held_id, digest)
    document = {answered.outcome.value: held_id}
    shown = f"{answered.connector}: {held_id} is rejected and will not be sent"
    return Result(Exit.DONE, document, [shown])
