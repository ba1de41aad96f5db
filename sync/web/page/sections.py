"""What a plan would do to classes and people, a section for each kind of harm. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sync.sds import blocks
from sync.sds.full_plan.lines import BothRosters, Line, LineKind
from sync.steps.full_plan import SchoolPlan
from sync.web.page.plan_words import (
    NameList,
    PlanWords,
    RowTable,
    TableRow,
    is_pupil,
    places,
    pupils_of,
    row_table,
)
from sync.web.page.words import counted


class Section(NamedTuple):
    """What would happen to some classes or people."""

    title: str
    told: str = ""
    table: RowTable | None = None
    names: Sequence[NameList] = ()


type _Say = Callable[[PlanWords], Iterator[Section]]


def in_doubt(words: PlanWords) -> list[Section]:
    """Return what somebody must judge, what could do most harm first."""
    return [section for say in _IN_DOUBT for section in say(words)]


def the_rest(words: PlanWords) -> list[Section]:
    """Return what no limit is about."""
    return [section for say in _REST for section in say(words)]


def not_found(words: PlanWords) -> list[str]:
    """Return the harms that were looked for, and that nothing of the plan would do.

    Classes that exchange their pupils are used for others as well, and met that limit too.
    """
    found = set(words.by_kind)
    if LineKind.EXCHANGED in found:
        found.add(LineKind.TAKEN_OVER)
    return [told for kind, told in _LOOKED_FOR.items() if kind not in found]


_LOOKED_FOR: Mapping[LineKind, str] = {
    LineKind.EXCHANGED: "classes that exchange their pupils",
    LineKind.TAKEN_OVER: "classes used again for other pupils",
    LineKind.TEACHER: "teachers who lose classes",
    LineKind.PUPIL: "pupils who lose all of their classes",
    LineKind.ADDRESS: "addresses that go to somebody else",
}


# -- classes in doubt ------------------------------------------------------------------------------

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


def _rosters(words: PlanWords) -> Iterator[Section]:
    for kind, title, told in _ROSTERS:
        if lines := words.lines(kind):
            rosters = [roster for line in lines for roster in line.rosters]
            rows = [_roster_row(words, roster) for roster in rosters]
            table = row_table(("Class", "Year", "#Now", "#Stay", "#Then"), rows)
            names = [each for roster in rosters for each in _of_roster(words, roster)]
            yield Section(counted(len(lines), *title), told, table, names)


def _roster_row(words: PlanWords, roster: BothRosters) -> TableRow:
    before, after = pupils_of(roster)
    before = before or frozenset(roster.away)
    row = (words.title(roster.class_id), words.year(roster.class_id))
    return *row, len(before), len(before & after), len(after)


def _of_roster(words: PlanWords, roster: BothRosters) -> Iterator[NameList]:
    before, after = pupils_of(roster)
    title = words.title(roster.class_id)
    yield from words.people(f"{title} now", before or roster.away, then=False)
    yield from words.people(f"{title} then", after, then=True)


def _years(words: PlanWords) -> Iterator[Section]:
    for line in words.lines(LineKind.YEAR):
        year = words.plan.names.year(line.year[1]) if line.year else ""
        yield Section(
            f"{year}: {line.in_doubt:,} of {line.of:,} classes are in doubt",
            "So many at once are seldom meant: they stand below, class by class.",
        )


# -- people in doubt -------------------------------------------------------------------------------


def _teachers(words: PlanWords) -> Iterator[Section]:
    lines = words.lines(LineKind.TEACHER)
    if not lines:
        return
    words.seen.update(line.person for line in lines)
    rows = [_teacher_row(words, line) for line in lines]
    columns = (*(("Teacher",) if words.shows_names else ()), "#Classes", "Which")
    title = counted(len(lines), "teacher would lose classes", "teachers would lose classes")
    who = "this teacher" if len(lines) == 1 else "these teachers"
    told = f"The classes go on, and {who} would no longer see their work."
    yield Section(title, told, row_table(columns, rows))


def _teacher_row(words: PlanWords, line: Line) -> TableRow:
    titles = ", ".join(map(words.title, line.classes))
    return *words.name_column(line.person), len(line.classes), titles


def _pupils(words: PlanWords) -> Iterator[Section]:
    if lines := words.lines(LineKind.PUPIL):
        users = [line.person for line in lines]
        title = counted(len(users), "pupil", "pupils")
        names = words.people("Who would be in no class", users, then=True)
        told = f"{words.by_year(users)}. {_of_gone(words, users)}"
        yield Section(f"{title} would be in no class any more", told, None, names)


def _of_gone(words: PlanWords, users: Sequence[str]) -> str:
    """Return how many of *users*, who would be in no class, SDS would not have at all any more."""
    gone = {
        line.person
        for line in words.lines(LineKind.PERSON)
        if any(row.file == "users.csv" and row.after is None for row in line.rows)
    }
    count = len(gone.intersection(users))
    if not count:
        return "They stay in SDS, and see no Team any more."
    rest = len(users) - count
    stay = f" The other {rest:,} stay in SDS, and see no Team any more." if rest else ""
    return f"{count:,} of them would go from SDS altogether: their accounts become inactive.{stay}"


def _addresses(words: PlanWords) -> Iterator[Section]:
    lines = words.lines(LineKind.ADDRESS)
    if not lines:
        return
    passing = [line for line in lines if line.other]
    words.seen.update(line.person for line in lines)
    words.seen.update(line.other for line in passing)
    title = counted(len(lines), "address would change", "addresses would change")
    passes = counted(len(passing), "passes", "pass")
    told = f"{passes} to somebody else, who would see what belongs to the former holder."
    yield Section(
        title,
        told if passing else "None passes to somebody else.",
        _address_table(words, lines) if words.shows_names else None,
    )


def _address_table(words: PlanWords, lines: Sequence[Line]) -> RowTable:
    rows = [
        (entry.person, entry.form or entry.year, entry.now, entry.then)
        for entry in words.entries(lines)
    ]
    return row_table(("Who", "Form or year", "Address now", "Address then"), rows)


# -- what no limit is about ------------------------------------------------------------------------


def _ending(words: PlanWords) -> Iterator[Section]:
    yield from _teams(words, words.lines(LineKind.ENDS), "Team ends", "Teams end")


def _beginning(words: PlanWords) -> Iterator[Section]:
    yield from _teams(words, words.lines(LineKind.BEGINS), "Team begins", "Teams begin", then=True)


def _teams(
    words: PlanWords, lines: Sequence[Line], one: str, several: str, *, then: bool = False
) -> Iterator[Section]:
    """Yield the Teams of *lines*, with their titles of now or *then*."""
    if not lines:
        return
    pupils = [[place.row[1] for place in places([line]) if is_pupil(place)] for line in lines]
    words.seen.update(*pupils)
    rows = [
        (words.title(line.classes[0], then=then), words.year(line.classes[0]), len(members))
        for line, members in zip(lines, pupils, strict=True)
    ]
    table = row_table(("Class", "Year", "#Pupils"), rows)
    yield Section(counted(len(lines), one, several), _few(row[0] for row in rows), table)


_PEOPLE: Mapping[str, tuple[str, str, str]] = {
    "come": ("Who comes", "person comes", "people come"),
    "go": ("Who goes", "person goes", "people go"),
    "change": (
        "Whose name or role changes",
        "person's name or role changes",
        "people's names or roles change",
    ),
}


def _persons(words: PlanWords) -> Iterator[Section]:
    by_way: dict[str, list[str]] = {way: [] for way in _PEOPLE}
    for line in words.lines(LineKind.PERSON):
        by_way[_way_of(line)].append(line.person)
    for way, users in by_way.items():
        if users:
            who, one, several = _PEOPLE[way]
            told = words.by_year(users)
            names = words.people(who, users, then=way != "go")
            yield Section(counted(len(users), one, several), told, None, names)


def _way_of(line: Line) -> str:
    """Return whether a person comes, goes or changes, by their own row; by all if it stays."""
    own = [change for change in line.rows if change.file == "users.csv"] or line.rows
    if all(change.after is None for change in own):
        return "go"
    return "come" if all(change.before is None for change in own) else "change"


def _classes(words: PlanWords) -> Iterator[Section]:
    lines = words.lines(LineKind.CLASS)
    if not lines:
        return
    rows = [_class_row(words, line) for line in lines]
    leave, join = (sum(int(row[at]) for row in rows) for at in (3, 4))
    names = [each for line in lines for each in _members(words, line)]
    words.seen.update(place.row[1] for place in places(lines))
    yield Section(
        counted(len(lines), "class with other changes", "classes with other changes"),
        f"{leave:,} pupils leave, {join:,} join",
        row_table(("Class", "Year", "#Now", "#Leave", "#Join", "#Then"), rows),
        names,
    )


def _class_row(words: PlanWords, line: Line) -> TableRow:
    key = line.classes[0]
    pupils = [place for place in places([line]) if is_pupil(place)]
    gone = sum(place.after is None for place in pupils)
    come = sum(place.before is None for place in pupils)
    now = _size(words.plan, key)
    return words.title(key), words.year(key), now, gone, come, now - gone + come


def _size(plan: SchoolPlan, class_id: str) -> int:
    """Return how many pupils a class has now; 0 if nothing of it differs."""
    changed = plan.of_school.classes.get(class_id)
    return blocks.counted(plan.differing.before, changed.before)[0] if changed else 0


def _members(words: PlanWords, line: Line) -> list[NameList]:
    title, moved = words.title(line.classes[0]), places([line])
    leave = [place.row[1] for place in moved if place.after is None]
    join = [place.row[1] for place in moved if place.before is None]
    return [
        *words.people(f"{title}, leave", leave, then=False),
        *words.people(f"{title}, join", join, then=True),
    ]


def _of_school(words: PlanWords) -> Iterator[Section]:
    if lines := words.lines(LineKind.SCHOOL):
        rows = [(entry.what, entry.now, entry.then) for entry in words.entries(lines)]
        title = counted(len(rows), "other change", "other changes")
        table = row_table(("What", "Now", "Then"), rows)
        yield Section(title, _few(row[0] for row in rows), table)


def _few(titles: Iterable[object]) -> str:
    """Return the first of *titles*, and how many more there are; equal ones once, with a number."""
    times = Counter(map(str, titles))
    told = [title if count == 1 else f"{title} ({count})" for title, count in times.items()]
    more = f"; {len(told) - 3:,} more" if len(told) > 3 else ""
    return "; ".join(told[:3]) + more


_IN_DOUBT: Sequence[_Say] = (_rosters, _years, _teachers, _pupils, _addresses)
_REST: Sequence[_Say] = (_ending, _beginning, _persons, _classes, _of_school)
