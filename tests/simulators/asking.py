"""What the tests of the iSAMS simulator share: a clock, and ways to ask."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import httpx

from simulators.isams import (
    BATCH,
    DEMO_KEY,
    METHODS,
    BatchKey,
    Choices,
    IsamsSimulator,
    batch_xml,
)
from simulators.school import InventedSchool, invent, without_pupils

SCHOOL = invent(150)
ROSTER = (
    "HumanResources_GetCurrentStaff",
    "Pupil_GetCurrentPupils",
    "Teaching_GetDepartmentsAndSubjects",
    "Teaching_GetTeachingSets",
    "Teaching_GetTeachingSetLists",
)
SMALLER = without_pupils(SCHOOL, [SCHOOL.pupils[0].school_id])


class Clock:
    """A clock that goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 22, tzinfo=UTC)
        self.slept_s: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.now += timedelta(seconds=seconds)


def simulated(clock: Clock, *keys: BatchKey, choices: Choices | None = None) -> IsamsSimulator:
    return IsamsSimulator(
        SCHOOL, keys=keys or (BatchKey(),), clock=clock, sleep=clock.sleep, choices=choices
    )


def ask(
    simulator: IsamsSimulator,
    body: bytes | None = None,
    *,
    url: str = "https://northbank.example" + BATCH,
    key: str = DEMO_KEY,
    name: str = "apiKey",
    headers: Mapping[str, str] | None = None,
    address: str = "127.0.0.1",
) -> httpx.Response:
    transport = httpx.WSGITransport(simulator, remote_addr=address)
    with httpx.Client(transport=transport, headers=headers) as client:
        if body is None:
            return client.get(url, params={name: key})
        return client.post(url, params={name: key}, content=body)


def narrowed(*methods: str, more: str = "") -> bytes:
    wanted = "".join(f"<Method>{method}</Method>" for method in methods)
    return f"<Filters><MethodsToRun>{wanted}</MethodsToRun>{more}</Filters>".encode()


def batch_document(school: InventedSchool, *methods: str, legacy: bool = True) -> ET.Element:
    return ET.fromstring(b"".join(batch_xml(school, methods or METHODS, legacy=legacy)))


def message_id(answer: httpx.Response) -> tuple[int, str | None]:
    """The status and MessageId, read as a client must: the declaration is not to be believed."""
    text = answer.content.decode("utf-8").partition("?>")[2]
    return answer.status_code, ET.fromstring(text).findtext("MessageId")


def pupils_given(simulator: IsamsSimulator) -> int:
    """How many pupils the simulator gives, if asked for nothing else."""
    answer = ask(simulator, narrowed("Pupil_GetCurrentPupils"))
    return len(list(ET.fromstring(answer.content).iter("Pupil")))
