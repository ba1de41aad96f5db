"""What runs leave in Entra: a group for each class, with owners and members (reference §12).

SDS works from its last sync: what a run has that the run before had not comes, what it has no more
goes, and what people do by hand stays. Each kind of thing takes its time to arrive.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from simulators.sds import runs
from simulators.sds.knobs import EducationKnobs, ExternalId
from simulators.sds.store import Store
from simulators.sds.tenant import Run, Tenant


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody of Entra. *mail* None: they have none."""

    user_name: str
    mail: str | None = None
    enabled: bool = True

    @property
    def id(self) -> str:
        known_by = (self.user_name or str(self.mail)).lower()
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"account/{known_by}"))


@dataclass(slots=True)
class Classroom:
    """A class as Graph knows it; *people* says of each account whether it is an owner."""

    id: str
    name: str
    external_id: str | None
    nickname: str
    hidden: bool = False
    people: dict[Account, bool] = field(default_factory=dict)


class Place(NamedTuple):
    """A place in a class that a run has: of which account, and whether as a teacher."""

    class_id: str
    user_id: str
    account: Account
    teaches: bool


class _Synced(NamedTuple):
    classes: frozenset[str] = frozenset()
    places: frozenset[Place] = frozenset()


type _Change = Callable[[], None]


@dataclass(kw_only=True, repr=False, eq=False)
class Classrooms:
    """The classes of a tenant, as of the moment of the last `catch_up`.

    *accounts* are those whose user name or mail is not what was sent, by what was sent;
    *others* are classes of other sources, which no run touches.
    """

    tenant: Tenant
    accounts: dict[str, Account] = field(default_factory=dict)
    others: list[Classroom] = field(default_factory=list)
    _living: dict[str, Classroom] = field(init=False, default_factory=dict)
    _ended: list[Classroom] = field(init=False, default_factory=list)
    _synced: dict[str, _Synced] = field(init=False, default_factory=dict)
    _read: set[str] = field(init=False, default_factory=set)
    _pending: list[tuple[datetime, int, _Change]] = field(init=False, default_factory=list)

    @property
    def knobs(self) -> EducationKnobs:
        return self.tenant.education_knobs

    def all(self) -> list[Classroom]:
        """Return every class, in the order of Graph's ids."""
        self.catch_up()
        listed = (*self._living.values(), *self._ended, *self.others)
        return sorted(listed, key=lambda each: each.id)

    def of(self, class_id: str) -> Classroom:
        """Return the living class of that source id, for hands to change."""
        self.catch_up()
        return self._living[class_id]

    def account_of(self, username: str) -> Account | None:
        """Return who has that address; None if nobody has."""
        if held := self.accounts.get(username.lower()):
            return held
        people = self.tenant.people
        known = people == "all" or username.lower() in {name.lower() for name in people}
        return Account(username, username) if known else None

    # -- by hand

    def delete(self, class_id: str) -> None:
        """Let somebody delete a class for good."""
        self.catch_up()
        del self._living[class_id]

    def end(self, class_id: str) -> None:
        """Let somebody end a class, though its source has it yet."""
        self.catch_up()
        self._ended.append(_as_ended(self._living.pop(class_id), "0926"))

    def forget_ended(self) -> None:
        """Let somebody delete for good whatever has ended."""
        self.catch_up()
        self._ended.clear()

    def end_twin(self, class_id: str) -> Classroom:
        """Let a class of the same id have been there, and ended."""
        twin = _as_ended(self.twin(class_id, living=False), "0726")
        self._ended.append(twin)
        return twin

    def twin(self, class_id: str, *, living: bool = True) -> Classroom:
        """Let there be a second class of the same id."""
        first = self.of(class_id)
        twin = Classroom(
            id=_graph_id(f"twin/{class_id}"),
            name=first.name,
            external_id=first.external_id,
            nickname=first.nickname,
            people=dict(first.people),
        )
        if living:
            self.others.append(twin)
        return twin

    # -- by runs

    def catch_up(self) -> None:
        """Let arrive what was due by now, of every run that has ended."""
        runs.catch_up(self.tenant)
        for run in self.tenant.runs:
            if run.status != "running" and run.id not in self._read:
                self._read.add(run.id)
                self._read_run(run)
        now = self.tenant.clock()
        self._pending.sort(key=lambda change: change[:2])
        while self._pending and self._pending[0][0] <= now:
            self._pending.pop(0)[2]()

    def _read_run(self, run: Run) -> None:
        for activity in run.activities:
            if activity.store.groups.active or activity.store.groups.inactive:
                self._sync(activity.flow.connector_id, activity.store, run.ends or run.started)

    def _sync(self, connector_id: str, store: Store, ended: datetime) -> None:
        before = self._synced.get(connector_id, _Synced())
        now = _Synced(store.groups.active, frozenset(self._places(store)))
        self._synced[connector_id] = now
        for class_id in sorted(now.classes - before.classes):
            self._later(ended, self.knobs.class_delay_s, self._made(class_id, store))
        for place in sorted(now.places - before.places, key=_order):
            knobs = self.knobs
            delay_s = knobs.teacher_delay_s if place.teaches else knobs.pupil_delay_s
            self._later(ended, max(delay_s, knobs.class_delay_s), self._joined(place))
        for place in sorted(before.places - now.places, key=_order):
            self._later(ended, self.knobs.removal_delay_s, self._left(place))
        for class_id in sorted(before.classes - now.classes):
            self._later(ended, self.knobs.removal_delay_s, self._gone(class_id, ended))

    def _places(self, store: Store) -> Iterator[Place]:
        for class_id, user_id, role in store.memberships.active:
            account = self.account_of(store.user_names[user_id])
            if account:
                yield Place(class_id, user_id, account, role == "teacher")

    def _later(self, moment: datetime, delay_s: float, change: _Change) -> None:
        due = moment + timedelta(seconds=delay_s)
        self._pending.append((due, len(self._pending), change))

    def _made(self, class_id: str, store: Store) -> _Change:
        def change() -> None:
            if class_id not in self._living:
                self._living[class_id] = Classroom(
                    id=_graph_id(class_id),
                    name=store.titles[class_id],
                    external_id=_external_id(class_id, self.knobs.external_id),
                    nickname=f"Section_{class_id}",
                )

        return change

    def _joined(self, place: Place) -> _Change:
        def change() -> None:
            if place.class_id in self._living:
                self._living[place.class_id].people[place.account] = place.teaches

        return change

    def _left(self, place: Place) -> _Change:
        def change() -> None:
            if place.class_id in self._living:
                self._living[place.class_id].people.pop(place.account, None)

        return change

    def _gone(self, class_id: str, ended: datetime) -> _Change:
        def change() -> None:
            if class_id in self._living:
                self._ended.append(_as_ended(self._living.pop(class_id), f"{ended:%m%y}"))

        return change


def _order(place: Place) -> tuple[str, str]:
    return place.class_id, place.user_id


def _graph_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"class/{name}"))


def _external_id(class_id: str, form: ExternalId) -> str | None:
    if form is ExternalId.ABSENT:
        return None
    return f"Section_{class_id}" if form is ExternalId.PREFIXED else class_id


def _as_ended(room: Classroom, month: str) -> Classroom:
    room.nickname = f"Exp{month}_{room.nickname}"
    if room.external_id and room.external_id.startswith("Section_"):
        room.external_id = f"Exp{month}_{room.external_id}"
    room.name = f"Exp{month}_{room.name}"
    return room


def accounts_in(rooms: Iterable[Classroom]) -> set[Account]:
    """Return everybody who is in any of *rooms*."""
    return {account for room in rooms for account in room.people}
