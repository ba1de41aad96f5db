"""`people.json`: who stands behind the ids of a set or a delivery, so that a person can be named.

Files for SDS may have no names, and their grade codes are not a school's words. This file lies
beside them, is never sent and goes when they go. It is JSON with a person a line, so that one can
be looked for without holding all: 60,000 are 8 MB.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from io import BytesIO
from typing import Literal, NamedTuple

from sync.errors import StoreConflict

PEOPLE = "people.json"


class NamedPerson(NamedTuple):
    """Somebody of a roster, as iSAMS has them; *id* is that of users.csv.

    `year` is the NC year of a pupil. `extra` is said of those whom settings make teachers of every
    class, service accounts among them: they are no class's own.
    """

    id: str
    forename: str
    surname: str
    form: str
    year: int | None
    address: str
    role: Literal["student", "teacher", "extra"]


def people_json(people: Iterable[NamedPerson]) -> bytes:
    """Return the file of *people*, in order of ids. Equal people give equal bytes."""
    lines = (
        json.dumps(person._asdict(), ensure_ascii=False)
        for person in sorted(people, key=lambda person: person.id)
    )
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()


def people_of(body: bytes, ids: Collection[str] | None = None) -> Iterator[NamedPerson]:
    """Yield the people of a file, or those of *ids* alone; one is in memory at a time.

    Raises:
        StoreConflict: it is not what `people_json` writes.
    """
    for line in BytesIO(body):
        said = line.rstrip(b"\n")
        if said not in {b"[", b"]", b""}:
            person = _person(said.removesuffix(b","))
            if ids is None or person.id in ids:
                yield person


def _person(line: bytes) -> NamedPerson:
    try:
        return NamedPerson(**json.loads(line))
    except (ValueError, TypeError):
        # Without its cause, which quotes the line.
        raise StoreConflict("a file of names cannot be read", file=PEOPLE) from None
