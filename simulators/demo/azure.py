"""The demo as on Azure: `function_app.py` in a Functions host, over HTTP, on emulated storage.

The host calls the same worker library as Azure's; queues and blobs are Azurite's. Nothing is
skipped here: where the app waits, so does the demo, and SDS's run is made short instead.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

import simulators
from simulators import azurite
from simulators.demo import nights
from simulators.demo.telling import Teller, counts_by
from simulators.host import Keys, RunningHost, running_host
from simulators.invented.records import InventedSchool
from simulators.school import invent
from simulators.sds import Knobs
from simulators.staging import PROFILES, Stage, staged
from sync.steps.told.counts import numbers
from sync.terminal.context import doing
from sync.terminal.tables import table

APP = Path(simulators.__file__).parent.parent
KEYS = Keys()
LOOK_S = 0.5
PATIENCE_S = 60.0
# The app looks 15 s after its upload: by then SDS has checked the files, and its run is over.
KNOBS = Knobs(operation_polls=0, operation_s=2.0, run_duration_s=5.0)
_COUNTS = ("students", "teachers", "classes", "enrollments")


def demo(pupils: int, teller: Teller) -> int:
    """Tell the whole story; 0 if everything was as expected."""
    began_s = time.monotonic()
    school = invent(pupils)
    teller.say("Starting the storage emulator, both simulators and the Functions host …")
    with staged(school, lambda: datetime.now(UTC), KNOBS) as stage, azurite.start() as storage:
        stage.sds.people = nights.accounts(school)
        settings = {
            **stage.settings,
            "AzureWebJobsStorage": storage.connection,
            "STORAGE__CONNECTION": storage.connection,
            "TICK_SCHEDULE": "0 */5 * * * *",
        }
        with (
            running_host(APP, settings, KEYS, idle_poll_s=0.2) as host,
            httpx.Client(base_url=host.url, timeout=30) as web,
        ):
            story = _Story(stage, host, web, teller)
            story.first_delivery(school)
            story.small_change(nights.a_little(school))
            story.loss()
    teller.say("", f"It took {time.monotonic() - began_s:.0f} s, with every wait of the app.")
    return teller.end()


@dataclass(frozen=True, slots=True)
class _Story:
    stage: Stage
    host: RunningHost
    web: httpx.Client
    teller: Teller

    def first_delivery(self, school: InventedSchool) -> None:
        tell = self.teller
        tell.chapter("Somebody asks for a resync over HTTP")
        tell.say(f"{school.name}, invented: {len(school.pupils):,} pupils")
        refused = self.web.post("/api/sync").status_code
        tell.expect(f"without a key: {refused}", holds=refused == 401)
        held = self._resync("held")
        self._show_sets()
        tell.expect("the first delivery is held", holds=held["hold"]["first"])
        tell.expect("SDS has been sent nothing", holds=not self.stage.sds.requests)
        tell.chapter("It is approved over HTTP, and delivered")
        self._post(f"/api/deliveries/{held['id']}/approve", {"If-Match": f'"{held["digest"]}"'})
        tell.say("Approved by the demo itself. The app waits 15 s before it asks SDS.")
        self._show_receipt(self._await("done"))

    def small_change(self, change: nights.ALittle) -> None:
        tell = self.teller
        tell.chapter("One pupil has moved set, one has left; the timer ticks")
        self.stage.isams.school = change.school
        tick = self.host.fire_timer("tick")
        tell.expect("the timer ran", holds=not tick.error)
        before = self.stage.sds.store.people.active
        done = self._resync("done")
        gone = before - self.stage.sds.store.people.active
        tell.expect("one pupil became inactive, nobody else", holds=len(gone) == 1)
        self._show_receipt(done)
        calls = len(self.stage.sds.requests)
        self._resync("unchanged")
        calls = len(self.stage.sds.requests) - calls
        tell.expect(f"asked again, nothing has changed: {calls} calls to SDS", holds=calls == 0)

    def loss(self) -> None:
        tell, sent = self.teller, len(self.stage.sds.submissions)
        tell.chapter("iSAMS gives only half of the pupils")
        self.stage.isams.school = nights.half(self.stage.isams.school)
        time.sleep(1.0)  # pulls are named by the second: within it, this would be the last one
        held = self._resync("held")
        lost = next(one for one in held["hold"]["excesses"] if one["table"] == "pupils")
        tell.say(f"held: {lost['rows']:,} pupils would go, {lost['allowed']:,} may")
        tell.expect("SDS has been sent nothing", holds=len(self.stage.sds.submissions) == sent)
        self.host.wait_until_quiet()
        failed = [one.function for one in self.host.invocations if one.error]
        tell.expect("no function has failed", holds=not failed)
        status = self._status()
        told = sum(map(len, status["failed_messages"].values()))
        tell.expect("no message was given up", holds=told == 0)

    def _resync(self, until: str) -> Any:  # Any: parsed JSON
        """Ask for a pull, and wait for the delivery that it makes."""
        asked = self._post("/api/sync")["asked"]
        pull = next(iter(asked.values()))
        return self._await(until, lambda newest: newest["id"][:16] >= pull)

    def _await(self, until: str, also: Callable[[Any], bool] = lambda _: True) -> Any:
        """Look at the status until the newest delivery is *until*, and return it."""
        give_up_s = time.monotonic() + PATIENCE_S
        with doing(f"Waiting until the delivery is {until}", self.teller.console):
            while True:
                listed = self._status()["connectors"][self.stage.connector]["deliveries"]
                if listed and listed[0]["state"] == until and also(listed[0]):
                    self.teller.say(f"status: {until}, delivery {listed[0]['id']}")
                    return listed[0]
                if time.monotonic() > give_up_s:
                    found = listed[0]["state"] if listed else "none"
                    raise TimeoutError(f"the newest delivery is {found}, not {until}")
                time.sleep(LOOK_S)

    def _status(self) -> Any:  # Any: parsed JSON
        answer = self.web.get("/api/status", headers={"x-functions-key": KEYS.host})
        return answer.raise_for_status().json()

    def _post(self, path: str, more: Mapping[str, str] | None = None) -> Any:  # Any: parsed JSON
        answer = self.web.post(path, headers={"x-functions-key": KEYS.host, **(more or {})})
        self.teller.say(f"POST {path}: {answer.status_code}")
        return answer.raise_for_status().json()

    def _show_sets(self) -> None:
        profiles = self._status()["profiles"]
        counts = {key: one["set"]["counts"] for key, one in profiles.items()}
        self.teller.say(table("What was built", ("profile", *_COUNTS), counts_by(_COUNTS, counts)))
        for key, one in profiles.items():
            self.teller.say(f"to mend in iSAMS, {key}: {numbers(one['set']['findings'])}")
        self.teller.expect("both profiles were built", holds=set(counts) == set(PROFILES))

    def _show_receipt(self, done: Any) -> None:  # Any: parsed JSON
        receipt = done["receipt"]
        self.teller.expect(
            "SDS has taken it, and its run has ended", holds=receipt["outcome"] == "completed"
        )
        self.teller.say(f"SDS's run: {numbers(receipt['counts'])}")
