"""From a school and a profile to a roster and findings: who is covered, and what is left out.

Pure, and the same for every API. A record that SDS could not hold, or that would land on the
wrong person, is left out with a finding that says what to mend; the rest of the school goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, field
from datetime import date, datetime

from sync.errors import ConfigError
from sync.isams.school import School
from sync.roster import academic_year as terms
from sync.roster import identifiers
from sync.roster.findings import Finding, Found
from sync.roster.groups import Basis, Group, groups_of
from sync.roster.model import Org, Roster, SchoolClass
from sync.roster.people import People
from sync.roster.sessions import courses, sessions
from sync.settings import ProfileSettings, SchoolSettings, Settings

_WITHOUT_PUPILS = {True: Finding.SET_WITHOUT_PUPILS, False: Finding.GROUP_WITHOUT_PUPILS}
_WITHOUT_TEACHER = {True: Finding.SET_WITHOUT_TEACHER, False: Finding.GROUP_WITHOUT_TEACHER}


@dataclass(frozen=True, slots=True)
class Built:
    """A profile's roster, and what was left out of it, sorted.

    `academic_year` is the calendar year in which it began. `withheld` is how many enrollments of
    students PUPILS_FROM keeps back, by SDS grade.
    """

    academic_year: int
    roster: Roster
    found: tuple[Found, ...]
    withheld: Mapping[str, int]


def roster_at(settings: Settings, profile: str, read: School, moment: datetime) -> Built:
    """Return the roster of *profile*, by key, at *moment*, from its school as it was *read*.

    Raises:
        ConfigError: as `build`; or no term had begun, and SCHOOL_YEAR is `terms`.
    """
    place = settings.schools[settings.school_of(profile)]
    year = terms.academic_year(read, place, moment)
    today = moment.astimezone(place.time_zone).date()
    return build(read, place, settings.profiles[profile], year, today)


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
    people = People(school, place, profile)
    extra = people.extra_teachers()
    making = _Making(people, academic_year, day, extra)
    classes = tuple(sorted(making.classes(), key=lambda one: one.id))
    in_classes = making.waiting.union(extra, *(c.teacher_ids + c.student_ids for c in classes))
    users = tuple(sorted(people.users(in_classes), key=lambda user: user.id))
    return Built(
        academic_year,
        Roster(
            Org(place.id, place.name),
            users,
            classes,
            sessions(school, place, academic_year) if profile.sessions else None,
            courses(school, place, classes) if profile.courses else None,
        ),
        tuple(sorted({*people.found, *making.found, *_repeats(school)}, key=astuple)),
        dict(sorted(making.withheld.items())),
    )


def _repeats(school: School) -> Iterator[Found]:
    """Yield a finding for each id that iSAMS listed twice."""
    for dataset, ids in school.repeated.items():
        yield from (Found(Finding.RECORD_REPEATED, f"{dataset} {own}") for own in ids)


@dataclass(slots=True)
class _Making:
    """The making of classes from groups; `found` is what was found on the way.

    `withheld` is as in `Built`; `waiting` are the user ids of the students it is about.
    """

    people: People
    academic_year: int
    day: date
    extra: tuple[str, ...]
    found: list[Found] = field(default_factory=list)
    withheld: Counter[str] = field(default_factory=Counter)
    waiting: set[str] = field(default_factory=set)

    @property
    def _awaited(self) -> int | None:
        """The academic year whose classes have no pupils yet: that which PUPILS_FROM opens."""
        opens = self.people.profile.pupils_from
        return opens.year if opens and self.day < opens else None

    def classes(self) -> Iterator[SchoolClass]:
        """Yield the class of each group that has somebody in it."""
        people = self.people
        basis = Basis(people.school, people.place, people.profile, self.academic_year)
        for one in groups_of(basis):
            if made := self._class(one):
                yield made
        self.found.extend(basis.found)

    def _class(self, one: Group) -> SchoolClass | None:
        title = identifiers.title(one.title)
        if title and identifiers.title_loses(one.title):
            self._note(Finding.TITLE_CHANGED, one)
        for stranger in one.unknown_members:
            self._note(Finding.MEMBER_HAS_LEFT, one, f"Pupil {stranger}")
        members = self.people.pupils(one.pupil_ids)
        students = tuple(sorted([user.id for user in members]))
        teachers = tuple(sorted({*self._teachers(one), *self.extra}))
        if not one.own:
            self._note(Finding.ID_UNUSABLE, one)
        elif not title:
            self._note(Finding.TITLE_UNUSABLE, one)
        elif not students:
            self._note(_WITHOUT_PUPILS[one.is_set], one)
        elif not teachers and not self.people.profile.keep_without_teacher:
            self._note(_WITHOUT_TEACHER[one.is_set], one)
        else:
            if one.academic_year == self._awaited:
                self.withheld.update(user.grade for user in members)
                self.waiting.update(students)
                students = ()
            return SchoolClass(one.own, title, teachers, students, one.subject_id, one.names_person)
        return None

    def _teachers(self, one: Group) -> Iterator[str]:
        for own in one.teacher_ids:
            if own not in self.people.school.employees:
                self._note(Finding.TEACHER_NOT_CURRENT, one, f"StaffMember {own}")
            elif user := self.people.employee(own):
                yield user.id

    def _note(self, code: Finding, one: Group, detail: str = "") -> None:
        self.found.append(Found(code, one.record, one.name, detail))
