"""The iSAMS simulator keeps the promises that the client's tests rest on."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import timedelta
from typing import Literal

import httpx
import pytest
from werkzeug.http import http_date

from simulators.isams import (
    BATCH,
    DEMO_KEY,
    METHODS,
    BatchKey,
    Choices,
    Faults,
    IsamsSimulator,
    Throttle,
    batch_xml,
)
from simulators.school import invent
from simulators.serving import serve
from tests.simulators.asking import (
    ROSTER,
    SMALLER,
    Clock,
    ask,
    message_id,
    narrowed,
    pupils_given,
    simulated,
)

UTF_16 = b'<?xml version="1.0" encoding="utf-16"?>\n<Message>'


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize("name", ["apiKey", "apikey", "APIKEY"])
@pytest.mark.parametrize("key", [DEMO_KEY, f"{{{DEMO_KEY}}}", DEMO_KEY.upper()])
def test_a_key_may_be_bare_or_braced_and_its_parameter_in_any_case(
    clock: Clock, name: str, key: str
) -> None:
    """All the spellings that clients use in the field are taken."""
    assert ask(simulated(clock), narrowed(*ROSTER), key=key, name=name).status_code == 200


def test_a_get_runs_every_method_of_the_key(clock: Clock) -> None:
    """Without a filter document the key decides."""
    key = BatchKey(methods={"Teaching_GetTeachingSets", "Pupil_GetCurrentPupils"})
    root = ET.fromstring(ask(simulated(clock, key)).content)

    assert [module.tag for module in root] == ["PupilManager", "TeachingManager"]


@pytest.mark.parametrize(
    ("body", "modules"),
    [
        (narrowed("Teaching_GetTeachingSets"), ["TeachingManager"]),
        (narrowed("teaching_getteachingsets"), ["TeachingManager"]),
        (narrowed(" Teaching_GetTeachingSets ").lower(), ["TeachingManager"]),
        (b"<Filters/>", ["HRManager", "TeachingManager"]),
        (b"", ["HRManager", "TeachingManager"]),
    ],
)
def test_methods_to_run_narrow_the_answer(clock: Clock, body: bytes, modules: list[str]) -> None:
    """Only the modules of the methods asked for are there; none asked for is all."""
    key = BatchKey(methods={"Teaching_GetTeachingSets", "HumanResources_GetCurrentStaff"})
    root = ET.fromstring(ask(simulated(clock, key), body).content)

    assert [module.tag for module in root] == modules


def test_a_method_that_is_not_allotted_is_refused_by_its_lower_cased_name(clock: Clock) -> None:
    """The refusal is a 403 that names what the school must tick, in lower case."""
    key = BatchKey(methods=METHODS - {"Teaching_GetTeachingSets"})
    answer = ask(simulated(clock, key), narrowed(*ROSTER))

    assert message_id(answer) == (403, "MethodsNotAllocatedToKeyException")
    assert "requested key: teaching_getteachingsets<" in answer.text


@pytest.mark.parametrize(
    "body", [b"junk", b"\xef\xbb\xbf<Filters/>", b"{}", b"<Filters>", b"<!DOCTYPE a><a/>"]
)
def test_a_body_that_is_not_xml_is_an_unhandled_exception(clock: Clock, body: bytes) -> None:
    """A bad filter document is iSAMS's own 500, as the real one gives it."""
    answer = ask(simulated(clock), body)

    assert message_id(answer) == (500, "UnhandledException")
    assert "Data at the root level is invalid. Line 1, position 1." in answer.text


def test_a_method_that_needs_a_filter_is_refused_without_one(clock: Clock) -> None:
    """A filter, in either spelling of its module, is what lets such a method run."""
    simulator = simulated(clock, BatchKey(methods={"Registration_GetRegistrationStatus"}))
    method = narrowed("Registration_GetRegistrationStatus")
    dated = '<{0}><RegistrationStatus startDate="2026-11-21"/></{0}>'

    assert message_id(ask(simulator, method)) == (400, "FiltersRequiredException")
    for module in ("Registration", "RegistrationManager"):
        more = dated.format(module)
        filtered = narrowed("Registration_GetRegistrationStatus", more=more)
        assert ask(simulator, filtered).status_code == 200


@pytest.mark.parametrize("key", ["", "not-a-guid"])
def test_a_missing_or_malformed_key_is_a_missing_parameter(clock: Clock, key: str) -> None:
    """No key, or one that is no GUID, is told apart from a wrong one."""
    assert message_id(ask(simulated(clock), key=key)) == (400, "MissingParameter")


def test_an_error_document_is_single_byte_text_that_says_utf_16(clock: Clock) -> None:
    """The trap is in the bytes: a parser that believes the declaration fails."""
    answer = ask(simulated(clock), key="5eed0000-0000-4000-8000-00000000ffff")

    assert message_id(answer) == (401, "InvalidApiKey")
    assert answer.content.startswith(UTF_16)
    with pytest.raises(ET.ParseError):
        ET.fromstring(answer.content)


def test_paths_are_taken_in_any_case_and_others_are_not_found(clock: Clock) -> None:
    """The web server does not mind case; what it does not have is its own 404 page."""
    simulator = simulated(clock)

    assert ask(simulator, url="https://northbank.example" + BATCH.upper()).status_code == 200
    assert ask(simulator, url="https://northbank.example/api/batch/1.0/").status_code == 404


@pytest.mark.parametrize(
    ("key", "status"),
    [
        (BatchKey(active=False), 401),
        (BatchKey(needs_https=True), 403),
        (BatchKey(networks={"10.0.0.0/8"}), 403),
        (BatchKey(domains={"northbank.example"}), 403),
        (BatchKey(networks={"127.0.0.0/8"}), 200),
        (BatchKey(), 200),
    ],
)
def test_a_key_keeps_out_whom_its_rules_keep_out(clock: Clock, key: BatchKey, status: int) -> None:
    """Inactive keys, plain http, other networks and other domains are refused."""
    simulator = simulated(clock, key)

    assert ask(simulator, url="http://northbank.example" + BATCH).status_code == status


def test_a_key_lets_in_whom_its_rules_let_in(clock: Clock) -> None:
    """The right network, domain and scheme together are enough."""
    key = BatchKey(needs_https=True, networks={"10.0.0.0/8"}, domains={"northbank.example"})
    answer = ask(
        simulated(clock, key),
        headers={"Referer": "https://northbank.example/"},
        address="10.1.2.3",
    )

    assert answer.status_code == 200


def test_a_throttled_key_answers_again_when_its_time_is_over(clock: Clock) -> None:
    """Two an hour means two an hour, by the injected clock."""
    key = BatchKey(throttle=Throttle(2, timedelta(hours=1)))
    simulator = simulated(clock, key, choices=Choices(retry_after_s=90))
    first = [ask(simulator, narrowed(*ROSTER)) for _ in range(3)]
    clock.now += timedelta(hours=1)

    assert [answer.status_code for answer in first] == [200, 200, 429]
    assert first[2].headers["Retry-After"] == "90"
    assert ask(simulator).status_code == 200


def test_a_production_key_answers_from_its_cache_for_a_day(clock: Clock) -> None:
    """Yesterday's school is told until the cache expires."""
    simulator = simulated(clock)
    ask(simulator, b"<Filters/>")
    simulator.school = SMALLER
    clock.now += timedelta(hours=23, minutes=59)
    cached = pupils_given(simulator)
    clock.now += timedelta(minutes=1)

    assert (cached, pupils_given(simulator)) == (150, 149)


@pytest.mark.parametrize("guid", [None, DEMO_KEY.upper()])
def test_a_flushed_cache_tells_todays_school(clock: Clock, guid: str | None) -> None:
    """Save and Close on a key is `flush`."""
    simulator = simulated(clock)
    ask(simulator, b"<Filters/>")
    simulator.school = SMALLER
    simulator.flush(guid)

    assert pupils_given(simulator) == 149


def test_an_answer_may_tell_the_age_of_its_copy(clock: Clock) -> None:
    """By one header or the other, or, as it is, by none."""
    given = []
    ways: list[Literal["", "Age", "Last-Modified"]] = ["", "Age", "Last-Modified"]
    for header in ways:
        simulator = simulated(clock, choices=Choices(tells_age=header))
        made = http_date(clock())
        ask(simulator)
        clock.now += timedelta(minutes=5)
        headers = ask(simulator).headers
        given.append((headers.get("Age"), headers.get("Last-Modified") == made))

    assert given == [(None, False), ("300", False), (None, True)]


def test_a_development_key_has_no_cache(clock: Clock) -> None:
    """Development reads the database each time."""
    simulator = simulated(clock, BatchKey(production=False))
    ask(simulator, b"<Filters/>")
    simulator.school = SMALLER

    assert pupils_given(simulator) == 149


@pytest.mark.parametrize(("shared", "pupils"), [(True, 150), (False, 149)])
def test_whether_filtered_requests_share_the_cache_is_a_choice(
    clock: Clock, pupils: int, *, shared: bool
) -> None:
    """Nobody knows which it is, so a client must live with both."""
    simulator = simulated(clock, choices=Choices(filtered_requests_share_the_cache=shared))
    ask(simulator, b"<Filters/>")
    simulator.school = SMALLER

    assert pupils_given(simulator) == pupils


def test_the_simulator_answers_over_a_socket() -> None:
    """The same answers come over loopback, and a dropped connection is one there too."""
    simulator, key = IsamsSimulator(invent(20)), DEMO_KEY
    simulator.script([None, Faults(drop_at=0), Faults(drop_at=500)])
    with serve(simulator) as base, httpx.Client(base_url=base, params={"apiKey": key}) as client:
        whole_answer = client.get(BATCH)
        for _ in range(2):
            with pytest.raises(httpx.RemoteProtocolError):
                client.get(BATCH)

    assert whole_answer.content == b"".join(batch_xml(simulator.school, METHODS))
    assert whole_answer.http_version == "HTTP/1.1"


def test_a_stopped_server_no_longer_answers() -> None:
    """The port is given back when the block ends."""
    simulator, key = IsamsSimulator(invent(1)), DEMO_KEY
    with serve(simulator) as base:
        pass

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{base}{BATCH}", params={"apiKey": key})
