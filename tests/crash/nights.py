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
    one = make_world(FIRST, knobs=Knobs(operation_polls=1, run_duration_s=60))
    for school in (FIRST, SECOND):
        one.isams.school = school
        one.isams.flush()
        one.pull()
        assert one.send_until_still().outcome is Outcome.DONE
        one.clock.advance(apart_h * 3600)
    one.nudges.kept.clear()
    return one


def staged(one: TestWorld) -> Files:
    """Return the files that SDS holds."""
    return one.sds.staged[one.sds.connectors[0].id]
