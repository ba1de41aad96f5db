"""`plan`: what an offer or a delivery would change, before somebody approves it. Names people."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import override

import click

from sync.ledger.offers import ANSWERABLE, BECAUSE
from sync.report import Exit
from sync.sds.full_plan.entries import PlanEntry, entries
from sync.sds.full_plan.lines import BothRosters, Line, LineKind
from sync.sds.full_plan.names import Who
from sync.sds.tables import Row
from sync.sds.walk import ENROLLMENTS
from sync.steps.full_plan import FullPlan, SchoolPlan, full_plan
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal, doing
from sync.terminal.tables import SHOWN

FEW = 5
"""So many people, or classes, of one line are named on the screen; the file has them all."""

_NOTHING = "Nothing would change: SDS holds just this of the school."


@command("plan")
@click.argument("plan_id", metavar="ID")
@click.option("--csv", "as_csv", is_flag=True, help="Print all of it as CSV, for a spreadsheet.")
def show_plan(terminal: Terminal, plan_id: str, *, as_csv: bool) -> Result:
    """Show whom an offer or a delivery is about, by the ID that `status` shows. This names people.

    What it would change in SDS, the worst first: look at it before you approve. iSAMS is not read.
    """
    world = terminal.opened(terminal.settings(), lambda _: None)
    with doing("Comparing with what SDS may hold"):
        plan = full_plan(world, plan_id)
        document = _Document(plan)
        if as_csv:
            # Stdout makes of a line end what this system takes for one.
            return Result(Exit.DONE, document, verbatim=plan.csv().replace("\r\n", "\n"))
        return Result(Exit.DONE, document, list(shown(plan)))


class _Document(Mapping[str, object]):
    """The document of a plan, made only if it is printed: it may have a million entries."""

    def __init__(self, plan: FullPlan) -> None:
        self._plan = plan

    @cached_property
    def _made(self) -> Mapping[str, object]:
        return self._plan.document()

    @override
    def __getitem__(self, name: str) -> object:
        return self._made[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    @override
    def __len__(self) -> int:
        return len(self._made)


def shown(plan: FullPlan) -> Iterator[str]:
    """Yield the first lines of a plan, and how many more there are."""
    room, more = SHOWN, 0
    for school in plan.schools:
        lines = _lines(school)
        told = list(islice(lines, room))
        left = sum(1 for _ in lines)
        yield _heading(school)
        yield from (f"  {line}" for line in told)
        if not told and not left:
            yield f"  {_NOTHING}"
        room, more = room - len(told), more + left
    if more:
        yield f"… and {more:,} more: `isams-sync plan {plan.id} --csv` prints all of it."
    if any(school.why in ANSWERABLE for school in plan.schools):
        yield (
            f"If this is right, `isams-sync approve {plan.id}`. If not, `isams-sync reject"
            f" {plan.id}`, and mend iSAMS. If you are not sure, do nothing: nothing is sent."
        )


def _heading(school: SchoolPlan) -> str:
    which = f"offer {school.offer}" if school.offer else f"delivery {school.delivery}"
    waits = f", held: {BECAUSE[school.why]}" if school.why else ""
    return f"{school.name}, {which}{waits}"


def _lines(school: SchoolPlan) -> Iterator[str]:
    yield from school.notes
    for met in school.limits:
        there = "" if met.now is None else f" Now {met.now:,}, then {met.then:,}."
        may = f"{met.allowed:,} may" if met.allowed else "none may"
        yield f"{met.said}; {may}.{there}"
    for line in school.lines():
        yield from _Sentences(school, line).sentences()


class _Sentences:
    """A line of a plan, in sentences."""

    def __init__(self, school: SchoolPlan, line: Line) -> None:
        self.school, self.names, self.line = school, school.names, line

    def sentences(self) -> Iterator[str]:
        if say := _OF_KIND.get(self.line.kind):
            yield say(self)
        else:
            yield from map(self._sentence, self._entries())
        for roster in self.line.rosters:
            yield from self._roster(roster)

    def _entries(self) -> Iterator[PlanEntry]:
        return entries(self.line, self.school.of_school, self.names)

    def _sentence(self, entry: PlanEntry) -> str:
        who = f"{_called(Who(entry.person, entry.form))}: " if entry.person else ""
        if not entry.now or not entry.then:
            way = "comes" if entry.then else "goes"
            return f"{who}{entry.what} {way}: {entry.then or entry.now}."
        return f"{who}{entry.what} {entry.now}, then {entry.then}."

    def year(self) -> str:
        (entry,) = self._entries()
        return f"{entry.year}: {entry.what}; they are told below, class by class."

    # -- classes ---------------------------------------------------------------------------------

    def classes(self, between: str = "") -> str:
        return between.join(map(self._class, self.line.classes))

    def _class(self, class_id: str) -> str:
        year = self.names.year_of_class(self.school.of_school.classes[class_id])
        title = self.names.title(class_id, then=False)
        return f"{title} ({year})" if year else title

    def titles(self) -> str:
        return _few([self.names.title(key, then=False) for key in self.line.classes])

    def _roster(self, roster: BothRosters) -> Iterator[str]:
        title = self.names.title(roster.class_id, then=False)
        away = [(roster.class_id, user, "student") for user in roster.away]
        before = "when last there" if away else "now"
        for when, listed in ((before, (*roster.before, *away)), ("then", roster.after)):
            yield f"  {title} {when}: {self._people(listed, then=when == 'then')}"

    def _people(self, listed: Sequence[Row], *, then: bool) -> str:
        pupils = [user for _, user, role in listed if role == "student"]
        teachers = [user for _, user, role in listed if role == "teacher"]
        taught = f", taught by {self._few(teachers, then=then)}" if teachers else ""
        if not pupils:
            return f"nobody{taught}"
        return f"{_pupils(len(pupils))}{taught}: {self._few(pupils, then=then)}"

    def crowd(self, *, then: bool) -> str:
        """Return who is in the class of a line that ends or begins."""
        rows = [change.row for change in self.line.rows if change.file == ENROLLMENTS]
        return self._people(rows, then=then)

    def of_class(self) -> Iterator[str]:
        """Yield what changes in a class that goes on: who comes, who goes, and its own row."""
        members = [change for change in self.line.rows if change.file == ENROLLMENTS]
        if come := [change.row[1] for change in members if change.before is None]:
            yield f"comes {self._few(come, then=True)}"
        if go := [change.row[1] for change in members if change.after is None]:
            yield f"goes {self._few(go, then=False)}"
        yield from self._other_rows()

    def _other_rows(self) -> Iterator[str]:
        for entry in self._entries():
            if entry.what != "member" or (entry.now and entry.then):
                yield f"{entry.person or entry.what} {entry.now}, then {entry.then}"

    # -- people ----------------------------------------------------------------------------------

    def person(self) -> str:
        return _called(self.names.who(self.line.person, then=True))

    def _few(self, users: Collection[str], *, then: bool) -> str:
        first = [_called(self.names.who(user, then=then)) for user in islice(users, FEW)]
        return _few(first, len(users))


_OF_KIND: Mapping[LineKind, Callable[[_Sentences], str]] = {
    LineKind.EXCHANGED: lambda told: f"{told.classes(' and ')} would have each other's pupils:",
    LineKind.TAKEN_OVER: lambda told: f"{told.classes()} would have hardly any pupils of before:",
    LineKind.NOBODY_LEFT: lambda told: f"{told.classes()} would keep none of its pupils:",
    LineKind.RENAMED: lambda told: (
        f"{told.classes(' would end, and with its pupils would begin ')}, another Team:"
    ),
    LineKind.YEAR: lambda told: told.year(),
    LineKind.ENDS: lambda told: f"The Team of {told.classes()} ends: {told.crowd(then=False)}.",
    LineKind.BEGINS: lambda told: f"A Team of {told.classes()} begins: {told.crowd(then=True)}.",
    LineKind.TEACHER: lambda told: f"{told.person()} would not teach any more: {told.titles()}.",
    LineKind.PUPIL: lambda told: (
        f"{told.person()} would be in no class, and is in {told.titles()}."
    ),
    LineKind.CLASS: lambda told: f"{told.classes()}: {'; '.join(told.of_class())}.",
}
"""What is said of a line; any other is told by its entries."""


def _called(who: Who) -> str:
    return f"{who.name} ({who.form})" if who.form else who.name


def _pupils(count: int) -> str:
    return "1 pupil" if count == 1 else f"{count:,} pupils"


def _few(words: Sequence[str], of: int | None = None) -> str:
    """Return the first of *words*, and how many there are beside them; they are the first *of*."""
    more = (len(words) if of is None else of) - min(FEW, len(words))
    told = ", ".join(words[:FEW])
    return f"{told} and {more:,} more" if more else told
