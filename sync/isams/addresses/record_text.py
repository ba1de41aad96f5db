"""A record as iSAMS sent it: each member with its value as text, so that it goes back as it came.

A number read and written again may be another text (`1.10`, `2E3`), and a date another moment:
docs/reference/isams.md#put-dates. So values are cut out of the answer, never made anew. To compare
two, they are read: `1.0` is `1`, a text is never a number, and the order of members is nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Set
from decimal import Decimal
from typing import Never

from sync.isams.addresses.kinds import ADDRESS, NATIONALITIES, UPDATED

type Members = Mapping[str, str]
"""The members of a record, each with the JSON text of its value."""

type Meaning = tuple[object, ...]

_BLANKS = " \t\n\r"


def _no_number(_: str) -> Never:
    raise ValueError("no JSON number")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number)
# iSAMS gives `[""]` where there is none, and does not take it back:
# docs/reference/isams.md#put-refuses
_NOBODYS: Set[Meaning] = frozenset({("null",), ("list", ()), ("list", (("text", ""),))})
# What an empty field of .NET may look like: none of these shows that a field is really read.
_EMPTY: Set[Meaning] = frozenset(
    {*_NOBODYS, ("text", ""), ("object", ()), ("truth", False), ("number", "0")}
)


def members_of(body: bytes) -> Members:
    """Return the members of the object that *body* is.

    Raises:
        ValueError: it is no JSON object in UTF-8, or a name comes twice in it.
    """
    text = body.decode("utf-8-sig")
    try:
        return _MemberReader(text).members()
    except (IndexError, RecursionError):
        raise ValueError("no JSON object") from None


def body_of(members: Members) -> bytes:
    """Return the object that *members* are, as JSON."""
    lines = (f"{json.dumps(name)}:{value}" for name, value in members.items())
    return f"{{{','.join(lines)}}}".encode()


def meaning(value: str) -> Meaning:
    """Return what a JSON text says, to be compared."""
    return _tagged(_DECODER.decode(value))


def text_in(value: str) -> str | None:
    """Return the text that a JSON text is, None if it is none."""
    match meaning(value):
        case ("text", str(found)):
            return found
        case _:
            return None


def plain_text(value: str) -> str:
    """Return what a text or a number says, without blanks around it; "" for anything else."""
    match meaning(value):
        case ("text", str(found)):
            return found.strip()
        case ("number", _):
            return value.strip()
        case _:
            return ""


def is_blank_address(value: str) -> bool:
    """Say whether *value* of an address is none: null, or a text of blanks."""
    text = "" if meaning(value) == ("null",) else text_in(value)
    return text is not None and not text.strip()


def says_something(value: str) -> bool:
    """Say whether *value* is more than an empty field's: not null, "", [], false or 0."""
    return meaning(value) not in _EMPTY


def is_nobodys(value: str) -> bool:
    """Say whether nationalities of *value* are none."""
    return meaning(value) in _NOBODYS


def to_put(record: Members, takes: Set[str], address: str) -> Members:
    """Return what PUT takes of *record*, as it came, with the JSON text *address* as the address.

    Nationalities that are none are left out.
    """
    kept = {name: value for name, value in record.items() if name in takes}
    if NATIONALITIES in kept and is_nobodys(kept[NATIONALITIES]):
        del kept[NATIONALITIES]
    return {**kept, ADDRESS: address}


def digest(record: Members, address: str = "") -> str:
    """Return a digest of all that *record* says, when it was last changed among it.

    With *address*, also of that: two digests are the same where both are.
    """
    said = sorted((name, meaning(value)) for name, value in record.items())
    return hashlib.sha256(repr((address, said)).encode(errors="replace")).hexdigest()


def differing(before: Members, after: Members, address: str) -> tuple[str, ...]:
    """Return in which members *after* is not *before* with the JSON text *address*, by name.

    When a record was last changed is no difference, nor is another way to say no nationality.
    """
    names = (set(before) | set(after)) - {UPDATED}
    return tuple(sorted(name for name in names if not _same(name, before, after, address)))


def _same(name: str, before: Members, after: Members, address: str) -> bool:
    if name == ADDRESS:
        return _is_address(after.get(name, "null"), address)
    if name == NATIONALITIES:
        one, other = (each.get(name, "null") for each in (before, after))
        if is_nobodys(one) and is_nobodys(other):
            return True
    if name not in before or name not in after:
        return False
    return before[name] == after[name] or meaning(before[name]) == meaning(after[name])


def _is_address(held: str, address: str) -> bool:
    """Say whether *held* is the JSON text *address*, or both are none."""
    return meaning(held) == meaning(address) or (
        is_blank_address(held) and is_blank_address(address)
    )


def _tagged(value: object) -> Meaning:
    match value:
        case None:
            return ("null",)
        case bool():
            return ("truth", value)
        case str():
            return ("text", value)
        case Decimal():
            return ("number", str(value.normalize()) if value else "0")
        case list():
            return ("list", tuple(map(_tagged, value)))
        case dict():
            pairs = ((str(name), _tagged(each)) for name, each in value.items())
            return ("object", tuple(sorted(pairs)))
        case _:
            raise ValueError("no JSON value")


class _MemberReader:
    """Reads an object member by member, and keeps where each value begins and ends."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def members(self) -> Members:
        found: dict[str, str] = {}
        self._take("{")
        while not self._is_next("}"):
            if found:
                self._take(",")
            name, _ = self._value()
            self._take(":")
            _, value = self._value()
            if not isinstance(name, str) or name.lower() in map(str.lower, found):
                raise ValueError("a name that comes twice, or is none")
            found[name] = value
        self._take("}")
        if self._text[self._at :].strip(_BLANKS):
            raise ValueError("something behind the object")
        return found

    def _skip(self) -> None:
        while self._text[self._at : self._at + 1] in tuple(_BLANKS):
            self._at += 1

    def _is_next(self, sign: str) -> bool:
        self._skip()
        return self._text[self._at] == sign

    def _take(self, sign: str) -> None:
        if not self._is_next(sign):
            raise ValueError("no JSON object")
        self._at += 1

    def _value(self) -> tuple[object, str]:
        self._skip()
        start = self._at
        value, self._at = _DECODER.raw_decode(self._text, start)
        return value, self._text[start : self._at]
