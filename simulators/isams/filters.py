"""The XML document that a POST may carry: which methods to run, and filters on their rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from xml.parsers import expat

# Methods that answer only if any of their filters is set, with the (module, node) pairs
# that may hold it. The older name of the registration module is still taken.
_REGISTRATION = ("registration", "registrationmanager")
REQUIRED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "registration_getregistrationstatus": tuple((m, "registrationstatus") for m in _REGISTRATION),
    "registration_getoutofschoolpupils": tuple((m, "outofschoolpupils") for m in _REGISTRATION),
    "registration_getregistrationperiods": tuple((m, "registrationperiods") for m in _REGISTRATION),
    "contactadvanced_getcontacts": (("studentmanager", "contacts"),),
    "contactadvanced_getcontactswithcustomfields": (
        ("studentmanager", "contactswithcustomfields"),
    ),
    "pupil_getpassports": (("studentmanager", "passports"),),
    "schoolreports_getreports": (("schoolreports", "reports"),),
}


class NotXmlError(Exception):
    """The body does not start as XML, or does not go on as such."""


@dataclass(frozen=True, slots=True)
class Filters:
    """*methods* as they were asked for, None if all; *nodes* are those that filter something."""

    methods: tuple[str, ...] | None = None
    nodes: frozenset[tuple[str, str]] = frozenset()

    def lacks(self, method: str) -> bool:
        """Return whether *method* cannot run, for want of a filter."""
        needed = REQUIRED.get(method.lower())
        return needed is not None and self.nodes.isdisjoint(needed)


def parse(body: bytes) -> Filters:
    """Read a filter document; names of modules, nodes and attributes are taken in any case.

    An empty body filters nothing. Raises NotXmlError for whatever is not plain XML: text, JSON,
    a byte order mark at the front (the real iSAMS trips over it), a document type.
    """
    if not body:
        return Filters()
    if not body.lstrip().startswith(b"<"):
        raise NotXmlError
    reader = _Reader()
    try:
        reader.read(body)
    except expat.ExpatError:
        raise NotXmlError from None
    methods = tuple(name.strip() for name in reader.methods) if reader.narrowed else None
    return Filters(methods, frozenset(reader.nodes))


class _Reader:
    """Collects, as expat walks over the document."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self.narrowed = False
        self.methods: list[str] = []
        self.nodes: set[tuple[str, str]] = set()

    def read(self, body: bytes) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        parser.ParseFile(BytesIO(body))

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.path.append(tag.lower())
        match self.path:
            case [_, "methodstorun"]:
                self.narrowed = True
            case [_, "methodstorun", "method"]:
                self.methods.append("")
            case [_, module, node] if any(value.strip() for value in attributes.values()):
                self.nodes.add((module, node))

    def _text(self, text: str) -> None:
        if self.path[1:] == ["methodstorun", "method"]:
            self.methods[-1] += text

    def _end(self, _tag: str) -> None:
        self.path.pop()

    def _doctype(self, *_: object) -> None:
        raise NotXmlError
