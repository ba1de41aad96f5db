"""Unit tests are of pure code: none of them may reach for a socket."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_sockets(socket_disabled: None) -> None:
    """Make every socket that a unit test opens an error (pytest-socket)."""
