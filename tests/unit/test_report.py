"""What a step tells: one line, without names."""

from __future__ import annotations

import json

from sync import report
from sync.errors import SourceUnavailable, StoreConflict
from sync.ledger import marks
from sync.ledger.marks import Fault
from sync.report import Exit, Outcome, Step


def test_a_line_holds_what_there_is_to_tell() -> None:
    """One JSON object on one line, names sorted, nothing blank; zero is worth telling."""
    line = Step("seal", Outcome.SEALED, "seniors", facts={"students": 0, "note": ""}).line()

    assert line == '{"about": "seniors", "fact_students": 0, "outcome": "sealed", "step": "seal"}'


def test_a_line_of_an_error_says_its_code_message_and_facts() -> None:
    """A fact of the step and a fact of the error of one name are both told."""
    error = SourceUnavailable("iSAMS is busy", retry_after_s=30.0, status=503)
    step = Step("pull", Outcome.LATER, "northbank", "a-delivery", {"status": 1}, error, 300.0)

    assert json.loads(step.line()) == {
        "step": "pull",
        "outcome": "later",
        "about": "northbank",
        "delivery": "a-delivery",
        "fact_status": 1,
        "error": "SourceUnavailable",
        "error_status": 503,
        "message": "iSAMS is busy",
        "who": "nobody",
    }


def test_a_line_says_what_it_belongs_to() -> None:
    """Its pull, its delivery and the run of the function; the seconds to a tenth, zero too."""
    step = Step("pull", Outcome.SEALED, "northbank", pull="20260914T210000Z")

    assert json.loads(step.line("run-1", 0.04)) == {
        "step": "pull",
        "outcome": "sealed",
        "about": "northbank",
        "pull": "20260914T210000Z",
        "invocation": "run-1",
        "duration_s": 0.0,
    }


def test_a_line_has_no_field_that_is_not_declared() -> None:
    """Those who watch read `FIELDS`; facts have names of their own."""
    error = StoreConflict("changed", row=3)
    step = Step("pull", Outcome.LATER, "a", "a-delivery", {"error": 1}, error, pull="b")
    fields = json.loads(step.line("run-1", 1.0))

    assert fields.keys() - {"fact_error", "error_row"} == report.FIELDS.keys()


def test_a_line_is_one_line() -> None:
    """Whatever an error says."""
    step = Step("pull", Outcome.FAILED, error=StoreConflict("one\ntwo\u2028three"))

    assert len(step.line().splitlines()) == 1


def test_a_fault_is_stored_and_read_back() -> None:
    """Numbers stay numbers, texts stay texts; who must act is told."""
    made = marks.fault(StoreConflict("changed", blob="manifest.json", row=3, code="07"))

    assert Fault.from_json("failed.json", made.to_json()) == made
    assert made.model_dump() == {
        "error": "StoreConflict",
        "message": "changed",
        "who": "developer",
        "facts": {"blob": "manifest.json", "row": 3, "code": "07"},
    }


def test_an_unforeseen_error_is_told_by_type_and_place_only() -> None:
    """Its text may quote a pupil's record, and its path may hold a user's name."""
    try:
        int("Sam Osei")
    except ValueError as error:
        shown = report.unexpected(error)

    assert shown.facts["type"] == "ValueError"
    assert shown.facts["file"] == "test_report.py"
    assert isinstance(shown.facts["line"], int)
    assert "Osei" not in f"{shown}{shown.facts}"


def test_an_unforeseen_error_that_was_never_raised_has_no_place() -> None:
    """Nothing is invented."""
    assert report.unexpected(KeyError("Sam Osei")).facts == {
        "type": "KeyError",
        "file": "",
        "line": 0,
    }


def test_an_outcome_is_its_word() -> None:
    """Logged, stored and compared as its word, whatever else its row holds."""
    assert json.dumps(Outcome.PARTLY_SEALED) == '"partly-sealed"'
    assert f"{Outcome.PARTLY_SEALED}" == Outcome.PARTLY_SEALED.value == "partly-sealed"


def test_only_a_failure_leaves_its_exit_code_to_its_error() -> None:
    """Every other outcome says itself how a command ends: none is a fault of this program."""
    assert [outcome for outcome in Outcome if outcome.exit is None] == [Outcome.FAILED]
    assert Exit.UNEXPECTED not in {outcome.exit for outcome in Outcome}


def test_what_ends_with_0_needs_nobody_tonight() -> None:
    """What is not sent yet is no success: a script that gets 0 does not look again."""
    done = {outcome for outcome in Outcome if outcome.exit is Exit.DONE}

    assert not done & {Outcome.PLANNED, Outcome.APPROVED, Outcome.SUBMITTED, Outcome.CHECKING}


def test_exit_codes_are_the_numbers_that_scripts_know() -> None:
    """A number that meant something else tomorrow would turn a script's yes into a no."""
    assert [(code.name, code.value) for code in Exit] == [
        ("DONE", 0),
        ("UNEXPECTED", 1),
        ("USAGE", 2),
        ("HELD", 3),
        ("SOURCE", 4),
        ("TARGET", 5),
        ("WAITING", 6),
        ("LATER", 7),
        ("PARTLY", 8),
        ("STORE", 9),
    ]
