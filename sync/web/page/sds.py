"""SDS: what was sent to each connector, what SDS reported, and what a check saw. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sync.ledger import ids
from sync.ledger.marks import Receipt
from sync.ledger.states import State
from sync.steps.checked import CheckRow, Examination
from sync.steps.status_values import ConnectorStatus, DeliveryStatus, Status
from sync.steps.told.states import BECAME
from sync.web.page import tags
from sync.web.page.landed import LandedShown
from sync.web.page.tags import Tag
from sync.web.page.words import sentence


class Delivered(NamedTuple):
    """A delivery: when it was read, how it stands, and what that means."""

    id: str
    read_at: datetime
    tag: Tag
    told: str


class Compared(NamedTuple):
    """What was sent of a kind, and what SDS counted of it."""

    kind: str
    sent: int | None
    reported: int | None


class RunReported(NamedTuple):
    """What SDS's run reported of a delivery, beside what was sent; `problems` are told in words.

    `run` are the run's own words.
    """

    delivery: str
    ended_at: datetime
    compared: Sequence[Compared]
    problems: Sequence[tuple[str, str]]
    run: str


class ConnectorShown(NamedTuple):
    """A connector: what its newest ended run `reported`, if any did, and what the last check saw.

    `restorable` is how many deliveries could be sent again, that which SDS has among them.
    `landed` is what was read back, None where nothing is.
    """

    name: str
    profiles: Sequence[str]
    deliveries: Sequence[Delivered]
    reported: RunReported | None
    restorable: int
    checks: Sequence[CheckRow]
    landed: LandedShown | None


class Sds(NamedTuple):
    """All connectors, when everything was last checked, and what was seen then of the `setup`."""

    connectors: Sequence[ConnectorShown]
    checked_at: datetime | None
    setup: Sequence[CheckRow]


def connectors(
    status: Status, checked: Examination | None, landed: Mapping[str, LandedShown]
) -> Sds:
    """Return what was sent to each connector, and what came of it; *landed* by connector."""
    made = [
        _connector(name, each, checked, landed.get(name))
        for name, each in status.connectors.items()
    ]
    rows = checked.rows if checked else ()
    setup = [row for row in rows if row.name.startswith(_SETUP)]
    return Sds(made, checked.at if checked else None, setup)


def _connector(
    name: str,
    connector: ConnectorStatus,
    checked: Examination | None,
    landed: LandedShown | None,
) -> ConnectorShown:
    reported = (_reported(each, each.receipt) for each in connector.deliveries if each.receipt)
    return ConnectorShown(
        name=name,
        profiles=connector.profiles,
        deliveries=[_delivered(each) for each in connector.deliveries],
        reported=next(reported, None),
        restorable=len(connector.restorable),
        checks=[row for row in checked.rows if _is_about(row, connector)] if checked else [],
        landed=landed,
    )


# What the doctor calls its rows: sync/steps/doctor. A test holds both together.
_OF_ALL = {"last run of SDS", "sign-in to Microsoft Graph"}
_SETUP = "set-up of SDS"


def _is_about(row: CheckRow, connector: ConnectorStatus) -> bool:
    own = f"SDS connector of {', '.join(connector.profiles)}:"
    return row.name.startswith(own) or row.name in _OF_ALL


def _delivered(delivery: DeliveryStatus) -> Delivered:
    became, tag, told = delivery.became, tags.OF_DELIVERY[delivery.state], ""
    if became and not became.repeats and delivery.state is not State.UNCHANGED:
        tag = tags.of_fate(became.fate)
        told = sentence(BECAME.get(became.fate, ""))
    elif delivery.error:
        told = sentence(delivery.error.message)
    return Delivered(delivery.id, ids.pulled_at(delivery.id), tag, told)


# What we count, and what SDS's run calls the same: docs/reference/sds.md#statistics.
_REPORTED: Mapping[str, tuple[str, str]] = {
    "orgs": ("Schools", "organizations"),
    "users": ("People", "people"),
    "classes": ("Classes", "groups"),
    "enrollments": ("Enrolments", "memberships"),
}


def _compared(sent: Mapping[str, int], told: Mapping[str, int]) -> list[Compared]:
    rows = [
        Compared(kind, sent.get(ours), told.get(theirs))
        for ours, (kind, theirs) in _REPORTED.items()
    ]
    return [row for row in rows if row.sent is not None or row.reported is not None]


_PROBLEMS = {
    "matched": "People with an account",
    "unmatched": "People without an account yet",
    "errors": "Errors",
    "warnings": "Warnings",
}


def _reported(ended: DeliveryStatus, receipt: Receipt) -> RunReported:
    told, run = receipt.counts, receipt.run.items()
    return RunReported(
        delivery=ended.id,
        ended_at=receipt.at,
        compared=_compared(ended.manifest.counts if ended.manifest else {}, told),
        problems=[(kind, f"{told[key]:,}") for key, kind in _PROBLEMS.items() if key in told],
        run=", ".join(f"{key.replace('_', ' ')} {value}" for key, value in run if value),
    )
