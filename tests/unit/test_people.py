"""Whom SDS can hold, by what id, and who teaches every class."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sync.errors import ConfigError
from sync.isams.school import TeachingSet
from sync.roster.people import EXTRA_LIMIT
from tests.unit.schools import TODAY, built, codes, employee, pupil, school, teaching_set

PUNCTUATED = {
    "2023-001": "9990001-P2023.2D.001",
    "A/123": "9990001-PA.2F.123",
    "04_73": "9990001-P04.5F.73",
}


@pytest.mark.parametrize("record_id", PUNCTUATED)
def test_an_id_that_sds_refuses_is_spelt_out(record_id: str) -> None:
    """Ids of a former system may have hyphens, strokes and underscores: nobody is left out."""
    made = built(school([pupil(record_id, email="p1@x.example")], sets=[_of(record_id)]))

    assert made.roster.classes[0].student_ids == (PUNCTUATED[record_id],)
    assert made.findings == ()


@pytest.mark.parametrize("record_id", ["0473368", "A.1", "2023.001", "1.2D.2"])
def test_an_id_that_sds_takes_stays_as_it_is(record_id: str) -> None:
    """It is an anchor for ever, dots included: nobody may become another person."""
    made = built(school([pupil(record_id)], sets=[_of(record_id)]))

    assert made.roster.classes[0].student_ids == (f"9990001-P{record_id}",)


def test_two_whose_ids_would_be_one_are_both_left_out() -> None:
    """Whose Team it is, nobody could say; a member of staff of that number is somebody else."""
    people = [pupil("1"), pupil("2-1"), pupil("2.2D.1")]
    read = school(people, [employee("41"), employee("2-1")], [_of("1", "2-1", "2.2D.1")])

    made = built(read, staff="all")

    assert codes(made) == [("id-spelt-alike", "Pupil 2-1"), ("id-spelt-alike", "Pupil 2.2D.1")]
    assert made.roster.classes[0].student_ids == ("9990001-P1",)
    assert "9990001-T2.2D.1" in {user.id for user in made.roster.users}


def test_legacy_ids_are_spelt_out_too_and_clash_as_they_are_sent() -> None:
    """With raw ids a pupil and a member of staff share one space."""
    read = school([pupil("1"), pupil("2-1")], [employee("41"), employee("2.2D.1")], [_of("1")])

    made = built(read, staff="all", id_style="legacy")

    assert codes(made) == [("id-used-twice", "Pupil 2-1"), ("id-used-twice", "StaffMember 2.2D.1")]


def test_extra_teachers_teach_every_class() -> None:
    """An address or a wildcard finds staff, in any case, even for a set that has no teacher."""
    read = school(
        employees=[employee("41"), employee("50", "head@northbank.example"), employee("51")],
        sets=[teaching_set("301"), teaching_set("302", teachers=[])],
    )

    made = built(read, extra_teachers="HEAD@*")

    assert [kept.teacher_ids for kept in made.roster.classes] == [
        ("9990001-T41", "9990001-T50"),
        ("9990001-T50",),
    ]
    assert made.findings == ()


def test_an_extra_teacher_whom_isams_does_not_know_is_told_and_teaches_nothing() -> None:
    """A former head, a slip, a wildcard without a match, a pupil: none becomes an account."""
    gone = "old.head@northbank.example,nobody*@northbank.example,p1@northbank.example"
    made = built(extra_teachers=gone)

    assert codes(made) == [("extra-teacher-unknown", "EXTRA_TEACHERS")] * 3
    assert {finding.name for finding in made.findings} == set(gone.split(","))
    assert {user.id for user in made.roster.users} == {"9990001-P1", "9990001-T41"}


def test_an_extra_teacher_who_cannot_be_sent_is_told_with_the_id_that_sds_may_hold() -> None:
    """Whoever looks at a hold for it finds both: that they are missed, and why."""
    read = school(employees=[employee("41"), employee("50", "head@x.example", "id 1")])
    again = employee("99", "head@x.example", "id 2")

    made = built(replace(read, employees={**read.employees, "99": again}), extra_teachers="head@*")

    told = [f for f in made.findings if f.code == "extra-teacher-left-out"]
    assert [(f.record, f.detail) for f in told] == [
        ("StaffMember 50", "9990001-T50"),
        ("StaffMember 99", "9990001-T99"),
    ]


def test_who_has_left_is_no_teacher_of_every_class() -> None:
    """A former head stays on iSAMS's list for a while; in their own set they still teach."""
    head = employee("50", "head@x.example", leaves_on=TODAY - timedelta(days=1))
    sets = [teaching_set("301", teachers=["50"]), teaching_set("302")]
    read = school(employees=[employee("41"), head], sets=sets)

    made = built(read, extra_teachers="head@*")

    assert codes(made) == [("extra-teacher-has-left", "StaffMember 50")]
    assert made.findings[0].detail == "9990001-T50"
    assert [kept.teacher_ids for kept in made.roster.classes] == [
        ("9990001-T50",),
        ("9990001-T41",),
    ]


def test_a_service_account_teaches_every_class() -> None:
    """It is named in full, iSAMS does not know it, and its id stays for the address."""
    made = built(
        school(sets=[teaching_set("301"), teaching_set("302", teachers=[])]),
        service_accounts="Bot@NorthBank.example",
    )

    assert [kept.teacher_ids for kept in made.roster.classes] == [
        ("9990001-T41", "9990001-Xd02755e7249d"),
        ("9990001-Xd02755e7249d",),
    ]


@pytest.mark.parametrize("address", ["t41@northbank.example", "p1@northbank.example"])
def test_a_service_account_is_nobody_in_isams(address: str) -> None:
    """Two users with one address would be one account: whoever iSAMS knows is not made again."""
    made = built(service_accounts=address)

    assert codes(made) == [("service-account-is-person", "SERVICE_ACCOUNTS")]
    assert {user.id for user in made.roster.users} == {"9990001-P1", "9990001-T41"}


def test_extra_teachers_and_service_accounts_leave_room_for_a_sets_own_teachers() -> None:
    """A Team takes a hundred owners: fifty of every class are taken, and one more is refused."""
    staff = [employee("41"), *(employee(f"1{n}", f"x{n}@northbank.example") for n in range(49))]
    accounts = "a@northbank.example,b@northbank.example"
    assert len(staff) == EXTRA_LIMIT

    made = built(
        school(employees=staff),
        extra_teachers="x*@northbank.example",
        service_accounts="a@northbank.example",
    )
    with pytest.raises(ConfigError, match="name too many") as caught:
        built(
            school(employees=staff),
            extra_teachers="x*@northbank.example",
            service_accounts=accounts,
        )

    assert len(made.roster.classes[0].teacher_ids) == EXTRA_LIMIT + 1
    assert caught.value.facts == {"matches": EXTRA_LIMIT + 1, "limit": EXTRA_LIMIT}


def _of(*pupils: str) -> TeachingSet:
    return teaching_set("301", pupils)
