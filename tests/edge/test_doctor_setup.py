"""What `check` says of SDS's set-up: as much as the app's own token shows, and never more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.sds import SETUP_READ_ROLES, Knobs, Matching
from simulators.sds.knobs import FLOW_WRITE
from tests.edge.cli_stage import Trial, trial
from tests.edge.test_doctor import ROLES, SETUP, rows, tune

OPTIONAL = SETUP_READ_ROLES | Knobs().roles


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys) as here:
        yield here


def test_without_the_roles_nothing_is_asked_and_nothing_is_wrong(here: Trial) -> None:
    found = rows(here)
    asked = {line.route for line in here.stage.sds.requests}

    assert found[SETUP]["told"] == "not looked at: the app has no role for it, and needs none"
    assert asked.isdisjoint({"sourceSystems", "years", "outboundProvisioningFlowSets"})


def test_with_the_roles_each_part_has_its_row(here: Trial) -> None:
    tune(here, roles=OPTIONAL)
    found = rows(here)

    assert [name for name in found if name.startswith(SETUP)] == [
        SETUP,
        f"{SETUP}: connectors",
        f"{SETUP}: sources",
        f"{SETUP}: flows",
        f"{SETUP}: class groups",
        f"{SETUP}: year groups",
    ]
    assert {row["state"] for name, row in found.items() if name.startswith(SETUP)} == {"ok"}


def test_what_does_not_fit_is_a_warning_with_the_next_step(here: Trial) -> None:
    tune(here, roles=OPTIONAL)
    source = here.stage.sds.all_sources()[0]
    by_mail = (Matching(role_group="students", identifier="email", target="mail", priority=0),)
    here.stage.sds.sources = [replace(source, matching=by_mail)]
    row = rows(here)[f"{SETUP}: sources"]

    assert row["state"] == "warning"
    assert "matches students by email" in row["told"]
    assert row["next"] == "match students by username in School Data Sync"


def test_lists_that_it_may_not_read_are_counted_and_the_rest_is_judged(here: Trial) -> None:
    tune(here, roles=OPTIONAL - {"IndustryData-SourceSystem.Read.All"})

    assert rows(here)[SETUP]["told"] == "seen, but for one list that the app may not read"


@pytest.mark.parametrize("role", [FLOW_WRITE, "IndustryData-SourceSystem.ReadWrite.All"])
def test_a_role_to_change_the_set_up_is_warned_of(here: Trial, role: str) -> None:
    tune(here, roles=Knobs().roles | {role})
    row = rows(here)[ROLES]

    assert row["state"] == "warning"
    assert role in row["told"]
    assert row["next"].startswith("take these roles away from the app")
