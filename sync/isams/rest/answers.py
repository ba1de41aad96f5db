"""What a REST answer says: an object with rows, or a message in place of them.

A message is free text of the vendor's: it is looked at, never repeated.
"""

from __future__ import annotations

from collections.abc import Mapping

from sync import jsontext
from sync.errors import (
    SourceError,
    SourceIncomplete,
    SourceMalformed,
    SourceRefused,
    SourceUnavailable,
)
from sync.isams import xmltext
from sync.isams.datasets import Dataset
from sync.isams.error_document import tells_of_busy_database
from sync.isams.rest import endpoints
from sync.isams.rest.endpoints import CLIENT_SCREEN, Endpoint
from sync.isams.rest.fields import names

LIMIT_BYTES = 64 * 1024 * 1024  # a page of 1,000 students is some 3 MB

_OK = 200
# Not known from iSAMS: the usual words: docs/reference/isams.md#rest-throttle
_BUSY = ("too many requests", "throttl", "rate limit", "try again", "rerun")
# The status that comes with it is not known: docs/reference/isams.md#rest-message
_UNAUTHORISED = ("not authorised", "not authorized")

type Answer = Mapping[str, object]


def read_object(body: bytes, endpoint: Endpoint, status: int = _OK) -> Answer:
    """Return the object in *body*, which came with *status*.

    Raises:
        SourceMalformed: not JSON, or not an object.
        SourceRefused, SourceUnavailable: cut short, a message, a web page or a bad status.
    """
    parsed = jsontext.parse(body)
    if isinstance(parsed, dict):
        message = next((v for k, v in parsed.items() if k.lower() == "message"), None)
        if isinstance(message, str) and (status != _OK or endpoint.key not in parsed):
            raise _meaning(message, endpoint, status)
    if status != _OK:
        raise bad_status(endpoint, status)
    if isinstance(parsed, dict):
        return parsed
    raise _no_object(body, endpoint)


def _no_object(body: bytes, endpoint: Endpoint) -> SourceError:
    if body.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        return xmltext.web_page()
    facts: dict[str, int | str] = {"place": endpoint.name, "size_bytes": len(body)}
    if jsontext.is_cut(body):
        return SourceUnavailable(
            "iSAMS's answer broke off before its end", retry_after_s=None, **facts
        )
    return SourceMalformed("iSAMS's answer is not a JSON object", **facts)


def rows_of(answer: Answer, endpoint: Endpoint) -> list[object] | None:
    """Return the rows of *answer*; None if they are null.

    Raises:
        SourceMalformed: there are none, or they are no list.
    """
    if endpoint.key not in answer:
        raise SourceMalformed(
            f"iSAMS's answer has no {endpoint.key}: seen were {', '.join(names(answer)) or 'none'}",
            place=endpoint.name,
        )
    rows = answer[endpoint.key]
    if rows is not None and not isinstance(rows, list):
        raise SourceMalformed(f"iSAMS's {endpoint.key} are no list", place=endpoint.name)
    return rows


def bad_status(endpoint: Endpoint, status: int) -> SourceError:
    """Return what a bad *status* means where no message explains it."""
    if status in {408, 429} or status >= 500:
        return SourceUnavailable("iSAMS is busy or away", place=endpoint.name, status=status)
    if status == 401:
        return SourceRefused(
            "iSAMS refuses the REST client: check ISAMS_CLIENT_ID and ISAMS_CLIENT_SECRET, and"
            f" that the client is active in {CLIENT_SCREEN}",
            status=status,
        )
    if status == 403:
        return _not_allowed(endpoint, status)
    if status == 404 and endpoint is endpoints.FORMS:
        return SourceRefused(
            "this iSAMS tells no forms by REST, at least not where we look for them: set"
            " ISAMS_API=batch to have them, and please send us what `isams-sync check` shows",
            place=endpoint.name,
            status=status,
        )
    if status == 404 and "{" in endpoint.path:
        return SourceMalformed(
            f"iSAMS lists a record and has no {endpoint.key} for it",
            place=endpoint.name,
            status=status,
        )
    if 300 <= status < 500:
        return SourceRefused(
            "no iSAMS REST API answers there: check that ISAMS_HOST is the host of iSAMS, without"
            " a path",
            place=endpoint.name,
            status=status,
        )
    return SourceMalformed("iSAMS answers in a way that we do not know", status=status)


def no_api(status: int) -> SourceRefused:
    """Return the error for a host that gives the first collection under none of `BASES`.

    It names no place: whatever is asked for there, it is the host that is told.
    """
    return SourceRefused(
        f"no iSAMS REST API answers there, neither under {' nor under '.join(endpoints.BASES)}:"
        " check that ISAMS_HOST is the host of iSAMS, without a path",
        status=status,
    )


def _not_allowed(endpoint: Endpoint, status: int) -> SourceRefused:
    """Return the error for a module that the client may not read."""
    return SourceRefused(
        f"this client may not read everything: give it *read* on {endpoint.module} in"
        f" {CLIENT_SCREEN}",
        status=status,
        module=endpoint.module,
    )


def empty(endpoint: Endpoint, dataset: Dataset | None = None) -> SourceIncomplete:
    """Return the error for a collection without rows, or without those of *dataset*."""
    what = (dataset or endpoint.datasets[0]).ui_name
    return SourceIncomplete(
        f"{what} is empty in iSAMS's answer: see that the client may read {endpoint.module} in"
        f" {CLIENT_SCREEN}, and that no filter empties it",
        place=endpoint.name,
        module=endpoint.module,
    )


def _meaning(message: str, endpoint: Endpoint, status: int) -> SourceError:
    text = message.lower()
    if any(sign in text for sign in _UNAUTHORISED):
        return _not_allowed(endpoint, status)
    if any(sign in text for sign in _BUSY) or tells_of_busy_database(text):
        return SourceUnavailable("iSAMS is busy or away", place=endpoint.name, status=status)
    if status == _OK:
        return SourceMalformed(
            "iSAMS answers with a message that we do not know", place=endpoint.name, status=status
        )
    return bad_status(endpoint, status)
