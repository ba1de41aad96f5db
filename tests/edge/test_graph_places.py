"""Asking what became of a hand-over: three places, in order, and where the token goes."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from pydantic import SecretStr

from sync.edge.clock import Budget
from sync.edge.graph.sds import SdsTarget
from sync.edge.graph.values import OperationLook, PlaceAsked, Whereabouts
from sync.errors import (
    TargetError,
    TargetMalformed,
    TargetRefused,
    TargetUnavailable,
    TargetUnreachable,
)
from tests.clocks import START, FakeClock
from tests.edge.graph_tenant import Overheard, Signed, scripted, settings
from tests.edge.test_graph_locations import LOCATIONS

GRAPH = "https://graph.microsoft.com"
HOST = "edu-sds.trafficmanager.net"
ID = "0b1f8a52-0000-4000-8000-0000000000d1"
CONNECTOR = "0b1f8a52-0000-4000-8000-0000000000c1"
LOCATION = (
    f"https://{HOST}:8698/api/industryData/v0.4-beta/industryData/operations/{ID}?sig=canary-sas"
)
WANTED = Whereabouts(ID, LOCATION, CONNECTOR, START)
DONE: dict[str, object] = {"id": ID, "status": "succeeded", "errors": [], "warnings": []}
PLACES = ("graph", "list", "location")

type Answers = dict[str, httpx.Response | Exception]


def place_of(request: httpx.Request) -> str:
    """Return which of the three places a request is for."""
    if request.url.host != "graph.microsoft.com":
        return "location"
    return "list" if request.url.path.endswith("/operations") else "graph"


def answering(answers: Answers) -> Callable[[httpx.Request], httpx.Response]:
    """Answer at each place as said; at the others nobody knows the operation."""

    def answer(request: httpx.Request) -> httpx.Response:
        given = answers.get(place_of(request), httpx.Response(404))
        if isinstance(given, Exception):
            raise given
        return given

    return answer


def looked(
    answers: Answers, wanted: Whereabouts = WANTED, **changes: str | None
) -> tuple[OperationLook, list[httpx.Request]]:
    """Look once, where each place answers as said."""
    given: dict[str, str | None] = {"graph_url": GRAPH, **changes}
    target, clock, sent = scripted(answering(answers), **given)
    return target.operation(wanted, Budget.of(clock, 600)), sent


def at(place: str, look: OperationLook) -> PlaceAsked:
    """Return what was heard at a place."""
    return next(reply for reply in look.places if reply.name == place)


def listed(*items: object) -> httpx.Response:
    """Return a page of Graph's list of operations."""
    return httpx.Response(200, json={"value": list(items)})


def said_at(place: str, body: object) -> httpx.Response:
    """Return what a place answers that has *body* for the operation."""
    return listed(body) if place == "list" else httpx.Response(200, json=body)


@pytest.mark.parametrize("place", PLACES)
def test_the_first_place_that_answers_ends_the_look(place: str) -> None:
    """Graph is asked first, then its list, then the address that SDS gave."""
    look, sent = looked({place: said_at(place, DONE)})

    asked = PLACES[: PLACES.index(place) + 1]
    assert look.operation is not None
    assert (look.operation.state, look.operation.id) == ("accepted", ID)
    assert tuple(map(place_of, sent)) == asked
    assert [reply.heard for reply in look.places] == ["unknown"] * (len(asked) - 1) + ["answered"]


STATUSES = {
    "unknown": [204, 301, 302, 307, 308, 400, 404, 405, 406, 410, 501],
    "refused": [401, 403],
    "later": [408, 409, 423, 429, 500, 502, 503, 504],
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("heard", "status"), [(heard, each) for heard, many in STATUSES.items() for each in many]
)
def test_every_status_is_heard_alike_at_every_place(place: str, heard: str, status: int) -> None:
    """None of them is an answer, and the places behind are asked all the same."""
    headers = {"Location": "https://evil.example/"}
    look, sent = looked({place: httpx.Response(status, headers=headers)})

    reply = at(place, look)
    assert look.operation is None
    assert [reply.name for reply in look.places] == list(PLACES)
    assert (reply.heard, reply.error and reply.error.facts["status"]) == (heard, status)
    assert {request.url.host for request in sent} == {"graph.microsoft.com", HOST}


@pytest.mark.parametrize("place", ["graph", "location"])
@pytest.mark.parametrize("status", [201, 202, 206])
def test_only_a_200_holds_the_operation(place: str, status: int) -> None:
    """A part of it, or word that it comes, is no answer, even with the right id."""
    look, _ = looked({place: httpx.Response(status, json=DONE)})

    assert look.operation is None
    assert at(place, look).heard == "unknown"


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "a page": b"<html>sign in</html>",
    "a list": b"[]",
    "no text": b"\xff\xfe",
    "too deep": b"[" * 200_000,
    "cut short": b'{"id": "' + ID.encode() + b'", "status": "succ',
    "another id": b'{"id": "0b1f8a52-0000-4000-8000-0000000000d2", "status": "succeeded"}',
    "no operation": b'{"message": "hello"}',
    "strange errors": b'{"id": "' + ID.encode() + b'", "status": "succeeded", "errors": "none"}',
    "too large": b" " * (9 << 20),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("body", BODIES)
def test_another_thing_than_the_operation_is_no_answer(place: str, body: str) -> None:
    """A 200 alone proves nothing: it must be this operation, whole."""
    look, _ = looked({place: httpx.Response(200, content=BODIES[body])})

    reply = at(place, look)
    assert look.operation is None
    assert reply.heard == "unknown"
    assert reply.error is not None


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "problem",
    [
        httpx.ConnectError("canary-sas"),
        httpx.ConnectTimeout("canary-sas"),
        httpx.ReadTimeout("canary-sas"),
        httpx.RemoteProtocolError("canary-sas"),
    ],
)
def test_no_connection_is_later(place: str, problem: Exception) -> None:
    """What is away may come back; host and port are known, so that they can be let through."""
    look, _ = looked({place: problem})

    reply = at(place, look)
    assert reply.heard == "later"
    assert isinstance(reply.error, TargetUnavailable | TargetUnreachable)
    assert reply.error.retry
    assert reply.host == (f"{HOST}:8698" if place == "location" else "graph.microsoft.com:443")
    assert "canary" not in str(reply.error)


@pytest.mark.parametrize(
    ("place", "host", "port"), [("graph", "graph.microsoft.com", 443), ("location", HOST, 8698)]
)
def test_who_cannot_be_reached_is_told_with_host_and_port(place: str, host: str, port: int) -> None:
    """Whoever runs the network reads which way to open."""
    look, _ = looked({place: httpx.ConnectError("invented")})

    error = next(reply.error for reply in look.places if reply.heard == "later")
    assert error is not None
    assert (error.facts["host"], error.facts["port"]) == (host, port)
    assert f"{host}:{port}" in str(error)


def test_the_longest_wish_is_kept() -> None:
    """Who asks to be left alone is left alone, whatever the others say."""
    busy = {
        "graph": httpx.Response(429, headers={"Retry-After": "90"}),
        "list": httpx.Response(503, headers={"Retry-After": "30"}),
    }
    look, _ = looked({**busy, "location": said_at("location", DONE)})

    assert look.operation is not None
    assert look.retry_after_s == 90.0


def test_the_address_is_asked_as_it_came() -> None:
    """Query and all, with the token that Graph takes, and nothing that is meant for Graph."""
    _, sent = looked({"location": said_at("location", DONE)})

    request = sent[-1]
    assert str(request.url) == LOCATION
    assert request.method == "GET"
    assert request.headers["Authorization"] == "Bearer token-1"
    assert "Prefer" not in request.headers


@pytest.mark.parametrize(
    "body",
    [
        {"Id": ID.upper(), "Status": "Succeeded", "Errors": [], "Warnings": None},
        {"status": "succeeded", "errors": None},
        {"id": None, "status": "succeeded", "errors": []},
    ],
)
def test_where_sds_itself_answers_it_may_spell_and_name_less(body: dict[str, object]) -> None:
    """That address is not Graph: no id is needed, and names may be in another case."""
    look, _ = looked({"location": httpx.Response(200, json=body)})

    assert look.operation is not None
    assert look.operation.state == "accepted"


@pytest.mark.parametrize("place", ["graph", "list"])
def test_graph_must_name_the_operation(place: str) -> None:
    """What has no id is nothing that we asked Graph for."""
    body = {key: value for key, value in DONE.items() if key != "id"}
    look, _ = looked({place: said_at(place, body)})

    assert look.operation is None


def test_an_id_is_known_in_any_case() -> None:
    """Ids are written in small letters here and in capitals there."""
    look, _ = looked({"graph": httpx.Response(200, json={**DONE, "id": ID.upper()})})

    assert look.operation is not None


@pytest.mark.parametrize(
    ("answers", "state", "asked"),
    [
        ({"location": DONE}, "accepted", 3),
        ({"location": {**DONE, "errors": [{"code": "x"}]}}, "rejected", 3),
        ({"list": {**DONE, "status": "running"}}, "waiting", 2),
        ({}, "waiting", 3),
    ],
)
def test_half_an_answer_lets_the_next_place_be_asked(
    answers: dict[str, dict[str, object]], state: str, asked: int
) -> None:
    """`succeeded` without a word of errors is no answer yet; another place may have the word."""
    half = httpx.Response(200, json={"id": ID, "status": "succeeded"})
    bodies = {place: said_at(place, body) for place, body in answers.items()}
    look, sent = looked({"graph": half, **bodies})

    assert look.operation is not None
    assert (look.operation.state, len(sent)) == (state, asked)


def test_without_an_id_the_list_alone_is_asked() -> None:
    """The connector and the moment of the claim tell which operation it is."""
    made = (START + timedelta(seconds=90)).isoformat()
    ours = {"createdDateTime": made, "resourceLocation": f"{GRAPH}/x/{CONNECTOR.upper()}"}
    look, sent = looked(
        {"list": listed({}, {**DONE, **ours})}, Whereabouts("", "", CONNECTOR, START)
    )

    assert look.operation is not None
    assert [place_of(request) for request in sent] == ["list"]
    assert [reply.heard for reply in look.places] == ["skipped", "answered"]


def test_of_two_that_may_be_ours_none_is_taken() -> None:
    """A guess would end one delivery by the outcome of another."""
    ours = {"createdDateTime": START.isoformat(), "resourceLocation": f"x/{CONNECTOR}"}
    two = listed({**DONE, **ours}, {**DONE, **ours, "id": "a-2"})
    look, _ = looked({"list": two}, Whereabouts("", "", CONNECTOR, START))

    assert look.operation is None
    assert [reply.heard for reply in look.places] == ["skipped", "unknown", "skipped"]


def test_the_list_is_read_to_its_end() -> None:
    """Ours may stand on the last page."""

    def paged(request: httpx.Request) -> httpx.Response:
        if place_of(request) == "graph":
            return httpx.Response(404)
        if "skiptoken" in str(request.url):
            return listed(DONE)
        link = f"{request.url}?$skiptoken=1"
        return httpx.Response(200, json={"value": [{"id": "a-2"}], "@odata.nextLink": link})

    target, clock, _ = scripted(paged, graph_url=GRAPH)

    assert target.operation(WANTED, Budget.of(clock, 60)).operation is not None


@pytest.mark.parametrize("link", ["https://[::1", "https://evil.example/", 7])
def test_a_broken_list_is_no_answer(link: object) -> None:
    """What cannot be read to its end is not looked through."""
    page = httpx.Response(200, json={"value": [DONE], "@odata.nextLink": link})
    look, _ = looked({"list": page})

    assert look.operation is None
    assert look.places[1].heard == "unknown"
    assert isinstance(look.places[1].error, TargetMalformed)


def test_nothing_known_is_nothing_asked() -> None:
    """Without id, address and connector there is nothing to ask for."""
    look, sent = looked({}, Whereabouts("", "", "", START))

    assert sent == []
    assert [(reply.name, reply.heard, reply.error) for reply in look.places] == [
        (name, "skipped", None) for name in PLACES
    ]


@pytest.mark.parametrize(
    "location",
    [
        f"{GRAPH}/beta/external/industryData/operations/{ID.upper()}",
        f"/beta/external/industryData/operations/{ID}",
        f"operations('{ID}')",
        "",
    ],
)
def test_graphs_first_place_is_no_third(location: str) -> None:
    """What was asked already is not asked again."""
    look, sent = looked({}, Whereabouts(ID, location, CONNECTOR, START))

    assert [place_of(request) for request in sent] == ["graph", "list"]
    assert (look.places[2].heard, look.places[2].error) == ("skipped", None)


@pytest.mark.parametrize(
    ("location", "host"),
    [
        (LOCATION.replace(HOST, "evil.example"), "evil.example:8698"),
        (LOCATION.replace(":8698", ""), f"{HOST}:443"),
        (LOCATION.replace("https", "http"), f"{HOST}:8698"),
        (LOCATION + "#canary", f"{HOST}:8698"),
        (f"a b{ID}", ""),
    ],
)
def test_an_address_that_may_not_have_the_token_is_told_and_not_asked(
    location: str, host: str
) -> None:
    """An administrator reads its origin; nobody reads its query."""
    look, sent = looked({}, Whereabouts(ID, location, CONNECTOR, START))

    reply = look.places[2]
    assert [place_of(request) for request in sent] == ["graph", "list"]
    assert (reply.heard, reply.host) == ("skipped", host)
    assert isinstance(reply.error, TargetRefused)
    assert "canary" not in f"{reply.error}{reply.error.facts}"


def test_an_address_that_a_setting_allows_is_asked() -> None:
    """A school whose network leads to SDS by another name can say so."""
    location = f"https://sds.northbank.example/api/operations/{ID}"
    more = "https://sds.northbank.example/api/"
    look, sent = looked(
        {"location": said_at("location", DONE)},
        Whereabouts(ID, location, CONNECTOR, START),
        operations_url=more,
    )

    assert look.operation is not None
    assert str(sent[-1].url) == location


@hypothesis_settings(max_examples=500, deadline=None)
@given(LOCATIONS)
def test_no_other_host_gets_the_token_whatever_validate_answers(location: str) -> None:
    """From `Location` to the wire: Graph, a named host of Microsoft's, or SDS's port and path."""
    _, sent = looked({}, Whereabouts(ID, location, CONNECTOR, START))

    for request in sent:
        host, port = request.url.host, request.url.port or 443
        microsoft = re.fullmatch(
            r"(?:[a-z0-9-]+\.)+(?:microsoft\.com|office(?:365)?\.com|cloud\.microsoft)", host
        )
        sds = re.fullmatch(r"(?:[a-z0-9-]+\.)+(?:trafficmanager\.net|cloudapp\.azure\.com)", host)
        assert request.url.scheme == "https"
        assert (microsoft and port in {443, 8698}) or (sds and port == 8698)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", PLACES)
def test_no_redirect_takes_the_token_along(place: str, status: int) -> None:
    """A redirect is an answer that does not know the operation."""
    elsewhere = httpx.Response(status, headers={"Location": "https://x.microsoft.com/"})
    _, sent = looked({place: elsewhere})

    assert [place_of(request) for request in sent] == list(PLACES)
    assert {request.url.host for request in sent} == {"graph.microsoft.com", HOST}


@pytest.mark.parametrize(("place", "tokens"), [("graph", 2), ("list", 2), ("location", 1)])
def test_only_graphs_refusal_drops_the_token(place: str, tokens: int) -> None:
    """Another host's 401 says nothing of whether Graph takes it."""
    clock, signed = FakeClock(), Signed()
    wire = Overheard(answering({place: httpx.Response(401)}), [])
    target = SdsTarget(settings(graph_url=GRAPH), signed, clock, graph=wire)

    look = target.operation(WANTED, Budget.of(clock, 60))

    assert signed.number == tokens
    assert at(place, look).heard == "refused"


class Trickle(httpx.SyncByteStream):
    """A body that never ends, five seconds for each byte."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.clock.advance(5)
            yield b" "


def test_each_place_has_twenty_seconds() -> None:
    """Three that trickle cost a minute, however much time the caller has."""
    clocks: list[FakeClock] = []
    begun: list[float] = []

    def trickling(_: httpx.Request) -> httpx.Response:
        begun.append(clocks[0].passed_s)
        return httpx.Response(200, stream=Trickle(clocks[0]))

    target, clock, sent = scripted(trickling, graph_url=GRAPH)
    clocks.append(clock)

    look = target.operation(WANTED, Budget.of(clock, 600))

    assert [place_of(request) for request in sent] == list(PLACES)
    assert [reply.heard for reply in look.places] == ["later"] * 3
    assert clock.passed_s <= 60
    assert all(after - before <= 20 for before, after in pairwise(begun))
    for request in sent:
        timeout = request.extensions["timeout"]
        assert timeout["connect"] + timeout["write"] <= 20


def test_a_look_without_time_asks_nobody() -> None:
    """A spent budget sends nothing, and is no answer."""
    target, clock, sent = scripted(answering({}), graph_url=GRAPH)

    look = target.operation(WANTED, Budget.of(clock, 0))

    assert sent == []
    assert [reply.heard for reply in look.places] == ["later"] * 3


class Unsigned(Signed):
    """A sign-in that does not work."""

    def __init__(self, error: TargetError) -> None:
        super().__init__()
        self.error = error
        self.asked = 0

    def token(self) -> SecretStr:
        self.asked += 1
        raise self.error


@pytest.mark.parametrize(
    ("error", "heard"),
    [(TargetRefused("no such app"), "refused"), (TargetUnavailable("Entra is busy"), "later")],
)
def test_a_look_without_a_token_asks_nobody(error: TargetError, heard: str) -> None:
    """Why there is none is told once, as what the first place would have said."""
    clock, signed, sent = FakeClock(), Unsigned(error), list[httpx.Request]()
    wire = Overheard(answering({}), sent)
    target = SdsTarget(settings(graph_url=GRAPH), signed, clock, graph=wire)

    look = target.operation(WANTED, Budget.of(clock, 60))

    assert (sent, signed.asked) == ([], 1)
    assert [(reply.name, reply.heard, reply.error) for reply in look.places] == [
        ("graph", heard, error)
    ]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("status", [200, 302, 401, 404, 503])
def test_no_error_of_a_look_tells_a_secret(place: str, status: int) -> None:
    """Neither what was written into an answer nor the request hangs on an error that is kept."""
    words = f"canary-sas canary-name {LOCATION}"
    document = {"id": words, "error": {"code": words, "message": words}}
    headers = {"request-id": words, "Location": words}
    look, _ = looked({place: httpx.Response(status, json=document, headers=headers)})

    errors = [reply.error for reply in look.places if reply.error]
    shown = "".join(
        f"{''.join(traceback.format_exception(error))}{error.facts}" for error in errors
    )
    assert "canary" not in shown
    assert "token-1" not in shown
    assert all(error.__context__ is None and error.__traceback__ is None for error in errors)


def test_the_host_of_an_address_can_be_tried_without_a_token() -> None:
    """Whatever it answers, the way is open; its path and query stay at home."""
    target, clock, sent = scripted(lambda _: httpx.Response(500), graph_url=GRAPH)

    target.reach(LOCATION, Budget.of(clock, 60))

    assert [str(request.url) for request in sent] == [f"https://{HOST}:8698/"]
    assert "Authorization" not in sent[0].headers


def test_a_host_that_cannot_be_reached_is_told() -> None:
    """`check` names what the network does not let through."""

    def broken(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("canary-sas")

    target, clock, _ = scripted(broken, graph_url=GRAPH)

    with pytest.raises(TargetUnreachable, match="outbound") as caught:
        target.reach(LOCATION, Budget.of(clock, 60))

    assert caught.value.facts == {"host": HOST, "port": 8698}
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("location", ["https://evil.example/operations/a-1", "a b"])
def test_a_host_that_may_not_be_spoken_to_is_not_tried(location: str) -> None:
    """The rule holds without a token too."""
    target, clock, sent = scripted(
        lambda _: httpx.Response(200), graph_url="https://graph.microsoft.us"
    )

    with pytest.raises(TargetRefused):
        target.reach(location, Budget.of(clock, 60))

    assert sent == []
