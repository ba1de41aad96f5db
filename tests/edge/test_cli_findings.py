"""`findings`: who was left out and why, from what is stored, for people and for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.school import invent
from sync.report import Exit
from sync.roster.finding_codes import FindingCode
from sync.roster.findings import harm
from sync.terminal.tables import SHOWN
from sync.web import responses
from tests.edge.cli_stage import Trial, trial
from tests.worlds import make_world

HEADING = b"profile,code,record,name,detail,advice,state,first_seen,mended_on\r\n"


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys, invent(300)) as started:
        yield started


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_findings_are_those_that_were_sealed_and_isams_is_not_asked(here: Trial) -> None:
    """What was found when the sets were made, whatever iSAMS says by now."""
    here.sync("run")
    asked = len(here.stage.isams.requests)

    said = here.sync("findings", "--json")

    assert said.code == Exit.DONE
    assert len(here.stage.isams.requests) == asked
    seniors = said.json["profiles"]["seniors"]
    assert seniors["set"]
    told = {"code", "record", "name", "detail", "advice", "state", "first_seen"}
    assert seniors["findings"][0].keys() == told


def test_the_worst_comes_first_and_the_rest_is_said_to_be_there(here: Trial) -> None:
    """On the screen are twenty with a title; that there are more is in it, and where."""
    here.sync("run")

    found = here.sync("findings", "--profile", "seniors", "--json").json["profiles"]["seniors"]
    shown = here.sync("findings", "--profile", "seniors").out

    ranks = [harm(FindingCode(row["code"])) for row in found["findings"]]
    assert len(ranks) > SHOWN
    assert ranks == sorted(ranks)
    assert f"Records of seniors to mend: {len(ranks)}, the first {SHOWN} of them" in shown
    below = shown.partition("Records of seniors")[2].splitlines()
    assert sum(any(code in line for code in FindingCode) for line in below) == SHOWN
    assert "`isams-sync findings --csv` prints all of them" in shown


def test_csv_has_every_record_of_every_profile(here: Trial) -> None:
    """A spreadsheet takes it as it is; nothing is broken to a width."""
    here.sync("run")
    told = here.sync("findings", "--json").json["profiles"]

    listed = rows(here.sync("findings", "--csv").out)

    assert [(row["profile"], row["code"], row["record"]) for row in listed] == [
        (profile, row["code"], row["record"])
        for profile in sorted(told)
        for row in told[profile]["findings"]
    ]
    assert all(row["advice"] for row in listed)


def test_before_the_first_set_there_is_nothing_and_it_is_said_what_makes_one(here: Trial) -> None:
    """No set is not the same as nothing to mend."""
    said = here.sync("findings")

    assert said.code == Exit.DONE
    assert "no set yet; `isams-sync run` makes one" in said.out
    assert here.sync("findings", "--json").json["profiles"] == {"prep": None, "seniors": None}


def test_a_profile_without_findings_has_nothing_to_mend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clean school is told so."""
    with trial(tmp_path, capsys) as clean:
        clean.settings["PROFILES__PREP__YEAR_GROUPS"] = "-2-6"
        clean.sync("run")

        assert "nothing to mend" in clean.sync("findings").out


def test_findings_that_somebody_has_changed_are_a_fault_of_storage(here: Trial) -> None:
    """What cannot be read is never told as nothing to mend."""
    here.sync("run")
    for file in (here.folder / "rosters" / "profiles").rglob("findings.json"):
        file.chmod(0o600)
        file.write_text('[{"code": "no-such-code"}]')

    said = here.sync("findings")

    assert said.code == Exit.STORE
    assert "cannot be read" in said.err


def test_findings_are_csv_over_http_where_that_is_asked_for() -> None:
    """The same columns as at a terminal, and 404 before the first set."""
    scene = make_world(invent(150))
    early = responses.to_findings(scene.world, "seniors", "text/csv")
    scene.pull()
    found = responses.to_findings(scene.world, "seniors", "text/csv")

    assert (early.status, early.content_type) == (404, "application/json")
    assert (found.status, found.content_type) == (200, "text/csv")
    assert {row["profile"] for row in rows(found.body.decode())} == {"seniors"}
    assert found.body.startswith(HEADING)
