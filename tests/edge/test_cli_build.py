"""`build` and `subjects`: files to look at, live or from a kept document."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_socket import disable_socket, enable_socket

from simulators.isams import METHODS, batch_xml
from simulators.isams.faults import refused
from simulators.school import invent
from simulators.staging import isams_settings
from sync.edge.world import World
from sync.errors import ConfigError
from sync.ledger.manifests import FINDINGS, MANIFEST
from sync.report import Exit, Step
from sync.sds.tables import COLUMNS
from sync.settings import Settings
from sync.terminal.cli import main
from sync.terminal.context import Terminal
from sync.terminal.output import write_set
from tests.clocks import FakeClock
from tests.edge.cli_stage import Said, Trial, trial

SCHOOL = invent(60, quirks=False)
SET_FILES = {*COLUMNS, FINDINGS, MANIFEST}


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys, SCHOOL) as started:
        yield started


@pytest.fixture
def offline() -> Iterator[None]:
    """No socket can be opened."""
    disable_socket()
    yield
    enable_socket()


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A kept document."""
    file = tmp_path / "kept.xml"
    file.write_bytes(b"".join(batch_xml(SCHOOL, METHODS)))
    return file


@pytest.fixture
def alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """A terminal without a network: the store is never opened, iSAMS is nowhere."""

    def never(settings: Settings, tell: Callable[[Step], None]) -> World:
        raise AssertionError("the outside was opened")

    def sync(*words: str, **more: str) -> Said:
        found = isams_settings(SCHOOL, "nowhere.isams.example") | {"SDS__CONNECTOR": "x"} | more
        code = main(words, Terminal(found, tmp_path, FakeClock(), never))
        return Said(code, *capsys.readouterr())

    return sync


def another_school() -> dict[str, str]:
    names = ("NAME", "ID", "ISAMS_HOST", "ISAMS_KEY")
    values = ("Southbank School", "9990002", "southbank.isams.example", "invented-key")
    found = {
        f"SCHOOLS__SOUTHBANK__{name}": value for name, value in zip(names, values, strict=True)
    }
    return {
        **found,
        "PROFILES__SENIORS__SCHOOL": "northbank",
        "PROFILES__PREP__SCHOOL": "northbank",
        "PROFILES__SOUTH__SCHOOL": "southbank",
        "PROFILES__SOUTH__YEAR_GROUPS": "7-13",
    }


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


# --- live ---------------------------------------------------------------------------------------


def test_each_profile_gets_its_whole_set(here: Trial) -> None:
    """Every profile has a folder with all its files, and nothing is stored or sent."""
    said = here.sync("build", "--out", str(here.folder / "out"))

    assert said.code == Exit.DONE
    assert set(files(here.folder / "out" / "prep")) == SET_FILES
    assert set(files(here.folder / "out" / "seniors")) == SET_FILES
    assert not (here.folder / "rosters").exists()
    assert not here.stage.sds.requests


def test_what_was_kept_builds_the_same_files(here: Trial) -> None:
    """--save keeps the document, and --from builds from it what was built live."""
    kept = here.folder / "kept.xml"
    live = here.sync("build", "--out", str(here.folder / "live"), "--save", str(kept))
    asked = len(here.stage.isams.requests)
    again = here.sync("build", "--out", str(here.folder / "again"), "--from", str(kept))

    assert (live.code, again.code) == (Exit.DONE, Exit.DONE)
    assert len(here.stage.isams.requests) == asked
    for profile in ("prep", "seniors"):
        first, second = (
            files(here.folder / "live" / profile),
            files(here.folder / "again" / profile),
        )
        assert {name: first[name] for name in COLUMNS} == {name: second[name] for name in COLUMNS}


def test_a_kept_document_is_for_its_user_alone(here: Trial) -> None:
    """It names children: nobody else on the machine can read it, or the files."""
    kept = here.folder / "kept.xml"
    here.sync("build", "--out", str(here.folder / "out"), "--save", str(kept))
    users = here.folder / "out" / "prep" / "users.csv"

    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(users.stat().st_mode) == 0o600
    assert stat.S_IMODE(users.parent.stat().st_mode) == 0o700


def test_a_failed_reading_keeps_no_document(here: Trial) -> None:
    """Half a document is never found under the name; the one of yesterday stays."""
    kept = here.folder / "kept.xml"
    kept.write_bytes(b"yesterday")
    here.stage.isams.faults = refused(503)

    said = here.sync("build", "--out", str(here.folder / "out"), "--save", str(kept))

    assert said.code == Exit.LATER
    assert kept.read_bytes() == b"yesterday"
    assert [path.name for path in here.folder.iterdir()] == ["kept.xml"]


def test_a_document_that_was_asked_for_twice_is_kept_once(here: Trial) -> None:
    """After a deadlock iSAMS is asked again: only the good answer is kept."""
    kept = here.folder / "kept.xml"
    here.stage.isams.script([refused(503), None])
    here.sync("build", "--out", str(here.folder / "out"), "--save", str(kept))

    said = here.sync("build", "--out", str(here.folder / "again"), "--from", str(kept))

    assert said.code == Exit.DONE


# --- from a document, without a network -----------------------------------------------------------


def test_from_never_touches_the_network(
    alone: Callable[..., Said], document: Path, tmp_path: Path, offline: None
) -> None:
    """With sockets disabled, a kept document is built all the same."""
    said = alone("build", "--out", str(tmp_path / "out"), "--from", str(document))

    assert said.code == Exit.DONE
    assert set(files(tmp_path / "out" / "seniors")) == SET_FILES


def test_a_document_is_of_the_moment_at_which_it_was_kept(
    alone: Callable[..., Said], document: Path, tmp_path: Path
) -> None:
    """The manifest's moment, and so the academic year, is that of the file."""
    alone("build", "--out", str(tmp_path / "out"), "--from", str(document))
    manifest = json.loads((tmp_path / "out" / "prep" / MANIFEST).read_text())

    at = datetime.fromtimestamp(document.stat().st_mtime, UTC)
    assert datetime.fromisoformat(manifest["pulled_at"]) == at


def test_a_document_of_several_schools_is_asked_about(
    alone: Callable[..., Said], document: Path, tmp_path: Path
) -> None:
    """One document is one school: with several in the settings, --school is needed."""
    words = ("build", "--out", str(tmp_path / "out"), "--from", str(document))
    without = alone(*words, **another_school())
    said = alone(*words, "--school", "northbank", **another_school())

    assert without.code == Exit.USAGE
    assert "--school, northbank or southbank" in without.err
    assert said.code == Exit.DONE
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"prep", "seniors"}


def test_profile_chooses_what_is_built(
    alone: Callable[..., Said], document: Path, tmp_path: Path
) -> None:
    """Only the profiles that were asked for are written."""
    alone("build", "--out", str(tmp_path / "out"), "--from", str(document), "--profile", "PREP")

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["prep"]


def test_a_profile_of_another_school_is_a_mistake(
    alone: Callable[..., Said], document: Path, tmp_path: Path
) -> None:
    """A document of one school never becomes another school's profile."""
    words = ("build", "--out", str(tmp_path / "out"), "--from", str(document))

    chosen = ("--school", "northbank", "--profile", "prep", "--profile", "south")
    said = alone(*words, *chosen, **another_school())

    assert said.code == Exit.USAGE
    assert "south is a profile of the school southbank" in said.err
    assert not (tmp_path / "out").exists()


def test_a_short_document_builds_nothing(
    alone: Callable[..., Said], document: Path, tmp_path: Path
) -> None:
    """A document that was cut is its user's to save again, and no folder is made."""
    document.write_bytes(document.read_bytes()[:-100])

    said = alone("build", "--out", str(tmp_path / "out"), "--from", str(document))

    assert said.code == Exit.USAGE
    assert "save it again" in said.err
    assert "ISAMS_HOST" not in said.err
    assert not (tmp_path / "out").exists()


def test_what_isams_left_out_of_a_document_is_no_fault_of_the_file(
    alone: Callable[..., Said], document: Path, tmp_path: Path
) -> None:
    """To save it again would give the same: it is told as of a live iSAMS, and who must act."""
    text = document.read_text("utf-8")
    document.write_text(re.sub(r"(?s)<SetLists>.*?</SetLists>", "<SetLists/>", text), "utf-8")

    said = alone("build", "--out", str(tmp_path / "out"), "--from", str(document))

    assert said.code == Exit.SOURCE
    assert "empty in iSAMS's answer" in said.err
    assert "save it again" not in said.err
    assert not (tmp_path / "out").exists()


def test_a_record_without_its_id_is_no_fault_of_the_file(
    alone: Callable[..., Said], document: Path, tmp_path: Path
) -> None:
    """The file is whole: to save it again would give the same record."""
    text = document.read_text("utf-8")
    document.write_text(re.sub(r'<Set Id="[^"]*"', "<Set", text, count=1), "utf-8")

    said = alone("build", "--out", str(tmp_path / "out"), "--from", str(document))

    assert said.code == Exit.SOURCE
    assert "Teaching Sets: a record has no Id" in said.err
    assert "save it again" not in said.err


@pytest.mark.parametrize("reference", ["&#x1F;", "&#xD83C;&#xDFB5;"])
@pytest.mark.parametrize("command", ["build", "subjects"])
def test_a_character_that_xml_forbids_is_no_fault_of_the_file(
    alone: Callable[..., Said], document: Path, tmp_path: Path, command: str, reference: str
) -> None:
    """It is told as of a live iSAMS: in which record of which dataset somebody can mend it."""
    text = document.read_text("utf-8")
    within = "<Department " if command == "subjects" else "<Pupil "
    document.write_text(re.sub(rf"({within}[^>]*>)", rf"\1{reference}", text, count=1), "utf-8")
    words = (command, "--from", str(document))

    said = alone(*words, *(("--out", str(tmp_path / "out")) if command == "build" else ()))

    assert said.code == Exit.SOURCE
    assert "written as a reference, in" in said.err
    assert "save it again" not in said.err


def test_one_bad_profile_does_not_stop_the_others(
    alone: Callable[..., Said], document: Path, tmp_path: Path
) -> None:
    """The profile that cannot be built is told, the other is written."""
    wrong = {"PROFILES__PREP__INCLUDED_SUBJECTS": "Alchemy"}

    words = ("build", "--out", str(tmp_path / "out"), "--from", str(document), "--json")
    said = alone(*words, **wrong)

    assert said.code == Exit.PARTLY
    assert list(said.json["profiles"]) == ["seniors"]
    assert said.json["failed"]["prep"]["error"] == "ConfigError"


def test_counts_and_findings_are_told_with_their_advice(
    alone: Callable[..., Said], tmp_path: Path
) -> None:
    """What was left out is told by count and advice; the file says who."""
    document = tmp_path / "quirky.xml"
    document.write_bytes(b"".join(batch_xml(invent(150), METHODS)))

    said = alone("build", "--out", str(tmp_path / "out"), "--from", str(document))

    assert "pupil-without-email" in said.out
    assert "Student Manager" in said.out
    assert FINDINGS in said.out


@pytest.mark.parametrize("option", ["--out", "--save"])
def test_a_place_that_cannot_be_written_is_told_by_its_option(here: Trial, option: str) -> None:
    """A file where a folder must be, as a full or read-only disk, is the user's to mend."""
    (here.folder / "file").write_text("not a folder")
    places = {"--out": here.folder / "out", "--save": here.folder / "kept.xml"}
    places[option] = here.folder / "file" / "below"

    said = here.sync("build", *(str(word) for pair in places.items() for word in pair))

    assert said.code == Exit.USAGE
    assert f"{option}: the f" in said.err
    assert "nobody foresaw" not in said.err


# --- the folder ---------------------------------------------------------------------------------


def test_a_folder_with_other_files_is_refused(
    alone: Callable[..., Said], document: Path, tmp_path: Path
) -> None:
    """Somebody's own files are never mixed with ours, or lost."""
    folder = tmp_path / "out" / "prep"
    folder.mkdir(parents=True)
    (folder / "letter.txt").write_text("mine")

    said = alone("build", "--out", str(tmp_path / "out"), "--from", str(document))

    assert said.code == Exit.USAGE
    assert files(folder) == {"letter.txt": b"mine"}
    assert not (tmp_path / "out" / "seniors").exists()


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    """Nothing of an older set stays."""
    write_set(tmp_path / "prep", {"users.csv": b"old", "roles.csv": b"old"})
    write_set(tmp_path / "prep", {"users.csv": b"new"})

    assert files(tmp_path / "prep") == {"users.csv": b"new"}
    assert [path.name for path in tmp_path.iterdir()] == ["prep"]


def test_a_folder_is_never_half_new(tmp_path: Path) -> None:
    """A failure while writing leaves the older set as it was, and no litter."""
    write_set(tmp_path / "prep", {"users.csv": b"old", "roles.csv": b"old"})
    impossible: Mapping[str, bytes] = {"users.csv": b"new", "no/such/folder.csv": b"new"}

    with pytest.raises(ConfigError):
        write_set(tmp_path / "prep", impossible)

    assert files(tmp_path / "prep") == {"users.csv": b"old", "roles.csv": b"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["prep"]


# --- subjects -----------------------------------------------------------------------------------


def test_subjects_are_listed_with_id_code_and_name(here: Trial) -> None:
    """The live list and --json hold every subject of the school."""
    expected = {
        str(subject.id) for department in SCHOOL.departments for subject in department.subjects
    }
    shown = here.sync("subjects")
    said = here.sync("subjects", "--json")

    assert {row["id"] for row in said.json["subjects"]} == expected
    assert all(row["name"] in shown.out for row in said.json["subjects"])


def test_subjects_of_a_document_need_neither_settings_nor_network(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], offline: None
) -> None:
    """A kept document is enough to look up a subject."""

    def never(settings: Settings, tell: Callable[[Step], None]) -> World:
        raise AssertionError("the outside was opened")

    around = Terminal({}, tmp_path, FakeClock(), never)
    code = main(["subjects", "--from", str(document), "--json"], around)

    assert code == Exit.DONE
    assert json.loads(capsys.readouterr().out)["subjects"]


def test_subjects_of_several_schools_ask_which(alone: Callable[..., Said]) -> None:
    """With several schools there is no guess."""
    said = alone("subjects", **another_school())

    assert said.code == Exit.USAGE
    assert "--school" in said.err


def test_the_years_that_no_profile_has_are_shown(
    alone: Callable[..., Said], document: Path, tmp_path: Path
) -> None:
    """A year that was forgotten in YEAR_GROUPS shows before anything is sent."""
    said = alone("build", "--out", str(tmp_path / "out"), "--from", str(document))

    assert "year-of-no-profile" in said.out
