"""The terminal in front of a school that is read by REST."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.isams import (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    SET_SPELLINGS,
    RestChoices,
    RestFaults,
    client_without,
)
from simulators.isams.faults import refused
from simulators.isams.rest_clients import RestClient
from sync.report import Exit
from tests.edge.cli_stage import Trial, trial

ENDPOINTS = [
    "humanresources/employees",
    "students",
    "teaching/subjects",
    "teaching/sets",
    "teaching/sets/{id}/setList",
    "timetables/employees/{id}",
]


def allow(here: Trial, client: RestClient) -> None:
    """Let *client* read the stage's iSAMS."""
    here.stage.isams.rest.clients = {client.id.lower(): client}
    here.stage.isams.tokens.admit(client.id, client.secret, client.token_lifetime_s)


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    """A trial whose school has a REST client and no batch key."""
    with trial(tmp_path, capsys) as rest_trial:
        allow(rest_trial, RestClient())
        del rest_trial.settings["SCHOOLS__NORTHBANK__ISAMS_KEY"]
        rest_trial.settings["SCHOOLS__NORTHBANK__ISAMS_API"] = "rest"
        rest_trial.settings["SCHOOLS__NORTHBANK__ISAMS_CLIENT_ID"] = DEMO_CLIENT_ID
        rest_trial.settings["SCHOOLS__NORTHBANK__ISAMS_CLIENT_SECRET"] = DEMO_CLIENT_SECRET
        yield rest_trial


def seen_by_check(here: Trial) -> dict[str, str]:
    """Return what `check` says of host, client and each endpoint: what it saw, or its error."""
    checks = here.sync("check", "--json").json["checks"]
    return {
        check["check"].removeprefix("iSAMS of northbank: "): check["told"]
        or check["error"]["message"]
        for check in checks
        if check["check"].startswith("iSAMS")
    }


def not_tried(seen: dict[str, str], after: str) -> list[str]:
    """Return what waits for *after*."""
    return [
        name for name, text in seen.items() if text == f"waits for: iSAMS of northbank: {after}"
    ]


def test_each_endpoint_is_shown_with_its_field_names(here: Trial) -> None:
    """What a school's REST calls things is seen before the first night."""
    seen = seen_by_check(here)

    assert list(seen) == ["host", "client", *ENDPOINTS]
    assert (seen["host"], seen["client"]) == ("answers", "accepted")
    assert seen["students"].startswith("/api: 200, 60 records with academicHouse,")
    assert "schoolId" in seen["teaching/sets/{id}/setList"]
    assert "setCode" in seen["teaching/sets"]
    assert "not needed" in seen["timetables/employees/{id}"]


def test_check_says_under_which_path_rest_answers(here: Trial) -> None:
    """Also that none does: then the host is told, once."""
    here.stage.isams.rest.choices = RestChoices(base="/Main/api")
    seen = seen_by_check(here)
    here.stage.isams.spoil("*api/*", refused(404))
    missing = seen_by_check(here)

    assert all(seen[name].startswith("/Main/api: 200") for name in list(seen)[2:6])
    assert "neither under /api nor under /Main/api" in missing["host"]
    assert len(not_tried(missing, "host")) == len(missing) - 1


def test_check_shows_nobody(here: Trial) -> None:
    """Field names alone: no value of any record is in what is shown."""
    ran = here.sync("check")

    assert ran.code == Exit.DONE
    school = here.stage.isams.school
    people = [
        text
        for person in school.pupils
        for text in (person.surname, person.school_id, person.email)
    ]
    assert not [text for text in people if text and text in ran.out]


def test_timetables_are_tried_where_sets_name_no_teacher(here: Trial) -> None:
    """Then they are needed, and so is the right to read them."""
    here.stage.isams.rest.choices = RestChoices(sets=SET_SPELLINGS["no teachers"])
    seen = seen_by_check(here)
    allow(here, client_without("TIMETABLEMANAGER"))
    refused_now = seen_by_check(here)

    assert "periodId" in seen["timetables/employees/{id}"]
    assert "read* on TIMETABLEMANAGER" in refused_now["timetables/employees/{id}"]


def test_an_empty_list_is_no_sign_of_anything(here: Trial) -> None:
    """The next set's list shows what its rows are called; if all are empty, that is shown."""
    isams = here.stage.isams
    empty = RestFaults(fields={"students": []})
    isams.spoil(f"/api/teaching/sets/{isams.school.sets[0].id}/setlist", empty)
    first = seen_by_check(here)
    isams.spoil("/api/teaching/sets/*/setlist", empty)
    later = seen_by_check(here)

    assert "schoolId" in first["teaching/sets/{id}/setList"]
    assert later["teaching/sets/{id}/setList"] == "/api: 200, 0 records with no fields"


def test_each_missing_module_is_told(here: Trial) -> None:
    """A client without two modules gives a line for each endpoint that needs them."""
    allow(here, client_without("TEACHING", "STUDENTMANAGEMENT"))
    seen = seen_by_check(here)

    assert not_tried(seen, "client") == []
    assert "*read* on STUDENTMANAGEMENT" in seen["students"]
    assert all("*read* on TEACHING" in seen[name] for name in ENDPOINTS[2:5])


def test_a_client_that_is_refused_is_told_once(here: Trial) -> None:
    """Six more of the same would hide the rest: the endpoints are shown as not tried."""
    here.settings["SCHOOLS__NORTHBANK__ISAMS_CLIENT_SECRET"] = "wrong-secret"
    seen = seen_by_check(here)

    assert seen["host"] == "answers"
    assert "ISAMS_CLIENT_SECRET" in seen["client"]
    assert not_tried(seen, "client") == ENDPOINTS


def test_isams_being_away_is_told_once(here: Trial) -> None:
    """Each further try would only take its time: all of it is shown as not tried."""
    here.stage.isams.faults = refused(503)
    seen = seen_by_check(here)

    assert "busy or away" in seen["host"]
    assert not_tried(seen, "host") == ["client", *ENDPOINTS]


def test_isams_going_away_meanwhile_ends_the_tries(here: Trial) -> None:
    """What was found before stands; what is left waits for the one that failed."""
    here.stage.isams.spoil("/api/teaching/subjects", refused(503))
    seen = seen_by_check(here)

    assert seen["students"].startswith("/api: 200")
    assert not_tried(seen, "teaching/subjects") == ENDPOINTS[3:]


def test_a_school_is_delivered_by_rest(here: Trial) -> None:
    """From REST to SDS, by the commands that everybody uses."""
    here.settings["SDS__HOLD_FIRST"] = "false"
    ran = here.sync("run")
    listed = here.sync("subjects", "--json")

    assert ran.code == Exit.DONE
    assert {request.route for request in here.stage.sds.requests} >= {"token"}
    assert len(listed.json["subjects"]) == len(here.stage.isams.school.subjects)


def test_there_is_no_document_to_save(here: Trial, tmp_path: Path) -> None:
    """`--save` keeps a batch document; with REST it is refused before anything is asked."""
    ran = here.sync("build", "--save", str(tmp_path / "x.xml"), "--out", str(tmp_path / "out"))

    assert ran.code == Exit.USAGE
    assert "REST has no document" in ran.err
    assert here.stage.isams.requests == []
