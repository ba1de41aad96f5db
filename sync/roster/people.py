"""Pupils and staff as users of SDS: who can be held there, by what id, and who is wanted.

Pure. Somebody whom SDS could not hold, or who would land on the wrong person, is left out with a
finding that says what to mend.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field

from sync.errors import ConfigError
from sync.isams.school import Employee, Pupil, School
from sync.roster import identifiers
from sync.roster.findings import Finding, Found
from sync.roster.grades import grade
from sync.roster.model import User
from sync.settings import ProfileSettings, SchoolSettings

OWNERS_LIMIT = 100  # of a Team's group: sds.md section 2.3
EXTRA_LIMIT = 50  # which leaves room for the set's own


@dataclass(slots=True)
class People:
    """The people of one build, each judged once; `found` is what was found on the way."""

    school: School
    place: SchoolSettings
    profile: ProfileSettings
    found: list[Found] = field(default_factory=list)
    _pupils: dict[str, User | None] = field(default_factory=dict)
    _staff: dict[str, User | None] = field(default_factory=dict)
    _services: dict[str, User] = field(default_factory=dict)
    _addresses: Counter[str] = field(default_factory=Counter)
    _clashing: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        people: tuple[Iterable[Pupil | Employee], ...] = (
            self.school.pupils.values(),
            self.school.employees.values(),
        )
        self._addresses.update(one.email.strip().lower() for group in people for one in group)
        if self.profile.id_style == "legacy":
            self._clashing = frozenset(self.school.pupils.keys() & self.school.employees.keys())

    # -- one person --------------------------------------------------------------------------

    def pupil(self, own: str) -> User | None:
        """Return a current pupil as a user, None if SDS cannot hold them; judged once."""
        if own not in self._pupils:
            one = self.school.pupils[own]
            self._pupils[own] = self._user(
                one,
                f"Pupil {own}",
                (Finding.PUPIL_WITHOUT_EMAIL, Finding.PUPIL_BAD_EMAIL),
                grade(one.year, self.profile.grades),
            )
        return self._pupils[own]

    def pupils(self, ids: Iterable[str]) -> list[User]:
        """Return those of *ids* whom SDS can hold. Most were judged before: look there."""
        judged = self._pupils
        return [user for own in ids if (user := judged.get(own) or self.pupil(own))]

    def employee(self, own: str) -> User | None:
        """Return a member of staff as a user, None if SDS cannot hold them; judged once."""
        if own not in self._staff:
            self._staff[own] = self._user(
                self.school.employees[own],
                f"StaffMember {own}",
                (Finding.STAFF_WITHOUT_EMAIL, Finding.STAFF_BAD_EMAIL),
            )
        return self._staff[own]

    def _user(
        self,
        person: Pupil | Employee,
        record: str,
        faults: tuple[Finding, Finding],
        grade_code: str = "",
    ) -> User | None:
        name = _called(person)
        address = identifiers.address(person.email)
        if not person.email:
            fault = faults[0]
        elif address is None:
            fault = faults[1]
        elif self._addresses[address] > 1:
            fault = Finding.EMAIL_USED_TWICE
        elif person.id in self._clashing:
            fault = Finding.ID_USED_TWICE
        elif not identifiers.usable_id(person.id):
            fault = Finding.ID_UNUSABLE
        else:
            given, family = self._names(person, record, name)
            pupil = isinstance(person, Pupil)
            return User(
                self._person_id("P" if pupil else "T", person.id),
                address,
                "student" if pupil else "teacher",
                grade_code,
                given,
                family,
            )
        shared = address or "" if fault is Finding.EMAIL_USED_TWICE else ""
        self.found.append(Found(fault, record, name, shared))  # by which the others are found
        return None

    def _person_id(self, space: identifiers.Space, own: str) -> str:
        if self.profile.id_style == "legacy":
            return own
        return identifiers.person_id(self.place.id, space, own)

    def _names(self, person: Pupil | Employee, record: str, name: str) -> tuple[str, str]:
        if not self.profile.names:
            return "", ""
        given, family = (
            identifiers.person_name(person.forename),
            identifiers.person_name(person.surname),
        )
        if given and family:
            return given, family
        self.found.append(Found(Finding.NAME_UNUSABLE, record, name))
        return "", ""

    # -- extra teachers ----------------------------------------------------------------------

    def extra_teachers(self) -> tuple[str, ...]:
        """Return the user ids of everyone who teaches every class of the profile, sorted.

        Raises:
            ConfigError: they are more than a Team can have owners.
        """
        extra = tuple(sorted(self._extra_teachers()))
        if len(extra) > EXTRA_LIMIT:
            raise ConfigError(
                "EXTRA_TEACHERS matches too many people: each would own every Team, and a Team"
                f" takes {OWNERS_LIMIT} owners. Narrow the pattern",
                matches=len(extra),
                limit=EXTRA_LIMIT,
            )
        return extra

    def _extra_teachers(self) -> Iterator[str]:
        for pattern in self.profile.extra_teachers:
            matches = identifiers.matching(pattern, self.school.employees.values())
            address = identifiers.address(pattern)
            if not matches and address and self._addresses[address] == 0:
                yield self._service_account(address)
            elif not matches:
                self.found.append(Found(Finding.EXTRA_TEACHER_UNKNOWN, "EXTRA_TEACHERS", pattern))
            yield from (user.id for own in matches if (user := self.employee(own)))

    def _service_account(self, address: str) -> str:
        legacy = self.profile.id_style == "legacy"
        own = address if legacy else identifiers.service_account_id(self.place.id, address)
        self._services[own] = User(own, address, "teacher")
        return own

    # -- everyone ----------------------------------------------------------------------------

    def users(self, in_classes: Set[str]) -> Iterator[User]:
        """Yield whom SDS shall hold: the profile's years, STAFF, and the users *in_classes*."""
        wanted = {*in_classes, *self._covered_pupils(), *self._wanted_staff()}
        judged = (*self._pupils.values(), *self._staff.values())
        yield from (user for user in judged if user and user.id in wanted)
        yield from self._services.values()

    def _wanted_staff(self) -> Iterator[str]:
        """Yield the user ids of the staff that STAFF asks for, in a class or not."""
        for own, one in self.school.employees.items():
            asked = one.teaches if self.profile.staff == "teaching" else self.profile.staff == "all"
            if asked and (user := self.employee(own)):
                yield user.id

    def _covered_pupils(self) -> Iterator[str]:
        """Yield the user ids of the pupils of the profile's years; note those of no year."""
        for own, pupil in self.school.pupils.items():
            if pupil.year is None:
                fault = Finding.PUPIL_WITHOUT_YEAR
                self.found.append(Found(fault, f"Pupil {own}", _called(pupil)))
            elif pupil.year in self.profile.year_groups and (user := self.pupil(own)):
                yield user.id


def _called(one: Pupil | Employee) -> str:
    return f"{one.forename} {one.surname}".strip()
