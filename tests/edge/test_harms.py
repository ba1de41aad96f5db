"""P15: eight ways in which one night's change of iSAMS harms people: none of them goes out unasked.

Through the whole night, of a school in which one teacher is teacher of every class. What happens
to a school in an ordinary year: `tests/life`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import cycle, islice

import pytest

from simulators.invented.records import InventedSchool, Membership, TeachingSet
from simulators.school import invent, without_pupils
from simulators.sds import Knobs
from sync.ledger.manifests import AWAY, PEOPLE, Beside
from sync.ledger.marks import Hold
from sync.report import Outcome
from sync.steps import approval, restore
from sync.steps.daily import tell_daily
from sync.steps.delivery import Delivery
from tests.memory_store import MemoryStore
from tests.worlds import TestWorld, make_world

FIRST_YEAR = 3  # of the profiles


@cache
def school() -> InventedSchool:
    return invent(300, quirks=False)


def delivered() -> TestWorld:
    """Return a world of a school that SDS has; the first of its staff teaches every class."""
    scene = make_world(
        school(),
        knobs=Knobs(operation_polls=0, run_duration_s=60),
        DEFAULTS__PROFILE__EXTRA_TEACHERS=str(school().staff[0].email),
        SCHOOLS__NORTHBANK__SCHOOL_YEAR="2026",
    )
    scene.pull()
    assert scene.send_until_still().outcome is Outcome.DONE
    return scene


def night(scene: TestWorld, changed: InventedSchool) -> Outcome:
    """Read the school *changed* a night later, and send what may go."""
    scene.next_night(changed=changed)
    return scene.send_until_still().outcome


def newest(scene: TestWorld) -> Delivery:
    return scene.look().deliveries[-1]


def held_for(scene: TestWorld) -> set[tuple[str, str]]:
    """Return which limits the newest delivery meets."""
    return {(each.table, each.what) for each in newest(scene).read(Hold).excesses}


# -- the eight -----------------------------------------------------------------------------------


def rosters(read: InventedSchool) -> dict[int, list[Membership]]:
    """Return who is in each set of the profiles that has five pupils or more."""
    years = {each.id: each.year for each in read.sets}
    found: dict[int, list[Membership]] = {}
    for row in read.memberships:
        found.setdefault(row.set_id, []).append(row)
    return {key: rows for key, rows in found.items() if years[key] >= FIRST_YEAR and len(rows) >= 5}


def two_apart(read: InventedSchool) -> tuple[int, int]:
    """Return two such sets that have nobody in common."""
    found = {key: {row.school_id for row in rows} for key, rows in rosters(read).items()}
    one = next(iter(found))
    return one, next(key for key, pupils in found.items() if pupils.isdisjoint(found[one]))


def exchange(read: InventedSchool) -> InventedSchool:
    one, other = two_apart(read)
    now = {one: other, other: one}
    rows = (row._replace(set_id=now.get(row.set_id, row.set_id)) for row in read.memberships)
    return replace(read, memberships=tuple(rows))


def reuse(read: InventedSchool) -> InventedSchool:
    one, other = two_apart(read)
    kept = [row for row in read.memberships if row.set_id != one]
    news = [row._replace(set_id=one) for row in read.memberships if row.set_id == other]
    return replace(read, memberships=numbered(kept + news))


def numbered(rows: list[Membership]) -> tuple[Membership, ...]:
    """Return *rows*, each with an id of its own."""
    return tuple(row._replace(id=number) for number, row in enumerate(rows, 1))


def others_teach(read: InventedSchool) -> InventedSchool:
    taught = [each for each in read.sets if each.teachers]
    apart = len(taught) // 2
    teachers = islice(cycle([each.teachers for each in taught]), apart, apart + len(taught))
    now = {each.id: staff for each, staff in zip(taught, teachers, strict=True)}
    return replace(
        read,
        sets=tuple(replace(each, teachers=now.get(each.id, each.teachers)) for each in read.sets),
    )


def all_into_all(read: InventedSchool) -> InventedSchool:
    pupils = [
        Membership(0, each.id, pupil.id, pupil.school_id)
        for each in read.sets
        for pupil in read.pupils
        if pupil.year == each.year
    ]
    return replace(read, memberships=numbered(pupils))


def triple(read: InventedSchool) -> InventedSchool:
    step = max(each.id for each in read.sets)
    sets = [again(each, step * turn) for turn in range(3) for each in read.sets]
    rows = [
        row._replace(set_id=row.set_id + step * turn)
        for turn in range(3)
        for row in read.memberships
    ]
    return replace(read, sets=tuple(sets), memberships=numbered(rows))


def again(each: TeachingSet, further: int) -> TeachingSet:
    """Return a set like *each*, under an id so much further on."""
    code = f"{each.code}{further or ''}"
    teachers = tuple(replace(row, id=row.id + further * 1000) for row in each.teachers)
    return replace(each, id=each.id + further, code=code, name=code, teachers=teachers)


def exchange_addresses(read: InventedSchool) -> InventedSchool:
    covered = [pupil for pupil in read.pupils if pupil.year >= FIRST_YEAR][:28]
    addresses = {
        one.school_id: other.email for one, other in zip(covered, reversed(covered), strict=True)
    }
    pupils = (
        replace(pupil, email=addresses.get(pupil.school_id, pupil.email)) for pupil in read.pupils
    )
    return replace(read, pupils=tuple(pupils))


def lose_staff_addresses(read: InventedSchool) -> InventedSchool:
    staff = (
        replace(each, email=None) if number % 10 else each for number, each in enumerate(read.staff)
    )
    return replace(read, staff=tuple(staff))


def give_places_away(read: InventedSchool) -> InventedSchool:
    years = {each.id: each.year for each in read.sets}
    of_year: dict[int, list[tuple[int, str]]] = {}
    for pupil in read.pupils:
        of_year.setdefault(pupil.year, []).append((pupil.id, pupil.school_id))
    there = {(row.set_id, row.school_id) for row in read.memberships}
    rows, turn = [], Counter[int]()
    for number, row in enumerate(read.memberships):
        free = [each for each in of_year[years[row.set_id]] if (row.set_id, each[1]) not in there]
        if number % 5 == 0 and free:
            pupil_id, school_id = free[turn[row.set_id] % len(free)]
            turn[row.set_id] += 1
            there.add((row.set_id, school_id))
            rows.append(row._replace(pupil_id=pupil_id, school_id=school_id))
        else:
            rows.append(row)
    return replace(read, memberships=tuple(rows))


@pytest.mark.parametrize(
    ("harm", "limit"),
    [
        (exchange, ("classes", "exchanged")),
        (reuse, ("classes", "taken-over")),
        (others_teach, ("classes", "other-teachers")),
        (all_into_all, ("places of pupils", "added")),
        (triple, ("classes", "added")),
        (exchange_addresses, ("addresses", "passed")),
        (lose_staff_addresses, ("teachers", "removed")),
        (give_places_away, ("places of pupils", "removed")),
    ],
)
def test_no_harm_goes_out_unasked(
    harm: Callable[[InventedSchool], InventedSchool], limit: tuple[str, str]
) -> None:
    """It is held for what it does, SDS is given nothing; and approved, it goes."""
    scene = delivered()

    assert night(scene, harm(school())) is Outcome.HELD
    assert limit in held_for(scene)
    assert len(scene.sds.submissions) == 1
    approval.approve(scene.world, newest(scene).id)
    assert scene.send_until_still().outcome is Outcome.DONE


def test_a_night_on_which_one_pupil_has_left_goes() -> None:
    """The eight are held for what they do, and not because anything changed."""
    scene = delivered()

    assert night(scene, without_pupils(school(), [school().pupils[-1].school_id])) is Outcome.DONE


# -- what lies beside ----------------------------------------------------------------------------


def without_year(read: InventedSchool, year: int) -> InventedSchool:
    """Return a school none of whose sets of a year has a pupil."""
    of_year = {each.id for each in read.sets if each.year == year}
    return replace(
        read, memberships=tuple(row for row in read.memberships if row.set_id not in of_year)
    )


def test_a_year_that_is_emptied_by_a_persons_word_does_not_come_back_exchanged() -> None:
    """Its classes are in no delivery meanwhile, and still it is known who was in them."""
    scene = delivered()
    year = next(each.year for each in school().sets if each.id == two_apart(school())[0])
    assert night(scene, without_year(school(), year)) is Outcome.HELD
    approval.approve(scene.world, newest(scene).id)
    assert scene.send_until_still().outcome is Outcome.DONE
    night(scene, without_pupils(without_year(school(), year), [school().pupils[-1].school_id]))

    night(scene, exchange(school()))

    assert ("classes", "exchanged") in held_for(scene) or ("classes", "taken-over") in held_for(
        scene
    )


def spoil(scene: TestWorld, name: str, *, gone: bool) -> None:
    """Let somebody take away or change a file beside what SDS holds."""
    assert isinstance(scene.store, MemoryStore)
    path = newest(scene).path(name)
    body, at = scene.store.held.pop(path)
    if not gone:
        scene.store.held[path] = (body[1:], at)


@pytest.mark.parametrize("gone", [True, False])
@pytest.mark.parametrize("name", [PEOPLE, AWAY, Beside.file_name])
def test_what_cannot_be_compared_waits_and_says_so(name: str, gone: bool) -> None:  # noqa: FBT001
    """Though nearly nothing has changed; once a person has approved, nights are as before."""
    scene = delivered()
    spoil(scene, name, gone=gone)

    assert night(scene, without_pupils(school(), [school().pupils[-1].school_id])) is Outcome.HELD
    beside = {PEOPLE, AWAY} if name == Beside.file_name else {name}
    assert held_for(scene) == {(each, "unknown") for each in beside}
    approval.approve(scene.world, newest(scene).id)
    assert scene.send_until_still().outcome is Outcome.DONE
    assert night(scene, without_pupils(school(), [school().pupils[-2].school_id])) is Outcome.DONE


def test_what_the_version_before_has_sent_is_compared_without_what_lies_beside() -> None:
    """It had none of it: an upgrade is held for nothing."""
    scene = delivered()
    for name in (PEOPLE, AWAY, Beside.file_name):
        scene.store.delete(newest(scene).path(name))

    assert night(scene, without_pupils(school(), [school().pupils[-1].school_id])) is Outcome.DONE


# -- night by night ------------------------------------------------------------------------------


def fewer(times: int, each_time: int = 8) -> InventedSchool:
    """Return the school once so many pupils have left so many times."""
    covered = [pupil.school_id for pupil in school().pupils if pupil.year >= FIRST_YEAR]
    spread = [*covered[::3], *covered[1::3], *covered[2::3]]
    return without_pupils(school(), spread[: times * each_time])


def nights_until_held(scene: TestWorld, first: int = 1) -> int:
    """Let pupils leave night by night; return after how many nights that is held."""
    return next(n for n in range(first, 40) if night(scene, fewer(n)) is Outcome.HELD) - first + 1


def test_what_is_lost_night_by_night_is_held_within_the_week() -> None:
    """Eight of some 250 each night meet no limit; together they do. A yes begins a week anew."""
    scene = delivered()

    assert nights_until_held(scene) == 4
    assert {what for _, what in held_for(scene)} == {"drifted"}
    assert ("pupils", "drifted") in held_for(scene)
    approval.approve(scene.world, newest(scene).id)
    assert scene.send_until_still().outcome is Outcome.DONE
    assert nights_until_held(scene, first=5) in {3, 4}
    assert ("pupils", "drifted") in held_for(scene)


def test_a_loss_of_long_ago_is_no_drift() -> None:
    """A week later it is what was in force then."""
    scene = delivered()
    for number in (1, 2, 3):
        assert night(scene, fewer(number)) is Outcome.DONE
    scene.clock.advance(7 * 24 * 3600)

    assert night(scene, fewer(4)) is Outcome.DONE


def test_what_a_person_has_brought_back_begins_a_week_anew() -> None:
    """They have looked: what was before that is no loss any more."""
    scene = delivered()
    night(scene, fewer(2))
    former = newest(scene)
    night(scene, fewer(3))
    restore.restore(scene.world, former.id)
    assert scene.send_until_still().outcome is Outcome.DONE
    restore.resume(scene.world)

    assert night(scene, fewer(5)) is Outcome.DONE


def test_where_the_delivery_of_a_week_ago_is_damaged_a_person_looks() -> None:
    """Nobody can say what was lost since."""
    scene = delivered()
    first = newest(scene)
    night(scene, fewer(1))
    assert isinstance(scene.store, MemoryStore)
    path = first.path("users.csv")
    scene.store.held[path] = (b"", scene.store.held[path][1])

    assert night(scene, fewer(2)) is Outcome.HELD
    assert held_for(scene) == {("deliveries", "drift-unknown")}
    assert json.loads(newest(scene).read(Hold).to_json())["excesses"][0]["rows"] == 1


def test_what_a_month_has_lost_is_told_and_holds_nothing() -> None:
    """Little enough for every week; since a person's word, and by what manifests have counted."""
    scene = delivered()
    first = newest(scene)
    for number in range(1, 7):
        assert night(scene, fewer(number, each_time=6)) is Outcome.DONE
        scene.clock.advance(3 * 24 * 3600)
        tell_daily(scene.world)

    told = [step for step in scene.steps if step.outcome is Outcome.SHRUNK]
    assert [step.facts["students"] for step in told] == [30, 36]
    assert {(step.about, step.delivery) for step in told} == {("northbank", first.id)}
