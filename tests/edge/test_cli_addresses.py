"""`addresses pupils` and `addresses staff`: the list of what iSAMS lacks, and what has arrived."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulators.users import UserDirectory
from sync.isams.addresses.kinds import PeopleKind
from sync.isams.addresses.matching import Account
from sync.isams.addresses.reasons import Reason
from sync.isams.school import Employee, Pupil, School
from sync.report import Exit
from sync.settings.load import load
from sync.steps.addresses.listing import list_missing
from tests.edge.addresses_stage import LACKING, WHOLE, lacking, lacking_trial, matching, user_name
from tests.edge.cli_stage import Trial
from tests.worlds import ONE_SCHOOL

KEY = {
    "SCHOOLS__NORTHBANK__ISAMS_KEY": "5eed0000-0000-4000-8000-000000000001",
    "STORAGE__FOLDER": "not-used",
}

type Here = tuple[Trial, UserDirectory]


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Here]:
    with lacking_trial(tmp_path, capsys) as started:
        yield started


def rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def test_the_list_has_the_address_of_everybody_who_lacks_one(here: Here, tmp_path: Path) -> None:
    """In a file that only this user can read; no name is on the screen."""
    trial, _ = here
    said = trial.sync("addresses", "pupils", "--out", str(tmp_path / "list"))

    assert said.code == Exit.DONE, said.err
    assert {row["schoolId"]: row["schoolEmailAddress"] for row in rows(
        tmp_path / "list" / "pupils-addresses.csv"
    )} == {pupil.school_id: user_name(pupil) for pupil in WHOLE.pupils[:LACKING]}  # fmt: skip
    assert f"{LACKING} of {LACKING} pupils without a school address have one in Entra" in said.out
    assert "Delete" in said.out
    assert "Portals" in said.out
    assert (tmp_path / "list").stat().st_mode & 0o077 == 0


def test_staff_are_listed_by_their_own_match(here: Here, tmp_path: Path) -> None:
    """By another attribute than pupils'."""
    trial, _ = here
    said = trial.sync("addresses", "staff", "--out", str(tmp_path / "list"), "--json")

    assert said.json["proposed"] == LACKING
    found = rows(tmp_path / "list" / "staff-addresses.csv")
    assert [row["id"] for row in found] == [str(each.id) for each in WHOLE.staff[:LACKING]]


def test_one_account_is_never_proposed_for_a_pupil_and_a_teacher() -> None:
    """By two attributes it may have the ids of both, and a teacher's child has the surname too."""
    place = load({**ONE_SCHOOL, **KEY, **matching()}).schools["northbank"]
    account = Account("shared@northbank.example", "Ashdown", enabled=True, kind="member", key="")
    by_attribute = {"employeeId": "A1", "extensionAttribute1": "41"}
    school = School(
        subjects={},
        employees={"41": Employee("41", "", "Bea", "Ashdown")},
        pupils={"S1": Pupil("S1", 7, "", "Ada", "Ashdown", code="A1")},
        sets={},
        repeated={},
        counts={},
    )
    found = {
        kind: list_missing(
            kind,
            school,
            place,
            "northbank",
            lambda attribute: [replace(account, key=by_attribute[attribute])],
            datetime(2026, 9, 14, 12, tzinfo=UTC),
        )
        for kind in PeopleKind
    }

    assert [each.proposals for each in found.values()] == [[], []]
    assert [dict(each.counts) for each in found.values()] == [{Reason.IN_USE: 1}] * 2


def test_who_is_left_out_stands_in_a_file_of_their_own_with_why(here: Here, tmp_path: Path) -> None:
    """And on the screen by code alone."""
    trial, directory = here
    first, second, *others = directory.users
    directory.users = [replace(first, enabled=False), replace(second, surname="Other"), *others]
    said = trial.sync("addresses", "pupils", "--out", str(tmp_path / "list"))
    left = rows(tmp_path / "list" / "pupils-left-out.csv")

    assert [row["reason"] for row in left] == ["disabled", "name-differs"]
    assert "disabled" in said.out
    assert "The surname in Entra is another" in said.out


def test_what_was_typed_has_arrived_with_the_next_reading(here: Here, tmp_path: Path) -> None:
    """Some, otherwise, not yet, gone: by number, and nobody's name."""
    trial, _ = here
    trial.sync("addresses", "pupils", "--out", str(tmp_path / "list"))
    pupils = lacking().pupils
    typed = (
        replace(pupils[0], email=user_name(pupils[0])),
        replace(pupils[1], email=f"other@{pupils[1].school_id}.example"),
        *pupils[3:],
    )
    trial.stage.isams.school = replace(
        lacking(),
        pupils=typed,
        memberships=tuple(
            each for each in lacking().memberships if each.school_id != pupils[2].school_id
        ),
    )
    file = str(tmp_path / "list" / "pupils-addresses.csv")
    said = trial.sync("addresses", "pupils", "--since", file, "--json")

    assert said.code == Exit.DONE, said.err
    assert said.json["asked"] == LACKING
    assert said.json["became"] == {
        "arrived": 1,
        "arrived-otherwise": 1,
        "still-blank": 2,
        "gone": 1,
    }
    shown = trial.sync("addresses", "pupils", "--since", file)
    assert "up to 24 hours later" in shown.out
    assert "Portals" in shown.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "Say --out and a folder"),
        (["--out", "a", "--since", __file__], "Say --out and a folder"),
        (["--since", __file__], "this is no list of pupils"),
    ],
)
def test_bad_words_are_told_and_nobody_is_asked(here: Here, words: list[str], told: str) -> None:
    """Neither iSAMS nor Entra."""
    trial, directory = here
    said = trial.sync("addresses", "pupils", *words)

    assert said.code == Exit.USAGE
    assert told in said.err
    assert directory.requests == []
    assert trial.stage.isams.requests == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("SCHOOLS__NORTHBANK__ADDRESS_MATCH", "such as employeeId:schoolCode"),
        ("SCHOOLS__NORTHBANK__ADDRESS_DOMAINS", "such as northbank.example"),
        ("GRAPH_TOKEN", "GRAPH_TOKEN is not set"),
    ],
)
def test_what_is_not_set_is_told_with_an_example(
    here: Here, tmp_path: Path, name: str, told: str
) -> None:
    """Before anything is asked: nothing is matched by a guess."""
    trial, directory = here
    del trial.settings[name]
    said = trial.sync("addresses", "pupils", "--out", str(tmp_path / "list"))

    assert said.code == Exit.USAGE
    assert told in said.err
    assert (directory.requests, trial.stage.isams.requests) == ([], [])


def test_a_folder_with_anything_else_in_it_is_left_alone(here: Here, tmp_path: Path) -> None:
    """It would be replaced as a whole."""
    trial, _ = here
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    said = trial.sync("addresses", "pupils", "--out", str(tmp_path / "mine"))

    assert said.code == Exit.USAGE
    assert "holds 1 other file(s)" in said.err


def test_a_tenant_that_cannot_be_read_gives_no_list(here: Here, tmp_path: Path) -> None:
    """Nobody is told that a child has no account because Graph was away."""
    trial, directory = here
    directory.may_read = False
    said = trial.sync("addresses", "pupils", "--out", str(tmp_path / "list"))

    assert said.code == Exit.TARGET
    assert "consent to User.Read.All" in said.err
    assert not (tmp_path / "list").exists()


def test_a_school_in_which_nobody_lacks_one_says_so(here: Here, tmp_path: Path) -> None:
    """With lists of nobody."""
    trial, _ = here
    trial.stage.isams.school = WHOLE
    said = trial.sync("addresses", "pupils", "--out", str(tmp_path / "list"))

    assert "northbank: every record of pupils has a school address." in said.out
    assert rows(tmp_path / "list" / "pupils-addresses.csv") == []
