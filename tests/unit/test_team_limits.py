"""What Teams cannot hold: who is left out of it, and who is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.sds import check_files
from sync.isams.school import School
from sync.roster import team_limits
from sync.roster.build import Built
from sync.sds import rules, tables
from tests.unit.schools import built, employee, pupil, school, teaching_set

IDS = st.sets(st.integers(0, 400).map(lambda n: f"9990001-T{n}"), max_size=200)


def detail(made: Built, code: str) -> list[tuple[str, str]]:
    """Return record and detail of each finding of *code*."""
    return [(each.record, each.detail) for each in made.findings if each.code == code]


def with_staff(own: int, extra: int) -> School:
    """Return a school of a set with *own* teachers, and as many more staff as are *extra*."""
    numbers = [str(number) for number in range(100, 100 + own + extra)]
    staff = [
        employee(each, f"{'own' if index < own else 'extra'}{each}@northbank.example")
        for index, each in enumerate(numbers)
    ]
    return school(employees=staff, sets=[teaching_set("301", teachers=numbers[:own])])


@pytest.mark.parametrize(
    ("own", "extra", "left_out"), [(60, 40, 0), (60, 45, 5), (100, 1, 1), (120, 2, 22)]
)
def test_a_class_has_a_hundred_owners_its_own_first(own: int, extra: int, left_out: int) -> None:
    """With 101 nobody can be added to the Team any more; who had no room is told by name."""
    made = built(with_staff(own, extra), extra_teachers="extra*@northbank.example")
    (listed,) = made.roster.classes
    addresses = {user.id: user.username for user in made.roster.users}
    told = detail(made, "owners-left-out")

    assert len(listed.teacher_ids) == 100
    assert sum(addresses[key].startswith("own") for key in listed.teacher_ids) == min(own, 100)
    assert [record for record, _ in told] == ["Set 301"][:left_out]
    assert sum(text.count("StaffMember") for _, text in told) == left_out
    assert check_files(rules.files(tables.roster_rows(made.roster))) == []


def test_a_service_account_without_room_is_told_by_its_address() -> None:
    """ISAMS knows no number of it."""
    made = built(with_staff(100, 0), service_accounts="teams@northbank.example")

    assert detail(made, "owners-left-out") == [
        ("Set 301", "SERVICE_ACCOUNTS teams@northbank.example")
    ]


@given(IDS, IDS)
def test_nobody_is_lost_between_owners_and_those_without_room(
    own: set[str], extra: set[str]
) -> None:
    """Each teacher is an owner or is told of, and none of every class has an own one's place."""
    owners, left_out = team_limits.owners(own, extra)

    assert sorted((*owners, *left_out)) == sorted(own | extra)
    assert len(owners) == min(100, len(own | extra))
    assert own <= set(owners) or not (set(owners) - own)


@pytest.mark.parametrize(("pupils", "told"), [(299, []), (300, [("Set 301", "301 members")])])
def test_a_class_that_no_notebook_takes_is_sent_and_told_once(
    pupils: int, told: list[tuple[str, str]]
) -> None:
    """The teacher is a member as well; and it is one finding of a class, not of each pupil."""
    numbers = [str(number) for number in range(pupils)]
    made = built(school([pupil(each) for each in numbers], sets=[teaching_set("301", numbers)]))

    assert len(made.roster.classes[0].student_ids) == pupils
    assert detail(made, "class-too-large-for-notebook") == told


@pytest.mark.parametrize("sets", [300, 1_001])
def test_who_is_in_more_than_300_classes_is_told_once(sets: int) -> None:
    """Each year brings as many Teams again, and a person can be in a thousand."""
    read = school(
        [pupil("1")],
        [employee("41"), employee("42", "head@northbank.example")],
        [teaching_set(str(number), ["1"], ["41"] if number < 9 else []) for number in range(sets)],
    )
    made = built(
        read,
        extra_teachers="head@northbank.example",
        service_accounts="teams@northbank.example",
    )
    records = ["Pupil 1", "SERVICE_ACCOUNTS", "StaffMember 42"] if sets > 300 else []

    assert len(made.roster.classes) == sets
    assert detail(made, "person-in-many-classes") == [
        (record, f"{sets:,} classes") for record in records
    ]
