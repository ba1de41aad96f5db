"""JSON as people type it: each fault by its place, all at once, and never a value."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given, settings

from sync.errors import ConfigError
from sync.settings.load import load
from sync.settings.local_file import with_local_file
from sync.settings.typed_json import read_typed
from tests.unit.app_settings import ANY_JSON, ANY_TEXT, BASE, CANARY, refusal

ENTRY = 'expected a name, a colon and a value, such as "SDS__CONNECTOR": "iSAMS nightly"'
TWICE = r"write every \ twice, such as C:\\SDS"
EVERYTHING = r"""
{
  // the school's settings
  "IsEncrypted": false,
  "Values": {
    "SDS__START_RUN": true,
    "SDS__LIMITS__REMOVED_ROWS": 20,
    "STORAGE__FOLDER": "C:\SDS",
    "PROFILES__SENIORS__SUFFIX": "x"
    "SDS__CONNECTOR": "iSAMS nightly",
  },
}
"""


def faults(text: str) -> list[str]:
    """Return what is told of a local.settings.json, whether or not its values are plain."""
    try:
        _, lines = with_local_file({}, text)
    except ConfigError as error:
        lines = str(error).split("\n")
    return [line.removeprefix("local.settings.json, ") for line in lines]


def of_value(value: str) -> list[str]:
    """Return what is said of a file in which *value* stands as that of `A`."""
    return faults(f'{{\n"Values": {{\n"A": {value}\n}}\n}}')


def test_everything_that_is_wrong_is_said_at_once_by_its_line() -> None:
    """Who types JSON once a year mends the file once, not once for each fault."""
    assert faults(EVERYTHING) == [
        "line 3: a comment: JSON has none, so take it out",
        'line 6: SDS__START_RUN: expected a text in quotation marks, such as "true"',
        'line 7: SDS__LIMITS__REMOVED_ROWS: expected a text in quotation marks, such as "20"',
        f"line 8: STORAGE__FOLDER: {TWICE}",
        "line 9: a comma is missing after this entry",
        "line 10: a comma after the last entry: take it out",
        "line 11: a comma after the last entry: take it out",
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("false", 'A: expected a text in quotation marks, such as "false"'),
        ("20.5", 'A: expected a text in quotation marks, such as "20.5"'),
        ("7-13", "A: expected a text in quotation marks"),
        ("1234567890", "A: expected a text in quotation marks"),
        ("0012", "A: expected a text in quotation marks"),  # a number has no such beginning
        ('["7"]', "A: expected a text in quotation marks"),
        ('{"B": "7"}', "A: expected a text in quotation marks"),
        (r'"C:\SDS"', f"A: {TWICE}"),
        (r'"C:\rosters"', f"A: {TWICE}"),  # JSON takes this for the end of a line, without a word
        (r'"C:\SDS\"', f"A: {TWICE}"),
        (r'"C:\\rosters\"', f"A: {TWICE}"),
        ('"x', "A: its last quotation mark is missing"),
        ('"a\tb"', "A: it holds a tab: take it out"),
        ("'x'", 'A: expected straight quotation marks: "'),
        ("\u201cx\u201d", 'A: expected straight quotation marks: "'),
        ("", "A: the value is missing"),
        (":", "A: the value is missing"),
        ('"x" /* why */', "a comment: JSON has none, so take it out"),
        ('"x" # why', "a comment: JSON has none, so take it out"),
        (
            '\u00a0"x"',
            "a blank that is none to a computer, as pasted from a web page: type it anew",
        ),
        ('"x",, "B": "y"', "a comma too many: take it out"),
        ('"x", B: "y"', "expected straight quotation marks around the name"),
        ('"x", B:{}', "expected straight quotation marks around the name"),
        ('"x", 1:["y"]', "expected straight quotation marks around the name"),
        ("\"x\", B:'y'", "expected straight quotation marks around the name"),
        ('"x", "B" "y"', ENTRY),
        ('"x", : "y"', "a name in quotation marks is missing"),
        ('"x", "a": "y"', "a: the same name twice"),
    ],
)
def test_a_fault_is_told_in_words_for_who_types_json_rarely(value: str, said: str) -> None:
    """By its line, with the name beside it, and what to do."""
    line, _, text = of_value(value)[0].partition(": ")

    assert line in {"line 3", "line 4"}
    assert text == said


def test_a_quotation_mark_that_is_missing_is_one_fault() -> None:
    """What stands behind it in its line, the comma too, went with it; the next line is whole."""
    assert of_value('"x,\n"B": "y"') == ["line 3: A: its last quotation mark is missing"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "character 1: there is nothing in it"),
        ('{"Values": {"A": "x"}', "character 21: a } is missing"),
        ('{"Values": {"A": "x"]}', "character 21: a } is missing"),
        ('{"Values": {}} {}', "character 16: something stands after the last bracket: take it out"),
        ("[" * 100_000, "character 22: there are too many brackets inside each other"),
        ('{,"Values": {}}', "character 2: a comma too many: take it out"),
    ],
)
def test_brackets_that_do_not_match_are_told(text: str, said: str) -> None:
    """Where one is missing, or what follows the last."""
    assert said in faults(text)


def test_a_value_in_lines_is_one_where_it_may_have_them() -> None:
    """A certificate and JSON in a value have lines of their own."""
    values = {"SDS__CERTIFICATE": "subject=Y\n-----BEGIN X\nY", "PROFILES_JSON": '{\n\t"a": {}}'}

    assert with_local_file({}, json.dumps({"Values": values})) == (values, [])


PLAIN = r"""
{
  // the school's settings
  "Values": {
    SCHOOLS__NORTHBANK__NAME: "Northbank School",
    'SCHOOLS__NORTHBANK__ID':'9990001',
    "SCHOOLS__NORTHBANK__ISAMS_HOST": "northbank.isams.example"
    "SCHOOLS__NORTHBANK__ISAMS_KEY": invented-key,
    "PROFILES__CAMPUS2-SENIORS-AND-SIXTH-FORM__SUFFIX": 2026,
    "SDS__CONECTOR": "iSAMS nightly",
    "SDS__START_RUN": maybe,
    "STORAGE__FOLDER": "C:\SDS",
  }
}
"""


def test_what_is_plain_all_the_same_is_judged_in_the_same_round() -> None:
    """A comma too many hides no misspelt name; and what was read is not said to be missing."""
    with pytest.raises(ConfigError) as error:
        load({}, local=PLAIN)
    lines = str(error.value).split("\n")

    assert [line.partition(",")[0] for line in lines[:-2]] == ["local.settings.json"] * 10
    assert [line.partition(";")[0] for line in lines[-2:]] == [
        "SDS__CONECTOR: there is no such setting",
        "SDS__START_RUN: got 'maybe'",
    ]


@pytest.mark.parametrize("letter", ["b", "f", "n", "r", "t"])
def test_what_a_single_backslash_made_is_one_fault(letter: str) -> None:
    """Told by its line in the file, and not once more as what cannot be seen in the setting."""
    text = json.dumps({"Values": BASE}, indent=0)
    folder = f'"STORAGE__FOLDER": "C:\\{letter}osters",'

    with pytest.raises(ConfigError) as error:
        load({}, local=text.replace('"SCHOOLS', f'{folder}\n"SCHOOLS', 1))

    assert str(error.value) == f"local.settings.json, line 3: STORAGE__FOLDER: {TWICE}"


@pytest.mark.parametrize(
    "value",
    [
        '"x, "SDS__CONECTOR": "y"',
        '"x", "B" "y", "SDS__CONECTOR": "y"',
        '"x", "a": "y", "SDS__CONECTOR": "y"',
        '["x"], "SDS__CONECTOR": "y"',
        'null, "SDS__CONECTOR": "y"',
    ],
)
def test_what_is_not_plain_is_not_judged(value: str) -> None:
    """What stands there may be something else, so nothing is said to be missing or misspelt."""
    with pytest.raises(ConfigError) as error:
        load({}, local=f'{{"Values": {{"A": {value}}}}}')

    assert all(line.startswith("local.settings.json, ") for line in str(error.value).split("\n"))
    assert error.value.facts == {"faults": str(error.value).count("\n") + 1}


@pytest.mark.parametrize(
    "text",
    [
        f'{{"Values": {{"K": {CANARY}-17}}}}',
        f'{{"Values": {{"K": "{CANARY}" "{CANARY}"}}}}',
        f'{{"Values": {{"K": "x"{CANARY}"y"}}}}',
        f'{{"Values": {{"K": "{CANARY}}}}}',
        f'{{"Values": {{"K": {CANARY}"}}}}',
        f'{{"Values": {{"K": "\\S{CANARY}"}}}}',
    ],
)
def test_no_value_is_shown(text: str) -> None:
    """A key whose quotation mark was lost does not stand in the message."""
    assert CANARY not in "".join(faults(text))


def test_profiles_in_json_are_read_by_the_same_rules() -> None:
    """PROFILES_JSON too is typed by people: each fault has its line."""
    value = '{"seniors": {"YEAR_GROUPS": 7-13, "SUFFIX": "x",},}'

    assert refusal({"PROFILES_JSON": value}, without="PROFILES__") == [
        "PROFILES_JSON, character 29: YEAR_GROUPS: expected a text in quotation marks",
        "PROFILES_JSON, character 48: a comma after the last entry: take it out",
        "PROFILES_JSON, character 50: a comma after the last entry: take it out",
    ]


@settings(deadline=None)
@given(ANY_JSON)
def test_what_is_json_has_no_fault(text: str) -> None:
    """The reader and `json` agree: nothing is refused that a parser would take."""
    assume("Infinity" not in text and "NaN" not in text)  # Python's own, and no JSON
    json.loads(text)

    assert not [fault for fault in read_typed(text).faults if "brackets" not in fault.text]


@settings(deadline=None)
@given(ANY_TEXT | ANY_JSON.map(lambda text: text.replace('"', "'", 1)))
def test_any_text_is_read_to_its_end(text: str) -> None:
    """Whatever it holds, the reader ends, and tells of places within the text."""
    typed = read_typed("{" + text)

    assert all(0 <= fault.at <= len(text) + 1 for fault in typed.faults)
