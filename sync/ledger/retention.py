"""What may go: rosters after seven days, and what was written about them in time.

A roster is every blob that is no mark (`sync.ledger.record.Mark`): the files, the findings,
whatever a pull keeps. They name people. Marks hold counts, codes and ids of this app: a year of
those of sets and deliveries stays, and 35 days of those of pulls and claims, which only say how the
work went.

Rosters stay longer while something needs them: the newest set of each profile, a delivery that may
still be sent, what SDS holds now or held within the seven days, and the sets that what SDS may hold
was merged from. The newest delivery, pull and
claim keep their marks, so that nothing older is ever taken for the newest, and so does the pull
that read the school last.

What was said of which Team is whose (`sync.ledger.words`) stays as long as the school.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sync.ledger import claims, ids, landed, states
from sync.ledger.folders import Folder, Listed, folders
from sync.ledger.manifests import MANIFEST
from sync.ledger.marks import Accepted, Swept
from sync.ledger.offers import folder_of, read_offers
from sync.ledger.record import is_mark
from sync.ledger.states import State

ROSTERS_LAST = timedelta(days=7)
MARKS_LAST = timedelta(days=365)
PULLS_AND_CLAIMS_LAST = timedelta(days=35)
"""A month and some days. About a third of all marks are theirs, and no decision needs any that is
older than 48 hours, unless it came after what a run of SDS took last: such a mark stays."""

NOTES_LAST = timedelta(days=2)
"""Twice as long as until a tick looks at everything: `sync.ledger.rounds`."""

ROSTERS = ("schools/", "connectors/", "profiles/")
"""Below these lies whatever names people."""

_NUMBERS_LAST = {claims.CLAIMS: PULLS_AND_CLAIMS_LAST, claims.PAUSES: MARKS_LAST}

_OPEN = {
    State.SEALED,
    State.HELD,
    State.READY,
    State.SUBMITTED,
    State.UNPROVEN,
    State.ACCEPTED,
}


def names_people(name: str) -> bool:
    """Say whether the blob of that whole name, below any of `ROSTERS`, may name people."""
    last = name.rpartition("/")[2]
    return not is_mark(last) and claims.number(last) is None


@dataclass(frozen=True, slots=True)
class Sweep:
    """What may go of a folder: whole names, in the order in which they must go.

    With `mark`, that blob is written before the first of them goes: a folder that has lost some of
    its files is known by it, and never taken for whole.
    """

    names: tuple[str, ...]
    mark: str | None = None


def of_notes(blobs: Iterable[Listed], now: datetime) -> Iterator[Sweep]:
    """Yield the notes of work begun that are answered: everything was looked at since."""
    if past := tuple(blob.name for blob in blobs if now - blob.created_at > NOTES_LAST):
        yield Sweep(past)


def of_sets(
    prefix: str,
    blobs: Iterable[Listed],
    now: datetime,
    *,
    known: bool,
    needed: Set[str] = frozenset(),
) -> Iterator[Sweep]:
    """Yield what may go of a profile's sets, the oldest first.

    While settings *know* the profile the newest set stays, and so do those *needed*: a delivery
    that SDS may hold was merged from them, and a profile that fails goes in with its set again.
    """
    listed = list(blobs)
    whole = states.sealed_sets(prefix, listed)
    kept = {*needed, *(folder.id for folder in whole[-1:])} if known else set()
    for folder in folders(prefix, listed):
        if ids.is_folder_id(folder.id) and folder.id not in kept:
            yield from _of_folder(prefix, folder, now, now - MARKS_LAST)


def of_deliveries(
    prefix: str,
    blobs: Iterable[Listed],
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
    listed = list(blobs)
    span = _Span(now, now if since is None else since)
    if not known and _is_abandoned(listed, now):
        yield from _of_connector(prefix, listed, _Span(now, now), _Stays())
    else:
        deliveries = states.deliveries(prefix, listed)
        whole = frozenset({*needed, *_open_or_taken(deliveries, now)})
        marks = frozenset(delivery.id for delivery in deliveries[-1:])
        yield from _of_connector(prefix, listed, span, _Stays(whole, marks, last_number=True))


@dataclass(frozen=True, slots=True)
class _Span:
    """The moment of a sweep; no mark goes that was made at `marks_since` or later."""

    moment: datetime
    marks_since: datetime

    def forget_before(self, lasts: timedelta) -> datetime:
        return min(self.moment - lasts, self.marks_since)


@dataclass(frozen=True, slots=True)
class _Stays:
    """What stays of a connector: deliveries whole, deliveries in their marks, the last numbers."""

    whole: Set[str] = frozenset()
    marks: Set[str] = frozenset()
    last_number: bool = False


def _of_connector(
    prefix: str, blobs: Iterable[Listed], span: _Span, stays: _Stays
) -> Iterator[Sweep]:
    for folder in folders(prefix, blobs):
        if lasts := _NUMBERS_LAST.get(folder.id):
            before = span.forget_before(lasts)
            yield from _of_numbers(prefix, folder, span.moment, before, keep_last=stays.last_number)
        elif ids.is_folder_id(folder.id) and folder.id not in stays.whole:
            before_or_never = None if folder.id in stays.marks else span.forget_before(MARKS_LAST)
            yield from _of_folder(prefix, folder, span.moment, before_or_never)
    yield from of_read_backs(prefix, blobs, span.moment)
    for school, steps in read_offers(prefix, blobs).items():
        for step in steps:
            before = span.forget_before(MARKS_LAST)
            yield from _of_folder(folder_of(prefix, school), step, span.moment, before)


def of_read_backs(prefix: str, blobs: Iterable[Listed], now: datetime) -> Iterator[Sweep]:
    """Yield what may go of a connector's read-backs: `sync.ledger.landed` says what lasts how long.

    The newest keeps its marks, by which the next is numbered and due; so does that with the last
    rows, without which nobody could say of what they are.
    """
    listed = landed.read_backs(prefix, blobs)
    rows = landed.last_rows(listed)
    for read_back in listed:
        stays = read_back in (listed[-1], rows)
        path = f"{landed.folder_of(prefix)}{read_back.id}/"
        going = [
            path + name
            for name, made in sorted(
                read_back.made_at.items(), key=lambda item: _mark_order(item[0])
            )
            if _is_past(
                name, abs(now - read_back.made_at[name]), of_last=read_back == rows, stays=stays
            )
        ]
        if going:
            yield Sweep(tuple(going))
    yield from _of_strays(prefix, blobs, now)


def _of_strays(prefix: str, blobs: Iterable[Listed], now: datetime) -> Iterator[Sweep]:
    """Yield what may go of read-backs whose begin is gone."""
    for stray in landed.strays(prefix, blobs):
        going = [
            f"{landed.folder_of(prefix)}{stray.id}/{name}"
            for name, made_at in sorted(stray.made_at.items())
            if abs(now - made_at) > (PULLS_AND_CLAIMS_LAST if is_mark(name) else landed.PARTS_LAST)
        ]
        if going:
            yield Sweep(tuple(going))


def _is_past(name: str, age: timedelta, *, of_last: bool, stays: bool) -> bool:
    """Say whether a file of a read-back of that *age* may go."""
    if name == landed.ROWS:
        return not of_last or age > landed.ROWS_LAST
    if is_mark(name):
        return not stays and age > PULLS_AND_CLAIMS_LAST
    return age > landed.PARTS_LAST


def _is_abandoned(blobs: Iterable[Listed], now: datetime) -> bool:
    """Say whether nothing was added for a year but what says that something was swept."""
    swept = f"/{Swept.file_name}"
    added = (blob.created_at for blob in blobs if not blob.name.endswith(swept))
    return all(now - at > MARKS_LAST for at in added)


def of_pulls(
    school: str, blobs: Iterable[Listed], now: datetime, *, known: bool
) -> Iterator[Sweep]:
    """Yield what may go of a school's pulls, the oldest first.

    While settings *know* the school, the newest keeps its marks, for by it the next is known to be
    due; and so does the last that was sealed, for by it the age of the data is known.
    """
    prefix = ids.pulls_folder(school)
    pulls = states.pulls(school, blobs)
    kept = [*pulls[-1:], states.last_sealed(pulls)] if known else []
    for pull in pulls:
        if pull not in kept:
            yield from _of_folder(prefix, pull, now, now - PULLS_AND_CLAIMS_LAST)
        elif states.pull_is_over(pull):
            yield from _of_folder(prefix, pull, now, None)


def of_words(blobs: Iterable[Listed], now: datetime, *, known: bool) -> Iterator[Sweep]:
    """Yield what may go of a school's words on the identity of classes: mostly nothing.

    While settings *know* the school each of them may still hold. Else all go once none was said for
    a year, the last first: what a sweep leaves must come to what some moment had.
    """
    listed = list(blobs)
    if not known and listed and all(now - blob.created_at > MARKS_LAST for blob in listed):
        yield Sweep(tuple(sorted((blob.name for blob in listed), reverse=True)))


def _open_or_taken(deliveries: Sequence[Folder], now: datetime) -> Iterator[str]:
    """Yield the deliveries that keep their files, whatever their age."""
    for delivery, reached in states.states(deliveries, now):
        if reached in _OPEN:
            yield delivery.id
    taken = [(at, delivery.id) for delivery in deliveries if (at := delivery.when(Accepted))]
    taken.sort(key=lambda moment: moment[0])
    for (_, delivery_id), (replaced_at, _) in pairwise(taken):
        if now - replaced_at <= ROSTERS_LAST:
            yield delivery_id
    yield from (delivery_id for _, delivery_id in taken[-1:])


def _of_folder(
    prefix: str, folder: Folder, now: datetime, forget_before: datetime | None
) -> Iterator[Sweep]:
    """Yield what may go of a folder: its files, and with its last mark before then all of it."""
    files = [name for name in folder.made_at if not is_mark(name)]
    # By distance: what a clock that ran ahead has dated must not stay for that long as well.
    if any(abs(now - folder.made_at[name]) <= ROSTERS_LAST for name in files):
        return
    needs_mark = bool(files) and not folder.has(Swept)
    going = sorted(files, key=_file_order)
    if _marks_are_past(folder, forget_before):
        going += _marks(folder, also_swept=needs_mark)
    if going:
        path = f"{prefix}{folder.id}/"
        mark = path + Swept.file_name if needs_mark else None
        yield Sweep(tuple(path + name for name in going), mark)


def _marks(folder: Folder, *, also_swept: bool) -> list[str]:
    """Return the marks of *folder* as they go; also the mark of the sweep, if it is new."""
    marks = {name for name in folder.made_at if is_mark(name)}
    return sorted(marks | {Swept.file_name} if also_swept else marks, key=_mark_order)


def _marks_are_past(folder: Folder, before: datetime | None) -> bool:
    """Say whether the last mark of *folder* is so old; without any there was never anything."""
    made_at = {name: at for name, at in folder.made_at.items() if name != Swept.file_name}
    if not any(is_mark(name) for name in made_at):
        return True
    return before is not None and max(made_at.values()) < before


_EXIST_BY = {mark.file_name: place for place, mark in enumerate(states.LISTED_BY)}


def _file_order(name: str) -> tuple[bool, str]:
    """Return when a file goes: what an unknown folder within calls its manifest first there too."""
    return not name.endswith(MANIFEST), name


def _mark_order(name: str) -> tuple[bool, int, str]:
    """Return when a mark goes: first what makes its folder exist, last what says it is swept."""
    return name == Swept.file_name, _EXIST_BY.get(name, len(_EXIST_BY)), name


def _of_numbers(
    prefix: str, folder: Folder, now: datetime, forget_before: datetime, *, keep_last: bool
) -> Iterator[Sweep]:
    """Yield the facts by number that are forgotten: the highest number stays, for the next fact.

    A number's `.done` goes after it: without it a pause that is long over would be in force again.
    """
    numbers = {name: claims.number(name) for name in folder.made_at}
    known = [number for number in numbers.values() if number is not None]
    kept = max(known, default=-1) if keep_last else -1
    going = [
        f"{prefix}{folder.id}/{name}"
        for name, made in sorted(folder.made_at.items(), key=lambda item: _by_number(item[0]))
        if numbers[name] != kept
        and (now - made > ROSTERS_LAST if numbers[name] is None else made < forget_before)
    ]
    if going:
        yield Sweep(tuple(going))


def _by_number(name: str) -> tuple[str, bool]:
    return name.partition(".")[0], name.endswith(".done")
