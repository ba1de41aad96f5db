"""Random schools with seeded omissions, read back: `python -m tests.edge.landed_schools 300`."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import httpx

from simulators.sds import Account, Education, ExternalId, SdsSimulator, education_of
from sync.edge.clock import Budget
from sync.edge.graph.education import EducationReader
from sync.edge.graph.identity import read_back_tokens
from sync.sds.landed.differences import Key, Seen, When, seen
from sync.sds.landed.expected import Expected, expected_of
from sync.sds.landed.found import ListedClass
from sync.sds.landed.kinds import Differs
from sync.sds.landed.matching import OurClasses
from sync.steps.landed.records import ClassesRead, PeopleRead, put_together
from tests.clocks import FakeClock
from tests.edge.graph_tenant import GRAPH, LOGIN, Overheard
from tests.edge.test_education import settings
from tests.simulators.sds.sender import Sender, lines
from tests.worlds import FederatedIdentity

WAYS = ("deleted", "ended", "twin", "renamed", "ended-twin")


@dataclass
class RandomSchool:
    """A school as it was sent: its teachers and pupils by class."""

    random: Random
    teachers: dict[str, list[str]] = field(default_factory=dict)
    pupils: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, seed: int) -> RandomSchool:
        random = Random(seed)
        school = cls(random)
        staff = [f"t{n}" for n in range(random.randint(3, 9))]
        children = [f"p{n}" for n in range(random.randint(8, 50))]
        for n in range(random.randint(8, 25)):
            school.teachers[f"c.{n}"] = sorted(random.sample(staff, random.randint(1, 2)))
            count = random.randint(2, min(12, len(children)))
            school.pupils[f"c.{n}"] = sorted(random.sample(children, count))
        return school

    def files(self) -> dict[str, bytes]:
        """Return it as it is sent."""
        staff = sorted({each for listed in self.teachers.values() for each in listed})
        children = sorted({each for listed in self.pupils.values() for each in listed})
        roles = dict.fromkeys(staff, "teacher") | dict.fromkeys(children, "student")
        return {
            "orgs.csv": lines("sourcedId,name,type", "o1,Fernhill,school"),
            "users.csv": lines(
                "sourcedId,username,givenName,familyName",
                *(f"{each},{each}@fern.example,," for each in sorted(roles)),
            ),
            "roles.csv": lines(
                "userSourcedId,orgSourcedId,role,grade,isPrimary",
                *(f"{each},o1,{roles[each]},,TRUE" for each in sorted(roles)),
            ),
            "classes.csv": lines(
                "sourcedId,orgSourcedId,title", *(f"{each},o1,Set {each}" for each in self.order)
            ),
            "enrollments.csv": lines(
                "classSourcedId,userSourcedId,role",
                *(
                    f"{each},{person},{roles[person]}"
                    for each in self.order
                    for person in sorted((*self.teachers[each], *self.pupils[each]))
                ),
            ),
        }

    @property
    def order(self) -> list[str]:
        return sorted(self.teachers)


@dataclass
class Trial:
    """A school in a tenant, what hands did there, and what must be told of it."""

    school: RandomSchool
    education: Education
    reader: EducationReader
    clock: FakeClock
    expected: Expected
    away: set[str] = field(default_factory=set)
    out: set[tuple[str, str]] = field(default_factory=set)
    wanted: set[Key] = field(default_factory=set)

    def look(self, former: Seen | None = None) -> Seen:
        """Read all back and compare, as the step does."""
        budget, ours = Budget.of(self.clock, 100), OurClasses(self.expected.titles)
        listed = [
            ListedClass(room.id, whose.class_id, room.name, whose.has_ended)
            for room in self.reader.classes(budget)
            if (whose := ours.whose(room.external_id, room.nickname))
        ]
        classes = ClassesRead(listed=tuple(sorted(listed)), others=0, gave_more=False, by="x")
        living = [room.graph_id for room in classes.listed if not room.has_ended]
        people = self.reader.people(living, budget)
        part = PeopleRead.of(people, self.expected, gave_more=False, by="x")
        part = PeopleRead.from_json("part", part.to_json())
        found = put_together(classes, [part])
        when = When(self.clock.now(), "delivery", self.clock.now() - timedelta(hours=30))
        return seen(self.expected, found, when, former)

    # -- what hands do

    def mischief(self) -> None:
        """Do some of everything; note what must be told."""
        random, order = self.school.random, self.school.order
        for class_id in random.sample(order, min(len(order) // 3, random.randint(0, 6))):
            self.spoil(class_id, random.choice(WAYS))
        for class_id in self.there():
            for person in (*self.school.teachers[class_id], *self.school.pupils[class_id]):
                if random.random() < 0.08:
                    self.take_out(class_id, person)
        everybody = sorted(self.expected.id_of.values())
        for person in random.sample(everybody, random.randint(0, 2)):
            for class_id in self.there():
                if person in (*self.school.teachers[class_id], *self.school.pupils[class_id]):
                    self.take_out(class_id, person)
        for class_id in self.there():
            if random.random() < 0.1:
                self.add(class_id, random.random() < 0.5)
        self.note_missing()

    def there(self) -> list[str]:
        return [each for each in self.school.order if each not in self.away]

    def spoil(self, class_id: str, way: str) -> None:
        if way == "deleted":
            self.education.delete(class_id)
            self.away.add(class_id)
            self.wanted.add(Key(Differs.CLASS_MISSING, class_id))
        elif way == "ended":
            self.education.end(class_id)
            self.away.add(class_id)
            self.wanted.add(Key(Differs.CLASS_ENDED, class_id))
        elif way == "renamed":
            self.education.of(class_id).name += " (renamed)"
            self.wanted.add(Key(Differs.CLASS_RENAMED, class_id))
        elif way == "twin":
            self.education.twin(class_id)
            self.wanted.add(Key(Differs.CLASS_TWICE, class_id))
        else:
            self.education.end_twin(class_id)

    def rooms(self, class_id: str) -> list[dict[Account, bool]]:
        """Return the people of a class and of its living twin."""
        room = self.education.of(class_id)
        twins = [each for each in self.education.others if each.external_id == room.external_id]
        if room.external_id is None:
            twins = [each for each in self.education.others if each.nickname == room.nickname]
        return [room.people, *(twin.people for twin in twins)]

    def take_out(self, class_id: str, person: str) -> None:
        """Take somebody out of a class, unless nobody would be left in it."""
        for people in self.rooms(class_id):
            held = [each for each in people if each.user_name.startswith(f"{person}@")]
            for account in held:
                if len(people) > 1:
                    del people[account]
        if not any(
            each.user_name.startswith(f"{person}@")
            for people in self.rooms(class_id)
            for each in people
        ):
            self.out.add((class_id, person))

    def add(self, class_id: str, teaches: bool) -> None:  # noqa: FBT001
        """Put somebody into a class who was not sent in it: a stranger, or one of ours."""
        random, kind = self.school.random, Differs.TEACHER_EXTRA if teaches else Differs.PUPIL_EXTRA
        inside = {*self.school.teachers[class_id], *self.school.pupils[class_id]}
        others = sorted({*self.expected.id_of.values()} - inside)
        if others and random.random() < 0.5:
            person = random.choice(others)
            self.wanted.add(Key(kind, class_id, person))
            account = Account(f"{person}@fern.example", f"{person}@fern.example")
        else:
            account = Account(f"guest{random.randint(0, 99)}@elsewhere.example")
            self.wanted.add(Key(kind, class_id, user_name=account.user_name))
        self.rooms(class_id)[0][account] = teaches

    def note_missing(self) -> None:
        """Note who must be told as missing: once, where they are in none of their classes."""
        places = Counter[str]()
        for class_id in self.there():
            places.update((*self.school.teachers[class_id], *self.school.pupils[class_id]))
        gone = Counter(person for class_id, person in self.out if class_id not in self.away)
        for class_id, person in self.out:
            if gone[person] == places[person]:
                self.wanted.add(Key(Differs.PERSON_NOWHERE, person=person))
            else:
                teaches = person in self.school.teachers[class_id]
                kind = Differs.TEACHER_MISSING if teaches else Differs.PUPIL_MISSING
                self.wanted.add(Key(kind, class_id, person))


def trial(seed: int) -> Trial:
    """Send a random school, and let SDS's run end."""
    school, clock = RandomSchool.of(seed), FakeClock()
    sim = SdsSimulator(clock=clock.now)
    knobs = sim.education_knobs
    sim.education_knobs = type(knobs)(
        external_id=school.random.choice([*ExternalId]),
        page_size=school.random.choice([None, 3]),
        people_page_size=school.random.choice([None, 4]),
    )
    files = school.files()
    Sender(sim).send(files)
    clock.advance(30 * 3600)
    sim.base_url, sim.login_url = GRAPH, LOGIN
    wire = Overheard(httpx.WSGITransport(app=sim).handle_request, [])
    given = settings()
    tokens = read_back_tokens(given, clock, transport=wire, identity=FederatedIdentity)
    reader = EducationReader(given, tokens, clock, graph=wire)
    return Trial(school, education_of(sim), reader, clock, expected_of(files))


def told_and_wanted(seed: int) -> bool:
    """Say whether what is told of a random school is what was done, and nothing else."""
    here = trial(seed)
    before = here.look()
    here.mischief()
    after = here.look(before)
    again = here.look(after)
    keys = [each.key for each in after.differences]
    lasting = {key for key in here.wanted if key.kind is not Differs.CLASS_RENAMED}
    return (
        not before.differences
        and {*keys} == here.wanted
        and len(keys) == len(here.wanted)
        and {each.key for each in again.differences} == lasting
        and {each.first_seen for each in again.differences} <= {after.at}
    )


if __name__ == "__main__":
    wrong = [seed for seed in range(int(sys.argv[1])) if not told_and_wanted(seed)]
    sys.exit(f"told wrongly of seeds {wrong}" if wrong else 0)
