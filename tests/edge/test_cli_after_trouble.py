"""`run` and `check` on a folder that has seen a killed run, a wrong clock, and many days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from simulators.school import without_pupils
from sync.edge.storage.folder import FolderStore
from sync.ledger import claims, ids, states
from sync.ledger.claims import Claim
from sync.report import Exit
from sync.steps.delivery import Delivery
from sync.terminal.tables import when
from tests.edge.cli_stage import Trial, trial

DAY_S = 24 * 3600.0


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys) as started:
        assert started.sync("run", "--approve").code == Exit.DONE
        yield started


def store(here: Trial) -> FolderStore:
    return FolderStore(here.settings["STORAGE__FOLDER"], clock=here.clock)


def lose_one(here: Trial) -> None:
    school = here.stage.isams.school
    covered = [pupil.school_id for pupil in school.pupils if pupil.year >= 7]
    here.stage.isams.school = without_pupils(school, covered[:1])
    here.stage.isams.flush()


def folder_of(here: Trial) -> str:
    return ids.connector_folder(here.settings["SDS__CONNECTOR"])


def test_a_run_says_until_when_it_waits_for_one_that_was_killed(here: Trial) -> None:
    """And why; then it goes on by itself, and delivers."""
    lose_one(here)
    here.clock.advance(3600)
    kept, prefix = store(here), folder_of(here)
    name = claims.read_claims(prefix, kept.blobs(prefix), kept.now()).next_name
    held = states.deliveries(prefix, kept.blobs(prefix))[-1].id
    killed = Claim(delivery=held, at=kept.now(), by="killed")
    kept.claim(f"{name}.json", killed.to_json())
    ends = kept.now() + states.CLAIM_LASTS

    said = here.sync("run")

    assert f"waits until {when(ends)}" in said.err
    assert said.err.count("waits until") == 1
    assert "one was killed" in said.err
    assert here.clock.now() >= ends
    assert len(here.stage.sds.submissions) == 2


def test_a_run_on_a_folder_deletes_what_is_past_its_time(here: Trial) -> None:
    """No tick comes by there; a week of rosters stays, and what SDS holds."""
    for _ in range(10):
        here.clock.advance(DAY_S)
        assert here.sync("run").code == Exit.DONE

    old = here.clock.now() - timedelta(days=8)
    rosters = [b for b in store(here).blobs("profiles/") if b.name.endswith("users.csv")]
    kept, prefix = store(here), folder_of(here)
    first = Delivery.of(states.deliveries(prefix, kept.blobs(prefix))[0], kept, prefix)
    held = set(first.manifest().sources.values())
    assert len(rosters) > len(held)
    assert {blob.name.split("/")[-2] for blob in rosters if blob.created_at < old} == held


def test_a_check_tells_of_the_oldest_roster(here: Trial) -> None:
    """By its day, so that whoever has to answer for it can see how long people are kept."""
    made = min(blob.created_at for blob in store(here).blobs("profiles/"))
    here.clock.advance(3 * DAY_S)

    said = here.sync("check", "--json")

    rows = {row["check"]: row for row in said.json["checks"]}
    told = rows["storage: create, read, list, delete"]["told"]
    assert told == f"work; the oldest roster is of {made:%Y-%m-%d}"


def test_a_clock_that_once_ran_ahead_is_told_and_stops_nothing(here: Trial) -> None:
    """`run` goes on, names what it makes after what is there, and says so; `check` says so too."""
    here.clock.advance(30 * DAY_S)
    lose_one(here)
    assert here.sync("run").code == Exit.DONE
    here.clock.advance(-29 * DAY_S)
    lose_one(here)

    said = here.sync("run")

    assert said.code == Exit.DONE
    assert "ahead of this machine's clock" in said.out
    assert len(here.stage.sds.submissions) == 3
    rows = {row["check"]: row for row in here.sync("check", "--json").json["checks"]}
    assert rows["clock, against storage"]["state"] == "warning"


def test_a_clock_that_is_right_is_not_told_of(here: Trial) -> None:
    """Two runs within a second are no wrong clock."""
    said = here.sync("run")

    assert "ahead of" not in said.out
    rows = {row["check"]: row for row in here.sync("check", "--json").json["checks"]}
    assert rows["clock, against storage"]["state"] == "ok"
