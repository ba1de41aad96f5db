"""XML as text: the few shapes that a batch document is made of, and its bytes in chunks."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

CHUNK_CHARACTERS = 64 * 1024

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def leaf(tag: str, value: object, *, legacy: bool = False) -> str:
    """Return a child element: absent for None, empty for "", with a kept space for a blank text."""
    if value is None:
        return ""
    marked = f'{tag} Legacy="True"' if legacy else tag
    text = str(value)
    if not text:
        return f"        <{marked}/>\n"
    if text.isspace():
        return f"        <{marked}>&#x20;</{tag}>\n"
    return f"        <{marked}>{text.translate(_ESCAPES)}</{tag}>\n"


def element(tag: str, attributes: Iterable[tuple[str, object]], children: Iterable[str]) -> str:
    """Return a record; an attribute whose value is None is left out."""
    text = "".join(
        f' {name}="{str(value).translate(_ESCAPES)}"'
        for name, value in attributes
        if value is not None
    )
    inside = "".join(children)
    return f"      <{tag}{text}>\n{inside}      </{tag}>\n" if inside else f"      <{tag}{text}/>\n"


def chunks(texts: Iterable[str], encoding: str = "utf-8") -> Iterator[bytes]:
    """Yield *texts* as bytes, about 64 KiB at a time.

    A letter that *encoding* does not have becomes a character reference, so the document stays
    true in any encoding.
    """
    encoder = codecs.getincrementalencoder(encoding)("xmlcharrefreplace")
    held: list[str] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text)
        if size >= CHUNK_CHARACTERS:
            yield encoder.encode("".join(held))
            held, size = [], 0
    yield encoder.encode("".join(held), final=True)
