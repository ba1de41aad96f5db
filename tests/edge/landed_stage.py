"""A school that SDS has taken, in worlds of their own, and the read-back of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from simulators.school import InventedSchool, invent
from simulators.sds import Classroom, Education, EducationKnobs, education_of
from sync.edge.world import World
from sync.ledger import landed
from sync.ledger.marks import ReadBackEnded
from sync.report import Outcome, Step
from sync.sds.landed.differences import Seen
from sync.sds.landed.expected import Expected, expected_of
from sync.steps.landed.look import read_back
from sync.steps.landed.read_backs import ReadBacks, ended, read_backs, rows_of
from tests.crash.copies import copied
from tests.worlds import CONNECTOR, READ_BACK, TestWorld, make_world

HOUR_S = 3600.0
SCHOOL = invent(40, quirks=False)


@cache
def _delivered() -> TestWorld:
    scene = make_world(SCHOOL)
    scene.pull()
    scene.send_until_still()
    return scene


@dataclass
class Landed:
    """A world in which a school was delivered; `delivery` is as it was sent."""

    scene: TestWorld
    classes_a_part: int = 100

    @property
    def education(self) -> Education:
        return education_of(self.scene.sds)

    @property
    def world(self) -> World:
        return self.scene.world

    @property
    def known(self) -> ReadBacks:
        return read_backs(self.world, CONNECTOR)

    @property
    def expected(self) -> Expected:
        against = self.known.against
        assert against is not None
        return expected_of(against.delivery.files())

    def look(self, *, after_h: float = 0.0) -> Step:
        """Read back to its end, *after_h* hours from now."""
        self.scene.clock.advance(after_h * HOUR_S)
        for _ in range(200):
            step = self.go_on(self.world)
            if step.outcome is not Outcome.READING_BACK:
                return step
        raise AssertionError("the read-back never came to its end")

    def another_night(self) -> None:
        """Read the school a night later, in which two of its pupils have left."""
        listed = sorted(self.expected.id_of.values())
        ids = [pupil.school_id for pupil in self.scene.isams.school.pupils]
        sent = [each for each in ids if any(each in person for person in listed)]
        self.scene.next_night(without=sent[-2:])

    def one_night(self) -> None:
        """Let SDS take the school as it is a night later, when one more pupil has left."""
        listed = sorted(self.expected.id_of.values())
        ids = [pupil.school_id for pupil in self.scene.isams.school.pupils]
        sent = [each for each in ids if any(each in person for person in listed)]
        self.scene.next_night(without=sent[-1:])
        self.scene.send_until_still()

    def go_on(self, process: World) -> Step:
        """Do what one message brings about in *process*."""
        return read_back(process, CONNECTOR, classes_a_part=self.classes_a_part)

    def seen(self) -> Seen:
        """Return what the newest whole read-back saw."""
        known = self.known
        newest = landed.last_rows(known.listed)
        assert newest is not None
        seen = rows_of(newest, known.now)
        assert seen is not None
        return seen

    def told(self) -> dict[tuple[str, str, str], str]:
        """Return what the newest whole read-back told: kind, class and person, and the cause."""
        return {
            (each.key.kind.value, each.key.class_id, each.key.person or each.key.user_name): (
                each.cause.value
            )
            for each in self.seen().differences
        }

    def ended(self) -> ReadBackEnded:
        """Return how the newest read-back ended."""
        how = ended(self.known.listed[-1])
        assert how is not None
        return how

    def ended_last(self) -> str:
        """Return in a word how the newest read-back ended, "" if it did not."""
        how = ended(self.known.listed[-1])
        return how.outcome if how else ""

    def rooms(self) -> list[Classroom]:
        """Return the living classes of ours, in order of our ids."""
        living = [room for room in self.education.all() if room.nickname.startswith("Section_")]
        return sorted(living, key=lambda room: room.nickname)

    def names(self) -> list[str]:
        """Return what storage holds of read-backs, each without its number's folder."""
        blobs = self.scene.store.blobs("connectors/")
        return [each.name.split("/landed/")[1] for each in blobs if "/landed/" in each.name]


def class_id(room: Classroom) -> str:
    """Return our id of a class of ours."""
    return room.nickname.removeprefix("Section_")


def delivered(*, after_h: float = 3.0, school: InventedSchool = SCHOOL, **knobs: object) -> Landed:
    """Return a world of a delivered school, *after_h* hours after SDS's run has ended."""
    scene = copied(_delivered(), school)
    scene.configure(**READ_BACK)
    scene.sds.education_knobs = EducationKnobs(**knobs)  # type: ignore[arg-type]
    scene.clock.advance(after_h * HOUR_S)
    return Landed(scene)


def taken_out(room: Classroom, *, teacher: bool = False) -> str:
    """Let somebody take the first pupil, or teacher, out of a class; return their address."""
    people = sorted(room.people, key=lambda account: account.user_name)
    account = next(each for each in people if room.people[each] is teacher)
    del room.people[account]
    return account.user_name


type Hand = Callable[[Landed], None]
