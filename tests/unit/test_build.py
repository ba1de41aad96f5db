"""Who is covered by a profile, what they are called, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import ConfigError, SourceUnavailable
from sync.isams.datasets import TERMS
from sync.isams.joins import JoinedByCase
from sync.isams.school import Pupil, School, Subject, TeachingSet, Term
from sync.roster.build import build_roster, roster_at
from sync.roster.finding_codes import FindingCode
from sync.roster.model import SchoolClass, User
from sync.sds import rules, tables
from sync.settings import (
    ProfileSettings,
    SchoolSettings,
    SdsSettings,
    Settings,
    StorageSettings,
)
from tests.unit.schools import (
    NORTHBANK,
    TODAY,
    YEAR,
    built,
    codes,
    employee,
    pupil,
    school,
    teaching_set,
)


def test_a_pupil_a_teacher_and_their_set_become_two_users_and_a_class() -> None:
    """The smallest school keeps everything that SDS needs and nothing more."""
    roster = built().roster

    assert roster.users == (
        User("9990001-P1", "p1@northbank.example", "student", "08"),
        User("9990001-T41", "t41@northbank.example", "teacher"),
    )
    assert roster.classes == (
        SchoolClass("9990001-2026-301", "8A-Ph301", ("9990001-T41",), ("9990001-P1",), "21"),
    )
    assert built().findings == ()


def test_a_pupil_and_a_teacher_of_one_number_are_two_users() -> None:
    """The two are numbered apart, and both become anchors in one directory."""
    made = built(school([pupil("41")], [employee("41")], [teaching_set("1", ["41"], ["41"])]))

    assert [user.id for user in made.roster.users] == ["9990001-P41", "9990001-T41"]


def test_next_year_has_other_class_ids_and_the_same_people() -> None:
    """Next year's pupils never land in this year's Team."""
    first, second = (
        build_roster(school(), NORTHBANK, ProfileSettings(), year, TODAY).roster
        for year in (2026, 2027)
    )

    assert first.users == second.users
    assert {c.id for c in first.classes}.isdisjoint(c.id for c in second.classes)


def test_only_pupils_and_sets_of_the_year_groups_are_covered() -> None:
    """A profile takes its own years and leaves the rest to other profiles."""
    read = school(
        [pupil("1", 8), pupil("2", 9), pupil("3", 5)],
        sets=[teaching_set("301", ["1"], year=8), teaching_set("302", ["3"], year=5)],
    )

    roster = built(read, year_groups="8-9").roster

    assert [u.id for u in roster.users if u.role == "student"] == ["9990001-P1", "9990001-P2"]
    assert [c.id for c in roster.classes] == ["9990001-2026-301"]


def test_a_pupil_of_another_year_in_a_covered_set_belongs_to_the_profile() -> None:
    """A Year 9 pupil who takes a Year 8 set is in that class, so is a user."""
    read = school([pupil("1", 8), pupil("2", 9)], sets=[teaching_set("301", ["1", "2"])])

    roster = built(read, year_groups="8").roster

    assert roster.classes[0].student_ids == ("9990001-P1", "9990001-P2")
    assert "9990001-P2" in {user.id for user in roster.users}


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({}, ["301", "302", "303"]),
        ({"included_subjects": "21"}, ["301"]),
        ({"included_subjects": "ma"}, ["302"]),
        ({"excluded_subjects": "Ph"}, ["302"]),
        ({"excluded_subjects": "22,nonsense"}, ["301"]),
    ],
)
def test_subjects_are_chosen_by_id_or_code(settings: dict[str, str], kept: list[str]) -> None:
    """Ids and codes both work, in any case; a set of an unlisted subject is not guessed at."""
    read = school(
        sets=[
            teaching_set("301", subject="21"),
            teaching_set("302", subject="22"),
            teaching_set("303", subject="99"),
        ]
    )

    classes = built(read, **settings).roster.classes

    assert [kept.id.rpartition("-")[2] for kept in classes] == kept


def test_a_code_that_two_subjects_share_chooses_both() -> None:
    """Codes are not unique in iSAMS, and half a choice would lose classes."""
    read = school(
        sets=[teaching_set("301", subject="21"), teaching_set("302", subject="23")],
        subjects=[Subject("21", "Ph", "Physics"), Subject("23", "PH", "Photography")],
    )

    assert len(built(read, included_subjects="ph").roster.classes) == 2


def test_included_subjects_that_match_nothing_never_empty_the_profile() -> None:
    """A misspelt setting is an error, not a school without classes."""
    with pytest.raises(ConfigError, match="INCLUDED_SUBJECTS"):
        built(included_subjects="Physik")


def test_a_subject_word_that_matches_nothing_is_reported() -> None:
    """A misspelt word among right words is reported."""
    made = built(included_subjects="21,Physik")

    assert codes(made) == [("subject-unknown", "INCLUDED_SUBJECTS")]


class LeftOut(NamedTuple):
    """A record that SDS cannot hold: its finding, and the school and settings that make it."""

    code: str
    record: str
    school: School
    settings: Mapping[str, object] = {}


def with_pupil(second: Pupil) -> School:
    """Return the smallest school with another pupil."""
    return school(pupils=[pupil("1"), second])


def with_teacher(email: str) -> School:
    """Return the smallest school with another teacher of its set."""
    second = employee("42", email)
    return school(
        employees=[employee("41"), second], sets=[teaching_set("301", teachers=["41", "42"])]
    )


def with_set(second: TeachingSet) -> School:
    """Return the smallest school with another set."""
    return school(sets=[teaching_set("301"), second])


LEFT_OUT = [
    LeftOut("pupil-without-email", "Pupil 2", with_pupil(pupil("2", email=""))),
    LeftOut("pupil-bad-email", "Pupil 2", with_pupil(pupil("2", email="a b@x.example"))),
    LeftOut("pupil-bad-email", "Pupil 2", with_pupil(pupil("2", email="a@x.example; b@x.example"))),
    LeftOut("pupil-without-year", "Pupil 2", with_pupil(pupil("2", None))),
    LeftOut("staff-without-email", "StaffMember 42", with_teacher("")),
    LeftOut("staff-bad-email", "StaffMember 42", with_teacher("nobody")),
    LeftOut("set-without-year", "Set 302", with_set(teaching_set("302", year=None))),
    LeftOut("set-without-pupils", "Set 302", with_set(teaching_set("302", []))),
    LeftOut("set-without-teacher", "Set 302", with_set(teaching_set("302", teachers=[]))),
    LeftOut(
        "set-unknown-subject",
        "Set 302",
        with_set(teaching_set("302", subject="99")),
        {"included_subjects": "Ph"},
    ),
    LeftOut("member-has-left", "Set 301", school(sets=[teaching_set("301", unknown=["999"])])),
    LeftOut(
        "teacher-not-current", "Set 301", school(sets=[teaching_set("301", teachers=["41", "77"])])
    ),
    LeftOut("title-unusable", "Set 302", with_set(teaching_set("302", code="=="))),
    LeftOut("id-unusable", "Set 3_2", with_set(teaching_set("3_2"))),
]
# Each of these has a test of its name: below, or in one of the files that are named there.
TESTED_ALONE = {
    *("email-used-twice", "id-used-twice", "record-repeated", "name-unusable", "title-changed"),
    *("email-of-another", "person-recorded-twice", "id-spelt-alike", "member-known-by-school-id"),
    "joined-by-case",
    "year-turns",
    *("extra-teacher-unknown", "service-account-is-person"),  # which are faults of a setting
    *("subject-unknown", "year-of-no-profile", "suffix-set-apart"),
    *("extra-teacher-left-out", "extra-teacher-has-left"),
    *("form-without-year", "form-unknown", "tutor-not-current"),  # of groups that are no sets
    *("group-without-pupils", "group-without-teacher"),
    *("subject-without-classes", "year-without-pupils", "kept-year-without-sets"),  # of settings
    *("profile-without-classes", "profile-without-pupils"),
    *("single-name", "title-used-twice"),
    *("owners-left-out", "class-too-large-for-notebook", "person-in-many-classes"),
}


@pytest.mark.parametrize("row", LEFT_OUT, ids=lambda row: f"{row.code} {row.record[:9]}")
def test_what_sds_cannot_hold_is_left_out_with_one_finding(row: LeftOut) -> None:
    """The record is named and the rest of the school goes on as if it had never been."""
    made = built(row.school, **row.settings)

    assert codes(made) == [(row.code, row.record)]
    assert [kept.id for kept in made.roster.classes] == ["9990001-2026-301"]
    assert made.roster.classes[0].student_ids == ("9990001-P1",)
    assert {user.id for user in made.roster.users} == {"9990001-P1", "9990001-T41"}


def test_every_finding_is_tested() -> None:
    """A finding that is new fails here until it has a row, or a test that is named here."""
    assert {row.code for row in LEFT_OUT} | TESTED_ALONE == set(FindingCode)


def test_every_finding_that_is_tested_alone_stands_in_a_test() -> None:
    """Its word stands once more than in the list above: here, or in a file of its own."""
    names = ("build", "groups", "people", "persons", "team_limits", "twins", "unmatched")
    texts = [Path(__file__).with_name(f"test_{name}.py").read_text("utf-8") for name in names]
    times = {code: sum(text.count(f'"{code}"') for text in texts) for code in TESTED_ALONE}

    assert [code for code, count in times.items() if count < 2] == []


def test_a_join_that_only_case_hindered_is_told_with_both_spellings() -> None:
    """The set has its teacher, and whoever keeps iSAMS sees what to write alike."""
    read = replace(school(), joined_by_case=(JoinedByCase("Set 301", "code41", "CODE41"),))

    [finding] = built(read).findings

    assert (finding.code, finding.record) == ("joined-by-case", "Set 301")
    assert (finding.name, finding.detail) == ("code41", "listed as CODE41")


@pytest.mark.parametrize(
    ("settings", "day", "told"),
    [
        ({}, "2027-08-01", []),
        ({}, "2027-08-02", ["2027-09-01"]),
        ({}, "2027-09-01", []),
        ({"year_starts": "01-28"}, "2026-12-30", ["2027-01-28"]),
        ({"school_year": 2026}, "2027-08-31", []),
        ({"school_year": "terms"}, "2027-08-31", ["2027-09-07"]),
    ],
)
def test_the_day_on_which_all_ids_change_is_told_30_days_before(
    settings: dict[str, object], day: str, told: list[str]
) -> None:
    """By the calendar, or by the terms that iSAMS has; a year that is set does not turn."""
    terms = (
        Term("1", "Autumn", 2026, date(2026, 9, 3), date(2027, 7, 9)),
        Term("2", "Autumn", 2027, date(2027, 9, 7), date(2027, 12, 9)),
        Term("3", "Spring", 2027, date(2028, 1, 7), date(2028, 3, 9)),
    )
    read = replace(school(), terms={term.id: term for term in terms})
    place = SchoolSettings.model_validate(NORTHBANK.model_dump(exclude_unset=True) | settings)
    chosen = Settings(
        schools={"northbank": place},
        profiles={"seniors": ProfileSettings(connector="MIS feed")},
        sds=SdsSettings(),
        storage=StorageSettings(folder="x"),
    )
    noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)
    findings = roster_at(chosen, "seniors", read, noon).findings

    assert [each.name for each in findings if each.code == "year-turns"] == told


def test_a_set_without_teacher_is_kept_on_request() -> None:
    """A school may want the class although its Team has no owner."""
    read = school(sets=[teaching_set("301", teachers=[])])

    assert built(read).roster.classes == ()
    assert len(built(read, keep_without_teacher=True).roster.classes) == 1


def test_who_everybody_is_stands_beside_the_roster() -> None:
    """As iSAMS has them, whether names are sent or not; an extra teacher is no class's own."""
    ada = replace(pupil("1", year=7), forename="Ada ", surname="O'Neil", form="7B")
    made = built(
        school([ada], [employee("41"), employee("42")]),
        extra_teachers="t42@northbank.example",
        service_accounts="robot@b.example",
    )
    people = {each.id: each for each in made.people}

    assert list(people) == [user.id for user in made.roster.users]
    assert people["9990001-P1"][1:5] == ("Ada ", "O'Neil", "7B", 7)
    del people["9990001-P1"]
    assert sorted((each.address, each.forename, each.role) for each in people.values()) == [
        ("robot@b.example", "", "extra"),
        (employee("41").email.lower(), employee("41").forename, "teacher"),
        (employee("42").email.lower(), employee("42").forename, "extra"),
    ]


def test_addresses_are_lower_case() -> None:
    """SDS compares strings by case, and Entra does not: one spelling leaves no doubt."""
    read = school([pupil("1", email=" Sam.OSEI@Northbank.Example ")])

    assert built(read).roster.users[0].username == "sam.osei@northbank.example"


@pytest.mark.parametrize(
    ("year", "chosen", "code"),
    [
        (0, "", "KG"),
        (1, "", "01"),
        (13, "", "13"),
        (-1, "", "PK"),
        (-2, "", "PR"),
        (14, "", "Other"),
        (14, "14=14", "14"),
        (0, "0=PK", "PK"),
    ],
)
def test_nc_years_become_grades(year: int, chosen: str, code: str) -> None:
    """Reception is KG, Years 1-13 two digits; a school may choose other codes."""
    made = built(school([pupil("1", year)]), year_groups=f"{year},8", grades=chosen)

    assert made.roster.users[0].grade == code


def test_names_are_sent_only_on_request() -> None:
    """A name that SDS does not need does not leave the school."""
    assert built().roster.users[0].given_name == ""
    assert built(names=True).roster.users[0].given_name == "Sam"


@pytest.mark.parametrize("forename", ["=HYPERLINK(1)", "@sum", "a\x07b", "x" * 65])
def test_an_unsafe_name_is_not_sent(forename: str) -> None:
    """A formula or a control character never reaches a cell."""
    made = built(school([pupil("1", forename=forename)]), names=True)

    assert made.roster.users[0].given_name == made.roster.users[0].family_name == ""
    assert codes(made) == [("name-unusable", "Pupil 1")]


@pytest.mark.parametrize(
    ("forename", "surname", "code"),
    [
        ("", "Suharto", "single-name"),
        ("Suharto", " ", "single-name"),
        ("", "", "name-unusable"),
        ("", "=1", "name-unusable"),
    ],
)
def test_who_has_one_name_is_told_that_sds_makes_no_account(
    forename: str, surname: str, code: str
) -> None:
    """Nothing can be corrected: somebody makes the account, or the pupil is in no class."""
    made = built(school([pupil("1", forename=forename, surname=surname)]), names=True)

    assert made.roster.users[0].given_name == made.roster.users[0].family_name == ""
    assert codes(made) == [(code, "Pupil 1")]
    assert "makes no account" in made.findings[0].code.advice


@pytest.mark.parametrize(
    ("code", "settings", "title"),
    [
        ("8A/Ph1", {}, "8A-Ph1"),
        ("8A/Ph1", {"suffix": " /2026/27"}, "8A-Ph1 -2026-27"),
        ("D&T, 8", {}, "D and T, 8"),
        ("  8A   Ph  ", {}, "8A Ph"),
        ("8A", {"class_title": "{subject} {year} {set_code} {academic_year}"}, None),
        ("...8A.", {}, "8A"),
        ("=8A", {}, "8A"),
        ("Größe 8\u2028", {}, "Größe 8-"),
    ],
)
def test_titles_are_what_teams_takes(
    code: str, settings: dict[str, str], title: str | None
) -> None:
    """Refused characters go, blanks collapse, and a formula loses its start."""
    made = built(school(sets=[teaching_set("301", code=code)]), **settings)

    assert made.roster.classes[0].title == (title or "Physics 8 8A 2026-27")


@pytest.mark.parametrize(
    ("template", "code", "suffix", "title"),
    [
        ("{set_code}{suffix}", "8A-Ph1", "2026-27", "8A-Ph1 2026-27"),
        ("{set_code}{suffix}", "8A", "Prep", "8A Prep"),
        ("{suffix}{set_code}{suffix}", "8A", "Prep", "Prep8A Prep"),
        ("{set_code}{year}{suffix}", "8A", "27", "8A8 27"),
    ],
)
def test_a_blank_that_azure_took_off_a_suffix_is_put_back_and_told_once(
    template: str, code: str, suffix: str, title: str
) -> None:
    """Else every Team would be called 8A-Ph12026-27; one finding for all of a profile's classes."""
    sets = [teaching_set("301", code=code), teaching_set("302", code=code)]

    made = built(school(sets=sets), class_title=template, suffix=suffix)

    assert {kept.title for kept in made.roster.classes} == {title}
    told = [f for f in made.findings if f.code == "suffix-set-apart"]
    assert [(f.record, f.name, f.detail) for f in told] == [("SUFFIX", suffix, "CLASS_TITLE")]


@pytest.mark.parametrize(
    ("code", "suffix", "title"),
    [
        ("8A-Ph1\N{ZERO WIDTH SPACE}", "26", "8A-Ph1 26"),
        ("8A-Ph1", "\N{ZERO WIDTH SPACE}26", "8A-Ph1 26"),
        ("8A-Ph1", "2\N{SOFT HYPHEN}", "8A-Ph12"),
        ("8q\u0308", "26", "8q\u0308 26"),
        ("\u0915\u0940", "26", "\u0915\u0940 26"),
    ],
)
def test_what_nobody_sees_keeps_no_blank_away(code: str, suffix: str, title: str) -> None:
    """Two texts run together to those who read them, whatever lies between."""
    made = built(school(sets=[teaching_set("301", code=code)]), suffix=suffix)

    assert made.roster.classes[0].title == title


@pytest.mark.parametrize(
    ("template", "code", "suffix", "title"),
    [
        ("{set_code}{suffix}", "8A/Ph1", "/2020/21", "8A-Ph1-2020-21"),
        ("{set_code}{suffix}", "8A", "-2026", "8A-2026"),
        ("{set_code}{suffix}", "8A-", "2026", "8A-2026"),
        ("{set_code}{suffix}", "8A", "x", "8Ax"),
        ("{set_code}{suffix}", "8A", "", "8A"),
        ("{set_code}{suffix}", "8A", " 2026", "8A 2026"),
        ("{set_code} {suffix}", "8A", "2026", "8A 2026"),
        ("{set_code}y{suffix}", "8A", "2026", "8Ay2026"),
        ("{suffix}{set_code}", "8A", "2026", "20268A"),
        ("{set_code}}}{suffix}", "8A", "2026", "8A-2026"),
        ("{set_code}{year}", "8A", "2026", "8A8"),
    ],
)
def test_no_blank_is_put_in_where_none_was_lost(
    template: str, code: str, suffix: str, title: str
) -> None:
    """What a school typed into a title, and a suffix that begins with a sign, stay as they are."""
    made = built(school(sets=[teaching_set("301", code=code)]), class_title=template, suffix=suffix)

    assert made.roster.classes[0].title == title
    assert made.findings == ()


def test_no_class_waits_for_terms_that_its_title_does_not_show() -> None:
    """An export may want them too, and no roster waits for an export."""
    by_number = NORTHBANK.model_copy(update={"school_year": YEAR})
    read = replace(school(), untold={TERMS.ui_name: SourceUnavailable("invented")})

    made = build_roster(read, by_number, ProfileSettings(), YEAR, TODAY)

    assert made.roster.classes[0].title == "8A-Ph301"


def test_a_house_is_set_apart_from_a_suffix_that_has_lost_its_blank() -> None:
    """Its title ends in a word of ours, which follows no field."""
    profile = ProfileSettings(suffix="2026")

    for template in (profile.house_title, profile.boarding_house_title):
        assert template.format(name="Red", suffix=profile.suffix).endswith("house 2026")


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("8A\N{RIGHT-TO-LEFT OVERRIDE}1hP", "8A1hP"),
        ("8A\N{ZERO WIDTH SPACE}Ph2", "8APh2"),
        ("\N{ZERO WIDTH SPACE}=1+1", "1+1"),
    ],
)
def test_a_title_of_which_what_shows_nothing_went_is_reported(code: str, title: str) -> None:
    """The school finds in iSAMS what nobody can see there."""
    made = built(school(sets=[teaching_set("301", code=code)]))

    assert made.roster.classes[0].title == title
    assert codes(made) == [("title-changed", "Set 301")]


def test_a_long_title_is_cut_and_reported() -> None:
    """Teams takes 120 characters; nobody finds out by accident."""
    made = built(school(sets=[teaching_set("301", code="M" * 200)]))

    assert made.roster.classes[0].title == "M" * 120
    assert codes(made) == [("title-changed", "Set 301")]


def test_legacy_ids_are_those_of_the_2020_script() -> None:
    """A school that moves over keeps its Teams: raw ids, and a service account's address."""
    made = built(id_style="legacy", service_accounts="svc@northbank.example")

    assert {user.id for user in made.roster.users} == {"1", "41", "svc@northbank.example"}
    assert made.roster.classes[0].id == "301"
    assert rules.files(tables.roster_rows(made.roster))


def test_legacy_ids_that_clash_are_left_out() -> None:
    """A pupil and a teacher of one number would be one person to SDS."""
    read = school([pupil("1"), pupil("41")], sets=[teaching_set("301", ["1"], ["41"])])

    made = built(read, id_style="legacy", keep_without_teacher=True)

    assert codes(made) == [("id-used-twice", "Pupil 41"), ("id-used-twice", "StaffMember 41")]
    assert [user.id for user in made.roster.users] == ["1"]


def test_a_member_who_is_known_by_school_id_alone_is_enrolled_and_told_of() -> None:
    """The row's own id for the pupil is nobody's; the finding has both."""
    listed = replace(teaching_set("301"), known_otherwise=(("1", "99999"),))

    made = built(school(sets=[listed]))

    assert codes(made) == [("member-known-by-school-id", "Set 301")]
    assert made.findings[0].detail == "Pupil 1, in the set list as 99999"
    assert made.roster.classes[0].student_ids == ("9990001-P1",)


def test_pupils_of_a_year_that_is_of_no_profile_are_told_by_year() -> None:
    """Partner schools' pupils are entered as years 16 and 17: nobody would miss them."""
    settings = Settings(
        schools={"northbank": NORTHBANK},
        profiles={
            "prep": ProfileSettings.model_validate({"year_groups": "3-6"}),
            "seniors": ProfileSettings.model_validate({"year_groups": "7-13"}),
        },
        sds=SdsSettings(connector="iSAMS nightly"),
        storage=StorageSettings(folder="unused"),
    )
    read = school(
        [pupil("1"), pupil("2", 16), pupil("3", 16), pupil("4", 17), pupil("5", 4)],
        sets=[teaching_set("301"), teaching_set("302", ["2"], year=16)],
    )

    for profile in ("prep", "seniors"):
        made = roster_at(settings, profile, read, datetime(2026, 11, 21, tzinfo=UTC))

        assert ("year-of-no-profile", "Year 16") in codes(made)
        told = {f.record: f.name for f in made.findings if f.code == "year-of-no-profile"}
        assert told == {"Year 16": "pupils: 2, sets: 1", "Year 17": "pupils: 1, sets: 0"}


def test_what_isams_lists_twice_is_reported() -> None:
    """The first was kept; somebody should know that there was a second."""
    made = built(school(repeated={"Set": ("301",)}))

    assert codes(made) == [("record-repeated", "Set 301")]


def test_every_finding_has_advice_a_reason_and_somebody_who_acts() -> None:
    """Whoever reads a finding is told what to mend."""
    assert [code for code in FindingCode if not (code.advice and code.why and code.who)] == []


numbers = st.integers(1, 30).map(str)
ids = numbers | st.sampled_from(["1-2", "1.2D.2", "1/2"])


@st.composite
def schools(draw: st.DrawFn) -> School:
    """Any small school: odd addresses, dangling ids, codes of any text."""
    address = st.sampled_from(["", " ", "x", "A@b.example", "a@b.example", "=1@b.example"])
    years = st.sampled_from([None, -2, 0, 8, 9, 17])
    persons = st.sampled_from(["", "id 1", "guid 1"])
    days = st.sampled_from([None, date(2020, 8, 31), date(2030, 8, 31)])
    text = st.text(max_size=12)
    people = address | st.none(), persons, days
    return school(
        draw(st.lists(st.builds(pupil, ids, years, *people), max_size=8)),
        draw(st.lists(st.builds(employee, ids, *people), max_size=6)),
        draw(
            st.lists(
                st.builds(
                    teaching_set,
                    numbers,
                    st.just(()),
                    st.lists(numbers, unique=True),
                    year=years,
                    subject=st.sampled_from(["21", "22", "99", ""]),
                    code=text,
                ),
                max_size=8,
            )
        ),
    )


def _with_members(read: School, random: Random) -> School:
    """Put current pupils in the sets, as the reader would: ids that exist, sorted, once."""
    ids = sorted(read.pupils)
    return replace(
        read,
        sets={
            set_id: replace(
                listed, pupil_ids=tuple(sorted(random.sample(ids, random.randint(0, len(ids)))))
            )
            for set_id, listed in read.sets.items()
        },
    )


@given(schools(), st.randoms(use_true_random=False), st.sampled_from(["year", "legacy"]))
def test_any_school_gives_files_that_pass_every_rule(
    read: School, random: Random, style: str
) -> None:
    """Whatever is in the register, what would break a rule of SDS was left out before."""
    made = built(
        _with_members(read, random),
        id_style=style,
        names=True,
        extra_teachers="*@b.example",
        service_accounts="svc@c.example",
        year_groups="-2-17",
    )

    assert rules.files(tables.roster_rows(made.roster)).keys() == tables.COLUMNS.keys()


@given(schools(), st.randoms(use_true_random=False))
def test_the_order_of_the_source_does_not_matter(read: School, random: Random) -> None:
    """Two readings of one school give the same bytes and findings, however iSAMS lists it."""
    read = _with_members(read, random)

    def mixed[T](items: dict[str, T]) -> dict[str, T]:
        return {key: items[key] for key in random.sample(sorted(items), len(items))}

    other = replace(
        read,
        pupils=mixed(dict(read.pupils)),
        employees=mixed(dict(read.employees)),
        sets=mixed(dict(read.sets)),
    )

    first, second = built(read), built(other)

    assert rules.files(tables.roster_rows(first.roster)) == rules.files(
        tables.roster_rows(second.roster)
    )
    assert first.findings == second.findings
