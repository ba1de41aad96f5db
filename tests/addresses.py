"""Every address of the app with the roles that it wants, written by hand on purpose.

`sync/web/routes.py` says the same, and so do the triggers. Who adds an address, or opens one to
others, must say it here as well: a list that follows the code would follow its mistakes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Address(NamedTuple):
    """How an address is asked: `roles` are those without which nobody may, where callers sign in.

    `holders` are the sets of roles, each the least, with which somebody may.
    """

    method: str
    path: str
    roles: tuple[str, ...]
    holders: tuple[frozenset[str], ...]

    @property
    def asked(self) -> tuple[str, str]:
        """Return method and path, about a delivery that does not exist."""
        return self.method, f"/api/{self.path.replace('{id}', 'none')}"


READ, RUN, APPROVE, NAMES = "Sync.Read", "Sync.Run", "Sync.Approve", "Sync.Names"


def _least(*holders: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset({holder}) for holder in holders)


LOOKS = _least(READ, RUN, APPROVE)
RUNS = _least(RUN, APPROVE)
ANSWERS = _least(APPROVE)
SEES_NAMES = tuple(frozenset({holder, NAMES}) for holder in (READ, RUN, APPROVE))

ADDRESSES: Mapping[str, Address] = {
    "status": Address("GET", "status", (READ,), LOOKS),
    "trust": Address("GET", "trust", (READ,), LOOKS),
    "subjects": Address("GET", "subjects", (READ,), LOOKS),
    "check": Address("GET", "check", (READ,), LOOKS),
    "resync": Address("POST", "sync", (RUN,), RUNS),
    "findings": Address("GET", "findings", (READ, NAMES), SEES_NAMES),
    "landed": Address("GET", "landed", (READ,), LOOKS),
    "landed_rows": Address("GET", "landed/rows", (READ, NAMES), SEES_NAMES),
    "plan": Address("GET", "deliveries/{id}/plan", (READ, NAMES), SEES_NAMES),
    "explain": Address("POST", "explain", (READ, NAMES), SEES_NAMES),
    "approve": Address("POST", "deliveries/{id}/approve", (APPROVE,), ANSWERS),
    "reject": Address("POST", "deliveries/{id}/reject", (APPROVE,), ANSWERS),
    "restore": Address("POST", "deliveries/{id}/restore", (APPROVE,), ANSWERS),
    "identity_swap": Address("POST", "identity/swap", (APPROVE,), ANSWERS),
    "identity_new": Address("POST", "identity/new", (APPROVE,), ANSWERS),
    "identity_move": Address("POST", "identity/move", (APPROVE,), ANSWERS),
    "resume": Address("POST", "resume", (APPROVE,), ANSWERS),
}
