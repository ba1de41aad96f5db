"""How the set-up of SDS is read from the simulator (reference sections 4.1, 4.10 to 4.12)."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from simulators.sds import (
    NEIGHBOUR,
    REFERENCES,
    SETUP_READ_ROLES,
    SETUP_ROLES,
    SETUP_WRITE_ROLES,
    AdministrativeUnits,
    ClassGroups,
    Connector,
    Flow,
    FlowSet,
    Knobs,
    Matching,
    SdsSimulator,
    SecurityGroups,
    Source,
    Users,
    Year,
)
from simulators.sds.facts import LISTS
from tests.simulators.sds.makings import Maker, empty
from tests.simulators.sds.sender import CONNECTOR, GRAPH, Clock, Sender

SETUP_LISTS = sorted(LISTS.keys() - {"operations", "runs"})


@pytest.fixture
def person(sim: SdsSimulator) -> Sender:
    return Sender(sim).come_as(SETUP_ROLES)


@pytest.mark.parametrize("name", SETUP_LISTS)
def test_each_list_is_paged_to_its_last_item(sim: SdsSimulator, person: Sender, name: str) -> None:
    """Over its `nextLink`s a list has what it has in one page, and its options with it."""
    sim.years = [replace(Year(), id=f"y{n}") for n in range(3)]
    sim.connectors = [Connector(id=f"c{n}") for n in range(3)]
    sim.flow_sets = [FlowSet(id=f"e{n}") for n in range(3)]
    whole = person.get(f"/{name}").json()["value"]
    sim.knobs = replace(sim.knobs, page_size=2)
    seen, url = [], f"{GRAPH}/{name}"
    while url:
        page = person.at(url).json()
        seen += page["value"]
        url = page.get("@odata.nextLink")

    assert len(whole) > 1
    assert seen == whole


@pytest.mark.parametrize("name", SETUP_LISTS)
def test_each_object_is_had_by_its_id_in_both_spellings(person: Sender, name: str) -> None:
    """`/x/{id}` and `/x('{id}')` give what the list gives; another id is nothing."""
    listed = person.get(f"/{name}").json()["value"][0]

    assert person.get(f"/{name}/{listed['id']}").json() == listed
    assert person.get(f"/{name}('{listed['id']}')").json() == listed
    assert person.get(f"/{name}/nothing").status_code == 404


@pytest.mark.parametrize(
    ("asked", "link"),
    [
        ("sourceSystems?$expand=userMatchingSettings($expand=roleGroup)", "roleGroup"),
        ("sourceSystems?$expand=userMatchingSettings/roleGroup", "roleGroup"),
        ("dataConnectors?$expand=sourceSystem", "sourceSystem"),
        ("inboundFlows?$expand=dataConnector,year", "dataConnector"),
        ("inboundFlows?$expand=dataConnector,year", "year"),
        ("outboundProvisioningFlowSets?$expand=provisioningFlows", "provisioningFlows"),
    ],
)
def test_a_link_is_there_only_when_it_is_asked_for(
    sim: SdsSimulator, person: Sender, asked: str, link: str
) -> None:
    """In lists and by id alike; and a knob leaves each out though it is asked for."""
    name, _, expand = asked.partition("?")
    found = person.get(f"/{name}").json()["value"][0]["id"]
    paths = [f"/{asked}", f"/{name}/{found}?{expand}"]
    with_link = [person.get(path).text for path in paths]
    without = [person.get(f"/{name}").text, person.get(f"/{name}/{found}").text]
    sim.knobs = replace(sim.knobs, links_left_out=frozenset({link}))
    left_out = [person.get(path).text for path in paths]

    assert all(f'"{link}": ' in text for text in with_link)
    assert not any(f'"{link}": ' in text for text in without + left_out if link != "year")
    assert not any('"startDate"' in text for text in without + left_out if link == "year")


def test_a_link_that_no_type_has_is_refused(person: Sender) -> None:
    """Graph knows the names of its links, and says so."""
    assert person.get("/dataConnectors?$expand=sourceSystems").status_code == 400


def test_the_links_lead_where_the_objects_say(clock: Clock) -> None:
    """A flow leads to its own connector and year, a connector to its own source."""
    sim = SdsSimulator(
        clock=clock,
        base_url="https://graph.sim.example",
        sources=[Source(id="s1"), Source(id="s2")],
        connectors=[Connector(), Connector(id="c2", source_id="s2")],
        years=[Year(), Year(id="y2", code="2026")],
        flows=[Flow(id="f2", connector_id="c2", year_id="y2")],
    )
    person = Sender(sim).come_as(SETUP_ROLES)
    flow = person.get("/inboundFlows/f2?$expand=dataConnector($expand=sourceSystem),year").json()

    assert flow["dataConnector"]["sourceSystem"]["id"] == "s2"
    assert flow["year"]["year"] == {"code": "2026"}
    assert person.get("/inboundFlows/f2/dataConnector").json()["id"] == "c2"
    assert person.get("/inboundFlows('f2')/year").json()["id"] == "y2"
    assert person.get("/dataConnectors/c2/sourceSystem").json()["id"] == "s2"


def test_what_an_object_leads_to_is_there_though_no_list_has_it(clock: Clock) -> None:
    """Graph never gives null for a link."""
    sim = SdsSimulator(
        clock=clock,
        base_url="https://graph.sim.example",
        sources=(),
        connectors=[Connector(source_id="gone")],
        years=(),
        flows=[Flow(id="f1", connector_id=CONNECTOR.id, year_id="past")],
    )
    person = Sender(sim).come_as(SETUP_ROLES)

    assert person.get(f"/dataConnectors/{CONNECTOR.id}/sourceSystem").json()["id"] == "gone"
    assert person.get("/inboundFlows/f1/year").json()["id"] == "past"


def test_unless_it_is_told_otherwise_a_tenant_is_set_up_soundly(person: Sender) -> None:
    """A source of its own for the connector, matched by user name, a year, Teams for teachers."""
    (source,) = person.get("/sourceSystems").json()["value"]
    (connector,) = person.get("/dataConnectors?$expand=sourceSystem").json()["value"]
    (flow,) = person.get("/inboundFlows?$expand=year").json()["value"]
    (sets,) = person.get("/outboundProvisioningFlowSets?$expand=provisioningFlows").json()["value"]
    configuration = sets["provisioningFlows"][0]["configuration"]

    assert connector["sourceSystem"] == source
    assert [one["sourceIdentifier"]["code"] for one in source["userMatchingSettings"]] == [
        "username",
        "username",
    ]
    assert flow["year"]["endDate"] == "2027-08-31"
    assert configuration["additionalOptions"]["createTeam"]
    assert configuration["enrollmentMappings"]["ownerEnrollmentMappings"] == [{"code": "teacher"}]


@pytest.mark.parametrize("given", [None, [Source(id="s1")]])
def test_a_neighbour_brings_its_own_source(
    sim: SdsSimulator, person: Sender, given: list[Source] | None
) -> None:
    """One more in the list, and the neighbour's connector leads to it."""
    sim.sources = given
    sim.settle(NEIGHBOUR, {})
    listed = [one["id"] for one in person.get("/sourceSystems").json()["value"]]
    own = person.get(f"/dataConnectors/{NEIGHBOUR.id}/sourceSystem").json()["id"]

    assert len(listed) == 2
    assert listed[-1] == own


def test_a_connector_that_names_its_source_has_no_other(sim: SdsSimulator, person: Sender) -> None:
    """Only one that names none gets one by itself."""
    sim.connectors = [Connector(), Connector(id="c2", source_id="gone")]

    assert len(person.get("/sourceSystems").json()["value"]) == 1


def test_the_matching_of_a_source_is_as_it_was_set(sim: SdsSimulator, person: Sender) -> None:
    """Each role group with its own identifier and target; or none was ever set."""
    by_mail = Matching(role_group="students", identifier="email", target="mail", priority=3)
    sim.sources = [Source(id="s1", matching=(by_mail,)), Source(id="s2", matching=None)]
    expand = "$expand=userMatchingSettings($expand=roleGroup)"
    first, second = person.get(f"/sourceSystems?{expand}").json()["value"]
    (setting,) = first["userMatchingSettings"]

    assert setting["roleGroup"]["id"] == "students"
    assert (setting["sourceIdentifier"], setting["matchTarget"], setting["priorityOrder"]) == (
        {"code": "email"},
        {"code": "mail"},
        3,
    )
    assert second["userMatchingSettings"] is None


def test_what_becomes_of_classes_and_people_can_be_set(sim: SdsSimulator, person: Sender) -> None:
    """Each kind of outbound flow tells its own options and its readiness."""
    flows = (
        ClassGroups(create_team=False, name_on_create_only=False, owners=("nurse",), members=None),
        Users(create_unmatched=True, readiness="disabled"),
        SecurityGroups(by_role_group=False, by_org_and_role_group=True),
        AdministrativeUnits(by_org=False, by_org_and_role_group=True, readiness=None),
    )
    sim.flow_sets = [FlowSet(flows=flows, org_ids=("o1", "o2"))]
    groups, users, security, units = person.get(
        f"/outboundProvisioningFlowSets/{FlowSet().id}/provisioningFlows"
    ).json()["value"]
    (chosen,) = person.get("/outboundProvisioningFlowSets").json()["value"]

    assert chosen["filter"]["in"] == ["o1", "o2"]
    assert groups["configuration"]["additionalOptions"] == {
        "createTeam": False,
        "writeDisplayNameOnCreateOnly": False,
    }
    assert groups["configuration"]["enrollmentMappings"] == {
        "ownerEnrollmentMappings": [{"code": "nurse"}],
        "memberEnrollmentMappings": None,
    }
    assert (users["createUnmatchedUsers"], users["readinessStatus"]) == (True, "disabled")
    assert security["creationOptions"]["createBasedOnOrgPlusRoleGroup"]
    assert (units["creationOptions"]["createBasedOnOrg"], units["readinessStatus"]) == (False, None)


def test_the_lists_of_words_are_those_of_the_reference(person: Sender) -> None:
    """Ids are made of type and code, numbers are unique in a type, Graph's examples fit."""
    listed = person.get("/referenceDefinitions").json()["value"]
    numbers = {one["id"]: one["sortIndex"] for one in listed}

    assert all(one["id"] == f"{one['referenceType']}-{one['code']}" for one in listed)
    assert len({(one["referenceType"], one["sortIndex"]) for one in listed}) == len(listed)
    assert [numbers[f"RefGradeLevel-{code}"] for code in ("01", "02", "undergraduate")] == [
        60,
        70,
        270,
    ]


def test_one_list_of_words_may_be_asked_for(sim: SdsSimulator, person: Sender) -> None:
    """By `$filter`, over its pages too; any other filter is refused and not ignored."""
    sim.knobs = replace(sim.knobs, page_size=20)
    first = person.get("/referenceDefinitions?$filter=referenceType eq 'RefGradeLevel'").json()
    second = person.at(first["@odata.nextLink"]).json()
    wrong = person.get("/referenceDefinitions?$filter=code eq '01'")

    assert {one["referenceType"] for one in first["value"] + second["value"]} == {"RefGradeLevel"}
    assert "@odata.nextLink" not in second
    assert wrong.status_code == 400


def test_words_may_be_a_tenants_own_and_years_unknown(sim: SdsSimulator, person: Sender) -> None:
    """A grade that was taken away and a year that SDS does not know are in no list."""
    sim.references = [one for one in REFERENCES if one.id != "RefGradeLevel-13"]
    sim.knobs = replace(sim.knobs, unknown_years=frozenset({"2027"}))
    asked = ["RefGradeLevel-13", "RefGradeLevel-12", "RefYear-2027", "RefYear-2026"]
    found = [person.get(f"/referenceDefinitions/{one}").status_code for one in asked]

    assert found == [404, 200, 404, 200]


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("IndustryData-SourceSystem.Read.All", "sourceSystems"),
        ("IndustryData-SourceSystem.ReadWrite.All", "sourceSystems"),
        ("IndustryData-DataConnector.Read.All", "dataConnectors"),
        ("IndustryData-DataConnector.ReadWrite.All", "dataConnectors"),
        ("IndustryData-TimePeriod.Read.All", "years"),
        ("IndustryData-TimePeriod.ReadWrite.All", "years"),
        ("IndustryData-InboundFlow.Read.All", "inboundFlows"),
        ("IndustryData-InboundFlow.ReadWrite.All", "inboundFlows"),
        ("IndustryData-OutboundFlow.Read.All", "outboundProvisioningFlowSets"),
        ("IndustryData-OutboundFlow.ReadWrite.All", "outboundProvisioningFlowSets"),
        ("IndustryData-ReferenceDefinition.Read.All", "referenceDefinitions"),
        ("IndustryData-ReferenceDefinition.ReadWrite.All", "referenceDefinitions"),
        ("IndustryData.ReadBasic.All", "referenceDefinitions"),
        ("IndustryData.ReadBasic.All", "roleGroups"),
    ],
)
def test_each_list_is_read_with_its_own_role(sim: SdsSimulator, role: str, path: str) -> None:
    """As an application's role and as a person's scope alike; to write is to read as well."""
    sim.knobs = replace(sim.knobs, roles=frozenset({role}))
    app, person = Sender(sim), Sender(sim).come_as({role})
    statuses = {name: app.get(f"/{name}").status_code for name in SETUP_LISTS}
    refused = [name for name, status in statuses.items() if status == 403]

    assert statuses[path] == 200
    assert set(refused) >= set(SETUP_LISTS) - {"roleGroups", "referenceDefinitions", path}
    assert {name: person.get(f"/{name}").status_code for name in SETUP_LISTS} == statuses


def test_the_roles_to_read_are_enough_to_read_and_no_more(sim: SdsSimulator) -> None:
    """Every list of the set-up answers to them, and nothing is made with them."""
    reader = Sender(sim).come_as(SETUP_READ_ROLES)

    assert {reader.get(f"/{name}").status_code for name in SETUP_LISTS} == {200}
    assert {
        reader.post(f"/{name}", {}).status_code
        for name in ("sourceSystems", "dataConnectors", "years", "inboundFlows")
    } == {403}
    assert all("ReadWrite" in role for role in SETUP_WRITE_ROLES)


def test_a_persons_token_carries_scopes_and_ends(sim: SdsSimulator, clock: Clock) -> None:
    """Its claims name them as a text, no role, and the moment at which Graph takes it no more."""
    text = sim.person_token({"b.Read.All", "IndustryData.ReadBasic.All"}, lifetime_s=600)
    body = text.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    person = Sender(sim)
    person.bearer = {"Authorization": f"Bearer {text}"}
    clock.pass_s(599)
    before = person.get("/roleGroups").status_code
    clock.pass_s(1)

    assert claims["scp"] == "IndustryData.ReadBasic.All b.Read.All"
    assert "roles" not in claims
    assert claims["exp"] == clock.now.timestamp()
    assert (before, person.get("/roleGroups").status_code) == (200, 401)


@pytest.mark.parametrize("name", [*LISTS, "sourceSystems/x", "runs/start"])
def test_an_sds_that_was_never_switched_on_knows_nothing(clock: Clock, name: str) -> None:
    """Each list answers 404, until somebody presses *Get started*."""
    sim = empty(clock, Knobs(switched_on=False, roles=SETUP_ROLES | Knobs().roles))
    app = Sender(sim)
    before = app.get(f"/{name}").status_code
    sim.knobs = replace(sim.knobs, switched_on=True)
    listed = {one: app.get(f"/{one}").status_code for one in LISTS}

    assert before == 404
    assert set(listed.values()) == {200}


def test_an_empty_sds_has_its_lists_of_words_and_nothing_else(clock: Clock) -> None:
    """What a school finds that has pressed *Get started*."""
    maker = Maker(empty(clock))
    counts = {name: len(maker.listed(name)) for name in SETUP_LISTS}

    assert {name for name, count in counts.items() if count} == {
        "roleGroups",
        "referenceDefinitions",
    }
