"""State is which names exist: pure functions from a listing to what was done and what is next.

Nothing here is remembered between invocations, and nothing is ever overwritten, so any step may
be lost, doubled or late.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sync.ledger import ids
from sync.ledger.folders import Folder, Listed, folders
from sync.ledger.manifests import DeliveryManifest, SetManifest
from sync.ledger.marks import (
    Accepted,
    Approved,
    AttemptBegun,
    AttemptFailed,
    Beat,
    Failed,
    Hold,
    Plan,
    Pulled,
    Receipt,
    Rejected,
    Submitted,
    Swept,
    Unchanged,
    Unproven,
)
from sync.ledger.record import Mark, NamedRecord

APPROVAL_LASTS = timedelta(hours=24)
DATA_LASTS = timedelta(hours=48)
"""Nothing older is sent: by then a person should have looked."""

# SDS takes six uploads with a run a day, and five starts in 12 h: two a day are left for a person
# in the portal. docs/reference/sds.md#run-limit
SUBMISSIONS_A_DAY = 4

SUBMISSIONS_EACH = 3
"""The answer to `validate` can be lost, so a delivery may go twice, at most three times."""

# docs/reference/functions.md#function-timeout
FUNCTION_TIMEOUT_S = 300  # functionTimeout in host.json; a test holds the two together
STEP_S = 110.0
"""All that a step asks of SDS; sign-in and a slow store may add to it, to 200 s."""

CLAIM_LASTS = timedelta(seconds=2 * FUNCTION_TIMEOUT_S)
ATTEMPT_LASTS = CLAIM_LASTS
BEAT_S = 20.0
BEAT_LASTS = timedelta(seconds=80)
"""A reading says every `BEAT_S` that it lives: after so long without a word its process is gone."""

STANDSTILL = CLAIM_LASTS
"""Only after this does a tick nudge, but for a killed pull: the step's nudge is under way."""


def is_stale(at: datetime, now: datetime) -> bool:
    """Say whether what was read *at* is too old to be sent; or dated by a clock that ran ahead."""
    return abs(now - at) > DATA_LASTS


class State(StrEnum):
    """How far a delivery has come."""

    UNSEALED = "unsealed"  # no manifest: it does not exist yet
    UNCHANGED = "unchanged"  # the same as what SDS last accepted: nothing to send
    SEALED = "sealed"  # to be compared with what SDS last accepted
    HELD = "held"  # waits for a person
    READY = "ready"  # may be sent
    EXPIRED = "expired"  # approved, but not sent within 24 h
    REJECTED = "rejected"  # a person said no
    SUPERSEDED = "superseded"  # a newer delivery exists
    SWEPT = "swept"  # its files are past their time: it cannot be sent any more
    SUBMITTED = "submitted"  # SDS has it and checks it
    UNPROVEN = "unproven"  # SDS has it, and nobody could tell us what came of its check
    ACCEPTED = "accepted"  # SDS took it; its run is awaited
    DONE = "done"  # there is a receipt
    FAILED = "failed"  # it cannot be sent: somebody must act, and the next pull makes another


LISTED_BY: tuple[type[Mark], ...] = (DeliveryManifest, Unchanged, Failed, Submitted, Accepted)
"""While any of these stands, a delivery exists: SDS may hold one whose manifest is lost."""


def sealed_sets(prefix: str, blobs: Iterable[Listed]) -> list[Folder]:
    """Return a profile's sealed sets that still have their files, oldest first.

    Two of the same second go by when their manifests were written.
    """
    return [folder for folder in all_sets(prefix, blobs) if not folder.has(Swept)]


def all_sets(prefix: str, blobs: Iterable[Listed]) -> list[Folder]:
    """Return the sets of `sealed_sets`, and those of which only the manifest is left."""
    sets = [
        folder
        for folder in folders(prefix, blobs)
        if ids.is_folder_id(folder.id) and folder.has(SetManifest)
    ]
    return sorted(sets, key=lambda folder: _order(folder, SetManifest))


def deliveries(prefix: str, blobs: Iterable[Listed]) -> list[Folder]:
    """Return a connector's sealed, unchanged or failed deliveries, oldest first.

    Two of the same moment go by when their manifests were written.
    """
    exist = [
        folder
        for folder in folders(prefix, blobs)
        if ids.is_folder_id(folder.id) and any(folder.has(mark) for mark in LISTED_BY)
    ]
    return sorted(exist, key=lambda folder: _order(folder, *LISTED_BY))


def _order(folder: Folder, *listed_by: type[NamedRecord]) -> tuple[datetime, datetime, str]:
    """Return where a set or delivery stands: its files before the manifest do not count."""
    came_at = min(at for mark in listed_by if (at := folder.when(mark)))
    return ids.pulled_at(folder.id), came_at, folder.id


_REACHED: tuple[tuple[type[Mark], State], ...] = (
    (Receipt, State.DONE),
    (Accepted, State.ACCEPTED),
    (Unproven, State.UNPROVEN),
    (Submitted, State.SUBMITTED),
    (Rejected, State.REJECTED),
    (Unchanged, State.UNCHANGED),
    (Failed, State.FAILED),
)
"""What a mark says whatever else there is, the strongest first."""


def state(delivery: Folder, *, newest: bool, now: datetime) -> State:
    """Return the state of a delivery; *now* is storage's clock."""
    for mark, reached in _REACHED:
        if delivery.has(mark):
            return reached
    if not delivery.has(DeliveryManifest):
        return State.UNSEALED
    if delivery.has(Swept):
        return State.SWEPT
    if not newest:
        return State.SUPERSEDED
    if not delivery.has(Plan):  # the plan comes after the hold: without it nothing is decided
        return State.SEALED
    if approved_at := delivery.when(Approved):
        return State.EXPIRED if now - approved_at > APPROVAL_LASTS else State.READY
    return State.HELD if delivery.has(Hold) else State.READY


def states[F: Folder](
    listed: Sequence[F], now: datetime, only: str | None = None
) -> list[tuple[F, State]]:
    """Return every delivery with its state, oldest first.

    With *only*, no delivery but that of this id may be sent: it counts as the newest.
    """
    ordered = sorted(listed, key=lambda delivery: delivery.id == only) if only else list(listed)
    newest = only or (ordered[-1].id if ordered else "")
    return [
        (delivery, state(delivery, newest=delivery.id == newest, now=now)) for delivery in ordered
    ]


def cleared[F: Folder](listed: Sequence[F]) -> list[F]:
    """Return what was cleared for sending: whether it has reached SDS is not always known."""
    return [
        delivery
        for delivery in listed
        if delivery.has(Plan)
        and (delivery.has(DeliveryManifest) or delivery.has(Submitted) or delivery.has(Accepted))
        and (delivery.has(Approved) or not delivery.has(Hold))
    ]


# -- pulls -------------------------------------------------------------------------------------


def pulls(school: str, blobs: Iterable[Listed]) -> list[Folder]:
    """Return the pulls of *school*, oldest first; a stray blob is none."""
    return [
        folder for folder in folders(ids.pulls_folder(school), blobs) if ids.is_stamp(folder.id)
    ]


def last_sealed[F: Folder](listed: Sequence[F]) -> F | None:
    """Return the pull, of those of a school, that sealed its newest sets."""
    sealed = [pull for pull in listed if pull.has(Pulled)]
    return max(sealed, key=lambda pull: pull.made_at[Pulled.file_name], default=None)


def last_read(listed: Sequence[Folder]) -> datetime | None:
    """Return when the newest set of a school was sealed; None if none ever was."""
    last = last_sealed(listed)
    return last.when(Pulled) if last else None


def attempts(pull: Folder) -> int:
    """Return how often a pull was begun."""
    return len(pull.numbers(AttemptBegun))


def pull_is_over(pull: Folder) -> bool:
    """Say whether a pull has ended, well or badly."""
    return pull.has(Pulled) or pull.has(Failed)


def pull_is_running(pull: Folder, now: datetime) -> bool:
    """Say whether an attempt may still be at work: see `pull_is_free_at`."""
    free_at = pull_is_free_at(pull)
    return free_at is not None and now < free_at


def pull_was_killed(pull: Folder, now: datetime) -> bool:
    """Say whether the last attempt at *pull* must be dead: see `pull_is_free_at`."""
    free_at = pull_is_free_at(pull)
    return free_at is not None and free_at <= now


def pull_is_free_at(pull: Folder) -> datetime | None:
    """Return when the last attempt at *pull* must be dead if it says nothing more.

    None if there is no attempt that has not ended.
    """
    at_work = {n for n in pull.numbers(AttemptBegun) if not pull.has(AttemptFailed, n)}
    if pull_is_over(pull) or not at_work:
        return None
    begun = [pull.made_at[AttemptBegun.name_for(number)] for number in at_work]
    beats = [
        pull.made_at[Beat.name_for(number)]
        for number in pull.numbers(Beat)
        if number // Beat.BEATS in at_work
    ]
    return max(begun + beats) + BEAT_LASTS


def is_forgotten(folder: Folder, now: datetime) -> bool:
    """Say whether nothing has been added to *folder* for so long that its nudge must be lost."""
    return now - folder.last_made_at > STANDSTILL
