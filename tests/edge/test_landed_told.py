"""What is in Teams otherwise than sent, as people and programs are told: terminal, HTTP, page."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from simulators.sds import Account
from simulators.sds.knobs import EDU_ROSTER
from sync.report import Exit
from sync.steps import explain
from sync.terminal.cli import main
from sync.terminal.context import Terminal
from sync.web import responses
from sync.web.access import Role
from tests.canaries import found_in
from tests.edge.described import against
from tests.edge.landed_stage import Landed, class_id, delivered, taken_out
from tests.edge.page_stage import Browser, text
from tests.worlds import CONNECTOR, READ_BACK

DAY_H = 24.0


@pytest.fixture
def here() -> Landed:
    """A school of whose classes one has gone, and out of one of which somebody was taken."""
    landed = delivered(after_h=30)
    landed.look()
    landed.education.delete(class_id(landed.rooms()[3]))
    taken_out(landed.rooms()[0])
    landed.rooms()[1].people[Account("guest@elsewhere.example")] = False
    landed.look(after_h=DAY_H)
    return landed


def typed(
    here: Landed, capsys: pytest.CaptureFixture[str], folder: Path, *words: str
) -> tuple[int, str]:
    """Type a command, and return its exit code and what it printed."""
    env = dict(here.scene.env)
    terminal = Terminal(env, folder, here.scene.clock, lambda *_: here.scene.process())
    code = main(words, terminal)
    return code, capsys.readouterr().out


# -- at the terminal -----------------------------------------------------------------------------


def test_the_terminal_counts_by_kind_and_says_who_saw_it_when(
    here: Landed, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Nobody is named; what is two days old ends with 3."""
    code, said = typed(here, capsys, tmp_path, "landed")

    assert code == Exit.DONE
    assert "3 things are in Teams otherwise than sent" in said
    assert READ_BACK["SDS__READ_BACK_CLIENT_ID"] in said
    assert {"class-missing", "pupil-missing", "pupil-extra"} <= set(said.split())
    assert found_in(said) == set()
    here.look(after_h=2 * DAY_H + 1)
    code, said = typed(here, capsys, tmp_path, "landed")
    assert (code, "3 of them for more than 48 hours" in said) == (Exit.HELD, True)


def test_rows_name_which(here: Landed, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """With what to do about each; `--csv` has all, and `--json` all of both."""
    _, said = typed(here, capsys, tmp_path, "landed", "--rows")
    assert "guest@elsewhere.example" in said
    assert found_in(said)

    _, table = typed(here, capsys, tmp_path, "landed", "--csv")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["difference"] for row in rows] == ["class-missing", "pupil-missing", "pupil-extra"]
    assert rows[2]["address"] == "guest@elsewhere.example"
    assert rows[1]["name"].strip()
    _, document = typed(here, capsys, tmp_path, "landed", "--rows", "--json")
    assert len(json.loads(document)["rows"][CONNECTOR]["rows"]) == 3


def test_a_class_that_is_not_there_has_the_title_that_was_sent(here: Landed) -> None:
    """Nobody knows a class by our id."""
    rows = json.loads(responses.to_landed_rows(here.world).body)["connectors"][CONNECTOR]["rows"]
    [row] = [row for row in rows if row["difference"] == "class-missing"]

    assert row["class_name"] == here.expected.titles[row["class"]]


@pytest.mark.parametrize(
    ("changes", "code", "told"),
    [
        (dict.fromkeys(READ_BACK, ""), Exit.DONE, "Nothing is read back"),
        ({}, Exit.DONE, "Nobody has looked yet"),
    ],
)
def test_where_nothing_was_looked_at_it_says_so(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    changes: dict[str, str],
    code: Exit,
    told: str,
) -> None:
    """With the settings that it takes."""
    here = delivered()
    here.scene.configure(**changes)
    ended, said = typed(here, capsys, tmp_path, "landed")

    assert (ended, told in said) == (code, True)


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        ({"roles": frozenset({EDU_ROSTER})}, "Member.Read.Hidden"),
        ({"class_delay_s": 1e9}, "class groups are not switched on"),
    ],
)
def test_what_keeps_it_from_telling_anything_ends_with_5(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, trouble: dict[str, Any], told: str
) -> None:
    """A missing role, or nothing has arrived: with its two causes."""
    here = delivered(after_h=30, **trouble)
    here.look()
    code, said = typed(here, capsys, tmp_path, "landed")

    assert (code, told in " ".join(said.split())) == (Exit.TARGET, True)


def test_switched_off_it_shows_what_was_seen_and_asks_for_nothing(
    here: Landed, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """No moment of another look, which never comes, and no exit code that a schedule minds."""
    here.scene.configure(**dict.fromkeys(READ_BACK, ""))
    here.scene.clock.advance(5 * 86_400)
    code, said = typed(here, capsys, tmp_path, "landed")
    told = json.loads(responses.to_landed(here.world).body)

    assert (code, "3 of them for more than 48 hours" in said) == (Exit.DONE, True)
    assert "Looked at again" not in said
    assert (told["on"], told["connectors"][CONNECTOR]["due_at"]) == (False, None)


def test_a_moment_that_has_passed_is_told_as_now(
    here: Landed, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Nobody looks forward to yesterday."""
    here.scene.clock.advance(2 * 86_400)

    assert "it is due now" in typed(here, capsys, tmp_path, "landed")[1]
    assert "it is due now" in text(Browser(here.scene).get("/page/sds"))


def test_people_who_cannot_be_told_apart_are_in_the_headline() -> None:
    """All is in Teams but they: nobody says that all is."""
    here = delivered(after_h=30)
    room = here.rooms()[0]
    account = min((each for each in room.people if not room.people[each]), key=lambda x: x.id)
    room.people[Account(f"old.{account.user_name}", account.user_name)] = False
    here.look()

    assert "except 1 person who cannot be told apart" in text(Browser(here.scene).get("/"))


# -- over HTTP -----------------------------------------------------------------------------------


def test_counts_over_http_name_nobody(here: Landed) -> None:
    """And are as described."""
    body = responses.to_landed(here.world).body.decode()

    assert list(against("Landed").iter_errors(json.loads(body))) == []
    assert found_in(body) == set()
    told = json.loads(body)["connectors"][CONNECTOR]
    assert told["whole"]["counts"] == {"class-missing": 1, "pupil-missing": 1, "pupil-extra": 1}


def test_rows_over_http_name_which(here: Landed) -> None:
    """As JSON, or as CSV for a spreadsheet."""
    body = responses.to_landed_rows(here.world).body.decode()
    assert list(against("LandedRows").iter_errors(json.loads(body))) == []
    assert found_in(body)

    table = responses.to_landed_rows(here.world, "text/csv").body.decode()
    assert len(list(csv.DictReader(io.StringIO(table)))) == 3


def test_names_are_shown_for_seven_days(here: Landed) -> None:
    """Then the counts stay, and nobody is named: also where nothing newer was looked at."""
    here.scene.clock.advance(7 * 86_400 + 60)
    body = json.loads(responses.to_landed_rows(here.world).body)

    assert body["connectors"][CONNECTOR]["rows"] == []
    assert "seven days" in body["connectors"][CONNECTOR]["note"]
    assert json.loads(responses.to_landed(here.world).body)["connectors"][CONNECTOR]["whole"]


def test_somebody_unclear_is_among_the_rows() -> None:
    """With what to mend; in the other classes, where no such account is, they are missing."""
    here = delivered(after_h=30)
    first, second = sorted(here.expected.id_of)[:2]
    for room in here.rooms():
        for account in [each for each in room.people if each.user_name in {first, second}]:
            del room.people[account]
    here.rooms()[0].people[Account(first, second)] = False
    here.look()
    rows = json.loads(responses.to_landed_rows(here.world).body)["connectors"][CONNECTOR]["rows"]

    assert {row["difference"] for row in rows} == {"person-nowhere", "unclear"}
    assert (
        list(
            against("LandedRows").iter_errors(json.loads(responses.to_landed_rows(here.world).body))
        )
        == []
    )


# -- why -----------------------------------------------------------------------------------------


def asked(here: Landed, who: str) -> Any:
    record = explain.explain(here.world, who).record
    assert record is not None
    document = record.document()
    assert (
        list(
            against("Explained").iter_errors(
                {"record": document, "matches": [], "near": [], "notes": []}
            )
        )
        == []
    )
    return document["in_teams"]


def test_why_says_how_it_stands_in_teams(here: Landed) -> None:
    """Of a person, of their class, and of one with whom all is well."""
    [missing] = [each for each in here.seen().differences if each.key.kind == "pupil-missing"]
    [gone] = [each for each in here.seen().differences if each.key.kind == "class-missing"]
    inside = here.expected.in_class(gone.key.class_id)
    pupil = min(inside.pupils - {missing.key.person})

    assert "a pupil is not in a class of theirs" in asked(here, missing.key.person)["told"]
    assert "is not in Teams" in asked(here, gone.key.class_id)["told"]
    assert "is not in Teams" in asked(here, pupil)["told"]
    well = min(
        person
        for side in here.expected.people.values()
        for person in side.pupils - inside.pupils - {missing.key.person}
    )
    assert asked(here, well)["told"] == "as it was sent"


def test_why_says_nothing_of_teams_where_nothing_is_read_back(here: Landed) -> None:
    """Nor of what was compared with another delivery than that which SDS has."""
    person = here.seen().differences[1].key.person
    here.scene.configure(**dict.fromkeys(READ_BACK, ""))
    assert asked(here, person) is None
    here.scene.configure(**READ_BACK)
    here.another_night()
    here.scene.send_until_still()

    assert asked(here, person) is None


def test_what_to_do_next_agrees_with_what_is_in_teams(here: Landed) -> None:
    """What SDS has and Teams has not is never called well; a week later nothing is said of it."""
    person = here.seen().differences[1].key.person
    record = explain.explain(here.world, person).record
    assert record is not None
    assert "ask the class's teacher" in record.todo
    here.scene.clock.advance(8 * 86_400)

    assert asked(here, person) is None


def test_the_terminal_has_the_line_in_teams(
    here: Landed, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Beside what SDS was given."""
    person = here.seen().differences[1].key.person
    _, said = typed(here, capsys, tmp_path, "explain", person)

    assert "In Teams, seen " in said


# -- on the page ---------------------------------------------------------------------------------


def test_the_page_shows_what_landed_and_names_after_a_click(here: Landed) -> None:
    """On the SDS screen, by kind; with the role for names, which ones."""
    browser = Browser(here.scene)
    shown = browser.get("/page/sds")
    assert "3 things are in Teams otherwise than sent" in text(shown)
    assert "guest@elsewhere.example" not in text(shown)
    named = browser.click(shown, "/page/sds/names")

    assert "guest@" in text(named)
    assert [step.facts["screen"] for step in here.scene.steps if step.name == "names"] == ["landed"]


def test_without_the_role_there_is_no_button(here: Landed) -> None:
    """And it is said which role it takes."""
    shown = Browser(here.scene, roles=frozenset({Role.READ})).get("/page/sds")

    assert "/page/sds/names" not in shown.body.decode()
    assert "Sync.Names" in text(shown)


def test_a_form_without_a_connector_is_refused(here: Landed) -> None:
    """Nobody is shown anything of a connector that there is not."""
    assert Browser(here.scene).post("/page/sds/names", connector="x").status == 400


def test_home_has_a_sentence_of_it(here: Landed) -> None:
    """And none where nothing is read back."""
    assert "otherwise than sent" in text(Browser(here.scene).get("/"))
    here.scene.configure(**dict.fromkeys(READ_BACK, ""))

    assert "Teams otherwise" not in text(Browser(here.scene).get("/"))
    assert "Landed" not in text(Browser(here.scene).get("/page/sds"))
