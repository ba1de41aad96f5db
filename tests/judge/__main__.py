"""`python dev.py judge`: what other people's tools find in `infra/`, workflows and settings.

Called with the folder of the tools, which are not in the app's own environment; `bicep` and
`actionlint` are taken from the PATH, the schemas of vendors from where these publish them. Every
tool is asked, even after one has found something. Ends with 0 if each was asked and found nothing,
1 if one found something or failed, 3 if one is not here, or what it judges by could not be fetched.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from pathlib import Path

from tests.infra.predicted import NETWORKS, WAYS, snapshot

ROOT = Path(__file__).resolve().parents[2]
# Each at a commit: what a vendor writes tomorrow is looked at when this line is changed.
SCHEMAS = {
    "azure.yaml": "https://raw.githubusercontent.com/Azure/azure-dev/"
    "99e9b32653eedb3c88b368569fa45082f2caf4e5/schemas/v1.0/azure.yaml.json",
    "host.json": "https://raw.githubusercontent.com/SchemaStore/schemastore/"
    "75cdadb54e5773186156de4fcef1d90690ecc3ad/src/schemas/json/host.json",
    "infra/workbook.json": "https://raw.githubusercontent.com/microsoft/"
    "Application-Insights-Workbooks/647c3a022da658483fa768b7fb66c0e364d9a65b/schema/workbook.json",
}
BUILTIN = {
    "vendor.github-workflows": ".github/workflows/*.yml",
    "vendor.dependabot": ".github/dependabot.yml",
}
SKIPPED = {  # what checkov is not asked, and why
    "CKV_AZURE_13": "it does not know authsettingsV2, which `authClientId` turns on",
    "CKV_AZURE_17": "callers show a key and, on request, sign in; no person has a certificate",
    "CKV_AZURE_36": "no service of Azure's has to pass the closed door of the host's account",
    "CKV_AZURE_41": "a key of iSAMS has no end; a secret that ends by itself would end the nights",
    "CKV_AZURE_63": "Flex Consumption has no such log; and it would hold addresses with keys",
    "CKV_AZURE_65": "Flex Consumption has no such log",
    "CKV_AZURE_66": "Flex Consumption has no such log",
    "CKV_AZURE_78": "Flex refuses ftpsState; a policy of the site turns FTP off",
    "CKV_AZURE_80": "there is no .NET in it",
    "CKV_AZURE_88": "Flex has no Azure Files; the app keeps nothing on disk",
    "CKV_AZURE_206": "rosters are made anew each night, so copies in one region are enough",
    "CKV_AZURE_212": "Flex starts instances as they are needed",
    "CKV_AZURE_213": "Flex has no health check",
    "CKV_AZURE_222": "the routes are asked from outside; `callerAddresses` says by whom",
    "CKV_AZURE_225": "a night that waits for a zone is made up for by the next",
}
PUBLIC_SIDE = {"CKV_AZURE_59": "there is a public side, which `networkAcls` guards"}
SKIPPED_IN = {  # besides, by what `network` is
    "open": PUBLIC_SIDE
    | dict.fromkeys(
        ("CKV_AZURE_35", "CKV_AZURE_109", "CKV_AZURE_189"),
        "storage and vault answer the internet, to roles alone: docs/decisions/0018",
    ),
    "endpoints": PUBLIC_SIDE,
    "private": {},
}
TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
}
Said = Iterator[str]


class Code(IntEnum):
    """How it ended: the exit code."""

    CLEAN = 0
    FOUND = 1
    NOT_HERE = 3


class NotHere(Exception):
    """What is needed to judge could not be had: nobody has found anything."""


def main(tools: Path) -> Code:
    """Ask every judge, say what each found, and return the worst."""
    judges: Mapping[str, tuple[str, Callable[[], Said]]] = {
        "checkov": ("bicep", lambda: checkov(tools)),
        "zizmor": ("", lambda: ran(tools / "zizmor", "--offline", "--quiet", ".github")),
        "actionlint": ("actionlint", lambda: ran(Path(shutil.which("actionlint") or ""))),
        "schemas": ("", lambda: schemas(tools)),
    }
    codes = set()
    for name, (needs, ask) in judges.items():
        if needs and not shutil.which(needs):
            say(f"{name}: not asked, because there is no {needs} on the PATH")
            codes.add(Code.NOT_HERE)
            continue
        codes.add(asked(name, ask))
    return Code.FOUND if Code.FOUND in codes else max(codes)


def asked(name: str, ask: Callable[[], Said]) -> Code:
    """Say each thing that *ask* finds as it comes, and return what that means."""
    code = Code.CLEAN
    try:
        for line in ask():
            say(f"{name}: {line}")
            code = Code.FOUND
    except NotHere as fault:
        say(f"{name}: {fault}")
        return code or Code.NOT_HERE
    if code is Code.CLEAN:
        say(f"{name}: nothing found")
    return code


def checkov(tools: Path) -> Said:
    """Yield what checkov finds in what each way to deploy would make.

    It never ends well without having looked: it must have read every resource, and passed some.
    """
    for way, parameters in WAYS.items():
        with tempfile.TemporaryDirectory() as folder:
            resources = snapshot(Path(folder), parameters)
            file = Path(folder) / f"{way}.json"
            file.write_text(json.dumps(TEMPLATE | {"resources": resources}), encoding="utf-8")
            skipped = ",".join(SKIPPED | SKIPPED_IN[NETWORKS[way]])
            words = ("--file", str(file), "--output", "json", "--skip-check", skipped)
            run = _run(tools / "checkov", "--framework", "arm", *words)
        # It tells resources apart by kind and name.
        told = {(one["type"], one["name"]) for one in resources}
        yield from (f"{way}: {line}" for line in judged(run.stdout, len(told)))


def judged(said: str, resources: int) -> Said:
    """Yield what checkov's report, as JSON, holds against a template of so many *resources*."""
    try:
        report = json.loads(said)
        summary, results = report["summary"], report["results"]
    except (ValueError, LookupError, TypeError):
        yield "no report"
        return
    if summary["parsing_errors"] or summary["resource_count"] < resources or not summary["passed"]:
        yield f"not all was read: {json.dumps(summary)}"
    for one in results["failed_checks"]:
        yield f"{one['check_id']} {one['resource']}: {one['check_name']}"


def schemas(tools: Path) -> Said:
    """Yield where a file is not as its vendor says that it must be.

    Raises:
        NotHere: a schema could not be fetched. All others have been asked.
    """
    tool = tools / "check-jsonschema"
    for schema, pattern in BUILTIN.items():
        files = sorted(str(path) for path in ROOT.glob(pattern))
        yield from ran(tool, "--builtin-schema", schema, *files)
    unfetched = []
    for file, schema in SCHEMAS.items():
        found = list(ran(tool, "--schemafile", schema, file))
        if any("FailedDownloadError" in line for line in found):
            unfetched.append(file)
        else:
            yield from found
    if unfetched:
        raise NotHere(f"not asked, because its schema could not be fetched: {', '.join(unfetched)}")


def ran(tool: Path, *words: str) -> Said:
    """Run *tool* and yield its lines, if it did not end with 0."""
    run = _run(tool, *words)
    if run.returncode:
        said = [line for line in (run.stdout + run.stderr).splitlines() if line.strip()]
        yield from said or [f"ended with {run.returncode} and said nothing"]


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _run(tool: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = tool.with_suffix(".exe") if os.name == "nt" and not tool.suffix else tool
    try:
        return subprocess.run(
            [str(program), *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except OSError as fault:
        return subprocess.CompletedProcess([], 1, "", f"could not be started: {fault.strerror}")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
