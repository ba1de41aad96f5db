"""A school goes in with its newest sets or goes on as SDS holds it: never as a third thing."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping
from dataclasses import replace

import pytest

from sync.errors import MergeConflict, StoreConflict
from sync.sds import rules
from sync.sds.csvtext import encode
from sync.sds.merge import Offered, merge
from sync.sds.tables import COLUMNS, ON_REQUEST
from tests.unit.test_merge import Merged, a_set, delivered, members, merged, table, users, with_line

ALL = "sessions courses"
ANN = {"1-T1": "ann", "1-P1": "pat"}  # at school 1
BEN = {"2-T9": "ben", "2-P1": "quin"}  # at school 2
CLASS_1 = {"1-c": ("1-T1", "1-P1")}
CLASS_2 = {"2-c": ("2-T9", "2-P1")}


def of_org(rows: Merged, org: str) -> Merged:
    """Return what is a school's, as a reader of the files would find it; without its users."""
    classes = {row[0] for row in rows["classes.csv"] if row[1] == org}
    return {
        "orgs.csv": [row for row in rows["orgs.csv"] if row[0] == org],
        "roles.csv": [row for row in rows["roles.csv"] if row[1] == org],
        "classes.csv": [row for row in rows["classes.csv"] if row[1] == org],
        "enrollments.csv": [row for row in rows["enrollments.csv"] if row[0] in classes],
        "courses.csv": [row for row in rows.get("courses.csv", ()) if row[1] == org],
        "academicSessions.csv": [
            row for row in rows.get("academicSessions.csv", ()) if row[0] == f"{org}-2026"
        ],
    }


# -- carried schools -----------------------------------------------------------------------------


def test_a_carried_school_goes_on_with_its_rows_and_an_offered_one_with_its_set() -> None:
    """Whatever the carried one's newest set says: it is not even asked."""
    held = delivered(a_set("1", ANN, CLASS_1, ALL), a_set("2", BEN, CLASS_2, ALL))

    rows = merged(a_set("1", {"1-P2": "new"}, {"1-d": ("", "1-P2")}), held=held, carried=["2"])

    assert of_org(rows, "2") == of_org(table(held), "2")
    assert users(rows) == {"1-P2": "new", "2-T9": "ben", "2-P1": "quin"}
    assert members(rows)["1-d"] == ["1-P2 student"]


def test_what_is_neither_offered_nor_carried_is_left_out() -> None:
    """A school that left the settings, once a person has said so."""
    held = delivered(a_set("1", ANN, CLASS_1, ALL), a_set("2", BEN, CLASS_2, ALL))

    assert delivered(held=held, carried=["2"]) == delivered(a_set("2", BEN, CLASS_2, ALL))


def test_all_schools_carried_are_what_sds_holds() -> None:
    """Byte by byte, so that nothing changes."""
    held = delivered(a_set("1", ANN, CLASS_1), a_set("2", BEN | {"2-T1": "ann"}, CLASS_2, ALL))

    assert delivered(held=held, carried=["1", "2"]) == held


@pytest.mark.parametrize("held", [None, delivered(a_set("1", ANN, CLASS_1))])
def test_a_school_of_which_nothing_is_held_cannot_be_carried(
    held: Mapping[str, bytes] | None,
) -> None:
    """Nothing in its place would empty it."""
    with pytest.raises(StoreConflict, match="no delivery that can be read says how") as caught:
        merge([], held=held, carried=["2"])

    assert caught.value.facts == {"org": "2"}


def test_whoever_is_in_a_class_of_a_carried_school_goes_on_without_a_role_there() -> None:
    """An enrollment without its user would be refused, and all schools with it."""
    rows = table(delivered(a_set("1", ANN, CLASS_1), a_set("2", BEN, CLASS_2)))
    rows["enrollments.csv"] = sorted([*rows["enrollments.csv"], ("2-c", "1-P1", "student")])
    rows["roles.csv"] = [row for row in rows["roles.csv"] if row[0] != "1-T1"]

    carried = users(merged(held=rules.files(rows), carried=["2"]))

    assert carried == {"1-P1": "pat", "2-T9": "ben", "2-P1": "quin"}


def test_the_sessions_of_a_school_are_not_those_of_one_whose_id_goes_on_after_a_hyphen() -> None:
    """`1-2-2026` begins with `1-` too."""
    held = delivered(*(a_set(key, {f"{key}-P1": key}, {}, ALL) for key in ("1", "1-2")))

    rows = merged(held=held, carried=["1"])

    assert [row[0] for row in rows["academicSessions.csv"]] == ["1-2026"]


@pytest.mark.parametrize("name", sorted(ON_REQUEST))
def test_a_file_on_request_that_a_carried_school_has_is_there(name: str) -> None:
    """Its classes refer to it."""
    held = delivered(a_set("1", ANN, CLASS_1), a_set("2", BEN, CLASS_2, ALL))

    assert merged(a_set("1", ANN, CLASS_1), held=held, carried=["2"])[name] == table(held)[name]
    assert name not in merge([a_set("1", ANN, CLASS_1)], held=held)


# -- one person in two schools -------------------------------------------------------------------


def test_a_shared_teacher_with_a_new_address_keeps_a_carried_schools_classes() -> None:
    """The id is the offered school's own, so it may say who that is."""
    held = delivered(a_set("1", ANN, CLASS_1), a_set("2", {"2-T9": "ann"}, {"2-c": ("2-T9", "")}))

    rows = merged(a_set("1", ANN | {"1-T1": "wed"}, CLASS_1), held=held, carried=["2"])

    assert of_org(rows, "2") == of_org(table(held), "2")
    assert users(rows) == {"1-T1": "wed", "1-P1": "pat"}


def test_a_shared_teacher_who_leaves_the_first_school_keeps_the_id() -> None:
    """Another id would take them out of every class of the second, and put them in again."""
    here = a_set("2", {"2-T9": "ann"}, {"2-c": ("2-T9", "")})
    held = delivered(a_set("1", ANN, CLASS_1), here)

    rows = merged(a_set("1", {"1-P1": "pat"}, {"1-c": ("", "1-P1")}), here, held=held)

    assert members(rows)["2-c"] == ["1-T1 teacher"]
    assert users(rows) == {"1-T1": "ann", "1-P1": "pat"}


def test_a_teacher_whom_another_school_takes_on_keeps_the_id() -> None:
    """Though the newer id is the smaller."""
    here = a_set("2", BEN, CLASS_2)
    held = delivered(a_set("1", {"1-P1": "pat"}), here)

    rows = merged(a_set("1", {"1-T1": "ben"}, {"1-c": ("1-T1", "")}), here, held=held)

    assert members(rows) == {"1-c": ["2-T9 teacher"], "2-c": ["2-P1 student", "2-T9 teacher"]}
    assert users(rows) == {"2-T9": "ben", "2-P1": "quin"}


def test_a_pupil_who_moves_from_a_carried_school_is_at_both_under_one_id_until_it_comes() -> None:
    """And keeps that id when it has come."""
    held = delivered(a_set("1", ANN, CLASS_1), a_set("2", BEN, CLASS_2))
    second = a_set("2", BEN | {"2-P7": "pat"}, {"2-c": ("2-T9", "2-P1 2-P7")})

    between = delivered(second, held=held, carried=["1"])

    assert of_org(table(between), "1") == of_org(table(held), "1")
    assert members(table(between))["2-c"] == ["1-P1 student", "2-P1 student", "2-T9 teacher"]
    after = merged(second, a_set("1", {"1-T1": "ann"}, {"1-c": ("1-T1", "")}), held=between)
    assert members(after) == {
        "1-c": ["1-T1 teacher"],
        "2-c": ["1-P1 student", "2-P1 student", "2-T9 teacher"],
    }


def test_an_id_that_sds_holds_goes_before_a_smaller_one() -> None:
    """Both schools give one address to somebody who had another, or none, until now."""
    held = delivered(a_set("2", {"2-T9": "before"}))

    rows = merged(a_set("1", {"1-T1": "ben"}), a_set("2", {"2-T9": "ben"}), held=held)

    assert users(rows) == {"2-T9": "ben"}


def test_an_address_given_on_does_not_bring_its_former_owners_id() -> None:
    """The owner is there, under another address: the id stays with the person."""
    held = delivered(a_set("1", {"1-T1": "ann"}))

    rows = merged(a_set("1", {"1-T1": "wed"}), a_set("2", {"2-T9": "ann"}), held=held)

    assert users(rows) == {"1-T1": "wed", "2-T9": "ann"}


def test_a_service_account_is_never_sent_under_a_persons_id() -> None:
    """It would not be known as one any more."""
    held = delivered(a_set("1", {"1-T1": "bot"}))

    assert users(merged(a_set("1", {"1-X0123456789ab": "bot"}), held=held)) == {
        "1-X0123456789ab": "bot"
    }


def test_a_persons_row_is_that_of_the_record_whose_id_stays() -> None:
    """Which set was read last changes nobody's name."""
    sets = [named(a_set(org, {f"{org}-T1": "ann"}), f"Ann {org}") for org in "12"]

    for order in (sets, sets[::-1]):
        assert table(rules.files(merge(order)))["users.csv"] == [
            ("1-T1", "ann@x.example", "Ann 1", "")
        ]


def test_an_offered_row_stands_before_the_carried_one() -> None:
    """Names too are the newest that anybody knows."""
    sets = [named(a_set(org, {f"{org}-T1": "ann"}), f"Ann {org}") for org in "12"]
    held = delivered(*sets)

    rows = merged(named(a_set("2", {"2-T1": "ann"}), "Ann Two"), held=held, carried=["1"])

    assert rows["users.csv"] == [("1-T1", "ann@x.example", "Ann Two", "")]


def named(offered: Offered, given_name: str) -> Offered:
    """Return *offered*, where everybody has this name."""
    (files,) = offered.sets
    rows = [(*row[:2], given_name, "") for row in table(files)["users.csv"]]
    return replace(offered, sets=[{**files, "users.csv": encode(COLUMNS["users.csv"], rows)}])


@pytest.mark.parametrize(("held_primary", "ours"), [("TRUE", "FALSE"), ("FALSE", "TRUE")])
def test_a_carried_role_stays_primary_or_not_as_it_is(held_primary: str, ours: str) -> None:
    """And decides whether another can be."""
    rows = table(delivered(a_set("2", {"1-T1": "ann"})))
    rows["roles.csv"] = [(*row[:4], held_primary) for row in rows["roles.csv"]]

    made = merged(a_set("1", {"1-T1": "ann"}), held=rules.files(rows), carried=["2"])

    assert made["roles.csv"] == [
        ("1-T1", "1", "teacher", "", ours),
        ("1-T1", "2", "teacher", "", held_primary),
    ]


# -- clashes -------------------------------------------------------------------------------------


def clash(*offered: Offered, held: Mapping[str, bytes] | None = None, carried: str = "") -> object:
    """Return which two schools cannot go together."""
    with pytest.raises(MergeConflict) as caught:
        merge(offered, held=held, carried=carried.split())
    return caught.value.facts["school"], caught.value.facts["other_school"]


def keyed(offered: Offered) -> Offered:
    """Return *offered* of a school whose key in the settings is not its id."""
    return replace(offered, school=f"key-{offered.school}")


def test_a_class_id_that_a_carried_school_has_is_refused() -> None:
    """A carried school is named by its id, for it may have no key any more."""
    held = delivered(a_set("2", {"7": "q"}, {"301": ("", "7")}))

    assert clash(keyed(a_set("1", {"8": "p"}, {"301": ("", "8")})), held=held, carried="2") == (
        "key-1",
        "2",
    )


def test_a_user_id_that_is_another_person_at_a_carried_school_is_refused() -> None:
    """Who has that id there would have the other's classes."""
    held = delivered(a_set("2", {"7": "q"}, {"301": ("", "7")}))

    assert clash(keyed(a_set("1", {"7": "p"})), held=held, carried="2") == ("key-1", "2")


def test_one_id_with_one_address_is_one_person() -> None:
    """Legacy ids may carry no school, and a teacher can have the same number at both."""
    first, second = a_set("1", {"7T": "p"}), a_set("2", {"7T": "p"})

    rows = merged(first, second)

    assert [row[:2] for row in rows["roles.csv"]] == [("7T", "1"), ("7T", "2")]
    carried = merged(first, held=delivered(second), carried=["2"])
    assert users(carried) == users(rows) == {"7T": "p"}


def test_whom_sds_holds_with_a_role_at_the_school_may_be_given_another_address_by_it() -> None:
    """Their id does not say whose it is, but what SDS holds does."""
    held = delivered(a_set("1", {"7T": "ann"}), a_set("2", {"8T": "ann"}, {"c": ("8T", "")}))

    rows = merged(a_set("1", {"7T": "wed"}), held=held, carried=["2"])

    assert users(rows) == {"7T": "wed"}
    assert members(rows) == {"c": ["7T teacher"]}


def test_an_id_of_another_schools_space_is_not_a_schools_own() -> None:
    """The longest school's id with which it begins says whose it is."""
    held = delivered(a_set("2", {"1-3-T1": "ann"}), a_set("1-3", {"1-3-T2": "ben"}))

    assert clash(a_set("1", {"1-3-T1": "wed"}), held=held, carried="2") == ("1", "2")


def test_an_address_that_a_carried_school_still_has_is_given_to_nobody_else() -> None:
    """She became a third school's `kim` there; her former address is somebody's at a fourth.

    The second school goes on with her former address: whoever has it now would have her classes.
    """
    held = delivered(
        a_set("1", {"1-T1": "ann"}), a_set("2", {"2-T1": "ann"}), a_set("3", {"3-T1": "kim"})
    )
    first, fourth = a_set("1", {"1-T1": "kim"}), a_set("4", {"4-T1": "ann"})

    assert clash(first, fourth, held=held, carried="2 3") == ("4", "2")
    assert users(merged(first, held=held, carried=["2", "3"])) == {"1-T1": "ann", "3-T1": "kim"}


@pytest.mark.parametrize("kept", ["2-T1", "2-X0123456789ab"])
def test_a_service_account_is_nobody_of_a_carried_school(kept: str) -> None:
    """Whichever of the two is the account."""
    made = {"2-T1": "1-X0123456789ab", "2-X0123456789ab": "1-T1"}[kept]
    held = delivered(a_set("2", {kept: "bot"}))

    with pytest.raises(MergeConflict, match="correct SERVICE_ACCOUNTS") as caught:
        merge([a_set("1", {made: "bot"})], held=held, carried=["2"])

    assert caught.value.facts == {"school": "1", "other_school": "2"}


def test_two_schools_with_one_id_are_refused() -> None:
    """Two keys, or a school that is both offered and carried."""
    first = a_set("1", ANN, CLASS_1)

    assert clash(first, Offered("other", "1", first.sets)) == ("1", "other")
    assert clash(first, held=delivered(first), carried="1") == ("1", "1")


@pytest.mark.parametrize("name", sorted(ON_REQUEST))
def test_a_session_or_course_of_two_schools_is_one_only_if_it_is_alike(name: str) -> None:
    """What one school says of it would be the other's too."""
    first, second = a_set("1", ANN, {}, ALL), a_set("2", BEN, {}, ALL)
    (files,), body = second.sets, first.sets[0][name]
    alike = replace(second, sets=[{**files, name: body}])
    unlike = body.replace(b"2026-27", b"x").replace(b"Physics", b"x")
    other = replace(second, sets=[{**files, name: unlike}])

    assert len(list(merge([first, alike])[name])) == 1
    assert clash(first, other) == ("1", "2")


# -- faults --------------------------------------------------------------------------------------

FAULTS = {
    "out of order": [
        ("orgs.csv", "0,School,school"),
        ("users.csv", "0,x@x.example,,"),
        ("roles.csv", "0,1,student,,TRUE"),
        ("classes.csv", "0,1,Class,1-2026,1-course-21"),
        ("enrollments.csv", "0,1-P1,student"),
        ("enrollments.csv", "1-c,1-A,student"),
        ("courses.csv", "0,1,Course,C"),
        ("academicSessions.csv", "0,2025-26,schoolYear,2025,2025-09-03,2026-07-09"),
    ],
    "unknown": [
        ("roles.csv", "9,1,student,,TRUE"),
        ("enrollments.csv", "9,1-P1,student"),
        ("enrollments.csv", "1-c,9,student"),
    ],
}


@pytest.mark.parametrize(("name", "line"), [each for faults in FAULTS.values() for each in faults])
def test_a_faulty_set_is_one_schools_trouble(name: str, line: str) -> None:
    """Its key is told, so that it alone is held."""
    faulty = with_line(keyed(a_set("1", ANN, CLASS_1, ALL)), name, line)

    with pytest.raises(StoreConflict) as caught:
        rules.files(merge([a_set("2", BEN, CLASS_2, ALL), faulty]))

    assert caught.value.facts == {"file": name, "school": "key-1"}


@pytest.mark.parametrize(("name", "line"), FAULTS["out of order"])
def test_a_fault_of_what_sds_may_hold_is_no_schools(name: str, line: str) -> None:
    """No school's offer could mend it by staying away."""
    held = with_line(a_set("1", ANN, CLASS_1, ALL), name, line).sets[0]

    with pytest.raises(StoreConflict, match="not in order") as caught:
        rules.files(merge([a_set("2", BEN, CLASS_2)], held=held, carried=["1"]))

    assert caught.value.facts == {"file": name}


def test_enrollments_are_walked_and_not_kept() -> None:
    """They are most of a delivery; a school's at once would be a trust's, some day."""
    pupils = {f"1-P{n:03}": f"p{n}" for n in range(300)}
    classes = {f"1-c{n:02}": ("", " ".join(pupils)) for n in range(100)}
    offered = a_set("1", pupils, classes)
    walked = iter(merge([offered])["enrollments.csv"])
    next(walked)

    tracemalloc.start()
    count = sum(1 for _ in walked)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 30_000 - 1
    assert most_bytes < 500_000
