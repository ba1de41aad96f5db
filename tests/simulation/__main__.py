"""Print what the nights of a group cost: `python -m tests.simulation [schools]`.

`python -m tests.simulation days` prints what whole days ask of Azure.
"""

from __future__ import annotations

import sys

from tests.simulation.days import DAYS, lived
from tests.simulation.group import Group
from tests.simulation.nights import nights


def main(schools: int) -> None:
    """Live through each night, and print a line of it."""
    columns = ("hand-overs", "merges", "sends", "longest h", "unsent", "reads", "lists", "writes")
    print(f"{'':38}" + "".join(f"{name:>11}" for name in (*columns, "runs asked")))  # noqa: T201
    for night in nights(schools):
        told = Group(schools).live(night)
        calls = (told.calls["read"], told.calls["list"], told.calls["write"])
        figures = (told.hand_overs, told.merges, told.sends, round(told.longest_wait_h, 1))
        cells = (*figures, told.unsent, *calls, told.looks_at_runs)
        print(f"{night.name:38}" + "".join(f"{cell:>11}" for cell in cells))  # noqa: T201


def days() -> None:
    """Live through a day of each number of schools, and print it."""
    for schools in DAYS:
        print(schools, lived(schools))  # noqa: T201


match sys.argv[1:]:
    case ["days"]:
        days()
    case [schools]:
        main(int(schools))
    case _:
        main(100)
