"""The host itself: starts the worker, the listeners and the server, and keeps the record."""

from __future__ import annotations

import asyncio
import logging
import os
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from simulators.host import http, protos, queues, routes, timers, worker
from simulators.host.hostjson import HostJson, expand
from simulators.host.invocation import Invocation
from simulators.host.logs import LogLine, forwarding
from simulators.host.routes import Keys
from simulators.host.worker import Function, FunctionError, HostError

STORAGE = "AzureWebJobsStorage"

# The categories of the host's own lines: docs/reference/functions.md#traces
OPTIONS = "Microsoft.Azure.WebJobs.Hosting.OptionsLoggingService"
WORKER = "Worker"


class Host:
    """Runs one app, with its own settings and keys; one host at a time in a process.

    `invocations` holds what has ended, in order of ending, each once its message is settled;
    `logs` is what Application Insights would get: what `logLevel` lets through of the app's lines
    and of the host's own, failures with their tracebacks included.
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
        self._listeners: list[queues.Listener] = []
        self._listening: list[asyncio.Task[None]] = []
        self._fired_by_hand: set[asyncio.Task[Invocation]] = set()
        self._running: dict[str, str] = {}  # functions by invocation
        self._in_worker: set[asyncio.Task[protos.TypedData | None]] = set()
        self._surroundings, self._server = ExitStack(), ExitStack()

    async def start(self) -> None:
        """Index the app and begin to listen; raise `HostError` if the app cannot be hosted."""
        try:
            self._surroundings.enter_context(worker.surroundings(self._app_dir, self._settings))
            self._surroundings.enter_context(forwarding(self._hear))
            for function in await worker.start(self._app_dir):
                self._functions[function.name] = _expanded(function)
            self._routes = routes.table(self._functions.values(), self._json.route_prefix)
            self._listeners = [*self._make_listeners()]
        except BaseException:
            await self.stop()
            raise
        # docs/reference/functions.md#options-shown
        self._log(logging.INFO, OPTIONS, str(self._json.queues))
        self._listening = [asyncio.create_task(each.listen()) for each in self._listeners]
        serving = http.serving(self.answer, asyncio.get_running_loop())
        self.url = f"http://127.0.0.1:{self._server.enter_context(serving)}"

    async def stop(self) -> None:
        """Stop listening, let what runs come to its end, and put the surroundings back.

        Listeners come first: docs/reference/functions.md#sigterm.
        """
        for listener in self._listeners:
            listener.stop()
        # Off the loop: requests that are being answered still need it.
        await asyncio.to_thread(self._server.close)
        await asyncio.gather(*self._listening, *self._fired_by_hand)
        await worker.stop()
        self._surroundings.close()

    async def fire_timer(self, name: str, *, past_due: bool = False) -> Invocation:
        """Fire the timer *name* now, retry by its policy, and return the last attempt.

        *past_due* is for a tick that fell into a stop (docs/reference/functions.md#missed-tick); a
        timer that is not monitored never learns of one.
        """
        function = self._functions.get(name)
        if function is None or function.kind != "timerTrigger":
            raise LookupError(f"there is no timer {name}")
        retries = 0
        while True:
            now = datetime.now(UTC).isoformat()
            tick = timers.tick(function, now, past_due=past_due)
            reason = f"Timer fired at {now}"
            done = await self._invoke(function, reason, tick, retries=retries)
            self.invocations.append(done)
            policy = function.retry
            if not done.error or not policy or policy.count == retries:
                return done
            await self._sleep(policy.delay_s(retries))
            retries += 1

    async def answer(self, request: http.Request) -> http.Reply:
        """Answer one HTTP request, as the front of an app on Azure would."""
        if "\0" in request.path:
            return http.Reply(400)
        if request.path.startswith("/admin/functions/"):
            return self._admin(request)
        found = routes.find(self._routes, request.method, request.path)
        if found is None:
            return http.Reply(404)
        function, params = found
        if not self._keys.open(function, request.key):
            return http.Reply(401)
        reason = "This function was programmatically called via the host APIs."
        done = await self._invoke(function, reason, request.for_worker(params))
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
        """Start a timer by hand: POST with the master key; 202 before it has run.

        See docs/reference/functions.md#keys.
        """
        name = request.path.rpartition("/")[2]
        if request.key != self._keys.master:
            return http.Reply(403 if self._keys.known(request.key) else 401)
        if request.method != "POST" or name not in self._functions:
            return http.Reply(404)
        task = asyncio.create_task(self.fire_timer(name))
        self._fired_by_hand.add(task)
        task.add_done_callback(self._fired_by_hand.discard)
        return http.Reply(202)

    async def _invoke(
        self,
        function: Function,
        reason: str,
        value: protos.TypedData,
        metadata: Mapping[str, protos.TypedData] | None = None,
        retries: int = 0,
    ) -> Invocation:
        """Run *function* once, between the host's own lines.

        See docs/reference/functions.md#log-lines.
        """
        began_s = time.monotonic()
        begun = Invocation(function.name, str(uuid.uuid4()), attempt=retries + 1)
        log = partial(self._log, category=f"Function.{function.name}", invocation_id=begun.id)
        named = f"'Functions.{function.name}'"
        log(logging.INFO, text=f"Executing {named} (Reason='{reason}', Id={begun.id})")
        if metadata:
            log(logging.INFO, text=queues.details(metadata))
        self._running[begun.id] = function.name
        work = worker.invoke(function, begun.id, value, metadata or {}, retries)
        try:
            done = replace(begun, returned=await self._within_the_timeout(work))
            level, ending, stack = logging.INFO, "Succeeded", ""
        except (FunctionError, HostError) as error:
            done = replace(begun, error=str(error))
            stack = f"\n{error}\n{getattr(error, 'stack', '')}"
            level, ending = logging.ERROR, "Failed"
        finally:
            del self._running[begun.id]
        took = f"Duration={(time.monotonic() - began_s) * 1000:.0f}ms"
        log(level, text=f"Executed {named} ({ending}, Id={begun.id}, {took}){stack}")
        return done

    async def _within_the_timeout(
        self, work: Coroutine[object, object, protos.TypedData | None]
    ) -> protos.TypedData | None:
        """Return what *work* returns; past functionTimeout the worker ends, with all it runs.

        A thread cannot be killed, so a plain function goes on, and nobody hears of it. On Azure the
        process is gone: docs/reference/functions.md#function-timeout.
        """
        task = asyncio.create_task(work)
        self._in_worker.add(task)
        task.add_done_callback(self._in_worker.discard)
        done, _ = await asyncio.wait({task}, timeout=self._json.function_timeout_s)
        if not done:
            for each in self._in_worker:
                each.cancel()
        try:
            return await task
        except asyncio.CancelledError:
            why = "this" if not done else "another"
            raise FunctionError(f"worker ended: {why} call ran beyond functionTimeout") from None

    def _hear(self, level: int, logger: str, text: str, invocation_id: str) -> None:
        """Take a line from the worker; `logLevel` does not go by its Python logger."""
        name = self._running.get(invocation_id)
        if name:
            self._log(level, f"Function.{name}.User", text, invocation_id, logger)
        elif not invocation_id:
            self._log(level, WORKER, text, logger=logger)

    def _log(
        self, level: int, category: str, text: str, invocation_id: str = "", logger: str = ""
    ) -> None:
        if level >= self._json.level(category):
            self.logs.append(LogLine(level, category, text, invocation_id, logger))

    def _make_listeners(self) -> Iterator[queues.Listener]:
        idle_s = min(self._idle_poll_s, self._json.queues.max_polling_interval_s)
        pace = replace(self._json.queues, max_polling_interval_s=idle_s)
        for function in self._functions.values():
            if function.kind == "queueTrigger":
                setting = str(function.trigger.get("connection") or STORAGE)
                connection = os.environ.get(setting)
                if not connection:
                    raise HostError(f"{function.name}: the setting {setting} is missing")
                queue = str(function.trigger["queueName"])
                run = partial(self._invoke, function, f"New queue message detected on '{queue}'.")
                record, log = self.invocations.append, self._log
                yield queues.Listener(connection, queue, pace, run, record, log)


def _expanded(function: Function) -> Function:
    """Put the settings into the names that may hold `%NAME%`."""
    trigger = dict(function.trigger)
    for name in {"schedule", "queueName", "connection", "route"} & trigger.keys():
        try:
            trigger[name] = expand(str(trigger[name] or ""), os.environ)
        except LookupError as missing:
            raise HostError(f"{function.name}: the setting {missing} is missing") from None
    return replace(function, trigger=trigger)
