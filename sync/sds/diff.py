"""What would change in SDS, and whether that may happen without a person.

SDS has no threshold of its own (sds.md section 5.2): it makes inactive whatever is missing. So
every delivery is compared, row by row, with each one that SDS may hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sync.ledger.marks import Change, Excess, Hold, Plan
from sync.sds import csvtext
from sync.sds.tables import COURSES, SESSIONS, Row
from sync.settings import Limits

# How many of a table's first columns say *what* a row is; the rest says how it looks. A changed
# username counts as one user gone and one come: SDS would match another account.
_KEY: Mapping[str, int] = {
    "orgs.csv": 1,
    SESSIONS: 1,
    COURSES: 1,
    "users.csv": 2,
    "roles.csv": 3,
    "classes.csv": 1,
    "enrollments.csv": 3,
}

type _Year = tuple[str, str]  # a school's id and a grade


@dataclass(frozen=True, slots=True)
class Decision:
    """The plan, and the hold if there must be one."""

    plan: Plan
    hold: Hold | None


@dataclass(frozen=True, slots=True)
class Meant:
    """What settings have to do with a difference.

    `profiles_gone` is how many profiles the baseline had and this one has not: settings took them
    away, and whether that was meant only a person knows. `withheld` are the enrollments that
    PUPILS_FROM keeps back, by `<org>/<grade>`: a year group that waits has not lost its own.
    """

    profiles_gone: int = 0
    withheld: Mapping[str, int] = field(default_factory=dict)


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
    found = dict[tuple[str, str, str, str], Excess]()
    unknown = compared = 0
    for baseline in baselines:
        compared += 1
        files = {} if baseline.files is None else baseline.files
        decision = decide(
            digest,
            files,
            after,
            against=baseline.delivery,
            limits=limits,
            hold_first=False,
            meant=baseline.meant,
        )
        plan = plan or decision.plan
        if baseline.files is None:
            unknown += 1
            continue
        for excess in decision.hold.excesses if decision.hold else ():
            _keep_worst(found, excess)
    if plan is None:
        return decide(digest, None, after, against=None, limits=limits, hold_first=hold_first)
    excesses = [*_of_deliveries(unknown, compared), *found.values()]
    hold = Hold(digest=digest, first=False, excesses=tuple(excesses)) if excesses else None
    return Decision(plan, hold)


def _keep_worst(found: dict[tuple[str, str, str, str], Excess], excess: Excess) -> None:
    key = (excess.table, excess.what, excess.org, excess.grade)
    if key not in found or found[key].rows < excess.rows:
        found[key] = excess


def _of_deliveries(unknown: int, compared: int) -> Iterator[Excess]:
    """Yield why what SDS holds is not known well enough to compare with."""
    if unknown:
        yield Excess(table="deliveries", what="unknown", rows=unknown, allowed=0)
    if compared > MOST_COMPARED:
        yield Excess(table="deliveries", what="many", rows=compared, allowed=MOST_COMPARED)


def decide(
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
    old, known = before or {}, meant or Meant()
    changes = {name: _change(name, old, after) for name in sorted({*old, *after})}
    plan = Plan(against=against, changes=changes)
    if before is None:
        empty = tuple(
            Excess(table=name, what="empty", rows=0, allowed=1)
            for name, change in changes.items()
            if not change.after
        )
        wait = hold_first or bool(empty)
        return Decision(plan, Hold(digest=digest, first=True, excesses=empty) if wait else None)
    met = [excess for name, change in changes.items() for excess in _met(name, change, limits)]
    met += _met_by_org(before, after, limits)
    told = any(excess.table == "enrollments.csv" for excess in met)
    by_grade = _met_by_grade(before, after, limits, known.withheld)
    met += [excess for excess in by_grade if excess.what == "emptied" or not told]
    if known.profiles_gone:
        met.append(Excess(table="profiles", what="removed", rows=known.profiles_gone, allowed=0))
    return Decision(plan, Hold(digest=digest, first=False, excesses=tuple(met)) if met else None)


def _change(name: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Change:
    """Count by key: added, removed, and those of which another column differs."""
    size = _KEY[name]
    old = {row[:size]: row[size:] for row in _rows(name, before)}
    total, added, changed = 0, 0, 0
    was = len(old)
    for row in _rows(name, after):
        total += 1
        looks = old.pop(row[:size], None)
        if looks is None:
            added += 1
        elif looks != row[size:]:
            changed += 1
    return Change(before=was, after=total, added=added, removed=len(old), changed=changed)


def _met(name: str, change: Change, limits: Limits) -> Iterator[Excess]:
    """Yield the limits that *name* meets: losing too much, all, or gaining too many users."""
    yield from _lost(name, change.before, change.removed, change.after, limits)
    allowed = max(limits.users_added_rows, change.before * limits.users_added_percent // 100)
    if name == "users.csv" and change.added > allowed:
        yield Excess(table=name, what="added", rows=change.added, allowed=allowed)


def _met_by_org(
    before: Mapping[str, bytes], after: Mapping[str, bytes], limits: Limits
) -> Iterator[Excess]:
    """Yield the limits that one school of several meets.

    A small school may vanish and yet be few rows of all. What is a school's is known from its
    courses, its roles, its classes, and through these its enrollments.
    """
    if sum(1 for _ in _rows("orgs.csv", before)) < 2:
        return
    for name in (COURSES, "roles.csv", "classes.csv", "enrollments.csv"):
        old, new = _by_org(name, before), _by_org(name, after)
        for org in sorted(old):
            left = new.get(org, set())
            gone = len(old[org] - left)
            yield from _lost(name, len(old[org]), gone, len(left), limits, org)


def _by_org(name: str, files: Mapping[str, bytes]) -> dict[str, set[Row]]:
    """Return the keys of a table's rows by the school they are about."""
    size = _KEY[name]
    org_of = {row[0]: row[1] for row in _rows("classes.csv", files)}
    found: dict[str, set[Row]] = {}
    for row in _rows(name, files):
        org = org_of.get(row[0], "") if name == "enrollments.csv" else row[1]
        found.setdefault(org, set()).add(row[:size])
    return found


def _met_by_grade(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    limits: Limits,
    withheld: Mapping[str, int],
) -> Iterator[Excess]:
    """Yield the year groups that lose all their enrollments, or half, however few they are of all.

    A filter that somebody sets in iSAMS looks like that, a key for one division, and a setting that
    gives a year other Teams in mid-year. Who waits for PUPILS_FROM lost nothing where the old class
    has ended; from one that goes on, pupils would be taken out.
    """
    gone = dict(_enrolled(before))
    rows_of = Counter(gone.values())
    present = set[_Year]()
    for row, year in _enrolled(after):
        present.add(year)
        gone.pop(row, None)
    goes_on = {row[0] for row in _rows("classes.csv", after)}
    lost = Counter(gone.values())
    taken_out = Counter(year for (own, _), year in gone.items() if own in goes_on)
    for (org, code), rows in sorted(rows_of.items()):
        year, allowed = (org, code), max(limits.removed_rows, rows // 2)
        if withheld.get(f"{org}/{code}") and taken_out[year] <= limits.removed_rows:
            continue
        what, most = ("removed", allowed) if year in present else ("emptied", 0)
        count = lost[year] if year in present else rows
        if rows > limits.removed_rows and count > most:
            yield Excess(
                table="enrollments.csv", what=what, rows=count, allowed=most, org=org, grade=code
            )


def _enrolled(files: Mapping[str, bytes]) -> Iterator[tuple[Row, _Year]]:
    """Yield the enrollments of students, by class and user, with their year group."""
    year_of = {row[0]: (row[1], row[3]) for row in _rows("roles.csv", files) if row[2] == "student"}
    for row in _rows("enrollments.csv", files):
        if year := year_of.get(row[1]):
            yield row[:2], year


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


def _rows(name: str, files: Mapping[str, bytes]) -> Iterator[Row]:
    return csvtext.rows(name, files) if name in files else iter(())
