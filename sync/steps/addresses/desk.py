"""What writing touches outside, and the plans of a school as they are kept."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sync.edge.clock import Clock
from sync.edge.isams.records import ReadableRecords
from sync.edge.isams.writing import WritableRecords
from sync.edge.storage.store import Store
from sync.errors import AddressRefused, ConfigError, StoreMissing
from sync.isams.addresses.kinds import PeopleKind
from sync.ledger.address_plans import (
    AddressPlan,
    Learnt,
    PlanFolder,
    Planned,
    learnt_folder,
    plans,
    plans_folder,
    school_of,
)
from sync.ledger.record import NamedRecord
from sync.settings import Settings

_NAP_S = 1.0  # of a wait, before it is looked whether somebody wants to stop

NOT_BUILT = (
    "Nothing else is ever written: no subjects and no buildings, which REST can make and never"
    " delete; no rooms, sets, members of sets or timetables, which nobody is known to write by"
    " REST. iSAMS's own import takes what `isams-sync datasets` writes."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Where the plans of a school are kept. `caller` is who types, `by` this process."""

    school: str
    store: Store
    caller: str = ""
    by: str = field(default_factory=lambda: uuid.uuid4().hex)

    def learnt(self) -> Learnt | None:
        """Return what was learnt last of the school's Swagger, None if nothing was."""
        blobs = self.store.blobs(learnt_folder(self.school))
        if not blobs:
            return None
        name = blobs[-1].name
        return Learnt.from_json(name, self.store.read(name))

    def plans(self) -> Sequence[PlanFolder]:
        """Return all plans of the school, oldest first."""
        listed = self.store.listed(plans_folder(self.school))
        return plans(self.school, listed.blobs, listed.at)

    def read[R: NamedRecord](self, plan: PlanFolder, kind: type[R], number: int | str = "") -> R:
        """Return a record of *plan*; raise `StoreMissing` if it is not there any more."""
        name = plan.path(kind.name_for(number))
        return kind.from_json(name, self.store.read(name))

    def keep(self, plan: PlanFolder, record: NamedRecord, number: int | str = "") -> bool:
        """Write a record of *plan*; False if one of another run's is there."""
        return self.store.claim(plan.path(record.name_for(number)), record.to_json())

    def drop(self, plan: PlanFolder, kind: type[NamedRecord], number: int) -> None:
        """Delete what names a person, as soon as it is of no more use."""
        self.store.delete(plan.path(kind.name_for(number)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk(Shelf):
    """The outside of a school whose addresses are written.

    `reading` reads records by the client that reads the school, `writing` by that which may write.
    `stops` says whether somebody wants to stop, `tell` hears how far it is.
    """

    clock: Clock
    reading: ReadableRecords
    writing: WritableRecords
    stops: Callable[[], bool] = lambda: False
    tell: Callable[[str], None] = lambda _: None

    def nap(self, seconds: float) -> bool:
        """Wait; return whether somebody wanted to stop meanwhile, and then it is over sooner."""
        while seconds > 0:
            if self.stops():
                return True
            self.clock.sleep(min(seconds, _NAP_S))
            seconds -= _NAP_S
        return self.stops()


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """A plan with all that was planned."""

    folder: PlanFolder
    planned: Planned
    content: AddressPlan

    @property
    def id(self) -> str:
        return self.folder.id

    @property
    def kind(self) -> PeopleKind:
        return PeopleKind(self.planned.kind)

    @property
    def digits(self) -> str:
        """What is typed to say that this is what was meant."""
        return self.planned.digest[:8]


def school_in(plan_id: str) -> str:
    """Return the school of the plan that was typed; raise if it is no id of a plan."""
    found = school_of(plan_id)
    if found is None:
        raise AddressRefused(
            f"{plan_id!r} is no id of a plan: expected one as `isams-sync addresses plan` showed"
            " it, such as northbank-3"
        )
    return found[0]


def find_plan(desk: Shelf, plan_id: str) -> PlanFolder:
    """Return the plan of that id, as it stands now.

    Raises:
        AddressRefused: there is none of this school.
    """
    found = school_of(plan_id)
    if found and found[0] == desk.school:
        for plan in desk.plans():
            if plan.number == found[1]:
                return plan
    raise AddressRefused(f"there is no plan {plan_id} of {desk.school}", school=desk.school)


def open_plan(desk: Shelf, plan_id: str) -> OpenPlan:
    """Return the plan of that id with what was planned.

    Raises:
        AddressRefused: there is none, or what it named is gone: a plan lasts seven days.
    """
    folder = find_plan(desk, plan_id)
    try:
        return OpenPlan(folder, desk.read(folder, Planned), desk.read(folder, AddressPlan))
    except StoreMissing:
        raise AddressRefused(
            f"what {plan_id} planned is gone, as is all that names people after seven days: make"
            " another plan, or mend the record on iSAMS's own screens",
            school=desk.school,
        ) from None


def demand_ready(settings: Settings, school: str, *, writes: bool = True) -> None:
    """Raise if this machine's settings do not allow to write the addresses of *school*.

    Marks must outlive this machine: else a record in doubt is forgotten with a folder. And two
    clients must see each record, or nobody would know what rights hide.

    Raises:
        ConfigError: which setting is missing, and why it must be there.
    """
    place, faults = settings.schools[school], []
    name = f"SCHOOLS__{school.upper()}__"
    if settings.storage.folder is not None:
        faults.append(
            "STORAGE__FOLDER: what was written is not kept in a folder of this machine: set"
            " STORAGE__ACCOUNT_URL to the app's own storage"
        )
    if writes and place.isams_api != "rest":
        faults.append(
            f"{name}ISAMS_API: expected rest: the client that reads must see each record as well,"
            " to know what the rights of the one that writes hide"
        )
    if writes and not place.write_client_id:
        faults.append(
            f"{name}WRITE_CLIENT_ID and {name}WRITE_CLIENT_SECRET: are not set: set them in the"
            " environment of this machine, for as long as you write"
        )
    if faults:
        raise ConfigError("\n".join(faults), faults=len(faults))
