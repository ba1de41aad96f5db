"""Which rows of a delivery are whose: a school's *slice*.

A school's are its row in orgs, the roles there and the people who have them, its classes and their
enrollments, its courses and its sessions. Somebody who is at two schools is in both slices.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from sync.sds.csvtext import Growing, decode
from sync.sds.rowkeys import rows_of
from sync.sds.slices import org_of
from sync.sds.tables import SESSIONS, Row, columns

type Slice = Mapping[str, bytes]
"""A school's rows as files: those of a delivery that has this school alone."""


def orgs_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the name of each school in *files*, by its id."""
    return {row[0]: row[1] for row in rows_of("orgs.csv", files)}


def split(files: Mapping[str, bytes], orgs: Collection[str]) -> dict[str, Slice]:
    """Return the slices of those of *orgs* that are in *files*, by id.

    The only school of a delivery is all of it.

    Raises:
        StoreConflict: the bytes are not what was sealed.
    """
    there = orgs_of(files)
    if len(there) == 1:
        return {org: files for org in there if org in orgs}
    wanted = sorted(there.keys() & set(orgs))
    whose = _Whose.of(files)
    parted = {name: _parted(name, files, whose, wanted) for name in columns(files)}
    return {org: {name: bodies[org] for name, bodies in parted.items()} for org in wanted}


def _parted(
    name: str, files: Mapping[str, bytes], whose: _Whose, orgs: Collection[str]
) -> dict[str, bytes]:
    """Return a file of each of *orgs*: its rows of the file called *name*.

    They are written as they come, which is mostly a school after the other: rows of a hundred
    schools take several times the memory of their bytes.
    """
    header = columns(files)[name]
    parts = {org: Growing(header) for org in orgs}
    rows = decode(name, files[name], header) if name in files else ()
    for schools, run in groupby(rows, partial(whose.schools, name)):
        match [parts[org] for org in schools if org in parts]:
            case [part]:
                part.add(run)
            case several:
                listed = list(run) if several else ()
                for part in several:
                    part.add(listed)
    return {org: part.body() for org, part in parts.items()}


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the digest of each school's slice, by its id: equal rows have equal digests.

    Raises:
        StoreConflict: the bytes are not what was sealed.
    """
    whose = _Whose.of(files)
    hashes = {org: hashlib.sha256() for org in orgs_of(files)}
    for name in columns(files):
        for row in rows_of(name, files):
            line = f"{name},{','.join(row)}\n".encode()
            for org in whose.schools(name, row):
                hashes[org].update(line)
    return {org: made.hexdigest() for org, made in hashes.items()}


def of_nobody(files: Mapping[str, bytes]) -> int:
    """Count the rows of people and sessions that are no school's."""
    whose = _Whose.of(files)
    return sum(
        not whose.schools(name, row)
        for name in ("users.csv", SESSIONS)
        for row in rows_of(name, files)
    )


def with_other_addresses(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> set[str]:
    """Return the ids of the schools in *before* of whose people any has another address *after*.

    Raises:
        StoreConflict: the bytes are not what was sealed.
    """
    address_of = {row[0]: row[1] for row in rows_of("users.csv", after)}
    moved = {
        row[0] for row in rows_of("users.csv", before) if address_of.get(row[0], row[1]) != row[1]
    }
    return {row[1] for row in rows_of("roles.csv", before) if row[0] in moved} if moved else set()


@dataclass(frozen=True, slots=True)
class _Whose:
    """Who is at which schools, and whose each class is."""

    orgs: Collection[str]
    of_user: Mapping[str, tuple[str, ...]]
    of_class: Mapping[str, str]

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> _Whose:
        of_user: dict[str, tuple[str, ...]] = {}
        for row in rows_of("roles.csv", files):
            known = of_user.get(row[0], ())
            if row[1] not in known:
                of_user[row[0]] = (*known, row[1])
        of_class = {row[0]: row[1] for row in rows_of("classes.csv", files)}
        return cls(orgs_of(files).keys(), of_user, of_class)

    def schools(self, name: str, row: Row) -> tuple[str, ...]:
        """Return the ids of the schools that *row* of the file called *name* is of."""
        match name:
            case "orgs.csv":
                return (row[0],)
            case "users.csv":
                return self.of_user.get(row[0], ())
            case "enrollments.csv":
                org = self.of_class.get(row[0])
                return () if org is None else (org,)
            case "academicSessions.csv":
                org_id = org_of(row[0], self.orgs)
                return (org_id,) if org_id else ()
            case _:
                return (row[1],)
