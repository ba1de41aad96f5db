"""What a profile's settings name and its school has not: each is told, and nothing stops for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set

from sync.isams.school import School
from sync.roster.finding_codes import FindingCode
from sync.roster.findings import Finding
from sync.roster.model import Roster
from sync.roster.subject_use import forms_by_subject
from sync.roster.subjects import SubjectChoice
from sync.settings import ProfileSettings


def unmatched(school: School, profile: ProfileSettings) -> Iterator[Finding]:
    """Yield a finding for each year or subject of the settings that matches nothing.

    A year is told only where YEAR_GROUPS was written: left out, it names all there can be.
    """
    in_years = {pupil.year for pupil in school.pupils.values()}
    years = profile.year_groups if "year_groups" in profile.model_fields_set else frozenset[int]()
    for setting, named in (("YEAR_GROUPS", years), ("GRADES", profile.grades.keys())):
        for year in sorted(named - in_years):
            yield Finding(FindingCode.YEAR_WITHOUT_PUPILS, setting, f"Year {year}")
    for year in sorted(profile.keep_teams - _years_of_sets(school, profile)):
        yield Finding(FindingCode.KEPT_YEAR_WITHOUT_SETS, "KEEP_TEAMS", f"Year {year}")
    yield from _subjects(school, profile)


def left_aside(school: School, years: Set[int]) -> dict[int, int]:
    """Return how many pupils are of each NC year that is not among *years*, by year.

    To send a part of a school is what profiles are for, so this is no finding. But a year that was
    forgotten looks the same, and only a person knows.
    """
    others = Counter(pupil.year for pupil in school.pupils.values() if pupil.year is not None)
    return {year: others[year] for year in sorted(others.keys() - years)}


def empty(roster: Roster) -> Iterator[Finding]:
    """Yield a finding if the profile has no class, and if it has no pupil."""
    counts = roster.counts()
    if not counts["classes"]:
        yield Finding(FindingCode.PROFILE_WITHOUT_CLASSES, "CLASSES")
    if not counts["students"]:
        yield Finding(FindingCode.PROFILE_WITHOUT_PUPILS, "YEAR_GROUPS")


def _years_of_sets(school: School, profile: ProfileSettings) -> Set[int]:
    if "sets" not in profile.classes:
        return frozenset()
    years = {teaching_set.year for teaching_set in school.sets.values()}
    return {year for year in years if year in profile.year_groups}


def _subjects(school: School, profile: ProfileSettings) -> Iterator[Finding]:
    included = SubjectChoice.of(profile, school).included or frozenset()
    code = FindingCode.SUBJECT_WITHOUT_CLASSES
    for subject_id in sorted(included - _taught(school, profile)):
        yield Finding(code, "INCLUDED_SUBJECTS", school.subjects[subject_id].code, subject_id)


def _taught(school: School, profile: ProfileSettings) -> Set[str]:
    """Return the subjects of what becomes classes in the profile's years."""
    taught = set[str]()
    if "sets" in profile.classes:
        taught |= {s.subject_id for s in school.sets.values() if s.year in profile.year_groups}
    if "form-lessons" in profile.classes:
        for subject_id, forms in forms_by_subject(school).items():
            if any(form.year in profile.year_groups for form in forms):
                taught.add(subject_id)
    return taught
