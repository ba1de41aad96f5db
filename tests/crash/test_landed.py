"""A read-back that dies, or meets a delivery or a run at any call: nothing false is told of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial

import pytest

from simulators.sds import EducationKnobs, runs
from sync.report import Outcome
from sync.steps.tick import tick
from tests.crash.processes import Doom, Killed, Sleepy, Way, doomed
from tests.edge.landed_stage import HOUR_S, Landed, class_id, delivered, taken_out
from tests.worlds import READ_BACK

CLASSES_A_PART = 12


def staged() -> Landed:
    """Return a delivered school, of whose class somebody was taken out, in several parts."""
    here = delivered(after_h=30)
    here.classes_a_part = CLASSES_A_PART
    return here


def mended(here: Landed) -> None:
    """Go on, with new processes, until a read-back has come to its end."""
    for _ in range(12):
        step = here.go_on(here.scene.process())
        if step.outcome is Outcome.COMPARED:
            return
        here.scene.clock.advance(HOUR_S)


@cache
def calls() -> tuple[str, ...]:
    """Return the calls of a read-back."""
    doom = Doom()
    here = staged()
    assert here.go_on(doomed(here.scene, doom)).outcome is Outcome.COMPARED
    return tuple(doom.calls)


@pytest.mark.parametrize("way", list(Way))
def test_wherever_a_read_back_dies_the_next_goes_on(way: Way) -> None:
    """Killed, failed or unheard at any call: the same is told, once, and no part is left."""
    assert sum(call.startswith("POST /v1.0/$batch") for call in calls()) >= 3

    for number in range(1, len(calls()) + 1):
        here = staged()
        room = here.rooms()[0]
        person = here.expected.id_of[taken_out(room)]
        with suppress(Killed):
            here.go_on(doomed(here.scene, Doom(number, way)))
        if not here.known.listed or here.ended_last() != "whole":
            mended(here)
        told = {("pupil-missing", class_id(room), person): "sync-health"}
        assert here.told() == told, calls()[number - 1]
        assert sum(name.endswith("rows.json") for name in here.names()) == 1, calls()[number - 1]


def test_what_a_death_leaves_behind_is_swept() -> None:
    """Parts that its deletion did not reach are gone within two days."""
    number = next(n for n, call in enumerate(calls(), start=1) if call.startswith("delete"))
    here = staged()
    with suppress(Killed):
        here.go_on(doomed(here.scene, Doom(number)))
    assert any("people-" in name for name in here.names())
    here.scene.configure(**dict.fromkeys(READ_BACK, ""))
    here.scene.clock.advance(2 * 86_400)
    tick(here.scene.world)
    assert not any("people-" in name for name in here.names())


# -- what falls between two calls ----------------------------------------------------------------


def a_delivery(here: Landed) -> None:
    """Another delivery is accepted, and a run takes it."""
    here.another_night()
    here.scene.send_until_still()
    here.education.catch_up()


def an_acceptance(here: Landed) -> None:
    """Another delivery is accepted; SDS's run has not ended."""
    here.another_night()
    here.scene.accept()


def a_run(here: Landed) -> None:
    """SDS begins a run."""
    here.scene.sds.catch_up()
    runs.begin(here.scene.sds, here.scene.clock.now())


def a_night(here: Landed) -> None:
    """So long goes by that what was read is of another day."""
    here.scene.clock.advance(7 * HOUR_S)


@pytest.mark.parametrize("meanwhile", [a_delivery, an_acceptance, a_run, a_night])
def test_whatever_falls_between_two_calls_nothing_false_is_told(
    meanwhile: Callable[[Landed], None],
) -> None:
    """Nobody did anything by hand, so whatever were told would be false."""
    dropped = 0
    for number in range(1, len(calls()) + 1):
        here = staged()
        process = doomed(here.scene, Sleepy(number, meanwhile=partial(meanwhile, here)))
        step = here.go_on(process)
        here.scene.sds.catch_up()
        dropped += step.outcome in {Outcome.PUT_OFF, Outcome.DROPPED}
        if step.outcome is Outcome.COMPARED:
            assert here.told() == {}, calls()[number - 1]
        here.scene.clock.advance(3 * HOUR_S)
        here.scene.send_until_still()
        for _ in range(24):
            here.scene.clock.advance(2.5 * HOUR_S)
            if here.go_on(here.scene.process()).outcome is Outcome.COMPARED:
                break
        assert here.told() == {}, calls()[number - 1]
    assert dropped


def nights(change: Callable[[Landed], None]) -> dict[str, object]:
    """Return what three nights leave in storage and at SDS, each read back where that is on."""
    here = staged()
    change(here)
    for _ in range(3):
        if here.world.settings.sds.read_back:
            here.go_on(here.world)
        here.another_night()
        here.scene.send_until_still()
        here.scene.clock.advance(4 * HOUR_S)
    blobs = here.scene.store.blobs("connectors/")
    names = [each.name for each in blobs if "/landed/" not in each.name]
    return {
        # What a run counted is named by the run's id, which the simulator counts by its answers.
        "names": [name for name in names if "/counted-" not in name],
        "files": [here.scene.store.read(name) for name in names if name.endswith(".csv")],
        "sent": [submission.digest for submission in here.scene.sds.submissions],
    }


def as_it_is(here: Landed) -> None:
    """Read back, and succeed."""


def off(here: Landed) -> None:
    """Read nothing back."""
    here.scene.configure(**dict.fromkeys(READ_BACK, ""))


def failing(here: Landed) -> None:
    """Read back, and be refused."""
    here.scene.sds.education_knobs = EducationKnobs(roles=frozenset())


def test_deliveries_are_the_same_with_it_on_off_and_failing() -> None:
    """Byte for byte, in storage and at SDS, over three nights."""
    assert nights(as_it_is) == nights(off) == nights(failing)
