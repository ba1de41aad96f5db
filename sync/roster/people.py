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
from sync.roster.rule_codes import RuleCode
from sync.roster.team_limits import OWNERS_LIMIT
from sync.roster.trace import PUPIL, SERVICE_ACCOUNT, STAFF, Key, Trace
from sync.settings import ProfileSettings, SchoolSettings

EXTRA_LIMIT = 50  # which leaves room for the teachers of each set


@dataclass(slots=True)
class People:
    """The people of a profile's roster, each judged once; `findings` are those on the way.

    `trace` is what the rules said of each.
    """

    persons: Persons
    school_settings: SchoolSettings
    profile: ProfileSettings
    trace: Trace = field(default_factory=Trace)
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
        key = key_of(person)
        if found := self.persons.without.get(record):
            self.trace.found(key, found.code, found.detail)
            return None
        if fault := self._fault(person, address, *no_email_or_bad):
            self.findings.append(Finding(fault, record, name))
            self.trace.found(key, fault, person.email)
            return None
        given, family = self._names(person, record, name)
        self.trace.say(key, RuleCode.OWN_ADDRESS)
        return User(
            self.person_id(person),
            address,
            "student" if isinstance(person, Pupil) else "teacher",
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

    def id_of(self, person: Record) -> str:
        """Return the id that *person* has in SDS, or would have."""
        judged = self._pupils if isinstance(person, Pupil) else self._staff
        user = judged.get(person.id)
        return user.id if user else self.person_id(person)

    def person_id(self, person: Record) -> str:
        """Return the id that *person* has in SDS, by our rule."""
        if self.profile.id_style == "legacy":
            return identifiers.person_part(person.id)
        space: identifiers.Space = "P" if isinstance(person, Pupil) else "T"
        return identifiers.person_id(self.school_settings.id, space, person.id)

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
                    left_on = person.leaves_on.isoformat()
                    self.trace.found(
                        (STAFF, match), FindingCode.EXTRA_TEACHER_HAS_LEFT, f"{pattern}, {left_on}"
                    )
                elif user:
                    self.trace.say((STAFF, match), RuleCode.EXTRA_TEACHER, pattern)
                    yield user.id
                else:
                    self.findings.append(self._extra(FindingCode.EXTRA_TEACHER_LEFT_OUT, person))

    def _extra(self, code: FindingCode, person: Employee) -> Finding:
        """Return the finding of an extra teacher who is none; SDS may hold them as one."""
        return Finding(code, record_name(person), full_name(person), self.person_id(person))

    def _service_accounts(self) -> Iterator[str]:
        for address in self.profile.service_accounts:
            if address in self.persons.addresses:
                code = FindingCode.SERVICE_ACCOUNT_IS_PERSON
                self.findings.append(Finding(code, "SERVICE_ACCOUNTS", address))
                self.trace.found((SERVICE_ACCOUNT, address), code)
                continue
            user_id = address
            if self.profile.id_style != "legacy":
                user_id = identifiers.service_account_id(self.school_settings.id, address)
            self._services[user_id] = User(user_id, address, "teacher")
            self.trace.say((SERVICE_ACCOUNT, address), RuleCode.SERVICE_ACCOUNT)
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

    def service_accounts(self) -> Mapping[str, str]:
        """Return the user id of each service account that is used, by its address."""
        return {user.username: user_id for user_id, user in self._services.items()}

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

    def trace_classes(self, classes: Mapping[str, int], waiting: Set[str]) -> None:
        """Note in how many classes each user is; who cannot be sent is not asked.

        *classes* says it, by user id; *waiting* are those whom PUPILS_FROM keeps out of theirs.
        """
        opens = str(self.profile.pupils_from)
        read: tuple[tuple[str, Iterable[str], Mapping[str, User | None]], ...] = (
            (PUPIL, self.school.pupils, self._pupils),
            (STAFF, self.school.employees, self._staff),
        )
        for kind, records, judged in read:
            for record_id in records:
                user = judged.get(record_id, _NOT_JUDGED)
                if user and user.id in waiting:
                    self.trace.say((kind, record_id), RuleCode.WITHHELD, opens)
                elif user:
                    self._trace_class((kind, record_id), classes.get(user.id, 0))

    def _trace_class(self, key: Key, count: int) -> None:
        if count:
            said = "1 class" if count == 1 else f"{count:,} classes"
            self.trace.say(key, RuleCode.IN_COVERED_SET, said)
        else:
            self.trace.say(key, RuleCode.IN_NO_COVERED_SET)

    def _covered_staff(self) -> Iterator[str]:
        """Yield the user ids of the staff that STAFF asks for, in a class or not."""
        staff = self.profile.staff
        for employee_id, employee in self.school.employees.items():
            covered = employee.teaches if staff == "teaching" else staff == "all"
            code = RuleCode.STAFF_COVERED if covered else RuleCode.STAFF_NOT_COVERED
            self.trace.say((STAFF, employee_id), code, staff)
            if covered and (user := self.employee(employee_id)):
                yield user.id

    def _covered_pupils(self) -> Iterator[str]:
        """Yield the user ids of the pupils of the profile's years; note those of no year."""
        covered, trace = self.profile.year_groups, self.trace
        for pupil_id, pupil in self.school.pupils.items():
            key = (PUPIL, pupil_id)
            if pupil.year is None:
                fault = FindingCode.PUPIL_WITHOUT_YEAR
                self.findings.append(Finding(fault, f"Pupil {pupil_id}", full_name(pupil)))
                trace.found(key, fault)
            elif pupil.year in covered:
                trace.say(key, RuleCode.COVERED_YEAR, f"NC year {pupil.year}")
                if user := self.pupil(pupil_id):
                    yield user.id
            else:
                trace.say(key, RuleCode.YEAR_NOT_COVERED, f"NC year {pupil.year}")


_NOT_JUDGED = User("", "", "student")  # nobody asked whether they can be sent: they are in no class


def key_of(person: Record) -> Key:
    """Return by what the rules know the record of *person*."""
    return PUPIL if isinstance(person, Pupil) else STAFF, person.id


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
