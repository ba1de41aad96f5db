"""A profile without a class or a pupil: told everywhere, and never sent over what SDS holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.school import InventedSchool, invent, without_pupils
from simulators.sds import Knobs
from sync.report import Exit, Outcome
from tests.edge.cli_stage import Trial, trial
from tests.worlds import TestWorld, make_world

SCHOOL = invent(20, quirks=False)
NO_PREP = without_pupils(SCHOOL, [p.school_id for p in SCHOOL.pupils if p.year in range(3, 7)])
ONE_LESS = without_pupils(NO_PREP, [next(p.school_id for p in SCHOOL.pupils if p.year > 7)])


def world(school: InventedSchool = SCHOOL) -> TestWorld:
    """Return a world with limits that nothing meets, whose first delivery SDS has taken."""
    scene = make_world(
        SCHOOL,
        knobs=Knobs(operation_polls=0, run_duration_s=60),
        SDS__LIMITS__REMOVED_ROWS="1000",
        SDS__HOLD_FIRST="false",
    )
    scene.isams.school = school
    scene.isams.flush()
    scene.pull()
    assert scene.send_until_still().outcome is Outcome.DONE
    return scene


def excesses(scene: TestWorld) -> dict[str, int]:
    """Return what the newest delivery is held for: rows by what they are of."""
    names = [blob.name for blob in scene.store.blobs("connectors/") if "held" in blob.name]
    held: Any = json.loads(scene.store.read(names[-1]))  # Any: parsed JSON
    return {excess["table"]: excess["rows"] for excess in held["excesses"]}


def test_a_profile_that_loses_all_is_held_whatever_the_limits() -> None:
    """A small profile beside a large one is few rows: no limit of tables is met."""
    scene = world()
    scene.next_night(changed=NO_PREP)

    assert scene.send_until_still().outcome is Outcome.HELD
    assert excesses(scene) == {"classes of profile prep": 12, "students of profile prep": 4}
    assert len(scene.sds.submissions) == 1


def test_a_profile_that_never_had_anybody_keeps_no_other_waiting() -> None:
    """SDS holds nothing of it that could be lost: it is told, and the night goes on."""
    scene = world(NO_PREP)
    scene.next_night(changed=ONE_LESS)

    assert scene.send_until_still().outcome is Outcome.DONE
    assert len(scene.sds.submissions) == 2


def test_where_nobody_knows_what_it_had_a_profile_is_held() -> None:
    """The manifest of its former set is gone: in doubt, a person looks."""
    scene = world()
    name = next(b.name for b in scene.store.blobs("profiles/prep/") if "manifest" in b.name)
    scene.store.delete(name)
    scene.next_night(changed=NO_PREP)

    assert scene.send_until_still().outcome is Outcome.HELD
    assert excesses(scene) == {"classes of profile prep": 0, "students of profile prep": 0}


# -- at a terminal -------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys) as here:
        here.settings["PROFILES__PREP__YEAR_GROUPS"] = "16"
        yield here


def test_that_there_is_nobody_is_printed(here: Trial) -> None:
    """A count of 0 is worth its word, in `build`, `run` and `status`."""
    nobody = "0 students, 0 teachers, 0 classes, 0 enrollments"
    built = here.sync("build", "--out", str(here.folder / "out"), "--profile", "prep")
    ran = here.sync("run", "--approve")
    status = here.sync("status")

    assert built.code == Exit.DONE
    assert nobody in built.out
    assert nobody in ran.out
    assert "0 classes" in status.out
    assert "profile-without-classes" in built.out
    assert "profile-without-pupils" in built.out


def test_status_says_which_profile_has_nothing(here: Trial) -> None:
    """By its key, with what to look at; and it is no record to mend in iSAMS."""
    here.sync("run", "--approve")

    said = " ".join(here.sync("status").out.split())

    assert "prep has no classes and no students: look at its YEAR_GROUPS" in said
    assert "prep: 3 to mend in its settings" in said
    assert "prep: 3 records" not in said


def test_check_warns_of_a_profile_that_has_nothing(here: Trial) -> None:
    """It works all the same, so it is a warning; and what matches nothing is named."""
    before = rows(here)
    here.sync("run", "--approve")
    after = rows(here)

    assert before["prep"]["told"] == "nothing was read for it yet"
    assert after["prep"]["state"] == "warning"
    assert after["prep"]["told"].startswith("0 pupils, 0 classes, read ")
    assert after["prep"]["told"].endswith("these match nothing: YEAR_GROUPS Year 16")
    assert "`subjects`" in after["prep"]["next"]
    assert after["seniors"]["state"] == "ok"


def test_an_address_in_the_settings_is_not_told_by_check(here: Trial) -> None:
    """It may be a person's."""
    here.settings["PROFILES__SENIORS__EXTRA_TEACHERS"] = "nobody-*@northbank.example"
    here.sync("run", "--approve")

    assert rows(here)["seniors"]["told"].endswith("these match nothing: one of EXTRA_TEACHERS")


def test_a_hold_of_a_profile_is_told_in_a_sentence(here: Trial) -> None:
    """Which profile, of what, and how much there was."""
    here.settings["PROFILES__PREP__YEAR_GROUPS"] = "3-6"
    here.settings["SDS__LIMITS__REMOVED_ROWS"] = "1000"
    here.sync("run", "--approve")
    here.settings["PROFILES__PREP__YEAR_GROUPS"] = "16"

    said = here.sync("run")

    assert said.code == Exit.HELD
    assert "There would be no classes of profile prep, where there were " in said.out


def rows(here: Trial) -> dict[str, Any]:  # Any: parsed JSON
    """Return what `check` tells of each profile."""
    checks = here.sync("check", "--json").json["checks"]
    named = (row["check"].partition(" ")[2].partition(":") for row in checks)
    return {
        name: row
        for (name, _, what), row in zip(named, checks, strict=True)
        if what == " what it chooses"
    }
