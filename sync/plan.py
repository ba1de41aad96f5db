"""What would change in SDS, and whether that may happen without a person.

SDS has no threshold of its own (sds.md section 5.2): it makes inactive whatever is missing. So
every delivery is compared, row by row, with the last one that SDS accepted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sync.delivery import Record
from sync.sds.csvtext import decode
from sync.sds.tables import COLUMNS
from sync.settings import Limits

# How many of a table's first columns say *what* a row is; the rest says how it looks. A changed
# username counts as one user gone and one come: SDS would match another account.
_KEY: Mapping[str, int] = {
    "orgs.csv": 1,
    "users.csv": 2,
    "roles.csv": 3,
    "classes.csv": 1,
    "enrollments.csv": 3,
}


class Change(Record):
    """How one table differs from the last accepted one, in rows."""

    before: int
    after: int
    added: int
    removed: int
    changed: int


class Plan(Record):
    """What a delivery would change; `against` is the delivery it was compared with, if any."""

    against: str | None
    changes: Mapping[str, Change]


class Excess(Record):
    """One limit that is met: `rows` of `table` would be `what`, of which `allowed` may be."""

    table: str
    what: str
    rows: int
    allowed: int


class Hold(Record):
    """Why a delivery waits for a person. `first` means that there is nothing to compare with."""

    digest: str
    first: bool
    excesses: tuple[Excess, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """The plan, and the hold if there must be one."""

    plan: Plan
    hold: Hold | None


def decide(
    digest: str,
    before: Mapping[str, bytes] | None,
    after: Mapping[str, bytes],
    *,
    against: str | None,
    limits: Limits,
    hold_first: bool,
) -> Decision:
    """Compare *after* with *before*, the files of the delivery called *against*.

    Without a baseline everything is new, and *hold_first* decides.
    """
    changes = {name: _change(name, (before or {}).get(name), body) for name, body in after.items()}
    for name in (before or {}).keys() - after.keys():
        changes[name] = _change(name, (before or {})[name], None)
    plan = Plan(against=against, changes=changes)
    if before is None:
        hold = Hold(digest=digest, first=True, excesses=()) if hold_first else None
        return Decision(plan, hold)
    excesses = tuple(excess for name in sorted(changes) for excess in _met(name, changes, limits))
    return Decision(plan, Hold(digest=digest, first=False, excesses=excesses) if excesses else None)


def _change(name: str, before: bytes | None, after: bytes | None) -> Change:
    """Count by key: added, removed, and those of which another column differs."""
    size = _KEY[name]
    header = COLUMNS[name]
    old = {} if before is None else {r[:size]: r[size:] for r in decode(name, before, header)}
    total, added, changed = 0, 0, 0
    was = len(old)
    for row in decode(name, after, header) if after is not None else ():
        total += 1
        looks = old.pop(row[:size], None)
        if looks is None:
            added += 1
        elif looks != row[size:]:
            changed += 1
    return Change(before=was, after=total, added=added, removed=len(old), changed=changed)


def _met(name: str, changes: Mapping[str, Change], limits: Limits) -> Iterator[Excess]:
    """Yield the limits that *name* meets: losing too much, all, or gaining too many users."""
    change = changes[name]
    percent = (
        limits.enrollments_removed_percent if name == "enrollments.csv" else limits.removed_percent
    )
    allowed = max(limits.removed_rows, change.before * percent // 100)
    if change.removed > allowed:
        yield Excess(table=name, what="removed", rows=change.removed, allowed=allowed)
    elif change.before and not change.after:
        yield Excess(table=name, what="emptied", rows=change.before, allowed=0)
    allowed = max(limits.users_added_rows, change.before * limits.users_added_percent // 100)
    if name == "users.csv" and change.added > allowed:
        yield Excess(table=name, what="added", rows=change.added, allowed=allowed)
