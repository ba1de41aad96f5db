"""The Batch API's document, read as it arrives: bytes in, a `School` out, whole or not at all.

Pure, and lean: nothing of the document is kept but what the roster needs. Attributes hold the
ids; children marked Legacy are read where an attribute is missing. "Current"
staff can have a leaving date, even in the past: they are kept, because iSAMS calls them current,
and a set taught by such a person would otherwise lose its Team's owner on a date that schools
enter early.

See docs/reference/isams.md#legacy, docs/reference/isams.md#leaving-date.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sync.errors import SourceError, SourceIllegible, SourceIncomplete, SourceMalformed
from sync.isams import xmltext
from sync.isams.batch.ahead import Ahead
from sync.isams.batch.collection import passed_over
from sync.isams.batch.document import BatchDocument
from sync.isams.batch.people import BatchSchool
from sync.isams.datasets import (
    ALWAYS,
    BY_METHOD,
    KEY_SCREEN,
    NOTHING_MORE,
    PUPILS,
    STAFF,
    SUBJECTS,
    Dataset,
    Wanted,
)
from sync.isams.school import CurrentPeople, School, Subject

LIMIT_BYTES = xmltext.LIMIT_BYTES


def read_document(
    chunks: Iterable[bytes], wanted: Wanted = NOTHING_MORE, *, limit_bytes: int = LIMIT_BYTES
) -> School:
    """Read the five datasets, and those *wanted* beyond them, to the document's end.

    Raises:
        SourceMalformed: not XML, not iSAMS's, larger than *limit_bytes*, or a record has no id.
        SourceIncomplete: any of the five, or of those that are needed, is missing or empty.
        SourceRefused, SourceUnavailable: cut short, or an error document or a web page came
            instead.
    """
    must = [dataset for dataset in wanted.extras if dataset in wanted.needed]
    may = [dataset for dataset in wanted.extras if dataset not in wanted.needed]
    return _read(chunks, (*ALWAYS, *must), limit_bytes, may, tutors=wanted.tutors).whole()


def subjects_in(
    chunks: Iterable[bytes], *, limit_bytes: int = LIMIT_BYTES
) -> Mapping[str, Subject]:
    """Read the departments' subjects by id, in the order of iSAMS; raises as `read_document`."""
    return _read(chunks, (SUBJECTS,), limit_bytes).subjects


def people_in(chunks: Iterable[bytes], *, limit_bytes: int = LIMIT_BYTES) -> CurrentPeople:
    """Read the pupils and staff alone, neither of them empty; raises as `read_document`."""
    return _read(chunks, (PUPILS, STAFF), limit_bytes).people


def count_records(chunks: Iterable[bytes], method: str, *, limit_bytes: int = LIMIT_BYTES) -> int:
    """Count the records that the batch *method* gave, never 0; raises as `read_document`."""
    dataset = BY_METHOD[method]
    return _read(chunks, (dataset,), limit_bytes).counts[dataset.name]


def datasets_in(chunks: Iterable[bytes], extras: Collection[Dataset]) -> frozenset[Dataset]:
    """Return which of *extras* a kept document holds, empty or not; its records are passed over.

    Raises:
        SourceUnavailable, SourceMalformed, SourceRefused: it is no whole document of iSAMS.
    """
    document = BatchDocument([passed_over(dataset) for dataset in extras], {})
    xmltext.parse(chunks, document.attach, limit_bytes=LIMIT_BYTES)
    if document.message:
        raise document.message.error(200)
    return frozenset(document.seen)


def lost_with(error: SourceError, wanted: Wanted) -> frozenset[Dataset]:
    """Return which datasets to do without after *error*: those that no class needs, or none.

    They are the methods that the key may not run or, as an answer cannot be read in part, all.
    """
    if isinstance(error, SourceMalformed | SourceIllegible):
        return wanted.optional
    named = str(error.facts.get("methods", "")).split(", ")
    refused = frozenset(BY_METHOD[method] for method in named if method in BY_METHOD)
    return refused if refused <= wanted.optional else frozenset()


def has_bad_record(error: SourceError) -> bool:
    """Say whether *error* is of something inside the document, and not of what document it is."""
    return "xml_error" in error.facts


def _read(
    chunks: Iterable[bytes],
    datasets: Sequence[Dataset],
    limit_bytes: int,
    may_be_empty: Sequence[Dataset] = (),
    *,
    tutors: bool = False,
    ahead: bool = True,
) -> BatchSchool:
    """Read *datasets*, none of which may be empty, and those that may.

    Unless *ahead*, expat reads every byte, to the same end: `tests/fuzz` holds the two together.
    """
    school = BatchSchool(tutors=tutors)
    school.ask(dataset for dataset in (*datasets, *may_be_empty) if dataset not in ALWAYS)
    extracts = school.extracts()
    taken = [extracts[dataset] for dataset in (*datasets, *may_be_empty)]
    document = BatchDocument(taken, school.counts)
    xmltext.parse(
        chunks,
        document.attach,
        limit_bytes=limit_bytes,
        place=document.place,
        left_of=Ahead(document).left_of if ahead else None,
    )
    if document.message:
        # With a bad status it would not have come here: 200 explains nothing further.
        # docs/reference/isams.md#root
        raise document.message.error(200)
    for dataset in datasets:
        if dataset not in document.seen:
            raise _incomplete(dataset, "not in iSAMS's answer", "tick it under Batch Methods")
        if not school.counts[dataset.name]:
            # A school always has some: empty means that a filter hides them:
            # docs/reference/isams.md#key-filters, docs/reference/isams.md#empty-collection
            raise _incomplete(dataset, "empty in iSAMS's answer", "see that no filter empties it")
    return school


def _incomplete(dataset: Dataset, what: str, mend: str) -> SourceIncomplete:
    return SourceIncomplete(
        f"{dataset.ui_name} is {what}: in {KEY_SCREEN}, open this key and {mend}",
        method=dataset.method,
    )
