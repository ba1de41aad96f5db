"""Tables for people, and the words that several commands share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from rich import box
from rich.table import Table

from sync.errors import ConfigError, SyncError
from sync.roster.finding_codes import FindingCode

WHO: Mapping[str, str] = {
    "operator": "whoever runs this app",
    "school": "the school",
    "developer": "the developers of this app: please report it",
    "nobody": "nobody: try again later",
    "caller": "you",
}


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


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a table with a heading; readable without colour, and as plain text."""
    shown = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        shown.add_column(name, overflow="fold")
    for row in rows:
        shown.add_row(*("" if cell is None else str(cell) for cell in row))
    return shown


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


def when(moment: datetime) -> str:
    """Return *moment* for people, to the minute: `2026-11-21 20:37 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def findings_table(title: str, counts: Mapping[str, int]) -> Table:
    """Return how many records were left out or tidied, why, and what to mend."""
    rows = [(count, code, FindingCode(code).advice) for code, count in counts.items()]
    return table(title, ("how many", "finding", "what happened, and what to mend"), rows)


_WHOM = frozenset({"school", "profile", "connector"})


def error_text(error: SyncError) -> str:
    """Return *error* for people: what happened, facts, and who must act."""
    # The lines of a setting's error say it all, but for whose setting it is.
    shown = {
        name: value
        for name, value in error.facts.items()
        if not isinstance(error, ConfigError) or name in _WHOM
    }
    facts = ", ".join(f"{name} {value}" for name, value in shown.items())
    end = f" ({facts})" if facts else ""
    return f"{error}{end}\nWho must act: {WHO[error.who]}"
