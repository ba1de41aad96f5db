"""Collections whose records hold records, such as weeks: each is read whole, then forgotten.

For the few hundred of a school: what there are many of is read by `sync.isams.batch.collection`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from xml.parsers.expat import XMLParserType

Attributes = Mapping[str, str]


@dataclass(slots=True)
class Node:
    """An element of a record that is wanted whole."""

    tag: str
    attributes: Attributes
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def at(self, *path: str) -> list[Node]:
        """Return the elements at *path* below this element; a step may be there several times."""
        nodes = [self]
        for step in path:
            nodes = [child for node in nodes for child in node.children if child.tag == step]
        return nodes

    def text_of(self, tag: str) -> str:
        """Return the stripped text of the first child *tag* that has any, else ""."""
        return next((text for node in self.at(tag) if (text := node.text.strip())), "")


def read_nested(
    parser: XMLParserType, record: str, take: Callable[[Node], None], leave: Callable[[], None]
) -> None:
    """Set the handlers for a collection of *record*s; `leave` is called at its end."""
    path: list[Node] = []

    def start(tag: str, attributes: Attributes) -> None:
        node = Node(tag, attributes)
        if path:
            path[-1].children.append(node)
        path.append(node)

    def end(tag: str) -> None:
        del tag
        if not path:
            parser.CharacterDataHandler = None
            leave()
            return
        node = path.pop()
        if not path and node.tag == record:
            take(node)

    def hear(text: str) -> None:
        if path:
            path[-1].text += text

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = hear


def attribute(attributes: Attributes, name: str) -> str:
    """Return an attribute's stripped text, "" if it is missing; `SetID` will do for `SetId`.

    See docs/reference/isams.md#casing.
    """
    if name in attributes:
        return attributes[name].strip()
    spelt = _spelt(name, tuple(attributes))
    return attributes[spelt].strip() if spelt else ""


@lru_cache(maxsize=256)  # the attributes of a dataset's records hardly differ
def _spelt(name: str, keys: tuple[str, ...]) -> str:
    """Return the first of *keys* that is *name* but for capitals, "" if none is."""
    folded = name.lower()
    return next((key for key in keys if key.lower() == folded), "")
