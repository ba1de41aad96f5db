"""What of a tenant's SDS does not fit the settings, and what is nothing to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from sync.edge.graph.answers import DATA_LAKE, FORMAT
from sync.edge.graph.setup_values import (
    CodeKnown,
    FlowSet,
    MatchingRule,
    Provisioning,
    SchoolYear,
    SourceSystem,
)
from sync.edge.graph.values import Connector, Flow
from sync.errors import TargetRefused
from sync.steps.setup.shown import Matched, SetupExpected, SetupSeen, lines, matching_words, misfits
from sync.steps.setup.wanted import Match

NOW = datetime(2026, 10, 1, 21, 0, tzinfo=UTC)
ENDS = datetime(2027, 8, 31, tzinfo=UTC)
RULES = (
    MatchingRule("username", "userPrincipalName", "staff"),
    MatchingRule("username", "userPrincipalName", "students"),
)
SOURCE = SourceSystem("s-1", "iSAMS", RULES)
CONNECTOR = Connector("c-1", "MIS feed", DATA_LAKE, FORMAT, "s-1")
YEAR = SchoolYear("y-1", "2026/27", "2027", date(2026, 9, 1), date(2027, 8, 31))
FLOW = Flow("f-1", "c-1", "ready", ENDS, "Roster", "y-1")
CLASSES = Provisioning(
    "classGroup", "ready", teams=True, title_once=True, owners=("teacher",), members=("student",)
)
SET = FlowSet("o-1", "Managed data", None, (CLASSES,))
KG = CodeKnown("RefGradeLevel", "KG", "", disabled=False)
FITS = SetupSeen((SOURCE,), (CONNECTOR,), (YEAR,), (FLOW,), (SET,), (KG,))
EXPECTED = SetupExpected(["MIS feed"], {}, {}, {})
UNSEEN = TargetRefused("Graph would not list it", role="IndustryData-Any.Read.All")


def said(seen: SetupSeen, expected: SetupExpected = EXPECTED, now: datetime = NOW) -> list[str]:
    """Return each misfit as a person reads it."""
    return [each.sentence for each in misfits(seen, expected, now)]


def matched(percent: int | None) -> Mapping[str, Matched]:
    """Return what the last run told: of a hundred pupils so many had an account; None: nothing."""
    if percent is None:
        return {"MIS feed": Matched(None, None, None, None)}
    return {"MIS feed": Matched(percent, 100 - percent, 10, 0)}


def test_what_fits_is_not_told() -> None:
    """A tenant that is set up as we would have made it."""
    assert said(FITS) == []


def test_each_misfit_says_what_to_do() -> None:
    """Of all that can be wrong at once."""
    wrong = SetupSeen((), (), (), (), (), ())

    assert all(each.do for each in misfits(wrong, EXPECTED, NOW))


# --- connectors -----------------------------------------------------------------------------------


def test_a_connector_that_is_not_there_is_told() -> None:
    """With the command that makes it."""
    (misfit,) = misfits(replace(FITS, connectors=()), EXPECTED, NOW)

    assert misfit.sentence == 'The connector "MIS feed" is not there'
    assert "`isams-sync sds plan`" in misfit.do


@pytest.mark.parametrize("name", ["MIS feed", "c-1", "C-1"])
def test_a_connector_is_there_by_its_name_or_by_its_id(name: str) -> None:
    """As CONNECTOR takes either."""
    assert said(FITS, replace(EXPECTED, connectors=[name])) == []


def test_a_name_in_other_letters_is_another_connector() -> None:
    """It would not be found at night either."""
    assert said(FITS, replace(EXPECTED, connectors=["mis feed"])) == [
        'The connector "mis feed" is not there'
    ]


def test_two_connectors_of_the_name_are_told() -> None:
    """After a change of year there may be: the id says which."""
    two = (CONNECTOR, replace(CONNECTOR, id="c-2"))
    flows = (FLOW, replace(FLOW, id="f-2", connector_id="c-2"))
    seen = replace(FITS, connectors=two, flows=flows)

    assert said(seen) == ['The connector "MIS feed" is there 2 times (c-1, c-2)']
    assert said(seen, replace(EXPECTED, connectors=["c-2"])) == []


@pytest.mark.parametrize("code", ["schoolDataSyncV1", "schoolDataSyncV2.1"])
def test_a_format_that_is_not_v21_is_told(code: str) -> None:
    """Files of another shape would be refused."""
    seen = replace(FITS, connectors=(replace(CONNECTOR, format=code),))

    assert said(seen) == [f'The connector "MIS feed" takes {code}, not SDS v2.1 CSV']


@pytest.mark.parametrize("code", [None, FORMAT.upper()])
def test_a_format_that_is_not_told_or_written_otherwise_is_nothing_to_say(
    code: str | None,
) -> None:
    """Old connectors show none."""
    assert said(replace(FITS, connectors=(replace(CONNECTOR, format=code),))) == []


def test_a_connector_that_takes_no_files_is_told() -> None:
    """Its format says nothing then."""
    other = replace(CONNECTOR, kind="oneRosterApiDataConnector", format="oneRoster")

    assert said(replace(FITS, connectors=(other,))) == ['The connector "MIS feed" takes no files']


def test_a_connector_that_no_setting_names_is_not_judged() -> None:
    """Another program may send to it: nothing of it is ours to mend."""
    other = Connector("c-2", "Other", "apiDataConnector", "schoolDataSyncV1", "s-2")
    source = SourceSystem("s-2", "Other", (MatchingRule("email", "mail", "staff", "x.example"),))
    flow = Flow("f-2", "c-2", "failed", None, "Other", "y-1")
    seen = replace(
        FITS, connectors=(CONNECTOR, other), sources=(SOURCE, source), flows=(FLOW, flow)
    )

    assert said(seen) == []


# --- matching -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            replace(RULES[0], identifier="email"),
            "matches staff by email, which we do not send",
        ),
        (
            replace(RULES[1], identifier="activeDirectory"),
            "matches students by activeDirectory, which we do not send",
        ),
        (
            replace(RULES[0], domain="northbank.example"),
            "puts a domain behind the addresses of staff",
        ),
        (replace(RULES[1], target="mail"), "matches students to mail"),
        (replace(RULES[1], target="Mail", group=None), "matches people to Mail"),
    ],
)
def test_matching_that_would_find_nobody_is_told(rule: MatchingRule, sentence: str) -> None:
    """Each rule by whom it is about."""
    seen = replace(FITS, sources=(replace(SOURCE, matching=(rule,)),))

    assert said(seen) == [f'The source "iSAMS" {sentence}']


@pytest.mark.parametrize(
    "rules", [None, (), (MatchingRule("", ""),), (MatchingRule("USERNAME", "userprincipalname"),)]
)
def test_matching_that_is_not_told_is_nothing_to_say(
    rules: tuple[MatchingRule, ...] | None,
) -> None:
    """And codes know no case."""
    assert said(replace(FITS, sources=(replace(SOURCE, matching=rules),))) == []


@pytest.mark.parametrize(("percent", "told"), [(89, True), (90, False), (100, False), (None, True)])
def test_matching_by_mail_is_right_where_nearly_all_are_found(
    percent: int | None, *, told: bool
) -> None:
    """Then addresses in iSAMS are mail addresses."""
    by_mail = tuple(replace(rule, target="mail") for rule in RULES)
    seen = replace(FITS, sources=(replace(SOURCE, matching=by_mail),), sets=UNSEEN)

    assert bool(said(seen, replace(EXPECTED, matched=matched(percent)))) == told


@pytest.mark.parametrize(
    ("planned", "target", "told"),
    [
        ("mail", "mail", False),
        ("mail", "userPrincipalName", True),
        ("userPrincipalName", "userPrincipalName", False),
        ("userPrincipalName", "mail", True),
    ],
)
def test_matching_is_judged_by_what_was_planned(planned: Match, target: str, *, told: bool) -> None:
    """Whoever planned has said what addresses are."""
    rules = tuple(replace(rule, target=target) for rule in RULES)
    seen = replace(FITS, sources=(replace(SOURCE, matching=rules),))

    assert bool(said(seen, replace(EXPECTED, matches={"MIS feed": planned}))) == told


# --- flows ----------------------------------------------------------------------------------------


def test_a_connector_without_a_flow_is_told() -> None:
    """What is sent would go nowhere."""
    assert said(replace(FITS, flows=())) == ['The connector "MIS feed" has no inbound flow']


def test_a_flow_that_does_not_say_where_it_leads_may_be_ours() -> None:
    """So nobody says that there is none."""
    assert said(replace(FITS, flows=(replace(FLOW, connector_id=None),))) == []


def test_two_flows_on_one_connector_are_told() -> None:
    """What is sent would go into both."""
    assert said(replace(FITS, flows=(FLOW, replace(FLOW, id="f-2")))) == [
        'The connector "MIS feed" has 2 inbound flows'
    ]


@pytest.mark.parametrize("state", ["expired", "disabled", "failed"])
def test_last_years_flow_beside_this_years_is_nothing_to_say(state: str) -> None:
    """It takes nothing any more; a change of year may leave it on the same connector."""
    last = replace(FLOW, id="f-0", state=state, ends_at=ENDS - timedelta(days=365))
    seen = replace(FITS, flows=(last, FLOW))

    assert said(seen) == []
    assert lines(seen, EXPECTED)[0].flow == "ready"


@pytest.mark.parametrize("state", ["expired", "disabled", "failed"])
def test_a_flow_that_takes_nothing_is_told(state: str) -> None:
    """With where to look for what to do."""
    (misfit,) = misfits(replace(FITS, flows=(replace(FLOW, state=state),)), EXPECTED, NOW)

    assert misfit.sentence == f'The connector "MIS feed" has a flow that is {state}'
    assert "`isams-sync sds next-year`" in misfit.do


def test_of_several_that_are_over_the_last_is_told() -> None:
    """Once."""
    flows = [
        replace(FLOW, id=f"f-{year}", state="expired", ends_at=ENDS.replace(year=year))
        for year in (2025, 2026, 2024)
    ]
    seen = replace(FITS, flows=tuple(flows))

    assert said(seen) == ['The connector "MIS feed" has a flow that is expired']
    assert lines(seen, EXPECTED)[0].ends_at == ENDS.replace(year=2026)


@pytest.mark.parametrize("state", ["ready", "notready", ""])
def test_a_flow_that_goes_on_is_nothing_to_say(state: str) -> None:
    """A new one is not ready for some minutes."""
    assert said(replace(FITS, flows=(replace(FLOW, state=state),))) == []


def test_a_flow_whose_end_has_passed_is_over_whatever_it_says() -> None:
    """SDS may say so only later."""
    seen = replace(FITS, flows=(replace(FLOW, ends_at=NOW, year_id=None),))

    assert said(seen) == ['The connector "MIS feed" has a flow that is over']


@pytest.mark.parametrize(("days", "told"), [(31, False), (30, True), (1, True)])
def test_a_flow_that_ends_within_thirty_days_is_told(days: int, *, told: bool) -> None:
    """The figure that `check` has."""
    end = NOW + timedelta(days=days)
    seen = replace(FITS, flows=(replace(FLOW, ends_at=end, year_id=None),))

    expected = [f'The connector "MIS feed" has a flow that ends on {end:%d %B %Y}'] if told else []
    assert said(seen) == expected


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (datetime(2027, 7, 20, tzinfo=UTC), True),
        (datetime(2027, 8, 29, 23, tzinfo=UTC), True),
        (datetime(2027, 8, 30, 23, tzinfo=UTC), False),
        (datetime(2027, 8, 31, 22, 59, tzinfo=UTC), False),
    ],
)
def test_a_flow_that_ends_before_its_year_is_told(end: datetime, *, told: bool) -> None:
    """A midnight in London is the day before in UTC: that is no difference."""
    seen = replace(FITS, flows=(replace(FLOW, ends_at=end),))
    sentence = (
        f'The connector "MIS feed" has a flow that ends on {end:%d %B %Y}, and whose year 2026/27'
        " ends on 31 August 2027"
    )

    assert said(seen) == ([sentence] if told else [])


@pytest.mark.parametrize("flow", [replace(FLOW, ends_at=None), replace(FLOW, year_id=None)])
def test_an_end_or_a_year_that_is_not_told_is_nothing_to_say(flow: Flow) -> None:
    """Neither is guessed."""
    assert said(replace(FITS, flows=(flow,))) == []


# --- class groups ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sets", [(), (replace(SET, flows=()),), (replace(SET, flows=(Provisioning("user", "ready"),)),)]
)
def test_no_class_groups_is_told(sets: tuple[FlowSet, ...]) -> None:
    """And when to switch them on."""
    (misfit,) = misfits(replace(FITS, sets=sets), EXPECTED, NOW)

    assert misfit.sentence == "Class groups are switched off: SDS makes no Teams"
    assert "at least 90 % matched" in misfit.do


def test_where_nothing_is_set_up_no_class_groups_are_missed() -> None:
    """There is nothing yet that they could be made of."""
    nothing = replace(FITS, connectors=(), flows=(), sets=())

    assert not [each for each in said(nothing) if "Class groups" in each]


def test_sets_that_do_not_say_what_is_in_them_are_nothing_to_say() -> None:
    """Class groups may be among it."""
    assert said(replace(FITS, sets=(replace(SET, flows=None),))) == []


@pytest.mark.parametrize(
    ("flow", "sentence"),
    [
        (replace(CLASSES, teams=False), "makes class groups without Teams"),
        (replace(CLASSES, title_once=False), "writes the titles of classes anew on every run"),
        (
            replace(CLASSES, owners=("teacher", "staff", "proctor")),
            "makes owners of staff, proctor too",
        ),
        (replace(CLASSES, owners=()), "makes no teacher an owner"),
        (replace(CLASSES, state="failed"), "is failed"),
    ],
)
def test_class_groups_that_are_made_otherwise_are_told(flow: Provisioning, sentence: str) -> None:
    """By the name of their set."""
    seen = replace(FITS, sets=(replace(SET, flows=(flow,)),))

    assert said(seen) == [f'Class groups "Managed data" {sentence}']


def test_owners_without_teachers_are_told_twice() -> None:
    """Who owns Teams, and that no teacher does."""
    flow = replace(CLASSES, owners=("staff",))

    assert said(replace(FITS, sets=(replace(SET, flows=(flow,)),))) == [
        'Class groups "Managed data" makes owners of staff too',
        'Class groups "Managed data" makes no teacher an owner',
    ]


@pytest.mark.parametrize(
    "flow",
    [
        replace(CLASSES, teams=None),
        replace(CLASSES, title_once=None),
        replace(CLASSES, owners=None),
        replace(CLASSES, owners=("Teacher",)),
        replace(CLASSES, members=("student", "aide")),
        replace(CLASSES, state=""),
    ],
)
def test_what_class_groups_do_not_tell_is_nothing_to_say(flow: Provisioning) -> None:
    """And roles know no case; who is a member beside pupils harms nobody."""
    assert said(replace(FITS, sets=(replace(SET, flows=(flow,)),))) == []


@pytest.mark.parametrize(("percent", "told"), [(89, True), (90, False), (None, False)])
def test_class_groups_that_are_on_too_early_are_told(percent: int | None, *, told: bool) -> None:
    """With the share of the last run that told; none has: nothing is said."""
    words = "are on, and only 89 % of its pupils or of its staff have an account"

    assert said(FITS, replace(EXPECTED, matched=matched(percent))) == (
        [f'Class groups "MIS feed" {words}'] if told else []
    )


def test_class_groups_that_are_off_are_not_too_early() -> None:
    """That few are matched is what the receipt says."""
    seen = replace(FITS, sets=())

    assert said(seen, replace(EXPECTED, matched=matched(10))) == [
        "Class groups are switched off: SDS makes no Teams"
    ]


@pytest.mark.parametrize(
    ("one", "percent"),
    [
        (Matched(95, 5, 1, 1), 50),
        (Matched(199, 1, 10, 0), 99),
        (Matched(0, 0, 9, 1), 90),
        (Matched(5, 0, None, 3), 100),
        (Matched(0, 0, 0, 0), None),
        (Matched(None, None, None, None), None),
    ],
)
def test_the_share_is_that_of_pupils_or_of_staff_whichever_is_less(
    one: Matched, percent: int | None
) -> None:
    """Rounded down; what was not told, or is nobody, has none."""
    assert one.least_percent() == percent


# --- year groups ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "known", "told"),
    [
        ("Year7", (KG,), True),
        ("KG", (replace(KG, disabled=True), replace(KG, code="01")), True),
        ("KG", (KG,), False),
        ("kg", (KG,), False),
        ("Year7", (), False),
        ("Year7", (replace(KG, kind="RefYear"),), False),
    ],
)
def test_a_grade_that_sds_does_not_know_is_told(
    code: str, known: tuple[CodeKnown, ...], *, told: bool
) -> None:
    """Codes know no case; where SDS shows no list of grades, nobody is judged by it."""
    seen = replace(FITS, codes=known)

    assert said(seen, replace(EXPECTED, grades={code: "seniors"})) == (
        [f'The year group "{code}" is in GRADES of seniors, and SDS does not know it']
        if told
        else []
    )


# --- what is not seen -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sources", "connectors", "years", "flows", "sets", "codes"])
def test_a_list_that_is_not_seen_is_no_misfit(name: str) -> None:
    """It is told as not seen, and nothing is concluded from it."""
    seen = replace(FITS, **{name: UNSEEN})

    assert said(seen, replace(EXPECTED, grades={"KG": "seniors"})) == []
    assert seen.unseen() == [UNSEEN]


# --- the table ------------------------------------------------------------------------------------


def test_a_line_has_all_that_hangs_on_a_connector() -> None:
    """Its source and matching, its flow and year, and when that ends."""
    (line,) = lines(FITS, EXPECTED)

    assert (line.name, line.ours, line.source, line.matching) == (
        "MIS feed", True, "iSAMS", "sign-in name",
    )  # fmt: skip
    assert (line.format, line.flow, line.year, line.ends_at) == ("v2.1", "ready", "2026/27", ENDS)


def test_ours_come_first_then_by_name() -> None:
    """Capitals make no difference."""
    names = ("beta", "MIS feed", "Alpha")
    many = tuple(Connector(f"c-{name}", name, DATA_LAKE, FORMAT, None) for name in names)

    made = lines(replace(FITS, connectors=many), EXPECTED)
    assert [line.name for line in made] == ["MIS feed", "Alpha", "beta"]
    assert [line.ours for line in made] == [True, False, False]


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (RULES, "sign-in name"),
        ((RULES[0], replace(RULES[1], target="mail")), "sign-in name, mail"),
        ((MatchingRule("email", "mail"),), "email = mail"),
        ((MatchingRule("username", "employeeId"),), "employeeId"),
        ((MatchingRule("", ""),), "?"),
        ((), ""),
        (None, ""),
    ],
)
def test_matching_is_told_in_few_words(rules: tuple[MatchingRule, ...] | None, words: str) -> None:
    """What of an account must be the address; what is matched otherwise is written out."""
    assert matching_words(replace(SOURCE, matching=rules)) == words


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({}, "v2.1"),
        ({"format": None}, "not told"),
        ({"format": "schoolDataSyncV1"}, "schoolDataSyncV1"),
        ({"kind": "oneRosterApiDataConnector"}, "no files"),
    ],
)
def test_a_format_is_told_in_a_word(change: dict[str, str | None], word: str) -> None:
    """That which we send is called as people call it."""
    connector = replace(CONNECTOR, **change)  # type: ignore[arg-type]

    assert lines(replace(FITS, connectors=(connector,)), EXPECTED)[0].format == word


def test_two_flows_are_told_as_two() -> None:
    """Neither is shown as if it were the only one."""
    (line,) = lines(replace(FITS, flows=(FLOW, replace(FLOW, id="f-2"))), EXPECTED)

    assert (line.flow, line.year, line.ends_at) == ("2 flows", "", None)
