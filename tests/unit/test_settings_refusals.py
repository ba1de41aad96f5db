"""What is wrong is said at once: name, value, expectation, example, and never a secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest
from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from sync.errors import ConfigError
from sync.settings import faults, names
from sync.settings import load as environment
from sync.settings.faults import Given
from sync.settings.names import Path
from sync.settings.text import Contradiction
from tests.unit.app_settings import BASE, CANARY, REFERENCE, SECOND, load, only, refusal


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        (
            "PROFILES__SENIORS__YEAR_GROUPS",
            "7 to 13",
            (
                "got '7 to 13'; expected years such as 7,8,9 or 7-13; Reception is 0,"
                " pre-reception -1, nursery -2. Example: 7-13"
            ),
        ),
        (
            "PROFILES__SENIORS__GRADES",
            "R=KG",
            (
                "got 'R=KG'; expected year=code pairs such as -1=PK,14=14, years from -2 to 17;"
                " Reception is 0, pre-reception -1, nursery -2. Example: -1=PK,14=14"
            ),
        ),
        ("Profiles__Seniors__Names", "t", "got 't'; expected true or false. Example: false"),
        ("PROFILES__SENIORS__ID_STYLE", "x", "got 'x'; expected year or legacy. Example: year"),
        (
            "SDS__LIMITS__TEACHERS_LOST",
            "51%,5",
            (
                "got '51%,5'; expected a percentage to 50, a number to 1000, or both, such as"
                " 10%,25. Example: 10%,5"
            ),
        ),
        (
            "SCHOOLS__NORTHBANK__LIMITS__CLASSES_TAKEN_OVER",
            "10%",
            "got '10%'; expected a whole number, in digits. Example: 10",
        ),
        ("SDS__LIMITS__REMOVED_PERCENT", "51", "got '51'; expected 0 to 50. Example: 10"),
        (
            "SDS__LIMITS__REMOVED_ROWS",
            "1e1",
            "got '1e1'; expected a whole number, in digits. Example: 10",
        ),
        (
            "SCHOOLS__NORTHBANK__ID",
            "999.",
            (
                "got '999.'; expected: The school's own number, such as its DfE number: up to 20"
                " letters, digits, hyphens, and dots one by one but not at the end. Part of every"
                " id in SDS: never change it. Example: 9990001"
            ),
        ),
        (
            "SCHOOLS__NORTHBANK__SCHOOL_YEAR",
            "26",
            "got '26'; expected a year such as 2026, or the word terms. Example: 2026",
        ),
        (
            "PROFILES__SENIORS__CLASSES",
            "sets,clubs",
            (
                "got 'sets,clubs'; expected one or more of sets, forms, form-lessons, tutors,"
                " year-groups, houses, boarding-houses, divisions. Example: sets,forms,houses"
            ),
        ),
        (
            "PROFILES__SENIORS__HOUSE_TITLE",
            "House",
            (
                "got 'House'; expected one of {name}, {code}, or every class is called alike."
                " Example: {name} house {suffix}"
            ),
        ),
        (
            "PROFILES__SENIORS__FORM_TITLE",
            "{name} {tutor}",
            (
                "got '{name} {tutor}'; expected no fields but {name}, {code}, {subject}, {year},"
                " {academic_year}, {suffix}, {school}. Example: Form {name}{suffix}"
            ),
        ),
        *(
            (
                "PROFILES__SENIORS__PUPILS_FROM",
                text,
                f"got '{text}'; expected a day such as 2027-09-01. Example: 2027-09-01",
            )
            for text in ("1 Sept", "0001-01-01", "9999-12-31", "20270901", "2027-9-1")
        ),
        *(
            (
                "SCHOOLS__NORTHBANK__YEAR_STARTS",
                text,
                (
                    f"got '{text}'; expected a month and a day that every year has, such as 08-15"
                    " for 15 August. Example: 08-15"
                ),
            )
            for text in ("02-29", "15-08", "8-15", "1 August", "04-31", "2026-08-15")
        ),
        (
            "SCHOOLS__NORTHBANK__ISAMS_KEY",
            "short",
            (
                "got a value of 5 characters; expected at least 8 characters."
                " Example: 00000000-0000-0000-0000-000000000000"
            ),
        ),
        (
            "PROFILES__SENIORS__SUFFIX",
            "x" * 41,
            "got a value of 41 characters; expected 0 to 40 characters. Example: -2026-27",
        ),
        (
            "SDS__TENANT_ID",
            "a b",
            (
                "got 'a b'; expected: The tenant of SDS, by id or domain. Left out, the app's own"
                " managed identity is used. Example: 11111111-1111-1111-1111-111111111111"
            ),
        ),
    ],
)
def test_a_bad_value_says_name_value_expectation_and_example(
    name: str, value: str, line: str
) -> None:
    """The line names the setting as it was written and shows the way out."""
    other = {known: text for known, text in BASE.items() if known.upper() != name.upper()}

    with pytest.raises(ConfigError) as error:
        environment.load({**other, name: value})

    assert str(error.value) == f"{name}: {line}"


def test_all_faults_come_at_once_one_to_a_line() -> None:
    """Nobody has to deploy five times to learn of five faults."""
    lines = refusal(
        {
            "SDS_CONNECTOR": "x",
            "SDS__LIMITS__REMOVED_ROWS": "-1",
            "SDS__START_RUN": "perhaps",
            "PROFILES__SENIORS__GRADES": "x",
            "STORAGE__CONTAINER": "x",
            "AzureWebJobsStorage__queueServiceUri": "http://a.example",
        },
        without="ISAMS_KEY",
    )

    assert [line.partition(":")[0] for line in lines] == [
        "SDS_CONNECTOR",
        "SCHOOLS__NORTHBANK__ISAMS_KEY",
        "PROFILES__SENIORS__GRADES",
        "SDS__START_RUN",
        "SDS__LIMITS__REMOVED_ROWS",
        "STORAGE__CONTAINER",
        "AzureWebJobsStorage__queueServiceUri",
    ]


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (
            {"PROFILES__S__INCLUDED_SUBJECTS": "1", "PROFILES__S__EXCLUDED_SUBJECTS": "2"},
            (
                "PROFILES__S__INCLUDED_SUBJECTS and PROFILES__S__EXCLUDED_SUBJECTS:"
                " give one of them, not both"
            ),
        ),
        (
            {"SCHOOLS__NORTHBANK__ISAMS_CLIENT_ID": "x"},
            (
                "SCHOOLS__NORTHBANK__ISAMS_CLIENT_ID and SCHOOLS__NORTHBANK__ISAMS_CLIENT_SECRET:"
                " give both, or the secret alone"
            ),
        ),
        (
            {"SDS__TENANT_ID": "t", "SDS__CLIENT_ID": "c", "SDS__CLIENT_SECRET": "s"}
            | {"SDS__CERTIFICATE": "p"},
            "SDS__CLIENT_SECRET and SDS__CERTIFICATE: give one of them, not both",
        ),
        (
            {"SDS__CERTIFICATE": "p"},
            "SDS__CERTIFICATE and SDS__CLIENT_ID: a secret or certificate needs its client id",
        ),
        ({"SDS__TENANT_ID": "t"}, "SDS__CLIENT_ID and SDS__TENANT_ID: give both or neither"),
        (
            {"STORAGE__FOLDER": "x", "STORAGE__CONNECTION": "y"},
            (
                "STORAGE__FOLDER and STORAGE__ACCOUNT_URL and STORAGE__CONNECTION:"
                " give exactly one of them"
            ),
        ),
        (
            {"SCHOOLS__NORTHBANK__YEAR_STARTS": "08-15", "SCHOOLS__NORTHBANK__SCHOOL_YEAR": "2026"},
            (
                "SCHOOLS__NORTHBANK__SCHOOL_YEAR and SCHOOLS__NORTHBANK__YEAR_STARTS:"
                " give one of them: each says when the academic year turns"
            ),
        ),
        (
            {"SCHOOLS__NORTHBANK__YEAR_STARTS": "09-01"}
            | {"SCHOOLS__NORTHBANK__SCHOOL_YEAR": "terms"},
            (
                "SCHOOLS__NORTHBANK__SCHOOL_YEAR and SCHOOLS__NORTHBANK__YEAR_STARTS:"
                " give one of them: each says when the academic year turns"
            ),
        ),
        (
            {"PROFILES__SENIORS__PUPILS_FROM": "2027-01-10"},
            (
                "PROFILES__SENIORS__PUPILS_FROM: expected a day within 60 days of 1 September,"
                " when the academic year starts: if it starts on another day, set YEAR_STARTS"
            ),
        ),
        (
            {
                "PROFILES__SENIORS__PUPILS_FROM": "2027-09-01",
                "SCHOOLS__NORTHBANK__YEAR_STARTS": "01-28",
            },
            (
                "PROFILES__SENIORS__PUPILS_FROM: expected a day within 60 days of 28 January,"
                " when the academic year starts: if it starts on another day, set YEAR_STARTS"
            ),
        ),
        (
            {"PROFILES__SENIORS__SCHOOL": "West"},
            "PROFILES__SENIORS__SCHOOL: not one of the schools: expected northbank",
        ),
        (
            SECOND,
            (
                "PROFILES__SENIORS__SCHOOL: there are several schools:"
                " expected one of northbank or southbank"
            ),
        ),
        (
            {
                "PROFILES__SENIORS__CLASSES": "houses,sets",
                "PROFILES__PREP__CLASSES": "sets,houses",
                "PROFILES__PREP__YEAR_GROUPS": "3-6",
            },
            (
                "PROFILES__PREP__CLASSES and PROFILES__SENIORS__CLASSES: both make houses, of"
                " different pupils and under the same ids: name houses in one of them only, with"
                " the YEAR_GROUPS of both"
            ),
        ),
        (
            {
                "SCHOOLS__NORTHBANK__ISAMS_API": "rest",
                "SCHOOLS__NORTHBANK__ISAMS_CLIENT_ID": "c",
                "SCHOOLS__NORTHBANK__ISAMS_CLIENT_SECRET": "s",
                "PROFILES__SENIORS__CLASSES": "sets,form-lessons",
            },
            (
                "PROFILES__SENIORS__CLASSES: iSAMS tells form-lessons by the Batch API alone: take"
                " it out, or set ISAMS_API=batch"
            ),
        ),
        (
            {"SDS__CONNECTOR": ""},
            "PROFILES__SENIORS__CONNECTOR and SDS__CONNECTOR: give one of them",
        ),
        (
            {
                **SECOND,
                "SCHOOLS__SOUTHBANK__ID": "9990001",
                "PROFILES__SENIORS__SCHOOL": "SOUTHBANK",
            },
            (
                "SCHOOLS__NORTHBANK__ID and SCHOOLS__SOUTHBANK__ID:"
                " two schools may not have the same number"
            ),
        ),
    ],
)
def test_settings_that_contradict_each_other_are_named(more: dict[str, str], line: str) -> None:
    """The message names all the settings concerned, in full."""
    assert only(more) == line


@pytest.mark.parametrize("path", names.DECLARED, ids=names.written)
@pytest.mark.parametrize("sign", ["\u200b", "\u00ad", "\ufeff", "\u202e", "\x81", "\x07", "\u2028"])
def test_what_nobody_sees_is_refused_in_every_setting_but_a_secret(
    path: names.Path, sign: str
) -> None:
    """It would be in a title, an id or a name, and no message could show why these differ."""
    key = "NORTHBANK" if path[0] == "schools" else "SENIORS"
    name = names.written(path).replace(names.KEY, key)
    example = names.example(names.DECLARED[path])
    told = f"{name}: its character number 2 (U+{ord(sign):04X}) cannot be seen"
    other = {known: text for known, text in BASE.items() if known != name}

    try:
        environment.load({**other, name: f"{example[:1]}{sign}{example[1:]}"})
        lines = []
    except ConfigError as error:
        lines = str(error).split("\n")

    is_secret = names.is_secret(names.DECLARED[path])
    assert any(line.startswith(told) for line in lines) is not is_secret


IN_JSON = [
    path
    for path in names.DECLARED
    if path[0] in names.JSON and not names.is_secret(names.DECLARED[path])
]


@pytest.mark.parametrize("path", IN_JSON, ids=names.written)
@pytest.mark.parametrize("sign", ["\u200b", "\u2028"])
def test_inside_json_it_is_refused_as_well(path: Path, sign: str) -> None:
    """Of a school and of a profile, where blanks stay as they were typed."""
    block, key = names.JSON[path[0]], {"schools": "northbank", "profiles": "seniors"}[path[0]]
    school = {"NAME": "N", "ID": "1", "ISAMS_HOST": "northbank.isams.example"}
    name = "__".join(path[2:]).upper()
    whole = (school if path[0] == "schools" else {}) | {name: f"{sign}26"}
    apart = {"schools": "SCHOOLS__NORTHBANK", "profiles": "PROFILES__"}[path[0]]
    secret = {"SCHOOLS__northbank__ISAMS_KEY": "invented-key"} if path[0] == "schools" else {}

    line = only({block: json.dumps({key: whole})}, secret, without=apart)

    assert line == (
        f"{block} {key}.{name}: its character number 1 (U+{ord(sign):04X}) cannot be seen: take it"
        " out, or type the value anew"
    )


ONE_LINE = [path for path, declared in names.DECLARED.items() if names.is_single_text(declared)]


@pytest.mark.parametrize("path", ONE_LINE, ids=names.written)
@pytest.mark.parametrize("sign", ["\n", "\r\n", "\t", "\x85", "\x92"])
def test_a_single_text_is_one_line(path: Path, sign: str) -> None:
    """A line break in a name, a title or a connector's name was pasted, and is seen nowhere."""
    key = "NORTHBANK" if path[0] == "schools" else "SENIORS"
    name = names.written(path).replace(names.KEY, key)
    example = names.example(names.DECLARED[path])

    lines = refusal({name: f"{example[:1]}{sign}{example[1:]}"})

    assert f"{name}: its character number 2 (U+{ord(sign[0]):04X}) cannot be seen" in "\n".join(
        lines
    )


def test_between_several_values_line_ends_may_stand_beside_a_comma() -> None:
    """As they are typed one below the other; where the comma is missing, two would be one."""
    name = "PROFILES__SENIORS__INCLUDED_SUBJECTS"

    assert load({name: "21,\r\n\tMa"}).profiles["seniors"].included_subjects == ("21", "Ma")
    assert only({name: "21\nMa"}) == (
        f"{name}: got '21\\nMa'; expected commas between the values, not line ends or tabs alone."
        " Example: 21,Ma"
    )


@pytest.mark.parametrize("mark", ["\ufeff", "\ufeff "])
def test_the_mark_that_windows_puts_before_a_text_is_no_part_of_it(mark: str) -> None:
    """A key or a certificate comes with it out of a file; alone it is as good as blank."""
    marked = {name: mark + value for name, value in BASE.items()}

    assert environment.load(marked | {"SDS__TENANT_ID": mark}) == load()


def test_a_joiner_between_letters_is_spelling() -> None:
    """Persian and Indic names need it."""
    name = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"

    assert load({"PROFILES__SENIORS__SUFFIX": name}).profiles["seniors"].suffix == name


@pytest.mark.parametrize("year", ["terms", "2027"])
def test_beside_a_school_year_settings_do_not_judge_when_pupils_come(year: str) -> None:
    """They do not know when the year starts, and YEAR_STARTS may not stand there."""
    read = load(
        {
            "SCHOOLS__NORTHBANK__SCHOOL_YEAR": year,
            "PROFILES__SENIORS__PUPILS_FROM": "2027-01-30",
        }
    )

    assert read.profiles["seniors"].pupils_from == date(2027, 1, 30)


@pytest.mark.parametrize(
    "name",
    [
        "SCHOOLS__NORTHBANK__ISAMS_KEY",
        "SDS__START_RUN",
        "AzureWebJobsStorage",
        "AzureWebJobsStorage__accountName",
        "PROFILES_JSON",
    ],
)
def test_an_unresolved_reference_is_not_taken_for_a_value(name: str) -> None:
    """A key that Azure could not fetch is said to be one, and where to look."""
    without = "PROFILES__" if name == "PROFILES_JSON" else ""

    line = only({name: " " + REFERENCE.replace("Key", "KEY")}, without=without)

    assert line.startswith(f"{name}: the Key Vault reference was not resolved.")
    assert '"Key Vault Secrets User"' in line
    assert "can reach the vault" in line
    assert "kv-rosters" not in line


APP_CONFIGURATION = "@Microsoft.AppConfiguration(Endpoint=https://store.example; Key=isams)"


@pytest.mark.parametrize("reference", [REFERENCE, APP_CONFIGURATION])
@pytest.mark.parametrize(
    ("lost", "told"),
    [
        (lambda text: text.removesuffix(")"), "the closing bracket ) of the reference is missing"),
        (
            lambda text: f"{text[:-1]} SDS__CONNECTOR={text}",
            "the closing bracket ) of the reference is missing",
        ),
        (
            lambda text: f"{text} SDS__START_RUN=true",
            "something stands behind the closing bracket ) of the reference",
        ),
        (lambda text: f"{text})", "something stands behind the closing bracket"),
        (lambda text: f"ISAMS_KEY={text}", "something stands before the @ of the reference"),
    ],
)
@pytest.mark.parametrize("name", ["SCHOOLS__NORTHBANK__ISAMS_KEY", "SDS__CONNECTOR"])
def test_a_reference_that_a_command_line_has_spoilt_is_told_as_that(
    name: str, lost: Callable[[str], str], told: str, reference: str
) -> None:
    """Role, network and spelling are all right: the bracket is told, and a way that keeps it."""
    line = only({name: lost(reference)})

    assert line.startswith(f"{name}: {told}")
    assert '--settings "@file.json"' in line
    assert "docs/settings.md" in line
    assert "role" not in line
    assert "isams" not in line.removeprefix(name)


def test_a_reference_inside_profiles_json_is_told_under_its_own_name() -> None:
    """The platform follows no reference in the middle of JSON: the profile's setting is named."""
    profiles = json.dumps({"seniors": {"YEAR_GROUPS": "7-13", "CONNECTOR": REFERENCE}})

    line = only({"PROFILES_JSON": profiles}, without="PROFILES__")

    assert line.startswith("PROFILES_JSON seniors.CONNECTOR: Azure follows no reference")


@pytest.mark.parametrize("name", ["SCHOOLS__NORTHBANK__ISAMS_KEY", "SDS__CONNECTOR"])
def test_an_unresolved_reference_to_app_configuration_is_no_value_either(name: str) -> None:
    """It would be sent to iSAMS as a key, or looked for as a connector's name."""
    line = only({name: APP_CONFIGURATION})

    assert line.startswith(f"{name}: the App Configuration reference was not resolved.")
    assert '"App Configuration Data Reader"' in line
    assert "store.example" not in line


def test_a_secret_under_a_wrong_name_is_not_shown() -> None:
    """Who pastes a connection string into ACCOUNT_URL does not find it in the log."""
    string = f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={CANARY}"

    assert CANARY not in only({"STORAGE__ACCOUNT_URL": string})
    assert CANARY not in only({"SDS__CLIENT_SECRETS": CANARY})


@pytest.mark.parametrize("path", names.DECLARED, ids=names.written)
def test_a_value_of_any_setting_is_taken_or_refused_in_a_line_of_its_name(path: Path) -> None:
    """A setting that is new says what was expected, with an example, like all the others."""
    key = "NORTHBANK" if path[0] == "schools" else "SENIORS"
    name = names.written(path).replace(names.KEY, key)
    try:
        load({name: "?{!"})
    except ConfigError as error:
        (line,) = (line for line in str(error).split("\n") if name in line)
        example = f" Example: {names.example(names.DECLARED[path])}"
        assert line.endswith(example) or " and " in line or "not one of the schools" in line


WRITTEN = {
    ("schools", "northbank", "name"): Given("Schools__Northbank__Name", "Northbank School"),
    ("profiles", "seniors", "names"): Given("PROFILES_JSON seniors.NAMES", "true"),
    ("sds", "limits", "removed_rows"): Given("SDS__LIMITS__REMOVED_ROWS", "10"),
    ("host", "connection"): Given("AzureWebJobsStorage", "UseDevelopmentStorage=true"),
}
PLACES: dict[Path, str] = {
    ("profiles", "seniors"): "PROFILES_JSON seniors",
    ("schools", "southbank"): "SCHOOLS_JSON southbank",
}
BLOCKS = {
    (): "all settings together",
    ("schools", "northbank"): "Schools__Northbank__…",
    ("schools", "northbank", "limits"): "SCHOOLS__NORTHBANK__LIMITS__…",
    ("profiles", "seniors"): "PROFILES_JSON seniors.…",
    ("profiles", "prep"): "PROFILES__PREP__…",
    ("sds",): "SDS__…",
    ("sds", "limits"): "SDS__LIMITS__…",
    ("storage",): "STORAGE__…",
    ("host",): "AzureWebJobsStorage",
    ("schools", "southbank"): "SCHOOLS_JSON southbank.…",
    ("defaults", "profile"): "DEFAULTS__PROFILE__…",
    ("defaults", "school"): "DEFAULTS__SCHOOL__…",
}


def told(path: tuple[str | int, ...], reason: Exception | None, kind: str = "odd") -> list[str]:
    """Return the lines for what pydantic would say of *path*."""
    error = PydanticCustomError("value_error", "{error}", {"error": reason} if reason else None)
    other = PydanticCustomError(kind, "of pydantic's own")
    detail: InitErrorDetails = {"type": error if reason else other, "loc": path, "input": CANARY}
    said = ValidationError.from_exception_data("Settings", [detail, detail])
    return list(faults.lines(said, WRITTEN, PLACES, {("storage", "folder")}))


def test_every_model_of_settings_is_among_the_blocks_tried_below() -> None:
    """A block that is added is tried as well."""
    keys = {"schools": "northbank", "profiles": "seniors"}
    declared = {
        tuple(keys[path[0]] if part == names.KEY else part for part in path)
        for path in names.BLOCKS
    }

    assert declared | {("host",), ()} <= BLOCKS.keys()


@pytest.mark.parametrize(("path", "name"), BLOCKS.items(), ids=str)
def test_what_a_whole_block_says_is_told_by_its_name(path: Path, name: str) -> None:
    """Whatever a model's validator raises: its words, or pydantic's word where there are none."""
    lines = [
        *told(path, ValueError("give less")),
        *told(path, Contradiction(((("nowhere",),), "give less"), (((),), "give less"))),
        *told((*path, "[key]"), None, "odd")[:1],
    ]

    assert set(lines) == {f"{name}: give less", f"{name}: expected: odd"}


DEFAULTS = [
    ("defaults", kind, *path[2:])
    for path in names.DECLARED
    for kind in names.DEFAULTS
    if path[0] == names.DEFAULTS[kind]
]


@pytest.mark.parametrize("path", [*names.DECLARED, *DEFAULTS], ids=names.written)
@pytest.mark.parametrize("below", [(0,), ("int",), ("literal['terms']", "[key]")], ids=str)
def test_what_lies_below_a_setting_is_told_once_by_its_name(
    path: Path, below: tuple[str | int, ...]
) -> None:
    """A part of a list or a union has no name that anybody wrote."""
    keys = {"schools": "west", "profiles": "prep"}
    of_one = tuple(keys.get(path[0], "") if step == names.KEY else step for step in path)
    lines = told((*of_one, *below), ValueError("no"))

    assert [line.partition(":")[0] for line in lines] in ([], [names.written(of_one)])
    assert bool(lines) is (path != ("storage", "folder"))
