"""Pupils and staff as users of SDS: who can be held there, by what id, and who shall be.

Pure. Somebody whom SDS could not hold, or who would land on the wrong person, is left out with a
finding that says what to mend.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field

from sync import texts
from sync.errors import ConfigError
from sync.isams.school import Employee, Pupil, School
from sync.roster import identifiers
from sync.roster.finding_codes import FindingCode
from sync.roster.findings import Finding
from sync.roster.grades import grade
from sync.roster.model import NamedPerson, User
from sync.roster.persons import Persons, Record, full_name, record_name
from sync.roster.team_limits import OWNERS_LIMIT
from sync.settings import ProfileSettings, SchoolSettings

EXTRA_LIMIT = 50  # which leaves room for the teachers of each set


@dataclass(slots=True)
class People:
    """The people of a profile's roster, each judged once; `findings` are those on the way."""

    persons: Persons
    school_settings: SchoolSettings
    profile: ProfileSettings
    findings: list[Finding] = field(default_factory=list)
    _pupils: dict[str, User | None] = field(default_factory=dict)
    _staff: dict[str, User | None] = field(default_factory=dict)
    _services: dict[str, User] = field(default_factory=dict)
    _clashing: Set[str] = frozenset()
    _alike: Set[str] = frozenset()

    def __post_init__(self) -> None:
        pupils, staff = self.school.pupils, self.school.employees
        if self.profile.id_style == "legacy":
            self._clashing = {identifiers.person_part(key) for key in pupils} & {
                identifiers.person_part(key) for key in staff
            }
        alike = (*_spelt_alike(pupils), *_spelt_alike(staff))
        self._alike = frozenset(map(record_name, alike))

    @property
    def school(self) -> School:
        """The school, with a single record of each person."""
        return self.persons.school

    # -- a person ----------------------------------------------------------------------------

    def pupil(self, pupil_id: str) -> User | None:
        """Return a current pupil as a user, None if SDS cannot hold them; judged once."""
        if pupil_id not in self._pupils:
            pupil = self.school.pupils[pupil_id]
            self._pupils[pupil_id] = self._user(
                pupil,
                (FindingCode.PUPIL_WITHOUT_EMAIL, FindingCode.PUPIL_BAD_EMAIL),
                grade(pupil.year, self.profile.grades),
            )
        return self._pupils[pupil_id]

    def pupils(self, ids: Iterable[str]) -> list[User]:
        """Return those of *ids* whom SDS can hold. Most were judged before: look there."""
        judged = self._pupils
        return [user for pid in ids if (user := judged.get(pid) or self.pupil(pid))]

    def employee(self, employee_id: str) -> User | None:
        """Return a member of staff as a user, None if SDS cannot hold them; judged once."""
        if employee_id not in self._staff:
            self._staff[employee_id] = self._user(
                self.school.employees[employee_id],
                (FindingCode.STAFF_WITHOUT_EMAIL, FindingCode.STAFF_BAD_EMAIL),
            )
        return self._staff[employee_id]

    def _user(
        self,
        person: Record,
        no_email_or_bad: tuple[FindingCode, FindingCode],
        grade_code: str = "",
    ) -> User | None:
        record, name = record_name(person), full_name(person)
        address = texts.address(person.email) or ""
        self.findings.extend(self.persons.shared.get(address, ()))
        if record in self.persons.without:
            return None
        if fault := self._fault(person, address, *no_email_or_bad):
            self.findings.append(Finding(fault, record, name))
            return None
        given, family = self._names(person, record, name)
        is_pupil = isinstance(person, Pupil)
        return User(
            self._person_id("P" if is_pupil else "T", person.id),
            address,
            "student" if is_pupil else "teacher",
            grade_code,
            given,
            family,
        )

    def _fault(
        self,
        person: Record,
        address: str,
        no_email: FindingCode,
        bad_email: FindingCode,
    ) -> FindingCode | None:
        """Return why SDS cannot hold *person*, None if it can."""
        if not person.email:
            return no_email
        if not address:
            return bad_email
        if identifiers.person_part(person.id) in self._clashing:
            return FindingCode.ID_USED_TWICE
        return FindingCode.ID_SPELT_ALIKE if record_name(person) in self._alike else None

    def _person_id(self, space: identifiers.Space, record_id: str) -> str:
        if self.profile.id_style == "legacy":
            return identifiers.person_part(record_id)
        return identifiers.person_id(self.school_settings.id, space, record_id)

    def _names(self, person: Record, record: str, name: str) -> tuple[str, str]:
        if not self.profile.names:
            return "", ""
        given = identifiers.person_name(person.forename)
        family = identifiers.person_name(person.surname)
        if given and family:
            return given, family
        is_single = not (person.forename.strip() and person.surname.strip()) and (given or family)
        code = FindingCode.SINGLE_NAME if is_single else FindingCode.NAME_UNUSABLE
        self.findings.append(Finding(code, record, name))
        return "", ""

    # -- extra teachers ----------------------------------------------------------------------

    def extra_teachers(self) -> tuple[str, ...]:
        """Return the user ids of everyone who teaches every class of the profile, sorted.

        Raises:
            ConfigError: they are more than a Team can have owners.
        """
        extra = tuple(sorted({*self._extra_teachers(), *self._service_accounts()}))
        if len(extra) > EXTRA_LIMIT:
            raise ConfigError(
                "EXTRA_TEACHERS and SERVICE_ACCOUNTS name too many: each would own every Team, and"
                f" a Team takes {OWNERS_LIMIT} owners. Narrow the patterns",
                matches=len(extra),
                limit=EXTRA_LIMIT,
            )
        return extra

    def _extra_teachers(self) -> Iterator[str]:
        for pattern in self.profile.extra_teachers:
            matches = identifiers.matching(pattern, self.school.employees.values())
            if not matches:
                code = FindingCode.EXTRA_TEACHER_UNKNOWN
                self.findings.append(Finding(code, "EXTRA_TEACHERS", pattern))
            for match in matches:
                person = self.school.employees[match]
                user = self.employee(match)
                if person.leaves_on and person.leaves_on < self.persons.day:
                    self.findings.append(self._extra(FindingCode.EXTRA_TEACHER_HAS_LEFT, person))
                elif user:
                    yield user.id
                else:
                    self.findings.append(self._extra(FindingCode.EXTRA_TEACHER_LEFT_OUT, person))

    def _extra(self, code: FindingCode, person: Employee) -> Finding:
        """Return the finding of an extra teacher who is none; SDS may hold them as one."""
        user_id = self._person_id("T", person.id)
        return Finding(code, record_name(person), full_name(person), user_id)

    def _service_accounts(self) -> Iterator[str]:
        for address in self.profile.service_accounts:
            if address in self.persons.addresses:
                code = FindingCode.SERVICE_ACCOUNT_IS_PERSON
                self.findings.append(Finding(code, "SERVICE_ACCOUNTS", address))
                continue
            user_id = address
            if self.profile.id_style != "legacy":
                user_id = identifiers.service_account_id(self.school_settings.id, address)
            self._services[user_id] = User(user_id, address, "teacher")
            yield user_id

    # -- everyone ----------------------------------------------------------------------------

    def known_as(self, user_ids: Set[str]) -> dict[str, tuple[str, str]]:
        """Return what iSAMS, or the setting, calls each of *user_ids*, and how people do."""
        people = {
            user_id: (record_name(record), full_name(record))
            for user_id, record in self._records(user_ids)
        }
        services = {
            key: ("SERVICE_ACCOUNTS", user.username) for key, user in self._services.items()
        }
        return people | {key: services[key] for key in services.keys() & user_ids}

    def named(self, users: Iterable[User], extra: Collection[str]) -> Iterator[NamedPerson]:
        """Yield who each of *users* is in iSAMS; *extra* are the ids of those of every class."""
        users = list(users)
        record_of = dict(self._records({user.id for user in users}))
        for user in users:
            yield _named(user, record_of.get(user.id), is_extra=user.id in extra)

    def _records(self, user_ids: Set[str]) -> Iterator[tuple[str, Record]]:
        """Yield each of *user_ids* who has a record in iSAMS, with it."""
        judged: tuple[tuple[Mapping[str, Record], Mapping[str, User | None]], ...] = (
            (self.school.pupils, self._pupils),
            (self.school.employees, self._staff),
        )
        for records, users in judged:
            for key, user in users.items():
                if user and user.id in user_ids:
                    yield user.id, records[key]

    def users(self, in_classes: Set[str]) -> Iterator[User]:
        """Yield whom SDS shall hold: the profile's years, STAFF, and the users *in_classes*."""
        members = {*in_classes, *self._covered_pupils(), *self._covered_staff()}
        judged = (*self._pupils.values(), *self._staff.values())
        yield from (user for user in judged if user and user.id in members)
        yield from self._services.values()

    def _covered_staff(self) -> Iterator[str]:
        """Yield the user ids of the staff that STAFF asks for, in a class or not."""
        staff = self.profile.staff
        for employee_id, employee in self.school.employees.items():
            covered = employee.teaches if staff == "teaching" else staff == "all"
            if covered and (user := self.employee(employee_id)):
                yield user.id

    def _covered_pupils(self) -> Iterator[str]:
        """Yield the user ids of the pupils of the profile's years; note those of no year."""
        for pupil_id, pupil in self.school.pupils.items():
            if pupil.year is None:
                fault = FindingCode.PUPIL_WITHOUT_YEAR
                self.findings.append(Finding(fault, f"Pupil {pupil_id}", full_name(pupil)))
            elif pupil.year in self.profile.year_groups and (user := self.pupil(pupil_id)):
                yield user.id


def _named(user: User, record: Record | None, *, is_extra: bool) -> NamedPerson:
    """Return who *user* is; a service account has no *record*."""
    return NamedPerson(
        user.id,
        record.forename if record else "",
        record.surname if record else "",
        record.form if isinstance(record, Pupil) else "",
        record.year if isinstance(record, Pupil) else None,
        user.username,
        "extra" if is_extra else user.role,
    )


def _spelt_alike(records: Mapping[str, Pupil] | Mapping[str, Employee]) -> Iterator[Record]:
    """Yield those of *records* whose ids would be the same in SDS."""
    if all(map(identifiers.usable_id, records)):
        return
    spelt = Counter(map(identifiers.person_part, records))
    for record in records.values():
        if spelt[identifiers.person_part(record.id)] > 1:
            yield record
