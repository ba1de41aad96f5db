"""A host that is not reached: what went wrong, where, and who can mend it; over real sockets."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from azure.core.pipeline.transport import RequestsTransport

from sync.edge.clock import Budget
from sync.edge.graph.identity import graph_tokens
from sync.edge.graph.sds import SdsTarget
from sync.edge.isams.batch import Isams
from sync.edge.isams.rest import RestIsams
from sync.edge.storage.azure_blobs import BlobStore
from sync.edge.unreachable import cause_of
from sync.errors import (
    SourceRefused,
    SourceUnavailable,
    SourceUnreachable,
    StoreUnavailable,
    StoreUnreachable,
    SyncError,
    TargetUnavailable,
)
from tests.clocks import FakeClock
from tests.edge import isams_edge
from tests.edge.certificates import Authority, Made, closed_port, serving, silent
from tests.edge.graph_tenant import Signed
from tests.edge.graph_tenant import settings as sds_settings
from tests.edge.storage_wire import CONTAINER, Credential, waits_s

__all__ = ["waits_s"]  # a fixture

Ask = Callable[[str, Path, FakeClock], object]

REST = {
    "isams_api": "rest",
    "isams_client_id": "00000000-0000-0000-0000-000000000000",
    "isams_client_secret": "invented-client-secret",
}


def _wire(authority: Path) -> httpx.HTTPTransport:
    return httpx.HTTPTransport(verify=ssl.create_default_context(cafile=authority), trust_env=False)


def _batch(host: str, authority: Path, clock: FakeClock) -> object:
    settings = isams_edge.settings(isams_host=host)
    return Isams(settings, clock, transport=_wire(authority)).subjects(Budget.of(clock, 2))


def _rest(host: str, authority: Path, clock: FakeClock) -> object:
    settings = isams_edge.settings(isams_host=host, **REST)
    return RestIsams(settings, clock, transport=_wire(authority)).subjects(Budget.of(clock, 2))


def _graph(host: str, authority: Path, clock: FakeClock) -> object:
    settings = sds_settings(graph_url=f"https://{host}")
    target = SdsTarget(settings, Signed(), clock, graph=_wire(authority))
    return target.connector("MIS feed", Budget.of(clock, 2))


def _login(host: str, authority: Path, clock: FakeClock) -> object:
    settings = sds_settings(login_url=f"https://{host}")
    return graph_tokens(settings, clock, transport=_wire(authority)).token()


def _store(host: str, authority: Path, _: FakeClock) -> object:
    wire = RequestsTransport(connection_verify=str(authority), connection_timeout=2, read_timeout=2)
    return BlobStore.by_identity(f"https://{host}", CONTAINER, Credential, transport=wire).blobs("")


ASKING: dict[str, tuple[Ask, str]] = {
    "iSAMS by batch": (_batch, "ISAMS_HOST"),
    "iSAMS by REST": (_rest, "ISAMS_HOST"),
    "Graph": (_graph, "SDS__GRAPH_URL"),
    "sign-in": (_login, "SDS__LOGIN_URL"),
    "storage": (_store, "STORAGE__ACCOUNT_URL"),
}
OF_MICROSOFT = ("Graph", "sign-in")  # settings take known hosts alone, which do exist


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def _failed(asking: str, host: str, trusted: Path) -> SyncError:
    clock = FakeClock()
    with pytest.raises(SyncError) as caught:
        ASKING[asking][0](host, trusted, clock)
    return caught.value


@pytest.mark.usefixtures("waits_s")
@pytest.mark.parametrize("asking", [name for name in ASKING if name not in OF_MICROSOFT])
def test_a_host_that_does_not_exist_is_the_setting_of_whoever_runs_the_app(
    asking: str, authority: Authority
) -> None:
    """The name is told, and the setting that holds it; it is asked again all the same."""
    try:
        socket.getaddrinfo("nowhere.invalid", 443)
    except socket.gaierror as missing:
        if missing.errno == socket.EAI_AGAIN:
            pytest.skip("this machine has no DNS")
    error = _failed(asking, "nowhere.invalid", authority.file)

    assert type(error) in {SourceUnreachable, StoreUnreachable}
    assert error.who == "operator"
    assert error.retry
    assert "no host nowhere.invalid" in str(error)
    assert ASKING[asking][1] in str(error)
    assert error.facts["cause"] == "name"


@pytest.mark.usefixtures("waits_s")
@pytest.mark.parametrize("asking", ASKING)
def test_a_port_at_which_nothing_listens_is_told_with_its_host(
    asking: str, authority: Authority
) -> None:
    """Host and port stand in the message and in the facts."""
    port = closed_port()
    error = _failed(asking, f"127.0.0.1:{port}", authority.file)

    assert error.who == "operator"
    assert error.retry
    assert f"nothing listens at 127.0.0.1:{port}" in str(error)
    assert ASKING[asking][1] in str(error)
    assert (error.facts["host"], error.facts["port"]) == ("127.0.0.1", port)


@pytest.mark.usefixtures("waits_s")
@pytest.mark.parametrize("asking", ASKING)
@pytest.mark.parametrize(
    ("made", "cause", "says"),
    [
        (Made(since_days=-9, until_days=-2), "expired", "has expired"),
        (Made(since_days=2, until_days=9), "not-yet", "is not valid yet"),
        (Made(by_itself=True), "self-signed", "is signed by itself"),
        (Made(), "authority", "an intermediate certificate"),
        (Made(name="other.example"), "other-name", "is of another host"),
        (Made(strict=False), "certificate", "Missing Authority Key Identifier"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_with_a_certificate_is_told(
    asking: str,
    authority: Authority,
    tmp_path: Path,
    made: Made,
    cause: str,
    says: str,
) -> None:
    """What, of which host and port: a school renews its own; a wrong name is in our settings."""
    others = Authority(tmp_path).file if cause == "authority" else authority.file
    with serving(authority.context(made)) as port:
        error = _failed(asking, f"127.0.0.1:{port}", others)
    of_school = asking.startswith("iSAMS") and cause != "other-name"
    # requests builds TLS contexts of its own, without Python's stricter rules.
    if cause == "certificate" and asking == "storage":
        assert error.who == "operator"
        return

    assert error.facts["cause"] == cause
    assert says in str(error)
    assert ("ISAMS_CA" in str(error)) == (cause == "authority" and asking.startswith("iSAMS"))
    assert f"127.0.0.1:{port}" in str(error)
    assert error.who == ("school" if of_school else "operator")
    assert (type(error) is SourceRefused) is of_school


@pytest.mark.usefixtures("waits_s")
@pytest.mark.parametrize("asking", ASKING)
def test_a_port_that_speaks_no_tls_is_the_setting(asking: str, authority: Authority) -> None:
    """A port of plain HTTP is named as what it is."""
    with serving() as port:
        error = _failed(asking, f"127.0.0.1:{port}", authority.file)

    assert error.facts["cause"] == "tls"
    assert error.who == "operator"


@pytest.mark.usefixtures("waits_s")
@pytest.mark.parametrize("asking", ["iSAMS by batch", "Graph", "storage"])
def test_silence_may_pass(asking: str, authority: Authority) -> None:
    """Who never answers may be slow: nobody must act yet; the message says what to look at."""
    with silent() as port:
        error = _failed(asking, f"127.0.0.1:{port}", authority.file)

    assert type(error) in {SourceUnavailable, TargetUnavailable, StoreUnavailable}
    assert f"127.0.0.1:{port} did not answer in time" in str(error)
    assert ASKING[asking][1] in str(error)


def test_a_proxy_that_does_not_let_storage_through_is_named(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, waits_s: list[float]
) -> None:
    """Its refused CONNECT is for whoever runs the app, and shows where to and no proxy's name."""
    with serving() as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        error = _failed("storage", "rosters.blob.core.example", authority.file)

    assert type(error) is StoreUnreachable
    assert "the proxy does not let us through to rosters.blob.core.example:443" in str(error)
    assert sum(waits_s) < 12


class _Leaving(httpx.BaseTransport):
    """Answers once, then can no longer be connected to."""

    def __init__(self, then: Exception) -> None:
        self._then = then
        self._asked = 0

    def handle_request(self, _: httpx.Request) -> httpx.Response:
        self._asked += 1
        if self._asked == 1:
            return isams_edge.streamed(503, b"")
        raise httpx.ConnectError("canary") from self._then


@pytest.mark.parametrize(
    "then", [socket.gaierror(socket.EAI_NONAME, "canary"), ConnectionRefusedError()]
)
@pytest.mark.parametrize("more", [{}, REST])
def test_a_host_that_answered_before_is_no_wrong_setting(
    then: Exception, more: dict[str, str]
) -> None:
    """Its name was right a moment ago, so this may pass: nobody must act."""
    clock = FakeClock()
    isams = (RestIsams if more else Isams)(
        isams_edge.settings(**more), clock, transport=_Leaving(then)
    )
    with suppress(SourceUnavailable):
        isams.subjects(Budget.of(clock, 0.5))

    with pytest.raises(SourceUnavailable, match="answered before"):
        isams.subjects(Budget.of(clock, 0.5))


@pytest.mark.parametrize(
    ("said", "word", "mends"),
    [
        (socket.gaierror(socket.EAI_NONAME, "?"), "name", "setting"),
        (socket.gaierror(socket.EAI_AGAIN, "?"), "dns", "nobody"),
        (UnicodeEncodeError("idna", "x", 0, 1, "label too long"), "name", "setting"),
        (OSError(errno.ENETUNREACH, "?"), "no-way", "nobody"),
        (OSError(errno.EHOSTUNREACH, "?"), "no-way", "nobody"),
        (ConnectionResetError(), "broken", "nobody"),
        (ssl.SSLEOFError(), "broken", "nobody"),
        (TimeoutError(), "time", "nobody"),
    ],
)
def test_what_the_system_says_is_found_below_the_library(
    said: Exception, word: str, mends: str
) -> None:
    """However deep it was wrapped, and whatever wraps itself."""
    outer = httpx.ConnectError("canary")
    outer.__cause__ = OSError("between", said)
    said.__context__ = outer
    cause = cause_of(outer)

    assert (cause.word, cause.mends) == (word, mends)
