"""What `check` tries: each thing when it is well, and when it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from simulators.isams import DEMO_KEY, METHODS, BatchKey, Choices, Faults, Shape
from simulators.isams.faults import DEADLOCK, empty, refused
from simulators.sds import Answer, Connector, Flow, Knobs
from simulators.sds.knobs import FLOW_READ
from simulators.sds.tenant import TENANT_ID
from sync.report import Exit
from sync.settings.load import load
from sync.steps import doctor
from sync.steps.doctor.keys import check_keys
from tests.canaries import found_in
from tests.edge.certificates import Authority, Made
from tests.edge.cli_stage import RUN_S, Trial, trial

SDS = "SDS connector of prep, seniors"
ISAMS = "iSAMS of northbank"
GRAPH_CLOCK = "clock, against Microsoft Graph"
ROLES = "roles of the app in the tenant"
LAST_RUN = "last run of SDS"
SETUP = "set-up of SDS"
WAY, WHOSE = f"{SDS}: way to SDS's answers", f"{SDS}: whose files a run took"
SIGN_IN = "sign-in to Microsoft Graph"
STAFF, LISTS = f"{ISAMS}: Current Staff", f"{ISAMS}: Teaching Set Lists"
PUPILS = f"{ISAMS}: Current Pupils (or Current Students)"
DATASETS = [
    STAFF,
    PUPILS,
    f"{ISAMS}: Departments & Subjects",
    f"{ISAMS}: Teaching Sets",
    LISTS,
]

type Row = Any  # parsed JSON
type Rows = dict[str, Row]


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys) as here:
        yield here


def rows(here: Trial) -> Rows:
    """Return what `check` finds, by what it tries.

    Whatever it is, each fault says what to do, and nothing names a person, a secret or a host.
    """
    said = here.sync("check", "--json")
    assert not found_in(said.out + said.err)
    assert "127.0.0.1" not in said.out + said.err
    assert TENANT_ID not in said.out + said.err
    found = {row["check"]: row for row in said.json["checks"]}
    assert not [row for row in found.values() if row["state"] in TO_DO and not row["next"]]
    assert said.json["ok"] == (states(found)["wrong"] == [])
    assert (said.code == Exit.DONE) == said.json["ok"]
    return found


TO_DO = {"warning", "wrong"}


def states(found: Rows) -> dict[str, list[str]]:
    """Return what is in each state."""
    return {
        state: [check for check, row in found.items() if row["state"] == state]
        for state in ("ok", "warning", "wrong", "not tried")
    }


def message(row: Row) -> str:
    return str(row["error"]["message"])


def tune(here: Trial, **knobs: Any) -> None:  # Any: as many types as there are knobs
    here.stage.sds.knobs = replace(here.stage.sds.knobs, **knobs)


def without(*roles: str) -> frozenset[str]:
    return Knobs().roles - set(roles)


def flow(here: Trial, **said: Any) -> Flow:  # Any: as above
    """Return a flow of the stage's connector."""
    return Flow(id="f1", connector_id=here.stage.sds.connectors[0].id, **said)


# --- The whole ------------------------------------------------------------------------------


def test_where_all_is_well_everything_has_been_tried(here: Trial) -> None:
    """Each thing has its row, in this order; only the queues are for the app alone."""
    found = rows(here)

    assert list(found) == [
        "settings",
        "storage: folder",
        "clock, against storage",
        "storage: create, read, list, delete",
        "queues of the app",
        "profile prep: what it chooses",
        "profile seniors: what it chooses",
        "profiles prep, seniors: titles",
        "school northbank: academic year",
        "school northbank: changes",
        GRAPH_CLOCK,
        SIGN_IN,
        ROLES,
        f"{SDS}: found",
        f"{SDS}: format",
        f"{SDS}: flow",
        f"{SDS}: end of the flow",
        LAST_RUN,
        SETUP,
        WAY,
        WHOSE,
        f"{SDS}: teachers of every class",
        f"{SDS}: titles with a suffix",
        f"{SDS}: class ids",
        f"{SDS}: classes of a person",
        f"{ISAMS}: host",
        f"{ISAMS}: key",
        *DATASETS,
    ]
    assert states(found)["not tried"] == ["queues of the app"]
    assert len(states(found)["ok"]) == len(found) - 1


def test_an_app_is_told_to_renew_the_host_keys_that_were_given_out(here: Trial) -> None:
    """Where rosters lie in an account, an app works on them: a folder has no keys."""
    app = load({**here.settings, "STORAGE__FOLDER": "", "STORAGE__CONNECTION": "invented"})
    (row,) = check_keys(app)

    assert (row.name, row.state) == ("keys of the app", "ok")
    assert "host key" in row.note.text
    assert "before an upgrade renew" in row.note.text
    assert [*check_keys(load(here.settings))] == []


def test_a_time_zone_without_a_place_is_a_warning(here: Trial) -> None:
    """GMT has no summer time: the night goes on, and the city is offered; `build` says it too."""
    here.settings |= {"SCHOOLS__NORTHBANK__TIME_ZONE": "GMT"}
    row = rows(here)["settings"]
    built = here.sync("build", "--out", str(here.folder / "out"))

    assert row["state"] == "warning"
    assert "SCHOOLS__NORTHBANK__TIME_ZONE is GMT" in row["next"]
    assert "such as Europe/London" in row["next"]
    assert row["next"] in built.out


def test_wrong_settings_are_told_all_at_once(here: Trial) -> None:
    """Two faults, two lines, one row; and without settings nothing else is tried."""
    here.settings |= {"PROFILES__PREP__YEAR_GROUPS": "nonsense", "SDS__START_RUN": "perhaps"}
    found = rows(here)
    row = found.pop("settings")

    assert {line.partition(":")[0] for line in message(row).splitlines()} == {
        "PROFILES__PREP__YEAR_GROUPS",
        "SDS__START_RUN",
    }
    assert {row["state"] for row in found.values()} == {"not tried"}
    assert {row["told"] for row in found.values()} == {"waits for: settings"}


def test_what_the_time_does_not_allow_is_not_tried(here: Trial) -> None:
    """A slow iSAMS, which comes last, takes its own time alone; no try begins with half of its."""

    def slowly(what: str) -> None:
        here.clock.advance(70 if what in DATASETS else 0)

    found = doctor.examine(lambda: load(here.settings), here.clock, within_s=190, tell=slowly)
    over = [row.name for row in found if row.note.text == "the time was over"]

    assert over == DATASETS[2:]
    assert {row.state for row in found if row.name in over} == {"not tried"}
    assert {row.state for row in found if row.name not in over} <= {"ok", "not tried"}


# --- Clock ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead_s", "state"),
    [(0, "ok"), (119, "ok"), (-119, "ok"), (121, "warning"), (-200, "warning")],
)
def test_a_clock_that_is_a_little_off_is_told(here: Trial, ahead_s: float, state: str) -> None:
    """Of two minutes a person hears, while sign-ins still work."""
    tune(here, date_ahead_s=ahead_s)
    row = rows(here)[GRAPH_CLOCK]

    assert row["state"] == state
    assert ("network" in row["next"]) == (state == "warning")


@pytest.mark.parametrize(("ahead_s", "side"), [(400, "behind"), (-400, "ahead")])
def test_a_clock_that_is_far_off_is_wrong(here: Trial, ahead_s: float, side: str) -> None:
    """Beyond five minutes Entra accepts nothing that this machine signs."""
    tune(here, date_ahead_s=ahead_s)

    assert f"minutes {side}" in message(rows(here)[GRAPH_CLOCK])


def test_the_clock_is_told_where_nobody_can_sign_in(here: Trial) -> None:
    """It may be the very reason; so no token is needed to see it, and none is sent."""
    here.settings["SDS__CLIENT_SECRET"] = "wrong-secret"
    row = rows(here)[GRAPH_CLOCK]
    asked = [line for line in here.stage.sds.requests if line.route == "dataConnectors"]

    assert row["state"] == "ok"
    assert [line.had_authorization for line in asked] == [False]


@pytest.mark.parametrize("status", [500, 503])
def test_graph_tells_the_time_even_when_it_is_busy(here: Trial, status: int) -> None:
    """What it says otherwise does not matter."""
    here.stage.sds.fail_next("dataConnectors", Answer(status), times=1)

    assert rows(here)[GRAPH_CLOCK]["state"] == "ok"


# --- Sign-in and roles ----------------------------------------------------------------------


def test_who_cannot_sign_in_is_told_the_setting(here: Trial) -> None:
    """The setting to renew is named; what needs a token waits for it, the rest is tried."""
    here.settings["SDS__CLIENT_SECRET"] = "wrong-secret"
    found = rows(here)
    waiting = [row for row in found.values() if row["told"] == f"waits for: {SIGN_IN}"]

    assert states(found)["wrong"] == [SIGN_IN]
    assert "SDS__CLIENT_SECRET" in message(found[SIGN_IN])
    assert [row["check"] for row in waiting] == [
        ROLES,
        f"{SDS}: found",
        f"{SDS}: format",
        f"{SDS}: flow",
        f"{SDS}: end of the flow",
        LAST_RUN,
        SETUP,
    ]
    assert found[LISTS]["state"] == "ok"


@pytest.mark.parametrize(
    ("role", "what_for"),
    [
        ("IndustryData-DataConnector.Read.All", "to list the connectors"),
        ("IndustryData-DataConnector.Upload", "to open an upload session"),
        ("IndustryData.ReadBasic.All", "to say what became of the files"),
        ("IndustryData-Run.Read.All", "to show the runs"),
    ],
)
def test_a_missing_role_is_named_with_what_it_is_for(here: Trial, role: str, what_for: str) -> None:
    """Read from the token: also the one that only an upload needs is missed before the night."""
    tune(here, roles=without(role))

    assert f"{role}, {what_for}" in message(rows(here)[ROLES])


def test_all_missing_roles_are_named_at_once(here: Trial) -> None:
    """Nobody grants them one evening after another."""
    tune(here, roles=frozenset())
    row = rows(here)[ROLES]

    assert row["error"]["facts"] == {"missing": 4}
    assert message(row).count("IndustryData") == 4


def test_the_role_to_start_runs_is_asked_for_only_where_it_is_used(here: Trial) -> None:
    """START_RUN needs one role more."""
    role = "IndustryData-Run.Start"
    tune(here, roles=without(role))
    unused = rows(here)[ROLES]
    here.settings["SDS__START_RUN"] = "true"

    assert unused["state"] == "ok"
    assert role in message(rows(here)[ROLES])


def test_without_the_role_for_flows_one_is_warned(here: Trial) -> None:
    """Deliveries go all the same; only nobody sees that a flow is about to end."""
    role = "IndustryData-InboundFlow.Read.All"
    tune(here, roles=without(role))
    found = rows(here)

    assert states(found)["warning"] == [ROLES, f"{SDS}: flow"]
    assert role in found[ROLES]["next"]
    assert found[f"{SDS}: end of the flow"]["state"] == "not tried"


# --- Connector and flow ---------------------------------------------------------------------


def test_a_connector_is_found_by_name_or_by_id(here: Trial) -> None:
    """Either may stand in the setting, and it is told which it was."""
    by_name = rows(here)[f"{SDS}: found"]["told"]
    here.settings["SDS__CONNECTOR"] = here.stage.sds.connectors[0].id
    by_id = rows(here)[f"{SDS}: found"]["told"]

    assert (by_name, by_id) == ("by its name", "by its id")


@pytest.mark.parametrize(
    ("connectors", "told"),
    [
        ([Connector(name="Another")], "no connector of the name or id"),
        ([Connector(), Connector(id="c2")], "several connectors"),
    ],
)
def test_a_connector_that_is_not_the_one_is_told(
    here: Trial, connectors: Sequence[Connector], told: str
) -> None:
    """None or several: what would be asked of it waits."""
    here.stage.sds.connectors = connectors
    found = rows(here)

    assert told in message(found[f"{SDS}: found"])
    assert [found[f"{SDS}: {name}"]["state"] for name in ("format", "flow", "end of the flow")] == [
        "not tried"
    ] * 3
    assert found[LAST_RUN]["state"] == "ok"


@pytest.mark.parametrize(
    ("connector", "told"),
    [
        (Connector(format_code="schoolDataSyncV1"), "v2.1"),
        (Connector(odata_type="#microsoft.graph.industryData.oneRosterApiDataConnector"), "files"),
    ],
)
def test_a_connector_of_another_format_is_told(
    here: Trial, connector: Connector, told: str
) -> None:
    """It is found out before anything is sent, and what its flow does is told as well."""
    here.stage.sds.connectors = [connector]
    found = rows(here)

    assert states(found)["wrong"] == [f"{SDS}: format"]
    assert told in message(found[f"{SDS}: format"])


def test_an_old_connector_tells_no_format(here: Trial) -> None:
    """That is no fault: the setting is believed."""
    here.stage.sds.connectors = [Connector(format_code=None)]

    assert rows(here)[f"{SDS}: format"]["state"] == "ok"


def test_a_connector_without_a_flow_is_told(here: Trial) -> None:
    """Files that nothing takes in would be sent night for night."""
    here.stage.sds.flows = [Flow(id="f1", connector_id="c9")]

    assert "no inbound flow: `isams-sync sds plan`" in message(rows(here)[f"{SDS}: flow"])


@pytest.mark.parametrize("readiness", ["notReady", "failed", "disabled"])
def test_a_flow_that_is_not_ready_is_told(here: Trial, readiness: str) -> None:
    """With SDS's own word for it."""
    here.stage.sds.flows = [flow(here, readiness=readiness)]
    row = rows(here)[f"{SDS}: flow"]

    assert "not ready" in message(row)
    assert row["error"]["facts"] == {"connector": "MIS feed", "states": readiness.lower()}


def test_an_expired_flow_is_told(here: Trial) -> None:
    """After the turn of the year the old flow takes nothing."""
    here.stage.sds.flows = [flow(here, expires=here.clock.now() - timedelta(days=1))]

    assert "`isams-sync sds next-year` says how" in message(rows(here)[f"{SDS}: flow"])


@pytest.mark.parametrize(("days", "state"), [(40, "ok"), (29, "warning"), (1, "warning")])
def test_the_end_of_a_flow_is_told_in_time(here: Trial, days: int, state: str) -> None:
    """Thirty days before, there is still a term's end to make a new one in."""
    end = here.clock.now() + timedelta(days=days)
    here.stage.sds.flows = [flow(here, expires=end)]
    row = rows(here)[f"{SDS}: end of the flow"]

    assert row["state"] == state
    assert row["told"] == f"{end:%d %B %Y}"
    assert ("new inbound flow" in row["next"]) == (state == "warning")


def test_a_flow_that_ended_while_it_is_called_ready_is_wrong(here: Trial) -> None:
    """SDS may be slow to say so; the date is believed."""
    told = {
        "id": "f1",
        "readinessStatus": "ready",
        "expirationDateTime": "2026-08-31T00:00:00Z",
        "dataConnector": {"id": here.stage.sds.connectors[0].id},
    }
    body = json.dumps({"value": [told]}).encode()
    here.stage.sds.fail_next("inboundFlows", Answer(200, body=body))

    assert "31 August 2026" in message(rows(here)[f"{SDS}: end of the flow"])


# --- The last run ---------------------------------------------------------------------------


def test_the_last_run_is_told(here: Trial) -> None:
    """None, then one that runs, then one that is over."""
    tune(here, run_duration_s=RUN_S)
    none = rows(here)[LAST_RUN]
    here.sync("run", "--approve", "--wait", "0")
    running = rows(here)[LAST_RUN]
    here.clock.advance(RUN_S)
    over = rows(here)[LAST_RUN]

    assert [row["state"] for row in (none, running, over)] == ["ok"] * 3
    assert [row["told"].split()[0].strip(",") for row in (none, running, over)] == [
        "none",
        "running",
        "completed",
    ]


def test_a_run_that_failed_is_told_with_what_stopped_it(here: Trial) -> None:
    """A warning: it was SDS's, and the files were taken."""
    tune(here, run_duration_s=60, blocking_error="AccessDenied")
    here.sync("run", "--approve", "--wait", "0")
    here.clock.advance(120)
    row = rows(here)[LAST_RUN]

    assert row["state"] == "warning"
    assert row["told"].startswith("failed")
    assert row["told"].endswith("stopped by AccessDenied")


def test_a_run_with_errors_is_told(here: Trial) -> None:
    """Which rows they were only SDS itself shows."""
    told = {"id": "r1", "status": "completedWithErrors", "startDateTime": "2026-09-14T20:00:00Z"}
    body = json.dumps({"value": [told]}).encode()
    here.stage.sds.fail_next("runs", Answer(200, body=body))

    assert "School Data Sync" in rows(here)[LAST_RUN]["next"]


def test_a_tenant_that_has_stopped_running_is_told(here: Trial) -> None:
    """SDS runs twice a day by itself: none for 26 hours is no good sign."""
    here.sync("run", "--approve", "--wait", "0")
    here.stage.sds.next_run_at = here.clock.now() + timedelta(days=30)
    here.clock.advance(25 * 3600)
    day_old = rows(here)[LAST_RUN]
    here.clock.advance(2 * 3600)

    assert day_old["state"] == "ok"
    assert "twice a day" in rows(here)[LAST_RUN]["next"]


# --- iSAMS ----------------------------------------------------------------------------------


# -- the last hand-over ----------------------------------------------------------------------------


def test_the_way_to_sdss_answers_is_tried_where_sds_last_said(here: Trial) -> None:
    """It is knocked at without a token; before anything was handed over nothing is known of it."""
    assert rows(here)[WAY]["told"] == "nothing was handed over yet"
    here.sync("run", "--approve")
    before = len(here.stage.sds.requests)

    found = rows(here)
    knocks = [line for line in here.stage.sds.requests[before:] if line.route == "backendOperation"]
    assert (found[WAY]["state"], found[WAY]["told"]) == ("ok", "open")
    assert not any(line.had_authorization for line in knocks)
    assert found[WHOSE]["state"] == "ok"


def test_a_way_that_is_closed_is_told_with_host_and_port(here: Trial) -> None:
    """Port 8698 is what networks close: then every delivery would end unproven."""
    here.stage.sds.backend_url = "http://127.0.0.1:9"
    here.sync("run", "--approve")
    said = here.sync("check", "--json")

    found = {row["check"]: row for row in said.json["checks"]}
    assert found[WAY]["state"] == "wrong"
    assert (found[WAY]["error"]["facts"]["port"], said.code) == (9, Exit.TARGET)
    assert found[WAY]["error"]["who"] == "operator"


def test_a_run_that_tells_of_nobodys_flow_is_a_warning(here: Trial) -> None:
    """What the role would show, the app can only guess."""
    tune(here, roles=without(FLOW_READ))
    here.sync("run", "--approve", "--wait", "60")
    found = rows(here)

    assert found[WHOSE]["state"] == "warning"
    assert FLOW_READ in found[WHOSE]["next"]


def ends(here: Trial, *authorities: str) -> Row:
    """Return what `check` says of the end of *authorities*, PEM texts, as ISAMS_CA."""
    here.settings["SCHOOLS__NORTHBANK__ISAMS_CA"] = "".join(authorities)
    return rows(here)[f"{ISAMS}: end of ISAMS_CA"]


def authority(here: Trial, folder: Path, until_days: int, name: str = "authority.example") -> str:
    """Return the certificate of an authority that ends so many days from now."""
    made = Made(since_days=-9, until_days=until_days)
    return Authority(folder, made, name, now=here.clock.now()).file.read_text()


@pytest.mark.parametrize(
    ("days", "state", "says"),
    [
        ([40], "ok", "24 October 2026"),
        ([29], "warning", "before that day, put its successor"),
        ([29, 400], "ok", "19 October 2027"),
        ([-2, 400], "ok", "19 October 2027"),
        ([-2], "wrong", "ISAMS_CA ended on 12 September 2026: put the one that is valid now there"),
    ],
)
def test_the_end_of_a_schools_own_authority_is_told_in_time(
    here: Trial, tmp_path: Path, days: list[int], state: str, says: str
) -> None:
    """Thirty days before there is time; a successor that stands beside it is what counts."""
    row = ends(here, *(authority(here, tmp_path, until_days) for until_days in days))

    assert row["state"] == state
    assert says in f"{row['told']} {row['next']} {row['error']}"


def test_of_two_authorities_the_one_that_ended_is_a_warning(here: Trial, tmp_path: Path) -> None:
    """The other may be all that is needed: that iSAMS answers is seen below it."""
    old, new = authority(here, tmp_path, -2, "old.example"), authority(here, tmp_path, 400)
    row = ends(here, old, new)

    assert row["state"] == "warning"
    assert row["told"] == "one of 2 ended on 12 September 2026"
    assert "ISAMS_CA" in row["next"]


@pytest.mark.parametrize("status", [404, 503])
def test_a_host_that_is_not_isams_is_told_once(here: Trial, status: int) -> None:
    """Seven more of the same would hide the rest; the rest is still checked."""
    here.stage.isams.faults = refused(status)
    found = rows(here)

    assert states(found)["wrong"] == [f"{ISAMS}: host"]
    assert [found[name]["told"] for name in (f"{ISAMS}: key", *DATASETS)] == [
        f"waits for: {ISAMS}: host"
    ] * 6
    assert found[LAST_RUN]["state"] == "ok"


def test_a_host_that_answers_something_else_proves_no_key(here: Trial) -> None:
    """Another document is not told as a key that was accepted."""
    here.stage.isams.faults = Faults(shape=Shape(root="School"))
    found = rows(here)

    assert found[f"{ISAMS}: key"]["state"] == "not tried"
    assert states(found)["wrong"] == DATASETS


@pytest.mark.parametrize(
    ("keys", "told"), [({}, "ISAMS_KEY"), ({DEMO_KEY: BatchKey(networks=["192.0.2.0/24"])}, "IP")]
)
def test_a_key_that_is_refused_is_told_once(
    here: Trial, keys: dict[str, BatchKey], told: str
) -> None:
    """Unknown, or not from here: said of the key, not of each method."""
    here.stage.isams.keys = keys
    found = rows(here)

    assert states(found)["wrong"] == [f"{ISAMS}: key"]
    assert told in message(found[f"{ISAMS}: key"])
    assert found[f"{ISAMS}: host"]["state"] == "ok"
    assert [found[name]["state"] for name in DATASETS] == ["not tried"] * 5


def test_each_missing_method_is_told_by_its_name_on_the_screen(here: Trial) -> None:
    """A key without two methods gives two lines, each with what to tick."""
    missing = {"Teaching_GetTeachingSetLists", "Pupil_GetCurrentPupils"}
    key = BatchKey(production=False, methods=[name for name in METHODS if name not in missing])
    here.stage.isams.keys = {DEMO_KEY: key}
    found = rows(here)

    assert states(found)["wrong"] == [PUPILS, LISTS]
    assert "tick" in message(found[LISTS])
    assert found[f"{ISAMS}: key"]["told"] == "accepted"


def test_a_dataset_that_is_empty_is_told_as_such(here: Trial) -> None:
    """It is the dataset's fault and not the key's: the others are tried."""
    here.stage.isams.faults = empty("HumanResources_GetCurrentStaff")
    found = rows(here)

    assert states(found)["wrong"] == [STAFF]
    assert "filter" in message(found[STAFF])


def test_what_the_settings_need_beyond_is_tried_too(here: Trial) -> None:
    """A profile that makes classes of houses needs a method more, which this key lacks."""
    key = BatchKey(production=False, methods=[name for name in METHODS if "Houses" not in name])
    here.settings["PROFILES__PREP__CLASSES"] = "sets,houses"
    has = rows(here)[f"{ISAMS}: Academic Houses"]
    here.stage.isams.keys = {DEMO_KEY: key}
    lacks = rows(here)[f"{ISAMS}: Academic Houses"]

    assert (has["state"], lacks["state"]) == ("ok", "wrong")
    assert "tick Academic Houses" in message(lacks)


def test_what_is_only_kept_besides_may_be_empty(here: Trial) -> None:
    """A day school has no boarding houses to keep, and its pulls go all the same."""
    here.settings["SCHOOLS__NORTHBANK__DATASETS"] = "boarding-houses"
    here.stage.isams.faults = empty("School_GetBoardingHouses")
    row = rows(here)[f"{ISAMS}: Boarding Houses"]

    assert (row["state"], row["told"]) == ("ok", "no records: no class needs any")


def test_isams_going_away_meanwhile_ends_the_tries(here: Trial) -> None:
    """What was found before stands, and what is left waits."""
    here.stage.isams.script([None, DEADLOCK, DEADLOCK, DEADLOCK, DEADLOCK])
    found = rows(here)

    assert found[STAFF]["state"] == "ok"
    assert states(found)["wrong"] == [PUPILS]
    assert [found[name]["told"] for name in DATASETS[2:]] == [f"waits for: {PUPILS}"] * 3


@pytest.mark.parametrize("header", ["Age", "Last-Modified"])
def test_the_age_of_an_answer_is_told_where_isams_tells_it(
    here: Trial, header: Literal["Age", "Last-Modified"]
) -> None:
    """By either header, of a copy from the cache; a copy of more than a day is warned of."""
    isams = here.stage.isams
    isams.keys = {DEMO_KEY: BatchKey(production=True, cache_h=72)}
    isams.choices = Choices(tells_age=header)
    rows(here)
    here.clock.advance(3 * 3600 - 60)
    young = rows(here)[STAFF]
    here.clock.advance(24 * 3600)
    old = rows(here)[STAFF]

    assert (young["state"], old["state"]) == ("ok", "warning")
    assert young["told"] == "8 records, 3.0 h old"
    assert "Cache Expiry" in old["next"]


def test_an_age_that_isams_does_not_tell_is_unknown(here: Trial) -> None:
    """It is never guessed to be new: a key may answer from a cache."""
    assert rows(here)[STAFF]["told"] == "8 records; their age is unknown"
