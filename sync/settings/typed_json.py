"""JSON as people type it: everything that is wrong with it, by its place, in words for them.

A parser stops at the first fault, and speaks of delimiters. This reader goes on after each, so that
whoever types JSON once a year mends it once. It decides nothing of what is sound: that is for
`json`, and what is told here counts only where `json` refuses, save a name that comes twice.

A fault names the setting beside it, and never shows a value: it may be a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sync.settings.faults import printable

_TOKEN = re.compile(
    r"""
      (?P<blank> [ \t\r\n]+ )
    | (?P<odd> \s+ )
    | (?P<comment> //[^\n]* | /\*.*?(?:\*/|\Z) | \#[^\n]* )
    | (?P<text> "(?:[^"\\\n]|\\[^\n])*" )
    | (?P<unclosed> "[^\n]* )
    | (?P<mark> [{}\[\]:,] )
    | (?P<curly> ['\u2018\u2019\u201c-\u201e][^\n]*?['\u2018\u2019\u201c-\u201e] )
    | (?P<bare> (?:[^\s{}\[\],":]|:(?=[^\s"'{\[]))+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\.")
_GOOD_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_SOUND = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SHORT = 6  # characters of a value that is shown: no secret is so short
_DEEPEST = 20
QUOTED = "expected a text in quotation marks"
_ENTRY = ' "SDS__CONNECTOR": "iSAMS nightly"'
UNCLOSED = "its last quotation mark is missing"
TWICE = r"write every \ twice, such as C:\\SDS"


class Flaw(NamedTuple):
    """What is wrong at a place: the offset of its first character."""

    at: int
    text: str


class Token(NamedTuple):
    """A piece of the text: `kind` is the group of the pattern that it matched."""

    kind: str
    text: str
    at: int


type NamePath = tuple[str, ...]


class Entry(NamedTuple):
    """A value: where it begins, and its text.

    `kind` is "bare", or "mark" of what is in brackets; of all else, in quotation marks of any kind,
    `text` is what it means.
    """

    at: int
    kind: str
    text: str


@dataclass(slots=True)
class Typed:
    """What was read of a text: its `entries` by the names that lead to them.

    `faults` keep it from being JSON; `twice` are names that repeat. `lost` says that something was
    not read, so that more may be meant than the entries.
    """

    entries: dict[NamePath, Entry] = field(default_factory=dict)
    faults: list[Flaw] = field(default_factory=list)
    twice: list[Flaw] = field(default_factory=list)
    lost: bool = False

    def meant(self) -> object:
        """Return what the faulty text was meant to be, None if that is not plain.

        Numbers, true and false are texts.
        """
        if self.lost or not self.faults:
            return None
        values = dict[NamePath, object]()
        for path, entry in self.entries.items():
            values[path] = _meaning(entry)
            above = values[path[:-1]] if path else None
            if isinstance(above, dict):
                above[path[-1]] = values[path]
        return values.get(())


def read_typed(text: str) -> Typed:
    """Read *text* to its end, whatever it holds."""
    reader = _Reader(text)
    reader.whole()
    return reader.typed


def place(text: str, at: int) -> str:
    """Say where *at* is: in which line of *text*, or at which character of a single line."""
    if "\n" in text.strip():
        return f"line {text.count('\n', 0, at) + 1}"
    return f"character {at + 1}"


def literal(value: str) -> str:
    """Return an unquoted *value* as it would be in quotation marks, "" if it may be a secret."""
    return f'"{value}"' if _SOUND.fullmatch(value) and len(value) <= _SHORT else ""


def _meaning(entry: Entry) -> object:
    """Return what an entry is by itself: of brackets what they open, as yet empty."""
    if entry.kind == "mark":
        return {} if entry.text == "{" else []
    return None if (entry.kind, entry.text) == ("bare", "null") else entry.text


class _Reader:
    def __init__(self, text: str) -> None:
        self.typed = Typed()
        self._end = max(len(text.rstrip()) - 1, 0)
        self._tokens = list(self._without_blanks(text))
        self._next = 0

    def whole(self) -> None:
        """Read the value that the text holds, and see that nothing follows it."""
        if not self._tokens:
            self._lose(0, "there is nothing in it")
            return
        self._value(())
        if rest := self._peek():
            self._lose(rest.at, "something stands after the last bracket: take it out")

    def _without_blanks(self, text: str) -> Iterator[Token]:
        """Yield the tokens; a comment is a fault and no token."""
        for match in _TOKEN.finditer(text):
            kind = match.lastgroup or ""
            if kind == "comment":
                self._fault(match.start(), "a comment: JSON has none, so take it out")
            elif kind == "odd":
                told = "a blank that is none to a computer, as pasted from a web page: type it anew"
                self._fault(match.start(), told)
            elif kind != "blank":
                yield Token(kind, match[0], match.start())

    def _fault(self, at: int, text: str) -> None:
        self.typed.faults.append(Flaw(at, text))

    def _lose(self, at: int, text: str) -> None:
        """Tell a fault behind which something may stand that is not read."""
        self.typed.lost = True
        self._fault(at, text)

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _takes(self, marks: str) -> Token | None:
        """Take the next token if it is one of *marks*."""
        token = self._peek()
        if token and token.kind == "mark" and token.text in marks:
            self._next += 1
            return token
        return None

    # -- values ------------------------------------------------------------------------------

    def _value(self, path: NamePath) -> None:
        """Read a value; what can be none is left for the brackets around it."""
        token, about = self._peek(), f"{printable(path[-1])}: " if path else ""
        if token is None or (token.kind == "mark" and token.text not in "{["):
            self._lose(token.at if token else self._end, f"{about}the value is missing")
            self._takes(":")
            return
        self._next += 1
        text = token.text if token.kind in {"bare", "mark"} else _meant(token.text)
        self.typed.entries[path] = Entry(token.at, token.kind, text)
        if token.kind == "mark":
            self._bracketed(token, path)
        elif token.kind == "bare":
            if not _SOUND.fullmatch(token.text):
                self._fault(token.at, about + QUOTED)
        else:
            self._quoted(token, about)

    def _bracketed(self, opening: Token, path: NamePath) -> None:
        if len(path) > _DEEPEST:
            self._lose(opening.at, "there are too many brackets inside each other")
            self._next = len(self._tokens)
        else:
            self._entries(path, closing="}" if opening.text == "{" else "]")

    def _quoted(self, token: Token, about: str) -> None:
        escapes = _ESCAPE.finditer(token.text)
        if token.kind == "curly":
            self._fault(token.at, f'{about}expected straight quotation marks: "')
        elif not all(_GOOD_ESCAPE.match(token.text, each.start()) for each in escapes):
            self._fault(token.at, about + TWICE)
        elif token.kind == "unclosed":
            # A backslash before the last quotation mark takes its meaning away.
            last = token.text.rstrip(" ,\r").endswith('\\"')
            self._lose(token.at, about + (TWICE if last else UNCLOSED))
        elif any(sign < " " for sign in token.text):
            self._fault(token.at, f"{about}it holds a tab: take it out")

    # -- entries -----------------------------------------------------------------------------

    def _entries(self, path: NamePath, closing: str) -> None:
        """Read entries with commas between them, to *closing*."""
        seen = set[str]()
        spare, commas = self._commas(), list[Token]()
        while self._is_inside():
            if closing == "}":
                self._entry(path, seen)
            else:
                self._value((*path, "a list"))
            commas = self._commas()
            spare += commas[1:]
            if not commas and self._is_inside():
                self._missing_comma()
        for comma in spare:
            self._fault(comma.at, "a comma too many: take it out")
        for comma in commas[:1]:
            self._fault(comma.at, "a comma after the last entry: take it out")
        if not self._takes(closing):
            token = self._peek()
            self._lose(token.at if token else self._end, f"a {closing} is missing")

    def _commas(self) -> list[Token]:
        """Take the commas that are next."""
        taken = []
        while comma := self._takes(","):
            taken.append(comma)
        return taken

    def _is_inside(self) -> bool:
        """Say whether something is next, and no closing bracket."""
        token = self._peek()
        return token is not None and not (token.kind == "mark" and token.text in "}]")

    def _is_mark(self) -> bool:
        token = self._peek()
        return token is not None and token.kind == "mark"

    def _missing_comma(self) -> None:
        before = self._tokens[self._next - 1]
        if before.kind != "unclosed":  # what is not closed has swallowed it
            self._fault(before.at + len(before.text), "a comma is missing after this entry")

    def _entry(self, path: NamePath, seen: set[str]) -> None:
        """Read a name, a colon and a value. A name is shown only where a colon says it is one."""
        token = self._tokens[self._next]
        self._next += 1
        if token.kind == "mark":
            self._lose(token.at, "a name in quotation marks is missing")
        elif not self._takes(":"):
            self._lose(token.at, "expected a name, a colon and a value, such as" + _ENTRY)
            # What stands where the colon is missing was to be the value.
            self._next += token.kind == "text" and self._is_inside() and not self._is_mark()
        else:
            name = self._name(token, seen)
            self._value((*path, name))

    def _name(self, token: Token, seen: set[str]) -> str:
        if token.kind != "text":
            self._fault(token.at, "expected straight quotation marks around the name")
        name = _meant(token.text)
        if name.lower() in seen:
            self.typed.twice.append(Flaw(token.at, f"{printable(name)}: the same name twice"))
        seen.add(name.lower())
        return name


def without_controls(text: str) -> str:
    """Return *text* without tabs, line ends and other controls."""
    return "".join(sign for sign in text if sign >= " ")


def _meant(text: str) -> str:
    """Return what *text* means in its quotation marks; as it stands, if it is no JSON.

    What keeps it from being JSON is told by its place, and so is no fault of the setting's as well.
    """
    try:
        return str(json.loads(text))
    except ValueError:
        return without_controls(text).strip("\"'\u2018\u2019\u201c\u201d\u201e")
