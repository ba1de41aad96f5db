"""`infra/grant-graph.py` against a simulated directory, in process."""

from __future__ import annotations

import importlib.util
import io
import re
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from simulators.directory import GRAPH_APP_ID, TOKEN, Directory, Principal, Role
from sync.edge.graph import education, places, sds
from sync.edge.graph.requests import Errand
from sync.steps.doctor.setup import OPTIONAL

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "infra" / "grant-graph.py"

# A name with a hyphen cannot be imported: it is a command, like those of azd's own samples.
_spec = importlib.util.spec_from_file_location("grant_graph", SCRIPT)
assert _spec
assert _spec.loader
script = importlib.util.module_from_spec(_spec)
sys.modules["grant_graph"] = script
_spec.loader.exec_module(script)

ROLES = (*script.NEEDED, *script.RUN_START, *script.SDS_SHOW)
READ_BACK = (*script.READ_BACK, *script.ACCOUNTS)
GRAPH = Principal(
    name="Microsoft Graph",
    id="aaaaaaaa-0000-4000-8000-000000000001",
    app_id=GRAPH_APP_ID,
    kind="Application",
    # A role of the same value for people comes first: it is not the one to grant.
    roles=(
        Role("IndustryData-DataConnector.Upload", for_applications=False),
        Role("Directory.Read.All"),
        *map(Role, (*ROLES, *READ_BACK)),
    ),
)
IDENTITY = Principal(
    name="id-northbank",
    id="bbbbbbbb-0000-4000-8000-000000000002",
    app_id="cccccccc-0000-4000-8000-000000000003",
)
OTHER = Principal(
    name="Another service",
    id="dddddddd-0000-4000-8000-000000000004",
    app_id="eeeeeeee-0000-4000-8000-000000000005",
    kind="Application",
    roles=(Role("Things.Read"),),
)
BY_OBJECT = ("--object-id", IDENTITY.id)


@dataclass
class Tried:
    """A tenant, and what the command said in it."""

    directory: Directory = field(
        default_factory=lambda: Directory(principals=[GRAPH, IDENTITY, OTHER])
    )
    told: str = ""
    slept: list[float] = field(default_factory=list)

    def run(self, *words: str, token: str = TOKEN) -> int:
        out = io.StringIO()
        code: int = script.main(
            words or BY_OBJECT,
            env={"GRAPH_TOKEN": token},
            out=out,
            errors=out,
            transport=httpx.WSGITransport(app=self.directory),
            sleep=self.slept.append,
        )
        self.told = out.getvalue()
        return code

    @property
    def held(self) -> list[str]:
        return self.directory.held(IDENTITY)

    @property
    def posts(self) -> int:
        return sum(method == "POST" for method, _ in self.directory.requests)


@pytest.fixture
def tried() -> Tried:
    return Tried()


def test_the_script_grants_what_the_app_asks_for() -> None:
    """Every role that a call to Graph names is granted, and no role that none names."""
    named = {**vars(sds), **vars(places)}.values()
    asked = {one.role for one in named if isinstance(one, Errand)}

    assert {*script.NEEDED, *script.RUN_START} == asked
    assert set(script.RUN_START) == {sds.START.role}
    assert set(script.SDS_SHOW) == {one.role for one in OPTIONAL}


def test_the_script_grants_what_reading_back_asks_for() -> None:
    """To another identity: no role is on both lists."""
    asked = {one.role for one in vars(education).values() if isinstance(one, Errand)}

    assert set(READ_BACK) == asked
    assert set(script.ACCOUNTS) == {education.ACCOUNTS.role}
    assert not asked & set(ROLES)


@pytest.mark.parametrize(
    ("words", "expected"),
    [((), [*script.READ_BACK]), (("--with-accounts",), [*READ_BACK])],
)
def test_the_second_identity_gets_what_reading_back_takes_and_nothing_else(
    tried: Tried, words: tuple[str, ...], expected: list[str]
) -> None:
    """What else it could be given is not needed, and accounts only if asked for."""
    assert tried.run(*BY_OBJECT, "--with-read-back", *words) == 0
    assert sorted(tried.held) == sorted(expected)


def test_no_identity_gets_both(tried: Tried) -> None:
    """Whoever sends does not read people, and the reverse: nothing is granted then."""
    tried.directory.give(IDENTITY, GRAPH, "IndustryData.ReadBasic.All")
    assert tried.run(*BY_OBJECT, "--with-read-back") == 2
    assert "SDS__READ_BACK_CLIENT_ID" in tried.told

    tried.directory.granted.clear()
    tried.directory.give(IDENTITY, GRAPH, "Member.Read.Hidden")
    assert tried.run() == 2
    assert tried.posts == 0


@pytest.mark.parametrize(
    "words",
    [
        ("--with-accounts",),
        ("--with-read-back", "--with-run-start"),
        ("--with-read-back", "--with-sds-show"),
    ],
)
def test_words_that_do_not_go_together_are_told(tried: Tried, words: tuple[str, ...]) -> None:
    """Before anybody is asked."""
    with pytest.raises(SystemExit):
        tried.run(*BY_OBJECT, *words)
    assert tried.directory.requests == []


def test_the_page_lists_the_roles_that_the_script_grants() -> None:
    """What an administrator reads, and pastes into PowerShell, is what the script would do."""
    page = (ROOT / "docs" / "permissions.md").read_text("utf-8")
    table = re.findall(r"^\| `(IndustryData[\w.-]+)` \|", page, re.MULTILINE)
    pasted = page.partition("```powershell")[2].partition("```")[0]

    assert set(table) == set(ROLES)
    assert set(re.findall(r"'(IndustryData[\w.-]+)'", pasted)) == set(script.NEEDED)


@pytest.mark.parametrize("words", [BY_OBJECT, ("--app-id", IDENTITY.app_id)])
def test_what_is_missing_is_granted(tried: Tried, words: tuple[str, ...]) -> None:
    """Under either of its ids, the identity ends up with exactly what it needs."""
    tried.directory.give(IDENTITY, GRAPH, "IndustryData.ReadBasic.All")

    assert tried.run(*words) == 0
    assert sorted(tried.held) == sorted(script.NEEDED)
    assert tried.posts == 4
    assert "Done: 4 granted, 1 were there already." in tried.told


def test_each_role_is_told_with_its_reason(tried: Tried) -> None:
    """An administrator sees what each role is for before it is granted."""
    tried.run(*BY_OBJECT, "--what-if")

    lines = tried.told.splitlines()
    for value, reason in script.NEEDED.items():
        assert [line for line in lines if value in line and reason in line]


def test_run_start_is_granted_only_if_asked_for(tried: Tried) -> None:
    """The one role that starts something is not given by default."""
    tried.run()
    assert "IndustryData-Run.Start" not in tried.held

    assert tried.run(*BY_OBJECT, "--with-run-start") == 0
    assert "IndustryData-Run.Start" in tried.held


def test_roles_to_show_the_set_up_are_granted_only_if_asked_for(tried: Tried) -> None:
    """They read, all of them; none that writes is ever granted."""
    tried.run()
    assert not set(tried.held) & set(script.SDS_SHOW)

    assert tried.run(*BY_OBJECT, "--with-sds-show") == 0
    assert set(script.SDS_SHOW) <= set(tried.held)
    assert not [role for role in tried.held if "Write" in role]


def test_twice_changes_nothing(tried: Tried) -> None:
    """The second time nothing is posted."""
    tried.run()
    before = tried.posts

    assert tried.run() == 0
    assert tried.posts == before
    assert "Done: 0 granted, 5 were there already." in tried.told


def test_what_if_changes_nothing(tried: Tried) -> None:
    """`--what-if` tells and posts nothing."""
    assert tried.run(*BY_OBJECT, "--what-if") == 0
    assert tried.posts == 0
    assert tried.told.count("would be granted  ") == 5
    assert "Nothing was changed; 5 of 5 would be granted." in tried.told


def test_roles_beyond_need_are_named_and_left(tried: Tried) -> None:
    """What else the identity holds is told, and stays."""
    tried.directory.give(IDENTITY, GRAPH, "Directory.Read.All")
    tried.directory.give(IDENTITY, GRAPH, "IndustryData-Run.Start")
    tried.directory.give(IDENTITY, OTHER, "Things.Read")

    assert tried.run() == 0
    beyond = tried.told.partition("more than it needs")[2].partition("Done")[0].splitlines()[1:]
    assert [line.strip() for line in beyond] == [
        f"Another service: {OTHER.roles[0].id}",
        "Directory.Read.All",
        "IndustryData-Run.Start",
    ]
    assert len(tried.held) == 8


def test_nothing_is_said_of_an_identity_with_no_more_than_it_needs(tried: Tried) -> None:
    """The needed roles themselves are never told as too many."""
    tried.run()

    assert tried.run() == 0
    assert "more than it needs" not in tried.told


@pytest.mark.parametrize("gone", ["missing", "disabled", "for people only"])
def test_a_role_that_the_tenant_has_not_stops_all(gone: str) -> None:
    """Nothing is granted if one of the roles cannot be."""
    value = "IndustryData-Run.Read.All"
    role = Role(value, enabled=gone != "disabled", for_applications=gone == "disabled")
    others = tuple(one for one in GRAPH.roles if one.value != value)
    roles = others if gone == "missing" else (*others, role)
    graph = Principal(GRAPH.name, GRAPH.id, GRAPH.app_id, GRAPH.kind, roles)
    tried = Tried(Directory(principals=[graph, IDENTITY]))

    assert tried.run() == 1
    assert tried.posts == 0
    assert value in tried.told
    assert "Nothing was granted" in tried.told


@pytest.mark.parametrize("words", [("--app-id", GRAPH.id), ("--object-id", GRAPH_APP_ID)])
def test_an_unknown_identity_is_told_so(tried: Tried, words: tuple[str, ...]) -> None:
    """A wrong id, or one too new to be seen, names what to check."""
    assert tried.run(*words) == 1
    assert "knows no such identity" in tried.told


def test_who_may_not_grant_is_told_who_may(tried: Tried) -> None:
    """403 to a grant names the administrators who can."""
    tried.directory.may_grant = False

    assert tried.run() == 1
    assert "Privileged Role Administrator" in tried.told
    assert tried.posts == 1


def test_who_may_not_read_is_told_so(tried: Tried) -> None:
    """403 to the first look names the permission that it needs."""
    tried.directory.may_read = False

    assert tried.run() == 1
    assert "Application.Read.All" in tried.told


def test_an_old_token_is_told_and_never_shown(tried: Tried) -> None:
    """A token that Graph does not accept is asked for anew, and not printed."""
    assert tried.run(*BY_OBJECT, token="secret-of-yesterday") == 2
    assert "az login" in tried.told
    assert "yesterday" not in tried.told


def test_a_token_that_is_none_goes_nowhere(tried: Tried) -> None:
    """What cannot be a token is not sent, and not printed."""
    assert tried.run(*BY_OBJECT, token="two words") == 2
    assert tried.directory.requests == []
    assert "two words" not in tried.told


@pytest.mark.parametrize(
    ("az", "says"),
    [(None, "GRAPH_TOKEN"), ("#!/bin/sh\nexit 1\n", "az login --tenant")],
)
@pytest.mark.skipif(sys.platform == "win32", reason="stands in for az with a shell script")
def test_without_a_sign_in_nothing_is_asked(
    tried: Tried, az: str | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No token and no Azure CLI, or one that is not signed in: the next step is told."""
    _stand_in(az, tmp_path, monkeypatch)

    assert tried.run(*BY_OBJECT, token="") == 2
    assert says in tried.told
    assert tried.directory.requests == []


@pytest.mark.skipif(sys.platform == "win32", reason="stands in for az with a shell script")
def test_the_azure_cli_gives_the_token(
    tried: Tried, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is signed in with az needs no token of their own."""
    wanted = "account get-access-token --resource https://graph.microsoft.com"
    answer = f'#!/bin/sh\ncase "$*" in "{wanted} "*) echo {TOKEN} ;; *) exit 9 ;; esac\n'
    _stand_in(answer, tmp_path, monkeypatch)

    assert tried.run(*BY_OBJECT, token="") == 0
    assert TOKEN not in tried.told


def _stand_in(az: str | None, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let *az* be the only Azure CLI that can be found."""
    if az is not None:
        (folder / "az").write_text(az)
        (folder / "az").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_a_throttle_is_obeyed(tried: Tried) -> None:
    """429 is waited for as long as Graph says, then asked again."""
    tried.directory.throttled = 2

    assert tried.run() == 0
    assert tried.slept == [7, 7]
    assert sorted(tried.held) == sorted(script.NEEDED)


def test_a_throttle_may_name_a_date_or_nothing(tried: Tried) -> None:
    """`Retry-After` as a date is understood; without it the waits grow."""
    tried.directory.throttled = 1
    tried.directory.retry_after = format_datetime(datetime.now(UTC) + timedelta(seconds=60))
    tried.run()
    [waited_s] = tried.slept
    assert 30 < waited_s <= 60

    tried.slept.clear()
    tried.directory.throttled, tried.directory.retry_after = 3, None
    assert tried.run() == 0
    assert tried.slept == [1, 2, 4]


def test_a_throttle_without_end_is_given_up(tried: Tried) -> None:
    """After four tries it stops, with a word on when to come back."""
    tried.directory.throttled = 99

    assert tried.run() == 1
    assert len(tried.slept) == 3
    assert "Run this again in 60 s" in tried.told


def test_a_long_throttle_is_not_waited_for(tried: Tried) -> None:
    """Nobody sits before a terminal for an hour."""
    tried.directory.throttled, tried.directory.retry_after = 1, "3600"

    assert tried.run() == 1
    assert tried.slept == []
    assert "Run this again in 3600 s" in tried.told


def test_every_page_is_read(tried: Tried) -> None:
    """A role on the last page of what is held is not granted again."""
    tried.directory.page_size = 1
    for value in ("Directory.Read.All", *script.NEEDED):
        tried.directory.give(IDENTITY, GRAPH, value)

    assert tried.run() == 0
    assert tried.posts == 0
    assert "Directory.Read.All" in tried.told


def test_no_page_on_another_host_is_read(tried: Tried) -> None:
    """The token is not carried to wherever a next link points."""
    tried.directory.next_host = "https://elsewhere.example"
    for value in script.NEEDED:
        tried.directory.give(IDENTITY, GRAPH, value)

    assert tried.run() == 1
    assert "another host" in tried.told
    assert tried.posts == 0


@pytest.mark.parametrize("status", [400, 409])
def test_what_was_granted_meanwhile_counts_as_there(tried: Tried, status: int) -> None:
    """A refusal as a duplicate is looked into, and is no failure."""
    tried.directory.duplicate_status = status
    tried.directory.give(IDENTITY, GRAPH, "IndustryData.ReadBasic.All")
    tried.directory.stale_lists = 1

    assert tried.run() == 0
    assert sorted(tried.held) == sorted(script.NEEDED)
    assert "Done: 4 granted, 1 were there already." in tried.told


def test_a_refusal_that_nothing_explains_is_a_failure(tried: Tried) -> None:
    """A role that is refused and not shown is never told as granted."""
    tried.directory.give(IDENTITY, GRAPH, "IndustryData-DataConnector.Read.All")
    tried.directory.stale_lists = 2

    assert tried.run() == 1
    assert "IndustryData-DataConnector.Read.All" in tried.told
    assert "five minutes" in tried.told


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--object-id", "northbank"),
        ("--app-id", "x' or appId ne 'x"),
        (*BY_OBJECT, "--app-id", IDENTITY.app_id),
        (*BY_OBJECT, "--graph-url", "http://graph.example"),
        (*BY_OBJECT, "--graph-url", "https://user@graph.example"),
        (*BY_OBJECT, "--graph-url", "https://graph.example/v1.0"),
    ],
)
def test_a_wrong_word_is_code_2(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is asked of anybody for words that cannot be meant."""
    with pytest.raises(SystemExit) as ended:
        script.main(words, env={}, out=io.StringIO(), errors=io.StringIO())

    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_what_is_not_graph_is_told_so() -> None:
    """A proxy's page instead of an answer ends with a word on what to check."""
    page = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>Sign in</html>"))
    said = io.StringIO()

    code = script.main(BY_OBJECT, env={"GRAPH_TOKEN": TOKEN}, out=said, errors=said, transport=page)

    assert code == 1
    assert "not Microsoft Graph" in said.getvalue()


def test_a_lost_connection_names_no_secret(tried: Tried) -> None:
    """Graph out of reach is told by its kind, after four tries."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"{request.headers}", request=request)

    said = io.StringIO()
    env = {"GRAPH_TOKEN": TOKEN}
    code = script.main(
        BY_OBJECT,
        env=env,
        out=said,
        errors=said,
        transport=httpx.MockTransport(fail),
        sleep=tried.slept.append,
    )

    assert code == 1
    assert "ConnectError" in said.getvalue()
    assert TOKEN not in said.getvalue()
    assert tried.slept == [1, 2, 4]
