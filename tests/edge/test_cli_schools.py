"""`run`, `approve` and `status` where several schools share a connector: each is told by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.isams.faults import refused
from simulators.school import without_pupils
from sync.ledger.offers import BECAUSE, HELD, Why
from sync.report import Exit
from sync.steps.status_values import SchoolState, SchoolStatus
from sync.terminal.schools import exit_of_schools
from tests.edge.cli_stage import Said, Trial, trial
from tests.worlds import OTHER_FEED

DAY_S = 86_400.0
NORTH, SOUTH = b"9990001", b"9990002"
JUNIORS, SENIORS = range(3, 7), range(7, 14)


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    """Two schools with one iSAMS on one connector: of northbank the seniors, of southbank prep."""
    with trial(tmp_path, capsys) as started:
        old = "SCHOOLS__NORTHBANK__"
        started.settings |= {
            name.replace(old, "SCHOOLS__SOUTHBANK__"): value
            for name, value in started.settings.items()
            if name.startswith(old)
        }
        started.settings |= {
            "SCHOOLS__NORTHBANK__NAME": "Northbank School",
            "SCHOOLS__SOUTHBANK__NAME": "Southbank Prep",
            "SCHOOLS__SOUTHBANK__ID": SOUTH.decode(),
            "PROFILES__SENIORS__SCHOOL": "northbank",
            "PROFILES__PREP__SCHOOL": "southbank",
        }
        yield started


@pytest.fixture
def live(here: Trial) -> Trial:
    """Both are in SDS."""
    assert here.sync("run", "--approve", "--wait", "60").code == Exit.DONE
    return here


def lose(here: Trial, years: range, every: int) -> None:
    """Take every so-manieth pupil of *years* out of iSAMS."""
    pupils = [pupil for pupil in here.stage.isams.school.pupils if pupil.year in years]
    gone = [pupil.school_id for pupil in pupils[::every]]
    here.stage.isams.school = without_pupils(here.stage.isams.school, gone)


def orgs(here: Trial) -> list[bytes]:
    """Return which schools SDS was given, hand-over by hand-over."""
    return [each.files["orgs.csv"] for each in here.stage.sds.submissions]


def offers(said: Said) -> list[str]:
    """Return the ids that a person is asked to answer."""
    return re.findall(r"`isams-sync approve ([\w-]+)`", said.out)


def line_of(said: Said, name: str) -> str:
    """Return what is said of the school of that name, on its line."""
    return next(line.strip() for line in said.out.splitlines() if line.strip().startswith(name))


# --- run ----------------------------------------------------------------------------------------


def test_a_school_that_was_never_read_keeps_no_other_back(here: Trial) -> None:
    """It is not there, which empties nothing; the run says so, and all that it read has gone."""
    said = here.sync("run", "--school", "northbank", "--approve")

    assert said.code == Exit.DONE
    assert [SOUTH in orgs for orgs in orgs(here)] == [False]
    assert line_of(said, "Northbank School").startswith("Northbank School: delivered, as read 20")
    assert line_of(said, "Southbank Prep") == (
        "Southbank Prep: waiting: a profile of it was never read; SDS has nothing of it yet"
    )


def test_a_school_whose_set_is_old_and_never_went_is_not_there(here: Trial) -> None:
    """A set of three days ago is not sent as if it were today's, and keeps no other back."""
    here.sync("run", "--school", "southbank")
    here.clock.advance(3 * DAY_S)

    said = here.sync("run", "--school", "northbank", "--approve")

    assert said.code == Exit.DONE
    assert [SOUTH in orgs for orgs in orgs(here)] == [False]
    assert "not read for 48 hours; SDS has nothing of it" in line_of(said, "Southbank Prep")


def test_a_school_whose_set_is_old_goes_on_as_sds_has_it(live: Trial) -> None:
    """Its rows are repeated, and the line says since when and why."""
    live.clock.advance(3 * DAY_S)
    lose(live, SENIORS, 20)

    said = live.sync("run", "--school", "northbank")

    assert said.code == Exit.DONE
    assert [SOUTH in orgs for orgs in orgs(live)] == [True, True]
    assert re.fullmatch(
        r"Southbank Prep: carried: it was not read for 48 hours;"
        r" SDS keeps it as read 20\d\d-\d\d-\d\d \d\d:\d\d (GMT|BST)",
        line_of(said, "Southbank Prep"),
    )


def test_approve_answers_the_first_holds_of_the_schools_that_are_read(here: Trial) -> None:
    """Another's waits for whoever looks after it; 3 says that a person must look."""
    held = here.sync("run")

    said = here.sync("run", "--school", "northbank", "--approve")

    assert (held.code, said.code) == (Exit.HELD, Exit.HELD)
    assert len(offers(held)) == 2  # each school says it for itself, and the delivery does not
    assert [SOUTH in orgs for orgs in orgs(here)] == [False]
    assert "held: it is new; SDS has nothing of it yet" in line_of(said, "Southbank Prep")
    (offer,) = set(offers(said))
    assert here.sync("approve", offer).code == Exit.DONE
    assert [SOUTH in orgs for orgs in orgs(here)] == [False, True]


def test_a_new_school_goes_beside_others_by_run_approve(here: Trial) -> None:
    """It is held although SDS has another school, and --approve answers that as well."""
    here.sync("run", "--school", "northbank", "--approve", "--wait", "60")
    held = here.sync("run")

    said = here.sync("run", "--approve", "--school", "southbank")

    assert (held.code, said.code) == (Exit.HELD, Exit.DONE)
    assert SOUTH in orgs(here)[-1]


def test_a_school_that_is_held_is_told_though_the_other_went(live: Trial) -> None:
    """The run ends with 3; the line has the offer's id, why, and how to answer."""
    lose(live, JUNIORS, 2)
    lose(live, SENIORS, 20)

    said = live.sync("run")

    assert said.code == Exit.HELD
    assert len(live.stage.sds.submissions) == 2
    assert "SDS has accepted the files" in said.out
    assert "delivered" in line_of(said, "Northbank School")
    assert "held: it would lose" in line_of(said, "Southbank Prep")
    assert said.out.index("Southbank Prep: held") < said.out.index("Northbank School: delivered")
    assert "would lose" in said.out
    (offer,) = offers(said)
    assert f"`isams-sync plan {offer}`, which names people" in said.out


def test_an_offer_is_answered_by_its_id_and_goes_alone(live: Trial) -> None:
    """What was held goes as it was; a second yes is refused."""
    lose(live, JUNIORS, 2)
    lose(live, SENIORS, 20)
    (offer,) = offers(live.sync("run"))
    asked = len(live.stage.isams.requests)

    said = live.sync("approve", offer)

    assert said.code == Exit.DONE
    assert len(live.stage.sds.submissions) == 3
    assert len(live.stage.isams.requests) == asked
    assert "delivered" in line_of(said, "Southbank Prep")
    assert live.sync("approve", offer).code == Exit.USAGE


def test_the_id_of_a_delivery_answers_what_is_held_of_it(live: Trial) -> None:
    """Also once another has gone without: what was answered is followed to SDS."""
    lose(live, JUNIORS, 2)
    lose(live, SENIORS, 20)
    steps = live.sync("run", "--json").json["steps"]
    held = next(step["delivery"] for step in steps if step["outcome"] == "held")

    assert live.sync("approve", held).code == Exit.DONE
    assert len(live.stage.sds.submissions) == 3


def test_a_school_that_was_rejected_ends_with_3_when_it_is_read_again(live: Trial) -> None:
    """0 would say that what was read is in SDS. Of a run for the other school it is nothing."""
    lose(live, JUNIORS, 2)
    lose(live, SENIORS, 20)
    (offer,) = offers(live.sync("run"))
    live.sync("reject", offer)

    both, other = live.sync("run"), live.sync("run", "--school", "northbank")

    assert (both.code, other.code) == (Exit.HELD, Exit.DONE)
    assert "rejected: a person said no" in line_of(both, "Southbank Prep")


def test_a_hold_without_a_delivery_says_why_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A profile that moved to another connector waits there, and nothing is made of it."""
    with trial(tmp_path, capsys) as here:
        here.stage.sds.connectors = (*here.stage.sds.connectors, OTHER_FEED)
        here.sync("run", "--approve", "--wait", "60")
        here.settings["PROFILES__PREP__CONNECTOR"] = OTHER_FEED.name

        said, told = here.sync("run"), here.sync("status")

    assert said.code == Exit.HELD
    assert "held: another connector holds a profile of it" in said.out
    assert "Approve that it leaves the other connector" in said.out
    assert "another connector holds a profile of it" in told.out


def test_every_reason_has_its_words() -> None:
    """A new one fails here; what can be held has a next step besides."""
    assert BECAUSE.keys() == set(Why)
    assert BECAUSE.keys() >= HELD


def test_the_json_of_a_run_tells_each_school(live: Trial) -> None:
    """A program finds them under the names of GET /api/status."""
    lose(live, JUNIORS, 2)
    lose(live, SENIORS, 20)

    schools = live.sync("run", "--json").json["schools"][live.stage.connector]

    assert {key: shown["state"] for key, shown in schools.items()} == {
        "northbank": "delivered",
        "southbank": "held",
    }
    assert schools["southbank"]["hold"]["excesses"]


def test_an_offer_that_was_superseded_is_refused_with_the_newer_id(live: Trial) -> None:
    """Whoever looked at the first reading has not seen the second: nothing is sent."""
    lose(live, JUNIORS, 2)
    lose(live, SENIORS, 20)
    (older,) = offers(live.sync("run"))
    lose(live, JUNIORS, 3)
    (newer,) = offers(live.sync("run"))
    sent = len(live.stage.sds.submissions)

    said = live.sync("approve", older)

    assert said.code == Exit.USAGE
    assert older != newer
    assert newer in said.err
    assert len(live.stage.sds.submissions) == sent


@pytest.mark.parametrize(
    ("south", "read", "code"),
    [
        ("held", {"northbank"}, Exit.HELD),
        ("rejected", {"northbank"}, Exit.DONE),
        ("rejected", {"southbank"}, Exit.HELD),
        ("failed", {"southbank"}, Exit.PARTLY),
        ("failed", {"northbank"}, Exit.DONE),
        ("carried", {"northbank"}, Exit.DONE),
        ("waiting", {"northbank"}, Exit.DONE),
        ("next", {"southbank"}, Exit.DONE),
    ],
)
def test_the_code_tells_what_a_run_did_not_send(
    south: SchoolState, read: set[str], code: Exit
) -> None:
    """What waits for a person counts of any school; what else did not go, of those it has read."""
    schools = {
        "northbank": SchoolStatus("delivered", "same", None),
        "southbank": SchoolStatus(south, "", None),
    }

    assert exit_of_schools(schools, read) is code


# --- status -------------------------------------------------------------------------------------


def test_the_hold_comes_first_and_every_school_has_a_line(live: Trial) -> None:
    """By the schools' names and clocks; profiles and findings of each are told on request."""
    lose(live, JUNIORS, 2)
    lose(live, SENIORS, 20)
    (offer,) = offers(live.sync("run"))

    said, of_one = live.sync("status"), live.sync("status", "--school", "northbank")

    assert said.out.startswith("Waits for a person\n- Southbank Prep: held")
    assert offers(said) == [offer]
    assert "Schools of MIS feed" in said.out
    assert re.search(r"Northbank School +delivered .* (GMT|BST)", said.out)
    assert "UTC" not in said.out
    assert "Profiles" not in said.out
    assert "answer what waits, above" in said.out
    assert "Profiles" in of_one.out
    assert "Southbank Prep" not in of_one.out
    assert live.sync("status", "--school", "nowhere").code == Exit.USAGE


def test_status_of_one_school_in_json_is_of_that_school(live: Trial) -> None:
    """The same names, with fewer entries."""
    told = live.sync("status", "--school", "southbank", "--json").json

    assert list(told["schools"]) == ["southbank"]
    assert list(told["profiles"]) == ["prep"]
    assert list(told["connectors"]["MIS feed"]["schools"]) == ["southbank"]


def test_two_schools_of_one_name_are_told_apart(live: Trial) -> None:
    """Their keys stand beside it."""
    live.settings["SCHOOLS__SOUTHBANK__NAME"] = "Northbank School"

    said = live.sync("status")

    assert "Northbank School (northbank)" in said.out
    assert "Northbank School (southbank)" in said.out


def test_a_school_that_left_can_be_let_go_by_its_id_in_the_status(live: Trial) -> None:
    """Nothing of it was read; until somebody says yes SDS keeps it."""
    for name in [name for name in live.settings if "SOUTHBANK" in name or "PREP" in name]:
        del live.settings[name]
    lose(live, SENIORS, 20)
    run = live.sync("run")
    told = live.sync("status", "--school", "southbank")
    (offer,) = offers(told)

    approved = live.sync("approve", offer)

    assert (run.code, approved.code) == (Exit.HELD, Exit.DONE)
    assert "the settings do not name it" in told.out
    assert [SOUTH in each for each in orgs(live)] == [True, True, False]


def test_a_school_that_fails_does_not_hide_what_the_other_did(live: Trial) -> None:
    """What was not read is an error of its own, and SDS has the other's news."""
    lose(live, SENIORS, 20)
    live.sync("run", "--school", "northbank")
    live.stage.isams.faults = refused(403)

    said = live.sync("run")

    assert said.code == Exit.SOURCE
    assert len(live.stage.sds.submissions) == 2


def test_what_waits_for_other_schools_says_so(live: Trial) -> None:
    """An answer soon after a hand-over goes with those to come; nobody is called killed."""
    live.clock.advance(DAY_S)
    lose(live, JUNIORS, 2)
    lose(live, SENIORS, 30)
    live.stage.isams.flush()
    (offer,) = offers(live.sync("run"))

    said = live.sync("approve", offer)

    assert "pulls and further answers are awaited" in said.err
    assert "was killed" not in said.err
    assert said.code == Exit.DONE
