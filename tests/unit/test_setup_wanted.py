"""The very requests that make the inbound half of SDS, and what a plan's digest is over."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from simulators.sds.facts import POSTS, misfits
from sync.edge.graph.setup_values import Kind
from sync.steps.setup.wanted import KINDS, SetupWanted, YearWanted, body_of, stamp

BASE = "https://graph.microsoft.com/beta/external/industryData"
YEAR = YearWanted(name="2026/27", code="2027", starts=date(2026, 9, 1), ends=date(2027, 8, 31))
WANTED = SetupWanted(connector="MIS feed", source="MIS", match="userPrincipalName", year=YEAR)
LISTS: dict[Kind, str] = {
    "source": "sourceSystems",
    "connector": "dataConnectors",
    "year": "years",
    "flow": "inboundFlows",
}


def body(kind: Kind, wanted: SetupWanted = WANTED) -> object:
    """Return the request for a *kind*; what it leads to has the id `1`."""
    return body_of(
        kind,
        wanted,
        lambda other: f"{BASE}/{LISTS[other]}('1')",
        lambda group: f"{BASE}/roleGroups('{group}')",
        "2026-08-20T00:00:00Z",
    )


def test_a_source_is_asked_for_as_microsofts_own_requests_do() -> None:
    """Staff first, then students; no domain, because our addresses are whole."""
    assert body("source") == {
        "displayName": "MIS",
        "vendor": "iSAMS",
        "userMatchingSettings": [
            {
                "sourceIdentifier": {"code": "username"},
                "matchTarget": {"code": "userPrincipalName"},
                "priorityOrder": order,
                "roleGroup@odata.bind": f"{BASE}/roleGroups('{group}')",
            }
            for order, group in enumerate(("staff", "students"))
        ],
    }


def test_a_source_matches_what_the_plan_says() -> None:
    """Mail, where addresses in iSAMS are no sign-in names."""
    by_mail = WANTED.model_copy(update={"match": "mail"})

    assert str(body("source", by_mail)).count("'matchTarget': {'code': 'mail'}") == 2


def test_a_connector_takes_v21_and_leads_to_its_source() -> None:
    """By the code of the documentation, not by the slip in one of Microsoft's requests."""
    assert body("connector") == {
        "@odata.type": "#microsoft.graph.industryData.azureDataLakeConnector",
        "displayName": "MIS feed",
        "fileFormat": {"code": "schoolDataSyncV2Rev1"},
        "sourceSystem@odata.bind": f"{BASE}/sourceSystems('1')",
    }


def test_a_year_is_two_days_and_a_code() -> None:
    """Both days are in it."""
    assert body("year") == {
        "displayName": "2026/27",
        "year": {"code": "2027"},
        "startDate": "2026-09-01",
        "endDate": "2027-08-31",
    }


def test_a_flow_is_from_now_to_the_last_day_of_its_year() -> None:
    """Never later: SDS takes no flow that outlasts its year."""
    assert body("flow") == {
        "@odata.type": "#microsoft.graph.industryData.inboundFileFlow",
        "displayName": "MIS feed 2026/27",
        "dataDomain": "educationRostering",
        "dataConnector@odata.bind": f"{BASE}/dataConnectors('1')",
        "year@odata.bind": f"{BASE}/years('1')",
        "effectiveDateTime": "2026-08-20T00:00:00Z",
        "expirationDateTime": "2027-08-31T00:00:00Z",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_request_is_as_the_table_of_graphs_facts_says(kind: Kind) -> None:
    """Names and types; required ones are there."""
    asked = body(kind)
    post = POSTS[LISTS[kind]]

    assert isinstance(asked, dict)
    assert list(misfits(asked, post["kind"])) == []
    assert set(post["required"]) <= set(asked)
    assert {f"{link}@odata.bind" for link in post["links"]} <= set(asked)


def test_a_flow_of_a_long_name_is_cut_to_what_sds_takes() -> None:
    """A hundred characters."""
    long = WANTED.model_copy(update={"connector": "x" * 100})

    assert long.flow == "x" * 100


def test_a_moment_is_written_in_utc() -> None:
    """Whatever zone it was in."""
    summer = datetime(2026, 8, 20, 1, tzinfo=timezone(timedelta(hours=1)))

    assert stamp(summer) == "2026-08-20T00:00:00Z"
    assert stamp(datetime(2026, 8, 20, tzinfo=UTC)) == "2026-08-20T00:00:00Z"


@pytest.mark.parametrize(
    "change",
    [
        {"connector": "Other"},
        {"source": "Other"},
        {"match": "mail"},
        {"year": YEAR.model_copy(update={"code": "2026"})},
        {"year": YEAR.model_copy(update={"name": "This year"})},
        {"year": YEAR.model_copy(update={"starts": date(2026, 9, 2)})},
        {"year": YEAR.model_copy(update={"ends": date(2027, 8, 30)})},
    ],
)
def test_a_digest_is_of_all_that_is_wanted(change: dict[str, object]) -> None:
    """Whoever types it has seen each part of it."""
    assert WANTED.model_copy(update=change).digest != WANTED.digest


def test_a_digest_says_nothing_of_ids_and_of_now() -> None:
    """So it is the same after a kill, and on another day."""
    again = SetupWanted.model_validate_json(WANTED.to_json())

    assert again.digest == WANTED.digest
    assert re.fullmatch("[0-9a-f]{12}", WANTED.digest)
