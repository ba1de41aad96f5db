"""What School Data Sync remembers of one connector from run to run.

Every upload is the whole truth: what is not in it turns inactive and stays known; what comes
back turns active again (reference §5.2). Nothing is ever forgotten, and there is no threshold.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from simulators.sds.formats import STAFF_ROLES
from simulators.sds.rows import Row

type Entra = Collection[str] | Literal["all"]
"""The user principal names that exist, lower case or not; "all": everybody does."""


@dataclass(slots=True)
class Kept[Key]:
    active: frozenset[Key] = frozenset()
    inactive: frozenset[Key] = frozenset()

    def replace(self, now: Collection[Key]) -> None:
        known = self.active | self.inactive
        self.active = frozenset(now)
        self.inactive = known - self.active

    def counts(self) -> dict[str, int]:
        return {
            "active": len(self.active),
            "inactive": len(self.inactive),
            "total": len(self.active) + len(self.inactive),
        }


@dataclass(slots=True)
class Store:
    """*people* are user ids, *groups* class ids, *memberships* (class id, user id, role).

    *user_names* and *titles* are those of the set that was read last.
    """

    organizations: Kept[str] = field(default_factory=Kept)
    people: Kept[str] = field(default_factory=Kept)
    groups: Kept[str] = field(default_factory=Kept)
    memberships: Kept[tuple[str, str, str]] = field(default_factory=Kept)
    matched: Counter[str] = field(default_factory=Counter)
    unmatched: Counter[str] = field(default_factory=Counter)
    user_names: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)

    def replace(self, rows: Mapping[str, list[Row]], entra: Entra, domain: str = "") -> None:
        """Take *rows* as the whole truth; *domain* is appended to user names without one."""
        self.organizations.replace({row["sourcedId"] for row in rows["orgs.csv"]})
        self.people.replace({row["sourcedId"] for row in rows["users.csv"]})
        self.groups.replace({row["sourcedId"] for row in rows["classes.csv"]})
        self.memberships.replace(
            {
                (row["classSourcedId"], row["userSourcedId"], row["role"])
                for row in rows["enrollments.csv"]
            }
        )
        self.user_names = {row["sourcedId"]: row["username"] for row in rows["users.csv"]}
        self.titles = {row["sourcedId"]: row["title"] for row in rows["classes.csv"]}
        self._match(rows, entra, domain)

    def snapshot(self) -> Store:
        """Return what is known now; later runs do not change it."""
        return replace(
            self,
            organizations=replace(self.organizations),
            people=replace(self.people),
            groups=replace(self.groups),
            memberships=replace(self.memberships),
        )

    def metrics(self) -> dict[str, dict[str, int]]:
        return {
            "organizations": self.organizations.counts(),
            "people": self.people.counts(),
            "groups": self.groups.counts(),
            "memberships": self.memberships.counts(),
        }

    def _match(self, rows: Mapping[str, list[Row]], entra: Entra, domain: str) -> None:
        """User name equals user principal name, without case. No role: neither counted."""
        known = None if entra == "all" else {name.lower() for name in entra}
        role_of = _deciding_roles(rows["roles.csv"])
        self.matched, self.unmatched = Counter(), Counter()
        for row in rows["users.csv"]:
            role = role_of.get(row["sourcedId"])
            if role is None:
                continue
            name = row["username"].lower()
            name = f"{name}@{domain}" if domain and "@" not in name else name
            side = self.matched if known is None or name in known else self.unmatched
            side[role] += 1


def _deciding_roles(roles: list[Row]) -> dict[str, str]:
    """Return the one role by which each user is matched and counted (§5.3).

    A primary role goes before others, a staff role before that of a pupil. `other` belongs to
    no role group, so it decides nothing.
    """
    ranked: dict[str, tuple[int, str]] = {}
    for row in roles:
        role = row["role"]
        if role == "other":
            continue
        rank = 2 * (row.get("isPrimary") == "true") + (role.lower() in STAFF_ROLES)
        held = ranked.get(row["userSourcedId"])
        if held is None or rank > held[0]:
            ranked[row["userSourcedId"]] = rank, role
    return {user: role for user, (_, role) in ranked.items()}


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return a digest over names and contents, whatever their order: equal sets, equal digests."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{name}:{hashlib.sha256(files[name]).hexdigest()}\n".encode())
    return total.hexdigest()
