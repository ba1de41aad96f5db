"""P14: only the right hosts are spoken to, and each is told only what is meant for it."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs

import httpx
import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from simulators.certificate import write_self_signed
from simulators.isams.faults import refused
from simulators.isams.rest_clients import DEMO_CLIENT_SECRET
from simulators.school import invent
from simulators.sds import Knobs
from simulators.serving import serve
from simulators.staging import staged
from sync.edge.clock import Budget, SystemClock
from sync.edge.graph.identity import graph_tokens
from sync.edge.graph.sds import SdsTarget
from sync.edge.isams.batch import Isams
from sync.edge.storage.queues import Unqueued
from sync.edge.world import opened
from sync.errors import SourceRefused, TargetUnreachable
from sync.report import Outcome, Step
from sync.settings.load import load
from sync.steps import pull, schedule, send
from tests.canaries import NAMES
from tests.edge.graph_tenant import Signed
from tests.edge.graph_tenant import settings as sds_settings
from tests.edge.isams_edge import settings as isams_settings
from tests.edge.isams_edge import streamed
from tests.worlds import CONNECTOR, TestWorld, make_world

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ISAMS, GRAPH = "northbank.isams.example", "graph.microsoft.com"
LOGIN, STORAGE = "login.microsoftonline.com", "invented.dfs.core.windows.net"
BACKEND = "edu-sds.microsoft.com"  # where SDS itself says what became of a hand-over
ELSEWHERE = "elsewhere.example"
REDIRECTS = [301, 302, 303, 307, 308]

type Api = Literal["batch", "rest"]
type Tamper = Callable[[httpx.Request, httpx.Response], httpx.Response]


def unchanged(_: httpx.Request, answer: httpx.Response) -> httpx.Response:
    return answer


@dataclass
class Wire(httpx.BaseTransport):
    """Keeps each request, sends it on if its host is one of ours, and tampers with the answer."""

    inner: httpx.BaseTransport
    sent: list[httpx.Request]
    tamper: Tamper = field(default=unchanged)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.sent.append(request)
        if request.url.host == ELSEWHERE:
            return httpx.Response(200, json={"value": []})
        return self.tamper(request, self.inner.handle_request(request))


def overheard(
    tamper: Tamper = unchanged, *, at_isams: Tamper = unchanged, api: Api = "batch"
) -> tuple[TestWorld, list[httpx.Request]]:
    """Return a world whose every request is kept, in order.

    *tamper* is at the way to SDS, *at_isams* at the way to iSAMS; its Year 7-13 profile needs more
    than people and sets.
    """
    sent = list[httpx.Request]()
    one = make_world(
        invent(20, quirks=False),
        isams_transport=lambda wire: Wire(wire, sent, at_isams),
        sds_transport=lambda wire: Wire(wire, sent, tamper),
        api=api,
        PROFILES__SENIORS__NAMES="true",
        PROFILES__SENIORS__CLASSES="sets,forms,houses",
        PROFILES__SENIORS__TIMETABLE_TEACHERS="true",
        SDS__START_RUN="true",
    )
    return one, sent


def hosts(sent: list[httpx.Request], said: Callable[[httpx.Request], bool]) -> set[str]:
    """Return the hosts of the requests of which *said* is true."""
    return {request.url.host for request in sent if said(request)}


# --- Whom we speak to -----------------------------------------------------------------------


def test_the_whole_job_speaks_to_five_hosts_and_tells_each_its_own() -> None:
    """From the pull to the receipt: no other host, and no secret at the wrong one."""
    one, sent = overheard()
    one.pull()
    one.send_until_still()

    assert one.steps[-1].outcome is Outcome.DONE
    assert hosts(sent, lambda _: True) == {ISAMS, GRAPH, LOGIN, STORAGE, BACKEND}
    assert hosts(sent, lambda r: r.url.scheme != "https") == set()
    assert hosts(sent, lambda r: "Authorization" in r.headers) == {GRAPH, BACKEND}
    assert hosts(sent, lambda r: "sig" in parse_qs(r.url.query.decode())) == {STORAGE}
    assert hosts(sent, lambda r: "apiKey" in r.url.params) == {ISAMS}
    assert hosts(sent, lambda r: b"client_secret" in r.content) == {LOGIN}
    assert hosts(sent, lambda r: any(n in r.content.decode().lower() for n in NAMES)) == {STORAGE}


def test_a_school_that_is_read_by_rest_speaks_to_the_same_five_hosts() -> None:
    """Two sign-ins, two tokens and two secrets, each at its own host; no key in any address."""
    one, sent = overheard(api="rest")
    one.pull()
    one.send_until_still()
    tokens = {
        host: {r.headers.get("Authorization") for r in sent if r.url.host == host} - {None}
        for host in (ISAMS, GRAPH)
    }
    secrets = {
        (parse_qs(r.content.decode())["client_secret"][0], r.url.host)
        for r in sent
        if b"client_secret" in r.content
    }

    assert one.steps[-1].outcome is Outcome.DONE
    assert hosts(sent, lambda _: True) == {ISAMS, GRAPH, LOGIN, STORAGE, BACKEND}
    assert hosts(sent, lambda r: r.url.scheme != "https") == set()
    assert hosts(sent, lambda r: "Authorization" in r.headers) == {GRAPH, ISAMS, BACKEND}
    assert tokens[ISAMS].isdisjoint(tokens[GRAPH])
    assert secrets == {(DEMO_CLIENT_SECRET, ISAMS), (Knobs().client_secret, LOGIN)}
    assert {r.method for r in sent if r.url.host == ISAMS and "/api/" in r.url.path} == {"GET"}
    assert hosts(sent, lambda r: "apiKey" in r.url.params) == set()
    assert hosts(sent, lambda r: any(n in r.content.decode().lower() for n in NAMES)) == {STORAGE}
    assert not [r for r in sent if any(n in str(r.url).lower() for n in NAMES)]


@pytest.mark.parametrize(
    "backend",
    [
        "https://sds.example:8698",
        "https://203.0.113.7:8698",
        "https://edu-sds.microsoft.com:8699",
        "https://edu-sds.microsoft.com.example:8698",
        "https://edu-sds.trafficmanager.net",
    ],
)
def test_an_address_that_is_not_microsofts_never_hears_from_us(backend: str) -> None:
    """What SDS itself gives goes by closed rules: no request, and so no token."""
    one, sent = overheard()
    one.sds.backend_url = backend
    one.pull()
    for _ in range(8):
        step = send.send(one.world, CONNECTOR)
        one.clock.advance(60)

    assert step.outcome is Outcome.CHECKING
    assert hosts(sent, lambda _: True) == {ISAMS, GRAPH, LOGIN, STORAGE}


def with_next_page(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    """Let every collection of Graph's go on elsewhere."""
    answer.read()
    if request.url.host != GRAPH or b'"value"' not in answer.content:
        return answer
    link = f"https://{ELSEWHERE}{request.url.path}?$skip=1"
    return httpx.Response(200, json=json.loads(answer.content) | {"@odata.nextLink": link})


def with_session_elsewhere(_: httpx.Request, answer: httpx.Response) -> httpx.Response:
    """Let the upload session be on another host."""
    answer.read()
    if STORAGE.encode() not in answer.content:
        return answer
    return httpx.Response(
        200, json=json.loads(answer.content.replace(STORAGE.encode(), ELSEWHERE.encode()))
    )


def redirected(host: str) -> Tamper:
    """Let every answer of *host* send us elsewhere."""

    def tamper(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if request.url.host != host:
            return answer
        there = request.url.copy_with(host=ELSEWHERE)
        return httpx.Response(307, headers={"Location": str(there)})

    return tamper


TAMPERINGS: dict[str, Tamper] = {
    "the next page": with_next_page,
    "the upload session": with_session_elsewhere,
    "a redirect of Graph's": redirected(GRAPH),
    "a redirect of the sign-in's": redirected(LOGIN),
    "a redirect of storage's": redirected(STORAGE),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_what_points_elsewhere_is_an_error_and_nothing_is_sent_there(what: str) -> None:
    """Neither token, nor signature, nor file: the delivery fails, and SDS keeps yesterday."""
    one, sent = overheard(TAMPERINGS[what])
    one.pull()
    for _ in range(3):
        step = send.send(one.world, CONNECTOR)
        one.clock.advance(60)

    assert step.error is not None or step.outcome is Outcome.FAILED
    assert one.sds.submissions == []
    assert ELSEWHERE not in hosts(sent, lambda _: True)


@pytest.mark.parametrize("status", REDIRECTS)
def test_isams_is_never_followed_elsewhere(status: int) -> None:
    """A redirect would carry the key to whoever it names: it is a failed pull instead."""
    one, sent = overheard()
    one.isams.faults = refused(status, location=f"https://{ELSEWHERE}/api/batch/1.0/xml.ashx")
    step = one.pull()

    assert step.error is not None
    assert hosts(sent, lambda _: True) == {ISAMS}


@pytest.mark.parametrize("path", ["/auth/connect/token", "/api/students", "/api/school/forms"])
@pytest.mark.parametrize("status", REDIRECTS)
def test_rest_is_never_followed_elsewhere(status: int, path: str) -> None:
    """Neither the sign-in, which would carry the secret, nor a question, which carries a token."""
    one, sent = overheard(api="rest")
    one.isams.spoil(path, refused(status, location=f"https://{ELSEWHERE}{path}"))
    step = one.pull()

    assert step.error is not None
    assert hosts(sent, lambda _: True) == {ISAMS}


def with_sign_in_elsewhere(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    """Let iSAMS's discovery lead to another host's sign-in."""
    if "openid-configuration" not in request.url.path:
        return answer
    told = {"token_endpoint": f"https://{ELSEWHERE}/auth/connect/token"}
    return streamed(200, json.dumps(told).encode())


def with_next_page_of_isams(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    """Let every collection of iSAMS's go on elsewhere."""
    if "page" not in request.url.params:
        return answer
    links = {"next": {"href": f"https://{ELSEWHERE}{request.url.path}?page=2"}}
    told = json.loads(answer.read()) | {"_links": links}
    return streamed(200, json.dumps(told).encode())


@pytest.mark.parametrize("tamper", [with_sign_in_elsewhere, with_next_page_of_isams])
def test_what_rest_says_of_other_hosts_is_not_believed(tamper: Tamper) -> None:
    """The secret goes to the school's own host alone; a page that is elsewhere is not asked for."""
    one, sent = overheard(at_isams=tamper, api="rest")
    step = one.pull()

    assert (step.error is None) is (tamper is with_sign_in_elsewhere)
    assert hosts(sent, lambda _: True) == {ISAMS}


# --- What the surroundings may not change ---------------------------------------------------


@dataclass
class Trap:
    """A server that nobody should speak to."""

    caught: list[str] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
        request = Request(environ)
        self.caught.append(request.method)
        yield from Response("trapped")(environ, start)


def test_no_proxy_of_the_environment_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would hear the key and every name: the whole job goes past it."""
    trap, steps = Trap(), list[Step]()
    quick = Knobs(operation_polls=0, operation_s=0.0)
    school = invent(20, quirks=False)
    with serve(trap) as proxy, staged(school, lambda: datetime.now(UTC), quick) as stage:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
            monkeypatch.setenv(name.lower(), proxy)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        settings = load(
            {**stage.settings, "STORAGE__FOLDER": str(tmp_path), "SDS__HOLD_FIRST": "false"}
        )
        world = opened(settings, steps.append, nudges=Unqueued())
        schedule.ask(world, "northbank", "test")
        pull.pull(world, "northbank")
        for _ in range(4):
            step = send.send(world, stage.connector)
        caught = list(trap.caught)
        httpx.get("http://anybody.example/", timeout=10)

    assert step.outcome in {Outcome.ACCEPTED, Outcome.RUNNING}
    assert caught == []
    assert trap.caught == ["GET"]


@contextmanager
def untrusted(trap: Trap, folder: Path) -> Generator[tuple[str, Path]]:
    """Serve *trap* over https with a certificate that nobody knows; yield host and certificate."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    write_self_signed(certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = make_server("127.0.0.1", 0, trap, threaded=True, ssl_context=context)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", certificate
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask_isams(host: str, budget: Budget) -> None:
    Isams(isams_settings(isams_host=host), SystemClock()).subjects(budget)


def ask_graph(host: str, budget: Budget) -> None:
    settings = sds_settings(graph_url=f"https://{host}")
    SdsTarget(settings, Signed(), SystemClock()).connector("MIS feed", budget)


def sign_in(host: str, _: Budget) -> None:
    graph_tokens(sds_settings(login_url=f"https://{host}"), SystemClock()).token()


@pytest.mark.parametrize("ask", [ask_isams, ask_graph, sign_in])
def test_a_server_that_cannot_prove_its_name_hears_nothing(
    ask: Callable[[str, Budget], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS is verified, against the authorities of the package and never of the environment."""
    trap = Trap()
    with untrusted(trap, tmp_path) as (host, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with pytest.raises((SourceRefused, TargetUnreachable)):
            ask(host, Budget.of(SystemClock(), 1.0))
        caught = list(trap.caught)
        httpx.get(f"https://{host}/", verify=ssl.create_default_context(cafile=certificate))

    assert caught == []
    assert trap.caught == ["GET"]
