"""Who reads rosters: the alert `read` over invented rows of what storage says of its callers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.infra.asked import QUERIES, answer
from tests.infra.kql import Row, Table

NOW = datetime(2026, 9, 14, 22, 0, tzinfo=UTC)
APP = "aaaaaaaa-0000-4000-8000-000000000001"
READER = "bbbbbbbb-0000-4000-8000-000000000002"
STRANGER = "cccccccc-0000-4000-8000-000000000003"
SCANNER = "xAzure/1.0 AzureStorage/1.0 ObjectLifeCycleScanner/0.50"

# The app reads a file of a set: docs/reference/functions.md#reader-columns
OF_THE_APP: Row = {
    "TimeGenerated": NOW - timedelta(minutes=20),
    "AccountName": "strostersinvented",
    "AuthenticationType": "OAuth",
    "CallerIpAddress": "203.0.113.7:50321",
    "Category": "StorageRead",
    "OperationName": "GetBlob",
    "RequesterObjectId": APP,
    "StatusCode": "200",
    "StatusText": "Success",
    "Uri": "https://strostersinvented.blob.core.example:443/rosters/profiles/prep/1/users.csv",
    "UserAgentHeader": "azsdk-python-storage-blob/12.28.0",
}
NOBODY = {"RequesterObjectId": ""}
TRUSTED = NOBODY | {"AuthenticationType": "TrustedAccessSas"}
DELEGATED = NOBODY | {"AuthenticationType": "DelegationSas"}

QUIET: dict[str, Row] = {
    "the app": {},
    "the app, in capitals": {"RequesterObjectId": APP.upper()},
    "somebody who may": {"RequesterObjectId": READER},
    "the platform's rule that deletes": TRUSTED | {"UserAgentHeader": SCANNER},
    "the same rule under its other name": TRUSTED
    | {"UserAgentHeader": "OLCMScanner/1.0", "AuthenticationType": "TrustedAccess"},
    "a stranger who is refused": {"RequesterObjectId": STRANGER, "StatusCode": "403"},
    "the internet, which is refused": NOBODY
    | {"AuthenticationType": "Anonymous", "StatusCode": "409"},
    "a stranger whom storage could not answer": {
        "RequesterObjectId": STRANGER,
        "StatusCode": "503",
    },
    "a stranger who lists containers": {
        "RequesterObjectId": STRANGER,
        "OperationName": "ListContainers",
    },
    "a stranger who deletes": {
        "RequesterObjectId": STRANGER,
        "Category": "StorageDelete",
        "OperationName": "DeleteBlob",
    },
    "a stranger at the host's account": {
        "RequesterObjectId": STRANGER,
        "AccountName": "sthostinvented",
    },
    "a stranger, told already": {
        "RequesterObjectId": STRANGER,
        "TimeGenerated": NOW - timedelta(minutes=61),
    },
}
LOUD: dict[str, Row] = {
    "a stranger who reads a roster": {"RequesterObjectId": STRANGER},
    "a stranger who reads a part of it": {"RequesterObjectId": STRANGER, "StatusCode": "206"},
    "a stranger who went away half-way": {"RequesterObjectId": STRANGER, "StatusCode": "Unknown"},
    "a stranger who lists the rosters": {
        "RequesterObjectId": STRANGER,
        "OperationName": "ListBlobs",
    },
    "a stranger who asks for one's size": {
        "RequesterObjectId": STRANGER,
        "OperationName": "GetBlobProperties",
    },
    "a stranger who made a copy elsewhere in the account": {
        "RequesterObjectId": STRANGER,
        "Uri": "https://strostersinvented.blob.core.example:443/copy/users.csv",
    },
    "a stranger who calls himself the rule": {
        "RequesterObjectId": STRANGER,
        "UserAgentHeader": SCANNER,
    },
    "a stranger whom the platform trusts": {
        "RequesterObjectId": STRANGER,
        "AuthenticationType": "TrustedAccess",
        "UserAgentHeader": SCANNER,
    },
    "nobody, because the container was made public": NOBODY | {"AuthenticationType": "Anonymous"},
    "whoever was given a link": DELEGATED,
    "whoever was given a link, and calls himself the rule": DELEGATED
    | {"UserAgentHeader": SCANNER},
    "whoever was given a link by somebody who may read": DELEGATED | {"RequesterObjectId": READER},
    "another service of Azure's": TRUSTED | {"UserAgentHeader": "Azure-Invented/1.0"},
}


def deployed(text: str) -> str:
    """Return the query as a deployment would write it: infra/watching.bicep."""
    assert text.count('"who may"') == 1
    return text.replace('"who may"', f'"{APP}", "{READER}"')


def told(*reads: Row, text: str = QUERIES["read"]) -> Table:
    """Return what the alert says of *reads*, each told by how it differs from one of the app's."""
    rows = [OF_THE_APP | read for read in reads]
    return answer("read", rows, NOW, deployed(text))


@pytest.mark.parametrize("case", QUIET)
def test_whoever_may_read_wakes_nobody(case: str) -> None:
    """The app, people who are named, the platform's rule; and whoever was refused."""
    assert told(QUIET[case]) == []


@pytest.mark.parametrize("case", LOUD)
def test_whoever_else_has_read_is_told(case: str) -> None:
    """By an object id, or without any: whatever he calls himself."""
    [row] = told({}, LOUD[case])

    assert row["about"] == LOUD[case].get("RequesterObjectId")
    assert row["why"].startswith("1 time(s), last ")


def test_each_reader_has_a_row_with_the_last_thing_that_he_did() -> None:
    """How often, what, how he signed in, from where and with what."""
    earlier = NOW - timedelta(minutes=50)
    stranger = {"RequesterObjectId": STRANGER}
    rows = told(
        stranger,
        stranger | {"TimeGenerated": earlier, "OperationName": "ListBlobs"},
        DELEGATED | {"CallerIpAddress": "198.51.100.9:1"},
    )

    assert rows == [
        {
            "timestamp": NOW - timedelta(minutes=20),
            "about": STRANGER,
            "why": "2 time(s), last GetBlob by OAuth from 203.0.113.7:50321, "
            "azsdk-python-storage-blob/12.28.0",
        },
        {
            "timestamp": NOW - timedelta(minutes=20),
            "about": "",
            "why": "1 time(s), last GetBlob by DelegationSas from 198.51.100.9:1, "
            "azsdk-python-storage-blob/12.28.0",
        },
    ]


def test_nobody_reads_and_nobody_is_told() -> None:
    """Without a row there is none: unlike `silent`, this rule does not fire of itself."""
    assert told() == []


@pytest.mark.parametrize(
    ("old", "new", "case"),
    [
        ('== "StorageRead"', '!= ""', "a stranger who deletes"),
        ("tolower(RequesterObjectId)", "RequesterObjectId", "the app, in capitals"),
        ('startswith "strosters"', 'startswith "st"', "a stranger at the host's account"),
        ('StatusCode startswith "4" or ', "", "a stranger who is refused"),
        (' or StatusCode startswith "5"', "", "a stranger whom storage could not answer"),
        (', "ListContainers"', "", "a stranger who lists containers"),
        (' or UserAgentHeader contains "OLCMScanner"', "", "the same rule under its other name"),
        ('"TrustedAccess"', '"Trusty"', "the platform's rule that deletes"),
    ],
)
def test_each_exception_is_needed(old: str, new: str, case: str) -> None:
    """Without it somebody who may would be told of."""
    text = QUERIES["read"]
    assert text.count(old) == 1

    assert told(QUIET[case], text=text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "case"),
    [
        (
            'AuthenticationType startswith "TrustedAccess"\n    and ',
            "",
            "whoever was given a link, and calls himself the rule",
        ),
        ("isnotempty(reader) or ", "", "a stranger whom the platform trusts"),
        ('"ObjectLifeCycleScanner"', '"Azure"', "another service of Azure's"),
        (
            'startswith "5")',
            'startswith "5" or StatusCode == "Unknown")',
            "a stranger who went away half-way",
        ),
        ('"ListContainers"', '"ListContainers", "ListBlobs"', "a stranger who lists the rosters"),
    ],
)
def test_no_exception_is_wider_than_it_must_be(old: str, new: str, case: str) -> None:
    """Were it, somebody would read unseen."""
    text = QUERIES["read"]
    assert text.count(old) == 1

    assert told(LOUD[case], text=text.replace(old, new)) == []
