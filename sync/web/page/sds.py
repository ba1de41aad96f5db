"""SDS: what was sent to each connector, what SDS reported, and what a check saw. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sync.ledger import ids
from sync.ledger.states import State
from sync.steps.checked import CheckRow, Examination
from sync.steps.status_values import ConnectorStatus, DeliveryStatus, Status
from sync.steps.told.states import BECAME
from sync.web.page import tags
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


class ConnectorShown(NamedTuple):
    """A connector. `run` tells of SDS's own run, `checks` what the last check saw."""

    name: str
    profiles: Sequence[str]
    deliveries: Sequence[Delivered]
    compared: Sequence[Compared]
    errors: Sequence[tuple[str, str]]
    of: str
    ended_at: datetime | None
    run: str
    restorable: int
    checks: Sequence[CheckRow]


class Sds(NamedTuple):
    """All connectors, and when everything was last checked."""

    connectors: Sequence[ConnectorShown]
    checked_at: datetime | None


def connectors(status: Status, checked: Examination | None) -> Sds:
    """Return what was sent to each connector, and what came of it."""
    made = [_connector(name, each, checked) for name, each in status.connectors.items()]
    return Sds(made, checked.at if checked else None)


def _connector(
    name: str, connector: ConnectorStatus, checked: Examination | None
) -> ConnectorShown:
    ended = next((each for each in connector.deliveries if each.receipt), None)
    receipt = ended.receipt if ended else None
    return ConnectorShown(
        name=name,
        profiles=connector.profiles,
        deliveries=[_delivered(each) for each in connector.deliveries],
        compared=_compared(ended) if ended else [],
        errors=[(kind, f"{count:,}") for kind, count in _problems(ended)],
        of=ended.id if ended else "",
        ended_at=receipt.at if receipt else None,
        run=_run(receipt.run) if receipt else "",
        restorable=len(connector.restorable),
        checks=[row for row in checked.rows if _is_about(row, connector)] if checked else [],
    )


_OF_ALL = {"last run of SDS", "sign-in to Microsoft Graph"}


def _is_about(row: CheckRow, connector: ConnectorStatus) -> bool:
    profiles = ", ".join(connector.profiles)
    return row.name.endswith(profiles) or row.name in _OF_ALL


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


def _compared(ended: DeliveryStatus) -> list[Compared]:
    sent = ended.manifest.counts if ended.manifest else {}
    told = ended.receipt.counts if ended.receipt else {}
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


def _problems(ended: DeliveryStatus | None) -> Iterator[tuple[str, int]]:
    counts = ended.receipt.counts if ended and ended.receipt else {}
    for key, kind in _PROBLEMS.items():
        if key in counts:
            yield kind, counts[key]


def _run(run: Mapping[str, str]) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in run.items() if value)
