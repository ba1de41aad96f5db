"""Whole or nothing: what is not a whole school in iSAMS's own words is never read as one."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

import pytest

from sync.errors import SourceIncomplete, SourceMalformed, SourceRefused, SourceUnavailable
from sync.isams.batch.reader import count_records, read_document, subjects_in
from tests.unit.batch_samples import altered, emptied, sample, without
from tests.unit.test_batch_school import WHOLE

COLLECTIONS = {
    "CurrentStaff": ("Current Staff", "HumanResources_GetCurrentStaff"),
    "CurrentPupils": ("Current Pupils", "Pupil_GetCurrentPupils"),
    "Departments": ("Departments & Subjects", "Teaching_GetDepartmentsAndSubjects"),
    "Sets": ("Teaching Sets", "Teaching_GetTeachingSets"),
    "SetLists": ("Teaching Set Lists", "Teaching_GetTeachingSetLists"),
}


@pytest.mark.parametrize("tag", COLLECTIONS)
def test_a_missing_collection_names_the_method_to_tick(tag: str) -> None:
    """Missing is unknown, never empty: the error says what to tick, and where."""
    ui_name, method = COLLECTIONS[tag]
    with pytest.raises(SourceIncomplete, match=f"{ui_name} is not in .* Manage Batch API Keys"):
        read_document([without(tag)])
    with pytest.raises(SourceIncomplete) as caught:
        count_records([without(tag)], method)

    assert caught.value.facts == {"method": method}


@pytest.mark.parametrize("tag", COLLECTIONS)
def test_an_empty_collection_is_not_an_empty_school(tag: str) -> None:
    """A school has staff, pupils, subjects, sets and set lists: none at all is an error."""
    with pytest.raises(SourceIncomplete, match=f"{COLLECTIONS[tag][0]} is empty .* filter"):
        read_document([emptied(tag)])
    with pytest.raises(SourceIncomplete):
        count_records([emptied(tag)], COLLECTIONS[tag][1])


@pytest.mark.parametrize("module", ["HRManager", "PupilManager", "TeachingManager"])
def test_a_missing_module_is_incomplete(module: str) -> None:
    """Module nodes are there only for methods that ran."""
    with pytest.raises(SourceIncomplete):
        read_document([without(module)])


def test_departments_without_any_subject_are_incomplete() -> None:
    """A department may have no subjects, but not all of them."""
    departments = b'<Departments><Department Id="1"><Subjects/></Department></Departments>'
    with pytest.raises(SourceIncomplete, match="Departments & Subjects is empty"):
        subjects_in([b"<iSAMS><TeachingManager>", departments, b"</TeachingManager></iSAMS>"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_document_that_ends_anywhere_before_its_end_broke_off(encoding: str) -> None:
    """However much has arrived: it is the network's fault, and asked for again."""
    body = sample().decode().strip().encode(encoding)

    for size_bytes in (*range(20), *range(20, len(body), 7), len(body) - 1):
        with pytest.raises(SourceUnavailable, match="broke off before its end"):
            read_document([body[:size_bytes]])


@pytest.mark.parametrize(
    ("body", "error", "what"),
    [
        (b"", SourceUnavailable, "broke off"),
        (b" \r\n\t", SourceUnavailable, "broke off"),
        (b"Service unavailable", SourceMalformed, "not XML: check that ISAMS_HOST"),
        (b'{"iSAMS": {}}', SourceMalformed, "not XML"),
        (b"\x1f\x8b\x08\0", SourceMalformed, "not XML"),
        (b"<!DOCTYPE html><html><br></html>", SourceRefused, "web page .* ISAMS_HOST"),
        (b"<!doctype HTML>", SourceRefused, "web page"),
        (b"<html><body/></html>", SourceRefused, "web page"),
        (b"<?xml version='1.0'?><!DOCTYPE html PUBLIC '' ''><html/>", SourceRefused, "web page"),
        (b"<?xml version='1.0'?><HTML/>", SourceRefused, "web page"),
        (b"<isams/>", SourceMalformed, "not iSAMS's"),
        (b"<Schools/>", SourceMalformed, "not iSAMS's"),
        (b"<iSAMS/>", SourceIncomplete, "Current Staff"),
        (b"<iSAMS><iSAMS/></iSAMS>", SourceIncomplete, "Current Staff"),
        (b"<iSAMS>&nbsp;</iSAMS>", SourceMalformed, "well-formed"),
        (b"<iSAMS>\xff</iSAMS>", SourceMalformed, "well-formed"),
    ],
)
def test_what_is_no_answer_says_what_to_check(
    body: bytes, error: type[Exception], what: str
) -> None:
    """Pages, texts and other documents are refused in words an administrator can act on."""
    with pytest.raises(error, match=what):
        read_document([body])


@pytest.mark.parametrize(
    "dtd",
    [
        '<!DOCTYPE iSAMS [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE iSAMS SYSTEM "https://elsewhere.example/isams.dtd">',
        '<!DOCTYPE iSAMS [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        "<!DOCTYPE iSAMS>",
    ],
)
def test_a_dtd_is_refused_before_it_is_read(dtd: str) -> None:
    """No entity is ever declared, expanded or fetched."""
    with pytest.raises(SourceMalformed, match="DTD"):
        read_document([dtd.encode() + sample()])


def _declared(name: str) -> bytes:
    return f'<?xml version="1.0" encoding="{name}"?>\n'.encode()


@pytest.mark.parametrize(
    "body",
    [
        codecs.BOM_UTF8 + sample(),
        b"\r\n  " + _declared("utf-8") + sample(),
        codecs.BOM_UTF8 + b" \n" + _declared("UTF-8") + sample(),
        _declared("utf-16") + sample(),
        _declared("UTF-16") + altered(("Zo&#xEB;", "Zoë")),
        _declared("us-ascii") + sample(),
        _declared("iso-8859-1") + altered(("Zo&#xEB;", "Zoë")).decode().encode("latin-1"),
        _declared("Windows-1252") + altered(("Zo&#xEB;", "Zoë")).decode().encode("cp1252"),
        b"<?xml version='1.0' encoding='utf-16' standalone='yes'?>" + sample(),
        codecs.BOM_UTF16_LE + sample().decode().encode("utf-16-le"),
        codecs.BOM_UTF16_BE + sample().decode().encode("utf-16-be"),
        sample().decode().encode("utf-16-le"),
        sample().decode().encode("utf-16-be"),
        (_declared("utf-16").decode() + sample().decode()).encode("utf-16"),
    ],
)
def test_the_encoding_is_what_the_bytes_are_not_what_they_declare(body: bytes) -> None:
    """utf-16 declared over single bytes is read; so are true UTF-16, marks and Latin-1."""
    assert read_document([body]) == WHOLE
    assert read_document([bytes([byte]) for byte in body]) == WHOLE


@pytest.mark.parametrize("name", ["shift_jis", "no-such-thing", "utf-7", ""])
def test_an_encoding_that_we_do_not_know_is_refused(name: str) -> None:
    """Nothing is decoded by guesswork, and no codec is looked up by a stranger's name."""
    with pytest.raises(SourceMalformed):
        read_document([_declared(name) + sample()])


def test_a_lone_surrogate_is_malformed() -> None:
    """UTF-16 can hold half a character: that is no text."""
    body = sample().decode().replace("Fell", "\ud800").encode("utf-16-le", "surrogatepass")
    with pytest.raises(SourceMalformed):
        read_document([body])


def test_the_size_is_capped_before_the_end_is_read() -> None:
    """An answer without end stops at the cap, in whatever it never ends."""

    def endless() -> Iterator[bytes]:
        yield b"<iSAMS><!--"
        while True:
            yield b"x" * 1000

    with pytest.raises(SourceMalformed, match="too large") as caught:
        read_document(endless(), limit_bytes=10_000)

    assert caught.value.facts == {"limit_bytes": 10_000}
    assert read_document([sample()], limit_bytes=len(sample())) == WHOLE
