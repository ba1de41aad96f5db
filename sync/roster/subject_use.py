"""What each subject of a school is used for: so that a profile's subjects can be chosen rightly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sync.isams.school import Form, School, TeachingSet
from sync.roster.groups.basis import as_listed


@dataclass(frozen=True, slots=True)
class SubjectUse:
    """What is taught in a subject, in the whole school.

    `sets` are its teaching sets; `years` and `pupils`, each once, are of these. Where there are
    none, but lessons of it to whole forms, they are of the forms: then `whole_forms` is true.
    """

    sets: int
    years: frozenset[int]
    pupils: int
    whole_forms: bool = False


def use_of_subjects(school: School) -> dict[str, SubjectUse]:
    """Return what each subject that *school* lists is used for, by its id."""
    sets: defaultdict[str, list[TeachingSet]] = defaultdict(list)
    for teaching_set in school.sets.values():
        sets[teaching_set.subject_id].append(teaching_set)
    forms = forms_by_subject(school)
    return {
        subject_id: _of_sets(sets[subject_id])
        if sets[subject_id] or not forms[subject_id]
        else _of_forms(school, forms[subject_id])
        for subject_id in school.subjects
    }


def forms_by_subject(school: School) -> defaultdict[str, list[Form]]:
    """Return the forms that are taught as a whole; none where iSAMS was not asked."""
    listed, taught = school.forms or {}, school.teaching_forms or {}
    forms: defaultdict[str, list[Form]] = defaultdict(list)
    known = as_listed({lessons.form for lessons in taught.values()}, listed)
    for lessons in taught.values():
        if form := listed.get(known[lessons.form]):
            forms[lessons.subject_id].append(form)
    return forms


def _of_sets(sets: Sequence[TeachingSet]) -> SubjectUse:
    pupils = {pupil_id for teaching_set in sets for pupil_id in teaching_set.pupil_ids}
    years = frozenset(each.year for each in sets if each.year is not None)
    return SubjectUse(len(sets), years, len(pupils))


def _of_forms(school: School, forms: Sequence[Form]) -> SubjectUse:
    listed, ids = school.forms or {}, {form.id for form in forms}
    known = as_listed({pupil.form for pupil in school.pupils.values()}, listed)
    pupils = sum(known[pupil.form] in ids for pupil in school.pupils.values())
    years = frozenset(form.year for form in forms if form.year is not None)
    return SubjectUse(0, years, pupils, whole_forms=True)
