"""Findings from night to night, as they are sealed with each set: new, open since, mended."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.school import InventedSchool, invent
from sync.ledger import ids, manifests
from sync.report import Outcome
from sync.roster.finding_codes import FindingCode
from sync.roster.finding_days import MANY_NEW, remembered
from sync.steps.delivery import newest_set
from sync.steps.findings import Findings, newest_findings
from sync.web import responses
from tests.edge.cli_stage import trial
from tests.memory_store import MemoryStore
from tests.worlds import TestWorld, make_world

TIDY = invent(150, quirks=False)
PUPILS = [pupil.school_id for pupil in TIDY.pupils if pupil.year == 8]


def nameless(*school_ids: str) -> InventedSchool:
    """Return the tidy school in which these pupils have no address."""
    pupils = [
        replace(pupil, email="") if pupil.school_id in school_ids else pupil
        for pupil in TIDY.pupils
    ]
    return replace(TIDY, pupils=tuple(pupils))


def known(scene: TestWorld, profile: str = "seniors") -> Findings:
    found = newest_findings(scene.world, profile)
    assert found is not None
    return found


def told(scene: TestWorld) -> dict[str, str]:
    """Return what is told of each pupil without an address."""
    found = known(scene)
    return {
        each.finding.record.removeprefix("Pupil "): each.told
        for each in (*found.there, *found.mended)
        if each.finding.code is FindingCode.PUPIL_WITHOUT_EMAIL
    }


def test_a_finding_is_new_for_a_night_then_open_since_then_mended() -> None:
    """Day by day, carried from the newest set."""
    first, second = PUPILS[:2]
    scene = make_world(nameless(first))
    scene.pull()
    days = [told(scene)]
    for changed in (nameless(first, second), nameless(first, second), nameless(second)):
        scene.next_night(changed=changed)
        days.append(told(scene))
    monday, tuesday, thursday = "2026-09-14", "2026-09-15", "2026-09-17"

    assert days == [
        {first: f"open since {monday}"},
        {first: f"open since {monday}", second: "new"},
        {first: f"open since {monday}", second: f"open since {tuesday}"},
        {first: f"mended {thursday}", second: f"open since {tuesday}"},
    ]


def test_a_night_without_a_reading_closes_nothing() -> None:
    """What a failed pull has not read is not mended, and not even old."""
    scene = make_world(nameless(PUPILS[0]))
    scene.pull()
    before = known(scene)
    scene.isams.school = replace(scene.isams.school, sets=())
    scene.isams.flush()
    scene.clock.advance(86_400)

    assert scene.pull().outcome is not Outcome.SEALED
    assert known(scene) == before


def test_what_has_closed_is_in_a_file_of_its_own() -> None:
    """`findings.json` is what the version before reads as open: nothing that is mended is there."""
    scene = make_world(nameless(*PUPILS[:2]))
    scene.pull()
    first = newest_set(scene.store, "seniors")
    scene.next_night(changed=nameless(PUPILS[0]))
    newest = newest_set(scene.store, "seniors")
    assert first
    assert newest

    assert manifests.MENDED not in first.made_at
    assert [row["record"] for row in json.loads(newest.mended() or b"")] == [f"Pupil {PUPILS[1]}"]
    assert PUPILS[1].encode() not in newest.findings()


def test_days_change_nothing_of_what_sds_would_be_sent() -> None:
    """The digest of a set is of its tables alone: an unchanged school stays unchanged."""
    scene = make_world(nameless(PUPILS[0]))
    scene.pull()
    scene.accept()
    scene.next_night()

    assert scene.accept().outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("broken", ["findings.json", "mended.json"])
def test_what_nobody_can_read_any_more_makes_nothing_new(broken: str) -> None:
    """Days begin again; the night is sealed all the same."""
    scene = make_world(nameless(*PUPILS[:2]))
    scene.pull()
    scene.next_night(changed=nameless(PUPILS[0]))
    newest = newest_set(scene.store, "seniors")
    assert newest
    assert isinstance(scene.store, MemoryStore)
    name = f"{ids.profile_folder('seniors')}{newest.id}/{broken}"
    scene.store.held[name] = (b'[{"code": "no-such-code"}]', scene.clock.now())

    assert scene.next_night().outcome is Outcome.SEALED
    assert set(told(scene)) == {PUPILS[0]}
    assert not any(each.is_new for each in known(scene).there)


def test_each_of_all_kinds_of_findings_is_told_when_it_closes() -> None:
    """Whatever else its record has: no two findings of a real register pass for the same."""
    scene = make_world(
        invent(300),
        PROFILES__SENIORS__CLASSES="sets,forms,tutors,houses",
        PROFILES__SENIORS__EXTRA_TEACHERS="nobody@northbank.example,noone@northbank.example",
        PROFILES__SENIORS__EXCLUDED_SUBJECTS="No,Such",
        PROFILES__SENIORS__GRADES="16=12,17=12",
    )
    scene.pull()
    day, there = known(scene).day, known(scene).there
    assert len({each.finding.code for each in there}) > 12

    for gone in there:
        left = [each.finding for each in there if each != gone]
        closed = [each for each in remembered(left, day, there) if each.mended_on]
        assert [each.finding for each in closed] == [gone.finding]


def test_csv_tells_state_and_days_and_what_is_mended_comes_last() -> None:
    """A spreadsheet can be filtered by them."""
    scene = make_world(nameless(PUPILS[0]))
    scene.pull()
    scene.next_night(changed=nameless(PUPILS[1]))
    sheet = responses.to_findings(scene.world, "seniors", "text/csv").body.decode()
    rows = [
        (row["record"], row["state"], row["first_seen"][-2:], row["mended_on"][-2:])
        for row in csv.DictReader(io.StringIO(sheet))
        if row["code"] == "pupil-without-email"
    ]

    assert rows == [
        (f"Pupil {PUPILS[1]}", "new", "15", ""),
        (f"Pupil {PUPILS[0]}", "mended", "14", "15"),
    ]


def test_over_http_what_is_mended_is_apart_and_kinds_name_nobody() -> None:
    """A program that counts what there is to mend counts nothing that is mended."""
    scene = make_world(nameless(PUPILS[0]))
    scene.pull()
    scene.next_night(changed=nameless(PUPILS[1]))
    shown = json.loads(responses.to_findings(scene.world, "seniors").body)

    assert f"Pupil {PUPILS[0]}" not in str(shown["findings"])
    assert [row["state"] for row in shown["mended"]] == ["mended"]
    kind = next(kind for kind in shown["kinds"] if kind["code"] == "pupil-without-email")
    assert (kind["new"], kind["open"], kind["mended"]) == (1, 0, 1)
    assert "Pupil 4" not in str(shown["kinds"])


def test_a_flood_is_one_line_on_the_screen_and_every_row_in_csv(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody reads sixty rows of one filter, and nothing is lost."""
    many = [pupil.school_id for pupil in TIDY.pupils if pupil.year in range(7, 14)][: MANY_NEW + 9]
    with trial(tmp_path, capsys, nameless(PUPILS[0])) as here:
        here.sync("run")
        here.stage.isams.school = nameless(*many)
        here.stage.isams.flush()
        here.sync("run")
        shown = here.sync("findings", "--profile", "seniors").out
        sheet = here.sync("findings", "--profile", "seniors", "--csv").out
        told = here.sync("findings", "--json").json["profiles"]["seniors"]
    floods = {kind["code"] for kind in told["kinds"] if kind["many_new"]}
    others = [row for row in told["findings"] if row["code"] not in floods or row["state"] != "new"]

    assert "pupil-without-email" in floods
    assert "new ones of one kind in one night are hardly" in " ".join(shown.split())
    assert f"Records of seniors to mend: {len(others)}" in shown
    assert all(f"Pupil {school_id}" in sheet for school_id in many)
