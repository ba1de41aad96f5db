"""The host's own lines, what `logLevel` lets through, and how a worker is ended: as was seen."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from azure.storage.queue import QueueClient

from simulators.host import LogLine, RunningHost, running_host
from tests.simulators.sample_host import KEYS, send, variant

SENT = Path(__file__).parents[1] / "samples" / "host" / "telemetry.json"
LEVELS = {"Information": logging.INFO, "Warning": logging.WARNING}

type Shape = tuple[int, str, str]


def shape(level: int, category: str, text: str) -> Shape:
    """Return a line of the host's own without what differs from run to run."""
    name = category.removeprefix("Function.")
    text = re.sub(r"[0-9a-f]{8}(?:-[0-9a-f]{4,12}){4}", "(id)", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", "(moment)", text)
    text = re.sub(r"\d+ms", "(time)", text)
    text = re.sub(r"detected on '[\w-]+'", "detected on (queue)", text)
    return level, category.replace(name, "(name)"), text.replace(f"Functions.{name}", "(name)")


def shapes(lines: list[LogLine]) -> Counter[Shape]:
    """Return the host's own lines about runs of functions."""
    return Counter(
        shape(line.level, line.category, line.text)
        for line in lines
        if line.category.startswith("Function.") and not line.is_of_the_app
    )


def sent() -> set[Shape]:
    """Return the same lines as the real host sent them."""
    traces = (item["data"]["baseData"] for item in json.loads(SENT.read_text(encoding="utf-8")))
    return {
        shape(LEVELS[trace["severityLevel"]], trace["properties"]["Category"], trace["message"])
        for trace in traces
        if "message" in trace and not trace["properties"]["Category"].endswith(".User")
    }


def at_levels(folder: Path, levels: Mapping[str, str]) -> Path:
    return variant(folder, {"logging": {"logLevel": levels}})


def test_the_hosts_own_lines_are_those_that_it_sent(host: RunningHost, web: httpx.Client) -> None:
    """Two for a call and for a tick, three for a message, to the letter; no word of the message."""
    web.get("/api/health")
    host.fire_timer("tick")
    host.wait_until_quiet()
    written = shapes(host.logs)

    assert written.keys() <= sent()
    assert written.total() == 7
    assert not [line for line in host.logs if "late" in line.text and not line.is_of_the_app]


def test_a_line_of_the_app_is_known_by_its_function(host: RunningHost, queue: QueueClient) -> None:
    """The Python logger's name stays behind: the host's category names function and writer."""
    send(queue, "hello")
    host.wait_until_quiet()

    assert {(line.category, line.text) for line in host.logs if line.is_of_the_app} == {
        ("Function.work.User", "work hello, time 1")
    }


def test_a_failure_is_told_in_the_last_line(host: RunningHost, web: httpx.Client) -> None:
    """Its level is Error, and the traceback goes with it."""
    web.get("/api/health", params={"fail": "1"})
    last = host.logs[-1]

    assert (last.level, last.category) == (logging.ERROR, "Function.health")
    assert last.text.startswith("Executed 'Functions.health' (Failed, ")
    assert "Traceback" in last.text


@pytest.mark.parametrize(
    ("levels", "left"),
    [
        ({}, {"Function.work", "Function.work.User"}),
        ({"sample": "None", "httpx": "None"}, {"Function.work", "Function.work.User"}),
        ({"default": "Error"}, set()),
        ({"Function": "Warning"}, set()),
        ({"function.work": "Warning"}, set()),
        ({"Function.work.User": "Warning"}, {"Function.work"}),
        ({"Function": "None", "Function.work.User": "Information"}, {"Function.work.User"}),
    ],
)
def test_levels_go_by_the_hosts_categories(
    settings: dict[str, str],
    queue: QueueClient,
    tmp_path: Path,
    levels: dict[str, str],
    left: set[str],
) -> None:
    """The longest name that fits decides, and a Python logger's name fits nothing."""
    send(queue, "hello")
    with running_host(at_levels(tmp_path, levels), settings, KEYS) as host:
        host.wait_until_quiet()

        assert {line.category for line in host.logs if line.invocation_id} == left


def test_the_host_shows_the_options_that_it_took(
    settings: dict[str, str], queue: QueueClient, tmp_path: Path
) -> None:
    """A name that it does not know is dropped without a word: only the options tell."""
    misspelt = {"extensions": {"queues": {"batchSize": 4, "newBatchSize": 7}}}
    with running_host(variant(tmp_path, misspelt), settings, KEYS) as host:
        shown = host.logs[0].text

    assert "batch_size=4, new_batch_threshold=2" in shown
    assert "7" not in shown


@pytest.mark.parametrize(("level", "heard"), [("Warning", True), ("Error", False)])
def test_each_poll_of_a_queue_that_is_not_there_is_a_warning(
    settings: dict[str, str], tmp_path: Path, level: str, *, heard: bool
) -> None:
    """From the storage client, by whose category `Azure.Core` it can be left out."""
    with running_host(at_levels(tmp_path, {"Azure.Core": level}), settings, KEYS) as host:
        host.wait_until_quiet()
        warned = [line.level for line in host.logs if line.category == "Azure.Core.1"]

    assert warned == [logging.WARNING] * len(warned)
    assert (len(warned) >= 2) == heard


def test_the_first_poison_message_is_a_warning_more(
    settings: dict[str, str], queue: QueueClient, poison: QueueClient, tmp_path: Path
) -> None:
    """The poison queue is made for it, as is seen from the 404 before; the second finds it."""
    app = variant(tmp_path, {"extensions": {"queues": {"batchSize": 1}}})
    queue.send_message("not base64!")
    queue.send_message("nor this!")
    with running_host(app, settings, KEYS) as host:
        host.wait_until_quiet()
        warned = [line.category for line in host.logs if line.level == logging.WARNING]

    assert len(poison.peek_messages(max_messages=5)) == 2
    assert Counter(warned) == {"Host.Triggers.Queue": 2, "Azure.Core.1": 1}


def test_a_function_that_outlives_its_timeout_ends_its_worker(
    settings: dict[str, str], queue: QueueClient, tmp_path: Path
) -> None:
    """Whatever else runs has failed too, and its message waits for the visibilityTimeout."""
    queues = {"visibilityTimeout": "01:00:00"}
    app = variant(tmp_path, {"functionTimeout": "00:00:00.5", "extensions": {"queues": queues}})
    with running_host(app, settings, KEYS) as host, ThreadPoolExecutor(1) as pool:
        call = pool.submit(httpx.get, f"{host.url}/api/slow", timeout=30)
        host.wait_until(lambda: any("Functions.slow" in line.text for line in host.logs))
        send(queue, "pair")
        answer = call.result()
        host.wait_until_quiet()
        release: threading.Event = sys.modules["function_app"].release
        release.set()

        assert answer.status_code == 500
        assert {done.function: done.error for done in host.invocations} == {
            "slow": "worker ended: this call ran beyond functionTimeout",
            "work": "worker ended: another call ran beyond functionTimeout",
        }
    assert queue.peek_messages() == []
    assert queue.get_queue_properties().approximate_message_count == 1
