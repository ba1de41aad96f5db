"""What was begun to be made in SDS: a note before each request that makes something.

    setup/plans/<digest>.json                     what is wanted
    setup/notes/<kind>-<number>/begun.json        a thing is about to be made
                               /made.json         SDS gave it this id
                               /refused.json      SDS made nothing
                               /found.json        it was seen in SDS
                               /not-there.json    a person has looked: it is not there

Who begins takes the next number, once: so two people make one thing, or one of them is in doubt. A
note that has neither an end nor its object in sight is in doubt: SDS may have made it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.edge.graph.setup_values import Kind
from sync.edge.storage.store import Blob, Store
from sync.edge.world import World
from sync.errors import ConfigError, StoreMissing, SyncError
from sync.ledger.marks import Caller, Fault, fault
from sync.ledger.record import NamedRecord
from sync.steps.delivery import read_record
from sync.steps.setup.wanted import KINDS, SetupWanted

PLANS = "setup/plans/"
NOTES = "setup/notes/"

_FOLDER = re.compile(r"(?:source|connector|year|flow)-[0-9]{4}")
_DIGEST = re.compile(r"[0-9a-f]{12}")


class Begun(NamedRecord, name="begun.json"):
    """A thing of what is `wanted` is about to be made; `by` tells one try from another."""

    wanted: SetupWanted
    at: datetime
    by: str
    caller: Caller = ""


class MadeNow(NamedRecord, name="made.json"):
    """SDS made it, under this id."""

    made_id: str
    at: datetime


class RefusedNow(Fault, NamedRecord, name="refused.json"):
    """SDS made nothing, and why."""


class FoundThere(NamedRecord, name="found.json"):
    """It is there: SDS lists it."""

    made_id: str
    at: datetime


class NotThere(NamedRecord, name="not-there.json"):
    """A person, the `caller`, has looked in the portal of SDS: it is not there."""

    at: datetime
    caller: Caller = ""


IN_DOUBT = timedelta(minutes=15)
"""How long SDS may take to show what it was asked to make: docs/deviations.md, number 111."""

_ENDS = (RefusedNow.file_name, NotThere.file_name)


@dataclass(frozen=True, slots=True)
class SetupNote:
    """A note as it stands: `made_id` is "" where no answer of SDS was kept.

    `over`: nothing was made. `begun_at` is by storage's clock.
    """

    folder: str
    kind: Kind
    number: int
    wanted: SetupWanted
    begun_at: datetime
    made_id: str
    over: bool

    @property
    def doubted_until(self) -> datetime:
        """From when on a person may say that it is not there."""
        return self.begun_at + IN_DOUBT

    def may_be_of(self, wanted: SetupWanted) -> bool:
        """Say whether it may be what *wanted* asks for: SDS could not hold both."""
        mine = self.wanted
        match self.kind:
            case "source":
                return mine.source.casefold() == wanted.source.casefold()
            case "connector":
                return mine.connector.casefold() == wanted.connector.casefold()
            case "year":
                meets = mine.year.meets(wanted.year.starts, wanted.year.ends)
                return meets or mine.year.code == wanted.year.code
            case "flow":
                same_connector = mine.connector.casefold() == wanted.connector.casefold()
                return same_connector or mine.source.casefold() == wanted.source.casefold()


def keep_plan(store: Store, wanted: SetupWanted) -> None:
    """Keep what is wanted under its digest; the same again changes nothing."""
    store.create(f"{PLANS}{wanted.digest}.json", wanted.to_json())


def plan_of(store: Store, digest: str) -> SetupWanted:
    """Return the plan of that digest.

    Raises:
        ConfigError: there is none.
    """
    if _DIGEST.fullmatch(digest):
        try:
            return read_record(store, SetupWanted, f"{PLANS}{digest}.json")
        except StoreMissing:
            pass
    raise ConfigError(
        "there is no plan of this digest in this storage. If it was planned with another folder or"
        " account, set STORAGE__ to that first: what was begun is noted there. Else `isams-sync sds"
        " plan` makes one and says its digest"
    )


def planned(store: Store) -> list[SetupWanted]:
    """Return all that was planned, the oldest first, and after it what was begun to make."""
    plans = [
        read_record(store, SetupWanted, blob.name)
        for blob in sorted(store.blobs(PLANS), key=lambda blob: blob.created_at)
    ]
    begun = sorted(_all(store, store.blobs(NOTES)), key=lambda note: note.begun_at)
    return [*plans, *(note.wanted for note in begun)]


@dataclass(frozen=True, slots=True)
class NotesSeen:
    """The notes of what may be what is wanted, oldest first of each kind, as listed once.

    Whoever begins takes the number after all that were seen *then*: if somebody has begun since,
    it is taken.
    """

    notes: Sequence[SetupNote]
    taken: Mapping[Kind, int]

    def doubted(self, kind: Kind) -> SetupNote | None:
        """Return the newest note of a *kind* that SDS may have made; None if there is none.

        Only where SDS shows no such thing is it in doubt.
        """
        open_ = [note for note in self.notes if note.kind == kind and not note.over]
        return open_[-1] if open_ else None

    def next_number(self, kind: Kind) -> int:
        """Return the number that the next note of *kind* takes."""
        return self.taken.get(kind, 0) + 1


def notes_of(store: Store, wanted: SetupWanted) -> NotesSeen:
    """List the notes, once, and return those of what may be what *wanted* asks for."""
    listed = _all(store, store.blobs(NOTES))
    taken: dict[Kind, int] = {}
    for note in listed:
        taken[note.kind] = max(note.number, taken.get(note.kind, 0))
    return NotesSeen([note for note in listed if note.may_be_of(wanted)], taken)


def known_ids(notes: Iterable[SetupNote]) -> Mapping[Kind, str]:
    """Return the id that SDS gave each thing which we made, as far as its answer was kept."""
    return {note.kind: note.made_id for note in notes if note.made_id and not note.over}


def begin(world: World, kind: Kind, wanted: SetupWanted, number: int) -> str | None:
    """Begin to make a *kind* under that number: the folder, or None if somebody else did."""
    folder = f"{NOTES}{kind}-{number:04}/"
    begun = Begun(wanted=wanted, at=world.store.now(), by=uuid.uuid4().hex, caller=world.caller)
    return folder if world.store.claim(folder + Begun.file_name, begun.to_json()) else None


def note_made(world: World, folder: str, made_id: str) -> None:
    """Keep the id that SDS gave."""
    _end(world, folder, MadeNow(made_id=made_id, at=world.store.now()))


def note_refused(world: World, folder: str, error: SyncError) -> None:
    """Keep that SDS made nothing."""
    _end(world, folder, RefusedNow(**fault(error).model_dump()))


def note_found(world: World, note: SetupNote, made_id: str) -> None:
    """Keep that what was in doubt is there."""
    _end(world, note.folder, FoundThere(made_id=made_id, at=world.store.now()))


def note_not_there(world: World, note: SetupNote) -> None:
    """Keep that a person has looked, and that it is not there."""
    _end(world, note.folder, NotThere(at=world.store.now(), caller=world.caller))


def _end(world: World, folder: str, record: NamedRecord) -> None:
    # Whoever comes second says the same: it is enough that it was said.
    world.store.claim(folder + record.file_name, record.to_json())


def _all(store: Store, blobs: Sequence[Blob]) -> list[SetupNote]:
    begun: dict[str, Blob] = {}
    names: dict[str, set[str]] = {}
    for blob in blobs:
        folder, _, name = blob.name.removeprefix(NOTES).rpartition("/")
        names.setdefault(folder, set()).add(name)
        if name == Begun.file_name and _FOLDER.fullmatch(folder):
            begun[folder] = blob
    return [_note(store, folder, blob, names[folder]) for folder, blob in sorted(begun.items())]


def _note(store: Store, folder: str, blob: Blob, names: set[str]) -> SetupNote:
    kind, _, number = folder.partition("-")
    path = f"{NOTES}{folder}/"
    ended: list[MadeNow | FoundThere] = []
    if MadeNow.file_name in names:
        ended.append(read_record(store, MadeNow, path + MadeNow.file_name))
    if FoundThere.file_name in names:
        ended.append(read_record(store, FoundThere, path + FoundThere.file_name))
    return SetupNote(
        folder=path,
        kind=_KINDS[kind],
        number=int(number),
        wanted=read_record(store, Begun, blob.name).wanted,
        begun_at=blob.created_at,
        made_id=ended[-1].made_id if ended else "",
        over=not names.isdisjoint(_ENDS),
    )


_KINDS: Mapping[str, Kind] = {kind: kind for kind in KINDS}
