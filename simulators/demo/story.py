"""The demo in this process: the app's own steps on a folder, with waits that take no time."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from simulators.demo import nights
from simulators.demo.telling import Teller, counts_by
from simulators.invented.records import InventedSchool
from simulators.school import invent
from simulators.sds import Knobs
from simulators.staging import PROFILES, SCHOOL, Stage, staged
from sync.edge.storage.folder import FolderStore
from sync.edge.storage.queues import Unqueued
from sync.edge.world import World, opened
from sync.ledger.manifests import SetManifest
from sync.report import Outcome, Step
from sync.sds.full_plan.lines import LineKind
from sync.settings.load import load
from sync.steps import approval, pull, schedule
from sync.steps.connector import newest_sets
from sync.steps.full_plan import full_plan
from sync.steps.tick import tick
from sync.steps.told.counts import numbers
from sync.steps.told.holds import why_held
from sync.terminal.context import doing
from sync.terminal.follower import Follower, Patience, Sent, hold_of
from sync.terminal.plan import shown
from sync.terminal.tables import findings_table, table
from sync.web.page.loopback import Serving
from sync.web.page.visit import AsGiven

PAGE_RUN_S = 20.0
"""Of SDS, where somebody is watching."""

STILL_S = 1200.0  # after a night, until nothing is under way
TICK_S = 15.0  # while the page is open
RUN_S = 1200.0  # of SDS, by the demo's clock; in a real tenant an hour and more
NIGHT_S = 24 * 3600.0
NIGHTS = 4
_COUNTS = ("students", "teachers", "classes", "enrollments")


class QuickClock:
    """The machine's clock, on which waiting takes no time: the clock jumps ahead instead."""

    def __init__(self) -> None:
        self.skipped_s = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.skipped_s)

    def monotonic_s(self) -> float:
        return time.monotonic() + self.skipped_s

    def sleep(self, seconds: float) -> None:
        self.skipped_s += max(0.0, seconds)


def demo(pupils: int, teller: Teller, *, page: bool = False) -> int:
    """Tell the whole story; 0 if everything was as expected. With *page* it is left open."""
    clock, began_s = QuickClock(), time.monotonic()
    school = invent(pupils)
    knobs = Knobs(run_duration_s=PAGE_RUN_S if page else RUN_S)
    with tempfile.TemporaryDirectory() as folder, staged(school, clock.now, knobs) as stage:
        stage.sds.people = nights.accounts(school)
        env = {**stage.settings, "STORAGE__FOLDER": folder}
        world = opened(load(env), teller.step, nudges=Unqueued(), clock=clock)
        world = replace(world, store=FolderStore(folder, clock=clock))
        story = _Story(stage, world, clock, teller, ticks=page, env=env)
        story.first_night(school)
        change = nights.a_little(school)
        story.second_night(change)
        story.third_night()
        story.bad_night()
        story.last_night(change.school)
        if page:
            story.page()
    took_s = time.monotonic() - began_s
    still_s = (NIGHTS + 1) * STILL_S if page else 0.0
    waited_s = clock.skipped_s - NIGHTS * NIGHT_S - still_s
    teller.say(
        "",
        f"It took {took_s:.0f} s. {NIGHTS} days between nights, and {waited_s / 60:.0f} minutes of"
        " waiting for SDS, were simulated: the demo's clock jumps where the app would wait.",
    )
    return teller.end()


@dataclass(frozen=True, slots=True)
class _Story:
    stage: Stage
    world: World
    clock: QuickClock
    teller: Teller
    ticks: bool
    env: Mapping[str, str]

    def first_night(self, school: InventedSchool) -> None:
        tell, world = self.teller, self.world
        tell.chapter("A school is read, and its profiles are built")
        tell.say(
            f"{school.name}, invented: {len(school.pupils):,} pupils, {len(school.staff)} staff,"
            f" {len(school.sets):,} sets. Profiles: "
            + ", ".join(f"{key} (Years {years})" for key, years in PROFILES.items())
        )
        self._pull()
        self._show_sets()
        tell.chapter("The first delivery is held for a person")
        held = self._follow()
        tell.expect("it is held, because it is the first", holds=held.outcome is Outcome.HELD)
        tell.say(*why_held(hold_of(world, self.stage.connector, held.delivery)))
        tell.expect("SDS has been sent nothing", holds=not self.stage.sds.requests)
        approval.approve(world, held.delivery)
        tell.say("A person would look at it now. Here the demo itself approves it.")
        tell.chapter("It is delivered, and SDS answers")
        self._show_answer(self._follow(), unmatched=2)
        one = self.stage.sds.submissions[0]
        tell.expect("every file arrived whole", holds=not one.unfinished)
        tell.expect("SDS finds no fault in any row", holds=not self.stage.sds.row_errors)

    def second_night(self, change: nights.ALittle) -> None:
        tell, before = self.teller, self.stage.sds.store.snapshot()
        tell.chapter("The next night: one pupil has moved set, one has left")
        self.stage.isams.school = change.school
        self._sleep_till_next_night()
        self._pull()
        done = self._follow()
        after = self.stage.sds.store
        gone = before.people.active - after.people.active
        tell.expect("one pupil became inactive, nobody else", holds=len(gone) == 1)
        moved = after.memberships.active - before.memberships.active
        tell.expect("one enrollment is new: the mover's", holds=len(moved) == 1)
        self._show_answer(done, unmatched=2)

    def third_night(self) -> None:
        tell, calls = self.teller, len(self.stage.sds.requests)
        tell.chapter("The night after: nothing has changed")
        self._sleep_till_next_night()
        self._pull()
        step = self._follow()
        calls = len(self.stage.sds.requests) - calls
        tell.expect("it is unchanged", holds=step.outcome is Outcome.UNCHANGED)
        tell.expect(f"{calls} calls to SDS", holds=calls == 0)

    def bad_night(self) -> None:
        tell, sds = self.teller, self.stage.sds
        tell.chapter("A bad night: iSAMS gives only half of the pupils")
        sent, active = len(sds.submissions), sds.store.people.active
        self.stage.isams.school = nights.half(self.stage.isams.school)
        self._sleep_till_next_night()
        self._pull()
        held = self._follow(Patience(approve=True))
        tell.expect("it is held", holds=held.outcome is Outcome.HELD)
        if held.outcome is Outcome.HELD:
            tell.say(*why_held(hold_of(self.world, self.stage.connector, held.delivery)))
        tell.expect("SDS has been sent nothing", holds=len(sds.submissions) == sent)
        tell.expect("every pupil keeps their classes", holds=sds.store.people.active == active)

    def last_night(self, school: InventedSchool) -> None:
        tell, sds = self.teller, self.stage.sds
        tell.chapter("Another night: all pupils are back, and somebody has exchanged two set lists")
        sent, active = len(sds.submissions), sds.store.memberships.active
        self.stage.isams.school = nights.exchanged(school)
        self._sleep_till_next_night()
        self._pull()
        held = self._follow(Patience(approve=True))
        tell.expect("it is held", holds=held.outcome is Outcome.HELD)
        if held.outcome is Outcome.HELD:
            tell.say("Whoever has to answer looks at it first, with `isams-sync plan`:")
            plan = full_plan(self.world, held.delivery)
            tell.say(*shown(plan))
            lines = [line.kind for each in plan.schools for line in each.lines()]
            tell.expect("the two classes stand first", holds=lines[:1] == [LineKind.EXCHANGED])
        tell.expect("SDS has been sent nothing", holds=len(sds.submissions) == sent)
        tell.expect("no pupil sees another class", holds=sds.store.memberships.active == active)

    def _pull(self) -> None:
        began_s = time.monotonic()
        with doing("Reading iSAMS", self.teller.console):
            schedule.ask(self.world, SCHOOL, "demo")
            step = pull.pull(self.world, SCHOOL)
        self.teller.say(f"read, built and sealed in {time.monotonic() - began_s:.1f} s")
        self.teller.expect("every dataset came", holds=step.outcome is Outcome.SEALED)

    def _follow(self, patience: Patience | None = None) -> Step:
        """Send until only waiting for a person is left; SDS's run is awaited."""
        allowed = patience or Patience(run_s=2 * RUN_S)
        connector = self.stage.connector
        newest = newest_sets(self.world, connector)
        sent = Sent(sets={profile: one.id for profile, one in newest.items() if one})
        with doing("Sending to SDS", self.teller.console):
            return Follower(self.world, connector, sent, allowed).follow()

    def page(self) -> None:
        """Serve the page until Ctrl-C, with what is held now; what is clicked really happens."""
        self._tick()
        given = AsGiven(self.env)
        with Serving(lambda: world, given) as serving:
            world = replace(self.world, nudges=serving.nudges)
            self.teller.chapter("The page is open")
            self.teller.say(
                f"Open {serving.address}",
                "It is good once, in a browser on this machine. Ctrl-C ends it. Approve, reject, or"
                " keep the pupils in their Teams: SDS is played here, and takes what you send.",
            )
            serving.begin()
            with suppress(KeyboardInterrupt):
                while True:
                    time.sleep(TICK_S)
                    tick(world)

    def _tick(self) -> None:
        """Have a tick look round once all is still: it keeps what the page tells of past nights."""
        if self.ticks:
            self.clock.sleep(STILL_S)
            tick(self.world)

    def _sleep_till_next_night(self) -> None:
        self._tick()
        self.clock.sleep(NIGHT_S)

    def _show_sets(self) -> None:
        built: dict[str, SetManifest] = {}
        for profile, sealed in newest_sets(self.world, self.stage.connector).items():
            if sealed:
                built[profile] = sealed.manifest()
        counts = {profile: manifest.counts for profile, manifest in built.items()}
        self.teller.say(table("What was built", ("profile", *_COUNTS), counts_by(_COUNTS, counts)))
        for profile, manifest in built.items():
            title = f"What there is to mend in iSAMS: {profile}"
            self.teller.say(findings_table(title, manifest.findings))
        self.teller.expect("both profiles were built", holds=set(built) == set(PROFILES))

    def _show_answer(self, done: Step, *, unmatched: int) -> None:
        tell = self.teller
        facts = {name: value for name, value in done.facts.items() if isinstance(value, int)}
        tell.expect(
            "SDS has taken it, and its run has ended",
            holds=done.outcome is Outcome.DONE and done.facts.get("receipt") == "completed",
        )
        tell.say(f"SDS's run: {numbers(facts)}")
        tell.expect(
            f"{unmatched} pupils have no account yet: SDS could not match them",
            holds=facts.get("unmatched") == unmatched,
        )
