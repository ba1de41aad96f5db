"""A delivery from connector to statistics, and the ten traps on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from simulators.sds import Answer, Body, Connector, Flow, Knobs, Location
from sync.edge.clock import Budget
from sync.edge.graph.answers import flow_state, leading_to
from sync.edge.graph.values import FileFault, FlowState, Operation, Whereabouts
from sync.errors import TargetError, TargetMalformed, TargetRefused, TargetUnavailable
from tests.edge.graph_tenant import FILES, NAME, STORAGE, Tried, scripted, tried

OTHER = Connector(id="0b1f8a52-0000-4000-8000-0000000000c2", name="Other feed")


def settle(it: Tried, wanted: Whereabouts) -> Operation:
    """Poll, five seconds apart, until the operation is over or a minute has passed."""
    for _ in range(12):
        look = it.target.operation(wanted, it.budget)
        assert look.operation is not None, look.places
        operation = look.operation
        if operation.state != "waiting":
            break
        it.clock.advance(5)
    return operation


def state_of(it: Tried) -> FlowState:
    """Return the sum of our connector's flows."""
    ours = leading_to(it.target.flows(it.budget) or (), it.connector_id)
    return flow_state(ours or ())


def test_what_is_put_is_what_sds_holds() -> None:
    """The files of an accepted delivery reach SDS byte for byte, with nothing else beside them."""
    it = tried()

    assert settle(it, it.deliver()).state == "accepted"
    assert it.sim.staged[it.connector_id] == FILES
    assert it.sim.submissions[0].unfinished == ()


def test_a_file_larger_than_one_append_arrives_whole() -> None:
    """Above 4 MiB a file goes in several appends with growing positions."""
    it = tried()
    large = FILES["users.csv"] + b"P2,p2@northbank.example\r\n" * 400_000

    it.deliver({**FILES, "users.csv": large})

    assert it.sim.submissions[0].files["users.csv"] == large
    assert sum(line.route == "append" for line in it.sim.requests) == 2 + 3


def test_an_empty_file_is_put_as_an_empty_file() -> None:
    """A file of no bytes is created and flushed at position 0."""
    it = tried()

    it.deliver({"orgs.csv": b""})

    assert it.sim.submissions[0].files == {"orgs.csv": b""}


def test_succeeded_with_errors_is_rejected() -> None:
    """Trap 1: SDS reports `succeeded` and errors together; that is a rejection."""
    it = tried()

    operation = settle(it, it.deliver({name: FILES[name] for name in ("users.csv", "roles.csv")}))

    assert operation.state == "rejected"
    assert operation.errors == (FileFault("RequiredFileNotFound", "orgs.csv"),)
    assert operation.validated_files == ()


@pytest.mark.parametrize("at_graph", [True, False])
@pytest.mark.parametrize("location", list(Location))
def test_an_operation_is_followed_wherever_it_is_known(
    location: Location, *, at_graph: bool
) -> None:
    """Trap 2: `Location` need not be on Graph; what Graph knows is asked of nobody else."""
    led_away = location in {Location.BACKEND, Location.BACKEND_QUOTED}
    in_list = at_graph or not led_away
    knobs = Knobs(location=location, graph_knows_operation=at_graph, graph_lists_operations=in_list)
    it = tried(knobs=knobs)

    assert settle(it, it.deliver()).state == "accepted"
    assert {request.url.host for request in it.sent if "Authorization" in request.headers} == {
        "graph.microsoft.com",
        *([] if in_list else ["edu-sds.microsoft.com"]),
    }


@pytest.mark.parametrize("body", [each for each in Body if each is not Body.OTHER_ID])
def test_sds_itself_may_write_otherwise_than_graph(body: Body) -> None:
    """Where SDS answers, names and ids may be in another case, and the id may be missing."""
    it = tried(knobs=Knobs(backend_body=body))

    operation = settle(it, it.deliver())

    assert operation.state == "accepted"
    assert set(operation.validated_files or ()) == set(FILES)


def test_another_operation_than_ours_is_no_answer() -> None:
    """An answer about other files would end this delivery by their outcome."""
    it = tried(knobs=Knobs(backend_body=Body.OTHER_ID))
    wanted = it.deliver()
    it.clock.advance(60)

    look = it.target.operation(wanted, it.budget)

    assert look.operation is None
    assert look.places[2].heard == "unknown"


def test_a_validate_without_location_has_been_a_hand_over() -> None:
    """Trap 2: SDS has the files; that nobody said how to ask after them is no error."""
    it = tried(knobs=Knobs(location=Location.MISSING))

    wanted = it.deliver()

    assert (wanted.operation_id, wanted.location) == ("", "")
    assert len(it.sim.submissions) == 1


def test_files_are_created_appended_and_flushed() -> None:
    """Trap 3: storage is a Data Lake directory, not a place for one PUT."""
    it = tried()

    it.deliver({"orgs.csv": FILES["orgs.csv"]})

    storage = [line.route for line in it.sim.requests if line.sas_intact is not None]
    assert storage == ["create", "append", "flush"]


def test_the_signature_reaches_storage_byte_for_byte() -> None:
    """Trap 3: `%2B` stays `%2B`: the query begins with the SAS just as SDS wrote it."""
    it = tried()

    it.deliver()

    storage = [line for line in it.sim.requests if line.sas_intact is not None]
    assert storage
    assert all(line.sas_intact for line in storage)
    assert all(b"%2B" in r.url.query for r in it.sent if str(r.url).startswith(STORAGE))


def test_the_token_never_reaches_storage_or_sign_in() -> None:
    """The Graph token goes to Graph alone."""
    it = tried()

    it.deliver()

    with_token = {request.url.host for request in it.sent if "Authorization" in request.headers}
    assert with_token == {"graph.microsoft.com"}


def test_a_session_never_holds_what_an_earlier_one_was_given() -> None:
    """Trap 5: each session is reset, so a set that was left half-way leaves nothing behind."""
    it = tried()
    first = it.target.open_session(it.connector_id, it.budget)
    it.target.put_file(first, "users.csv", FILES["users.csv"], it.budget)

    it.deliver({"orgs.csv": FILES["orgs.csv"]})

    assert set(it.sim.submissions[0].files) == {"orgs.csv"}


def test_statistics_are_counts() -> None:
    """Trap 6: a run says how many rows had faults, and that is all we know."""
    it = tried()
    start = it.clock.now()
    users = FILES["users.csv"] + b"P2,p2@northbank.example\r\nP3,\r\n"
    settle(it, it.deliver({**FILES, "users.csv": users}))
    it.clock.advance(2 * 3600)

    run = it.target.runs_since(start, it.budget)[-1]
    counts = it.target.statistics(run.id, it.budget)

    assert (counts.totals.organizations, counts.totals.people) == (1, 2)
    assert counts.totals.errors == 1
    assert run.over


def test_records_that_were_left_out_are_counted_as_inactive() -> None:
    """Trap 4, seen afterwards: the statistics of the next run show who was retired."""
    it = tried()
    both = FILES["users.csv"] + b"P2,p2@northbank.example\r\n"
    for users in (both, FILES["users.csv"]):
        settle(it, it.deliver({**FILES, "users.csv": users}))
        it.clock.advance(2 * 3600)

    run = it.target.runs_since(it.clock.start, it.budget)[-1]

    flows = it.target.flows(it.budget)
    assert flows is not None
    activities = it.target.statistics(run.id, it.budget).activities
    assert activities is not None
    assert activities[flows[0].id].inactive["people"] == 1


def test_a_sixth_start_is_not_an_error() -> None:
    """Trap 7: SDS starts five runs in twelve hours; after that its own schedule will do."""
    it = tried(knobs=Knobs(run_duration_s=1.0))
    started = []
    for _ in range(6):
        started.append(it.target.start_run(it.budget))
        it.clock.advance(60)

    assert started == [True] * 5 + [False]


@pytest.mark.parametrize("status", [409, 429])
def test_a_run_that_sds_will_not_start_now_is_not_started(status: int) -> None:
    """One is running, or too many were asked for: SDS runs by itself later; it is asked once."""
    it = tried()
    it.sim.fail_next("runsStart", Answer(status), times=None)

    assert it.target.start_run(it.budget) is False
    assert sum(line.route == "runsStart" for line in it.sim.requests) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, TargetMalformed),
        (401, TargetRefused),
        (403, TargetRefused),
        (404, TargetRefused),
        (423, TargetUnavailable),
        (503, TargetUnavailable),
    ],
)
def test_another_refusal_to_start_a_run_is_told(status: int, error: type[TargetError]) -> None:
    """A role that is missing, or a call that SDS does not know, does not pass by itself."""
    it = tried()
    it.sim.fail_next("runsStart", Answer(status), times=None)

    with pytest.raises(error) as caught:
        it.target.start_run(it.budget)

    assert caught.value.facts["status"] == status


def test_a_start_without_answer_is_not_repeated() -> None:
    """A start counts against the limit even if its answer is lost."""
    it = tried()
    it.sim.fail_next("runsStart", httpx.ReadTimeout("invented"), done=True)

    with pytest.raises(TargetUnavailable) as caught:
        it.target.start_run(it.budget)

    assert caught.value.outcome_unknown
    assert len(it.sim.started_at) == 1


def test_a_flow_of_last_year_is_expired() -> None:
    """Trap 8: when every flow has expired, what is sent goes nowhere, and we can tell."""
    it = tried()
    it.sim.flows = [
        Flow(id="f1", connector_id=it.connector_id, expires=it.clock.now() - timedelta(days=1)),
        Flow(id="f2", connector_id=OTHER.id),
    ]

    state = state_of(it)

    assert state.expired
    assert not state.ready


def test_one_flow_that_is_ready_is_enough() -> None:
    """Last year's flow may lie beside this year's; the end of this year's is known."""
    it = tried()
    end = it.clock.now() + timedelta(days=300)
    it.sim.flows = [
        Flow(id="f1", connector_id=it.connector_id, readiness="expired"),
        Flow(id="f2", connector_id=it.connector_id, expires=end),
    ]

    state = state_of(it)

    assert (state.ready, state.expired, state.ends_at) == (True, False, end)


def test_a_connector_without_flow_is_neither_ready_nor_expired() -> None:
    """No flow at all is said as such."""
    it = tried(flows=[])

    state = state_of(it)

    assert (state.states, state.ready, state.expired) == ((), False, False)


@pytest.mark.parametrize("status", [400, 403])
def test_flows_that_we_may_not_see_are_unknown(status: int) -> None:
    """The role that shows flows is optional: without it nothing is claimed about them."""
    it = tried()
    it.sim.fail_next("inboundFlows", Answer(status))

    assert it.target.flows(it.budget) is None


def test_flows_are_read_to_the_last_page() -> None:
    """Our flow may stand behind all those of other connectors."""
    it = tried(knobs=Knobs(page_size=1))
    it.sim.flows = [
        Flow(id="f1", connector_id=OTHER.id, readiness="expired"),
        Flow(id="f2", connector_id=it.connector_id),
    ]

    state = state_of(it)

    assert state.states == ("ready",)


def test_flows_that_do_not_say_where_they_lead_are_unknown() -> None:
    """Flows without their connectors are no proof that ours has expired."""
    flows = [{"id": "f1", "readinessStatus": "expired"}]
    target, clock, _ = scripted(lambda _: httpx.Response(200, json={"value": flows}))

    assert target.flows(Budget.of(clock, 60)) is None


@pytest.mark.parametrize("code", ["schoolDataSyncV1", "schoolDataSyncV2.1", "oneRoster1.1"])
def test_a_connector_for_another_format_is_refused(code: str) -> None:
    """Traps 9 and 10: only `schoolDataSyncV2Rev1` is CSV v2.1."""
    it = tried(connectors=[Connector(format_code=code)])

    with pytest.raises(TargetRefused, match=r"v2\.1"):
        it.target.connector(NAME, it.budget)


def test_an_old_connector_that_names_no_format_is_trusted() -> None:
    """Connectors of 2022 have no `fileFormat`."""
    it = tried(connectors=[Connector(format_code=None)])

    assert it.target.connector(NAME, it.budget).format is None


def test_a_connector_that_takes_no_files_is_refused() -> None:
    """A OneRoster API connector cannot be given CSV."""
    kind = "#microsoft.graph.industryData.oneRosterApiDataConnector"
    it = tried(connectors=[Connector(odata_type=kind)])

    with pytest.raises(TargetRefused, match="does not take files"):
        it.target.connector(NAME, it.budget)


@pytest.mark.parametrize("wanted", [OTHER.name, OTHER.id])
def test_a_connector_is_found_on_a_later_page(wanted: str) -> None:
    """The list is read to its end, and matched by name or by id."""
    it = tried(connectors=[Connector(), OTHER], knobs=Knobs(page_size=1))

    assert it.target.connector(wanted, it.budget).id == OTHER.id


@pytest.mark.parametrize("wanted", ["mis feed", "MIS feed ", "MIS", ""])
def test_a_connector_is_matched_exactly(wanted: str) -> None:
    """Nothing is guessed: the error counts what there is."""
    it = tried(connectors=[Connector(), OTHER])

    with pytest.raises(TargetRefused) as caught:
        it.target.connector(wanted, it.budget)

    assert caught.value.facts == {"connectors": 2}


def test_two_connectors_of_one_name_are_refused() -> None:
    """After a year's turn a name can be there twice: the id must be set."""
    it = tried(connectors=[Connector(), replace(OTHER, name=NAME)])

    with pytest.raises(TargetRefused, match="set the id"):
        it.target.connector(NAME, it.budget)


def test_a_session_cut_off_in_the_middle_asks_for_everything_again() -> None:
    """Storage's 403 says the session is over; asking again would not open it."""
    it = tried()
    session = it.target.open_session(it.connector_id, it.budget)
    it.target.put_file(session, "orgs.csv", FILES["orgs.csv"], it.budget)
    it.sim.expire_session(after_writes=1)

    with pytest.raises(TargetUnavailable) as caught:
        it.target.put_file(session, "users.csv", FILES["users.csv"], it.budget)

    assert caught.value.facts["session"] == "over"
    assert it.clock.slept == []


@pytest.mark.parametrize("step", ["create", "append", "flush"])
@pytest.mark.parametrize("done", [False, True])
def test_a_stumble_of_storage_restarts_that_file(step: str, *, done: bool) -> None:
    """A lost answer or a busy storage costs one file's upload, never a doubled or short file."""
    it = tried()
    it.sim.fail_next(step, Answer(503, retry_after="7"), done=done)

    it.deliver()

    assert it.sim.submissions[0].files == FILES
    assert it.clock.slept == [7.0]


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, TargetMalformed), (412, TargetMalformed), (429, TargetUnavailable)]
    + [(status, TargetUnavailable) for status in (401, 403, 404, 408, 409, 500, 503)],
)
def test_every_refusal_of_storage_is_an_error(status: int, error: type[Exception]) -> None:
    """No status of storage but a success lets a delivery go on."""
    it = tried()
    session = it.target.open_session(it.connector_id, it.budget)
    it.sim.fail_next("flush", Answer(status), times=None)

    with pytest.raises(error):
        it.target.put_file(session, "users.csv", FILES["users.csv"], it.budget)


def test_storage_that_does_not_answer_is_unavailable() -> None:
    """A broken connection is tried four times, then said."""
    it = tried()
    session = it.target.open_session(it.connector_id, it.budget)
    it.sim.fail_next("append", httpx.ReadError("invented"), times=None)

    with pytest.raises(TargetUnavailable, match="ReadError"):
        it.target.put_file(session, "users.csv", FILES["users.csv"], it.budget)

    assert len(it.clock.slept) == 3


@pytest.mark.parametrize("name", ["../users.csv", "users.csv?x=1", "users", "a/b.csv", ""])
def test_only_a_plain_file_name_is_put(name: str) -> None:
    """A name can neither leave the directory nor change the query."""
    it = tried()
    session = it.target.open_session(it.connector_id, it.budget)

    with pytest.raises(TargetMalformed):
        it.target.put_file(session, name, b"", it.budget)


def test_an_upload_stops_when_its_time_is_up() -> None:
    """Between two storage calls the budget is looked at."""
    it = tried()
    session = it.target.open_session(it.connector_id, it.budget)
    spent = it.budget
    it.clock.advance(121)

    with pytest.raises(TargetUnavailable, match="no time left"):
        it.target.put_file(session, "users.csv", FILES["users.csv"], spent)


def test_an_operation_that_never_ends_is_waiting() -> None:
    """Neither a status that nobody knows nor a slow one is ever taken for acceptance."""
    for status in (None, "almostSucceeded", "unknownFutureValue"):
        it = tried(knobs=Knobs(operation_status=status))

        assert settle(it, it.deliver()).state == "waiting"


@pytest.mark.parametrize(("status", "state"), [("FAILED", "rejected"), ("Succeeded", "accepted")])
def test_a_status_is_read_whatever_its_case(status: str, state: str) -> None:
    """`failed` is a rejection even without errors."""
    it = tried(knobs=Knobs(operation_status=status))

    assert settle(it, it.deliver()).state == state


def test_an_operation_that_is_not_there_yet_is_unknown() -> None:
    """Right after validate Graph may not know the operation; a later look may find it."""
    it = tried()
    wanted = replace(it.deliver(), location="")
    it.sim.fail_next("operation", Answer(404))

    look = it.target.operation(wanted, it.budget)

    assert look.operation is None
    assert look.places[0].heard == "unknown"


def test_a_run_that_was_blocked_says_by_what() -> None:
    """A run that SDS stopped is over, failed, and names the code alone."""
    it = tried(knobs=Knobs(blocking_error="InternalApplicationError"))
    it.deliver()
    it.clock.advance(2 * 3600)

    run = it.target.runs_since(it.clock.start, it.budget)[0]

    assert (run.status, run.over, run.blocked_by) == ("failed", True, "InternalApplicationError")


def test_runs_before_the_moment_are_not_ours() -> None:
    """Only runs that began at the moment or after it count, oldest first."""
    it = tried(knobs=Knobs(run_duration_s=1.0, auto_run_after_validate=False))
    assert it.target.start_run(it.budget)
    it.clock.advance(3600.5)
    moment = it.clock.now()
    assert it.target.start_run(it.budget)
    it.clock.advance(3600)
    assert it.target.start_run(it.budget)

    runs = it.target.runs_since(moment, it.budget)

    begun = [run.started_at for run in runs if run.started_at]
    assert len(runs) == len(begun) == 2
    assert begun == sorted(begun)
