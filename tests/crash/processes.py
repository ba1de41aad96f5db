"""Processes that die or go unheard at one chosen call, and the platform that goes on without them.

A process reaches the outside by its store, its queues and its transports, and by nothing else. So
counting those calls names every moment at which it may end.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import count
from threading import Lock

import httpx

from simulators.host.queues import LEASE_S
from sync.edge.storage.queues import Nudges, Queue
from sync.edge.storage.store import Blob, BlobsAt, Store
from sync.edge.world import World
from sync.errors import StoreUnavailable, SyncError
from sync.ledger.rounds import WORK
from sync.steps import pull, send, tick
from sync.steps.landed.look import read_back
from tests.worlds import TestWorld

# How the names of such calls begin. A batch is a POST of GETs alone: the simulator sees to that.
CHANGES_NOTHING = ("read", "list", "GET", "folders", "POST /v1.0/$batch")
TICK_S = 300.0


class Killed(BaseException):
    """The process is gone: nothing of it runs, not even a `finally`."""


class Way(StrEnum):
    """What happens at the chosen call."""

    BEFORE = "killed just before"
    AFTER = "killed just after"
    FAILED = "failed, nothing done"
    LOST = "done, the answer lost"


class Nudging(StrEnum):
    """What becomes of the messages that steps leave; those of ticks always arrive."""

    KEPT = "kept"
    LOST = "all lost"
    FORGOTTEN = "all lost, and at a death all that ticks had kept"
    DOUBLED = "all doubled"


@dataclass
class Doom:
    """Counts every call of one process; at number *at* (from 1; 0 is never) *way* happens.

    A process may call from several threads at once.
    """

    at: int = 0
    way: Way = Way.BEFORE
    calls: list[str] = field(default_factory=list)
    dead: bool = False
    _lock: Lock = field(default_factory=Lock)

    def around[T](self, name: str, call: Callable[[], T], error: Callable[[], Exception]) -> T:
        """Do *call*, or what is to happen in its place."""
        if not self._is_the_one(name):
            return call()
        if self.way is Way.BEFORE:
            self.dead = True
            raise Killed
        if self.way is Way.FAILED:
            raise error()
        done = call()
        if self.way is Way.AFTER:
            self.dead = True
            raise Killed
        del done
        raise error()

    def _is_the_one(self, name: str) -> bool:
        """Count a call, and say whether it is the chosen one."""
        with self._lock:
            self.demand_life()
            self.calls.append(name)
            return len(self.calls) == self.at

    def demand_life(self) -> None:
        if self.dead:
            raise Killed


@dataclass
class Sleepy(Doom):
    """Sleeps once, before the call number *at*: *meanwhile* happens."""

    meanwhile: Callable[[], None] = field(default=lambda: None)

    def demand_life(self) -> None:
        if len(self.calls) + 1 == self.at:
            self.at = 0
            self.meanwhile()


def _storage_is_away() -> Exception:
    return StoreUnavailable("storage gave no answer")


class DoomedStore:
    """Implements `sync.edge.blobs.Store` for a process that may die at any call."""

    def __init__(self, store: Store, doom: Doom) -> None:
        self._store = store
        self._doom = doom

    def create(self, name: str, body: bytes) -> bool:
        return self._do(f"create {name}", lambda: self._store.create(name, body))

    def claim(self, name: str, body: bytes) -> bool:
        return self._do(f"claim {name}", lambda: self._store.claim(name, body))

    def read(self, name: str) -> bytes:
        return self._do(f"read {name}", lambda: self._store.read(name))

    def blobs(self, prefix: str) -> Sequence[Blob]:
        return self._do(f"list {prefix}", lambda: self._store.blobs(prefix))

    def listed(self, prefix: str) -> BlobsAt:
        return self._do(f"list {prefix}", lambda: self._store.listed(prefix))

    def folders(self, prefix: str) -> Sequence[str]:
        return self._do(f"folders {prefix}", lambda: self._store.folders(prefix))

    def delete(self, name: str) -> None:
        return self._do(f"delete {name}", lambda: self._store.delete(name))

    def now(self) -> datetime:
        self._doom.demand_life()
        return self._store.now()

    def _do[T](self, name: str, call: Callable[[], T]) -> T:
        return self._doom.around(name, call, _storage_is_away)


class DoomedNudges:
    """Implements `sync.edge.queues.Nudges` for a process that may die at any call."""

    def __init__(self, nudges: Nudges, doom: Doom) -> None:
        self._nudges = nudges
        self._doom = doom

    def nudge(self, queue: Queue, message: Mapping[str, str], delay_s: float = 0) -> None:
        def call() -> None:
            self._nudges.nudge(queue, message, delay_s)

        self._doom.around(f"nudge {queue}", call, _storage_is_away)

    def poisoned(self) -> Mapping[Queue, Sequence[str]]:
        return self._nudges.poisoned()

    def next(self) -> Mapping[Queue, Sequence[str]]:
        return self._nudges.next()

    def waiting(self) -> Mapping[Queue, int]:
        return self._nudges.waiting()


class DoomedWire(httpx.BaseTransport):
    """A transport of a process that may die at any request."""

    def __init__(self, wire: httpx.BaseTransport, doom: Doom) -> None:
        self._wire = wire
        self._doom = doom

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        def call() -> httpx.Response:
            return self._wire.handle_request(request)

        def error() -> Exception:
            return httpx.ReadTimeout("no answer", request=request)

        return self._doom.around(f"{request.method} {request.url.path}", call, error)


def doomed(scene: TestWorld, doom: Doom) -> World:
    """Return a process of the app that ends as *doom* says."""
    return scene.process(
        store=DoomedStore(scene.store, doom),
        nudges=DoomedNudges(scene.nudges, doom),
        isams_transport=lambda wire: DoomedWire(wire, doom),
        sds_transport=lambda wire: DoomedWire(wire, doom),
    )


_COPIES = {Nudging.KEPT: 1, Nudging.LOST: 0, Nudging.FORGOTTEN: 0, Nudging.DOUBLED: 2}


class Platform:
    """Ticks, hands out messages, starts a new process where one has died."""

    def __init__(
        self,
        scene: TestWorld,
        process: World,
        nudging: Nudging = Nudging.KEPT,
        *,
        tick_s: float = TICK_S,
    ) -> None:
        self.scene = scene
        self.process = process
        self.nudging = nudging
        self._tick_s = tick_s
        self._next_tick_s = scene.clock.passed_s
        self._order = count()
        self._waiting: list[tuple[float, int, Queue, dict[str, str]]] = []

    def go_on(self, *, hours: float, until: Callable[[], bool]) -> bool:
        """Go on until *until* holds, at most *hours*; say whether it does."""
        clock = self.scene.clock
        end_s = clock.passed_s + hours * 3600
        while not until():
            due_s = min([self._next_tick_s, *(entry[0] for entry in self._waiting[:1])])
            if due_s > end_s:
                return False
            clock.passed_s = max(clock.passed_s, due_s)
            if due_s == self._next_tick_s:
                self._next_tick_s += self._tick_s
                self._do(lambda: tick.tick(self.process))
                self._take_in(times=1)
            else:
                _, _, queue, message = heapq.heappop(self._waiting)
                if not self._do(partial(self._read, queue, message)):
                    self._put(LEASE_S, queue, message)  # its host is gone with it
                self._take_in(times=_COPIES[self.nudging])
        return True

    def _read(self, queue: Queue, message: Mapping[str, str]) -> None:
        if queue == "pull":
            pull.pull(self.process, message["school"])
        elif queue == "read-back":
            read_back(self.process, message["connector"])
        else:
            send.send(self.process, message["connector"])

    def _do(self, work: Callable[[], object]) -> bool:
        """Do one function's work; say whether it came to its end."""
        whole = False
        try:
            work()
            whole = True
        except SyncError:
            pass  # the host gives the message to somebody again
        except Killed:
            self.process = self.scene.process()
            if self.nudging is Nudging.FORGOTTEN:
                self._forget()
        return whole

    def _forget(self) -> None:
        for blob in self.scene.store.blobs(WORK):
            self.scene.store.delete(blob.name)

    def _take_in(self, *, times: int) -> None:
        """Take the messages that were left, each so many times."""
        for queue, message, delay_s in self.scene.nudges.kept:
            for _ in range(times):
                self._put(delay_s, queue, message)
        self.scene.nudges.kept.clear()

    def _put(self, delay_s: float, queue: Queue, message: dict[str, str]) -> None:
        due_s = self.scene.clock.passed_s + delay_s
        heapq.heappush(self._waiting, (due_s, next(self._order), queue, message))
