"""What would change in SDS, and whether that may happen without a person.

SDS has no threshold of its own: it makes inactive whatever is missing. So
every delivery is compared, row by row, with each that SDS may hold.

See docs/reference/sds.md#no-threshold, docs/reference/sds.md#whole-truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field

from sync.ledger.marks import Change, Excess, Hold, Plan
from sync.roster.identifiers import is_service_account, renewed_class_id
from sync.roster.respelt import doubted_beside
from sync.sds.rowkeys import KEY_SIZE, YearGroup, keys_by_org, losses_by_year, rows_of
from sync.sds.tables import COURSES
from sync.settings import Limits


@dataclass(frozen=True, slots=True)
class Decision:
    """The plan, and the hold if the delivery must wait."""

    plan: Plan
    hold: Hold | None


@dataclass(frozen=True, slots=True)
class Meant:
    """What settings have to do with a difference.

    `profiles_gone` is how many profiles the baseline had and this delivery has not: settings took
    them away, and whether that was meant only a person knows. `withheld` are the enrollments that
    PUPILS_FROM keeps back, by `<org>/<grade>`: a year group that waits has lost nothing. `emptied`
    is how many classes or students a profile had that has none any more, by profile and table: 0
    where nobody knows how many. Other profiles may be so large that no other limit is met.
    `extra_left_out` are users whom settings name as teachers of every class, and who could not be
    built.
    """

    profiles_gone: int = 0
    withheld: Mapping[str, int] = field(default_factory=dict)
    emptied: Mapping[tuple[str, str], int] = field(default_factory=dict)
    extra_left_out: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Baseline:
    """A delivery that SDS may hold. `files` is None where they are gone or damaged."""

    delivery: str
    files: Mapping[str, bytes] | None
    meant: Meant = field(default_factory=Meant)


MOST_COMPARED = 4
"""If SDS may hold more than so many different deliveries, a person looks at SDS first."""


def judge(
    digest: str,
    baselines: Iterable[Baseline],
    after: Mapping[str, bytes],
    *,
    limits: Limits,
    hold_first: bool,
) -> Decision:
    """Compare *after* with each of *baselines*, the newest first, by every limit.

    The plan says what differs from the newest. Without any baseline everything is new, and
    *hold_first* decides. One baseline is read at a time.
    """
    plan: Plan | None = None
    worst = dict[tuple[str, str, str, str], Excess]()
    unknown = compared = 0
    for baseline in baselines:
        compared += 1
        decision = compare(
            digest,
            baseline.files or {},
            after,
            against=baseline.delivery,
            limits=limits,
            hold_first=False,
            meant=baseline.meant,
        )
        plan = plan or decision.plan
        if baseline.files is None:
            unknown += 1
        elif decision.hold:
            _keep_worst(worst, decision.hold.excesses)
    if plan is None:
        return compare(digest, None, after, against=None, limits=limits, hold_first=hold_first)
    excesses = (*_of_deliveries(unknown, compared), *worst.values())
    return Decision(plan, Hold(digest=digest, first=False, excesses=excesses) if excesses else None)


def _keep_worst(worst: dict[tuple[str, str, str, str], Excess], excesses: Iterable[Excess]) -> None:
    """Keep each of *excesses* that is the first of its limit, or has more rows than the first."""
    for excess in excesses:
        key = (excess.table, excess.what, excess.org, excess.grade)
        if key not in worst or worst[key].rows < excess.rows:
            worst[key] = excess


def _of_deliveries(unknown: int, compared: int) -> Iterator[Excess]:
    """Yield why what SDS holds is not known well enough to compare with."""
    if unknown:
        yield Excess(table="deliveries", what="unknown", rows=unknown, allowed=0)
    if compared > MOST_COMPARED:
        yield Excess(table="deliveries", what="many", rows=compared, allowed=MOST_COMPARED)


def compare(
    digest: str,
    before: Mapping[str, bytes] | None,
    after: Mapping[str, bytes],
    *,
    against: str | None,
    limits: Limits,
    hold_first: bool,
    meant: Meant | None = None,
) -> Decision:
    """Compare *after* with *before*, the files of the delivery called *against*.

    Without a baseline everything is new, and *hold_first* decides; but a delivery with an empty
    table is held all the same. *meant* is what is known of the settings.
    """
    names = sorted({*(before or {}), *after})
    changes = {name: _change(name, before or {}, after) for name in names}
    plan = Plan(against=against, changes=changes)
    if before is None:
        excesses, waits = tuple(_empty(changes)), hold_first
    else:
        excesses, waits = tuple(_met(changes, before, after, limits, meant or Meant())), False
    first = before is None
    held = waits or bool(excesses)
    return Decision(plan, Hold(digest=digest, first=first, excesses=excesses) if held else None)


def _empty(changes: Mapping[str, Change]) -> Iterator[Excess]:
    """Yield the tables of a first delivery that have no rows."""
    for name, change in changes.items():
        if not change.after:
            yield Excess(table=name, what="empty", rows=0, allowed=1)


def _met(
    changes: Mapping[str, Change],
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    limits: Limits,
    meant: Meant,
) -> Iterator[Excess]:
    """Yield every limit that is met: of tables, of schools, of year groups, of profiles."""
    of_all = [excess for name, change in changes.items() for excess in _of(name, change, limits)]
    of_all += _met_by_org(before, after, limits)
    yield from of_all
    is_known = any(excess.table == "enrollments.csv" for excess in of_all)
    for excess in _met_by_grade(before, after, limits, meant.withheld):
        # A loss that is told of all need not be told of each year; a year that is gone must be.
        if excess.what == "emptied" or not is_known:
            yield excess
    if meant.profiles_gone:
        yield Excess(table="profiles", what="removed", rows=meant.profiles_gone, allowed=0)
    for (profile, what), rows in sorted(meant.emptied.items()):
        yield Excess(table=f"{what} of profile {profile}", what="emptied", rows=rows, allowed=0)
    yield from _other_teams(before, after)
    yield from _of_every_class(before, after, meant.extra_left_out)
    yield from _beside_another(before, after)


def _beside_another(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[Excess]:
    """Yield the classes beside which one comes that may be the same: it would get another Team.

    Our rule for ids has changed, or somebody has written a form otherwise. What is restored under
    an id of before is neither.
    """
    old, new = ({row[0] for row in rows_of("classes.csv", files)} for files in (before, after))
    renewed = {class_id for class_id in old - new if renewed_class_id(class_id) in new}
    by_rule = {class_id for class_id in old if renewed_class_id(class_id) in new - old}
    restored = set(map(renewed_class_id, new - old))
    doubted = doubted_beside(new, old) - renewed - by_rule - restored
    told = {"new-ids": renewed, "same-letters": doubted}
    for what, ended in told.items():
        if ended:
            yield Excess(table="classes.csv", what=what, rows=len(ended), allowed=0)


def _other_teams(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[Excess]:
    """Yield the schools that go on and of whose classes none does: each would get another Team.

    So it looks when the academic year turns, by its day or by a setting, and when ID_STYLE changes.
    """
    new = keys_by_org("classes.csv", after)
    for org, classes in sorted(keys_by_org("classes.csv", before).items()):
        if org in new and classes.isdisjoint(new[org]):
            rows = len(classes)
            yield Excess(table="classes.csv", what="replaced", rows=rows, allowed=0, org=org)


def _of_every_class(
    before: Mapping[str, bytes], after: Mapping[str, bytes], left_out: Set[str]
) -> Iterator[Excess]:
    """Yield the loss of those who teach every class: how many of them would be users no more."""
    for table, gone in lost_of_every_class(users_of(before), users_of(after), left_out).items():
        if gone:
            yield Excess(table=table, what="removed", rows=len(gone), allowed=0)


def lost_of_every_class(
    old: Mapping[str, str], new: Mapping[str, str], left_out: Set[str]
) -> dict[str, Set[str]]:
    """Return who teaches every class among the users *old* and would be none of *new*.

    Both are addresses by id; *left_out* are ids of extra teachers who cannot be sent. A service
    account that settings do not name may stand in the wrong one, or somebody in iSAMS has got its
    address; and a head may have got a second record. Service accounts are told by address, because
    two schools may name one. Who has left iSAMS is simply gone.
    """
    held, kept = (
        {address for key, address in users.items() if is_service_account(key)}
        for users in (old, new)
    )
    return {
        "service accounts": held - kept,
        "extra teachers": left_out & (old.keys() - new.keys()),
    }


def users_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the address of each user, by id."""
    return {row[0]: row[1] for row in rows_of("users.csv", files)}


def _change(name: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Change:
    """Count by key: added, removed, and those of which another column differs."""
    size = KEY_SIZE[name]
    old = {row[:size]: row[size:] for row in rows_of(name, before)}
    total, added, changed = 0, 0, 0
    was = len(old)
    for row in rows_of(name, after):
        total += 1
        looks = old.pop(row[:size], None)
        if looks is None:
            added += 1
        elif looks != row[size:]:
            changed += 1
    return Change(before=was, after=total, added=added, removed=len(old), changed=changed)


def _of(name: str, change: Change, limits: Limits) -> Iterator[Excess]:
    """Yield the limits that table *name* meets: losing too much, all, or gaining too many users."""
    yield from _lost(name, change.before, change.removed, change.after, limits)
    allowed = max(limits.users_added_rows, change.before * limits.users_added_percent // 100)
    if name == "users.csv" and change.added > allowed:
        yield Excess(table=name, what="added", rows=change.added, allowed=allowed)


def _met_by_org(
    before: Mapping[str, bytes], after: Mapping[str, bytes], limits: Limits
) -> Iterator[Excess]:
    """Yield the limits that a school among several meets.

    A small school may vanish and yet be few rows of all.
    """
    if sum(1 for _ in rows_of("orgs.csv", before)) < 2:
        return
    for name in (COURSES, "roles.csv", "classes.csv", "enrollments.csv"):
        old, new = keys_by_org(name, before), keys_by_org(name, after)
        for org in sorted(old):
            left = new.get(org, set())
            gone = len(old[org] - left)
            yield from _lost(name, len(old[org]), gone, len(left), limits, org)


def _met_by_grade(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    limits: Limits,
    withheld: Mapping[str, int],
) -> Iterator[Excess]:
    """Yield the year groups that lose all their enrollments, or half, however few they are of all.

    A filter that somebody sets in iSAMS looks like that, a key for a single division, a setting
    that gives a year other Teams in mid-year. Who waits for PUPILS_FROM lost nothing where the old
    class has ended; from a class that goes on, pupils would be taken out.
    """
    losses = losses_by_year(before, after)
    for year, rows in sorted(losses.before.items()):
        org, grade = year
        waits = withheld.get(f"{org}/{grade}") and losses.taken_out[year] <= limits.removed_rows
        if waits or rows <= limits.removed_rows:
            continue
        allowed = max(limits.removed_rows, rows // 2)
        if year not in losses.present:
            yield _of_year(year, "emptied", rows, 0)
        elif losses.lost[year] > allowed:
            yield _of_year(year, "removed", losses.lost[year], allowed)


def _of_year(year: YearGroup, what: str, rows: int, allowed: int) -> Excess:
    org, grade = year
    return Excess(
        table="enrollments.csv", what=what, rows=rows, allowed=allowed, org=org, grade=grade
    )


def _lost(
    name: str, before: int, removed: int, after: int, limits: Limits, org: str = ""
) -> Iterator[Excess]:
    """Yield the excess if a table loses more rows than it may, or all: a school never may."""
    percent = (
        limits.enrollments_removed_percent if name == "enrollments.csv" else limits.removed_percent
    )
    allowed = max(limits.removed_rows, before * percent // 100) if name != "orgs.csv" else 0
    if removed > allowed:
        yield Excess(table=name, what="removed", rows=removed, allowed=allowed, org=org)
    elif before and not after:
        yield Excess(table=name, what="emptied", rows=before, allowed=0, org=org)
