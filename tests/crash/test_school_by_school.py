"""P16: schools that share people, in trouble at random: each is its newest, or as SDS holds it.

Four schools live for ten nights. People join, leave, move between sets, get other addresses, some
of them somebody's elsewhere; teachers and pupils are at several schools. Each night some schools
are in trouble and carried. What is delivered is looked at from outside, by addresses alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

import pytest

from simulators.sds import check_files
from sync.errors import MergeConflict
from sync.sds import rules
from sync.sds.csvtext import decode
from sync.sds.merge import Offered, merge
from sync.sds.tables import COLUMNS, Row

SEEDS, NIGHTS, SHARES = 200, 10, 4
ORGS = ("9990001", "9990002", "9990003", "9990003-2")
CLASSES = 3

type Files = Mapping[str, bytes]


@dataclass
class Trust:
    """The addresses that anybody ever had, and how many people there were."""

    rng: Random
    addresses: list[str] = field(default_factory=list)
    people: int = 0

    def address(self, odds: float) -> str:
        """Return a new address, or by *odds* one that somebody has or had."""
        if self.addresses and self.rng.random() < odds:
            return self.rng.choice(self.addresses)
        self.addresses.append(f"a{len(self.addresses)}@trust.example")
        return self.addresses[-1]


@dataclass
class LivingSchool:
    """A school as its iSAMS has it: addresses by user id, and classes as sets of user ids.

    With *legacy*, ids carry no school; no two people have one, all the same.
    """

    org: str
    trust: Trust
    legacy: bool
    people: dict[str, str] = field(default_factory=dict)
    classes: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.classes = {f"{self.org}-2026-s{number}": set() for number in range(CLASSES)}
        for _ in range(6):
            self.join()

    def live(self) -> None:
        """Let a night's life pass."""
        rng = self.trust.rng
        for _ in range(rng.randrange(3)):
            happens = rng.choice((self.leave, self.join, self.rename, self.move))
            happens()

    def join(self) -> None:
        address, self.trust.people = self.trust.address(0.5), self.trust.people + 1
        if address not in self.people.values():
            kind = self.trust.rng.choice("PT")
            number = f"{kind}{self.trust.rng.randrange(1_000):03}{self.trust.people}"
            self._add(number if self.legacy else f"{self.org}-{number}", address)

    def _add(self, user_id: str, address: str) -> None:
        self.people[user_id] = address
        self._any_class().add(user_id)

    def leave(self) -> None:
        for user_id in self._somebody():
            del self.people[user_id]
            self._take_out(user_id)

    def rename(self) -> None:
        for user_id in self._somebody():
            address = self.trust.address(0.2)
            if address not in self.people.values():
                self.people[user_id] = address

    def move(self) -> None:
        for user_id in self._somebody():
            self._take_out(user_id)
            self._any_class().add(user_id)

    def _somebody(self) -> list[str]:
        return self.trust.rng.sample(sorted(self.people), min(1, len(self.people)))

    def _any_class(self) -> set[str]:
        return self.classes[self.trust.rng.choice(sorted(self.classes))]

    def _take_out(self, user_id: str) -> None:
        for members in self.classes.values():
            members.discard(user_id)

    def offered(self) -> Offered:
        """Return its offer; some schools have two profiles, which were read at once."""
        names = sorted(self.classes)
        cut = self.trust.rng.choice((0, 1))
        parts = [part for part in (names[:cut], names[cut:]) if part]
        return Offered(f"key-{self.org}", self.org, [self._set(part) for part in parts])

    def _set(self, classes: Collection[str]) -> dict[str, bytes]:
        rows: Mapping[str, Iterable[Row]] = {
            "orgs.csv": [(self.org, f"School {self.org}", "school")],
            "users.csv": [(key, address, "", "") for key, address in self.people.items()],
            "roles.csv": [(key, self.org, role(key), "", "TRUE") for key in self.people],
            "classes.csv": [(name, self.org, f"Class {name}") for name in classes],
            "enrollments.csv": [
                (name, key, role(key)) for name in classes for key in self.classes[name]
            ],
        }
        return rules.files({name: sorted(rows[name]) for name in COLUMNS})

    def seen(self) -> object:
        """Return who is there and in which class, by address."""
        return (
            sorted((address, role(key)) for key, address in self.people.items()),
            {name: sorted(self.people[key] for key in self.classes[name]) for name in self.classes},
        )


def role(user_id: str) -> str:
    return "teacher" if "T" in user_id else "student"


def table(files: Files, name: str) -> list[Row]:
    return list(decode(name, files[name], COLUMNS[name]))


def own(files: Files, org: str) -> dict[str, list[Row]]:
    """Return a school's rows, without its users."""
    classes = [row for row in table(files, "classes.csv") if row[1] == org]
    ids = {row[0] for row in classes}
    return {
        "orgs.csv": [row for row in table(files, "orgs.csv") if row[0] == org],
        "roles.csv": [row for row in table(files, "roles.csv") if row[1] == org],
        "classes.csv": classes,
        "enrollments.csv": [row for row in table(files, "enrollments.csv") if row[0] in ids],
    }


def seen(files: Files, org: str) -> object:
    """Return what `LivingSchool.seen` does, from a delivery."""
    address_of = {row[0]: row[1] for row in table(files, "users.csv")}
    rows = own(files, org)
    members: dict[str, list[str]] = {row[0]: [] for row in rows["classes.csv"]}
    for class_id, user_id, _ in rows["enrollments.csv"]:
        members[class_id].append(address_of[user_id])
    return (
        sorted((address_of[row[0]], row[2]) for row in rows["roles.csv"]),
        {name: sorted(listed) for name, listed in members.items()},
    )


@dataclass
class Night:
    """What a night delivers: who went with an offer, who was carried, and whom a clash held."""

    files: Files
    went: list[Offered]
    carried: set[str]
    clashes: int


def delivered(offered: list[Offered], held: Files | None, carried: set[str]) -> Night:
    """Merge; hold the school that a clash names, as the caller does, and merge again."""
    known = {row[0] for row in table(held, "orgs.csv")} if held else set[str]()
    for clashes in range(len(ORGS) + 1):
        try:
            files = rules.files(merge(offered, held=held, carried=carried))
        except MergeConflict as conflict:
            (named,) = [each for each in offered if each.school == conflict.facts["school"]]
            offered = [each for each in offered if each is not named]
            carried = carried | ({named.org} & known)
        else:
            return Night(files, offered, carried, clashes)
    raise AssertionError("holding the schools that clash does not end the clash")


def nights(seed: int) -> Iterator[tuple[Mapping[str, LivingSchool], Files | None, Night]]:
    """Yield each night: the schools as they are, what SDS held, and what it is given."""
    rng = Random(seed)
    trust = Trust(rng)
    schools = {org: LivingSchool(org, trust, legacy=seed % 3 == 0) for org in ORGS}
    held: Files | None = None
    for _ in range(NIGHTS):
        for each in schools.values():
            each.live()
        troubled = {org for org in ORGS if rng.random() < 0.35}
        known = {row[0] for row in table(held, "orgs.csv")} if held else set[str]()
        order = [org for org in ORGS if org not in troubled]
        rng.shuffle(order)
        night = delivered([schools[org].offered() for org in order], held, troubled & known)
        yield schools, held, night
        held = night.files


@pytest.mark.parametrize("share", range(SHARES))
def test_each_school_is_its_newest_or_as_sds_holds_it(share: int) -> None:
    """Never a third thing, nobody twice, and nobody under another id without need."""
    counted = Counter[str]()
    for seed in range(share, SEEDS, SHARES):
        for number, (schools, held, night) in enumerate(nights(seed)):
            where = f"seed {seed}, night {number}"
            assert check_files(night.files) == [], where
            for org in night.carried:
                assert held is not None
                assert own(night.files, org) == own(held, org), f"{where}: {org} was carried"
            for offer in night.went:
                org = offer.org
                assert seen(night.files, org) == schools[org].seen(), f"{where}: {org} went"
            if held is not None:
                went = [schools[offer.org] for offer in night.went]
                assert not list(needless_changes(held, night, went)), where
            counted.update(carried=len(night.carried), went=len(night.went), clash=night.clashes)

    assert counted["carried"] > 100
    assert counted["went"] > 1_000
    assert counted["clash"] < counted["went"] / 50


def needless_changes(held: Files, night: Night, went: Collection[LivingSchool]) -> Iterator[str]:
    """Yield whose id or address has changed, though nobody who was asked says so."""
    today = {key: address for school in went for key, address in school.people.items()}
    after = {row[0]: row[1] for row in table(night.files, "users.csv")}
    id_of = {address: key for key, address in after.items()}
    for key, address, *_ in table(held, "users.csv"):
        if id_of.get(address, key) != key and today.get(key, address) == address:
            yield f"{address}: another id"
        if after.get(key, address) != address and today.get(key, address) == address:
            yield f"{key}: another address"
