"""What SDS has of a school may be repeated for ever, and somebody is told of it once a day."""

from __future__ import annotations

import pytest

from simulators.isams import faults
from sync.errors import SyncError
from sync.report import Outcome, Step
from sync.steps import approval, tick
from sync.steps.daily import tell_daily
from tests.edge.group_stage import DAY_S, HOUR_S, delivered, night, offer_of, read
from tests.worlds import CONNECTOR, OTHER_FEED, TestWorld, make_group


def told(scene: TestWorld) -> list[Step]:
    return [step for step in scene.steps if step.outcome is Outcome.CARRIED]


def live(scene: TestWorld, days: int, *schools: str) -> None:
    """Read *schools* on so many nights, and tick every hour."""
    for _ in range(days):
        read(scene, *schools)
        scene.send_until_still()
        for _ in range(24):
            scene.clock.advance(HOUR_S)
            tick.tick(scene.world)


def test_a_school_that_is_away_for_long_is_told_once_a_day() -> None:
    """Not before SDS__CARRY_DAYS, and then with the days and the reason, while others go on."""
    scene = delivered()
    scene.isams_of["southbank"].faults = faults.refused(503)
    live(scene, 12, "northbank")
    assert told(scene) == []
    live(scene, 4, "northbank")
    days = [step.facts["days"] for step in told(scene)]

    assert days[:3] == [14, 15, 16]
    assert days[3:] in ([], [16], [17])  # a day is at least the 20 h of a sweep
    assert {(step.about, step.facts["why"]) for step in told(scene)} == {("southbank", "stale")}


def test_the_setting_says_after_how_many_days() -> None:
    """A group that is closer to its schools may want to hear of it sooner."""
    scene = delivered(make_group(SDS__CARRY_DAYS="3"))
    live(scene, 4, "northbank")

    assert told(scene)[0].facts["days"] == 3


@pytest.mark.parametrize("answer", [approval.reject, None], ids=["rejected", "limits"])
def test_what_a_person_leaves_or_rejects_is_told_as_well(answer: object) -> None:
    """A hold that nobody answers, and a no that nobody mended, are not forgotten."""
    scene = delivered(make_group(SDS__CARRY_DAYS="3"))
    night(scene)
    if answer:
        approval.reject(scene.world, offer_of(scene, "southbank").name.id)
    live(scene, 4, "northbank", "southbank")

    assert {step.facts["why"] for step in told(scene)} == {"rejected" if answer else "limits"}


def test_a_school_that_left_the_settings_is_told_as_well() -> None:
    """Its classes stay until somebody lets it go: see that nobody forgets."""
    scene = delivered(make_group(SDS__CARRY_DAYS="3"))
    scene.configure(**{name: "" for name in scene.env if "SOUTH" in name})
    live(scene, 4, "northbank")

    assert {(step.about, step.facts["why"]) for step in told(scene)} == {("southbank", "left")}


def test_a_school_in_which_nothing_happened_for_long_is_not_told_when_it_is_held() -> None:
    """SDS had all of it until last night: the days count from there."""
    scene = delivered()
    live(scene, 20, "northbank", "southbank")
    night(scene)
    live(scene, 2, "northbank", "southbank")

    assert told(scene) == []
    assert offer_of(scene, "southbank").why == "limits"


def test_a_school_that_is_delivered_is_never_told() -> None:
    """However long ago anything changed there."""
    scene = delivered()
    live(scene, 20, "northbank", "southbank")

    assert told(scene) == []


def test_a_school_that_is_carried_over_the_turn_of_the_year_is_told_at_once() -> None:
    """Then the classes in Teams are last year's, whatever SDS__CARRY_DAYS says."""
    scene = make_group(
        SCHOOLS__NORTHBANK__YEAR_STARTS="09-20",
        SCHOOLS__SOUTHBANK__YEAR_STARTS="09-20",
    )
    delivered(scene)
    scene.isams_of["southbank"].faults = faults.refused(503)
    live(scene, 4, "northbank")
    assert told(scene) == []
    live(scene, 3, "northbank")

    turned = [step for step in told(scene) if step.about == "southbank"]
    assert turned
    assert all(step.facts["year_turned"] == 1 for step in turned)


def test_a_connector_that_cannot_be_read_keeps_no_other_from_being_told() -> None:
    """Its trouble is the tick's, once all others are told."""
    scene = make_group(PROFILES__SOUTH__CONNECTOR=OTHER_FEED.name, SDS__CARRY_DAYS="1")
    read(scene, *scene.isams_of)
    scene.send_until_still()
    step = scene.send_until_still(OTHER_FEED.name)
    approval.approve(scene.world, step.delivery)
    scene.send_until_still(OTHER_FEED.name)
    scene.store.create(f"{scene.look(CONNECTOR).prefix}pauses/000001.json", b"{}")
    scene.clock.advance(3 * DAY_S)

    with pytest.raises(SyncError):
        tell_daily(scene.world)
    assert [step.about for step in told(scene)] == ["southbank"]
