"""SCHOOLS_JSON: all schools in a single value, and their secrets beside it."""

from __future__ import annotations

import json

import pytest

from sync.settings import names
from sync.settings.faults import KEY_FORM
from sync.settings.text import MonthDay
from tests.unit.app_settings import CANARY, REFERENCE, SECOND, load, only, refusal

NORTHBANK = {"NAME": "Northbank School", "ID": "9990001", "ISAMS_HOST": "northbank.isams.example"}
SOUTHBANK = {"NAME": "Southbank School", "ID": 9990002, "ISAMS_HOST": "southbank.isams.example"}
BASE = "SCHOOLS__NORTHBANK"  # what is set apart in the base of other tests
KEY = "SCHOOLS__northbank__ISAMS_KEY"
TEXT = "expected a text; several values stand in one text, with commas"


def schools(value: object) -> dict[str, str]:
    text = value if isinstance(value, str) else json.dumps(value)
    return {"SCHOOLS_JSON": text, KEY: "invented-key"}


def north(**more: object) -> dict[str, str]:
    """Return the app settings of a single sound school, and *more* of it."""
    return schools({"northbank": NORTHBANK | more})


def test_schools_may_come_as_one_json_value_and_their_secrets_apart() -> None:
    """Both forms mean the same; numbers need no quotation marks; null and a blank are not set."""
    whole = {
        "NorthBank": NORTHBANK | {"year_starts": "01-28", "DATASETS": None, "PULL_AT": " "},
        "southbank": SOUTHBANK,
    }
    which = {"PROFILES__SENIORS__SCHOOL": "northbank"}
    keys = {"SCHOOLS__SOUTHBANK__ISAMS_KEY": SECOND["SCHOOLS__SOUTHBANK__ISAMS_KEY"]}

    together = load(schools(whole), keys, which, without=BASE)

    assert together == load(SECOND, which, {"SCHOOLS__NORTHBANK__YEAR_STARTS": "01-28"})
    assert together.schools["northbank"].year_starts == MonthDay(1, 28)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("{", "SCHOOLS_JSON, character 1: a } is missing"),
        ("[]", "SCHOOLS_JSON: expected a JSON object, in curly brackets"),
        ('{"a": {}, "A": {}}', "SCHOOLS_JSON, character 11: A: the same name twice"),
        (
            '{"a": {"NAME": "x", "Name": "y"}}',
            "SCHOOLS_JSON, character 21: Name: the same name twice",
        ),
        (
            {"northbank": []},
            'SCHOOLS_JSON northbank: expected an object such as {"NAME": "Northbank School"}',
        ),
        (
            {"northbank": NORTHBANK | {"PULL_AT": ["22:00"]}},
            (
                "SCHOOLS_JSON northbank.PULL_AT: expected a text; several values stand in one"
                " text, with commas"
            ),
        ),
        ({"northbank": NORTHBANK | {"ID": 9990001.5}}, f"SCHOOLS_JSON northbank.ID: {TEXT}"),
        ({"northbank": NORTHBANK | {"NAME": True}}, "SCHOOLS_JSON northbank.NAME: expected a text"),
        (
            {"northbank": NORTHBANK | {"ISAMS_HOST": REFERENCE}},
            (
                "SCHOOLS_JSON northbank.ISAMS_HOST: Azure follows no reference inside JSON: write"
                " the value itself"
            ),
        ),
        (
            json.dumps({"northbank": NORTHBANK}).replace('"9990001"', "0012"),
            "SCHOOLS_JSON, character 50: ID: expected a text in quotation marks",
        ),
        (
            {"northbank": NORTHBANK | {"SCHOOLS__NORTHBANK__PULLAT": "22:00"}},
            (
                "SCHOOLS_JSON northbank.SCHOOLS__NORTHBANK__PULLAT: there is no such setting; did"
                " you mean PULL_AT?"
            ),
        ),
        ({"north bank": NORTHBANK}, f"SCHOOLS_JSON north bank: {KEY_FORM}"),
        ({"DEFAULTS": {"PULL_AT": "21:00"}}, f"SCHOOLS_JSON DEFAULTS: {KEY_FORM}"),
        ({"n" * 5_000: NORTHBANK}, f"SCHOOLS_JSON (5000 characters): {KEY_FORM}"),
        (
            {"northbank": NORTHBANK | {"P" * 5_000: "x"}},
            (
                "SCHOOLS_JSON (5010 characters): there is no such setting; docs/settings.md lists"
                " all there are"
            ),
        ),
        (
            {"northbank": NORTHBANK | {"PULLAT": "22:00"}},
            "SCHOOLS_JSON northbank.PULLAT: there is no such setting; did you mean PULL_AT?",
        ),
        (
            {"northbank": NORTHBANK | {"PULL_AT": "25:00"}},
            (
                "SCHOOLS_JSON northbank.PULL_AT: got '25:00'; expected times such as 22:00 or"
                " 06:30,22:00. Example: 22:00"
            ),
        ),
        (
            {"northbank": {"NAME": "N", "ID": "1"}},
            (
                "SCHOOLS_JSON northbank.ISAMS_HOST: is not set. The host of iSAMS, without"
                " https://. Example: northbank.isams.example"
            ),
        ),
        (
            {"northbank": NORTHBANK | {"SCHOOL_YEAR": 2026, "YEAR_STARTS": "01-28"}},
            (
                "SCHOOLS_JSON northbank.SCHOOL_YEAR and SCHOOLS_JSON northbank.YEAR_STARTS: give"
                " one of them: each says when the academic year turns"
            ),
        ),
    ],
)
def test_a_fault_in_the_json_is_found(value: object, line: str) -> None:
    """One line for each, with the school and the name; its key beside it makes no second one."""
    assert only(schools(value), without=BASE) == line


@pytest.mark.parametrize("sign", ["\n", "\t", "\x07", "\u202e"])
def test_a_name_in_the_json_is_one_line_of_what_people_see(sign: str) -> None:
    """SDS shows it, and every message that names the school."""
    assert only(north(NAME=f"North{sign}bank"), without=BASE) == (
        f"SCHOOLS_JSON northbank.NAME: its character number 6 (U+{ord(sign):04X}) cannot be seen:"
        " take it out, or type the value anew"
    )


@pytest.mark.parametrize("sign", ["\t", "\x07"])
def test_a_tab_that_keeps_it_from_being_json_is_one_fault(sign: str) -> None:
    """Told by its place; the name that it stands in is not told a second time."""
    text = north(NAME="North bank")["SCHOOLS_JSON"].replace("North bank", f"North{sign}bank")

    assert only(schools(text), without=BASE) == (
        "SCHOOLS_JSON, character 24: NAME: it holds a tab: take it out"
    )


def test_a_school_of_which_the_json_says_nothing_lacks_what_it_needs_there() -> None:
    """What is missing is named where it belongs, not where it would be refused."""
    lines = refusal(schools({"northbank": {}}), without=BASE)

    assert [line.partition(":")[0] for line in lines] == [
        "SCHOOLS_JSON northbank.NAME",
        "SCHOOLS_JSON northbank.ID",
        "SCHOOLS_JSON northbank.ISAMS_HOST",
    ]


def test_a_key_that_is_missing_beside_the_json_is_named_as_a_setting_of_its_own() -> None:
    """Inside the JSON it would be refused."""
    line = only({"SCHOOLS_JSON": json.dumps({"northbank": NORTHBANK})}, without=BASE)

    assert line.startswith("SCHOOLS__NORTHBANK__ISAMS_KEY: is not set. ")


@pytest.mark.parametrize("name", ["ISAMS_KEY", "isams_client_secret"])
@pytest.mark.parametrize("value", [CANARY, 12345678, [CANARY], REFERENCE])
def test_a_secret_in_the_json_is_refused_and_not_shown(name: str, value: object) -> None:
    """Azure follows no reference inside JSON, and whoever may read settings would read a key."""
    lines = refusal({"SCHOOLS_JSON": north(**{name: value})["SCHOOLS_JSON"]}, without=BASE)

    assert lines[0] == (
        f"SCHOOLS_JSON northbank.{name}: a secret is a setting of its own,"
        f" SCHOOLS__NORTHBANK__{name.upper()}: on Azure a Key Vault reference"
    )
    assert len(lines) == (1 if name == "ISAMS_KEY" else 2)  # then the key is missing too
    assert not any(CANARY in line or "12345678" in line for line in lines)


@pytest.mark.parametrize("block", ["SCHOOLS", "PROFILES"])
def test_a_digit_in_a_key_hides_no_name_in_the_json(block: str) -> None:
    """Key and name together are as long as a secret, and have letters and digits."""
    name = {"SCHOOLS": "TIMETABLE_HEADER", "PROFILES": "TIMETABLE_TEACHERS"}[block]
    value = json.dumps({"campus2": NORTHBANK | {name: "?"} if block == "SCHOOLS" else {name: "?"}})
    key = {"SCHOOLS__CAMPUS2__ISAMS_KEY": "invented-key"} if block == "SCHOOLS" else {}

    line = only({f"{block}_JSON": value}, key, without=f"{block}__{'N' if key else 'S'}")

    assert line.startswith(f"{block}_JSON campus2.{name}: got '?'")


def test_a_secret_that_was_pasted_as_a_key_is_not_shown() -> None:
    """Such as the first part of a guid, under which a school may be kept."""
    key = "5eed00004000800000000000beef"
    lines = refusal({"SCHOOLS_JSON": json.dumps({key: {"ISAMS_KEY": CANARY}})}, without=BASE)

    assert not any(key in line.lower() for line in lines)


def test_a_secret_of_a_school_that_the_json_has_not_is_refused() -> None:
    """A misspelt key would be a school without a key, and another without a name: one line."""
    line = only(north(), {"SCHOOLS__NORHTBANK__ISAMS_KEY": CANARY}, without=BASE)

    assert line == (
        "SCHOOLS__NORHTBANK__ISAMS_KEY: SCHOOLS_JSON has no such school: expected northbank"
    )


def test_a_comma_too_many_hides_no_other_fault() -> None:
    """JSON that is plain all the same is judged at once: one round, not one for each kind."""
    text = json.dumps({"northbank": NORTHBANK | {"PULLAT": "22:00"}}).replace("}}", ",}}")

    assert [line.partition(":")[0] for line in refusal(schools(text), without=BASE)] == [
        "SCHOOLS_JSON, character 119",
        "SCHOOLS_JSON northbank.PULLAT",
    ]


def test_the_mark_that_windows_puts_before_a_text_is_no_fault() -> None:
    """A file that Notepad has saved is pasted with it."""
    assert load(schools("\ufeff" + north()["SCHOOLS_JSON"]), without=BASE) == load()


def test_schools_in_two_forms_are_refused() -> None:
    """Nobody can know which of the two is meant. Only secrets stand beside the JSON."""
    way = "give the schools in one way, not two; beside the JSON stand their secrets alone"

    assert only({"SCHOOLS_JSON": "{}"}) == f"SCHOOLS_JSON and SCHOOLS__NORTHBANK__ID: {way}"
    assert only(north(), {"Schools_Json": "{}"}, without=BASE) == (
        f"SCHOOLS_JSON and Schools_Json: {way}"
    )


def test_every_secret_of_a_school_may_stand_beside_the_json() -> None:
    """Each that is declared, so also one that is new."""
    secrets = {
        names.written(path).replace(names.KEY, "northbank"): "invented-secret"
        for path, declared in names.DECLARED.items()
        if path[0] == "schools" and names.is_secret(declared)
    }

    whole = north(WRITE_CLIENT_ID="invented-writer")
    school = load(whole, secrets, without=BASE).schools["northbank"]

    assert len(secrets) == 3
    assert school.batch_key == "invented-secret"


def test_an_empty_json_is_no_school() -> None:
    """A newcomer is shown the least that works; the key beside it is not another fault."""
    assert only(schools("{}"), without=BASE).startswith("No school is set. The least that works: ")


def test_a_profile_of_which_the_json_says_nothing_lacks_what_it_needs_there() -> None:
    """Where profiles came as one value, PROFILES__ALL__SCHOOL beside it would be refused."""
    which = {"PROFILES_JSON": '{"all": {}}'}

    assert only(SECOND, which, without="PROFILES__") == (
        "PROFILES_JSON all.SCHOOL: there are several schools: expected one of northbank or"
        " southbank"
    )
