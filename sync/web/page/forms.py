"""What a browser posts: read once, refused where it is no form of ours."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from sync.errors import RequestRefused
from sync.web.page.visit import PageRequest

LIMIT_BYTES = 64 * 1024
"""No form of ours is a tenth as large."""

_FIELDS_LIMIT = 100
_FORM = "application/x-www-form-urlencoded"


def form_of(asked: PageRequest) -> Mapping[str, str]:
    """Return the fields of the form that was posted, blanks taken off their ends.

    Raises:
        RequestRefused: it comes from another page, is too large, or is no form.
    """
    _demand_own(asked.headers)
    if len(asked.body) > LIMIT_BYTES:
        raise RequestRefused(
            "what was sent is larger than 64 kB, and no form of this page is. Nothing was done: go"
            " back and send less",
            status=413,
        )
    if asked.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise RequestRefused(
            "what was sent is no form of this page. Nothing was done: use the page's own buttons",
            status=415,
        )
    try:
        text = asked.body.decode("ascii")
        pairs = parse_qsl(
            text,
            keep_blank_values=True,
            strict_parsing=bool(text),
            errors="strict",
            max_num_fields=_FIELDS_LIMIT,
        )
    except ValueError:
        raise RequestRefused(
            "what was sent cannot be read as a form. Nothing was done: go back, reload the page and"
            " try again",
            status=400,
        ) from None
    return {name: value.strip() for name, value in pairs}


def _demand_own(headers: Mapping[str, str]) -> None:
    """Refuse what another site has a browser send: it would answer in the visitor's name.

    Every browser of these years says where a request that changes something comes from.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    is_own = (site or origin) and site in {None, "same-origin"} and _is_own(origin, headers)
    if not is_own:
        raise RequestRefused(
            "this was not sent by a page of this app, or the browser does not say so. Nothing was"
            " done: open the page itself, and use its own buttons",
            status=403,
        )


def _is_own(origin: str | None, headers: Mapping[str, str]) -> bool:
    host = headers.get("host", "").lower()
    return origin is None or origin.lower() in {f"https://{host}", f"http://{host}"}
