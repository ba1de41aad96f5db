"""What Azure would be asked to make, worked out offline by Microsoft's own compiler, `bicep`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.infra.bicep import INFRA

BICEP = shutil.which("bicep")
NEEDS_BICEP = pytest.mark.skipif(
    BICEP is None, reason="no bicep on the PATH: docs/deploying.md, *Checking infra/*"
)
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = "rg-invented"

# Two schools of a trust with everything on that is off unless asked for.
TRUST = """using './main.bicep'
param environmentName = 'invented-trust'
param location = 'uksouth'
param schools = {
  NORTHBANK: { NAME: 'Northbank School', ID: '9990001', ISAMS_HOST: 'northbank.isams.example' }
  SOUTHBANK: { NAME: 'Southbank School', ID: '9990002', ISAMS_HOST: 'southbank.isams.example' }
}
param profiles = {
  north: { SCHOOL: 'northbank' }
  south: { SCHOOL: 'southbank' }
}
param defaults = { SCHOOL: { PULL_AT: '21:00' }, PROFILE: { YEAR_GROUPS: '7-13', COURSES: true } }
param sds = { CONNECTOR: 'iSAMS nightly' }
param secretSettings = ['SCHOOLS__NORTHBANK__ISAMS_KEY', 'SCHOOLS__SOUTHBANK__ISAMS_KEY']
param secrets = {
  SCHOOLS__NORTHBANK__ISAMS_KEY: 'invented-1'
  SCHOOLS__SOUTHBANK__ISAMS_KEY: 'invented-2'
}
param alertAddresses = ['it@northbank.example']
param network = 'private'
param authClientId = '00000000-0000-0000-0000-000000000003'
"""
# The same behind service endpoints, with an administrator who is let in, and callers who are known.
ENDPOINTS = (
    TRUST.replace("'invented-trust'", "'invented-endpoints'").replace("'private'", "'endpoints'")
    + "param administratorAddresses = ['203.0.113.7/32', '203.0.113.16/28']\n"
    + "param rosterReaders = ['BBBBBBBB-0000-4000-8000-000000000002']\n"
    + "param callerAddresses = ['198.51.100.0/24', '203.0.113.7', '2001:db8::7']\n"
)
# The way without a subscription of one's own: into a group that exists.
ALONE = """using './resources.bicep'
param location = 'uksouth'
param schools = {
  NORTHBANK: { NAME: 'Northbank School', ID: '9990001', ISAMS_HOST: 'northbank.isams.example' }
}
param profiles = { all: { YEAR_GROUPS: '7-13' } }
param sds = { CONNECTOR: 'iSAMS nightly' }
param secretSettings = ['SCHOOLS__NORTHBANK__ISAMS_KEY']
param alertAddresses = ['it@northbank.example']
"""
WAYS = {"sample": "", "endpoints": ENDPOINTS, "trust": TRUST, "alone": ALONE}
NETWORKS = {"sample": "open", "endpoints": "endpoints", "trust": "private", "alone": "open"}


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as it would be asked for. Where Azure alone can say, an expression in brackets."""

    id: str
    kind: str
    name: str
    properties: dict[str, object]


def bicep(*words: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run the compiler and return all that it says, files aside."""
    assert BICEP
    done = subprocess.run(
        [BICEP, *words],
        cwd=cwd,
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        check=False,  # how it ended is part of what is returned
    )
    return done.stderr + (f"ended with {done.returncode}" if done.returncode else "")


def predicted(
    folder: Path, parameters: str = "", change: tuple[str, str, str] | None = None
) -> tuple[Resource, ...]:
    """Return what *parameters* would make, or what the sample would; see `snapshot`."""
    return tuple(
        Resource(one["id"], one["type"], one["name"], one.get("properties", {}))
        for one in snapshot(folder, parameters, change)
    )


def snapshot(
    folder: Path, parameters: str = "", change: tuple[str, str, str] | None = None
) -> list[dict[str, Any]]:
    """Return each resource that *parameters* would make, as the compiler writes it.

    *change* is a file of infra/, a text in it and what stands there instead.

    The compiler works out nothing that depends on a secure parameter, so the copy in *folder*
    has none, and the rule that asks for them is off there.
    """
    shutil.copytree(INFRA, folder / "infra", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "bicepconfig.json").write_text("{}", encoding="utf-8")
    for file in (folder / "infra").glob("*.bicep"):
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r"^@secure\(\)\n", "", text, flags=re.MULTILINE), encoding="utf-8")
    if change:
        name, old, new = change
        text = (folder / "infra" / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is not just once in {name}"
        (folder / "infra" / name).write_text(text.replace(old, new), encoding="utf-8")
    file = folder / "infra" / "main.bicepparam"
    if parameters:
        file.write_text(parameters, encoding="utf-8")
    said = bicep(
        *("snapshot", file, "--mode", "overwrite", "--subscription-id", SUBSCRIPTION),
        *("--tenant-id", SUBSCRIPTION, "--location", "uksouth", "--deployment-name", "invented"),
        *(("--resource-group", GROUP) if "resources.bicep" in parameters else ()),
        cwd=folder,
        env={"ISAMS_KEY": "invented"},
    )
    assert "ended with" not in said, said
    found = json.loads(file.with_name("main.snapshot.json").read_text(encoding="utf-8"))
    assert found["diagnostics"] == []
    resources: list[dict[str, Any]] = found["predictedResources"]
    return resources
