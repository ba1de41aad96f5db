"""The log line of a step as it leaves the real worker library, and what is added on the way."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from simulators.azurite import Azurite
from sync.errors import StoreConflict
from sync.report import Outcome, Step
from sync.web.logs import in_invocation, line, tell
from tests.clocks import FakeClock
from tests.conftest import FreshNames
from tests.edge.hosted import Hosted, empty, running

SEALED = Step("pull", Outcome.SEALED, "northbank")


@pytest.fixture
def app(azurite: Azurite, azurite_names: FreshNames) -> Iterator[Hosted]:
    empty(azurite)
    with running(azurite, azurite_names.container) as found:
        yield found
    empty(azurite)


def test_a_line_arrives_as_the_bare_json_of_one_step(app: Hosted) -> None:
    """No prefix, no level, no logger's name in the text: `parse_json(message)` reads it all."""
    app.host.fire_timer("tick")
    app.quiet()
    lines = [json.loads(log.text) for log in app.lines]

    assert {fields["step"] for fields in lines} == {"ask", "tick", "pull", "seal", "merge", "plan"}
    assert {log.logger for log in app.lines} == {"sync"}
    assert {log.level for log in app.lines} == {logging.INFO, logging.WARNING}


def test_a_line_says_in_which_run_of_a_function_it_was_written(app: Hosted) -> None:
    """The id is the one under which the host keeps that run; each line has its seconds."""
    app.host.fire_timer("tick")
    app.quiet()
    ran = {run.id: run.function for run in app.host.invocations}
    lines = [(log.invocation_id, json.loads(log.text)) for log in app.lines]

    assert [told["invocation"] for _, told in lines] == [run_id for run_id, _ in lines]
    assert {ran[told["invocation"]] for _, told in lines} == {"tick", "pull", "send"}
    assert all(told["duration_s"] >= 0 for _, told in lines)


def test_what_belongs_together_has_one_id(app: Hosted) -> None:
    """A pull from being asked for to its end; a delivery from its merge to the hold."""
    app.host.fire_timer("tick")
    app.quiet()
    lines = [json.loads(log.text) for log in app.lines]
    pulls = {fields["pull"] for fields in lines if fields["step"] in {"ask", "pull"}}
    deliveries = {fields["delivery"] for fields in lines if fields["step"] in {"merge", "plan"}}
    together = [
        {fields["invocation"] for fields in lines if fields["step"] == step} for step in PULLED
    ]

    assert (len(pulls), len(deliveries)) == (1, 1)
    assert together[0] == together[1]


PULLED = ("pull", "seal")


def test_a_persons_answer_is_in_the_log(app: Hosted) -> None:
    """Which delivery was approved or rejected, and by whom: a key does not say whose it is."""
    held = app.held()
    app.answer(held, "reject")
    told = json.loads(app.lines[-1].text)

    assert (told["step"], told["outcome"], told["delivery"]) == ("answer", "rejected", held["id"])
    assert told["fact_caller"] == "key"
    assert "invocation" not in told
    assert app.lines[-1].invocation_id


def test_the_seconds_are_those_since_the_function_began() -> None:
    """Told to a tenth, from the stopwatch and not from the clock on the wall."""
    clock = FakeClock()
    with in_invocation("run-1", clock):
        clock.advance(12.34)
        told = json.loads(line(SEALED))

    assert (told["invocation"], told["duration_s"]) == ("run-1", 12.3)
    assert json.loads(line(SEALED)).keys() == {"about", "outcome", "step"}


@pytest.mark.parametrize(
    ("outcome", "level"),
    [
        (Outcome.ACCEPTED, logging.INFO),
        (Outcome.HELD, logging.WARNING),
        (Outcome.FAILED, logging.ERROR),
    ],
)
def test_the_level_follows_from_the_outcome(
    outcome: Outcome, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    """An error is for somebody to mend, a warning to look at, and the rest is the day's work."""
    caplog.set_level(logging.INFO, logger="sync")
    tell(Step("send", outcome, error=StoreConflict("changed")))

    assert [record.levelno for record in caplog.records] == [level]
    assert caplog.records[0].getMessage().startswith("{")
