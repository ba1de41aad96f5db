"""What the real Functions host sent to Application Insights, and every query about it.

The items are of 27 November 2026, and of one delivery: tests/samples/host/README.md,
docs/reference/functions.md#one-delivery
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.infra.asked import OF_LINES, answer
from tests.infra.kql import Row, Table
from tests.infra.nights import traced

SENT = Path(__file__).parents[1] / "samples" / "host" / "telemetry.json"
NOW = datetime(2026, 11, 27, 7, 20, tzinfo=UTC)
DELIVERY = "20261127T071559Z-492cb9d0"


@pytest.fixture(scope="module")
def rows() -> Table:
    """Return `traces` as Application Insights would hold them: ours and the host's own lines."""
    items = json.loads(SENT.read_text(encoding="utf-8"))
    return [
        {
            "timestamp": datetime.fromisoformat(item["time"]),
            "message": item["data"]["baseData"]["message"],
        }
        for item in items
        if item["name"] == "AppTraces"
    ]


def asked(name: str, rows: Table) -> list[Row]:
    """Return what the query *name* answers a few minutes later."""
    return list(answer(name, rows, NOW))


def test_an_invented_row_has_the_shape_of_a_sent_one(rows: Table) -> None:
    """The nights of the other tests are told in the columns in which the host tells."""
    assert {frozenset(row) for row in rows} == {frozenset(traced(NOW, ""))}
    assert {type(row["timestamp"]) for row in rows} == {datetime}


@pytest.mark.parametrize("name", sorted(OF_LINES))
def test_a_good_delivery_wakes_nobody(name: str, rows: Table) -> None:
    """No alert takes a line of the host's own, warnings among them, for trouble of ours.

    See docs/reference/functions.md#first-start-warnings, docs/reference/functions.md#host-lines.
    """
    assert asked(name, rows) == []


def test_the_digest_shows_school_profiles_and_connector(rows: Table) -> None:
    """With what each holds, and none of the host's own lines."""
    found = [(row["what"], row["about"], row["outcome"]) for row in asked("digest", rows)]

    assert found == [
        ("connector", "MIS feed", "accepted"),
        ("profile", "prep", "sealed"),
        ("profile", "seniors", "sealed"),
        ("school", "main", "sealed"),
    ]


def test_counts_are_those_of_the_lines(rows: Table) -> None:
    """Numbers come through the host as numbers."""
    found = {row["about"]: (row["students"], row["classes"]) for row in asked("counts", rows)}

    assert found == {"prep": (148, 12), "seniors": (149, 48)}


def test_runs_tell_the_night_in_order_and_which_function_ran(rows: Table) -> None:
    """Newest first; each line of the app but the ticks', with its delivery."""
    found = asked("runs", rows)
    outcomes = [row["outcome"] for row in found if row["delivery"] == DELIVERY]

    assert [row["timestamp"] for row in found] == sorted(
        (row["timestamp"] for row in found), reverse=True
    )
    assert "tick" not in {row["did"] for row in found}
    assert outcomes[-1] == "sealed"
    assert "submitted" in outcomes


@pytest.mark.parametrize("name", ["durations", "findings", "age"])
def test_the_workbook_has_something_to_draw(name: str, rows: Table) -> None:
    """Each query of the workbook finds the night."""
    assert asked(name, rows)


def test_silence_is_told_a_day_and_a_half_later(rows: Table) -> None:
    """After that night nothing came: the alert for it is not blind to what the host sends."""
    later = NOW + timedelta(hours=36)

    assert [row["about"] for row in answer("silent", rows, later)]
