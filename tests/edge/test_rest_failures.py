"""P3 for REST: every request, every way to fail: an error of ours, never a school."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Lock
from typing import override

import httpx
import pytest

from simulators.isams import (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    REST_FATAL,
    REST_HARMLESS,
    SET_SPELLINGS,
    TOKEN,
    Faults,
    RestChoices,
    RestFaults,
    client_without,
)
from simulators.isams.faults import refused
from simulators.isams.keys import Throttle
from simulators.isams.rest_clients import RestClient
from simulators.isams.rest_faults import (
    EXPIRED_NEXT,
    NEXT_ELSEWHERE,
    NOT_AUTHORISED,
    SET_LIST_MISSING,
    UNPAGED,
)
from simulators.school import invent, without_pupils
from sync.edge.clock import Budget
from sync.edge.isams.rest import RestIsams
from sync.errors import (
    SourceError,
    SourceIncomplete,
    SourceMalformed,
    SourceRefused,
    SourceUnavailable,
)
from sync.isams.datasets import NOTHING_MORE, Wanted
from tests.clocks import FakeClock
from tests.edge.isams_edge import streamed
from tests.edge.logged import tells_none_of
from tests.edge.rest_edge import ALL_OF_REST, BUDGET_S, CLEAN, rest_of, settings, simulated

COLLECTIONS = (
    "/api/humanresources/employees",
    "/api/students",
    "/api/teaching/subjects",
    "/api/teaching/sets",
)
# A set's list and a timetable are objects: they have neither pages nor totals to be wrong.
OBJECTS = ("/api/teaching/sets/*/setlist", "/api/timetables/employees/*")
ONE_LIST = f"/api/teaching/sets/{CLEAN.sets[7].id}/setlist"
# Beyond people and sets: asked for only where they are wanted.
FRAME = (
    "/api/school/yeargroups",
    "/api/school/yeargroups/*/divisions",
    "/api/school/yeargroups/7/divisions",
    "/api/school/forms",
    "/api/school/houses",
    "/api/school/terms",
    "/api/estates/buildings",
    "/api/estates/rooms",
)
FRAME_OBJECTS = (
    "/api/timetables/structure",
    "/api/timetables/employees/*",
    f"/api/timetables/employees/{CLEAN.staff[0].id}",
)
OF_PAGES = {
    *("page short by one row", "page without rows", "last page hidden", "same page for ever"),
    *("total one too high", "total one too low", "null collection", "collection absent"),
    "collection an object",
}
CANARIES = (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    *("sim-token", "//northbank", "elsewhere", "Process ID", "web server's own", "Bearer"),
    *(pupil.surname for pupil in CLEAN.pupils),
    *(pupil.school_id for pupil in CLEAN.pupils),
)

# What an id is called where it is not `id`, or not that alone.
OWN_IDS = {"/api/school/yeargroups": ("ncYear",), "/api/school/forms": ("id", "name")}

CASES = [(path, name) for path in COLLECTIONS for name in REST_FATAL] + [
    (path, name) for path in (*OBJECTS, ONE_LIST) for name in REST_FATAL if name not in OF_PAGES
]
FRAME_CASES = [(path, name) for path in FRAME for name in REST_FATAL] + [
    (path, name) for path in FRAME_OBJECTS for name in REST_FATAL if name not in OF_PAGES
]


def _error_after(
    path: str, *faults: Faults, client: RestClient | None = None, wanted: Wanted = NOTHING_MORE
) -> SourceError:
    """Return the error that reading ends with, if *path* is spoilt for ever."""
    clock = FakeClock()
    simulator = simulated(clock, client=client)
    if "timetables" in path and wanted is NOTHING_MORE:
        simulator.rest.choices = RestChoices(sets=SET_SPELLINGS["no teachers"])
    for fault in faults:
        simulator.spoil(path, fault)
    with pytest.raises(SourceError) as caught:
        rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S), wanted)

    return caught.value


def _fault(path: str, name: str) -> Faults:
    """Return the fault of that name, at what an id is called under *path*."""
    keys = OWN_IDS.get(path, ())
    match name if keys else "":
        case "ids missing":
            return RestFaults(without_fields=keys)
        case "ids null":
            return RestFaults(fields=dict.fromkeys(keys))
        case "ids of a wrong type":
            return RestFaults(fields={key: [1] for key in keys})
        case _:
            return REST_FATAL[name]


@pytest.mark.parametrize(("path", "fault"), CASES)
def test_no_failure_is_a_school(path: str, fault: str) -> None:
    """Each fault, on each kind of request, on all lists or one: an error that says nothing."""
    error = _error_after(path, REST_FATAL[fault])

    assert tells_none_of(CANARIES, error)
    assert error.__context__ is None
    assert type(error) in {SourceUnavailable, SourceRefused, SourceIncomplete, SourceMalformed}


@pytest.mark.parametrize(("path", "fault"), FRAME_CASES)
def test_no_failure_beyond_people_and_sets_is_a_school(path: str, fault: str) -> None:
    """If classes are made of it, each fault in a school's frame is an error too."""
    error = _error_after(path, _fault(path, fault), wanted=ALL_OF_REST)

    assert tells_none_of(CANARIES, error)
    assert error.__context__ is None
    assert type(error) in {SourceUnavailable, SourceRefused, SourceIncomplete, SourceMalformed}


@pytest.mark.parametrize(
    "fault", [name for name in REST_FATAL if name not in OF_PAGES and not name.startswith("ids ")]
)
def test_no_failure_of_the_sign_in_is_a_school(fault: str) -> None:
    """Whatever comes in place of a token."""
    assert tells_none_of(CANARIES, _error_after(TOKEN, REST_FATAL[fault]))


@pytest.mark.parametrize("fault", REST_HARMLESS)
def test_what_is_odd_but_whole_is_read_all_the_same(fault: str) -> None:
    """Slow answers, missing counts, nulls where nobody looks."""
    clock = FakeClock()
    plain = rest_of(simulated(clock), clock).school(Budget.of(clock, 900), ALL_OF_REST)
    simulator = simulated(clock)
    for path in (*COLLECTIONS, *FRAME, FRAME_OBJECTS[0]):
        simulator.spoil(path, REST_HARMLESS[fault])

    assert rest_of(simulator, clock).school(Budget.of(clock, 900), ALL_OF_REST) == plain


@pytest.mark.parametrize(
    ("path", "fault", "error", "words"),
    [
        ("/api/students", RestFaults(says=NOT_AUTHORISED), SourceRefused, "STUDENTMANAGEMENT"),
        ("/api/students", RestFaults(collection="null"), SourceIncomplete, "STUDENTMANAGEMENT"),
        ("/api/students", RestFaults(says="Lock request time out"), SourceUnavailable, "busy"),
        ("/api/students", RestFaults(says="Something else"), SourceMalformed, "do not know"),
        ("/api/students", refused(200), SourceRefused, "web page"),
        ("/api/students", NEXT_ELSEWHERE, SourceMalformed, "own host"),
        ("/api/students", RestFaults(without=("students",)), SourceMalformed, "totalCount"),
        ("/api/students", RestFaults(without_fields=("schoolId",)), SourceMalformed, "formGroup"),
        ("/api/students", RestFaults(without_fields=("yearGroup",)), SourceMalformed, "yearGroup"),
        ("/api/students", RestFaults(fields={"schoolId": 7}), SourceMalformed, "wrong type"),
        ("/api/students", RestFaults(fields={"yearGroup": "Two"}), SourceMalformed, "NC year"),
        ("/api/students", RestFaults(fields={"forename": []}), SourceMalformed, "forename"),
        ("/api/students", RestFaults(fields={"systemStatus": "Left"}), SourceIncomplete, "empty"),
        ("/api/students", RestFaults(total_drift=1), SourceUnavailable, "did not add up"),
        ("/api/students", refused(404), SourceRefused, "ISAMS_HOST"),
        ("/api/humanresources/*", refused(403), SourceRefused, "HRMANAGER"),
        ("/api/teaching/sets", refused(403), SourceRefused, r"\*read\* on TEACHING in"),
        ("/api/teaching/sets", RestFaults(fields={"isHidden": True}), SourceIncomplete, "Sets"),
        ("/api/teaching/sets", RestFaults(fields={"isHidden": "No"}), SourceMalformed, "hidden"),
        ("/api/teaching/sets", RestFaults(fields={"teachers": 7}), SourceMalformed, "no list"),
        ("/api/teaching/sets", RestFaults(fields={"yearId": None}), SourceMalformed, "NC year"),
        ("/api/teaching/sets", RestFaults(without_fields=("yearId",)), SourceMalformed, "ncYear"),
        ("/api/teaching/sets", RestFaults(fields={"setCode": " "}), SourceMalformed, "code"),
        (OBJECTS[0], SET_LIST_MISSING, SourceMalformed, "lists a record"),
        (OBJECTS[0], RestFaults(fields={"id": 1}), SourceMalformed, "another set's"),
        (OBJECTS[0], RestFaults(fields={"students": []}), SourceIncomplete, "Set Lists"),
        (OBJECTS[0], RestFaults(fields={"students": None}), SourceIncomplete, "Set Lists"),
        (OBJECTS[0], RestFaults(without_fields=("students",)), SourceMalformed, "no students"),
        (OBJECTS[1], RestFaults(fields={"sets": []}), SourceIncomplete, "no teacher"),
        (OBJECTS[1], refused(403), SourceRefused, "TIMETABLEMANAGER"),
    ],
)
def test_each_refusal_says_who_must_act_and_where(
    path: str, fault: Faults, error: type[SourceError], words: str
) -> None:
    """The module to allow, the setting to check, or the field names that were seen."""
    links = NEXT_ELSEWHERE.next_host and fault is NEXT_ELSEWHERE
    clock = FakeClock()
    simulator = simulated(clock, invent(150, quirks=False) if links else CLEAN)
    simulator.rest.choices = RestChoices(
        sets=SET_SPELLINGS["no teachers" if path == OBJECTS[1] else "as in batch"],
        links_without_hal=bool(links),
    )
    if links:
        fault = RestFaults(next_host="https://elsewhere.example", repeats=True)
    simulator.spoil(path, fault)
    with pytest.raises(error, match=words) as caught:
        rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S))

    assert type(caught.value) is error
    assert tells_none_of(CANARIES, caught.value)


def test_rest_is_found_under_main_and_the_reading_says_so() -> None:
    """A hosted iSAMS may serve it there; it is asked for at the usual place once, and no more."""
    clock = FakeClock()
    plain = rest_of(simulated(clock), clock).school(Budget.of(clock, 900), ALL_OF_REST)
    simulator = simulated(clock)
    simulator.rest.choices = RestChoices(base="/Main/api")
    read = rest_of(simulator, clock).school(Budget.of(clock, 900), ALL_OF_REST)
    usual = [seen for seen in simulator.requests if seen.path.startswith("/api/")]

    assert read == replace(plain, rest_base="/Main/api")
    assert [(seen.path, seen.status) for seen in usual] == [("/api/humanresources/employees", 404)]


def test_what_was_found_in_one_reading_is_not_held_against_the_next() -> None:
    """The host may have moved REST meanwhile: each reading begins at the usual place."""
    clock = FakeClock()
    simulator = simulated(clock)
    simulator.rest.choices = RestChoices(base="/Main/api")
    isams = rest_of(simulator, clock)
    moved = isams.school(Budget.of(clock, BUDGET_S))
    simulator.rest.choices = RestChoices()

    assert moved.rest_base == "/Main/api"
    assert isams.school(Budget.of(clock, BUDGET_S)).rest_base == ""


def test_a_host_without_rest_is_told_both_places_that_were_tried() -> None:
    """Whoever reads it sees that neither was forgotten, and which setting to check."""
    clock = FakeClock()
    simulator = simulated(clock)
    simulator.spoil("*api/humanresources/*", refused(404))
    with pytest.raises(SourceRefused, match="ISAMS_HOST") as caught:
        rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S))
    asked = [seen.path for seen in simulator.requests if "humanresources" in seen.path]

    assert "neither under /api nor under /Main/api" in str(caught.value)
    assert asked == ["/api/humanresources/employees", "/Main/api/humanresources/employees"]


def test_no_other_place_is_tried_once_rest_has_answered() -> None:
    """A list that is missing later is a fault of that list, and no half of another school."""
    clock = FakeClock()
    simulator = simulated(clock)
    simulator.spoil("/api/students", refused(404))
    with pytest.raises(SourceRefused, match="no iSAMS REST API answers there: check"):
        rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S))

    assert not [seen for seen in simulator.requests if seen.path.startswith("/Main/")]


@pytest.mark.parametrize("module", ["HRMANAGER", "STUDENTMANAGEMENT", "TEACHING"])
@pytest.mark.parametrize("status", [200, 403])
def test_a_module_that_is_not_allowed_is_named(module: str, status: int) -> None:
    """Whether iSAMS says so by status or by message alone."""
    clock = FakeClock()
    simulator = simulated(clock, client=client_without(module))
    simulator.rest.choices = RestChoices(not_authorised_status=status)
    with pytest.raises(SourceRefused, match=f"read\\* on {module} in") as caught:
        rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S))

    assert caught.value.facts["module"] == module


def test_teachers_who_are_not_employees_are_no_teachers() -> None:
    """If `id` in a set's teachers is the row's and not the employee's, nothing is taken."""
    error = _error_after(
        "/api/teaching/sets", RestFaults(fields={"teachers": [{"id": 900_001}, {"id": 900_002}]})
    )

    assert type(error) is SourceMalformed
    assert "not among the employees" in str(error)


@pytest.mark.parametrize("rows", [100, 1_000])
def test_a_full_page_without_totals_is_not_taken_for_everything(rows: int) -> None:
    """It may be the first of many; a page that is not full may not."""
    clock = FakeClock()
    simulator = simulated(clock, invent(rows, quirks=False))
    simulator.spoil("/api/students", UNPAGED)
    with pytest.raises(SourceMalformed, match="no totals"):
        rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S))

    assert not [request for request in simulator.requests if "setList" in request.path]


def test_what_changes_while_it_is_read_is_read_again() -> None:
    """A pupil leaves between two pages: the totals differ, and the third page is page 1 again."""
    clock = FakeClock()
    school = invent(1_050, quirks=False)
    simulator = simulated(clock, school)
    fewer = without_pupils(school, [school.pupils[0].school_id])
    simulator.script([None, RestFaults(stale=fewer)], route="/api/students")
    read = rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S))

    assert len(read.pupils) == 1_050
    assert sum(request.path == "/api/students" for request in simulator.requests) == 4


def test_a_collection_is_read_three_times_and_no_more() -> None:
    """What never adds up ends with an error, not with the night."""
    clock = FakeClock()
    simulator = simulated(clock)
    simulator.spoil("/api/students", RestFaults(repeats=True))
    with pytest.raises(SourceUnavailable, match="did not add up"):
        rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S))

    assert sum(request.path == "/api/students" for request in simulator.requests) <= 6


@pytest.mark.parametrize("wish", [None, 7])
def test_a_throttled_client_waits(wish: int | None) -> None:
    """With Retry-After as long as it says, without it by our backoff."""
    clock = FakeClock()
    simulator = simulated(clock)
    headers = {} if wish is None else {"Retry-After": str(wish)}
    busy = RestFaults(says="Too many requests", status=429, headers=headers)
    simulator.script([busy, None], route="/api/students")
    read = rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S))

    assert len(read.pupils) == len(CLEAN.pupils)
    assert (clock.passed_s == 7) if wish else (1 <= clock.passed_s <= 2)


def test_a_client_throttled_for_good_ends_within_the_budget() -> None:
    """A hundred requests an hour are not enough for a school: the next tick learns so."""
    clock = FakeClock()
    client = RestClient(throttle=Throttle(requests=20, per=timedelta(hours=1)))
    simulator = simulated(clock, client=client)
    with pytest.raises(SourceUnavailable, match="busy"):
        rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S))

    assert clock.passed_s <= BUDGET_S


def test_an_error_in_one_list_stops_the_others() -> None:
    """Of hundreds of lists not all are asked for after the first was refused."""
    clock = FakeClock()
    simulator = simulated(clock, invent(300, quirks=False))
    simulator.spoil("/api/teaching/sets/*/setlist", refused(403))
    with pytest.raises(SourceRefused):
        rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S))

    # How many were under way by then is the machine's affair.
    asked = sum("setList" in request.path for request in simulator.requests)
    assert 0 < asked < len(simulator.school.sets)


def test_a_token_that_dies_is_renewed_once() -> None:
    """Between a page and the next, without a second reading."""
    clock = FakeClock()
    simulator = simulated(clock)
    simulator.script([EXPIRED_NEXT], route="/api/students")
    read = rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S))

    assert len(read.pupils) == len(CLEAN.pupils)
    assert sum(request.path == TOKEN for request in simulator.requests) == 2
    assert sum(request.path == "/api/students" for request in simulator.requests) == 1


def test_without_time_nothing_is_asked() -> None:
    """A budget that is used up sends no request."""
    clock = FakeClock()
    simulator = simulated(clock)
    with pytest.raises(SourceUnavailable, match="no time"):
        rest_of(simulator, clock).school(Budget.of(clock, 0))

    assert simulator.requests == []


Answer = Callable[[httpx.Request], httpx.Response]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda _: streamed(200, b"{", {"Content-Length": "9999"}), SourceUnavailable),
        (lambda _: streamed(200, b"[" * 100_000 + b"]" * 100_000), SourceMalformed),
        (lambda _: streamed(200, b'{"a":' * 100_000), SourceUnavailable),
        (lambda _: streamed(200, b"\xff\xfe\x00"), SourceMalformed),
        (lambda _: streamed(200, b"{}", {"Content-Encoding": "gzip"}), SourceMalformed),
        (lambda _: streamed(204, b""), SourceMalformed),
        (lambda _: streamed(200, b""), SourceUnavailable),
        (lambda _: streamed(200, b'{"employees": [{"id": 41, "surname": "Va'), SourceUnavailable),
        (lambda _: streamed(200, b'{"employees": [1], "totalCount": true}'), SourceMalformed),
        (lambda _: streamed(200, b'{"employees": [1], "totalCount": -1}'), SourceMalformed),
        (lambda _: streamed(200, b'{"employees": [1], "totalCount": 1}'), SourceMalformed),
        (lambda _: streamed(200, b'{"employees": [], "totalCount": 0}'), SourceIncomplete),
        (lambda _: streamed(200, b'{"employees": []}'), SourceIncomplete),
        (lambda _: streamed(200, b'{"employees": [{"id": true}]}'), SourceMalformed),
        (lambda _: streamed(200, b'{"employees": [{"id": " "}]}'), SourceMalformed),
        (lambda _: streamed(200, b"{" + b" " * 2_000 + b"}"), SourceMalformed),
        (lambda _: streamed(500, b"<html>"), SourceUnavailable),
    ],
)
def test_an_answer_that_is_no_page_is_no_school(answer: Answer, error: type[SourceError]) -> None:
    """Cut short, nested without end, compressed, of wrong types, or larger than the cap."""
    clock = FakeClock()

    def route(request: httpx.Request) -> httpx.Response:
        if request.url.path == TOKEN:
            return streamed(200, b'{"access_token": "token-canary", "expires_in": 3600}')
        return answer(request) if request.url.path.startswith("/api/") else streamed(404, b"")

    isams = RestIsams(
        settings(), clock, transport=httpx.MockTransport(route), limit_bytes=1_000_000
    )
    with pytest.raises(error) as caught:
        isams.school(Budget.of(clock, BUDGET_S))

    assert type(caught.value) is error


def test_an_answer_beyond_the_cap_is_malformed() -> None:
    """The cap counts bytes as they come."""
    clock = FakeClock()
    transport = httpx.WSGITransport(simulated(clock))
    isams = RestIsams(settings(), clock, transport=transport, limit_bytes=100)
    with pytest.raises(SourceMalformed, match="too large"):
        isams.school(Budget.of(clock, BUDGET_S))


def test_the_edge_shows_no_secret_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    """Neither its repr nor a log line of ours; httpx's own logger must be at WARNING."""
    clock = FakeClock()
    with caplog.at_level(logging.DEBUG):
        rest_of(simulated(clock), clock).school(Budget.of(clock, BUDGET_S))
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("sync")]

    assert ours == []
    assert DEMO_CLIENT_SECRET not in repr(rest_of(simulated(clock), clock))


class Crowd(httpx.BaseTransport):
    """Counts how many set lists are asked for at once."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner
        self.lock = Lock()
        self.now = self.most = 0

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            time.sleep(0.002)
            return self.inner.handle_request(request)
        finally:
            with self.lock:
                self.now -= 1


def test_four_are_asked_at_once_and_progress_is_told() -> None:
    """More would be felt by those who use iSAMS; each list that has come is counted."""
    clock = FakeClock()
    heard: list[tuple[int, int]] = []
    crowd = Crowd(httpx.WSGITransport(simulated(clock)))
    isams = RestIsams(
        settings(), clock, transport=crowd, tell=lambda done, of: heard.append((done, of))
    )
    sets = len(isams.school(Budget.of(clock, BUDGET_S)).sets)

    assert crowd.most == 4
    assert heard == [(done, sets) for done in range(1, sets + 1)]


class Sleepy(FakeClock):
    """A clock whose second takes some real time."""

    @override
    def sleep(self, seconds: float) -> None:
        time.sleep(0.005)
        super().sleep(seconds)


def test_a_wait_ends_when_another_question_has_failed() -> None:
    """One list may be asked for again in 150 s, the next is refused: the refusal comes at once."""
    clock = Sleepy()
    simulator = simulated(clock)
    first = f"/api/teaching/sets/{simulator.school.sets[0].id}/setlist"
    simulator.spoil(first, refused(503, retry_after="150"))
    simulator.spoil("/api/teaching/sets/*/setlist", refused(403))
    with pytest.raises(SourceRefused):
        rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S))

    assert clock.passed_s < 100


def test_a_slow_isams_ends_with_the_budget() -> None:
    """Lists that do not come in time are not asked for again and again."""
    clock = FakeClock()
    simulator = simulated(clock)
    simulator.rest.delay_s = 10
    with pytest.raises(SourceUnavailable):
        rest_of(simulator, clock).school(Budget.of(clock, BUDGET_S))

    assert len(simulator.requests) < 2 + BUDGET_S / 10 + 4
