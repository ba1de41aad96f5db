"""A school whose classes are mixed up in iSAMS, and what SDS then has of each Team."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from simulators.school import InventedSchool, invent
from simulators.sds import Knobs
from sync.report import Outcome
from sync.sds import csvtext
from sync.steps import approval
from tests.worlds import ONE_SCHOOL, TestWorld, flush, make_world

ORG, YEAR = "9990001", 2026
SENIORS, PREP = range(7, 14), range(3, 7)

type Members = dict[str, frozenset[str]]


def delivered(**settings: str) -> TestWorld:
    """Return a school that SDS has taken, an hour later."""
    scene = make_world(
        invent(60, quirks=False),
        knobs=Knobs(operation_polls=0, run_duration_s=60),
        base={**ONE_SCHOOL, **settings},
    )
    scene.pull()
    scene.send_until_still()
    scene.clock.advance(3600)
    return scene


def teams(scene: TestWorld, years: Iterable[int] = SENIORS) -> list[str]:
    """Return classes of the sets of those years that SDS has, by id: no two with one roster."""
    sent, wanted = members(scene), set(years)
    of_years = [team(each.id) for each in scene.isams.school.sets if each.year in wanted]
    by_roster = {sent[class_id]: class_id for class_id in sorted(of_years) if class_id in sent}
    return sorted(by_roster.values())


def team(set_id: int | str, year: int = YEAR) -> str:
    """Return the id of a set's class by our rule."""
    return f"{ORG}-{year}-{set_id}"


def members(scene: TestWorld, number: int = -1) -> Members:
    """Return which pupils are in each class of a submission: of the last, unless *number* says."""
    rows = list(csvtext.widest_rows("enrollments.csv", scene.sds.submissions[number].files))
    pupils: dict[str, set[str]] = {class_id: set() for class_id, _, _ in rows}
    for class_id, user, role in rows:
        if role == "student":
            pupils[class_id].add(user)
    return {class_id: frozenset(users) for class_id, users in pupils.items()}


def titles(scene: TestWorld) -> dict[str, str]:
    """Return how each class of the last submission is called."""
    rows = csvtext.widest_rows("classes.csv", scene.sds.submissions[-1].files)
    return {row[0]: row[2] for row in rows}


def exchanged(school: InventedSchool, first: str, second: str) -> InventedSchool:
    """Return *school* with the ids of two sets exchanged, by the ids of their classes."""
    one, other = (int(class_id.rpartition("-")[2]) for class_id in (first, second))
    return _renumbered(school, {one: other, other: one})


def renumbered(school: InventedSchool, class_id: str, set_id: int) -> InventedSchool:
    """Return *school* with another id for a set, by the id of its class."""
    return _renumbered(school, {int(class_id.rpartition("-")[2]): set_id})


def _renumbered(school: InventedSchool, become: dict[int, int]) -> InventedSchool:
    return replace(
        school,
        sets=tuple(
            sorted(
                (replace(each, id=become.get(each.id, each.id)) for each in school.sets),
                key=lambda each: each.id,
            )
        ),
        memberships=tuple(
            each._replace(set_id=become.get(each.set_id, each.set_id))
            for each in school.memberships
        ),
    )


def change(scene: TestWorld, school: InventedSchool) -> None:
    """Have iSAMS say *school* from now on."""
    flush(scene, sets=school.sets, memberships=school.memberships)


def read_and_approved(scene: TestWorld) -> None:
    """Read the school, and let what is held of it go: a person has looked."""
    assert read_and_sent(scene) == Outcome.HELD.value
    approval.approve(scene.world, scene.look().deliveries[-1].id)
    scene.send_until_still()
    scene.clock.advance(3600)


def read_and_sent(scene: TestWorld) -> str:
    """Read the school and send it until all is still; return what came of the last step."""
    scene.pull()
    outcome = scene.send_until_still().outcome
    scene.clock.advance(3600)
    return outcome.value
