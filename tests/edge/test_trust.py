"""`trust` and `GET /api/trust`: a group of schools at a glance, and nobody's name."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from simulators.school import without_pupils
from sync.report import Exit
from sync.steps.trust import COLUMNS, SchoolRow
from sync.web import responses
from tests.edge.cli_stage import Trial, trial
from tests.worlds import CONNECTOR, OTHER_FEED, TestWorld, make_group

HOUR_S = 3600.0


@pytest.fixture
def group() -> TestWorld:
    """Two schools in SDS."""
    scene = make_group()
    for school in ("northbank", "southbank"):
        scene.pull(school)
    scene.send_until_still()
    return scene


def told(scene: TestWorld) -> Any:  # Any: parsed JSON
    response = responses.to_trust(scene.world, "")
    assert (response.status, response.content_type) == (200, "application/json")
    return json.loads(response.body)["schools"]


def halve_southbank(scene: TestWorld) -> None:
    app = scene.isams_of["southbank"]
    going = [each.school_id for n, each in enumerate(app.school.pupils) if n % 3]
    app.school = without_pupils(app.school, going)
    app.flush()
    scene.clock.advance(HOUR_S)
    scene.pull("southbank")
    scene.send_until_still()


def test_a_school_that_is_delivered_has_its_counts_and_its_next_pull(group: TestWorld) -> None:
    """How old it is, how many it has, when SDS took it, and when iSAMS is read next."""
    north = next(row for row in told(group) if row["school"] == "northbank")

    assert list(north) == list(COLUMNS) == [each.name for each in fields(SchoolRow)]
    assert (north["name"], north["connector"]) == ("Northbank School", CONNECTOR)
    assert (north["state"], north["carried_since"], north["offer"]) == ("delivered", None, "")
    assert 0 <= north["age_h"] < 3
    assert min(north[name] for name in ("pupils", "teachers", "classes")) > 0
    assert north["accepted_at"] > north["read_at"]
    assert north["next_pull_at"].endswith("T21:00:00Z")


def test_what_waits_comes_first_with_what_to_answer(group: TestWorld) -> None:
    """And since when SDS keeps what it has: it took nothing new of this school since."""
    before = {row["school"]: row for row in told(group)}
    halve_southbank(group)

    first, second = told(group)

    assert (first["school"], first["state"], first["why"]) == ("southbank", "held", "limits")
    assert first["offer"]
    assert first["carried_since"] == before["southbank"]["read_at"]
    assert first["read_at"] > first["carried_since"]
    assert first["accepted_at"] == before["southbank"]["accepted_at"]
    assert second["state"] == "delivered"


def test_a_delivery_that_carries_a_school_is_nothing_new_of_it(group: TestWorld) -> None:
    """That SDS accepts the rows that it has already tells nobody that the school is well."""
    before = {row["school"]: row["accepted_at"] for row in told(group)}
    app = group.isams_of["northbank"]
    app.school = without_pupils(app.school, [app.school.pupils[-1].school_id])
    app.flush()
    group.clock.advance(72 * HOUR_S)
    group.pull("northbank")
    group.send_until_still()

    after = {row["school"]: row for row in told(group)}

    assert after["northbank"]["accepted_at"] > before["northbank"]
    assert after["southbank"]["accepted_at"] == before["southbank"]
    assert after["southbank"]["state"] == "carried"
    assert 72 <= after["southbank"]["age_h"] < 76


def test_before_the_first_reading_there_is_nothing_but_the_next() -> None:
    """A number that is not known is null, and never 0."""
    for row in told(make_group()):
        unknown = {name for name, value in row.items() if value is None}

        assert unknown == set(COLUMNS) - {
            "school",
            "name",
            "connector",
            "state",
            "why",
            "offer",
            "next_pull_at",
        }


def test_each_school_stands_by_its_connector() -> None:
    """With a connector for each, the row says which."""
    scene = make_group(PROFILES__SOUTH__CONNECTOR=OTHER_FEED.name)

    assert {row["school"]: row["connector"] for row in told(scene)} == {
        "northbank": CONNECTOR,
        "southbank": OTHER_FEED.name,
    }


def test_a_spreadsheet_gets_the_same_rows(group: TestWorld) -> None:
    """By Accept, with the names of the JSON as its heading; blank is what is not known."""
    response = responses.to_trust(group.world, "text/csv")
    rows = list(csv.DictReader(io.StringIO(response.body.decode(), newline="")))

    assert response.content_type == "text/csv"
    assert [row["school"] for row in rows] == [row["school"] for row in told(group)]
    assert list(rows[0]) == list(COLUMNS)
    assert rows[0]["carried_since"] == ""


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys) as started:
        yield started


def test_the_terminal_shows_names_and_school_time(here: Trial) -> None:
    """And what waits with the id to answer; in JSON the same as over HTTP."""
    early = here.sync("trust")
    here.sync("run")
    held = here.sync("trust")
    row = here.sync("trust", "--json").json["schools"][0]

    assert (early.code, held.code) == (Exit.DONE, Exit.DONE)
    assert "never" in early.out
    assert here.settings["SCHOOLS__NORTHBANK__NAME"].split()[0] in held.out
    assert row["offer"] in held.out
    assert "by the clocks of Europe/London" in held.out
    assert list(row) == list(COLUMNS)
