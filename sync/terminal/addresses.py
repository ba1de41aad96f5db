"""`addresses …`: the school addresses that iSAMS lacks and Entra has, listed or written."""

from __future__ import annotations

import click

from sync.terminal.address_lists import list_pupils, list_staff
from sync.terminal.address_writing import (
    carry_out,
    confirm_looked,
    learn_swagger,
    make_plan,
    show_doubt,
    take_back,
)


@click.group("addresses")
def addresses() -> None:
    """Find the school addresses that iSAMS lacks and Entra has, and see whether they arrived.

    `pupils` and `staff` list them and write nothing. The others write them into iSAMS by REST, if
    you have set that up: learn, plan, write, looked; then plan and write again.
    """


for _command in (
    list_pupils,
    list_staff,
    learn_swagger,
    make_plan,
    carry_out,
    confirm_looked,
    show_doubt,
    take_back,
):
    addresses.add_command(_command)
