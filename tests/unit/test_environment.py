"""App settings are read whole, or refused with a line for each fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import ConfigError
from sync.settings import Settings, names
from sync.settings import load as environment

BASE = {
    "SCHOOLS__NORTHBANK__NAME": "Northbank School",
    "SCHOOLS__NORTHBANK__ID": "9990001",
    "SCHOOLS__NORTHBANK__ISAMS_HOST": "northbank.isams.example",
    "SCHOOLS__NORTHBANK__ISAMS_KEY": "invented-key",
    "PROFILES__SENIORS__YEAR_GROUPS": "7-13",
    "SDS__CONNECTOR": "iSAMS nightly",
}
SECOND = {
    "SCHOOLS__SOUTHBANK__NAME": "Southbank School",
    "SCHOOLS__SOUTHBANK__ID": "9990002",
    "SCHOOLS__SOUTHBANK__ISAMS_HOST": "southbank.isams.example",
    "SCHOOLS__SOUTHBANK__ISAMS_KEY": "invented-key",
}
AZURE = {"WEBSITE_SITE_NAME": "func-rosters", "STORAGE__ACCOUNT_URL": "https://a.example"}
CANARY = "kanarienvogel"


def load(*more: Mapping[str, str], without: str = "") -> Settings:
    env = BASE | {name: value for part in more for name, value in part.items()}
    return environment.load({name: env[name] for name in env if not without or without not in name})


def refusal(*more: Mapping[str, str], without: str = "") -> list[str]:
    """Return the lines of the refusal."""
    with pytest.raises(ConfigError) as error:
        load(*more, without=without)
    lines = str(error.value).split("\n")
    assert error.value.facts == {"faults": len(lines)}
    return lines


def only(*more: Mapping[str, str], without: str = "") -> str:
    lines = refusal(*more, without=without)
    assert len(lines) == 1, lines
    return lines[0]


def test_the_smallest_set_works() -> None:
    """The names that the refusal offers to a newcomer are enough."""
    env = dict(line.split("=", 1) for line in environment.smallest())

    assert set(env) == set(BASE)
    assert environment.load(env).storage.folder == ".rosters"


def test_case_means_nothing_in_names() -> None:
    """Whatever capitals a portal or a shell makes of a name, it is the same setting."""
    lower = {name.lower(): value for name, value in BASE.items()}

    assert environment.load(lower) == load()


def test_two_spellings_of_one_setting_are_refused() -> None:
    """Nobody can know which of the two is meant."""
    line = only({"sds__Connector": "other"})

    assert line == "SDS__CONNECTOR and sds__Connector: the same setting twice"


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_a_blank_value_is_not_set(blank: str) -> None:
    """A blank leaves the default in force, and a blank required setting is missing."""
    assert load({"SDS__LIMITS__REMOVED_ROWS": blank}).sds.limits.removed_rows == 10
    assert "is not set" in only({"SCHOOLS__NORTHBANK__ISAMS_KEY": blank})


def test_blanks_around_a_value_are_dropped_except_in_a_suffix() -> None:
    """A line end behind a pasted key does no harm; the blank before a suffix is meant."""
    read = load(
        {
            "SCHOOLS__NORTHBANK__ISAMS_KEY": " invented-key\r\n",
            "SCHOOLS__NORTHBANK__TIME_ZONE": "Europe/Dublin ",
            "PROFILES__SENIORS__SUFFIX": " 2026-27",
        }
    )

    assert read.schools["northbank"].batch_key == "invented-key"
    assert read.schools["northbank"].time_zone.key == "Europe/Dublin"
    assert read.profiles["seniors"].suffix == " 2026-27"


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        (
            "PROFILES__SENIORS__YEAR_GROUPS",
            "7 to 13",
            "got '7 to 13'; expected years such as 7,8,9 or 7-13. Example: 7-13",
        ),
        ("Profiles__Seniors__Names", "on", "got 'on'; expected true or false. Example: false"),
        ("PROFILES__SENIORS__ID_STYLE", "x", "got 'x'; expected year or legacy. Example: year"),
        ("SDS__LIMITS__REMOVED_PERCENT", "51", "got '51'; expected 0 to 50. Example: 10"),
        (
            "SDS__LIMITS__REMOVED_ROWS",
            "1e1",
            "got '1e1'; expected a whole number, in digits. Example: 10",
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
                " Example: {name} house{suffix}"
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
        (
            "PROFILES__SENIORS__PUPILS_FROM",
            "1 Sept",
            "got '1 Sept'; expected a day such as 2027-09-01. Example: 2027-09-01",
        ),
        (
            "PROFILES__SENIORS__PUPILS_FROM",
            "2027-01-10",
            (
                "got '2027-01-10'; expected a day at the start of an academic year, July to"
                " October. Example: 2027-09-01"
            ),
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
            "got a value of 41 characters; expected 0 to 40 characters. Example:  2026-27",
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


def test_a_missing_setting_is_named_with_the_key_as_it_was_written() -> None:
    """The administrator can search for the name that the message shows."""
    line = only(
        {"SCHOOLS__west__NAME": "West"} | SECOND,
        {"PROFILES__SENIORS__SCHOOL": "west"}
        | {"SCHOOLS__west__ID": "3", "SCHOOLS__west__ISAMS_HOST": "w.example"},
    )

    assert line == (
        "SCHOOLS__west__ISAMS_KEY: is not set. The Batch API key, from API Services Manager:"
        " required unless ISAMS_API is rest. On Azure a Key Vault reference."
        " Example: 00000000-0000-0000-0000-000000000000"
    )


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
    ("wrong", "right"),
    [
        ("PROFILES__SENIORS__YEAR_GROUP", "PROFILES__SENIORS__YEAR_GROUPS"),
        ("PROFILE__SENIORS__SUFFIX", "PROFILES__SENIORS__SUFFIX"),
        ("Profile__x__School", "PROFILES__x__SCHOOL"),
        ("PROFILES_SENIORS_SUFFIX", "PROFILES__SENIORS__SUFFIX"),
        ("PROFLIES__SENIORS__SUFFIX", "PROFILES__SENIORS__SUFFIX"),
        ("SCHOOL__NORTHBANK__PULL_AT", "SCHOOLS__NORTHBANK__PULL_AT"),
        ("SCHOOLS:NORTHBANK:PULL_AT", "SCHOOLS__NORTHBANK__PULL_AT"),
        ("SDS_CONNECTOR", "SDS__CONNECTOR"),
        ("SDS__CONECTOR", "SDS__CONNECTOR"),
        ("SDS__LIMIT__REMOVED_ROWS", "SDS__LIMITS__REMOVED_ROWS"),
        ("SDS__REMOVED_ROWS", "SDS__LIMITS__REMOVED_ROWS"),
        ("STORAGE_FOLDER", "STORAGE__FOLDER"),
        ("STORAGE__ACOUNT_URL", "STORAGE__ACCOUNT_URL"),
        ("PROFILE_JSON", "PROFILES_JSON"),
        ("PROFILES__JSON", "PROFILES_JSON"),
        ("PROFILES", "PROFILES_JSON"),
    ],
)
def test_a_misspelt_name_is_refused_and_the_nearest_offered(wrong: str, right: str) -> None:
    """A misspelt limit must not leave the usual one in force unseen."""
    line = only({wrong: CANARY})

    assert line == f"{wrong}: there is no such setting; did you mean {right}?"


@pytest.mark.parametrize("name", ["SDS__", "SDS__XYZZY", "SCHOOLS__NORTHBANK", "SDS", "SCHOOLS"])
def test_a_name_near_to_nothing_points_to_the_page(name: str) -> None:
    """An unknown name under our prefixes is refused even if we cannot guess what was meant."""
    if name == "SDS":  # a bare word that others may use
        assert load({name: "x"}) == load()
    else:
        assert only({name: "x"}) == (
            f"{name}: there is no such setting; docs/settings.md lists all there are"
        )


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "HOME",
        "STORAGE",
        "STORAGE_DRIVER",
        "AzureWebJobsStorage__blobServiceUri",
        "AzureWebJobsFeatureFlags",
        "FUNCTIONS_EXTENSION_VERSION",
        "TICK_SCHEDULE",
        "_",
        "",
        "WEBSITE_TIME_ZONE",
        "APPLICATIONINSIGHTS_CONNECTION_STRING",
        "AZURE_CLIENT_ID",
    ],
)
def test_names_of_others_are_left_alone(name: str) -> None:
    """The environment is full of names that are not ours."""
    assert load({name: "x"}) == load()


@pytest.mark.parametrize("key", ["north_bank", "-north", "north bank", "a" * 31, "\u00e9cole"])
def test_a_key_that_cannot_be_a_folder_name_is_refused(key: str) -> None:
    """Keys become folder names and parts of messages."""
    lines = refusal(
        {f"SCHOOLS__{key}__PULL_AT": "22:00"},
        {"PROFILES_JSON": json.dumps({key: {}})},
        without="PROFILES__",
    )

    assert len(lines) == 2
    for line in lines:
        assert "expected a key of 1 to 30 letters, digits and hyphens" in line


def test_a_name_cannot_break_the_line() -> None:
    """A line end or a half character in a name is shown escaped."""
    assert only({"SDS__A\nB": "x"}).startswith("'SDS__A\\nB': there is no such setting")
    assert only({"SDS__\ud800": "x"}).startswith("'SDS__\\ud800': there is no such setting")


def test_no_school_and_no_profile_shows_the_least_that_works() -> None:
    """A newcomer's first message is a set of names to copy."""
    with pytest.raises(ConfigError) as error:
        environment.load({})

    assert str(error.value).startswith("No school and no profile is set. The least that works: ")
    assert all(name in str(error.value) for name in BASE)
    assert only(without="PROFILES").startswith("No profile is set.")
    assert only(without="SCHOOLS").startswith("No school is set.")
    assert only({"PROFILES_JSON": "{}"}, without="PROFILES__").startswith("No profile is set.")


def test_a_misspelt_profile_is_not_called_missing_as_well() -> None:
    """One slip of the finger is one line."""
    line = only({"PROFILE__SENIORS__YEAR_GROUPS": "7"}, without="PROFILES")

    assert line.endswith("did you mean PROFILES__SENIORS__YEAR_GROUPS?")


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


@pytest.mark.parametrize(
    "apart",
    [
        {"PROFILES__PREP__CLASSES": "sets,forms,year-groups"},
        {"PROFILES__PREP__CLASSES": "houses", "PROFILES__PREP__CONNECTOR": "another"},
        {"PROFILES__PREP__CLASSES": "houses", "PROFILES__SENIORS__YEAR_GROUPS": "3-6"},
        {"PROFILES__PREP__CLASSES": "boarding-houses"},
    ],
)
def test_kinds_that_do_not_meet_are_no_contradiction(apart: dict[str, str]) -> None:
    """Forms are of one year; another connector is another file set; the same years the same."""
    read = load(
        {"PROFILES__SENIORS__CLASSES": "sets,forms,year-groups,houses"}
        | {"PROFILES__PREP__YEAR_GROUPS": "3-6"}
        | apart
    )

    assert set(read.profiles) == {"seniors", "prep"}


REFERENCE = "@Microsoft.KeyVault(VaultName=kv-rosters;SecretName=isams-key)"


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


def test_rosters_lie_in_a_folder_unless_told_otherwise() -> None:
    """On somebody's own machine the app works without an account."""
    assert load().storage.folder == ".rosters"
    assert load({"STORAGE__CONNECTION": "UseDevelopmentStorage=true"}).storage.folder is None


@pytest.mark.parametrize("sign", ["WEBSITE_SITE_NAME", "Website_Instance_Id"])
def test_on_azure_rosters_never_lie_in_a_folder(sign: str) -> None:
    """There a folder would be lost with the machine, and with it what was delivered last."""
    assert only({sign: "x"}).startswith("STORAGE__ACCOUNT_URL: is not set; on Azure give")
    assert "STORAGE__ACCOUNT_URL" in only({sign: "x", "STORAGE__CONTAINER": "rosters"})
    assert only({sign: "x", "STORAGE__FOLDER": "y"}).startswith("STORAGE__FOLDER: a folder is lost")
    assert load(AZURE, {sign: "x"}).storage.account_url == "https://a.example"


@pytest.mark.parametrize(
    ("more", "connection", "queue_url"),
    [
        ({}, None, None),
        ({"AzureWebJobsStorage": "UseDevelopmentStorage=true"}, "UseDevelopmentStorage=true", None),
        (
            {"AZUREWEBJOBSSTORAGE__ACCOUNTNAME": "host1"},
            None,
            "https://host1.queue.core.windows.net",
        ),
        ({"AzureWebJobsStorage__queueServiceUri": "https://q.example/"}, None, "https://q.example"),
        (
            {
                "AzureWebJobsStorage__accountName": "host1",
                "AzureWebJobsStorage__queueServiceUri": "https://q.example",
            },
            None,
            "https://q.example",
        ),
        ({"AzureWebJobsStorage": "x=y", "AzureWebJobsStorage__accountName": "host1"}, "x=y", None),
    ],
)
def test_the_queues_are_where_the_host_has_its_own(
    more: dict[str, str], connection: str | None, queue_url: str | None
) -> None:
    """A connection string beats an endpoint, an endpoint beats an account's name."""
    host = load(more).host

    assert (host.connection.get_secret_value() if host.connection else None) == connection
    assert host.queue_url == queue_url


def test_an_account_that_cannot_be_one_is_refused() -> None:
    """The name becomes part of a host name."""
    line = only({"AzureWebJobsStorage__accountName": "a.example/x"})

    assert line == (
        "AzureWebJobsStorage__accountName: got 'a.example/x'; expected a storage account:"
        " 3 to 24 small letters and digits. Example: northbankhost"
    )


def profiles(value: object) -> dict[str, str]:
    return {"PROFILES_JSON": value if isinstance(value, str) else json.dumps(value)}


def test_profiles_may_come_as_one_json_value() -> None:
    """Both forms mean the same; numbers and true need no quotation marks; null is not set."""
    whole = {
        "Seniors": {"year_groups": 7, "NAMES": True, "SUFFIX": " x", "GRADES": None},
        "all": {},
    }
    parts = {
        "PROFILES__SENIORS__YEAR_GROUPS": "7",
        "PROFILES__SENIORS__NAMES": "true",
        "PROFILES__SENIORS__SUFFIX": " x",
        "PROFILES__ALL__YEAR_GROUPS": "0-13",
    }

    assert load(profiles(whole), without="PROFILES__") == load(parts)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (
            "{",
            (
                "PROFILES_JSON: is not JSON: Expecting property name enclosed in double quotes,"
                " line 1, column 2"
            ),
        ),
        ("[]", "PROFILES_JSON: expected a JSON object, in curly brackets"),
        ("7", "PROFILES_JSON: expected a JSON object, in curly brackets"),
        ("[" * 100_000, "PROFILES_JSON: is not JSON that can be read"),
        ("9" * 5_000, "PROFILES_JSON: is not JSON that can be read"),
        ('{"a": {}, "A": {}}', "PROFILES_JSON: A: the same name twice"),
        ('{"a": {"NAMES": 1, "names": 0}}', "PROFILES_JSON: names: the same name twice"),
        ({"a": []}, 'PROFILES_JSON a: expected an object such as {"YEAR_GROUPS": "7-13"}'),
        (
            {"a": {"YEAR_GROUPS": [7, 8]}},
            (
                "PROFILES_JSON a.YEAR_GROUPS: expected a text; several values stand in one text,"
                " with commas"
            ),
        ),
        (
            {"a": {"YEARGROUPS": "7"}},
            "PROFILES_JSON a.YEARGROUPS: there is no such setting; did you mean YEAR_GROUPS?",
        ),
        (
            {"a": {"XYZZY__QUUX": "7"}},
            (
                "PROFILES_JSON a.XYZZY__QUUX: there is no such setting;"
                " docs/settings.md lists all there are"
            ),
        ),
        (
            {"a": {"YEAR_GROUPS": "x"}},
            (
                "PROFILES_JSON a.YEAR_GROUPS: got 'x'; expected years such as 7,8,9 or 7-13."
                " Example: 7-13"
            ),
        ),
        (
            {"a": {"SCHOOL": "x"}},
            "PROFILES_JSON a.SCHOOL: not one of the schools: expected northbank",
        ),
    ],
)
def test_a_fault_in_the_json_is_found(value: object, line: str) -> None:
    """The message says which profile and which name, not just that JSON is hard."""
    assert only(profiles(value), without="PROFILES__") == line


def test_profiles_in_two_forms_are_refused() -> None:
    """Nobody can know which of the two is meant."""
    way = "give the profiles in one way, not two"
    once = profiles({"a": {}})

    assert only(once) == f"PROFILES_JSON and PROFILES__SENIORS__YEAR_GROUPS: {way}"
    assert only(once, {"Profiles_Json": "{}"}, without="PROFILES__") == (
        f"PROFILES_JSON and Profiles_Json: {way}"
    )


def local_file(values: object, **more: object) -> str:
    return json.dumps({"Values": values, **more})


def test_the_environment_wins_over_the_file() -> None:
    """A name that the environment sets, in any case, is not taken from the file; a blank is."""
    text = local_file({"SDS__CONNECTOR": "file", "A": "file", "B": "file"})

    merged = environment.with_local_file({"sds__connector": "env", "A": " ", "C": "env"}, text)

    assert merged == {"sds__connector": "env", "A": "file", "B": "file", "C": "env"}


def test_without_a_file_the_environment_stands_alone() -> None:
    """On Azure there is no such file."""
    assert environment.with_local_file({"A": "env"}, None) == {"A": "env"}


def test_the_mark_that_windows_puts_before_a_text_is_no_fault() -> None:
    """Notepad saves with a byte order mark."""
    assert environment.with_local_file({}, "\ufeff" + local_file({"A": "x"})) == {"A": "x"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is not JSON"),
        ('{"Values": {"A": "x",}}', "is not JSON: .* line 1, column"),
        ("[]", "expected a JSON object"),
        ("{}", 'expected an object "Values"'),
        (local_file([]), 'expected an object "Values"'),
        (local_file({"A": 7}), "A: expected a text in quotation marks"),
        (local_file({"A": None}), "A: expected a text in quotation marks"),
        ('{"Values": {"A": "x", "a": "y"}}', "a: the same name twice"),
        (local_file({}, IsEncrypted=True), "is encrypted"),
    ],
)
def test_a_broken_file_is_named(text: str, expected: str) -> None:
    """The message names the file, and shows none of its values."""
    with pytest.raises(ConfigError, match=f"^local.settings.json: .*{expected}"):
        environment.with_local_file({}, text)


def test_a_secret_under_a_wrong_name_is_not_shown() -> None:
    """Who pastes a connection string into ACCOUNT_URL does not find it in the log."""
    string = f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={CANARY}"

    assert CANARY not in only({"STORAGE__ACCOUNT_URL": string})
    assert CANARY not in only({"SDS__CLIENT_SECRETS": CANARY})


HEADS = st.sampled_from(["SCHOOLS", "PROFILES", "SDS", "STORAGE", "SCHOOL", "sds", "PROFILE", "X"])
MARKS = st.sampled_from(["__", "__", "__", "_", ":", ""])
WORDS = st.sampled_from(
    sorted({part.upper() for path in names.DECLARED for part in path[1:]} - {"<KEY>"})
)
ANY = st.text(st.characters(exclude_categories=()), max_size=12)  # half characters, too
NAMES = (
    st.tuples(HEADS, MARKS, WORDS | ANY, MARKS, WORDS | ANY).map("".join)
    | st.sampled_from(sorted({names.written(path) for path in names.DECLARED})).flatmap(
        lambda name: st.sampled_from(["NORTHBANK", "a"]).map(lambda k: name.replace("<key>", k))
    )
    | st.sampled_from([*names.HOST, "PROFILES_JSON", "WEBSITE_SITE_NAME"])
    | ANY
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | ANY, inner, max_size=3),
    max_leaves=8,
).map(json.dumps)
VALUES = (
    ANY | JSON | st.sampled_from(["7-13", "true", "10", "22:00", "https://a.example", REFERENCE])
)
SECRETS = [
    names.written(path).replace("<key>", "NORTHBANK")
    for path, field in names.DECLARED.items()
    if names.is_secret(field)
] + ["AzureWebJobsStorage"]


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=8), st.sets(st.sampled_from(SECRETS)))
@pytest.mark.parametrize("base", [{}, BASE], ids=["nothing else", "a working set"])
def test_any_environment_gives_settings_or_a_refusal(
    base: dict[str, str], env: dict[str, str], secret: set[str]
) -> None:
    """Whatever the names and texts: `Settings` or `ConfigError`, and no secret in its text."""
    try:
        said = repr(environment.load(base | env | dict.fromkeys(secret, CANARY)))
    except ConfigError as refused:
        said = str(refused)

    assert said.strip()
    assert CANARY not in said
    assert said.encode("utf-8")  # half a character would break the log


@settings(deadline=None)
@given(ANY | JSON, st.dictionaries(ANY, ANY, max_size=3))
def test_any_file_gives_names_or_a_refusal(text: str, env: dict[str, str]) -> None:
    """Whatever the file holds: a mapping of texts or `ConfigError`."""
    for body in (text, f'{{"Values": {text}}}'):
        with suppress(ConfigError):
            merged = environment.with_local_file(env, body)
            assert all(isinstance(value, str) for value in merged.values())
