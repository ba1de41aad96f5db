"""Groups that are taught: teaching sets, and lessons to whole forms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sync.isams.school import TeachingForm, TeachingSet
from sync.roster import identifiers
from sync.roster.findings import Finding
from sync.roster.groups import titles
from sync.roster.groups.context import Basis, as_listed, was_read
from sync.roster.groups.group import Group, other_group
from sync.roster.subjects import SubjectChoice


def sets(basis: Basis, choice: SubjectChoice) -> Iterator[Group]:
    """Yield the teaching sets of the profile's years and subjects."""
    taught = _teachers_of(basis, "set") if basis.profile.timetable_teachers else {}
    for one in basis.school.sets.values():
        if one.year is None:
            basis.note(Finding.SET_WITHOUT_YEAR, f"Set {one.id}", one.code)
        elif one.year in basis.profile.year_groups:
            covered = choice.covers(one.subject_id)
            if covered is None:
                basis.note(Finding.SET_UNKNOWN_SUBJECT, f"Set {one.id}", one.code)
            elif covered:
                yield _set(basis, one, taught.get(one.id, set()))


def _set(basis: Basis, one: TeachingSet, taught_by: set[str]) -> Group:
    profile = basis.profile
    since = profile.keep_teams_from or basis.academic_year
    keeps = one.year in profile.keep_teams and basis.academic_year >= since
    year = basis.academic_year - keeps
    legacy = profile.id_style == "legacy"
    own = one.id if legacy else identifiers.class_id(basis.place.id, year, one.id)
    usable = identifiers.usable_id(one.id) and len(own) <= identifiers.CLASS_ID_LIMIT
    return Group(
        own=own if usable else "",
        academic_year=year,
        record=f"Set {one.id}",
        name=one.code,
        title=titles.of_set(basis, one),
        subject_id=one.subject_id,
        teacher_ids=tuple(sorted({*one.teacher_ids, *taught_by})),
        pupil_ids=one.pupil_ids,
        unknown_members=one.unknown_members,
        is_set=True,
    )


def form_lessons(basis: Basis, choice: SubjectChoice) -> Iterator[Group]:
    """Yield the teaching forms of the profile's years and subjects: a form in one subject each."""
    forms = was_read(basis.school.forms, "forms")
    in_form, taught = basis.pupils_by_form(forms), _teachers_of(basis, "form")
    for one in was_read(basis.school.teaching_forms, "teaching forms").values():
        form = forms.get(as_listed(one.form, forms))
        if form is None:
            basis.note(Finding.FORM_UNKNOWN, f"TeachingForm {one.id}", one.form)
        elif form.year in basis.profile.year_groups and _covers(basis, choice, one):
            yield other_group(
                basis,
                ("lesson", one.id, f"TeachingForm {one.id}"),
                basis.profile.form_lesson_title,
                (form.id, one.code, form.year),
                taught.get(one.id, ()),
                in_form.get(form.id, ()),
                one.subject_id,
            )


def _covers(basis: Basis, choice: SubjectChoice, one: TeachingForm) -> bool:
    covered = choice.covers(one.subject_id)
    if covered is None:
        basis.note(Finding.SET_UNKNOWN_SUBJECT, f"TeachingForm {one.id}", one.code)
    return covered or False


def _teachers_of(basis: Basis, what: str) -> dict[str, set[str]]:
    """Return who takes the lessons of each set, or of each teaching form."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one in was_read(basis.school.lessons, "the published timetable"):
        own = one.set_id if what == "set" else one.teaching_form_id
        if own and one.teacher_id:
            found[own].add(one.teacher_id)
    return dict(found)
