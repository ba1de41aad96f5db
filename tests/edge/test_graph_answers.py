"""Reading what SDS says: lenient where it is counted, strict where it decides."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.edge.graph import answers, operations
from sync.edge.graph.values import Counts, Flow, Whereabouts
from sync.errors import TargetMalformed

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from([
    "status", "errors", "warnings", "validatedFiles", "inboundTotals", "activityStatistics", "id",
    "startDateTime", "blockingError", "people", "matchedPeopleByRole", "ID", "Errors", "target",
    "dataConnector", "resourceLocation", "createdDateTime", "lastActionDateTime",
])  # fmt: skip


def test_statistics_are_read_by_flow_and_in_all() -> None:
    """Counts may be numbers, records, or lists by role in the wrong place; roles are summed."""
    roles = [{"role": "student", "count": 740}, {"role": "teacher", "count": 66}]
    read = answers.statistics(
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
                {
                    "activityId": "FLOW-1",
                    "status": "completedWithErrors",
                    "errors": 2,
                    "people": {"active": 812, "inactive": 14, "total": 826},
                    "groups": roles,
                    "unmatchedPeopleByRole": [],
                },
                {"activityId": "../x", "status": "completed"},
                "not a record",
            ],
        }
    )

    totals = read.totals
    assert (totals.status, totals.errors, totals.warnings) == ("completedwithwarnings", 0, 3)
    assert (totals.organizations, totals.people, totals.groups) == (1, 812, None)
    assert (totals.matched, totals.unmatched, totals.inactive) == (806, 6, {"people": 14})
    assert (totals.matched_students, totals.matched_staff) == (740, 66)
    assert (totals.unmatched_students, totals.unmatched_staff) == (6, 0)
    assert read.activities == {
        "flow-1": Counts(
            "completedwitherrors",
            errors=2,
            people=812,
            unmatched=0,
            unmatched_students=0,
            unmatched_staff=0,
            inactive={"people": 14},
        )
    }


@pytest.mark.parametrize(
    ("document", "activities"),
    [
        ({"inboundTotals": None, "activityStatistics": None}, None),
        ({}, None),
        ({"inboundTotals": {"people": None}, "activityStatistics": []}, {}),
        (
            {"activityStatistics": [{"activityId": "f1", "status": "skipped", "people": None}]},
            {"f1": Counts("skipped")},
        ),
    ],
)
def test_what_sds_does_not_count_is_not_zero(
    document: dict[str, object], activities: object
) -> None:
    """Null, or nothing at all, is None: nobody may take it for a count."""
    read = answers.statistics(document)

    assert read.totals == Counts("unknown")
    assert read.activities == activities


@pytest.mark.parametrize("count", [None, -1, True, "7", 1.5, {"total": 7}])
def test_a_sum_with_an_unknown_part_is_unknown(count: object) -> None:
    """Of people by role all must be known: a part of them is not their number."""
    roles = [{"role": "student", "count": 6}, {"role": "teacher", "count": count}]
    read = answers.statistics({"inboundTotals": {"unmatchedPeopleByRole": roles}})

    assert read.totals.unmatched is None


@pytest.mark.parametrize(
    ("items", "flows"),
    [
        ([], ()),
        (
            [{"id": "F1", "readinessStatus": "notReady", "dataConnector": {"id": "C1"}}],
            (Flow("f1", "c1", "notready"),),
        ),
        ([{"id": "f1", "dataConnector": None}], (Flow("f1", "", ""),)),
        ([{"id": "f1"}], None),
        ([{"id": "f1", "dataConnector": {}}], None),
        ([{"id": "../x", "dataConnector": {"id": "c1"}}], None),
        (
            [{"id": None}, {"id": "f1", "dataConnector": {"id": "c1"}, "readinessStatus": "a b"}],
            (Flow("", None, ""), Flow("f1", "c1", "")),
        ),
        (
            [{"id": "F2"}, {"id": "f1", "dataConnector": {"id": "c1"}}],
            (Flow("f2", None, ""), Flow("f1", "c1", "")),
        ),
    ],
)
def test_flows_are_read_or_not_known(
    items: list[dict[str, object]], flows: tuple[Flow, ...] | None
) -> None:
    """A strange record leads nobody knows where; where every record is strange, none is known."""
    assert answers.flows(items) == flows


def test_the_end_of_a_flow_that_has_expired_is_no_end() -> None:
    """Only a flow that still takes what is sent says until when."""
    early, late = datetime(2027, 7, 31, tzinfo=UTC), datetime(2028, 7, 31, tzinfo=UTC)
    flows = (Flow("f1", "c1", "ready", early), Flow("f2", "c1", "expired", late))

    assert answers.flow_state(flows).ends_at == early


def test_a_flow_without_a_state_is_neither_ready_nor_expired() -> None:
    """A readiness that SDS does not give is shown as unknown."""
    assert answers.flow_state((Flow("f1", "c1", ""),)).states == ("unknown",)


OURS, THEIRS, STRANGE = Flow("f1", "c1", "ready"), Flow("f2", "c2", "ready"), Flow("f3", None, "")


@pytest.mark.parametrize(
    ("flows", "ours"),
    [
        ((OURS, THEIRS, STRANGE), (OURS,)),
        ((THEIRS, STRANGE), None),
        ((THEIRS,), ()),
        ((), ()),
    ],
)
def test_a_strange_flow_hides_ours_only_where_it_may_be_ours(
    flows: tuple[Flow, ...], ours: tuple[Flow, ...] | None
) -> None:
    """Where a flow says that it leads to us, a neighbour that says nothing changes nothing."""
    assert answers.leading_to(flows, "C1") == ours


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-09-02T20:00:00Z", datetime(2026, 9, 2, 20, tzinfo=UTC)),
        ("2026-09-02T20:00:00.1234567Z", datetime(2026, 9, 2, 20, 0, 0, 123456, tzinfo=UTC)),
        ("2026-09-02T20:00:00", datetime(2026, 9, 2, 20, tzinfo=UTC)),
        ("2026-09-02T22:00:00+02:00", datetime(2026, 9, 2, 20, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("soon", None),
        (None, None),
        (7, None),
    ],
)
def test_moments_are_aware_or_absent(text: object, moment: datetime | None) -> None:
    """.NET writes seven digits of a second; a moment that cannot be read is left out."""
    assert answers.run({"id": "r1", "startDateTime": text}).started_at == moment


@settings(deadline=None)
@given(st.dictionaries(NAMES, json_values))
def test_whatever_sds_answers_is_read_or_malformed(item: dict[str, object]) -> None:
    """No answer makes the readers fail in any other way."""
    for read in (operations.operation, answers.run, answers.statistics, answers.connector):
        with suppress(TargetMalformed):
            read(item)
    with suppress(TargetMalformed):
        operations.operation(operations.as_graph_writes(item))
    answers.flows([item])
    operations.candidates([item], Whereabouts("", "", "c1", datetime(2026, 9, 2, tzinfo=UTC)))
