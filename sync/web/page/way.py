"""The way of the night: five steps, from iSAMS to SDS's own run, and how far it came. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from sync.ledger import ids
from sync.ledger.fates import Fate
from sync.ledger.offers import BECAUSE, Why
from sync.ledger.states import State
from sync.steps.status_values import DeliveryStatus, SchoolState, SchoolStatus, SetStatus
from sync.steps.told.counts import numbers
from sync.steps.told.states import BECAME
from sync.web.page import tags
from sync.web.page.morning import Morning
from sync.web.page.tags import Kind
from sync.web.page.words import counted, duration


class WayStep(NamedTuple):
    """A step of the night, of five."""

    state: Kind
    name: str
    told: str
    at: datetime | None = None
    took: str = ""


def way(morning: Morning) -> Iterator[WayStep]:
    """Yield the five steps of the last night of a school, those that are still to come as well."""
    shown, connector = morning.shown, morning.connector
    yield _reading(morning)
    yield _building(morning)
    yield _comparing(shown)
    if connector and connector.deliveries and shown and shown.state in {"delivered", "next"}:
        yield from _of_delivery(connector.deliveries[0])
    else:
        yield _send("none", "After your answer" if _is_held(shown) else _AFTER)
        yield _LATER


def _is_held(shown: SchoolStatus | None) -> bool:
    return shown is not None and shown.state == "held"


# -- here ------------------------------------------------------------------------------------------

_SOURCES = ("Pupil", "StaffMember", "Set")


def _reading(morning: Morning) -> WayStep:
    name, pull = "Read iSAMS", morning.pull
    if pull is None:
        return WayStep("none", name, "Never yet")
    at = ids.moment_of_stamp(pull.id)
    if pull.state == "failed":
        return WayStep("failed", name, "It did not give us the school", at)
    if pull.state != "sealed":
        told = "It is being read" if pull.state == "running" else "It will be tried again"
        return WayStep("waiting", name, told, at)
    took = duration(pull.sealed.at - at) if pull.sealed else ""
    return WayStep("well", name, f"{numbers(_read(morning.sets))}: whole", at, took)


def _read(sets: Mapping[str, SetStatus | None]) -> Mapping[str, int]:
    """Return how many records of each of `_SOURCES` iSAMS gave, as the first set has noted it."""
    source = next((newest.manifest.source for newest in sets.values() if newest), {})
    return {key: source[key] for key in _SOURCES if key in source}


def _building(morning: Morning) -> WayStep:
    name, pull = "Build the files", morning.pull
    if pull is None or pull.state != "sealed":
        return WayStep("none", name, "After a whole reading")
    at = pull.sealed.at if pull.sealed else None
    if pull.sealed and pull.sealed.faults:
        return WayStep("failed", name, f"{', '.join(pull.sealed.faults)} could not be built", at)
    return WayStep("well", name, _built(morning.sets), at)


def _built(sets: Mapping[str, SetStatus | None]) -> str:
    manifests = {profile: newest.manifest for profile, newest in sets.items() if newest}
    left = sum(sum(manifest.findings.values()) for manifest in manifests.values())
    return f"{' and '.join(manifests)}; {numbers({'findings': left}) if left else 'no findings'}"


_COMPARED: Mapping[SchoolState, tuple[Kind, str]] = {
    "waiting": ("none", "After the files"),
    "rejected": ("held", "A person said no"),
    "delivered": ("well", "SDS may have it"),
    "next": ("waiting", "It is compared next"),
}


def _comparing(shown: SchoolStatus | None) -> WayStep:
    name, state = "Compare", shown.state if shown else "waiting"
    if state in _COMPARED:
        kind, told = _COMPARED[state]
        return WayStep(kind, name, told)
    if shown and state == "held":
        return WayStep("held", name, _met(shown))
    because = BECAUSE[Why(shown.why)].capitalize() if shown and shown.why else "It waits"
    return WayStep("waiting", name, because)


def _met(shown: SchoolStatus) -> str:
    met = len(shown.hold.excesses) if shown.hold else 0
    return counted(met, "limit is met", "limits are met") if met else "Waits for you"


# -- at SDS ----------------------------------------------------------------------------------------


def _send(state: Kind, told: str) -> WayStep:
    return WayStep(state, "Send to SDS", told)


def _run(state: Kind, told: str, at: datetime | None = None) -> WayStep:
    return WayStep(state, "SDS\N{RIGHT SINGLE QUOTATION MARK}s own run", told, at)


_AFTER = "After it is compared"
_LATER = _run("none", "About an hour later")
_NOT_SENT = {Fate.REFUSED, Fate.INCOMPLETE, Fate.NO_ANSWER, Fate.GAVE_UP, Fate.LOST, Fate.UNPROVEN}


def _of_delivery(delivery: DeliveryStatus) -> tuple[WayStep, WayStep]:
    """Return how *delivery* was sent, and what SDS's run made of it."""
    match delivery.state:
        case State.UNCHANGED:
            return _send("same", "Unchanged: nothing to send"), _run("same", "Not needed")
        case State.FAILED:
            return _send("failed", delivery.error.message if delivery.error else "Failed"), _LATER
        case State.SUBMITTED:
            return _send("waiting", "SDS checks the files"), _LATER
        case State.UNPROVEN | State.ACCEPTED | State.DONE:
            return _handed_over(delivery)
        case _:
            return _send("none", _AFTER), _LATER


def _handed_over(delivery: DeliveryStatus) -> tuple[WayStep, WayStep]:
    fate = delivery.became.fate if delivery.became else Fate.LOST
    tag = tags.of_fate(fate)
    told = f"{tag.word}: {BECAME.get(fate, '')}"
    if fate in _NOT_SENT:
        return _send(tag.state, told), _run("none", "After SDS has the files")
    at = delivery.receipt.at if delivery.receipt else None
    awaited = "It is awaited" if fate is Fate.ACCEPTED else told
    return _send("well", "SDS took the files"), _run(tag.state, awaited, at)
