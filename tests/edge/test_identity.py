"""Signing in, in each of the four ways, and what is said when it fails."""

from __future__ import annotations

import base64
import json
import logging
import subprocess
import sys
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.identity import CredentialUnavailableError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from simulators import identity, serving
from simulators.sds import SENDER_ROLES, Answer, SdsSimulator
from sync.edge.clock import Budget
from sync.edge.graph.identity import EXCHANGE_SCOPE, credential, graph_tokens, roles_in
from sync.edge.graph.sds import SdsTarget
from sync.errors import TargetError, TargetMalformed, TargetRefused, TargetUnavailable
from tests.clocks import FakeClock
from tests.edge.graph_tenant import GRAPH, LOGIN, NAME, Overheard, settings

SECRET = "invented-secret"


def simulator(clock: FakeClock) -> SdsSimulator:
    return SdsSimulator(clock=clock.now, base_url="https://graph.microsoft.com", login_url=LOGIN)


class Given:
    """An identity that gives *token*, or raises it; it remembers the scopes it was asked for."""

    def __init__(self, token: str | Exception = "assertion") -> None:
        self._token = token
        self.scopes: list[str] = []

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        self.scopes += scopes
        if isinstance(self._token, Exception):
            raise self._token
        return AccessToken(self._token, 1_900_000_000)


def assertion(**claims: str) -> str:
    """Return an unsigned JWT, in the shape of a managed identity's."""
    parts = ({"alg": "none"}, claims)
    coded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return ".".join(part.rstrip("=") for part in coded) + "."


@pytest.fixture(scope="module")
def pem() -> str:
    """An invented certificate and its key, key first, as Key Vault writes them."""
    return signed_by(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def signed_by(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sync.northbank.example")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin.replace(year=2028))
    certificate = made.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return (private + certificate.public_bytes(serialization.Encoding.PEM)).decode()


def test_a_secret_signs_in() -> None:
    """The token of an app registration carries the roles that the tenant granted."""
    clock = FakeClock()
    sim = simulator(clock)

    tokens = graph_tokens(settings(), clock, transport=httpx.WSGITransport(app=sim))

    assert roles_in(tokens.token()) == SENDER_ROLES
    assert [line.route for line in sim.requests] == ["token"]


def test_a_certificate_signs_in_without_its_key_leaving(pem: str) -> None:
    """What is sent is an assertion that the certificate's own key signed; never the key."""
    clock, sent = FakeClock(), list[httpx.Request]()
    wire = Overheard(httpx.WSGITransport(app=simulator(clock)).handle_request, sent)
    given = settings(client_secret=None, certificate=pem)

    assert roles_in(graph_tokens(given, clock, transport=wire).token()) == SENDER_ROLES
    form = parse_qs(sent[0].content.decode())
    signed, _, signature = form["client_assertion"][0].rpartition(".")
    certificate = x509.load_pem_x509_certificate(pem.encode())
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
    key.verify(base64.urlsafe_b64decode(signature + "=="), signed.encode(), pss, hashes.SHA256())
    assert "client_secret" not in form


def test_a_managed_identity_signs_in_for_another_tenant() -> None:
    """Federated: the identity's own token, for the exchange alone, stands in for a secret."""
    clock = FakeClock()
    given = settings(client_secret=None)
    url = f"{LOGIN}/{given.tenant_id}/oauth2/v2.0/token"
    proof = assertion(iss=str(given.client_id), sub=str(given.client_id), aud=url)
    offered = Given(proof)

    tokens = graph_tokens(
        given, clock, transport=httpx.WSGITransport(app=simulator(clock)), identity=lambda: offered
    )

    assert roles_in(tokens.token()) == SENDER_ROLES
    assert offered.scopes == [EXCHANGE_SCOPE]


@pytest.mark.parametrize("way", ["secret", "certificate"])
def test_over_loopback_plain_http_will_do(way: str, pem: str) -> None:
    """The simulator on a port of this machine can be signed in to and asked, without https."""
    clock = FakeClock()
    sim = SdsSimulator(clock=clock.now)
    with serving.serve(sim) as url:
        changes: dict[str, str | None] = {"graph_url": url, "login_url": url}
        if way == "certificate":
            changes |= {"client_secret": None, "certificate": pem}
        given = settings(**changes)
        target = SdsTarget(given, graph_tokens(given, clock), clock)
        budget = Budget.of(clock, 60)
        connector = target.connector(NAME, budget)
        target.put_file(target.open_session(connector.id, budget), "orgs.csv", b"x", budget)
        target.close()

    assert [line.status for line in sim.requests] == [200, 200, 200, 201, 202, 200]


def test_the_apps_own_identity_signs_in_over_its_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing set, `IDENTITY_ENDPOINT` is asked for Graph and the answer is used."""
    clock = FakeClock(datetime.now(UTC))
    given = settings(client_id=None, tenant_id=None, client_secret=None)
    with identity.serve() as offered:
        for name, value in offered.settings.items():
            monkeypatch.setenv(name, value)
        token = graph_tokens(given, clock).token()

    assert offered.asked == [GRAPH]
    claims = json.loads(base64.urlsafe_b64decode(token.get_secret_value().split(".")[1] + "=="))
    assert claims["aud"] == GRAPH


@pytest.mark.parametrize(
    ("graph_url", "scope"),
    [
        ("https://graph.microsoft.com", "https://graph.microsoft.com/.default"),
        ("http://127.0.0.1:7071", "https://graph.microsoft.com/.default"),
    ],
)
def test_the_token_is_for_graph_itself(graph_url: str, scope: str) -> None:
    """The scope follows the host; a simulator on this machine stands for the real one."""
    offered = Given()
    given = settings(client_id=None, tenant_id=None, client_secret=None, graph_url=graph_url)

    graph_tokens(given, FakeClock(), identity=lambda: offered).token()

    assert offered.scopes == [scope]


def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    """Within its hour one token serves; five minutes before the end the next is fetched."""
    clock = FakeClock()
    sim = simulator(clock)
    tokens = graph_tokens(settings(), clock, transport=httpx.WSGITransport(app=sim))

    first = tokens.token()
    clock.advance(3599 - 301)
    assert tokens.token() is first
    clock.advance(2)

    assert tokens.token() != first
    assert len(sim.requests) == 2


def test_a_forgotten_token_is_fetched_anew() -> None:
    """After a 401 no cache, ours or a library's, gives the old token again."""
    clock = FakeClock()
    tokens = graph_tokens(settings(), clock, transport=httpx.WSGITransport(app=simulator(clock)))
    first = tokens.token()

    tokens.forget(first)

    assert tokens.token() != first


def refusing(
    answer: Callable[[httpx.Request], httpx.Response],
) -> tuple[Callable[[], SecretStr], list[httpx.Request]]:
    sent: list[httpx.Request] = []
    return graph_tokens(settings(), FakeClock(), transport=Overheard(answer, sent)).token, sent


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (7000215, "CLIENT_SECRET"),
        (7000222, "expired"),
        (700016, "CLIENT_ID"),
        (90002, "TENANT_ID"),
        (700027, "certificate"),
        (700213, "federated credential"),
        (7000112, "disabled"),
        (7000229, "consent"),
        (99999, "app registration"),
    ],
)
@pytest.mark.parametrize("listed", [True, False])
def test_a_refused_sign_in_says_what_to_mend(number: int, advice: str, *, listed: bool) -> None:
    """The AADSTS number is shown with what to do; what Entra says in words is not."""
    words = f"AADSTS{number}: canary for user@northbank.example in tenant canary-tenant."
    body = {"error": "invalid_client", "error_description": words}
    listing = {"error_codes": [number]} if listed else {}
    ask, _ = refusing(lambda _: httpx.Response(401, json=body | listing))

    with pytest.raises(TargetRefused, match=advice) as caught:
        ask()

    assert f"AADSTS{number}" in str(caught.value)
    assert caught.value.facts == {"aadsts": number}
    assert "canary" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(503, headers={"Retry-After": "9"}), TargetUnavailable),
        (httpx.Response(429), TargetUnavailable),
        (httpx.Response(500, json={"error": "canary"}), TargetUnavailable),
        (httpx.Response(400, json={"error": "temporarily_unavailable"}), TargetUnavailable),
        (httpx.Response(400, json={"error": "x", "error_codes": [90033]}), TargetUnavailable),
        (httpx.Response(200, content=b"<html>canary</html>"), TargetMalformed),
        (httpx.Response(200, json=["canary"]), TargetMalformed),
        (httpx.Response(200, json={"canary": 1}), TargetMalformed),
        (httpx.Response(302, headers={"Location": "https://canary.example/"}), TargetMalformed),
        (httpx.Response(400, json={"error": "canary"}), TargetRefused),
    ],
)
def test_no_token_is_never_an_empty_token(
    answer: httpx.Response, error: type[TargetError], caplog: pytest.LogCaptureFixture
) -> None:
    """Anything but a token raises, once, and tells nothing of what was sent or answered."""
    caplog.set_level(logging.WARNING)
    ask, sent = refusing(lambda _: answer)

    with pytest.raises(error) as caught:
        ask()

    assert len(sent) == 1
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert not [word for word in ("canary", SECRET, "https://") if word in shown]


def test_an_outage_of_sign_in_is_asked_again_at_once() -> None:
    """No library keeps a failure: when Entra is back, so are we."""
    clock = FakeClock()
    sim = simulator(clock)
    tokens = graph_tokens(settings(), clock, transport=httpx.WSGITransport(app=sim))
    sim.fail_next("token", Answer(503, retry_after="3000"))
    with pytest.raises(TargetUnavailable) as caught:
        tokens.token()

    assert caught.value.retry_after_s == 3000.0
    assert roles_in(tokens.token()) == SENDER_ROLES


def test_a_wrong_secret_can_be_mended_without_waiting() -> None:
    """A refusal is not kept either."""
    clock = FakeClock()
    wire = httpx.WSGITransport(app=simulator(clock))
    with pytest.raises(TargetRefused, match="CLIENT_SECRET"):
        graph_tokens(settings(client_secret="wrong"), clock, transport=wire).token()

    assert graph_tokens(settings(), clock, transport=wire).token()


def test_sign_in_out_of_reach_is_unavailable() -> None:
    """A broken connection is an outage, and the form it carried is not told."""

    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(SECRET, request=request)

    ask, _ = refusing(broken)

    with pytest.raises(TargetUnavailable, match="ConnectError") as caught:
        ask()

    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_secret_goes_to_the_login_host_alone() -> None:
    """No discovery is asked for, so nobody can send our secret elsewhere."""
    clock, sent = FakeClock(), list[httpx.Request]()
    wire = Overheard(httpx.WSGITransport(app=simulator(clock)).handle_request, sent)

    graph_tokens(settings(), clock, transport=wire).token()

    assert [str(request.url) for request in sent] == [
        f"{LOGIN}/{settings().tenant_id}/oauth2/v2.0/token"
    ]


@pytest.mark.parametrize("cut", ["key", "certificate", "both", "garbled", "swapped", "elliptic"])
def test_a_certificate_that_cannot_sign_is_refused(cut: str, pem: str) -> None:
    """The error names the setting and never quotes it."""
    key, _, certificate = pem.partition("-----BEGIN CERTIFICATE-----")
    given = {
        "key": "-----BEGIN CERTIFICATE-----" + certificate,
        "certificate": key,
        "both": "invented text",
        "garbled": pem.replace("MII", "AAA"),
        "swapped": pem.replace("PRIVATE KEY", "X").replace("CERTIFICATE", "PRIVATE KEY"),
        "elliptic": signed_by(ec.generate_private_key(ec.SECP256R1())),
    }[cut]
    tokens = graph_tokens(settings(client_secret=None, certificate=given), FakeClock())

    with pytest.raises(TargetRefused, match="SDS__CERTIFICATE") as caught:
        tokens.token()

    assert pem[100:140] not in "".join(traceback.format_exception(caught.value))


def test_an_identity_that_is_not_there_is_refused() -> None:
    """With nothing set and no identity offered, the error says to switch one on."""
    offered = Given(CredentialUnavailableError("canary"))
    given = settings(client_id=None, tenant_id=None, client_secret=None)

    with pytest.raises(TargetRefused, match="switch on") as caught:
        graph_tokens(given, FakeClock(), identity=lambda: offered).token()

    assert "canary" not in "".join(traceback.format_exception(caught.value))


@contextmanager
def failing(status: int) -> Generator[str]:
    """An identity endpoint that answers everything with *status*."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"statusCode": status, "message": "canary"}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/msi"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, TargetUnavailable),
        (429, TargetUnavailable),
        (400, TargetRefused),
        (0, TargetUnavailable),
    ],
)
def test_an_identity_that_is_away_is_not_one_that_is_missing(
    status: int, error: type[TargetError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endpoint in trouble (0: nobody listens) is an outage; one that says no is a mistake."""
    given = settings(client_id=None, tenant_id=None, client_secret=None)
    monkeypatch.setenv("IDENTITY_HEADER", "invented")
    with failing(status or 500) as url:
        monkeypatch.setenv("IDENTITY_ENDPOINT", url if status else "http://127.0.0.1:9/msi")
        tokens = graph_tokens(given, FakeClock(), identity=lambda: credential(retries=0))

        with pytest.raises(error) as caught:
            tokens.token()

    assert "canary" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "token",
    ["", "opaque", "a.b.c", "a.!!!.c", assertion(sub="x"), "a.bnVsbA.c", "a.eyJyb2xlcyI6MX0.c"],
)
def test_a_token_that_cannot_be_read_has_no_roles(token: str) -> None:
    """Reading roles is for the doctor's advice: it never raises."""
    assert roles_in(SecretStr(token)) == frozenset()


def test_the_azure_packages_are_not_loaded_before_they_are_needed() -> None:
    """A cold start that signs in to nothing does not pay for them."""
    code = (
        "import sys, sync.edge.graph.identity; "
        "sys.exit(any(name.split('.')[0] in {'azure', 'msal', 'requests'} for name in sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
