"""Classes that are not teaching sets, and who teaches, is kept, or waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from simulators.sds import check_files
from sync.errors import ConfigError, RosterInvalid
from sync.isams.school import (
    Division,
    Employee,
    Form,
    House,
    Lesson,
    Pupil,
    School,
    TeachingForm,
    Term,
    Year,
)
from sync.roster.build import Built, build_roster
from sync.roster.identifiers import kind_of
from sync.roster.model import SchoolClass
from sync.sds import rules, tables
from sync.settings import ProfileSettings
from sync.settings.class_kinds import CLASSES, TITLE_OF
from sync.settings.text import MonthDay
from tests.unit.schools import NORTHBANK, TODAY, YEAR, built, codes, employee, school, teaching_set

PUPILS = (
    Pupil("1", 8, "p1@northbank.example", "Sam", "Osei", "A1", "8/JDO", "2", "21", "3", "41"),
    Pupil("2", 8, "p2@northbank.example", "Ann", "Bo", "A2", "8 JDO", "2", "", "3", "42"),
    Pupil("3", 2, "p3@northbank.example", "Ole", "Ek", "A3", "R ABC", "2", "", "", "41"),
)
STAFF = (
    Employee("41", "t41@northbank.example", "Ida", "Vale", "Ms", "IVA", teaches=True),
    Employee("42", "t42@northbank.example", "Per", "Lund", "Mr", "PLU", teaches=True),
    Employee("43", "t43@northbank.example", "Eva", "Horn", "Dr", "EHO"),
)


def whole() -> School:
    """Return a school with two forms that differ by a character, and everything else once."""
    read = school(PUPILS, STAFF, [teaching_set("301", ["1", "2"])])
    return replace(
        read,
        years={8: Year(8, "Year 8", "Y8", ("42",)), 2: Year(2, "Year 2", "Y2", ("41",))},
        forms={
            "8/JDO": Form("8/JDO", 8, ("41", "42"), ""),
            "8 JDO": Form("8 JDO", 8, ("42",), ""),
            "R ABC": Form("R ABC", 2, ("41",), ""),
        },
        academic_houses={"2": House("2", "academic", "Drake", "DR", ("41",))},
        boarding_houses={"21": House("21", "boarding", "North", "NO", ("42",))},
        divisions={
            "3": Division("3", "Senior School", "SS", (7, 8)),
            "1": Division("1", "Pre-Prep", "PP", (1, 2)),
        },
        teaching_forms={"12": TeachingForm("12", "R ABC Ma", "R ABC", "22")},
        lessons=(
            Lesson("R ABC Ma", "", "12", "42", "101", ""),
            Lesson("8A/Ph301", "301", "", "42", "102", ""),
            Lesson("8A/Ph301", "301", "", "41", "102", ""),
        ),
    )


def made(kind: str, read: School | None = None, **settings: object) -> tuple[SchoolClass, ...]:
    return built(read or whole(), classes=kind, **settings).roster.classes


@pytest.mark.parametrize(
    ("kind", "classes"),
    [
        (
            "forms",
            [
                ("form-8.20.JDO", "Form 8 JDO", ["T42"], ["P2"]),
                ("form-8.2F.JDO", "Form 8-JDO", ["T41", "T42"], ["P1"]),
                ("form-R.20.ABC", "Form R ABC", ["T41"], ["P3"]),
            ],
        ),
        ("form-lessons", [("lesson-12", "R ABC Maths", ["T42"], ["P3"])]),
        (
            "tutors",
            [
                ("tutor-41", "Tutor group Ms Vale", ["T41"], ["P1", "P3"]),
                ("tutor-42", "Tutor group Mr Lund", ["T42"], ["P2"]),
            ],
        ),
        (
            "year-groups",
            [
                ("year-2", "Year 2", ["T41"], ["P3"]),
                ("year-8", "Year 8", ["T42"], ["P1", "P2"]),
            ],
        ),
        ("houses", [("house-2", "Drake house", ["T41"], ["P1", "P2", "P3"])]),
        ("boarding-houses", [("boarding-21", "North boarding house", ["T42"], ["P1"])]),
        (
            "divisions",
            [
                ("division-1", "Pre-Prep", ["T41"], ["P3"]),
                ("division-3", "Senior School", ["T42"], ["P1", "P2"]),
            ],
        ),
    ],
)
def test_each_kind_of_class_has_its_ids_title_teachers_and_pupils(
    kind: str, classes: list[tuple[str, str, list[str], list[str]]]
) -> None:
    """Tutors, heads of year and house masters teach; a division is led by its years' heads."""
    shown = [
        (
            made_class.id.removeprefix("9990001-2026-"),
            made_class.title,
            [user_id.removeprefix("9990001-") for user_id in made_class.teacher_ids],
            [user_id.removeprefix("9990001-") for user_id in made_class.student_ids],
        )
        for made_class in made(kind)
    ]

    assert shown == classes


@pytest.mark.parametrize("kind", CLASSES)
def test_a_classs_id_tells_of_which_kind_it_is(kind: str) -> None:
    """SDS's files tell nothing else of it."""
    classes = made(kind)

    assert classes
    assert {kind_of(made_class.id) for made_class in classes} == {kind}


def test_several_kinds_stand_side_by_side_without_meeting() -> None:
    """Every kind has an id space of its own."""
    kinds = "sets,forms,form-lessons,tutors,year-groups,houses,boarding-houses,divisions"
    ids = [listed.id for listed in made(kinds)]

    assert len(ids) == len(set(ids)) == 1 + 3 + 1 + 2 + 2 + 1 + 1 + 2


@pytest.mark.parametrize(
    ("kind", "setting", "title"),
    [
        ("forms", "form_title", "8 JDO of Northbank School 8"),
        ("form-lessons", "form_lesson_title", "R ABC of Northbank School 2"),
        ("tutors", "tutor_title", "Ms Vale of Northbank School"),
        ("year-groups", "year_group_title", "Year 2 of Northbank School 2"),
        ("houses", "house_title", "Drake of Northbank School"),
        ("boarding-houses", "boarding_house_title", "North of Northbank School"),
        ("divisions", "division_title", "Pre-Prep of Northbank School"),
    ],
)
def test_each_kind_has_a_title_of_its_own(kind: str, setting: str, title: str) -> None:
    """The template of one kind is used for that kind."""
    profile = {"classes": kind, setting: "{name} of {school} {year}"}
    classes = built(whole(), **profile).roster.classes

    assert title in {listed.title for listed in classes}


def test_two_forms_that_differ_by_a_slash_are_two_classes() -> None:
    """What SDS does not take in an id is spelt out, not dropped."""
    assert len({listed.id for listed in made("forms", year_groups="8")}) == 2


FORMS = ("8B (Art)", "8 - AB", "8A*", "8/JDO")


def with_forms(*names: str) -> School:
    """Return a school whose forms are called *names*, each with a pupil of its own."""
    listed = {name: Form(name, 8, ("41",), "") for name in names}
    pupils = {
        str(number): Pupil(str(number), 8, f"p{number}@x.example", "Sam", "Osei", form=name)
        for number, name in enumerate(names, start=1)
    }
    return replace(whole(), forms=listed, pupils=pupils)


def test_forms_whose_names_make_no_address_have_classes_that_do() -> None:
    """A bracket or a star at the end, three signs in a row: SDS makes an address of each id."""
    roster = built(with_forms(*FORMS), classes="forms").roster

    assert [listed.id for listed in roster.classes] == [
        "9990001-2026-form-8.2F.JDO",
        "9990001-2026-form-8A.e53fced2",
        "9990001-2026-form-8AB.0ae18989",
        "9990001-2026-form-8BArt.64ce850b",
    ]
    assert {len(listed.student_ids) for listed in roster.classes} == {1}
    assert check_files(rules.files(tables.roster_rows(roster))) == []


ODD = ("(1)", "A -- B", "x" * 40, "8A.")


@pytest.mark.parametrize(
    "kind", ["forms", "form-lessons", "tutors", "houses", "boarding-houses", "divisions"]
)
@pytest.mark.parametrize("odd", ODD)
def test_no_kind_of_class_is_left_out_for_its_id(kind: str, odd: str) -> None:
    """However iSAMS calls a form, a house or a member of staff, SDS takes the class."""
    read = whole()
    person = replace(
        PUPILS[0], form=odd, academic_house_id=odd, boarding_house_id=odd, division_id=odd
    )
    named = replace(
        read,
        pupils={"1": replace(person, tutor_id=odd)},
        employees={**read.employees, odd: replace(STAFF[0], id=odd, email="odd@x.example")},
        forms={odd: Form(odd, 8, ("41",), "")},
        academic_houses={odd: House(odd, "academic", "Drake", "DR", ("41",))},
        boarding_houses={odd: House(odd, "boarding", "North", "NO", ("42",))},
        divisions={odd: Division(odd, "Senior School", "SS", (8,))},
        teaching_forms={odd: TeachingForm(odd, "8A Ma", odd, "22")},
        lessons=(Lesson("8A Ma", "", odd, "42", "101", ""),),
    )
    made = built(named, classes=kind)

    assert [listed.student_ids for listed in made.roster.classes] == [("9990001-P1",)]
    assert "id-unusable" not in {code for code, _ in codes(made)}
    assert check_files(rules.files(tables.roster_rows(made.roster))) == []


@pytest.mark.parametrize("id_style", ["year", "legacy"])
@pytest.mark.parametrize("odd", ["A..1", "A.", "9" * 48])
def test_no_set_is_left_out_for_dots_or_length(id_style: str, odd: str) -> None:
    """In neither style of ids, and a set that keeps its Team keeps its id."""
    read = replace(whole(), sets={odd: teaching_set(odd, ["1", "2"])})
    made = built(read, id_style=id_style)
    next_year = build_roster(
        read,
        NORTHBANK,
        ProfileSettings.model_validate({"id_style": id_style, "keep_teams": "8"}),
        2027,
        TODAY,
    )

    assert len(made.roster.classes) == 1
    assert made.roster.classes[0].id == next_year.roster.classes[0].id
    assert check_files(rules.files(tables.roster_rows(made.roster))) == []


def test_a_form_is_found_in_whatever_case_it_was_typed() -> None:
    """Else half a form would lose its Team by a letter; of two that differ so, the exact one."""
    typed = {
        pupil_id: replace(person, form=person.form.lower())
        for pupil_id, person in whole().pupils.items()
    }
    lessons = {"12": TeachingForm("12", "R ABC Ma", "r abc", "22")}
    read = replace(whole(), pupils=typed, teaching_forms=lessons)
    twice = {**(whole().forms or {}), "8/jdo": Form("8/jdo", 8, ("42",), "")}

    assert made("forms", read) == made("forms")
    assert made("form-lessons", read) == made("form-lessons")
    assert [listed.id[13:] for listed in made("forms", replace(read, forms=twice))] == [
        "form-8.20.JDO",
        "form-8.2F.jdo",
        "form-R.20.ABC",
    ]


def test_a_form_in_another_case_is_told_and_the_kelvin_sign_is_another_form() -> None:
    """Both spellings are told; to `casefold` U+212A is a k, to iSAMS's database it is not."""
    typed = {key: replace(person, form="8/jdo") for key, person in whole().pupils.items()}
    kelvin = {**(whole().forms or {}), "8/K": Form("8/K", 8, ("41",), "")}
    strange = {key: replace(person, form="8/\u212a") for key, person in typed.items()}

    findings = built(replace(whole(), pupils=typed), classes="forms").findings
    [told] = [finding for finding in findings if finding.name == "8/jdo"]
    assert (told.code, told.detail) == ("joined-by-case", "listed as 8/JDO")
    assert made("forms", replace(whole(), pupils=strange, forms=kelvin)) == ()


def test_a_kind_is_of_the_profiles_years_only() -> None:
    """A senior profile's house holds its own pupils, and its years' heads lead its divisions."""
    houses = made("houses", year_groups="8")
    divisions = made("divisions", year_groups="8")

    assert [listed.student_ids for listed in houses] == [("9990001-P1", "9990001-P2")]
    assert [listed.id for listed in divisions] == ["9990001-2026-division-3"]


@pytest.mark.parametrize(
    ("kind", "read", "code", "record"),
    [
        (
            "forms",
            whole(),
            "group-without-teacher",
            "Form 8/JDO",
        ),
        ("forms", whole(), "form-without-year", "Form 8 JDO"),
        ("forms", whole(), "form-unknown", "Form R ABC"),
        ("forms", whole(), "group-without-pupils", "Form 9/XYZ"),
        ("tutors", whole(), "tutor-not-current", "Tutor 77"),
        ("form-lessons", whole(), "form-unknown", "TeachingForm 12"),
    ],
)
def test_what_cannot_be_a_class_is_found_and_left_out(
    kind: str, read: School, code: str, record: str
) -> None:
    """A form without tutor or year, a name that no form has, a tutor who has left."""
    broken = replace(
        read,
        forms={
            "8/JDO": Form("8/JDO", 8, (), ""),
            "8 JDO": Form("8 JDO", None, ("42",), ""),
            "9/XYZ": Form("9/XYZ", 9, ("41",), ""),
        },
        pupils={
            **read.pupils,
            "4": replace(PUPILS[0], id="4", email="p4@x.example", tutor_id="77"),
        },
    )

    assert (code, record) in codes(built(broken, classes=kind))


def test_a_dataset_that_was_not_read_is_never_taken_for_an_empty_one() -> None:
    """Else a school would lose its forms because a step forgot to ask for them."""
    for kind in ("forms", "form-lessons", "year-groups", "houses", "boarding-houses", "divisions"):
        with pytest.raises(RosterInvalid, match="not read"):
            made(kind, school())
    with pytest.raises(RosterInvalid, match="not read"):
        built(school(), timetable_teachers="true")


@pytest.mark.parametrize(
    "kind", ["forms", "form-lessons", "tutors", "houses", "boarding-houses", "divisions"]
)
def test_what_isams_tells_of_no_pupil_never_empties_a_kind_of_class(kind: str) -> None:
    """A field that vanishes from every pupil is a change of the API, not of the school."""
    read = whole()
    bare = {
        pupil_id: Pupil(pupil_id, 8, person.email, person.forename, person.surname)
        for pupil_id, person in read.pupils.items()
    }
    untold = replace(read, pupils=bare, divisions={"1": Division("1", "Pre-Prep", "PP", (1, 2))})

    with pytest.raises(ConfigError, match="CLASSES needs"):
        made(kind, untold)


def test_subjects_choose_lessons_of_forms_as_they_choose_sets() -> None:
    """Both are taught in a subject; what is not taught is not chosen by subject."""
    assert made("form-lessons", included_subjects="Ph") == ()
    assert made("form-lessons", included_subjects="Ma")
    assert len(made("houses", included_subjects="Ph")) == 1


def test_who_takes_a_sets_lessons_teaches_it_when_the_profile_says_so() -> None:
    """The set names 41; the timetable shows that 42 takes lessons too."""
    without = made("sets")
    lessons = made("sets", timetable_teachers="true")

    assert without[0].teacher_ids == ("9990001-T41",)
    assert lessons[0].teacher_ids == ("9990001-T41", "9990001-T42")


@pytest.mark.parametrize(
    ("staff", "who"),
    [("of-classes", ["41"]), ("teaching", ["41", "42"]), ("all", ["41", "42", "43"])],
)
def test_staff_says_who_is_a_member_without_a_class(staff: str, who: list[str]) -> None:
    """Teaching staff who teach nothing, or everybody, are members of SDS if it is wished."""
    users = built(whole(), staff=staff).roster.users

    assert [user.id.removeprefix("9990001-T") for user in users if user.role == "teacher"] == who


def test_no_teaching_staff_at_all_is_a_wrong_setting_not_a_school_without_teachers() -> None:
    """A key that does not tell who teaches would make every teacher vanish."""
    with pytest.raises(ConfigError, match="Teaching Staff"):
        built(school(employees=[employee("41")]), staff="teaching")


@pytest.mark.parametrize("kind", CLASSES)
def test_a_suffix_that_is_set_apart_names_the_title_that_wants_a_blank(kind: str) -> None:
    """A profile has eight of them, and only one may lack the blank."""
    title = {TITLE_OF[kind]: "{set_code}{suffix}" if kind == "sets" else "{code}{suffix}"}
    made = built(whole(), classes=kind, suffix="26", **title)

    apart = {(f.record, f.detail) for f in made.findings if f.code.value == "suffix-set-apart"}
    assert apart == {("SUFFIX", TITLE_OF[kind].upper())}


def test_kept_teams_carry_last_years_id() -> None:
    """Year 8's sets go on in last year's Teams; its forms and other years' sets do not."""
    kept = made("sets,forms", keep_teams="8", year_groups="8")

    assert [listed.id for listed in kept if "form" not in listed.id] == ["9990001-2025-301"]
    assert all("-2026-" in listed.id for listed in kept if "form" in listed.id)
    assert [listed.id for listed in made("sets", keep_teams="9")] == ["9990001-2026-301"]


@pytest.mark.parametrize(("since", "class_id"), [("2026", "2025-301"), ("2027", "2026-301")])
def test_keep_teams_can_be_set_before_the_year_that_it_is_about(since: str, class_id: str) -> None:
    """Set in spring, it must not end this year's Teams."""
    classes = made("sets", keep_teams="8", keep_teams_from=since)

    assert [listed.id for listed in classes] == [f"9990001-{class_id}"]


def embargoed(today: date, academic_year: int = 2027, **settings: object) -> Built:
    """Return what a profile with PUPILS_FROM=2027-09-06 gives on a day."""
    chosen = ProfileSettings.model_validate({"pupils_from": "2027-09-06"} | settings)
    return build_roster(whole(), NORTHBANK, chosen, academic_year, today)


def test_before_pupils_from_new_classes_have_teachers_and_no_pupils() -> None:
    """Teachers prepare their Teams; the pupils are members of SDS all the same."""
    made = embargoed(date(2027, 9, 5))

    assert [(listed.teacher_ids, listed.student_ids) for listed in made.roster.classes] == [
        (("9990001-T41",), ())
    ]
    assert made.withheld == {"08": 2}
    assert {user.id for user in made.roster.users} >= {"9990001-P1", "9990001-P2"}


@pytest.mark.parametrize("opens", ["2026-12-20", "2027-02-03"])
def test_pupils_from_is_of_the_year_that_starts_about_then(opens: str) -> None:
    """Where the year starts in January it may be a day of the calendar year before."""
    south = NORTHBANK.model_copy(update={"year_starts": MonthDay(1, 28)})
    chosen = ProfileSettings.model_validate({"pupils_from": opens})
    day = date.fromisoformat(opens) - timedelta(days=1)
    of_year = {
        year: build_roster(whole(), south, chosen, year, day).withheld for year in (2026, 2027)
    }

    assert of_year == {2026: {}, 2027: {"08": 2}}


@pytest.mark.parametrize(("today", "waits"), [("2027-01-29", {"08": 2}), ("2027-01-30", {})])
@pytest.mark.parametrize("by", ["terms", 2027])
def test_beside_school_year_the_terms_or_the_calendar_say_which_year_waits(
    by: object, today: str, waits: dict[str, int]
) -> None:
    """A school whose year is the calendar year prepares its Teams like any other."""
    first = Term("1", "Term 1", 2027, date(2027, 1, 28), date(2027, 4, 2))
    read = replace(whole(), terms={"1": first})
    south = NORTHBANK.model_copy(update={"school_year": by})
    chosen = ProfileSettings.model_validate({"pupils_from": "2027-01-30"})

    made = build_roster(read, south, chosen, 2027, date.fromisoformat(today))

    assert made.withheld == waits


def test_a_pupils_from_that_has_passed_is_not_judged() -> None:
    """It stays in the settings for years, and the terms of its year leave iSAMS."""
    first = Term("1", "Term 1", 2027, date(2027, 9, 2), date(2027, 12, 10))
    read = replace(whole(), terms={"1": first})
    by_terms = NORTHBANK.model_copy(update={"school_year": "terms"})
    chosen = ProfileSettings.model_validate({"pupils_from": "2027-01-30"})

    assert build_roster(read, by_terms, chosen, 2026, date(2027, 1, 30)).withheld == {}


def test_who_waits_for_a_set_of_another_year_is_a_member_all_the_same() -> None:
    """Else SDS would take the account for one that has left, until PUPILS_FROM."""
    read = replace(whole(), sets={"301": teaching_set("301", ["1", "3"])})
    made, come = (
        build_roster(
            read, NORTHBANK, ProfileSettings.model_validate(chosen), 2027, date(2027, 9, 5)
        )
        for chosen in (
            {"pupils_from": "2027-09-06", "year_groups": "8"},
            {"year_groups": "8"},
        )
    )

    assert made.roster.users == come.roster.users
    assert "9990001-P3" in {user.id for user in made.roster.users}


def test_on_pupils_from_the_pupils_come() -> None:
    """The day itself is the first one with pupils."""
    made = embargoed(date(2027, 9, 6))

    assert len(made.roster.classes[0].student_ids) == 2
    assert made.withheld == {}


def test_pupils_from_leaves_running_classes_alone() -> None:
    """This year's classes, and those that go on from last year, keep their pupils."""
    this_year = embargoed(TODAY, YEAR)
    kept = embargoed(date(2027, 9, 1), keep_teams="8")

    assert len(this_year.roster.classes[0].student_ids) == 2
    assert len(kept.roster.classes[0].student_ids) == 2
