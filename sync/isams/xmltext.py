"""Bytes that should be XML, fed to expat as they come: nothing is kept.

What iSAMS sends is not always what it declares: utf-16 in the declaration of single bytes is the
rule in its error documents (docs/reference/isams.md#utf-16).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType

from sync.errors import (
    SourceError,
    SourceIllegible,
    SourceMalformed,
    SourceRefused,
    SourceUnavailable,
)
from sync.isams.xmlfaults import CUT, Recent, is_of_a_character, what_is_wrong

LIMIT_BYTES = 512 * 1024 * 1024  # a large school is tens of MB: docs/reference/isams.md#size

_LAST = True
_NOT_READ = "a part of it that is not read"
_OPENING_BYTES = 512  # enough for any declaration
_UTF8_BOM = b"\xef\xbb\xbf"
# What says nothing yet: nothing, half a byte order mark, or half a character.
_BEGINNINGS = frozenset({b"", b"\xef", b"\xef\xbb", b"\xff", b"\xfe", b"\0"})
_DECLARED = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"']*)[\"']")
_UTF8 = "utf-8"
_ENCODINGS = {
    "utf-8": _UTF8,
    "utf8": _UTF8,
    "us-ascii": _UTF8,
    "ascii": _UTF8,
    # True UTF-16 was recognised by its first bytes before anybody looks here.
    "utf-16": _UTF8,  # docs/reference/isams.md#utf-16
    "iso-8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "windows-1252": "windows-1252",
}


def parse(
    chunks: Iterable[bytes],
    attach: Callable[[XMLParserType], None],
    *,
    limit_bytes: int,
    place: Callable[[], str] = lambda: "",
    left_of: Callable[[Iterator[bytes], XMLParserType], Iterator[bytes]] | None = None,
) -> None:
    """Run the handlers that *attach* sets over the document in *chunks*, to its very end.

    *place* says where in the document the handlers are, such as `record 7 of Forms`. Of a document
    in UTF-8, *left_of* may take what expat need not see.

    Raises:
        SourceUnavailable: it ends before its end.
        SourceIllegible: a record holds a character that XML forbids. The message says which.
        SourceMalformed: not XML, in an unknown encoding, with a DTD, followed by anything, or
            larger than *limit_bytes*. The message says which, and where.
        SourceRefused: a web page instead of an answer.
    """
    stream = _capped(chunks, limit_bytes)
    opening = _opening(stream)
    encoding = _encoding(opening)
    parser = ParserCreate(encoding)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    attach(parser)
    recent = Recent()
    pieces: Iterator[bytes] = chain([opening], stream)
    if left_of and encoding == _UTF8:
        pieces = left_of(pieces, parser)
    try:
        for chunk in pieces:
            parser.Parse(recent.feed(chunk, parser.CurrentByteIndex))
        parser.Parse(b"", _LAST)
    except ExpatError as error:
        if error.code in CUT:
            raise _broken_off() from None
        raise _ill_formed(error.code, recent.at(parser.ErrorByteIndex), place()) from None


def _ill_formed(xml_error: int, token: bytes, place: str) -> SourceError:
    told = f"iSAMS's answer is not well-formed XML: {what_is_wrong(xml_error, token)}"
    told = f"{told}, in {place or _NOT_READ}"
    if place and is_of_a_character(xml_error):
        mend = "open it in iSAMS, type anew what looks odd, and save"
        return SourceIllegible(f"{told}: {mend}", xml_error=xml_error)
    return SourceMalformed(told, xml_error=xml_error)


def web_page() -> SourceError:
    """Return the error for an answer in HTML, with whatever status it came."""
    return SourceRefused(
        "a web page came instead of iSAMS's answer: check that ISAMS_HOST is the host of iSAMS,"
        " and that no IP or domain restriction of the key keeps this app out"
    )


def _broken_off() -> SourceUnavailable:
    return SourceUnavailable("iSAMS's answer broke off before its end")


def _capped(chunks: Iterable[bytes], limit_bytes: int) -> Iterator[bytes]:
    seen_bytes = 0
    for chunk in chunks:
        seen_bytes += len(chunk)
        if seen_bytes > limit_bytes:
            raise SourceMalformed("iSAMS's answer is too large", limit_bytes=limit_bytes)
        yield chunk


def _opening(stream: Iterator[bytes]) -> bytes:
    """Take the first bytes: without UTF-8's mark, and without white space before `<`."""
    opening = b""
    for chunk in stream:
        opening = (opening + chunk).removeprefix(_UTF8_BOM).lstrip(b" \t\r\n")
        if len(opening) >= _OPENING_BYTES:
            break
    return opening


def _encoding(opening: bytes) -> str:
    """Return expat's name of what *opening* is truly written in."""
    if opening.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if opening.startswith(b"<\0"):
        return "utf-16le"
    if opening.startswith(b"\0<"):
        return "utf-16be"
    if opening in _BEGINNINGS:
        raise _broken_off()
    if opening.lower().startswith((b"<!doctype html", b"<html")):  # docs/reference/isams.md#html
        raise web_page()
    if not opening.startswith(b"<"):
        raise SourceMalformed(
            "the answer is not XML: check that ISAMS_HOST is the host of iSAMS, without a path"
        )
    declared = _DECLARED.match(opening)
    name = declared[1].decode("latin-1").lower() if declared else _UTF8
    if name not in _ENCODINGS:
        raise SourceMalformed("iSAMS's answer declares an encoding that we cannot read")
    return _ENCODINGS[name]


def _refuse_doctype(name: str, *_: object) -> None:
    # No iSAMS document has a DTD, and a DTD could define entities that grow without end.
    # docs/reference/isams.md#no-dtd
    if name.lower() == "html":
        raise web_page()
    raise SourceMalformed("iSAMS's answer holds a DTD, which no answer of iSAMS does")
