"""What the status tells people who never read a log, and what there is to mend."""

from __future__ import annotations

import json

from simulators.isams import faults
from simulators.school import invent, without_pupils
from simulators.sds import Knobs
from sync.roster.finding_codes import FindingCode
from sync.steps import findings, pull, schedule, send, status
from tests.worlds import CONNECTOR, TestWorld, make_world

SCHOOL = invent(20, quirks=False)
QUICK = Knobs(operation_polls=0, run_duration_s=60)
DAY_S = 24 * 3600.0


def shrink(trial: TestWorld) -> None:
    """Take half of the school away."""
    gone = [pupil.school_id for pupil in SCHOOL.pupils[:10]]
    trial.isams.school = without_pupils(SCHOOL, gone)
    trial.isams.flush()


def told(trial: TestWorld, *path: str | int) -> object:
    """Return what status says at *path*, as a reader of its JSON sees it."""
    found: object = json.loads(json.dumps(status.survey(trial.world).document()))
    for key in path:
        assert isinstance(found, dict | list)
        found = found[key]  # type: ignore[index]  # a list by number, a record by name
    return found


def test_silence_is_seen() -> None:
    """If nothing has been read for days, status shows how old each profile's data are."""
    trial = make_world(SCHOOL, knobs=QUICK)
    trial.pull()
    trial.clock.advance(70 * 3600)

    assert told(trial, "profiles", "seniors", "set", "age_h") == 70.0
    assert told(trial, "schools", "northbank", "pull", "state") == "sealed"


def test_status_of_a_new_app_is_empty_not_wrong() -> None:
    """Before the first pull there are no sets, no deliveries and nothing to wait for but them."""
    trial = make_world(SCHOOL)

    assert told(trial, "profiles", "prep") == {"set": None}
    assert told(trial, "connectors", CONNECTOR, "waiting_for") == ["prep", "seniors"]
    assert told(trial, "connectors", CONNECTOR, "deliveries") == []


def test_status_tells_of_a_hold_by_count() -> None:
    """How many rows of which table would go, how many may: no names."""
    trial = make_world(SCHOOL, knobs=QUICK)
    trial.pull()
    trial.send_until_still()
    trial.clock.advance(DAY_S)
    shrink(trial)
    trial.pull()
    trial.send_until_still()

    here = ("connectors", CONNECTOR, "deliveries", 0)

    assert told(trial, *here, "state") == "held"
    assert told(trial, *here, "hold", "excesses", 0, "what") == "removed"
    assert told(trial, *here, "changes", "enrollments.csv", "removed") == 34
    assert "@" not in str(told(trial))


def test_status_tells_of_every_stage() -> None:
    """From asked to receipt, each look shows the step that was reached."""
    trial = make_world(SCHOOL, knobs=QUICK)
    stages = ["waiting", "sealed", "ready", "submitted", "accepted", "done"]
    seen = []
    schedule.ask(trial.world, "northbank", "test")
    seen.append(told(trial, "schools", "northbank", "pull", "state"))
    pull.pull(trial.world, "northbank")
    for _ in range(5):
        send.send(trial.world, CONNECTOR)
        trial.clock.advance(61)
        seen.append(told(trial, "connectors", CONNECTOR, "deliveries", 0, "state"))

    assert list(dict.fromkeys(seen)) == stages


def test_status_tells_why_a_pull_waits() -> None:
    """Between two attempts the last error is there to read."""
    trial = make_world(SCHOOL)
    trial.isams.faults = faults.refused(503)
    trial.pull()

    assert told(trial, "schools", "northbank", "pull", "error", "error") == "SourceUnavailable"
    assert told(trial, "schools", "northbank", "pull", "attempts") == 1


def test_findings_are_those_of_the_newest_set() -> None:
    """A profile without a set has none; with one, they are what was sealed with it."""
    trial = make_world(invent(60))
    assert findings.newest_findings(trial.world, "seniors") is None
    trial.pull()
    found = findings.newest_findings(trial.world, "seniors")
    assert found
    assert FindingCode.PUPIL_WITHOUT_EMAIL in {kind.code for kind in found.kinds}
