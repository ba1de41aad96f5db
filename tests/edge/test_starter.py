"""`starter`: what SDS's wizard is given by hand, before the first delivery and after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.school import invent
from simulators.sds import Answer
from sync.report import Exit
from sync.sds.tables import COLUMNS
from tests.edge.cli_stage import Trial, trial

SCHOOL = invent(20, quirks=False)


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys, SCHOOL) as here:
        yield here


def written(here: Trial) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (here.folder / "out").iterdir()}


def starter(here: Trial, *words: str) -> dict[str, bytes]:
    said = here.sync("starter", "--out", str(here.folder / "out"), *words)
    assert said.code == Exit.DONE, said.err
    return written(here)


def newest(here: Trial) -> dict[str, bytes]:
    """Return the files of the newest delivery that there is, as they lie in storage."""
    manifests = here.folder.glob("rosters/connectors/*/20*/manifest.json")
    last = max(manifests, key=lambda manifest: manifest.parent.name).parent
    return {file.name: file.read_bytes() for file in last.glob("*.csv")}


def test_before_anything_was_accepted_it_is_the_school_and_headers(here: Trial) -> None:
    """All files that will be sent, in SDS's columns, and nobody in them; iSAMS is not asked."""
    files = starter(here)

    assert files == {name: f"{','.join(row)}\r\n".encode() for name, row in COLUMNS.items()} | {
        "orgs.csv": b"sourcedId,name,type\r\n9990001,Northbank School,school\r\n"
    }
    assert here.stage.isams.requests == []
    assert here.asked_of_sds() == set()


def test_a_folder_that_knows_of_nothing_is_told_as_that(here: Trial) -> None:
    """The app may have sent a whole school from another storage: then these would empty it."""
    said = here.sync("starter", "--out", str(here.folder / "out"))

    assert "do not upload these files" in said.out
    assert "set STORAGE__ACCOUNT_URL to its account, in the place of STORAGE__FOLDER" in " ".join(
        said.out.split()
    )


def test_files_on_request_are_there_from_the_beginning(here: Trial) -> None:
    """What a profile of the connector will send, with the columns by which classes refer to it."""
    here.settings |= {"PROFILES__PREP__SESSIONS": "true", "PROFILES__SENIORS__COURSES": "true"}
    files = starter(here)

    assert {"academicSessions.csv", "courses.csv"} < files.keys()
    assert files["classes.csv"].startswith(b"sourcedId,orgSourcedId,title,sessionSourcedIds,")


def test_a_held_first_delivery_leaves_it_at_headers(here: Trial) -> None:
    """SDS was given nothing yet."""
    assert here.sync("run").code == Exit.HELD

    assert starter(here)["users.csv"].partition(b"familyName")[2] == b"\r\n"


def test_after_the_first_delivery_it_is_what_sds_accepted(here: Trial) -> None:
    """To the byte: headers alone would empty a live school."""
    here.sync("run", "--approve")
    said = here.sync("starter", "--out", str(here.folder / "out"), "--json")

    assert written(here) == newest(here)
    assert len(written(here)["users.csv"].splitlines()) > 20
    assert said.json["delivery"]
    assert said.json["files"]["users.csv"] == len(written(here)["users.csv"].splitlines()) - 1


def test_what_is_held_since_is_not_taken_for_accepted(here: Trial) -> None:
    """A delivery that waits for a person may hold half a school."""
    here.sync("run", "--approve")
    before = newest(here)
    here.settings["PROFILES__SENIORS__YEAR_GROUPS"] = "12-13"
    assert here.sync("run").code == Exit.HELD

    assert newest(here) != before
    assert starter(here) == before


def test_what_sds_may_hold_unanswered_is_never_answered_with_headers(here: Trial) -> None:
    """It was handed over and not accepted yet: nothing is written, and the next step is told."""
    lost = Answer(504)
    here.stage.sds.fail_next("validate", lost, times=None, done=True)
    here.sync("run", "--approve")
    said = here.sync("starter", "--out", str(here.folder / "out"))

    assert said.code == Exit.USAGE
    assert "isams-sync status" in said.err
    assert not (here.folder / "out").exists()


def test_files_that_are_gone_are_no_reason_for_headers(here: Trial) -> None:
    """Somebody has deleted them: it is refused, and says what to wait for."""
    here.sync("run", "--approve")
    for file in here.folder.glob("rosters/connectors/*/20*/users.csv"):
        file.unlink()
    said = here.sync("starter", "--out", str(here.folder / "out"))

    assert said.code == Exit.USAGE
    assert "let a delivery be accepted first" in said.err


def test_several_connectors_want_one_named(here: Trial) -> None:
    """Each has its own files; a name that settings do not have is refused with those there are."""
    here.settings["PROFILES__PREP__CONNECTOR"] = "Prep feed"
    out = ("starter", "--out", str(here.folder / "out"))
    unnamed, unknown = here.sync(*out), here.sync(*out, "--connector", "nightly")

    assert unnamed.code == unknown.code == Exit.USAGE
    assert "Prep feed" in unnamed.err
    assert "Prep feed" in unknown.err
    assert starter(here, "--connector", "prep feed").keys() == COLUMNS.keys()


def test_a_connector_of_two_schools_has_a_row_for_each(here: Trial) -> None:
    """SDS knows both from the beginning."""
    here.settings |= {
        "SCHOOLS__SOUTHBANK__NAME": "Southbank School",
        "SCHOOLS__SOUTHBANK__ID": "9990002",
        "SCHOOLS__SOUTHBANK__ISAMS_HOST": "southbank.isams.example",
        "SCHOOLS__SOUTHBANK__ISAMS_KEY": "invented-key",
        "PROFILES__SENIORS__SCHOOL": "northbank",
        "PROFILES__PREP__SCHOOL": "southbank",
    }

    assert starter(here)["orgs.csv"].splitlines()[1:] == [
        b"9990001,Northbank School,school",
        b"9990002,Southbank School,school",
    ]
