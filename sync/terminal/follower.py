"""Moving a connector's delivery until nothing is left but waiting: what the queues do on Azure.

A `Follower` follows what a pull has sealed. An older delivery may be in the way: its answer
comes first, and then ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sync.edge.world import World
from sync.ledger import ids
from sync.ledger.marks import Hold
from sync.report import Outcome, Step
from sync.steps import approval, send
from sync.steps.connector import newest_sets
from sync.steps.delivery import Delivery

ANSWER_WITHIN_S = 20 * 60.0  # SDS checks names and headers within minutes; a claim lasts ten
RUN_LOOKS = 3  # a run takes SDS an hour or more: look whether it is over already, no longer
_TRIES = 3  # after an outage, and of older deliveries in the way


@dataclass(frozen=True, slots=True)
class Patience:
    """What the person at the terminal allows.

    `approve` answers a first hold, never a hold for losses or gains. `run_s` is how long to wait
    for a run of SDS once the files are accepted; None: a few looks.
    """

    approve: bool = False
    run_s: float | None = None


def sealed_since(world: World, connector: str, asked_at: datetime) -> datetime | None:
    """Return when the newest set of *connector* since *asked_at* was pulled, None if none was."""
    since = asked_at.replace(microsecond=0)  # sets are named by the second
    newest = newest_sets(world, connector).values()
    pulled = [sealed.pulled_at for sealed in newest if sealed]
    return max((at for at in pulled if at >= since), default=None)


def hold_of(world: World, connector: str, delivery_id: str) -> Hold:
    """Return why the delivery called *delivery_id* is held."""
    return Delivery(delivery_id, {}, world.store, ids.connector_folder(connector)).read(Hold)


class Follower:
    """Sends for *connector* until the delivery of sets pulled at *due* needs no more of us."""

    def __init__(self, world: World, connector: str, due: datetime, patience: Patience) -> None:
        self._world = world
        self._connector = connector
        self._due = due
        self._patience = patience
        self._began_s = world.clock.monotonic_s()
        self._accepted: Step | None = None
        self._accepted_s = 0.0
        self._looks = 0
        self._idle = 0

    def follow(self) -> Step:
        """Return the last step. `ACCEPTED` stands also for an outage after SDS has accepted."""
        while True:
            step = send.send(self._world, self._connector)
            if step.outcome is Outcome.ACCEPTED and self._is_ours(step):
                self._accepted, self._accepted_s = step, self._world.clock.monotonic_s()
            if self._is_approved(step):
                continue
            if self._is_over(step):
                is_away = self._accepted and step.outcome is Outcome.LATER
                return self._accepted if self._accepted and is_away else step
            self._world.clock.sleep(step.again_in_s or 0.0)

    def _is_ours(self, step: Step) -> bool:
        return bool(step.delivery) and ids.pulled_at(step.delivery) >= self._due

    def _is_approved(self, step: Step) -> bool:
        """Approve a first hold of ours, if we may; say whether that was done."""
        if not (self._patience.approve and step.outcome is Outcome.HELD and self._is_ours(step)):
            return False
        if not hold_of(self._world, self._connector, step.delivery).first:
            return False
        approval.approve(self._world, step.delivery)
        return True

    def _is_over(self, step: Step) -> bool:
        if self._is_ours(step) and step.outcome is Outcome.RUNNING:
            return self._has_looked_enough()
        if self._is_ours(step) and step.outcome is Outcome.ACCEPTED:
            return self._patience.run_s == 0
        if step.again_in_s is None and (self._is_ours(step) or not step.delivery):
            return True
        return self._has_tried_enough(step)

    def _has_looked_enough(self) -> bool:
        """Count a look whether SDS's run is over; say whether to wait for it no longer."""
        self._looks += 1
        if self._patience.run_s is None:
            return self._looks >= RUN_LOOKS
        return self._world.clock.monotonic_s() - self._accepted_s >= self._patience.run_s

    def _has_tried_enough(self, step: Step) -> bool:
        """Count a step that brought us no nearer; say whether to leave the rest to a later run."""
        if step.again_in_s is None or step.outcome is Outcome.LATER:
            self._idle += 1
        passed_s = self._world.clock.monotonic_s() - self._began_s
        return self._idle >= _TRIES or passed_s > ANSWER_WITHIN_S
