"""A school as it was read, as bytes and back: what is tried with it later must not ask iSAMS again.

All of a `School` is kept and nothing else, so what was not read is not there. It names people.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from sync import errors
from sync.errors import SyncError, UnexpectedError
from sync.isams import datasets
from sync.isams.datasets import Dataset, Wanted
from sync.isams.school import School

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_UNTOLD = "untold"
_GZIP = 31  # zlib's word for a file that gunzip reads; it holds no moment, so equal gives equal
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class _Why:
    """Why a dataset was not told: an error, by its name."""

    error: str
    message: str
    facts: Mapping[str, int | str]

    @classmethod
    def of(cls, error: SyncError) -> _Why:
        return cls(error.code, str(error), dict(error.facts))

    def again(self) -> SyncError:
        """Return the error; one that only another version knows is unexpected here."""
        kind = getattr(errors, self.error, UnexpectedError)
        return kind(self.message, **self.facts)


def kept_school(school: School) -> bytes:
    """Return *school* as a line of JSON for each dataset, compressed; equal schools, equal bytes.

    Line by line, because at 15,000 pupils all of it at once would take as much memory again.
    """
    packed = zlib.compressobj(_LEVEL, wbits=_GZIP)
    return b"".join([*map(packed.compress, _lines(school)), packed.flush()])


def _lines(school: School) -> Iterator[bytes]:
    for field in fields(School):
        value: object = getattr(school, field.name)
        if field.name == _UNTOLD:
            value = {dataset: _Why.of(error) for dataset, error in school.untold.items()}
        line = json.dumps({field.name: value}, default=_plain, separators=(",", ":"))
        yield line.encode("ascii") + b"\n"


def _plain(value: date | Mapping[str, object] | DataclassInstance) -> object:
    """Return a record, a day or a mapping that is no dict as what JSON has."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return {field.name: getattr(value, field.name) for field in fields(value)}


@cache
def _datasets() -> Mapping[str, TypeAdapter[Any]]:
    """Return how each field of a school is read."""
    kinds = get_type_hints(School) | {_UNTOLD: Mapping[str, _Why]}
    return {name: TypeAdapter(kind) for name, kind in kinds.items()}


def school_of(body: bytes) -> School:
    """Return the school that `kept_school` has made *body* of.

    Raises:
        ValueError: it is none, or one that another version of this app has kept.
    """
    try:
        read = {
            name: value
            for line in zlib.decompress(body, wbits=_GZIP).splitlines()
            for name, value in json.loads(line).items()
        }
        adapters = _datasets()
        if read.keys() != adapters.keys():
            raise ValueError("other datasets than this version keeps")
        told = {name: adapters[name].validate_python(value) for name, value in read.items()}
        why = {dataset: each.again() for dataset, each in told[_UNTOLD].items()}
        return School(**told | {_UNTOLD: why})
    except (zlib.error, ValidationError, AttributeError, TypeError, RecursionError):
        raise ValueError("not a school that was kept") from None


_FIELDS: Mapping[Dataset, str] = {
    datasets.YEARS: "years",
    datasets.FORMS: "forms",
    datasets.ACADEMIC_HOUSES: "academic_houses",
    datasets.BOARDING_HOUSES: "boarding_houses",
    datasets.DIVISIONS: "divisions",
    datasets.TERMS: "terms",
    datasets.BUILDINGS: "buildings",
    datasets.WEEKS: "periods",
    datasets.TEACHING_FORMS: "teaching_forms",
    datasets.LESSONS: "lessons",
}
"""What a school holds of each dataset that is not always read."""


def lacking(school: School, wanted: Wanted) -> tuple[str, ...]:
    """Return what of *wanted* was never asked for when *school* was read, as iSAMS calls it.

    Nobody can say of it what another reading would give. What was asked for and could not be read,
    `School.untold`, lacks as it would on such a night.
    """
    fields = ((each, getattr(school, _FIELDS[each])) for each in wanted.extras)
    missing = [
        each.ui_name
        for each, read in fields
        if (read is None and each.ui_name not in school.untold)
        or (each in wanted.needed and not read)
    ]
    if wanted.tutors and not any(pupil.tutor_id for pupil in school.pupils.values()):
        missing.append("Current Pupils, with tutors")
    return tuple(missing)
