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
from datetime import datetime

from sync.edge.graph.setup_values import Kind
from sync.edge.storage.store import Blob, Store
from sync.edge.world import World
from sync.errors import ConfigError, StoreMissing, SyncError
from sync.ledger.marks import Caller, Fault, fault
from sync.ledger.record import NamedRecord
from sync.steps.delivery import read_record
from sync.steps.setup.wanted import SetupWanted

PLANS = "setup/plans/"
NOTES = "setup/notes/"

_FOLDER = re.compile(r"(?P<kind>source|connector|year|flow)-(?P<number>[0-9]{4})")
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


class Found(NamedRecord, name="found.json"):
    """It is there: SDS lists it."""

    made_id: str
    at: datetime


class NotThere(NamedRecord, name="not-there.json"):
    """A person, the `caller`, has looked in the portal of SDS: it is not there."""

    at: datetime
    caller: Caller = ""


_ENDS = (RefusedNow.file_name, NotThere.file_name)


@dataclass(frozen=True, slots=True)
class SetupNote:
    """A note as it stands: `made_id` is "" where no answer of SDS was kept.

    `over`: nothing was made. `begun_at` is by storage's clock.
    """

    folder: str
    kind: Kind
    wanted: SetupWanted
    begun_at: datetime
    made_id: str
    over: bool

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
        "there is no plan of this digest in this app's storage: `isams-sync sds plan` makes one and"
        " says its digest"
    )


def plans(store: Store) -> list[SetupWanted]:
    """Return every plan that was made."""
    return [read_record(store, SetupWanted, blob.name) for blob in store.blobs(PLANS)]


def notes_of(store: Store, wanted: SetupWanted) -> list[SetupNote]:
    """Return the notes of what may be what *wanted* asks for, oldest first of each kind."""
    return [note for note in _all(store, store.blobs(NOTES)) if note.may_be_of(wanted)]


def known_ids(notes: Iterable[SetupNote]) -> Mapping[Kind, str]:
    """Return the id that SDS gave each thing which we made, as far as its answer was kept."""
    return {note.kind: note.made_id for note in notes if note.made_id and not note.over}


def begin(world: World, kind: Kind, wanted: SetupWanted, number: int) -> str | None:
    """Begin to make a *kind* under that number: the folder, or None if somebody else did."""
    folder = f"{NOTES}{kind}-{number:04}/"
    begun = Begun(wanted=wanted, at=world.store.now(), by=uuid.uuid4().hex, caller=world.caller)
    return folder if world.store.claim(folder + Begun.file_name, begun.to_json()) else None


def next_number(store: Store, kind: Kind) -> int:
    """Return the number that the next note of *kind* takes, after all that are there."""
    folders = store.folders(NOTES)
    taken = [
        int(named["number"])
        for name in folders
        if (named := _FOLDER.fullmatch(name)) and named["kind"] == kind
    ]
    return max(taken, default=0) + 1


def note_made(world: World, folder: str, made_id: str) -> None:
    """Keep the id that SDS gave."""
    _end(world, folder, MadeNow(made_id=made_id, at=world.store.now()))


def note_refused(world: World, folder: str, error: SyncError) -> None:
    """Keep that SDS made nothing."""
    _end(world, folder, RefusedNow(**fault(error).model_dump()))


def note_found(world: World, note: SetupNote, made_id: str) -> None:
    """Keep that what was in doubt is there."""
    _end(world, note.folder, Found(made_id=made_id, at=world.store.now()))


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
        folder, _, name = blob.name.rpartition("/")
        names.setdefault(f"{folder}/", set()).add(name)
        if name == Begun.file_name:
            begun[f"{folder}/"] = blob
    return [_note(store, folder, blob, names[folder]) for folder, blob in sorted(begun.items())]


def _note(store: Store, folder: str, blob: Blob, names: set[str]) -> SetupNote:
    named = _FOLDER.fullmatch(folder.removeprefix(NOTES).rstrip("/"))
    kind = named["kind"] if named else ""
    ended: list[MadeNow | Found] = []
    if MadeNow.file_name in names:
        ended.append(read_record(store, MadeNow, folder + MadeNow.file_name))
    if Found.file_name in names:
        ended.append(read_record(store, Found, folder + Found.file_name))
    return SetupNote(
        folder=folder,
        kind=_KINDS[kind],
        wanted=read_record(store, Begun, blob.name).wanted,
        begun_at=blob.created_at,
        made_id=ended[-1].made_id if ended else "",
        over=not names.isdisjoint(_ENDS),
    )


_KINDS: Mapping[str, Kind] = {
    "source": "source",
    "connector": "connector",
    "year": "year",
    "flow": "flow",
}
