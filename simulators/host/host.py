"""The host itself: starts the worker, the listeners and the server, and keeps the record."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from simulators.host import http, protos, routes, worker
from simulators.host.hostjson import HostJson, expand
from simulators.host.invocation import Invocation
from simulators.host.logs import LogLine, forwarding
from simulators.host.queues import Listener
from simulators.host.routes import Keys
from simulators.host.worker import Function, FunctionError, HostError

STORAGE = "AzureWebJobsStorage"


class Host:
    """Runs one app, with its own settings and keys; one host at a time in a process.

    `invocations` holds what has ended, in order of ending, each once its message is settled;
    `logs` is what Application Insights would get, failures with their tracebacks included.
    `idle_poll_s` caps host.json's `maxPollingInterval`, and `sleep` waits between a timer's
    retries: with both, nobody waits for minutes.
    """

    def __init__(
        self,
        app_dir: Path,
        settings: Mapping[str, str] | None = None,
        keys: Keys | None = None,
        *,
        idle_poll_s: float = 60.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.invocations: list[Invocation] = []
        self.logs: list[LogLine] = []
        self.url = ""
        self._app_dir = app_dir.resolve()
        self._settings = dict(settings or {})
        self._keys = keys or Keys()
        self._idle_poll_s = idle_poll_s
        self._sleep = sleep
        self._json = HostJson.read(self._app_dir / "host.json")
        self._functions: dict[str, Function] = {}
        self._routes: tuple[routes.Route, ...] = ()
        self._listeners: list[Listener] = []
        self._listening: list[asyncio.Task[None]] = []
        self._fired_by_hand: set[asyncio.Task[Invocation]] = set()
        self._running = 0
        self._surroundings, self._server = ExitStack(), ExitStack()

    async def start(self) -> None:
        """Index the app and begin to listen; raise `HostError` if the app cannot be hosted."""
        try:
            self._surroundings.enter_context(worker.surroundings(self._app_dir, self._settings))
            self._surroundings.enter_context(forwarding(self.logs.append))
            for function in await worker.start(self._app_dir):
                self._functions[function.name] = _expanded(function)
            self._routes = routes.table(self._functions.values(), self._json.route_prefix)
            self._listeners = [*self._make_listeners()]
        except BaseException:
            await self.stop()
            raise
        self._listening = [asyncio.create_task(each.listen()) for each in self._listeners]
        serving = http.serving(self.answer, asyncio.get_running_loop())
        self.url = f"http://127.0.0.1:{self._server.enter_context(serving)}"

    async def stop(self) -> None:
        """Stop listening, let what runs come to its end, and put the surroundings back."""
        for listener in self._listeners:
            listener.stop()
        # Off the loop: requests that are being answered still need it.
        await asyncio.to_thread(self._server.close)
        await asyncio.gather(*self._listening, *self._fired_by_hand)
        await worker.stop()
        self._surroundings.close()

    async def fire_timer(self, name: str, *, past_due: bool = False) -> Invocation:
        """Fire the timer *name* now, retry by its policy, and return the last attempt."""
        function = self._functions.get(name)
        if function is None or function.kind != "timerTrigger":
            raise LookupError(f"there is no timer {name}")
        retries = 0
        while True:
            tick = protos.TypedData(json=_tick(past_due=past_due))
            done = await self._invoke(function, tick, retries=retries)
            self.invocations.append(done)
            policy = function.retry
            if not done.error or not policy or policy.count == retries:
                return done
            await self._sleep(policy.delay_s(retries))
            retries += 1

    async def answer(self, request: http.Request) -> http.Reply:
        """Answer one HTTP request, as the front of an app on Azure would."""
        if request.path.startswith("/admin/functions/"):
            return self._admin(request)
        found = routes.find(self._routes, request.method, request.path)
        if found is None:
            return http.Reply(404)
        function, params = found
        if not self._keys.open(function, request.key):
            return http.Reply(401)
        done = await self._invoke(function, request.for_worker(params))
        self.invocations.append(done)
        return http.Reply(500) if done.error else http.Reply.of(done.returned)

    async def wait_until_quiet(self) -> None:
        """Return once nothing runs and no trigger queue holds a message that can be seen."""
        while True:
            ended = len(self.invocations)
            # The poll under way may have begun too early; the one after it has not.
            goals = [(listener, listener.empty_polls + 2) for listener in self._listeners]
            while self._running or any(each.empty_polls < goal for each, goal in goals):
                await asyncio.sleep(0.01)
            if len(self.invocations) == ended:
                return

    def _admin(self, request: http.Request) -> http.Reply:
        """Start a timer by hand: POST with the master key; 202 before it has run."""
        name = request.path.rpartition("/")[2]
        if request.key != self._keys.master:
            return http.Reply(401)
        if request.method != "POST" or name not in self._functions:
            return http.Reply(404)
        task = asyncio.create_task(self.fire_timer(name))
        self._fired_by_hand.add(task)
        task.add_done_callback(self._fired_by_hand.discard)
        return http.Reply(202)

    async def _invoke(
        self,
        function: Function,
        value: protos.TypedData,
        metadata: Mapping[str, protos.TypedData] | None = None,
        retries: int = 0,
    ) -> Invocation:
        begun = Invocation(function.name, str(uuid.uuid4()), attempt=retries + 1)
        self._running += 1
        try:
            async with asyncio.timeout(self._json.function_timeout_s):
                returned = await worker.invoke(function, begun.id, value, metadata or {}, retries)
            return replace(begun, returned=returned)
        except TimeoutError:
            # On Azure the worker is killed here, with all that it runs. A thread cannot be.
            failure = FunctionError("the function ran longer than functionTimeout")
        except (FunctionError, HostError) as error:
            failure = error if isinstance(error, FunctionError) else FunctionError(str(error))
        finally:
            self._running -= 1
        text = f"{failure}\n{failure.stack}"
        self.logs.append(LogLine(logging.ERROR, f"Function.{function.name}", text, begun.id))
        return replace(begun, error=str(failure))

    def _make_listeners(self) -> Iterator[Listener]:
        idle_s = min(self._idle_poll_s, self._json.queues.max_polling_interval_s)
        pace = replace(self._json.queues, max_polling_interval_s=idle_s)
        for function in self._functions.values():
            if function.kind == "queueTrigger":
                setting = str(function.trigger.get("connection") or STORAGE)
                connection = os.environ.get(setting)
                if not connection:
                    raise HostError(f"{function.name}: the setting {setting} is missing")
                run = partial(self._invoke, function)
                queue = str(function.trigger["queueName"])
                yield Listener(
                    connection, queue, pace, run, self.invocations.append, self.logs.append
                )


def _expanded(function: Function) -> Function:
    """Put the settings into the names that may hold `%NAME%`."""
    trigger = dict(function.trigger)
    for name in {"schedule", "queueName", "connection", "route"} & trigger.keys():
        try:
            trigger[name] = expand(str(trigger[name] or ""), os.environ)
        except LookupError as missing:
            raise HostError(f"{function.name}: the setting {missing} is missing") from None
    return replace(function, trigger=trigger)


def _tick(*, past_due: bool) -> str:
    now = datetime.now(UTC).isoformat()
    status = {"Last": now, "Next": now, "LastUpdated": now}
    schedule = {"AdjustForDST": True}
    return json.dumps({"Schedule": schedule, "ScheduleStatus": status, "IsPastDue": past_due})
