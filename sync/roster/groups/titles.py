"""How a group is called before Teams has a say: the profile's title templates, filled in."""

from __future__ import annotations

from sync.isams.school import Subject, TeachingSet
from sync.roster.academic_year import label_of_year
from sync.roster.groups.basis import Basis


def of_set(basis: Basis, teaching_set: TeachingSet) -> str:
    """Return a teaching set's title, still raw; its code stands in for its name, or its name."""
    subject = _subject(basis, teaching_set.subject_id)
    return basis.profile.class_title.format(
        set_code=teaching_set.code or teaching_set.name,
        set_name=teaching_set.name or teaching_set.code,
        subject=subject.name,
        subject_code=subject.code,
        year=teaching_set.year,
        **_common(basis),
    )


def of_other(
    basis: Basis, template: str, called: tuple[str, str, int | None], subject_id: str
) -> str:
    """Return the title of what is no set, still raw; *called* are its name, code and NC year."""
    name, code, year = called
    return template.format(
        name=name,
        code=code,
        year="" if year is None else year,
        subject=_subject(basis, subject_id).name,
        **_common(basis),
    )


def _common(basis: Basis) -> dict[str, str]:
    return {
        "academic_year": label_of_year(basis.academic_year, basis.school, basis.school_settings),
        "suffix": basis.profile.suffix,
        "school": basis.school_settings.name,
    }


def _subject(basis: Basis, subject_id: str) -> Subject:
    return basis.school.subjects.get(subject_id, Subject("", "", ""))
