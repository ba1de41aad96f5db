"""Every REST fault is what it says: a fatal one takes something away, a harmless one does not."""

from __future__ import annotations

import httpx
import pytest

from simulators.isams import REST_FATAL, REST_HARMLESS, Faults, RestFaults, faults
from simulators.isams.rest_faults import (
    EXPIRED_NEXT,
    NEXT_ELSEWHERE,
    SET_LIST_MISSING,
    UNPAGED,
)
from tests.simulators.asking import SCHOOL, SMALLER, Clock
from tests.simulators.rest_asking import NotWholeError, collection, resting, signed_in

STUDENTS = "/api/students"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def read(client: httpx.Client) -> int:
    """How many students a careful reader gets, a hundred at a time."""
    try:
        return len(collection(client, STUDENTS, "students", "schoolId"))
    except (httpx.ReadError, ValueError):
        raise NotWholeError from None


def test_the_right_answer_is_whole(clock: Clock) -> None:
    """The measure by which faults are judged passes the answers that have none."""
    assert read(signed_in(resting(clock))) == len(SCHOOL.pupils)


@pytest.mark.parametrize("page", [None, 2])
@pytest.mark.parametrize("name", REST_FATAL)
def test_after_a_fatal_fault_the_students_cannot_be_whole(
    clock: Clock, name: str, page: int | None
) -> None:
    """Each takes something away, on every page or on the last alone, whatever the client does."""
    simulator = resting(clock)
    client = signed_in(simulator)
    if page is None:
        simulator.spoil(STUDENTS, REST_FATAL[name])
    else:
        simulator.script([None, REST_FATAL[name]], route=STUDENTS)

    with pytest.raises(NotWholeError):
        read(client)


@pytest.mark.parametrize("name", REST_HARMLESS)
def test_after_a_harmless_fault_the_students_are_whole(clock: Clock, name: str) -> None:
    """Each leaves every student readable."""
    simulator = resting(clock)
    client = signed_in(simulator)
    simulator.spoil("/api/*", REST_HARMLESS[name])

    assert read(client) == len(SCHOOL.pupils)


def test_a_fault_may_be_for_one_page(clock: Clock) -> None:
    """The others are as they should be."""
    simulator = resting(clock)
    client = signed_in(simulator)
    simulator.spoil(STUDENTS, RestFaults(page=2, status=503))
    answers = [client.get(STUDENTS, params={"page": page}) for page in (1, 2, 1)]

    assert [answer.status_code for answer in answers] == [200, 503, 200]


def test_an_outage_may_be_over_at_the_second_try(clock: Clock) -> None:
    """A scripted answer is given once; other paths are not spoilt by it."""
    simulator = resting(clock)
    client = signed_in(simulator)
    simulator.script([faults.refused(503)], route=STUDENTS)
    statuses = [client.get(path).status_code for path in ("/api/teaching/sets", STUDENTS, STUDENTS)]

    assert statuses == [200, 503, 200]


def test_a_token_may_die_between_two_pages(clock: Clock) -> None:
    """The first page is whole, the second is a 401, and a new token reads on."""
    simulator = resting(clock)
    client = signed_in(simulator)
    simulator.script([EXPIRED_NEXT], route=STUDENTS)
    first, second = (client.get(STUDENTS, params={"page": page}) for page in (1, 2))

    assert (first.json()["count"], second.status_code) == (100, 401)
    assert read(signed_in(simulator)) == len(SCHOOL.pupils)


def test_data_may_change_between_two_pages(clock: Clock) -> None:
    """A pupil leaves meanwhile: one slips from page 2 to page 1, and nobody reads them."""
    simulator = resting(clock)
    client = signed_in(simulator)
    simulator.script([None, RestFaults(stale=SMALLER)], route=STUDENTS)
    first, second = (client.get(STUDENTS, params={"page": page}).json() for page in (1, 2))
    seen = [row["schoolId"] for page in (first, second) for row in page["students"]]

    assert (first["totalCount"], second["totalCount"], len(seen)) == (150, 149, 149)
    assert SCHOOL.pupils[100].school_id not in seen


def test_the_same_page_for_ever_promises_another_each_time(clock: Clock) -> None:
    """A client without a limit would never end, by totals or by links."""
    simulator = resting(clock)
    client = signed_in(simulator, {"Accept": "application/hal+json"})
    simulator.spoil(STUDENTS, RestFaults(repeats=True))
    pages = [client.get(STUDENTS, params={"page": page}).json() for page in (1, 2, 77)]

    assert [(page["page"], page["totalPages"]) for page in pages] == [(1, 2), (2, 3), (77, 78)]
    assert all("_links" in page for page in pages)
    assert pages[0]["students"] == pages[2]["students"]


def test_a_hidden_last_page_is_seen_by_the_total_alone(clock: Clock) -> None:
    """Page 1 says it is the last and links no further; who asks for page 2 gets no rows."""
    simulator = resting(clock)
    client = signed_in(simulator, {"Accept": "application/hal+json"})
    simulator.spoil(STUDENTS, RestFaults(hides_last_page=True))
    first, second = (client.get(STUDENTS, params={"page": page}).json() for page in (1, 2))

    assert (first["count"], first["totalPages"], first["totalCount"]) == (100, 1, 150)
    assert "_links" not in first
    assert second["students"] == []


def test_a_link_may_lead_to_another_host(clock: Clock) -> None:
    """Who follows it there takes the token along."""
    simulator = resting(clock)
    client = signed_in(simulator, {"Accept": "application/hal+json"})
    simulator.spoil(STUDENTS, NEXT_ELSEWHERE)
    href = client.get(STUDENTS).json()["_links"]["next"]["href"]

    assert href == "https://elsewhere.example/api/students?page=2&pageSize=100"


def test_an_answer_may_be_unpaged(clock: Clock) -> None:
    """All rows at once, and no totals to count them by."""
    simulator = resting(clock)
    client = signed_in(simulator)
    simulator.spoil(STUDENTS, UNPAGED)
    body = client.get(STUDENTS, params={"page": 1, "pageSize": 100}).json()

    assert [*body] == ["students"]
    assert len(body["students"]) == len(SCHOOL.pupils)


def test_a_set_list_may_be_missing_or_null(clock: Clock) -> None:
    """One set of many fails: the others' lists are there."""
    simulator = resting(clock)
    client = signed_in(simulator)
    simulator.spoil("/api/teaching/sets/305/setList", SET_LIST_MISSING)
    simulator.spoil("/api/teaching/sets/306/*", RestFaults(fields={"students": None}))
    missing, null, whole = (client.get(f"/api/teaching/sets/{n}/setList") for n in (305, 306, 307))

    assert missing.status_code == 404
    assert null.json()["students"] is None
    assert whole.json()["students"]


def test_a_field_may_be_of_another_type_or_left_out(clock: Clock) -> None:
    """Rows are changed where they have the key; a set list's rows too."""
    simulator = resting(clock)
    client = signed_in(simulator)
    wrong = RestFaults(fields={"yearGroup": "seven", "no such": 1}, without_fields=["schoolId"])
    simulator.faults = wrong
    student = client.get(STUDENTS).json()["students"][0]
    member = client.get("/api/teaching/sets/307/setList").json()["students"][0]

    assert student["yearGroup"] == "seven"
    assert {"schoolId", "no such"}.isdisjoint(student)
    assert "schoolId" not in member


def test_a_page_may_take_its_time(clock: Clock) -> None:
    """The time passes by the injected sleep, and the answer is whole."""
    simulator = resting(clock)
    client = signed_in(simulator)
    simulator.spoil(STUDENTS, Faults(delay_s=20))

    assert read(client) == len(SCHOOL.pupils)
    assert clock.slept_s == [20, 20]
