"""Held: whom a plan is about, the worst first, and what can be answered.

Nobody is named unless names are asked for: then columns and lists about names are there. Titles of
tutor groups name their tutor, so they are names as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sync.ledger.offers import Why
from sync.roster import identifiers
from sync.sds import blocks
from sync.sds.full_plan.differences import RowChange
from sync.sds.full_plan.entries import PlanEntry, entries
from sync.sds.full_plan.limits import Limit
from sync.sds.full_plan.lines import BothRosters, Line, LineKind
from sync.sds.walk import ENROLLMENTS
from sync.steps.full_plan import SchoolPlan

SHOWN = 300
"""Rows of a table, or names of a list: the file of the whole plan has all."""

PICTURES = 2
"""Exchanges that are drawn; more are a table."""

NAMELESS = "a tutor group"


class PersonNamed(NamedTuple):
    """A person in a list: who, and their form or year."""

    name: str
    note: str


class NameList(NamedTuple):
    """People of whom one thing is told; `more` are not shown."""

    told: str
    people: Sequence[PersonNamed]
    more: int = 0


class Team(NamedTuple):
    """A class that would exchange pupils with another, in pupils now and then."""

    id: str
    title: str
    year: str
    now: int
    then: int
    stay: int
    leave: int
    fresh: int


class Exchange(NamedTuple):
    """Two classes that would have each other's pupils, and who would move."""

    first: Team
    second: Team
    names: Sequence[NameList] = ()


class RowTable(NamedTuple):
    """Rows about classes or people; a column that begins with # holds numbers."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str | int]]
    more: int = 0


class Section(NamedTuple):
    """What would happen to some classes or people; the first sections could do most harm."""

    title: str
    told: str = ""
    table: RowTable | None = None
    names: Sequence[NameList] = ()


class Sheet(NamedTuple):
    """A school's plan, for whoever must answer it.

    `people` is of how many the names are shown, or could be. `none` are harms that were looked for.
    `rest` are the sections that no limit is about, as a table: what, how many, which.
    """

    school: str
    name: str
    offer: str
    why: str
    limits: Sequence[Limit]
    notes: Sequence[str]
    exchanges: Sequence[Exchange]
    sections: Sequence[Section]
    rest: Sequence[Section]
    none: Sequence[str]
    removed: int
    added: int
    people: int


def sheet(plan: SchoolPlan, *, names: bool) -> Sheet:
    """Return the sheet of *plan*; with *names* only if whoever looks may see them."""
    made = _Sheet(plan, names)
    for line in plan.lines():
        made.by_kind.setdefault(line.kind, []).append(line)
    return made.sheet()


@dataclass
class _Sheet:
    plan: SchoolPlan
    shows_names: bool
    by_kind: dict[LineKind, list[Line]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def sheet(self) -> Sheet:
        plan, exchanges = self.plan, list(self._exchanges())
        sections = [made for say in _WORST for made in say(self)]
        rest = [made for say in _REST for made in say(self)]
        changes = [each for lines in self.by_kind.values() for line in lines for each in line.rows]
        enrolled = [each for each in changes if each.file == ENROLLMENTS]
        return Sheet(
            school=plan.school,
            name=plan.name,
            offer=plan.offer,
            why=plan.why.value if plan.why else "",
            limits=plan.limits,
            notes=plan.notes,
            exchanges=exchanges,
            sections=sections,
            rest=rest,
            none=[told for kind, told in _LOOKED_FOR.items() if kind not in self.by_kind],
            removed=sum(each.after is None for each in enrolled),
            added=sum(each.before is None for each in enrolled),
            people=len(self.seen),
        )

    # -- in the school's words -------------------------------------------------------------------

    def title(self, class_id: str, *, then: bool = False) -> str:
        if identifiers.is_tutor_group(class_id) and not self.shows_names:
            return NAMELESS
        return self.plan.names.title(class_id, then=then)

    def year(self, class_id: str) -> str:
        changed = self.plan.of_school.classes.get(class_id)
        return self.plan.names.year_of_class(changed) if changed else ""

    def people(self, told: str, users: Iterable[str], *, then: bool) -> list[NameList]:
        """Return a list of *users*, who count as seen; nothing where names are not shown."""
        listed = sorted(set(users))
        self.seen.update(listed)
        if not self.shows_names or not listed:
            return []
        known = [self.plan.names.who(user, then=then) for user in listed[:SHOWN]]
        people = sorted(PersonNamed(who.name, who.form or who.year) for who in known)
        return [NameList(f"{told}: {len(listed):,}", people, max(len(listed) - SHOWN, 0))]

    def lines(self, *kinds: LineKind) -> list[Line]:
        return [line for kind in kinds for line in self.by_kind.get(kind, ())]

    # -- exchanges -------------------------------------------------------------------------------

    def _exchanges(self) -> Iterator[Exchange]:
        for line in self.lines(LineKind.EXCHANGED):
            first, second = line.rosters[:2]
            yield Exchange(
                self._team(first, second), self._team(second, first), self._moves(first, second)
            )

    def _team(self, own: BothRosters, other: BothRosters) -> Team:
        before, after = _pupils(own)
        other_before, other_after = _pupils(other)
        return Team(
            id=own.class_id,
            title=self.title(own.class_id),
            year=self.year(own.class_id),
            now=len(before),
            then=len(after),
            stay=len(before & after),
            leave=len((before & other_after) - after),
            fresh=len(after - before - other_before),
        )

    def _moves(self, first: BothRosters, second: BothRosters) -> list[NameList]:
        moves = list[NameList]()
        for own, other in ((first, second), (second, first)):
            before, after = _pupils(own)
            other_before, other_after = _pupils(other)
            title, into = self.title(own.class_id), self.title(other.class_id)
            going = (before & other_after) - after
            moves += self.people(f"From {title} to {into}", going, then=False)
            fresh = after - before - other_before
            moves += self.people(f"New in {title}", fresh, then=True)
        return moves

    # -- classes in doubt ------------------------------------------------------------------------

    def changed_rosters(self) -> Iterator[Section]:
        for kind, title, told in _ROSTERS:
            if lines := self.lines(kind):
                rosters = [roster for line in lines for roster in line.rosters]
                table = self._table(_OF_ROSTER, map(self._roster_row, rosters))
                names = [each for roster in rosters for each in self._of_roster(roster)]
                yield Section(_counted(len(lines), *title), told, table, names)

    def _roster_row(self, roster: BothRosters) -> Sequence[str | int]:
        before, after = _pupils(roster)
        before = before or frozenset(roster.away)
        row = (self.title(roster.class_id), self.year(roster.class_id))
        return *row, len(before), len(before & after), len(after)

    def _of_roster(self, roster: BothRosters) -> Iterator[NameList]:
        before, after = _pupils(roster)
        title = self.title(roster.class_id)
        yield from self.people(f"{title} now", before or roster.away, then=False)
        yield from self.people(f"{title} then", after, then=True)

    def years(self) -> Iterator[Section]:
        for line in self.lines(LineKind.YEAR):
            year = self.plan.names.year(line.year[1]) if line.year else ""
            yield Section(
                f"{year}: {line.in_doubt:,} of {line.of:,} classes are in doubt",
                "So many at once are seldom meant: they stand below, class by class.",
            )

    # -- people ----------------------------------------------------------------------------------

    def teachers(self) -> Iterator[Section]:
        lines = self.lines(LineKind.TEACHER)
        if not lines:
            return
        users = [line.person for line in lines]
        self.seen.update(users)
        rows: list[Sequence[str | int]] = [
            (*self._called(line.person), len(line.classes), self._titles(line)) for line in lines
        ]
        columns = (*(("Teacher",) if self.shows_names else ()), "#Classes", "Which")
        title = _counted(len(lines), "teacher would lose classes", "teachers would lose classes")
        told = "The classes go on, and this teacher would no longer see their work."
        if len(lines) > 1:
            told = "The classes go on, and these teachers would no longer see their work."
        yield Section(title, told, self._table(columns, rows))

    def _titles(self, line: Line) -> str:
        return ", ".join(map(self.title, line.classes))

    def _called(self, user: str) -> tuple[str, ...]:
        return (self.plan.names.who(user, then=False).name,) if self.shows_names else ()

    def pupils(self) -> Iterator[Section]:
        if lines := self.lines(LineKind.PUPIL):
            users = [line.person for line in lines]
            title = _counted(len(users), "pupil", "pupils")
            names = self.people("Who would be in no class", users, then=True)
            told = f"{self._by_year(users)}. They stay users, and see no Team any more."
            yield Section(f"{title} would be in no class any more", told, None, names)

    def _by_year(self, users: Iterable[str]) -> str:
        years = Counter(self.plan.names.who(user, then=True).year for user in users)
        return ", ".join(f"{year or 'no year'}: {count:,}" for year, count in sorted(years.items()))

    def addresses(self) -> Iterator[Section]:
        lines = self.lines(LineKind.ADDRESS)
        if not lines:
            return
        passing = sum(bool(line.other) for line in lines)
        users = {user for line in lines for user in (line.person, line.other) if user}
        self.seen.update(users)
        table = None
        if self.shows_names:
            told = [entry for line in lines for entry in self._entries(line)]
            rows = [(each.person, each.form or each.year, each.now, each.then) for each in told]
            table = self._table(("Who", "Form or year", "Address now", "Address then"), rows)
        title = _counted(len(lines), "address would change", "addresses would change")
        passes = _counted(passing, "passes", "pass")
        said = f"{passes} to somebody else, who would see what belongs to the former holder."
        yield Section(title, said if passing else "None passes to somebody else.", table)

    def _entries(self, line: Line) -> Iterator[PlanEntry]:
        return entries(line, self.plan.of_school, self.plan.names)

    # -- what no limit is about ------------------------------------------------------------------

    def teams(self) -> Iterator[Section]:
        for kind, one, several in (
            (LineKind.ENDS, "Team ends", "Teams end"),
            (LineKind.BEGINS, "Team begins", "Teams begin"),
        ):
            lines = self.lines(kind)
            if not lines:
                continue
            is_new = kind is LineKind.BEGINS
            rows = [
                (
                    self.title(line.classes[0], then=is_new),
                    self.year(line.classes[0]),
                    sum(_is_pupil(change) for change in line.rows),
                )
                for line in lines
            ]
            users = {each.row[1] for line in lines for each in line.rows if _is_pupil(each)}
            self.seen.update(users)
            table = self._table(("Class", "Year", "#Pupils"), rows)
            yield Section(_counted(len(lines), one, several), _few(row[0] for row in rows), table)

    def persons(self) -> Iterator[Section]:
        ways: dict[str, list[str]] = {"come": [], "go": [], "change": []}
        for line in self.lines(LineKind.PERSON):
            own = [each for each in line.rows if each.file == "users.csv"] or list(line.rows)
            gone = all(each.after is None for each in own)
            new = all(each.before is None for each in own)
            ways["go" if gone else "come" if new else "change"].append(line.person)
        for way, users in ways.items():
            if users:
                told = self._by_year(users)
                names = self.people(_PEOPLE[way], users, then=way != "go")
                yield Section(_counted(len(users), *_WAYS[way]), told, None, names)

    def classes(self) -> Iterator[Section]:
        lines = self.lines(LineKind.CLASS)
        if not lines:
            return
        rows = [self._class_row(line) for line in lines]
        leave, join = (sum(int(row[at]) for row in rows) for at in (3, 4))
        table = self._table(("Class", "Year", "#Now", "#Leave", "#Join", "#Then"), rows)
        users = [each.row[1] for line in lines for each in line.rows if each.file == ENROLLMENTS]
        names = [
            each
            for line in lines
            for told, wanted in (("leave", False), ("join", True))
            for each in self._members(line, told, join=wanted)
        ]
        self.seen.update(users)
        title = _counted(len(lines), "class with other changes", "classes with other changes")
        yield Section(title, f"{leave:,} pupils leave, {join:,} join", table, names)

    def _class_row(self, line: Line) -> Sequence[str | int]:
        key = line.classes[0]
        changed = self.plan.of_school.classes.get(key)
        gone = sum(_is_pupil(each) and each.after is None for each in line.rows)
        come = sum(_is_pupil(each) and each.before is None for each in line.rows)
        now = _size(self.plan, key) if changed else 0
        return self.title(key), self.year(key), now, gone, come, now - gone + come

    def _members(self, line: Line, told: str, *, join: bool) -> list[NameList]:
        users = [
            each.row[1]
            for each in line.rows
            if each.file == ENROLLMENTS and (each.before is None if join else each.after is None)
        ]
        return self.people(f"{self.title(line.classes[0])}, {told}", users, then=join)

    def of_school(self) -> Iterator[Section]:
        lines = self.lines(LineKind.SCHOOL)
        if lines:
            told = [entry for line in lines for entry in self._entries(line)]
            rows = [(each.what, each.now, each.then) for each in told]
            table = self._table(("What", "Now", "Then"), rows)
            title = _counted(len(rows), "other change", "other changes")
            yield Section(title, _few(row[0] for row in rows), table)

    def _table(self, columns: Sequence[str], rows: Iterable[Sequence[str | int]]) -> RowTable:
        made = list(rows)
        return RowTable(columns, made[:SHOWN], max(len(made) - SHOWN, 0))


_OF_ROSTER = ("Class", "Year", "#Now", "#Stay", "#Then")
_ROSTERS: Sequence[tuple[LineKind, tuple[str, str], str]] = (
    (
        LineKind.TAKEN_OVER,
        ("class would have other pupils", "classes would have other pupils"),
        "Hardly any of the pupils were there before: they would see the work of those who were.",
    ),
    (
        LineKind.NOBODY_LEFT,
        ("small class would keep nobody", "small classes would keep nobody"),
        "None of its pupils of before would be left.",
    ),
    (
        LineKind.RENAMED,
        ("form, house or tutor group would get another Team",) * 2,
        "One ends, and another begins with its pupils: what is in the Team stays behind.",
    ),
)
_PEOPLE = {"come": "Who comes", "go": "Who goes", "change": "Whose name or role changes"}
_WAYS: Mapping[str, tuple[str, str]] = {
    "come": ("person comes", "people come"),
    "go": ("person goes", "people go"),
    "change": ("person's name or role changes", "people's names or roles change"),
}
_LOOKED_FOR: Mapping[LineKind, str] = {
    LineKind.EXCHANGED: "classes that exchange their pupils",
    LineKind.TAKEN_OVER: "classes used again for other pupils",
    LineKind.TEACHER: "teachers who lose classes",
    LineKind.PUPIL: "pupils who lose all of their classes",
    LineKind.ADDRESS: "addresses that go to somebody else",
}
_WORST: Sequence[Callable[[_Sheet], Iterator[Section]]] = (
    _Sheet.changed_rosters,
    _Sheet.years,
    _Sheet.teachers,
    _Sheet.pupils,
    _Sheet.addresses,
)
_REST: Sequence[Callable[[_Sheet], Iterator[Section]]] = (
    _Sheet.teams,
    _Sheet.persons,
    _Sheet.classes,
    _Sheet.of_school,
)


def _pupils(roster: BothRosters) -> tuple[frozenset[str], frozenset[str]]:
    before, after = (
        frozenset(user for _, user, role in side if role == "student")
        for side in (roster.before, roster.after)
    )
    return before, after


def _is_pupil(change: RowChange) -> bool:
    return change.file == ENROLLMENTS and change.row[2] == "student"


def _size(plan: SchoolPlan, class_id: str) -> int:
    changed = plan.of_school.classes[class_id]
    return blocks.counted(plan.differing.before, changed.before)[0]


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


def _few(titles: Iterable[object]) -> str:
    """Return the first of *titles*, and how many more there are; equal ones once, with a number."""
    counted = Counter(map(str, titles))
    told = [title if count == 1 else f"{title} ({count})" for title, count in counted.items()]
    more = f"; {len(told) - 3:,} more" if len(told) > 3 else ""
    return "; ".join(told[:3]) + more


def what_next(why: str) -> str:
    """Return what an approval means, of what is held for *why*."""
    if why == Why.LEFT:
        return "All classes of the school end."
    if why == Why.FIRST:
        return "All of it goes to SDS: it is the first delivery of this school."
    return ""
