"""The course of a night: the steps of a reading and of the delivery that it came into, by id.

Counts, moments, ids and codes: nobody's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sync.edge.world import World
from sync.errors import AnswerRefused, RequestRefused, StoreConflict, StoreMissing
from sync.ledger import fates, ids, states
from sync.ledger.fates import Fate
from sync.ledger.manifests import DeliveryManifest, SetManifest
from sync.ledger.marks import (
    Asked,
    AttemptBegun,
    AttemptFailed,
    Failed,
    Fault,
    Hold,
    Plan,
    Pulled,
    Receipt,
    Submitted,
)
from sync.ledger.record import NamedRecord
from sync.ledger.states import State
from sync.steps.connector import Listing, find
from sync.steps.delivery import Delivery, Pull, StoredFolder, list_pulls

_NEVER = datetime.min.replace(tzinfo=UTC)

FEW = 3
"""Of a delivery with more schools their readings are not told: each has its own."""


@dataclass(frozen=True, slots=True)
class ReadingCourse:
    """A pull of a school: its marks, as far as they can be read. `attempts` is how many began."""

    school: str
    pull: Pull
    attempts: int
    asked: Asked | None
    pulled: Pulled | None
    error: Fault | None


@dataclass(frozen=True, slots=True)
class SentCourse:
    """A delivery: its state and its marks, as far as there are any."""

    connector: str
    delivery: Delivery
    state: State
    fate: Fate | None
    manifest: DeliveryManifest | None
    plan: Plan | None
    hold: Hold | None
    receipt: Receipt | None
    error: Fault | None


@dataclass(frozen=True, slots=True)
class NightCourse:
    """What an id stands for: readings, newest first; the delivery, if any; `version` of the app."""

    id: str
    readings: Sequence[ReadingCourse]
    sent: SentCourse | None
    version: str = ""
    sets: Sequence[str] = field(default_factory=tuple)


def course(world: World, course_id: str, school: str = "") -> NightCourse:
    """Return the course of the pull or the delivery of that id; of a pull of *school*, if known.

    Raises:
        RequestRefused: there is none, or what was written about it is past its time.
    """
    if ids.is_stamp(course_id):
        known = world.settings.schools
        for key in [school] if school in known else sorted(known):
            for pull in list_pulls(world.store, key):
                if pull.id == course_id:
                    return NightCourse(course_id, [_reading(key, pull)], None)
    else:
        with suppress(AnswerRefused):  # it speaks to whoever answers
            return _of_delivery(world, *find(world, course_id))
    raise RequestRefused(
        "there is no reading and no delivery of this id, or it is past its time. Go to Home, whose"
        " squares lead to those there are",
        status=404,
    )


def _of_delivery(world: World, listing: Listing, delivery: Delivery) -> NightCourse:
    state = next(state for each, state in listing.states if each.id == delivery.id)
    sources = delivery.sources() or {}
    return NightCourse(
        id=delivery.id,
        readings=_readings(world, sources),
        sent=_sent(listing, delivery, state),
        version=next(filter(None, (_version(world, *each) for each in sources.items())), ""),
        sets=sorted(sources.values()),
    )


def _readings(world: World, sources: Mapping[str, str]) -> list[ReadingCourse]:
    """Return the reading of each school that the newest of its sets in *sources* came from.

    It is asked for before iSAMS is asked, which is the moment of a set.
    """
    newest = dict[str, datetime]()
    for profile, set_id in sources.items():
        if profile in world.settings.profiles:
            school = world.settings.school_of(profile)
            newest[school] = max(ids.pulled_at(set_id), newest.get(school, _NEVER))
    readings = list[ReadingCourse]()
    for school, moment in sorted(newest.items()) if len(newest) <= FEW else ():
        pulls = list_pulls(world.store, school)
        before = [pull for pull in pulls if ids.pulled_at(pull.id) <= moment]
        readings += [_reading(school, pull) for pull in before[-1:]]
    return readings


def _reading(school: str, pull: Pull) -> ReadingCourse:
    attempts = pull.numbers(AttemptFailed)
    error: Fault | None = _or_none(pull, Failed)
    if error is None and attempts and not pull.has(Pulled):
        error = _or_none(pull, AttemptFailed, attempts[-1])
    return ReadingCourse(
        school,
        pull,
        len(pull.numbers(AttemptBegun)) or states.attempts(pull),
        _or_none(pull, Asked),
        _or_none(pull, Pulled),
        error,
    )


def _sent(listing: Listing, delivery: Delivery, state: State) -> SentCourse:
    receipt = _or_none(delivery, Receipt)
    handed = delivery.has(Submitted) or receipt is not None
    return SentCourse(
        connector=listing.connector,
        delivery=delivery,
        state=state,
        fate=fates.fate_of(delivery, receipt) if handed else None,
        manifest=_or_none(delivery, DeliveryManifest),
        plan=_or_none(delivery, Plan),
        hold=_or_none(delivery, Hold),
        receipt=receipt,
        error=_or_none(delivery, Failed),
    )


def _or_none[N: NamedRecord](folder: StoredFolder, kind: type[N], key: int | str = "") -> N | None:
    """Read a mark that was listed; None where nobody can: the others are told all the same."""
    try:
        return folder.read_if_listed(kind, key)
    except (StoreMissing, StoreConflict):
        return None


def _version(world: World, profile: str, set_id: str) -> str:
    folder = StoredFolder(set_id, {}, world.store, ids.profile_folder(profile))
    try:
        return folder.read(SetManifest).code_version
    except (StoreMissing, StoreConflict):
        return ""
