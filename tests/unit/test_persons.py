"""One address on several records: who is one person, whose the address is, and what is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from sync.isams.school import Employee, Form, House, Lesson, School, TeachingSet, Year
from sync.roster.persons import persons_of
from tests.unit.schools import TODAY, built, codes, employee, pupil, school, teaching_set

SHARED = "ida.vale@northbank.example"
PAST, COMING = date(2024, 8, 31), date(2027, 8, 31)


def staffed(first: Employee, second: Employee, *more: Employee) -> School:
    """Return a school of two sets: 301 of *first*, 302 of *second*."""
    sets = [teaching_set("301", teachers=[first.id]), teaching_set("302", teachers=[second.id])]
    return school(employees=[first, second, *more], sets=sets)


def ida(record_id: str, person: str = "id 3041", leaves_on: date | None = None) -> Employee:
    """Return a record with the address that is shared."""
    return employee(record_id, SHARED, person, leaves_on)


def test_two_records_of_one_person_are_one_user_in_the_classes_of_both() -> None:
    """A teacher who came back has a second record: four classes must not go for that."""
    made = built(staffed(ida("41", leaves_on=PAST), ida("99")))

    assert [kept.teacher_ids for kept in made.roster.classes] == [("9990001-T41",)] * 2
    assert [user.username for user in made.roster.users if user.role == "teacher"] == [SHARED]
    assert codes(made) == [("person-recorded-twice", "StaffMember 41")]
    assert made.findings[0].detail == f"{SHARED}, also of StaffMember 99 Ida Vale"


@pytest.mark.parametrize(
    ("first", "second"),
    [("guid 1 id 1", "id 1"), ("guid 1 id 1", "guid 1"), ("guid 1 id 1", "guid 1 id 2")],
)
def test_a_person_is_known_by_what_both_records_say(first: str, second: str) -> None:
    """By the guid; where one has none, by the id."""
    made = built(staffed(ida("41", first), ida("99", second)))

    assert [kept.teacher_ids for kept in made.roster.classes] == [("9990001-T41",)] * 2


@pytest.mark.parametrize(
    ("first", "second", "used"),
    [
        (ida("99", leaves_on=None), ida("100", leaves_on=PAST), "99"),  # who has not left
        (ida("99", leaves_on=PAST), ida("100", leaves_on=None), "100"),
        (ida("99", leaves_on=COMING), ida("100", leaves_on=None), "100"),  # then the newer
        (ida("99", leaves_on=None), ida("100", leaves_on=COMING), "100"),
        (ida("99", leaves_on=PAST), ida("100", leaves_on=PAST), "100"),
        (ida("99", leaves_on=TODAY), ida("100", leaves_on=PAST), "99"),  # the last day counts
    ],
)
def test_the_facts_are_those_of_the_record_in_use(
    first: Employee, second: Employee, used: str
) -> None:
    """And the id is always the smaller record's, as numbers go, however iSAMS lists the two."""
    read = staffed(replace(first, surname="of 99"), replace(second, surname="of 100"))
    turned = replace(read, employees=dict(reversed(list(read.employees.items()))))

    made = built(read, names=True)

    assert built(turned, names=True) == made
    assert {user.id for user in made.roster.users if user.role == "teacher"} == {"9990001-T99"}
    names = {user.family_name for user in made.roster.users if user.role == "teacher"}
    assert names == {f"of {used}"}


def test_a_pupil_with_two_records_is_in_the_sets_of_both_once() -> None:
    """The year is that of the record in use; nobody is twice in a class."""
    read = school(
        [pupil("5", 7, SHARED, "guid 1", PAST), pupil("6", 8, SHARED, "guid 1"), pupil("1")],
        sets=[teaching_set("301", ["5", "6"]), teaching_set("302", ["5"])],
    )

    made = built(read, year_groups="8")

    assert [kept.student_ids for kept in made.roster.classes] == [("9990001-P5",)] * 2
    assert {user.grade for user in made.roster.users if user.id == "9990001-P5"} == {"08"}
    assert codes(made) == [("person-recorded-twice", "Pupil 5")]


def test_who_has_left_never_takes_the_address_of_somebody_who_has_not() -> None:
    """Another J. Vale came: the address is hers, and the leaver is told of."""
    made = built(staffed(ida("41", "id 1", PAST), ida("99", "id 2")))

    assert [kept.teacher_ids for kept in made.roster.classes] == [("9990001-T99",)]
    assert ("email-of-another", "StaffMember 41") in codes(made)
    assert ("set-without-teacher", "Set 301") in codes(made)


def test_a_leaver_is_told_of_who_is_in_no_set() -> None:
    """Nobody is looked at but whom a profile needs; the one who has the address is."""
    read = school(employees=[ida("41", "id 1", PAST), ida("99", "id 2")], sets=[_set("99")])

    made = built(read)

    assert codes(made) == [("email-of-another", "StaffMember 41")]
    assert made.findings[0].detail == f"{SHARED}, also of StaffMember 99 Ida Vale"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("id 1", "id 2"),
        ("guid 1", "guid 2"),
        ("", ""),  # iSAMS says of neither who it is
        ("id 1", ""),
        ("id 1", "guid 1"),
        ("guid 1 id 1", "guid 2 id 1"),
        ("guid 1 id 1", "id 2"),
    ],
)
def test_two_people_who_are_both_there_are_both_left_out(first: str, second: str) -> None:
    """Nobody can know whose account it is; each finding names the other."""
    read = staffed(ida("41", first), ida("99", second), employee("50"))

    made = built(read, extra_teachers="t50*")

    assert {user.id for user in made.roster.users} == {"9990001-P1", "9990001-T50"}
    assert codes(made) == [
        ("email-used-twice", "StaffMember 41"),
        ("email-used-twice", "StaffMember 99"),
    ]
    assert [finding.detail for finding in made.findings] == [
        f"{SHARED}, also of StaffMember 99 Ida Vale",
        f"{SHARED}, also of StaffMember 41 Ida Vale",
    ]


def test_two_who_have_both_left_are_both_left_out() -> None:
    """Whose the account was last, iSAMS does not say."""
    made = built(staffed(ida("41", "id 1", PAST), ida("99", "id 2", PAST)))

    assert made.roster.classes == ()
    assert [code for code, _ in codes(made)].count("email-used-twice") == 2


def test_who_has_left_and_shares_with_nobody_stays() -> None:
    """Somebody who came back may keep an old leaving date: the list of iSAMS decides."""
    made = built(school(employees=[employee("41", leaves_on=PAST)]))

    assert made.roster.classes[0].teacher_ids == ("9990001-T41",)


def test_a_pupil_and_a_member_of_staff_are_never_one_person() -> None:
    """A former pupil who teaches: the pupil's record is another user, and has left."""
    read = school(
        [pupil("1"), pupil("2", 13, SHARED, "id 3041", PAST)], [ida("41")], [_set("41", "1", "2")]
    )
    both = school([pupil("1"), pupil("2", 13, SHARED.upper(), "id 3041")], [ida("41")])

    made = built(read)

    assert made.roster.classes[0].teacher_ids == ("9990001-T41",)
    assert made.roster.classes[0].student_ids == ("9990001-P1",)
    assert [code for code, _ in codes(built(both))].count("email-used-twice") == 2


def test_a_third_person_on_the_address_of_a_joined_one_stops_both() -> None:
    """One person with two records, and another who is there as well: nobody's."""
    made = built(staffed(ida("41"), ida("42"), ida("99", "id 9")))

    assert [code for code, _ in codes(made)].count("email-used-twice") == 3
    assert made.roster.classes == ()


def test_everything_that_names_a_joined_record_names_the_one_that_stays() -> None:
    """Forms, years, houses, lessons and tutors too: a second record changes no class's id."""
    read = replace(
        staffed(ida("41", leaves_on=PAST), ida("99")),
        pupils={"1": replace(pupil("1"), tutor_id="99")},
        years={8: Year(8, "Year 8", "Y8", ("99", "41"))},
        forms={"8A": Form("8A", 8, ("50", "99"), "")},
        academic_houses={"1": House("1", "academic", "Drake", "D", ("99",))},
        boarding_houses={"1": House("1", "boarding", "North", "N", ("99",))},
        lessons=(Lesson("8A", "301", "", "99", "1", "1"),),
    )

    joined = persons_of(read, TODAY).school

    assert joined == replace(
        read,
        employees={"41": replace(ida("99"), id="41")},
        pupils={"1": replace(pupil("1"), tutor_id="41")},
        sets={key: replace(listed, teacher_ids=("41",)) for key, listed in read.sets.items()},
        years={8: Year(8, "Year 8", "Y8", ("41",))},
        forms={"8A": Form("8A", 8, ("50", "41"), "")},
        academic_houses={"1": House("1", "academic", "Drake", "D", ("41",))},
        boarding_houses={"1": House("1", "boarding", "North", "N", ("41",))},
        lessons=(Lesson("8A", "301", "", "41", "1", "1"),),
    )


def test_a_school_in_which_nobody_shares_an_address_is_left_as_it_is() -> None:
    """What is not asked for stays unknown, and nothing is copied."""
    read = school()

    assert persons_of(read, TODAY).school is read


def test_a_leaving_date_passes_at_the_end_of_the_day() -> None:
    """In school time: on the last day the address is still of both, and so nobody's."""
    read = staffed(ida("41", "id 1", TODAY), ida("99", "id 2"))

    def sharing(day: date) -> Sequence[str]:
        return sorted(persons_of(read, day).without)

    assert sharing(TODAY) == ["StaffMember 41", "StaffMember 99"]
    assert sharing(TODAY + timedelta(days=1)) == ["StaffMember 41"]


def _set(teacher: str, *pupils: str) -> TeachingSet:
    return teaching_set("301", pupils or ("1",), [teacher])
