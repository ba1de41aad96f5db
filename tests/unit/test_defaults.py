"""DEFAULTS__SCHOOL__… and DEFAULTS__PROFILE__…: what each takes that says nothing itself."""

from __future__ import annotations

import json
from datetime import time

import pytest

from sync.errors import ConfigError
from sync.settings import load as environment
from sync.settings import names
from sync.settings.faults import KEY_FORM
from sync.settings.limits import SchoolLimits
from sync.settings.names import DEFAULTS, KEY, Path
from sync.settings.text import MonthDay
from tests.unit.app_settings import CANARY, REFERENCE, SECOND, load, only, refusal

OF = {block: kind for kind, block in DEFAULTS.items()}
KEYED = [path for path in names.DECLARED if path[0] in OF]
TWO = SECOND | {
    "PROFILES__SENIORS__SCHOOL": "northbank",
    "PROFILES__SOUTH__SCHOOL": "southbank",
}
# Which say whose records a school's are, what may not be lent, and what has a default already.
NO_DEFAULT = {
    "SCHOOL__NAME",
    "SCHOOL__ID",
    "SCHOOL__ISAMS_HOST",
    "SCHOOL__ISAMS_KEY",
    "SCHOOL__ISAMS_CLIENT_SECRET",
    "SCHOOL__ISAMS_CLIENT_ID",
    "SCHOOL__ISAMS_CA",
    "SCHOOL__WRITE_CLIENT_ID",
    "SCHOOL__WRITE_CLIENT_SECRET",
    "PROFILE__SCHOOL",
    "PROFILE__CONNECTOR",
    *(f"SCHOOL__LIMITS__{name.upper()}" for name in SchoolLimits.model_fields),
}


def default_of(path: Path) -> Path:
    return ("defaults", OF[path[0]], *path[2:])


def test_each_school_and_profile_takes_what_it_does_not_say_itself() -> None:
    """Its own setting beats the default, apart and in JSON; who says nothing has the default."""
    own = {"southbank": {"SUFFIX": "-S", "SCHOOL": "southbank"}, "north": {"SCHOOL": "northbank"}}
    settings = load(
        SECOND,
        {"PROFILES_JSON": json.dumps(own), "SCHOOLS__SOUTHBANK__PULL_AT": "23:00"},
        {"DEFAULTS__SCHOOL__PULL_AT": "21:00", "defaults__profile__Suffix": "-T"},
        without="PROFILES__",
    )

    assert {key: school.pull_at for key, school in settings.schools.items()} == {
        "northbank": (time(21, 0),),
        "southbank": (time(23, 0),),
    }
    assert {key: one.suffix for key, one in settings.profiles.items()} == {
        "north": "-T",
        "southbank": "-S",
    }


def test_ten_schools_with_one_policy_are_five_settings_each_and_one_change_for_one_rule() -> None:
    """Name, id, host and key, and of which school a profile is: all else is said once."""
    policy = {
        "SDS__CONNECTOR": "iSAMS nightly",
        "DEFAULTS__SCHOOL__PULL_AT": "21:00",
        "DEFAULTS__SCHOOL__YEAR_STARTS": "08-15",
        "DEFAULTS__PROFILE__YEAR_GROUPS": "7-13",
        "DEFAULTS__PROFILE__CLASSES": "sets,forms",
    }
    each = {
        f"S{number}": {
            f"SCHOOLS__S{number}__NAME": f"School {number}",
            f"SCHOOLS__S{number}__ID": f"999{number}",
            f"SCHOOLS__S{number}__ISAMS_HOST": f"s{number}.isams.example",
            f"SCHOOLS__S{number}__ISAMS_KEY": "invented-key",
            f"PROFILES__S{number}__SCHOOL": f"s{number}",
        }
        for number in range(10)
    }
    env = policy | {name: value for one in each.values() for name, value in one.items()}
    before = environment.load(env)
    after = environment.load(env | {"DEFAULTS__SCHOOL__PULL_AT": "23:30"})

    assert {len(one) for one in each.values()} == {5}
    assert {school.pull_at for school in before.schools.values()} == {(time(21, 0),)}
    assert {school.pull_at for school in after.schools.values()} == {(time(23, 30),)}
    assert {one.classes for one in after.profiles.values()} == {("sets", "forms")}
    assert len(after.schools) == len(after.profiles) == 10


@pytest.mark.parametrize("path", KEYED, ids=names.written)
def test_what_is_a_default_and_what_cannot_be_one(path: Path) -> None:
    """Each setting is either read as a default as it would be of its own, or refused with why."""
    name = names.written(default_of(path))
    # Of the examples, some exclude each other, and one is shortened.
    value = "09-01" if path[2] == "year_starts" else names.example(names.DECLARED[path])
    more = {"DEFAULTS__PROFILE__KEEP_TEAMS": "11"} if path[2] == "keep_teams_from" else {}
    if name.removeprefix("DEFAULTS__") in NO_DEFAULT:
        line = only({name: value})

        assert line.startswith(f"{name}: cannot be a default: ")
        assert value not in line
        return
    secret = {f"SCHOOLS__NORTHBANK__ISAMS_CLIENT_{part}": "invented" for part in ("ID", "SECRET")}
    key = "NORTHBANK" if path[0] == "schools" else "LONE"
    own = {names.written(path).replace(KEY, key): value}
    beside = "COURSES" if path[2] == "sessions" else "SESSIONS"
    base = secret | more | {f"PROFILES__LONE__{beside}": "true"}

    taken = load(base, {name: value}, without="SENIORS")

    assert taken.defaulted >= {(path[0], key.lower(), *path[2:])}
    assert getattr(taken, path[0]) == getattr(load(base, own, without="SENIORS"), path[0])


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("DEFAULTS__PROFILE__YEARGROUPS", "did you mean DEFAULTS__PROFILE__YEAR_GROUPS?"),
        ("DEFAULT__SCHOOL__PULL_AT", "did you mean DEFAULTS__SCHOOL__PULL_AT?"),
        ("DEFAULTS__SCHOOLS__PULL_AT", "did you mean DEFAULTS__SCHOOL__PULL_AT?"),
        ("DEFAULTS_SCHOOL_PULL_AT", "did you mean DEFAULTS__SCHOOL__PULL_AT?"),
        ("DEFAULTS__SCHOOL__NORTHBANK__PULL_AT", "did you mean DEFAULTS__SCHOOL__PULL_AT?"),
        ("DEFAULTS_JSON", "docs/settings.md lists all there are"),
        ("DEFAULTS__XYZZY", "docs/settings.md lists all there are"),
        ("DEFAULTS__SCHOOL", "did you mean DEFAULTS__SCHOOL__PULL_AT?"),
    ],
)
def test_a_default_of_no_setting_is_refused(wrong: str, hint: str) -> None:
    """Else every school would go on with the usual one, and nobody would see it."""
    assert only({wrong: CANARY}) == f"{wrong}: there is no such setting; {hint}"


def test_a_desktop_that_has_defaults_of_its_own_is_left_alone() -> None:
    """Ubuntu's sets DEFAULTS_PATH."""
    assert load({"DEFAULTS_PATH": "/usr/share/x", "DEFAULTS": "x"}) == load()


def test_no_profile_is_called_defaults() -> None:
    """It would be a profile more, of every year, where somebody meant what all profiles take."""
    assert only({"PROFILES__DEFAULTS__CLASSES": "forms"}) == (
        f"PROFILES__DEFAULTS__CLASSES: in the middle {KEY_FORM}"
    )


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (
            {"DEFAULTS__SCHOOL__PULL_AT": "25:00"},
            (
                "DEFAULTS__SCHOOL__PULL_AT: got '25:00'; expected times such as 22:00 or"
                " 06:30,22:00. Example: 22:00"
            ),
        ),
        (
            {"DEFAULTS__SCHOOL__SCHOOL_YEAR": "2026", "DEFAULTS__SCHOOL__YEAR_STARTS": "01-28"},
            (
                "DEFAULTS__SCHOOL__SCHOOL_YEAR and DEFAULTS__SCHOOL__YEAR_STARTS: give one of"
                " them: each says when the academic year turns"
            ),
        ),
        (
            {"DEFAULTS__PROFILE__KEEP_TEAMS_FROM": "2027"},
            (
                "DEFAULTS__PROFILE__KEEP_TEAMS_FROM: goes with DEFAULTS__PROFILE__KEEP_TEAMS,"
                " which is not set"
            ),
        ),
        (
            {"DEFAULTS__PROFILE__NAMES": '"true"'},
            (
                "DEFAULTS__PROFILE__NAMES: has quotation marks around it, as in a command: take"
                " them away"
            ),
        ),
    ],
)
def test_a_fault_in_a_default_is_one_line_of_its_own_name(more: dict[str, str], line: str) -> None:
    """However many take it: the line that the administrator must mend is there once."""
    assert only(TWO, more) == line


@pytest.mark.parametrize("path", KEYED, ids=names.written)
@pytest.mark.parametrize("sign", ["\u200b", "\ufeff", "\x07"])
def test_what_nobody_sees_is_refused_in_a_default(path: Path, sign: str) -> None:
    """It would be in the titles of every school: one line, however many take it."""
    name = names.written(default_of(path))
    companion = {"DEFAULTS__PROFILE__KEEP_TEAMS": "11"} if path[2] == "keep_teams_from" else {}
    if name.removeprefix("DEFAULTS__") not in NO_DEFAULT:
        assert only(TWO, companion, {name: f"2{sign}6"}) == (
            f"{name}: its character number 2 (U+{ord(sign):04X}) cannot be seen: take it out, or"
            " type the value anew"
        )


@pytest.mark.parametrize("name", ["CLASS_TITLE", "FORM_TITLE", "SUFFIX"])
def test_a_default_that_is_a_single_text_is_one_line(name: str) -> None:
    """As it is at the profile itself."""
    line = only(TWO, {f"DEFAULTS__PROFILE__{name}": "{set_code}{name}\n2026"})

    assert line.startswith(f"DEFAULTS__PROFILE__{name}: its character number 17 (U+000A) cannot be")


def test_a_day_is_written_in_one_way_as_a_default_and_in_json_too() -> None:
    """Else `20270901` would be refused at one profile and taken at all."""
    expected = "got '20270901'; expected a day such as 2027-09-01. Example: 2027-09-01"
    profiles = {"PROFILES_JSON": json.dumps({"seniors": {"PUPILS_FROM": 20270901}})}

    assert only(TWO, {"DEFAULTS__PROFILE__PUPILS_FROM": "20270901"}) == (
        f"DEFAULTS__PROFILE__PUPILS_FROM: {expected}"
    )
    assert only(profiles, without="PROFILES__") == f"PROFILES_JSON seniors.PUPILS_FROM: {expected}"


def test_a_faulty_default_is_told_though_nobody_takes_it() -> None:
    """The school that joins next would."""
    own = {"SCHOOLS__NORTHBANK__PULL_AT": "22:00"}

    assert only(own, {"DEFAULTS__SCHOOL__PULL_AT": "25:00"}).startswith(
        "DEFAULTS__SCHOOL__PULL_AT: got '25:00'"
    )


def test_a_reference_that_was_not_followed_is_no_default() -> None:
    """It would be every school's value."""
    line = only(TWO, {"DEFAULTS__SCHOOL__DATASETS": REFERENCE})

    assert line.startswith("DEFAULTS__SCHOOL__DATASETS: the Key Vault reference was not resolved.")


def test_a_default_that_does_not_suit_one_is_named_with_who_took_it() -> None:
    """It was not typed at the profile, where the administrator would look for it in vain."""
    own = {"SCHOOLS__SOUTHBANK__YEAR_STARTS": "01-28"}

    assert only(TWO, own, {"DEFAULTS__PROFILE__PUPILS_FROM": "2027-09-01"}) == (
        "DEFAULTS__PROFILE__PUPILS_FROM (profile south): expected a day within 60 days of 28"
        " January, when the academic year starts: if it starts on another day, set YEAR_STARTS"
    )


def test_what_is_missing_is_named_at_the_school_and_not_among_the_defaults() -> None:
    """A default beside it gives it no name."""
    lines = refusal(
        {"SCHOOLS__west__NAME": "West", "DEFAULTS__SCHOOL__DATASETS": "all"},
        {"PROFILES__SENIORS__SCHOOL": "west"},
    )

    assert [line.partition(":")[0] for line in lines] == [
        "SCHOOLS__west__ID",
        "SCHOOLS__west__ISAMS_HOST",
        "SCHOOLS__west__ISAMS_KEY",
    ]


RIVALS = [
    (block, pair)
    for block in OF
    for names_of in names.BLOCKS[block, KEY].RIVALS
    for pair in (names_of, names_of[::-1])
]
SOUND = {
    "school_year": "2026",
    "year_starts": "01-28",
    "included_subjects": "Ma",
    "excluded_subjects": "Ga",
}


@pytest.mark.parametrize(("block", "pair"), RIVALS)
def test_a_setting_of_its_own_beats_a_default_of_its_rival(
    block: str, pair: tuple[str, str]
) -> None:
    """A school that starts in January is not refused for the year that all others write."""
    own, other = pair
    key = {"schools": "NORTHBANK", "profiles": "SENIORS"}[block]
    said = {f"{block.upper()}__{key}__{own.upper()}": SOUND[own]}
    default = {f"DEFAULTS__{OF[block].upper()}__{other.upper()}": SOUND[other]}

    assert getattr(load(said, default), block) == getattr(load(said), block)
    assert getattr(load(default), block) != getattr(load(), block)


def test_all_pairs_that_exclude_each_other_are_looked_at() -> None:
    """They are taken from the declaration, and these are among them."""
    assert {pair for _, pair in RIVALS} >= {
        ("school_year", "year_starts"),
        ("included_subjects", "excluded_subjects"),
    }
    assert load({"SCHOOLS__NORTHBANK__YEAR_STARTS": "01-28"}).schools[
        "northbank"
    ].year_starts == MonthDay(1, 28)


def test_keep_teams_of_its_own_is_not_put_off_by_a_default() -> None:
    """The Teams that a profile keeps today would be lost by a year that was meant for others."""
    own = {"PROFILES__SENIORS__KEEP_TEAMS": "13"}
    defaults = {
        "DEFAULTS__PROFILE__KEEP_TEAMS": "11,13",
        "DEFAULTS__PROFILE__KEEP_TEAMS_FROM": "2027",
    }

    assert load(own, defaults).profiles == load(own).profiles
    assert load(defaults).profiles["seniors"].keep_teams_from == 2027


def test_a_doubt_about_a_default_is_told_once_under_its_name() -> None:
    """Ten schools that take GMT are one line to change."""
    doubts = [*load(TWO, {"DEFAULTS__SCHOOL__TIME_ZONE": "GMT"}).doubts()]

    assert len(doubts) == 1
    assert doubts[0].startswith("DEFAULTS__SCHOOL__TIME_ZONE is GMT, ")


def test_a_default_is_no_school_and_no_profile() -> None:
    """Whoever has only defaults is shown the least that works."""
    with pytest.raises(ConfigError, match=r"^No school and no profile is set"):
        environment.load({"DEFAULTS__SCHOOL__PULL_AT": "21:00", "SDS__CONNECTOR": "c"})


@pytest.mark.parametrize("path", KEYED, ids=names.written)
def test_a_key_under_any_default_is_not_shown(path: Path) -> None:
    """Who pastes a key into the wrong line of the portal does not find it in the log."""
    key = "3f2b8a1c9d4e4f60a1b2c3d4e5f60718"
    said = ""
    try:
        load({names.written(default_of(path)): key})
    except ConfigError as error:
        said = str(error)

    assert key not in said
