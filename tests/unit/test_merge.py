"""Several profiles' sets become one delivery, and nobody lands in another's class."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.sds import check_files
from sync.errors import MergeConflict, StoreConflict
from sync.roster.build import build_roster
from sync.roster.model import Course, Org, Roster, SchoolClass, Session, User
from sync.sds import rules, tables
from sync.sds.csvtext import decode
from sync.sds.merge import Offered, merge
from sync.sds.tables import COLUMNS, ON_REQUEST, Row, columns
from sync.settings import ProfileSettings
from tests.offered import by_school
from tests.unit.schools import NORTHBANK, TODAY, YEAR, employee, pupil, school, teaching_set

type Merged = dict[str, list[Row]]


def sealed(key: str, roster: Roster) -> Offered:
    """Return the roster as a sealed set of the school called *key*."""
    return Offered(key, roster.org.id, [rules.files(tables.roster_rows(roster))])


def a_set(
    key: str,
    people: Mapping[str, str],
    classes: Mapping[str, tuple[str, str]] | None = None,
    asked: str = "",
) -> Offered:
    """Return a set of school *key*: addresses by id, and classes as (teachers, students).

    Ids with a `T` are teachers'; in classes people are named by ids, blank between. *asked*
    says which further files there are: `sessions`, `courses`. Every class is in the same subject.
    """
    users = tuple(
        User(user_id, f"{address}@x.example", "teacher" if "T" in user_id else "student")
        for user_id, address in sorted(people.items())
    )
    made = tuple(
        SchoolClass(
            class_id, f"Class {class_id}", tuple(teachers.split()), tuple(students.split()), "21"
        )
        for class_id, (teachers, students) in sorted((classes or {}).items())
    )
    roster = Roster(Org(key, f"School {key}"), users, made)
    return sealed(key, with_more(roster, asked))


def with_more(roster: Roster, asked: str) -> Roster:
    """Return *roster* with the sessions and courses of its school, as *asked*."""
    key, days = roster.org.id, (date(2026, 9, 3), date(2027, 7, 9))
    year = Session(f"{key}-2026", "2026-27", "schoolYear", 2026, *days)
    return replace(
        roster,
        sessions=(year,) if "sessions" in asked else None,
        courses=(Course(f"{key}-course-21", "Physics", "Ph", "21"),)
        if "courses" in asked
        else None,
    )


def delivered(
    *sets: Offered, held: Mapping[str, bytes] | None = None, carried: Collection[str] = ()
) -> dict[str, bytes]:
    """Return the files of the sets, the newest first, once the rules and the oracle took them."""
    files = rules.files(merge(by_school(sets), held=held, carried=carried))
    assert check_files(files) == []
    return files


def merged(
    *sets: Offered, held: Mapping[str, bytes] | None = None, carried: Collection[str] = ()
) -> Merged:
    """Return the rows of what is `delivered`."""
    return table(delivered(*sets, held=held, carried=carried))


def table(files: Mapping[str, bytes]) -> Merged:
    """Return the rows of *files*."""
    made = columns(files)
    return {name: list(decode(name, body, made[name])) for name, body in files.items()}


def users(rows: Merged) -> dict[str, str]:
    """Return each user's address before the @, by id."""
    return {row[0]: row[1].partition("@")[0] for row in rows["users.csv"]}


def members(rows: Merged) -> dict[str, list[str]]:
    """Return who is in each class: `id role`."""
    enrolled: dict[str, list[str]] = {row[0]: [] for row in rows["classes.csv"]}
    for class_id, user, role in rows["enrollments.csv"]:
        enrolled[class_id].append(f"{user} {role}")
    return enrolled


def test_two_profiles_of_one_school_are_united() -> None:
    """Seniors and prep make one delivery; a teacher of both is one user with one role."""
    seniors = a_set("1", {"P1": "a", "T1": "t"}, {"c1": ("T1", "P1")})
    prep = a_set("1", {"P2": "b", "T1": "t"}, {"c2": ("T1", "P2")})

    rows = merged(seniors, prep)

    assert users(rows) == {"P1": "a", "P2": "b", "T1": "t"}
    assert rows["roles.csv"] == [
        ("P1", "1", "student", "", "TRUE"),
        ("P2", "1", "student", "", "TRUE"),
        ("T1", "1", "teacher", "", "TRUE"),
    ]
    assert members(rows) == {"c1": ["P1 student", "T1 teacher"], "c2": ["P2 student", "T1 teacher"]}
    assert rows["orgs.csv"] == [("1", "School 1", "school")]


def test_schools_are_told_apart_by_id_and_have_their_newest_name() -> None:
    """Two may share a name, and one may have been renamed between two sets."""
    orgs = ("1", "College"), ("2", "College"), ("1", "School")

    rows = merged(*(sealed(org, Roster(Org(org, name), (), ())) for org, name in orgs))

    assert rows["orgs.csv"] == [("1", "College", "school"), ("2", "College", "school")]


def test_a_class_comes_whole_from_the_newest_set_that_has_it() -> None:
    """The older list may hold a pupil who has since moved: lists are never united."""
    newer = a_set("1", {"P1": "a", "T1": "t"}, {"c1": ("T1", "P1")})
    older = a_set("1", {"P1": "old", "P2": "b", "T1": "t"}, {"c1": ("T1", "P1 P2")})

    rows = merged(newer, older)

    assert members(rows) == {"c1": ["P1 student", "T1 teacher"]}
    assert users(rows) == {"P1": "a", "P2": "b", "T1": "t"}


def test_a_class_that_the_newer_set_has_emptied_stays_empty() -> None:
    """Nobody comes back out of an older list."""
    newer = a_set("1", {"T1": "t"}, {"c1": ("T1", "")})
    older = a_set("1", {"P1": "a", "T1": "t"}, {"c1": ("T1", "P1")})

    assert members(merged(newer, older)) == {"c1": ["T1 teacher"]}


def test_an_address_belongs_to_whom_the_newest_set_says() -> None:
    """An address given to another person between two sets never carries the first one's classes."""
    newer = a_set("1", {"P2": "a"}, {"c2": ("", "P2")})
    older = a_set("1", {"P1": "a", "P3": "c"}, {"c1": ("", "P1 P3")})

    rows = merged(newer, older)

    assert users(rows) == {"P2": "a", "P3": "c"}
    assert members(rows) == {"c1": ["P3 student"], "c2": ["P2 student"]}
    assert [row[0] for row in rows["roles.csv"]] == ["P2", "P3"]


def test_who_lost_an_address_does_not_come_back_with_an_older_one() -> None:
    """It may be somebody else's by now, whom no profile covers."""
    newest, middle, oldest = (
        a_set("1", {user_id: address}) for user_id, address in ("1a", "2a", "2b")
    )

    assert users(merged(newest, middle, oldest)) == {"1": "a"}


def test_an_address_moved_within_a_school_never_joins_two_people_through_another_school() -> None:
    """One person is at both schools; an older set of the second gives the address to somebody."""
    here = a_set("1", {"P1": "a"})
    newer = a_set("2", {"P2": "a"}, {"c2": ("", "P2")})
    older = a_set("2", {"P3": "a"}, {"c3": ("", "P3")})

    rows = merged(here, newer, older)

    assert users(rows) == {"P1": "a"}
    assert members(rows) == {"c2": ["P1 student"], "c3": []}


def test_a_teacher_of_two_schools_is_one_person_with_a_role_at_each() -> None:
    """The smallest id stays, and only one role is primary."""
    first = a_set("1", {"T7": "t"}, {"c1": ("T7", "")})
    second = a_set("2", {"T5": "t"}, {"c2": ("T5", "")})

    rows = merged(first, second)

    assert users(rows) == {"T5": "t"}
    assert rows["roles.csv"] == [
        ("T5", "1", "teacher", "", "TRUE"),
        ("T5", "2", "teacher", "", "FALSE"),
    ]
    assert members(rows) == {"c1": ["T5 teacher"], "c2": ["T5 teacher"]}


def test_a_pupil_at_one_school_who_teaches_at_another_is_first_of_all_a_teacher() -> None:
    """SDS matches who has a primary staff role by the staff rule."""
    rows = merged(a_set("1", {"P1": "a"}), a_set("2", {"T1": "a"}))

    assert rows["roles.csv"] == [
        ("P1", "1", "student", "", "FALSE"),
        ("P1", "2", "teacher", "", "TRUE"),
    ]


def test_a_dual_registered_pupil_is_one_person_in_the_classes_of_both_schools() -> None:
    """Two rows for one account would be refused, or taken for one by chance."""
    first = a_set("1", {"P1": "a", "P2": "b"}, {"c1": ("", "P1 P2")})
    second = a_set("2", {"P9": "a"}, {"c2": ("", "P9")})

    rows = merged(first, second)

    assert users(rows) == {"P1": "a", "P2": "b"}
    assert members(rows) == {"c1": ["P1 student", "P2 student"], "c2": ["P1 student"]}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_one_person_of_three_schools_keeps_the_smallest_id(order: tuple[int, ...]) -> None:
    """In whatever order the ids meet, all three lead to the same one."""
    sets = [
        a_set(key, {user_id: "a"}, {f"c{key}": ("", user_id)})
        for key, user_id in (("1", "P8"), ("2", "P3"), ("3", "P5"))
    ]

    rows = merged(*(sets[number] for number in order))

    assert users(rows) == {"P3": "a"}
    assert members(rows) == {f"c{key}": ["P3 student"] for key in "123"}
    assert sorted(row[4] for row in rows["roles.csv"]) == ["FALSE", "FALSE", "TRUE"]


def test_who_teaches_and_learns_in_one_class_of_a_foreign_set_is_refused() -> None:
    """No set of ours says so (the roster decides); one that did is not what was sealed."""
    sealed_set = a_set("1", {"P1": "a"}, {"c1": ("", "P1")})

    with pytest.raises(StoreConflict, match="not in order") as caught:
        merged(with_line(sealed_set, "enrollments.csv", "c1,P1,teacher"))

    assert caught.value.facts == {"file": "enrollments.csv", "school": "1"}


def with_line(offered: Offered, name: str, line: str) -> Offered:
    """Return *offered* with a *line* after the rest of a file of its only set."""
    (files,) = offered.sets
    return replace(offered, sets=[{**files, name: files[name] + f"{line}\r\n".encode()}])


@pytest.mark.parametrize("person", ["P1", "T1"])
@pytest.mark.parametrize("order", [1, -1])
def test_a_service_account_is_nobody_of_another_school(person: str, order: int) -> None:
    """A pupil of one school would own every Team of the other."""
    sets = [a_set("1", {person: "a"}), a_set("2", {"2-X0123456789ab": "a"})]

    with pytest.raises(MergeConflict, match="correct SERVICE_ACCOUNTS") as caught:
        merge(by_school(sets[::order]))

    assert set(caught.value.facts.values()) == {"1", "2"}


def test_two_schools_may_share_a_service_account() -> None:
    """One account that looks after all Teams of a group."""
    sets = [a_set(key, {f"{key}-X0123456789ab": "bot"}) for key in ("1", "2")]

    rows = merge(sets)

    assert len(list(rows["users.csv"])) == 1


@pytest.mark.parametrize(
    ("other", "file"),
    [
        (a_set("2", {"P1": "b"}), "users.csv"),
        (a_set("2", {"P2": "b"}, {"c1": ("", "P2")}), "classes.csv"),
    ],
)
def test_two_schools_that_use_one_id_stop_the_merge(other: Offered, file: str) -> None:
    """Legacy ids carry no school: a clash would put one school's pupils in the other's class."""
    with pytest.raises(MergeConflict, match=f"1 and 2 use one id in {file}") as caught:
        merge([a_set("1", {"P1": "a"}, {"c1": ("", "P1")}), other])

    assert caught.value.facts == {"file": file, "school": "1", "other_school": "2"}


def test_a_changed_file_stops_the_merge() -> None:
    """A set that is not what we sealed is never half read."""
    files = dict(a_set("1", {"P1": "a"}).sets[0]) | {"users.csv": b"sourcedId\r\nP1\r\n"}

    with pytest.raises(StoreConflict):
        merge([Offered("1", "1", [files])])


def test_no_sets_make_no_rows() -> None:
    """There is a table for every file all the same."""
    assert {name: list(rows) for name, rows in merge([]).items()} == {name: [] for name in COLUMNS}


# -- sessions and courses ------------------------------------------------------------------------

ONE_CLASS: Mapping[str, tuple[str, str]] = {"c1": ("", "P1")}
OTHER_CLASS: Mapping[str, tuple[str, str]] = {"c2": ("", "P2")}
FROM_BEFORE: Mapping[str, bytes] = {
    "orgs.csv": b"sourcedId,name,type\r\n1,School 1,school\r\n",
    "users.csv": b"sourcedId,username,givenName,familyName\r\nP2,b@x.example,,\r\n",
    "roles.csv": b"userSourcedId,orgSourcedId,role,grade,isPrimary\r\nP2,1,student,,TRUE\r\n",
    "classes.csv": b"sourcedId,orgSourcedId,title\r\nc2,1,Class c2\r\n",
    "enrollments.csv": b"classSourcedId,userSourcedId,role\r\nc2,P2,student\r\n",
}


def test_a_profile_that_asks_for_nothing_is_merged_with_one_that_does() -> None:
    """Its classes have no session and no course then, and nobody is lost."""
    asks = a_set("1", {"P1": "a"}, ONE_CLASS, "sessions courses")
    asks_not = a_set("1", {"P2": "b"}, OTHER_CLASS)

    for sets in permutations((asks, asks_not)):
        rows = merged(*sets)

        assert rows["classes.csv"] == [
            ("c1", "1", "Class c1", "1-2026", "1-course-21"),
            ("c2", "1", "Class c2", "", ""),
        ]
        assert members(rows) == {"c1": ["P1 student"], "c2": ["P2 student"]}
        assert rows["courses.csv"] == [("1-course-21", "1", "Physics", "Ph")]


def test_a_set_that_an_older_version_sealed_is_merged_with_a_newer_one() -> None:
    """It has five files, and three columns of classes, as a set without a request still has."""
    newer = a_set("1", {"P1": "a"}, ONE_CLASS, "sessions courses")

    assert a_set("1", {"P2": "b"}, OTHER_CLASS).sets[0] == FROM_BEFORE
    rows = merged(newer, Offered("1", "1", [FROM_BEFORE]))
    assert [row[3:] for row in rows["classes.csv"]] == [("1-2026", "1-course-21"), ("", "")]


def test_a_class_of_two_profiles_has_what_either_asks_for() -> None:
    """A set that does not ask for sessions says nothing of them, the newer or the older."""
    sessions = a_set("1", {"P1": "a"}, ONE_CLASS, "sessions")
    courses = a_set("1", {"P1": "a"}, ONE_CLASS, "courses")

    for sets in permutations((sessions, courses, a_set("1", {"P1": "a"}, ONE_CLASS))):
        assert merged(*sets)["classes.csv"] == [
            ("c1", "1", "Class c1", "1-2026", "1-course-21"),
        ]


def test_sessions_of_two_schools_are_united_and_the_newest_says_how_they_are_called() -> None:
    """Each school has its own, and what has been renamed since is listed once."""
    older = a_set("1", {"P1": "a"}, ONE_CLASS, "sessions")
    renamed = older.sets[0]["academicSessions.csv"].replace(b"2026-27", b"2026/27")
    newer = Offered("1", "1", [{**older.sets[0], "academicSessions.csv": renamed}])

    rows = merged(newer, a_set("2", {"P3": "c"}, {"c3": ("", "P3")}, "sessions"), older)

    assert [row[:2] for row in rows["academicSessions.csv"]] == [
        ("1-2026", "2026/27"),
        ("2-2026", "2026-27"),
    ]


@pytest.mark.parametrize("name", sorted(ON_REQUEST))
def test_a_file_that_was_sent_goes_on_to_be_sent(name: str) -> None:
    """Without a set that has it, as a header, and its column of classes stays, blank."""
    plain = a_set("1", {"P1": "a"}, ONE_CLASS)

    files = rules.files(merge([plain], also=[name]))

    assert files[name] == (",".join(ON_REQUEST[name]) + "\r\n").encode()
    assert files["classes.csv"].endswith(b"\r\nc1,1,Class c1,\r\n")
    assert files.keys() == {*COLUMNS, name}
    assert check_files(files) == []


def test_a_set_without_one_of_the_five_files_is_not_taken_for_one_without_people() -> None:
    """Only what is sent on request may be missing."""
    for name in COLUMNS:
        files = {other: body for other, body in FROM_BEFORE.items() if other != name}

        with pytest.raises(StoreConflict, match="lost one of its files") as caught:
            merge([Offered("1", "1", [files])])

        assert caught.value.facts == {"file": name, "school": "1"}


# -- properties ----------------------------------------------------------------------------------

PEOPLE = [f"P{number}" for number in range(6)] + ["T6", "T7"]
ADDRESSES = list("abcdefgh")
CLASSES = ["c1", "c2", "c3"]
ASKED = ["", "sessions", "courses", "sessions courses"]


@st.composite
def a_drawn_set(draw: st.DrawFn, key: str) -> Offered:
    """A set of a school: any of the people with any addresses, any classes of them.

    Ids carry the school's key, addresses do not: people of two schools may be one person.
    """
    drawn = draw(st.lists(st.sampled_from(PEOPLE), unique=True))
    given_to = draw(st.permutations(ADDRESSES))
    people = {f"{person}{key}": address for person, address in zip(drawn, given_to, strict=False)}
    classes = {}
    for name in draw(st.lists(st.sampled_from(CLASSES), unique=True)):
        chosen = sorted(user_id for user_id in people if draw(st.booleans()))
        teachers = " ".join(user_id for user_id in chosen if user_id.startswith("T"))
        students = " ".join(user_id for user_id in chosen if user_id.startswith("P"))
        classes[f"{name}-{key}"] = (teachers, students)
    return a_set(key, people, classes, draw(st.sampled_from(ASKED)))


FEWER = settings(max_examples=50)  # each draws, writes and checks several sets of files
SETS = st.lists(st.sampled_from("12").flatmap(a_drawn_set), max_size=4)


@FEWER
@given(SETS)
def test_a_merge_of_anything_holds_together(sets: list[Offered]) -> None:
    """Whatever the sets say of each other, every enrollment has its user and its class."""
    rows = merged(*sets)  # which asks the rules and the oracle

    known, classes = set(users(rows)), {row[0] for row in rows["classes.csv"]}
    assert all(
        class_id in classes and user in known for class_id, user, _ in rows["enrollments.csv"]
    )
    assert {row[0] for row in rows["roles.csv"]} == known
    assert set(rows) == set(COLUMNS).union(*(each.sets[0] for each in sets))


@FEWER
@given(st.lists(a_drawn_set("1"), max_size=4))
def test_nobody_is_enrolled_by_an_older_set_where_a_newer_has_the_class(
    sets: list[Offered],
) -> None:
    """Each class holds whom the newest set that has it enrolls, and nobody else."""
    expected: dict[str, list[str]] = {}
    for sealed_set in sets:
        for class_id, enrolled in members(table(sealed_set.sets[0])).items():
            expected.setdefault(class_id, enrolled)

    enrolled_of = members(merged(*sets))

    assert enrolled_of.keys() == expected.keys()
    assert all(
        set(enrolled) <= set(expected[class_id]) for class_id, enrolled in enrolled_of.items()
    )
    assert not sets or enrolled_of.items() >= members(table(sets[0].sets[0])).items()


@FEWER
@given(st.lists(a_drawn_set("1"), max_size=4))
def test_nobody_has_another_address_than_the_newest_set_that_knows_them_says(
    sets: list[Offered],
) -> None:
    """Not even where that address has since gone to somebody else: then they are left out."""
    newest: dict[str, str] = {}
    for sealed_set in sets:
        newest = users(table(sealed_set.sets[0])) | newest

    assert users(merged(*sets)).items() <= newest.items()


@FEWER
@given(a_drawn_set("1"))
def test_one_set_alone_keeps_its_bytes(sealed_set: Offered) -> None:
    """A connector of a single profile delivers exactly what that profile sealed."""
    assert rules.files(merge([sealed_set])) == sealed_set.sets[0]


@FEWER
@given(a_drawn_set("1"), st.integers(1, 3))
def test_a_set_merged_with_itself_is_itself(sealed_set: Offered, times: int) -> None:
    """A doubled message does no harm."""
    assert rules.files(merge(by_school([sealed_set] * times))) == sealed_set.sets[0]


@FEWER
@given(
    st.lists(st.integers(3, 13), min_size=1, max_size=12),
    st.permutations([{"year_groups": "3-6"}, {"year_groups": "7-9"}, {"year_groups": "8-13"}]),
)
def test_the_order_of_the_profiles_of_one_pull_does_not_matter(
    years: list[int], profiles: list[dict[str, str]]
) -> None:
    """Sets of the same reading agree with each other, so nothing depends on which comes first."""
    read = school(
        [pupil(str(number), year) for number, year in enumerate(years)],
        [employee("41"), employee("42")],
        [
            teaching_set(
                f"30{number}", sorted({str(number), "0"}), [f"4{1 + number % 2}"], year=year
            )
            for number, year in enumerate(years)
        ],
    )
    sets = [
        sealed(
            "1",
            build_roster(
                read, NORTHBANK, ProfileSettings.model_validate(profile), YEAR, TODAY
            ).roster,
        )
        for profile in profiles
    ]

    assert rules.files(merge(by_school(sets))) == rules.files(merge(by_school(sets[::-1])))


def test_a_class_that_is_only_written_otherwise_goes_on_with_all_who_are_in_it() -> None:
    """Its id, its row and its enrollments are those that SDS holds; the title is the new one."""
    forms = {"1-2026-form-8.2F.Jdo": ("T1", "P1"), "1-2026-form-9.2F.B": ("T1", "P2")}
    people = {"P1": "a", "P2": "b", "T1": "t"}
    ended = {"1-2026-form-8.2F.JDO": ("T1", ""), "1-2026-form-9.2F.C": ("T1", "")}

    rows = merged(a_set("1", people, forms), held=delivered(a_set("1", people, ended)))

    assert [row[:3] for row in rows["classes.csv"]] == [
        ("1-2026-form-8.2F.JDO", "1", "Class 1-2026-form-8.2F.Jdo"),
        ("1-2026-form-9.2F.B", "1", "Class 1-2026-form-9.2F.B"),
    ]
    assert members(rows) == {
        "1-2026-form-8.2F.JDO": ["P1 student", "T1 teacher"],
        "1-2026-form-9.2F.B": ["P2 student", "T1 teacher"],
    }


def test_a_class_keeps_no_id_of_another_school() -> None:
    """What counts is whose class SDS holds, and not what its id looks like."""
    made, other = "1-2026-form-8a", "1-2026-form-8A"
    held = delivered(a_set("2", {"P2": "b"}, {other: ("", "P2")}))

    rows = merged(a_set("1", {"P1": "a"}, {made: ("", "P1")}), held=held, carried=["2"])

    assert members(rows) == {made: ["P1 student"], other: ["P2 student"]}
