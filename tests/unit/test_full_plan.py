"""The plan in full: every row that differs is told, once, the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import NamedTuple

import pytest

from sync.errors import StoreConflict
from sync.sds.csvtext import encode
from sync.sds.full_plan.differences import RowChange, differences
from sync.sds.full_plan.lines import Line, LineKind, lines
from sync.sds.rowkeys import rows_of
from sync.sds.tables import COURSES, SESSIONS, Row, columns

ORG, YEAR = "9990001", "9990001-2026"
type Files = Mapping[str, bytes]
type Rows = set[tuple[str, Row]]


def rows(files: Files) -> Rows:
    """Return every row of *files*, with the file that it is in."""
    return {(name, row) for name in files for row in rows_of(name, files)}


def plan(before: Files, after: Files, *orgs: str) -> list[Line]:
    """Return the lines of all schools, or of *orgs*."""
    differing = differences(before, after, orgs or None)
    return [line for org in differing.schools for line in lines(differing, org)]


def changes(told: Iterable[Line]) -> list[RowChange]:
    return [change for line in told for change in line.rows]


def applied(before: Files, told: Iterable[Line]) -> Rows:
    """Return the rows that *before* has once all that is *told* was done."""
    there = rows(before)
    for change in changes(told):
        if change.before:
            there.remove((change.file, change.before))
        if change.after:
            there.add((change.file, change.after))
    return there


def drawn(random: Random, orgs: Iterable[str], *, more: bool) -> dict[str, bytes]:
    """Return a delivery of *orgs* in which next to nothing is certain."""
    tables: dict[str, set[Row]] = {name: set() for name in columns([SESSIONS, COURSES])}
    addresses = [f"a{number}@northbank.example" for number in range(40)]
    random.shuffle(addresses)
    for org in orgs:
        tables["orgs.csv"].add((org, f"School {random.randint(1, 2)}", "school"))
        tables[SESSIONS].add((f"{org}-2026", random.choice("xy"), "schoolYear", "2026", "1", "2"))
        tables[COURSES].add((f"{org}-course-1", org, random.choice("xy"), "1"))
        people = random.sample(range(14), random.randint(1, 12))
        for number in people:
            user_id = f"{org}-P{number:02}"
            tables["users.csv"].add((user_id, addresses.pop(), random.choice(["", "Wren"]), ""))
            role = random.choice(["student", "student", "teacher"])
            grade = random.choice(["07", "08"]) if role == "student" else ""
            tables["roles.csv"].add((user_id, org, role, grade, "TRUE"))
        for number in random.sample(range(9), random.randint(0, 6)):
            class_id = f"{org}-2026-{random.choice(['', 'form-'])}{number}"
            title = random.choice(["8A", "8A, new"])
            tables["classes.csv"].add((class_id, org, title, "", ""))
            for user in random.sample(people, random.randint(0, len(people))):
                role = random.choice(["student", "student", "student", "teacher"])
                tables["enrollments.csv"].add((class_id, f"{org}-P{user:02}", role))
    asked = [SESSIONS, COURSES] if more else []
    made = columns(asked)
    return {
        name: encode(made[name], (row[: len(made[name])] for row in sorted(tables[name])))
        for name in made
    }


@pytest.mark.parametrize("hundred", range(10))
def test_the_plan_applied_to_the_old_rows_gives_the_new_ones(hundred: int) -> None:
    """Of 1,000 random pairs of deliveries; and each row that differs is told once."""
    for seed in range(hundred * 100, hundred * 100 + 100):
        random = Random(seed)
        orgs = ["9990001", "9990002", "9990003"][: random.randint(1, 3)]
        more = random.random() < 0.5
        before = {} if seed % 20 == 0 else drawn(random, random.sample(orgs, len(orgs)), more=more)
        after = drawn(random, orgs[: random.randint(0, 3)] or orgs, more=more)
        told = plan(before, after)

        assert applied(before, told) == rows(after), seed
        assert len(set(changes(told))) == len(changes(told)), seed


# --- Line by line ---------------------------------------------------------------------------------

PUPILS = [f"{ORG}-P{number:02}" for number in range(40)]
TEACHERS = [f"{ORG}-T{number}" for number in range(4)]


class Taught(NamedTuple):
    """A class of a school that is written by hand."""

    pupils: Sequence[str] = ()
    teachers: Sequence[str] = TEACHERS[:1]
    title: str = "8A"


def key(name: str) -> str:
    return f"{YEAR}-{name}"


def files(
    classes: Mapping[str, Taught],
    addresses: Mapping[str, str] | None = None,
    *,
    grades: Mapping[str, str] | None = None,
    without: Iterable[str] = (),
    org: str = ORG,
) -> dict[str, bytes]:
    """Return a school: everybody in Year 8 and with an address of their own, unless it is said."""
    people = [user for user in (*PUPILS, *TEACHERS) if user not in set(without)]
    told, in_year = addresses or {}, grades or {}
    tables: dict[str, list[Row]] = {
        "orgs.csv": [(org, "Northbank School", "school")],
        "users.csv": [
            (user, told.get(user, f"{user.lower()}@northbank.example"), "", "") for user in people
        ],
        "roles.csv": [
            (user, org, "student", in_year.get(user, "08"), "TRUE")
            if user in PUPILS
            else (user, org, "teacher", "", "TRUE")
            for user in people
        ],
        "classes.csv": [(key(name), org, taught.title) for name, taught in classes.items()],
        "enrollments.csv": [
            (key(name), user, role)
            for name, taught in classes.items()
            for role, users in (("student", taught.pupils), ("teacher", taught.teachers))
            for user in users
        ],
    }
    return {name: encode(columns([])[name], sorted(listed)) for name, listed in tables.items()}


def kinds(told: Iterable[Line]) -> list[tuple[LineKind, tuple[str, ...]]]:
    return [(line.kind, line.classes) for line in told]


A, B, C = PUPILS[:10], PUPILS[10:20], PUPILS[20:30]


QUIET = {f"9{number:02}": Taught(PUPILS[34:38]) for number in range(20)}
"""Classes that stay, so that those which do not are few of their year."""


def test_two_classes_that_exchange_their_pupils_are_told_as_two_rosters() -> None:
    """With everybody who was in each and would be, teachers too; nothing else is told of them."""
    before = files({"1": Taught(A), "2": Taught(B), **QUIET})
    after = files({"1": Taught(B), "2": Taught(A), **QUIET})
    (line,) = plan(before, after)

    assert (line.kind, line.classes) == (LineKind.EXCHANGED, (key("1"), key("2")))
    one, other = line.rosters
    assert [row[1] for row in one.before] == [row[1] for row in other.after] == [*A, TEACHERS[0]]
    assert [row[1] for row in other.before] == [row[1] for row in one.after] == [*B, TEACHERS[0]]


def test_a_class_in_two_exchanges_is_told_once() -> None:
    """Three rosters of which two are alike make two pairs, and one class is in both."""
    before = files({"1": Taught(A), "2": Taught(B), "3": Taught(B), **QUIET})
    after = files({"1": Taught(B), "2": Taught(A), "3": Taught(A), **QUIET})
    told = plan(before, after)

    assert [line.kind for line in told] == [LineKind.EXCHANGED, LineKind.EXCHANGED]
    assert applied(before, told) == rows(after)
    assert len(set(changes(told))) == len(changes(told))


def test_lines_come_in_the_order_of_the_damage() -> None:
    """Of a night on which everything happens, what could show work to others comes first."""
    address = f"{PUPILS[30].lower()}@northbank.example"
    before = files(
        {
            **QUIET,
            "1": Taught(A),
            "2": Taught(B),
            "3": Taught(C),
            "4": Taught(PUPILS[:2]),
            "5": Taught(PUPILS[:8], TEACHERS[:2]),
            "6": Taught([PUPILS[33]]),
            "form-8A": Taught(C),
        },
        grades={PUPILS[32]: "07"},
        without=[PUPILS[38]],
    )
    after = files(
        {
            **QUIET,
            "1": Taught(B),
            "2": Taught(A),
            "3": Taught([*A[:5], *B[:5]]),
            "4": Taught([PUPILS[20]]),
            "5": Taught([*PUPILS[:7], PUPILS[9]], TEACHERS[1:2], "8A new"),
            "8": Taught(C),
            "form-8B": Taught(C),
        },
        {PUPILS[30]: "new@northbank.example", PUPILS[31]: address},
        without=[PUPILS[39]],
    )
    told = [(line.kind, line.person) for line in plan(before, after)]

    assert told == [
        (LineKind.EXCHANGED, ""),
        (LineKind.TAKEN_OVER, ""),
        (LineKind.NOBODY_LEFT, ""),
        (LineKind.RENAMED, ""),
        (LineKind.ENDS, ""),
        (LineKind.BEGINS, ""),
        (LineKind.TEACHER, TEACHERS[0]),
        (LineKind.PUPIL, PUPILS[33]),
        (LineKind.ADDRESS, PUPILS[31]),
        (LineKind.ADDRESS, PUPILS[30]),
        (LineKind.CLASS, ""),
        (LineKind.PERSON, PUPILS[39]),
        (LineKind.PERSON, PUPILS[38]),
        (LineKind.PERSON, PUPILS[32]),
    ]


def test_a_year_with_many_classes_in_doubt_is_a_line_and_its_classes_follow_below() -> None:
    """One cause is likely: a hundred lines would hide what else there is."""
    before = files({"1": Taught(A), "2": Taught(B), "3": Taught(C)})
    after = files({"1": Taught(B), "2": Taught(C), "3": Taught(A)})
    told = plan(before, after)

    assert [line.kind for line in told] == [LineKind.YEAR, *[LineKind.CLASS] * 3]
    assert (told[0].year, told[0].in_doubt, told[0].of) == ((ORG, "08"), 3, 3)


def test_a_pupil_who_loses_all_classes_is_told_with_those_that_they_leave() -> None:
    """Also one whose class ends; not one who is put into another."""
    before = files({"1": Taught(A), "2": Taught([*B, PUPILS[30]]), "3": Taught([PUPILS[31]])})
    after = files({"1": Taught(A), "2": Taught([*B, PUPILS[32]]), "4": Taught(C)})
    told = [line for line in plan(before, after) if line.kind is LineKind.PUPIL]

    assert [(line.person, line.classes) for line in told] == [
        (PUPILS[30], (key("2"),)),
        (PUPILS[31], (key("3"),)),
    ]


def test_a_class_that_comes_back_is_compared_with_what_it_last_held() -> None:
    """Its roster says who that was; the rows are those that would come."""
    before, after = files(QUIET), files({"1": Taught(B), **QUIET})
    differing = differences(before, after)
    (line,) = lines(differing, ORG, {key("1"): set(A)})

    assert (line.kind, line.rosters[0].away) == (LineKind.TAKEN_OVER, tuple(A))
    assert applied(before, [line]) == rows(after)


def test_the_largest_exchange_comes_first() -> None:
    """Whom most see each other's work is read first."""
    one, other = PUPILS[30:35], PUPILS[35:40]
    classes = {"1": Taught(one), "2": Taught(other), "3": Taught(A), "4": Taught(B)}
    after = {"1": Taught(other), "2": Taught(one), "3": Taught(B), "4": Taught(A)}
    quiet = {f"9{number:02}": Taught(C) for number in range(20)}
    told = plan(files(classes | quiet), files(after | quiet))

    assert [line.classes for line in told] == [(key("3"), key("4")), (key("1"), key("2"))]


def test_only_the_schools_that_are_asked_for_are_compared() -> None:
    """What another school of the delivery changes is nobody's to read here."""
    random = Random(1)
    orgs = [ORG, "9990002"]
    before, after = (drawn(random, orgs, more=True) for _ in range(2))
    of_both, of_one = differences(before, after), differences(before, after, [ORG])

    assert list(of_one.schools) == [ORG]
    assert list(lines(of_one, ORG)) == list(lines(of_both, ORG))


BROKEN = {
    "another header": (b"classSourcedId,userSourcedId,role", b"classSourcedId,userSourcedId,x"),
    "a role that nobody has": (b",student", b",prefect"),
    "a cell too many": (b",student", b",student,1"),
    "no end of a line": (b",teacher\r\n", b",teacher\n"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_enrollments_that_are_not_what_was_sealed_are_told(fault: str) -> None:
    """A row that is not understood is never left out of a plan."""
    school = files({"1": Taught(A)})
    old, new = BROKEN[fault]
    broken = {**school, "enrollments.csv": school["enrollments.csv"].replace(old, new, 1)}

    with pytest.raises(StoreConflict):
        plan(school, broken)
    with pytest.raises(StoreConflict):
        plan(broken, school)


def test_classes_out_of_order_are_told() -> None:
    """Both files are walked side by side, so a row out of place would be missed."""
    school = files({"1": Taught(A), "2": Taught(B)})
    header, *lines_of = school["enrollments.csv"].splitlines(keepends=True)
    mixed = {**school, "enrollments.csv": header + b"".join(lines_of[11:] + lines_of[:11])}

    with pytest.raises(StoreConflict, match="not in order"):
        plan(school, mixed)


def test_a_lost_file_is_told_and_is_no_empty_school() -> None:
    """Its rows are unknown."""
    school = files({"1": Taught(A)})
    lost = {name: body for name, body in school.items() if name != "enrollments.csv"}

    with pytest.raises(StoreConflict, match="lost one of its files"):
        plan(school, lost)


def test_two_classes_that_share_most_of_their_pupils_can_be_exchanged() -> None:
    """Six of ten stay in either: those who differ see each other's work all the same."""
    one, other = PUPILS[:10], PUPILS[4:14]
    before = files({"1": Taught(one), "2": Taught(other), **QUIET})
    after = files({"1": Taught(other), "2": Taught(one), **QUIET})

    assert [line.kind for line in plan(before, after)] == [LineKind.EXCHANGED]


def test_who_and_what_loses_most_comes_first_of_its_kind() -> None:
    """Teachers and pupils by the classes that they lose, Teams by how many are in them."""
    late, last = TEACHERS[2], PUPILS[33]
    before = files(
        {
            "1": Taught(A, [TEACHERS[0], TEACHERS[1], late]),
            "2": Taught(A, [TEACHERS[0], late]),
            "3": Taught([PUPILS[31]]),
            "4": Taught([PUPILS[32], last]),
            "5": Taught([*C, last]),
        }
    )
    after = files({"1": Taught(A), "2": Taught(A)})
    told = plan(before, after)

    assert [line.person for line in told if line.kind is LineKind.TEACHER] == [late, TEACHERS[1]]
    pupils = [line.person for line in told if line.kind is LineKind.PUPIL]
    assert pupils[0] == last
    assert [line.classes for line in told if line.kind is LineKind.ENDS] == [
        (key("5"),),
        (key("4"),),
        (key("3"),),
    ]


def test_a_class_that_would_be_another_schools_is_told_there() -> None:
    """With ids of the script of 2020 a class does not say whose it is."""
    other = "9990002"
    school = files({"1": Taught(A)})
    both = f"{ORG},Northbank School,school\r\n{other},Southbank School,school\r\n".encode()
    before = {**school, "orgs.csv": school["orgs.csv"].splitlines(keepends=True)[0] + both}
    moved = before["classes.csv"].replace(
        f"{key('1')},{ORG}".encode(), f"{key('1')},{other}".encode()
    )
    after = {**before, "classes.csv": moved}
    differing = differences(before, after)
    told = {org: list(lines(differing, org)) for org in differing.schools}

    assert told[ORG] == []
    assert [line.kind for line in told[other]] == [LineKind.CLASS]


def test_what_is_no_schools_is_told_with_the_first() -> None:
    """A user without a role, and a session that names no school."""
    people = [("nobody", "nobody@northbank.example", "", "")]
    session = [("2026", "2026-27", "schoolYear", "2026", "2026-09-01", "2027-08-31")]
    bare = drawn(Random(1), [ORG, "9990002"], more=True)
    users = sorted([*rows_of("users.csv", bare), *people])
    sessions = sorted([*rows_of(SESSIONS, bare), *session])
    made = columns([SESSIONS, COURSES])
    after = {
        **bare,
        "users.csv": encode(made["users.csv"], users),
        SESSIONS: encode(made[SESSIONS], sessions),
    }
    told = plan(bare, after)

    assert [(line.kind, line.person) for line in told] == [
        (LineKind.PERSON, "nobody"),
        (LineKind.SCHOOL, ""),
    ]
    assert applied(bare, told) == rows(after)


def test_nothing_is_told_of_a_school_that_is_not_there() -> None:
    """Neither side has it, so there is nothing to compare."""
    school = files({"1": Taught(A)})

    assert not differences(school, files({}), ["9990009"]).schools
