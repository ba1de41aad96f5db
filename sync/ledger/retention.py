"""What may go: rosters after seven days, and what was written about them in time.

A roster is every blob that is no known mark: the files, the findings, whatever a pull keeps. They
name people. Marks hold counts, codes and ids of our own: a year of those of sets and deliveries
stays, and 35 days of those of pulls and claims, which only say how the work went.

Rosters stay longer while something needs them: the newest set of each profile, a delivery that may
still be sent, and what SDS holds now or held within the seven days. The newest delivery, pull and
claim keep their marks, so that nothing older is ever taken for the newest, and so does the pull
that read the school last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sync.ledger import claims, ids, manifests, states
from sync.ledger.states import Folder, Seen, State

ROSTERS_LAST = timedelta(days=7)
MARKS_LAST = timedelta(days=365)
PULLS_AND_CLAIMS_LAST = timedelta(days=35)
"""A month and some days. About a third of all marks are theirs, and no decision needs one that is
older than 48 hours, unless it came after what a run of SDS took last: that one stays."""

_MARKS = frozenset(
    {
        manifests.MANIFEST,
        states.UNCHANGED,
        states.AGAINST,
        states.PLAN,
        states.HELD,
        states.APPROVED,
        states.REJECTED,
        states.SUBMITTED,
        states.UNPROVEN,
        states.VOUCHED,
        states.ACCEPTED,
        states.RUN_ASKED,
        states.RECEIPT,
        states.FAILED,
        states.ASKED,
        states.SEALED,
        states.SWEPT,
    }
)
_ATTEMPT = re.compile(r"(?:tried|ended)-\d+\.json")

_NUMBERS_LAST = {claims.CLAIMS: PULLS_AND_CLAIMS_LAST, claims.PAUSES: MARKS_LAST}

_OPEN = {
    State.SEALED,
    State.HELD,
    State.READY,
    State.SUBMITTED,
    State.UNPROVEN,
    State.ACCEPTED,
}


@dataclass(frozen=True, slots=True)
class Sweep:
    """What may go of one folder: whole names, in the order in which they must go.

    With `mark`, that blob is written before the first of them goes: a folder that has lost some of
    its files is known by it, and never taken for whole.
    """

    names: tuple[str, ...]
    mark: str | None = None


def of_sets(prefix: str, blobs: Iterable[Seen], now: datetime, *, known: bool) -> Iterator[Sweep]:
    """Yield what may go of a profile's sets, the oldest first.

    The newest set stays while settings *know* the profile. No delivery needs its sets: it has what
    was merged from them in files of its own.
    """
    listed = [one for one in states.folders(prefix, blobs) if ids.is_id(one.id)]
    whole = [one.id for one in listed if one.has(manifests.MANIFEST) and not one.has(states.SWEPT)]
    kept = whole[-1:] if known else []
    for one in listed:
        if one.id not in kept:
            yield from _of_folder(prefix, one, now, now - MARKS_LAST)


def of_deliveries(
    prefix: str,
    blobs: Iterable[Seen],
    now: datetime,
    *,
    known: bool,
    needed: Set[str] = frozenset(),
    since: datetime | None = None,
) -> Iterator[Sweep]:
    """Yield what may go of a connector's deliveries, claims and the like, the oldest first.

    *needed* are deliveries that stay whole: those that SDS may hold, and those of a pause. What
    came *since* the oldest of the former stays in its marks: they say whether SDS still holds it.
    Of a connector that settings do not *know*, all goes once nothing was added for a year.
    """
    seen = list(blobs)
    listed = states.deliveries(prefix, seen)
    added = [one.created_at for one in seen if not one.name.endswith(f"/{states.SWEPT}")]
    abandoned = not known and all(now - made > MARKS_LAST for made in added)
    kept = set() if abandoned else {*needed, *_kept(listed, now)}
    newest = set() if abandoned else {one.id for one in listed[-1:]}
    marks_since = now if abandoned or since is None else since
    for one in states.folders(prefix, seen):
        if lasts := _NUMBERS_LAST.get(one.id):
            forget_before = min(now - lasts, marks_since)
            yield from _of_numbers(prefix, one, now, forget_before, keep_last=not abandoned)
        elif ids.is_id(one.id) and one.id not in kept:
            forget_before = min(now - MARKS_LAST, marks_since)
            yield from _of_folder(prefix, one, now, None if one.id in newest else forget_before)


def of_pulls(school: str, blobs: Iterable[Seen], now: datetime, *, known: bool) -> Iterator[Sweep]:
    """Yield what may go of a school's pulls, the oldest first.

    While settings *know* the school, the newest keeps its marks, for by it the next is known to be
    due; and so does the last that was sealed, for by it the age of the data is known.
    """
    prefix = ids.pulls_folder(school)
    listed = states.pulls(school, blobs)
    kept = [*listed[-1:], states.last_sealed(listed)] if known else []
    for one in listed:
        if one in kept:
            if states.pull_is_over(one):
                yield from _of_folder(prefix, one, now, None)
        else:
            yield from _of_folder(prefix, one, now, now - PULLS_AND_CLAIMS_LAST)


def _kept(listed: Sequence[Folder], now: datetime) -> Iterator[str]:
    """Yield the deliveries that keep their files, whatever their age."""
    for one, reached in states.states(listed, now):
        if reached in _OPEN:
            yield one.id
    taken = [one for one in listed if one.has(states.ACCEPTED)]
    taken.sort(key=lambda one: one.made_at[states.ACCEPTED])
    for one, after in pairwise(taken):
        if now - after.made_at[states.ACCEPTED] <= ROSTERS_LAST:
            yield one.id
    yield from (one.id for one in taken[-1:])


def _of_folder(
    prefix: str, one: Folder, now: datetime, forget_before: datetime | None
) -> Iterator[Sweep]:
    """Yield what may go of a folder: its files, and with its last mark before then all of it."""
    folder = f"{prefix}{one.id}/"
    files = [name for name in one.made_at if not _is_mark(name)]
    if any(now - one.made_at[name] <= ROSTERS_LAST for name in files):
        return
    mark = f"{folder}{states.SWEPT}" if files and not one.has(states.SWEPT) else None
    # What an unknown folder within calls its manifest goes first there too.
    going = sorted(files, key=lambda name: (not name.endswith(manifests.MANIFEST), name))
    if _is_forgotten(one, forget_before):
        marks = {name for name in one.made_at if _is_mark(name)} | (
            {states.SWEPT} if mark else set()
        )
        going += sorted(marks, key=_order)
    if going:
        yield Sweep(tuple(folder + name for name in going), mark)


def _is_forgotten(one: Folder, before: datetime | None) -> bool:
    """Say whether the last mark of *one* is so old; without any there was never anything."""
    marked = {name: made for name, made in one.made_at.items() if name != states.SWEPT}
    if not any(_is_mark(name) for name in marked):
        return True
    return before is not None and max(marked.values()) < before


def _order(mark: str) -> tuple[bool, bool, str]:
    """Return when a mark goes: first what makes its folder exist, last what says it is swept."""
    return mark == states.SWEPT, mark not in states.LISTED_BY, mark


def _of_numbers(
    prefix: str, one: Folder, now: datetime, forget_before: datetime, *, keep_last: bool
) -> Iterator[Sweep]:
    """Yield the facts by number that are forgotten: the highest number stays, for the next one.

    A number's `.done` goes after it: without it a pause that is long over would be in force again.
    """
    numbers = {name: claims.number(name) for name in one.made_at}
    known = [each for each in numbers.values() if each is not None]
    kept = max(known, default=-1) if keep_last else -1
    going = [
        f"{prefix}{one.id}/{name}"
        for name, made in sorted(one.made_at.items(), key=lambda item: _by_number(item[0]))
        if _is_past(made, now, forget_before, is_mark=numbers[name] is not None)
        and numbers[name] != kept
    ]
    if going:
        yield Sweep(tuple(going))


def _by_number(name: str) -> tuple[str, bool]:
    return name.partition(".")[0], name.endswith(".done")


def _is_mark(name: str) -> bool:
    return name in _MARKS or _ATTEMPT.fullmatch(name) is not None


def _is_past(made: datetime, now: datetime, forget_before: datetime, *, is_mark: bool) -> bool:
    return made < forget_before if is_mark else now - made > ROSTERS_LAST
