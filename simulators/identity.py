"""A managed identity, as an app on Azure finds it: an endpoint that hands out tokens.

App Service and Functions set `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`; azure-identity asks
there with the header, the version of that interface and a resource; an identity that somebody
made is named by its client id, the app's own is not (Microsoft: *managed identities for App
Service*, REST endpoint reference; 400 for what it does not know: not tried live).

The tokens here are unsigned: good for Azurite and for our own simulators, which look at the
claims, and for nothing else.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

TENANT = "11111111-2222-3333-4444-555555555555"
LIFETIME_S = 3600
API_VERSION = "2019-08-01"


@dataclass(frozen=True, slots=True)
class Identity:
    """The two settings that azure-identity reads, and the resources asked for, in order."""

    settings: dict[str, str]
    asked: list[str] = field(default_factory=list)


@contextmanager
def serve(client_id: str | None = None) -> Generator[Identity]:
    """Hand out tokens on loopback until the block ends; the settings are not set here.

    *client_id* is that of the one identity the app has, None: its own, which has none to give.
    """
    header, asked = secrets.token_hex(16), list[str]()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(header, client_id, asked))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}/msi/token"
    try:
        yield Identity({"IDENTITY_ENDPOINT": endpoint, "IDENTITY_HEADER": header}, asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def token(resource: str, now: datetime) -> str:
    """Return an unsigned JWT for *resource* with the claims that Azurite checks."""
    issued = int(now.timestamp())
    claims = {
        "aud": resource,
        "iss": f"https://sts.windows.net/{TENANT}/",
        "tid": TENANT,
        "oid": str(uuid.UUID(int=1)),
        "iat": issued,
        "nbf": issued - 60,
        "exp": issued + LIFETIME_S,
    }
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."


def _why_not(query: dict[str, str], client_id: str | None) -> str | None:
    if query.get("api-version") != API_VERSION:
        return "The api-version is missing or not supported"
    if query.get("client_id") != client_id:
        return "No User Assigned or Delegated Managed Identity found for specified ClientId"
    return None if query.get("resource") else "The resource is missing"


def _part(content: dict[str, object] | dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def _handler(header: str, client_id: str | None, asked: list[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = dict(parse_qsl(urlsplit(self.path).query))
            if self.headers.get("X-IDENTITY-HEADER") != header:
                self._answer(401, {"error": "unauthorized"})
                return
            if reason := _why_not(query, client_id):
                self._answer(400, {"statusCode": "400", "message": reason})
                return
            resource = query["resource"]
            asked.append(resource)
            now = datetime.now(UTC)
            answer = {
                "access_token": token(resource, now),
                "expires_on": str(int(now.timestamp()) + LIFETIME_S),
                "resource": resource,
                "token_type": "Bearer",
            }
            self._answer(200, answer)

        def _answer(self, status: int, content: dict[str, str]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing: the line would be on the terminal of whoever runs this."""

    return Handler
