"""Health: what was checked last is kept for whoever looks, and nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulators.isams import Faults
from simulators.isams.faults import refused
from sync.edge.storage.folder import FolderStore
from sync.edge.storage.queues import Unqueued
from sync.edge.world import opened
from sync.settings.load import load
from sync.steps import checked, tick
from sync.steps.checked import CHECKS, CheckRow, Examination
from sync.web.access import HOLDS, Role
from tests.canaries import found_in
from tests.edge.cli_stage import Trial, trial
from tests.edge.page_stage import Browser, delivered, drawn, text
from tests.edge.test_rounds import calls_of_a_tick
from tests.simulation.group import CountingStore
from tests.worlds import TestWorld, make_world


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys) as here:
        yield here


def on(here: Trial) -> Browser:
    """Return a browser before an app with the simulators of *here*, by the network."""
    scene = make_world()
    settings = load(here.settings)
    world = opened(settings, scene.steps.append, nudges=Unqueued(), clock=here.clock)
    folder = settings.storage.folder or ""
    scene.world = replace(world, store=FolderStore(folder, clock=here.clock))
    return Browser(scene)


def kept(browser: Browser) -> list[str]:
    return [blob.name for blob in browser.world.store.blobs(CHECKS)]


def test_a_check_is_kept_and_shown_with_its_age(here: Trial) -> None:
    """The button tries everything, and the browser is sent to what came of it."""
    browser = on(here)
    before = browser.get("/page/health")
    answered = browser.click(before, "/page/health")
    here.clock.advance(3600)
    shown = browser.follow(answered)

    assert "Nothing was checked from here yet." in text(before)
    assert answered.headers["Location"] == "/page/health"
    assert "Every setting, key, role and host, tried" in text(shown)
    assert "sign-in to Microsoft Graph" in text(shown)
    assert found_in(shown.body.decode()) == set()


def test_to_look_at_health_asks_neither_isams_nor_sds(here: Trial) -> None:
    """However often: what a check found is read from storage."""
    browser = on(here)
    browser.post("/page/health")
    here.stage.sds.requests.clear()
    here.stage.isams.faults = refused(503)
    pages = [browser.get("/page/health") for _ in range(3)]

    assert here.stage.sds.requests == []
    assert len({page.body for page in pages}) == 1


def test_what_is_wrong_stands_first_with_what_to_do(here: Trial) -> None:
    """ISAMS refuses its key: the check says so, and Health counts it."""
    browser = on(here)
    here.stage.isams.faults = refused(401)
    shown = browser.follow(browser.post("/page/health"))
    here.stage.isams.faults = Faults()
    rows = [line for line, around in drawn(shown).texts if "tbody" in around and line.strip()]

    assert "iSAMS of northbank" in rows[0]
    assert "To do:" in text(shown)


def test_the_next_check_takes_the_place_of_the_last(here: Trial) -> None:
    """It is no record of a night: one is kept."""
    browser = on(here)
    browser.post("/page/health")
    [first] = kept(browser)
    here.clock.advance(60)
    browser.post("/page/health")
    [second] = kept(browser)

    assert first != second


def test_the_screen_of_sds_shows_how_its_flow_was_when_it_was_checked(here: Trial) -> None:
    """Beside what was sent: which connector, and when its flow ends."""
    browser = on(here)
    before = browser.get("/page/sds")
    browser.post("/page/health")
    shown = browser.get("/page/sds")

    assert "Health shows once it has checked" in text(before)
    assert "SDS connector of prep, seniors: end of the flow:" in text(shown)
    assert "set-up of SDS: not looked at" in text(shown)


# -- as it is kept ---------------------------------------------------------------------------------

AT = datetime(2026, 9, 14, 22, 0, tzinfo=UTC)


def keep(scene: TestWorld, name: str, note: str) -> None:
    row = CheckRow(name="settings", state="ok", told=note, next="")
    made = Examination(at=AT, took_s=1.5, rows=[row])
    scene.store.create(f"{CHECKS}{name}.json", made.to_json())


def test_the_newest_check_is_the_last() -> None:
    """Two that ran at once may both be there for a while."""
    scene = make_world()
    keep(scene, "20260914T220000Z-00", "older")
    keep(scene, "20260914T220100Z-00", "newer")
    last = checked.last(scene.world)

    assert last is not None
    assert [row.told for row in last.rows] == ["newer"]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"at": "now"}'])
def test_a_check_that_nobody_can_read_is_passed_over(body: bytes) -> None:
    """Another version wrote it: the one before counts, or none."""
    scene = make_world()
    scene.store.create(f"{CHECKS}20260914T220100Z-00.json", body)
    assert checked.last(scene.world) is None
    assert "Nothing was checked from here yet" in text(Browser(scene).get("/page/health"))

    keep(scene, "20260914T220000Z-00", "older")
    assert checked.last(scene.world) is not None


def test_a_kept_check_is_neither_a_note_nor_a_round() -> None:
    """It lies beside them: a tick looks at nothing more, and takes it away never."""
    scene = delivered(store=CountingStore)
    before = calls_of_a_tick(scene)
    keep(scene, "20260914T220000Z-00", "kept")
    after = calls_of_a_tick(scene)
    scene.clock.advance(timedelta(days=40).total_seconds())
    tick.tick(scene.world)

    assert (before, after) == (4, 4)
    assert checked.last(scene.world) is not None


def test_everybody_who_may_look_may_check() -> None:
    """It changes nothing at a school, and whoever looks has to know that all is well."""
    shown = Browser(make_world(), HOLDS[Role.READ]).get("/page/health")

    assert [form.action for form in drawn(shown).forms] == ["/page/health"]
