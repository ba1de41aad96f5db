"""`python dev.py judge` ends well only when every tool was asked and found nothing."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.infra.predicted import NETWORKS
from tests.judge import __main__ as judge
from tests.judge.__main__ import SCHEMAS, judged, ran

ROOT = Path(__file__).parent.parent
SUMMARY = {"parsing_errors": 0, "resource_count": 3, "passed": 5}
UNIX = pytest.mark.skipif(sys.platform == "win32", reason="stands in with shell scripts")


def report(*failed: dict[str, str], **summary: int) -> str:
    return json.dumps({"summary": SUMMARY | summary, "results": {"failed_checks": list(failed)}})


def test_a_report_without_a_finding_is_clean() -> None:
    """All was read, something was asked, nothing failed."""
    assert list(judged(report(), 3)) == []


def test_what_checkov_finds_is_told_with_its_place() -> None:
    """The check by its id, the resource, and what it wants."""
    one = {"check_id": "CKV_1", "resource": "vault.kv", "check_name": "Ensure it is closed"}

    assert list(judged(report(one), 3)) == ["CKV_1 vault.kv: Ensure it is closed"]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "[]",
        "{}",
        report(parsing_errors=1),
        report(resource_count=2),
        report(passed=0),
    ],
)
def test_half_a_look_is_not_clean(said: str) -> None:
    """No report, a file that was not read, or no check that passed: told."""
    assert len(list(judged(said, 3))) == 1


def test_a_tool_that_does_not_start_is_told(tmp_path: Path) -> None:
    """A missing tool is never one that found nothing."""
    [line] = ran(tmp_path / "nothing")

    assert line.startswith("could not be started")


@UNIX
def test_each_check_that_is_skipped_is_argued() -> None:
    """Nobody has to guess why checkov is not asked; in a private network least is left out."""
    argued = judge.SKIPPED | judge.SKIPPED_IN["open"] | judge.SKIPPED_IN["endpoints"]

    assert all(len(why) > 20 for why in argued.values())
    assert not judge.SKIPPED_IN["private"]
    assert set(judge.SKIPPED_IN) == set(NETWORKS.values())


def test_each_schema_is_taken_at_a_commit() -> None:
    """What a vendor changes does not change what is proven here."""
    assert judge.BUILTIN
    assert all(re.search(r"/[0-9a-f]{40}/", address) for address in SCHEMAS.values())
    assert all((ROOT / file).exists() for file in SCHEMAS)


def checker(folder: Path, *unfetched: str, finds: str = "") -> Path:
    """Return a folder of tools in which check-jsonschema cannot fetch the schema of *unfetched*."""
    script = ["#!/bin/sh", "for last; do :; done", 'case "$last" in']
    script += [f"{file}) echo FailedDownloadError: no way; exit 1;;" for file in unfetched]
    script += [f"{finds}) echo {finds}: is wrong; exit 1;;"] if finds else []
    tool = folder / "check-jsonschema"
    tool.write_text("\n".join([*script, "esac"]), encoding="utf-8")
    tool.chmod(0o755)
    return folder


@UNIX
@pytest.mark.parametrize(
    ("unfetched", "finds", "code"),
    [
        ((), "", judge.Code.CLEAN),
        (("host.json",), "", judge.Code.NOT_HERE),
        (tuple(SCHEMAS), "", judge.Code.NOT_HERE),
        ((), "azure.yaml", judge.Code.FOUND),
        (("host.json",), "infra/workbook.json", judge.Code.FOUND),
        (("azure.yaml",), "host.json", judge.Code.FOUND),
    ],
)
def test_a_schema_that_cannot_be_fetched_is_no_finding(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    unfetched: tuple[str, ...],
    finds: str,
    code: judge.Code,
) -> None:
    """It could not be judged, which ends with 3; what the others find is told all the same."""
    tools = checker(tmp_path, *unfetched, finds=finds)

    assert judge.asked("schemas", lambda: judge.schemas(tools)) is code
    said = capsys.readouterr().out
    assert all(file in said for file in (*unfetched, finds))
    assert ("nothing found" in said) is (code is judge.Code.CLEAN)
