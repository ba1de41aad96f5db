"""What a school year of SDS is called, and what is to be done before it ends."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sync.edge.graph.setup_values import CodeKnown, SchoolYear
from sync.errors import ConfigError, TargetRefused
from sync.steps.setup.next_year import next_years
from sync.steps.setup.plan import CodeChosen, choose_code
from sync.steps.setup.shown import ConnectorLine

STARTS, ENDS = date(2026, 9, 1), date(2027, 8, 31)


def year(begins: int, code: str, ends: int | None = None) -> SchoolYear:
    """Return a school year that SDS has."""
    last = date(ends or begins + 1, 8, 31) if ends != begins else date(begins, 12, 31)
    return SchoolYear("y", "a year", code, date(begins, 9, 1), last)


def codes(*known: str, disabled: tuple[str, ...] = ()) -> list[CodeKnown]:
    """Return SDS's list of years, beside a list of something else."""
    listed = [CodeKnown("RefYear", code, "", code in disabled) for code in (*known, *disabled)]
    return [*listed, CodeKnown("RefGradeLevel", "2031", "", disabled=False)]


def chosen(asked: str, years: list[SchoolYear], known: list[CodeKnown]) -> CodeChosen:
    """Choose the code of the year from September 2026 on."""
    return choose_code(asked, STARTS, ENDS, years, known)


BOTH = codes("2026", "2027")


@pytest.mark.parametrize(
    ("years", "code"),
    [
        ([], "2027"),
        ([year(2025, "2026")], "2027"),
        ([year(2025, "2025")], "2026"),
        ([year(2024, "2024"), year(2025, "2025")], "2026"),
        ([year(2024, "2024"), year(2025, "2026")], "2027"),
        ([year(2025, "autumn")], "2027"),
        ([year(2025, "2025", ends=2025)], "2027"),
        ([year(2024, "2024"), year(2025, "2025", ends=2025)], "2026"),
        ([SchoolYear("y", "hidden", "2025", None, None)], "2027"),
    ],
)
def test_the_tenants_own_years_decide_after_what_a_year_is_called(
    years: list[SchoolYear], code: str
) -> None:
    """After its end, unless all that tell are called after their beginning; both are told."""
    other = "2026" if code == "2027" else "2027"

    assert chosen("", years, BOTH) == CodeChosen(code, [other])


def test_a_year_in_one_calendar_year_has_one_code() -> None:
    """As in the southern half of the world: there is nothing to choose."""
    code = choose_code("", date(2027, 1, 20), date(2027, 12, 10), [], codes("2026", "2027"))

    assert code == CodeChosen("2027", [])


@pytest.mark.parametrize(("known", "code"), [(codes("2026"), "2026"), (codes("2027"), "2027")])
def test_of_two_that_could_be_meant_the_one_that_sds_knows_is_taken(
    known: list[CodeKnown], code: str
) -> None:
    """And nobody is asked."""
    assert chosen("", [], known) == CodeChosen(code, [])


def test_a_code_that_is_disabled_is_not_known() -> None:
    """SDS takes none of these."""
    assert chosen("", [], codes("2026", disabled=("2027",))) == CodeChosen("2026", [])
    with pytest.raises(ConfigError, match="no year of the code 2027: SDS knows 2026"):
        chosen("2027", [], codes("2026", disabled=("2027",)))


def test_where_sds_knows_neither_it_is_said_what_it_knows() -> None:
    """Those nearest to the year; nothing is made up."""
    known = codes(*map(str, range(2000, 2020)))

    with pytest.raises(
        TargetRefused, match=r"2026/2027: SDS knows 2012, 2013,.* 2019\. Say --code"
    ):
        chosen("", [], known)
    with pytest.raises(TargetRefused, match="SDS knows none"):
        chosen("", [], codes())


def test_what_is_told_of_many_years_are_those_that_are_near() -> None:
    """Not the last of a list that goes on for ever."""
    known = codes(*map(str, range(2015, 2041)))

    with pytest.raises(
        ConfigError, match=r"SDS knows 2023, 2024, 2025, 2026, 2027, 2028, 2029, 2030$"
    ):
        chosen("27", [], known)


def test_a_code_that_a_person_says_goes_before_all() -> None:
    """If SDS knows it."""
    assert chosen("2026", [year(2025, "2026")], BOTH) == CodeChosen("2026")


# --- next year ------------------------------------------------------------------------------------

FLOW_ENDS = datetime(2027, 8, 31, tzinfo=UTC)


def line(ends_at: datetime | None = FLOW_ENDS, *, ours: bool = True) -> ConnectorLine:
    """Return a connector as `show` has it."""
    words = ("iSAMS", "sign-in name", "v2.1", "ready", "2026/27")
    return ConnectorLine("c-1", "MIS feed", ours, *words, ends_at)


def steps(ends_at: datetime | None, now: datetime, turn: date | None = None) -> str:
    """Return all that is to be done, in one text."""
    (told,) = next_years([line(ends_at)], turn, now)
    return "\n".join(told.steps)


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (datetime(2027, 7, 1, 23, 59, tzinfo=UTC), False),
        (datetime(2027, 7, 2, tzinfo=UTC), True),
        (datetime(2027, 8, 31, tzinfo=UTC), True),
        (datetime(2027, 12, 1, tzinfo=UTC), True),
    ],
)
def test_what_is_to_be_done_is_told_from_sixty_days_before(now: datetime, *, told: bool) -> None:
    """Before that only from when on."""
    (year,) = next_years([line()], None, now)

    assert bool(year.steps) == told
    assert (year.ends, year.told_from) == (date(2027, 8, 31), date(2027, 7, 2))


def test_the_order_is_that_in_which_nothing_is_lost() -> None:
    """ISAMS first, while the app stands still; then the groups, the new flow, the name."""
    said = steps(FLOW_ENDS, datetime(2027, 7, 20, tzinfo=UTC), date(2027, 9, 1))
    order = ("Stop the app", "roll iSAMS over", "tidy last year", "Start transition",
             "still called", "isams-sync check", "Start the app")  # fmt: skip

    assert [said.index(words) for words in order] == sorted(said.index(words) for words in order)
    assert "by 31 August 2027" in said
    assert "own year turns on 01 September 2027" in said
    assert 'called "MIS feed"' in said


def test_a_flow_that_is_over_wants_it_now() -> None:
    """On its last day it takes nothing any more."""
    assert "now: the flow is over" in steps(FLOW_ENDS, datetime(2027, 8, 31, 1, tzinfo=UTC))
    assert "now: the flow is over" not in steps(FLOW_ENDS, datetime(2027, 8, 30, 23, tzinfo=UTC))


def test_a_flow_whose_end_is_not_told_is_told_at_once() -> None:
    """It may be tomorrow."""
    said = steps(None, datetime(2027, 1, 1, tzinfo=UTC))

    assert "before it ends" in said
    assert "turns on" not in said


def test_a_connector_of_another_program_is_not_told() -> None:
    """Whose it is, they know."""
    assert next_years([line(ours=False)], None, datetime(2027, 8, 1, tzinfo=UTC)) == []
