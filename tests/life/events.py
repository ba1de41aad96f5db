"""What happens at a school in forty weeks, night by night: most of it unannounced.

An *announced* event is one that a school knows of beforehand and can look at: such a night may be
held. On any other night nothing should be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.life.school import DEALT, OPTIONS, School, Taught, by_ability, dealt, open_classes

WEEKS, NIGHTS = 40, 5
ANNOUNCED = frozenset({"reshuffle", "January timetable", "form renamed", "rollover"})


@dataclass(slots=True)
class Life:
    """A school, and what is away for a while: covered teachers, and sets that stand empty."""

    school: School
    covered: dict[str, set[str]] = field(default_factory=dict)
    emptied: dict[str, set[str]] = field(default_factory=dict)

    def live(self, week: int, night: int) -> list[str]:
        """Let a night pass; return the names of what happened beside the usual moves."""
        self.move()
        happened = list(self._due(week, night))
        for event in happened:
            EVENTS[event](self)
        return happened

    def _due(self, week: int, night: int) -> Iterator[str]:
        for event, nights in CALENDAR.items():
            if (week, night) in nights:
                yield event

    def move(self) -> None:
        """Let 2 % of the places of a week change: pupils go to the next set of their subject.

        It is from the larger of the two to the smaller: a school keeps its sets of one size. Where
        sets are made by ability it is one of the ablest who goes up.
        """
        school = self.school
        classes = list(school.classes.values())
        places = sum(len(taught.pupils) for taught in classes)
        for _ in range(places * 2 // 100 // NIGHTS):
            taught = school.random.choice(classes)
            others = school.parallel(taught.subject, taught.year)
            at = next(at for at, other in enumerate(others) if other is taught)
            beside = [*others[max(0, at - 1) : at], *others[at + 1 : at + 2]]
            other = school.random.choice(beside or [taught])
            if len(other.pupils) > len(taught.pupils):
                taught, other = other, taught
            goes_up = next(each for each in others if each is taught or each is other) is taught
            could = sorted(taught.pupils - other.pupils)
            if len(could) > 3:
                able = sorted(school.random.sample(could, 3), key=school.ability)
                pupil = able[-1 if goes_up else 0]
                taught.pupils.discard(pupil)
                other.pupils.add(pupil)

    def join_and_leave(self) -> None:
        """Let ten leave and ten come, into classes of their year."""
        school = self.school
        for _ in range(10):
            pupil = school.random.choice(sorted(school.pupils))
            year = school.pupils[pupil].year
            places = [taught for taught in school.classes.values() if pupil in taught.pupils]
            school.leave(pupil)
            newcomer = school.join(year)
            for taught in places:
                school.random.choice(school.parallel(taught.subject, taught.year)).pupils.add(
                    newcomer
                )

    def change_staff(self) -> None:
        """Let one teacher of thirty leave, whose classes a new one takes."""
        school = self.school
        teachers = self._teachers()
        for teacher in school.random.sample(teachers, max(1, len(teachers) // 30)):
            successor = school.employ()
            self._hand_over(teacher, successor)
            del school.staff[teacher]

    def cover(self) -> None:
        """Let a teacher be ill: a colleague takes the classes."""
        ill, other = self.school.random.sample(self._teachers(), 2)
        self.covered = {
            class_id: set(taught.teachers)
            for class_id, taught in self.school.classes.items()
            if ill in taught.teachers
        }
        self._hand_over(ill, other)

    def end_cover(self) -> None:
        """Let the teacher come back, who may have left meanwhile."""
        for class_id, teachers in self.covered.items():
            taught = self.school.classes.get(class_id)
            if taught and (teachers & self.school.staff.keys()):
                taught.teachers = teachers & self.school.staff.keys()

    def change_options(self) -> None:
        """Let a tenth of those who choose subjects choose one anew; or of a year, who do not."""
        school = self.school
        chosen = [t for t in school.classes.values() if t.subject in OPTIONS]
        for taught in chosen:
            for pupil in sorted(taught.pupils):
                if school.random.random() < 0.1 and len(taught.pupils) > 2:
                    taught.pupils.discard(pupil)
                    others = [t for t in chosen if t.year == taught.year and t is not taught]
                    school.random.choice(others).pupils.add(pupil)

    def deal_anew(self) -> None:
        """Let an examination put the pupils of a year into other sets of one subject."""
        school = self.school
        years = [year for year in school.kind.years if year < school.chooses_from]
        self._deal(school.random.choice(DEALT), school.random.choice(years))

    def _deal(self, subject: str, year: int, *, by_lot: bool = False) -> None:
        sets = self.school.parallel(subject, year)
        pupils = sorted(set().union(*(taught.pupils for taught in sets)))
        ranked = by_ability(self.school, pupils)
        if by_lot:
            self.school.random.shuffle(ranked)
        for taught, group in zip(sets, dealt(ranked, len(sets)), strict=True):
            taught.pupils = group

    def reshuffle(self) -> None:
        """Announced: all sets of a year are made anew, by lot if not by an examination."""
        year = self.school.random.choice(self.school.kind.years[:3])
        for subject in sorted({t.subject for t in self.school.classes.values() if t.year == year}):
            if subject != "form":
                self._deal(subject, year, by_lot=subject not in DEALT)

    def empty(self) -> None:
        """Let the sets of one subject in a year stand empty over half-term."""
        school = self.school
        year = school.random.choice(school.kind.years[:3])
        subject = school.random.choice(DEALT)
        for class_id, taught in school.classes.items():
            if (taught.subject, taught.year) == (subject, year):
                self.emptied[class_id] = taught.pupils
                taught.pupils = set()

    def refill(self) -> None:
        """Let them come back as they were, but for who has left."""
        for class_id, pupils in self.emptied.items():
            self.school.classes[class_id].pupils |= pupils & self.school.pupils.keys()
        self.emptied.clear()

    def january(self) -> None:
        """Announced: a third of the classes get another teacher, a tenth of the sets go.

        The pupils of a set that goes are spread over the others, as if all were dealt anew.
        """
        school = self.school
        staff = self._teachers()
        for class_id, taught in sorted(school.classes.items()):
            if school.random.random() < 1 / 3:
                taught.teachers = {school.random.choice(staff)}
            several = len(school.parallel(taught.subject, taught.year)) > 1
            if taught.subject != "form" and several and school.random.random() < 0.1:
                del school.classes[class_id]
                self._spread(taught)

    def _spread(self, gone: Taught) -> None:
        """Put the pupils of a class that goes into those beside it; by ability where sets are."""
        others = self.school.parallel(gone.subject, gone.year)
        others[0].pupils |= gone.pupils
        if gone.subject in DEALT:
            self._deal(gone.subject, gone.year)
            return
        others[0].pupils -= gone.pupils
        for number, pupil in enumerate(sorted(gone.pupils)):
            others[number % len(others)].pupils.add(pupil)

    def rename_form(self) -> None:
        """Announced: a form has another tutor, after whom it is called."""
        school = self.school
        forms = sorted(key for key, taught in school.classes.items() if taught.subject == "form")
        taught = school.classes.pop(school.random.choice(forms))
        renamed = school.open("form", taught.year, taught.pupils, f"{taught.year}Z")
        school.classes[renamed].teachers = {school.random.choice(self._teachers())}

    def roll_over(self) -> None:
        """Announced: the year turns. The last year group goes, the others go up."""
        school = self.school
        for pupil in school.of_year(school.kind.years[-1]):
            school.leave(pupil)
        for goes_up in school.pupils.values():
            goes_up.year += 1
        for _ in range(school.kind.of_a_year):
            school.join(school.kind.years[0])
        school.academic_year += 1
        school.classes.clear()
        open_classes(school)

    def _teachers(self) -> list[str]:
        return sorted(self.school.staff.keys() - self.school.extra)

    def _hand_over(self, teacher: str, successor: str) -> None:
        for taught in self.school.classes.values():
            if teacher in taught.teachers:
                taught.teachers = taught.teachers - {teacher} | {successor}


EVENTS: Mapping[str, Callable[[Life], None]] = {
    "joiners and leavers": Life.join_and_leave,
    "staff change": Life.change_staff,
    "cover": Life.cover,
    "cover ends": Life.end_cover,
    "option block": Life.change_options,
    "sets dealt anew": Life.deal_anew,
    "half-term: emptied": Life.empty,
    "half-term: back": Life.refill,
    "reshuffle": Life.reshuffle,
    "January timetable": Life.january,
    "form renamed": Life.rename_form,
    "rollover": Life.roll_over,
}

CALENDAR: Mapping[str, frozenset[tuple[int, int]]] = {
    "joiners and leavers": frozenset((week, 0) for week in (2, 8, 16, 21, 28, 34)),
    "staff change": frozenset((week, 1) for week in (5, 12, 17, 23, 30, 36)),
    "cover": frozenset((week, 2) for week in range(1, WEEKS, 3)),
    "cover ends": frozenset((week, 2) for week in range(2, WEEKS, 3)),
    "option block": frozenset((week, 3) for week in (3, 4, 17)),
    "sets dealt anew": frozenset((week, 3) for week in (6, 9, 13, 20, 24, 27, 33)),
    "half-term: emptied": frozenset((week, 4) for week in (7, 22, 33)),
    "half-term: back": frozenset((week, 4) for week in (8, 23, 34)),
    "reshuffle": frozenset({(10, 4), (26, 4)}),
    "January timetable": frozenset({(15, 0)}),
    "form renamed": frozenset({(18, 2)}),
    "rollover": frozenset({(WEEKS - 1, NIGHTS - 1)}),
}
"""On which nights, each a week and a night of it from 0, what happens."""
