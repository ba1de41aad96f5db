"""What a Swagger says of PUT and GET, in both versions; and what is none says why."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Literal

import pytest

from simulators.isams import swagger
from simulators.isams.rest_writing import EMPLOYEE_TAKES, STUDENT_TAKES
from sync.isams.addresses.kinds import PeopleKind
from sync.isams.addresses.swagger import SwaggerFault, contracts_in

SHOWN = (*STUDENT_TAKES, "schoolId", "homeAddresses", "lastUpdated")
STAFF_SHOWN = (*EMPLOYEE_TAKES, "id")
type Version = Literal["2.0", "3.0"]


def document(version: Version = "2.0") -> dict[str, Any]:
    return dict(json.loads(swagger(version, SHOWN, STAFF_SHOWN)))


def read(of: dict[str, Any]) -> Any:
    return contracts_in(json.dumps(of).encode())


@pytest.mark.parametrize("version", ["2.0", "3.0"])
def test_both_versions_say_what_put_takes_and_get_shows(version: Version) -> None:
    """Of pupils and of staff; a circle deep inside a record is no matter."""
    found = read(document(version))

    assert found[PeopleKind.PUPILS].takes == tuple(sorted(STUDENT_TAKES))
    assert found[PeopleKind.PUPILS].shows == tuple(sorted(SHOWN))
    assert found[PeopleKind.STAFF].takes == tuple(sorted(EMPLOYEE_TAKES))
    assert found[PeopleKind.PUPILS].unshown == ()
    assert len(found[PeopleKind.PUPILS].digest) == 64


def test_what_put_takes_and_get_hides_is_told() -> None:
    """The one harm that no look afterwards finds."""
    of = document()
    of["definitions"]["StudentsTaken"]["properties"]["passportName"] = {"type": "string"}

    assert read(of)[PeopleKind.PUPILS].unshown == ("passportName",)


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("/Main", "/api/students/{schoolId}"),
        ("/api", "/students/{schoolId}"),
        ("", "/Main/api/Students/{id}/"),
        ("/Main/api", "/students/{schoolId}"),
    ],
)
def test_the_path_is_known_below_any_base(base: str, path: str) -> None:
    """In any case of letters, whatever the id in it is called."""
    of = document()
    of["basePath"] = base
    of["paths"] = {path: of["paths"]["/api/students/{schoolId}"]}

    assert set(read(of)) == {PeopleKind.PUPILS}


def test_a_schema_may_be_put_together_and_hold_what_is_read_only() -> None:
    """One schema for both, as many APIs have it: what is read only PUT does not take."""
    of = document("3.0")
    whole = {"properties": {"schoolEmailAddress": {}, "schoolId": {"readOnly": True}}}
    more = {"type": "object", "properties": {"surname": {}}}
    of["components"]["schemas"] |= {"Whole": whole, "More": more}
    parts = [{"$ref": "#/components/schemas/Whole"}, {"$ref": "#/components/schemas/More"}]
    of["components"]["schemas"]["StudentsTaken"] = {"allOf": parts}
    of["components"]["schemas"]["StudentsShown"] = {"allOf": parts}
    contract = read(of)[PeopleKind.PUPILS]

    assert contract.takes == ("schoolEmailAddress", "surname")
    assert contract.shows == ("schoolEmailAddress", "schoolId", "surname")


def test_a_kind_that_cannot_be_put_is_left_out() -> None:
    """The other can be learnt all the same."""
    of = document()
    del of["paths"]["/api/humanresources/employees/{id}"]["put"]

    assert set(read(of)) == {PeopleKind.PUPILS}


STUDENT = "/api/students/{schoolId}"
LOOP = {"$ref": "#/definitions/StudentsTaken"}


def taking(of: dict[str, Any], schema: dict[str, Any]) -> None:
    of["definitions"]["StudentsTaken"] = schema


def part(of: dict[str, Any], more: dict[str, Any]) -> None:
    of["definitions"]["StudentsTaken"].update(more)


BROKEN: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no paths": (lambda of: of.pop("paths"), "this is no Swagger"),
    "no version": (lambda of: of.pop("swagger"), "this is no Swagger"),
    "two paths": (
        lambda of: of["paths"].update({f"/Main{STUDENT}": of["paths"][STUDENT]}),
        "several paths",
    ),
    "no get": (lambda of: of["paths"][STUDENT].pop("get"), "does not say which fields GET shows"),
    "no body": (
        lambda of: of["paths"][STUDENT]["put"].pop("parameters"),
        "does not say which fields PUT takes",
    ),
    "no address": (
        lambda of: taking(of, {"properties": {"surname": {}}}),
        "does not take schoolEmailAddress",
    ),
    "a circle of references": (lambda of: taking(of, LOOP), "in a circle"),
    "a circle of parts": (lambda of: taking(of, {"allOf": [LOOP]}), "in a circle"),
    "another document": (
        lambda of: taking(of, {"$ref": "models.json#/Student"}),
        "save it as one file",
    ),
    "a reference to nothing": (
        lambda of: of["definitions"].pop("StudentsShown"),
        "refers to something that is not in it",
    ),
    "a part that is nowhere": (
        lambda of: part(of, {"allOf": [{"$ref": "#/definitions/Care"}]}),
        "refers to something that is not in it",
    ),
    "one of several": (lambda of: part(of, {"oneOf": [{}]}), "leaves open which fields"),
    "any of several": (lambda of: part(of, {"anyOf": [{}]}), "leaves open which fields"),
    "fields without a name": (
        lambda of: part(of, {"additionalProperties": True}),
        "may have fields that it does not name",
    ),
    "no names": (
        lambda of: of["definitions"]["StudentsShown"]["properties"].update({"a b": {}}),
        "which are no names",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_does_not_say_it_is_refused_in_a_sentence(case: str) -> None:
    """What is missing is named; nothing of the document is quoted."""
    spoil, words = BROKEN[case]
    of = document()
    spoil(of)
    with pytest.raises(SwaggerFault, match=words):
        read(of)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"paths": []}', b'{"swagger": "2.0"}'])
def test_what_is_no_swagger_is_refused(body: bytes) -> None:
    """A page of the screen in place of the document, most likely."""
    with pytest.raises(SwaggerFault, match="this is no Swagger"):
        contracts_in(body)


def test_a_swagger_without_either_path_names_both() -> None:
    """So that whoever saved the wrong one sees what to look for."""
    with pytest.raises(SwaggerFault, match=re.escape(STUDENT)):
        contracts_in(b'{"swagger": "2.0", "paths": {}}')
