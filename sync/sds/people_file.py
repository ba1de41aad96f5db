"""`people.json`: who stands behind the ids of a set or a delivery, so that a person can be named.

Files for SDS may have no names, and their grade codes are not a school's words. This file lies
beside them, is never sent and goes when they go. It is JSON with a person a line, so that one can
be looked for without holding all: 60,000 are 8 MB.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import NamedTuple

from sync.errors import StoreConflict
from sync.ledger.manifests import PEOPLE
from sync.roster.model import NamedPerson
from sync.sds.json_lines import lines_of, to_lines
from sync.sds.rowkeys import rows_of

__all__ = ["PEOPLE", "NamedPart", "NamedPerson", "merged", "people_json", "people_of"]


def people_json(people: Iterable[NamedPerson]) -> bytes:
    """Return the file of *people*, in order of ids. Equal people give equal bytes."""
    return to_lines(person._asdict() for person in sorted(people, key=attrgetter("id")))


def people_of(body: bytes, ids: Collection[str] | None = None) -> Iterator[NamedPerson]:
    """Yield the people of a file, or those of *ids* alone; one is in memory at a time.

    Raises:
        StoreConflict: it is not what `people_json` writes.
    """
    for line in lines_of(body):
        person = _person(line)
        if ids is None or person.id in ids:
            yield person


def _person(line: bytes) -> NamedPerson:
    try:
        return NamedPerson(**json.loads(line))
    except (ValueError, TypeError):
        # Without its cause, which quotes the line.
        raise StoreConflict("a file of names cannot be read", file=PEOPLE) from None


# -- of a delivery -------------------------------------------------------------------------------


class NamedPart(NamedTuple):
    """The people of a set, or of another delivery; *stays* says who of them is sent under which id.

    Who is not in there is sent under their own.
    """

    people: Iterable[NamedPerson]
    stays: Mapping[str, str]


def merged(files: Mapping[str, bytes], parts: Iterable[NamedPart]) -> bytes:
    """Return the file of names of a delivery with *files*, from *parts*, in order of preference.

    Everybody stands there once, under the id and with the address of users.csv: who had another
    address is somebody else by now, or is named better by a later part. A person of several schools
    is named by the record whose id is sent. Who makes somebody `extra` anywhere is believed: they
    must not pass for a class's own teacher.
    """
    address_of = {row[0]: row[1] for row in rows_of("users.csv", files)}
    known, extra = dict[str, NamedPerson](), set[str]()
    for people, stays in parts:
        for person in people:
            sent = stays.get(person.id, person.id)
            if person.role == "extra":
                extra.add(sent)
            if address_of.get(sent) == person.address and (
                sent not in known or known[sent].id != sent == person.id
            ):
                known[sent] = person
    return people_json(_sent(known, extra))


def _sent(known: Mapping[str, NamedPerson], extra: Collection[str]) -> Iterator[NamedPerson]:
    for sent, person in known.items():
        role = "extra" if sent in extra else person.role
        yield person._replace(id=sent, role=role)
