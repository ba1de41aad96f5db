"""The host around the real worker behaves as the platform does, where our app leans on it."""

from __future__ import annotations

import base64
import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from azure.storage.queue import QueueClient

from simulators.azurite import Azurite
from simulators.host import HostError, RunningHost, running_host
from simulators.host.hostjson import HostJson, QueuePace, duration_s
from simulators.host.worker import Retry
from tests.conftest import FreshNames
from tests.simulators.sample_host import KEYS, SAMPLE, Waits, send, variant

# --- Queues ---------------------------------------------------------------------------------


def test_a_message_is_worked_on_once_and_is_gone(host: RunningHost, queue: QueueClient) -> None:
    """A success deletes the message."""
    send(queue, "hello")
    host.wait_until_quiet()

    assert [(done.function, done.error) for done in host.invocations] == [("work", None)]
    assert queue.get_queue_properties().approximate_message_count == 0


def test_a_failed_message_comes_again(host: RunningHost, queue: QueueClient) -> None:
    """A failure puts the message back, and the next attempt knows that it is the second."""
    send(queue, "fail once")
    host.wait_until_quiet()

    assert [(done.attempt, done.error is None) for done in host.invocations] == [
        (1, False),
        (2, True),
    ]


def test_a_message_that_always_fails_becomes_poison(
    host: RunningHost, queue: QueueClient, poison: QueueClient
) -> None:
    """After maxDequeueCount attempts, whatever retry policy the code asks for, it is put aside."""
    send(queue, "fail")
    host.wait_until_quiet()

    assert [done.attempt for done in host.invocations] == [1, 2, 3]
    assert queue.get_queue_properties().approximate_message_count == 0
    assert [base64.b64decode(each.content) for each in poison.receive_messages()] == [b"fail"]


def test_a_message_that_is_not_base64_is_poison_at_once(
    host: RunningHost, queue: QueueClient, poison: QueueClient
) -> None:
    """The function never sees a message that host.json's encoding does not allow."""
    queue.send_message("not base64!")
    host.wait_until_quiet()

    assert host.invocations == []
    assert [each.content for each in poison.receive_messages()] == ["not base64!"]


@pytest.mark.parametrize("useless", [b"{}", b"\xff\xfe"])
def test_base64_of_nonsense_reaches_the_function_once(
    host: RunningHost, queue: QueueClient, useless: bytes
) -> None:
    """Only the function can tell that nothing is meant by it."""
    queue.send_message(base64.b64encode(useless).decode())
    host.wait_until_quiet()

    assert [(done.function, done.error) for done in host.invocations] == [("work", None)]


def test_a_message_whose_hosts_died_is_not_tried_for_ever(
    settings: dict[str, str], queue: QueueClient, poison: QueueClient
) -> None:
    """Attempts that ended with their host count too: over the limit, the message is poison."""
    send(queue, "hello")
    for _ in range(3):
        for taken in queue.receive_messages(max_messages=1):
            queue.update_message(taken, visibility_timeout=0)
    with running_host(SAMPLE, settings, KEYS) as host:
        host.wait_until_quiet()

        assert host.invocations == []
    assert len(list(poison.receive_messages())) == 1


def test_a_failed_message_waits_for_the_visibility_timeout(
    settings: dict[str, str], queue: QueueClient, tmp_path: Path
) -> None:
    """With an hour of visibilityTimeout a failed message is in the queue, and out of sight."""
    app = variant(tmp_path, {"extensions": {"queues": {"visibilityTimeout": "01:00:00"}}})
    send(queue, "fail")
    with running_host(app, settings, KEYS) as host:
        host.wait_until_quiet()

        assert [done.attempt for done in host.invocations] == [1]
    assert queue.peek_messages() == []
    assert queue.get_queue_properties().approximate_message_count == 1


def test_the_last_failure_is_poison_without_a_wait(
    settings: dict[str, str], queue: QueueClient, poison: QueueClient, tmp_path: Path
) -> None:
    """The visibilityTimeout comes before another attempt, and after the last there is none."""
    queues = {"visibilityTimeout": "01:00:00", "maxDequeueCount": 1}
    app = variant(tmp_path, {"extensions": {"queues": queues}})
    send(queue, "fail")
    with running_host(app, settings, KEYS) as host:
        host.wait_until_quiet()

    assert len(poison.peek_messages()) == 1


@pytest.mark.parametrize(("batch_size", "met"), [(1, False), (2, True)])
def test_no_more_messages_are_in_work_than_the_batch_allows(
    settings: dict[str, str], queue: QueueClient, tmp_path: Path, batch_size: int, *, met: bool
) -> None:
    """With batchSize 1 and newBatchThreshold 0, two messages never meet; with 2, they do."""
    queues = {"batchSize": batch_size, "newBatchThreshold": 0, "maxDequeueCount": 1}
    app = variant(tmp_path, {"extensions": {"queues": queues}})
    send(queue, "pair")
    send(queue, "pair")
    with running_host(app, settings, KEYS) as host:
        host.wait_until_quiet()

        assert [done.error is None for done in host.invocations] == [met, met]


def test_a_queue_that_does_not_exist_yet_is_waited_for(
    settings: dict[str, str], azurite: Azurite, azurite_names: FreshNames
) -> None:
    """The host starts without the queue, and takes messages once the app has made it."""
    with (
        running_host(SAMPLE, settings, KEYS) as host,
        QueueClient.from_connection_string(azurite.connection, azurite_names.queue) as queue,
    ):
        host.wait_until_quiet()
        queue.create_queue()
        send(queue, "hello")
        host.wait_until(lambda: bool(host.invocations))

        assert host.invocations[0].error is None


# --- Timers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "told"),
    [("0 */5 * * * *", '{"late": true}'), ("*/30 * * * * *", '{"late": false}')],
)
def test_a_timer_fires_when_asked_and_its_message_is_worked_on(
    settings: dict[str, str], queue: QueueClient, schedule: str, told: str
) -> None:
    """What a timer queues reaches the queue's function; below a minute no tick is ever late."""
    with running_host(SAMPLE, settings | {"TICK_SCHEDULE": schedule}, KEYS) as host:
        assert host.fire_timer("tick", past_due=True).error is None
        host.wait_until_quiet()

        assert [done.function for done in host.invocations] == ["tick", "work"]
        assert [line.text for line in host.logs if line.is_of_the_app] == [f"work {told}, time 1"]


@pytest.mark.parametrize(
    ("fails", "attempts", "error"), [(1, 2, None), (9, 3, "RuntimeError: attempt 3")]
)
def test_a_timer_is_retried_as_its_policy_says(
    settings: dict[str, str], waits: Waits, fails: int, attempts: int, error: str | None
) -> None:
    """Up to max_retry_count more attempts, each after the delay; the last one's error counts."""
    with running_host(SAMPLE, settings | {"FLAKY_FAILS": str(fails)}, sleep=waits) as host:
        last = host.fire_timer("flaky")

        assert (last.attempt, last.error) == (attempts, error)
    assert waits == [300.0] * (attempts - 1)


def test_retries_may_wait_longer_each_time() -> None:
    """An exponential policy doubles its wait up to the longest."""
    policy = Retry(count=-1, first_s=2, longest_s=10)

    assert [policy.delay_s(retries) for retries in range(4)] == [2, 4, 8, 10]


def test_a_value_that_no_binding_takes_fails_the_invocation(host: RunningHost) -> None:
    """A function without $return must not return anything."""
    assert "without a $return binding" in str(host.fire_timer("careless").error)


def test_a_timer_that_does_not_exist_cannot_fire(host: RunningHost) -> None:
    """A misspelt name is an error, and so is the name of another kind of function."""
    for name in ("tock", "work"):
        with pytest.raises(LookupError, match=name):
            host.fire_timer(name)


# --- HTTP -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "key", "status"),
    [
        ("GET", "/api/health", None, 204),
        ("POST", "/api/schools/north", None, 401),
        ("POST", "/api/schools/north", "wrong", 401),
        ("POST", "/api/schools/north", "host", 202),
        ("POST", "/api/schools/north", "school alone", 202),
        ("POST", "/api/schools/north", "master", 202),
        ("POST", "/api/schools/all", "host", 401),
        ("POST", "/api/schools/all", "school alone", 401),
        ("POST", "/api/schools/all", "master", 200),
        ("GET", "/api/schools/north", "master", 404),
        ("GET", "/health", "master", 404),
        ("HEAD", "/api/health", "master", 404),
        ("OPTIONS", "/api/health", "master", 404),
        ("GET", "/API/Health/", None, 204),
        ("GET", "/api/he%61lth", None, 204),
        ("POST", "/api/schools/%00", "master", 400),
        ("POST", "/admin/functions/tick", None, 401),
        ("POST", "/admin/functions/tick", "wrong", 401),
        ("POST", "/admin/functions/tick", "host", 403),
        ("POST", "/admin/functions/tick", "school alone", 403),
        ("POST", "/admin/functions/tock", "master", 404),
        ("GET", "/admin/functions/tick", "master", 404),
    ],
)
def test_each_level_opens_to_its_own_keys(
    web: httpx.Client, method: str, path: str, key: str | None, status: int
) -> None:
    """Anonymous: none; function: its own, the host's or the master's; admin: the master's."""
    headers = {"x-functions-key": key} if key else {}
    answer = web.request(method, path, headers=headers)

    assert answer.status_code == status
    assert status < 400 or answer.content == b""


def test_a_key_may_stand_in_the_query(web: httpx.Client) -> None:
    """`?code=` is as good as the header."""
    assert web.post("/api/schools/north", params={"code": "host"}).status_code == 202


def test_a_function_gets_the_whole_request(web: httpx.Client) -> None:
    """Route parameters are decoded, optional ones may be absent; query and body arrive."""
    key = {"x-functions-key": "host"}
    answer = web.post(
        "/api/schools/St%20Olave/staff", params={"full": ""}, content=b"123", headers=key
    )

    told = answer.json()
    del told["headers"]

    assert answer.headers["Content-Type"] == "application/json"
    assert told == {
        "route": {"school": "St Olave", "part": "staff"},
        "query": {"full": ""},
        "body": 3,
    }
    assert web.post("/api/schools/x", headers=key).json()["route"] == {"school": "x"}


@pytest.mark.parametrize("given", ["a%2Fb", "..%2fb"])
def test_an_escaped_slash_stays_as_it_is(web: httpx.Client, given: str) -> None:
    """One part of a path remains one part, whatever is written in it."""
    answer = web.post(f"/api/schools/{given}", headers={"x-functions-key": "host"})

    assert answer.json()["route"] == {"school": given}


def test_all_headers_of_the_caller_arrive(web: httpx.Client) -> None:
    """In small letters, and with the key and what only Easy Auth would take off."""
    sent = {"X-Functions-Key": "host", "X-MS-CLIENT-PRINCIPAL": "forged", "Accept-Language": "cy"}
    told = web.post("/api/schools/x", headers=sent).json()["headers"]

    assert {name: told.get(name.lower()) for name in sent} == sent


def test_an_exception_is_a_500_that_says_nothing(host: RunningHost, web: httpx.Client) -> None:
    """The caller gets an empty body; the traceback goes to the log."""
    answer = web.get("/api/health", params={"fail": "1"})

    assert (answer.status_code, answer.content) == (500, b"")
    assert host.invocations[-1].error == "RuntimeError: not healthy"
    assert any("Traceback" in line.text and line.level == logging.ERROR for line in host.logs)


def test_a_timer_can_be_started_by_hand(host: RunningHost, web: httpx.Client) -> None:
    """The admin address answers 202 at once and the timer runs."""
    answer = web.post("/admin/functions/tick", headers={"x-functions-key": "master"}, json={})
    host.wait_until(lambda: "tick" in {done.function for done in host.invocations})

    assert answer.status_code == 202


def test_calls_of_plain_functions_run_side_by_side(host: RunningHost) -> None:
    """Two calls of a sync function are in its body at the same time."""
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(httpx.get, f"{host.url}/api/meet", timeout=30) for _ in range(2)]

        assert [call.result().text for call in calls] == ["met", "met"]


def test_a_blocking_call_in_an_async_function_stops_all_others(host: RunningHost) -> None:
    """Two calls of an async function that blocks never meet: there is one loop for all."""
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(httpx.get, f"{host.url}/api/block", timeout=30) for _ in range(2)]

        assert [call.result().status_code for call in calls] == [500, 500]


# --- The app around the functions -----------------------------------------------------------


def test_logs_are_those_of_the_invocation(host: RunningHost, queue: QueueClient) -> None:
    """The app's lines carry their invocation; what the test itself logs is not among them."""
    logging.getLogger("test").warning("not of the app")
    send(queue, "hello")
    host.wait_until_quiet()
    said = [line for line in host.logs if line.is_of_the_app]

    assert [line.text for line in said] == ["work hello, time 1"]
    assert [line.invocation_id for line in said] == [done.id for done in host.invocations]
    assert not any("not of the app" in line.text for line in host.logs)


def test_a_host_that_has_stopped_takes_nothing_more(
    settings: dict[str, str], queue: QueueClient
) -> None:
    """Neither a message nor a call."""
    with running_host(SAMPLE, settings, KEYS) as host:
        url = host.url
    send(queue, "hello")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/api/health")

    assert len(queue.peek_messages()) == 1


def test_settings_are_the_environment_while_the_host_runs(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are set for the app, and what stood there before is there again after."""
    monkeypatch.setenv("TICK_SCHEDULE", "before")
    with running_host(SAMPLE, settings, KEYS):
        assert os.environ["TICK_SCHEDULE"] == settings["TICK_SCHEDULE"]

    assert os.environ["TICK_SCHEDULE"] == "before"
    assert "WORK_QUEUE" not in os.environ
    assert "function_app" not in sys.modules
    assert str(SAMPLE) not in sys.path


@pytest.mark.parametrize("missing", ["TICK_SCHEDULE", "WORK_QUEUE", "AzureWebJobsStorage"])
def test_a_missing_setting_stops_the_host(settings: dict[str, str], missing: str) -> None:
    """A `%NAME%` or a connection without its setting is found at the start."""
    del settings[missing]

    with pytest.raises(HostError, match=missing), running_host(SAMPLE, settings, KEYS):
        pass


@pytest.mark.parametrize(
    ("annotation", "refused"), [("list[str]", True), ("typing.List[str]", False)]
)
def test_what_the_worker_refuses_the_host_refuses(
    tmp_path: Path, annotation: str, *, refused: bool
) -> None:
    """Annotations are judged by the real worker: `Out[list[str]]` is not one that it knows."""
    (tmp_path / "host.json").write_text("{}")
    (tmp_path / "function_app.py").write_text(
        "import typing\n"
        "import azure.functions as func\n"
        "app = func.FunctionApp()\n"
        "@app.timer_trigger(schedule='0 0 * * * *', arg_name='timer')\n"
        "@app.queue_output(arg_name='out', queue_name='q', connection='C')\n"
        f"def tick(timer: func.TimerRequest, out: func.Out[{annotation}]) -> None:\n"
        "    out.set(['one'])\n"
    )
    if refused:
        with pytest.raises(HostError, match="tick"), running_host(tmp_path):
            pass
    else:
        with running_host(tmp_path) as host:
            assert "output binding" in str(host.fire_timer("tick").error)


def test_an_app_that_cannot_be_imported_is_not_hosted(tmp_path: Path) -> None:
    """The error is the app's own."""
    (tmp_path / "host.json").write_text("{}")
    (tmp_path / "function_app.py").write_text("import there_is_no_such_module\n")

    with pytest.raises(HostError, match="there_is_no_such_module"), running_host(tmp_path):
        pass


def test_an_absent_name_in_host_json_takes_the_platforms_default(tmp_path: Path) -> None:
    """Half of the batch is the mark for the next one; five attempts; base64; half an hour."""
    file = tmp_path / "host.json"
    file.write_text('{"version": "2.0", "extensions": {"queues": {"batchSize": 4}}}')

    assert HostJson.read(file) == HostJson("api", 1800.0, QueuePace(4, 2, 5, 0.0, 60.0), {})
    assert duration_s("01:02:03.5") == 3723.5
