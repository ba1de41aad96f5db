"""Classes of one school under one title: told, and with TITLE_CLASH=id told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest

from sync.errors import ConfigError
from sync.isams.school import Employee, Pupil, School, TeachingSet
from sync.roster import identifiers
from sync.roster.build import Built, build_roster, roster_at
from sync.sds import rules, tables
from sync.settings import ProfileSettings
from tests.unit.app_settings import SECOND, load, only
from tests.unit.schools import NORTHBANK, TODAY, YEAR, built, pupil, school, teaching_set

TWINS = (teaching_set("301", code="8A/Ma"), teaching_set("302", code="8A/Ma"))
PREP = ProfileSettings.model_validate({"year_groups": "3-6"})
NOBODY = ProfileSettings.model_validate({"included_subjects": "Latin"})


def titles(made: Built) -> dict[str, str]:
    """Return each class's title by the last part of its id."""
    return {one.id.rpartition("-")[2]: one.title for one in made.roster.classes}


def told(made: Built) -> dict[str, str]:
    """Return what the findings about titles say, by record."""
    return {f.record: f.detail for f in made.findings if f.code == "title-used-twice"}


def beside(read: School, others: Mapping[str, ProfileSettings], **own: object) -> Built:
    """Return what a profile of Years 7-13 makes beside *others*."""
    chosen = ProfileSettings.model_validate({"year_groups": "7-13", **own})
    return build_roster(read, NORTHBANK, chosen, YEAR, TODAY, others=others)


def with_prep(*sets: TeachingSet) -> School:
    """Return a school with a pupil in each part, and *sets*."""
    return school([pupil("1"), pupil("2", 5)], sets=sets)


# --- Told -------------------------------------------------------------------------------------


def test_two_classes_of_one_title_are_both_told_and_sent() -> None:
    """With the title and the other; nothing is changed that nobody asked for."""
    made = built(school(sets=TWINS))

    assert titles(made) == {"301": "8A-Ma", "302": "8A-Ma"}
    assert told(made) == {"Set 301": "8A-Ma: Set 302", "Set 302": "8A-Ma: Set 301"}


def test_capitals_tell_no_two_titles_apart() -> None:
    """Somebody who looks for a Team in a list reads both as one."""
    made = built(school(sets=[teaching_set("301", code="8A"), teaching_set("302", code="8a")]))

    assert told(made).keys() == {"Set 301", "Set 302"}


def test_what_is_cut_to_one_title_is_a_twin() -> None:
    """What counts is what SDS is sent."""
    long = "x" * identifiers.TITLE_LIMIT
    sets = [teaching_set("301", code=f"{long}1"), teaching_set("302", code=f"{long}2")]

    assert told(built(school(sets=sets))).keys() == {"Set 301", "Set 302"}


def test_a_twin_that_nobody_is_in_is_not_told() -> None:
    """It becomes no class, and has a finding of its own."""
    made = built(school(sets=[TWINS[0], replace(TWINS[1], pupil_ids=())]))

    assert told(made) == {}


def test_a_set_and_a_house_may_be_twins() -> None:
    """Whatever becomes a class stands in one list in Teams."""
    members = Pupil("1", 8, "p1@northbank.example", "Sam", "Osei", tutor_id="41")
    tutor = Employee("41", "t41@northbank.example", "Ida", "Vale", title="Ms")
    read = school([members], [tutor], [teaching_set("301", code="Tutor group Ms Vale")])

    plain, marked = (
        built(read, classes="sets,tutors"),
        built(read, classes="sets,tutors", title_clash="id"),
    )

    assert told(plain).keys() == {"Set 301", "Tutor 41"}
    assert set(titles(marked).values()) == {
        "Tutor group Ms Vale (301)",
        "Tutor group Ms Vale (41)",
    }


@pytest.mark.parametrize(
    ("others", "more"), [(5, ""), (6, " and 1 more"), (1005, " and 1,000 more")]
)
def test_a_title_that_many_have_is_told_in_a_line_each(others: int, more: str) -> None:
    """A template without a code calls every set of a subject alike."""
    sets = [teaching_set(str(number), code="8A") for number in range(3001, 3002 + others)]

    detail = told(built(school(sets=sets)))["Set 3001"]

    assert detail == f"8A: Set 3002, Set 3003, Set 3004, Set 3005, Set 3006{more}"


def test_what_can_be_no_class_is_nobodys_twin() -> None:
    """An id that SDS could not hold, and a title of which nothing is left, have findings."""
    bad_id = [TWINS[0], teaching_set("3_2", code="8A/Ma")]
    bad_titles = [teaching_set("301"), *(teaching_set(n, code="==") for n in ("302", "303"))]
    made = [built(school(sets=sets), title_clash="id") for sets in (bad_id, bad_titles)]

    assert [titles(each) for each in made] == [{"301": "8A-Ma"}, {"301": "8A-Ph301"}]
    assert [told(each) for each in made] == [{}, {}]


def test_a_twin_in_another_profile_of_the_school_is_told() -> None:
    """Both stand in the Teams of who teaches there."""
    read = with_prep(TWINS[0], teaching_set("501", ["2"], year=5, code="8A/Ma"))

    assert told(beside(read, {"prep": PREP})) == {"Set 301": "8A-Ma: Set 501"}
    assert told(beside(read, {})) == {}


def test_the_other_profiles_are_those_of_the_school() -> None:
    """As the settings have them; another school's classes are another's."""
    one = {"PROFILES__SENIORS__YEAR_GROUPS": "7-13", "PROFILES__PREP__YEAR_GROUPS": "3-6"}
    read = with_prep(TWINS[0], teaching_set("501", ["2"], year=5, code="8A/Ma"))
    south = SECOND | {
        **one,
        "PROFILES__SENIORS__SCHOOL": "northbank",
        "PROFILES__PREP__SCHOOL": "southbank",
    }
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)

    assert told(roster_at(load(one), "seniors", read, noon)).keys() == {"Set 301"}
    assert told(roster_at(load(south), "seniors", read, noon)) == {}


def test_one_set_of_two_profiles_is_no_twin_of_itself() -> None:
    """Whatever id it has in either."""
    legacy = ProfileSettings.model_validate({"id_style": "legacy"})

    assert told(beside(school(), {"all": ProfileSettings(), "legacy": legacy})) == {}


# --- Told apart -------------------------------------------------------------------------------


def test_with_title_clash_each_twin_has_its_id_behind_it() -> None:
    """And nothing else has; then there is nothing to tell."""
    made = built(school(sets=[*TWINS, teaching_set("303")]), title_clash="id")

    assert titles(made) == {"301": "8A-Ma (301)", "302": "8A-Ma (302)", "303": "8A-Ph303"}
    assert made.findings == ()


@pytest.mark.parametrize(
    "twin",
    [
        replace(TWINS[1], pupil_ids=()),
        replace(TWINS[1], teacher_ids=()),
        replace(TWINS[1], pupil_ids=("2",)),
    ],
    ids=["nobody in it", "without a teacher", "whose pupil cannot be sent"],
)
def test_a_title_does_not_change_when_the_other_is_no_class_for_a_while(twin: TeachingSet) -> None:
    """It would rename a Team, and rename it back: what iSAMS lists counts, not who is in it."""
    read = school([pupil("1"), pupil("2", email="")], sets=[TWINS[0], twin])

    assert titles(built(read, title_clash="id")) == {"301": "8A-Ma (301)"}


def test_a_twin_that_another_profile_has_counts_as_well() -> None:
    """Each profile says of its own classes what is done with them."""
    read = with_prep(TWINS[0], teaching_set("501", ["2"], year=5, code="8A/Ma"))
    own = beside(read, {"prep": PREP}, title_clash="id")

    assert titles(own) == {"301": "8A-Ma (301)"}
    assert told(own) == {}


def test_a_twin_that_another_profile_calls_by_its_id_is_no_twin_any_more() -> None:
    """One of the two with an id is enough to tell them apart."""
    prep = ProfileSettings.model_validate({"year_groups": "3-6", "title_clash": "id"})
    own = beside(
        with_prep(TWINS[0], teaching_set("501", ["2"], year=5, code="8A/Ma")), {"prep": prep}
    )

    assert (titles(own), told(own)) == ({"301": "8A-Ma"}, {})


def test_what_another_profile_makes_must_be_known_to_call_a_class() -> None:
    """Else titles would be others for a night; without TITLE_CLASH the profile goes on."""
    others = {"latin": NOBODY}

    with pytest.raises(ConfigError) as refused:
        beside(school(), others, title_clash="id")

    assert refused.value.facts["profile"] == "latin"
    assert titles(beside(school(), others)) == {"301": "8A-Ph301"}


def test_the_title_is_cut_and_never_the_id() -> None:
    """Within what SDS takes; that the title lost its end is told."""
    long = "x" * identifiers.TITLE_LIMIT
    sets = [teaching_set(number, code=long) for number in ("3" * 60, "302")]
    made = built(school(sets=sets), title_clash="id")
    longest, short = sorted(titles(made).values(), key=len, reverse=True)
    behind = [title.lstrip("x") for title in titles(made).values()]

    assert {len(longest), len(short)} == {identifiers.TITLE_LIMIT}
    assert " (302)" in behind
    assert [f.code for f in made.findings] == ["title-changed"] * 2
    assert all(len(identifiers.id_behind(one.id)) <= 50 for one in made.roster.classes)
    assert rules.files(tables.roster_rows(made.roster))


def test_a_title_that_is_cut_at_a_blank_has_one_before_the_id() -> None:
    """Two blanks together are no title that SDS takes."""
    assert identifiers.title_with_id("x" * 113 + " yyyyyy", "9990001-2026-301") == (
        "x" * 113 + " (301)"
    )


@pytest.mark.parametrize("length", range(112, 121))
def test_whether_a_title_lost_its_end_is_told_to_the_character(length: int) -> None:
    """Six characters stand behind it."""
    sets = [teaching_set(number, code="x" * length) for number in ("301", "302")]
    found = {f.code.value for f in built(school(sets=sets), title_clash="id").findings}

    assert ("title-changed" in found) is (length > 114)


def test_the_order_of_the_source_makes_no_difference() -> None:
    """Equal schools give equal titles and findings."""
    sets = [*TWINS, teaching_set("303", code="8a/ma"), teaching_set("304")]
    shuffled = Random(1).sample(sets, len(sets))

    assert built(school(sets=sets)) == built(school(sets=shuffled))


# --- The setting ------------------------------------------------------------------------------


def test_the_setting_is_read_and_refused() -> None:
    """There is one word."""
    read = load({"PROFILES__SENIORS__TITLE_CLASH": "id"})

    assert read.profiles["seniors"].title_clash == "id"
    assert load().profiles["seniors"].title_clash is None
    assert "PROFILES__SENIORS__TITLE_CLASH" in only({"PROFILES__SENIORS__TITLE_CLASH": "code"})
