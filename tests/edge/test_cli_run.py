"""`isams-sync run`: every way it can end has its own exit code, and says what to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from simulators.isams.faults import refused
from simulators.school import without_pupils
from simulators.sds import Answer
from sync.ledger.marks import Excess, Hold
from sync.report import Exit
from sync.steps.told.counts import numbers
from sync.steps.told.holds import why_held
from tests.clocks import FakeClock
from tests.edge.cli_stage import RUN_S, Trial, trial

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys) as started:
        yield started


class BrokenClock(FakeClock):
    """Fails in a way that no part of the app foresees."""

    def now(self) -> datetime:
        raise RuntimeError("canary")


class StoppedClock(FakeClock):
    """Somebody presses Ctrl-C."""

    def now(self) -> datetime:
        raise KeyboardInterrupt


def lose_half(here: Trial) -> None:
    pupils = here.stage.isams.school.pupils[::2]
    here.stage.isams.school = without_pupils(
        here.stage.isams.school, [pupil.school_id for pupil in pupils]
    )


# --- 0: done --------------------------------------------------------------------------------


def test_an_approved_first_delivery_is_accepted(here: Trial) -> None:
    """--approve sends a first delivery, and 0 means that SDS has accepted it."""
    said = here.sync("run", "--approve")

    assert said.code == Exit.DONE
    assert len(here.stage.sds.submissions) == 1
    assert "SDS has accepted the files" in said.out


def test_the_same_school_again_is_unchanged_and_not_sent(here: Trial) -> None:
    """A second run of the same school ends well, without a call to SDS."""
    here.sync("run", "--approve", "--wait", "60")
    calls = len(here.stage.sds.requests)

    said = here.sync("run")

    assert said.code == Exit.DONE
    assert len(here.stage.sds.requests) == calls
    assert "exactly this already" in said.out


def test_wait_stays_until_the_run_of_sds_has_ended(here: Trial) -> None:
    """With --wait, the counts of SDS's run are shown."""
    said = here.sync("run", "--approve", "--wait", "60")

    assert said.code == Exit.DONE
    assert "its run has taken them" in said.out
    assert " matched" in said.out


def test_without_wait_a_run_of_hours_is_not_awaited(here: Trial) -> None:
    """Left out, --wait takes a few looks: far less time than the run takes."""
    here.sync("run", "--approve")

    assert sum(here.clock.slept) < RUN_S / 2


def test_wait_0_ends_once_sds_has_accepted(here: Trial) -> None:
    """--wait 0 does not look for the run at all."""
    said = here.sync("run", "--approve", "--wait", "0")

    assert said.code == Exit.DONE
    assert "runs" not in {line.route for line in here.stage.sds.requests}
    assert "its run will follow" in said.out


def test_an_outage_after_sds_has_accepted_is_no_failure(here: Trial) -> None:
    """What SDS has accepted stays accepted, whether its runs can be seen or not."""
    here.stage.sds.fail_next("runs", Answer(503), times=None)

    assert here.sync("run", "--approve").code == Exit.DONE


def test_a_delivery_that_was_under_way_is_seen_to_its_end_first(here: Trial) -> None:
    """A run that SDS did not answer in time is finished by the next run."""
    sds = here.stage.sds
    sds.knobs = replace(sds.knobs, operation_polls=1000)
    first = here.sync("run", "--approve")
    for operation in sds.operations.values():
        operation.polls_left = 0

    second = here.sync("run")

    assert (first.code, second.code) == (Exit.LATER, Exit.DONE)
    assert len(sds.submissions) == 1


def test_what_sds_has_accepted_is_done_while_an_older_one_awaits_its_run(here: Trial) -> None:
    """Two deliveries wait for one run: the newest is in SDS, whatever becomes of the older."""
    here.sync("run", "--approve")
    lose_half(here)
    held = here.sync("run", "--json").json["ended"][-1]["delivery"]

    said = here.sync("approve", held, "--json")

    assert said.code == Exit.DONE
    assert [step["outcome"] for step in said.json["ended"]] == ["running"]
    assert said.json["ended"][-1]["delivery"] == held


def test_an_older_delivery_that_sds_refuses_does_not_hide_ours(here: Trial) -> None:
    """What became of the last upload is learnt first; then today's set is sent all the same."""
    sds = here.stage.sds
    sds.knobs = replace(sds.knobs, operation_status=None)
    here.sync("run", "--approve")
    for operation in sds.operations.values():
        operation.status, operation.polls_left = "failed", 0
    sds.knobs = replace(sds.knobs, operation_status="succeeded")

    said = here.sync("run", "--approve")

    assert said.code == Exit.DONE
    assert len(sds.submissions) == 2


# --- 1, 2: ours, and the settings' ------------------------------------------------------------


def test_a_fault_of_ours_is_told_by_type_and_place_alone(here: Trial) -> None:
    """What nobody foresaw ends with 1, and without its text: it may quote a record."""
    here.clock = BrokenClock()

    said = here.sync("run")

    assert said.code == Exit.UNEXPECTED
    assert "RuntimeError" in said.err
    assert "canary" not in said.out + said.err


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--profile", "nobody"),
        ("run", "--school", "nowhere"),
        ("run", "--wait", "soon"),
        ("ruin",),
        (),
    ],
)
def test_a_mistyped_command_is_2(here: Trial, words: tuple[str, ...]) -> None:
    """A wrong option, key or command asks nobody anything."""
    said = here.sync(*words)

    assert said.code == Exit.USAGE
    assert said.err
    assert not here.stage.isams.requests


def test_a_wrong_setting_is_2(here: Trial) -> None:
    """A misspelt setting asks nobody anything, and is named."""
    here.settings["SDS__CONECTOR"] = "MIS feed"

    said = here.sync("run")

    assert said.code == Exit.USAGE
    assert "SDS__CONECTOR" in said.err
    assert not here.stage.isams.requests


def test_the_local_file_is_read_and_the_environment_wins(here: Trial) -> None:
    """local.settings.json fills in what the environment leaves out."""
    name, other = "PROFILES__PREP__YEAR_GROUPS", "PROFILES__SENIORS__YEAR_GROUPS"
    del here.settings[name]
    text = f'{{"Values": {{"{name}": "nonsense", "{other}": "nonsense"}}}}'
    here.folder.joinpath("local.settings.json").write_text(text)

    said = here.sync("run")

    assert said.code == Exit.USAGE
    assert name in said.err
    assert other not in said.err


# --- 3: held ----------------------------------------------------------------------------------


def test_a_first_delivery_is_held(here: Trial) -> None:
    """Without --approve nothing is sent, and the person is told how to answer."""
    said = here.sync("run")

    assert said.code == Exit.HELD
    assert "answer with `isams-sync approve " in said.out
    folder = next((here.folder / "rosters" / "connectors").glob("*/*-*/users.csv")).parent
    assert f"`isams-sync plan {folder.name}`, which names people" in said.out
    assert not here.asked_of_sds()


def test_approve_never_answers_a_hold_for_losses(here: Trial) -> None:
    """Half the pupils gone is held, whatever was typed, and SDS keeps yesterday."""
    here.sync("run", "--approve", "--wait", "60")
    lose_half(here)

    said = here.sync("run", "--approve")

    assert said.code == Exit.HELD
    assert "pupils would go, or have another address; " in said.out
    assert "`isams-sync run --approve` does not" in said.out
    assert len(here.stage.sds.submissions) == 1


def test_a_hold_for_losses_says_how_to_see_whom_it_is_about(here: Trial) -> None:
    """It is then that somebody must look; `status` says the same."""
    here.sync("run", "--approve", "--wait", "60")
    lose_half(here)
    run = here.sync("run").out
    held = max((here.folder / "rosters" / "connectors").glob("*/*/held.json"))

    assert f"`isams-sync plan {held.parent.name}`, which names people" in run
    assert f"`isams-sync plan {held.parent.name}`, which names people" in here.sync("status").out


def test_a_hold_for_losses_is_answered_by_its_id(here: Trial) -> None:
    """What a person approved is sent as it was held; iSAMS is not asked again."""
    here.sync("run", "--approve", "--wait", "60")
    lose_half(here)
    held = here.sync("run", "--json").json["ended"][-1]["delivery"]
    asked = len(here.stage.isams.requests)

    said = here.sync("approve", held)

    assert said.code == Exit.DONE
    assert len(here.stage.sds.submissions) == 2
    assert len(here.stage.isams.requests) == asked
    assert here.sync("approve", held).code == Exit.USAGE


def test_a_former_delivery_is_restored_and_nothing_newer_sent_until_resume(here: Trial) -> None:
    """A restore that gains much is held too; then `run` ends with 3, until `resume` goes on."""
    first = here.sync("run", "--approve", "--wait", "60", "--json").json["ended"][-1]["delivery"]
    lose_half(here)
    held = here.sync("run", "--json").json["ended"][-1]["delivery"]
    here.sync("approve", held)
    here.clock.advance(RUN_S)
    here.sync("run")

    offered = here.sync("status")
    restored = here.sync("restore", first)
    again = here.sync("restore", first, "--json").json["ended"][-1]["delivery"]
    approved = here.sync("approve", again)
    paused = here.sync("run")
    told = here.sync("status")
    resumed = here.sync("resume", "--connector", here.stage.connector)

    assert (restored.code, approved.code) == (Exit.HELD, Exit.DONE)
    assert f"could send again {first}" in offered.out
    assert "is paused" in restored.out
    assert here.stage.sds.submissions[2].files == here.stage.sds.submissions[0].files
    assert (paused.code, len(here.stage.sds.submissions)) == (Exit.HELD, 3)
    assert "until `isams-sync resume`" in told.out.replace("\n", " ")
    assert "goes on" in resumed.out
    assert here.sync("resume").out.strip() == "nothing was paused"
    assert here.sync("run", "--json").json["ended"][-1]["outcome"] == "held"


def test_what_cannot_be_restored_is_a_usage_error(here: Trial) -> None:
    """An unknown delivery, a connector that the settings do not have, and a school by itself."""
    first = here.sync("run", "--approve", "--wait", "60", "--json").json["ended"][-1]["delivery"]

    alone = here.sync("restore", first, "--school", "northbank")
    assert (alone.code, "one school" in alone.err.replace("\n", " ")) == (Exit.USAGE, True)
    assert here.sync("restore", "20260101T000000Z-00000000").code == Exit.USAGE
    assert here.sync("resume", "--connector", "Nobody's feed").code == Exit.USAGE


def test_a_rejected_delivery_is_never_sent(here: Trial) -> None:
    """No means no, and an id that does not exist is refused."""
    held = here.sync("run", "--json").json["ended"][-1]["delivery"]

    assert here.sync("reject", held).code == Exit.DONE
    assert here.sync("approve", held).code == Exit.USAGE
    assert here.sync("reject", "20260101T000000Z-00000000").code == Exit.USAGE
    assert not here.asked_of_sds()


# --- 4, 5: iSAMS and SDS ------------------------------------------------------------------------


def test_after_a_rejection_the_same_reading_is_not_called_what_sds_holds(here: Trial) -> None:
    """The run ends as one at which a person must look, and the status says what to mend."""
    here.sync("run", "--approve", "--wait", "0")
    lose_half(here)
    held = here.sync("run", "--wait", "0", "--json").json["ended"][-1]["delivery"]
    assert here.sync("reject", held).code == Exit.DONE

    again = here.sync("run", "--wait", "0")
    told = here.sync("status").out

    assert again.code == Exit.HELD
    assert "Northbank School: rejected: a person said no to what was read" in again.out
    assert "Northbank School: rejected: a person said no to what was read" in told
    assert "Mend it in iSAMS" in told


def test_isams_refusing_is_4(here: Trial) -> None:
    """A school that could not be read is not sent."""
    here.stage.isams.faults = refused(403)

    said = here.sync("run", "--approve")

    assert said.code == Exit.SOURCE
    assert "Who must act: the school" in said.err
    assert not here.stage.sds.requests


def test_after_a_failed_reading_not_even_older_data_are_sent(here: Trial) -> None:
    """What was ready yesterday is not sent in the name of a run that read nothing."""
    here.stage.sds.fail_next("*", Answer(503), times=None)
    here.sync("run", "--approve")
    here.stage.sds.heal()
    here.stage.isams.faults = refused(403)
    calls = len(here.stage.sds.requests)

    said = here.sync("run", "--approve")

    assert said.code == Exit.SOURCE
    assert len(here.stage.sds.requests) == calls


def test_faults_that_sds_finds_are_5(here: Trial) -> None:
    """A refused upload is never told as accepted."""
    here.stage.sds.reject_with([{"code": "HeaderMissing", "target": "users.csv"}])

    said = here.sync("run", "--approve")

    assert said.code == Exit.TARGET
    assert "SDS found faults in the files" in said.out


def test_a_missing_role_is_5_and_named(here: Trial) -> None:
    """Who lacks a permission is told which."""
    role = "IndustryData-DataConnector.Upload"
    knobs = here.stage.sds.knobs
    here.stage.sds.knobs = replace(knobs, roles=knobs.roles - {role})

    said = here.sync("run", "--approve")

    assert said.code == Exit.TARGET
    assert role in said.err


def test_a_run_of_sds_that_failed_is_5(here: Trial) -> None:
    """Accepted files that SDS's run could not take are not a success."""
    here.stage.sds.knobs = replace(here.stage.sds.knobs, blocking_error="SomethingBroke")

    assert here.sync("run", "--approve", "--wait", "60").code == Exit.TARGET


# --- 7, 8, 9: later, partly, storage ------------------------------------------------


def test_isams_being_away_is_7(here: Trial) -> None:
    """An outage is no refusal: the same command later will do."""
    here.stage.isams.faults = refused(503)

    assert here.sync("run", "--approve").code == Exit.LATER


def test_sds_being_away_is_7(here: Trial) -> None:
    """After a few tries the terminal gives up, and says so."""
    here.stage.sds.fail_next("*", Answer(503), times=None)

    said = here.sync("run", "--approve")

    assert said.code == Exit.LATER
    assert not here.stage.sds.submissions


def test_sds_not_answering_is_7(here: Trial) -> None:
    """Files that were sent and not yet judged are not called accepted."""
    here.stage.sds.knobs = replace(here.stage.sds.knobs, operation_status=None)

    said = here.sync("run", "--approve")

    assert said.code == Exit.LATER
    assert "SDS has not answered yet" in said.out


def test_a_profile_that_cannot_be_built_is_8(here: Trial) -> None:
    """The other profiles go on; the one is told."""
    here.sync("run", "--approve", "--wait", "60")
    here.settings["PROFILES__PREP__INCLUDED_SUBJECTS"] = "Alchemy"

    said = here.sync("run")

    assert said.code == Exit.PARTLY
    assert "INCLUDED_SUBJECTS" in said.err


def test_storage_that_others_could_write_to_is_9(here: Trial) -> None:
    """A folder that anybody can change is refused before iSAMS is asked."""
    folder = here.folder / "rosters"
    folder.mkdir()
    folder.chmod(0o777)

    said = here.sync("run", "--approve")

    assert said.code == Exit.STORE
    assert not here.stage.isams.requests


# --- JSON ---------------------------------------------------------------------------------------


def test_json_is_one_document_with_every_step(here: Trial) -> None:
    """The output is one JSON document, and the exit code is in it."""
    said = here.sync("run", "--approve", "--json")

    assert said.json["exit"] == said.code == Exit.DONE
    assert {"seal", "merge", "plan", "hand-over"} <= {step["step"] for step in said.json["steps"]}


def test_json_is_one_document_also_of_an_error(here: Trial) -> None:
    """A program that reads stdout finds the error there."""
    here.settings["SDS__CONECTOR"] = "MIS feed"

    said = here.sync("run", "--json")

    assert said.json["error"]["error"] == "ConfigError"
    assert said.json["exit"] == said.code


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--profile", "nobody"),
        ("run", "--wait", "soon"),
        ("build", "--out", "out", "--from", "missing.xml"),
        ("ruin",),
    ],
)
def test_json_is_one_document_also_of_a_mistyped_command(
    here: Trial, words: tuple[str, ...]
) -> None:
    """A program never finds an empty stdout; people find the usage on stderr."""
    said = here.sync(*words, "--json")

    assert said.json["exit"] == said.code == Exit.USAGE
    assert said.json["error"]["message"] in said.err


def test_json_is_one_document_also_after_ctrl_c(here: Trial) -> None:
    """Somebody who stops a command is told that nothing is lost."""
    here.clock = StoppedClock()

    said = here.sync("run", "--json")

    assert said.json["exit"] == said.code == 130
    assert said.err.strip() == said.json["error"]["message"]
    assert "Nothing is lost" in said.err


def test_counts_are_told_in_plain_words(here: Trial) -> None:
    """Nobody has to know what iSAMS calls a record in its XML."""
    said = here.sync("run")

    assert "60 pupils" in said.out
    assert "set-list rows" in said.out
    assert "StaffMember" not in said.out
    assert "1 school added" in said.out
    assert numbers({"orgs": 1, "SetList": 5001, "seen_late": 2}) == (
        "1 school, 5,001 set-list rows, 2 seen late"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_result_that_cannot_be_written_is_one_line() -> None:
    """A full disk behind stdout is told plainly, without a traceback."""
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "sync", "--help"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert ended.returncode == Exit.UNEXPECTED
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("excess", "told"),
    [
        (
            Excess(table="users.csv", what="removed", rows=1, allowed=1),
            "users.csv would lose 1 row; 1 is allowed.",
        ),
        (
            Excess(table="enrollments.csv", what="emptied", rows=2000, allowed=0, grade="09"),
            "enrollments.csv would lose all its 2,000 rows of grade 09; 0 are allowed.",
        ),
        (Excess(table="roles.csv", what="empty", rows=0, allowed=1), "roles.csv would be empty."),
        (
            Excess(table="profiles", what="removed", rows=1, allowed=0),
            "1 profile of the last delivery would be missing; none may be.",
        ),
        (
            Excess(table="classes.csv", what="new-ids", rows=1, allowed=0),
            "1 class would get another id, and so another Team: our rule changed, not iSAMS.",
        ),
        (
            Excess(table="classes.csv", what="new-ids", rows=3, allowed=0),
            "3 classes would get other ids, and so other Teams: our rule changed, not iSAMS.",
        ),
        (
            Excess(table="classes.csv", what="same-letters", rows=1, allowed=0),
            (
                "1 class would end, or go on with other pupils, while another comes whose name has"
                " the same letters and digits: if a form is only written otherwise, write it in"
                " iSAMS as before and reject, and it keeps its Team."
            ),
        ),
    ],
)
def test_why_a_delivery_is_held_is_a_sentence(excess: Excess, told: str) -> None:
    """Whoever must decide reads what would happen, in words."""
    assert list(why_held(Hold(digest="", first=False, excesses=(excess,)))) == [told]


def test_what_sds_holds_already_is_nothing_to_send(here: Trial) -> None:
    """An unchanged night is not shown as a delivery of nothing."""
    here.sync("run", "--approve", "--wait", "60")
    here.sync("run")

    assert "nothing to send" in here.sync("status").out
