"""What a step tells: one line, without names."""

from __future__ import annotations

import json

from sync import report
from sync.errors import SourceUnavailable, StoreConflict
from sync.ledger import marks
from sync.ledger.marks import Fault
from sync.report import Outcome, Step


def test_a_line_holds_what_there_is_to_tell() -> None:
    """One JSON object on one line, names sorted, nothing blank; zero is worth telling."""
    line = Step("seal", Outcome.SEALED, "seniors", facts={"students": 0, "note": ""}).line()

    assert line == '{"about": "seniors", "fact_students": 0, "outcome": "sealed", "step": "seal"}'


def test_a_line_of_an_error_says_its_code_message_and_facts() -> None:
    """A fact of the step and a fact of the error of one name are both told."""
    error = SourceUnavailable("iSAMS is busy", retry_after_s=30.0, status=503)
    step = Step("pull", Outcome.LATER, "northbank", "own", {"status": 1}, error, 300.0)

    assert json.loads(step.line()) == {
        "step": "pull",
        "outcome": "later",
        "about": "northbank",
        "delivery": "own",
        "fact_status": 1,
        "error": "SourceUnavailable",
        "error_status": 503,
        "message": "iSAMS is busy",
        "who": "nobody",
    }


def test_a_line_says_what_it_belongs_to() -> None:
    """Its pull, its delivery and the run of the function; the seconds to a tenth, zero too."""
    step = Step("pull", Outcome.SEALED, "northbank", pull="20260914T210000Z")

    assert json.loads(step.line("own", 0.04)) == {
        "step": "pull",
        "outcome": "sealed",
        "about": "northbank",
        "pull": "20260914T210000Z",
        "invocation": "own",
        "duration_s": 0.0,
    }


def test_a_line_has_no_field_that_is_not_declared() -> None:
    """Those who watch read `FIELDS`; facts have names of their own."""
    error = StoreConflict("changed", row=3)
    step = Step("pull", Outcome.LATER, "a", "own", {"error": 1}, error, pull="b")
    told = json.loads(step.line("own", 1.0))

    assert told.keys() - {"fact_error", "error_row"} == report.FIELDS.keys()


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
        told = report.unexpected(error)

    assert told.facts["type"] == "ValueError"
    assert told.facts["file"] == "test_report.py"
    assert isinstance(told.facts["line"], int)
    assert "Osei" not in f"{told}{told.facts}"


def test_an_unforeseen_error_that_was_never_raised_has_no_place() -> None:
    """Nothing is invented."""
    assert report.unexpected(KeyError("Sam Osei")).facts == {
        "type": "KeyError",
        "file": "",
        "line": 0,
    }
