"""Sealed sets and deliveries: what they are called, what their manifests say.

    profiles/<profile>/<stamp>-<digest8>/     a profile's files, findings.json, manifest.json
    connectors/<folder>/<stamp>-<digest8>/    the merged files, manifest.json, and its marks
    connectors/<folder>/claims/000123.json    "I alone may talk to SDS now", and 000123.done
    connectors/<folder>/pauses/000001.json    "send nothing but this former delivery", and its .done
    schools/<school>/pulls/<stamp>/           a pull: asked, tried, school-1, datasets-1/, sealed

Every blob is created once and never changed. The manifest comes last: a folder without it does
not exist yet. *State is which names exist*: see `sync.ledger.states`.
"""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Mapping
from datetime import date, datetime

from pydantic import Field

from sync import __version__
from sync.errors import StoreConflict
from sync.ledger.record import Mark, NamedRecord, Record

MANIFEST = "manifest.json"  # of a set and of a delivery
FINDINGS = "findings.json"  # it names people, so it is no mark and goes with the rosters
MENDED = "mended.json"  # so does this: what has closed, apart, because no version may show it open
PEOPLE = "people.json"  # so does this: it says who stands behind the ids, and is never sent
WHY = "why.json"  # of a set: every record that was read, and what the rules said; never sent
AWAY = "away.json"  # of a delivery: what the classes last held that SDS once had and this has not


class FileFacts(Record):
    """What a file of a set must be, to the byte."""

    size_bytes: int
    rows: int
    sha256: str


class SetManifest(Mark, name=MANIFEST):
    """A profile's sealed set. No personal data.

    `pulled_at` is the moment before iSAMS was asked. `counts` are rows by role, `source` the rows
    that iSAMS gave by dataset, `findings` how many by code. `withheld` is how many enrollments of
    students PUPILS_FROM keeps back, by `<org>/<grade>`. `words` is the number of the last word on
    the identity of classes (`sync.ledger.words`) by which they have their ids, 0 if there was none.
    """

    profile: str
    school: str
    pulled_at: datetime
    academic_year: int
    digest: str
    files: Mapping[str, FileFacts]
    counts: Mapping[str, int]
    source: Mapping[str, int]
    findings: Mapping[str, int]
    own_grades: tuple[str, ...] = ()
    withheld: Mapping[str, int] = {}
    words: int = Field(default=0, exclude_if=operator.not_)
    code_version: str = __version__

    @property
    def lacking(self) -> tuple[str, ...]:
        """Which of classes and students it has none of: a profile that is meant has both."""
        return tuple(what for what in ("classes", "students") if not self.counts.get(what))


class DeliveryManifest(Mark, name=MANIFEST):
    """One connector's delivery: which set of each profile it was merged from. No personal data.

    `restores` is the former delivery whose files these are, if a person asked for them again.
    `own_grades` are those of its profiles: to restore it, nothing else need still be there.
    """

    connector: str
    sources: Mapping[str, str]
    pulled_at: datetime
    digest: str
    files: Mapping[str, FileFacts]
    counts: Mapping[str, int]
    withheld: Mapping[str, int] = {}
    own_grades: tuple[str, ...] = ()
    restores: str | None = None


class Beside(NamedRecord, name="beside.json"):
    """What lies beside the files for SDS, in no digest, and goes with them. No personal data.

    It is no part of the manifest, because the version before could not read that any more. It is
    sealed before the manifest; where it is not there, that version made the set or the delivery.
    `people` is the file of names; None: those of a delivery that was restored were not known any
    more. `away` is of a delivery alone. `terms` is of a set: the first and last day of each of
    iSAMS's terms that is not long over; none if they were not read.
    """

    people: FileFacts | None
    away: FileFacts | None = None
    terms: tuple[tuple[date, date], ...] = ()


def facts(files: Mapping[str, bytes]) -> dict[str, FileFacts]:
    """Return what a manifest says of *files*. Rows do not count the header."""
    return {name: facts_of(body, body.count(b"\r\n") - 1) for name, body in sorted(files.items())}


def facts_of(body: bytes, rows: int) -> FileFacts:
    """Return what a manifest says of a file of so many *rows*."""
    return FileFacts(size_bytes=len(body), rows=rows, sha256=hashlib.sha256(body).hexdigest())


def digest(files: Mapping[str, FileFacts]) -> str:
    """Return the digest over all files: equal rosters have equal digests."""
    lines = "".join(f"{name} {facts.sha256}\n" for name, facts in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def rows_by_table(files: Mapping[str, FileFacts]) -> dict[str, int]:
    """Return the rows of each table, by its name without `.csv`."""
    return {name.removesuffix(".csv"): facts.rows for name, facts in sorted(files.items())}


def verified(name: str, body: bytes, facts: FileFacts) -> bytes:
    """Return *body* if it is what the manifest says.

    Raises:
        StoreConflict: it is not: somebody has changed a sealed file.
    """
    if len(body) != facts.size_bytes or hashlib.sha256(body).hexdigest() != facts.sha256:
        raise StoreConflict("a sealed file is not what its manifest says", file=name)
    return body
