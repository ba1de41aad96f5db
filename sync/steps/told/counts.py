"""Counts in words."""

from __future__ import annotations

from collections.abc import Mapping

_WORDS: Mapping[str, tuple[str, str]] = {  # by what is counted: the word for 1, and for more
    "StaffMember": ("member of staff", "staff"),
    "Pupil": ("pupil", "pupils"),
    "Subject": ("subject", "subjects"),
    "Set": ("set", "sets"),
    "SetList": ("set-list row", "set-list rows"),
    "SetListWithoutSet": ("row of no set", "rows of no set"),
    "Year": ("year group", "year groups"),
    "Form": ("form", "forms"),
    "AcademicHouse": ("academic house", "academic houses"),
    "BoardingHouse": ("boarding house", "boarding houses"),
    "SchoolDivision": ("division", "divisions"),
    "Term": ("term", "terms"),
    "Building": ("building", "buildings"),
    "Classroom": ("room", "rooms"),
    "Week": ("timetable week", "timetable weeks"),
    "TeachingForm": ("teaching form", "teaching forms"),
    "Schedule": ("lesson", "lessons"),
    "LessonOfNothing": ("lesson of no set or form", "lessons of no set or form"),
    "orgs": ("school", "schools"),
    "users": ("user", "users"),
    "roles": ("role", "roles"),
    "students": ("student", "students"),
    "teachers": ("teacher", "teachers"),
    "classes": ("class", "classes"),
    "enrollments": ("enrollment", "enrollments"),
    "academicSessions": ("session", "sessions"),
    "sessions": ("session", "sessions"),
    "courses": ("course", "courses"),
    "service accounts": ("service account", "service accounts"),
    "extra teachers": ("extra teacher", "extra teachers"),
    "exported": ("file kept", "files kept"),
    "profiles": ("profile", "profiles"),
    "profiles_failed": ("profile that could not be built", "profiles that could not be built"),
    "profiles_missing": ("profile without a set", "profiles without a set"),
    "findings": ("finding", "findings"),
    "attempt": ("attempt", "attempts"),
    "age_h": ("hour old", "hours old"),
    "errors": ("error", "errors"),
    "warnings": ("warning", "warnings"),
    "organizations": ("organisation", "organisations"),
    "groups": ("group", "groups"),
    "memberships": ("membership", "memberships"),
}


_TOLD_IF_NONE = frozenset({"students", "teachers", "classes", "enrollments", "users"})


def numbers(counts: Mapping[str, int]) -> str:
    """Return counts as a list of words, `174 students, 1 teacher`; most of what is 0 is left out.

    That there is no pupil or no class is worth a word. Findings of each code are left out: how many
    there are in all is enough here.
    """
    words = [
        f"{count:,} {_word(name, count)}"
        for name, count in counts.items()
        if (count or name in _TOLD_IF_NONE) and not name.startswith("finding_")
    ]
    return ", ".join(words) or "nothing"


def _word(name: str, count: int) -> str:
    """Return what *name* counts: in the table, also before `_added` and its like, or as it is."""
    if name not in _WORDS and name.partition("_")[0] in _WORDS:
        noun, _, what = name.partition("_")
        return f"{_word(noun, count)} {what.replace('_', ' ')}"
    singular, plural = _WORDS.get(name, (name.replace("_", " "),) * 2)
    return singular if count == 1 else plural
