"""The demo is a test as well: it fails if anything in its story is not so."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from simulators import staging
from simulators.__main__ import main as serve
from simulators.demo.story import demo
from simulators.demo.telling import Teller
from simulators.school import invent
from sync.edge.clock import SystemClock
from sync.edge.world import opened
from sync.settings.load import load
from sync.terminal.cli import main
from sync.terminal.context import Terminal

ROOT = Path(__file__).parent.parent.parent
PUPILS = 200


def test_the_demo_ends_as_expected_and_names_nobody_but_in_the_plan() -> None:
    """Held, approved, delivered, changed, unchanged, held again; then the plan has two rosters."""
    text = io.StringIO()
    school = invent(PUPILS)

    code = demo(PUPILS, Teller(Console(file=text, width=120)))

    told = text.getvalue()
    assert code == 0, told
    assert "0 calls to SDS" in told
    assert "pupils would go, or have another address" in told
    before, _, plan = told.partition("with `isams-sync plan`:")
    named = [
        {name for one in school.pupils if (name := f"{one.forename} {one.surname}") in part}
        for part in (before, plan)
    ]
    assert not named[0]
    assert len(named[1]) > 4
    assert "would have each other's pupils" in plan
    assert school.domain not in told


def test_a_demo_that_is_not_as_expected_fails() -> None:
    """One expectation that is not met is told, and is the exit code."""
    text = io.StringIO()
    teller = Teller(Console(file=text))
    teller.expect("the sun shines", holds=True)
    teller.expect("it is Sunday", holds=False)

    assert teller.end() == 1
    assert "NOT SO: it is Sunday" in text.getvalue()


@pytest.mark.longest
def test_the_demo_runs_as_on_azure() -> None:
    """In a Functions host, over HTTP, on emulated storage, with every wait of the app."""
    ended = subprocess.run(
        [sys.executable, "-m", "simulators.demo", "--azure", "--pupils", str(PUPILS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_demo_refuses_a_school_that_is_too_small() -> None:
    """Too few pupils have no room for the story."""
    ended = subprocess.run(
        [sys.executable, "-m", "simulators.demo", "--pupils", "3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert "expected 200" in ended.stderr


@pytest.mark.parametrize("what", ["isams", "sds", "all"])
def test_the_simulators_print_settings_that_load(
    what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is printed can be pasted: each name is a setting, and together they load."""
    at_once = threading.Event()
    at_once.set()

    code = serve([what, "--pupils", "20", "--shell", "sh"], at_once)

    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("export ")]
    printed = dict(line.removeprefix("export ").replace("'", "").split("=", 1) for line in lines)
    other = staging.isams_settings(invent(20), "nowhere.example") | {"SDS__CONNECTOR": "x"}
    assert code == 0
    assert printed
    assert load(other | printed).connectors()


def test_the_simulators_print_settings_for_rest_too(capsys: pytest.CaptureFixture[str]) -> None:
    """They load as they are, and name a client instead of a key."""
    at_once = threading.Event()
    at_once.set()
    serve(["all", "--api", "rest", "--pupils", "20", "--shell", "sh"], at_once)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("export ")]
    settings = load(
        dict(line.removeprefix("export ").replace("'", "").split("=", 1) for line in lines)
    )
    place = settings.schools[staging.SCHOOL]

    assert (place.isams_api, place.isams_key) == ("rest", None)
    assert place.isams_client_id


class Meanwhile(threading.Event):
    """Does *what* with the settings that were printed while all is served, then ends that."""

    def __init__(
        self, capsys: pytest.CaptureFixture[str], what: Callable[[dict[str, str]], object]
    ) -> None:
        super().__init__()
        self._capsys, self._what = capsys, what

    def wait(self, timeout: float | None = None) -> bool:
        lines = self._capsys.readouterr().out.splitlines()
        exports = [line.removeprefix("export ") for line in lines if line.startswith("export ")]
        self.set()
        self._what(dict(line.replace("'", "").split("=", 1) for line in exports))
        return super().wait(timeout)


def test_an_sds_with_nothing_in_it_can_be_served(capsys: pytest.CaptureFixture[str]) -> None:
    """To try its set-up by hand: a person's token is printed, and SDS takes it and is empty."""
    seen: list[object] = []

    def ask(printed: dict[str, str]) -> None:
        base = f"{printed['SDS__GRAPH_URL']}/beta/external/industryData"
        bearer = {"Authorization": f"Bearer {printed['GRAPH_TOKEN']}"}
        for name in ("sourceSystems", "dataConnectors", "years", "inboundFlows"):
            answer = httpx.get(f"{base}/{name}", headers=bearer, trust_env=False)
            seen.append(answer.json()["value"])

    serve(["sds", "--empty", "--shell", "sh"], Meanwhile(capsys, ask))

    assert seen == [[], [], [], []]


def test_to_be_empty_speaks_of_sds_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """With the school alone the word is refused, not overlooked."""
    with pytest.raises(SystemExit) as ended:
        serve(["isams", "--empty"], threading.Event())

    assert ended.value.code == 2
    assert "take it with sds or all" in capsys.readouterr().err


def test_the_addresses_of_the_simulators_school_can_be_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what is printed alone: the invented tenant lists its users to the token beside it."""
    codes = list[int]()

    def list_them(printed: dict[str, str]) -> None:
        around = Terminal(printed, tmp_path, SystemClock(), opened)
        codes.append(main(["addresses", "pupils", "--out", str(tmp_path / "list")], around))

    serve(["all", "--shell", "sh"], Meanwhile(capsys, list_them))

    assert codes == [0]
    assert (tmp_path / "list" / "pupils-addresses.csv").read_text().count("\n") > 1


def test_the_settings_are_printed_for_powershell_too(capsys: pytest.CaptureFixture[str]) -> None:
    """On Windows, `export` would be an unknown command."""
    at_once = threading.Event()
    at_once.set()
    serve(["sds", "--shell", "powershell"], at_once)

    assert "$env:SDS__CONNECTOR = 'MIS feed'\n" in capsys.readouterr().out


@pytest.mark.parametrize("port", ["80000", "65534", "0", "-1", "x"])
def test_a_port_that_cannot_be_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is allowed is said, and nothing is served."""
    with pytest.raises(SystemExit) as ended:
        serve(["all", f"--port={port}"], threading.Event())

    assert ended.value.code == 2
    assert "expected 1 to 65533" in capsys.readouterr().err
