"""The REST desk keeps the promises that a client's tests rest on: who may read, and how much."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Literal

import httpx
import pytest

from simulators.isams import (
    DEMO_KEY,
    TOKEN,
    BatchKey,
    IsamsSimulator,
    RestChoices,
    RestClient,
    Seen,
    Throttle,
    client_without,
)
from simulators.isams.rest_clients import MODULES
from simulators.isams.rest_routes import ENDPOINTS, find
from simulators.school import invent
from simulators.serving import serve
from tests.simulators.asking import SCHOOL, Clock, ask
from tests.simulators.rest_asking import BASE, FORM, collection, resting, signed_in

STUDENTS = "/api/students"
HAL = {"Accept": "application/hal+json"}
REFUSAL = {"message": "The user is not authorised for this request"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_one_simulator_serves_batch_and_rest(clock: Clock) -> None:
    """By default both APIs answer, each to its own key or client."""
    simulator = IsamsSimulator(SCHOOL, clock=clock)

    assert ask(simulator).status_code == 200
    assert signed_in(simulator).get(STUDENTS).status_code == 200


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer sim-token-99"}])
def test_no_token_and_a_strange_one_are_401(clock: Clock, header: Mapping[str, str]) -> None:
    """REST asks for a token of its own."""
    with httpx.Client(transport=httpx.WSGITransport(resting(clock))) as client:
        answer = client.get(BASE + STUDENTS, headers=header)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_dies_by_the_clock_when_its_client_says(clock: Clock) -> None:
    """A lifetime belongs to the client, and the token's answer says how long it is."""
    simulator = resting(clock, RestClient(token_lifetime_s=60))
    client = signed_in(simulator)
    given = client.post(TOKEN, data=FORM).json()["expires_in"]
    clock.now += timedelta(seconds=59)
    alive = client.get(STUDENTS).status_code
    clock.now += timedelta(seconds=1)

    assert (given, alive, client.get(STUDENTS).status_code) == (60, 200, 401)


def test_the_scope_may_be_left_out_but_not_be_batchs(clock: Clock) -> None:
    """`apiv1` alone does not open REST; no scope asked for is every scope."""
    statuses = []
    with httpx.Client(transport=httpx.WSGITransport(resting(clock)), base_url=BASE) as client:
        for scope in ({"scope": "apiv1"}, {"scope": ""}):
            token = client.post(TOKEN, data=FORM | scope).json()["access_token"]
            answer = client.get(STUDENTS, headers={"Authorization": f"Bearer {token}"})
            statuses.append(answer.status_code)

    assert statuses == [401, 200]


def test_a_batch_keys_token_does_not_open_rest(clock: Clock) -> None:
    """A client id that is only a batch key's has no REST permissions, whatever its scope."""
    keys = (BatchKey(secret="invented"), RestClient())
    simulator = IsamsSimulator(SCHOOL, keys=keys, clock=clock)
    with httpx.Client(transport=httpx.WSGITransport(simulator), base_url=BASE) as client:
        token = client.post(TOKEN, data=FORM | {"client_id": DEMO_KEY}).json()["access_token"]
        answer = client.get(STUDENTS, headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401


@pytest.mark.parametrize("path", ENDPOINTS)
def test_every_endpoint_needs_its_module(clock: Clock, path: str) -> None:
    """Without the module it is the one refusal that clients know; with it alone it is not."""
    match = find(path, RestChoices())
    assert match
    module = match[0].module
    without = signed_in(resting(clock, client_without(module))).get(path)
    alone = client_without(*(m for m in MODULES if m != module))

    assert (without.status_code, without.json()) == (403, REFUSAL)
    assert signed_in(resting(clock, alone)).get(path).status_code in {200, 404}


@pytest.mark.parametrize("status", [200, 401])
def test_the_status_of_a_refused_module_is_a_choice(clock: Clock, status: int) -> None:
    """Nobody knows it, so a client must look at the body too."""
    simulator = resting(clock, client_without("TEACHING"))
    simulator.rest.choices = RestChoices(not_authorised_status=status)
    answer = signed_in(simulator).get("/api/teaching/sets")

    assert (answer.status_code, answer.json()) == (status, REFUSAL)


@pytest.mark.parametrize("after_s", [None, 0, 45])
def test_a_throttled_client_answers_again_when_its_time_is_over(
    clock: Clock, after_s: int | None
) -> None:
    """Two a minute means two a minute; whether it says when to come back is a choice."""
    simulator = resting(clock, RestClient(throttle=Throttle(2, timedelta(minutes=1))))
    simulator.rest.choices = RestChoices(retry_after_s=after_s)
    client = signed_in(simulator)
    answers = [client.get(STUDENTS) for _ in range(3)]
    clock.now += timedelta(minutes=1)

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["message"]
    assert answers[2].headers.get("Retry-After") == (None if after_s is None else str(after_s))
    assert client.get(STUDENTS).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/API/Students", 200),
        ("GET", "/api/timetables/structure/", 200),
        ("GET", "/api/teaching/sets/301/setList", 200),
        ("GET", "/api/students/nobody", 404),
        ("GET", "/api/teaching/sets/1/setList", 404),
        ("GET", "/api/nothing", 404),
        ("POST", STUDENTS, 405),
        ("GET", f"{STUDENTS}?$filter=yearGroup eq 7", 400),
    ],
)
def test_a_path_is_taken_in_any_case_and_only_read(
    clock: Clock, method: str, path: str, status: int
) -> None:
    """What is not there, or not simulated, says so and never gives rows."""
    answer = signed_in(resting(clock)).request(method, path)

    assert answer.status_code == status
    assert ("message" in answer.json()) == (status != 200)


def test_a_page_says_which_it_is_and_how_many_there_are(clock: Clock) -> None:
    """Pages count from 1, a hundred rows by default, and the last holds what is left."""
    client = signed_in(resting(clock))
    first, second = (client.get(STUDENTS, params={"page": page}).json() for page in (1, 2))
    rows = [row["schoolId"] for page in (first, second) for row in page.pop("students")]

    totals = {"pageSize": 100, "totalCount": 150, "totalPages": 2}
    assert first == {"count": 100, "page": 1} | totals
    assert second == {"count": 50, "page": 2} | totals
    assert rows == [pupil.school_id for pupil in SCHOOL.pupils]


@pytest.mark.parametrize(
    ("query", "status", "count"),
    [
        ("pageSize=7", 200, 7),
        ("pagesize=7", 200, 7),
        ("page=3", 200, 0),
        ("pageSize=1001", 200, 150),
        ("page=0", 400, None),
        ("page=x", 400, None),
        ("pageSize=0", 400, None),
    ],
)
def test_odd_pages_are_empty_or_refused(
    clock: Clock, query: str, status: int, count: int | None
) -> None:
    """A page past the end is empty; what is no page is refused."""
    answer = signed_in(resting(clock)).get(f"{STUDENTS}?{query}")

    assert (answer.status_code, answer.json().get("count")) == (status, count)


@pytest.mark.parametrize(("choice", "seen"), [("capped", (200, 1_000)), ("refused", (400, None))])
def test_a_page_over_a_thousand_is_capped_or_refused(
    clock: Clock, choice: Literal["capped", "refused"], seen: tuple[int, int | None]
) -> None:
    """The most that a page holds is 1,000, whatever is asked for."""
    simulator = resting(clock)
    simulator.rest.choices = RestChoices(over_long_page=choice)
    answer = signed_in(simulator).get(STUDENTS, params={"pageSize": 5_000})

    assert (answer.status_code, answer.json().get("pageSize")) == seen


@pytest.mark.parametrize("links", ["absolute", "relative"])
def test_hal_links_lead_to_the_last_page_and_end_there(
    clock: Clock, links: Literal["absolute", "relative"]
) -> None:
    """Following `_links.next` reads every pupil once; the last page has none."""
    simulator = resting(clock)
    simulator.rest.choices = RestChoices(links=links)
    client = signed_in(simulator, HAL)
    url: str | None = f"{STUDENTS}?pageSize=40"
    seen: list[str] = []
    counts: list[int] = []
    while url:
        answer = client.get(url)
        body = answer.json()
        seen += [row["schoolId"] for row in body["students"]]
        counts.append(body["count"])
        url = body.get("_links", {}).get("next", {}).get("href")

    assert answer.headers["Content-Type"] == HAL["Accept"]
    assert counts == [40, 40, 40, 30]
    assert seen == [pupil.school_id for pupil in SCHOOL.pupils]


def test_who_does_not_take_hal_gets_no_links(clock: Clock) -> None:
    """Plain JSON has the totals alone, unless that is chosen otherwise."""
    simulator = resting(clock)
    plain = signed_in(simulator).get(STUDENTS)
    simulator.rest.choices = RestChoices(links_without_hal=True)

    assert plain.headers["Content-Type"] == "application/json"
    assert "_links" not in plain.json()
    assert "_links" in signed_in(simulator).get(STUDENTS).json()


def test_lists_come_whole_in_one_plain_call(clock: Clock) -> None:
    """What known clients read unpaged is not cut at a hundred rows, and its totals fit."""
    body = signed_in(resting(clock)).get("/api/teaching/sets?page=2&pageSize=5").json()

    assert body["count"] == body["totalCount"] == len(body["sets"]) == len(SCHOOL.sets) > 100
    assert (body["page"], body["totalPages"]) == (1, 1)


def test_whether_lists_are_paged_or_have_totals_is_a_choice(clock: Clock) -> None:
    """A client must page wherever `totalPages` says so, and read what says nothing."""
    simulator = resting(clock)
    client = signed_in(simulator)
    simulator.rest.choices = RestChoices(lists_have_totals=False)
    bare = client.get("/api/teaching/sets").json()
    simulator.rest.choices = RestChoices(lists_are_paged=True)
    paged = client.get("/api/teaching/sets").json()

    assert [*bare] == ["sets"]
    assert (len(bare["sets"]), len(paged["sets"])) == (len(SCHOOL.sets), 100)
    assert len(collection(client, "/api/teaching/sets", "sets")) == len(SCHOOL.sets)


def test_rest_tells_the_school_as_it_is_now(clock: Clock) -> None:
    """There is no cache: what changes between pages shows."""
    simulator = resting(clock)
    client = signed_in(simulator)
    before = client.get(STUDENTS).json()["totalCount"]
    simulator.school = invent(20)

    assert (before, client.get(STUDENTS).json()["totalCount"]) == (150, 20)


def test_requests_are_noted_without_their_query(clock: Clock) -> None:
    """A bench counts them, and a log of them holds no query."""
    simulator = resting(clock)
    signed_in(simulator).get(STUDENTS, params={"page": 2})

    assert simulator.requests == [
        Seen("POST", TOKEN, None, had_token=False, status=200),
        Seen("GET", STUDENTS, None, had_token=True, status=200),
    ]


def test_every_rest_answer_can_be_slow_and_no_other(clock: Clock) -> None:
    """A bench sets the time that one answer takes; the token desk is not part of it."""
    simulator = resting(clock)
    simulator.rest.delay_s = 0.05
    client = signed_in(simulator)
    for path in (STUDENTS, "/api/teaching/sets", "/api/nothing"):
        client.get(path)

    assert clock.slept_s == [0.05] * 3


def test_over_a_socket_slow_answers_pass_at_the_same_time() -> None:
    """Served in threads: an answer may wait for one that was asked for after it."""
    arrived: list[float] = []

    def until_both_are_here(seconds: float) -> None:
        arrived.append(seconds)
        while len(arrived) < 2:
            time.sleep(0.001)

    simulator = IsamsSimulator(invent(20), sleep=until_both_are_here)
    simulator.rest.delay_s = 0.05
    with serve(simulator) as base, httpx.Client(base_url=base) as client:
        token = client.post(TOKEN, data=FORM).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        with ThreadPoolExecutor(2) as pool:
            answers = [*pool.map(client.get, [STUDENTS, STUDENTS], timeout=10)]

    assert [answer.status_code for answer in answers] == [200, 200]
