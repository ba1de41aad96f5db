"""P2: a tick that looks only where something was begun does what one does that looks at everything.

Two schools live through hours in which readings fail, processes are killed, people answer, ask and
bring back, and time goes by. Before every tick the same storage is given to two: one has what the
last tick kept, the other nothing of it. They ask for the same, nudge the same, and see the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from random import Random

import pytest

from simulators.isams import faults
from simulators.school import invent
from sync.edge.storage.queues import Unqueued
from sync.errors import AnswerRefused, SyncError
from sync.ledger import rounds
from sync.ledger.states import State
from sync.steps import approval, pull, restore, schedule, send, status, tick, trust
from sync.steps.connector import look
from tests.crash.processes import Doom, Killed, Way, doomed
from tests.memory_store import MemoryStore
from tests.worlds import OTHER_FEED, TWO_SCHOOLS, make_group

SEEDS, SHARES, EVENTS = 48, 4, 40
SCHOOLS = ("northbank", "southbank")
PAUSES_S = (1, 20, 90, 300, 900, 3600, 4 * 3600, 9 * 3600, 30 * 3600, 50 * 3600)


class Life:
    """A seed: two schools on one connector or two, and what happens to them."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        base = {**TWO_SCHOOLS, "SDS__HOLD_FIRST": str(seed % 3 == 0).lower()}
        if seed % 2:
            base["PROFILES__SOUTH__CONNECTOR"] = OTHER_FEED.name
        self.scene = make_group(base=base)
        self.seed_of_schools = 10

    def happen(self) -> None:
        """Let one thing happen, and some time go by."""
        self.rng.choice(
            (
                self._tick,
                self._tick,
                self._tick,
                self._nudged,
                self._nudged,
                self._die,
                self._ask,
                self._answer,
                self._fail,
                self._change,
                self._bring_back,
                self._run_ahead,
            )
        )()
        self.scene.clock.advance(self.rng.choice(PAUSES_S))

    def _tick(self) -> None:
        tick.tick(self.scene.world)

    def _nudged(self) -> None:
        """Hand out what waits, or lose it."""
        for queue, message, _ in self._taken():
            if self.rng.random() < 0.2:
                continue
            if queue == "pull":
                pull.pull(self.scene.world, message["school"])
            else:
                send.send(self.scene.world, message["connector"])

    def _taken(self) -> Sequence[tuple[str, dict[str, str], float]]:
        kept = list(self.scene.nudges.kept)
        self.scene.nudges.kept.clear()
        return kept

    def _die(self) -> None:
        """Begin something that is killed, or unheard, at some call."""
        doom = Doom(self.rng.randrange(1, 40), self.rng.choice(list(Way)))
        world = doomed(self.scene, doom)
        with suppress(Killed, SyncError):
            match self.rng.randrange(4):
                case 0:
                    tick.tick(world)
                case 1:
                    schedule.ask(world, self.rng.choice(SCHOOLS), "test")
                case 2:
                    pull.pull(world, self.rng.choice(SCHOOLS))
                case _:
                    send.send(world, self.rng.choice(list(world.settings.connectors())))

    def _ask(self) -> None:
        schedule.ask(self.scene.world, self.rng.choice(SCHOOLS), "test")

    def _answer(self) -> None:
        for connector, shown in status.survey(self.scene.world).connectors.items():
            for delivery in look(self.scene.world, connector).in_state(State.HELD, State.UNPROVEN):
                self._say(delivery.id)
            for school in shown.schools.values():
                if school.offer:
                    self._say(school.offer)

    def _say(self, answered_id: str) -> None:
        say = self.rng.choice((approval.approve, approval.approve, approval.reject))
        with suppress(AnswerRefused):
            say(self.scene.world, answered_id)

    def _fail(self) -> None:
        app = self.scene.isams_of[self.rng.choice(SCHOOLS)]
        app.faults = self.rng.choice((faults.refused(403), faults.refused(503), faults.Faults()))

    def _change(self) -> None:
        key = self.rng.choice(SCHOOLS)
        app = self.scene.isams_of[key]
        self.seed_of_schools += 1
        size = self.rng.choice((6, 20, 22))
        app.school = invent(size, seed=self.seed_of_schools % 3 + 2, quirks=False, key=key)
        app.flush()

    def _bring_back(self) -> None:
        world = self.scene.world
        if self.rng.random() < 0.5:
            with suppress(AnswerRefused):
                restore.resume(world)
            return
        former = [
            each.id
            for connector in status.survey(world).connectors.values()
            for each in connector.restorable
        ]
        with suppress(AnswerRefused):
            if former:
                restore.restore(world, self.rng.choice(former))

    def _run_ahead(self) -> None:
        """Tick for a while by a clock that is hours or days ahead, and is put right then."""
        clock, ahead_s = self.scene.clock, self.rng.choice((2 * 3600.0, 9 * 3600.0, 72 * 3600.0))
        clock.advance(ahead_s)
        for _ in range(3):
            self._tick()
            clock.advance(300)
        clock.passed_s -= ahead_s

    # -- with and without

    def copy(self, *, with_rounds: bool) -> tuple[MemoryStore, Unqueued]:
        assert isinstance(self.scene.store, MemoryStore)
        store = MemoryStore(self.scene.clock)
        store.held = {
            name: held
            for name, held in self.scene.store.held.items()
            if with_rounds or not name.startswith(rounds.ROUNDS)
        }
        return store, Unqueued()

    def ticked(self, *, with_rounds: bool) -> object:
        """Return what a tick asks for and nudges now."""
        store, nudges = self.copy(with_rounds=with_rounds)
        told = len(self.scene.steps)
        tick.tick(self.scene.process(store=store, nudges=nudges))
        del self.scene.steps[told:]
        return sorted((queue, *message.values()) for queue, message, _ in nudges.kept)

    def seen(self, *, with_rounds: bool) -> object:
        """Return what status and trust say now."""
        store, nudges = self.copy(with_rounds=with_rounds)
        world = self.scene.process(store=store, nudges=nudges)
        document = json.loads(json.dumps(status.survey(world).document()))
        for profile in document["profiles"].values():
            profile.pop("nights", None)
        return document, trust.document(world)


@pytest.mark.parametrize("share", range(SHARES))
def test_with_and_without_what_the_last_tick_kept_the_same_is_done_and_seen(share: int) -> None:
    """Whatever happened before: see the module's header."""
    for seed in range(share, SEEDS, SHARES):
        life = Life(seed)
        for number in range(EVENTS):
            life.happen()
            whole, quick = life.ticked(with_rounds=False), life.ticked(with_rounds=True)
            assert quick == whole, f"seed {seed}, event {number}"
            if number % 3 == 0:
                assert life.seen(with_rounds=True) == life.seen(with_rounds=False), (
                    f"seed {seed}, event {number}"
                )
