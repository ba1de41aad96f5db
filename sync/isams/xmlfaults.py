"""What was wrong where a document stopped to be XML, in words for whoever may mend it.

Nothing of the document is repeated: it is about people.
"""

from __future__ import annotations

import re
from xml.parsers.expat import errors

# What expat says at the end of a document that has not ended.
CUT = frozenset(
    errors.codes[message]
    for message in (
        errors.XML_ERROR_NO_ELEMENTS,
        errors.XML_ERROR_UNCLOSED_TOKEN,
        errors.XML_ERROR_PARTIAL_CHAR,
        errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)

_TOKEN_BYTES = 64  # more than any reference to a character has
_UNREAD_BYTES = 256 * 1024  # of what is longer, nobody is told what was wrong in it
_REFERENCE = re.compile(rb"&#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,8}));")
_CONTROL = "a control character"
_CONTROLS = frozenset(bytes([code]) for code in range(0x20)) - {b"\t", b"\n", b"\r"}
_ENTITIES = errors.codes[errors.XML_ERROR_UNDEFINED_ENTITY]
_CODES = {
    _ENTITIES: "an entity that XML does not know",
    errors.codes[errors.XML_ERROR_TAG_MISMATCH]: "an end tag that does not fit its start tag",
    errors.codes[errors.XML_ERROR_DUPLICATE_ATTRIBUTE]: "an attribute that comes twice",
    errors.codes[errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]: "something behind its end",
}
_REFERENCES = errors.codes[errors.XML_ERROR_BAD_CHAR_REF]
_TOKENS = errors.codes[errors.XML_ERROR_INVALID_TOKEN]


class Recent:
    """The last bytes that were fed to a parser, as far as an error may point back at them.

    That is to anywhere in what it has been fed and not read: expat puts off a long tag that it was
    given in pieces, and finds what is wrong in it much later.
    """

    def __init__(self) -> None:
        self._bytes = b""
        self._fed_bytes = 0

    def feed(self, chunk: bytes, read_bytes: int) -> bytes:
        """Take *chunk*, and return it; the parser has read so many of the bytes before it."""
        kept_bytes = min(max(self._fed_bytes - read_bytes, _TOKEN_BYTES), _UNREAD_BYTES)
        self._bytes = self._bytes[-kept_bytes:] + chunk
        self._fed_bytes += len(chunk)
        return chunk

    def at(self, index: int) -> bytes:
        """Return some bytes from *index* on; b"" if they are gone."""
        start = index - (self._fed_bytes - len(self._bytes))
        return self._bytes[start : start + _TOKEN_BYTES] if start >= 0 else b""


def is_of_a_character(xml_error: int) -> bool:
    """Say whether *xml_error* is of a character in a record, and not of how records are told."""
    return xml_error in {_REFERENCES, _TOKENS, _ENTITIES}


def what_is_wrong(xml_error: int, token: bytes) -> str:
    """Return what expat's *xml_error* means where the document goes on with *token*."""
    plain = token.replace(b"\0", b"")  # as good as a decoder: what is looked for is ASCII
    if xml_error == _REFERENCES:
        return _referred(plain)
    if xml_error == _TOKENS and plain[:1] in _CONTROLS:
        return _CONTROL
    if xml_error == _TOKENS and plain[:1] >= b"\x7f":
        return "bytes that are no letter in the encoding that it declares"
    return _CODES.get(xml_error, "something that XML does not allow, such as & for &amp;")


def _referred(token: bytes) -> str:
    """Return what a reference to a forbidden character stands for.

    .NET's writers put such characters out so: docs/reference/isams.md#character-references
    """
    match = _REFERENCE.match(token)
    code = int(match[1] or match[2], 16 if match[1] else 10) if match else 0x110000
    if code < 0x20:
        return f"{_CONTROL}, written as a reference"
    if 0xD800 <= code < 0xE000:
        return "half a character (a surrogate), written as a reference"
    return "a reference to a character that XML forbids"
