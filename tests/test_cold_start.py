"""What a cold start loads: an app that was asleep reads all of this before it answers."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.audit.verdict import pinned

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements.txt").read_text("utf-8")

# Each costs a start a fifth to half a second, or (aiohttp) doubles what azure-core costs.
HEAVY = re.compile(
    r"aiohttp|lxml|numpy|pandas|polars|opencensus.*|opentelemetry.*|azure-monitor.*"
    r"|azure-core-tracing.*|applicationinsights"
)
# Imported when a function is called that uses them: a start lists the functions, and no more.
LATER = (
    *("azure.storage.blob", "azure.storage.queue", "azure.identity", "azure.core", "msal"),
    *("pydantic", "httpx", "tenacity", "cryptography", "jwt"),
    *("sync.settings", "sync.edge.world", "sync.steps", "sync.sds", "sync.roster", "sync.isams"),
)
CLIENTS = ("azure.storage.blob", "azure.storage.queue", "azure.identity", "msal")
BARE = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
FIRST_CALLS = """
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace

from function_app import handlers

request = SimpleNamespace(headers={}, params={}, route_params={})
calls = (
    lambda: handlers.on_timer(""),
    lambda: handlers.on_pull(b"", ""),
    lambda: handlers.on_send(b"", ""),
    lambda: handlers.on_request("status", request),
    lambda: handlers.on_request("check", request),
)
barrier = Barrier(len(calls))

def outcome(call):
    barrier.wait()
    try:
        return str(call().status)
    except Exception as error:
        return type(error).__name__

with ThreadPoolExecutor(len(calls)) as pool:
    print(json.dumps(sorted(pool.map(outcome, calls), key=lambda word: (word.isdigit(), word))))
"""


# What the page is made with, and what only its way in on one's own machine needs.
OF_THE_PAGE = ("jinja2", "sync.web.page")
OF_LOOPBACK = ("sync.web.page.loopback", "sync.web.page.working")
PAGE = ("function_app", "sync.web.page.platform")


def imported_when_called() -> set[str]:
    """Return the modules that a function of `handlers` imports itself."""
    tree = ast.parse((ROOT / "sync" / "web" / "handlers.py").read_text("utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    nodes = [node for function in functions for node in ast.walk(function)]
    return {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}


def loaded(*modules: str) -> set[str]:
    """Return the names of all modules that importing *modules* in a fresh interpreter loads."""
    code = f"import json, sys, {', '.join(modules)}; print(json.dumps(list(sys.modules)))"
    said = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    names: list[str] = json.loads(said)
    return set(names)


@pytest.fixture(scope="module")
def at_start() -> set[str]:
    return loaded("function_app")


@pytest.fixture(scope="module")
def once_called() -> set[str]:
    return loaded("function_app", *imported_when_called())


@pytest.fixture(scope="module")
def by_the_page() -> set[str]:
    return loaded(*PAGE)


def heavy(lock: str) -> list[str]:
    return sorted(name for name in pinned(lock) if HEAVY.fullmatch(name))


def test_no_heavy_package_is_deployed() -> None:
    """What is not installed can neither be imported nor found by a library that looks for it."""
    assert heavy(LOCK) == []


@pytest.mark.parametrize("name", ["aiohttp", "Pandas", "azure_monitor_opentelemetry", "lxml"])
def test_a_heavy_package_would_be_seen(name: str) -> None:
    """However it is spelt, and wherever in the lock it stands."""
    assert len(heavy(f"{LOCK}\n{name}==1.0 \\\n    --hash=sha256:00\n")) == 1


def test_the_lock_was_read() -> None:
    """The packages that the app names are among those that were looked through."""
    assert {"azure-functions", "httpx", "pydantic"} <= pinned(LOCK)


@pytest.mark.parametrize("module", LATER)
def test_a_start_loads_nothing_that_only_a_call_needs(module: str, at_start: set[str]) -> None:
    """Settings, steps and packages are imported by the call that uses them, `handlers` alone."""
    assert module not in at_start


@pytest.mark.parametrize("module", CLIENTS)
def test_a_call_loads_no_client_that_it_may_not_need(module: str, once_called: set[str]) -> None:
    """Storage, sign-in and queues are imported by the step that uses them."""
    assert module not in once_called


def test_what_pulls_never_loads_what_sends() -> None:
    """Each has instances of its own: docs/reference/functions.md#per-function."""
    pulling = loaded("function_app", "sync.steps.pull", "sync.web.opening")

    assert "sync.steps.seal" in pulling
    assert not {"sync.steps.send", "sync.steps.submit", "sync.web.responses"} & pulling


@pytest.mark.parametrize(
    "others",
    [
        ("function_app",),
        ("function_app", "sync.steps.tick", "sync.web.opening"),
        ("function_app", "sync.steps.pull", "sync.web.opening"),
        ("function_app", "sync.steps.send", "sync.web.opening"),
        ("function_app", "sync.web.requests"),
        ("sync.terminal.cli",),
    ],
    ids=["start", "tick", "pull", "send", "requests", "terminal"],
)
def test_what_the_page_is_made_with_is_loaded_by_the_page_alone(others: tuple[str, ...]) -> None:
    """Templates cost a start a tenth of a second: whoever draws nothing does without."""
    assert not loaded(*others) & set(OF_THE_PAGE)


def test_the_page_loads_what_it_is_made_with(by_the_page: set[str]) -> None:
    """The look finds what the others are held against."""
    assert by_the_page >= set(OF_THE_PAGE)


@pytest.mark.parametrize("module", [*OF_LOOPBACK, *CLIENTS, "httpx", "click", "rich"])
def test_a_look_at_the_page_loads_no_way_to_isams_and_none_of_a_terminal(
    module: str, by_the_page: set[str]
) -> None:
    """Only a check and a reading ask anybody; httpx brings click and rich where they are there."""
    assert module not in by_the_page


def test_first_calls_at_once_find_all_that_they_need() -> None:
    """The worker runs calls in threads: each then loads what another is loading at that moment.

    Without settings each ends as that says, and in no other way.
    """
    said = subprocess.check_output(
        [sys.executable, "-c", FIRST_CALLS], cwd=ROOT, text=True, env=BARE, timeout=60
    )

    assert json.loads(said) == ["ConfigError"] * 3 + ["200", "500"]


def test_an_early_import_would_be_seen() -> None:
    """The look into a fresh interpreter finds what it is there to find."""
    assert loaded("function_app", *LATER) >= set(LATER)


def test_a_call_loads_nothing_but_what_is_deployed(once_called: set[str]) -> None:
    """Nothing of the tests' own packages, or of simulators, is needed to start and to work."""
    owners = packages_distributions()
    tops = {name.partition(".")[0] for name in once_called} - {"azure"}  # shared by many
    used = {re.sub(r"[-_.]+", "-", owners[top][0]).lower() for top in tops if top in owners}

    assert {"pydantic"} <= used <= pinned(LOCK)
    assert not tops & {"simulators", "tests"}
