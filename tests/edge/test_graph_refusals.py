"""Every call, every way Graph can say no, and what an error may never tell."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from email.utils import format_datetime

import httpx
import pytest

from simulators.sds import Answer, Knobs
from simulators.sds.knobs import SENDER_ROLES
from sync.edge.clock import Budget
from sync.edge.graph.sds import SdsTarget
from sync.edge.graph.values import HandedOver
from sync.errors import TargetError, TargetMalformed, TargetRefused, TargetUnavailable
from tests.clocks import FakeClock
from tests.edge.graph_tenant import FILES, GRAPH, NAME, scripted, tried

ID = "0b1f8a52-0000-4000-8000-0000000000c1"
LAKE = "https://lake0.dfs.core.windows.net/t/c/k?sv=1&sig=a%2Bb"
CANARIES = (
    "canary-sas", "canary-token", "canary-name", "canary-tenant", "token-1", "https://", "a%2Bb",
)  # fmt: skip

Call = Callable[[SdsTarget, Budget], object]
CALLS: dict[str, tuple[Call, str]] = {
    "dataConnectors": (
        lambda target, budget: target.connector(NAME, budget),
        "IndustryData-DataConnector.Read.All",
    ),
    "inboundFlows": (
        lambda target, budget: target.flows(budget),
        "IndustryData-InboundFlow.Read.All",
    ),
    "getUploadSession": (
        lambda target, budget: target.open_session(ID, budget),
        "IndustryData-DataConnector.Upload",
    ),
    "validate": (
        lambda target, budget: target.validate(ID, budget),
        "IndustryData-DataConnector.Upload",
    ),
    "runs": (
        lambda target, budget: target.runs_since(budget.clock.now(), budget),
        "IndustryData-Run.Read.All",
    ),
    "getStatistics": (
        lambda target, budget: target.statistics(ID, budget),
        "IndustryData-Run.Read.All",
    ),
}
STATUSES: dict[int, type[TargetError]] = {
    301: TargetMalformed,
    302: TargetMalformed,
    400: TargetMalformed,
    401: TargetRefused,
    403: TargetRefused,
    404: TargetRefused,
    405: TargetMalformed,
    408: TargetUnavailable,
    409: TargetUnavailable,
    410: TargetMalformed,
    423: TargetUnavailable,
    429: TargetUnavailable,
    500: TargetUnavailable,
    502: TargetUnavailable,
    503: TargetUnavailable,
    504: TargetUnavailable,
}
UNSEEN = {("inboundFlows", 400), ("inboundFlows", 403)}  # no error: the flows are just not known


@pytest.mark.parametrize(
    ("route", "status"),
    sorted({(route, status) for route in CALLS for status in STATUSES} - UNSEEN),
)
def test_every_refusal_of_every_call_says_who_must_act(route: str, status: int) -> None:
    """No answer but a success gives a value; each refusal is the error of whoever can mend it."""
    it = tried()
    it.sim.fail_next(route, Answer(status), times=None)

    # What is no refusal of a hand-over may have been one that SDS took.
    is_odd = route == "validate" and status < 400
    with pytest.raises(TargetUnavailable if is_odd else STATUSES[status]) as caught:
        CALLS[route][0](it.target, it.budget)

    assert caught.value.facts["status"] == status
    assert "request_id" in caught.value.facts


@pytest.mark.parametrize("route", sorted(set(CALLS) - {"validate"}))
@pytest.mark.parametrize("problem", [Answer(429), Answer(503), httpx.ReadTimeout("invented")])
def test_a_call_that_harms_nothing_is_tried_four_times(
    route: str, problem: Answer | Exception
) -> None:
    """Three stumbles pass unseen; the fourth is raised."""
    it = tried()
    it.deliver()
    it.sim.fail_next(route, problem, times=4)

    with pytest.raises(TargetUnavailable):
        CALLS[route][0](it.target, it.budget)

    assert len(it.clock.slept) == 3


@pytest.mark.parametrize("problem", [Answer(429), Answer(503), httpx.ReadTimeout("invented")])
def test_validate_is_asked_once(problem: Answer | Exception) -> None:
    """It may have been carried out."""
    it = tried()
    it.sim.fail_next("validate", problem)

    with pytest.raises(TargetUnavailable):
        it.target.validate(ID, it.budget)

    assert it.clock.slept == []
    assert sum(line.route == "validate" for line in it.sim.requests) == 1


@pytest.mark.parametrize(
    ("problem", "unknown"),
    [
        (httpx.ReadTimeout("invented"), True),
        (httpx.ReadError("invented"), True),
        (httpx.RemoteProtocolError("invented"), True),
        (httpx.WriteTimeout("invented"), True),
        (Answer(408), True),
        (Answer(500), True),
        (Answer(504), True),
        (Answer(302), True),
        (Answer(200, body=b" " * (9 << 20)), True),
        (httpx.ConnectError("invented"), False),
        (httpx.ConnectTimeout("invented"), False),
        (Answer(409), False),
        (Answer(423), False),
        (Answer(429), False),
    ],
)
def test_a_validate_says_whether_its_outcome_is_known(
    problem: Answer | Exception, *, unknown: bool
) -> None:
    """Only what surely never reached SDS, or was clearly turned away, is a known no."""
    it = tried()
    it.sim.fail_next("validate", problem)

    with pytest.raises(TargetUnavailable) as caught:
        it.deliver()

    assert caught.value.outcome_unknown is unknown


def test_a_lost_answer_of_validate_is_one_submission() -> None:
    """SDS took the set although we heard nothing: it was not sent twice by itself."""
    it = tried()
    it.sim.fail_next("validate", httpx.ReadTimeout("invented"), done=True)

    with pytest.raises(TargetUnavailable) as caught:
        it.deliver()

    assert caught.value.outcome_unknown
    assert len(it.sim.submissions) == 1


@pytest.mark.parametrize("route", [route for route in CALLS if route != "inboundFlows"])
def test_a_missing_role_is_named(route: str) -> None:
    """The administrator reads which application role to grant."""
    call, role = CALLS[route]
    it = tried(knobs=Knobs(roles=SENDER_ROLES - {role}))

    with pytest.raises(TargetRefused, match=role) as caught:
        call(it.target, it.budget)

    assert caught.value.facts["role"] == role


def test_without_the_flow_role_nothing_is_claimed() -> None:
    """That role alone is optional."""
    it = tried(knobs=Knobs(roles=SENDER_ROLES - {CALLS["inboundFlows"][1]}))

    assert it.target.flows(it.budget) is None


def test_without_the_start_role_the_role_is_named() -> None:
    """Somebody set START_RUN and granted no role for it: that does not pass by itself."""
    it = tried(knobs=Knobs(roles=SENDER_ROLES - {"IndustryData-Run.Start"}))

    with pytest.raises(TargetRefused, match=r"IndustryData-Run\.Start") as caught:
        it.target.start_run(it.budget)

    assert caught.value.facts["role"] == "IndustryData-Run.Start"


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured_in_both_forms(form: str) -> None:
    """Graph's own wish decides the wait."""
    it = tried()
    later = format_datetime(it.clock.now().replace(minute=1), usegmt=True)
    it.sim.fail_next(
        "dataConnectors", Answer(429, retry_after="60" if form == "seconds" else later)
    )

    it.target.connector(NAME, it.budget)

    assert it.clock.slept == [60.0]


def test_a_wait_beyond_the_budget_is_not_begun() -> None:
    """An hour's wish ends the call at once, and is handed on."""
    it = tried()
    it.sim.fail_next("dataConnectors", Answer(429, retry_after="3000"))

    with pytest.raises(TargetUnavailable) as caught:
        it.target.connector(NAME, it.budget)

    assert caught.value.retry_after_s == 3000.0
    assert it.clock.slept == []


def test_a_token_that_is_not_accepted_is_renewed_once() -> None:
    """One 401 costs a sign-in; a second one is a refusal."""
    it = tried()
    it.target.connector(NAME, it.budget)
    it.sim.tokens.clear()

    assert it.target.connector(NAME, it.budget).name == NAME
    assert [line.route for line in it.sim.requests] == [
        "token", "dataConnectors", "dataConnectors", "token", "dataConnectors",
    ]  # fmt: skip


def test_a_validate_after_an_expired_token_is_one_submission() -> None:
    """A 401 did nothing, so validate may go again with a new token."""
    it = tried()
    session = it.target.open_session(it.connector_id, it.budget)
    it.target.put_file(session, "orgs.csv", FILES["orgs.csv"], it.budget)
    it.sim.tokens.clear()

    it.target.validate(it.connector_id, it.budget)

    assert len(it.sim.submissions) == 1


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.evil.example/beta/external/industryData/dataConnectors?$skiptoken=1",
        "http://graph.microsoft.com/beta/external/industryData/dataConnectors?$skiptoken=1",
        "https://graph.microsoft.com:444/beta/external/industryData/dataConnectors",
        "https://a:b@graph.microsoft.com/beta/external/industryData/dataConnectors",
        "https://graph.microsoft.com.evil.example/beta/external/industryData/dataConnectors",
        "https://graph.microsoft.com/v1.0/users",
        "https://graph.microsoft.com:x/",
        "//graph.evil.example/beta/external/industryData/",
        "dataConnectors?$skiptoken=1",
        "https://graph.microsoft.com/beta/external/industryData/../../../v1.0/users",
        "https://graph.microsoft.com/beta/external/industryData/%2e%2e/users",
        "https://graph.microsoft.com/beta/external/industryData/x#y",
        "https://[::1",
        "https://[::1/beta/external/industryData/",
        "",
        {},
        7,
    ],
)
def test_a_next_page_elsewhere_is_not_followed(link: object) -> None:
    """The token goes to industryData on Graph's own host and nowhere else."""
    target, clock, sent = scripted(
        lambda _: httpx.Response(200, json={"value": [], "@odata.nextLink": link})
    )

    with pytest.raises(TargetMalformed, match="not followed"):
        target.connector(NAME, Budget.of(clock, 60))

    assert len(sent) == 1


@pytest.mark.parametrize("host", ["graph.microsoft.com:443", "GRAPH.microsoft.com"])
def test_a_next_page_on_graph_is_followed_however_its_host_is_written(host: str) -> None:
    """The default port and the case of letters make no other origin."""
    link = f"https://{host}/beta/external/industryData/dataConnectors?$skiptoken=a|b'c'"
    kind = "#microsoft.graph.industryData.AzureDataLakeConnector"
    ours = {"id": ID, "displayName": NAME, "@odata.type": kind}

    def paged(request: httpx.Request) -> httpx.Response:
        if "skiptoken" in str(request.url):
            return httpx.Response(200, json={"value": [ours]})
        return httpx.Response(200, json={"value": [], "@odata.nextLink": link})

    target, clock, _ = scripted(paged)

    assert target.connector(NAME, Budget.of(clock, 60)).id == ID


def test_strange_records_beside_ours_do_no_harm() -> None:
    """A record without a usable id is nobody's connector and nobody's run."""
    kind = "#microsoft.graph.industryData.azureDataLakeConnector"
    lists: dict[str, list[dict[str, object]]] = {
        "dataConnectors": [{}, {"id": 7}, {"id": ID, "displayName": NAME, "@odata.type": kind}],
        "runs": [
            {"id": "../x", "startDateTime": "2026-09-14T22:00:00Z"},
            {"id": "r0"},
            {"id": "r1", "status": "running", "startDateTime": "2026-09-14T22:00:00Z"},
        ],
    }

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"value": lists[request.url.path.rpartition("/")[2]]})

    target, clock, _ = scripted(answer)

    assert target.connector(ID.upper(), Budget.of(clock, 60)).name == NAME
    assert [run.id for run in target.runs_since(clock.now(), Budget.of(clock, 60))] == ["r1"]


def test_pages_that_go_in_a_circle_are_malformed() -> None:
    """A page that leads to itself ends the reading with an error, not with what was read."""
    link = f"{GRAPH}/beta/external/industryData/dataConnectors?$skiptoken=1"
    target, clock, sent = scripted(
        lambda _: httpx.Response(200, json={"value": [], "@odata.nextLink": link})
    )

    with pytest.raises(TargetMalformed, match="circle"):
        target.connector(NAME, Budget.of(clock, 60))

    assert len(sent) == 2


def test_pages_without_end_are_malformed() -> None:
    """A hundred pages are enough for any tenant."""
    numbers = iter(range(1_000_000))

    def endless(_: httpx.Request) -> httpx.Response:
        link = f"{GRAPH}/beta/external/industryData/dataConnectors?$skiptoken={next(numbers)}"
        return httpx.Response(200, json={"value": [], "@odata.nextLink": link})

    target, clock, sent = scripted(endless)

    with pytest.raises(TargetMalformed, match="do not end"):
        target.connector(NAME, Budget.of(clock, 60))

    assert len(sent) == 100


@pytest.mark.parametrize(
    "body",
    [b"<html>sign in</html>", b"[]", b"null", b'{"value": {}}', b'{"value": [1]}', b"{}",
     b'{"value": [{"displayName": "MIS feed"}]}', b"\xff\xfe", b"[" * 100_000 + b"]" * 100_000],
)  # fmt: skip
def test_a_list_that_is_no_list_is_never_an_empty_list(body: bytes) -> None:
    """A 200 with something else in it is malformed."""
    target, clock, _ = scripted(lambda _: httpx.Response(200, content=body))

    with pytest.raises(TargetMalformed):
        target.connector(NAME, Budget.of(clock, 60))


def test_a_redirect_is_not_followed() -> None:
    """The token is not carried to wherever a redirect points."""
    target, clock, sent = scripted(
        lambda _: httpx.Response(307, headers={"Location": "https://graph.evil.example/"})
    )

    with pytest.raises(TargetUnavailable):
        target.validate(ID, Budget.of(clock, 60))

    assert [request.url.host for request in sent] == ["graph.microsoft.com"]


def test_an_answer_of_any_size_is_cut_short() -> None:
    """Memory is bounded: an answer above 8 MiB is malformed."""
    target, clock, _ = scripted(lambda _: httpx.Response(200, content=b" " * (9 << 20)))

    with pytest.raises(TargetMalformed, match="too large"):
        target.connector(NAME, Budget.of(clock, 60))


class Trickle(httpx.SyncByteStream):
    """A body that never ends, ten seconds for each byte."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.clock.advance(10)
            yield b" "


def test_an_answer_that_trickles_ends_with_the_budget() -> None:
    """A slow body costs the budget and no more; of a validate the outcome is unknown."""
    clocks: list[FakeClock] = []
    target, clock, _ = scripted(lambda _: httpx.Response(202, stream=Trickle(clocks[0])))
    clocks.append(clock)

    with pytest.raises(TargetUnavailable) as caught:
        target.validate(ID, Budget.of(clock, 60))

    assert caught.value.outcome_unknown
    assert clock.passed_s <= 60


def test_nothing_is_asked_when_no_time_is_left() -> None:
    """A spent budget sends nothing."""
    target, clock, sent = scripted(lambda _: httpx.Response(200))

    with pytest.raises(TargetUnavailable, match="no time left"):
        target.validate(ID, Budget.of(clock, 0))

    assert sent == []


@pytest.mark.parametrize(
    "url",
    [
        "http://lake0.dfs.core.windows.net/t/c/k?sig=canary-sas",
        "https://lake0.dfs.core.windows.net.evil.example/t/c/k?sig=canary-sas",
        "https://evil.example/lake0.dfs.core.windows.net?sig=canary-sas",
        "https://evil.example#.dfs.core.windows.net/t?sig=canary-sas",
        "https://user:pass@lake0.dfs.core.windows.net/t/c/k?sig=canary-sas",
        "https://lake0.dfs.core.windows.net:8443/t/c/k?sig=canary-sas",
        "https://lake0.dfs.core.windows.net:x/t/c/k?sig=canary-sas",
        "https://.dfs.core.windows.net/t/c/k?sig=canary-sas",
        "https://lake0.blob.core.windows.net/t/c/k?sig=canary-sas",
        "https://lake0.dfs.core.windows.net/t/c/k",
        "https://lake0.dfs.core.windows.net/?sig=canary-sas",
        "http://127.0.0.1:9/t/c/k?sig=canary-sas",
        "https://[::1/t?sig=canary-sas",
        "",
        None,
        7,
    ],
)
def test_files_about_children_go_to_azure_storage_alone(url: object) -> None:
    """A session on any other host is malformed, and its address is not told."""
    target, clock, _ = scripted(lambda _: httpx.Response(200, json={"sessionUrl": url}))

    with pytest.raises(TargetMalformed) as caught:
        target.open_session(ID, Budget.of(clock, 60))

    assert "canary" not in str(caught.value)


def test_storage_on_this_machine_is_for_a_graph_on_this_machine() -> None:
    """The simulator over a socket may name loopback storage."""
    local = "http://127.0.0.1:9"
    target, clock, _ = scripted(
        lambda _: httpx.Response(200, json={"sessionUrl": f"{local}/t/c/k?sig=x"}), graph_url=local
    )

    session = target.open_session(ID, Budget.of(clock, 60))

    assert session.url.get_secret_value() == f"{local}/t/c/k?sig=x"


@pytest.mark.parametrize(
    ("location", "given"),
    [
        ("https://sds.example:8698/industryData/operations/a-1?x=1", "a-1"),
        ("operations('a-1')", "a-1"),
        ("https://[::1", ""),
        ("/x/validate", ""),
        ("", ""),
    ],
)
def test_a_strange_location_is_no_error(location: str, given: str) -> None:
    """SDS has the files; what it said of where to ask is kept as it came, if it holds an id."""
    target, clock, _ = scripted(lambda _: httpx.Response(202, headers={"Location": location}))

    handed_over = target.validate(ID, Budget.of(clock, 60))

    assert handed_over == HandedOver(given, location if given else "")


def telltale(request: httpx.Request) -> httpx.Response:
    """Answer with secrets in every place that an error could be tempted to quote."""
    words = "canary-name canary-tenant canary-token canary-sas https://x.example/?sig=canary-sas"
    error = {"code": words, "message": words, "innerError": {"request-id": words}}
    headers = {"request-id": words, "x-ms-error-code": words, "Location": words}
    status = {"PUT": 400, "PATCH": 400}.get(request.method, 403)
    return httpx.Response(status, json={"error": error}, headers=headers)


@pytest.mark.parametrize("route", [route for route in CALLS if route != "inboundFlows"])
def test_no_error_of_a_call_tells_a_secret(route: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever Graph writes into a refusal, our error says none of it, nor does our log."""
    caplog.set_level(logging.WARNING)
    target, clock, _ = scripted(telltale)

    with pytest.raises(TargetError) as caught:
        CALLS[route][0](target, Budget.of(clock, 60))

    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.facts)
    assert not [canary for canary in CANARIES if canary in shown + caplog.text]


@pytest.mark.parametrize("route", [*CALLS, "create"])
def test_no_broken_connection_tells_a_secret(route: str, caplog: pytest.LogCaptureFixture) -> None:
    """The exceptions of the transport hold requests, and requests hold tokens."""
    caplog.set_level(logging.WARNING)

    def broken(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and route == "create":
            return httpx.Response(200, json={"sessionUrl": LAKE})
        raise httpx.ReadError(f"canary-sas {request.url}", request=request)

    target, clock, _ = scripted(broken)
    budget = Budget.of(clock, 60)

    def put(target: SdsTarget, budget: Budget) -> None:
        target.put_file(target.open_session(ID, budget), "orgs.csv", b"x", budget)

    with pytest.raises(TargetUnavailable) as caught:
        (put if route == "create" else CALLS[route][0])(target, budget)

    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.facts)
    assert not [canary for canary in CANARIES if canary in shown + caplog.text]


def test_no_refusal_of_storage_tells_a_secret() -> None:
    """Neither the address with its signature nor storage's own words get out."""

    def storage(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"sessionUrl": LAKE})
        return telltale(request)

    target, clock, _ = scripted(storage)
    session = target.open_session(ID, Budget.of(clock, 60))

    with pytest.raises(TargetMalformed) as caught:
        target.put_file(session, "orgs.csv", b"x", Budget.of(clock, 60))

    shown = "".join(traceback.format_exception(caught.value)) + repr(session)
    assert not [canary for canary in CANARIES if canary in shown]
    assert caught.value.facts == {"status": 400}
