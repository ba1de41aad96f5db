"""Whatever Microsoft's hosts answer, a call of ours gives a value or an error of the tree."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime

import httpx
import pytest

from sync.edge.clock import Budget
from sync.edge.graph.clock import graph_time
from sync.edge.graph.identity import graph_tokens
from sync.edge.graph.sds import SdsTarget
from sync.edge.graph.values import UploadSession, Whereabouts
from sync.errors import TargetError, TargetMalformed, TargetRefused, TargetUnavailable
from tests.clocks import FakeClock
from tests.edge.graph_tenant import GRAPH, NAME, Overheard, scripted, settings

ID = "0b1f8a52-0000-4000-8000-0000000000c1"
BASE = f"{GRAPH}/beta/external/industryData"
LAKE = "https://lake0.dfs.core.windows.net/t/c/k?sv=1&sig=a%2Bb"
SINCE = datetime(2026, 9, 14, tzinfo=UTC)

type Answering = Callable[[httpx.Request], httpx.Response]
type Call = Callable[[Answering], object]


def asked(call: Callable[[SdsTarget, Budget], object]) -> Call:
    """Return *call* as something that is asked of whoever answers."""

    def ask(answer: Answering) -> object:
        target, clock, _ = scripted(answer)
        return call(target, Budget.of(clock, 60))

    return ask


def signed_in(answer: Answering) -> object:
    wire = Overheard(answer, [])
    return graph_tokens(settings(), FakeClock(), transport=wire).token()


def told_time(answer: Answering) -> object:
    clock = FakeClock()
    return graph_time(settings(), clock, Budget.of(clock, 60), transport=Overheard(answer, []))


def put(target: SdsTarget, budget: Budget) -> object:
    session = target.open_session(ID, budget)
    assert isinstance(session, UploadSession)
    target.put_file(session, "orgs.csv", b"a", budget)
    return session


def looked(target: SdsTarget, budget: Budget) -> object:
    return target.operation(Whereabouts(ID, f"https://x.microsoft.com/o/{ID}", ID, SINCE), budget)


def searched(target: SdsTarget, budget: Budget) -> object:
    return target.operation(Whereabouts("", "", ID, SINCE), budget)


CONNECTOR: Mapping[str, object] = {
    "id": ID,
    "displayName": NAME,
    "@odata.type": "#microsoft.graph.industryData.azureDataLakeConnector",
    "fileFormat": {"code": "schoolDataSyncV2Rev1"},
}
OPERATION: Mapping[str, object] = {
    "id": ID,
    "status": "succeeded",
    "errors": [],
    "warnings": [{"code": "a", "target": "users.csv"}],
    "validatedFiles": ["users.csv"],
    "createdDateTime": "2026-09-14T21:00:00Z",
    "lastActionDateTime": "2026-09-14T21:00:00Z",
    "resourceLocation": f"{BASE}/dataConnectors/{ID}",
}
COUNTS: Mapping[str, object] = {
    "errors": 0,
    "warnings": 0,
    "people": {"active": 7, "inactive": 1},
    "matchedPeopleByRole": [{"role": "student", "count": 7}],
}

# Each call, and what a good answer to it holds.
CALLS: dict[str, tuple[Call, object]] = {
    "connector": (asked(lambda t, b: t.connector(NAME, b)), {"value": [CONNECTOR]}),
    "flows": (
        asked(lambda t, b: t.flows(b)),
        {
            "value": [
                {
                    "id": ID,
                    "readinessStatus": "ready",
                    "dataConnector": {"id": ID},
                    "expirationDateTime": "2027-07-31T00:00:00Z",
                }
            ]
        },
    ),
    "session": (
        asked(lambda t, b: t.open_session(ID, b)),
        {"sessionUrl": LAKE, "sessionExpirationDateTime": "2026-09-15T00:00:00Z"},
    ),
    "put": (asked(put), {"sessionUrl": LAKE}),
    "validate": (asked(lambda t, b: t.validate(ID, b)), {}),
    "operation": (asked(looked), OPERATION),
    "operations": (asked(searched), {"value": [OPERATION]}),
    "runs": (
        asked(lambda t, b: t.runs_since(SINCE, b)),
        {
            "value": [
                {
                    "id": ID,
                    "status": "completed",
                    "startDateTime": "2026-09-14T22:00:00Z",
                    "endDateTime": "2026-09-14T23:00:00Z",
                    "blockingError": {"code": "a"},
                }
            ]
        },
    ),
    "start": (asked(lambda t, b: t.start_run(b)), {}),
    "statistics": (
        asked(lambda t, b: t.statistics(ID, b)),
        {
            "status": "completed",
            "inboundTotals": COUNTS,
            "activityStatistics": [{"activityId": ID, "status": "completed", **COUNTS}],
        },
    ),
    "reach": (asked(lambda t, b: t.reach(f"https://x.microsoft.com/o/{ID}", b)), {}),
    "sign-in": (
        signed_in,
        {"access_token": "t", "expires_in": 3599, "token_type": "Bearer"},
    ),
    "sign-in refused": (
        lambda answer: signed_in(lambda r: _with_status(answer(r), 400)),
        {"error": "invalid_client", "error_codes": [7000215], "error_description": "AADSTS7000215"},
    ),
    "clock": (told_time, {}),
}

WRONG: tuple[object, ...] = (
    None, 7, -1, True, 1.5, 10**400, "", "\x00\x1b[2J\r\n", "\ud800", "x" * 70_000, "²", [], {},
    [[]], [None], {"id": []},
)  # fmt: skip

BODIES: dict[str, bytes] = {
    "nothing": b"",
    "lists in lists": b"[" * 100_000 + b"]" * 100_000,
    "records in records": b'{"value":' * 100_000 + b"1" + b"}" * 100_000,
    "deep inside a record": b'{"value":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
    "cut short": b'{"value": [{"id": "',
    "no text": b"\xff\xfe\x00\xd8",
    "UTF-16": '{"value": []}'.encode("utf-16"),
    "a number of 5,000 digits": b'{"value": ' + b"9" * 5_000 + b"}",
    "no number": b'{"value": NaN}',
    "a control character": b'{"value": "\x00"}',
    "an error in HTML": b"<html>\x00</html>",
}

LINKS: dict[str, object] = {
    "70 kB": f"{BASE}/runs?$skiptoken={'a' * 70_000}",
    "control characters": f"{BASE}/runs?\x00\r\nX: y",
    "half a character": f"{BASE}/runs?\ud800",
    "other letters": f"{BASE}/runs?\u00e9\u3002",
    "a bracket": "https://[::1",
    "a bracket in a bracket": "https://[[::1]]:443/",
    "a port beyond all": "https://graph.microsoft.com:99999/beta/external/industryData/runs",
    "a port of words": "https://graph.microsoft.com:port/beta/external/industryData/runs",
    "a host of 70 kB": f"https://{'a' * 70_000}/",
    "a percent": f"{BASE}/runs%",
    "up": f"{BASE}/../../v1.0/users",
    "up, encoded": f"{BASE}/%2e%2E/users",
    "up, encoded twice": f"{BASE}/%252e%252e/users",
    "up, after a mark": f"{BASE}/..;a/users",
    "a relative link": "runs?$skiptoken=1",
    "a number": 7,
    "a list": [f"{BASE}/runs"],
    "no": False,
}

HEADERS: tuple[dict[bytes, bytes], ...] = (
    *({b"Location": location} for location in (
        b"", b"https://[::1", b"https://x:99999/", b"//", b"https://\xff\xfe/", b"?" * 70_000,
        b"https://a b/", b"https://sds.microsoft.com/operations('", b"/%00/%zz", b"http:",
        b"https://xn--/" + ID.encode(), b"https://" + b"a" * 300 + b".microsoft.com/" + ID.encode(),
    )),
    *({b"Retry-After": wish} for wish in (
        b"1e400", b"-1", b"nan", b"\xb2", b"9" * 5_000, b"Mon, 01 Jan 0001 00:00:00 +1400",
        b"Fri, 31 Dec 9999 23:59:59 -1400", b"Mon, 99 Foo 99999 99:99:99 +999999999999", b",",
    )),
    *({b"Date": stamp} for stamp in (
        b"", b"soon", b"Mon, 01 Jan 0001 00:00:00 +1400", b"Fri, 31 Dec 9999 23:59:59 -1400",
        b"Mon, 01 Jan 2026 00:00:00 +999999999999", b"\xff", b"0" * 5_000,
    )),
    {b"request-id": b"\x01" * 9, b"x-ms-error-code": b"a\tb" * 900, b"Content-Type": b"\xff"},
)  # fmt: skip
STATUSES = (200, 202, 301, 302, 400, 401, 403, 404, 409, 429, 500, 503, 599, 999)


def answering(
    body: bytes, status: int = 200, headers: Mapping[bytes, bytes] | None = None
) -> Answering:
    """Return what gives that answer to every request."""
    return lambda _: httpx.Response(status, headers=headers or {}, content=body)


def _with_status(answer: httpx.Response, status: int) -> httpx.Response:
    return httpx.Response(status, headers=answer.headers, content=answer.read())


def try_it(call: Call, answer: Answering) -> None:
    """Ask; whatever comes back, an error is one of ours and fit to be shown."""
    try:
        call(answer)
    except TargetError as error:
        shown = f"{error} {error.facts}"
        assert shown.isprintable()
        assert len(shown) < 700


def mutants(item: object) -> Iterator[object]:
    """Yield *item* with each of its places, and itself, turned into each wrong thing or away."""
    yield from WRONG
    places: Iterator[str | int] = iter(())
    if isinstance(item, Mapping):
        places = iter(item)
    elif isinstance(item, list):
        places = iter(range(len(item)))
    for place in places:
        inner = item[place]  # type: ignore[index]  # a mapping or a list, by its own keys
        for wrong in mutants(inner):
            changed = copy.copy(item)
            changed[place] = wrong  # type: ignore[index]
            yield changed
        lacking = copy.copy(item)
        del lacking[place]  # type: ignore[attr-defined]
        yield lacking


def as_json(item: object) -> bytes:
    return json.dumps(item, default=dict).encode()


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_type_at_any_place_of_an_answer_is_read_or_an_error(name: str) -> None:
    """No answer of another shape than the documented escapes the error tree."""
    call, good = CALLS[name]

    for body in map(as_json, mutants(json.loads(as_json(good)))):
        try_it(call, answering(body))


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("name", CALLS)
def test_a_body_of_anything_is_an_error_at_most(name: str, body: str) -> None:
    """Nested 100,000 deep, cut short, no JSON, no text: with a good status and with a bad."""
    for status in (200, 400, 403):
        try_it(CALLS[name][0], answering(BODIES[body], status))


@pytest.mark.parametrize("name", CALLS)
def test_a_header_of_anything_is_an_error_at_most(name: str) -> None:
    """Addresses, waits and moments that are none, with every kind of status."""
    call, good = CALLS[name]

    for status in STATUSES:
        for headers in HEADERS:
            try_it(call, answering(as_json(good), status, headers))


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("name", ["connector", "flows", "runs"])
def test_a_link_to_the_next_page_that_is_none_is_malformed(name: str, link: str) -> None:
    """Nothing is asked there, and what was read until then is not taken for the whole."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        page = {"value": [CONNECTOR], "@odata.nextLink": LINKS[link]}
        return httpx.Response(200, content=as_json(page))

    with pytest.raises(TargetMalformed, match="not followed"):
        CALLS[name][0](answer)

    assert len(sent) == 1


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("connector", 4),
        ("flows", 4),
        ("session", 4),
        ("runs", 4),
        ("statistics", 4),
        ("sign-in", 1),
    ],
)
def test_an_answer_that_broke_off_is_asked_for_again(name: str, times: int, share: float) -> None:
    """It is the network's fault; a sign-in is asked for again with the step that needs it."""
    call, good = CALLS[name]
    sent: list[httpx.Request] = []
    body = as_json(good)

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, content=body[: int(len(body) * share)])

    with pytest.raises(TargetUnavailable, match="broke off"):
        call(answer)

    assert len(sent) == times


@pytest.mark.parametrize("name", CALLS)
def test_the_good_answers_here_are_good(name: str) -> None:
    """What the others turn into nonsense makes sense as it is."""
    call, good = CALLS[name]
    refused = name == "sign-in refused"
    date = {b"Date": b"Mon, 14 Sep 2026 21:00:00 GMT"}

    with pytest.raises(TargetRefused) if refused else nullcontext():
        call(answering(as_json(good), headers=date))
