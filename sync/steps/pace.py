"""Waiting for each other: whether the schools of a connector are to be merged now, or later.

Only where there are several. What of one school waits for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing
from sync.ledger import ids, pace, states
from sync.ledger.marks import Accepted, Approved, Asked, Pulled, Submitted, Unchanged
from sync.ledger.pace import Act, Waiting
from sync.report import Outcome, Step
from sync.steps.connector import Listing, pulls_on, schools_on
from sync.steps.delivery import Delivery, Pull, SealedSet
from sync.steps.submit import UNTIL

LOOK_AGAIN_S = 60.0
STAY_S = 15 * 60.0  # who waits at a terminal stays for a person's ten minutes, and not for hours


@dataclass(frozen=True)
class Pace:
    """What speaks for waiting, of a connector as it was listed; *sets* are those of its profiles.

    What would cost reading is read only if it is asked for.
    """

    world: World
    listing: Listing
    sets: Mapping[str, Sequence[SealedSet]]

    def for_pulls(self) -> Step | None:
        """Return the step of waiting for pulls that are being tried; None if none is waited for."""
        if not self._has_several:
            return None
        settle = self._waiting.settle
        is_pulling = any(
            pace.is_tried(pulls[-1], self.listing.now, settle)
            for pulls in self._pulls.values()
            if pulls
        )
        until = pace.settles_at(self._waiting, is_pulling=is_pulling)
        return self._step("pulls", until, LOOK_AGAIN_S) if until else None

    def hours_until(self, *, is_first: bool) -> datetime | None:
        """Return when SDS may be given more if nothing else happens; None if it may be now.

        *is_first*: SDS may hold nothing of this connector.
        """
        if not self._has_several:
            return None
        waiting = replace(self._waiting, acts=[*self._answers, *self._readings()])
        return pace.may_go_at(replace(waiting, is_first=is_first))

    def for_hours(self, *, is_first: bool) -> Step | None:
        """Return the step of waiting as `hours_until` says; None if nothing is waited for."""
        until = self.hours_until(is_first=is_first)
        if until is None:
            return None
        left_s = (until - self.listing.now).total_seconds()
        return self._step("hours", until, left_s if left_s <= STAY_S else None)

    def _step(self, what: str, until: datetime, again_in_s: float | None) -> Step:
        facts = {"for": what, UNTIL: until.isoformat(timespec="seconds")}
        about = self.listing.connector
        return Step("merge", Outcome.SETTLING, about, facts=facts, again_in_s=again_in_s)

    @cached_property
    def _has_several(self) -> bool:
        return len(schools_on(self.world, self.listing.connector)) > 1

    @cached_property
    def _pulls(self) -> Mapping[str, Sequence[Pull]]:
        return pulls_on(self.world, self.listing.connector)

    # -- what waits

    @cached_property
    def _waiting(self) -> Waiting:
        return Waiting(
            moment=self.listing.now,
            handed=pace.handed(self.listing.deliveries, self.listing.claims),
            unsent_since=min(self._unsent(), default=None),
            acts=self._answers,
            settle=timedelta(minutes=self.world.settings.sds.settle_minutes),
        )

    def _unsent(self) -> Iterator[datetime]:
        """Yield of each profile when the first set was sealed that no delivery saw."""
        newest = next(reversed(self.listing.deliveries), None)
        seen = (newest.sources() if newest else None) or {}
        looked_at = ids.pulled_at(newest.id) if newest else None
        for profile, listed in self.sets.items():
            first = pace.first_unsent(listed, seen.get(profile), looked_at)
            if first and not states.is_stale(listed[-1].pulled_at, self.listing.now):
                yield first

    # -- what people did

    @cached_property
    def _answers(self) -> Sequence[Act]:
        """The yeses to offers, and the end of a pause: known from names alone."""
        answers = [
            at
            for school, offers in self.listing.offers.items()
            for offer in offers
            if (at := offer.when(Approved)) and self._is_open(at)
            if offer.id != self._given_of.get(school)
        ]
        ended_at = self.listing.pauses.ended_at
        resumed = [Act(ended_at, is_whole=True)] if ended_at and self._is_open(ended_at) else []
        return [*map(Act, answers), *resumed]

    def _readings(self) -> Iterator[Act]:
        """Yield the readings that people asked for."""
        for pulls in self._pulls.values():
            for pull in pulls:
                at = pull.when(Pulled)
                if at and self._is_open(at) and (asked := _asked(pull)) and not asked.by_timer:
                    yield Act(at, is_whole=asked.by_terminal)

    def _is_open(self, act_at: datetime) -> bool:
        """Say whether nothing was given to SDS since, nor found to be there already."""
        is_recent = self.listing.now - act_at < states.APPROVAL_LASTS
        return is_recent and (self._given is None or act_at > ids.pulled_at(self._given.id))

    @cached_property
    def _given(self) -> Delivery | None:
        """What SDS was given last, or held already; its id says when we looked for it."""
        given = (each for each in reversed(self.listing.deliveries) if _was_given(each))
        return next(given, None)

    @cached_property
    def _given_of(self) -> Mapping[str, str]:
        """The offer of each school that went with it: it may have been answered after we looked."""
        schools = self._given.schools() if self._given else None
        return {school: part.offer for school, part in schools.parts.items()} if schools else {}


def _was_given(delivery: Delivery) -> bool:
    return any(delivery.has(mark) for mark in (Submitted, Accepted, Unchanged))


def _asked(pull: Pull) -> Asked | None:
    """Return who asked for *pull*; None if nobody can read it any more."""
    try:
        return pull.read_if_listed(Asked)
    except (StoreMissing, StoreConflict):
        return None
