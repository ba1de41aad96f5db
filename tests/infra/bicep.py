"""Bicep as values: what a file declares, read with a grammar (docs/decisions/0017).

An expression is not evaluated: it is kept as `Code`, its text and what it refers to. A text, a
number, an object and a list are what they are in Python. `main.bicepparam` is read as well, each
`param` as the variable that it sets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

INFRA = Path(__file__).parents[2] / "infra"

_PARSER = Parser(Language(tree_sitter_bicep.language()))
_WRAPPERS = {"for_statement", "if_statement", "parenthesized_expression"}


@dataclass(frozen=True, slots=True)
class Code:
    """An expression, as it is written."""

    text: str


# A directive to the compiler, `#disable-next-line`, is a comment too.
_SAYS_NOTHING = {"comment", "diagnostic_comment"}

type Value = Mapping[str, Value] | list[Value] | str | int | bool | Code | None


@dataclass(frozen=True, slots=True)
class Declared:
    """One `param`, `var`, `resource`, `module` or `output`.

    `type` is the resource's type without its version, the module's file or the parameter's type.
    `value` is a loop's or a condition's body, which `condition` and `loop` tell apart.
    """

    kind: str
    name: str
    node: Node
    type: str = ""
    version: str = ""
    value: Value = None
    has_value: bool = False
    condition: str = ""
    loop: str = ""
    existing: bool = False
    decorators: tuple[str, ...] = ()

    @property
    def body(self) -> Mapping[str, Value]:
        """The object that is declared."""
        assert isinstance(self.value, Mapping), f"{self.name} is not an object"
        return self.value

    def at(self, path: str) -> Value:
        """Return what stands at *path*, such as `properties.httpsOnly`; None if nothing does."""
        found: Value = self.value
        for part in path.split("."):
            if isinstance(found, list) and part.isdigit():
                found = found[int(part)] if int(part) < len(found) else None
            else:
                found = found.get(part) if isinstance(found, Mapping) else None
        return found


@dataclass(frozen=True, slots=True)
class File:
    """What one file declares, in its order."""

    name: str
    root: Node
    declared: tuple[Declared, ...]

    def of(self, kind: str) -> dict[str, Declared]:
        """Return all that is declared as *kind*, by name."""
        return {one.name: one for one in self.declared if one.kind == kind}

    def resources(self, kind: str = "") -> list[Declared]:
        """Return the resources that this file makes, of one type or of all."""
        made = (one for one in self.of("resource").values() if not one.existing)
        return [one for one in made if kind in {"", one.type}]


def load() -> dict[str, str]:
    """Return the text of every Bicep file of infra/, by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(INFRA.glob("*.bicep*"))}


def parsed(name: str, text: str) -> File:
    """Read one file; where it is not Bicep its root `has_error`."""
    if name.endswith(".bicepparam"):
        # The grammar knows only Bicep proper. Every place stays where it was.
        text = re.sub(r"^using ", "//ing ", text, flags=re.MULTILINE)
        text = re.sub(r"^param ", "var   ", text, flags=re.MULTILINE)
    root = _PARSER.parse(text.encode()).root_node
    return File(name, root, tuple(_declarations(root)))


def walk(node: Node) -> Iterator[Node]:
    """Yield *node* and all that is in it, in the order of the text."""
    yield node
    for child in node.children:
        yield from walk(child)


def said(node: Node) -> str:
    """Return *node* as it is written."""
    return (node.text or b"").decode()


def value(node: Node) -> Value:
    """Return what *node* says."""
    if node.type == "object":
        return {key_of(pair): value(last(pair)) for pair in inner(node)}
    if node.type == "array":
        return [value(one) for one in inner(node)]
    if node.type == "number":
        return int(said(node))
    if node.type in {"boolean", "null"}:
        return {"true": True, "false": False, "null": None}[said(node)]
    if node.type == "string" and not any(one.type == "interpolation" for one in node.children):
        return "".join(_plain(one) for one in inner(node))
    if node.type in {"for_statement", "if_statement"}:
        return value(last(node))
    return Code(said(node))


def spot(declared: Declared, path: str) -> Node:
    """Return where *path* stands in the text: the whole property, or the element of a list."""
    node = last(declared.node)
    while node.type in _WRAPPERS:
        node = last(node)
    for part in path.split("."):
        body = last(node) if node.type == "object_property" else node
        if body.type == "array":
            node = inner(body)[int(part)]
        else:
            node = next(pair for pair in inner(body) if key_of(pair) == part)
    return node


def _plain(node: Node) -> str:
    return re.sub(r"\\(.)", r"\1", said(node)) if node.type == "escape_sequence" else said(node)


def key_of(pair: Node) -> str:
    """Return the name of a property."""
    key = value(inner(pair)[0])
    return key if isinstance(key, str) else said(inner(pair)[0])


def inner(node: Node) -> list[Node]:
    """Return what *node* is made of, without punctuation and comments."""
    return [one for one in node.named_children if one.type not in _SAYS_NOTHING]


def last(node: Node) -> Node:
    """Return the last part of *node*: a property's value, a loop's body."""
    return inner(node)[-1]


def _declarations(root: Node) -> Iterator[Declared]:
    decorators: tuple[str, ...] = ()
    for node in inner(root):
        if node.type == "decorators":
            decorators = tuple(said(one) for one in inner(node))
            continue
        kind = node.type.removesuffix("_declaration")
        if kind in {"parameter", "variable", "resource", "module", "output"}:
            yield _declared(kind, node, decorators)
        decorators = ()


def _declared(kind: str, node: Node, decorators: tuple[str, ...]) -> Declared:
    name, *rest = inner(node)
    of_type = said(rest[0]) if rest and rest[0].type == "type" else ""
    version = ""
    if kind in {"resource", "module"}:
        of_type, _, version = str(value(rest[0])).partition("@")
    worth = rest[1:] if of_type else rest
    loops = [one for one in _shell(worth) if one.type == "for_statement"]
    conditions = [said(inner(one)[0]) for one in _shell(worth) if one.type == "if_statement"]
    return Declared(
        kind=kind,
        name=said(name),
        node=node,
        type=of_type,
        version=version,
        value=value(worth[-1]) if worth else None,
        has_value=bool(worth),
        condition=conditions[0] if conditions else "",
        loop=said(loops[0]).partition(":")[0] if loops else "",
        existing=any(said(one) == "existing" for one in node.children),
        decorators=decorators,
    )


def _shell(worth: list[Node]) -> Iterator[Node]:
    """Yield the loop and the condition that stand around a body."""
    node = worth[-1] if worth else None
    while node is not None and node.type in _WRAPPERS:
        yield node
        node = last(node)
