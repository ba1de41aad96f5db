"""The day on which all classes get other Teams: told before, and held when it comes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from simulators.invented.places import Term
from simulators.school import invent
from simulators.sds import Knobs
from sync.report import Exit, Outcome
from sync.settings import SchoolSettings
from sync.settings.text import MonthDay
from sync.steps.doctor import years
from sync.steps.status import survey
from tests.clocks import FakeClock
from tests.edge.cli_stage import Trial, trial
from tests.unit.schools import NORTHBANK
from tests.worlds import ONE_SCHOOL, TestWorld, make_world

SCHOOL = invent(20, quirks=False)
SCHOOL_S = "SCHOOLS__NORTHBANK__"
TITLE = "{set_code} {academic_year}"
YEAR = "school northbank: academic year"


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys) as here:
        yield here


def row(here: Trial, name: str = YEAR) -> dict[str, str]:
    """Return what `check` says of *name*."""
    found = {row["check"]: row for row in here.sync("check", "--json").json["checks"]}
    return {key: found[name][key] for key in ("state", "told", "next")}


def pass_to(here: Trial, day: str) -> None:
    """Let the time pass to noon of *day*."""
    there = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)
    here.clock.advance((there - here.clock.now()).total_seconds())


def sent(now: str, settings: Mapping[str, str] = MappingProxyType({})) -> TestWorld:
    """Return a world with limits that nothing meets, whose first delivery SDS has taken."""
    scene = make_world(
        SCHOOL,
        knobs=Knobs(operation_polls=0, run_duration_s=60),
        clock=FakeClock(datetime.fromisoformat(f"{now}T12:00").replace(tzinfo=UTC)),
        base={**ONE_SCHOOL, **settings},
        SDS__LIMITS__REMOVED_ROWS="1000",
        SDS__LIMITS__CLASSES_GAINED="1000",
        SDS__LIMITS__PUPIL_PLACES_GAINED="1000",
        SDS__HOLD_FIRST="false",
    )
    scene.pull()
    assert scene.send_until_still().outcome is Outcome.DONE
    return scene


def held_for(scene: TestWorld) -> list[tuple[str, str, str]]:
    """Return what the newest delivery is held for."""
    names = [blob.name for blob in scene.store.blobs("connectors/") if "held" in blob.name]
    held: Any = json.loads(scene.store.read(names[-1]))  # Any: parsed JSON
    return [(excess["what"], excess["table"], excess["org"]) for excess in held["excesses"]]


@pytest.mark.parametrize("changed", [{"year_starts": MonthDay(12, 15)}, {"school_year": 2025}])
def test_a_setting_that_gives_every_class_another_team_is_held_whatever_the_limits(
    changed: dict[str, object],
) -> None:
    """A school of twenty meets no limit here, and all its Teams would end in mid-year."""
    scene = sent("2026-11-20")
    settings = scene.world.settings
    place = settings.schools["northbank"].model_copy(update=changed)
    scene.world = scene.process(
        settings=settings.model_copy(update={"schools": {"northbank": place}})
    )
    scene.next_night()

    assert scene.send_until_still().outcome is Outcome.HELD
    assert held_for(scene) == [("replaced", "classes.csv", "9990001")]
    assert len(scene.sds.submissions) == 1


def test_the_turn_of_the_year_itself_waits_for_a_person_too() -> None:
    """It is right on that day, and a person says so; the night before is a night like others."""
    scene = sent("2027-08-30", {SCHOOL_S + "YEAR_STARTS": "09-01"})
    scene.next_night()
    before = scene.send_until_still().outcome
    scene.next_night()

    assert before is Outcome.UNCHANGED
    assert scene.send_until_still().outcome is Outcome.HELD
    assert held_for(scene) == [("replaced", "classes.csv", "9990001")]


def test_legacy_ids_carry_no_year_so_nothing_turns() -> None:
    """The same sets are the same Teams: nothing is held, and nothing was told."""
    legacy = {f"PROFILES__{key}__ID_STYLE": "legacy" for key in ("SENIORS", "PREP")}
    scene = sent("2027-08-31", legacy)
    told = survey(scene.world).turns
    scene.next_night()

    assert scene.send_until_still().outcome is Outcome.UNCHANGED
    assert told == {}


def test_check_says_before_the_night_that_a_setting_changes_the_year(here: Trial) -> None:
    """What SDS holds is of another year than today by the settings: it says which to correct."""
    here.sync("run", "--approve", "--wait", "0")
    good = row(here)
    here.settings[SCHOOL_S + "YEAR_STARTS"] = "12-15"
    told = row(here)
    held = here.sync("run", "--wait", "0")

    assert good == {"state": "ok", "told": "began in 2026", "next": ""}
    assert told["state"] == "warning"
    assert told["told"].startswith(
        "began in 2025; SDS holds classes of the year that began in 2026"
    )
    assert "YEAR_STARTS" in told["next"]
    assert held.code == Exit.HELD
    assert "Every class gets another Team" in " ".join(held.out.split())


@pytest.mark.parametrize(
    ("day", "soon"), [("2027-08-01", False), ("2027-08-02", True), ("2027-08-31", True)]
)
def test_check_status_and_build_tell_the_day_from_thirty_days_before(
    here: Trial,
    day: str,
    soon: bool,  # noqa: FBT001  # a row of the table
) -> None:
    """So that nobody finds new Teams one morning without having been told."""
    pass_to(here, day)
    here.sync("run", "--approve", "--wait", "0")
    checked, status = row(here), here.sync("status")
    northbank = here.sync("status", "--json").json["schools"]["northbank"]
    found = here.sync("findings").out

    assert ("on 1 September 2027 the next begins" in checked["told"]) is soon
    assert ("Year-end" in checked["next"]) is soon
    assert ("on 1 September 2027 the next academic" in " ".join(status.out.split())) is soon
    assert northbank.get("year_turns_on") == ("2027-09-01" if soon else None)
    assert ("year-turns" in found) is soon
    assert "records to mend" not in status.out


def test_by_terms_the_day_is_the_first_of_the_next_years_terms(here: Trial) -> None:
    """As far as iSAMS has them: the newest reading says so, and a setting could not."""
    here.settings[SCHOOL_S + "SCHOOL_YEAR"] = "terms"
    nothing = row(here)
    first = min(t.starts_on for t in here.stage.isams.school.terms if t.school_year == 2027)
    pass_to(here, f"{date.fromordinal(first.toordinal() - 30)}")
    here.sync("run", "--approve", "--wait", "0")

    assert nothing["told"] == "by iSAMS's School Terms: nothing was read yet"
    assert here.sync("status", "--json").json["schools"]["northbank"]["year_turns_on"] == str(first)
    assert f"on {first.day} {first:%B %Y} the next begins" in row(here)["told"]


@pytest.mark.parametrize(
    ("more", "corrected"),
    [
        ({"SCHOOL_YEAR": "2025"}, "correct SCHOOL_YEAR"),
        (
            {"SCHOOL_YEAR": "terms"},
            "correct the terms in iSAMS's School Manager, SCHOOL_YEAR or TIME_ZONE",
        ),
        ({"YEAR_STARTS": "12-15"}, "correct YEAR_STARTS or TIME_ZONE"),
    ],
)
def test_check_offers_no_setting_that_another_forbids(more: dict[str, str], corrected: str) -> None:
    """Beside SCHOOL_YEAR a YEAR_STARTS is refused, and a number goes by no time zone."""
    chosen = SchoolSettings.model_validate(
        NORTHBANK.model_dump(exclude_unset=True)
        | {name.lower(): value for name, value in more.items()}
    )

    note = years.note_of(chosen, years.YearSeen(2025, frozenset({2026}), None))

    assert note.do.endswith(corrected)


def test_a_school_of_calendar_years_that_rolls_over_early_calls_its_teams_by_the_one_year() -> None:
    """It sets SCHOOL_YEAR=2027 in the place of YEAR_STARTS in December, before terms are there."""
    terms = (
        Term(1, 2026, "Term 1", date(2026, 1, 28), date(2026, 4, 2)),
        Term(4, 2026, "Term 4", date(2026, 10, 12), date(2026, 12, 10)),
    )
    titled = {f"PROFILES__{key}__CLASS_TITLE": TITLE for key in ("SENIORS", "PREP")}
    scene = make_world(
        replace(SCHOOL, terms=terms),
        knobs=Knobs(operation_polls=0, run_duration_s=60),
        clock=FakeClock(datetime(2026, 12, 14, 12, tzinfo=UTC)),
        base={**ONE_SCHOOL, **titled, SCHOOL_S + "SCHOOL_YEAR": "2027"},
    )
    scene.pull()
    scene.send_until_still()
    files = [*scene.sealed_files()][-1]
    rows = files["classes.csv"].decode().splitlines()[1:]

    assert rows
    assert all(row.split(",")[2].endswith(" 2027") for row in rows)


@pytest.mark.parametrize(
    ("zone", "more", "state"),
    [
        ("Australia/Sydney", {}, "warning"),
        ("America/Santiago", {}, "warning"),
        ("Africa/Johannesburg", {}, "warning"),
        ("Australia/Sydney", {"YEAR_STARTS": "01-28"}, "ok"),
        ("Australia/Sydney", {"SCHOOL_YEAR": "2026"}, "ok"),
        ("Asia/Hong_Kong", {}, "ok"),
        ("Europe/London", {}, "ok"),
    ],
)
def test_a_school_in_the_south_that_leaves_it_out_is_warned(
    here: Trial, zone: str, more: dict[str, str], state: str
) -> None:
    """There 1 September is in the middle of a term."""
    here.settings |= {SCHOOL_S + "TIME_ZONE": zone}
    here.settings |= {SCHOOL_S + name: value for name, value in more.items()}
    told = row(here)

    assert told["state"] == state
    assert ("YEAR_STARTS" in told["next"]) is (state == "warning")
