"""Reading an operation: what decides, what only counts, and which one is ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sync.edge.graph import operations
from sync.edge.graph.values import FileFault, HandedOver, Whereabouts
from sync.errors import TargetMalformed

CLAIMED = datetime(2026, 9, 14, 21, tzinfo=UTC)
CONNECTOR = "0B1F8A52-0000-4000-8000-0000000000C1"
PLACE = "https://graph.microsoft.com/beta/industryData/dataConnectors"


@pytest.mark.parametrize("errors", [{}, {"code": "x"}, "none", 0, False])
def test_errors_that_are_no_list_are_never_no_errors(errors: object) -> None:
    """`succeeded` counts only beside errors that we can read."""
    with pytest.raises(TargetMalformed):
        operations.operation({"status": "succeeded", "errors": errors})


@pytest.mark.parametrize("item", [None, 7, "text", {}, {"code": "two words", "target": "a b.csv"}])
def test_an_error_that_cannot_be_shown_is_still_an_error(item: object) -> None:
    """A fault whose code or file is unfit to show rejects all the same."""
    operation = operations.operation({"status": "succeeded", "errors": [item]})

    assert (operation.state, operation.errors) == ("rejected", (FileFault("", ""),))


@pytest.mark.parametrize(
    ("document", "state"),
    [
        ({"status": "succeeded", "errors": []}, "accepted"),
        ({"status": "SUCCEEDED", "errors": None}, "accepted"),
        ({"status": "succeeded"}, "waiting"),
        ({"status": "succeeded", "errors": [{"code": "RequiredFileNotFound"}]}, "rejected"),
        ({"status": "Failed", "errors": []}, "rejected"),
        ({"status": "failed"}, "rejected"),
        ({"status": "skipped", "errors": []}, "rejected"),
        ({"status": "running", "errors": [{"code": "x"}]}, "waiting"),
        ({"status": "notStarted", "errors": []}, "waiting"),
        ({"status": "unknownFutureValue", "errors": []}, "waiting"),
        ({"status": 7, "errors": []}, "waiting"),
        ({"errors": []}, "waiting"),
    ],
)
def test_only_succeeded_and_a_word_of_no_errors_is_acceptance(
    document: dict[str, object], state: str
) -> None:
    """Null errors are none; errors that are not there at all are no answer yet."""
    assert operations.operation(document).state == state


def test_warnings_may_be_missing() -> None:
    """What only warns decides nothing, so an answer without it is whole."""
    operation = operations.operation({"status": "succeeded", "errors": []})

    assert (operation.state, operation.warnings) == ("accepted", ())


@pytest.mark.parametrize(
    ("document", "files"),
    [
        ({}, None),
        ({"validatedFiles": None}, None),
        ({"validatedFiles": "orgs.csv"}, None),
        ({"validatedFiles": []}, ()),
        ({"validatedFiles": ["c/k/Users.CSV", "k\\orgs.csv"]}, ("Users.CSV", "orgs.csv")),
        ({"validatedFiles": ["Ann Example.csv", 7, None, "orgs.csv"]}, ("orgs.csv",)),
    ],
)
def test_files_are_known_by_their_last_part(
    document: dict[str, object], files: tuple[str, ...] | None
) -> None:
    """Folders are left out, and whatever is no name of a file; no list is not an empty one."""
    assert operations.operation(document).validated_files == files


def test_the_last_moment_of_an_operation_is_known() -> None:
    """A run that began after it took these files."""
    operation = operations.operation({"id": "A-1", "lastActionDateTime": "2026-09-14T21:05:00Z"})

    assert (operation.id, operation.ended_at) == ("A-1", CLAIMED + timedelta(minutes=5))


def test_names_of_properties_may_be_written_otherwise() -> None:
    """Where SDS itself answers, case may differ, in faults as well."""
    document = {
        "Id": "a-1",
        "Status": "Succeeded",
        "Errors": [{"Code": "DuplicateHeader", "Target": "users.csv"}, "text"],
        "WARNINGS": None,
        "ValidatedFiles": [],
        "lastactiondatetime": "2026-09-14T21:05:00Z",
    }

    operation = operations.operation(operations.as_graph_writes(document))

    assert operation.errors == (FileFault("DuplicateHeader", "users.csv"), FileFault("", ""))
    assert (operation.id, operation.validated_files) == ("a-1", ())
    assert operation.ended_at is not None


def test_a_thing_that_is_said_twice_is_malformed() -> None:
    """Of errors and no errors in one answer nobody may choose."""
    with pytest.raises(TargetMalformed):
        operations.as_graph_writes({"status": "succeeded", "errors": [], "Errors": [{}]})


@pytest.mark.parametrize(
    ("document", "at_graph", "elsewhere"),
    [
        ({"id": "a-1"}, True, True),
        ({"id": "A-1"}, True, True),
        ({"id": "a-2", "status": "succeeded"}, False, False),
        ({"id": 7, "status": "succeeded"}, False, False),
        ({"status": "succeeded"}, False, True),
        ({"id": None, "status": "succeeded"}, False, True),
        ({"message": "hello"}, False, False),
    ],
)
def test_an_answer_is_known_by_its_id(
    document: dict[str, object], *, at_graph: bool, elsewhere: bool
) -> None:
    """Where SDS itself answers there may be none; then at least a status."""
    assert operations.matches(document, "A-1", at_graph=True) is at_graph
    assert operations.matches(document, "A-1", at_graph=False) is elsewhere


@pytest.mark.parametrize(
    ("location", "operation_id"),
    [
        ("/beta/external/industryData/operations/a-1", "a-1"),
        ("https://sds.example:8698/api/industryData/v0.4-beta/industryData/operations/a-1", "a-1"),
        ("https://h.example/operations/a-1/?x=https://evil.example/b-2", "a-1"),
        ("operations('a-1')", "a-1"),
        ("a-1", "a-1"),
    ],
)
def test_the_last_segment_of_a_location_is_the_operation(location: str, operation_id: str) -> None:
    """Host, query and spelling do not matter; the address is kept as it came."""
    assert operations.handed_over(location) == HandedOver(operation_id, location)


@pytest.mark.parametrize(
    "location",
    [None, "", "/", "https://h.example/operations", "https://h.example/operations/?id=1", "a b",
     "/../", "https://[::1", "/x/operations('')", "/x/validate", "/x/%2e%2e", "/x/" + "9" * 65],
)  # fmt: skip
def test_a_location_without_id_leaves_the_list_to_ask(location: str | None) -> None:
    """Only something that looks like an id is asked after; the files are SDS's all the same."""
    assert operations.handed_over(location) == HandedOver("", "")


def made(
    operation_id: str, after_s: float | None, connector: str = CONNECTOR, end: str = ""
) -> dict[str, object]:
    """Return a record of Graph's list, made so long after the claim."""
    at = None if after_s is None else (CLAIMED + timedelta(seconds=after_s)).isoformat()
    return {
        "id": operation_id,
        "createdDateTime": at,
        "resourceLocation": f"{PLACE}/{connector}{end}",
    }


@pytest.mark.parametrize(
    ("items", "ids"),
    [
        ([], []),
        ([made("a-1", 5)], ["a-1"]),
        ([made("a-1", -60)], ["a-1"]),
        ([made("a-1", -61)], []),
        ([made("a-1", None)], []),
        ([made("a-1", 5, CONNECTOR.lower())], ["a-1"]),
        ([made("a-1", 5, CONNECTOR, "/")], ["a-1"]),
        ([made("a-1", 5, "", f"('{CONNECTOR}')")], ["a-1"]),
        ([made("a-1", 5, "another")], []),
        ([made("a-1", 5, f"x{CONNECTOR}")], []),
        ([made("a b", 5), {}, made("a-1", 5)], ["a-1"]),
        ([made("a-1", 5), made("A-1", 5)], ["A-1"]),
        ([made("a-1", 5), made("a-2", 7)], ["a-1", "a-2"]),
        ([made("a-1", -3600), made("a-2", 7)], ["a-2"]),
    ],
)
def test_without_an_id_the_list_is_searched_by_connector_and_moment(
    items: list[dict[str, object]], ids: list[str]
) -> None:
    """Only what was made for our connector since the claim, less a minute, may be ours."""
    wanted = Whereabouts("", "", CONNECTOR, CLAIMED)

    assert [item["id"] for item in operations.candidates(items, wanted)] == ids


def test_without_id_and_connector_nothing_in_the_list_is_ours() -> None:
    """What is not known is not guessed."""
    nobody = Whereabouts("", "", "", CLAIMED)

    assert operations.candidates([made("a-1", 5), made("a-2", 5, "")], nobody) == []


def test_by_its_id_an_operation_is_found_whatever_else_it_says() -> None:
    """The id decides, in any case; of one that is on two pages the later reading counts."""
    wanted = Whereabouts("a-2", "", CONNECTOR, CLAIMED)
    items = [made("a-1", 5), made("A-2", None, "another"), {**made("a-2", 7), "status": "running"}]

    assert operations.candidates(items, wanted) == items[2:]
