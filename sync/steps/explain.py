"""Why a pupil, a member of staff or a class is in SDS, or is not. Names people.

iSAMS is not read: it is what was noted when the newest sets were made, and what SDS was given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import partial

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing
from sync.report import Outcome, Step
from sync.roster.judged import Judged
from sync.roster.trace import Key
from sync.steps.delivery import Delivery
from sync.steps.explain_values import Explained, Match
from sync.steps.explained import PEOPLE, AskedAbout, OnceRead, SchoolSets, Telling, read_school
from sync.texts import composed

WHO_LIMIT = 320  # characters: as long as an address can be
_NEAR = 5
_LIKE = 0.6  # of 1: how alike what is offered must be


def fault_of(who: str) -> str:
    """Return what is wrong with *who*, as somebody typed it, "" if nothing."""
    if not who.strip():
        return "say who or what: an id, a code or an address in iSAMS, or an id in SDS"
    if len(who) > WHO_LIMIT:
        return f"expected an id, a code or an address, of at most {WHO_LIMIT} characters"
    return ""


def explain(world: World, who: str, school: str = "") -> Explained:
    """Return why the record *who* is in SDS or is not; of several, or none, which may be meant.

    *who* is an id, code or address in iSAMS, an id in SDS, or what a match offers; case and blanks
    around it do not matter. `fault_of` finds nothing wrong with it. *school* is the key of the only
    one that is looked at; left out, all are.
    """
    explained = _explain(world, _typed(who), school)
    facts = {
        "found": int(explained.record is not None),
        "matches": len(explained.matches),
        "near": len(explained.near),
    }
    world.tell(Step("explain", Outcome.TOLD, facts=facts))
    return explained


def _typed(text: str) -> str:
    return " ".join(composed(text).split()).casefold()


def _explain(world: World, typed: str, school: str) -> Explained:
    stored, found, notes = OnceRead(world, school), list[tuple[SchoolSets, Key]](), list[str]()
    for sets in _schools(stored):
        notes += [f"{profile}: {note}." for profile, note in sets.notes.items()]
        found += [
            (sets, (record.kind, record.id))
            for record in sets.records()
            if typed in _names(sets, record)
        ]
    if len(found) == 1:
        [(sets, key)] = found
        return Explained(record=Telling(stored, sets, _subject(sets, key)).told(), notes=notes)
    if found:
        return Explained(matches=list(_matches(world, found)), notes=notes)
    if gone := _in_sds_alone(stored, typed):
        return Explained(record=gone.told(), notes=notes)
    return Explained(near=list(_near(stored, typed)), notes=notes)


def _schools(stored: OnceRead) -> Iterator[SchoolSets]:
    """Yield what was judged at each school that any profile is of, one in memory at a time."""
    for school in stored.schools:
        yield read_school(stored, school)


def _subject(sets: SchoolSets, key: Key) -> AskedAbout:
    records = {
        profile: record
        for profile, judged in sets.judged.items()
        for record in judged
        if (record.kind, record.id) == key
    }
    return AskedAbout(key[0] in PEOPLE, records)


def _names(sets: SchoolSets, record: Judged) -> set[str]:
    """Return by what *record* is known, as `_typed` leaves it."""
    known = {*_said(record), record.label, f"{sets.school}/{record.label}"}
    return set(map(_typed, known)) - {""}


def _said(record: Judged) -> Iterator[str]:
    """Yield ids, codes and addresses; nobody's name, but that of what is nobody."""
    yield from (record.id, record.our_id, record.code, record.address)
    if record.kind not in PEOPLE:
        yield record.name


def _matches(world: World, found: Iterable[tuple[SchoolSets, Key]]) -> Iterator[Match]:
    several = len(world.settings.schools) > 1
    for sets, key in found:
        record = _subject(sets, key).record
        if record:
            yield Match(
                ask=f"{sets.school}/{record.label}" if several else record.label,
                school=world.settings.called(sets.school),
                kind=record.kind,
                label=record.label,
                name=record.name,
                code=record.code,
            )


def _near(stored: OnceRead, typed: str) -> Iterator[str]:
    """Yield ids, codes and addresses that are like what was *typed*, the likest first."""
    known = dict[str, str]()
    for sets in _schools(stored):
        for record in sets.records():
            known |= {_typed(said): said for said in _said(record) if said}
    for each in get_close_matches(typed, known, n=_NEAR, cutoff=_LIKE):
        yield known[each]


# -- what iSAMS lists no more --------------------------------------------------------------------


def _in_sds_alone(stored: OnceRead, typed: str) -> Telling | None:
    """Return the telling of what only a delivery has that SDS may hold; None if none has it."""
    settings = stored.world.settings
    key_of = {settings.schools[key].id: key for key in stored.schools}
    for connector in stored.connectors:
        for hand_over in reversed(stored.may_hold(connector)):
            found = _row_of(stored, hand_over.delivery, typed)
            if found and (key := key_of.get(found[0])):
                sets = read_school(stored, key)
                return Telling(stored, sets, _known(sets, found[1]))
    return None


def _known(sets: SchoolSets, subject: AskedAbout) -> AskedAbout:
    """Return the record that goes under the id of *subject* now, by which SDS may know it.

    SDS may have another title or address of it, and this is what somebody sees in Teams.
    """
    for record in sets.records():
        if record.our_id == subject.id_in_sds:
            return _subject(sets, (record.kind, record.id))
    return subject


def _row_of(
    stored: OnceRead, delivery: Delivery | None, typed: str
) -> tuple[str, AskedAbout] | None:
    """Return the school's id and the subject of the row of *delivery* that is known as *typed*.

    None if there is none, or nobody can read it.
    """
    if delivery is None:
        return None
    try:
        rows = partial(stored.rows, delivery, stored.manifest(delivery).files)
        for user_id, address, *_ in rows("users.csv"):
            if typed in {_typed(user_id), address}:
                orgs = (org for user, org, *_ in rows("roles.csv") if user == user_id)
                return next(orgs, ""), AskedAbout(is_person=True, records={}, id_in_sds=user_id)
        for class_id, org, title, *_ in rows("classes.csv"):
            if typed in {_typed(class_id), _typed(title)}:
                return org, AskedAbout(is_person=False, records={}, id_in_sds=class_id)
    except (StoreMissing, StoreConflict):
        pass
    return None
