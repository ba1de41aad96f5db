"""What is read of Graph's answers is in the project's table of Graph's facts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import sync.edge
from simulators.sds.facts import ENUMS, FACTS, TYPES
from sync.edge.graph import operations

GRAPH = Path(sync.edge.__path__[0]) / "graph"
READERS = [GRAPH / "answers.py", GRAPH / "operations.py", GRAPH / "setup_answers.py"]
KNOWN = {name for properties in TYPES.values() for name in properties} | {"@odata.type"}
# Microsoft's own requests have it, its metadata has not: docs/reference/sds.md#matching-settings
UNLISTED = {"domainName"}
# Read of each type, by hand; the test below holds it against the source, both ways.
READ = {
    "azureDataLakeConnector": {"id", "displayName", "fileFormat", "sourceSystem"},
    "fileFormatReferenceValue": {"code"},
    "inboundFileFlow": {
        *("id", "displayName", "dataConnector", "year"),
        *("readinessStatus", "expirationDateTime"),
    },
    "sourceSystemDefinition": {"id", "displayName", "userMatchingSettings"},
    "userMatchingSetting": {"sourceIdentifier", "matchTarget", "priorityOrder", "roleGroup"},
    "roleGroup": {"id"},
    "yearTimePeriodDefinition": {"id", "displayName", "startDate", "endDate", "year"},
    "yearReferenceValue": {"code"},
    "referenceDefinition": {"referenceType", "code", "displayName", "isDisabled"},
    "outboundProvisioningFlowSet": {"id", "displayName", "filter", "provisioningFlows"},
    "basicFilter": {"in"},
    "classGroupProvisioningFlow": {"readinessStatus", "configuration"},
    "classGroupConfiguration": {"additionalOptions", "enrollmentMappings"},
    "additionalClassGroupOptions": {"createTeam", "writeDisplayNameOnCreateOnly"},
    "enrollmentMappings": {"ownerEnrollmentMappings", "memberEnrollmentMappings"},
    "fileUploadSession": {"sessionUrl", "sessionExpirationDateTime"},
    "fileValidateOperation": {
        *("id", "status", "errors", "warnings", "validatedFiles"),
        *("createdDateTime", "lastActionDateTime", "resourceLocation"),
    },
    "publicError": {"code", "target"},
    "industryDataRun": {"id", "status", "startDateTime", "endDateTime", "blockingError"},
    "industryDataRunStatistics": {"status", "inboundTotals", "activityStatistics"},
    "aggregatedInboundStatistics": {
        *("errors", "warnings", "organizations", "people", "groups", "memberships"),
        *("matchedPeopleByRole", "unmatchedPeopleByRole"),
    },
    "inboundActivityResults": {
        *("activityId", "status", "errors", "warnings"),
        *("organizations", "people", "groups", "memberships"),
        *("matchedPeopleByRole", "unmatchedPeopleByRole"),
    },
    "industryDataRunEntityCountMetric": {"active", "inactive"},
    "industryDataRunRoleCountMetric": {"role", "count"},
}


def literals(node: ast.AST) -> Iterator[str]:
    """Yield the texts by which *node* itself asks for a property.

    `x.get("name")`, `x["name"]`, `"name" in x`, the reader's helpers `_helper(x, "name")` with
    their defaults, and a constant such as ENTITIES that lists names.
    """
    match node:
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name)), *_]):
            yield name
        case ast.Call(func=ast.Name(), args=[_, ast.Constant(value=str(name)), *_]):
            yield name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            yield name
        case ast.Compare(left=ast.Constant(value=str(name)), ops=[ast.In() | ast.NotIn()]):
            yield name
        case ast.FunctionDef(
            args=ast.arguments(args=[*_, last], defaults=[ast.Constant(value=str(name))])
        ):
            yield from [name] if last.arg == "name" else []
        case ast.Assign(value=ast.Tuple(elts=[ast.Constant(value=str()), *_] as names)):
            yield from (str(name.value) for name in names if isinstance(name, ast.Constant))


def read_by_name(source: str) -> set[str]:
    return {name for node in ast.walk(ast.parse(source)) for name in literals(node) if name}


def test_every_property_that_is_read_is_in_the_table() -> None:
    """The reader asks for nothing that Graph's metadata does not have."""
    assert READERS
    assert read_by_name("".join(path.read_text("utf-8") for path in READERS)) <= KNOWN | UNLISTED


def test_the_list_of_what_is_read_is_the_readers() -> None:
    """What stands here by type is read, and what is read stands here."""
    listed = {name for names in READ.values() for name in names} | {"@odata.type"} | UNLISTED

    assert read_by_name("".join(path.read_text("utf-8") for path in READERS)) == listed
    assert all(names <= set(TYPES[kind]) for kind, names in READ.items())


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('item.get("shoe")', {"shoe"}),
        ('_text(item, "shoe")', {"shoe"}),
        ('item["shoe"]', {"shoe"}),
        ('"shoe" in item', {"shoe"}),
        ('def _count(value, name="shoe"): ...', {"shoe"}),
        ('SHOES = ("left", "right")', {"left", "right"}),
        ('raise ValueError("shoe")', set()),
    ],
)
def test_a_property_is_seen_however_it_is_asked_for(source: str, names: set[str]) -> None:
    """The scan of the source can fail."""
    assert read_by_name(source) == names


@pytest.mark.parametrize("word", ENUMS["longRunningOperationStatus"])
def test_each_status_of_an_operation_is_taken_for_what_the_table_says(word: str) -> None:
    """Waiting, accepted or rejected, for every member of Graph's enumeration."""
    answer = {"id": "a", "status": word, "errors": [], "warnings": [], "validatedFiles": []}
    meant = FACTS["meanings"]["longRunningOperationStatus"][word]

    assert operations.operation(answer).state == meant.partition(",")[0]
