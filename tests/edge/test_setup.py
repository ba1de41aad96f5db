"""How SDS is set up, over Graph: its lists read whole, and each thing asked for once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from simulators.sds import (
    MOVED,
    SETUP_READ_ROLES,
    SETUP_ROLES,
    SIGN_IN_PAGE,
    Answer,
    ClassGroups,
    Connector,
    FlowSet,
    Knobs,
    Matching,
    SecurityGroups,
    Source,
    Users,
)
from sync.edge.clock import Budget
from sync.edge.graph.person import PERSON
from sync.edge.graph.requests import APP, Asker
from sync.edge.graph.setup import LISTS, MAKES, SdsSetup
from sync.edge.graph.setup_values import Kind, MatchingRule, Provisioning, SchoolYear
from sync.errors import TargetError, TargetMalformed, TargetRefused, TargetUnavailable
from sync.steps.setup.wanted import KINDS
from tests.edge.graph_tenant import Overheard, Signed, settings
from tests.edge.setup_tenant import BASE, BODIES, Setting, setting

POSTED: Mapping[Kind, str] = {kind: f"{LISTS[kind]}Post" for kind in KINDS}
READERS: Mapping[str, Callable[[SdsSetup, Budget], object]] = {
    "sourceSystems": SdsSetup.sources,
    "dataConnectors": SdsSetup.connectors,
    "years": SdsSetup.years,
    "inboundFlows": SdsSetup.flows,
    "outboundProvisioningFlowSets": SdsSetup.flow_sets,
    "referenceDefinitions": SdsSetup.codes,
}


# --- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READERS)
def test_every_list_is_read_to_its_last_page(name: str) -> None:
    """None is lost, and what is expanded is asked for on every page."""
    size = 40 if name == "referenceDefinitions" else 1
    many = tuple(Connector(id=f"c{number}", name=f"Feed {number}") for number in range(3))
    whole = setting(connectors=many)
    paged = setting(Knobs(page_size=size), connectors=many)
    for made in (whole, paged):
        made.sim.years = [replace(made.sim.years[0], id=f"y{number}") for number in range(3)]
        made.sim.flow_sets = [FlowSet(id=f"s{number}") for number in range(3)]

    assert READERS[name](paged.sds, paged.budget) == READERS[name](whole.sds, whole.budget)
    assert len(paged.sent) > len(whole.sent) == 1


@pytest.mark.parametrize("name", READERS)
def test_a_list_of_which_a_page_fails_is_not_had(name: str) -> None:
    """Half of a list would look like all that there is."""
    made = setting(Knobs(page_size=1))
    made.sim.connectors = tuple(Connector(id=f"c{number}") for number in range(3))
    made.sim.years = [replace(made.sim.years[0], id=f"y{number}") for number in range(3)]
    made.sim.flow_sets = [FlowSet(id=f"s{number}") for number in range(3)]
    made.sim.fail_next(name, Answer(404), skip=1)

    with pytest.raises(TargetRefused):
        READERS[name](made.sds, made.budget)


def test_what_is_linked_is_asked_for_and_read() -> None:
    """Of a connector its source, of a flow its connector and year, of a rule its group."""
    made = setting()
    inbound = made.sds.inbound(made.budget)
    (source,), (connector,), (year,), (flow,) = (
        inbound.sources, inbound.connectors, inbound.years, inbound.flows,
    )  # fmt: skip

    assert connector.source_id == source.id
    assert (flow.connector_id, flow.year_id) == (connector.id, year.id)
    assert source.matching == (
        MatchingRule("username", "userPrincipalName", "staff"),
        MatchingRule("username", "userPrincipalName", "students"),
    )
    assert year == SchoolYear(year.id, "2026/27", "2027", date(2026, 9, 1), date(2027, 8, 31))


def test_rules_are_in_the_order_in_which_sds_tries_them() -> None:
    """By their priority, whatever the order in the answer."""
    made = setting()
    rules = (Matching(role_group="students", priority=1), Matching(role_group="staff", priority=0))
    made.sim.sources = [Source(id="s1", matching=rules)]
    (source,) = made.sds.sources(made.budget)

    assert [rule.group for rule in source.matching or ()] == ["staff", "students"]


def test_matching_that_is_not_told_is_not_none() -> None:
    """A source that Graph gives null for is one whose matching is not seen."""
    made = setting()
    made.sim.sources = [Source(id="s1", matching=None), Source(id="s2", matching=())]

    assert [source.matching for source in made.sds.sources(made.budget)] == [None, ()]


@pytest.mark.parametrize("name", ["sourceSystems", "dataConnectors", "inboundFlows"])
def test_an_expand_that_graph_does_not_know_is_left_out(name: str) -> None:
    """Then the links are not seen; what the list itself says is."""
    made = setting()
    made.sim.fail_next(name, Answer(400, code="BadRequest"))
    read = READERS[name](made.sds, made.budget)

    assert len(made.sent) == 2
    assert "expand" not in str(made.sent[1].url)
    assert isinstance(read, tuple)
    assert len(read) == 1


def test_a_list_that_is_400_without_expand_too_is_not_had() -> None:
    """It was not the expand."""
    made = setting()
    made.sim.fail_next("dataConnectors", Answer(400, code="BadRequest"), times=2)

    with pytest.raises(TargetMalformed, match="would not"):
        made.sds.connectors(made.budget)


@pytest.mark.parametrize(
    ("left_out", "seen"),
    [
        ("sourceSystem", (None, True, True, True)),
        ("dataConnector", (True, None, True, True)),
        ("year", (True, True, None, True)),
        ("roleGroup", (True, True, True, None)),
    ],
)
def test_a_link_that_graph_leaves_out_is_not_seen(left_out: str, seen: tuple[object, ...]) -> None:
    """None, which nobody takes for another object, nor for none."""
    made = setting(Knobs(links_left_out=frozenset({left_out})))
    inbound = made.sds.inbound(made.budget)
    (rule, *_) = inbound.sources[0].matching or ()
    links = (
        inbound.connectors[0].source_id,
        inbound.flows[0].connector_id,
        inbound.flows[0].year_id,
        rule.group,
    )

    assert tuple(link and True for link in links) == seen


def test_outbound_flows_say_what_is_made_of_classes() -> None:
    """Of class groups what matters here; of the others that they are there."""
    made = setting()
    classes = ClassGroups(create_team=False, name_on_create_only=False, owners=None, members=())
    made.sim.flow_sets = [
        FlowSet(id="s1", name="All", flows=(classes, Users(), SecurityGroups(readiness=None))),
        FlowSet(id="s2", name="One", org_ids=("9990001",), flows=()),
    ]
    every, one = made.sds.flow_sets(made.budget)

    assert every.schools is None
    assert every.flows == (
        Provisioning("classGroup", "ready", teams=False, title_once=False, owners=None, members=()),
        Provisioning("user", "ready"),
        Provisioning("securityGroup", ""),
    )
    assert (one.name, one.schools, one.flows) == ("One", ("9990001",), ())


def test_codes_say_their_list_and_whether_they_are_in_use() -> None:
    """A year as SDS's own list of years has it."""
    made = setting()
    codes = {(code.kind, code.code) for code in made.sds.codes(made.budget) if not code.disabled}

    assert {("RefYear", "2027"), ("RefGradeLevel", "KG")} <= codes


# --- who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asker", "said"),
    [
        (APP, r"grant the application role {role} to the app's identity"),
        (PERSON, r"consent to {role} in Graph Explorer"),
    ],
)
@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("sourceSystems", "IndustryData-SourceSystem.Read.All"),
        ("dataConnectors", "IndustryData-DataConnector.Read.All"),
        ("years", "IndustryData-TimePeriod.Read.All"),
        ("inboundFlows", "IndustryData-InboundFlow.Read.All"),
        ("outboundProvisioningFlowSets", "IndustryData-OutboundFlow.Read.All"),
        ("referenceDefinitions", "IndustryData-ReferenceDefinition.Read.All"),
    ],
)
def test_who_may_not_read_is_told_what_to_grant_or_to_consent_to(
    name: str, role: str, asker: Asker, said: str
) -> None:
    """The app is granted a role by an administrator, a person consents to a scope."""
    scopes = SETUP_READ_ROLES - {role, "IndustryData.ReadBasic.All"}
    made = setting(scopes=scopes, asker=asker)

    with pytest.raises(TargetRefused, match=said.format(role=role)) as refused:
        READERS[name](made.sds, made.budget)
    assert refused.value.facts["status"] == 403


@pytest.mark.parametrize("name", READERS)
def test_an_sds_that_was_never_switched_on_is_told_as_that(name: str) -> None:
    """Somebody presses *Get started* once."""
    made = setting(Knobs(switched_on=False))

    with pytest.raises(TargetRefused, match="is School Data Sync switched on in this tenant"):
        READERS[name](made.sds, made.budget)


# --- one ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_is_read_by_its_id_with_what_it_leads_to(kind: Kind) -> None:
    """As its list shows it."""
    made = setting()
    inbound = made.sds.inbound(made.budget)
    listed = (inbound.sources, inbound.connectors, inbound.years, inbound.flows)
    (there,) = listed[KINDS.index(kind)]

    assert made.sds.one(kind, there.id, made.budget) == there


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_that_graph_does_not_show_is_none(kind: Kind) -> None:
    """404 and nothing else: what may not be read is no "not there"."""
    made = setting()
    unread = setting(scopes=["User.Read"])

    assert made.sds.one(kind, "00000000-0000-4000-8000-000000000000", made.budget) is None
    with pytest.raises(TargetRefused):
        unread.sds.one(kind, "00000000-0000-4000-8000-000000000000", unread.budget)


# --- making ---------------------------------------------------------------------------------------


def body(made: Setting, kind: Kind) -> Mapping[str, Any]:
    """Return a request that a tenant which is set up takes: for a second of the kind."""
    if kind in BODIES:
        return BODIES[kind]
    links = {
        "sourceSystem": made.sds.link("source", made.sim.all_sources()[0].id),
        "dataConnector": made.sds.link("connector", made.sim.connectors[0].id),
        "year": made.sds.link("year", made.sim.years[0].id),
    }
    if kind == "connector":
        return {
            "@odata.type": "#microsoft.graph.industryData.azureDataLakeConnector",
            "displayName": "Second feed",
            "fileFormat": {"code": "schoolDataSyncV2Rev1"},
            "sourceSystem@odata.bind": links["sourceSystem"],
        }
    return {
        "@odata.type": "#microsoft.graph.industryData.inboundFileFlow",
        "displayName": "Second",
        "dataDomain": "educationRostering",
        "effectiveDateTime": "2026-09-14T21:00:00Z",
        "expirationDateTime": "2027-08-31T00:00:00Z",
        "dataConnector@odata.bind": links["dataConnector"],
        "year@odata.bind": links["year"],
    }


def ready(**knobs: Any) -> Setting:  # Any: whatever knob there is
    """Return a tenant that takes another of each kind: no flow is active yet."""
    made = setting(Knobs(**knobs))
    made.sim.flows = []
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_made_has_the_id_that_sds_gives(kind: Kind) -> None:
    """One POST, with the body as it was given, and no other call."""
    made = ready()
    asked = body(made, kind)
    made_id = made.sds.make(kind, asked, made.budget)

    assert [(line.method, line.route, line.status) for line in made.sim.requests] == [
        ("POST", POSTED[kind], 201)
    ]
    assert made.sim.requests[0].body == asked
    assert made.sds.one(kind, made_id, made.budget)


def test_links_lead_to_whole_addresses_of_graph() -> None:
    """As Microsoft's own requests write them."""
    made = setting()

    assert made.sds.link("source", "a-1") == f"{BASE}sourceSystems('a-1')"
    assert made.sds.group_link("staff") == f"{BASE}roleGroups('staff')"
    assert made.sds.list_url("flow") == f"{BASE}inboundFlows"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "does not take what it was asked for"),
        (401, "does not accept the token"),
        (403, "consent to"),
        (404, "is School Data Sync switched on"),
        (409, "would stand in the way of another"),
        (423, "it is busy"),
        (429, "it is busy"),
    ],
)
def test_a_refusal_says_for_certain_that_nothing_was_made(
    kind: Kind, status: int, said: str
) -> None:
    """One POST was sent, and its outcome is known."""
    made = ready()
    made.sim.fail_next(POSTED[kind], Answer(status))

    with pytest.raises(TargetError, match=said) as refused:
        made.sds.make(kind, body(made, kind), made.budget)
    assert not refused.value.outcome_unknown
    assert made.posts() == 1


UNKNOWN: Mapping[str, Answer | Exception] = {
    "408": Answer(408),
    "500": Answer(500),
    "502": Answer(502),
    "503 and when": Answer(503, retry_after="1"),
    "504": Answer(504),
    "a sign-in page": SIGN_IN_PAGE,
    "a redirect": MOVED,
    "no body": Answer(201, body=b""),
    "a cut body": Answer(201, body=b'{"id": "0b1f'),
    "a list": Answer(201, body=b"[]"),
    "no id": Answer(201, body=b'{"displayName": "x"}'),
    "an id that could not stand in a path": Answer(201, body=b'{"id": "../x"}'),
    "too much": Answer(201, body=b" " * (8 * 1024 * 1024 + 1)),
    "no answer": httpx.ReadTimeout("slow"),
    "a broken wire": httpx.RemoteProtocolError("gone"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("answer", UNKNOWN.values(), ids=UNKNOWN)
def test_after_anything_else_sds_may_have_made_it(kind: Kind, answer: Answer | Exception) -> None:
    """It has, here: it is not asked for again, by nobody but who looks first."""
    made = ready()
    made.sim.fail_next(POSTED[kind], answer, done=True)

    with pytest.raises(TargetUnavailable) as doubt:
        made.sds.make(kind, body(made, kind), made.budget)
    assert doubt.value.outcome_unknown
    assert made.posts() == 1


def test_what_never_left_this_machine_has_made_nothing() -> None:
    """No connection, or no time left: no doubt is made of it."""
    made = ready()
    wire = Overheard(_no_connection, [])
    away = SdsSetup(settings(), Signed(), made.clock, transport=wire)
    for sds, budget in ((away, made.budget), (made.sds, Budget.of(made.clock, 0))):
        with pytest.raises(TargetError) as refused:
            sds.make("year", BODIES["year"], budget)
        assert not refused.value.outcome_unknown
    assert made.posts() == 0


def _no_connection(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def test_a_redirect_is_not_followed() -> None:
    """The token is for Graph alone."""
    made = ready()
    made.sim.fail_next("yearsPost", MOVED)
    with pytest.raises(TargetUnavailable):
        made.sds.make("year", BODIES["year"], made.budget)

    assert {request.url.host for request in made.sent} == {"graph.microsoft.com"}


@pytest.mark.parametrize("kind", KINDS)
def test_each_thing_wants_its_own_permission(kind: Kind) -> None:
    """And says which, in words for a person."""
    made = setting(scopes=SETUP_ROLES - {MAKES[kind].role})
    made.sim.flows = []

    with pytest.raises(TargetRefused, match=f"would not {MAKES[kind].words}.*{MAKES[kind].role}"):
        made.sds.make(kind, body(made, kind), made.budget)


def test_no_error_holds_a_token_or_an_address() -> None:
    """Whatever goes wrong, in text and facts."""
    for answer in UNKNOWN.values():
        made = ready()
        made.sim.fail_next("yearsPost", answer)
        with pytest.raises(TargetError) as doubt:
            made.sds.make("year", BODIES["year"], made.budget)
        told = f"{doubt.value} {json.dumps(doubt.value.facts)}"

        assert "://" not in told
        assert not any(token in told for token in made.sim.tokens)


def test_a_moment_and_a_day_are_read_whichever_graph_gives() -> None:
    """A year's days come as days or as moments; an end of a flow is a moment."""
    clock_sent: list[httpx.Request] = []
    page = {"value": [{"id": "y", "displayName": "2026/27", "year": {"code": "2027"},
                       "startDate": "2026-09-01T00:00:00Z", "endDate": "soon"}]}  # fmt: skip
    made = setting()
    wire = Overheard(lambda _: httpx.Response(200, json=page), clock_sent)
    (year,) = SdsSetup(settings(), Signed(), made.clock, transport=wire).years(made.budget)

    assert (year.starts, year.ends) == (date(2026, 9, 1), None)


def test_the_end_of_a_flow_is_a_moment_of_utc() -> None:
    """Whatever zone SDS writes it in."""
    made = setting()
    end = datetime(2027, 8, 31, tzinfo=UTC)
    made.sim.flows = [replace(made.sim.all_flows()[0], expires=end)]

    assert made.sds.flows(made.budget)[0].ends_at == end
