"""What things in storage are called: moments in names, ids of sets and deliveries, their folders.

profiles/<profile>/<stamp>-<digest8>/     a profile's sets
connectors/<folder>/<stamp>-<digest8>/    a connector's deliveries
schools/<school>/pulls/<stamp>/           a school's pulls
sweeps/<stamp>/                           when what is past its time was last looked for

A stamp has whole seconds, and what is newest is known by it. So the eight digits are of all that
the folder holds: two of one second are two folders, or hold the same bytes. And no stamp lies
before one that is there: a clock that once ran ahead must not hide what comes after it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_STAMP = "%Y%m%dT%H%M%SZ"


def stamp(moment: datetime) -> str:
    """Return *moment* as part of a blob's name: `20261121T220000Z`, which sorts by time."""
    return moment.astimezone(UTC).strftime(_STAMP)


def moment_of_stamp(text: str) -> datetime:
    """Return the moment that `stamp` wrote.

    Raises:
        ValueError: *text* is nothing that it writes.
    """
    # Ten times as fast as strptime, and every listing reads as many of these as there are folders.
    parsed = datetime.fromisoformat(text)
    if stamp(parsed) != text:
        raise ValueError("not a moment as `stamp` writes it")
    return parsed


def is_stamp(text: str) -> bool:
    """Say whether *text* is what `stamp` writes."""
    try:
        return bool(moment_of_stamp(text))
    except ValueError:
        return False


def set_id(moment: datetime, content: bytes) -> str:
    """Return the folder name of a set or delivery made at *moment*; *content* stands for it all."""
    return f"{stamp(moment)}-{hashlib.sha256(content).hexdigest()[:8]}"


def is_folder_id(text: str) -> bool:
    """Say whether *text* is the folder name of a set or delivery."""
    return _ID.fullmatch(text) is not None and is_stamp(text.partition("-")[0])


def pulled_at(folder_id: str) -> datetime:
    """Return the moment in the id of a set, delivery or pull."""
    return moment_of_stamp(folder_id.partition("-")[0])


def after(now: datetime, folder_ids: Iterable[str]) -> datetime:
    """Return a moment that names what is newer than all *folder_ids*: now, or a second after."""
    last = max(map(pulled_at, folder_ids), default=None)
    return now if last is None or stamp(now) > stamp(last) else last + timedelta(seconds=1)


SWEEPS = "sweeps/"
"""Where each look for what is past its time leaves its mark."""


def profile_folder(profile: str) -> str:
    """Return where a profile's sets are."""
    return f"profiles/{profile}/"


def connector_folder(connector: str) -> str:
    """Return where a connector's deliveries are.

    A connector's name may hold anything, so the folder is its letters and digits and, to tell
    similar names apart, eight digits of its hash.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", connector.lower()).strip("-")[:40] or "connector"
    return f"connectors/{slug}-{hashlib.sha256(connector.encode()).hexdigest()[:8]}/"


def pulls_folder(school: str) -> str:
    """Return where a school's pulls are."""
    return f"schools/{school}/pulls/"
