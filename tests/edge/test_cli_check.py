"""`check` and `status`: what is wrong and where to mend it; how everything stands."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import click
import pytest

from simulators.isams import DEMO_KEY, METHODS, BatchKey
from simulators.isams.faults import refused
from simulators.school import invent
from simulators.sds import Connector, Flow
from sync.__main__ import MISSING
from sync.cli import cli
from sync.terminal.exits import MEANING, Exit, worst
from tests.edge.cli_stage import Trial, trial

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "terminal.md").read_text(encoding="utf-8")


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys) as one:
        yield one


def wrong(here: Trial) -> dict[str, str]:
    """Return what `check` finds wrong: the message by what was tried."""
    told = here.sync("check", "--json").json
    return {one["check"]: one["error"]["message"] for one in told["checks"] if one["error"]}


# --- check --------------------------------------------------------------------------------------


def test_all_is_well_where_all_is_well(here: Trial) -> None:
    """Settings, five datasets, storage, sign-in, roles and the connector are each told."""
    said = here.sync("check", "--json")

    assert said.code == Exit.DONE
    assert said.json["ok"]
    assert len(said.json["checks"]) == 10


def test_check_sends_sds_nothing_and_leaves_nothing(here: Trial) -> None:
    """No upload session is opened, because that would empty a running one; the probe is gone."""
    here.sync("check")

    assert {line.method for line in here.stage.sds.requests if line.route != "token"} == {"GET"}
    assert "getUploadSession" not in {line.route for line in here.stage.sds.requests}
    assert not [path for path in (here.folder / "rosters").rglob("*") if path.is_file()]


def test_each_missing_method_is_told_by_its_name_on_the_screen(here: Trial) -> None:
    """A key without two methods gives two lines, each with what to tick."""
    missing = {"Teaching_GetTeachingSetLists", "Pupil_GetCurrentPupils"}
    key = BatchKey(production=False, methods=[name for name in METHODS if name not in missing])
    here.stage.isams.keys = {DEMO_KEY: key}

    found = wrong(here)

    assert set(found) == {
        "iSAMS of northbank: Current Pupils (or Current Students)",
        "iSAMS of northbank: Teaching Set Lists",
    }
    assert "tick" in found["iSAMS of northbank: Teaching Set Lists"]


def test_a_key_that_isams_does_not_know_is_told_once(here: Trial) -> None:
    """Four more of the same would hide the rest; the rest is still checked."""
    here.stage.isams.keys = {}

    found = wrong(here)

    assert list(found) == ["iSAMS of northbank: Current Staff"]
    assert "ISAMS_KEY" in found["iSAMS of northbank: Current Staff"]


def test_isams_being_away_is_told_and_the_rest_is_checked(here: Trial) -> None:
    """An outage of iSAMS does not hide what is wrong with SDS."""
    here.stage.isams.faults = refused(503)
    here.settings["SDS__CLIENT_SECRET"] = "wrong-secret"

    said = here.sync("check", "--json")

    assert said.code == Exit.TARGET
    assert len([one for one in said.json["checks"] if one["error"]]) == 2


def test_a_wrong_secret_is_told_as_such(here: Trial) -> None:
    """Who cannot sign in is told which setting to renew; roles and connector are not guessed."""
    here.settings["SDS__CLIENT_SECRET"] = "wrong-secret"

    found = wrong(here)

    assert list(found) == ["sign-in to Microsoft Graph"]
    assert "SDS__CLIENT_SECRET" in found["sign-in to Microsoft Graph"]


def test_what_was_not_tried_is_shown_as_such(here: Trial) -> None:
    """Nothing is left out in silence, and nothing that was not tried counts as wrong or well."""
    here.settings["SDS__CLIENT_SECRET"] = "wrong-secret"

    told = here.sync("check", "--json").json
    states = [one["state"] for one in told["checks"]]

    assert states == ["ok"] * 7 + ["wrong"] + ["not tried"] * 2
    assert "1 of 10 is wrong, 2 were not tried." in here.sync("check").out


def test_a_missing_role_is_named(here: Trial) -> None:
    """The role that only an upload needs is missed before the night."""
    role = "IndustryData-DataConnector.Upload"
    knobs = here.stage.sds.knobs
    here.stage.sds.knobs = replace(knobs, roles=knobs.roles - {role})

    assert role in wrong(here)["roles of the app in the tenant"]


def test_the_role_to_start_runs_is_asked_for_only_where_it_is_used(here: Trial) -> None:
    """START_RUN needs one role more."""
    role = "IndustryData-Run.Start"
    knobs = here.stage.sds.knobs
    here.stage.sds.knobs = replace(knobs, roles=knobs.roles - {role})
    without = wrong(here)
    here.settings["SDS__START_RUN"] = "true"

    assert not without
    assert role in wrong(here)["roles of the app in the tenant"]


def test_a_connector_of_another_format_is_told(here: Trial) -> None:
    """A connector that takes another CSV is found out before anything is sent."""
    here.stage.sds.connectors = [Connector(format_code="schoolDataSyncV1")]

    assert "v2.1" in wrong(here)["SDS connector of prep, seniors"]


def test_an_expired_flow_is_told(here: Trial) -> None:
    """After the turn of the year the old flow takes nothing."""
    sds = here.stage.sds
    past = here.clock.now() - timedelta(days=1)
    sds.flows = [Flow(id="f1", connector_id=sds.connectors[0].id, expires=past)]

    assert "new one" in wrong(here)["SDS connector of prep, seniors"]


def test_storage_that_is_refused_is_told(here: Trial) -> None:
    """The way to the rosters is tried by writing, reading, listing and deleting."""
    (here.folder / "rosters").write_text("a file")

    assert list(wrong(here)) == ["storage: create, read, list, delete"]


def test_wrong_settings_are_told_line_by_line(here: Trial) -> None:
    """Without settings nothing else can be tried."""
    here.settings["PROFILES__PREP__YEAR_GROUPS"] = "nonsense"

    said = here.sync("check")

    assert said.code == Exit.USAGE
    assert "PROFILES__PREP__YEAR_GROUPS" in said.out


# --- status -------------------------------------------------------------------------------------


def test_status_says_what_to_do_next(here: Trial) -> None:
    """From the first look to a hold for losses, the next step is named."""
    fresh = here.sync("status")
    here.sync("run")
    held = here.sync("status")

    assert (fresh.code, held.code) == (Exit.DONE, Exit.DONE)
    assert "`run` reads it" in fresh.out
    assert "is held" in held.out
    assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d UTC", held.out)
    assert "`approve 2026" in held.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "--approve", "--wait", "60"), "is done: SDS holds it"),
        (("run", "--approve", "--wait", "0"), "SDS's own run is awaited"),
    ],
)
def test_every_state_has_a_next_step(here: Trial, words: tuple[str, ...], told: str) -> None:
    """Also where nothing is to be done, that is said."""
    here.sync(*words)

    assert told in here.sync("status").out


def test_status_shows_a_failed_pull_and_who_must_act(here: Trial) -> None:
    """A key that was switched off is still told in the morning."""
    here.stage.isams.keys = {}
    here.sync("run")

    said = here.sync("status")

    assert "ISAMS_KEY" in said.out
    assert "the school" in said.out


def test_status_in_json_is_what_the_function_answers(here: Trial) -> None:
    """The same names as /api/status, in one document."""
    here.sync("run", "--approve", "--wait", "60")

    told = here.sync("status", "--json").json

    assert set(told) == {
        "version",
        "now",
        "schools",
        "profiles",
        "connectors",
        "failed_messages",
    }
    assert told["connectors"]["MIS feed"]["deliveries"][0]["state"] == "done"


# --- all commands -------------------------------------------------------------------------------


def test_nobody_and_no_secret_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """No name, address, key, secret, token or signature on stdout, stderr or in the log."""
    caplog.set_level("DEBUG", logger="sync")
    school = invent(150)
    with trial(tmp_path, capsys, school) as here:
        said = [
            here.sync("check"),
            here.sync("subjects"),
            here.sync("build", "--out", str(tmp_path / "out")),
            here.sync("run", "--approve", "--wait", "60"),
            here.sync("status", "--json"),
            here.sync("run", "--json"),
        ]
        here.stage.isams.faults = refused(403)
        here.stage.sds.fail_next("token", RuntimeError("cut"), times=1)
        said += [here.sync("check"), here.sync("run")]
        tokens = list(here.stage.sds.tokens)
    text = "".join(one.out + one.err for one in said) + caplog.text

    canaries = {f"{one.forename} {one.surname}" for one in school.pupils}
    canaries |= {f"{one.forename} {one.surname}" for one in school.staff}
    addresses = [one.email for one in school.pupils] + [one.email for one in school.staff]
    canaries |= {address.strip() for address in addresses if address and address.strip()}
    canaries |= {DEMO_KEY, "invented-secret", "sig=", *tokens}
    assert tokens
    assert not {canary for canary in canaries if canary.lower() in text.lower()}


def test_loggers_that_write_urls_are_quiet(here: Trial, caplog: pytest.LogCaptureFixture) -> None:
    """An iSAMS URL holds the key, and httpx writes URLs at INFO."""
    caplog.set_level("INFO")
    here.sync("check")

    assert not [record for record in caplog.records if record.name.startswith("http")]


def test_the_page_has_every_exit_code_with_its_meaning() -> None:
    """The table is written once in code; the page says the same."""
    rows = dict(re.findall(r"^\| (\d) \| (.+?) \|$", PAGE, re.MULTILINE))

    assert rows == {str(code.value): text for code, text in MEANING.items()}


def test_the_page_says_which_code_comes_first() -> None:
    """Of two codes the page's first one wins."""
    listed = re.search(r"the first of these that occurred: ([\d, ]+)\.", PAGE)
    order = [Exit(int(number)) for number in listed[1].split(", ")] if listed else []

    assert set(order) == set(Exit) - {Exit.DONE}
    for first, second in pairwise([*order, Exit.DONE]):
        assert worst([second, first]) is first


def test_the_page_has_every_command_and_option() -> None:
    """A command or option that is added and not described fails here."""
    for name, command in cli.commands.items():
        section = PAGE.partition(f"## `{name}`")[2].partition("\n## ")[0]
        options = {
            option for one in command.params if isinstance(one, click.Option) for option in one.opts
        }

        assert section
        assert {option for option in options if f"`{option}" not in section} == set()


def test_missing_packages_are_said_plainly() -> None:
    """The function app does without click and rich; the terminal says what to install."""
    without = "import sys, runpy; sys.modules['click'] = None"
    code = f"{without}; runpy.run_module('sync', run_name='__main__')"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ended.returncode == Exit.USAGE
    assert ended.stderr.strip() == MISSING
