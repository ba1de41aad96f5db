"""Microsoft's own parser finds nothing wrong with a query, wherever one is written down."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

import dev
from tests.infra.asked import INFRA, QUERIES

ROOT = INFRA.parent
SCRIPT = Path(__file__).with_name("kusto.cjs")
BLOCK = re.compile(r"^```(?:kusto|kql)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
PARSE_S = 120.0  # it takes about 2; a machine that runs many tests at once may need more


def written() -> Iterator[tuple[str, str]]:
    """Yield where each query stands, and its text."""
    for name, text in sorted(QUERIES.items()):
        yield f"infra/queries/{name}.kql", text
    workbook = json.loads((INFRA / "workbook.json").read_text(encoding="utf-8"))
    for item in workbook["items"]:
        if "query" in item["content"]:
            yield f"infra/workbook.json {item['name']}", item["content"]["query"]
    for page in sorted((ROOT / "docs").rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        for block in BLOCK.finditer(text):
            line = text.count("\n", 0, block.start(1)) + 1
            yield f"{page.relative_to(ROOT).as_posix()} from line {line}", block[1]


WRITTEN = dict(written())
WRONG = {
    "kept word": "traces\n| summarize last = max(timestamp) by operation_Name",
    "kept word in brackets": "traces\n| summarize ['last'] = max(timestamp) by operation_Name",
    "unknown column": 'traces\n| where mesage == ""',
    "unknown table": "trace\n| take 1",
    "unknown column of storage": 'StorageBlobLogs\n| where RequesterObjectID == ""',
    "unknown column of the vault": 'AZKVAuditLogs\n| where RequesterObjectId == ""',
    "other kinds": "traces\n| where timestamp > 26",
}


@pytest.fixture(scope="module")
def complaints() -> Mapping[str, Sequence[str]]:
    """What the parser says of every query here, asked once: it takes a second to load."""
    node = dev.installed_node()
    if node is None or not (dev.AZURITE / "node_modules" / "@kusto").exists():
        pytest.fail("the parser of Kusto is not installed: run python dev.py setup")
    asked = [{"name": name, "text": text} for name, text in (WRITTEN | WRONG).items()]
    run = subprocess.run(
        [node.node, str(SCRIPT)],
        input=json.dumps(asked),
        capture_output=True,
        encoding="utf-8",
        timeout=PARSE_S,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, list[str]] = {one["name"]: [] for one in asked}
    for one in json.loads(run.stdout):
        found[one["name"]].append(f"{one['line']}:{one['column']}: {one['message']}")
    return found


@pytest.mark.parametrize("name", WRITTEN)
def test_the_parser_of_microsoft_finds_nothing_wrong(
    name: str, complaints: Mapping[str, Sequence[str]]
) -> None:
    """In a rule's query, in the workbook's, and in one that a page tells people to ask."""
    said = complaints[name]

    assert said == []


def test_queries_are_found_wherever_they_are_written() -> None:
    """No place is passed over because it is written otherwise than it was."""
    places = {re.split(r"[ /]", name.removeprefix("infra/"))[0] for name in WRITTEN}

    assert places == {"queries", "workbook.json", "docs"}


def test_a_column_may_not_be_called_by_a_word_that_kusto_keeps(
    complaints: Mapping[str, Sequence[str]],
) -> None:
    """Such as `last`, unless it is put in brackets: docs/reference/functions.md#kusto-last."""
    said = complaints["kept word"]

    assert [one.partition(": ")[0] for one in said] == ["2:13"]
    assert "['last']" in said[0]
    assert complaints["kept word in brackets"] == []


def test_a_column_that_is_not_there_is_refused(complaints: Mapping[str, Sequence[str]]) -> None:
    """The parser knows the columns of `traces`, so a slip of the pen is told with its place."""
    said = complaints["unknown column"]

    assert [one.partition(": ")[0] for one in said] == ["2:9"]
    assert "'mesage'" in said[0]


@pytest.mark.parametrize(
    "name",
    ["unknown table", "unknown column of storage", "unknown column of the vault", "other kinds"],
)
def test_tables_and_kinds_are_looked_at_too(
    name: str, complaints: Mapping[str, Sequence[str]]
) -> None:
    """A table that is not there, and a moment that is compared with a number."""
    said = complaints[name]

    assert len(said) == 1
