"""What the Swagger of a school's own iSAMS says: which fields PUT takes, and which GET shows.

PUT replaces (docs/reference/isams.md#put-replaces): a field that PUT takes and GET does not show
would be emptied, and no look afterwards would find it. So both lists must be known before anything
is written. Swagger 2.0 and OpenAPI 3 are read, as JSON; only the members of the record itself are
looked at, so a circle deeper inside is no matter.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from sync import jsontext
from sync.isams.addresses.kinds import ADDRESS, PeopleKind
from sync.isams.rest.endpoints import BASES

_PATHS: Mapping[PeopleKind, str] = {
    PeopleKind.PUPILS: "/students/{}",
    PeopleKind.STAFF: "/humanresources/employees/{}",
}
_IN_PATH = re.compile(r"\{[^/{}]*\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_DEEP = 32  # references that lead from one to the next

type Node = Mapping[str, object]


class SwaggerFault(ValueError):
    """The document does not say it; the message says what is missing, and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Contract:
    """What PUT takes of a record and GET shows, by name, sorted. `digest` is the document's."""

    takes: tuple[str, ...]
    shows: tuple[str, ...]
    digest: str

    @property
    def unshown(self) -> tuple[str, ...]:
        """What PUT takes and GET does not show: whatever stands there would be lost."""
        return tuple(name for name in self.takes if name not in self.shows)


def contracts_in(body: bytes) -> Mapping[PeopleKind, Contract]:
    """Return the contract of each kind whose record the document says how to put.

    Raises:
        SwaggerFault: it is no Swagger, says so of no kind, or goes round in a circle.
    """
    document = jsontext.parse(body)
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise SwaggerFault("this is no Swagger: expected a JSON document with `paths`")
    if not {"swagger", "openapi"} & document.keys():
        raise SwaggerFault("this is no Swagger: expected `swagger` 2.0 or `openapi` 3 at its top")
    swagger = _Swagger(document, hashlib.sha256(body).hexdigest())
    found = {kind: each for kind in PeopleKind if (each := swagger.contract(kind))}
    if not found:
        raise SwaggerFault(
            "the Swagger has no PUT of a single student or employee: expected"
            " `/api/students/{schoolId}` or `/api/humanresources/employees/{id}` with `get` and"
            " `put`"
        )
    return found


# Words by which a schema has other members than those of `properties` and `allOf`.
_OPEN = ("anyOf", "oneOf", "not", "if", "dependentSchemas", "patternProperties")


class _Swagger:
    def __init__(self, document: Node, digest: str) -> None:
        self._document = document
        self._digest = digest

    def contract(self, kind: PeopleKind) -> Contract | None:
        """Return what is said of *kind*, None if there is no such path or no PUT of it."""
        items = [item for path, item in self._paths() if path == _PATHS[kind]]
        if len(items) > 1:
            raise SwaggerFault(f"the Swagger has several paths of a single record of {kind}")
        putting = [item for item in items if isinstance(item.get("put"), dict)]
        if not putting:
            return None
        takes = self._names(self._taken(_node(putting[0], "put")), what="PUT takes", taking=True)
        shows = self._names(self._shown(_node(putting[0], "get")), what="GET shows")
        if ADDRESS not in takes:
            raise SwaggerFault(f"by the Swagger, PUT of {kind} does not take {ADDRESS}")
        return Contract(tuple(sorted(takes)), tuple(sorted(shows)), self._digest)

    def _paths(self) -> Iterator[tuple[str, Node]]:
        """Yield each path below the base of REST, in small letters, `{}` for what stands in it."""
        base = self._document.get("basePath")
        above = base.rstrip("/").lower() if isinstance(base, str) else ""
        for path, item in _node(self._document, "paths").items():
            if isinstance(item, dict):
                plain = _IN_PATH.sub("{}", path.lower()).rstrip("/")
                yield _below_base(above + plain), item

    def _taken(self, operation: Node) -> Node:
        """Return the schema of the body that an operation takes."""
        listed = operation.get("parameters")
        for given in listed if isinstance(listed, list) else []:
            parameter = self._resolved(given)
            if parameter.get("in") == "body":
                return _node(parameter, "schema")
        return self._of_content(self._resolved(operation.get("requestBody", {})))

    def _shown(self, operation: Node) -> Node:
        """Return the schema of a good answer."""
        responses = _node(operation, "responses")
        answer = self._resolved(responses.get("200", {}))
        return _node(answer, "schema") or self._of_content(answer)

    def _of_content(self, holder: Node) -> Node:
        for kind, content in _node(holder, "content").items():
            if "json" in kind and isinstance(content, dict):
                return _node(content, "schema")
        return {}

    def _names(self, schema: Node, what: str, *, taking: bool = False) -> set[str]:
        """Return the names of the members of *schema*; *taking*, without those to be read only."""
        found = {
            name
            for part in self._parts(schema, 0)
            for name, member in _node(part, "properties").items()
            if not (taking and isinstance(member, dict) and member.get("readOnly") is True)
        }
        if not found:
            raise SwaggerFault(f"the Swagger does not say which fields {what}")
        if not all(map(_NAME.fullmatch, found)):
            raise SwaggerFault(f"the Swagger says of fields that {what} which are no names")
        return found

    def _parts(self, schema: object, depth: int) -> Iterator[Node]:
        """Yield *schema* and all that it is put together of."""
        if depth > _DEEP:
            raise SwaggerFault("a record's schema in the Swagger goes round in a circle (`$ref`)")
        whole = self._resolved(schema)
        if open_by := [word for word in _OPEN if word in whole]:
            raise SwaggerFault(
                f"the Swagger leaves open which fields a record has (`{open_by[0]}`), so PUT could"
                " take one that nobody knows of"
            )
        if whole.get("additionalProperties", False) is not False:
            raise SwaggerFault(
                "by the Swagger a record may have fields that it does not name"
                " (`additionalProperties`), so PUT could take one that nobody knows of"
            )
        yield whole
        composed = whole.get("allOf")
        for part in composed if isinstance(composed, list) else []:
            yield from self._parts(part, depth + 1)

    def _resolved(self, node: object) -> Node:
        """Return what *node* is, or refers to, however often."""
        for _ in range(_DEEP):
            if not isinstance(node, dict):
                return {}
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return cast("Node", node)
            node = self._referred(reference)
        raise SwaggerFault("a record's schema in the Swagger goes round in a circle (`$ref`)")

    def _referred(self, reference: str) -> object:
        if not reference.startswith("#/"):
            raise SwaggerFault("the Swagger refers to another document: save it as one file")
        node: object = self._document
        for step in reference[2:].split("/"):
            name = step.replace("~1", "/").replace("~0", "~")
            node = node.get(name) if isinstance(node, dict) else None
        if node is None:
            raise SwaggerFault("the Swagger refers to something that is not in it (`$ref`)")
        return node


def _node(holder: Node, name: str) -> Node:
    node = holder.get(name)
    return cast("Node", node) if isinstance(node, dict) else {}


def _below_base(path: str) -> str:
    for base in sorted(map(str.lower, BASES), key=len, reverse=True):
        if path.startswith(f"{base}/"):
            return path.removeprefix(base)
    return path
