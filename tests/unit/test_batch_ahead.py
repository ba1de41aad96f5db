"""What is taken ahead of expat, and what is left to it; that both read the same: tests/fuzz."""

from __future__ import annotations

from collections.abc import Iterator
from xml.parsers.expat import XMLParserType

import pytest

from sync.errors import SourceIllegible, SourceMalformed, SourceUnavailable
from sync.isams import xmltext
from sync.isams.batch.ahead import Ahead
from sync.isams.batch.document import BatchDocument
from sync.isams.batch.people import BatchSchool
from sync.isams.batch.reader import read_document
from sync.isams.datasets import ALWAYS
from sync.isams.school import School
from tests.unit.batch_samples import sample

ROWS = 400
FAR = " " * 600  # further than what is fed at once
ROW = '\n<SetList Id="{0}" SetId="301" PupilId="{1}">\n<Note>&lt;{0}&gt;</Note>\n</SetList>'


def row(number: int) -> str:
    return ROW.format(number, 710 + number % 2)


def document(rows: str, *, encoding: str = "utf-8") -> bytes:
    """Return the whole document with *rows* behind its own."""
    text = sample().decode().replace("</SetLists>", f"{rows}</SetLists>")
    return f"<?xml version='1.0' encoding='{encoding}'?>{text}".encode(encoding)


def in_chunks(body: bytes, size_bytes: int = 4096) -> Iterator[bytes]:
    for start in range(0, len(body), size_bytes):
        yield body[start : start + size_bytes]


def left_bytes(body: bytes) -> int:
    """Read *body*, and return how much of it expat was fed."""
    school, fed = BatchSchool(), list[int]()
    extracts = school.extracts()
    read = BatchDocument([extracts[dataset] for dataset in ALWAYS], school.counts)

    def left_of(pieces: Iterator[bytes], parser: XMLParserType) -> Iterator[bytes]:
        for piece in Ahead(read).left_of(pieces, parser):
            fed.append(len(piece))
            yield piece

    xmltext.parse(in_chunks(body), read.attach, limit_bytes=len(body), left_of=left_of)
    school.whole()
    return sum(fed)


def school_of(rows: str) -> School:
    return read_document(in_chunks(document(rows)))


def test_rows_that_look_alike_do_not_reach_expat() -> None:
    """But for the first, from which it is learned how they look, and what stands around them."""
    few, many = "".join(map(row, range(20))), "".join(map(row, range(ROWS)))

    assert left_bytes(document(many)) == left_bytes(document(few))
    assert school_of(many).counts["SetList"] == school_of("").counts["SetList"] + ROWS


def test_of_a_document_in_another_encoding_nothing_is_taken() -> None:
    """What is proved of records is proved of UTF-8 alone."""
    body = document("".join(map(row, range(ROWS))), encoding="iso-8859-1")

    assert left_bytes(body) == 0  # of nought: it is not asked


@pytest.mark.parametrize(
    ("wrong", "error"), [("\x1f", SourceIllegible), ("</Wrong>", SourceMalformed)]
)
@pytest.mark.parametrize("at", [0, 1, 30, ROWS - 1])
def test_the_place_counts_what_was_taken_ahead(wrong: str, error: type[Exception], at: int) -> None:
    """Record 37 is the 37th of the document, whoever has read the 36 before it."""
    rows = [row(number) for number in range(ROWS)]
    rows[at] = rows[at].replace("<SetList", f"{wrong}<SetList")
    before = school_of("").counts["SetList"]

    with pytest.raises(error, match=f"in record {before + at + 1} of Teaching Set Lists"):
        school_of("".join(rows))


@pytest.mark.parametrize(
    "hidden",
    [
        f"<![CDATA[{FAR}{{}}]]>",
        f"<!--{FAR}{{}}-->",
        f"<New>{FAR}{{}}</New>",
        "<![CDATA[</SetList>{}]]>",
        "<!-- </SetList>{} -->",
        "<?hidden </SetList>{}?>",
        "<New>{}</New>",
        "<New><SetList Id='1'/>{}</New>",
    ],
)
def test_a_row_that_is_none_is_not_taken(hidden: str) -> None:
    """In a comment, in CDATA, in an element that is no record: it is in nobody's class."""
    stranger = '<SetList Id="1" SetId="303" PupilId="711">\n</SetList>'
    rows = "".join(map(row, range(ROWS)))

    read = school_of(f"{rows}{hidden.format(stranger)}{rows}")

    assert read == school_of(rows * 2)
    assert read.sets["303"].pupil_ids == ()


def test_an_attribute_that_comes_twice_is_not_taken() -> None:
    """Nor if it is one that only some of the rows have."""
    rows = [row(number) for number in range(ROWS)]
    for at in range(0, ROWS, 2):
        rows[at] = rows[at].replace(" SetId", ' B="2" SetId').replace("<Note", '<Note A="1"')

    assert school_of("".join(rows)).sets == school_of("".join(map(row, range(ROWS)))).sets
    for attribute in ('A="1"', 'B="2"'):
        twice = rows[-2].replace(attribute, f"{attribute} {attribute}")
        with pytest.raises(SourceMalformed, match="attribute that comes twice"):
            school_of("".join([*rows[:-2], twice, rows[-1]]))


@pytest.mark.parametrize("tag", ["A.B", "A-B", "Ä", "a:b"])
def test_no_name_is_taken_for_a_pattern(tag: str) -> None:
    """A row in which `A.B` is spelt otherwise is no XML, however many rows had it before."""
    rows = [row(number).replace("Note", tag) for number in range(ROWS)]
    read = school_of("".join(rows))
    rows[-2] = rows[-2].replace(f"<{tag}>", f"<{tag[0]}<{tag[2:]}>")

    assert read.counts["SetList"] == school_of("").counts["SetList"] + ROWS
    with pytest.raises(SourceIllegible):
        school_of("".join(rows))


@pytest.mark.parametrize(
    "odd", ["<!-- odd -->", "<New/>", "<SetList SetId='301' PupilId='710'></SetList>"]
)
@pytest.mark.parametrize("between", ["", " ", "&#32;", "&amp;", "text", "\r\n", "]]"])
def test_what_stands_between_two_rows_does_not_matter(odd: str, between: str) -> None:
    """Wherever the next look ahead begins."""
    rows = "".join(map(row, range(ROWS)))

    read = school_of(f"{rows}{odd}{between}{rows}{between}{odd}{rows}")

    assert read.sets == school_of(rows).sets


def test_the_limit_counts_what_is_taken_ahead() -> None:
    """A document without end ends, though expat is not fed most of it."""
    body = document("".join(map(row, range(ROWS))))

    read_document(in_chunks(body), limit_bytes=len(body))
    with pytest.raises(SourceMalformed, match="too large"):
        read_document(in_chunks(body), limit_bytes=len(body) - 1)


def test_what_is_wrong_in_a_held_record_is_said_before_the_connection_was_lost() -> None:
    """A record whose end has not come waits; its fault came first all the same."""

    def broken_off() -> Iterator[bytes]:
        yield document("".join(map(row, range(ROWS)))).partition(b"</SetLists>")[0]
        yield b"<SetList Id='1'>\x1f"
        raise SourceUnavailable("the connection was lost")

    with pytest.raises(SourceIllegible):
        read_document(broken_off())


@pytest.mark.parametrize("tag", ["<Zed><b", "</Zed>"])
def test_what_is_passed_over_ends_where_it_ends(tag: str) -> None:
    """Though its tag comes in two pieces: nobody listens to what does not hold its name."""
    inside = f"<Zed>{'<a/>' * 300}<Zed><b/>{'<b/>' * 300}</Zed>{'<c/>' * 300}</Zed>"
    body = document("").replace(b"<HRManager>", f"{inside}<HRManager>".encode(), 1)
    place = body.index(tag.encode())

    for cut in range(place, place + len(tag) + 1):
        assert read_document([body[:cut], body[cut:]]) == school_of("")
