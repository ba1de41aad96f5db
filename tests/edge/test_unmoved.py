"""A school of which iSAMS gives the same day after day is told of, by what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulators.isams import faults
from simulators.school import InventedSchool, invent
from sync.ledger.manifests import Beside
from sync.report import Outcome, Step
from sync.steps.daily import tell_daily
from sync.steps.delivery import newest_set
from sync.steps.status import survey
from tests.clocks import FakeClock
from tests.edge.cli_stage import trial
from tests.edge.group_stage import DAY_S, lose
from tests.worlds import ONE_SCHOOL, TWO_SCHOOLS, TestWorld, flush, make_world

SCHOOL = invent(20, quirks=False)
FRIDAY = "2026-11-06"
MIDDAY_OF_FRIDAY = datetime(2026, 11, 27, 12, tzinfo=UTC)
BY_TERMS = {**ONE_SCHOOL, "SCHOOLS__NORTHBANK__SCHOOL_YEAR": "terms"}


def begun(
    day: str = FRIDAY,
    settings: Mapping[str, str] = ONE_SCHOOL,
    others: Mapping[str, InventedSchool] | None = None,
) -> TestWorld:
    """Return a world at 22:00 of *day*."""
    clock = FakeClock(datetime.fromisoformat(f"{day}T22:00").replace(tzinfo=UTC))
    return make_world(SCHOOL, clock=clock, base=settings, others=others)


def nights(scene: TestWorld, count: int, school: str = "northbank") -> list[int]:
    """Live through *count* nights; return the school days that were told, 0 if nothing was."""
    return [night(scene, school) for _ in range(count)]


def night(scene: TestWorld, school: str = "northbank") -> int:
    """Read the school, and tell what is told once a day; then a day passes."""
    scene.pull(school)
    before = len(scene.steps)
    tell_daily(scene.world)
    scene.clock.advance(DAY_S)
    told = [step for step in scene.steps[before:] if step.outcome is Outcome.UNMOVED]
    return sum(int(step.facts["school_days"]) for step in told if step.about == school)


def test_after_five_school_days_it_is_told_once_a_day() -> None:
    """A Friday's reading, and a week: weekends count for nothing, and do not end it."""
    scene = begun()

    assert nights(scene, 7) == [0, 0, 0, 0, 0, 0, 0]
    assert nights(scene, 9) == [5, 5, 5, 6, 7, 8, 9, 10, 10]
    assert told_of(scene) == {("source", "northbank")}


def told_of(scene: TestWorld) -> set[tuple[str, str]]:
    told: list[Step] = [step for step in scene.steps if step.outcome is Outcome.UNMOVED]
    return {(step.name, step.about) for step in told}


def test_what_changes_begins_anew() -> None:
    """One pupil who leaves is enough."""
    scene = begun()
    nights(scene, 7)
    lose(scene, "northbank")

    assert nights(scene, 8) == [0, 0, 0, 0, 0, 0, 0, 5]


def test_people_who_change_without_a_row_for_sds_are_a_change() -> None:
    """A surname is in no file for SDS, and shows that somebody keeps iSAMS."""
    scene = begun()
    nights(scene, 7)
    pupils = scene.isams.school.pupils
    last = max(pupils, key=lambda pupil: pupil.year)
    flush(scene, pupils=tuple(replace(p, surname="New") if p is last else p for p in pupils))

    assert night(scene) == 0


def test_what_was_swept_is_compared_by_its_manifest() -> None:
    """Files and names go after a week; who it was by then nobody can say, and it goes on."""
    scene = begun()
    nights(scene, 5)
    for blob in list(scene.store.blobs("profiles/")):
        if not blob.name.endswith("manifest.json"):
            scene.store.delete(blob.name)
    for profile in ("prep", "seniors"):
        for folder in {blob.name.rsplit("/", 1)[0] for blob in scene.store.blobs("profiles/")}:
            if folder.startswith(f"profiles/{profile}/"):
                scene.store.claim(f"{folder}/swept.json", b"{}")

    assert nights(scene, 3) == [0, 0, 5]


def test_by_the_terms_of_isams_holidays_do_not_count() -> None:
    """The newest set knows the terms, if they were read."""
    terms = {term.finishes_on: term for term in SCHOOL.terms}
    ends = min(day for day in terms if day > datetime.fromisoformat(FRIDAY).date())
    scene = begun(str(ends), BY_TERMS)
    by_calendar = begun(str(ends))

    assert set(nights(scene, 12)) == {0}
    assert max(nights(by_calendar, 12)) >= 5


def test_in_holidays_nothing_is_told() -> None:
    """Nobody expects that anything changes then: the last is told on the weekend after."""
    scene = begun("2027-06-21")  # a Monday

    assert nights(scene, 13) == [0, 0, 0, 0, 0, 0, 0, 5, 6, 7, 7, 7, 0]


def test_a_set_that_nobody_can_read_ends_the_comparison() -> None:
    """What it was nobody can say, so what came before counts no more."""
    scene = begun()
    nights(scene, 3)
    newest = newest_set(scene.store, "prep")
    assert newest
    scene.store.delete(newest.path("manifest.json"))
    scene.store.create(newest.path("manifest.json"), b"{}")

    assert nights(scene, 8) == [0] * 7 + [5]


def test_a_set_knows_the_terms_beside_its_files() -> None:
    """The manifest is read by the version before, which knows no terms."""
    scene = begun(settings=BY_TERMS)
    scene.pull("northbank")
    newest = newest_set(scene.store, "seniors")
    assert newest
    terms = newest.read(Beside).terms

    assert terms
    assert {starts for starts, _ in terms} <= {term.starts_on for term in SCHOOL.terms}


def test_a_school_that_is_not_read_is_told_as_such() -> None:
    """After 48 hours nobody knows whether it stands still: the mail is another."""
    scene = begun()
    nights(scene, 8)
    scene.isams.faults = faults.refused(503)

    assert nights(scene, 3) == [5, 0, 0]


def test_a_school_that_stands_still_is_told_while_another_lives() -> None:
    """It is judged school by school, whatever goes to SDS with it."""
    southbank = invent(20, seed=2, quirks=False, key="southbank")
    scene = begun(settings=TWO_SCHOOLS, others={"southbank": southbank})
    for _ in range(8):
        lose(scene, "southbank")
        scene.pull("southbank")
        night(scene)

    assert told_of(scene) == {("source", "northbank")}


@pytest.mark.parametrize(("count", "days"), [(7, None), (8, 5)])
def test_status_tells_it(count: int, days: int | None) -> None:
    """Beside the newest pull of the school, for whoever looks between two mails."""
    scene = begun()
    nights(scene, count)

    northbank = survey(scene.world).document()["schools"]
    assert isinstance(northbank, dict)
    assert northbank["northbank"].get("unmoved_school_days") == days


@pytest.mark.parametrize(("days", "state"), [(6, "ok"), (7, "warning")])
def test_check_and_status_say_it_at_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], days: int, state: str
) -> None:
    """With what to look at; iSAMS is not asked for it."""
    with trial(tmp_path, capsys) as here:
        here.clock.advance((MIDDAY_OF_FRIDAY - here.clock.now()).total_seconds())
        for _ in range(days):
            here.sync("run", "--approve", "--wait", "0")
            here.clock.advance(DAY_S)
        here.sync("run", "--wait", "0")
        checks = {row["check"]: row for row in here.sync("check", "--json").json["checks"]}
        shown = " ".join(here.sync("status").out.split())

    row = checks["school northbank: changes"]
    assert row["state"] == state
    assert ("the same for 5 school days" in row["told"]) is (state == "warning")
    assert ("exactly the same for 5 school days" in shown) is (state == "warning")
