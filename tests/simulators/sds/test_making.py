"""What the simulator lets a person make in SDS, and what it refuses (reference section 4.10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from simulators.sds import Answer, Connector, Flow, Knobs, SdsSimulator, Year
from simulators.sds.facts import LISTS, POSTS, misfits
from simulators.sds.routes import ROUTES
from tests.simulators.sds.makings import PATH, TYPE, Maker, empty, made, matching
from tests.simulators.sds.sender import (
    GRAPH,
    Clock,
    Sender,
    operation_to_its_end,
    run_to_its_end,
    school,
)

SETS = sorted(POSTS)


@pytest.fixture
def sim(clock: Clock) -> SdsSimulator:
    return empty(clock)


@pytest.fixture
def maker(sim: SdsSimulator) -> Maker:
    return Maker(sim)


@pytest.fixture
def half(maker: Maker) -> Maker:
    """All but the flow is made, so that each kind of object can be made (again)."""
    made(maker.connector(made(maker.source())))
    made(maker.year())
    return maker


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("links", [True, False])
def test_what_is_made_is_told_as_the_table_says(half: Maker, name: str, *, links: bool) -> None:
    """201 with the object, of its type; without its links unless a knob says otherwise."""
    half.sim.knobs = replace(half.sim.knobs, post_shows_links=links)
    answer = half.one(name, {})
    told = {"sourceSystem", "dataConnector", "roleGroup"} & set(answer.text.split('"'))

    assert answer.status_code == 201
    assert list(misfits(answer.json(), LISTS[name])) == []
    assert bool(told) == (links and name != "years")


@pytest.mark.parametrize("name", SETS)
def test_what_is_made_is_listed_as_it_was_told(half: Maker, name: str) -> None:
    """At the end of its list, and by its id."""
    before = half.listed(name)
    answer = half.one(name, {}).json()

    assert half.listed(name) == [*before, answer]
    assert half.sender.get(f"/{name}/{answer['id']}").json() == answer


def test_an_sds_that_was_made_so_takes_a_delivery(maker: Maker, clock: Clock) -> None:
    """Connector and flow are real: session, validate and run work with them afterwards."""
    whole, sender = maker.whole(), Sender(maker.sim)
    clock.pass_s(60)
    sender.send(school(), whole.connector)
    operation_to_its_end(maker.sim, clock)
    run_to_its_end(maker.sim, clock)

    assert [one.flow.id for one in maker.sim.runs[-1].activities] == [whole.flow]
    assert maker.sim.runs[-1].status == "completed"
    assert len(maker.sim.store.people.active) == 4


@pytest.mark.parametrize(
    ("settles_s", "as_word", "words"),
    [
        (60.0, "ready", ["notReady", "notReady", "ready", "ready"]),
        (0.0, "ready", ["ready", "ready", "ready", "ready"]),
        (60.0, "failed", ["notReady", "notReady", "failed", "failed"]),
        (None, "ready", ["notReady", "notReady", "notReady", "notReady"]),
    ],
)
def test_a_flow_is_ready_after_a_while_or_fails_or_never_is(
    maker: Maker, clock: Clock, settles_s: float | None, as_word: str, words: list[str]
) -> None:
    """By the clock, and whatever the knobs say after it was made."""
    knobs = maker.sim.knobs
    maker.sim.knobs = replace(knobs, flow_settles_s=settles_s, flow_settles_as=as_word)
    whole = maker.whole()
    maker.sim.knobs = knobs
    told = []
    for wait_s in (0, 59, 1, 3600):
        clock.pass_s(wait_s)
        told.append(maker.sender.get(f"/inboundFlows/{whole.flow}").json()["readinessStatus"])

    assert told == words


@pytest.mark.parametrize("word", ["notReady", "ready", "failed"])
def test_a_flow_that_has_ended_is_expired_whatever_it_was(clock: Clock, word: str) -> None:
    """Its end goes before what it would be."""
    flow = Flow(id="f", connector_id="c", readiness=word, expires=clock.now, settles=clock.now)

    assert flow.readiness_at(clock.now) == "expired"


def test_a_moment_is_given_back_in_utc(half: Maker) -> None:
    """To the microsecond: two spellings of one moment are one moment."""
    end = "2027-03-13T16:40:46.924769+05:30"
    answer = half.one("inboundFlows", {"expirationDateTime": end}).json()

    assert answer["expirationDateTime"] == "2027-03-13T11:10:46.924769Z"


REFUSED = [
    ("sourceSystems", {"shoe": 7}, "no such property"),
    ("sourceSystems", {"displayName": None}, "displayName is missing"),
    ("sourceSystems", {"displayName": " "}, "displayName is empty"),
    ("sourceSystems", {"displayName": "x" * 101}, "longer than 100"),
    ("sourceSystems", {"vendor": "x" * 101}, "longer than 100"),
    ("sourceSystems", {"id": "mine"}, "read-only"),
    ("sourceSystems", {"userMatchingSettings": {}}, "not a list"),
    (
        "sourceSystems",
        {"userMatchingSettings": [matching("staff", 0) | {"domainName": "fern.example"}]},
        "domainName: no such property",
    ),
    ("sourceSystems", {"userMatchingSettings": [matching("parents", 0)]}, "leads to nothing"),
    ("sourceSystems", {"userMatchingSettings": [matching("staff", 0, "upn")]}, "'upn' is no"),
    (
        "sourceSystems",
        {"userMatchingSettings": [{"sourceIdentifier": {"code": "username"}}]},
        "a property is missing",
    ),
    (
        "sourceSystems",
        {
            "userMatchingSettings": [
                {k: v for k, v in matching("staff", 0).items() if "bind" not in k}
            ]
        },
        "roleGroup@odata.bind is missing",
    ),
    (
        "sourceSystems",
        {"userMatchingSettings": [matching("staff", 0) | {"roleGroup": {"id": "staff"}}]},
        "a link is bound, not written",
    ),
    ("dataConnectors", {"fileFormat": {"code": "schoolDataSyncV2.1"}}, "is no RefFileFormat"),
    ("dataConnectors", {"fileFormat": {"code": "schooldatasyncv2rev1"}}, "is no RefFileFormat"),
    ("dataConnectors", {"fileFormat": "schoolDataSyncV2Rev1"}, "not an object"),
    ("dataConnectors", {"displayName": "x" * 101}, "longer than 100"),
    ("dataConnectors", {"@odata.type": None}, "@odata.type is missing"),
    ("dataConnectors", {"@odata.type": f"{TYPE}oneRosterApiDataConnector"}, "is said to be"),
    ("dataConnectors", {"sourceSystem@odata.bind": None}, "sourceSystem@odata.bind is missing"),
    ("dataConnectors", {"sourceSystem@odata.bind": f"{GRAPH}/sourceSystems('x')"}, "to nothing"),
    ("dataConnectors", {"sourceSystem@odata.bind": f"{GRAPH}/years('{Year().id}')"}, "to nothing"),
    ("dataConnectors", {"sourceSystem@odata.bind": 7}, "is missing"),
    ("dataConnectors", {"year@odata.bind": f"{GRAPH}/years('x')"}, "no such link"),
    ("dataConnectors", {"sourceSystem@odata.id": "x"}, "not understood"),
    ("years", {"year": {"code": "1999"}}, "'1999' is no RefYear"),
    ("years", {"year": {}}, "None is no RefYear"),
    ("years", {"year": "2027"}, "not an object"),
    ("years", {"year": None}, "year is missing"),
    ("years", {"startDate": "2026-09-01T00:00:00Z"}, "is no Date"),
    ("years", {"endDate": "2027-02-30"}, "is no Date"),
    ("years", {"endDate": "2026-08-31"}, "endDate is before startDate"),
    ("years", {"displayName": "x" * 101}, "longer than 100"),
    ("inboundFlows", {"displayName": "x" * 101}, "longer than 100"),
    ("inboundFlows", {"dataDomain": None}, "dataDomain is missing"),
    ("inboundFlows", {"dataDomain": "rostering"}, "is no inboundDomain"),
    ("inboundFlows", {"readinessStatus": "ready"}, "read-only"),
    ("inboundFlows", {"effectiveDateTime": "2026-09-02"}, "is no DateTimeOffset"),
    ("inboundFlows", {"effectiveDateTime": "2026-09-02T01:00:00"}, "is no DateTimeOffset"),
    ("inboundFlows", {"expirationDateTime": "2026-09-02T01:00:00Z"}, "not after"),
    ("inboundFlows", {"expirationDateTime": "2027-09-01T00:00:00Z"}, "after the end of the year"),
    ("inboundFlows", {"dataConnector@odata.bind": f"{GRAPH}/dataConnectors/x"}, "to nothing"),
    (
        "inboundFlows",
        {"year@odata.bind": f"https://elsewhere.example/years('{Year().id}')"},
        "to nothing",
    ),
]


@pytest.mark.parametrize(("name", "changes", "reason"), REFUSED)
def test_a_body_that_is_not_as_graph_wants_it_makes_nothing(
    half: Maker, name: str, changes: dict[str, object], reason: str
) -> None:
    """400 with the reason, and no list is longer than before."""
    before = {each: half.listed(each) for each in SETS}
    answer = half.one(name, changes)

    assert (answer.status_code, reason in answer.text) == (400, True), answer.text
    assert {each: half.listed(each) for each in SETS} == before


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"{GRAPH}/years('{{year}}')", 201),
        (f"https://graph.microsoft.com{PATH}/years/{{year}}", 201),
        (f"https://elsewhere.example{PATH}/years/{{year}}", 400),
        (f"{PATH}/years/{{year}}", 400),
        (f"{GRAPH}/sourceSystems/{{year}}", 400),
        (f"{GRAPH}/years/{{year}}/more", 400),
    ],
)
def test_a_link_is_bound_by_an_address_of_graph(half: Maker, address: str, status: int) -> None:
    """Of the list that it leads into, at Graph's own name or where the simulator is."""
    bound = address.format(year=half.sim.years[0].id)

    assert half.one("inboundFlows", {"year@odata.bind": bound}).status_code == status


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"null"])
def test_what_is_no_object_is_refused(maker: Maker, content: bytes) -> None:
    """A body that cannot be read makes nothing."""
    answer = maker.sender.http.post(
        f"{GRAPH}/sourceSystems", content=content, headers=maker.sender.bearer
    )

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("sourceSystems", {"displayName": "x" * 100, "vendor": None, "userMatchingSettings": None}),
        ("dataConnectors", {"fileFormat": {"code": "schoolDataSyncV1"}}),
        ("dataConnectors", {"fileFormat": None}),
        ("years", {"year": {"code": "2026"}, "startDate": "2027-08-31"}),
        ("inboundFlows", {"expirationDateTime": None}),
        ("inboundFlows", {"expirationDateTime": "2027-08-31T23:59:59Z"}),
    ],
)
def test_what_graph_leaves_open_may_be_left_open(
    half: Maker, name: str, changes: dict[str, object]
) -> None:
    """Optional parts may be missing, and limits be met exactly."""
    assert half.one(name, changes).status_code == 201


def test_a_year_that_sds_does_not_know_is_refused(half: Maker) -> None:
    """By the knob as by the lists of words, and a word that was disabled."""
    half.sim.knobs = replace(half.sim.knobs, unknown_years=frozenset({"2027"}))
    taken_away = half.one("years", {})
    half.sim.knobs = replace(half.sim.knobs, unknown_years=frozenset())
    half.sim.references = [
        replace(one, disabled=one.id == "RefYear-2027") for one in half.sim.references
    ]

    assert [one.status_code for one in (taken_away, half.one("years", {}))] == [400, 400]


@pytest.mark.parametrize("name", sorted({*SETS} - {"inboundFlows"}))
@pytest.mark.parametrize(("unique", "status"), [(True, 409), (False, 201)])
def test_a_name_may_have_to_be_the_only_one_or_not(
    half: Maker, name: str, *, unique: bool, status: int
) -> None:
    """A second object of a name, in any case of letters, is a conflict or is made."""
    half.sim.knobs = replace(half.sim.knobs, names_unique=unique)
    before = half.listed(name)
    changed = {"year": {"code": "2026"}} if name == "years" else {}
    answer = half.one(name, {"displayName": before[0]["displayName"].upper(), **changed})

    assert answer.status_code == status
    assert len(half.listed(name)) == len(before) + (status == 201)


def test_a_code_of_a_year_may_have_to_be_the_only_one(half: Maker) -> None:
    """Under another name as well."""
    half.sim.knobs = replace(half.sim.knobs, names_unique=True)

    assert half.one("years", {"displayName": "another"}).status_code == 409


@pytest.mark.parametrize(
    ("readiness", "expires", "status"),
    [
        ("ready", None, 409),
        ("notReady", None, 409),
        ("ready", datetime(2026, 9, 3, tzinfo=UTC), 409),
        ("ready", datetime(2026, 9, 1, tzinfo=UTC), 201),
        ("disabled", None, 201),
        ("failed", None, 201),
    ],
)
def test_a_year_and_a_source_have_one_active_flow(
    half: Maker, readiness: str, expires: datetime | None, status: int
) -> None:
    """A second is a conflict, on whichever connector of the source; one that is over is none."""
    source, year = half.sim.all_sources()[0].id, half.sim.years[0].id
    half.sim.connectors = [*half.sim.connectors, Connector(id="c2", source_id=source)]
    half.sim.flows = [
        Flow(id="f1", connector_id="c2", year_id=year, readiness=readiness, expires=expires)
    ]

    assert half.one("inboundFlows", {}).status_code == status


def test_another_source_or_another_year_has_its_own_flow(half: Maker) -> None:
    """Schools of a group run beside one another, and so do two years."""
    half.one("inboundFlows", {})
    other = made(half.connector(made(half.source())))
    next_year = made(half.year(year={"code": "2026"}))
    first, year = half.sim.connectors[0].id, half.sim.years[0].id

    assert half.flow(other, year).status_code == 201
    assert half.flow(first, next_year).status_code == 201
    assert half.flow(other, year).status_code == 409


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("reads", [3, 30])
def test_what_was_made_may_be_shown_late(half: Maker, name: str, reads: int) -> None:
    """After so many reads of its list, or of it by its id; other lists do not bring it nearer."""
    half.sim.knobs = replace(half.sim.knobs, list_lag_reads=reads)
    before = len(half.listed(name))
    made_id = made(half.one(name, {}))
    for other in (*SETS, "roleGroups"):
        if other != name:
            half.listed(other)
    late = [half.sender.get(f"/{name}/{made_id}").status_code]
    late += [len(half.listed(name)) for _ in range(reads - 1)]

    assert late == [404] + [before] * (reads - 1)
    assert len(half.listed(name)) == before + 1
    assert half.sender.get(f"/{name}/{made_id}").status_code == 200


def test_the_pages_of_a_list_are_one_read(half: Maker) -> None:
    """A reader that follows `nextLink`s sees a late object no sooner for it."""
    made(half.year())
    half.sim.knobs = replace(half.sim.knobs, list_lag_reads=2, page_size=1)
    made(half.year())
    counts = []
    for _ in range(3):
        page = half.sender.get("/years").json()
        counts.append(1)
        while url := page.get("@odata.nextLink"):
            page = half.sender.at(url).json()
            counts[-1] += 1

    assert counts == [2, 2, 3]


def test_what_is_not_shown_yet_can_be_led_to(maker: Maker) -> None:
    """SDS knows what it has just made, and its name, although its lists lag."""
    maker.sim.knobs = replace(maker.sim.knobs, list_lag_reads=30, names_unique=True)
    maker.whole()

    assert [len(maker.listed(name)) for name in SETS] == [0, 0, 0, 0]
    assert maker.source().status_code == 409


@pytest.mark.parametrize("name", SETS)
def test_an_act_may_be_done_and_its_answer_lost(half: Maker, name: str) -> None:
    """Or answered and not done, or refused for a while: each post has a route of its own."""
    before = len(half.listed(name))
    half.sim.fail_next(f"{name}Post", httpx.ReadTimeout("lost"), done=True)
    with pytest.raises(httpx.ReadTimeout):
        half.one(name, {"displayName": "lost"})
    half.sim.fail_next(f"{name}Post", Answer(201, body=b'{"id":"x"}'))
    empty_word = half.one(name, {"displayName": "not done"})
    half.sim.fail_next(f"{name}Post", Answer(429, retry_after="7"))
    busy = half.one(name, {"displayName": "busy"})

    assert [one["displayName"] for one in half.listed(name)[before:]] == ["lost"]
    assert empty_word.status_code == 201
    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "7")


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("IndustryData-SourceSystem.ReadWrite.All", "sourceSystems"),
        ("IndustryData-DataConnector.ReadWrite.All", "dataConnectors"),
        ("IndustryData-TimePeriod.ReadWrite.All", "years"),
        ("IndustryData-InboundFlow.ReadWrite.All", "inboundFlows"),
    ],
)
def test_each_post_demands_its_own_role(half: Maker, role: str, name: str) -> None:
    """Of a person's scopes as of an application's roles; to read is not to write."""
    everything = {route_role for route in ROUTES for route_role in route.roles}
    half.sender.come_as(everything - {role})
    without = half.one(name, {}).status_code
    half.sender.come_as({role})

    assert (without, half.one(name, {}).status_code) == (403, 201)


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("name", sorted(LISTS.keys() - {"operations", "runs", "roleGroups"}))
def test_nothing_is_changed_or_deleted(half: Maker, method: str, name: str) -> None:
    """405, and the log has the call with what was sent."""
    before = half.listed(name)
    answer = half.sender.http.request(
        method, f"{GRAPH}/{name}/x", headers=half.sender.bearer, json={"displayName": "other"}
    )
    line = half.sim.requests[-1]

    assert answer.status_code == 405
    assert (line.route, line.method, line.body) == ("change", method, {"displayName": "other"})
    assert half.listed(name) == before


@pytest.mark.parametrize(
    "path",
    [
        "outboundProvisioningFlowSets",
        "outboundProvisioningFlowSets/e/provisioningFlows",
        "outboundProvisioningFlowSets/e/provisioningFlows/f/reset",
        "referenceDefinitions",
    ],
)
def test_what_is_left_to_the_portal_is_not_made(maker: Maker, path: str) -> None:
    """A client that would make it is to be seen, too."""
    assert maker.sender.post(f"/{path}", {}).status_code == 405
    assert maker.sim.requests[-1].route == "change"


def test_the_log_has_each_body_and_no_token(maker: Maker) -> None:
    """What was posted can be counted and compared; sign-ins and reads have nothing to keep."""
    maker.whole()
    sender = Sender(maker.sim)
    login = f"https://graph.sim.example/{maker.sim.tenant_id}/oauth2/v2.0/token"
    sender.http.post(login, json={"client_secret": maker.sim.knobs.client_secret})
    bodies = {line.route: line.body for line in maker.sim.requests}
    year = bodies["yearsPost"]

    assert [line.route for line in maker.sim.requests if line.body is not None] == [
        *("sourceSystemsPost", "dataConnectorsPost", "yearsPost", "inboundFlowsPost")
    ]
    assert isinstance(year, dict)
    assert year["year"] == {"code": "2027"}
    assert not any("Bearer" in repr(line) for line in maker.sim.requests)


def test_flows_that_name_no_year_keep_theirs(clock: Clock) -> None:
    """A year that is made does not become that of what was there."""
    sim = empty(clock, Knobs())
    sim.connectors = [Connector()]
    maker = Maker(sim)
    before = maker.sender.get("/inboundFlows?$expand=year").json()["value"]
    made(maker.year(displayName="new"))

    assert maker.sender.get("/inboundFlows?$expand=year").json()["value"] == before
