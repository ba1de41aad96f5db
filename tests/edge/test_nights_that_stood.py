"""What became of each night: as far as ticks have kept it, with the newest as it stands now."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from simulators.demo import nights as demo
from simulators.school import invent
from sync.ledger import ids, rounds
from sync.ledger.states import State
from sync.report import Outcome
from sync.steps import approval, status, tick
from sync.steps.nights import KEPT, stood
from sync.steps.status_values import (
    ConnectorStatus,
    DeliveryStatus,
    NightStood,
    NightWord,
    PullState,
    PullStatus,
    SchoolState,
    SchoolStatus,
)
from sync.web.page import tags
from tests.edge.page_stage import delivered, rest, swapped
from tests.worlds import CONNECTOR, TestWorld

LONDON = ZoneInfo("Europe/London")
NIGHT = datetime(2026, 9, 14, 21, 0, tzinfo=UTC)  # 22:00 in London
DAY = timedelta(days=1)


def pull(at: datetime = NIGHT, state: PullState = "sealed") -> PullStatus:
    return PullStatus(ids.stamp(at), state, 1)


def connector(
    state: SchoolState = "delivered",
    *,
    why: str = "",
    accepted: datetime | None = None,
    delivery: datetime | None = None,
) -> ConnectorStatus:
    """Return a connector as it stands with the school."""
    made = [DeliveryStatus(f"{ids.stamp(delivery)}-0000000a", State.DONE)] if delivery else []
    return ConnectorStatus(
        profiles=["seniors"],
        waiting_for=[],
        schools={"northbank": SchoolStatus(state, why, None)},
        paused=None,
        restorable=[],
        deliveries=made,
        accepted={"northbank": accepted} if accepted else {},
    )


def night(on: date, word: NightWord = "delivered") -> NightStood:
    return NightStood(on, word, "", "", "")


def became(newest: PullStatus | None, now: ConnectorStatus) -> list[str]:
    """Return what became of *newest*, of which nothing is known yet."""
    return [each.word for each in stood([], "northbank", newest, now, LONDON)]


# -- one night -------------------------------------------------------------------------------------


def test_what_sds_took_since_it_was_read_is_delivered() -> None:
    """And what it had already is unchanged: nothing was sent."""
    since, before = NIGHT + timedelta(hours=1), NIGHT - DAY

    assert became(pull(), connector(accepted=since)) == ["delivered"]
    assert became(pull(), connector(accepted=before)) == ["unchanged"]
    assert became(pull(), connector()) == ["unchanged"]


@pytest.mark.parametrize("state", ["held", "rejected", "failed", "carried", "next"])
def test_what_did_not_go_is_called_as_the_school_stands(state: SchoolState) -> None:
    """With the word for why, and the pull to look at."""
    [one] = stood([], "northbank", pull(), connector(state, why="limits"), LONDON)

    assert (one.word, one.why, one.pull) == (state, "limits", "20260914T210000Z")


def test_a_reading_that_failed_is_a_failed_night_whatever_sds_has() -> None:
    """SDS keeps the night before, and that is not tonight's."""
    assert became(pull(state="failed"), connector(accepted=NIGHT + DAY)) == ["failed"]


@pytest.mark.parametrize("state", ["running", "waiting"])
def test_a_reading_that_is_under_way_is_no_night_yet(state: PullState) -> None:
    """Those before are all that is known."""
    known = [night(date(2026, 9, 13))]

    assert stood(known, "northbank", pull(state=state), connector(), LONDON) == known


def test_a_school_that_was_never_read_or_is_not_there_has_no_nights() -> None:
    """Nothing is made up."""
    assert stood([], "northbank", None, connector(), LONDON) == []
    assert stood([], "southbank", pull(), connector(), LONDON) == []
    assert became(pull(), connector("waiting")) == []


def test_the_day_is_that_of_the_school() -> None:
    """Read at 23:30 UTC it is tomorrow in London, and in New York still the afternoon."""
    late = pull(datetime(2026, 9, 14, 23, 30, tzinfo=UTC))
    [london] = stood([], "northbank", late, connector(), LONDON)
    [york] = stood([], "northbank", late, connector(), ZoneInfo("America/New_York"))

    assert (london.on, york.on) == (date(2026, 9, 15), date(2026, 9, 14))


def test_a_night_leads_to_its_own_delivery_and_never_to_that_of_another_night() -> None:
    """The newest delivery may be older than the reading: then it is not of it."""
    [own] = stood([], "northbank", pull(), connector(delivery=NIGHT), LONDON)
    [older] = stood([], "northbank", pull(), connector(delivery=NIGHT - DAY), LONDON)

    assert own.delivery == "20260914T210000Z-0000000a"
    assert older.delivery == ""


# -- many nights -----------------------------------------------------------------------------------


def test_of_two_readings_a_day_the_last_counts() -> None:
    """Held in the morning, mended, read again and taken: that day was delivered."""
    first = stood([], "northbank", pull(), connector("held"), LONDON)
    again = pull(NIGHT + timedelta(hours=1))
    both = stood(first, "northbank", again, connector(accepted=NIGHT + DAY), LONDON)

    assert [(each.on, each.word) for each in both] == [(date(2026, 9, 14), "delivered")]


def test_a_month_is_kept_the_oldest_first() -> None:
    """What went before is forgotten."""
    known = list[NightStood]()
    for number in range(40):
        at = NIGHT + number * DAY
        known = list(stood(known, "northbank", pull(at), connector(accepted=at), LONDON))

    assert len(known) == KEPT
    days = [each.on for each in known]
    assert days == sorted(days)
    assert days[-1] == date(2026, 10, 23)


def test_every_word_for_a_night_has_its_square() -> None:
    """One that is stored and drawn nowhere would break Home."""
    assert set(get_args(NightWord.__value__)) == tags.OF_NIGHT.keys()


# -- as ticks keep them ----------------------------------------------------------------------------


def told(scene: TestWorld) -> list[tuple[int, str]]:
    """Return the nights of the school: their days of September, and what became of them."""
    nights = status.survey(scene.world).stood[CONNECTOR]["northbank"]
    return [(each.on.day, each.word) for each in nights]


def test_a_night_that_was_held_and_then_approved_becomes_delivered() -> None:
    """At once, and so it is kept: a look before the next tick sees it as one after does."""
    scene = swapped()
    [first, held] = told(scene)
    assert (first[1], held[1]) == ("delivered", "held")
    [offer] = [shown.offer for shown in _standing(scene).values()]
    approval.approve(scene.world, offer)
    scene.send_until_still()

    assert told(scene) == [first, (held[0], "delivered")]
    rest(scene)
    assert told(scene) == [first, (held[0], "delivered")]


def test_a_night_that_was_held_stays_so_when_the_next_goes() -> None:
    """Nobody answered, it was mended in iSAMS, and the next night went by itself."""
    scene = swapped()
    scene.next_night(changed=demo.exchanged(scene.isams.school))
    assert scene.send_until_still().outcome is Outcome.UNCHANGED
    rest(scene)

    assert [word for _, word in told(scene)] == ["delivered", "held", "unchanged"]


def test_a_rejected_night_is_told_as_that() -> None:
    """Whoever looks a week later sees that a person decided it."""
    scene = swapped()
    [offer] = [shown.offer for shown in _standing(scene).values()]
    approval.reject(scene.world, offer)
    rest(scene)

    assert [word for _, word in told(scene)] == ["delivered", "rejected"]


def _standing(scene: TestWorld) -> dict[str, SchoolStatus]:
    return dict(status.survey(scene.world).connectors[CONNECTOR].schools)


def test_a_round_of_the_version_before_has_no_nights_and_loses_none_of_what_it_has() -> None:
    """It knew nothing of them: they begin with the newest, and its counts go on."""
    scene = delivered(invent(20, quirks=False))
    [*_, newest] = [blob.name for blob in scene.store.blobs(rounds.ROUNDS)]
    document = json.loads(scene.store.read(newest))
    document.pop("stood")
    document["settings"] = "0.0.9 x"
    scene.store.delete(newest)
    scene.store.create(newest, json.dumps(document).encode())
    before = status.survey(scene.world).nights

    assert [word for _, word in told(scene)] == ["delivered"]
    assert before["seniors"]
    scene.clock.advance(1800)
    tick.tick(scene.world)
    assert status.survey(scene.world).nights == before
    assert len(told(scene)) == 1


def test_nights_outlive_what_they_were_made_of() -> None:
    """Two weeks later the squares are there, though files and marks have been swept."""
    scene = delivered(invent(20, quirks=False))
    for _ in range(14):
        scene.next_night()
        scene.send_until_still()
        rest(scene)
    words = [word for _, word in told(scene)]

    assert len(words) == 15
    assert words[0] == "delivered"
    assert set(words[1:]) == {"unchanged"}
