"""A document that is not XML says in which record of which dataset, and what was wrong."""

from __future__ import annotations

import pytest

from sync.errors import (
    SourceError,
    SourceIllegible,
    SourceIncomplete,
    SourceMalformed,
    SourceRefused,
    SourceUnavailable,
)
from sync.isams.batch.reader import datasets_in, has_bad_record, lost_with, read_document
from sync.isams.datasets import BUILDINGS, PUPILS, TEACHING_FORMS, TERMS, WEEKS, Dataset, Wanted
from tests.unit.batch_samples import CANARIES, sample

LAST = 212
WRONG = [
    ("&#x1F;", "a control character, written as a reference"),
    ("&#31;", "a control character, written as a reference"),
    ("&#0;", "a control character, written as a reference"),
    ("\x1f", "a control character"),
    ("&#xD83C;&#xDFB5;", "half a character (a surrogate), written as a reference"),
    ("&#xFFFF;", "a reference to a character that XML forbids"),
    ("&#x110000;", "a reference to a character that XML forbids"),
    ("&#99999999999;", "a reference to a character that XML forbids"),
    ("\ufffe", "bytes that are no letter in the encoding that it declares"),
    ("&nbsp;", "an entity that XML does not know"),
    ("Tom & Jerry", "something that XML does not allow, such as & for &amp;"),
    ("Tom &\nJerry", "something that XML does not allow, such as & for &amp;"),
    (f"<b {'a' * 200}='1' {'a' * 200}='1'/>", "an attribute that comes twice"),
    (f"<b a='{'1' * 5_000}\x1f'/>", "a control character"),
    ("<b a='1' a='1'/>", "an attribute that comes twice"),
    ("</Wrong>", "an end tag that does not fit its start tag"),
]


def document(wrong: str) -> str:
    """Return a document of as many pupils, with *wrong* in the forename of the last."""
    pupils = "".join(
        f"<Pupil Id='{n}'><Forename>Ada</Forename><SchoolId>{n}</SchoolId></Pupil><!-- {n} -->"
        for n in range(1, LAST)
    )
    last = f"<Pupil Id='{LAST}'><Forename>Ada{wrong}</Forename></Pupil>"
    return (
        f"<iSAMS><PupilManager><CurrentPupils>{pupils}{last}</CurrentPupils></PupilManager></iSAMS>"
    )


def error_of(body: bytes, size_bytes: int) -> SourceError:
    chunks = [body[start : start + size_bytes] for start in range(0, len(body), size_bytes)]
    with pytest.raises((SourceIllegible, SourceMalformed)) as caught:
        read_document(chunks)
    return caught.value


@pytest.mark.parametrize(("wrong", "words"), WRONG)
def test_who_mends_a_character_is_the_school(wrong: str, words: str) -> None:
    """Whoever opens the record can; how iSAMS tells records, only its makers can."""
    error = error_of(document(wrong).encode(), 4096)

    assert error.who == ("developer" if "attribute" in words or "end tag" in words else "school")
    assert ("type anew" in str(error)) == (error.who == "school")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(("wrong", "words"), WRONG)
def test_what_is_wrong_is_said_with_dataset_and_number(
    wrong: str, words: str, encoding: str
) -> None:
    """However the document came in pieces; and no word of it is repeated."""
    body = document(wrong).encode(encoding)

    for size_bytes in (len(body), 997, 1):
        error = error_of(body, size_bytes)
        assert f": {words}, in record {LAST} of Current Pupils" in str(error)
        assert not any(canary in f"{error} {error.facts}" for canary in CANARIES)


def spoilt(before: str) -> bytes:
    """Return the whole document with a control character right after *before*."""
    text = sample().decode()
    assert before in text
    return text.replace(before, f"{before}\x1f", 1).encode()


@pytest.mark.parametrize(
    ("before", "place"),
    [
        ('<StaffMember Id="41" PersonId="3041">', "record 1 of Current Staff"),
        ("<CurrentPupils>", "record 1 of Current Pupils"),
        ("</SetList>", "record 2 of Teaching Set Lists"),
        ("</CurrentPupils>", "a part of it that is not read"),
    ],
)
def test_the_place_is_where_the_document_stops_to_be_xml(before: str, place: str) -> None:
    """In a record or before it; a row that is taken by its attributes counts like any other."""
    assert f", in {place}" in str(error_of(spoilt(before), 4096))


@pytest.mark.parametrize(
    ("dataset", "module", "records", "number"),
    [
        (TEACHING_FORMS, "TeachingManager/TeachingForms", "<TeachingForm Id='1'/>\x1f", 2),
        (WEEKS, "TimetableManager/Structure", "<Week/><Week/><Week><Days>\x1f", 3),
        (BUILDINGS, "EstateManager/Buildings", "<Building Id='1'/><Building>\x1f", 2),
    ],
)
def test_records_that_hold_records_are_numbered_too(
    dataset: Dataset, module: str, records: str, number: int
) -> None:
    """A week or a building is one record, whatever is in it."""
    outer, collection = module.split("/")
    body = f"<iSAMS><{outer}><{collection}>{records}".encode()

    with pytest.raises(SourceIllegible, match=f"record {number} of {dataset.ui_name}"):
        read_document([body], Wanted(besides=frozenset({dataset})))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (sample("refusal-methods.xml"), SourceRefused),
        (sample()[:-20], SourceUnavailable),
        (b"<html/>", SourceRefused),
        (b"<Schools/>", SourceMalformed),
    ],
)
def test_what_is_no_whole_document_holds_no_dataset(body: bytes, error: type[SourceError]) -> None:
    """An error document among them; what is wrong inside a whole document is not."""
    with pytest.raises(error) as caught:
        datasets_in([body], [TERMS])

    assert not has_bad_record(caught.value)
    assert datasets_in([sample()], [TERMS, PUPILS]) == {PUPILS}
    assert has_bad_record(error_of(spoilt("<CurrentPupils>"), 4096))


def methods(*datasets: Dataset) -> SourceRefused:
    return SourceRefused("tick them", methods=", ".join(dataset.method for dataset in datasets))


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (methods(BUILDINGS), {BUILDINGS}),
        (methods(BUILDINGS, WEEKS), {BUILDINGS, WEEKS}),
        (methods(BUILDINGS, TERMS), set()),
        (methods(PUPILS), set()),
        (SourceRefused("the key is not known"), set()),
        (SourceMalformed("a record has no Id"), {BUILDINGS, WEEKS}),
        (SourceUnavailable("busy"), set()),
        (SourceIncomplete("empty"), set()),
    ],
)
def test_only_what_no_class_needs_is_done_without(error: SourceError, lost: set[Dataset]) -> None:
    """A method that is needed as well, or a key that is not known, refuses the whole school."""
    wanted = Wanted(needed=frozenset({TERMS}), besides=frozenset({TERMS, BUILDINGS, WEEKS}))

    assert lost_with(error, wanted) == lost
