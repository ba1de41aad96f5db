"""`json.ashx` gives the batch document as JSON, with every trap of the Newtonsoft manner."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Literal

import httpx
import pytest

from simulators.isams import (
    BATCH_JSON,
    DEMO_KEY,
    FATAL,
    METHODS,
    Choices,
    Faults,
    JsonChoices,
    faults,
)
from simulators.isams.json_document import Json, batch_json
from simulators.school import invent
from tests.simulators.asking import (
    ROSTER,
    SCHOOL,
    SMALLER,
    Clock,
    ask,
    narrowed,
    pupils_told,
    simulated,
)
from tests.simulators.rest_asking import BASE

URL = BASE + BATCH_JSON
SMALL = invent(20)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def turned(xml: str) -> object:
    return json.loads(batch_json(ET.fromstring(xml)))


def at(body: object, *path: str) -> Json:
    for name in path:
        assert isinstance(body, dict)
        body = body[name]
    assert body is None or isinstance(body, str | list | dict)
    return body


@pytest.mark.parametrize(
    ("xml", "value"),
    [
        ("<a/>", None),
        ("<a> </a>", None),
        ("<a>7</a>", "7"),
        ('<a Id="7"/>', {"@Id": "7"}),
        ('<a Legacy="True">21</a>', {"@Legacy": "True", "#text": "21"}),
        ('<a Legacy="True"> </a>', {"@Legacy": "True"}),
        ("<a><b/></a>", {"b": None}),
        ("<a><b>1</b></a>", {"b": "1"}),
        ("<a>\n <b>1</b>\n <c/><b>2</b>\n</a>", {"b": ["1", "2"], "c": None}),
        ("<a>&amp;Łucja</a>", "&Łucja"),
    ],
)
def test_a_node_becomes_what_newtonsoft_makes_of_it(xml: str, value: Json) -> None:
    """One child is an object, several an array, none null; all else is text."""
    assert turned(xml) == {"a": value}


def test_the_json_document_tells_the_same_school(clock: Clock) -> None:
    """Every pupil, employee, set and row of the XML is there, under the same names."""
    answer = ask(simulated(clock), url=URL)
    body = answer.json()
    counted = {
        ("HRManager", "CurrentStaff", "StaffMember"): len(SCHOOL.staff),
        ("PupilManager", "CurrentPupils", "Pupil"): len(SCHOOL.pupils),
        ("TeachingManager", "Sets", "Set"): len(SCHOOL.sets),
        ("TeachingManager", "SetLists", "SetList"): len(SCHOOL.memberships),
    }

    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert {p: len(at(body, "iSAMS", *p) or ()) for p in counted} == counted
    ids = [pupil["SchoolId"] for pupil in body["iSAMS"]["PupilManager"]["CurrentPupils"]["Pupil"]]
    assert ids == [pupil.school_id for pupil in SCHOOL.pupils]


def test_a_post_narrows_the_json_document_too(clock: Clock) -> None:
    """The filter document stays XML, and the request is noted with what it asked for."""
    simulator = simulated(clock)
    body = ask(simulator, narrowed("Teaching_GetTeachingSets"), url=URL).json()

    assert [*body["iSAMS"]] == ["TeachingManager"]
    assert simulator.requests[0].path == BATCH_JSON
    assert simulator.requests[0].methods == ("Teaching_GetTeachingSets",)


def test_one_record_is_an_object_and_none_is_null_or_missing(clock: Clock) -> None:
    """How much is in a collection decides its type, and whether it is there at all."""
    simulator = simulated(clock)
    method = "Teaching_GetTeachingSets"
    simulator.script([faults.single(method), faults.empty(method)], route="json")
    one, none = (ask(simulator, url=URL).json()["iSAMS"]["TeachingManager"] for _ in range(2))
    dropping = simulated(clock, choices=Choices(drops_empty_collections=True))
    dropping.script([faults.empty(method)], route="json")
    gone = ask(dropping, url=URL).json()["iSAMS"]["TeachingManager"]

    assert one["Sets"]["Set"]["@Id"] == str(SCHOOL.sets[0].id)
    assert none["Sets"] is None
    assert "Sets" not in gone


def test_a_set_has_one_teacher_several_or_none(clock: Clock) -> None:
    """The same field is an object, an array, null and missing in one document."""
    body = ask(simulated(clock), url=URL).json()
    sets = {int(one["@Id"]): one for one in body["iSAMS"]["TeachingManager"]["Sets"]["Set"]}
    ordinary = next(s for s in SCHOOL.sets if len(s.teachers) == 1)
    shared = next(s for s in SCHOOL.sets if len(s.teachers) == 2)

    assert sets[ordinary.id]["Teachers"]["Teacher"]["@PrimaryTeacher"] == "True"
    assert [t["@StaffId"] for t in sets[shared.id]["Teachers"]["Teacher"]] == [
        str(teacher.staff_id) for teacher in shared.teachers
    ]
    assert sets[int(SCHOOL.quirks["set_without_teachers"])]["Teachers"] is None
    assert "Teachers" not in sets[int(SCHOOL.quirks["set_without_teachers_element"])]


def test_a_node_of_two_methods_is_an_array(clock: Clock) -> None:
    """As clients have met it: `CurrentPupils[0].Pupil`."""
    simulator = simulated(clock)
    simulator.json_choices = JsonChoices(doubled=["CurrentPupils"])
    found = ask(simulator, url=URL).json()["iSAMS"]["PupilManager"]["CurrentPupils"]

    assert [len(one["Pupil"]) for one in found] == [len(SCHOOL.pupils)] * 2


@pytest.mark.parametrize(("errors", "start"), [("json", b'{"Message": {'), ("xml", b"<?xml")])
def test_an_error_is_json_or_xml(
    clock: Clock, errors: Literal["json", "xml"], start: bytes
) -> None:
    """Nobody knows which, so a client must tell an error from data in either."""
    simulator = simulated(clock)
    simulator.json_choices = JsonChoices(errors=errors)
    answer = ask(simulator, url=URL, key="5eed0000-0000-4000-8000-00000000ffff")

    assert answer.status_code == 401
    assert answer.content.startswith(start)
    assert b"InvalidApiKey" in answer.content


def test_json_and_xml_share_the_keys_cache(clock: Clock) -> None:
    """One snapshot: what XML told, JSON tells until the cache expires."""
    simulator = simulated(clock)
    told = pupils_told(simulator)
    simulator.school = SMALLER
    body = ask(simulator, url=URL).json()

    assert told == len(body["iSAMS"]["PupilManager"]["CurrentPupils"]["Pupil"])


@pytest.mark.parametrize("name", sorted(FATAL.keys() - {"entity bomb", "external entity"}))
def test_the_faults_of_xml_are_faults_of_json(clock: Clock, name: str) -> None:
    """What takes something away there takes it away here; JSON has no entities to trap with."""
    simulator = simulated(clock)
    simulator.school = SMALL
    simulator.script([FATAL[name]], route="json")
    try:
        answer = ask(simulator, narrowed(*ROSTER), url=URL)
        body = answer.json().get("iSAMS") if answer.status_code == 200 else None
    except (httpx.ReadError, ValueError):
        return

    collections = [node for module in (body or {}).values() for node in (module or {}).values()]
    assert len([node for node in collections if node]) < len(ROSTER)


def test_encodings_and_entities_are_xmls_alone(clock: Clock) -> None:
    """A declaration, an encoding or a document type leaves the JSON as it is."""
    simulator = simulated(clock)
    simulator.school = SMALL
    right = ask(simulator, url=URL).content
    tricks = [faults.ENTITY_BOMB, faults.EXTERNAL_ENTITY, faults.HARMLESS["utf-16 indeed"]]
    simulator.script(tricks, route="json")

    assert [ask(simulator, url=URL).content for _ in tricks] == [right] * 3


def test_an_html_page_stays_one(clock: Clock) -> None:
    """The web server's own pages are not turned."""
    simulator = simulated(clock)
    simulator.script([Faults(status=503)], route="json")

    assert ask(simulator, url=URL).text.startswith("<!DOCTYPE html>")


def test_json_over_every_method_is_valid(clock: Clock) -> None:
    """Nothing in any module breaks the form."""
    with httpx.Client(transport=httpx.WSGITransport(simulated(clock))) as client:
        for method in sorted(METHODS):
            body = client.post(URL, params={"apiKey": DEMO_KEY}, content=narrowed(method)).json()
            ((_, module),) = body["iSAMS"].items()

            assert module
