"""What of a wanted set-up of SDS is there already: used, made, or refused with the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from sync.edge.graph.answers import DATA_LAKE, FORMAT
from sync.edge.graph.setup_values import (
    Inbound,
    Kind,
    Made,
    MatchingRule,
    SchoolYear,
    SourceSystem,
)
from sync.edge.graph.values import Connector, Flow
from sync.steps.setup.matches import Decided, decide_all, unlike
from sync.steps.setup.wanted import KINDS, SetupWanted, YearWanted

YEAR = YearWanted(name="2026/27", code="2027", starts=date(2026, 9, 1), ends=date(2027, 8, 31))
WANTED = SetupWanted(connector="MIS feed", source="iSAMS", match="userPrincipalName", year=YEAR)
RULES = (
    MatchingRule("username", "userPrincipalName", "staff"),
    MatchingRule("username", "userPrincipalName", "students"),
)
ENDS = datetime(2027, 8, 31, tzinfo=UTC)
SOURCE = SourceSystem("s-1", "iSAMS", RULES)
CONNECTOR = Connector("c-1", "MIS feed", DATA_LAKE, FORMAT, "s-1")
SCHOOL_YEAR = SchoolYear("y-1", "2026/27", "2027", YEAR.starts, YEAR.ends)
FLOW = Flow("f-1", "c-1", "ready", ENDS, "Roster", "y-1")
IDS: dict[Kind, str] = {"source": "s-1", "connector": "c-1", "year": "y-1", "flow": "f-1"}


def there(
    sources: Sequence[SourceSystem] = (SOURCE,),
    connectors: Sequence[Connector] = (CONNECTOR,),
    years: Sequence[SchoolYear] = (SCHOOL_YEAR,),
    flows: Sequence[Flow] = (FLOW,),
) -> Inbound:
    """Return a tenant that has all of it, but for what is said."""
    return Inbound(sources, connectors, years, flows)


def decided(kind: Kind, inbound: Inbound, **known: str) -> Decided:
    """Decide for *kind*; *known* are ids of what we made, by kind."""
    ours: dict[Kind, str] = {each: known[each] for each in KINDS if each in known}
    return decide_all(WANTED, inbound, ours)[kind]


def refused(kind: Kind, inbound: Inbound, **known: str) -> str:
    """Return why *kind* is refused."""
    one = decided(kind, inbound, **known)
    assert one.do == "refuse"
    return one.why


def test_nothing_there_means_that_all_of_it_is_made() -> None:
    """In an SDS that was just switched on."""
    every = decide_all(WANTED, there((), (), (), ()), {})

    assert [every[kind].do for kind in KINDS] == ["make"] * 4


def test_all_of_it_there_is_used_by_its_ids() -> None:
    """With the names that it has."""
    every = decide_all(WANTED, there(), {})

    assert [(each.do, each.made_id) for each in every.values()] == [
        ("use", IDS[kind]) for kind in KINDS
    ]
    assert every["flow"].name == "Roster"


# --- source ---------------------------------------------------------------------------------------


def test_the_source_is_that_of_the_connector_whatever_it_is_called() -> None:
    """Another of the name that was planned is another's."""
    mis = SourceSystem("s-2", "MIS", RULES)
    connector = replace(CONNECTOR, source_id="s-2")
    one = decided("source", there((SOURCE, mis), (connector,)))

    assert (one.do, one.made_id, one.name) == ("use", "s-2", "MIS")


@pytest.mark.parametrize("name", ["iSAMS", "ISAMS", " isams "])
def test_without_the_connector_the_source_goes_by_its_name(name: str) -> None:
    """As SDS could compare it."""
    one = decided("source", there((SourceSystem("s-3", name, RULES),), (), (), ()))

    assert (one.do, one.made_id) == ("use", "s-3")


def test_two_sources_of_the_name_are_refused() -> None:
    """Nobody can say which is meant."""
    twice = (SOURCE, replace(SOURCE, id="s-2"))

    assert refused("source", there(twice, ())) == 'there are 2: "iSAMS" (s-1), "iSAMS" (s-2)'


def test_a_connector_whose_source_is_not_shown_is_refused() -> None:
    """Unless we made the source ourselves: then our note says it."""
    hidden = replace(CONNECTOR, source_id=None)

    why = refused("source", there(connectors=(hidden,)))
    assert why == 'SDS does not show of which source the connector "MIS feed" (c-1) is'
    assert decided("source", there(connectors=(hidden,)), source="S-1").do == "use"


def test_a_source_that_is_not_listed_is_refused() -> None:
    """The connector leads to one that the list does not have."""
    why = refused("source", there((SourceSystem("s-9", "Other", RULES),)))

    assert why == 'SDS does not list the source of "MIS feed" (c-1)'


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        (
            (replace(RULES[0], identifier="email"), RULES[1]),
            "matches staff by email, not by username",
        ),
        (
            (RULES[0], replace(RULES[1], target="mail")),
            "matches students to mail, not to userPrincipalName",
        ),
        (
            (RULES[0], replace(RULES[1], domain="northbank.example")),
            "puts a domain behind the addresses of students, which are whole",
        ),
        ((RULES[0],), "has no rule that matches students"),
        ((RULES[1],), "has no rule that matches staff"),
        ((), "has no rule that matches staff; has no rule that matches students"),
        ((replace(RULES[0], group=None, target="mail"),), "matches people to mail"),
    ],
)
def test_a_source_that_matches_otherwise_is_refused(
    rules: tuple[MatchingRule, ...], why: str
) -> None:
    """With each difference in words, and its name and id."""
    said = refused("source", there((replace(SOURCE, matching=rules),)))

    assert said.startswith('"iSAMS" (s-1) ')
    assert why in said


@pytest.mark.parametrize(
    "rules",
    [
        None,
        (MatchingRule("", ""),),
        (MatchingRule("UserName", "UserPrincipalName", "staff"), RULES[1]),
        (replace(RULES[0], group=None),),
        (*RULES, MatchingRule("email", "mail", "contacts")),
    ],
)
def test_matching_that_is_not_told_is_no_difference(
    rules: tuple[MatchingRule, ...] | None,
) -> None:
    """Codes know no case, and a group that is neither staff nor students is not ours."""
    assert decided("source", there((replace(SOURCE, matching=rules),))).do == "use"


# --- connector ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"name": "mis feed"}, 'is called "mis feed", not "MIS feed"'),
        ({"name": "MIS feed "}, 'is called "MIS feed ", not "MIS feed"'),
        ({"kind": "oneRosterApiDataConnector"}, "takes no files"),
        ({"format": "schoolDataSyncV1"}, "takes schoolDataSyncV1, not schoolDataSyncV2Rev1"),
        ({"format": "schoolDataSyncV2.1"}, "takes schoolDataSyncV2.1, not schoolDataSyncV2Rev1"),
    ],
)
def test_a_connector_that_is_something_else_is_refused(change: dict[str, str], why: str) -> None:
    """A connector's format stays: it cannot be made ours."""
    said = refused("connector", there(connectors=(replace(CONNECTOR, **change),)))

    assert why in said


def test_two_connectors_of_the_name_are_refused() -> None:
    """Files would go to either."""
    twice = (CONNECTOR, replace(CONNECTOR, id="c-2"))

    assert refused("connector", there(connectors=twice)).startswith("there are 2: ")


@pytest.mark.parametrize("change", [{"format": None}, {"kind": DATA_LAKE.upper()}])
def test_a_connector_that_tells_less_is_used(change: dict[str, str | None]) -> None:
    """Old ones show no format."""
    old = replace(CONNECTOR, **change)  # type: ignore[arg-type]

    assert decided("connector", there(connectors=(old,))).do == "use"


def test_another_connector_is_nobody_of_ours() -> None:
    """Ours is made beside it."""
    other = replace(CONNECTOR, id="c-2", name="Other feed")

    assert decided("connector", there(connectors=(other,))).do == "make"


def test_what_was_made_of_another_source_is_told() -> None:
    """Compared is what SDS tells: a link that it leaves out is no difference."""
    assert unlike(WANTED, replace(CONNECTOR, source_id="s-2"), IDS) == ("is of another source",)
    assert unlike(WANTED, replace(CONNECTOR, source_id=None), IDS) == ()


# --- year -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"code": "2026"}, "has the code 2026, not 2027"),
        (
            {"starts": date(2026, 8, 1)},
            "begins on 01 August 2026, not on 01 September 2026",
        ),
        ({"ends": date(2027, 7, 20)}, "ends on 20 July 2027, not on 31 August 2027"),
        (
            {"starts": date(2028, 9, 1), "ends": date(2029, 8, 31)},
            "begins on 01 September 2028, not on 01 September 2026",
        ),
    ],
)
def test_a_year_that_meets_ours_or_has_its_code_and_is_otherwise_is_refused(
    change: dict[str, object], why: str
) -> None:
    """SDS could not hold both."""
    other = replace(SCHOOL_YEAR, **change)  # type: ignore[arg-type]

    assert why in refused("year", there(years=(other,), flows=()))


def test_a_year_of_another_name_is_used() -> None:
    """Its days and its code say which it is."""
    assert decided("year", there(years=(replace(SCHOOL_YEAR, name="This year"),))).do == "use"


def test_a_year_that_touches_ours_at_no_day_is_another() -> None:
    """The last one ends on the day before ours begins."""
    last = SchoolYear("y-0", "2025/26", "2026", date(2025, 9, 1), date(2026, 8, 31))

    assert decided("year", there(years=(last,), flows=())).do == "make"
    assert decided("year", there(years=(last, SCHOOL_YEAR))).made_id == "y-1"


def test_one_day_in_common_is_enough_to_meet() -> None:
    """Both days are in a year."""
    long = SchoolYear("y-0", "2025/26", "2026", date(2025, 9, 1), date(2026, 9, 1))

    assert "begins on 01 September 2025" in refused("year", there(years=(long,), flows=()))


def test_two_years_that_could_be_meant_are_refused() -> None:
    """One by its days, one by its code."""
    coded = replace(SCHOOL_YEAR, id="y-2", starts=date(2030, 9, 1), ends=date(2031, 8, 31))

    assert refused("year", there(years=(SCHOOL_YEAR, coded))).startswith("there are 2: ")


@pytest.mark.parametrize("change", [{"starts": None}, {"ends": None}])
def test_a_year_whose_days_are_not_shown_is_refused(change: dict[str, None]) -> None:
    """It may be ours."""
    hidden = replace(SCHOOL_YEAR, **change)  # type: ignore[arg-type]

    assert "does not show from when to when" in refused("year", there(years=(hidden,)))


def test_a_year_without_a_code_is_used() -> None:
    """What is not told is no difference."""
    assert decided("year", there(years=(replace(SCHOOL_YEAR, code=""),))).do == "use"


# --- flow -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"year_id": "y-0"}, "is of another year than 2026/27"),
        ({"state": "expired"}, "is expired"),
        ({"state": "failed"}, "is failed"),
        ({"state": "disabled"}, "is disabled"),
        (
            {"ends_at": datetime(2027, 7, 20, tzinfo=UTC)},
            "ends on 20 July 2027, before the year does, on 31 August 2027",
        ),
    ],
)
def test_a_flow_of_our_connector_that_does_not_serve_is_refused(
    change: dict[str, object], why: str
) -> None:
    """Any flow of it counts: a second would get the files too."""
    other = replace(FLOW, **change)  # type: ignore[arg-type]

    assert why in refused("flow", there(flows=(other,)))


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Whatever"},
        {"state": "notready"},
        {"state": ""},
        {"ends_at": None},
        {"year_id": None},
        {"ends_at": datetime(2027, 8, 30, 23, tzinfo=UTC)},
        {"ends_at": datetime(2028, 1, 1, tzinfo=UTC)},
    ],
)
def test_a_flow_of_our_connector_that_serves_is_used(change: dict[str, object]) -> None:
    """Midnight in London is an hour of the day before; what is not told is no difference."""
    assert decided("flow", there(flows=(replace(FLOW, **change),))).do == "use"  # type: ignore[arg-type]


def test_two_flows_of_our_connector_are_refused() -> None:
    """What is sent would go into both."""
    two = (FLOW, replace(FLOW, id="f-2"))

    assert refused("flow", there(flows=two)).startswith("there are 2: ")


def test_a_flow_of_the_same_year_and_source_stands_in_the_way_while_it_is_active() -> None:
    """SDS has one such at a time."""
    other = replace(CONNECTOR, id="c-2", name="Other feed")
    flow = replace(FLOW, connector_id="c-2")
    both = (CONNECTOR, other)

    why = refused("flow", there(connectors=both, flows=(flow,)))
    assert 'leads to another connector than "MIS feed"' in why
    over = replace(flow, state="expired")
    assert decided("flow", there(connectors=both, flows=(over,))).do == "make"


@pytest.mark.parametrize(
    ("source_id", "year_id", "do"),
    [
        ("s-1", "y-1", "refuse"),
        (None, "y-1", "refuse"),
        ("s-1", None, "refuse"),
        ("s-2", "y-1", "make"),
        ("s-1", "y-0", "make"),
    ],
)
def test_what_may_be_of_the_same_year_and_source_stands_in_the_way_too(
    source_id: str | None, year_id: str | None, do: str
) -> None:
    """What is not shown may be the same; another source or another year has its own flow."""
    other = replace(CONNECTOR, id="c-2", name="Other feed", source_id=source_id)
    flow = replace(FLOW, connector_id="c-2", year_id=year_id)
    sources = (SOURCE, replace(SOURCE, id="s-2", name="Other"))

    assert decided("flow", there(sources, (CONNECTOR, other), flows=(flow,))).do == do


def test_a_flow_that_does_not_say_where_it_leads_is_refused() -> None:
    """Unless it is the one that we made: then our note says it."""
    hidden = replace(FLOW, connector_id=None)

    why = refused("flow", there(flows=(hidden,)))
    assert why == 'SDS does not show where "Roster" (f-1) leads'
    assert decided("flow", there(flows=(hidden,)), flow="F-1").do == "use"


@pytest.mark.parametrize("made", [SOURCE, CONNECTOR, SCHOOL_YEAR, FLOW])
def test_what_was_made_as_wanted_is_unlike_in_nothing(made: Made) -> None:
    """So it is used, and not reported."""
    assert unlike(WANTED, made, IDS) == ()
