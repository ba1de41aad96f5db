"""Reading what SDS says: lenient where it is counted, strict where it decides."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.edge import graph_answers as answers
from sync.edge.graph_values import Fault
from sync.errors import TargetMalformed

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from([
    "status", "errors", "warnings", "validatedFiles", "inboundTotals", "activityStatistics", "id",
    "startDateTime", "blockingError", "people", "matchedPeopleByRole",
])  # fmt: skip


def test_statistics_of_the_documented_example_are_read() -> None:
    """Counts may be numbers, records, or lists by role in the wrong place; roles are summed."""
    roles = [{"role": "student", "count": 740}, {"role": "teacher", "count": 66}]
    found = answers.statistics(
        {
            "status": "completedWithWarnings",
            "inboundTotals": {
                "errors": 0,
                "warnings": 3,
                "organizations": 1,
                "people": {"active": 812, "inactive": 14, "total": 826},
                "groups": "many",
                "matchedPeopleByRole": roles,
                "unmatchedPeopleByRole": [{"role": "student", "count": 6}],
            },
            "activityStatistics": [
                {"people": {"active": 812, "inactive": 14, "total": 826}, "groups": roles},
                {"people": {"inactive": 2}, "memberships": 7},
                "not a record",
            ],
        }
    )

    assert (found.status, found.errors, found.warnings) == ("completedwithwarnings", 0, 3)
    assert (found.organizations, found.people, found.groups, found.memberships) == (1, 826, 0, 0)
    assert (found.matched, found.unmatched) == (806, 6)
    assert found.inactive == {"organizations": 0, "people": 16, "groups": 0, "memberships": 0}


@pytest.mark.parametrize("errors", [{}, {"code": "x"}, "none", 0, False])
def test_errors_that_are_no_list_are_never_no_errors(errors: object) -> None:
    """`succeeded` counts only beside errors that we can read."""
    with pytest.raises(TargetMalformed):
        answers.operation({"status": "succeeded", "errors": errors})


@pytest.mark.parametrize("item", [None, 7, "text", {}, {"code": "two words", "target": "../x.csv"}])
def test_an_error_that_cannot_be_shown_is_still_an_error(item: object) -> None:
    """A fault whose code or file is unfit to show rejects all the same."""
    found = answers.operation({"status": "succeeded", "errors": [item]})

    assert (found.state, found.errors) == ("rejected", (Fault("", ""),))


@pytest.mark.parametrize("errors", [{}, {"errors": None}, {"errors": []}])
def test_succeeded_without_errors_is_accepted(errors: dict[str, object]) -> None:
    """Graph leaves out what is empty."""
    assert answers.operation({"status": "succeeded", **errors}).state == "accepted"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-09-02T20:00:00Z", datetime(2026, 9, 2, 20, tzinfo=UTC)),
        ("2026-09-02T20:00:00.1234567Z", datetime(2026, 9, 2, 20, 0, 0, 123456, tzinfo=UTC)),
        ("2026-09-02T20:00:00", datetime(2026, 9, 2, 20, tzinfo=UTC)),
        ("soon", None),
        (None, None),
        (7, None),
    ],
)
def test_moments_are_aware_or_absent(text: object, moment: datetime | None) -> None:
    """.NET writes seven digits of a second; a moment that cannot be read is left out."""
    assert answers.run({"id": "r1", "startDateTime": text}).started_at == moment


@pytest.mark.parametrize(
    ("location", "found"),
    [
        ("/beta/external/industryData/operations/a-1", "a-1"),
        ("https://sds.example:8698/api/industryData/v0.4-beta/industryData/operations/a-1", "a-1"),
        ("https://h.example/operations/a-1/?x=https://evil.example/b-2", "a-1"),
        ("operations('a-1')", "a-1"),
        ("a-1", "a-1"),
    ],
)
def test_the_last_segment_of_a_location_is_the_operation(location: str, found: str) -> None:
    """Host, query and spelling do not matter."""
    assert answers.operation_id(location) == found


@settings(deadline=None)
@given(st.dictionaries(NAMES, json_values))
def test_whatever_sds_answers_is_read_or_malformed(item: dict[str, object]) -> None:
    """No answer makes the readers fail in any other way."""
    for read in (answers.operation, answers.run, answers.statistics, answers.connector):
        try:
            read(item)
        except TargetMalformed:
            continue
