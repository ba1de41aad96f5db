"""The whole app in its host: Azurite, both simulators, the real worker, and an administrator.

An administrator is somebody with an HTTP client and a key. Run as a program it is a second
instance of the app, in another process, until its standard input is closed.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

import function_app
from simulators.azurite import Azurite
from simulators.host import Keys, LogLine, RunningHost, running_host
from simulators.school import InventedSchool, invent
from simulators.sds import Knobs
from simulators.staging import Stage, staged
from sync.edge.storage.azure_queues import StorageQueues
from sync.edge.storage.queues import QUEUES, Queue, queue_name
from sync.settings import HostStorage
from sync.web import opening
from tests.addresses import ADDRESSES
from tests.edge.described import faults

APP = Path(function_app.__file__).parent
KEYS = Keys(
    master="invented-master-key",
    host="invented-host-key",
    functions={name: f"invented-key-of-{name}" for name in ADDRESSES},
)
SOMEBODY = "0b1f8a52-0000-4000-8000-00000000ca11"
SCHOOL = invent(30, quirks=False)

# SDS has checked the files by the first look, and its run is over as soon as it has begun.
QUICK = Knobs(operation_polls=0, operation_s=0.0, run_duration_s=0.0)

type Json = Any  # parsed JSON

# The app's triggers by function, as function.json would say them. An app can be asked only once.
TRIGGERS: Mapping[str, Json] = {
    str(function.get_function_name()): trigger.get_dict_repr()
    for function in function_app.app.get_functions()
    if (trigger := function.get_trigger())
}


@dataclass(frozen=True, slots=True)
class Hosted:
    """A running app. `settings` are its app settings, with where the simulators listen."""

    host: RunningHost
    stage: Stage
    storage: Azurite
    settings: Mapping[str, str]

    def ask(
        self,
        method: str,
        path: str,
        key: str | None = KEYS.host,
        accept: str = "*/*",
        more: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> httpx.Response:
        """Ask the app over HTTP, with *key* in the header that Azure wants, and *more* headers.

        An answer that is not as docs/openapi.yaml describes it is an error.
        """
        headers = {"Accept": accept} | ({"x-functions-key": key} if key else {}) | dict(more or {})
        answer = httpx.request(
            method,
            f"{self.host.url}{path}",
            headers=headers,
            content=body or None,
            timeout=30,
            trust_env=False,
        )
        told = faults(method, path, answer.status_code, answer.headers, answer.content)
        if undescribed := [*told]:
            raise AssertionError(f"not as docs/openapi.yaml says: {undescribed}")
        return answer

    def status(self) -> Json:
        return self.ask("GET", "/api/status").raise_for_status().json()

    def newest(self) -> Json:
        """Return the newest delivery as status tells it; {} if there is none."""
        listed = self.status()["connectors"][self.stage.connector]["deliveries"]
        return listed[0] if listed else {}

    def quiet(self) -> Json:
        """Wait until every message that can be seen is worked off; return the newest delivery."""
        self.host.wait_until_quiet()
        return self.newest()

    def until(self, *states: str) -> Json:
        """Wait until the newest delivery is one of *states*, whoever moves it, and return it."""
        self.host.wait_until(lambda: self.newest().get("state") in states, timeout_s=60)
        return self.newest()

    def nudge(self, queue: Queue, **message: str) -> None:
        """Leave a message, as a tick would: nobody waits for a delayed one."""
        put(self.storage, queue, message)

    def held(self) -> Json:
        """Ask for a resync of everything, and return the held delivery that comes of it."""
        self.ask("POST", "/api/sync").raise_for_status()
        held = self.quiet()
        if held.get("state") != "held":
            raise AssertionError(f"not held: {held}")
        return held

    def answer(
        self, delivery: Json, answer: str, more: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Answer *approve*, *reject* or *restore* to a delivery, as the status has told it."""
        said = {"If-Match": f'"{delivery["digest"]}"'} if "digest" in delivery else {}
        path = f"/api/deliveries/{delivery['id']}/{answer}"
        return self.ask("POST", path, more=said | dict(more or {}))

    @property
    def lines(self) -> list[LogLine]:
        """The app's own lines."""
        return [line for line in self.host.logs if line.is_of_the_app]

    @property
    def failed(self) -> list[str]:
        """What the functions that failed said."""
        return [f"{run.function}: {run.error}" for run in self.host.invocations if run.error]


@contextmanager
def running(
    storage: Azurite,
    container: str,
    *,
    school: InventedSchool = SCHOOL,
    knobs: Knobs = QUICK,
    app: Path = APP,
    changes: Mapping[str, str] | None = None,
) -> Generator[Hosted]:
    """Run the app over *container* and whatever is in the queues; *changes* are app settings."""
    with ExitStack() as stack:
        stage = stack.enter_context(staged(school, lambda: datetime.now(UTC), knobs))
        settings = {
            **stage.settings,
            "AzureWebJobsStorage": storage.connection,
            "STORAGE__CONNECTION": storage.connection,
            "STORAGE__CONTAINER": container,
            "TICK_SCHEDULE": "0 */5 * * * *",
            **(changes or {}),
        }
        opening.world.cache_clear()  # a new process would have nothing in it
        stack.callback(opening.world.cache_clear)
        host = stack.enter_context(running_host(app, settings, KEYS, idle_poll_s=0.05))
        yield Hosted(host, stage, storage, settings)


def signed_in(*roles: str, person: str = SOMEBODY) -> dict[str, str]:
    """Return the header that the platform adds for *person* with these roles of the app."""
    claims = [{"typ": "roles", "val": role} for role in roles]
    claims.append({"typ": "oid", "val": person})
    told = json.dumps({"claims": claims})
    return {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(told.encode()).decode()}


def empty(storage: Azurite) -> None:
    """Delete every message of the app: the queues have fixed names, and tests share them."""
    for name in map(queue_name, QUEUES):
        for each in (name, f"{name}-poison"):
            with QueueClient.from_connection_string(storage.connection, each) as client:
                try:
                    client.clear_messages()
                except ResourceNotFoundError:
                    continue


def put(storage: Azurite, queue: Queue, message: Mapping[str, str]) -> None:
    """Leave *message* in a queue, as the app itself would."""
    settings = HostStorage.model_validate({"connection": storage.connection})
    StorageQueues.opened(settings).nudge(queue, message)


def die_over(storage: Azurite, queue: Queue, times: int) -> None:
    """Take the one message of *queue* out *times*, as a host does that is killed each time."""
    with QueueClient.from_connection_string(storage.connection, queue_name(queue)) as client:
        for _ in range(times):
            for taken in client.receive_messages(max_messages=1):
                client.update_message(taken, visibility_timeout=0)


@contextmanager
def second_instance(settings: Mapping[str, str]) -> Generator[Callable[[], list[str]]]:
    """Run the app again, in another process; yield what ends it and tells what it has run."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.edge.hosted"],
        cwd=APP,
        env={**os.environ, **settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if process.stdout is None or process.stdout.readline().strip() != "listening":
            raise AssertionError("the second instance did not start")
        yield lambda: _ended(process)
    finally:
        process.kill()
        process.communicate()


def _ended(process: subprocess.Popen[str]) -> list[str]:
    return process.communicate(timeout=60)[0].split()


def main() -> None:
    """Be the second instance: say so, work until there is no more input, tell what was run."""
    with running_host(APP, keys=KEYS, idle_poll_s=0.05) as host:
        sys.stdout.write("listening\n")
        sys.stdout.flush()
        sys.stdin.read()
        host.wait_until_quiet()
        ran = [f"{each.function}:{'failed' if each.error else 'ok'}" for each in host.invocations]
    sys.stdout.write(" ".join(ran))


if __name__ == "__main__":
    main()
