"""P16 through the real steps: schools in trouble at random, ten nights long.

Four schools share people and a connector; a fifth has its own. Schools are new, stale, damaged,
held, approved, rejected, taken out of the settings, moved to the other connector and back. What SDS
is given is looked at from outside: each school is its newest set, or as the delivery before had it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import cast

import pytest

from simulators.sds import check_files
from sync.edge.storage.queues import Unqueued
from sync.edge.world import Source, World
from sync.errors import AnswerRefused
from sync.ledger import ids, manifests
from sync.ledger.manifests import SetManifest
from sync.ledger.marks import Approved, Rejected
from sync.ledger.offers import ANSWERABLE, HeldOffer, Why
from sync.ledger.pace import QUIET
from sync.ledger.states import State
from sync.report import Outcome, Step
from sync.settings.load import load
from sync.steps import approval, send
from sync.steps.connector import look, newest_sets
from sync.steps.offers import view
from tests.clocks import FakeClock
from tests.crash.standin import Files, PlannedRun, StandIn
from tests.crash.test_school_by_school import LivingSchool, Trust, own, seen, table
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, ONE_SCHOOL, OTHER_FEED

SEEDS, SHARES, NIGHTS = 200, 4, 10
KEYS = ("northbank", "southbank", "eastbank", "westbank", "farbank")
HOUR_S = 3600.0
OTHER = OTHER_FEED.name


@dataclass
class Life:
    """A seed: schools, two feeds of SDS, and what went wrong with whom tonight."""

    seed: int
    steps: list[Step] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)  # schools that settings do not name tonight
    moved: set[str] = field(default_factory=set)  # on the other connector tonight
    damaged: set[str] = field(default_factory=set)  # ids of sets
    agreed: set[str] = field(default_factory=set)  # schools that may leave, by a person's word
    sealed: dict[str, list[tuple[str, object]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)
        self.clock = FakeClock()
        self.store = MemoryStore(self.clock)
        self.feeds = {name: StandIn(self.clock) for name in (CONNECTOR, OTHER)}
        trust = Trust(self.rng)
        legacy = self.seed % 3 == 0
        self.schools = {
            key: LivingSchool(f"999000{number}", trust, legacy=legacy)
            for number, key in enumerate(KEYS, 1)
        }
        self.new = {key: self.rng.choice((0, 0, 0, 1, 3)) for key in KEYS[1:4]}
        self.moves = self.rng.choice((range(0), range(3, 6)))
        self.leaves = self.rng.choice((range(0), range(4, 8), range(5, NIGHTS)))
        self.hold_first = self.rng.random() < 0.5

    # -- the app

    def world(self, connector: str) -> World:
        """Return a process of the app that has a feed of its own."""
        return World(
            load(self._settings()),
            self.clock,
            self.store,
            Unqueued(),
            lambda _: cast("Source", None),
            lambda: self.feeds[connector],
            self.steps.append,
        )

    def _settings(self) -> Mapping[str, str]:
        env = {key: text for key, text in ONE_SCHOOL.items() if key.startswith("S")}
        env = {key: text for key, text in env.items() if not key.startswith("SCHOOLS__")}
        env |= {
            "SDS__HOLD_FIRST": str(self.hold_first).lower(),
            "SDS__LIMITS__REMOVED_ROWS": "3",
            "SDS__LIMITS__USERS_ADDED_ROWS": "4",
        }
        for key in KEYS:
            if key in self.gone:
                continue
            env |= {
                f"SCHOOLS__{key.upper()}__NAME": f"School {key}",
                f"SCHOOLS__{key.upper()}__ID": self.schools[key].org,
                f"SCHOOLS__{key.upper()}__ISAMS_HOST": f"{key}.isams.example",
                f"SCHOOLS__{key.upper()}__ISAMS_KEY": "00000000-0000-4000-8000-000000000001",
                f"PROFILES__{key.upper()}__SCHOOL": key,
            }
            if key in self.moved:
                env[f"PROFILES__{key.upper()}__CONNECTOR"] = OTHER
        return env

    def send(self) -> Iterator[str]:
        """Send until nothing moves; yield each connector that SDS was given something for."""
        connectors = self.world(CONNECTOR).settings.connectors()
        for connector in connectors:
            for _ in range(40):
                before = len(self.feeds[connector].checks)
                step = send.send(self.world(connector), connector)
                if len(self.feeds[connector].checks) > before:
                    yield connector
                if step.again_in_s is None or step.again_in_s > HOUR_S / 2:
                    break
                self.clock.advance(max(step.again_in_s, 6.0))

    # -- a night

    def evening(self, number: int) -> None:
        """Let the schools live, and read those that are not in trouble."""
        self.gone = {KEYS[2]} if number in self.leaves else set()
        self.moved = {KEYS[4], *(KEYS[3:4] if number in self.moves else ())}
        for feed in self.feeds.values():
            feed.runs.append(PlannedRun(f"r{number}", self.clock.now() + timedelta(hours=6)))
        for key, school in self.schools.items():
            school.live()
            if self.rng.random() < 0.15:
                for _ in range(4):
                    self.rng.choice((school.leave, school.join))()
            if number >= self.new.get(key, 0) and key not in self.gone and self.rng.random() < 0.75:
                self._seal(key)

    def _seal(self, key: str) -> None:
        school, now = self.schools[key], self.clock.now()
        files = school._set(sorted(school.classes))
        facts = manifests.facts(files)
        manifest = SetManifest(
            profile=key,
            school=key,
            pulled_at=now,
            academic_year=2026,
            digest=manifests.digest(facts),
            files=facts,
            counts={},
            source={},
            findings={},
        )
        set_id = ids.set_id(now, manifest.to_json())
        if self.rng.random() < 0.08:
            files = {**files, "users.csv": b"damaged"}
            self.damaged.add(set_id)
        for name, body in {**files, manifests.MANIFEST: manifest.to_json()}.items():
            self.store.create(f"{ids.profile_folder(key)}{set_id}/{name}", body)
        self.sealed.setdefault(key, []).append((set_id, school.seen()))

    def answer(self) -> Counter[str]:
        """Let a person answer some of what waits."""
        said = Counter[str]()
        for connector in self.world(CONNECTOR).settings.connectors():
            world = self.world(connector)
            listing = look(world, connector)
            for offer in view(world, listing, newest_sets(world, connector)).offers:
                if offer.why not in ANSWERABLE or self.rng.random() < 0.4:
                    continue
                says = approval.approve if self.rng.random() < 0.7 else approval.reject
                with suppress(AnswerRefused):
                    says(world, offer.name.id)
                    said[f"{says.__name__} {offer.why}"] += 1
                    if offer.why is Why.LEFT and says is approval.approve:
                        self.agreed.add(offer.school)
        return said

    # -- what is asked of it

    def faults(self, connector: str) -> Iterator[str]:
        """Yield what is wrong with what SDS was given last, by what it was given before."""
        checks = self.feeds[connector].checks
        files, before = checks[-1].files, checks[-2].files if len(checks) > 1 else None
        yield from map(str, check_files(files))
        addresses = Counter(row[1].casefold() for row in table(files, "users.csv"))
        yield from (f"{address} twice" for address, times in addresses.items() if times > 1)
        held = orgs(before) if before else set()
        for key, school in self.schools.items():
            if school.org in orgs(files):
                if not self._is_newest(key, files) and not _is_as_before(school.org, files, before):
                    yield f"{key} is a third thing"
            elif school.org in held and key not in self.agreed:
                yield f"{key} is gone, and nobody said so"
        others = (feed for name, feed in self.feeds.items() if name != connector and feed.checks)
        for other in others:
            yield from (f"{org} by two" for org in orgs(files) & orgs(other.checks[-1].files))

    def _is_newest(self, key: str, files: Files) -> bool:
        sets = self.sealed.get(key)
        return bool(sets) and seen(files, self.schools[key].org) == (sets or [])[-1][1]

    def left_out(self) -> Iterator[str]:
        """Yield who was read tonight, and is not in SDS, although nobody was told of trouble."""
        for key, sets in self.sealed.items():
            connector = OTHER if key in self.moved else CONNECTOR
            set_id, _ = sets[-1]
            is_tonight = self.clock.now() - ids.pulled_at(set_id) < timedelta(hours=24)
            if key in self.gone or not is_tonight or set_id in self.damaged:
                continue
            checks = self.feeds[connector].checks
            if checks and self._is_newest(key, checks[-1].files):
                continue
            listing = look(self.world(connector), connector)
            # Of a school that moves, the word is said where it leaves.
            others = [look(self.world(name), name) for name in self.feeds if name != connector]
            told = [
                offer
                for each in (listing, *others)
                for offer in each.offers.get(key, ())
                if offer.has(Rejected) or (offer.has(HeldOffer) and not offer.has(Approved))
            ]
            is_said = any(step.about == key and step.outcome is Outcome.HELD for step in self.steps)
            is_whole = listing.states[-1:] and listing.states[-1][1] is State.HELD
            if not told and not is_said and not is_whole:
                yield f"{key} was forgotten"


def _is_as_before(org: str, files: Files, before: Files | None) -> bool:
    return before is not None and org in orgs(before) and own(files, org) == own(before, org)


def orgs(files: Files) -> set[str]:
    return {row[0] for row in table(files, "orgs.csv")}


@pytest.mark.parametrize("share", range(SHARES))
def test_whatever_happens_to_schools_each_is_its_newest_or_as_sds_holds_it(share: int) -> None:
    """Never a third thing, no address twice, nobody by two connectors, and nobody forgotten."""
    lived = Counter[str]()
    for seed in range(share, SEEDS, SHARES):
        life = Life(seed)
        for number in range(NIGHTS):
            life.evening(number)
            for _ in range(2):
                for connector in life.send():
                    lived["hand-over"] += 1
                    assert [*life.faults(connector)] == [], f"seed {seed}, night {number}"
                life.clock.advance(9 * HOUR_S)
                lived.update(life.answer())
                life.clock.advance(QUIET.total_seconds() + 1)
            for _ in range(2):  # what has left one connector comes to the other by the next look
                for connector in life.send():
                    assert [*life.faults(connector)] == [], f"seed {seed}, night {number}"
            assert [*life.left_out()] == [], f"seed {seed}, night {number}"
            life.clock.advance_to(21)
            lived.update(step.outcome for step in life.steps if step.name in {"merge", "plan"})
            life.steps.clear()

    # every trouble has been met, or the nights prove little
    assert lived["hand-over"] > 300
    assert {f"approve {Why.LIMITS}", f"reject {Why.LIMITS}", f"approve {Why.LEFT}"} <= lived.keys()
    assert {f"approve {Why.FIRST}", "failed", "held"} <= lived.keys()
