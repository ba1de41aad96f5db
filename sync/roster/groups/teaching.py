"""Groups that are taught: teaching sets, and lessons to whole forms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sync.isams.school import TeachingForm, TeachingSet
from sync.roster import identifiers
from sync.roster.finding_codes import FindingCode
from sync.roster.groups import titles
from sync.roster.groups.basis import Basis, was_read
from sync.roster.groups.group import Group, other_group
from sync.roster.rule_codes import RuleCode
from sync.roster.subjects import SubjectChoice
from sync.roster.trace import SET, Key


def teaching_sets(basis: Basis, choice: SubjectChoice) -> Iterator[Group]:
    """Yield the teaching sets of the profile's years and subjects."""
    taught = _teachers_of(basis, "set") if basis.profile.timetable_teachers else {}
    for teaching_set in basis.school.sets.values():
        record, key = f"Set {teaching_set.id}", (SET, teaching_set.id)
        if teaching_set.year is None:
            basis.note(FindingCode.SET_WITHOUT_YEAR, record, teaching_set.code)
            basis.trace.found(key, FindingCode.SET_WITHOUT_YEAR)
        elif basis.covers_year(key, teaching_set.year) and _covers(
            basis, choice, teaching_set, record, key
        ):
            yield _set(basis, teaching_set, record, taught.get(teaching_set.id, set()))


def _set(basis: Basis, teaching_set: TeachingSet, record: str, taught_by: set[str]) -> Group:
    year, key = _year_of_id(basis, teaching_set), (SET, teaching_set.id)
    if year != basis.academic_year:
        basis.trace.say(key, RuleCode.TEAM_KEPT, str(year))
    if beside := taught_by.difference(teaching_set.teacher_ids):
        basis.trace.say(key, RuleCode.TIMETABLE_TEACHER, named_staff(beside))
    return Group(
        class_id=_class_id(basis, year, teaching_set.id),
        academic_year=year,
        key=key,
        record=record,
        name=teaching_set.code,
        title=titles.of_set(basis, teaching_set),
        subject_id=teaching_set.subject_id,
        teacher_ids=tuple(sorted({*teaching_set.teacher_ids, *taught_by})),
        pupil_ids=teaching_set.pupil_ids,
        unknown_members=teaching_set.unknown_members,
        known_otherwise=teaching_set.known_otherwise,
    )


def named_staff(employee_ids: Iterable[str]) -> str:
    """Return members of staff as iSAMS calls them, sorted."""
    return ", ".join(f"StaffMember {each}" for each in sorted(employee_ids))


def _class_id(basis: Basis, academic_year: int, set_id: str) -> str:
    """Return the id of a set's class, "" if SDS could not hold it."""
    if not identifiers.usable_id(set_id):
        return ""
    if basis.profile.id_style == "legacy":
        return identifiers.legacy_class_id(set_id)
    return identifiers.class_id(basis.school_settings.id, academic_year, set_id)


def _year_of_id(basis: Basis, teaching_set: TeachingSet) -> int:
    """Return the academic year that the class's id carries: last year's where it keeps its Team."""
    profile, year = basis.profile, basis.academic_year
    since = profile.keep_teams_from or year
    return year - (teaching_set.year in profile.keep_teams and year >= since)


def form_lessons(basis: Basis, choice: SubjectChoice) -> Iterator[Group]:
    """Yield the teaching forms of the profile's years and subjects: a form in a subject each."""
    forms = was_read(basis.school.forms, "forms")
    in_form, taught = basis.pupils_by_form(forms), _teachers_of(basis, "form")
    taught_forms = was_read(basis.school.teaching_forms, "teaching forms").values()
    listed = basis.forms_as_listed({each.form for each in taught_forms}, "TeachingForm", forms)
    for lessons in taught_forms:
        record, key = f"TeachingForm {lessons.id}", ("lesson", lessons.id)
        form = forms.get(listed[lessons.form])
        if form is None:
            basis.note(FindingCode.FORM_UNKNOWN, record, lessons.form)
            basis.trace.found(key, FindingCode.FORM_UNKNOWN, lessons.form)
        elif form.year is None:
            basis.trace.found(key, FindingCode.FORM_WITHOUT_YEAR, form.id)
        elif basis.covers_year(key, form.year) and _covers(basis, choice, lessons, record, key):
            yield other_group(
                basis,
                ("lesson", lessons.id, record),
                (form.id, lessons.code, form.year),
                taught.get(lessons.id, ()),
                in_form.get(form.id, ()),
                lessons.subject_id,
            )


def _covers(
    basis: Basis, choice: SubjectChoice, group: TeachingSet | TeachingForm, record: str, key: Key
) -> bool:
    if not choice.selects:
        return True
    subject = basis.school.subjects.get(group.subject_id)
    called = subject.name or subject.code if subject else ""
    covered = choice.covers(group.subject_id)
    if covered is None:
        basis.note(FindingCode.SET_UNKNOWN_SUBJECT, record, group.code)
        basis.trace.found(key, FindingCode.SET_UNKNOWN_SUBJECT)
    elif covered:
        basis.trace.say(key, RuleCode.SUBJECT_COVERED, called)
    elif choice.included is None:
        basis.trace.say(key, RuleCode.SUBJECT_EXCLUDED, called)
    else:
        basis.trace.say(key, RuleCode.SUBJECT_NOT_INCLUDED, called)
    return covered or False


def _teachers_of(basis: Basis, what: str) -> dict[str, set[str]]:
    """Return who takes the lessons of each set, or of each teaching form."""
    teachers: defaultdict[str, set[str]] = defaultdict(set)
    for lesson in was_read(basis.school.lessons, "the published timetable"):
        group_id = lesson.set_id if what == "set" else lesson.teaching_form_id
        if group_id and lesson.teacher_id:
            teachers[group_id].add(lesson.teacher_id)
    return dict(teachers)
