"""What would change in SDS, and whether that may happen without a person.

SDS has no threshold of its own: it makes inactive whatever is missing. So every delivery is
compared, school by school, with each that SDS may hold; and its losses with one of a week ago, so
that what is lost night by night is held too. What is counted says `sync.sds.guard`.

See docs/reference/sds.md#no-threshold, docs/reference/sds.md#whole-truth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field

from sync.ledger.marks import Change, Excess, Plan
from sync.roster.identifiers import is_service_account, renewed_class_id
from sync.roster.respelt import doubted_beside
from sync.sds import blocks
from sync.sds.by_school import Slice, of_nobody, orgs_of, split
from sync.sds.guard import limits as guard
from sync.sds.guard.across import across
from sync.sds.guard.away import Away
from sync.sds.guard.classes import BesideFiles
from sync.sds.rowkeys import KEY_SIZE, keys_by_org, rows_of
from sync.sds.tables import Row
from sync.sds.walk import ENROLLMENTS, side_by_side
from sync.settings import Limits, SchoolLimits


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a delivery would change, and which limits it meets: as a whole, and school by school.

    `schools` are the excesses by a school's id; one that meets no limit is not there. `new` are the
    schools that SDS has nothing of, while it has others. `first`: there is nothing to compare with.
    """

    plan: Plan
    first: bool
    whole: tuple[Excess, ...] = ()
    schools: Mapping[str, tuple[Excess, ...]] = field(default_factory=dict)
    new: Set[str] = frozenset()

    @property
    def excesses(self) -> tuple[Excess, ...]:
        """Every limit that is met: of the whole, then of each school."""
        return (*self.whole, *(each for met in self.schools.values() for each in met))


@dataclass(frozen=True, slots=True)
class Meant:
    """What settings have to do with a difference.

    `profiles_gone` is how many profiles the baseline had and this delivery has not: settings took
    them away, and whether that was meant only a person knows. `withheld` are the enrollments that
    PUPILS_FROM keeps back, by `<org>/<grade>`: a year group that waits has lost nothing. `emptied`
    is how many classes or students a profile had that has none any more, by profile and table: 0
    where nobody knows how many. Other profiles may be so large that no other limit is met.
    `extra_left_out` are users whom settings name as teachers of every class, and who could not be
    built. `released` are the enrollments that PUPILS_FROM kept back in the baseline and keeps back
    no more, by `<org>/<grade>`.
    """

    profiles_gone: int = 0
    withheld: Mapping[str, int] = field(default_factory=dict)
    emptied: Mapping[tuple[str, str], int] = field(default_factory=dict)
    extra_left_out: Set[str] = frozenset()
    released: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Baseline:
    """A delivery that SDS may hold. `files` is None where they are gone or damaged.

    `meant` is by a school's id. `extra` are those whom settings made teachers of every class of it,
    and `away` the classes that SDS held before it and that it has not. `names` are those of its
    people by id, as far as they were written down. `unreadable` are the files beside it that are
    gone or damaged: people.json, away.json.
    """

    delivery: str
    files: Mapping[str, bytes] | None
    meant: Mapping[str, Meant] = field(default_factory=dict)
    extra: Set[str] = frozenset()
    away: Away = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    unreadable: Collection[str] = ()

    def of(self, org: str) -> Meant:
        """Return what settings have to do with a difference of the school of that id."""
        return self.meant.get(org) or Meant()


@dataclass(frozen=True, slots=True)
class Former:
    """A delivery that was in force a week ago, or a person's last word, for the schools *orgs*.

    Only what comes about in steps is judged against it. The rest is as of a `Baseline`.
    """

    delivery: str
    orgs: Set[str]
    files: Mapping[str, bytes] | None
    extra: Set[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    unreadable: Collection[str] = ()


MOST_COMPARED = 4
"""If SDS may hold more than so many different deliveries, a person looks at SDS first."""

DRIFT_UNKNOWN = "drift-unknown"
"""What is said of a `Former` that cannot be read."""

MOST_MOVED = 10
"""So many people may get another id: merging alone must not move more."""


def judge(
    baselines: Iterable[Baseline],
    after: Mapping[str, bytes],
    *,
    limits: Limits,
    limits_by_org: Mapping[str, SchoolLimits] | None = None,
    formers: Iterable[Former] = (),
    names: Mapping[str, str] | None = None,
    orgs: Collection[str] | None = None,
) -> Comparison:
    """Compare *after* with each of *baselines*, the newest first, by every limit.

    *limits* are those of a school that has none in *limits_by_org*. *orgs* are the ids of the
    schools that are judged; None: all. The others are as they were. *names* are those of its
    people, by id. The plan says what differs from the newest. Without any baseline everything is
    new. What comes about in steps is compared with *formers* too. One of all is read at a time.
    """
    judging = _Judging(after, lambda org: (limits_by_org or {}).get(org, limits), orgs, names or {})
    for baseline in baselines:
        judging.compare(baseline)
    for former in formers:
        judging.compare_week(former)
    return judging.judgement()


type _Worst = dict[tuple[str, str, str, str], Excess]


@dataclass(slots=True)
class _Judging:
    """A comparison with one baseline after another."""

    after: Mapping[str, bytes]
    limits_of: Callable[[str], SchoolLimits]
    orgs: Collection[str] | None
    names: Mapping[str, str]
    plan: Plan | None = None
    unknown: int = 0
    unknown_former: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)  # by file
    compared: int = 0
    moved: int = 0
    nobodys: int = 0
    worst: dict[str, _Worst] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)  # the schools of any baseline
    _after_of: Mapping[str, Slice] | None = None

    def compare(self, baseline: Baseline) -> None:
        """Note the plan, if *baseline* is the newest, and the excesses of each school."""
        self.compared += 1
        before = baseline.files or {}
        if self.plan is None:
            changes = changes_between(before, self.after)
            self.plan = Plan(against=baseline.delivery, changes=changes)
        if baseline.files is None:
            self.unknown += 1
            return
        self.unreadable.update(baseline.unreadable)
        there = {*orgs_of(before), *orgs_of(self.after)}
        if len(there) <= 1:
            org = next(iter(there), "")
            self._keep(
                org, _met(before, self.after, self.limits_of(org), baseline, org, self.names)
            )
            self.known.add(org)
        else:
            self.moved = max(self.moved, _moved(before, self.after))
            self.nobodys = of_nobody(self.after)
            self._compare_schools(baseline, before, self._judged(there))

    def _compare_schools(
        self, baseline: Baseline, before: Mapping[str, bytes], orgs: Set[str]
    ) -> None:
        self.known |= orgs_of(before).keys()
        before_of, after_of = split(before, orgs), self._split_after(orgs)
        for org, was in before_of.items():
            now = after_of.get(org, {})
            met = _met(was, now, self.limits_of(org), baseline, org, self.names)
            self._keep(org, _named(met, org))
        for org, found in across(before, self.after).items():
            if org in orgs:
                self._keep(org, _named(guard.met_across(found, self.limits_of(org)), org))

    def compare_week(self, former: Former) -> None:
        """Note what has come about at each school since *former*, where that is too much.

        What is too much for one night is told as that.
        """
        if former.files is None:
            self.unknown_former += 1
            return
        self.unreadable.update(former.unreadable)
        there = {*orgs_of(former.files), *orgs_of(self.after)}
        orgs = self._judged(there) & former.orgs
        before_of, after_of = split(former.files, orgs), self._split_after(orgs)
        for org, was in before_of.items():
            known = BesideFiles(former.extra, names=former.names, names_after=self.names)
            told = {(each.table, each.what) for each in self.worst.get(org, {}).values()}
            now = after_of.get(org, {})
            news = [*guard.drifted(was, now, self.limits_of(org), known, told)]
            self._keep(org, _named(news, org) if len(there) > 1 else news)

    def _keep(self, org: str, excesses: Iterable[Excess]) -> None:
        """Keep each of *excesses* that is the first of its limit, or has more rows than that."""
        worst = self.worst.setdefault(org, {})
        for excess in excesses:
            key = (excess.table, excess.what, excess.org, excess.grade)
            if key not in worst or worst[key].rows < excess.rows:
                worst[key] = excess

    def _judged(self, there: Set[str]) -> Set[str]:
        return there if self.orgs is None else there & set(self.orgs)

    def _split_after(self, judged: Set[str]) -> Mapping[str, Slice]:
        if self._after_of is None:
            self._after_of = split(self.after, self._judged(orgs_of(self.after).keys()) | judged)
        return self._after_of

    def judgement(self) -> Comparison:
        """Return what came of it."""
        if self.plan is None:
            changes = changes_between({}, self.after)
            plan = Plan(against=None, changes=changes)
            return Comparison(plan, first=True, whole=tuple(_empty(changes)))
        judged = self._judged(orgs_of(self.after).keys())
        new = judged - self.known if self.known else frozenset[str]()
        schools = {org: tuple(met.values()) for org, met in sorted(self.worst.items()) if met}
        for org in sorted(new):
            of_school = changes_between({}, self._split_after(judged)[org])
            if empty := tuple(_named(_empty(of_school), org)):
                schools[org] = empty
        return Comparison(
            self.plan, first=False, whole=tuple(self._whole()), schools=schools, new=new
        )

    def _whole(self) -> Iterator[Excess]:
        """Yield why no school of the delivery may go, whoever it is about."""
        if self.unknown:
            yield Excess(table="deliveries", what="unknown", rows=self.unknown, allowed=0)
        if rows := self.unknown_former:
            yield Excess(table="deliveries", what=DRIFT_UNKNOWN, rows=rows, allowed=0)
        for name, rows in sorted(self.unreadable.items()):
            yield Excess(table=name, what="unknown", rows=rows, allowed=0)
        if self.compared > MOST_COMPARED:
            yield Excess(table="deliveries", what="many", rows=self.compared, allowed=MOST_COMPARED)
        if self.moved > MOST_MOVED:
            yield Excess(table="users.csv", what="moved", rows=self.moved, allowed=MOST_MOVED)
        if self.nobodys:
            yield Excess(table="users.csv", what="of-no-school", rows=self.nobodys, allowed=0)


def _named(excesses: Iterable[Excess], org: str) -> Iterator[Excess]:
    for excess in excesses:
        yield excess if excess.org else excess.model_copy(update={"org": org})


def _moved(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> int:
    """Count the addresses that would be another user's: SDS takes them for other people."""
    held = {address: key for key, address in users_of(before).items()}
    return sum(held.get(address, key) != key for key, address in users_of(after).items())


def changes_between(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> dict[str, Change]:
    """Return how each table of *after* differs from that of *before*."""
    return {
        name: _change_of_places(before, after)
        if name == ENROLLMENTS
        else _change(name, before, after)
        for name in sorted({*before, *after})
    }


def _empty(changes: Mapping[str, Change]) -> Iterator[Excess]:
    """Yield the tables of a first delivery that have no rows."""
    for name, change in changes.items():
        if not change.after:
            yield Excess(table=name, what="empty", rows=0, allowed=1)


def _met(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    limits: SchoolLimits,
    baseline: Baseline,
    org: str,
    names: Mapping[str, str],
) -> Iterator[Excess]:
    """Yield every limit that a school meets: of tables, of people and classes, of profiles."""
    meant = baseline.of(org)
    for name in sorted(before):
        yield from _lost(name, before, after)
    beside = BesideFiles(baseline.extra, meant.released, baseline.away, baseline.names, names)
    yield from guard.met(before, after, limits, beside, meant.withheld)
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
    come = new - old
    by_rule = {class_id for class_id in old if renewed_class_id(class_id) in come}
    restored = set(map(renewed_class_id, come))
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


def _change_of_places(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Change:
    """Count as `_change` does in enrollments.csv: of a million rows, most are in alike classes.

    A row says nothing beside its key there: it comes or goes, and never changes.
    """
    counts = Counter[str]()
    for _, was, now in blocks.blocks(before, after):
        counts["before"] += sum(blocks.counted(before, was))
        counts["after"] += sum(blocks.counted(after, now))
        if not blocks.are_alike(before, was, after, now):
            counts["removed"] += len(blocks.gone(before, was, after, now))
            counts["added"] += len(blocks.gone(after, now, before, was))
    return Change(**{name: counts[name] for name in Change.model_fields})


def _change(name: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Change:
    """Count by key: added, removed, and those of which another column differs.

    One walk along both, which are sorted: a million rows are held by neither.
    """
    size, sides = KEY_SIZE[name], (rows_of(name, before), rows_of(name, after))
    counts = Counter(
        _difference(old, new) for old, new in side_by_side(*sides, lambda row: row[:size])
    )
    both = counts["changed"] + counts["same"]
    return Change(
        before=both + counts["removed"],
        after=both + counts["added"],
        added=counts["added"],
        removed=counts["removed"],
        changed=counts["changed"],
    )


def _difference(old: Row | None, new: Row | None) -> str:
    if old is None or new is None:
        return "added" if old is None else "removed"
    return "same" if old == new else "changed"


def _lost(name: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[Excess]:
    """Yield the excess if a table loses all its rows, or a school goes: nobody lets that through.

    How many rows of a table go nobody asks: what is counted are people, classes and places.
    """
    gone = orgs_of(before).keys() - orgs_of(after).keys() if name == "orgs.csv" else ()
    if gone:
        yield Excess(table=name, what="removed", rows=len(gone), allowed=0)
    elif next(rows_of(name, after), None) is None and (rows := _count(name, before)):
        yield Excess(table=name, what="emptied", rows=rows, allowed=0)


def _count(name: str, files: Mapping[str, bytes]) -> int:
    return sum(1 for _ in rows_of(name, files))
