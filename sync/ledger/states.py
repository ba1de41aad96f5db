"""State is which names exist: pure functions from a listing to what was done and what is next.

Nothing here is remembered between invocations, and nothing is ever overwritten, so any step may
be lost, doubled or late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sync.ledger import ids, manifests
from sync.ledger.ids import is_stamp

APPROVAL_LASTS = timedelta(hours=24)
DATA_LASTS = timedelta(hours=48)
"""Nothing older is sent: by then a person should have looked."""

SUBMISSIONS_A_DAY = 4
"""SDS takes six uploads a day with a run, five starts in 12 h (sds.md section 4.7)."""

SUBMISSIONS_EACH = 3
"""The answer to `validate` can be lost, so one delivery may go twice, at most three times."""

FUNCTION_TIMEOUT_S = 300  # functionTimeout in host.json; a test holds the two together
STEP_S = 110.0
"""All that one step asks of SDS; sign-in and a slow store may add to it, to 200 s."""

CLAIM_LASTS = timedelta(seconds=2 * FUNCTION_TIMEOUT_S)
ATTEMPT_LASTS = CLAIM_LASTS
STANDSTILL = CLAIM_LASTS
"""Only after this does a tick nudge: until then a step's own nudge is under way."""

ATTEMPTS = 5
"""How often one pull is tried before it is called failed."""


class Seen(Protocol):
    """A listed blob: its whole name, and when storage made it, by storage's own clock."""

    @property
    def name(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...


class State(StrEnum):
    """How far a delivery has come."""

    UNSEALED = "unsealed"  # no manifest: it does not exist yet
    UNCHANGED = "unchanged"  # the same as what SDS last accepted: nothing to send
    SEALED = "sealed"  # to be compared with what SDS last accepted
    HELD = "held"  # waits for a person
    READY = "ready"  # may be sent
    EXPIRED = "expired"  # approved, but not sent within 24 h
    REJECTED = "rejected"  # a person said no
    SUPERSEDED = "superseded"  # a newer one exists
    SWEPT = "swept"  # its files are past their time: it cannot be sent any more
    SUBMITTED = "submitted"  # SDS has it and checks it
    UNPROVEN = "unproven"  # SDS has it, and nobody could tell us what came of its check
    ACCEPTED = "accepted"  # SDS took it; its run is awaited
    DONE = "done"  # there is a receipt
    FAILED = "failed"  # it cannot be sent: somebody must act, and the next pull makes another


# The names of a delivery's marks, in `connectors/<folder>/<id>/`.
UNCHANGED, PLAN, HELD = "unchanged.json", "plan.json", "held.json"
AGAINST = "against.json"  # beside the plan: the deliveries that this one was compared with
APPROVED, REJECTED = "approved.json", "rejected.json"
SUBMITTED, ACCEPTED, RUN_ASKED, RECEIPT = (
    "submitted.json",
    "accepted.json",
    "run-asked.json",
    "receipt.json",
)
UNPROVEN = "unproven.json"  # no answer in time: the connector goes on without one
VOUCHED = "vouched.json"  # a person has seen in SDS that it holds this delivery
FAILED = "failed.json"  # of a delivery or of a pull
SWEPT = "swept.json"  # its files are past their time: some or all of them are gone

LISTED_BY = (manifests.MANIFEST, UNCHANGED, FAILED)
"""While one of these stands, a delivery exists."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A set, delivery or pull: the names in it, and when each was made."""

    id: str
    made_at: Mapping[str, datetime]

    def has(self, name: str) -> bool:
        """Say whether the folder holds *name*."""
        return name in self.made_at


def folders(prefix: str, blobs: Iterable[Seen]) -> list[Folder]:
    """Return the folders directly under *prefix*, oldest first by name."""
    found: dict[str, dict[str, datetime]] = {}
    for blob in blobs:
        folder, slash, name = blob.name.removeprefix(prefix).partition("/")
        if slash:
            found.setdefault(folder, {})[name] = blob.created_at
    return [Folder(own, found[own]) for own in sorted(found)]


def sets(profile: str, blobs: Iterable[Seen]) -> list[Folder]:
    """Return a profile's sealed sets that still have their files, oldest first."""
    listed = folders(ids.profile_folder(profile), blobs)
    whole = [one for one in listed if one.has(manifests.MANIFEST) and not one.has(SWEPT)]
    return [one for one in whole if ids.is_id(one.id)]


def deliveries(prefix: str, blobs: Iterable[Seen]) -> list[Folder]:
    """Return a connector's sealed, unchanged or failed deliveries, oldest first.

    Two of one moment go by when their manifests were written.
    """
    exist = [
        one
        for one in folders(prefix, blobs)
        if ids.is_id(one.id) and not one.made_at.keys().isdisjoint(LISTED_BY)
    ]
    return sorted(exist, key=lambda one: (ids.pulled_at(one.id), _came_at(one), one.id))


def _came_at(one: Folder) -> datetime:
    """Return when a delivery came to be: its files before the manifest do not count."""
    return min(one.made_at[mark] for mark in LISTED_BY if one.has(mark))


def state(one: Folder, *, newest: bool, now: datetime) -> State:
    """Return the state of a delivery; *now* is storage's clock."""
    for mark, reached in (
        (RECEIPT, State.DONE),
        (ACCEPTED, State.ACCEPTED),
        (UNPROVEN, State.UNPROVEN),
        (SUBMITTED, State.SUBMITTED),
        (REJECTED, State.REJECTED),
        (UNCHANGED, State.UNCHANGED),
        (FAILED, State.FAILED),
    ):
        if one.has(mark):
            return reached
    if not one.has(manifests.MANIFEST):
        return State.UNSEALED
    if one.has(SWEPT):
        return State.SWEPT
    if not newest:
        return State.SUPERSEDED
    if not one.has(PLAN):  # the plan comes after the hold: without it nothing is decided
        return State.SEALED
    if one.has(APPROVED):
        expired = now - one.made_at[APPROVED] > APPROVAL_LASTS
        return State.EXPIRED if expired else State.READY
    return State.HELD if one.has(HELD) else State.READY


def states(
    listed: Sequence[Folder], now: datetime, only: str | None = None
) -> list[tuple[Folder, State]]:
    """Return every delivery with its state, oldest first.

    With *only*, no delivery but the one of that id may be sent: it counts as the newest.
    """
    ordered = sorted(listed, key=lambda one: one.id == only) if only else listed
    newest = only or (ordered[-1].id if ordered else "")
    return [(one, state(one, newest=one.id == newest, now=now)) for one in ordered]


def cleared(listed: Sequence[Folder]) -> list[Folder]:
    """Return what was cleared for sending: whether it has reached SDS is not always known."""
    sealed = [one for one in listed if one.has(PLAN) and one.has(manifests.MANIFEST)]
    return [one for one in sealed if one.has(APPROVED) or not one.has(HELD)]


# -- pulls -------------------------------------------------------------------------------------


def pulls(school: str, blobs: Iterable[Seen]) -> list[Folder]:
    """Return the pulls of *school*, oldest first; a stray blob is none."""
    listed = folders(ids.pulls_folder(school), blobs)
    return [one for one in listed if is_stamp(one.id)]


ASKED, SEALED = "asked.json", "sealed.json"


def last_sealed(listed: Sequence[Folder]) -> Folder | None:
    """Return the pull, of those of a school, that sealed its newest sets."""
    sealed = [one for one in listed if one.has(SEALED)]
    return max(sealed, key=lambda one: one.made_at[SEALED], default=None)


def last_read(listed: Sequence[Folder]) -> datetime | None:
    """Return when the newest set of a school was sealed; None if none ever was."""
    last = last_sealed(listed)
    return last.made_at[SEALED] if last else None


def attempts(one: Folder) -> int:
    """Return how often a pull was begun."""
    return sum(name.startswith("tried-") for name in one.made_at)


def pull_is_over(one: Folder) -> bool:
    """Say whether a pull has ended, well or badly."""
    return one.has(SEALED) or one.has(FAILED)


def pull_is_running(one: Folder, now: datetime) -> bool:
    """Say whether an attempt may still be at work: begun, not given up, and young enough."""
    begun = [
        made
        for name, made in one.made_at.items()
        if name.startswith("tried-") and not one.has(name.replace("tried-", "ended-"))
    ]
    return not pull_is_over(one) and any(now - made < ATTEMPT_LASTS for made in begun)


def stands_still(one: Folder, now: datetime) -> bool:
    """Say whether nothing has been added to *one* for so long that its nudge must be lost."""
    return now - max(one.made_at.values()) > STANDSTILL
