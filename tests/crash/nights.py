"""A school on three nights: on the second and on the third another pupil is gone."""

from __future__ import annotations

from simulators.school import invent, without_pupils
from simulators.sds import Knobs
from simulators.sds.tenant import Files
from sync.report import Outcome
from tests.worlds import TestWorld, make_world

FIRST = invent(12, quirks=False)
SECOND = without_pupils(FIRST, [FIRST.pupils[5].school_id])
THIRD = without_pupils(FIRST, [FIRST.pupils[7].school_id])


def two_nights(apart_h: float) -> TestWorld:
    """Return a world whose first two nights SDS has taken, each that many hours before the next."""
    scene = make_world(FIRST, knobs=Knobs(operation_polls=1, run_duration_s=60))
    for school in (FIRST, SECOND):
        scene.next_night(changed=school, after_h=0)
        assert scene.send_until_still().outcome is Outcome.DONE
        scene.clock.advance(apart_h * 3600)
    scene.nudges.kept.clear()
    return scene


def staged(scene: TestWorld) -> Files:
    """Return the files that SDS holds."""
    return scene.sds.staged[scene.sds.connectors[0].id]
