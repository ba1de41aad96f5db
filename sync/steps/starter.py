"""What a person gives SDS by hand where its wizard wants files before it goes on.

No guard sees such an upload, and SDS takes it for the whole truth. So once a delivery of the
connector was accepted it is exactly those files: headers alone would empty a live school.

See docs/reference/sds.md#wizard-files, docs/reference/sds.md#whole-truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sync.edge.world import World
from sync.errors import AnswerRefused, StoreConflict, StoreMissing, concerning
from sync.ledger import holdings
from sync.ledger.marks import Accepted
from sync.sds import rules
from sync.sds.tables import COURSES, SESSIONS, Row, columns
from sync.settings import Settings
from sync.steps.connector import Listing, look
from sync.steps.delivery import Delivery


class Starter(NamedTuple):
    """Files by name, and the delivery that they were; None where nothing was accepted yet."""

    files: Mapping[str, bytes]
    delivery: str | None


def starter(world: World, connector: str) -> Starter:
    """Return the files for SDS's wizard.

    While nothing of *connector* was ever accepted: its schools' rows, and the headers of all files
    that will be sent. Then the files of the last delivery that was accepted.

    Raises:
        AnswerRefused: SDS may hold what nobody can give again, or a former delivery is on its way.
    """
    with concerning(connector=connector):
        listing = look(world, connector)
        last = _last_accepted(listing)
        if listing.pause and (last is None or last.id != listing.pause.delivery):
            raise AnswerRefused(
                "this connector is paused, and the former delivery was not accepted yet: wait for"
                " it, as `isams-sync status` shows, then ask again"
            )
        if last:
            return Starter(_files_of(last), last.id)
        if listing.may_hold():
            raise AnswerRefused(
                "something was handed over to SDS that it has not accepted yet, and headers alone"
                " would empty what it may hold: wait until `isams-sync status` says accepted, then"
                " ask again"
            )
        return Starter(first_files(world.settings, connector), None)


def _last_accepted(listing: Listing) -> Delivery | None:
    handed = holdings.by_moment(listing.deliveries, listing.claims)
    accepted = [delivery for _, delivery in handed if delivery.has(Accepted)]
    return accepted[-1] if accepted else None


def _files_of(delivery: Delivery) -> Mapping[str, bytes]:
    try:
        return delivery.files()
    except (StoreMissing, StoreConflict):
        raise AnswerRefused(
            "files of the last delivery that SDS accepted are gone or damaged, and headers alone"
            " would empty the school: let a delivery be accepted first, then ask again",
            delivery=delivery.id,
        ) from None


def first_files(settings: Settings, connector: str) -> Mapping[str, bytes]:
    """Return the files of nobody: a row for each school of *connector*, and headers."""
    keys = settings.connectors()[connector]
    profiles = [settings.profiles[key] for key in keys]
    asked = {SESSIONS: any(p.sessions for p in profiles), COURSES: any(p.courses for p in profiles)}
    schools = {settings.school_of(key) for key in keys}
    rows: dict[str, Iterable[Row]] = dict.fromkeys(columns([n for n in asked if asked[n]]), ())
    rows["orgs.csv"] = sorted(
        (settings.schools[key].id, settings.schools[key].name, "school") for key in schools
    )
    return rules.files(rows, set())
