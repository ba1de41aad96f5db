"""Random weeks of one connector against an SDS that remembers what really happened.

Hand-overs that are taken, refused, incomplete, lost or never answered for; runs that come early,
leave our flow out or have another's counts; deliveries with equal numbers, restores, approvals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import NamedTuple, cast

import pytest

from sync.edge.storage.queues import Unqueued
from sync.edge.world import Source, World
from sync.errors import AnswerRefused
from sync.ledger import fates, ids, manifests
from sync.ledger.fates import Fate
from sync.ledger.holdings import SENT_IN_VAIN
from sync.ledger.manifests import SetManifest
from sync.ledger.marks import Receipt
from sync.ledger.states import State
from sync.report import Outcome, Step
from sync.sds.csvtext import encode
from sync.sds.tables import COLUMNS, Row
from sync.settings import Limits
from sync.settings.load import load
from sync.steps import approval, restore, send
from sync.steps.connector import look
from tests.clocks import FakeClock
from tests.crash.processes import Doom, DoomedStore, Killed, Way
from tests.crash.standin import Answering, Check, Files, PlannedRun, Plans, StandIn
from tests.judging import compare
from tests.mark_names import ACCEPTED, SUBMITTED
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, ONE_SCHOOL

SEEDS, SHARES, NIGHTS = 300, 6, 7
LOOK_EVERY_S = 2 * 3600.0
WAYS: Sequence[Answering] = ("heard", "lost", "never arrived")
CHECKS: Sequence[Check] = ("accepted", "refused", "incomplete")
DAY_S = 24 * 3600.0


class Life:
    """One seed: a school, the app, and SDS, night after night."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.clock = FakeClock()
        self.sds = StandIn(self.clock)
        self.store = MemoryStore(self.clock)
        self.steps: list[Step] = []
        start_run = str(self.rng.random() < 0.3).lower()
        env = {**ONE_SCHOOL, "SDS__HOLD_FIRST": "false", "SDS__START_RUN": start_run}
        env["SCHOOLS__NORTHBANK__ISAMS_KEY"] = "00000000-0000-4000-8000-000000000001"
        del env["PROFILES__PREP__YEAR_GROUPS"]
        self.world = World(
            load(env),
            self.clock,
            self.store,
            Unqueued(),
            lambda _: cast("Source", None),
            lambda: self.sds,
            self.steps.append,
        )
        self.pupils = [f"P{number:03}" for number in range(40)]
        self.arrived = len(self.pupils)
        self.agreed: set[str] = set()  # deliveries that a person let go
        self.deadly = self.rng.random() < 0.5  # now and then a process is killed at a store call
        self.forgetful = self.rng.random() < 0.5  # each look is made by a new process
        self.sds.ahead_s = self.rng.choice([0.0, 0.0, 60.0, 300.0, -60.0])
        off = range(*self.rng.choice([(0, 0), (0, 0), (4, 10)]))  # while our flow is switched off
        for half_day in range(2 * NIGHTS + 4):
            moment = self.clock.now() + timedelta(hours=12 * half_day + self.rng.uniform(0, 3))
            ours = self.rng.choice(["completed"] * 5 + ["skipped", "failed"])
            ours = "skipped" if half_day in off else ours
            self.sds.runs.append(PlannedRun(f"r{half_day}", moment, ours))

    def live(self) -> None:
        """Live through all nights; each has one new set, and a look every hour."""
        for _ in range(NIGHTS):
            self._change()
            self._pull()
            self.sds.next = self._plans()
            for _ in range(int(DAY_S / LOOK_EVERY_S)):
                for _ in range(6):
                    if self._send().again_in_s is None:
                        break
                self._people()
                self.clock.advance(LOOK_EVERY_S * self.rng.uniform(0.9, 1.1))

    def _send(self) -> Step:
        before = len(self.sds.checks)
        if self.forgetful:
            self.sds.forget()
        step = self._one_process()
        if len(self.sds.checks) > before and self.rng.random() < 0.4:
            early_s = self.rng.choice([0.0, 5.0, 29.0, 31.0, 300.0, 600.0])
            moment = self.clock.now() + timedelta(seconds=early_s)
            self.sds.runs.append(PlannedRun(f"early{len(self.sds.runs)}", moment))
        # after a lost answer the next hand-over waits until the claim is over
        lost = step.outcome in {Outcome.LATER, Outcome.BUSY}
        self.clock.advance(330.0 if lost else self.rng.choice([1.0, 6.0, 20.0]))
        return step

    def _one_process(self) -> Step:
        """Send once; a process that is killed leaves what it had written by then."""
        world = self.world
        if self.deadly and self.rng.random() < 0.1:
            doom = Doom(self.rng.randrange(1, 25), Way.AFTER)
            world = replace(world, store=DoomedStore(self.store, doom))
        try:
            return send.send(world, CONNECTOR)
        except Killed:
            return Step("send", Outcome.LATER, CONNECTOR, again_in_s=0.0)

    def _plans(self) -> Plans:
        rng = self.rng
        return Plans(
            way=rng.choices(WAYS, (8, 1, 1))[0],
            check=rng.choices(CHECKS, (9, 1, 1))[0],
            check_s=rng.choice([5.0, 30.0, 300.0, 4000.0]),
            heard_after_s=rng.choice([0.0, 0.0, 0.0, 3600.0 * 5, None, None]),
        )

    def _change(self) -> None:
        """Nothing, somebody for somebody (the numbers stay), a few, or many."""
        rng = self.rng
        match rng.choice(["nothing", "nothing", "swap", "few", "many"]):
            case "swap":
                self.pupils[rng.randrange(len(self.pupils))] = self._newcomer()
            case "few":
                self.pupils = rng.sample(self.pupils, max(12, len(self.pupils) - 3))
            case "many":
                self.pupils = rng.sample(self.pupils, max(12, len(self.pupils) * 2 // 3))
                self.pupils += [self._newcomer() for _ in range(rng.choice([0, 8]))]

    def _newcomer(self) -> str:
        self.arrived += 1
        return f"P{self.arrived:03}"

    def _pull(self) -> None:
        files = roster(self.pupils)
        facts = manifests.facts(files)
        manifest = SetManifest(
            profile="seniors",
            school="northbank",
            pulled_at=self.clock.now(),
            academic_year=2026,
            digest=manifests.digest(facts),
            files=facts,
            counts={},
            source={},
            findings={},
        )
        set_id = ids.set_id(self.clock.now(), manifest.to_json())
        for name, body in {**files, manifests.MANIFEST: manifest.to_json()}.items():
            self.store.create(f"{ids.profile_folder('seniors')}{set_id}/{name}", body)

    def _people(self) -> None:
        """Answer holds, vouch for what is really there, and now and then restore and resume."""
        listing = look(self.world, CONNECTOR)
        for held in listing.in_state(State.HELD):
            if self.rng.random() < 0.3:
                with suppress(AnswerRefused):
                    approval.approve(self.world, held.id)
                    self.agreed.add(held.id)
        holds = self.sds.history(self.clock.now())
        for unproven in listing.in_state(State.UNPROVEN):
            files = unproven.files()
            if holds and holds[-1][1] == files and self.rng.random() < 0.2:
                with suppress(AnswerRefused):
                    approval.approve(self.world, unproven.id)
        former = [each.id for each in listing.deliveries if ACCEPTED in each.made_at]
        if listing.pause and self.rng.random() < 0.05:
            restore.resume(self.world)
        elif former and self.rng.random() < 0.01:
            with suppress(AnswerRefused):
                self.agreed.add(restore.restore(self.world, self.rng.choice(former)).delivery)


def roster(pupils: list[str]) -> dict[str, bytes]:
    """Return a school of *pupils*: everyone in one of eight classes, which have one teacher."""
    users: list[Row] = [
        (person, f"{person.lower()}@northbank.example", "", "") for person in pupils
    ]
    teacher: Row = ("T1", "t1@northbank.example", "", "")
    classes = [f"C{number}" for number in range(8)]
    tables: Mapping[str, list[Row]] = {
        "orgs.csv": [("9990001", "Northbank School", "school")],
        "users.csv": sorted([*users, teacher]),
        "roles.csv": sorted(
            [(person, "9990001", "student", "08", "TRUE") for person in pupils]
            + [("T1", "9990001", "teacher", "", "TRUE")]
        ),
        "classes.csv": [(class_id, "9990001", class_id) for class_id in classes],
        "enrollments.csv": sorted(
            [(classes[int(person[1:]) % 8], person, "student") for person in pupils]
            + [(class_id, "T1", "teacher") for class_id in classes]
        ),
    }
    return {name: encode(COLUMNS[name], rows) for name, rows in tables.items()}


class Ended(NamedTuple):
    """A delivery that has a receipt: what it was made of, and what the receipt says."""

    id: str
    files: Files
    fate: Fate
    receipt: Receipt


def ended(life: Life) -> Iterator[Ended]:
    """Yield every delivery of a life that ended."""
    listing = look(life.world, CONNECTOR)
    for folder, _ in listing.states:
        if receipt := folder.receipt():
            files = folder.files()
            yield Ended(folder.id, files, fates.fate_of(folder, receipt), receipt)


def false_words(life: Life) -> list[str]:
    """Return the deliveries that are called taken although SDS never took them."""
    took = {run.id: files for run, files in life.sds.history(life.clock.now())}
    false = []
    for each in ended(life):
        if each.fate in {Fate.DONE, Fate.FAULTY, Fate.TAKEN}:
            run = each.receipt.run.get("id")
            held = [took.get(run)] if run else list(took.values())
            if each.files not in held:
                false.append(f"{each.id} {each.fate}")
    return false


def unheld_jumps(life: Life) -> list[str]:
    """Return what SDS went to, from what it held, over a limit and without a person's word."""
    jumps = []
    before: Files | None = None
    whole = list(sealed(life))
    agreed = [files for delivery_id, files in whole if delivery_id in life.agreed]
    for run, after in life.sds.history(life.clock.now()):
        if before is not None and after != before and len(after) == len(before) == 5:
            decision = compare("", before, after, against="", limits=Limits(), hold_first=False)
            if decision.hold and after not in agreed:
                jumps.append(run.id)
        before = after
    return jumps


def waits_for_ever(life: Life) -> list[str]:
    """Return the deliveries that are still followed long after every run had its time."""
    listing = look(life.world, CONNECTOR)
    followed = listing.in_state(State.SUBMITTED, State.ACCEPTED, State.UNPROVEN)
    late = timedelta(hours=31)  # 26, and some looks
    return [folder.id for folder in followed if listing.now - folder.made_at[SUBMITTED] > late]


def sealed(life: Life) -> Iterator[tuple[str, Files]]:
    listing = look(life.world, CONNECTOR)
    for folder, _ in listing.states:
        if manifests.MANIFEST in folder.made_at:
            yield folder.id, folder.files()


def sent_for_ever(life: Life) -> int:
    """Return how often at the most the same files were handed over with nothing in between.

    Deliveries, not requests: the answer to one may be lost three times.
    """
    listing = look(life.world, CONNECTOR)
    most, times, last = 0, Counter[str](), ""
    handed = sorted(
        (at, folder.id) for folder, _ in listing.states if (at := folder.made_at.get(SUBMITTED))
    )
    for _, delivery_id in handed:
        folder = next(each for each in listing.deliveries if each.id == delivery_id)
        manifest = folder.manifest()
        if manifest.restores or manifest.digest != last:
            times.clear()
        last = manifest.digest
        times[last] += not manifest.restores
        most = max(most, times[last])
        receipt = folder.receipt()
        if receipt and receipt.outcome == "completed":
            times.clear()
    return most


@pytest.mark.parametrize("share", range(SHARES))
def test_whatever_the_nights_bring_nothing_false_is_said_and_nothing_jumps(share: int) -> None:
    """No `done` that SDS does not hold, no loss over a limit unheld, nothing sent for ever."""
    words = Counter[Fate]()
    for seed in range(share, SEEDS, SHARES):
        life = Life(seed)
        life.live()
        words.update(each.fate for each in ended(life))

        assert false_words(life) == [], seed
        assert unheld_jumps(life) == [], seed
        assert sent_for_ever(life) <= SENT_IN_VAIN, seed
        assert waits_for_ever(life) == [], seed
    # every way to end has been met, or the nights prove little
    assert {Fate.DONE, Fate.TAKEN, Fate.NOT_TAKEN, Fate.NO_ANSWER, Fate.REFUSED} <= words.keys()
    assert {Fate.INCOMPLETE, Fate.REPLACED} <= words.keys()
