"""`addresses learn`, `plan`, `write`, `looked`, `undo`, `doubt`, as they are typed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.isams import WriteTrouble
from sync.report import Exit
from tests.edge.addresses_stage import LACKING, WHOLE, WritingTrial, user_name, writing_trial
from tests.edge.cli_stage import Said

PUPILS = [pupil.school_id for pupil in WHOLE.pupils[:LACKING]]
# What no pupil of the invented school has.
UNUSED = (
    "birthCounty,birthplace,boardingHouse,futureSchoolId,leavingReason,"
    "leavingYearGroup,middlenames,officialName,previousName,pupils.leavingDate,religion"
)


@pytest.fixture
def here(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[WritingTrial]:
    with writing_trial(tmp_path, capsys, monkeypatch) as started:
        yield started


def digits(said: Said) -> str:
    """Return what a plan says to type."""
    return str(said.json["digest"])


def first_written(here: WritingTrial) -> None:
    """Learn, plan the first record, write it, and say that it was looked at."""
    learnt = here.learn("--unused", UNUSED)
    assert learnt.code == Exit.DONE, learnt.err
    plan = here.sync("addresses", "plan", "pupils", "--only", PUPILS[0], "--json")
    assert plan.code == Exit.DONE, plan.err
    wrote = here.sync("addresses", "write", "northbank-1", types=digits(plan))
    assert wrote.code == Exit.DONE, wrote.err
    assert here.sync("addresses", "looked", "northbank-1", types="yes").code == Exit.DONE


def planned(here: WritingTrial) -> str:
    """Return what to type for the plan `northbank-2`, of the rest."""
    first_written(here)
    return digits(here.sync("addresses", "plan", "pupils", "--json"))


def test_the_ten_steps_of_the_page_lead_to_every_address(here: WritingTrial) -> None:
    """From the Swagger to the last record; then what a reading sees, and back again."""
    typed = planned(here)
    wrote = here.sync("addresses", "write", "northbank-2", types=typed)

    assert wrote.code == Exit.DONE, wrote.err
    assert "northbank-2: 4 planned, 4 written, 0 refused" in wrote.out
    assert "no rooms, sets, members of sets or timetables" in wrote.out
    held = {each: (here.desk.record("students", each) or {}) for each in PUPILS}
    assert {each: row["schoolEmailAddress"] for each, row in held.items()} == {
        pupil.school_id: user_name(pupil) for pupil in WHOLE.pupils[:LACKING]
    }
    seen = here.sync("addresses", "pupils", "--since", "northbank-2", "--json").json
    assert (seen["asked"], seen["became"]["arrived"]) == (4, 4)
    assert seen["plan"]["written"] == 4
    undone = here.sync("addresses", "undo", "northbank-2", "--json", types=typed)
    assert undone.json["undone"] == 4


def test_learning_says_what_put_takes_and_what_comes_next(here: WritingTrial) -> None:
    """And what is never built."""
    said = here.learn()

    assert "northbank: PUT of pupils takes 38 fields, and GET shows each of them." in said.out
    assert "northbank: PUT of staff takes 27 fields" in said.out
    assert "`isams-sync addresses plan pupils --only`" in said.out
    assert "Nothing else is ever written" in said.out


def test_what_nobody_has_a_value_of_must_be_called_unused(here: WritingTrial) -> None:
    """The sentence can be typed as it stands."""
    here.learn()
    said = here.sync("addresses", "plan", "pupils", "--only", PUPILS[0])
    named = re.search(r"--unused (\S+)`", said.err)

    assert said.code == Exit.USAGE
    assert named
    assert set(named[1].split(",")) == set(UNUSED.split(",")) - {"boardingHouse"}
    assert here.desk.puts == []


def test_a_plan_shows_whom_it_is_about_and_what_to_type(here: WritingTrial) -> None:
    """Nobody can approve what they have not seen."""
    here.learn("--unused", UNUSED)
    said = here.sync("addresses", "plan", "pupils", "--only", PUPILS[0])

    assert PUPILS[0] in said.out
    assert user_name(WHOLE.pupils[0]) in said.out
    assert "nobody edits these records" in said.out
    assert re.search(r"`isams-sync addresses write northbank-1`.* and type [0-9a-f]{8} ", said.out)


def test_nothing_is_approved_without_a_person(here: WritingTrial) -> None:
    """A script's input is no terminal."""
    here.learn("--unused", UNUSED)
    here.sync("addresses", "plan", "pupils", "--only", PUPILS[0])
    said = here.sync("addresses", "write", "northbank-1")

    assert said.code == Exit.USAGE
    assert "no script can type it" in said.err
    assert here.desk.puts == []


def test_the_question_says_what_is_meant_and_other_digits_write_nothing(
    here: WritingTrial,
) -> None:
    """The digits stand in the question, so that who answers reads it."""
    typed = planned(here)
    said = here.sync("addresses", "write", "northbank-2", types="00000000")

    assert said.code == Exit.USAGE
    assert typed in said.err
    assert "nobody edits these records" in said.err
    assert "are not the first eight characters" in said.err
    assert len(here.desk.puts) == 1


@pytest.mark.parametrize(
    ("trouble", "code", "told"),
    [
        (WriteTrouble(status=403), Exit.SOURCE, "had the status 403"),
        (WriteTrouble(status=429), Exit.LATER, "had the status 429"),
        (WriteTrouble(no_effect=True), Exit.SOURCE, "said yes and did nothing"),
        (
            WriteTrouble(derives="fullName"),
            Exit.HELD,
            f"{PUPILS[1]} is in doubt, fields that differ: fullName",
        ),
        (WriteTrouble(status=409), Exit.SOURCE, "refused three records in a row"),
        (WriteTrouble(only=(PUPILS[2],), status=409), Exit.PARTLY, f"{PUPILS[2]} refused with 409"),
    ],
)
def test_how_it_ended_is_told_with_the_code_of_who_must_act(
    here: WritingTrial, trouble: WriteTrouble, code: Exit, told: str
) -> None:
    """And in no case is anybody named."""
    typed = planned(here)
    here.desk.trouble = trouble
    said = here.sync("addresses", "write", "northbank-2", types=typed)

    assert (said.code, told in said.out) == (code, True), said.out
    assert WHOLE.pupils[2].surname not in said.out + said.err


def test_what_cannot_be_taken_back_is_to_be_taken_off_by_hand(here: WritingTrial) -> None:
    """It was the other way round when it was written."""
    typed = planned(here)
    here.sync("addresses", "write", "northbank-2", types=typed)
    here.desk.trouble = WriteTrouble(only=(PUPILS[2],), status=409)
    said = here.sync("addresses", "undo", "northbank-2", types=typed)

    assert f"{PUPILS[2]} refused with 409. Take that address off" in " ".join(said.out.split())


def test_a_doubt_is_named_and_ends_when_the_record_is_mended(here: WritingTrial) -> None:
    """On iSAMS's own screens."""
    typed = planned(here)
    was = (here.desk.record("students", PUPILS[1]) or {})["fullName"]
    here.desk.trouble = WriteTrouble(derives="fullName")
    here.sync("addresses", "write", "northbank-2", types=typed)
    still = here.sync("addresses", "doubt", "northbank-2")
    here.desk.edit("students", PUPILS[1], {"fullName": was})
    over = here.sync("addresses", "doubt", "northbank-2")

    assert still.code == Exit.HELD
    assert "fields that differ: fullName" in still.out
    assert over.code == Exit.PARTLY
    assert "1 written" in over.out
    assert "make another plan for the rest" in over.out


def test_looked_names_every_field_and_wants_a_yes(here: WritingTrial) -> None:
    """A person compares them on iSAMS's own screens."""
    here.learn("--unused", UNUSED)
    typed = digits(here.sync("addresses", "plan", "pupils", "--only", PUPILS[0], "--json"))
    here.sync("addresses", "write", "northbank-1", types=typed)
    no = here.sync("addresses", "looked", "northbank-1", types="no")
    yes = here.sync("addresses", "looked", "northbank-1", types="yes")

    assert (no.code, yes.code) == (Exit.USAGE, Exit.DONE)
    assert "uniquePupilNumber" in no.err
    assert "PUT carried these 38 fields" in no.err


PLACE = "SCHOOLS__NORTHBANK__"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({f"{PLACE}WRITE_CLIENT_ID": "", f"{PLACE}WRITE_CLIENT_SECRET": ""}, "are not set"),
        ({"STORAGE__ACCOUNT_URL": "", "STORAGE__FOLDER": "x"}, "set STORAGE__ACCOUNT_URL"),
        (
            {f"{PLACE}ISAMS_API": "batch", f"{PLACE}ISAMS_KEY": "invented-key"},
            f"{PLACE}ISAMS_API: expected rest",
        ),
    ],
)
@pytest.mark.parametrize(
    "words", [("plan", "pupils"), ("write", "northbank-1"), ("undo", "northbank-1")]
)
def test_what_is_missing_is_told_before_anything_is_asked(
    here: WritingTrial, changes: dict[str, str], told: str, words: tuple[str, str]
) -> None:
    """Of every command that reads or writes a record."""
    here.settings |= changes
    said = here.sync("addresses", *words, types="x")

    assert said.code == Exit.USAGE
    assert told in said.err
    assert here.isams.requests == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("write", "x"), "is no id of a plan"),
        (("write", "southbank-1"), "expected northbank"),
        (("write", "northbank-7"), "there is no plan northbank-7"),
        (("doubt", "northbank-7"), "there is no plan"),
        (("looked", "northbank-7"), "there is no plan"),
        (("undo", "northbank-7"), "there is no plan"),
        (("plan", "pupils", "--only", "nobody"), "addresses learn"),
        (("plan", "parents"), "parents"),
        (("pupils", "--since", "nofile"), "is no file, and no id of a plan"),
        (("pupils", "--since", "northbank-7"), "there is no plan"),
    ],
)
def test_bad_words_are_a_sentence_each(
    here: WritingTrial, words: tuple[str, ...], told: str
) -> None:
    """With the exit code of what was typed wrong."""
    said = here.sync("addresses", *words, types="x")

    assert said.code == Exit.USAGE
    assert told in said.err


@pytest.mark.parametrize("body", ["", "<html>", json.dumps({"swagger": "2.0", "paths": {}})])
def test_a_file_that_is_no_swagger_teaches_nothing(here: WritingTrial, body: str) -> None:
    """Most likely the page was saved, and not the document."""
    file = here.folder / "saved.json"
    file.write_text(body)
    said = here.sync("addresses", "learn", str(file))

    assert said.code == Exit.USAGE
    assert "Swagger" in said.err
    assert here.store.held == {}


def test_a_field_called_unused_must_be_one_that_put_takes(here: WritingTrial) -> None:
    """A slip would else count as a word."""
    said = here.learn("--unused", "religon")

    assert said.code == Exit.USAGE
    assert "PUT takes no field 'religon'" in said.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("leavingDate", "say pupils.leavingDate or staff.leavingDate"),
        ("staff.religion", "PUT takes no field 'staff.religion'"),
        ("parents.religion", "PUT takes no field 'parents.religion'"),
        ("schoolEmailAddress", "PUT takes no field"),
    ],
)
def test_a_word_that_a_field_is_unused_is_of_one_kind(
    here: WritingTrial, words: str, told: str
) -> None:
    """What no pupil has, staff may: their field would be emptied if rights hide it."""
    said = here.learn("--unused", words)

    assert said.code == Exit.USAGE
    assert told in said.err


def test_staff_are_written_in_the_same_way(here: WritingTrial) -> None:
    """By their own path, with what PUT of an employee takes; what nobody has is called unused.

    What was called unused of pupils counts for pupils, and is not to be typed again from memory. Of
    pupils a first record was written and not looked at: that is another kind.
    """
    here.learn("--unused", UNUSED)
    first = here.sync("addresses", "plan", "pupils", "--only", PUPILS[0], "--json")
    here.sync("addresses", "write", "northbank-1", types=digits(first))
    employee = str(WHOLE.staff[0].id)
    asked = here.sync("addresses", "plan", "staff", "--only", employee)
    named = re.search(r"--unused (\S+)`", asked.err)
    assert named, asked.err
    assert "staff.leavingDate" in named[1]
    assert set(UNUSED.split(",")) < set(named[1].split(","))
    here.learn("--unused", named[1])
    plan = here.sync("addresses", "plan", "staff", "--only", employee, "--json")
    wrote = here.sync("addresses", "write", "northbank-2", "--json", types=digits(plan))

    assert (wrote.code, wrote.json["written"]) == (Exit.DONE, 1), wrote.err
    row = here.desk.record("employees", employee) or {}
    assert row["schoolEmailAddress"] == f"t{employee}@northbank.example"


def test_a_member_that_the_swagger_does_not_name_ends_a_run(here: WritingTrial) -> None:
    """ISAMS is newer than what was learnt: learn again."""
    typed = planned(here)
    for record_id in PUPILS[1:]:
        here.desk.edit("students", record_id, {"newField": None})
    said = here.sync("addresses", "plan", "pupils")
    wrote = here.sync("addresses", "write", "northbank-2", types=typed)

    assert said.code == Exit.USAGE  # one plan at a time
    assert wrote.code == Exit.SOURCE
    assert "addresses learn" in wrote.err
    assert len(here.desk.puts) == 1
