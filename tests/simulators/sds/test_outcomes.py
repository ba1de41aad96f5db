"""How else an operation may tell what it found, in the simulator."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from simulators.sds import Given, Knobs, Names, SdsSimulator
from tests.simulators.sds.sender import CONNECTOR, Clock, Sender, school

QUICK = Knobs(operation_polls=0, operation_s=0, min_poll_s=0, graph_knows_operation=True)
FEW = ("orgs.csv", "roles.csv", "users.csv")


@pytest.fixture
def sim(clock: Clock) -> SdsSimulator:
    return SdsSimulator(clock=clock, base_url="https://graph.sim.example", knobs=QUICK)


def outcome(sender: Sender, files: dict[str, bytes] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = sender.get(f"/operations/{sender.send(files or school())}").json()
    return found


@pytest.mark.parametrize("name", ["errors", "warnings"])
@pytest.mark.parametrize(("given", "expected"), [(Given.NULL, [None]), (Given.ABSENT, [])])
def test_errors_and_warnings_may_be_null_or_missing(
    sim: SdsSimulator, sender: Sender, name: str, given: Given, expected: list[object]
) -> None:
    """Null and left out are not the same, and neither is an empty list."""
    change: dict[str, Any] = {name: given}
    before = outcome(sender)
    sim.knobs = replace(QUICK, **change)
    after = outcome(sender)

    assert isinstance(before[name], list)
    assert [after[name] for _ in range(name in after)] == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (Names.AS_SENT, list(FEW)),
        (Names.PATHS, [f"staging/0001/{name}" for name in FEW]),
        (Names.OTHER_CASE, [name.upper() for name in FEW]),
        (Names.NONE, []),
    ],
)
def test_files_may_be_named_otherwise(
    sim: SdsSimulator, sender: Sender, names: Names, expected: list[str]
) -> None:
    """As they were sent, by a path, in another case, or not at all; it is staged all the same."""
    sim.knobs = replace(QUICK, validated_files=names)
    files = {name: school()[name] for name in FEW}

    assert outcome(sender, files)["validatedFiles"] == expected
    assert sim.staged == {CONNECTOR.id: files}


def test_a_file_may_be_overlooked(sim: SdsSimulator, sender: Sender) -> None:
    """It was sent, is told as not found, is not named, and no run gets it."""
    sim.knobs = replace(QUICK, overlooked=frozenset({"classes.csv"}))
    found = outcome(sender)

    assert ("OptionalFileNotFound", "classes.csv") in codes(found["warnings"])
    assert "classes.csv" not in found["validatedFiles"]
    assert set(sim.staged[CONNECTOR.id]) == set(school()) - {"classes.csv"}
    assert set(sim.submissions[0].files) == set(school())


def test_a_file_that_must_be_there_may_be_overlooked(sim: SdsSimulator, sender: Sender) -> None:
    """Then it is an error, and nothing is staged."""
    sim.knobs = replace(QUICK, overlooked=frozenset({"users.csv"}))

    assert codes(outcome(sender)["errors"]) == [("RequiredFileNotFound", "users.csv")]
    assert sim.staged == {}


def test_there_may_be_other_warnings(sim: SdsSimulator, sender: Sender) -> None:
    """Any code, on any file: the set is accepted."""
    sim.knobs = replace(QUICK, extra_warnings=(("OddHeader", "users.csv"),))
    found = outcome(sender)

    assert codes(found["warnings"])[-1] == ("OddHeader", "users.csv")
    assert (found["status"], found["errors"]) == ("succeeded", [])


def test_a_session_may_not_be_new(sim: SdsSimulator, sender: Sender) -> None:
    """A reset that is not carried out leaves a file of before in the set."""
    sim.knobs = replace(QUICK, reset_ignored=True)
    sender.put(sender.open(), {"courses.csv": b"sourcedId,orgSourcedId,title,code\r\n"})
    found = outcome(sender)

    assert found["validatedFiles"] == sorted([*school(), "courses.csv"])


@pytest.mark.parametrize("word", ["skipped", "Skipped", "failed", "FAILED"])
def test_what_is_skipped_or_failed_is_not_staged(
    sim: SdsSimulator, sender: Sender, word: str
) -> None:
    """The word is told as it is to who asks for words that are not in the metadata."""
    sim.knobs = replace(QUICK, operation_status=word)
    operation = sender.send(school())
    headers = {**sender.bearer, "Prefer": "include-unknown-enum-members"}
    url = f"https://graph.sim.example/beta/external/industryData/operations/{operation}"

    assert sender.http.get(url, headers=headers).json()["status"] == word
    assert sim.staged == {}


def test_a_word_beyond_the_metadata_is_masked(sim: SdsSimulator, sender: Sender) -> None:
    """Graph gives it as `unknownFutureValue`, unless the knob says otherwise."""
    sim.knobs = replace(QUICK, operation_status="skipped")
    masked = outcome(sender)["status"]
    sim.knobs = replace(sim.knobs, unknown_words_masked=False)

    assert (masked, outcome(sender)["status"]) == ("unknownFutureValue", "skipped")


def codes(errors: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(error["code"], error["target"]) for error in errors]
