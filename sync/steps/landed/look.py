"""A read-back, a part at a time: what Graph shows of our classes, held against what was sent.

It only reads, and is of one moment or none: whatever is sent, begins or ends meanwhile drops it.
Any invocation may be killed at any line: the next finds the parts that are there, and goes on.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sync.edge.clock import Budget
from sync.edge.graph.education_values import HOLDER, NEEDED_ROLES, READS_ACCOUNTS, ClassSeen
from sync.edge.graph.values import Run
from sync.edge.world import World
from sync.errors import StoreConflict, SyncError, TargetRefused, concerning
from sync.ledger import landed, states
from sync.ledger.marks import (
    HowEnded,
    ReadBackBegun,
    ReadBackEnded,
    ReadBackTrouble,
    Saw,
    SeenFirst,
    TroubleWord,
    fault,
)
from sync.ledger.record import NamedRecord
from sync.report import Outcome, Step
from sync.sds.landed import differences
from sync.sds.landed.differences import Seen, When
from sync.sds.landed.expected import Expected, expected_of
from sync.sds.landed.found import FoundInTeams, ListedClass
from sync.sds.landed.matching import OurClasses
from sync.steps.delivery import Delivery, StoredFolder
from sync.steps.landed.read_backs import ReadBacks, read_backs, rows_of
from sync.steps.landed.records import (
    ClassesRead,
    PeopleRead,
    RowsKept,
    RunsThen,
    put_together,
    under_way,
)

CLASSES_A_PART = 100
"""Ten batches: what is lost when an invocation is killed."""

PART_S = 45.0
"""What is left of an invocation when it begins another part."""

ACCOUNTS_ASKED = 400
RUN_LASTS = timedelta(hours=26)  # a run that began earlier and shows no end is not waited for
REFUSED_AGAIN = timedelta(hours=6)
SLOW = timedelta(hours=1)
DROPPED_AGAIN = timedelta(hours=2)
NOTHING_SEEN = Saw()


def read_back(world: World, connector: str, *, classes_a_part: int = CLASSES_A_PART) -> Step:
    """Begin a read-back of *connector* if one is due, or go on with the one that is open; tell it.

    What may pass leaves everything as it is, for the next nudge. All invocations of a read-back
    have the same *classes_a_part*.
    """
    try:
        with concerning(connector=connector):
            step = _read_back(world, connector, classes_a_part)
    except SyncError as error:
        outcome = Outcome.LATER if error.retry else Outcome.FAILED
        step = Step("read-back", outcome, connector, error=error)
    world.tell(step)
    return step


def _read_back(world: World, connector: str, classes_a_part: int) -> Step:
    known = read_backs(world, connector)
    reading = known.open or _begun(known)
    if reading is None:
        return Step("read-back", Outcome.NOTHING, connector)
    budget = Budget.of(world.clock, states.STEP_S)
    try:
        begun = reading.read(ReadBackBegun)
    except StoreConflict:
        anew = _begun_now(known)
        if anew is None:
            raise
        return _Reading(world, known, reading, anew, budget, classes_a_part).give_up()
    return _Reading(world, known, reading, begun, budget, classes_a_part).go_on()


def _begun_now(known: ReadBacks) -> ReadBackBegun | None:
    """Return what a read-back that is begun now is of; None where there is nothing to look at."""
    if known.against is None:
        return None
    delivery, since = known.against.delivery.id, known.against.since
    return ReadBackBegun(delivery=delivery, since=since, at=known.now, by=uuid.uuid4().hex)


def _begun(known: ReadBacks) -> StoredFolder | None:
    """Begin a read-back if one is due and nobody else is quicker."""
    due, begun = known.due_at(), _begun_now(known)
    if begun is None or due is None or known.now < due:
        return None
    listing = known.listing
    new = StoredFolder(known.next_number, {}, listing.store, landed.folder_of(listing.prefix))
    return new if new.claim(begun) else None


class _BrokenError(Exception):
    """Something that was kept of this read-back cannot be read."""


class _OthersAtItError(Exception):
    """Another invocation has written this part: it goes on, and this one need not."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """An invocation's part in a read-back."""

    world: World
    known: ReadBacks
    folder: StoredFolder
    begun: ReadBackBegun
    budget: Budget
    classes_a_part: int

    def go_on(self) -> Step:
        """Read what is missing; compare when all is there."""
        try:
            if self.folder.has(RowsKept):
                return self._closed(self._kept(RowsKept))
            if why := landed.why_dropped(self.begun, self.known.against, self.known.now):
                return self._dropped(why)
            return self._looked()
        except _OthersAtItError:
            return self._step(Outcome.NOTHING)
        except _BrokenError:
            return self.give_up()
        except TargetRefused as error:
            return self._refused(error)

    def give_up(self) -> Step:
        """Drop a read-back of which something that is stored cannot be read: it never will be."""
        return self._dropped("broken")

    def _looked(self) -> Step:
        runs = self._runs()
        then = self._runs_then(runs)
        if then is None:
            return self._put_off(runs)
        if then.has_changed(runs):
            return self._dropped("a-run")
        self._demand_roles()
        delivery = self._delivery()
        expected = expected_of(delivery.files())
        classes = self._classes(expected)
        living = [each for each in classes.listed if not each.has_ended]
        if not classes.listed:
            return self._troubled(Outcome.NOT_ARRIVED, "nothing", _listed(classes, expected))
        parts = self._parts(living, expected)
        if parts is None:
            self.world.nudges.nudge("read-back", {"connector": self.known.listing.connector})
            return self._step(Outcome.READING_BACK, {"classes": len(living)})
        return self._compared(expected, classes, parts, then)

    # -- what may have changed meanwhile

    def _runs(self) -> Sequence[Run]:
        """Ask SDS for its runs, of the last days before this was begun and since."""
        since = self.begun.at - RUN_LASTS
        return self.world.target().runs_since(since, self.budget)

    def _runs_then(self, runs: Sequence[Run]) -> RunsThen | None:
        """Return how SDS's runs stood when this began; None if it must not begin yet."""
        if self.folder.has(RunsThen):
            return self._kept(RunsThen)
        ends = [run.ended_at for run in runs if run.ended_at]
        last = max(ends, default=None)
        if under_way(runs) or (last and self.known.now - last < landed.AFTER_RUN):
            return None
        then = RunsThen.of(runs, by=uuid.uuid4().hex)
        self._keep(then)
        return then

    def _is_of_other_moments(self, then: RunsThen) -> landed.Why | None:
        """Look once more what was sent, began or ended while it was read; return what."""
        known = read_backs(self.world, self.known.listing.connector)
        if why := landed.why_dropped(self.begun, known.against, known.now):
            return why
        return "a-run" if then.has_changed(self._runs()) else None

    # -- the parts

    def _demand_roles(self) -> None:
        """Return if the identity may see all that is needed; else nothing is looked at."""
        held = self.world.reader().roles()
        if lacking := [role for role in NEEDED_ROLES if role not in held]:
            named = " and ".join(lacking)
            raise TargetRefused(
                f"what is in Teams was not looked at: grant {named} to {HOLDER} (a role just"
                " granted can take up to a day to be seen)",
                role=named,
            )

    def _delivery(self) -> Delivery:
        against = self.known.against
        if against is None:
            raise _OthersAtItError
        return against.delivery

    def _classes(self, expected: Expected) -> ClassesRead:
        """Return our classes as Graph lists them, read whole in one go."""
        if self.folder.has(ClassesRead):
            return self._kept(ClassesRead)
        ours, reader = OurClasses(expected.titles), self.world.reader()
        rooms = {room.id: room for room in reader.classes(self.budget)}
        listed = _named(rooms.values(), ours)
        if expected.titles.keys() - {each.class_id for each in listed}:
            # A class that goes between two pages may let another be passed over: look once more.
            rooms |= {room.id: room for room in reader.classes(self.budget)}
            listed = _named(rooms.values(), ours)
        read = ClassesRead(
            listed=tuple(sorted(listed)),
            others=len(rooms) - len(listed),
            gave_more=reader.gave_more,
            by=uuid.uuid4().hex,
        )
        self._keep(read)
        return read

    def _parts(self, living: Sequence[ListedClass], expected: Expected) -> list[PeopleRead] | None:
        """Return who is in each of the *living* classes; None while there is more to read."""
        parts = []
        for number, start in enumerate(range(0, len(living), self.classes_a_part), start=1):
            if self.folder.has(PeopleRead, f"{number:06}"):
                parts.append(self._kept(PeopleRead, f"{number:06}"))
                continue
            if self.budget.left_s < PART_S:
                return None
            part = self._people(living[start : start + self.classes_a_part], expected)
            self._keep(part, f"{number:06}")
            parts.append(part)
        return parts

    def _people(self, classes: Sequence[ListedClass], expected: Expected) -> PeopleRead:
        reader = self.world.reader()
        read = reader.people([each.graph_id for each in classes], self.budget)
        return PeopleRead.of(read, expected, gave_more=reader.gave_more, by=uuid.uuid4().hex)

    def _kept[R: NamedRecord](self, kind: type[R], key: str = "") -> R:
        try:
            return self.folder.read(kind, key)
        except StoreConflict:
            raise _BrokenError from None

    def _keep(self, part: ClassesRead | PeopleRead | RunsThen | RowsKept, key: str = "") -> None:
        if not self.folder.claim(part, key):
            raise _OthersAtItError

    # -- the end

    def _compared(
        self,
        expected: Expected,
        classes: ClassesRead,
        parts: Sequence[PeopleRead],
        then: RunsThen,
    ) -> Step:
        found = put_together(classes, parts)
        if why := self._is_of_other_moments(then):
            return self._dropped(why)
        if differences.is_unreadable(expected, found):
            return self._troubled(Outcome.UNREADABLE, "unreadable", _listed(classes, expected))
        rows = RowsKept.of(
            self._seen(expected, found),
            sent=len(expected.titles),
            others=classes.others,
            gave_more=classes.gave_more or any(part.gave_more for part in parts),
            by=uuid.uuid4().hex,
        )
        self._keep(rows)
        return self._closed(rows)

    def _seen(self, expected: Expected, found: FoundInTeams) -> Seen:
        when = When(self.known.now, self.begun.delivery, self.begun.since)
        former = landed.last_rows(self.known.listed)
        before = rows_of(former, self.known.now) if former else None
        compared = differences.seen(expected, found, when, before)
        lost = differences.nowhere(compared)[:ACCOUNTS_ASKED]
        if not lost or READS_ACCOUNTS not in self.world.reader().roles():
            return compared
        address_of = {person: address for address, person in expected.id_of.items()}
        person_of = {address_of[person]: person for person in lost}
        accounts = self.world.reader().accounts(person_of, self.budget)
        by_person = {person_of[address]: enabled for address, enabled in accounts.items()}
        return differences.with_accounts(compared, by_person)

    def _closed(self, rows: RowsKept) -> Step:
        """Say how it ended, by its rows; then take away all that is of no use any more."""
        seen = rows.seen()
        saw = Saw(
            counts=differences.counts(seen.differences),
            firsts=_firsts(seen),
            since=differences.since(seen.differences),
            sent=rows.sent,
            there=len(seen.names),
            others=rows.others,
            unclear=len({each.user_name or each.ours for each in seen.unclear}),
            gave_more=rows.gave_more,
        )
        step = self._end(Outcome.COMPARED, "whole", saw=saw)
        for former in self.known.listed:
            if former.id != self.folder.id and landed.ROWS in former.made_at:
                self.world.store.delete(former.path(landed.ROWS))
        return step

    def _dropped(self, why: landed.Why) -> Step:
        if why != "broken" and self.known.now - self.begun.at > SLOW:
            why = "too-long"  # a look takes minutes: what came meanwhile is not what kept it
        drops = 1 + self._drops_before()
        outcome = Outcome.DROPPED if drops >= landed.TOLD_DROPS else Outcome.PUT_OFF
        again_at = self.known.now + DROPPED_AGAIN
        trouble = self._trouble_before()
        return self._end(
            outcome, "dropped", again_at=again_at, why=why, drops=drops, trouble=trouble
        )

    def _put_off(self, runs: Sequence[Run]) -> Step:
        """End what could not begin: SDS is at it, or what it did is still on its way."""
        ends = [run.ended_at for run in runs if run.ended_at]
        after = self.known.now if under_way(runs) else max(ends, default=self.known.now)
        return self._later(after + landed.AFTER_RUN, self._trouble_before())

    def _later(self, again_at: datetime, trouble: ReadBackTrouble | None) -> Step:
        """End what told nothing: what was known of drops and of a trouble stays."""
        last, drops = self.known.last_ended(), self._drops_before()
        return self._end(
            Outcome.PUT_OFF,
            "put-off",
            again_at=again_at,
            why=last.why if last and drops else "",
            drops=drops,
            trouble=trouble,
        )

    def _troubled(self, outcome: Outcome, word: TroubleWord, saw: Saw) -> Step:
        """End what can tell nothing; put it off while classes and people may yet be on their way.

        Where each night has its run, a run is always young: a trouble that is older is told.
        """
        now, before = self.known.now, self._trouble_before()
        since = before.since if before and before.word == word else now
        young_until = max(self.begun.since, since) + differences.ON_ITS_WAY
        oldest = min(self.begun.since, since)
        if now - oldest < differences.ON_ITS_WAY:
            doubt = ReadBackTrouble(word=word, since=since, is_told=False)
            kept = before if before and before.is_told else doubt
            return self._later(min(now + REFUSED_AGAIN, young_until), kept)
        trouble = ReadBackTrouble(word=word, since=since, is_told=True)
        return self._end(outcome, word, saw=saw, trouble=trouble)

    def _trouble_before(self) -> ReadBackTrouble | None:
        last = self.known.last_ended()
        return last.trouble if last else None

    def _drops_before(self) -> int:
        last = self.known.last_ended()
        return last.drops if last else 0

    def _refused(self, error: TargetRefused) -> Step:
        again_at = self.known.now + REFUSED_AGAIN
        before = self._trouble_before()
        since = before.since if before and before.word == "refused" else self.known.now
        trouble = ReadBackTrouble(word="refused", since=since, is_told=True, fault=fault(error))
        step = self._end(Outcome.FAILED, "refused", again_at=again_at, trouble=trouble)
        return replace(step, error=error) if step.outcome is Outcome.FAILED else step

    def _end(
        self,
        outcome: Outcome,
        word: HowEnded,
        *,
        again_at: datetime | None = None,
        why: str = "",
        drops: int = 0,
        saw: Saw = NOTHING_SEEN,
        trouble: ReadBackTrouble | None = None,
    ) -> Step:
        how = ReadBackEnded(
            outcome=word,
            delivery=self.begun.delivery,
            at=self.known.now,
            again_at=again_at or self.begun.at + landed.DAILY,
            seen_by=self.world.settings.sds.read_back_client_id or "",
            by=uuid.uuid4().hex,
            why=why,
            drops=drops,
            trouble=trouble,
            saw=saw,
        )
        if not self.folder.claim(how):
            return self._step(Outcome.NOTHING)
        self._delete_parts(is_whole=word == "whole")
        return self._step(outcome, _facts(how))

    def _delete_parts(self, *, is_whole: bool) -> None:
        """Take away what was read: all that is there now, for others may have written of it.

        Rows that nobody can read, of one that was dropped for it, go as well.
        """
        prefix = self.folder.path("")
        for blob in self.world.store.blobs(prefix):
            name = blob.name.removeprefix(prefix)
            if landed.is_part(name) or (name == landed.ROWS and not is_whole):
                self.world.store.delete(blob.name)

    def _step(self, outcome: Outcome, facts: Mapping[str, int | str] | None = None) -> Step:
        connector = self.known.listing.connector
        return Step("read-back", outcome, connector, self.begun.delivery, facts or {})


def _named(rooms: Iterable[ClassSeen], ours: OurClasses) -> list[ListedClass]:
    """Return those of *rooms* that are ours."""
    whose = [(room, ours.whose(room.external_id, room.nickname)) for room in rooms]
    return [
        ListedClass(room.id, known.class_id, room.name, known.has_ended)
        for room, known in whose
        if known
    ]


def _firsts(seen: Seen) -> tuple[SeenFirst, ...]:
    """Return how many differences were first seen when, the oldest first."""
    counts, lacking = Counter[datetime](), Counter[datetime]()
    for each in seen.differences:
        counts[each.first_seen] += 1
        lacking[each.first_seen] += each.key.kind.lacks
    return tuple(SeenFirst(at, counts[at], lacking[at]) for at in sorted(counts))


def _listed(classes: ClassesRead, expected: Expected) -> Saw:
    """Return what the list of classes alone says."""
    return Saw(
        sent=len(expected.titles),
        there=len({each.class_id for each in classes.listed if not each.has_ended}),
        others=classes.others,
        gave_more=classes.gave_more,
    )


def _facts(how: ReadBackEnded) -> dict[str, int | str]:
    """Return what the log line says of it: counts alone."""
    saw, late = how.saw, [each for each in how.saw.firsts if differences.is_late(each.at, how.at)]
    facts: dict[str, int | str] = {
        "result": how.outcome,
        "differences": sum(saw.counts.values()),
        "late": sum(each.how_many for each in late),
        "late_lacking": sum(each.lacking for each in late),
        "unclear": saw.unclear,
        "sent": saw.sent,
        "there": saw.there,
        "drops": how.drops,
    }
    return facts | ({"why": how.why} if how.why else {})
