"""What would come and go of a school, by hand."""

from __future__ import annotations

from collections.abc import Iterable

from sync.roster.model import Org, Roster, SchoolClass, User
from sync.sds import rules, tables
from sync.sds.moves import Move, YearMove, moves

ORG = Org("9990001", "Northbank School")
TEACHER = User("t", "t@northbank.example", "teacher")


def pupil(name: str, grade: str) -> User:
    return User(name, f"{name}@northbank.example", "student", grade=grade)


def files(users: Iterable[User], *classes: SchoolClass) -> dict[str, bytes]:
    roster = Roster(ORG, (*sorted(users, key=lambda user: user.id), TEACHER), classes)
    return dict(rules.files(tables.roster_rows(roster), set()))


A, B, C = pupil("a", "07"), pupil("b", "07"), pupil("c", "08")
BEFORE = files([A, B, C], SchoolClass("1", "7A", ("t",), ("a", "b", "c")))
AFTER = files(
    [A, C], SchoolClass("2", "7A", ("t",), ("a", "c")), SchoolClass("3", "8A", ("t",), ())
)


def test_each_is_counted_once_now_and_then() -> None:
    """Who stays neither goes nor comes; a place is somebody in a class."""
    assert moves(BEFORE, AFTER).counts == {
        "pupils": Move(3, 1, 0, 2),
        "teachers": Move(1, 0, 0, 1),
        "classes": Move(1, 1, 2, 2),
        "enrollments": Move(4, 4, 4, 4),
    }


def test_a_class_is_of_the_grade_of_most_of_its_pupils() -> None:
    """Of two grades alike, the first; without pupils it is of none."""
    assert moves(BEFORE, AFTER).years == (
        YearMove("07", pupils_now=2, pupils_then=1, classes_now=1, classes_then=1),
        YearMove("08", pupils_now=1, pupils_then=1, classes_now=0, classes_then=0),
    )


def test_a_class_that_is_called_like_one_that_goes_clashes_with_it() -> None:
    """In Teams both are there for a while, and nobody can tell them apart."""
    made = moves(BEFORE, AFTER)

    assert [named.id for named in made.go] == ["1"]
    assert [named.id for named in made.come] == ["2", "3"]
    assert [named.id for named in made.clashes] == ["2"]


def test_beside_nothing_all_comes() -> None:
    """Where SDS has nothing, and no set was sealed."""
    made = moves({}, AFTER)

    assert made.counts["pupils"] == Move(0, 0, 2, 2)
    assert made.counts["enrollments"] == Move(0, 0, 4, 4)
    assert (made.go, len(made.come), made.clashes) == ((), 2, ())
