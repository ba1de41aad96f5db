"""An answer of iSAMS as it comes over the wire, within a budget whatever the sender does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import httpx

from sync.edge.certificate import not_valid, validities
from sync.edge.clock import Budget
from sync.edge.http import pieces
from sync.edge.unreachable import Peer
from sync.errors import (
    SourceError,
    SourceMalformed,
    SourceRefused,
    SourceUnavailable,
    SourceUnreachable,
)

ISAMS = Peer[SourceError](
    "iSAMS",
    "ISAMS_HOST",
    SourceUnavailable,
    SourceUnreachable,
    SourceRefused,
    own_authority=". If it is the school's own authority, put its certificate into ISAMS_CA",
)

_OF_TIME = frozenset({"expired", "not-yet"})


def unreached(
    error: httpx.HTTPError, url: str, authority: str | None, now: datetime, *, answered: bool
) -> SourceError:
    """Return what *error* means for a request to *url*, as `Peer.fault` does.

    TLS tells that a certificate's time is over, and not whose: the server's, or that of the
    school's own *authority*, which stands in the settings as PEM text. So that is looked at.
    """
    ours = ISAMS.fault(error, url, answered=answered)
    if authority is None or ours.facts["cause"] not in _OF_TIME:
        return ours
    those = validities(authority, now)
    out = not_valid(those, now)
    if not out:
        return ours
    told = f"a certificate of the school's authority in ISAMS_CA {out[-1]}"
    if len(out) < len(those):
        return SourceRefused(f"{ours}; or it is the authority's: {told}", **ours.facts)
    at = f"{ours.facts['host']}:{ours.facts['port']}"
    ended = SourceUnreachable(
        f"iSAMS: {at} cannot be trusted, since {told}: put the one that is valid now there; if it"
        " is there, this machine's clock is wrong"
    )
    ended.facts.update(ours.facts, cause="authority-out-of-term")
    return ended


def body_pieces(answer: httpx.Response, budget: Budget) -> Iterator[bytes]:
    """Yield the body as it was sent, never beyond the budget, and to its announced length.

    Raises:
        SourceUnavailable: the body ended before its announced length. Errors of httpx pass.
    """
    seen_bytes = 0
    for piece in pieces(answer, budget, raw=True):
        seen_bytes += len(piece)
        yield piece
    announced = answer.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) != seen_bytes:
        raise SourceUnavailable("iSAMS's answer broke off", seen_bytes=seen_bytes)


def uncompressed(answer: httpx.Response, budget: Budget) -> Iterator[bytes]:
    """Yield the body as `body_pieces`; raise if it is compressed.

    Nothing is unpacked here, so that a cap in bytes is a cap on what was sent.

    Raises:
        SourceMalformed: it is compressed, though we asked for it plain.
    """
    if answer.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise SourceMalformed("iSAMS's answer is compressed, though we asked for it plain")
    return body_pieces(answer, budget)


def opening(answer: httpx.Response, budget: Budget, *, limit_bytes: int) -> bytes:
    """Return the first *limit_bytes* of a short answer, or all of it; raises as `body_pieces`."""
    body = bytearray()
    for piece in body_pieces(answer, budget):
        body += piece
        if len(body) >= limit_bytes:
            break
    return bytes(body[:limit_bytes])
