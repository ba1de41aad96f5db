"""Moving a connector's delivery until nothing is left but waiting: what the queues do on Azure.

A `Follower` follows what a pull has sealed, or one delivery that a person has named. Another may be
in the way: its answer comes first, and then ours. What became of another is never told as ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync.edge.world import World
from sync.errors import AnswerRefused, TargetError
from sync.ledger import ids
from sync.ledger.marks import Hold
from sync.ledger.offers import Why
from sync.report import Exit, Outcome, Step
from sync.steps import approval, send
from sync.steps.connector import look, newest_sets
from sync.steps.delivery import Delivery
from sync.steps.standing import schools_now
from sync.steps.status_values import SchoolStatus
from sync.terminal import exits

ANSWER_WITHIN_S = 20 * 60.0  # SDS checks names and headers within minutes; a claim lasts ten
_LOOK_S = 5.0  # before the one look at SDS's run: nothing is asked nearer than that
_RUN_S = 60.0  # between two looks for its end, while a person waits for it
_TRIES = 3  # after an outage, and of other deliveries in the way


@dataclass(frozen=True, slots=True)
class Patience:
    """What the person at the terminal allows.

    `approve` answers a first hold, never a hold for losses or gains. `run_s` is how long to wait
    for a run of SDS once the files are accepted, which takes an hour or more. 0: SDS's runs are
    not looked at. None: one look, which also asks for a run where START_RUN says so.
    """

    approve: bool = False
    run_s: float | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What is followed: a delivery by its id, or what is made of `offers`, or of `sets` by profile.

    A delivery for which sets that are as new or newer were looked at is it as well: another process
    may have read the school once more. What waits for a person is then not in there.
    """

    delivery_id: str = ""
    sets: Mapping[str, str] = field(default_factory=dict)
    offers: Set[str] = frozenset()

    def is_made_into(self, delivery: Delivery) -> bool:
        """Say whether *delivery* is it; one that could not be merged is told by its name alone."""
        if self.offers:
            schools = delivery.schools()
            return bool(schools and self.offers <= {part.offer for part in schools.parts.values()})
        if not self.sets:
            return delivery.id == self.delivery_id
        sources = delivery.sources()
        if sources is None:
            return ids.pulled_at(delivery.id) >= max(map(ids.pulled_at, self.sets.values()))
        return all(sources.get(key, "") >= set_id for key, set_id in self.sets.items())

    def is_before(self, step: Step) -> bool:
        """Say whether *step* is about a newer delivery than that which was named."""
        return bool(self.delivery_id) and step.delivery > self.delivery_id


def sealed_since(world: World, connector: str, asked_at: datetime) -> Mapping[str, str]:
    """Return the set of each profile of *connector* that was pulled since *asked_at*."""
    since = asked_at.replace(microsecond=0)  # sets are named by the second
    newest = newest_sets(world, connector).items()
    return {
        profile: sealed.id for profile, sealed in newest if sealed and sealed.pulled_at >= since
    }


def hold_of(world: World, connector: str, delivery_id: str) -> Hold:
    """Return why the delivery called *delivery_id* is held."""
    return Delivery(delivery_id, {}, world.store, ids.connector_folder(connector)).read(Hold)


class Follower:
    """Sends for *connector* until what is *sent* needs no more of us.

    *tell* hears what is waited for, and how long.
    """

    def __init__(
        self,
        world: World,
        connector: str,
        sent: Sent,
        patience: Patience,
        tell: Callable[[str, str], None] = lambda _why, _until: None,
    ) -> None:
        self._world = world
        self._connector = connector
        self._sent = sent
        self._patience = patience
        self._tell = tell
        self._began_s = world.clock.monotonic_s()
        self._accepted: Step | None = None
        self._ours = False  # whether the last step is about what is followed
        self._accepted_s = self._began_s
        self._idle = 0
        self._has_looked = False
        self._answered = set[str]()

    def follow(self) -> Step:
        """Return the last step. `ACCEPTED` stands also for what Graph tells wrong after that.

        Only a step about what is followed can say that all is well.
        """
        while True:
            step = send.send(self._world, self._connector, is_awaited=bool(self._patience.run_s))
            self._ours = self._is_ours(step)
            if step.outcome is Outcome.ACCEPTED and self._ours:
                self._accepted, self._accepted_s = step, self._world.clock.monotonic_s()
            if self._is_approved(step):
                continue
            if self._is_over(step) and not self._may_look(step):
                return self._ended(step)
            self._wait(step)

    def _may_look(self, step: Step) -> bool:
        """Say, once, that the next step may see what SDS's run made of an earlier delivery.

        Where nothing is new, no step of ours has looked; in a folder nobody else does.
        """
        may, self._has_looked = not self._has_looked, True
        return may and self._ours and step.outcome is Outcome.UNCHANGED

    def _is_ours(self, step: Step) -> bool:
        """Say whether *step* is about what is followed."""
        if not step.delivery:
            return False
        listed = look(self._world, self._connector).delivery(step.delivery)
        return listed is not None and self._sent.is_made_into(listed)

    def _ended(self, step: Step) -> Step:
        is_well = exits.exit_of_step(step) is Exit.DONE
        is_another = bool(step.delivery) and not self._ours
        unseen = step.outcome is Outcome.LATER or isinstance(step.error, TargetError)
        # Another run has read the same school: that SDS holds it is our own doing.
        is_repeated = step.outcome is Outcome.UNCHANGED
        if self._accepted and (unseen or is_another or is_repeated):
            return self._accepted
        if is_well and not self._ours:
            return self._of_another(step)
        return step

    def _of_another(self, step: Step) -> Step:
        """Return what a good end of another delivery means for ours: it has not gone yet."""
        if look(self._world, self._connector).pause:
            return Step("send", Outcome.PAUSED, self._connector)
        facts = {"answered_for": step.delivery}
        return Step("send", Outcome.LATER, self._connector, facts=facts)

    def _is_approved(self, step: Step) -> bool:
        """Approve a first hold of ours, if we may; say whether it is answered now."""
        if not self._patience.approve:
            return False
        standing = schools_now(self._world, self._connector)
        held = self._first_offers(standing) if len(standing) > 1 else self._first_delivery(step)
        firsts = [held_id for held_id in held if held_id not in self._answered]
        for held_id in firsts:
            self._answer(held_id)
        return bool(firsts)

    def _first_offers(self, standing: Mapping[str, SchoolStatus]) -> list[str]:
        """Return the offers of our own schools, of several, that are held for the first time."""
        ours = {self._world.settings.school_of(profile) for profile in self._sent.sets}
        held = (standing[school] for school in sorted(ours & standing.keys()))
        return [shown.offer for shown in held if shown.why == Why.FIRST and shown.hold]

    def _first_delivery(self, step: Step) -> list[str]:
        """Return our delivery if it is held for the first time: of a connector with one school."""
        waits = step.outcome is Outcome.HELD and self._ours
        is_first = waits and hold_of(self._world, self._connector, step.delivery).first
        return [step.delivery] if is_first else []

    def _answer(self, held_id: str) -> None:
        """Say yes to what is called *held_id*, once; if somebody was quicker, that is seen next."""
        self._answered.add(held_id)
        with suppress(AnswerRefused):
            approval.approve(self._world, held_id)

    def _is_over(self, step: Step) -> bool:
        ours, run_s = self._ours, self._patience.run_s
        if step.outcome is Outcome.RUNNING:
            return not ours or run_s is None or self._since_accepted_s() >= run_s
        if ours and step.outcome is Outcome.ACCEPTED:
            return run_s == 0
        if self._sent.is_before(step):
            return True
        if step.again_in_s is None and (ours or not step.delivery):
            return True
        return self._has_tried_enough(step)

    def _has_tried_enough(self, step: Step) -> bool:
        """Count a step that brought us no nearer; say whether to leave the rest to a later run."""
        if step.again_in_s is None or step.outcome is Outcome.LATER:
            self._idle += 1
        return self._idle >= _TRIES or self._left_s(step) < 0

    def _since_accepted_s(self) -> float:
        return self._world.clock.monotonic_s() - self._accepted_s

    def _left_s(self, step: Step) -> float:
        """Return how much longer what follows *step* is waited for, at the longest."""
        if step.outcome is Outcome.RUNNING:
            return (self._patience.run_s or 0.0) - self._since_accepted_s()
        return self._began_s + ANSWER_WITHIN_S - self._world.clock.monotonic_s()

    def _wait(self, step: Step) -> None:
        pause_s = step.again_in_s or 0.0
        if step.outcome is Outcome.RUNNING:
            pause_s = min(pause_s, _RUN_S)
        if step is self._accepted:
            pause_s = max(pause_s, _LOOK_S)
        elif pause_s:
            until = self._world.clock.now() + timedelta(seconds=self._left_s(step))
            self._tell(_awaited(step), f"next look in {pause_s:.0f} s, until {until:%H:%M} UTC")
        self._world.clock.sleep(pause_s)


def _awaited(step: Step) -> str:
    """Return what is waited for after *step*."""
    match step.outcome:
        case Outcome.SUBMITTED | Outcome.CHECKING:
            return "SDS is checking the files"
        case Outcome.RUNNING:
            return "SDS has accepted the files; its own run is awaited"
        case Outcome.SETTLING:
            return "other schools are being read, or somebody may answer more: they go together"
        case Outcome.BUSY:
            return "another run is at it, and is waited for"
        case _:
            return "storage or SDS is busy or away: it is tried again"
