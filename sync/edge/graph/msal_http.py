"""The HTTP client that msal is given: ours, and bound to a single token endpoint.

msal takes only https authorities and asks the network where the token endpoint is. Here it is given
`https://…` whatever the setting says, its questions are answered from what we know, and its posts
go to `SDS__LOGIN_URL` however that is written: `http://127.0.0.1:…` works, and no other host can be
reached.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from sync import jsontext
from sync.edge.clock import Budget, Clock
from sync.edge.http import make_client, pieces, request_timeout, retry_after_s
from sync.edge.unreachable import Peer
from sync.errors import (
    TargetError,
    TargetMalformed,
    TargetUnavailable,
    TargetUnreachable,
)

_SIGN_IN_S = 20.0  # all of it: it may come at the end of a step's budget
_ANSWER_BYTES = 1024 * 1024  # a token with hundreds of roles is some 20 kB
_LIFE = re.compile(r"[0-9]{1,9}")  # of a token, in seconds

_LOGIN = Peer[TargetError](
    "the sign-in",
    "SDS__LOGIN_URL, if it is set, and this machine's network",
    TargetUnavailable,
    TargetUnreachable,
    TargetUnreachable,
)


@dataclass(frozen=True, slots=True)
class MsalAnswer:
    """The three things that msal reads of an answer."""

    status_code: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


class MsalHttp:
    """What msal asks of an HTTP client, for the token endpoint of a tenant."""

    def __init__(
        self, login_url: str, tenant: str, clock: Clock, transport: httpx.BaseTransport | None
    ) -> None:
        self.authority = f"https://{urlsplit(login_url).netloc}/{tenant}"
        self.token_url = f"{login_url}/{tenant}/oauth2/v2.0/token"  # docs/reference/sds.md#token
        self._clock = clock
        self._client = make_client(base_url="", timeout_s=_SIGN_IN_S, transport=transport)

    def get(self, _url: str, **_: object) -> MsalAnswer:
        """Answer msal's discovery without asking anybody."""
        here = f"{self.authority}/oauth2/v2.0"
        known = {"authorization_endpoint": f"{here}/authorize", "token_endpoint": f"{here}/token"}
        return MsalAnswer(200, json.dumps(known))

    def post(
        self,
        _url: str,
        *,
        data: Mapping[str, str | bytes],
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> MsalAnswer:
        """Post the form to the token endpoint; return what of its answer we read.

        An outage raises here: msal would log such an answer, keep it, and give it again. So does
        what is no answer of a sign-in: msal would fail on it in ways that are nobody's.
        """
        # msal makes a signed assertion as bytes; httpx would send its `b'…'`.
        form = {key: v.decode() if isinstance(v, bytes) else v for key, v in data.items()}
        budget = Budget.of(self._clock, _SIGN_IN_S)
        timeout = request_timeout(_SIGN_IN_S, budget)
        try:
            with self._client.stream(
                "POST", self.token_url, data=form, headers=dict(headers or {}), timeout=timeout
            ) as answer:
                body = _body(answer, budget)
        except httpx.HTTPError as error:
            raise _LOGIN.fault(error, self.token_url) from None
        if answer.status_code in {408, 429} or answer.status_code >= 500:
            raise TargetUnavailable(
                "sign-in is busy",
                retry_after_s=retry_after_s(answer.headers, self._clock.now()),
                status=answer.status_code,
            )
        return MsalAnswer(answer.status_code, json.dumps(_readable(body, answer.status_code)))

    def close(self) -> None:
        self._client.close()


def _body(answer: httpx.Response, budget: Budget) -> bytes:
    body = bytearray()
    for piece in pieces(answer, budget):
        body += piece
        if len(body) > _ANSWER_BYTES:
            raise TargetMalformed("sign-in's answer is too large", limit_bytes=_ANSWER_BYTES)
    return bytes(body)


def _readable(body: bytes, status: int) -> dict[str, object]:
    """Return the token in *body* and its life in seconds, or the refusal: what of it we read.

    Raises:
        TargetMalformed: it is neither.
        TargetUnavailable: it broke off.
    """
    given = _object(body, status)
    token, life_s = given.get("access_token"), str(given.get("expires_in"))
    if isinstance(given.get("error"), str):
        return _refusal(given)
    if not _may_stand_in_a_header(token) or not _LIFE.fullmatch(life_s):
        raise TargetMalformed("sign-in answered without a token", status=status)
    return {"access_token": token, "expires_in": int(life_s), "token_type": "Bearer"}


def _object(body: bytes, status: int) -> Mapping[str, object]:
    given = jsontext.parse(body)
    if isinstance(given, dict):
        return given
    if status == 200 and jsontext.is_cut(body):
        raise TargetUnavailable("sign-in broke off before the end of its answer", status=status)
    raise TargetMalformed("sign-in did not answer in JSON", status=status)


def _refusal(given: Mapping[str, object]) -> dict[str, object]:
    codes, words = given.get("error_codes"), given.get("error_description")
    numbers = [code for code in codes if type(code) is int] if isinstance(codes, list) else []
    told = words if isinstance(words, str) else ""
    return {"error": given["error"], "error_codes": numbers, "error_description": told}


def _may_stand_in_a_header(token: object) -> bool:
    return isinstance(token, str) and token.isascii() and token.isprintable() and bool(token)
