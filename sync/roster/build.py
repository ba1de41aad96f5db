"""From a school and a profile to a roster and findings: who is covered, and what is left out.

Pure, and the same for every API. A record that SDS could not hold, or that would land on the
wrong person, is left out with a finding that says what to mend; the rest of the school goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import astuple, dataclass, field, replace
from datetime import date, datetime
from functools import partial
from types import MappingProxyType

from sync.errors import ConfigError, concerning
from sync.isams.school import School
from sync.ledger.words import Word, sent_as
from sync.roster import team_limits
from sync.roster.academic_year import (
    SOON,
    academic_year_at,
    next_turn,
    school_day,
    year_opened,
)
from sync.roster.finding_codes import FindingCode, nobody_in
from sync.roster.findings import Finding, joined_by_case
from sync.roster.groups import groups_of
from sync.roster.groups.basis import Basis
from sync.roster.groups.group import Group
from sync.roster.groups.teaching import named_staff
from sync.roster.judged import Judged, judged
from sync.roster.model import NamedPerson, Org, Roster, SchoolClass, User
from sync.roster.people import People
from sync.roster.persons import persons_of
from sync.roster.rule_codes import RuleCode
from sync.roster.sessions import courses, sessions
from sync.roster.trace import Trace
from sync.roster.twins import Called, called
from sync.roster.unmatched import empty, unmatched
from sync.settings import ProfileSettings, SchoolSettings, Settings


@dataclass(frozen=True, slots=True)
class Built:
    """A profile's roster, and what was left out of it, sorted.

    `academic_year` is the calendar year in which it began. `withheld` is how many enrollments of
    students PUPILS_FROM keeps back, by SDS grade. `people` say who each user of the roster is.
    `judged` yields every record that was read, of the profile or not, with what the rules said of
    it: one at a time, because nobody needs them all at once.
    """

    academic_year: int
    roster: Roster
    findings: tuple[Finding, ...]
    withheld: Mapping[str, int]
    people: tuple[NamedPerson, ...]
    judged: Callable[[], Iterator[Judged]] = field(compare=False)


def roster_at(
    settings: Settings,
    profile: str,
    school: School,
    moment: datetime,
    words: Sequence[Word] = (),
) -> Built:
    """Return the roster of *profile*, by key, at *moment*, from its school as it was read.

    *words* are what was said of which Team is whose, in order.

    Raises:
        ConfigError: as `build_roster`; or no term had begun, and SCHOOL_YEAR is `terms`.
    """
    key = settings.school_of(profile)
    school_settings = settings.schools[key]
    with concerning(school=key, profile=profile):
        year = academic_year_at(school, school_settings, moment)
        today = school_day(moment, school_settings.time_zone)
        others = {
            name: settings.profiles[name] for name in settings.profiles_of(key) if name != profile
        }
        built = build_roster(
            school, school_settings, settings.profiles[profile], year, today, words, others
        )
        of_all = _of_no_profile(school, settings.years_of(key))
        turn = _turns_soon(school, school_settings, settings.profiles[profile], year, today)
    return replace(built, findings=_sorted({*built.findings, *of_all, *turn}))


def _turns_soon(
    school: School,
    school_settings: SchoolSettings,
    profile: ProfileSettings,
    academic_year: int,
    day: date,
) -> Iterator[Finding]:
    """Yield the day on which the ids of all classes change, if it is soon."""
    turn = next_turn(day, academic_year, school, school_settings)
    if turn and turn - day <= SOON and profile.ids_carry_year:
        yield Finding(FindingCode.YEAR_TURNS, "Academic year", turn.isoformat())


def _of_no_profile(school: School, covered: Set[int]) -> Iterator[Finding]:
    """Yield a finding for each year that has pupils and is of no profile: nobody sends them."""
    pupils = Counter(pupil.year for pupil in school.pupils.values())
    sets = Counter(teaching_set.year for teaching_set in school.sets.values())
    for year in sorted({year for year in pupils if year is not None} - covered):
        counts = f"pupils: {pupils[year]}, sets: {sets[year]}"
        yield Finding(FindingCode.YEAR_OF_NO_PROFILE, f"Year {year}", counts)


def build_roster(
    school: School,
    school_settings: SchoolSettings,
    profile: ProfileSettings,
    academic_year: int,
    day: date,
    words: Sequence[Word] = (),
    others: Mapping[str, ProfileSettings] = MappingProxyType({}),
) -> Built:
    """Return the roster of *profile* as of *day*, in school time.

    *academic_year* is the calendar year in which it began. By *words* classes have other ids than
    by our rule, and keep all else of their own: title, people, subject. *others* are the school's
    other profiles by key, whose classes stand beside these in Teams.

    Equal schools give equal rosters, whatever order iSAMS listed them in.

    Raises:
        ConfigError: INCLUDED_SUBJECTS matches no subject at all, which would empty every class;
            or EXTRA_TEACHERS matches more people than a Team can have owners; or STAFF is
            `teaching`, and iSAMS says of nobody that they teach; or SESSIONS is set, and no term
            of the academic year is known; or PUPILS_FROM is of no academic year's start.
        SourceUnavailable: the terms that say how titles call the year may come at the next try.
        SyncError: TITLE_CLASH is set, and one of *others* cannot be built.
    """
    _need_teaching_staff(school, profile)
    trace = Trace()
    people = People(persons_of(school, day), school_settings, profile, trace)
    extra = people.extra_teachers()
    named = partial(sent_as, words)
    makes = _Classes(people, academic_year, _awaited(people, day), extra, named, others)
    classes = tuple(sorted(makes.classes(), key=lambda made: made.id))
    in_classes = team_limits.classes_of_each(classes)
    in_any = {*in_classes, *extra, *makes.waiting}
    people.trace_classes(in_classes, makes.waiting)
    users = tuple(sorted(people.users(in_any), key=lambda user: user.id))
    roster = Roster(
        Org(school_settings.id, school_settings.name),
        users,
        classes,
        sessions(school, school_settings, academic_year) if profile.sessions else None,
        courses(school, school_settings, classes) if profile.courses else None,
    )
    settings = (*unmatched(school, profile), *empty(roster))
    joins = map(joined_by_case, school.joined_by_case)
    findings = {*people.findings, *makes.findings, *_repeats(school), *joins, *settings}
    findings |= set(_in_many(people, in_classes))
    return Built(
        academic_year,
        roster,
        _sorted(findings),
        dict(sorted(makes.withheld.items())),
        tuple(people.named(users, extra)),
        partial(judged, people, makes.groups),
    )


def _awaited(people: People, day: date) -> int | None:
    """Return the academic year whose classes have no pupils yet: that which PUPILS_FROM opens."""
    opens = people.profile.pupils_from
    if opens is None or day >= opens:
        return None
    return year_opened(opens, people.school, people.school_settings)


def _in_many(people: People, classes: Mapping[str, int]) -> Iterator[Finding]:
    """Yield a finding for each person in so many classes that some year Teams takes no more."""
    counts = dict(team_limits.in_many(classes))
    for user_id, (record, name) in people.known_as(counts.keys()).items():
        code = FindingCode.PERSON_IN_MANY_CLASSES
        yield Finding(code, record, name, f"{counts[user_id]:,} classes")


def _sorted(findings: Set[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=astuple))


def _need_teaching_staff(school: School, profile: ProfileSettings) -> None:
    teaches = any(employee.teaches for employee in school.employees.values())
    if profile.staff == "teaching" and not teaches:
        raise ConfigError(
            "STAFF is teaching, but iSAMS marks nobody as teaching staff: tick Teaching Staff in"
            " the HR Manager records, or set STAFF to all or of-classes"
        )


def _repeats(school: School) -> Iterator[Finding]:
    """Yield a finding for each id that iSAMS listed twice."""
    for dataset, ids in school.repeated.items():
        for record_id in ids:
            yield Finding(FindingCode.RECORD_REPEATED, f"{dataset} {record_id}")


@dataclass(slots=True)
class _Classes:
    """The classes that groups become; `findings` are those on the way.

    `awaited` is the academic year whose classes have no pupils yet. `sent_as` returns the id that
    a class has in SDS, by that of our rule. `withheld` is as in `Built`;
    `waiting` are the user ids of the students it is about. `groups` are those that were looked at,
    each with the id that its class has, or would have.
    """

    people: People
    academic_year: int
    awaited: int | None
    extra_teachers: tuple[str, ...]
    sent_as: Callable[[str], str]
    others: Mapping[str, ProfileSettings]
    findings: list[Finding] = field(default_factory=list)
    withheld: Counter[str] = field(default_factory=Counter)
    waiting: set[str] = field(default_factory=set)
    groups: list[tuple[Group, str]] = field(default_factory=list)

    def classes(self) -> Iterator[SchoolClass]:
        """Yield the class of each group that has somebody in it."""
        people = self.people
        basis = Basis(
            people.school,
            people.school_settings,
            people.profile,
            self.academic_year,
            trace=people.trace,
        )
        for group, title in called(basis, list(groups_of(basis)), self.others):
            if made := self._class_of(group, title):
                yield made
        self.findings.extend(basis.findings)

    def _class_of(self, group: Group, titled: Called) -> SchoolClass | None:
        class_id = self.sent_as(group.class_id)
        self.groups.append((group, class_id))
        if titled.title and titled.is_changed:
            self._note(FindingCode.TITLE_CHANGED, group)
        for pupil_id in group.unknown_members:
            self._found(FindingCode.MEMBER_HAS_LEFT, group, f"Pupil {pupil_id}")
        for pupil_id, row_id in group.known_otherwise:
            told = f"Pupil {pupil_id}, in the set list as {row_id}"
            self._note(FindingCode.MEMBER_KNOWN_BY_SCHOOL_ID, group, told)
        students = self.people.pupils(group.pupil_ids)
        teachers, left_out = team_limits.owners(set(self._teachers(group)), self.extra_teachers)
        if fault := self._fault(group, titled.title, students, teachers):
            self._found(fault, group)
            return None
        if class_id != group.class_id:
            self.people.trace.say(group.key, RuleCode.SWAPPED, f"{class_id}, not {group.class_id}")
        if not teachers:
            self.people.trace.say(group.key, RuleCode.KEPT_WITHOUT_TEACHER)
        made = SchoolClass(
            class_id,
            titled.title,
            teachers,
            self._admitted(group, students),
            group.subject_id,
            group.names_person,
        )
        self._note_size(group, made, left_out)
        if titled.alike:
            self._note(FindingCode.TITLE_USED_TWICE, group, f"{titled.title}: {titled.others()}")
        return made

    def _note_size(self, group: Group, made: SchoolClass, left_out: Sequence[str]) -> None:
        """Tell of what Teams cannot hold of a class, or cannot do with it."""
        if left_out:
            known = self.people.known_as(set(left_out))
            told = ", ".join(" ".join(known[user_id]) for user_id in left_out)
            self._found(FindingCode.OWNERS_LEFT_OUT, group, told)
        if (members := team_limits.members(made)) > team_limits.NOTEBOOK_LIMIT:
            self._note(FindingCode.CLASS_TOO_LARGE_FOR_NOTEBOOK, group, f"{members:,} members")

    def _fault(
        self, group: Group, title: str, students: Sequence[User], teachers: Sequence[str]
    ) -> FindingCode | None:
        """Return why *group* becomes no class, None if it does."""
        if not group.class_id:
            return FindingCode.ID_UNUSABLE
        if not title:
            return FindingCode.TITLE_UNUSABLE
        if not students:
            return nobody_in("pupils", is_set=group.is_set)
        if not teachers and not self.people.profile.keep_without_teacher:
            return nobody_in("teacher", is_set=group.is_set)
        return None

    def _admitted(self, group: Group, students: Sequence[User]) -> tuple[str, ...]:
        """Return the ids of the students who are put into the class: none while they wait."""
        student_ids = tuple(sorted([student.id for student in students]))
        if group.academic_year != self.awaited:
            return student_ids
        opens = str(self.people.profile.pupils_from)
        self.people.trace.say(group.key, RuleCode.WITHHELD, opens)
        self.withheld.update(student.grade for student in students)
        self.waiting.update(student_ids)
        return ()

    def _teachers(self, group: Group) -> Iterator[str]:
        for employee_id in group.teacher_ids:
            if employee_id not in self.people.school.employees:
                self._found(FindingCode.TEACHER_NOT_CURRENT, group, named_staff([employee_id]))
            elif user := self.people.employee(employee_id):
                yield user.id

    def _found(self, code: FindingCode, group: Group, detail: str = "") -> None:
        """Note what says why the class is as it is, or why there is none."""
        self._note(code, group, detail)
        self.people.trace.found(group.key, code, detail)

    def _note(self, code: FindingCode, group: Group, detail: str = "") -> None:
        self.findings.append(Finding(code, group.record, group.name, detail))
