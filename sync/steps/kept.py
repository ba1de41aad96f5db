"""The school as a pull has read it, kept beside its marks: settings can be tried without iSAMS.

It names people, also those whom no profile takes. It is never sent, and goes after seven days, as
all rosters do.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing
from sync.isams.kept import kept_school, school_of
from sync.isams.school import School
from sync.ledger.marks import Pulled
from sync.steps.delivery import Pull, list_pulls

_NAME = re.compile(r"school-(\d+)\.jsonl\.gz")


@dataclass(frozen=True, slots=True)
class KeptSchool:
    """A school, the pull that has read it, and the moment before iSAMS was asked."""

    school: School
    pull: str
    read_at: datetime


def keep(world: World, school: str, read: School, pull: Pull, attempt: int) -> None:
    """Keep *read* with *pull*, unless no profile is of the school: then nobody would try anything.

    A pull that is tried again has another file: other bytes never meet under the same name.
    """
    if world.settings.profiles_of(school):
        pull.write_files({_name(attempt): kept_school(read)})


def last_school(world: World, school: str) -> KeptSchool | None:
    """Return *school* as it was last read and sealed; None if nothing of that is kept any more.

    Raises:
        StoreConflict: it cannot be read. Another pull keeps another.
    """
    sealed = [pull for pull in list_pulls(world.store, school) if pull.has(Pulled)]
    for pull in sorted(sealed, key=lambda each: each.made_at[Pulled.file_name], reverse=True):
        if name := _kept_in(pull):
            with suppress(StoreMissing):  # it was swept since it was listed
                return _read(pull, name)
    return None


def _kept_in(pull: Pull) -> str:
    """Return the name of the school that the last attempt at *pull* has kept; "" if none has."""
    numbers = [int(found[1]) for name in pull.made_at if (found := _NAME.fullmatch(name))]
    return _name(max(numbers)) if numbers else ""


def _read(pull: Pull, name: str) -> KeptSchool:
    body = pull.store.read(pull.path(name))
    try:
        school = school_of(body)
    except ValueError:
        raise StoreConflict(
            "the school that this pull has kept cannot be read: ask for another pull", pull=pull.id
        ) from None
    return KeptSchool(school, pull.id, pull.read(Pulled).at)


def _name(attempt: int) -> str:
    return f"school-{attempt}.jsonl.gz"
