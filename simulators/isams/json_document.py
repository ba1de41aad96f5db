"""The batch document as `json.ashx` sends it: the XML, turned into JSON in the Newtonsoft manner.

Attributes become `@Id`, text beside attributes `#text`, every value is a string. A child that
stands once is an object, one that stands several times an array, an empty one null: whether a
collection is a list is up to how much is in it, and a client must take it either way.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from werkzeug.wrappers import Response

from simulators.isams.faults import Faults

type Json = str | list[Json] | dict[str, Json] | None

JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonChoices:
    """What `json.ashx` does where the real one's behaviour is not known.

    *errors*: an error document is turned like any other, or stays XML. *doubled* names nodes that
    two methods of a key fill, so that each is an array of two. (Whether an empty collection is
    null or missing is `Choices.drops_empty_collections`, as in XML.)
    """

    errors: Literal["json", "xml"] = "json"
    doubled: Collection[str] = ()


def without_xml_alone(faults: Faults) -> Faults:
    """Return *faults* without those that only XML can have: encodings and document types."""
    shape = replace(faults.shape, declared="", encoding="utf-8", dtd="", inside="")
    return replace(faults, shape=shape)


def turned(answer: Response, choices: JsonChoices) -> Response:
    """Return an XML answer as JSON, with its status and headers; what is no XML stays as it is."""
    # As text, because the declaration may say utf-16 over bytes that are not.
    text = answer.get_data().decode("utf-8", "replace")
    try:
        root = ET.fromstring(text)  # noqa: S314 - the simulator's own document, no stranger's
    except ET.ParseError:
        return answer
    if root.tag == "Message" and choices.errors == "xml":
        return answer
    answer.set_data(batch_json(root, choices.doubled))
    answer.content_type = f"{JSON}; charset=utf-8"
    return answer


def batch_json(root: ET.Element, doubled: Collection[str] = ()) -> bytes:
    """Return the document under *root* as JSON text in UTF-8; *doubled* as in `JsonChoices`."""
    return json.dumps({root.tag: _value(root, doubled)}, ensure_ascii=False).encode()


def _value(node: ET.Element, doubled: Collection[str]) -> Json:
    text = node.text if node.text and not node.text.isspace() else None
    if not node.attrib and not len(node):
        return text
    found: dict[str, Json] = {f"@{name}": value for name, value in node.attrib.items()}
    children: dict[str, list[Json]] = {}
    for child in node:
        told = _value(child, doubled)
        children.setdefault(child.tag, []).extend([told] * (2 if child.tag in doubled else 1))
    found |= {tag: told[0] if len(told) == 1 else told for tag, told in children.items()}
    if text is not None and not children:
        found["#text"] = text
    return found
