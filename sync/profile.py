"""From a school and a profile to a roster and findings: who is covered, and what is left out.

Pure, and the same for every API. A record that SDS could not hold, or that would land on the
wrong person, is left out with a finding that says what to mend; the rest of the school goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field
from datetime import date

from sync import names
from sync.errors import ConfigError
from sync.findings import Finding, Found
from sync.groups import Group, Groups
from sync.roster import Org, Roster, SchoolClass, User
from sync.school import Employee, Pupil, School
from sync.sds.tables import grade
from sync.sessions import courses, sessions
from sync.settings import ProfileSettings, SchoolSettings

OWNERS_LIMIT = 100  # of a Team's group: sds.md section 2.3
EXTRA_LIMIT = 50  # which leaves room for the set's own

_WITHOUT_PUPILS = {True: Finding.SET_WITHOUT_PUPILS, False: Finding.GROUP_WITHOUT_PUPILS}
_WITHOUT_TEACHER = {True: Finding.SET_WITHOUT_TEACHER, False: Finding.GROUP_WITHOUT_TEACHER}


@dataclass(frozen=True, slots=True)
class Built:
    """A profile's roster, and what was left out of it, sorted.

    `withheld` is how many enrollments of students PUPILS_FROM keeps back, by SDS grade.
    """

    roster: Roster
    found: tuple[Found, ...]
    withheld: Mapping[str, int]


def build(
    school: School,
    place: SchoolSettings,
    profile: ProfileSettings,
    academic_year: int,
    day: date,
) -> Built:
    """Return the roster of *profile* as of *day*, in school time.

    *academic_year* is the calendar year in which it began.

    Equal schools give equal rosters, whatever order iSAMS listed them in.

    Raises:
        ConfigError: INCLUDED_SUBJECTS matches no subject at all, which would empty every class;
            or EXTRA_TEACHERS matches more people than a Team can have owners; or STAFF is
            `teaching`, and iSAMS says of nobody that they teach; or SESSIONS is set, and no term
            of the academic year is known.
    """
    if profile.staff == "teaching" and not any(one.teaches for one in school.employees.values()):
        raise ConfigError(
            "STAFF is teaching, but iSAMS marks nobody as teaching staff: tick Teaching Staff in"
            " the HR Manager records, or set STAFF to all or of-classes"
        )
    work = _Work(school, place, profile, academic_year, day)
    extra = tuple(sorted(work.extra_teachers()))
    if len(extra) > EXTRA_LIMIT:
        raise ConfigError(
            "EXTRA_TEACHERS matches too many people: each would own every Team, and a Team takes"
            f" {OWNERS_LIMIT} owners. Narrow the pattern",
            matches=len(extra),
            limit=EXTRA_LIMIT,
        )
    classes = tuple(sorted(work.classes(extra), key=lambda one: one.id))
    users = tuple(sorted(work.users(classes, extra), key=lambda user: user.id))
    work.report_repeats()
    return Built(
        Roster(
            Org(place.id, place.name),
            users,
            classes,
            sessions(school, place, academic_year) if profile.sessions else None,
            courses(school, place, classes) if profile.courses else None,
        ),
        tuple(sorted(set(work.found), key=astuple)),
        dict(sorted(work.withheld.items())),
    )


@dataclass(slots=True)
class _Work:
    """One build: the people it has judged so far, each once, and what it found."""

    school: School
    place: SchoolSettings
    profile: ProfileSettings
    academic_year: int
    day: date
    found: list[Found] = field(default_factory=list)
    _pupils: dict[str, User | None] = field(default_factory=dict)
    _staff: dict[str, User | None] = field(default_factory=dict)
    _services: dict[str, User] = field(default_factory=dict)
    _addresses: Counter[str] = field(default_factory=Counter)
    _clashing: frozenset[str] = frozenset()
    withheld: Counter[str] = field(default_factory=Counter)
    _waiting: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        people: tuple[Iterable[Pupil | Employee], ...] = (
            self.school.pupils.values(),
            self.school.employees.values(),
        )
        self._addresses.update(one.email.strip().lower() for group in people for one in group)
        if self.profile.id_style == "legacy":
            self._clashing = frozenset(self.school.pupils.keys() & self.school.employees.keys())

    @property
    def _awaited(self) -> int | None:
        """The academic year whose classes have no pupils yet: that which PUPILS_FROM opens."""
        opens = self.profile.pupils_from
        return opens.year if opens and self.day < opens else None

    # -- people ------------------------------------------------------------------------------

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
        name = f"{person.forename} {person.surname}".strip()
        address = names.address(person.email)
        if not person.email:
            fault = faults[0]
        elif address is None:
            fault = faults[1]
        elif self._addresses[address] > 1:
            fault = Finding.EMAIL_USED_TWICE
        elif person.id in self._clashing:
            fault = Finding.ID_USED_TWICE
        elif not names.usable_id(person.id):
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

    def _person_id(self, space: names.Space, own: str) -> str:
        if self.profile.id_style == "legacy":
            return own
        return names.person_id(self.place.id, space, own)

    def _names(self, person: Pupil | Employee, record: str, name: str) -> tuple[str, str]:
        if not self.profile.names:
            return "", ""
        given, family = names.person_name(person.forename), names.person_name(person.surname)
        if given and family:
            return given, family
        self.found.append(Found(Finding.NAME_UNUSABLE, record, name))
        return "", ""

    # -- extra teachers ----------------------------------------------------------------------

    def extra_teachers(self) -> Iterator[str]:
        """Yield the user ids of everyone who teaches every class of the profile."""
        for pattern in self.profile.extra_teachers:
            matches = names.matching(pattern, self.school.employees.values())
            address = names.address(pattern)
            if not matches and address and self._addresses[address] == 0:
                yield self._service_account(address)
            elif not matches:
                self.found.append(Found(Finding.EXTRA_TEACHER_UNKNOWN, "EXTRA_TEACHERS", pattern))
            yield from (user.id for own in matches if (user := self.employee(own)))

    def _service_account(self, address: str) -> str:
        legacy = self.profile.id_style == "legacy"
        own = address if legacy else names.service_account_id(self.place.id, address)
        self._services[own] = User(own, address, "teacher")
        return own

    # -- classes -----------------------------------------------------------------------------

    def classes(self, extra: tuple[str, ...]) -> Iterator[SchoolClass]:
        """Yield the class of each group that has somebody in it."""
        groups = Groups(self.school, self.place, self.profile, self.academic_year)
        for one in groups.all():
            if made := self._class(one, extra):
                yield made
        self.found.extend(groups.found)

    def _class(self, one: Group, extra: tuple[str, ...]) -> SchoolClass | None:
        title = names.title(one.title)
        if title and names.title_loses(one.title):
            self._note(Finding.TITLE_CHANGED, one)
        for stranger in one.unknown_members:
            self._note(Finding.MEMBER_HAS_LEFT, one, f"Pupil {stranger}")
        members = [self._pupils.get(member) or self.pupil(member) for member in one.pupil_ids]
        students = sorted(user.id for user in members if user)
        teachers = sorted({*self._teachers(one), *extra})
        if not one.own:
            self._note(Finding.ID_UNUSABLE, one)
        elif not title:
            self._note(Finding.TITLE_UNUSABLE, one)
        elif not students:
            self._note(_WITHOUT_PUPILS[one.is_set], one)
        elif not teachers and not self.profile.keep_without_teacher:
            self._note(_WITHOUT_TEACHER[one.is_set], one)
        elif one.academic_year == self._awaited:
            self.withheld.update(user.grade for user in members if user)
            self._waiting.update(students)
            return SchoolClass(one.own, title, tuple(teachers), (), one.subject_id)
        else:
            taught = tuple(students)
            return SchoolClass(one.own, title, tuple(teachers), taught, one.subject_id)
        return None

    def _teachers(self, one: Group) -> Iterator[str]:
        for own in one.teacher_ids:
            if own not in self.school.employees:
                self._note(Finding.TEACHER_NOT_CURRENT, one, f"StaffMember {own}")
            elif user := self.employee(own):
                yield user.id

    def _note(self, code: Finding, one: Group, detail: str = "") -> None:
        self.found.append(Found(code, one.record, one.name, detail))

    # -- everyone ----------------------------------------------------------------------------

    def users(self, classes: tuple[SchoolClass, ...], extra: tuple[str, ...]) -> Iterator[User]:
        """Yield the profile's pupils, by year or by class, and the teachers of its classes."""
        taught = self._waiting.union(*(one.student_ids for one in classes))
        teaching = {own for one in classes for own in one.teacher_ids} | set(extra)
        for own, employee in self.school.employees.items():
            if self.profile.staff == "all" or (
                self.profile.staff == "teaching" and employee.teaches
            ):
                teaching |= {user.id for user in [self.employee(own)] if user}
        for own, pupil in self.school.pupils.items():
            if pupil.year in self.profile.year_groups:
                self.pupil(own)
            elif pupil.year is None:
                self.found.append(
                    Found(
                        Finding.PUPIL_WITHOUT_YEAR,
                        f"Pupil {own}",
                        f"{pupil.forename} {pupil.surname}".strip(),
                    )
                )
        for own, user in self._pupils.items():
            if user and (
                user.id in taught or self.school.pupils[own].year in self.profile.year_groups
            ):
                yield user
        yield from (user for user in self._staff.values() if user and user.id in teaching)
        yield from self._services.values()

    def report_repeats(self) -> None:
        """Note the ids that iSAMS listed twice."""
        for dataset, ids in self.school.repeated.items():
            self.found.extend(Found(Finding.RECORD_REPEATED, f"{dataset} {own}") for own in ids)
