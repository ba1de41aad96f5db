"""Who teaches every class, and whom nobody sends: said by `check` before anything is held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.school import invent
from sync.report import Exit
from tests.edge.cli_stage import Trial, trial

BOT = "bot@northbank.example"
SENIORS = "PROFILES__SENIORS__"
EVERY_CLASS = "SDS connector of prep, seniors: teachers of every class"


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys) as here:
        yield here


def row(here: Trial, name: str) -> dict[str, str]:
    """Return what `check` says of *name*."""
    found = {row["check"]: row for row in here.sync("check", "--json").json["checks"]}
    return {key: found[name][key] for key in ("state", "told", "next")}


def test_before_anything_is_sent_there_is_nothing_to_say(here: Trial) -> None:
    """And nothing to do."""
    assert row(here, EVERY_CLASS)["state"] == "ok"


def test_a_service_account_that_no_setting_names_any_more_is_told_and_then_held(
    here: Trial,
) -> None:
    """It once stood in EXTRA_TEACHERS, which now names staff alone: few rows, and every Team."""
    here.settings[SENIORS + "SERVICE_ACCOUNTS"] = BOT
    assert here.sync("run", "--approve", "--wait", "0").code == Exit.DONE
    good = row(here, EVERY_CLASS)

    del here.settings[SENIORS + "SERVICE_ACCOUNTS"]
    here.settings[SENIORS + "EXTRA_TEACHERS"] = f"nobody@northbank.example,{BOT.upper()}"
    told = row(here, EVERY_CLASS)
    held = here.sync("run", "--wait", "0")

    assert good == {"state": "ok", "told": "as SDS holds them", "next": ""}
    assert told["state"] == "warning"
    assert "sent: 1 (entry 2 of PROFILES__SENIORS__EXTRA_TEACHERS)" in told["told"]
    assert "SERVICE_ACCOUNTS" in told["next"]
    assert held.code == Exit.HELD
    assert "1 service account of every class would go" in held.out
    assert BOT not in held.out + held.err


def test_an_entry_of_a_default_is_told_once_as_the_default_that_it_is(here: Trial) -> None:
    """Both profiles take it, and it was typed at neither."""
    here.settings[SENIORS + "SERVICE_ACCOUNTS"] = BOT
    here.sync("run", "--approve", "--wait", "0")
    del here.settings[SENIORS + "SERVICE_ACCOUNTS"]
    here.settings["DEFAULTS__PROFILE__EXTRA_TEACHERS"] = BOT

    assert "(entry 1 of DEFAULTS__PROFILE__EXTRA_TEACHERS)" in row(here, EVERY_CLASS)["told"]


def test_a_service_account_that_a_person_let_go_is_held_no_more(here: Trial) -> None:
    """The first time is enough: what was approved is what the next is compared with."""
    here.settings[SENIORS + "SERVICE_ACCOUNTS"] = BOT
    here.sync("run", "--approve", "--wait", "0")
    del here.settings[SENIORS + "SERVICE_ACCOUNTS"]
    here.sync("run", "--wait", "0")
    held = here.sync("status", "--json").json["connectors"]
    (delivery,) = [d["id"] for c in held.values() for d in c["deliveries"] if d["state"] == "held"]

    assert here.sync("approve", delivery).code == Exit.DONE
    assert here.sync("run", "--wait", "0").code == Exit.DONE


def test_a_head_who_gets_a_second_record_is_told_and_held(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where iSAMS does not say that both records are one person, nobody may be."""
    school = invent(60, quirks=False)
    head, (other, *_) = school.staff[0], [each for each in school.staff if not each.teaches]
    with trial(tmp_path, capsys, school) as here:
        here.settings |= {
            f"PROFILES__{key}__EXTRA_TEACHERS": str(head.email) for key in ("PREP", "SENIORS")
        }
        assert here.sync("run", "--approve", "--wait", "0").code == Exit.DONE
        again = replace(other, email=head.email)
        staff = [again if each is other else each for each in school.staff]
        here.stage.isams.school = replace(school, staff=tuple(staff))

        held = here.sync("run", "--wait", "0")
        told = row(here, EVERY_CLASS)

    assert held.code == Exit.HELD
    assert "1 extra teacher of every class would go" in held.out
    assert told["state"] == "warning"
    assert "extra teachers who are left out of the newest roster: 1" in told["told"]


def test_the_years_that_no_profile_has_are_counted(here: Trial) -> None:
    """Not wrong: a school may send only some. But nobody shall find out in January."""
    here.settings[SENIORS + "YEAR_GROUPS"] = "7-11"
    here.settings["PROFILES__PREP__YEAR_GROUPS"] = "-2-6"
    here.sync("run", "--approve", "--wait", "0")

    told = row(here, "profile seniors: what it chooses")

    assert told["state"] == "ok"
    assert "NC years with pupils that no profile has: 2" in told["told"]


def test_the_status_tells_once_of_a_school_whose_years_are_in_no_profile(here: Trial) -> None:
    """It may be meant, so it is nothing to mend; and both profiles have the same."""
    here.sync("run", "--approve", "--wait", "0")

    said = here.sync("status", "--school", "northbank").out

    assert said.count("Northbank School: the pupils of 4 NC years are in no profile") == 1
    assert "to mend" not in said
