"""What docs/openapi.yaml says of an answer: asked of all that the tests get from the app."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from tests.pages.parts import ROOT

type Json = Any  # parsed JSON

DOCUMENT: Json = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8"))
COMPONENTS: Json = DOCUMENT["components"]


def faults(
    method: str, path: str, status: int, headers: Mapping[str, str], body: bytes
) -> Iterator[str]:
    """Yield in what an answer to *method* and *path* is not as it is described.

    Below `/page/` what is not there has a page. What the host answers itself is empty: of what is
    not there, and of what cannot be (docs/reference/functions.md#wrong-method, #paths).
    """
    path = path.partition("?")[0]
    operation = _operation(method, path)
    if operation is None or (status == 400 and not body):
        if body and not (status == 404 and path.startswith("/page/")):
            yield f"{method} {path} is not described, and answers {status}"
        return
    of = f"{operation.get('operationId', path)} {status}"
    response = operation["responses"].get(str(status))
    if response is None:
        yield f"{of} is not described"
        return
    response = _resolved(response)
    yield from (
        f"{of} has no {name}" for name in response.get("headers", ()) if name not in headers
    )
    content = response.get("content", {})
    media_type = headers.get("Content-Type", "").partition(";")[0]
    if media_type in content:
        yield from (f"{of}: {fault}" for fault in _of_body(content[media_type]["schema"], body))
    elif content or body:
        yield f"{of} is {media_type or 'of no type'}: {list(content)} is described"


def _of_body(schema: Json, body: bytes) -> Iterator[str]:
    if schema == {"type": "string"}:
        return
    for error in against(schema["$ref"].rpartition("/")[2]).iter_errors(json.loads(body)):
        # Where and by which rule: what it holds may be a name.
        yield f"{error.json_path} against {error.validator} {error.validator_value}"


@cache
def against(name: str) -> Draft202012Validator:
    """Return what judges a value by the schema of that name."""
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": COMPONENTS},
    )


def _operation(method: str, path: str) -> Json | None:
    for template, operations in DOCUMENT["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(f"{pattern}/?", path, re.IGNORECASE):
            return operations.get(method.lower())
    return None


def _resolved(response: Json) -> Json:
    name = response.get("$ref", "").rpartition("/")[2]
    return COMPONENTS["responses"][name] if name else response
