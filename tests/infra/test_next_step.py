"""What `azd provision` says at its end: the next step, with the ids of what was just made."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sync.web.routes import ROUTES
from tests.infra.bicep import INFRA
from tests.infra.test_bicep import files

ROOT = INFRA.parent
SCRIPTS = {name: (INFRA / name).read_text("utf-8") for name in ("next-step.sh", "next-step.ps1")}
MADE = {
    "SYNC_IDENTITY_OBJECT_ID": "11111111-2222-3333-4444-555555555555",
    "READ_BACK_IDENTITY_OBJECT_ID": "11111111-2222-3333-4444-666666666666",
    "AZURE_FUNCTION_APP_NAME": "func-sync-invented",
    "AZURE_RESOURCE_GROUP": "rg-school-sync",
}
on_posix = pytest.mark.skipif(sys.platform == "win32", reason="there it is the other script")


def said(env: dict[str, str]) -> str:
    """Return what the script says, run as azd runs it."""
    run = subprocess.run(
        ["/bin/sh", str(INFRA / "next-step.sh")],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr == ""
    return run.stdout


@on_posix
def test_the_next_step_is_said_with_the_ids_filled_in() -> None:
    """What is said can be typed as it stands, but for the school's own tenant."""
    text = said(MADE)

    assert f"infra/grant-graph.py --object-id {MADE['SYNC_IDENTITY_OBJECT_ID']} --what-if" in text
    assert "az functionapp function keys list -n func-sync-invented -g rg-school-sync" in text
    assert 'curl -H "x-functions-key: $KEY" https://func-sync-invented.azurewebsites.net' in text
    assert set(re.findall(r"<[^>]*>", text)) == {"<the school's tenant>"}


@on_posix
def test_an_id_that_is_not_told_is_asked_for_and_nothing_fails() -> None:
    """A deployment that was made is not called failed because of what is said of it."""
    assert "--object-id <SYNC_IDENTITY_OBJECT_ID of: azd env get-values>" in said({})


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_name_that_a_script_reads_is_an_output(name: str) -> None:
    """As variables of their names, azd hands outputs to hooks."""
    read = set(re.findall(r"[A-Z]+(?:_[A-Z]+){2,}", SCRIPTS[name]))

    assert read == MADE.keys()
    assert read <= files()["main.bicep"].of("output").keys()


def test_both_scripts_say_the_same() -> None:
    """But for how a system writes a path and a variable."""
    posix, windows = (
        text[text.index("What is left") :].replace("\\$", "$").replace("\\", "/")
        for text in SCRIPTS.values()
    )
    windows = windows.replace("`$key", "$KEY").replace(".venv/Scripts/", ".venv/bin/")
    posix = posix.replace("KEY=$(az", "$KEY = az").replace("-o tsv)", "-o tsv")

    assert windows.replace("curl.exe", "curl").replace('"@', "TEXT") == posix


def test_azd_is_told_where_the_scripts_are() -> None:
    """By a path from the root; the one that is run by its name may be run."""
    told = (ROOT / "azure.yaml").read_text("utf-8")
    runs = [Path(path) for path in re.findall(r"run: (\S+)", told)]

    assert [path.name for path in runs] == list(SCRIPTS)
    assert all((ROOT / path).is_file() for path in runs)
    assert told.count("interactive: true") == told.count("continueOnError: true") == len(runs)
    assert sys.platform == "win32" or os.access(INFRA / "next-step.sh", os.X_OK)


def test_the_check_is_asked_for_where_it_is() -> None:
    """The address and the function whose key it takes are those of the route."""
    route = ROUTES["check"]

    assert all(f".azurewebsites.net/api/{route.path}" in text for text in SCRIPTS.values())
    assert all(f"--function-name {route.function} " in text for text in SCRIPTS.values())
