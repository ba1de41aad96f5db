"""`host.json` and the triggers say what the code relies on."""

from __future__ import annotations

import json

import pytest

from simulators.host.hostjson import HostJson
from sync.edge.quiet import QUIET
from sync.edge.storage.queues import QUEUES, queue_name
from sync.ledger.states import FUNCTION_TIMEOUT_S, STEP_S
from sync.steps.pull import PULL_S
from tests.edge.hosted import APP, TRIGGERS

FILE = APP / "host.json"


def test_the_platform_ends_a_function_when_the_code_thinks_so() -> None:
    """Claims and attempts are over after twice this time, so no holder may live longer."""
    assert HostJson.read(FILE).function_timeout_s == FUNCTION_TIMEOUT_S


def test_every_step_ends_before_the_platform_ends_it() -> None:
    """A step gives up by itself, with a minute to write down how it went."""
    assert max(PULL_S, STEP_S) + 60 <= FUNCTION_TIMEOUT_S


def test_the_queues_go_at_our_pace() -> None:
    """One message at a time, five attempts, and our own encoding."""
    pace = HostJson.read(FILE).queues

    assert (pace.batch_size, pace.new_batch_size, pace.max_dequeue_count) == (1, 0, 5)
    assert pace.is_base64
    assert pace.visibility_timeout_s > 0


@pytest.mark.parametrize("name", ["azure", "httpx", "httpcore"])
def test_the_loggers_that_hold_urls_are_quiet_twice(name: str) -> None:
    """In host.json, for whoever reads it, and in the worker, where it takes effect."""
    levels = json.loads(FILE.read_text(encoding="utf-8"))["logging"]["logLevel"]

    assert levels[name] == "Warning"
    assert name in QUIET


def test_nothing_runs_because_the_app_has_started() -> None:
    """A cold start or a deployment is no reason for a pull; a missed tick is one."""
    tick = TRIGGERS["tick"]

    assert (tick["runOnStartup"], tick["useMonitor"]) == (False, True)
    assert tick["schedule"] == "%TICK_SCHEDULE%"


def test_the_triggers_listen_where_nudges_are_left() -> None:
    """One function for each queue, in the host's own account."""
    listening = {
        name: (one["queueName"], one["connection"])
        for name, one in TRIGGERS.items()
        if one["type"] == "queueTrigger"
    }

    assert listening == {queue: (queue_name(queue), "AzureWebJobsStorage") for queue in QUEUES}


def test_only_findings_and_the_check_want_the_admin_key() -> None:
    """No function of ours is anonymous."""
    levels = {
        name: str(one["authLevel"]).lower().rpartition(".")[2]
        for name, one in TRIGGERS.items()
        if one["type"] == "httpTrigger"
    }
    open_to_all = ("resync", "status", "subjects", "approve", "reject", "restore", "resume")
    rest = dict.fromkeys(open_to_all, "function")

    assert levels == rest | {"check": "admin", "findings": "admin"}
