"""What the rules said of each record, and that it tells the truth: P17."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from random import Random

import pytest

from simulators.isams.documents import batch_xml
from simulators.school import invent
from sync.isams.batch.reader import read_document
from sync.isams.datasets import BY_METHOD
from sync.isams.school import (
    Division,
    Employee,
    Form,
    House,
    Lesson,
    PersonKey,
    Pupil,
    School,
    TeachingForm,
    TeachingSet,
    Year,
)
from sync.ledger.words import Word
from sync.roster.build import Built, build_roster
from sync.roster.finding_codes import FindingCode
from sync.roster.rule_codes import RuleCode
from sync.roster.trace import Presence, presence
from sync.sds import tables
from sync.sds.why_file import why_json, why_of
from sync.settings import ProfileSettings
from sync.settings.class_kinds import CLASSES
from tests.unit.schools import (
    NORTHBANK,
    TODAY,
    YEAR,
    built,
    employee,
    key,
    pupil,
    school,
    teaching_set,
)

PEOPLE = {"pupil", "staff", "service account"}


def rules_of(made: Built, label: str) -> list[RuleCode]:
    """Return the rules that the record was asked which iSAMS calls *label*, in order."""
    [record] = [each for each in made.judged() if each.label == label]
    return [rule.code for rule in record.rules]


# --- P17 --------------------------------------------------------------------------------------


def odd_school(rng: Random) -> School:
    """Return a small school in which everything is wrong that can be, now and then."""
    some = rng.choice
    addresses = ["", "no address", "a@b.example", "c@d.example", "e@f.example"]
    last = [None, None, date(2026, 9, 1), date(2027, 7, 1)]
    years = [None, 5, 7, 8, 8, 9]

    def address(own: str) -> str:
        return some([own, own, own, some(addresses)])

    years_of = (("8A", 8), ("8B", None), ("9X", 9))

    def person() -> PersonKey:
        return key(some(["", "", "id 1", "guid a"]))

    pupils = {
        number: Pupil(
            number,
            some(years),
            address(f"p{number}@northbank.example"),
            "Sam",
            some(["Osei", ""]),
            form=some(["", "8A", "8B", "9X", "8Z"]),
            academic_house_id=some(["", "1"]),
            boarding_house_id=some(["", "1"]),
            division_id=some(["", "1", "2"]),
            tutor_id=some(["", "41", "42", "99"]),
            person=person(),
            leaves_on=some(last),
        )
        for number in [*map(str, range(1, 9)), "1-1", "1.2D.1"]
    }
    # Somebody has each: else a kind of class is refused as a whole.
    pupils["1"] = replace(
        pupils["1"],
        form="8A",
        academic_house_id="1",
        boarding_house_id="1",
        division_id="1",
        tutor_id="41",
    )
    staff = {
        number: Employee(
            number,
            address(f"t{number}@northbank.example"),
            "Ida",
            "Vale",
            initials=f"IV{number}",
            teaches=rng.random() < 0.7,
            person=person(),
            leaves_on=some(last),
        )
        for number in ("1", "41", "42", "43")
    }
    listed = [*pupils, "998"]

    def pick(ids: list[str], most: int) -> tuple[str, ...]:
        return tuple(sorted(rng.sample(ids, rng.randint(0, most))))

    def taught() -> tuple[str, ...]:
        return pick([*staff, "77"], 2)

    sets = {
        number: TeachingSet(
            number,
            some([f"8A/Ph{number}", "8A/Ph1", "==", ""]),
            "Physics",
            some(years),
            some(["21", "22", "99"]),
            taught(),
            tuple(each for each in pick(listed, 4) if each in pupils),
            some([(), (), ("998",)]),
        )
        for number in ("301", "302", "303", "3_4", "305")
    }
    house = {"1": House("1", "academic", some(["Red", ""]), "R", taught())}
    made = school(list(pupils.values()), list(staff.values()), list(sets.values()))
    return replace(
        made,
        years={year: Year(year, f"Year {year}", "", taught()) for year in (7, 8)},
        forms={name: Form(name, year, taught(), "") for name, year in years_of},
        academic_houses=house,
        boarding_houses={"1": replace(house["1"], kind="boarding", name="Blue")},
        divisions={str(n): Division(str(n), f"Part {n}", "", (6 + n, 7 + n)) for n in (1, 2)},
        teaching_forms={
            each: TeachingForm(each, f"8A-{each}", some(["8A", "8B", "8Q"]), some(["21", "99"]))
            for each in ("1", "2", "3")
        },
        lessons=tuple(
            Lesson("x", some([*sets, ""]), some(["1", "2", ""]), some([*staff, ""]), "1", "1")
            for _ in range(6)
        ),
    )


def odd_settings(rng: Random) -> dict[str, object]:
    """Return settings of a profile, with whatever changes who is sent."""
    some = rng.choice
    chosen: dict[str, object] = {
        "year_groups": some(["7-9", "8", "5-8"]),
        "classes": ",".join(rng.sample(CLASSES, rng.randint(1, len(CLASSES)))),
        "staff": some(["of-classes", "of-classes", "all"]),
        "keep_without_teacher": some([True, False]),
        "timetable_teachers": some([True, False]),
        "extra_teachers": some(["", "t41@northbank.example", "t4*@northbank.example"]),
        "service_accounts": some(["", "robot@b.example", "p1@northbank.example"]),
        "id_style": some(["year", "year", "legacy"]),
        "pupils_from": some([None, None, "2026-09-30", "2026-11-01"]),
    }
    chosen |= some([{}, {}, {"included_subjects": "21"}, {"excluded_subjects": "22"}])
    return {name: value for name, value in chosen.items() if value not in {"", None}}


def of_files(made: Built) -> tuple[set[str], set[str]]:
    """Return the ids in users.csv and in classes.csv."""
    rows = {name: list(listed) for name, listed in tables.roster_rows(made.roster).items()}
    return {row[0] for row in rows["users.csv"]}, {row[0] for row in rows["classes.csv"]}


def wrongly_told(made: Built) -> list[str]:
    """Return what iSAMS calls each record of which the rules come to something else than is so."""
    users, classes = of_files(made)
    return [
        record.label
        for record in made.judged()
        if (presence(record.rules) is Presence.IN)
        is not (record.our_id in (users if record.kind in PEOPLE else classes))
    ]


@pytest.mark.parametrize("seed", range(200))
def test_what_the_rules_come_to_is_what_stands_in_the_files(seed: int) -> None:
    """Of every record of 200 odd schools, by whatever settings: in if it is there, else not."""
    rng = Random(seed)
    read, day = odd_school(rng), rng.choice([TODAY, date(2026, 9, 15)])
    profile = ProfileSettings.model_validate(odd_settings(rng))
    made = build_roster(read, NORTHBANK, profile, YEAR, day)

    assert wrongly_told(made) == []
    labels = {record.label for record in made.judged()}
    assert labels >= {f"Pupil {each}" for each in read.pupils}
    assert labels >= {f"StaffMember {each}" for each in read.employees}
    assert labels >= {f"Set {each}" for each in read.sets}


@pytest.mark.parametrize("seed", range(3))
def test_so_it_is_for_a_school_as_large_as_schools_are(seed: int) -> None:
    """With all that is wrong in real registers, read as iSAMS tells it, for two profiles."""
    read = read_document(iter(batch_xml(invent(300, seed=seed), BY_METHOD)))

    for years in ("3-6", "7-13"):
        profile = ProfileSettings.model_validate({"year_groups": years})
        assert wrongly_told(build_roster(read, NORTHBANK, profile, YEAR, TODAY)) == []


# --- The closed list of rules -------------------------------------------------------------------


def with_groups(**changes: object) -> School:
    """Return the smallest school with forms, a house and lessons to a form."""
    there = replace(pupil("1"), form="8A", tutor_id="99", academic_house_id="1")
    made = replace(
        school([there]),
        forms={"8A": Form("8A", 8, ("41",), "")},
        academic_houses={"1": House("1", "academic", "Red", "R", ("41",))},
        teaching_forms={"1": TeachingForm("1", "8A-Ma", "8Q", "21")},
        lessons=(Lesson("x", "301", "", "42", "1", "1"),),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def two(**second: object) -> School:
    """Return the smallest school with a second pupil."""
    return school([pupil("1"), pupil("2", **second)])  # type: ignore[arg-type]


def swapped() -> Built:
    """Return the smallest school of whose class a person said that it gets a new Team."""
    word = Word.model_validate(
        {
            "kind": "new",
            "classes": ("9990001-2026-301", "9990001-2026-301.g2"),
            "academic_year": YEAR,
            "at": "2026-11-20T12:00:00Z",
            "by": "1",
        }
    )
    return build_roster(school(), NORTHBANK, ProfileSettings(), YEAR, TODAY, [word])


def withheld() -> Built:
    profile = ProfileSettings.model_validate({"pupils_from": "2026-09-30"})
    return build_roster(school(), NORTHBANK, profile, YEAR, date(2026, 9, 15))


def crowded() -> School:
    """Return a school whose set has more teachers than a Team takes owners."""
    staff = [employee(str(number)) for number in range(100, 205)]
    return school(employees=staff, sets=[teaching_set("301", teachers=[each.id for each in staff])])


LEFT, P1 = date(2026, 9, 1), pupil("1").email
OCCURS: Mapping[RuleCode, tuple[str, Callable[[], Built]]] = {
    RuleCode.SAME_PERSON: (
        "Pupil 2",
        lambda: built(school([pupil("1", person="id 1"), pupil("2", email=P1, person="id 1")])),
    ),
    RuleCode.NO_ADDRESS: ("Pupil 2", lambda: built(two(email=""))),
    RuleCode.BAD_ADDRESS: ("Pupil 2", lambda: built(two(email="nobody"))),
    RuleCode.ADDRESS_TWICE: ("Pupil 2", lambda: built(two(email="p1@northbank.example"))),
    RuleCode.ADDRESS_OF_ANOTHER: (
        "Pupil 2",
        lambda: built(two(email="p1@northbank.example", leaves_on=LEFT)),
    ),
    RuleCode.ID_TWICE: (
        "Pupil 41",
        lambda: built(school([pupil("1"), pupil("41")]), id_style="legacy"),
    ),
    RuleCode.OWN_ADDRESS: ("Pupil 1", built),
    RuleCode.SERVICE_ACCOUNT: (
        "SERVICE_ACCOUNTS r@b.example",
        lambda: built(service_accounts="r@b.example"),
    ),
    RuleCode.SERVICE_ACCOUNT_IS_PERSON: (
        "SERVICE_ACCOUNTS p1@northbank.example",
        lambda: built(service_accounts="p1@northbank.example"),
    ),
    RuleCode.KIND_COVERED: (
        "AcademicHouse 1",
        lambda: built(with_groups(), classes="sets,houses"),
    ),
    RuleCode.KIND_NOT_COVERED: ("AcademicHouse 1", lambda: built(with_groups())),
    RuleCode.COVERED_YEAR: ("Set 301", built),
    RuleCode.YEAR_NOT_COVERED: ("Pupil 2", lambda: built(two(year=9), year_groups="8")),
    RuleCode.NO_YEAR: ("Pupil 2", lambda: built(two(year=None))),
    RuleCode.STAFF_COVERED: ("StaffMember 41", lambda: built(staff="all")),
    RuleCode.STAFF_NOT_COVERED: ("StaffMember 41", built),
    RuleCode.EXTRA_TEACHER: (
        "StaffMember 41",
        lambda: built(extra_teachers="t41@northbank.example"),
    ),
    RuleCode.EXTRA_TEACHER_HAS_LEFT: (
        "StaffMember 41",
        lambda: built(
            school(employees=[employee("41", leaves_on=LEFT)]),
            extra_teachers="t41@northbank.example",
        ),
    ),
    RuleCode.WITHHELD: ("Pupil 1", withheld),
    RuleCode.IN_COVERED_SET: ("Pupil 1", built),
    RuleCode.IN_NO_COVERED_SET: ("Pupil 2", lambda: built(two())),
    RuleCode.SUBJECT_COVERED: ("Set 301", lambda: built(included_subjects="Ph")),
    RuleCode.SUBJECT_EXCLUDED: ("Set 301", lambda: built(excluded_subjects="Ph")),
    RuleCode.SUBJECT_NOT_INCLUDED: ("Set 301", lambda: built(included_subjects="Ma")),
    RuleCode.SUBJECT_UNKNOWN: (
        "Set 301",
        lambda: built(school(sets=[teaching_set("301", subject="99")]), included_subjects="Ma"),
    ),
    RuleCode.FORM_UNKNOWN: (
        "TeachingForm 1",
        lambda: built(with_groups(), classes="form-lessons"),
    ),
    RuleCode.TUTOR_NOT_CURRENT: ("Tutor 99", lambda: built(with_groups(), classes="tutors")),
    RuleCode.ID_UNUSABLE: ("Set 3_2", lambda: built(school(sets=[teaching_set("3_2")]))),
    RuleCode.TITLE_UNUSABLE: (
        "Set 301",
        lambda: built(school(sets=[teaching_set("301", code="==")])),
    ),
    RuleCode.NO_PUPILS: ("Set 301", lambda: built(school(sets=[teaching_set("301", [])]))),
    RuleCode.NO_TEACHER: (
        "Set 301",
        lambda: built(school(sets=[teaching_set("301", teachers=[])])),
    ),
    RuleCode.KEPT_WITHOUT_TEACHER: (
        "Set 301",
        lambda: built(school(sets=[teaching_set("301", teachers=[])]), keep_without_teacher=True),
    ),
    RuleCode.TIMETABLE_TEACHER: (
        "Set 301",
        lambda: built(with_groups(), timetable_teachers=True),
    ),
    RuleCode.TEACHER_NOT_CURRENT: (
        "Set 301",
        lambda: built(school(sets=[teaching_set("301", teachers=["41", "77"])])),
    ),
    RuleCode.MEMBER_HAS_LEFT: (
        "Set 301",
        lambda: built(school(sets=[teaching_set("301", unknown=["998"])])),
    ),
    RuleCode.OWNERS_LEFT_OUT: ("Set 301", lambda: built(crowded())),
    RuleCode.TEAM_KEPT: ("Set 301", lambda: built(keep_teams="8")),
    RuleCode.SWAPPED: ("Set 301", swapped),
}
TOLD_LATER = {RuleCode.NOT_LISTED, RuleCode.WAITS, RuleCode.CARRIED}
"""What is told of what became of a set, or of what no set has: tests/edge/test_explain.py."""


@pytest.mark.parametrize("code", OCCURS, ids=str)
def test_each_rule_is_asked_somewhere(code: RuleCode) -> None:
    """The list is closed: there is a school and a profile by which the record is told so."""
    label, make = OCCURS[code]

    assert code in rules_of(make(), label)


def test_there_is_no_rule_that_is_never_asked() -> None:
    """A rule that is new fails here until a school is told by it."""
    assert OCCURS.keys() | TOLD_LATER == set(RuleCode)


def test_every_rule_asks_a_question_and_what_is_not_kept_has_a_way_out() -> None:
    """The one thing to do is the finding's advice, or stands with the rule."""
    assert all(code.question.endswith("?") for code in RuleCode)
    assert all(code.todo or code.findings for code in RuleCode if not code.keeps)
    assert all(not (code.todo and code.findings) for code in RuleCode)


def test_each_finding_is_of_one_rule() -> None:
    """So that what was found leads to the rule that found it."""
    findings = [finding for code in RuleCode for finding in code.findings]

    assert len(findings) == len(set(findings))
    assert RuleCode.of(FindingCode.STAFF_WITHOUT_EMAIL) is RuleCode.NO_ADDRESS


# --- What is told of a record -------------------------------------------------------------------


def test_who_is_of_another_year_is_told_and_not_called_left_out() -> None:
    """There is nothing to mend: the record is another profile's, or nobody's."""
    made = built(two(year=9), year_groups="8")
    [record] = [each for each in made.judged() if each.label == "Pupil 2"]

    assert presence(record.rules) is Presence.NOT_OF_PROFILE
    assert rules_of(made, "Pupil 2") == [RuleCode.YEAR_NOT_COVERED, RuleCode.IN_NO_COVERED_SET]
    assert "YEAR_GROUPS" in record.rules[0].todo


def test_another_profile_of_the_school_leaves_no_lines_in_this_one() -> None:
    """Its groups are looked at for their titles alone."""
    others = {"prep": ProfileSettings.model_validate({"year_groups": "3-6"})}
    alone = build_roster(school(), NORTHBANK, ProfileSettings(), YEAR, TODAY)
    beside = build_roster(school(), NORTHBANK, ProfileSettings(), YEAR, TODAY, (), others)

    assert list(alone.judged()) == list(beside.judged())


def test_records_of_one_person_are_told_as_one() -> None:
    """Both have the id under which the person is sent, and each names the other."""
    first, second = pupil("1", person="id 1"), pupil("2", "8", person="id 1")  # type: ignore[arg-type]
    second = replace(second, year=8, email=first.email)
    made = {each.label: each for each in built(school([first, second])).judged()}

    assert made["Pupil 1"].our_id == made["Pupil 2"].our_id == "9990001-P1"
    assert "counts for Pupil 2 as well" in {rule.said for rule in made["Pupil 1"].rules}
    assert "counts as Pupil 1" in {rule.said for rule in made["Pupil 2"].rules}


# --- The file -------------------------------------------------------------------------------------


def test_a_file_is_what_was_judged() -> None:
    """A record a line, in order; equal records give equal bytes."""
    made = built(school([pupil("1"), pupil("2", email="")]), extra_teachers="t41@northbank.example")
    body = why_json(made.judged())

    assert list(why_of(body)) == list(made.judged())
    assert body.count(b"\n") == len(list(made.judged())) + 2


def test_the_order_in_which_isams_lists_things_does_not_matter() -> None:
    """Neither for the records nor for what the rules said of each."""
    rng = Random(4)
    read = odd_school(rng)
    turned = replace(
        read,
        pupils=dict(reversed([*read.pupils.items()])),
        employees=dict(reversed([*read.employees.items()])),
        sets=dict(reversed([*read.sets.items()])),
    )

    assert why_json(built(turned).judged()) == why_json(built(read).judged())
