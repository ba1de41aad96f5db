"""Validate and its operation in the simulator (reference sections 4.5 and 4.6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulators.sds import Connector, Flow, Location, SdsSimulator, digest_of
from tests.simulators.sds.sender import (
    CONNECTOR,
    GRAPH,
    Clock,
    Sender,
    operation_to_its_end,
    school,
)


@pytest.mark.parametrize(
    "path",
    [
        f"/dataConnectors/{CONNECTOR.id}/validate",
        f"/dataConnectors('{CONNECTOR.id}')/validate()",
        "/inboundFlows/f1/dataConnector/validate",
    ],
)
def test_validate_in_every_spelling(clock: Clock, path: str) -> None:
    """202, and the set is staged and remembered with its digest."""
    flows = [Flow(id="f1", connector_id=CONNECTOR.id)]
    sender = Sender(SdsSimulator(clock=clock, flows=flows))
    sender.put(sender.open(), school())

    status = sender.post(path).status_code
    operation_to_its_end(sender.sim, clock)

    assert status == 202
    assert sender.sim.staged == {CONNECTOR.id: school()}
    assert sender.sim.submissions[0].digest == digest_of(school())


@pytest.mark.parametrize(
    ("location", "start"),
    [
        (Location.GRAPH, f"{GRAPH}/operations/"),
        (Location.BACKEND, "https://edu-sds.microsoft.com:8698/api/industryData/v0.4-beta/"),
        (Location.RELATIVE, "/beta/external/industryData/operations/"),
        (Location.MISSING, None),
    ],
)
def test_the_location_is_as_the_knob_says(
    sim: SdsSimulator, sender: Sender, location: Location, start: str | None
) -> None:
    """Graph, backend host, relative or none: and the last segment is the operation."""
    sim.knobs = replace(sim.knobs, location=location)
    told = sender.validate().headers.get("Location")

    assert (told is None) if start is None else str(told).startswith(start)
    assert told is None or told.rpartition("/")[2] in sim.operations


def test_an_operation_ends_after_its_polls(sender: Sender, clock: Clock) -> None:
    """notStarted, running, succeeded, each poll five seconds after the last."""
    operation = sender.send(school())
    seen = []
    for _ in range(4):
        seen.append(sender.look(operation).json())
        clock.pass_s(5)

    assert [one["status"] for one in seen] == ["notStarted", "running", *["succeeded"] * 2]
    assert seen[-1]["validatedFiles"] == sorted(school())
    assert seen[-1]["errors"] == []


def test_a_poll_too_soon_is_refused(sender: Sender, clock: Clock) -> None:
    """Under five seconds: 429 with the seconds to wait."""
    operation = sender.send(school())
    sender.look(operation)
    clock.pass_s(1.5)
    answer = sender.look(operation)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "4")


@pytest.mark.parametrize(
    ("status", "seen", "staged"),
    [
        ("failed", "failed", False),
        ("unknownFutureValue", "unknownFutureValue", True),
        (None, "running", True),
    ],
)
def test_an_operation_can_end_otherwise(
    sender: Sender, clock: Clock, status: str | None, seen: str, *, staged: bool
) -> None:
    """Failed stages nothing; an unknown word or no end at all hides that it was taken."""
    sender.sim.knobs = replace(sender.sim.knobs, operation_status=status)
    operation = sender.send(school())
    for _ in range(9):
        clock.pass_s(5)
        last = sender.look(operation).json()["status"]

    assert (last, bool(sender.sim.staged)) == (seen, staged)


def test_an_operation_can_be_slow(sender: Sender, clock: Clock) -> None:
    """`operation_s` holds it back however often one polls."""
    sender.sim.knobs = replace(sender.sim.knobs, operation_s=600, operation_polls=0)
    operation = sender.send(school())
    seen = []
    for _ in range(3):
        seen.append(sender.look(operation).json()["status"])
        clock.pass_s(300)

    assert seen == ["notStarted", "running", "succeeded"]


@pytest.mark.parametrize(
    ("change", "code", "target"),
    [
        ({"orgs.csv": None}, "RequiredFileNotFound", "orgs.csv"),
        ({"orgs.csv": b"SourcedId,name,type\r\n"}, "RequiredHeaderNotFound", "orgs.csv"),
        ({"orgs.csv": b"sourcedId,name,type,name\r\n"}, "DuplicateHeader", "orgs.csv"),
        ({"orgs.csv": b"\xff\xfe"}, "InvalidFileFormat", "orgs.csv"),
        ({"orgs.csv": b'sourcedId,name,type\r\no1,"a"b,school'}, "InvalidFileFormat", "orgs.csv"),
        ({"orgs.csv": b""}, "EmptyFile", "orgs.csv"),
        ({"manifest.json": b"{}"}, "InvalidFileFormat", "manifest.json"),
    ],
)
def test_a_broken_set_ends_succeeded_with_errors(
    sender: Sender,
    clock: Clock,
    change: dict[str, bytes | None],
    code: str,
    target: str | None,
) -> None:
    """Trap 1: the status is `succeeded`, the error is in `errors`, and nothing is staged."""
    changed = {**school(), **change}
    operation = sender.send({n: c for n, c in changed.items() if c is not None})
    for _ in range(3):
        body = sender.look(operation).json()
        clock.pass_s(5)

    assert body["status"] == "succeeded"
    assert body["errors"][0]["code"] == code
    assert target is None or body["errors"][0]["target"] == target
    assert body["validatedFiles"] == []
    assert sender.sim.staged == {}


def test_absent_class_files_are_only_warnings(sender: Sender, clock: Clock) -> None:
    """The validation lets a set without classes pass: SDS then empties every class."""
    few = {n: c for n, c in school().items() if n not in {"classes.csv", "enrollments.csv"}}
    operation = sender.send(few)
    for _ in range(3):
        body = sender.look(operation).json()
        clock.pass_s(5)

    assert body["errors"] == []
    assert {"classes.csv", "enrollments.csv"} < {one["target"] for one in body["warnings"]}


def test_a_v1_connector_wants_v1_files(clock: Clock) -> None:
    """The format of the connector decides what is missing."""
    v1 = Connector(format_code="schoolDataSyncV1")
    sender = Sender(SdsSimulator(clock=clock, connectors=[v1]))
    sender.send(school())

    assert sender.sim.submissions[0].errors
    assert sender.sim.staged == {}


def test_reject_with_speaks_for_one_validation(
    sim: SdsSimulator, sender: Sender, clock: Clock
) -> None:
    """The errors are reported once; the same files then pass."""
    sim.reject_with([{"code": "Whatever", "message": "m", "target": "users.csv"}])
    sender.send(school())
    operation_to_its_end(sim, clock)
    refused = dict(sim.staged)
    sender.send(school())
    operation_to_its_end(sim, clock)

    assert refused == {}
    assert [len(one.errors) for one in sim.submissions] == [1, 0]
    assert sim.staged[CONNECTOR.id] == school()


def test_by_itself_only_the_backend_knows_an_operation(sender: Sender) -> None:
    """The default is what the field's artefacts agree on; that Graph knows it, nobody has shown."""
    operation = sender.send(school())

    assert sender.get(f"/operations/{operation}").status_code == 404
    assert sender.get("/operations").json()["value"] == []
    assert sender.look(operation).status_code == 200


def test_the_backend_answers_polls_as_well(sim: SdsSimulator, sender: Sender) -> None:
    """Whoever follows a backend Location finds the operation, and shows in the log as such."""
    where = sender.send(school())

    assert sender.look(where).json()["id"] == where
    assert sim.requests[-1].route == "backendOperation"
    assert sim.requests[-1].host == "edu-sds.microsoft.com:8698"
