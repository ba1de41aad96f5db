"""Every fault is what it says: a fatal one takes something away, a harmless one does not."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import httpx
import pytest

from simulators.isams import (
    BATCH,
    DEMO_KEY,
    FATAL,
    HARMLESS,
    Choices,
    DroppedError,
    Faults,
    Shape,
    faults,
)
from simulators.isams.documents import NODES
from tests.simulators.asking import (
    ROSTER,
    SCHOOL,
    SMALLER,
    Clock,
    ask,
    message_id,
    narrowed,
    pupils_given,
    simulated,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def whole(content: bytes, status: int) -> bool:
    """Return whether a reader that refuses document types gets the whole roster from this."""
    if status != 200 or b"<!DOCTYPE" in content:
        return False
    if b'encoding="utf-16"' in content[:60]:
        content = content.partition(b"?>")[2]
    try:
        root = ET.fromstring(content)
    except ET.ParseError:
        return False
    return root.tag == "iSAMS" and all(
        root.find(f"{NODES[method].module}/{NODES[method].name}/*") is not None for method in ROSTER
    )


def test_the_right_answer_is_whole(clock: Clock) -> None:
    """The measure by which faults are judged passes the answer that has none."""
    answer = ask(simulated(clock), narrowed(*ROSTER))

    assert whole(answer.content, answer.status_code)


@pytest.mark.parametrize("name", FATAL)
def test_after_a_fatal_fault_the_roster_cannot_be_whole(clock: Clock, name: str) -> None:
    """Each of them really takes something away, whatever the client does."""
    simulator = simulated(clock)
    simulator.script([FATAL[name]])
    try:
        answer = ask(simulator, narrowed(*ROSTER))
    except httpx.ReadError:
        return

    assert not whole(answer.content, answer.status_code)


@pytest.mark.parametrize("name", HARMLESS)
def test_after_a_harmless_fault_the_roster_is_whole(clock: Clock, name: str) -> None:
    """Each of them leaves every pupil readable, names and all."""
    simulator = simulated(clock)
    simulator.script([HARMLESS[name]])
    answer = ask(simulator, narrowed(*ROSTER))
    content = answer.content
    if b'encoding="utf-16"' in content[:60]:  # over bytes that are not: the declaration must go
        content = content.partition(b"?>")[2]
    names = [node.findtext("Surname") for node in ET.fromstring(content).iter("Pupil")]

    assert answer.status_code == 200
    assert names == [pupil.surname for pupil in SCHOOL.pupils]


@pytest.mark.parametrize("fault", [faults.ENTITY_BOMB, faults.EXTERNAL_ENTITY])
def test_a_document_type_declares_what_the_document_then_uses(clock: Clock, fault: Faults) -> None:
    """The bomb would go off in a parser that expands entities: it is declared and referred to."""
    simulator = simulated(clock)
    simulator.script([fault])
    text = ask(simulator, narrowed(*ROSTER)).text

    assert text.startswith("<!DOCTYPE iSAMS [<!ENTITY ")
    assert f"<iSAMS>{fault.shape.inside}\n" in text
    assert f"<!ENTITY {fault.shape.inside[1:-1]} " in text


def test_a_script_spoils_the_next_answers_in_turn(clock: Clock) -> None:
    """A deadlock once, then an answer, then an outage; after that all is well."""
    simulator = simulated(clock)
    simulator.script([faults.DEADLOCK, None, faults.refused(503, retry_after="120")])
    answers = [ask(simulator, narrowed(*ROSTER)) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [500, 200, 503, 200]
    assert answers[2].headers["Retry-After"] == "120"


def test_a_standing_fault_spoils_every_answer(clock: Clock) -> None:
    """`faults` holds until it is taken away."""
    simulator = simulated(clock)
    simulator.faults = faults.refused(502)

    assert [ask(simulator).status_code for _ in range(3)] == [502] * 3


def test_a_slow_answer_waits_by_the_injected_sleep(clock: Clock) -> None:
    """No test has to wait for the 35 seconds after which iSAMS gives up."""
    simulator = simulated(clock)
    simulator.script([faults.slow()])

    assert message_id(ask(simulator)) == (500, "UnhandledException")
    assert clock.slept_s == [35]


def test_a_stale_answer_is_of_another_day(clock: Clock) -> None:
    """A scripted answer can tell an earlier school without touching the cache."""
    simulator = simulated(clock)
    simulator.script([Faults(stale=SMALLER)])

    assert [pupils_given(simulator) for _ in range(2)] == [149, 150]


def test_a_collection_may_have_one_record_or_an_id_twice(clock: Clock) -> None:
    """A single pupil, and a set id that stands twice, can be asked for."""
    simulator = simulated(clock)
    simulator.script([faults.single("Pupil_GetCurrentPupils"), faults.DUPLICATE_SET_ID])
    single, twice = (ask(simulator, narrowed(*ROSTER)) for _ in range(2))
    ids = [node.get("Id") for node in ET.fromstring(twice.content).iter("Set")]

    assert len(list(ET.fromstring(single.content).iter("Pupil"))) == 1
    assert len(ids) == len(set(ids)) + 1


def test_an_empty_collection_may_leave_no_node(clock: Clock) -> None:
    """Whether iSAMS sends an empty node or none is not known: both can be had."""
    simulator = simulated(clock, choices=Choices(drops_empty_collections=True))
    simulator.script([faults.empty("Teaching_GetTeachingSets"), Faults(shape=Shape())])

    assert [ask(simulator).text.count("<Sets") for _ in range(2)] == [0, 1]


def test_a_dropped_connection_is_a_transport_error_in_process(clock: Clock) -> None:
    """A client in process sees the error that it would see over a socket."""
    simulator = simulated(clock)
    simulator.script([Faults(drop_at=0), Faults(drop_at=1_000)])

    for _ in range(2):
        with pytest.raises(httpx.TransportError) as caught:
            ask(simulator)
        assert isinstance(caught.value, DroppedError)


def test_every_request_is_noted_without_its_secrets(clock: Clock) -> None:
    """Tests can count requests; the notes hold no key and no token."""
    simulator = simulated(clock)
    simulator.script([None, Faults(drop_at=0)])
    ask(simulator, narrowed("Pupil_GetCurrentPupils"), headers={"Authorization": "Bearer secret"})
    with pytest.raises(httpx.ReadError):
        ask(simulator)
    noted = [(r.method, r.path, r.methods, r.had_token, r.status) for r in simulator.requests]

    assert noted == [
        ("POST", BATCH, ("Pupil_GetCurrentPupils",), True, 200),
        ("GET", BATCH, None, False, 0),
    ]
    assert DEMO_KEY not in repr(simulator.requests)
