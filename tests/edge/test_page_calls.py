"""What a screen asks of storage (P18): by what ticks have kept, whatever there is of schools."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from simulators.school import invent
from tests.edge.group_stage import offer_of
from tests.edge.page_stage import Browser, screens, swapped
from tests.edge.test_rounds import a_night, at_rest
from tests.simulation.group import CountingStore, Group
from tests.worlds import TestWorld

MOST = 12
OF_A_PLAN = 36
"""A plan reads two deliveries, each with its manifest, its files and its names: decision 26."""

OF_WHY = 20
"""An answer reads the rules, the users and the places of each profile, and of what SDS has."""

ALLOWED = {"held": OF_A_PLAN, "names": OF_A_PLAN, "plan": OF_A_PLAN, "answer of why": OF_WHY}


def calls(scene: TestWorld) -> Mapping[str, int]:
    """Return how often each screen asks storage."""
    store, counted = scene.store, {}
    assert isinstance(store, CountingStore)
    for name, click in screens(scene).items():
        store.calls.clear()
        response = click(Browser(scene))
        assert response.status in {200, 303}, name
        counted[name] = store.calls.total() - store.calls["now"]
    return counted


def test_a_screen_of_one_school_asks_storage_twelve_times_at_most() -> None:
    """But for a plan and for an answer of Why, which read what they are about."""
    counted = calls(swapped(invent(200), CountingStore))

    assert {name: n for name, n in counted.items() if n > ALLOWED.get(name, MOST)} == {}
    assert counted["home"] == 2


@pytest.fixture(scope="module")
def of_many() -> TestWorld:
    """Twenty-five schools at rest, of which one is held."""
    group = Group(25)
    at_rest(group.scene)
    group.scene.isams.school = invent(3, quirks=False)
    group.scene.isams.flush()
    a_night(group.scene)
    return group.scene


def test_no_screen_asks_more_where_there_are_more_schools(of_many: TestWorld) -> None:
    """A plan reads the sets of its own school, and no screen looks at each of the others."""
    counted = calls(of_many)

    assert {name: n for name, n in counted.items() if n > ALLOWED.get(name, MOST)} == {}


def test_an_answer_to_a_plan_looks_at_its_own_school_alone(of_many: TestWorld) -> None:
    """What it would be for is known without the sets of all others."""
    store = of_many.store
    assert isinstance(store, CountingStore)
    offer = offer_of(of_many, "northbank").name.id
    store.calls.clear()
    response = Browser(of_many).post(f"/page/held/{offer}/approve", digest="0" * 64, seen="yes")

    assert response.status == 412
    assert store.calls["read"] <= MOST
