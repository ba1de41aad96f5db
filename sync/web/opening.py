"""The world of this process: what settings say, and all that is outside."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache

from sync.edge.world import World, opened
from sync.settings.load import load
from sync.web.access import caller
from sync.web.exchange import Request
from sync.web.logs import tell


@cache
def world() -> World:
    """Return the world of this process: settings are read once, as the host restarts on change."""
    return opened(load(os.environ), tell)


def acting(request: Request) -> World:
    """Return the world of this process for *request*, in which its caller is known."""
    return replace(world(), caller=caller(request.headers, os.environ))
