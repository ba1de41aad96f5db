"""A plan as entries, one a row of a file: all of it, in a school's words, with nothing cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sync.sds.full_plan.differences import RowChange, SchoolDifferences
from sync.sds.full_plan.lines import BothRosters, Line, LineKind
from sync.sds.full_plan.names import Names
from sync.sds.tables import COURSES, SESSIONS, WIDEST, Row
from sync.sds.walk import ENROLLMENTS

ROLES = {"student": "pupil", "teacher": "teacher", "": ""}


class PlanEntry(NamedTuple):
    """One thing that would change, or that a person must know to judge of it.

    `change` is the kind of its line. `what` was as `now` says, and would be as `then` says; "" is
    not there. `allowed` is said of limits alone. The ids tell two of one name apart.
    """

    change: str
    class_title: str = ""
    year: str = ""
    person: str = ""
    form: str = ""
    what: str = ""
    now: str = ""
    then: str = ""
    allowed: str = ""
    class_id: str = ""
    person_id: str = ""


def entries(line: Line, school: SchoolDifferences, names: Names) -> Iterator[PlanEntry]:
    """Yield the entries of a *line*."""
    yield from _InWords(line.kind, school, names).entries(line)


class _InWords:
    def __init__(self, kind: LineKind, school: SchoolDifferences, names: Names) -> None:
        self.kind, self.names = kind, names
        self.changed = school.classes
        self.years = dict[str, str]()

    def entries(self, line: Line) -> Iterator[PlanEntry]:
        if line.year:
            what = f"{line.in_doubt} of {line.of} classes may have other pupils"
            yield PlanEntry(self.kind, year=self.names.year(line.year[1]), what=what)
        for roster in line.rosters:
            yield from self._of_roster(roster)
        for change in line.rows:
            if not line.rosters or change.file != ENROLLMENTS:
                yield self._of_row(change, line)
        if line.kind is LineKind.PUPIL and not line.rows:
            yield self._of_person(line.person, "all classes", "pupil", "")

    def _of_roster(self, roster: BothRosters) -> Iterator[PlanEntry]:
        """Yield everybody who is in a class on either side, those who stay too."""
        was = {row[1]: row[2] for row in roster.before}
        was |= dict.fromkeys(roster.away, "student")
        now = {row[1]: row[2] for row in roster.after}
        for user_id in sorted(was.keys() | now.keys()):
            yield self._member(roster.class_id, user_id, was.get(user_id, ""), now.get(user_id, ""))

    def _member(self, class_id: str, user_id: str, was: str, now: str) -> PlanEntry:
        who = self.names.who(user_id, then=bool(now))
        return self._of_class(class_id)._replace(
            person=who.name,
            form=who.form,
            what="member",
            now=ROLES[was],
            then=ROLES[now],
            person_id=user_id,
        )

    def _of_class(self, class_id: str) -> PlanEntry:
        if class_id not in self.years:
            changed = self.changed.get(class_id)
            self.years[class_id] = self.names.year_of_class(changed) if changed else ""
        title = self.names.title(class_id, then=False)
        return PlanEntry(self.kind, title, self.years[class_id], class_id=class_id)

    def _of_person(self, user_id: str, what: str, now: str, then: str) -> PlanEntry:
        who = self.names.who(user_id, then=bool(then))
        return PlanEntry(
            self.kind,
            year=who.year,
            person=who.name,
            form=who.form,
            what=what,
            now=now,
            then=then,
            person_id=user_id,
        )

    def _of_row(self, change: RowChange, line: Line) -> PlanEntry:
        was, now = change.before or (), change.after or ()
        match change.file:
            case "enrollments.csv":
                key, user_id, _ = change.row
                return self._member(key, user_id, "".join(was[2:]), "".join(now[2:]))
            case "classes.csv":
                what, before, after = self.of_class_row(change)
                return self._of_class(change.row[0])._replace(what=what, now=before, then=after)
            case "users.csv":
                return self._of_user(change, line.other)
            case "roles.csv":
                before, after = self._roles(was, now)
                return self._of_person(change.row[0], "role", before, after)
            case _:
                what, before, after = of_school_row(change)
                return PlanEntry(self.kind, what=what, now=before, then=after)

    def of_class_row(self, change: RowChange) -> tuple[str, str, str]:
        """Return what differs of a class's own row, as it was and as it would be."""
        if not (change.before and change.after):
            return "Team", _cell(change.before, 2), _cell(change.after, 2)
        differ = [
            (column, was, now)
            for column, was, now in zip(
                WIDEST["classes.csv"], change.before, change.after, strict=True
            )
            if was != now
        ]
        words = [(_COLUMNS[column], *self._labels(column, was, now)) for column, was, now in differ]
        what, before, after = (", ".join(parts) for parts in zip(*words, strict=True))
        return what, before, after

    def _labels(self, column: str, was: str, now: str) -> tuple[str, str]:
        name = {"sessionSourcedIds": SESSIONS, "courseSourcedId": COURSES}.get(column)
        if name is None:
            return was, now
        return self.names.label(name, was) or "none", self.names.label(name, now) or "none"

    def _of_user(self, change: RowChange, holder: str) -> PlanEntry:
        if not (change.before and change.after):
            addresses = _cell(change.before, 1), _cell(change.after, 1)
            entry = self._of_person(change.row[0], "person", *addresses)
        elif change.before[1] != change.after[1]:
            entry = self._of_person(change.row[0], "address", change.before[1], change.after[1])
        else:
            called = (" ".join(row[2:]).strip() or "none" for row in (change.before, change.after))
            entry = self._of_person(change.row[0], "name in SDS", *called)
        if holder:
            whose = self.names.who(holder, then=False).name
            which = "new one" if entry.what == "address" else "address"
            entry = entry._replace(what=f"{entry.what}; the {which} was that of {whose}")
        return entry

    def _roles(self, was: Row, now: Row) -> tuple[str, str]:
        """Return somebody's role then and now; the code in SDS too where only that differs."""
        before, after = self._role(was), self._role(now)
        if before == after:
            return f"{before}, in SDS {was[3] or 'none'}", f"{after}, in SDS {now[3] or 'none'}"
        return before, after

    def _role(self, row: Row) -> str:
        if not row:
            return ""
        role = ", ".join(filter(None, (ROLES[row[2]], self.names.year(row[3]))))
        return role if row[4] == "TRUE" else f"{role}, not the main role"


_COLUMNS = {
    "orgSourcedId": "school",
    "title": "title",
    "sessionSourcedIds": "academic year",
    "courseSourcedId": "course",
}


def of_school_row(change: RowChange) -> tuple[str, str, str]:
    """Return what a row of the school itself is, as it was and as it would be."""
    if change.file == "orgs.csv":
        what, at = "school", slice(1, 2)
    elif change.file == SESSIONS:
        what, at = "term or academic year", slice(1, None)
    else:
        what, at = "course", slice(2, None)
    was, now = (" ".join(row[at]) if row else "" for row in (change.before, change.after))
    return what, was, now


def _cell(row: Row | None, at: int) -> str:
    return row[at] if row else ""
