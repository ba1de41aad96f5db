"""`host.json` and the triggers say what the code relies on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from simulators.host.hostjson import HostJson
from sync.edge.storage.queues import QUEUES, queue_name
from sync.ledger.states import FUNCTION_TIMEOUT_S, STEP_S
from sync.steps.pull import PULL_S
from tests.addresses import ADDRESSES
from tests.edge.hosted import APP, TRIGGERS

FILE = APP / "host.json"
# What the host reads, as far as we say it, by hand from Microsoft's reference of host.json and
# its source for queues (docs/reference/functions.md#host-json-queues).
KNOWN = {
    "version",
    "functionTimeout",
    "logging.logLevel",
    "logging.applicationInsights.samplingSettings.isEnabled",
    "extensions.http.routePrefix",
    "extensions.queues.batchSize",
    "extensions.queues.newBatchThreshold",
    "extensions.queues.maxDequeueCount",
    "extensions.queues.visibilityTimeout",
    "extensions.queues.maxPollingInterval",
    "extensions.queues.messageEncoding",
    "extensionBundle.id",
    "extensionBundle.version",
}
# The names under `logLevel` that do something, and who says so:
# docs/reference/functions.md#log-level-names
PAGE = "azure-docs, configure-monitoring: the categories that the runtime makes"
SENT = "the host's own telemetry of 27 November 2026, tests/samples/host"
LEVELS = {
    "default": PAGE,
    "Function": PAGE,
    "Host.Aggregator": PAGE,
    "Host.Results": PAGE,
    "Microsoft": PAGE,
    "Worker": PAGE,
    "Azure.Core": SENT,
}


def paths(said: Mapping[str, object], before: str = "") -> Iterator[str]:
    """Yield the path of each value that is no object."""
    for name, value in said.items():
        if isinstance(value, dict) and f"{before}{name}" not in KNOWN:
            yield from paths(value, f"{before}{name}.")
        else:
            yield before + name


def test_the_platform_ends_a_function_when_the_code_thinks_so() -> None:
    """Claims and attempts are over after twice this time, so no holder may live longer."""
    assert HostJson.read(FILE).function_timeout_s == FUNCTION_TIMEOUT_S


def test_every_step_ends_before_the_platform_ends_it() -> None:
    """A step gives up by itself, with a minute to write down how it went."""
    assert max(PULL_S, STEP_S) + 60 <= FUNCTION_TIMEOUT_S


def test_the_queues_go_at_our_pace() -> None:
    """One message at a time, five attempts, and our own encoding."""
    pace = HostJson.read(FILE).queues

    assert (pace.batch_size, pace.new_batch_threshold, pace.max_dequeue_count) == (1, 0, 5)
    assert pace.is_base64
    assert pace.visibility_timeout_s > 0


def test_host_json_says_nothing_that_the_host_drops() -> None:
    """The host takes no notice of a name that it does not know, and says nothing of it."""
    said = set(paths(json.loads(FILE.read_text(encoding="utf-8"))))

    assert said - KNOWN == set()


def test_levels_are_set_for_what_the_host_knows() -> None:
    """Another name filters nothing: a Python logger's line arrives as `Function.<name>.User`."""
    levels = json.loads(FILE.read_text(encoding="utf-8"))["logging"]["logLevel"]

    assert levels.keys() - LEVELS.keys() == set()


def test_a_level_that_was_seen_to_do_something_was_seen() -> None:
    """The real host sent lines of each such category; no page tells of these."""
    items = json.loads((APP / "tests/samples/host/telemetry.json").read_text(encoding="utf-8"))
    sent = {item["data"]["baseData"]["properties"]["Category"] for item in items}

    assert {name for name, source in LEVELS.items() if source == SENT} <= sent


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

    assert listening == {
        queue.replace("-", "_"): (queue_name(queue), "AzureWebJobsStorage") for queue in QUEUES
    }


def test_every_trigger_wants_its_own_key() -> None:
    """None wants the master key, which can change the app.

    The page alone has no key: the platform signs its visitors in, and without that it is not there.
    """
    levels = {
        name: str(one["authLevel"]).lower().rpartition(".")[2]
        for name, one in TRIGGERS.items()
        if one["type"] == "httpTrigger"
    }

    page = dict.fromkeys(("front", "page"), "anonymous")
    assert levels == dict.fromkeys(ADDRESSES, "function") | page
