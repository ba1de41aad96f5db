"""Sign-in: where the token for Microsoft Graph comes from, in any of four ways.

    CLIENT_ID and TENANT_ID    and              we are
    not set                                     the app's managed identity
    set                        CLIENT_SECRET    an app registration with a secret
    set                        CERTIFICATE      an app registration with a certificate
    set                        neither          an app registration that trusts that identity

Secrets are posted to the token endpoint of `SDS__LOGIN_URL` and nowhere else: msal's discovery of
other endpoints is answered here. Nothing that Entra writes in words is ever shown, because it names
the tenant, the app and at times a person: only the AADSTS number is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from sync.edge.clock import Clock
from sync.edge.graph.claims import claims_of
from sync.edge.graph.msal_http import MsalHttp
from sync.edge.tokens import Issued, TokenKeeper
from sync.errors import TargetRefused, TargetUnavailable
from sync.settings import SdsSettings
from sync.settings.text import is_loopback

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

EXCHANGE_SCOPE = "api://AzureADTokenExchange/.default"  # docs/reference/sds.md#federated

_GRAPH = "https://graph.microsoft.com"
_EARLY_S = 300.0  # a call that begins with the token must also end with it
_BLOCK = re.compile(r"-----BEGIN (?P<label>[A-Z ]+)-----[A-Za-z0-9+/=\s]+-----END (?P=label)-----")

# What azure-identity writes when an identity is offered and its endpoint is away. Everything else
# is an identity that is missing or wrong. Seen with azure-identity 1.27; tested over a socket.
# The library's words: it gives no other sign that nobody answered:
# docs/reference/functions.md#identity-words
_AWAY = re.compile(r"Failed to establish|timed out|Connection aborted|\) (?:408|429|5\d\d), ")

# Microsoft warns that these codes may change: docs/reference/sds.md#sign-in-codes,
# docs/reference/sds.md#sign-in-codes-other
_MEND = {
    7000215: "the client secret is wrong: renew SDS__CLIENT_SECRET (the value, not the id)",
    7000222: "the client secret has expired: make a new one and put it in SDS__CLIENT_SECRET",
    700016: "the tenant does not know this app: check SDS__CLIENT_ID and SDS__TENANT_ID",
    700027: "the app does not know this certificate: upload it to the app registration",
    700024: "the signed assertion is out of its time: check the clock of this machine",
    90002: "there is no such tenant: check SDS__TENANT_ID",
    900023: "there is no such tenant: check SDS__TENANT_ID",
    7000112: "the app is disabled in the tenant: enable the enterprise application",
    7000229: "the app has no enterprise application in the tenant: give admin consent to it",
    500011: "the tenant does not know the address in SDS__GRAPH_URL",
    53003: "a Conditional Access policy blocks the app: exclude the workload identity",
    **dict.fromkeys(
        (70021, 700211, 700212, 700213),
        "the app does not trust this managed identity: add its federated credential",
    ),
}
# docs/reference/sds.md#sign-in-codes
_PASSING = frozenset({90033, 90055, 50196, 81016})  # Entra is overloaded or away


class Tokens(Protocol):
    """Whatever has the app's token for Microsoft Graph."""

    def token(self) -> SecretStr:
        """Return a token that lasts some minutes yet."""

    def forget(self, token: SecretStr) -> None:
        """Drop *token*: Graph did not accept it, so the next must be new."""


def credential(*, retries: int = 3) -> TokenCredential:
    """Return the identity that this machine offers: on Azure, the app's managed identity.

    Also serves blobs and queues. At a terminal it is whoever has done `az login`; nothing that
    opens a window is asked.

    See docs/reference/functions.md#default-credential.
    """
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential(
        exclude_interactive_browser_credential=True,
        exclude_broker_credential=True,
        exclude_shared_token_cache_credential=True,
        exclude_visual_studio_code_credential=True,
        exclude_powershell_credential=True,
        exclude_developer_cli_credential=True,
        retry_total=retries,
    )


def graph_tokens(
    settings: SdsSettings,
    clock: Clock,
    *,
    transport: httpx.BaseTransport | None = None,
    identity: Callable[[], TokenCredential] = credential,
) -> Tokens:
    """Return the tokens of the way to sign in that *settings* choose.

    Asking for a token raises `TargetRefused` with what to mend, `TargetUnavailable` if Entra or the
    managed identity is away, or `TargetMalformed`. *transport* stands for Entra in tests.
    """
    scope = f"{_GRAPH if is_loopback(settings.graph_url) else _origin(settings.graph_url)}/.default"
    if settings.client_id is None:
        return TokenKeeper(lambda: _from_identity(identity, scope), clock, early_s=_EARLY_S)
    http = MsalHttp(settings.login_url, settings.tenant_id or "", clock, transport)

    def from_app() -> Issued:
        return _from_app(settings, scope, http, clock, identity)

    return TokenKeeper(from_app, clock, early_s=_EARLY_S)


def roles_in(token: SecretStr) -> frozenset[str]:
    """Return the application roles that *token* says it carries; none if it cannot be read."""
    return claims_of(token).may or frozenset()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _from_identity(identity: Callable[[], TokenCredential], scope: str) -> Issued:
    from azure.core.exceptions import AzureError

    try:
        # A new credential each time: it keeps tokens too, and what it kept from before the roles
        # were granted would come back for up to a day.
        issued = identity().get_token(scope)
    except AzureError as error:
        if _AWAY.search(str(error)):
            raise TargetUnavailable("the managed identity does not answer") from None
        raise TargetRefused(
            "there is no managed identity to sign in with: switch on the function app's identity,"
            " or set SDS__TENANT_ID and SDS__CLIENT_ID"
        ) from None
    return Issued(SecretStr(issued.token), datetime.fromtimestamp(issued.expires_on, UTC))


def _from_app(
    settings: SdsSettings,
    scope: str,
    http: MsalHttp,
    clock: Clock,
    identity: Callable[[], TokenCredential],
) -> Issued:
    from jwt import PyJWTError
    from msal import (  # type: ignore[import-untyped]  # msal has neither types nor stubs
        ConfidentialClientApplication,
    )

    proof: str | dict[str, object]
    if settings.client_secret:
        proof = settings.client_secret.get_secret_value()
    elif settings.certificate:
        proof = _certificate(settings.certificate)
    else:
        assertion = _from_identity(identity, EXCHANGE_SCOPE).token
        # A function, because msal warns of an assertion that would outlive its hour.
        proof = {"client_assertion": assertion.get_secret_value}
    try:
        app = ConfidentialClientApplication(
            settings.client_id,
            client_credential=proof,
            authority=http.authority,
            http_client=http,
            instance_discovery=False,
            # What a certificate signs must name the endpoint as it is, on loopback too.
            client_claims={"aud": http.token_url},
        )
        answer = app.acquire_token_for_client([scope])
    except (ValueError, TypeError, PyJWTError):  # the last where the key is not RSA
        raise TargetRefused("SDS__CERTIFICATE holds a key that cannot be used: take RSA") from None
    return _issued(answer, clock)


def _issued(answer: dict[str, object], clock: Clock) -> Issued:
    token, lasts_s = answer.get("access_token"), answer.get("expires_in")
    if isinstance(token, str) and isinstance(lasts_s, int):
        return Issued(SecretStr(token), clock.now() + timedelta(seconds=lasts_s))
    raise _refusal(answer)


def _refusal(answer: dict[str, object]) -> TargetRefused | TargetUnavailable:
    """Return what Entra's error means; of its words only the number is repeated."""
    number = _aadsts_number(answer)
    facts = {"aadsts": number} if number else {}
    shown = f" (AADSTS{number})" if number else ""
    if number in _PASSING or answer["error"] in ("temporarily_unavailable", "server_error"):
        return TargetUnavailable(f"sign-in is busy{shown}", **facts)
    mend = _MEND.get(number, "check the app registration that SDS__CLIENT_ID names")
    return TargetRefused(f"sign-in was refused{shown}: {mend}", **facts)


def _aadsts_number(answer: dict[str, object]) -> int:
    """Return the number of Entra's error, from its list or out of its words; 0 if it has none."""
    codes = answer.get("error_codes")
    number = codes[0] if isinstance(codes, list) and codes else 0
    if isinstance(number, int) and 0 < number < 1_000_000_000:
        return number
    match = re.search(r"AADSTS([0-9]{4,9})", str(answer.get("error_description")))
    return int(match[1]) if match else 0


def _certificate(setting: SecretStr) -> dict[str, object]:
    blocks = {
        match["label"].removeprefix("RSA ").removeprefix("EC "): match[0]
        for match in reversed(list(_BLOCK.finditer(setting.get_secret_value())))
    }
    if {"CERTIFICATE", "PRIVATE KEY"} - set(blocks):
        raise TargetRefused(
            "SDS__CERTIFICATE must hold a certificate and its private key as PEM text (in Key"
            " Vault: content type application/x-pem-file)"
        )
    return {"private_key": blocks["PRIVATE KEY"], "public_certificate": blocks["CERTIFICATE"]}
