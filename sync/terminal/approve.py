"""`approve`: a person's yes to a held offer or delivery, which is sent at once."""

from __future__ import annotations

import click

from sync.ledger.marks import Approved
from sync.report import Exit, Outcome
from sync.steps import approval
from sync.terminal import asking
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal
from sync.terminal.follower import Sent
from sync.terminal.progress import Progress


@command("approve")
@click.argument("held_id", metavar="ID")
def approve_held(terminal: Terminal, held_id: str) -> Result:
    """Approve what is held, by the ID that `status` shows, and send it now.

    It is the id of a school's offer, or of a delivery, which means every offer of it that waits.
    iSAMS is not read again: exactly what was held is sent. On a terminal its digest is asked for.
    """
    progress = Progress()
    world = terminal.opened(terminal.settings(), progress)
    digest = asking.exactly(world, held_id, Approved, "approve")
    answered = approval.approve(world, held_id, digest)
    if answered.outcome is Outcome.TAKEN:  # there is nothing to send: it was, and nobody told us
        document = {answered.outcome.value: held_id}
        shown = f"{answered.connector}: {held_id} counts as taken by SDS, on your word"
        return Result(Exit.DONE, document, [shown])
    whole = Sent(delivery_id=answered.delivery)
    parts = Sent(offers=frozenset(answered.offers.values()))
    return progress.sent(world, answered.connector, whole if answered.delivery else parts)
