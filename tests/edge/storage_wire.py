"""The network under the storage SDK, as a test wants it: scripted, cut, or listened to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import HttpTransport, RequestsTransport
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

# An error may show the host of a setting where nobody answers, and nothing else of an address.
ACCOUNT_URL = "https://rosters.blob.core.example"
QUEUE_URL = "https://hosts.queue.core.example"
TOKEN = "canary-token"
CONTAINER = "canary-container"
GENUINE = {"x-ms-request-id": "11111111-2222-3333-4444-555555555555"}
PAGE = b"<html>canary-page</html>"

type Answer = Callable[[requests.PreparedRequest], requests.Response]


class Wire(HTTPAdapter):
    """Gives each request to *answer*, and keeps it. `real` sends one to where it wants to go."""

    def __init__(self, answer: Answer | None = None) -> None:
        super().__init__()
        self.answer = answer or self.real
        self.sent: list[requests.PreparedRequest] = []

    def real(self, request: requests.PreparedRequest) -> requests.Response:
        return super().send(request, timeout=30)

    def send(  # Any: the SDK's options for a connection, which nothing here needs
        self, request: requests.PreparedRequest, *_: Any, **__: Any
    ) -> requests.Response:
        self.sent.append(request)
        return self.answer(request)

    def transport(self) -> RequestsTransport:
        """Return what the SDK takes in place of the network."""
        session = requests.Session()
        session.mount("https://", self)
        session.mount("http://", self)
        return RequestsTransport(session=session, session_owner=False)


@pytest.fixture
def waits_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Keep how long the SDK wants to wait between tries, in seconds, and do not wait."""
    waits_s: list[float] = []
    monkeypatch.setattr(HttpTransport, "sleep", lambda _, duration: waits_s.append(duration))
    return waits_s


def answering(
    status: int,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    code: str = "",
    genuine: bool = True,
) -> Answer:
    """Answer every request alike.

    *code* is storage's own word for an error; an answer that is not *genuine* is somebody else's.
    """
    told = {"Content-Type": "application/xml", **(GENUINE if genuine else {}), **(headers or {})}
    if code:
        told["x-ms-error-code"] = code
        body = (
            f"<?xml version='1.0'?><Error><Code>{code}</Code>"
            "<Message>canary-message</Message></Error>"
        ).encode()

    def answer(request: requests.PreparedRequest) -> requests.Response:
        raw = HTTPResponse(
            body=BytesIO(body),
            headers=told,
            status=status,
            preload_content=False,
            decode_content=False,
        )
        return HTTPAdapter().build_response(request, raw)

    return answer


def failing(error: type[requests.RequestException]) -> Answer:
    """Break the connection of every request."""

    def answer(request: requests.PreparedRequest) -> requests.Response:
        raise error(f"canary-fault at {request.url}")

    return answer


class Credential:
    """An identity that always has a token."""

    def get_token(self, *_: str, **__: object) -> AccessToken:
        return AccessToken(TOKEN, 4_000_000_000)
