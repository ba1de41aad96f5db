"""Every address of the app with the key and the role that it wants, written by hand on purpose.

`sync/web/routes.py` says the same, and so do the triggers. Who adds an address, or opens one to
others, must say it here as well: a list that follows the code would follow its mistakes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Address(NamedTuple):
    """How an address is asked: `key` and `role` are those without which nobody may."""

    method: str
    path: str
    key: str
    role: str

    @property
    def asked(self) -> tuple[str, str]:
        """Return method and path, about a delivery that does not exist."""
        return self.method, f"/api/{self.path.replace('{id}', 'none')}"


ADDRESSES: Mapping[str, Address] = {
    "resync": Address("POST", "sync", "function", "Sync.Run"),
    "status": Address("GET", "status", "function", "Sync.Run"),
    "trust": Address("GET", "trust", "function", "Sync.Run"),
    "subjects": Address("GET", "subjects", "function", "Sync.Run"),
    "check": Address("GET", "check", "admin", "Sync.Run"),
    "findings": Address("GET", "findings", "admin", "Sync.Approve"),
    "plan": Address("GET", "deliveries/{id}/plan", "admin", "Sync.Approve"),
    "approve": Address("POST", "deliveries/{id}/approve", "function", "Sync.Approve"),
    "reject": Address("POST", "deliveries/{id}/reject", "function", "Sync.Approve"),
    "restore": Address("POST", "deliveries/{id}/restore", "function", "Sync.Approve"),
    "resume": Address("POST", "resume", "function", "Sync.Approve"),
}
