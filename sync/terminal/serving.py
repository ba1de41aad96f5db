"""Serving something to whoever sits at the terminal, until they have had enough."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from sync.edge.storage.queues import Nudges
from sync.edge.world import World
from sync.report import Exit
from sync.terminal.context import Result, Terminal, err, say


class Server(Protocol):
    """What is served at `address` while it is entered. It works on the `nudges` of its world."""

    @property
    def nudges(self) -> Nudges: ...
    @property
    def address(self) -> str: ...
    def until_stopped(self) -> None: ...


def served(
    terminal: Terminal, serving: Callable[[Callable[[], World]], AbstractContextManager[Server]]
) -> Result:
    """Say where it is, and serve until Ctrl-C."""
    opened = terminal.opened(terminal.settings(), lambda _: None)
    world = opened
    with serving(lambda: world) as server:
        world = replace(opened, nudges=server.nudges)
        say(err(), f"Open {server.address}", "It is good once, in a browser on this machine.")
        say(err(), "Ctrl-C ends it.")
        try:
            server.until_stopped()
        except KeyboardInterrupt:
            say(err(), "The page is closed. Nothing is lost: what was clicked is kept.")
    return Result(Exit.DONE, {"closed": True})
