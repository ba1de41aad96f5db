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
    offers = [
        f"{offer_id} of {world.settings.called(school)}"
        for school, offer_id in answered.offers.items()
        if offer_id != held_id
    ]
    named = [held_id] if answered.delivery or held_id in answered.offers.values() else []
    lines = [
        f"{answered.connector}: {what} is rejected and will not be sent"
        for what in [*named, *offers]
    ]
    return Result(Exit.DONE, document, lines)
