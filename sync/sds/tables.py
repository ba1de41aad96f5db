"""The shape of SDS v2.1: which files, which columns in which order, which codes.

Header names are SDS's and case-sensitive; the order is that of Microsoft's samples. Five files
are always sent, header only if there are no rows: SDS makes everything inactive that a missing
file held before. Two more are sent on request, and from then on
always. Which files a set has says which columns they have: see `columns`.

See docs/reference/sds.md#files, docs/reference/sds.md#headers,
docs/reference/sds.md#optional-file-left-out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sync.roster.model import Roster, Session

Row = tuple[str, ...]

COLUMNS: Mapping[str, Row] = {
    "orgs.csv": ("sourcedId", "name", "type"),  # docs/reference/sds.md#orgs-csv
    # docs/reference/sds.md#users-csv
    "users.csv": ("sourcedId", "username", "givenName", "familyName"),
    # docs/reference/sds.md#roles-csv
    "roles.csv": ("userSourcedId", "orgSourcedId", "role", "grade", "isPrimary"),
    "classes.csv": ("sourcedId", "orgSourcedId", "title"),  # docs/reference/sds.md#classes-csv
    # docs/reference/sds.md#enrollments-csv
    "enrollments.csv": ("classSourcedId", "userSourcedId", "role"),
}
"""Every file that is always sent, in the order in which references resolve."""

SESSIONS, COURSES = "academicSessions.csv", "courses.csv"

ON_REQUEST: Mapping[str, Row] = {
    # docs/reference/sds.md#sessions-csv
    SESSIONS: ("sourcedId", "title", "type", "schoolYear", "startDate", "endDate"),
    COURSES: ("sourcedId", "orgSourcedId", "title", "code"),  # docs/reference/sds.md#courses-csv
}
"""The files that a profile may ask for."""

# By what a class refers to them, in the order of these columns.
# docs/reference/sds.md#classes-csv, docs/reference/sds.md#several-values
_REFERENCE = {SESSIONS: "sessionSourcedIds", COURSES: "courseSourcedId"}


def columns(files: Collection[str]) -> dict[str, Row]:
    """Return the columns of every file of a set that has *files*; references resolve in order.

    The five are there whether *files* names them or not. A class refers to sessions and courses if,
    and only if, the set has these files.
    """
    asked = [name for name in ON_REQUEST if name in files]
    made = {
        "orgs.csv": COLUMNS["orgs.csv"],
        **{name: ON_REQUEST[name] for name in asked},
        **COLUMNS,
    }
    made["classes.csv"] += tuple(_REFERENCE[name] for name in asked)
    return made


WIDEST: Mapping[str, Row] = columns(ON_REQUEST)
"""Every file there can be, with every column it can have."""

FILES = frozenset({*WIDEST, "demographics.csv", "userFlags.csv", "relationships.csv"})
"""Every file of SDS v2.1, also those that we never send: docs/reference/sds.md#files."""


def roster_rows(roster: Roster) -> dict[str, Iterator[Row]]:
    """Return each file's rows, sorted: equal rosters give equal rows in equal order."""
    made: dict[str, Iterator[Row]] = {
        "orgs.csv": iter([(roster.org.id, roster.org.name, "school")]),
        "users.csv": (
            (user.id, user.username, user.given_name, user.family_name) for user in roster.users
        ),
        "roles.csv": (
            (user.id, roster.org.id, user.role, user.grade, "TRUE") for user in roster.users
        ),
        "classes.csv": _classes(roster),
        "enrollments.csv": _enrollments(roster),
    }
    if roster.sessions is not None:
        made[SESSIONS] = map(_session, roster.sessions)
    if roster.courses is not None:
        made[COURSES] = (
            (course.id, roster.org.id, course.title, course.code) for course in roster.courses
        )
    return made


def _session(session: Session) -> Row:
    return (
        session.id,
        session.title,
        session.type,
        str(session.school_year),
        session.starts_on.isoformat(),
        session.ends_on.isoformat(),
    )


def _classes(roster: Roster) -> Iterator[Row]:
    """Yield classes, each in the whole school year: iSAMS does not say which of its terms."""
    sessions = roster.sessions or ()
    year = next((session.id for session in sessions if session.type == "schoolYear"), "")
    course_of = {course.subject_id: course.id for course in roster.courses or ()}
    for made in roster.classes:
        session = () if roster.sessions is None else (year,)
        course = () if roster.courses is None else (course_of.get(made.subject_id, ""),)
        yield (made.id, roster.org.id, made.title, *session, *course)


def _enrollments(roster: Roster) -> Iterator[Row]:
    for made in roster.classes:
        roles = dict.fromkeys(made.student_ids, "student")
        roles |= dict.fromkeys(made.teacher_ids, "teacher")
        for user_id in sorted(roles):
            yield made.id, user_id, roles[user_id]
