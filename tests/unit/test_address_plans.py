"""A plan of addresses as its names tell it: how it stands, and when what names people goes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.ledger import address_plans
from sync.ledger.address_plans import Back, Before, PlanFolder, PlanState, plans, school_of
from sync.ledger.record import is_mark
from tests.unit.listings import DAY, NOW, Seen

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def plan(*names: str, age: timedelta = 0 * SECOND) -> PlanFolder:
    """Return the plan `northbank-7` that holds *names*, all so old."""
    blobs = [Seen(f"addresses/northbank/plans/000007/{name}", NOW - age) for name in names]
    (found,) = plans("northbank", blobs, NOW)
    return found


@pytest.mark.parametrize(
    ("names", "age", "state"),
    [
        (("planned.json", "addresses.json"), HOUR, PlanState.WAITS),
        (("planned.json", "addresses.json"), HOUR + SECOND, PlanState.VOID),
        (("planned.json", "begun-1.json"), HOUR, PlanState.BEGUN),
        (("planned.json", "begun-1.json"), HOUR + SECOND, PlanState.VOID),
        (("planned.json", "begun-1.json", "over.json"), SECOND, PlanState.OVER),
        (("planned.json",), -2 * HOUR, PlanState.VOID),  # by a clock that ran ahead
    ],
)
def test_how_a_plan_stands(names: tuple[str, ...], age: timedelta, state: PlanState) -> None:
    """An hour without a step, and it is void."""
    found = plan(*names, age=age)

    assert found.state is state
    assert found.is_open == (state in {PlanState.WAITS, PlanState.BEGUN})
    assert found.id == "northbank-7"


def test_a_record_that_was_kept_and_of_which_no_more_is_known_is_in_doubt() -> None:
    """Of writing and of taking back, each by its own names."""
    found = plan(
        *("planned.json", "begun-1.json"),
        *("before-1.json", "before-2.json", "written-2.json", "before-3.json", "passed-3.json"),
        *("before-4.json", "unwritten-4.json", "written-5.json", "back-5.json"),
        *("written-6.json", "back-6.json", "undone-6.json"),
    )

    assert found.in_doubt() == [(1, Before), (5, Back)]
    assert found.told() == [(2, Before), (3, Before), (4, Before), (6, Back)]
    assert found.ended == {2, 3, 4, 5, 6}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("northbank-3", ("northbank", 3)),
        (" NorthBank-3 ", ("northbank", 3)),
        ("north-bank-12", ("north-bank", 12)),
        ("northbank-03", None),
        ("northbank-0", None),
        ("northbank", None),
        ("-3", None),
        ("north/bank-3", None),
    ],
)
def test_the_id_of_a_plan_says_whose_it_is(text: str, meant: tuple[str, int] | None) -> None:
    """A key may hold hyphens itself."""
    assert school_of(text) == meant


def test_what_names_people_is_no_mark() -> None:
    """So that it goes after a week."""
    assert not any(map(is_mark, ("addresses.json", "before-3.json", "back-3.json")))
    assert all(map(is_mark, ("planned.json", "written-3.json", "over.json", "begun-1.json")))


def going(*blobs: Seen, known: bool = True) -> set[str]:
    sweeps = address_plans.of_addresses("northbank", blobs, NOW, known=known)
    return {name.removeprefix("addresses/northbank/") for sweep in sweeps for name in sweep.names}


def seen(name: str, days: float) -> Seen:
    return Seen(f"addresses/northbank/{name}", NOW - days * DAY)


def test_what_names_people_goes_after_a_week_file_by_file() -> None:
    """Also what a later run has kept beside a younger file; marks stay for a year."""
    assert going(
        seen("plans/000001/planned.json", 8),
        seen("plans/000001/addresses.json", 8),
        seen("plans/000001/before-1.json", 7.1),
        seen("plans/000001/back-2.json", 6),
        seen("plans/000001/written-2.json", 8),
        seen("plans/000002/planned.json", 1),
    ) == {"plans/000001/addresses.json", "plans/000001/before-1.json"}


def test_marks_go_after_a_year_but_those_of_the_newest_plan() -> None:
    """Its number is never given again; what was learnt and looked at stays with the school."""
    blobs = (
        seen("plans/000001/planned.json", 400),
        seen("plans/000002/planned.json", 380),
        seen("learnt/000001.json", 400),
        seen("looked/pupils-0a1b2c3d.json", 400),
    )

    assert going(*blobs) == {"plans/000001/planned.json"}
    assert going(*blobs, known=False) == {
        "plans/000001/planned.json",
        "plans/000002/planned.json",
        "learnt/000001.json",
        "looked/pupils-0a1b2c3d.json",
    }
    assert going(seen("learnt/000001.json", 5), known=False) == set()
