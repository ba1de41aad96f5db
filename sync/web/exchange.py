"""A request and a response, as the rest of the room knows them: the host's own types stay outside.

This module, `handlers` and what they import are loaded when the app starts; all else when a
function is first called. tests/test_cold_start.py holds that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"  # what a page sends
CSV = "text/csv"  # the worker adds the charset to a text
HTML = "text/html"

# On every response: none is kept by a browser or a proxy, and none is taken for a page.
HEADERS: Mapping[str, str] = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Request(Protocol):
    """What the app looks at in an HTTP request."""

    @property
    def method(self) -> str: ...

    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def params(self) -> Mapping[str, str]: ...
    @property
    def route_params(self) -> Mapping[str, str]: ...
    def get_body(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back to whoever asked.

    `digest` is what an answer to it has to say in `If-Match`, "" if it is nothing to answer. `more`
    are headers of this response alone.
    """

    status: int
    body: bytes
    content_type: str = JSON
    digest: str = ""
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        """The headers beside the type of the content."""
        tag = {"ETag": f'"{self.digest}"'} if self.digest else {}
        return {**HEADERS, **tag, **self.more}
