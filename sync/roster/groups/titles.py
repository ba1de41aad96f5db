"""How a group is called before Teams has a say: the profile's title templates, filled in.

A suffix may have lost the blank in front of it: Azure takes blanks off the ends of a setting. Where
`{suffix}` directly follows a field it is put back, and told: `8A-Ph1 2026-27`. A blank that stands
in the template is the school's own, and so is every other sign there.

See docs/reference/functions.md#trimmed-settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from string import Formatter

from sync.isams.school import Subject, TeachingSet
from sync.roster.academic_year import label_of_year
from sync.roster.finding_codes import FindingCode
from sync.roster.groups.basis import Basis
from sync.settings.class_kinds import TITLE_OF, shows_year
from sync.texts import JOINERS, as_seen, spells


def of_set(basis: Basis, teaching_set: TeachingSet) -> str:
    """Return a teaching set's title, still raw; its code stands in for its name, or its name."""
    subject = _subject(basis, teaching_set.subject_id)
    fields = {
        "set_code": teaching_set.code or teaching_set.name,
        "set_name": teaching_set.name or teaching_set.code,
        "subject": subject.name,
        "subject_code": subject.code,
        "year": str(teaching_set.year),
    }
    return _filled(basis, TITLE_OF["sets"], fields)


def of_other(
    basis: Basis, setting: str, called: tuple[str, str, int | None], subject_id: str
) -> str:
    """Return the title of what is no set, by the *setting* of its kind, still raw.

    *called* are its name, code and NC year.
    """
    name, code, year = called
    fields = {
        "name": name,
        "code": code,
        "year": "" if year is None else str(year),
        "subject": _subject(basis, subject_id).name,
    }
    return _filled(basis, setting, fields)


def runs_together(before: str, suffix: str) -> bool:
    """Say whether a blank belongs between *before* and *suffix*: `8A1` and `2026`, not `8A` `x`.

    By what people see of them: nothing of a title that shows nothing is sent.
    """
    left, right = as_seen(before).rstrip(JOINERS), as_seen(suffix)
    return len(right) > 1 and spells(left[-1:]) and spells(right[0])


def before_suffix(template: str) -> str | None:
    """Return what stands between `{suffix}` and the field before it; None if there are no two."""
    parts = list(Formatter().parse(template))
    return next(
        (
            literal
            for (_, before, _, _), (literal, name, _, _) in pairwise(parts)
            if before is not None and name == "suffix"
        ),
        None,
    )


def _filled(basis: Basis, setting: str, fields: Mapping[str, str]) -> str:
    template: str = getattr(basis.profile, setting)
    fields = {**fields, **_common(basis, template)}
    text, follows_field = "", False
    for literal, name, _, _ in Formatter().parse(template):
        value = fields[name] if name is not None else ""
        directly = name == "suffix" and follows_field and not literal
        text += literal
        if directly and runs_together(text, value):
            text += " "
            basis.note(FindingCode.SUFFIX_SET_APART, "SUFFIX", value, setting.upper())
        text += value
        follows_field = name is not None
    return text


def _common(basis: Basis, template: str) -> dict[str, str]:
    label = ""
    if shows_year(template):  # else nobody need know how it is called
        label = label_of_year(basis.academic_year, basis.school, basis.school_settings)
    return {
        "academic_year": label,
        "suffix": basis.profile.suffix,
        "school": basis.school_settings.name,
    }


def _subject(basis: Basis, subject_id: str) -> Subject:
    return basis.school.subjects.get(subject_id, Subject("", "", ""))
