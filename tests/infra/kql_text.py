"""The words of a query: read once from the front to the back, and its expressions as trees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

_TOKEN = re.compile(
    r'\s+|//[^\n]*|(?P<text>"(?:[^"\\]|\\.)*")|(?P<span>\d+[dhms]\b)|(?P<number>\d+(?:\.\d+)?)'
    r"|(?P<name>!in\b|mv-expand\b|[A-Za-z_]\w*)|(?P<sign>[!=<>]=|[-+*/<>=()\[\].,|;])"
)
_SPANS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}

# Binary operators, the weakest first.
_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"or"}),
    frozenset({"and"}),
    frozenset({"==", "!=", "<", ">", "<=", ">=", "in", "!in", "contains", "startswith"}),
    frozenset({"+", "-"}),
    frozenset({"*", "/"}),
)


class KqlError(Exception):
    """The query holds something that is not known here, or names a column that is not there."""


@dataclass(frozen=True, slots=True)
class Literal:
    value: Any  # text, number or timespan


@dataclass(frozen=True, slots=True)
class Column:
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function, an operator by its sign, or `.` for a member of a dynamic value."""

    name: str
    arguments: tuple[Expr, ...]


type Expr = Literal | Column | Call
type Named = tuple[str, Expr]


class Words:
    """What is left to read of a query."""

    def __init__(self, text: str) -> None:
        self._left = list(_tokens(text))

    def all_read(self) -> bool:
        """Say whether nothing is left."""
        return not self._left

    def peek(self, ahead: int = 0) -> str:
        """Return a word without taking it, "" past the end."""
        return self._left[ahead][1] if ahead < len(self._left) else ""

    def take(self, *words: str) -> bool:
        """Take the next word if it is one of *words*."""
        found = self.peek() in words
        if found:
            self._left.pop(0)
        return found

    def must(self, *words: str) -> None:
        """Take exactly *words*, one after the other."""
        for word in words:
            if not self.take(word):
                raise KqlError(f"wanted {word}, found {self.peek() or 'the end'}")

    def name(self) -> str:
        """Take a name."""
        kind, word = self._left.pop(0) if self._left else ("", "the end")
        if kind != "name":
            raise KqlError(f"wanted a name, found {word}")
        return word

    def columns(self) -> list[Named]:
        """Take expressions, each with the name of its column."""
        found = [self._column()]
        while self.take(","):
            found.append(self._column())
        return found

    def _column(self) -> Named:
        if self.peek(1) == "=":
            name = self.name()
            self.must("=")
            return name, self.expr()
        expr = self.expr()
        return expr.name if isinstance(expr, Column) else "", expr

    def expr(self, level: int = 0) -> Expr:
        """Take one expression."""
        if level == len(_LEVELS):
            return self._member()
        found = self.expr(level + 1)
        while self.peek() in _LEVELS[level]:
            sign = self.peek()
            self.must(sign)
            if sign in {"in", "!in"}:
                self.must("(")
                found = Call(sign, (found, *self._arguments()))
            else:
                found = Call(sign, (found, self.expr(level + 1)))
        return found

    def _member(self) -> Expr:
        found = self._atom()
        while self.peek() in {".", "["}:
            if self.take("."):
                found = Call(".", (found, Literal(self.name())))
            else:
                self.must("[")
                found = Call(".", (found, self.expr()))
                self.must("]")
        return found

    def _atom(self) -> Expr:
        if self.take("("):
            found = self.expr()
            self.must(")")
            return found
        kind, word = self._left.pop(0) if self._left else ("", "the end")
        if kind == "text":
            return Literal(word[1:-1])
        if kind == "number":
            return Literal(float(word) if "." in word else int(word))
        if kind == "span":
            return Literal(timedelta(**{_SPANS[word[-1]]: int(word[:-1])}))
        if kind != "name":
            raise KqlError(f"wanted a value, found {word}")
        return Call(word, self._arguments()) if self.take("(") else Column(word)

    def _arguments(self) -> tuple[Expr, ...]:
        found: list[Expr] = []
        while not self.take(")"):
            if found:
                self.must(",")
            found.append(self.expr())
        return tuple(found)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise KqlError(f"not understood: {text[at : at + 20]}")
        at = found.end()
        if found.lastgroup:
            yield found.lastgroup, found.group()
