"""`check` and `status` at a terminal: how what is wrong, and how everything stands, is shown."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from pkgutil import iter_modules

import click
import pytest

from simulators.isams import DEMO_KEY
from simulators.isams.faults import refused
from simulators.school import invent
from simulators.sds import Flow
from sync import terminal
from sync.__main__ import MISSING
from sync.report import Exit
from sync.terminal.cli import commands
from sync.terminal.envelope import GROUPS
from sync.terminal.exits import exit_rows, worst
from tests.edge.cli_stage import Said, Trial, trial

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "terminal.md").read_text(encoding="utf-8")


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys) as started:
        yield started


# --- check --------------------------------------------------------------------------------------
# What is tried and found is in `test_doctor.py`; here is how it is shown.


def test_check_sends_sds_nothing_and_leaves_one_probe(here: Trial) -> None:
    """No upload session is opened, because that would empty a running one."""
    here.sync("check")
    here.sync("check")
    left = [path for path in (here.folder / "rosters").rglob("*") if path.is_file()]

    assert {line.method for line in here.stage.sds.requests if line.route != "token"} == {"GET"}
    assert "getUploadSession" not in {line.route for line in here.stage.sds.requests}
    assert [path.name for path in left] == ["probe.txt"]


def test_all_being_well_is_said(here: Trial) -> None:
    """With 0 for a script, and a sentence for a person."""
    said = here.sync("check")

    assert said.code == Exit.DONE
    assert "All is well, 1 was not tried." in said.out


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        ({"PROFILES__PREP__YEAR_GROUPS": "nonsense"}, Exit.USAGE),
        ({"SDS__CLIENT_SECRET": "wrong-secret"}, Exit.TARGET),
        ({"SCHOOLS__NORTHBANK__ISAMS_KEY": "another-key"}, Exit.SOURCE),
        ({"SCHOOLS__NORTHBANK__ISAMS_HOST": "http://127.0.0.1:9"}, Exit.SOURCE),
        ({"SDS__GRAPH_URL": "http://127.0.0.1:9"}, Exit.TARGET),
    ],
)
def test_the_exit_code_says_who_must_act(here: Trial, spoil: dict[str, str], code: Exit) -> None:
    """As the table of the page has it; nothing that is only a warning counts."""
    here.settings |= spoil

    assert here.sync("check").code == code


def test_a_mistyped_host_is_told_to_whoever_can_mend_it(here: Trial) -> None:
    """With the host, the setting and the person; it is no outage that passes by itself."""
    here.settings["SCHOOLS__NORTHBANK__ISAMS_HOST"] = "http://127.0.0.1:9"
    said = here.sync("check", "--json")
    host = next(row for row in said.json["checks"] if row["check"] == "iSAMS of northbank: host")

    assert "127.0.0.1:9: check ISAMS_HOST" in host["error"]["message"]
    assert (host["error"]["who"], host["next"]) == (
        "operator",
        "mend it in the settings, in Azure or in Entra, then check again",
    )


def test_of_several_faults_each_is_told_and_one_gives_the_code(here: Trial) -> None:
    """An outage of iSAMS does not hide what is wrong with SDS."""
    here.stage.isams.faults = refused(503)
    here.settings["SDS__CLIENT_SECRET"] = "wrong-secret"
    said = here.sync("check")

    assert said.code == Exit.TARGET
    assert "iSAMS is busy or away" in said.out
    assert "SDS__CLIENT_SECRET" in said.out
    assert "2 of 32 are wrong, 14 were not tried." in said.out


def test_storage_that_is_refused_is_told(here: Trial) -> None:
    """A folder that others may write to: nothing of it can be tried further."""
    (here.folder / "rosters").mkdir()
    (here.folder / "rosters").chmod(0o777)
    said = here.sync("check", "--json")
    states = {row["check"]: row["state"] for row in said.json["checks"]}

    assert said.code == Exit.STORE
    assert states["storage: folder"] == "wrong"
    assert states["storage: create, read, list, delete"] == "not tried"


def test_a_warning_is_shown_with_what_to_do(here: Trial) -> None:
    """It is no fault: the code stays 0."""
    sds = here.stage.sds
    soon = here.clock.now() + timedelta(days=9)
    sds.flows = [Flow(id="f1", connector_id=sds.connectors[0].id, expires=soon)]
    said = here.sync("check")

    assert said.code == Exit.DONE
    assert "What to do: before that day" in said.out
    assert "Nothing is wrong, 1 warning, 1 was not tried." in said.out


def test_wrong_settings_are_told_line_by_line(here: Trial) -> None:
    """Without settings nothing else can be tried."""
    here.settings["PROFILES__PREP__YEAR_GROUPS"] = "nonsense"

    said = here.sync("check")

    assert said.code == Exit.USAGE
    assert "PROFILES__PREP__YEAR_GROUPS" in said.out


def test_of_many_schools_only_what_is_not_well_is_listed(here: Trial) -> None:
    """What is wrong comes first; the rest is counted, and listed on request."""
    old = "SCHOOLS__NORTHBANK__"
    for number in range(2, 6):
        place = f"SCHOOLS__BANK{number}__"
        here.settings |= {
            name.replace(old, place): value
            for name, value in here.settings.items()
            if name.startswith(old)
        }
        here.settings |= {
            f"{place}ID": f"999000{number}",
            f"PROFILES__BANK{number}__SCHOOL": f"bank{number}",
            f"PROFILES__BANK{number}__YEAR_GROUPS": f"{number + 7}",  # no two take one year
        }
    here.settings |= {
        "PROFILES__SENIORS__SCHOOL": "northbank",
        "PROFILES__SENIORS__YEAR_GROUPS": "7,8",
        "PROFILES__PREP__SCHOOL": "northbank",
    }
    here.stage.isams.faults = refused(403)

    said, in_full = here.sync("check"), here.sync("check", "--all")
    counted = re.search(r"^(\d+) are well, and not listed", said.out, re.MULTILINE)

    assert said.code == in_full.code == Exit.SOURCE
    assert said.out.index("wrong") < said.out.index("not tried")
    assert counted
    assert int(counted[1]) > 30
    assert len(re.findall(r"^ ok ", in_full.out, re.MULTILINE)) > 30
    assert not re.findall(r"^ ok ", said.out, re.MULTILINE)


# --- status -------------------------------------------------------------------------------------


def test_status_says_what_to_do_next(here: Trial) -> None:
    """From the first look to a hold for losses, the next step is named."""
    fresh = here.sync("status")
    here.sync("run")
    held = here.sync("status")

    assert (fresh.code, held.code) == (Exit.DONE, Exit.DONE)
    assert "`isams-sync run` reads it" in fresh.out
    assert "is held" in held.out
    assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d (GMT|BST)", held.out)
    assert "`isams-sync approve 2026" in held.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "--approve", "--wait", "60"), "is done: SDS holds it"),
        (("run", "--approve", "--wait", "0"), "SDS's run is awaited"),
    ],
)
def test_every_state_has_a_next_step(here: Trial, words: tuple[str, ...], told: str) -> None:
    """Also where nothing is to be done, that is said."""
    here.sync(*words)

    assert told in here.sync("status").out


def test_status_shows_a_failed_pull_and_who_must_act(here: Trial) -> None:
    """A key that was switched off is still told in the morning."""
    here.stage.isams.keys = {}
    here.sync("run")

    said = here.sync("status")

    assert "ISAMS_KEY" in said.out
    assert "the school" in said.out


def test_status_in_json_is_what_the_function_answers(here: Trial) -> None:
    """The same names as /api/status, in one document, after those of every document."""
    here.sync("run", "--approve", "--wait", "60")

    told = here.sync("status", "--json").json

    assert set(told) == {
        "exit",
        "command",
        "error",
        "version",
        "now",
        "schools",
        "profiles",
        "connectors",
        "failed_messages",
    }
    assert told["connectors"]["MIS feed"]["deliveries"][0]["state"] == "done"


# --- all commands -------------------------------------------------------------------------------


# What each command wants typed, by the name of the parameter: one that is new is asked about here.
def typed(trial: Trial, command: click.Command) -> Iterator[str]:
    """Yield the words of *command* that must not be left out."""
    delivery_id = newest(trial)
    wanted = {"folder": trial.folder / "out", "day": "2027-09-01"}
    wanted |= dict.fromkeys(("delivery_id", "held_id", "plan_id", "who"), delivery_id)
    wanted |= dict.fromkeys(("first", "second", "class_id", "old", "now"), "9990001-2026-0")
    wanted |= {"digest": "0123456789ab", "match": "mail", "kind": "pupils"}
    wanted |= {"file": trial.folder / "swagger.json"}
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.required:
            yield from (parameter.opts[0], str(wanted[parameter.name or ""]))
        elif isinstance(parameter, click.Argument):
            yield str(wanted[parameter.name or ""])


def newest(trial: Trial) -> str:
    """Return the id of the newest delivery."""
    deliveries = trial.sync("status", "--json").json["connectors"]["MIS feed"]["deliveries"]
    return str(deliveries[0]["id"])


def test_nobody_and_no_secret_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """No name, address, key, secret, token or signature on stdout, stderr or in the log.

    Every command is typed, in both forms: well, and then with iSAMS refusing and the sign-in cut.
    Only `findings` and `plan` are there to name people.
    """
    caplog.set_level("DEBUG", logger="sync")
    school = invent(150)
    with trial(tmp_path, capsys, school) as here:
        said = [here.sync("run"), *everything(here)]
        here.stage.isams.faults = refused(403)
        here.stage.sds.fail_next("token", RuntimeError("cut"), times=1)
        said += everything(here)
        tokens = list(here.stage.sds.tokens)
    text = "".join(shown.out + shown.err for shown in said) + caplog.text

    canaries = {f"{pupil.forename} {pupil.surname}" for pupil in school.pupils}
    canaries |= {f"{member.forename} {member.surname}" for member in school.staff}
    addresses = [pupil.email for pupil in school.pupils]
    addresses += [member.email for member in school.staff]
    canaries |= {address.strip() for address in addresses if address and address.strip()}
    canaries |= {DEMO_KEY, "invented-secret", "sig=", *tokens}
    assert tokens
    assert not {canary for canary in canaries if canary.lower() in text.lower()}


def everything(trial: Trial) -> list[Said]:
    """Type every command but those that name people on request, for people and for programs."""
    return [
        trial.sync(*words, *typed(trial, command), *form)
        for words, command in commands()
        for form in ((), ("--json",))
        if words not in {("findings",), ("plan",), ("explain",)}
    ]


def test_every_command_speaks_json(here: Trial) -> None:
    """One document, whatever the command and however it ends, with a code of the table."""
    here.sync("run")
    said = [here.sync(*words, *typed(here, command), "--json") for words, command in commands()]

    names = [" ".join(words) for words, _ in commands()]
    assert [shown.json["command"] for shown in said] == names
    assert [shown.json["exit"] for shown in said] == [shown.code for shown in said]
    assert all("error" in shown.json for shown in said)
    assert {shown.code for shown in said} <= set(Exit)


def test_commands_of_groups_are_gone_through_too() -> None:
    """A command that lies in a group of the tree is found under both words."""
    inner = click.Command("inner")
    tree = click.Group("sync", {"group": click.Group("group", {"inner": inner})})

    assert list(commands(tree)) == [(("group", "inner"), inner)]


def test_the_envelope_knows_which_commands_are_of_two_words() -> None:
    """Also where they are mistyped or stopped, before anything else of them is known."""
    assert {words[0] for words, _ in commands() if len(words) > 1} == GROUPS


def test_loggers_that_write_urls_are_quiet(here: Trial, caplog: pytest.LogCaptureFixture) -> None:
    """An iSAMS URL holds the key, and httpx writes URLs at INFO."""
    caplog.set_level("INFO")
    here.sync("check")

    assert not [record for record in caplog.records if record.name.startswith("http")]


def test_the_page_has_every_exit_code_with_its_meaning() -> None:
    """The table is written once in code; the page says the same."""
    rows = dict(re.findall(r"^\| (\d) \| (.+?) \|$", PAGE, re.MULTILINE))

    assert rows == dict(exit_rows())


def test_the_page_says_which_code_comes_first() -> None:
    """Of two codes the page's first one wins."""
    listed = re.search(r"the first of these that occurred: ([\d, ]+)\.", PAGE)
    codes = {str(code.value): code for code in Exit}
    order = [codes[number] for number in listed[1].split(", ")] if listed else []

    assert set(order) == set(Exit) - {Exit.DONE}
    for first, second in pairwise([*order, Exit.DONE]):
        assert worst([second, first]) is first


def test_every_command_that_is_written_can_be_called() -> None:
    """A command that was forgotten in the tuple of `cli` could be asked by nobody."""
    modules = [
        importlib.import_module(found.name)
        for found in iter_modules(terminal.__path__, "sync.terminal.")
    ]
    written = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, click.Command) and not isinstance(value, click.Group)
    }

    assert written == {command for _, command in commands()}


def test_the_page_has_every_command_and_option() -> None:
    """A command or option that is added and not described fails here."""
    for words, command in commands():
        section = PAGE.partition(f"## `{' '.join(words)}`")[2].partition("\n## ")[0]
        options = {
            word
            for option in command.params
            if isinstance(option, click.Option)
            for word in option.opts
        }

        assert section
        assert {option for option in options if f"`{option}" not in section} == set()


def test_missing_packages_are_said_plainly() -> None:
    """The function app does without click and rich; the terminal says what to install."""
    without = "import sys, runpy; sys.modules['click'] = None"
    code = f"{without}; runpy.run_module('sync', run_name='__main__')"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ended.returncode == Exit.USAGE
    assert ended.stderr.strip() == MISSING
